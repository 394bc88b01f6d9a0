"""Writing in a debate."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from deliberation.models import Comment, Proposal
from deliberation.models.comment import COMMENT_MAX_CHARACTERS
from deliberation.permissions import obstacle_to_commenting, obstacle_to_replying
from deliberation.services.limits import check_comments, lock_person
from deliberation.services.refusal import Refused, refuse_if
from deliberation.services.texts import UnfitText, clean_text


class WrongThread(Refused):
    """The comment to be answered stands in another debate."""


class SaidBefore(Refused):
    """The same person has said the same in this consultation."""


@transaction.atomic
def post_comment(
    *,
    proposal: Proposal,
    author: User,
    parent: Comment | None,
    alignment: str,
    body: str,
    now: datetime,
) -> Comment:
    """Add a comment to the debate of a proposal, as an answer to `parent` if there is one.

    Raises:
        NotPermitted: the phase or the person's account does not allow it, or what would be
            answered was removed.
        UnfitText: no text, too much of it, or no side.
        WrongThread: `parent` is about another proposal.
        SaidBefore: the same words by the same person in the same consultation.
        LimitReached: too many comments by this person in a short time.

    """
    refuse_if(obstacle_to_commenting(author, proposal, now=now))
    if parent is not None:
        if parent.proposal_id != proposal.pk:
            message = _("The comment that you answer stands in another debate.")
            raise WrongThread(message, code="wrong_thread")
        refuse_if(obstacle_to_replying(author, parent, now=now))
    if alignment not in Comment.Alignment.values:
        raise UnfitText(_("Say whether this is for, against or a question."), field="alignment")
    body = clean_text(body, field="body", minimum=1, maximum=COMMENT_MAX_CHARACTERS)
    author = lock_person(author)
    check_comments(author, now=now)
    said = Comment.objects.filter(
        author=author, body=body, proposal__consultation=proposal.consultation_id
    )
    if said.exists():
        message = _("You have written this already. Say it once (rule 6).")
        raise SaidBefore(message, code="said_before")
    return Comment.objects.create(
        proposal=proposal,
        parent=parent,
        author=author,
        alignment=alignment,
        body=body,
        posted_at=now,
    )
