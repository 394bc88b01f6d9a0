"""Records spoilt in every way we can think of, deterministically (SECURITY, drill D11).

Where one value of an object changes, all hashes that depend on it are made right again: it is
never the hash that gives the forgery away, but the meaning. Both verifiers read the same mutants;
`python -m tests.factories.mutants RECORD [COMPANION]` writes them for the one in the browser.
"""

import base64
import hashlib
import json
import sys
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from evote.encoding import encode_json, sha256_hex
from evote.record import RecordedEvent, read_record
from tests.factories.evote import RecordWriter

# What may change without making a record wrong: nothing is proven about it.
HARMLESS_FIELDS = frozenset({"name"})
REORDERED = "fields in another order"


@dataclass(frozen=True)
class Mutant:
    """A spoilt record. `may_pass` where the change is none that a rule forbids."""

    name: str
    record: bytes
    companion: bytes | None
    may_pass: bool = False
    accepts_legacy_threshold: bool = False

    def to_json(self) -> str:
        """Write it as one line."""
        return json.dumps(
            {
                "name": self.name,
                "record": base64.b64encode(self.record).decode(),
                "companion": self.companion and base64.b64encode(self.companion).decode(),
                "may_pass": self.may_pass,
                "accepts_legacy_threshold": self.accepts_legacy_threshold,
            }
        )


def sample(
    record: bytes, *, count: int, companion: bytes | None = None, seed: str = ""
) -> list[Mutant]:
    """Choose `count` mutants, evenly from every kind, the same ones for the same seed."""
    kinds = [
        mutants_of_values(record, companion=companion),
        mutants_of_bytes(record, companion=companion, seed=seed, count=count),
        mutants_of_events(record, companion=companion),
        mutants_of_companion(record, companion=companion),
    ]
    chosen: list[Mutant] = []
    # The small kinds whole; what is left of the count from the others in equal parts.
    pools = sorted(([*kind] for kind in kinds), key=len)
    for index, pool in enumerate(pools):
        share = (count - len(chosen)) // (len(pools) - index)
        chosen += sorted(pool, key=lambda mutant: _rank(seed, mutant.name))[:share]
    return chosen


def _rank(seed: str, name: str) -> bytes:
    return hashlib.sha256(f"{seed}|{name}".encode()).digest()


# --- One value of one object -------------------------------------------------------------


def mutants_of_values(record: bytes, *, companion: bytes | None = None) -> Iterator[Mutant]:
    """Change, add or remove one value of one object, and make all hashes right again."""
    events = read_record(record).events
    for event_index, event in enumerate(events):
        for object_index, body in enumerate(event.objects):
            original = json.loads(body)
            is_credentials = event_index == 0 and object_index == 2
            for path, change, mutant in changed_values(original):
                yield Mutant(
                    name=f"event {event_index}, object {object_index}, {path}: {change}",
                    record=exchanged(events, event_index, object_index, encode_json(mutant)),
                    companion=companion,
                    may_pass=(is_credentials and is_reordering(original, mutant))
                    or (change == REORDERED and not is_canonical(event, object_index)),
                )


def is_canonical(event: RecordedEvent, object_index: int) -> bool:
    """Say whether the object has one spelling only (PROTOCOL 1.2); others are hashed as bytes."""
    return event.event.type == "Ballot" or (
        event.event.type == "EncryptedTally" and object_index == 0
    )


def changed_values(value: object) -> Iterator[tuple[str, str, object]]:
    """Give the place, the kind of change, and the changed whole, for every part of a value."""
    for path in leaves(value):
        if path and path[-1] in HARMLESS_FIELDS:
            continue
        place = ".".join(map(str, path))
        for change, other in others_than(at(value, path)):
            yield place, change, put(value, path, other)
        if path:
            yield place, "removed", removed(value, path)


def others_than(old: object) -> Iterator[tuple[str, object]]:
    """Give values that differ from `old`, each with a name."""
    others: list[object] = [None, True, 0, 1, -1, 2**53 - 1, "", "0", [], {}, [old], {"a": old}]
    if isinstance(old, str):
        others += [old + "0", "0" + old, old[:-1], old[::-1], " " + old, old.upper()]
        if old.isdecimal():
            others += [str(int(old) + 1), str(int(old) + ORDER)]
        elif old:
            others.append(("1" if old[0] != "1" else "2") + old[1:])
    if isinstance(old, int) and not isinstance(old, bool):
        others += [old + 1, old - 1, str(old)]
    if isinstance(old, list) and old:
        others += [old[:-1], [*old, old[0]], old[::-1] if len(old) > 1 else []]
    if isinstance(old, dict):
        others.append(old | {"more": 1})
        if len(old) > 1:
            yield REORDERED, dict(reversed(old.items()))
    for number, other in enumerate(others):
        if encode_json(other) != encode_json(old):
            yield f"other {number}", other


ORDER = 2**252 + 27742317777372353535851937790883648493


def leaves(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Give the path of everything in a value, the value itself included."""
    yield path
    if isinstance(value, dict):
        for name, item in value.items():
            yield from leaves(item, (*path, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from leaves(item, (*path, index))


def at(value, path):
    for step in path:
        value = value[step]
    return value


def put(value, path, item):
    if not path:
        return item
    changed = deepcopy(value)
    at(changed, path[:-1])[path[-1]] = item
    return changed


def removed(value, path):
    changed = deepcopy(value)
    del at(changed, path[:-1])[path[-1]]
    return changed


def is_reordering(original: object, mutant: object) -> bool:
    """Say whether only the order of a list of texts changed."""
    return (
        isinstance(original, list)
        and isinstance(mutant, list)
        and all(isinstance(item, str) for item in mutant)
        and sorted(mutant) == sorted(original)
    )


def exchanged(
    events: Sequence[RecordedEvent], event_index: int, object_index: int, body: bytes
) -> bytes:
    """Write the record with one object exchanged, and the payload that names it made right."""
    writer = RecordWriter()
    for index, recorded in enumerate(events):
        objects = list(recorded.objects)
        if index == event_index:
            objects[object_index] = body
            if object_index < len(objects) - 1:
                old = sha256_hex(recorded.objects[object_index])
                payload = {
                    name: sha256_hex(body) if item == old else item
                    for name, item in json.loads(recorded.objects[-1]).items()
                }
                objects[-1] = encode_json(payload)
        writer.add(recorded.event.type, *objects)
    return writer.data()


# --- Bytes -------------------------------------------------------------------------------


def mutants_of_bytes(
    record: bytes, *, count: int, companion: bytes | None = None, seed: str = ""
) -> Iterator[Mutant]:
    """Flip, remove, repeat or swap bytes anywhere, or cut the file off."""
    for number in range(count):
        draw = hashlib.sha256(f"bytes|{seed}|{number}".encode()).digest()
        offset = int.from_bytes(draw[:8], "big") % len(record)
        bit = 1 << draw[8] % 8
        here, rest = record[offset], record[offset + 1 :]
        changes = {
            "flipped": record[:offset] + bytes([here ^ bit]) + rest,
            "removed": record[:offset] + rest,
            "repeated": record[: offset + 1] + record[offset:],
            "cut off": record[:offset],
            "one more": record + bytes([here]),
        }
        change = list(changes)[draw[9] % len(changes)]
        yield Mutant(
            name=f"byte {offset}: {change} {bit}",
            record=changes[change],
            companion=companion,
            # Cut between two events: the honest record of an earlier moment.
            may_pass=change == "cut off" and offset % 512 == 0,
        )


# --- Events ------------------------------------------------------------------------------


def mutants_of_events(record: bytes, *, companion: bytes | None = None) -> Iterator[Mutant]:
    """Leave out, repeat or swap events, and make the chain right again."""
    events = read_record(record).events
    for index, event in enumerate(events):
        before, after = events[:index], events[index + 1 :]
        yield Mutant(
            name=f"event {index} left out",
            record=written([*before, *after]),
            companion=companion,
            # The last event left out is the honest record of an earlier moment. And a ballot that
            # was replaced later is not counted; that it is gone, only the companion shows.
            may_pass=not after or (companion is None and is_replaced(event, after)),
        )
        yield Mutant(
            name=f"event {index} twice",
            record=written([*before, event, event, *after]),
            companion=companion,
        )
        for other in range(index + 1, len(events)):
            swapped = list(events)
            swapped[index], swapped[other] = swapped[other], swapped[index]
            types = {events[index].event.type, events[other].event.type}
            yield Mutant(
                name=f"events {index} and {other} swapped",
                record=written(swapped),
                companion=companion,
                # The order among ballots of different voters, or among trustees, is free.
                may_pass=types in ({"Ballot"}, {"PartialDecryption"}),
            )


def is_replaced(event: RecordedEvent, later: Sequence[RecordedEvent]) -> bool:
    """Say whether this is a ballot of a credential that voted again."""
    if event.event.type != "Ballot":
        return False
    credential = json.loads(event.objects[0])["credential"]
    return any(
        json.loads(other.objects[0])["credential"] == credential
        for other in later
        if other.event.type == "Ballot"
    )


def written(events: Sequence[RecordedEvent]) -> bytes:
    """Write events as a record with a right chain."""
    writer = RecordWriter()
    for recorded in events:
        writer.add(recorded.event.type, *recorded.objects)
    return writer.data()


# --- The companion -----------------------------------------------------------------------


def mutants_of_companion(record: bytes, *, companion: bytes | None) -> Iterator[Mutant]:
    """Change one value of the companion file, or leave it out."""
    if companion is None:
        return
    yield Mutant(name="no companion", record=record, companion=None)
    for path, change, mutant in changed_values(json.loads(companion)):
        yield Mutant(
            name=f"companion, {path}: {change}", record=record, companion=encode_json(mutant)
        )
    for number, offset in enumerate(range(0, len(companion), max(1, len(companion) // 50))):
        yield Mutant(
            name=f"companion, byte {offset}",
            record=record,
            companion=companion[:offset] + b" " * (1 + number % 2) + companion[offset + 1 :],
        )


def main() -> None:
    """Write the mutants of a record to standard output, one JSON object a line."""
    record = Path(sys.argv[1]).read_bytes()
    companion = Path(sys.argv[2]).read_bytes() if len(sys.argv) > 2 else None
    for mutant in islice(sample(record, count=5000, companion=companion), 5000):
        sys.stdout.write(mutant.to_json() + "\n")


if __name__ == "__main__":
    main()
