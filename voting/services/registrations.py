"""The door of elections that ask for an account too: which credential an account uses.

The casting path knows the doorkeeper by two verbs and nothing else; what is written here, it
cannot read (import contract, tests/architecture). Each binding is a transaction of its own,
over before the ballot's begins, so that no row version joins the two.
"""

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from voting.models import Election, Registration
from voting.services.arrivals import Submission
from voting.services.bounds import Toll
from voting.services.casting import Cast, cast_ballot
from voting.services.permits import Permit, issue_permit, read_permit, use_up
from voting.services.phases import Refused
from voting.services.refusals import BallotRejected

logger = logging.getLogger(__name__)


class PermitRefused(Refused):
    """No permit was given. The message says why."""


def take_permit(*, election: Election, email: str, now: datetime) -> str:
    """Give whoever has this verified address a permit to cast one ballot. Nothing is stored.

    Raises:
        PermitRefused: the election asks for the credential alone, is not open, or the address
            is not on its roll.
    """
    if not election.asks_for_account:
        raise PermitRefused(_("This election asks for the credential alone. You need no permit."))
    if not election.accepts_ballots_at(now):
        raise PermitRefused(_("Voting is not open."))
    if election.roll is None or not election.roll.entries.filter(email=email).exists():
        raise PermitRefused(_("This address is not on the roll of this election."))
    return issue_permit(uuid=election.uuid, email=email, now=now)


def receive_ballot(
    *,
    election: Election,
    submission: Submission,
    permit: str | None,
    received_at: datetime,
    toll: Toll | None = None,
) -> Cast:
    """Take a ballot at the interface: past the door where the election has one, into the box.

    `permit` is None in elections that ask for the credential alone.

    Raises:
        BallotRejected: as `cast_ballot`; and `bad_permit`, `other_account`.
        TollRefused: as `cast_ballot`.
    """
    if permit is None:
        return cast_ballot(
            election=election,
            submission=submission,
            doorkeeper=None,
            received_at=received_at,
            toll=toll,
        )
    door = Door(election=election, permit=permit, now=received_at)
    cast = cast_ballot(
        election=election,
        submission=submission,
        doorkeeper=door,
        received_at=received_at,
        toll=toll,
    )
    door.close()
    return cast


class Door:
    """The doorkeeper for one permit: a permit opens for one credential, the same every time."""

    def __init__(self, *, election: Election, permit: str, now: datetime) -> None:
        self._election = election
        self._text = permit
        self._now = now
        self._permit: Permit | None = None

    def check(self) -> None:
        """Refuse whoever comes without a good permit."""
        self._permit = read_permit(self._text, uuid=self._election.uuid, now=self._now)

    def admit(self, *, credential: str) -> None:
        """Bind the credential to the permit's person, or see that they are bound already.

        Raises:
            BallotRejected: `other_account`: one of the two is bound to another.
        """
        assert self._permit is not None, "checked before anything is verified"
        register(election=self._election, person=self._permit.person, credential=credential)

    def close(self) -> None:
        """Let nobody in with this permit again: its ballot is in the box."""
        if self._permit is not None:
            use_up(self._permit, now=self._now)


def register(*, election: Election, person: bytes, credential: str) -> None:
    """Write down that this person uses this credential: each one once, and both for good.

    Raises:
        BallotRejected: `other_account`.
    """
    found = Registration.objects.filter(election=election, person=person, credential=credential)
    if found.exists():
        return
    try:
        with transaction.atomic():
            Registration.objects.create(election=election, person=person, credential=credential)
    except IntegrityError as error:
        if not found.exists():
            raise BallotRejected("other_account") from error


@transaction.atomic
def mingle_registrations(*, election: Election) -> int:
    """Rewrite new rows in the order of their credentials, so that they do not tell who came first.

    A row of its own for each: a join would leave the order to the planner.
    """
    fresh = list(
        Registration.objects.filter(election=election, is_mingled=False)
        .order_by("credential")
        .values_list("pk", flat=True)
    )
    with connection.cursor() as cursor:
        cursor.executemany(
            "UPDATE voting_registration SET is_mingled = true WHERE id = %s",
            [(key,) for key in fresh],
        )
    return len(fresh)


@transaction.atomic
def forget_registrations(*, now: datetime) -> int:
    """Delete the bindings of elections whose appeal period is over; return how many.

    It begins when the polls close, as the election's page says, whether or not the trustees
    have counted since.
    """
    over = now - timedelta(days=settings.APPEAL_DAYS)
    deleted, _rows = (
        Registration.objects.filter(election__closes_at__lt=over)
        .exclude(election__phase=Election.Phase.OPEN)
        .delete()
    )
    if deleted:
        logger.info("%s bindings of accounts to credentials are deleted", deleted)
    return deleted
