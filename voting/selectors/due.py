"""What is due now: the questions that the sweeps ask."""

from datetime import datetime

from django.db.models import Exists, OuterRef, QuerySet

from voting.models import (
    Ballot,
    CredentialIssue,
    Election,
    Registration,
    ShuffleUpload,
    Trustee,
)


def elections_to_open(*, now: datetime) -> QuerySet[Election]:
    """Return sealed elections whose opening time has come."""
    return Election.objects.filter(phase=Election.Phase.SEALED, opens_at__lte=now)


def elections_to_close(*, now: datetime) -> QuerySet[Election]:
    """Return open elections whose closing time has come."""
    return Election.objects.filter(phase=Election.Phase.OPEN, closes_at__lte=now)


def elections_with_waiting_ballots() -> QuerySet[Election]:
    """Return open elections in which accepted ballots wait for their batch."""
    waiting = Ballot.objects.filter(election=OuterRef("pk"), height__isnull=True)
    return Election.objects.filter(Exists(waiting), phase=Election.Phase.OPEN)


def elections_to_tally() -> QuerySet[Election]:
    """Return closed elections."""
    return Election.objects.filter(phase=Election.Phase.CLOSED)


def elections_with_shuffles_to_check() -> QuerySet[Election]:
    """Return elections for which a trustee's shuffle waits to be checked."""
    waiting = ShuffleUpload.objects.filter(
        election=OuterRef("pk"), state=ShuffleUpload.State.CHECKING
    )
    return Election.objects.filter(Exists(waiting))


def elections_to_publish() -> QuerySet[Election]:
    """Return tallied elections, whether or not all trustees have decrypted."""
    return Election.objects.filter(phase=Election.Phase.TALLIED)


def elections_to_verify() -> QuerySet[Election]:
    """Return elections whose published record this server has not verified yet."""
    return Election.objects.filter(phase=Election.Phase.PUBLISHED, verification__isnull=True)


def elections_with_new_registrations() -> QuerySet[Election]:
    """Return elections in which accounts used credentials since the last sweep."""
    new = Registration.objects.filter(election=OuterRef("pk"), is_mingled=False)
    return Election.objects.filter(Exists(new))


def elections_with_waiting_credentials() -> QuerySet[Election]:
    """Return drafts from which mails with credentials are still to go out."""
    waiting = CredentialIssue.objects.filter(
        election=OuterRef("pk"), state=CredentialIssue.State.WAITING
    )
    return Election.objects.filter(Exists(waiting), phase=Election.Phase.DRAFT)


def trustees_to_invite() -> QuerySet[Trustee]:
    """Return trustees of drafts whose invitation has not gone out.

    The members of a group are invited when their ceremony begins.
    """
    return (
        Trustee.objects.filter(
            invitation=Trustee.Invitation.WAITING, election__phase=Election.Phase.DRAFT
        )
        .exclude(group__attempt=0)
        .order_by("election", "position")
    )


def elections_that_wait_for_trustees() -> QuerySet[Election]:
    """Return elections in which a trustee may have something to do."""
    return Election.objects.filter(
        phase__in=[
            Election.Phase.DRAFT,
            Election.Phase.SIGNING,
            Election.Phase.SHUFFLING,
            Election.Phase.TALLIED,
        ]
    )
