"""The second file read in pieces: its cast statements are as many as the ballots of the record.

The list of cast statements is cut out of the file, and cut into pieces; what is left is a small
companion without any. Together they are canonical JSON exactly where the whole file is: a JSON list
without spaces is its elements with commas between. The text that opens the list cannot stand
anywhere else: inside a string its quotation marks would be escaped, and no other object of the file
has such a field.
"""

import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass

from evote.election import Election
from evote.encoding import decode_canonical_json, read_list
from evote.record.companion import (
    COMPANION_LIMIT_BYTES,
    Cast,
    Companion,
    decode_companion,
    read_cast,
)
from evote.record.pieces import PIECE_LIMIT_BYTES, RecordBytes, piece_length

_OPENING = b',"casts":['
_CAST = re.compile(
    rb'\{"tracker":"[^"\\]{43}","prev":"[^"\\]{43}",'
    rb'"proof":\{"challenge":"[0-9]{1,78}","response":"[0-9]{1,78}"\}\}'
)
_WINDOW_BYTES = 1_000_000
# Longer than a cast statement with its comma.
_CAST_LIMIT_BYTES = 400


class NotInPieces(Exception):
    """The file cannot be read in pieces. Read whole, it may say why."""


@dataclass(frozen=True, slots=True)
class CastPiece:
    """Neighbouring cast statements as they are written, without brackets; from index `first`."""

    first: int
    data: bytes


class CastPieces:
    """Where the cast statements of a companion are."""

    def __init__(self, data: RecordBytes) -> None:
        self._data = data
        self._offsets = array("Q")
        self._end = 0

    def __len__(self) -> int:
        return len(self._offsets)

    def walk(self, offset: int) -> int:
        """Find all statements from `offset` on, and give where the list ends.

        Raises:
            NotInPieces: something else stands there.
        """
        base, window = offset, self._data[offset : offset + _WINDOW_BYTES]
        is_first = True
        while True:
            if base + len(window) - offset < _CAST_LIMIT_BYTES:
                base, window = offset, self._data[offset : offset + _WINDOW_BYTES]
            sign = window[offset - base : offset - base + 1]
            if sign == b"]":
                self._end = offset
                return offset
            if not is_first:
                if sign != b",":
                    raise NotInPieces
                offset += 1
            found = _CAST.match(window, offset - base)
            if found is None:
                raise NotInPieces
            self._offsets.append(offset)
            offset = base + found.end()
            is_first = False

    def in_turn(self) -> Iterator[CastPiece]:
        """Read all of them, as many at once as a piece may have."""
        start = 0
        for length in self.lengths():
            stop = start + length
            # Up to the comma before the next one.
            end = self._offsets[stop] - 1 if stop < len(self) else self._end
            yield CastPiece(start, self._data[self._offsets[start] : end])
            start = stop

    def lengths(self) -> Iterator[int]:
        """Say how many statements each piece has."""
        start = 0
        while start < len(self):
            length = min(piece_length(start), len(self) - start)
            yield length
            start += length


def open_companion(data: RecordBytes, *, election: Election) -> tuple[Companion, CastPieces]:
    """Read the companion without its cast statements, and find these; `read_casts` reads them.

    Raises:
        NotInPieces: the file has not the form of a companion, or not the usual one.
        EvoteError: what is left of it is not of this election.
    """
    if len(data) > COMPANION_LIMIT_BYTES:
        raise NotInPieces
    start = _find_opening(data)
    casts = CastPieces(data)
    end = casts.walk(start)
    rest = data[end : len(data)]
    return decode_companion(data[:start] + rest, election=election), casts


def _find_opening(data: RecordBytes) -> int:
    """Give where the list of cast statements begins."""
    for base in range(0, len(data), _WINDOW_BYTES):
        # The text may be cut by the end of a window.
        window = data[base : base + _WINDOW_BYTES + len(_OPENING)]
        place = window.find(_OPENING)
        if place >= 0:
            return base + place + len(_OPENING)
    raise NotInPieces


def read_casts(piece: CastPiece) -> tuple[Cast, ...]:
    """Read the cast statements of a piece.

    Raises:
        DecodeError: not the one spelling.
    """
    data = b"[" + piece.data + b"]"
    value = decode_canonical_json(data, source="companion", limit_bytes=PIECE_LIMIT_BYTES)
    return tuple(
        read_cast(item, place=f"casts[{index}]")
        for index, item in enumerate(read_list(value, place="casts"), start=piece.first)
    )
