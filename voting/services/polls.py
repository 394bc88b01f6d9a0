"""Opening and closing the polls."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from audit.selectors import entry_by_identity
from voting.models import Credential, Election, Record, RecordEvent
from voting.selectors.bundle import BoothMissing, booth_bundle
from voting.services.phases import Refused, lock_election, move_down
from voting.services.recording import Addition, append_batch, append_event, record_waiting_ballots


class CannotOpen(Refused):
    """Voting cannot open yet, or not with this server as it stands."""


class CannotClose(Refused):
    """Voting cannot close yet."""


@transaction.atomic
def open_election(*, election: Election, now: datetime) -> Election:
    """Let voters in.

    Where the server was down until after the closing time, this opens all the same: no ballot
    is accepted then, and the election ends as one without ballots.

    Raises:
        WrongPhase: the election is not sealed, or was opened already.
        CannotOpen: it is too early, the log does not hold the seal yet, the number of
            credentials is not that of the roll, or the booth is not the sealed one.
    """
    election = lock_election(election=election, phase=Election.Phase.SEALED)
    if now < election.opens_at:
        raise CannotOpen(_("The time for voting to open has not come yet."))
    assert election.roll is not None
    people = election.roll.entries.count()
    if Credential.objects.filter(election=election).count() != people:
        raise CannotOpen(_("There are not as many credentials as people on the roll."))
    try:
        booth = booth_bundle().sha256
    except BoothMissing as error:
        raise CannotOpen(_("The booth has not been built on this server.")) from error
    if booth != election.booth_sha256:
        raise CannotOpen(_("This server's booth is not the one that the election was sealed with."))
    if not is_seal_logged(election=election):
        raise CannotOpen(_("The seal is not in the log yet. That takes a few seconds."))
    move_down(election=election, phase=Election.Phase.OPEN)
    return election


def is_seal_logged(*, election: Election) -> bool:
    """Say whether the log holds the Setup event, the roll, the credentials and the booth's hash."""
    setup = RecordEvent.objects.get(election=election, type=RecordEvent.Type.SETUP)
    identities = [
        setup.entry,
        election.roll_entry,
        election.credentials_entry,
        election.booth_entry,
    ]
    return all(
        identity is not None and entry_by_identity(bytes(identity)) is not None
        for identity in identities
    )


def close_election(*, election: Election, now: datetime) -> Election:
    """Let nobody else in, record every accepted ballot, and end the list of ballots.

    Casts that have begun hold a share of the election's row: closing waits for them and they
    are in; all later ones are refused.

    Raises:
        WrongPhase: voting is not open.
        CannotClose: it is too early.
    """
    if now < election.closes_at:
        raise CannotClose(_("The time for voting to close has not come yet."))
    while record_waiting_ballots(election=election) > 0:
        pass  # most of the queue goes without keeping the last voters waiting
    return _end_ballots(election=election)


@transaction.atomic
def _end_ballots(*, election: Election) -> Election:
    election = lock_election(election=election, phase=Election.Phase.OPEN)
    record = Record.objects.select_for_update().get(election=election)
    append_batch(election=election, record=record, limit=None)
    append_event(
        election=election,
        record=record,
        addition=Addition(type=RecordEvent.Type.END_BALLOTS, objects=[]),
    )
    move_down(election=election, phase=Election.Phase.CLOSED)
    return election
