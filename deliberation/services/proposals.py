"""Making, revising, shortlisting and withdrawing proposals."""

import secrets
from datetime import datetime

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.models import User
from audit.services.log import append_entry
from deliberation.analysis.similarity import pieces_of
from deliberation.models import Consultation, Proposal, ProposalVersion, StatusChange
from deliberation.models.proposal import (
    BODY_MAX_CHARACTERS,
    NOTE_MAX_CHARACTERS,
    TITLE_MAX_CHARACTERS,
    TITLE_MIN_CHARACTERS,
)
from deliberation.permissions import (
    obstacle_to_proposing,
    obstacle_to_revising,
    obstacle_to_withdrawing,
)
from deliberation.selectors.hidden import removal_of
from deliberation.services.limits import check_proposals, lock_person
from deliberation.services.refusal import Refused, refuse_if
from deliberation.services.texts import clean_line, clean_text

SALT_BYTES = 16


class NothingChanged(Refused):
    """The new version says what the last one says."""


class WrongStatus(Refused):
    """The proposal does not stand where this can be done."""


@transaction.atomic
def submit_proposal(
    *, consultation: Consultation, author: User, title: str, body: str, now: datetime
) -> Proposal:
    """Put a proposal on the table, with its first version in the log.

    Raises:
        NotPermitted: the phase or the person's account does not allow it.
        UnfitText: title or text is too short or too long.
        LimitReached: too many proposals by this person today.

    """
    refuse_if(obstacle_to_proposing(author, consultation, now=now))
    title, body = _clean(title=title, body=body)
    author = lock_person(author)
    check_proposals(author, now=now)
    consultation = Consultation.objects.select_for_update(no_key=True).get(pk=consultation.pk)
    last = consultation.proposals.aggregate(last=Max("number"))["last"] or 0
    proposal = Proposal.objects.create(
        consultation=consultation,
        number=last + 1,
        author=author,
        submitted_at=now,
        title_pieces=pieces_of(title),
    )
    _write_version(proposal, number=1, title=title, body=body, note="", now=now)
    return proposal


@transaction.atomic
def revise_proposal(
    *, proposal: Proposal, author: User, title: str, body: str, note: str, now: datetime
) -> ProposalVersion:
    """Add a version to a proposal that still gathers endorsements.

    Raises:
        NotPermitted: not the author, or neither phase nor status allows it.
        UnfitText: a text is too short or too long.
        NothingChanged: title and text are as they were.

    """
    proposal = lock_proposal(proposal)
    refuse_if(obstacle_to_revising(author, proposal, now=now))
    title, body = _clean(title=title, body=body)
    note = clean_line(note, field="note", minimum=1, maximum=NOTE_MAX_CHARACTERS)
    last = proposal.versions.order_by("-number")[0]
    if (title, body) == (last.title, last.body):
        raise NothingChanged(_("Nothing changed: the text is as it was."), code="nothing_changed")
    proposal.title_pieces = pieces_of(title)
    proposal.save(update_fields=["title_pieces"])
    return _write_version(
        proposal, number=last.number + 1, title=title, body=body, note=note, now=now
    )


@transaction.atomic
def shortlist_proposal(*, proposal: Proposal, reason: str, now: datetime) -> Proposal:
    """Let the organisers shortlist a proposal by hand; everybody reads the reason.

    Raises:
        WrongStatus: it is shortlisted already, withdrawn or removed.
        UnfitText: no reason.

    """
    proposal = lock_proposal(proposal)
    reason = clean_line(reason, field="reason", minimum=1, maximum=300)
    if proposal.status != Proposal.Status.SUBMITTED or removal_of(proposal) is not None:
        message = _("Only a proposal that gathers endorsements can be shortlisted.")
        raise WrongStatus(message, code="wrong_status")
    return change_status(
        proposal=proposal, status=Proposal.Status.SHORTLISTED, reason=reason, now=now
    )


@transaction.atomic
def withdraw_proposal(*, proposal: Proposal, author: User, now: datetime) -> Proposal:
    """Take a proposal back. Its text and its debate stay readable.

    Raises:
        NotPermitted: not the author, or it is shortlisted already.

    """
    proposal = lock_proposal(proposal)
    refuse_if(obstacle_to_withdrawing(author, proposal))
    return change_status(proposal=proposal, status=Proposal.Status.WITHDRAWN, reason="", now=now)


def lock_proposal(proposal: Proposal) -> Proposal:
    """Return the row as it is now, and keep others from changing it until the end."""
    rows = Proposal.objects.select_for_update(no_key=True, of=("self",))
    return rows.select_related("consultation__organisation").get(pk=proposal.pk)


def change_status(*, proposal: Proposal, status: str, reason: str, now: datetime) -> Proposal:
    """Move a locked proposal to another status and keep when and why.

    An empty reason means that the status follows from what people did.
    """
    proposal.status = status
    proposal.save(update_fields=["status", "put_to_vote_in"])
    StatusChange.objects.create(proposal=proposal, status=status, reason=reason, changed_at=now)
    return proposal


def _clean(*, title: str, body: str) -> tuple[str, str]:
    return (
        clean_line(
            title, field="title", minimum=TITLE_MIN_CHARACTERS, maximum=TITLE_MAX_CHARACTERS
        ),
        clean_text(body, field="body", minimum=1, maximum=BODY_MAX_CHARACTERS),
    )


def _write_version(
    proposal: Proposal, *, number: int, title: str, body: str, note: str, now: datetime
) -> ProposalVersion:
    version = ProposalVersion(
        proposal=proposal,
        number=number,
        title=title,
        body=body,
        note=note,
        revised_at=now,
        salt=secrets.token_bytes(SALT_BYTES),
    )
    version.entry = append_entry(kind="proposal", body=version.log_body())
    version.save()
    return version
