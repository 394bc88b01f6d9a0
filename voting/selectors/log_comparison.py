"""Whether the elections' records and the log hold the same events (PROTOCOL 2.1).

Whoever can write to the database can change a row of the record; they cannot change the log.
"""

import hashlib
from collections.abc import Iterator, Sequence

from django.db.models import Func, IntegerField, Max, Value

from audit.models import LogEntry, PendingEntry
from evote.encoding import canonical_json
from evote.verify.log_step import compare_entries
from voting.models.ballot import Ballot
from voting.models.election import Election
from voting.models.record import RecordEvent

KIND = "election-event"
ROWS_PER_QUERY = 1_000


def elections_that_differ() -> dict[str, list[str]]:
    """Return what differs between record and log, by the uuid of the election."""
    elections = Election.objects.filter(record_timestamp__isnull=False).order_by("pk")
    found = {election.uuid: log_differences(election=election) for election in elections}
    return {uuid: differences for uuid, differences in found.items() if differences}


def log_differences(*, election: Election) -> list[str]:
    """Return in sentences, in English, where the log differs from the rows of the record.

    An event whose entry waits for its place in the log differs in nothing.
    """
    # The end of the log first: what is in the log up to here is in the record that follows.
    end = LogEntry.objects.aggregate(last=Max("index"))["last"]
    expected = list(_expected(election))
    entries = [] if end is None else list(_entries(election, end=end))
    expected = _without_waiting(expected, logged={data for _index, data in entries})
    problems, _indexes = compare_entries(expected, uuid=election.uuid, entries=entries)
    return [str(problem) for problem in problems]


def _expected(election: Election) -> Iterator[bytes]:
    """Give each event's entry, made anew from the rows."""
    statements = dict(
        Ballot.objects.filter(election=election, height__isnull=False).values_list(
            "height", "statement"
        )
    )
    rows = RecordEvent.objects.filter(election=election).order_by("height")
    for height, type_, body, payload, companion in rows.values_list(
        "height", "type", "body", "payload", "companion"
    ).iterator(chunk_size=ROWS_PER_QUERY):
        entry: dict[str, object] = {
            "kind": KIND,
            "election": election.uuid,
            "event": hashlib.sha256(bytes(body)).hexdigest(),
            "height": height,
            "type": type_,
        }
        element = statements.get(height) if type_ == RecordEvent.Type.BALLOT else companion
        if payload is not None:
            entry["payload"] = bytes(payload).hex()
        if element is not None:
            entry["companion"] = hashlib.sha256(bytes(element)).hexdigest()
        yield canonical_json(entry)


def _entries(election: Election, *, end: int) -> Iterator[tuple[int, bytes]]:
    """Give the log's entries of an election, each with its index, found by their content."""
    place = Func(
        Value(election.uuid.encode()),
        "body",
        function="position",
        arg_joiner=" in ",
        output_field=IntegerField(),
    )
    rows = LogEntry.objects.annotate(place=place).filter(kind=KIND, index__lte=end, place__gt=0)
    for index, body in (
        rows.order_by("index").values_list("index", "body").iterator(chunk_size=ROWS_PER_QUERY)
    ):
        yield index, bytes(body)


def _without_waiting(expected: Sequence[bytes], *, logged: set[bytes]) -> list[bytes]:
    """Leave away the last events, where their entries wait or came into the log just now."""
    known = len(expected)
    while known and expected[known - 1] not in logged:
        known -= 1
    identities = {hashlib.sha256(data).digest() for data in expected[known:]}
    waiting = PendingEntry.objects.filter(identity__in=identities).values_list(
        "identity", flat=True
    )
    arrived = set(map(bytes, waiting))
    newest = LogEntry.objects.filter(identity__in=identities - arrived)
    arrived |= set(map(bytes, newest.values_list("identity", flat=True)))
    return list(expected if identities - arrived else expected[:known])
