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

_BLOCK_BYTES = 512
_HEADER_NAME = "BELENIOS"
_HEADER_LIMIT_BYTES = 1_000
_TIMESTAMP = re.compile(r"0|[1-9][0-9]{0,10}", re.ASCII)
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
class Member:
    """One file of the archive, and where its header begins."""

    name: str
    body: bytes
    offset: int

    @property
    def hash(self) -> str:
        """The hash in the name, which `_check_member` has compared with the content."""
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
    members = _read_members(data)
    timestamp = _read_header(next(members, None), data=data)
    files = []
    for member in members:
        _check_member(member, data=data, timestamp=timestamp)
        files.append(member)
    return Archive(timestamp=timestamp, members=tuple(files))


def _refuse_archive(place: str, message: str) -> NoReturn:
    raise InvalidRecord(ARCHIVE_STEP, place, message)


def _read_members(data: bytes) -> Iterator[Member]:
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
        yield Member(name=name, body=data[start : start + size], offset=offset)
        offset = end


def _read_header(member: Member | None, *, data: bytes) -> int:
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
    _check_header_block(member, data=data, timestamp=int(timestamp))
    return int(timestamp)


def _check_member(member: Member, *, data: bytes, timestamp: int) -> None:
    """Check that a file's name is its hash, and every byte of its header block."""
    match = _FILE_NAME.fullmatch(member.name)
    if not match:
        _refuse_archive(f"byte {member.offset}", "the name is not <hash>.data.json or .event.json")
    if match[1] != sha256_hex(member.body):
        _refuse_archive(member.place, "the name is not the SHA-256 of the content")
    _check_header_block(member, data=data, timestamp=timestamp)


def _check_header_block(member: Member, *, data: bytes, timestamp: int) -> None:
    """Compare a file's header block with the one that `_encode_tar_header` writes."""
    expected = _encode_tar_header(name=member.name, size=len(member.body), timestamp=timestamp)
    if data[member.offset : member.offset + _BLOCK_BYTES] != expected:
        _refuse_archive(member.place, "the header of the file is not as it must be")
