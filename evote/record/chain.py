"""The chain of events: heights, hashes and order (PROTOCOL 1.10)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

from evote.encoding import decode_json, read_hash, read_object
from evote.errors import DecodeError, InvalidRecord
from evote.record.archive import Archive, Member, read_archive
from evote.record.event import Event, decode_event
from evote.tlog.entries import EVENT_FOLLOWERS

# The step of the verification that is about this (`evote.verify` names them).
CHAIN_STEP = 2

_PAYLOAD_LIMIT_BYTES = 10_000

# For each type of event: how many objects stand before it, and which events may follow it.
_OBJECT_COUNTS = {
    "Setup": (4, 5),
    "Ballot": (1,),
    "EndBallots": (0,),
    "EncryptedTally": (2,),
    "Shuffle": (2,),
    "EndShuffles": (0,),
    "PartialDecryption": (2,),
    "Result": (1,),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedEvent:
    """An event, its hash, and the objects that stand before it, the payload last."""

    event: Event
    hash: str
    objects: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What the next event has to follow: an event's height, type and hash."""

    height: int
    type: str
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A record whose form is right: archive, hashes, chain and order of events."""

    timestamp: int
    events: tuple[RecordedEvent, ...]

    def of_type(self, kind: str) -> tuple[RecordedEvent, ...]:
        """Give the events of one type, in order."""
        return tuple(recorded for recorded in self.events if recorded.event.type == kind)

    def count_of(self, kind: str) -> int:
        """Say how many events of a type there are."""
        return len(self.of_type(kind))


def read_record(data: bytes) -> Record:
    """Read a record and check its form: every byte of it, but not what its objects mean.

    Raises:
        InvalidRecord: with the step (archive or chain), the place and the reason.
    """
    return read_chain(read_archive(data))


def read_chain(archive: Archive, *, after: Link | None = None) -> Record:
    """Put the files together as events, and check their chain and order.

    `after` is the event before the first one, where the archive is the end of a record alone.

    Raises:
        InvalidRecord: with the event and the reason.
    """
    events: list[RecordedEvent] = []
    objects: list[Member] = []
    for member in archive.members:
        if member.name.endswith(".data.json"):
            objects.append(member)
            continue
        event = _read_event(member, objects=objects, after=after)
        after = Link(height=event.event.height, type=event.event.type, hash=event.hash)
        events.append(event)
        objects = []
    if objects:
        _refuse_chain(objects[0].place, "no event follows this object")
    if not events:
        refuse_empty_chain()
    return Record(timestamp=archive.timestamp, events=tuple(events))


def refuse_empty_chain() -> NoReturn:
    """Say that a record has no event at all."""
    _refuse_chain("", "there is no event in the record")


def _refuse_chain(place: str, message: str) -> NoReturn:
    raise InvalidRecord(CHAIN_STEP, place, message)


def _read_event(member: Member, *, objects: Sequence[Member], after: Link | None) -> RecordedEvent:
    place = f"event {0 if after is None else after.height + 1}"
    try:
        event = decode_event(member.body)
    except DecodeError as error:
        _refuse_chain(place, str(error))
    _check_chain(event, after=after, place=place)
    if len(objects) not in _OBJECT_COUNTS[event.type]:
        _refuse_chain(place, f"{len(objects)} objects stand before this event of {event.type}")
    hashes = [item.hash for item in objects]
    if event.payload != (hashes[-1] if hashes else None):
        _refuse_chain(place, "the payload is not the hash of the object before the event")
    bodies = tuple(item.body for item in objects)
    _check_named_objects(event.type, bodies=bodies, hashes=hashes, place=place)
    return RecordedEvent(event=event, hash=member.hash, objects=bodies)


def _check_chain(event: Event, *, after: Link | None, place: str) -> None:
    height = 0 if after is None else after.height + 1
    if event.height != height:
        _refuse_chain(place, f"the height is {event.height}, not {height}")
    if event.parent != (after.hash if after else None):
        _refuse_chain(place, "the parent is not the hash of the event before")
    previous_type = after.type if after else None
    # After an event of no known type nothing may stand; the piece that has it says so.
    if event.type not in EVENT_FOLLOWERS.get(previous_type, ()):
        where = f"after {previous_type}" if previous_type else "at the beginning"
        _refuse_chain(place, f"an event of type {event.type!r:.40} cannot stand {where}")


def _check_named_objects(
    kind: str, *, bodies: Sequence[bytes], hashes: Sequence[str], place: str
) -> None:
    """Check that the payload names exactly the other objects before the event, in order."""
    if len(bodies) < 2:
        return
    fields: dict[str, tuple[str, ...]] = {
        "Setup": ("election", "trustees", "credentials", "credentials_certificate"),
        "EncryptedTally": ("encrypted_tally",),
        "Shuffle": ("payload",),
        "PartialDecryption": ("payload",),
    }
    others = {
        "EncryptedTally": ("num_tallied", "total_weight"),
        "Shuffle": ("owner",),
        "PartialDecryption": ("owner",),
    }
    names = fields[kind][: len(bodies) - 1]
    try:
        value = decode_json(bodies[-1], source="payload", limit_bytes=_PAYLOAD_LIMIT_BYTES)
        item = read_object(value, place="", fields=(*others.get(kind, ()), *names))
        named = [read_hash(item[name], place=name) for name in names]
    except DecodeError as error:
        _refuse_chain(f"{place}, payload", str(error))
    for name, named_hash, actual in zip(names, named, hashes[:-1], strict=True):
        if named_hash != actual:
            _refuse_chain(f"{place}, payload, {name}", "this is not the hash of that object")
