"""The election record: one file that holds all public data of an election (PROTOCOL 1.10).

A `.bel` file is a chain of events. Each event names the hash of the event before it and the hash
of its payload; every object is a file of a v7 tar archive, named by its own hash. There are no
blocks at the end of the archive, so a growing record is only ever appended to.

Here is the form: archive, hashes, chain, order. What the objects mean is for `evote.verify`.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn

from evote.encoding import (
    decode_canonical_json,
    decode_json,
    encode_json,
    read_hash,
    read_integer,
    read_object,
    read_ordered_object,
    read_text,
    sha256_hex,
)
from evote.errors import DecodeError, InvalidRecord, NotSupported

# The steps of verification that are about form (`evote.verify` names them).
ARCHIVE_STEP = 1
CHAIN_STEP = 2

_BLOCK_BYTES = 512
_HEADER_NAME = "BELENIOS"
_TIMESTAMP = re.compile(r"0|[1-9][0-9]{0,10}", re.ASCII)
_FILE_NAME = re.compile(r"([0-9a-f]{64})\.(data|event)\.json", re.ASCII)
_EVENT_LIMIT_BYTES = 1_000
_SETUP_LIMIT_BYTES = 10_000

# For each type of event: how many objects stand before it, and which events may follow it.
_OBJECT_COUNTS = {
    "Setup": (4, 5),
    "Ballot": (1,),
    "EndBallots": (0,),
    "EncryptedTally": (2,),
    "PartialDecryption": (2,),
    "Result": (1,),
}
_FOLLOWERS: Mapping[str | None, Sequence[str]] = {
    None: ("Setup",),
    "Setup": ("Ballot", "EndBallots"),
    "Ballot": ("Ballot", "EndBallots"),
    "EndBallots": ("EncryptedTally",),
    "EncryptedTally": ("PartialDecryption",),
    "PartialDecryption": ("PartialDecryption", "Result"),
    "Result": (),
}
_LATER_EVENTS = ("Shuffle", "EndShuffles")


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One link of the chain. `parent` is None in the first, `payload` where an event has none."""

    type: str
    height: int
    parent: str | None
    payload: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedEvent:
    """An event, its hash, and the objects that stand before it, the payload last."""

    event: Event
    hash: str
    objects: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A record whose form is right: archive, hashes, chain and order of events."""

    timestamp: int
    events: tuple[RecordedEvent, ...]

    def of_type(self, kind: str) -> tuple[RecordedEvent, ...]:
        """Give the events of one type, in order."""
        return tuple(recorded for recorded in self.events if recorded.event.type == kind)


# --- Writing -----------------------------------------------------------------------------


def encode_header(*, timestamp: int) -> bytes:
    """Write the first member of the archive.

    `timestamp` (seconds) is the time of every member, so that the record says nothing about when
    anybody voted.
    """
    body = encode_json({"version": 1, "timestamp": str(timestamp)})
    return _encode_member(name=_HEADER_NAME, body=body, timestamp=timestamp)


def encode_data(*, body: bytes, timestamp: int) -> bytes:
    """Write one object as a member of the archive."""
    name = f"{sha256_hex(body)}.data.json"
    return _encode_member(name=name, body=body, timestamp=timestamp)


def encode_event(event: Event) -> bytes:
    """Write the event itself, whose hash the next event names."""
    fields = {
        "parent": event.parent,
        "height": event.height,
        "type": event.type,
        "payload": event.payload,
    }
    return encode_json({name: item for name, item in fields.items() if item is not None})


def encode_event_member(*, event: Event, timestamp: int) -> bytes:
    """Write an event as a member of the archive, after its objects."""
    body = encode_event(event)
    name = f"{sha256_hex(body)}.event.json"
    return _encode_member(name=name, body=body, timestamp=timestamp)


def encode_setup(*, election: bytes, trustees: bytes, credentials: bytes) -> bytes:
    """Write the payload of the Setup event: the hashes of the three objects before it."""
    return encode_json(
        {
            "election": sha256_hex(election),
            "trustees": sha256_hex(trustees),
            "credentials": sha256_hex(credentials),
        }
    )


def encode_owned(*, owner: int, payload: bytes) -> bytes:
    """Write the payload of a PartialDecryption event: whose it is (from 1), and its hash."""
    return encode_json({"owner": owner, "payload": sha256_hex(payload)})


def _encode_member(*, name: str, body: bytes, timestamp: int) -> bytes:
    padding = bytes(-len(body) % _BLOCK_BYTES)
    return _encode_tar_header(name=name, size=len(body), timestamp=timestamp) + body + padding


def _encode_tar_header(*, name: str, size: int, timestamp: int) -> bytes:
    """Write the header block of a v7 tar archive, byte for byte as PROTOCOL 1.10 gives it."""
    block = bytearray(_BLOCK_BYTES)
    block[0 : len(name)] = name.encode()
    block[100:107] = b"0000644"  # mode
    block[108:115] = b"0000000"  # user
    block[116:123] = b"0000000"  # group
    block[124:135] = b"%011o" % size
    block[136:147] = b"%011o" % timestamp
    block[148:156] = b" " * 8  # the checksum counts as spaces while it is computed
    block[156:157] = b"0"  # a regular file
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


# --- Reading -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Member:
    name: str
    body: bytes
    offset: int

    @property
    def hash(self) -> str:
        """The hash in the name, which `_check_member` has compared with the content."""
        return self.name[:64]

    @property
    def place(self) -> str:
        return f"byte {self.offset}, {self.name[:12]}…{self.name[64:]}"


@dataclass(frozen=True, slots=True)
class Archive:
    """The files of a record's archive, each under its true hash, with the time they share."""

    timestamp: int
    members: tuple[_Member, ...]


def read_record(data: bytes) -> Record:
    """Read a record and check its form: every byte of it, but not what its objects mean.

    Raises:
        InvalidRecord: with the step (archive or chain), the place and the reason.
        NotSupported: an event of the shuffles.
    """
    return read_chain(read_archive(data))


def read_archive(data: bytes) -> Archive:
    """Split the archive and check every byte that is not inside a file.

    Raises:
        InvalidRecord: with the place and the reason.
    """
    members = _read_members(data)
    timestamp = _read_header(next(members, None), data=data)
    files = []
    for member in members:
        _check_member(member, data=data, timestamp=timestamp)
        files.append(member)
    return Archive(timestamp=timestamp, members=tuple(files))


def read_chain(archive: Archive) -> Record:
    """Put the files together as events, and check their chain and order.

    Raises:
        InvalidRecord: with the event and the reason.
        NotSupported: an event of the shuffles.
    """
    events: list[RecordedEvent] = []
    objects: list[_Member] = []
    for member in archive.members:
        if member.name.endswith(".data.json"):
            objects.append(member)
            continue
        events.append(_read_event(member, objects=objects, earlier=events))
        objects = []
    if objects:
        _refuse_chain(objects[0].place, "no event follows this object")
    if not events:
        _refuse_chain("", "there is no event in the record")
    return Record(timestamp=archive.timestamp, events=tuple(events))


def _refuse_archive(place: str, message: str) -> NoReturn:
    raise InvalidRecord(ARCHIVE_STEP, place, message)


def _refuse_chain(place: str, message: str) -> NoReturn:
    raise InvalidRecord(CHAIN_STEP, place, message)


def _read_members(data: bytes) -> Iterator[_Member]:
    """Split the archive at the sizes its headers give; `_check_header_block` does the rest."""
    offset = 0
    while offset < len(data):
        block = data[offset : offset + _BLOCK_BYTES]
        size_text = block[124:135]
        if len(block) < _BLOCK_BYTES or not re.fullmatch(rb"[0-7]{11}", size_text):
            _refuse_archive(f"byte {offset}", "here should be the header of a file of the archive")
        size = int(size_text, 8)
        start = offset + _BLOCK_BYTES
        end = start + size + -size % _BLOCK_BYTES
        name = block[:100].rstrip(b"\0").decode("ascii", errors="replace")
        if end > len(data):
            _refuse_archive(f"byte {offset}", "the archive ends in the middle of a file")
        if any(data[start + size : end]):
            _refuse_archive(f"byte {start + size}", "the padding of a file is not all zero")
        yield _Member(name=name, body=data[start : start + size], offset=offset)
        offset = end


def _read_header(member: _Member | None, *, data: bytes) -> int:
    if member is None or member.name != _HEADER_NAME:
        _refuse_archive("byte 0", f"the archive does not begin with the file {_HEADER_NAME}")
    try:
        value = decode_canonical_json(
            member.body, source=_HEADER_NAME, limit_bytes=_EVENT_LIMIT_BYTES
        )
        item = read_ordered_object(value, place="", fields=("version", "timestamp"))
        version = read_integer(item["version"], place="version")
        timestamp = read_text(item["timestamp"], place="timestamp")
    except DecodeError as error:
        _refuse_archive(f"byte 0, {_HEADER_NAME}", str(error))
    if version != 1:
        msg = f"records of version {version} are not supported yet, only version 1"
        raise NotSupported(msg)
    if not _TIMESTAMP.fullmatch(timestamp) or int(timestamp) >= 8**11:
        _refuse_archive(f"byte 0, {_HEADER_NAME}", "the timestamp is not a number of seconds")
    _check_header_block(member, data=data, timestamp=int(timestamp))
    return int(timestamp)


def _check_member(member: _Member, *, data: bytes, timestamp: int) -> None:
    """Check that a file's name is its hash, and every byte of its header block."""
    match = _FILE_NAME.fullmatch(member.name)
    if not match:
        _refuse_archive(f"byte {member.offset}", "the name is not <hash>.data.json or .event.json")
    if match[1] != sha256_hex(member.body):
        _refuse_archive(member.place, "the name is not the SHA-256 of the content")
    _check_header_block(member, data=data, timestamp=timestamp)


def _check_header_block(member: _Member, *, data: bytes, timestamp: int) -> None:
    """Compare a file's header block with the one that `_encode_tar_header` writes."""
    expected = _encode_tar_header(name=member.name, size=len(member.body), timestamp=timestamp)
    if data[member.offset : member.offset + _BLOCK_BYTES] != expected:
        _refuse_archive(member.place, "the header of the file is not as it must be")


def _read_event(
    member: _Member, *, objects: Sequence[_Member], earlier: Sequence[RecordedEvent]
) -> RecordedEvent:
    height = len(earlier)
    place = f"event {height}"
    try:
        event = decode_event(member.body)
    except DecodeError as error:
        _refuse_chain(place, str(error))
    if event.type in _LATER_EVENTS:
        msg = f"{place}: events of type {event.type} are not supported yet"
        raise NotSupported(msg)
    _check_chain(event, earlier=earlier, place=place)
    if len(objects) not in _OBJECT_COUNTS[event.type]:
        _refuse_chain(place, f"{len(objects)} objects stand before this event of {event.type}")
    hashes = [item.hash for item in objects]
    if event.payload != (hashes[-1] if hashes else None):
        _refuse_chain(place, "the payload is not the hash of the object before the event")
    bodies = tuple(item.body for item in objects)
    _check_named_objects(event.type, bodies=bodies, hashes=hashes, place=place)
    return RecordedEvent(event=event, hash=member.hash, objects=bodies)


def decode_event(data: bytes) -> Event:
    """Read an event.

    Raises:
        DecodeError: not the one spelling of an event.
    """
    value = decode_canonical_json(data, source="event", limit_bytes=_EVENT_LIMIT_BYTES)
    item = read_ordered_object(
        value,
        place="",
        fields=("parent", "height", "type", "payload"),
        optional=("parent", "payload"),
    )
    return Event(
        type=read_text(item["type"], place="type"),
        height=read_integer(item["height"], place="height"),
        parent=read_hash(item["parent"], place="parent") if "parent" in item else None,
        payload=read_hash(item["payload"], place="payload") if "payload" in item else None,
    )


def _check_chain(event: Event, *, earlier: Sequence[RecordedEvent], place: str) -> None:
    previous = earlier[-1] if earlier else None
    if event.height != len(earlier):
        _refuse_chain(place, f"the height is {event.height}, not {len(earlier)}")
    if event.parent != (previous.hash if previous else None):
        _refuse_chain(place, "the parent is not the hash of the event before")
    previous_type = previous.event.type if previous else None
    if event.type not in _FOLLOWERS[previous_type]:
        after = f"after {previous_type}" if previous_type else "at the beginning"
        _refuse_chain(place, f"an event of type {event.type!r:.40} cannot stand {after}")


def _check_named_objects(
    kind: str, *, bodies: Sequence[bytes], hashes: Sequence[str], place: str
) -> None:
    """Check that the payload names exactly the other objects before the event, in order."""
    if len(bodies) < 2:
        return
    fields: dict[str, tuple[str, ...]] = {
        "Setup": ("election", "trustees", "credentials", "credentials_certificate"),
        "EncryptedTally": ("encrypted_tally",),
        "PartialDecryption": ("payload",),
    }
    others = {"EncryptedTally": ("num_tallied", "total_weight"), "PartialDecryption": ("owner",)}
    names = fields[kind][: len(bodies) - 1]
    try:
        value = decode_json(bodies[-1], source="payload", limit_bytes=_SETUP_LIMIT_BYTES)
        item = read_object(value, place="", fields=(*others.get(kind, ()), *names))
        named = [read_hash(item[name], place=name) for name in names]
    except DecodeError as error:
        _refuse_chain(f"{place}, payload", str(error))
    for name, named_hash, actual in zip(names, named, hashes[:-1], strict=True):
        if named_hash != actual:
            _refuse_chain(f"{place}, payload, {name}", "this is not the hash of that object")


@dataclass(frozen=True, slots=True)
class Owned:
    """Whose partial decryption it is: the 1-based number of the trustee."""

    owner: int
    payload: str


def decode_owned(data: bytes) -> Owned:
    """Read the payload of a PartialDecryption event.

    Raises:
        DecodeError: it is malformed.
    """
    value = decode_json(data, source="payload", limit_bytes=_EVENT_LIMIT_BYTES)
    item = read_object(value, place="", fields=("owner", "payload"))
    return Owned(
        owner=read_integer(item["owner"], place="owner", minimum=1),
        payload=read_hash(item["payload"], place="payload"),
    )
