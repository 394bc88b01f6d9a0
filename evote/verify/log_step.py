"""Step 17, where a log is given: the record and the log hold the same events (PROTOCOL 2.1).

Whoever calls this has proven of every entry that the log holds it at its index. So a record that
passes is the one that everybody sees who sees this log.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace

from evote.election import Election
from evote.encoding import canonical_json, sha256_hex
from evote.record import Companion, CompanionElement, Record, encode_element
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
    elements = _elements(record, companion=companion)
    entries = []
    for recorded, element in zip(record.events, elements, strict=True):
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
        if element is not None:
            entry["companion"] = sha256_hex(encode_element(element))
        entries.append(canonical_json(entry))
    return entries


def _elements(record: Record, *, companion: Companion | None) -> list[CompanionElement | None]:
    """Give each event's element of the second file."""
    if companion is None:
        return [None] * len(record.events)
    waiting: dict[str, list[CompanionElement]] = {
        "Setup": [companion.ceremony],
        "Ballot": [*companion.casts],
        "Shuffle": [*companion.shuffles],
        "PartialDecryption": [*companion.decryptions],
    }
    iterators = {kind: iter(elements) for kind, elements in waiting.items()}
    return [
        next(iterators[recorded.event.type]) if recorded.event.type in iterators else None
        for recorded in record.events
    ]


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
