"""Mails that tell trustees that an election waits for them. None of them holds a secret."""

import logging
from collections import Counter
from collections.abc import Iterator
from smtplib import SMTPException

from django.conf import settings
from django.db import transaction

from accounts.services.mail import send_mail
from voting.models import Election, ShuffleUpload, Trustee, TrusteeCall
from voting.selectors.ceremonies import Stage, ceremonies_of
from voting.selectors.progress import done_of

CALL_OF_STAGE = {
    Stage.CERTIFICATES: TrusteeCall.Task.CERTIFICATE,
    Stage.COMMITS: TrusteeCall.Task.COMMIT,
    Stage.POLYNOMIALS: TrusteeCall.Task.POLYNOMIAL,
    Stage.SHARES: TrusteeCall.Task.SHARE,
}

logger = logging.getLogger(__name__)


def call_waiting_trustees(*, election: Election) -> int:
    """Mail every trustee for whom the election waits, once for each task; return how many.

    Kept short and repeatable: when the process dies between the mail and the commit, the
    trustee gets the same mail again.
    """
    return sum(
        _call(trustee=trustee, task=task, attempt=attempt)
        for trustee, task, attempt in _waited_for(election=election)
    )


def _waited_for(*, election: Election) -> Iterator[tuple[Trustee, str, int]]:
    """Yield who is waited for, with what, in which attempt of a ceremony."""
    if election.phase == Election.Phase.DRAFT:
        yield from _in_ceremonies(election=election)
        return
    done = done_of(election=election)
    refused, checked = _shuffles(election=election)
    task, owners = {
        Election.Phase.SIGNING: (TrusteeCall.Task.SIGN, done.signed),
        Election.Phase.SHUFFLING: (TrusteeCall.Task.SHUFFLE, done.shuffled | checked),
        Election.Phase.TALLIED: (TrusteeCall.Task.DECRYPT, done.decrypted),
    }[Election.Phase(election.phase)]
    for trustee in election.trustees.exclude(position__in=owners).order_by("position"):
        # Whoever closed the page before a shuffle was refused is told again.
        yield trustee, task, 1 + refused[trustee.position]


def _shuffles(*, election: Election) -> tuple[Counter[int], frozenset[int]]:
    """Return how many shuffles of each trustee were refused, and whose is being checked."""
    uploads = ShuffleUpload.objects.filter(election=election).values_list("owner", "state")
    return (
        Counter(owner for owner, state in uploads if state == ShuffleUpload.State.REFUSED),
        frozenset(owner for owner, state in uploads if state == ShuffleUpload.State.CHECKING),
    )


def _in_ceremonies(*, election: Election) -> Iterator[tuple[Trustee, str, int]]:
    for state in ceremonies_of(election=election):
        attempt = state.group.attempt
        # The first certificate is what the invitation asks for.
        if attempt == 0 or (attempt == 1 and state.stage == Stage.CERTIFICATES):
            continue
        for member in state.waited_for:
            if member.trustee.invitation == Trustee.Invitation.SENT:
                yield member.trustee, CALL_OF_STAGE[state.stage], attempt


@transaction.atomic
def _call(*, trustee: Trustee, task: str, attempt: int) -> bool:
    """Mail one trustee, unless that was done; say whether a mail went out."""
    _mark, is_new = TrusteeCall.objects.get_or_create(trustee=trustee, task=task, attempt=attempt)
    if not is_new:
        return False
    election = trustee.election
    try:
        send_mail(
            to=trustee.email,
            template="voting/email/trustee_call",
            context={
                "name": trustee.name,
                "title": election.title,
                "organisation": election.organisation.name,
                "task": task,
                "address": f"{settings.BASE_URL}/elections/{election.uuid}/trustee/",
            },
            language=settings.LANGUAGE_CODE,
        )
    except (SMTPException, OSError, ValueError):
        # The next sweep tries again; the others are not kept waiting.
        logger.warning("The call of trustee %s was not sent", trustee.pk)
        transaction.set_rollback(True)
        return False
    return True
