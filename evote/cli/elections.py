"""Finds the election that a command is about."""

from dataclasses import dataclass

from evote.cli.errors import CommandFailed
from evote.cli.sources import (
    check_is_election_asked_for,
    is_address,
    read_record_source,
    read_source,
)
from evote.credential import decode_credentials
from evote.election import ELECTION_LIMIT_BYTES, Election, decode_election
from evote.errors import EvoteError
from evote.record import Record, read_record


@dataclass(frozen=True, slots=True)
class KnownElection:
    """An election, and its record where one was given."""

    election: Election
    record: Record | None

    def credentials(self) -> dict[str, int] | None:
        """Give the list of credentials, or None where only the description is known."""
        if self.record is None:
            return None
        archived = self.record.events[0].objects[2]
        return decode_credentials(archived, group=self.election.group)


def find_election(source: str) -> KnownElection:
    """Read an election from its record (FILE or URL) or from its description (election.json).

    Raises:
        CommandFailed: neither can be read; the message names the file.
    """
    try:
        if not is_address(source) and source.endswith(".json"):
            data = read_source(source, limit_bytes=ELECTION_LIMIT_BYTES)
            return KnownElection(decode_election(data), record=None)
        record = read_record(read_record_source(source))
        election = decode_election(record.events[0].objects[0])
        check_is_election_asked_for(election.uuid, source=source)
        return KnownElection(election, record=record)
    except CommandFailed:
        raise
    except EvoteError as error:
        msg = f"{source}: {error}"
        raise CommandFailed(msg) from error
