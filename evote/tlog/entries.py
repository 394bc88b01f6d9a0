"""What may stand in the log: each entry by itself, and the order of an election's events.

Whoever watches a log checks with this what the server promised to check: that an entry is
canonical JSON of a known kind and fits the schema of its kind, and that the entries of an election
follow each other as PROTOCOL 2.1 and 1.10 ask.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from evote.encoding import canonical_json, decode_json
from evote.errors import DecodeError, EvoteError, NotSupported
from evote.tlog.schema import Check

ENTRY_LIMIT_BYTES = 60_000
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")

# The grammar of an election's record (PROTOCOL 1.10): what may come after what. None: the start.
EVENT_FOLLOWERS: Mapping[str | None, Sequence[str]] = {
    None: ("Setup",),
    "Setup": ("Ballot", "EndBallots"),
    "Ballot": ("Ballot", "EndBallots"),
    "EndBallots": ("EncryptedTally",),
    # Which of the two it must be depends on the questions: `evote.verify` asks.
    "EncryptedTally": ("Shuffle", "PartialDecryption"),
    "Shuffle": ("Shuffle", "EndShuffles"),
    "EndShuffles": ("PartialDecryption",),
    "PartialDecryption": ("PartialDecryption", "Result"),
    "Result": (),
}

Entry = dict[str, object]


class RuleBroken(EvoteError):
    """An entry contradicts one that stands before it.

    `earlier` is the index of that one, where there is one.
    """

    def __init__(self, message: str, *, earlier: int | None) -> None:
        super().__init__(message)
        self.earlier = earlier


def read_members(data: bytes) -> Entry:
    """Read whatever members an entry has; none, where it is not even an object.

    For whoever looks for one entry among all and is not to judge the others.
    """
    try:
        value = decode_json(data, source="the entry", limit_bytes=ENTRY_LIMIT_BYTES)
    except DecodeError:
        return {}
    return value if isinstance(value, dict) else {}


# --- One entry --------------------------------------------------------------------------------


def check_entry(data: bytes, *, schemas: Mapping[str, Check]) -> Entry:
    """Read an entry, and refuse it unless it is what the log's own rules allow.

    Raises:
        DecodeError: not canonical JSON, or it does not fit the schema of its kind.
        NotSupported: the kind has no schema here.
    """
    value = decode_json(data, source="the entry", limit_bytes=ENTRY_LIMIT_BYTES)
    if not isinstance(value, dict) or canonical_json(value) != data:
        msg = "the entry is not an object in canonical JSON"
        raise DecodeError(msg)
    kind = value.get("kind")
    if not isinstance(kind, str):
        msg = "the entry does not say of what kind it is"
        raise DecodeError(msg)
    if kind not in schemas:
        msg = f"this version of evote does not know entries of the kind {kind!r:.60}"
        raise NotSupported(msg)
    schemas[kind](value, "")
    # Canonical JSON escapes them all with a backslash, but for 0x7f.
    if (b"\\" in data or b"\x7f" in data) and any(map(_CONTROL.search, _texts(value))):
        msg = "the entry holds a control character"
        raise DecodeError(msg)
    return value


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item)


# --- An election's entries ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ElectionProgress:
    """What the entries so far say of an election: all that the next one is compared with."""

    next_height: int = 0
    last_type: str | None = None
    last_index: int | None = None
    outcome_index: int | None = None


def follow_election(progress: ElectionProgress, *, entry: Entry, index: int) -> ElectionProgress:
    """Check that an entry, which `check_entry` accepted, may follow; give what stands then.

    Raises:
        RuleBroken: it may not.
    """
    if entry["kind"] == "election-outcome":
        return _follow_outcome(progress, index=index)
    height, type_ = entry["height"], str(entry["type"])
    if height != progress.next_height:
        msg = (
            f"the event has the height {height}; the next of its election is {progress.next_height}"
        )
        raise RuleBroken(msg, earlier=progress.last_index)
    if type_ not in EVENT_FOLLOWERS[progress.last_type]:
        before = f"after {progress.last_type}" if progress.last_type else "at the beginning"
        msg = f"an event {type_} cannot stand {before}"
        raise RuleBroken(msg, earlier=progress.last_index)
    return ElectionProgress(
        next_height=progress.next_height + 1,
        last_type=type_,
        last_index=index,
        outcome_index=progress.outcome_index,
    )


def _follow_outcome(progress: ElectionProgress, *, index: int) -> ElectionProgress:
    if progress.outcome_index is not None:
        msg = "the election has an outcome already"
        raise RuleBroken(msg, earlier=progress.outcome_index)
    return ElectionProgress(
        next_height=progress.next_height,
        last_type=progress.last_type,
        last_index=progress.last_index,
        outcome_index=index,
    )


def progress_after(entry: Entry, *, index: int) -> ElectionProgress:
    """Give what stands after an entry about which nothing earlier is known."""
    if entry["kind"] == "election-outcome":
        return ElectionProgress(outcome_index=index)
    height = entry["height"]
    assert isinstance(height, int)
    return ElectionProgress(next_height=height + 1, last_type=str(entry["type"]), last_index=index)
