"""The archive: v7 tar, byte for byte as PROTOCOL 1.10 gives it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NoReturn

from evote.encoding import (
    decode_canonical_json,
    encode_json,
    read_integer,
    read_ordered_object,
    read_text,
    sha256_hex,
)
from evote.errors import DecodeError, InvalidRecord, NotSupported
from evote.record.event import Event, encode_event

# The step of the verification that is about this (`evote.verify` names them).
ARCHIVE_STEP = 1

BLOCK_BYTES = 512
_HEADER_NAME = "BELENIOS"
_HEADER_LIMIT_BYTES = 1_000
_TIMESTAMP = re.compile(r"0|[1-9][0-9]{0,10}", re.ASCII)
_SIZE = re.compile(rb"[0-7]{11}")
_FILE_NAME = re.compile(r"([0-9a-f]{64})\.(data|event)\.json", re.ASCII)


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


def encode_event_member(*, event: Event, timestamp: int) -> bytes:
    """Write an event as a member of the archive, after its objects."""
    body = encode_event(event)
    name = f"{sha256_hex(body)}.event.json"
    return _encode_member(name=name, body=body, timestamp=timestamp)


def _encode_member(*, name: str, body: bytes, timestamp: int) -> bytes:
    padding = bytes(-len(body) % BLOCK_BYTES)
    return _encode_tar_header(name=name, size=len(body), timestamp=timestamp) + body + padding


def _encode_tar_header(*, name: str, size: int, timestamp: int) -> bytes:
    """Write the header block of a v7 tar archive, byte for byte as PROTOCOL 1.10 gives it."""
    block = bytearray(BLOCK_BYTES)
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
class Member:
    """One file of the archive: its header block as it was found, and where that begins."""

    name: str
    header: bytes
    body: bytes
    offset: int

    @property
    def hash(self) -> str:
        """The hash in the name, which `check_member` has compared with the content."""
        return self.name[:64]

    @property
    def place(self) -> str:
        """Where it is, for people."""
        return f"byte {self.offset}, {self.name[:12]}…{self.name[64:]}"


@dataclass(frozen=True, slots=True)
class Archive:
    """The files of a record's archive, each under its true hash, with the time they share."""

    timestamp: int
    members: tuple[Member, ...]


def read_archive(data: bytes) -> Archive:
    """Split the archive and check every byte that is not inside a file.

    Raises:
        InvalidRecord: with the place and the reason.
    """
    members = read_members(data, offset=0, total_bytes=len(data))
    timestamp = _read_header(next(members, None))
    files = []
    for member in members:
        check_member(member, timestamp=timestamp)
        files.append(member)
    return Archive(timestamp=timestamp, members=tuple(files))


def read_first_member(start: bytes, *, total_bytes: int) -> tuple[int, int]:
    """Read the header of an archive: the time of all its files, and where the next file begins.

    `start` is the beginning of an archive of `total_bytes`.

    Raises:
        InvalidRecord: with the place and the reason.
        NotSupported: it is of another version.
    """
    member = next(read_members(start, offset=0, total_bytes=total_bytes), None)
    timestamp = _read_header(member)
    assert member is not None
    size = len(member.body)
    return timestamp, BLOCK_BYTES + size + -size % BLOCK_BYTES


def _refuse_archive(place: str, message: str) -> NoReturn:
    raise InvalidRecord(ARCHIVE_STEP, place, message)


def read_members(data: bytes, *, offset: int, total_bytes: int) -> Iterator[Member]:
    """Split a piece of an archive at the sizes its headers give; `check_member` does the rest.

    `offset` is where the piece begins in the archive of `total_bytes`.

    Raises:
        InvalidRecord: with the place and the reason.
    """
    start = 0
    while start < len(data):
        place = offset + start
        header = data[start : start + BLOCK_BYTES]
        size_text = header[124:135]
        if len(header) < BLOCK_BYTES or not _SIZE.fullmatch(size_text):
            _refuse_archive(f"byte {place}", "here should be the header of a file of the archive")
        size = int(size_text, 8)
        body_start = start + BLOCK_BYTES
        body_end = body_start + size
        end = body_end + -size % BLOCK_BYTES
        name = header[:100].rstrip(b"\0").decode("ascii", errors="replace")
        if offset + end > total_bytes:
            _refuse_archive(f"byte {place}", "the archive ends in the middle of a file")
        assert end <= len(data), "a piece ends in the middle of a file"
        if data[body_end:end].count(0) != end - body_end:
            _refuse_archive(f"byte {offset + body_end}", "the padding of a file is not all zero")
        yield Member(name=name, header=header, body=data[body_start:body_end], offset=place)
        start = end


def _read_header(member: Member | None) -> int:
    if member is None or member.name != _HEADER_NAME:
        _refuse_archive("byte 0", f"the archive does not begin with the file {_HEADER_NAME}")
    try:
        value = decode_canonical_json(
            member.body, source=_HEADER_NAME, limit_bytes=_HEADER_LIMIT_BYTES
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
    _check_header_block(member, timestamp=int(timestamp))
    return int(timestamp)


def check_member(member: Member, *, timestamp: int) -> None:
    """Check that a file's name is its hash, and every byte of its header block.

    Raises:
        InvalidRecord: with the place and the reason.
    """
    match = _FILE_NAME.fullmatch(member.name)
    if not match:
        _refuse_archive(f"byte {member.offset}", "the name is not <hash>.data.json or .event.json")
    if match[1] != sha256_hex(member.body):
        _refuse_archive(member.place, "the name is not the SHA-256 of the content")
    _check_header_block(member, timestamp=timestamp)


def _check_header_block(member: Member, *, timestamp: int) -> None:
    """Compare a file's header block with the one that `_encode_tar_header` writes."""
    expected = _encode_tar_header(name=member.name, size=len(member.body), timestamp=timestamp)
    if member.header != expected:
        _refuse_archive(member.place, "the header of the file is not as it must be")
