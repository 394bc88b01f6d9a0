"""From debate to vote."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from deliberation.models import Consultation, ConsultationElection, Proposal
from deliberation.selectors.hidden import removal_of
from deliberation.selectors.proposals import current_version
from deliberation.services.proposals import change_status
from deliberation.services.refusal import Refused
from voting.models import Election
from voting.services.elections import QuestionDraft, draft_election
from voting.services.phases import Refused as VotingRefused


class Form(StrEnum):
    """How proposals become questions."""

    ONE_QUESTION = "ONE_QUESTION"
    EACH_A_QUESTION = "EACH_A_QUESTION"


class ElectionNotDrafted(Refused):
    """No election came of it."""


@transaction.atomic
def draft_election_from_proposals(
    *,
    consultation: Consultation,
    proposals: Sequence[Proposal],
    form: Form,
    title: str,
    question: str,
    minimum: int,
    maximum: int,
    opens_at: datetime,
    closes_at: datetime,
    now: datetime,
) -> ConsultationElection:
    """Draft an election from shortlisted proposals, in their order.

    Either one `question` with the proposals as answers, from `minimum` to `maximum` of which
    may be chosen; or each proposal a question of its own with Agree, Disagree and Pass, of
    which one or none may be chosen (`question`, `minimum` and `maximum` are not used then).

    Raises:
        ElectionNotDrafted: no proposals, one that is not shortlisted, of another consultation
            or removed, or what the voting application refuses: its message says what.

    """
    titles = [current_version(proposal).title for proposal in proposals]
    if form is Form.ONE_QUESTION:
        questions = [
            QuestionDraft(
                text=question, answers=titles, minimum=minimum, maximum=maximum, has_blank=False
            )
        ]
    else:
        answers = [_("Agree"), _("Disagree"), _("Pass")]
        questions = [
            QuestionDraft(text=text, answers=answers, minimum=0, maximum=1, has_blank=False)
            for text in titles
        ]
    if not proposals:
        raise ElectionNotDrafted(_("Choose at least one proposal."), code="no_proposals")
    try:
        election = draft_election(
            organisation=consultation.organisation,
            title=title,
            description=consultation.summary,
            questions=questions,
            opens_at=opens_at,
            closes_at=closes_at,
            consultation_url=settings.BASE_URL + consultation.get_absolute_url(),
        )
    except VotingRefused as error:
        raise ElectionNotDrafted(str(error), code="election_refused") from error
    return link_election(consultation=consultation, election=election, proposals=proposals, now=now)


@transaction.atomic
def link_election(
    *,
    consultation: Consultation,
    election: Election,
    proposals: Sequence[Proposal],
    now: datetime,
) -> ConsultationElection:
    """Say that an election came out of this debate, and that it puts these proposals to the vote.

    Raises:
        ElectionNotDrafted: a proposal that is not shortlisted, of another consultation or
            removed.

    """
    link = ConsultationElection.objects.create(
        consultation=consultation, election=election, drafted_at=now
    )
    chosen = [proposal.pk for proposal in proposals]
    rows = Proposal.objects.select_for_update(no_key=True).filter(
        pk__in=chosen, consultation=consultation, status=Proposal.Status.SHORTLISTED
    )
    locked = list(rows.order_by("pk"))
    if len(locked) != len(set(chosen)) or any(removal_of(proposal) for proposal in locked):
        message = _("Only shortlisted proposals of this consultation can be put to the vote.")
        raise ElectionNotDrafted(message, code="not_shortlisted")
    for proposal in locked:
        proposal.put_to_vote_in = link
        change_status(proposal=proposal, status=Proposal.Status.IN_ELECTION, reason="", now=now)
    return link
