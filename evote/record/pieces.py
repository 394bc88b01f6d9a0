"""A record read in pieces, which any number of processes may share.

A record of a million ballots has some gigabytes. It is cut after events, by the sizes that the
headers of its files give; each piece is then checked by itself, down to the last byte, and what is
kept of a ballot is its place and its hash.
"""

import re
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from evote.errors import DecodeError, InvalidRecord
from evote.record.archive import (
    BLOCK_BYTES,
    Archive,
    Member,
    check_member,
    read_first_member,
    read_members,
)
from evote.record.chain import CHAIN_STEP, Link, RecordedEvent, read_chain
from evote.record.event import decode_event

# A piece is at most a sixteenth of what went before it, so that no process waits long for another
# at the end, and where a piece ends does not depend on what comes later.
SMALLEST_PIECE, LARGEST_PIECE, PIECE_SHARE = 20, 1000, 16
# Pieces are sent from process to process, and a ballot may have 256 kB.
PIECE_LIMIT_BYTES = 8_000_000

CHANGED = "the file was changed while it was read"

_WINDOW_BYTES = 1_000_000
_SIZE = re.compile(rb"[0-7]{11}")


class NotReadable(OSError):
    """The bytes of a record cannot be read now: that says nothing about the record."""


class RecordBytes(Protocol):
    """The bytes of a record, in memory or elsewhere: `bytes` are such.

    To read them may raise `NotReadable`, which no step takes for a fault of the record.
    """

    def __len__(self) -> int: ...

    def __getitem__(self, part: slice, /) -> bytes: ...


def piece_length(position: int) -> int:
    """Say how many events, or ballots, the piece that begins at `position` may have."""
    return min(max(SMALLEST_PIECE, position // PIECE_SHARE), LARGEST_PIECE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Some files of a record from the byte `offset` on; the last of them is an event.

    `after` is the event before them, as the headers tell; `total_bytes` the size of the record.
    """

    timestamp: int
    offset: int
    total_bytes: int
    after: Link | None
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class PieceRead:
    """What a piece holds, or what is wrong with it.

    `offsets` are those of its ballots, the height of the first of which is `first_ballot`, as 8
    bytes each; `payloads` their hashes, 32 bytes each. All other events are given whole.
    """

    archive_problem: InvalidRecord | None = None
    chain_problem: InvalidRecord | None = None
    files: int = 0
    last: Link | None = None
    first_ballot: int = 0
    offsets: bytes = b""
    payloads: bytes = b""
    others: tuple[RecordedEvent, ...] = ()


# --- Cutting ---------------------------------------------------------------------------------


def cut_record(data: RecordBytes) -> Iterator[Piece]:
    """Cut a record after its header; what is wrong with a piece, `read_piece` says.

    Raises:
        InvalidRecord: the header is not as it must be.
        NotSupported: it is that of another version.
    """
    timestamp, header = read_header(data)
    offset = len(header)
    begin, height, first_height = offset, 0, 0
    after: Link | None = None
    for member_offset, end, name in _walk(data, offset=offset):
        offset = end
        if not name.endswith(b".event.json"):
            continue
        height += 1
        is_full = (
            height - first_height >= piece_length(first_height) or end - begin >= PIECE_LIMIT_BYTES
        )
        if height > 1 and not is_full:
            continue
        yield _piece(data, begin=begin, end=end, after=after, timestamp=timestamp)
        body = data[member_offset + BLOCK_BYTES : end].rstrip(b"\0")
        digest = name[:64].decode("ascii", errors="replace")
        after = Link(height=height - 1, type=_type_of(body), hash=digest)
        begin, first_height = end, height
    if begin < len(data):
        # One more block shows what ended the walk, where anything did.
        end = min(len(data), offset + BLOCK_BYTES)
        yield _piece(data, begin=begin, end=end, after=after, timestamp=timestamp)


def last_height(data: RecordBytes) -> int | None:
    """Give the height of the last event by the headers alone; None where there is no event.

    Raises:
        InvalidRecord: they make no sense.
        NotSupported: it is a record of another version.
    """
    _, header = read_header(data)
    count, offset = 0, len(header)
    for _, end, name in _walk(data, offset=offset):
        count += name.endswith(b".event.json")
        offset = end
    return count - 1 if count and offset == len(data) else None


def read_header(data: RecordBytes) -> tuple[int, bytes]:
    """Read the first file: the time of all, and its bytes, after which the next one begins.

    Raises:
        InvalidRecord: it is not as it must be.
        NotSupported: it is that of another version.
    """
    first = next(_walk(data, offset=0), None)
    end = min(len(data), BLOCK_BYTES) if first is None else first[1]
    start = data[:end]
    timestamp, offset = read_first_member(start, total_bytes=len(data))
    return timestamp, start[:offset]


def _piece(data: RecordBytes, *, begin: int, end: int, after: Link | None, timestamp: int) -> Piece:
    return Piece(
        timestamp=timestamp,
        offset=begin,
        total_bytes=len(data),
        after=after,
        data=data[begin:end],
    )


def _walk(data: RecordBytes, *, offset: int) -> Iterator[tuple[int, int, bytes]]:
    """Give offset, end and name of each file, as far as the headers make sense."""
    total, base, window = len(data), offset, b""
    while offset < total:
        if offset + BLOCK_BYTES > base + len(window):
            base, window = offset, data[offset : offset + _WINDOW_BYTES]
        place = offset - base
        size_text = window[place + 124 : place + 135]
        if not _SIZE.fullmatch(size_text):
            return
        size = int(size_text, 8)
        end = offset + BLOCK_BYTES + size + -size % BLOCK_BYTES
        if end > total:
            return
        yield offset, end, window[place : place + 100].rstrip(b"\0")
        offset = end


def _type_of(body: bytes) -> str:
    """Give the type of an event; what is none is found where its piece is read."""
    try:
        return decode_event(body).type
    except DecodeError:
        return ""


# --- Reading a piece -------------------------------------------------------------------------


def read_piece(piece: Piece) -> PieceRead:
    """Check every byte of a piece, and the chain of its events."""
    try:
        members = _members(piece)
    except InvalidRecord as problem:
        return PieceRead(archive_problem=problem)
    archive = Archive(timestamp=piece.timestamp, members=members)
    try:
        events = read_chain(archive, after=piece.after).events
    except InvalidRecord as problem:
        return PieceRead(chain_problem=problem, files=len(members))
    begins = list(_begins(members))
    ballots = [
        (begin, recorded)
        for begin, recorded in zip(begins, events, strict=True)
        if recorded.event.type == "Ballot"
    ]
    last = events[-1]
    return PieceRead(
        files=len(members),
        last=Link(height=last.event.height, type=last.event.type, hash=last.hash),
        first_ballot=ballots[0][1].event.height if ballots else 0,
        offsets=array("Q", [begin for begin, _ in ballots]).tobytes(),
        payloads=b"".join(bytes.fromhex(one.event.payload or "") for _, one in ballots),
        others=tuple(one for one in events if one.event.type != "Ballot"),
    )


def events_in_turn(data: RecordBytes, *, last: Link) -> Iterator[RecordedEvent]:
    """Read the events of a record once more, one after the other, each whole, checking their form.

    `last` is the event with which the record ended when it was read before. Its hash stands for
    all events: what was given is the same only if this does not raise at the end.

    Raises:
        InvalidRecord: with the step, the place and the reason.
        NotSupported: it is a record of another version.
    """
    before: Link | None = None
    for piece in cut_record(data):
        if piece.after != before:
            raise InvalidRecord(CHAIN_STEP, f"byte {piece.offset}", CHANGED)
        archive = Archive(timestamp=piece.timestamp, members=_members(piece))
        for recorded in read_chain(archive, after=piece.after).events:
            yield recorded
            event = recorded.event
            before = Link(height=event.height, type=event.type, hash=recorded.hash)
    if before != last:
        raise InvalidRecord(CHAIN_STEP, "", CHANGED)


def _members(piece: Piece) -> tuple[Member, ...]:
    members = []
    for member in read_members(piece.data, offset=piece.offset, total_bytes=piece.total_bytes):
        check_member(member, timestamp=piece.timestamp)
        members.append(member)
    return tuple(members)


def _begins(members: Iterable[Member]) -> Iterator[int]:
    """Give the offset at which each event begins, with its objects."""
    begin: int | None = None
    for member in members:
        begin = member.offset if begin is None else begin
        if member.name.endswith(".event.json"):
            yield begin
            begin = None
