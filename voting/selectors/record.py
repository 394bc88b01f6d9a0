"""The election record, read from the rows that are its authority."""

from collections.abc import Iterator, Sequence

from evote.record import (
    Event,
    decode_event,
    encode_data,
    encode_event_member,
    encode_header,
)
from voting.models.ballot import Ballot
from voting.models.election import Election
from voting.models.record import Record, RecordEvent, RecordObject

EVENTS_PER_CHUNK = 200


def archived_object(*, election: Election, name: str) -> bytes | None:
    """Return one object of the record, exactly as archived; None while it does not exist.

    `name` is that of PROTOCOL 1.10: election, trustees, credentials, encrypted_tally, result …
    While the trustees sign, there are only the two that they sign.
    """
    if election.phase == Election.Phase.SIGNING:
        stands = {"election": election.archived_election, "trustees": election.archived_trustees}
        data = stands.get(name)
        return None if data is None else bytes(data)
    found = (
        RecordObject.objects.filter(event__election=election, name=name)
        .exclude(event__type=RecordEvent.Type.PARTIAL_DECRYPTION)
        .values_list("body", flat=True)
        .first()
    )
    return None if found is None else bytes(found)


def partial_decryptions(*, election: Election) -> dict[int, bytes]:
    """Return what each trustee contributed, by owner number."""
    rows = RecordObject.objects.filter(
        event__election=election,
        event__type=RecordEvent.Type.PARTIAL_DECRYPTION,
        name="partial_decryption",
    ).values_list("event__owner", "body")
    return {owner: bytes(body) for owner, body in rows if owner is not None}


def record_length_bytes(*, election: Election) -> int:
    """Return the length of the whole record as committed; 0 before it begins."""
    found = Record.objects.filter(election=election).values_list("length_bytes", flat=True).first()
    return found or 0


def last_whole_event(*, election: Election, size_bytes: int) -> RecordEvent | None:
    """Return the last event that a file of `size_bytes` holds whole."""
    return (
        RecordEvent.objects.filter(election=election, ends_at_byte__lte=size_bytes)
        .order_by("-height")
        .first()
    )


def event_members(*, objects: Sequence[bytes], event: Event, timestamp: int) -> bytes:
    """Return what one event adds to the file: its objects, then itself (PROTOCOL 1.10)."""
    members = [encode_data(body=body, timestamp=timestamp) for body in objects]
    return b"".join([*members, encode_event_member(event=event, timestamp=timestamp)])


def event_bytes(*, event: RecordEvent) -> bytes:
    """Return what one event adds to the file, from its rows."""
    return next(_chunk(election=event.election, first=event.height, last=event.height))


def record_chunks(*, election: Election, from_byte: int, to_byte: int) -> Iterator[bytes]:
    """Yield the record between two boundaries of events; from 0 means with its header."""
    assert election.record_timestamp is not None, "an election without a record"
    if from_byte == 0:
        yield encode_header(timestamp=election.record_timestamp)
    heights = list(
        RecordEvent.objects.filter(
            election=election, begins_at_byte__gte=from_byte, ends_at_byte__lte=to_byte
        )
        .order_by("height")
        .values_list("height", flat=True)
    )
    for start in range(0, len(heights), EVENTS_PER_CHUNK):
        chunk = heights[start : start + EVENTS_PER_CHUNK]
        yield b"".join(_chunk(election=election, first=chunk[0], last=chunk[-1]))


def record_bytes(*, election: Election) -> bytes:
    """Return the whole record as committed. For programs that need all of it at once."""
    end = record_length_bytes(election=election)
    return b"".join(record_chunks(election=election, from_byte=0, to_byte=end))


def _chunk(*, election: Election, first: int, last: int) -> Iterator[bytes]:
    """Yield what each event from one height to another adds, with three queries."""
    timestamp = election.record_timestamp
    assert timestamp is not None, "an election without a record"
    objects: dict[int, list[bytes]] = {}
    for height, body in Ballot.objects.filter(
        election=election, height__range=(first, last)
    ).values_list("height", "body"):
        objects[height or 0] = [bytes(body)]
    for height, body in (
        RecordObject.objects.filter(event__election=election, event__height__range=(first, last))
        .order_by("event__height", "position")
        .values_list("event__height", "body")
    ):
        objects.setdefault(height, []).append(bytes(body))
    for height, body in (
        RecordEvent.objects.filter(election=election, height__range=(first, last))
        .order_by("height")
        .values_list("height", "body")
    ):
        yield event_members(
            objects=objects.get(height, []), event=decode_event(bytes(body)), timestamp=timestamp
        )
