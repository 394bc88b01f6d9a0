"""Step 17, where a log is given: the record and the log hold the same events (PROTOCOL 2.1).

Whoever calls this has proven of every entry that the log holds it at its index. So a record that
passes is the one that everybody sees who sees this log.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from evote.election import Election
from evote.encoding import canonical_json, sha256_hex
from evote.record import (
    Cast,
    Companion,
    CompanionElement,
    Record,
    RecordedEvent,
    encode_element,
)
from evote.verify.report import Problem, Report, Step, StepStatus, Verdict
from evote.verify.state import PROBLEMS_SHOWN

LOG = 17
_TITLE = "The log"
_KIND = "election-event"


def expected_entries(
    record: Record, *, election: Election, companion: Companion | None
) -> list[bytes]:
    """Give the log's entries of a record's events, in the order of their heights.

    `companion` is that of the same record, where the election has one.
    """
    casts = () if companion is None else companion.casts
    return entries_of(record.events, election=election, companion=companion, casts=casts)


def entries_of(
    events: Iterable[RecordedEvent],
    *,
    election: Election,
    companion: Companion | None,
    casts: Iterable[Cast],
) -> list[bytes]:
    """Give the log's entries of events, which are read one after the other.

    `casts` are the cast statements of the same election, apart from its companion: there are as
    many as ballots. Both are of no account where the election has no companion.
    """
    waiting: dict[str, Iterator[CompanionElement]] = {}
    if companion is not None:
        waiting = {
            "Setup": iter([companion.ceremony]),
            "Ballot": iter(casts),
            "Shuffle": iter(companion.shuffles),
            "PartialDecryption": iter(companion.decryptions),
        }
    entries = []
    for recorded in events:
        event = recorded.event
        entry: dict[str, object] = {
            "kind": _KIND,
            "election": election.uuid,
            "event": recorded.hash,
            "height": event.height,
            "type": event.type,
        }
        if event.payload is not None:
            entry["payload"] = event.payload
        if event.type in waiting:
            entry["companion"] = sha256_hex(encode_element(next(waiting[event.type])))
        entries.append(canonical_json(entry))
    return entries


def compare_entries(
    expected: Sequence[bytes], *, uuid: str, entries: Iterable[tuple[int, bytes]]
) -> tuple[list[Problem], list[int]]:
    """Find where a log differs from the entries expected; and the indexes of those found.

    `entries` are the log's, each with its index, in order; those of other elections are passed
    over.
    """
    places = {entry: height for height, entry in enumerate(expected)}
    problems: list[Problem] = []
    indexes: list[int] = []
    height = 0
    for index, data in entries:
        if not _is_of(data, uuid=uuid):
            continue
        place = f"log entry {index}"
        found = places.get(data)
        if found is None:
            msg = f"{_described(data)} is of this election, but not of this record"
            problems.append(Problem(place, msg))
            continue
        indexes.append(index)
        if found < height:
            msg = f"the event of height {found} stands here again or too late"
            problems.append(Problem(place, msg))
            continue
        if found > height:
            problems.append(Problem(place, f"{_heights(height, found)} should stand before"))
        height = found + 1
    if height < len(expected):
        problems.append(Problem("", f"{_heights(height, len(expected))} is not in the log"))
    return problems, indexes


def with_log_step(
    report: Report,
    *,
    problems: Sequence[Problem],
    comparisons: Sequence[str],
) -> Report:
    """Add the step to a report: with problems the record is invalid."""
    shown = list(problems[:PROBLEMS_SHOWN])
    if len(problems) > len(shown):
        shown.append(Problem("", f"and {len(problems) - len(shown)} more"))
    step = Step(
        number=LOG,
        title=_TITLE,
        status=StepStatus.FAILED if problems else StepStatus.PASSED,
        comparisons=() if problems else tuple(comparisons),
        problems=tuple(shown),
    )
    verdict = Verdict.INVALID if problems else report.verdict
    return replace(report, verdict=verdict, steps=(*report.steps, step))


def without_log_step(report: Report) -> Report:
    """Say in a report that the log was not reached: the record is no chain of events."""
    step = Step(
        number=LOG, title=_TITLE, status=StepStatus.NOT_REACHED, comparisons=(), problems=()
    )
    return replace(report, steps=(*report.steps, step))


def _is_of(data: bytes, *, uuid: str) -> bool:
    if uuid.encode() not in data:  # most entries of a log; they need not be read
        return False
    entry = _read(data)
    return entry.get("kind") == _KIND and entry.get("election") == uuid


def _read(data: bytes) -> dict[str, object]:
    try:
        entry = json.loads(data)
    except ValueError:
        return {}
    return entry if isinstance(entry, dict) else {}


def _described(data: bytes) -> str:
    entry = _read(data)
    return f"an event of height {entry.get('height')!r:.20} and type {entry.get('type')!r:.30}"


def _heights(first: int, end: int) -> str:
    if end - first == 1:
        return f"the event of height {first}"
    return f"each event of the heights {first} to {end - 1}"
