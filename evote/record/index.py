"""A record with its ballots left where they are: what is kept of each is its place and its hash."""

import hashlib
from array import array
from collections.abc import Iterator, Sequence

from evote.encoding import b64_digest, b64_of_hash
from evote.errors import InvalidRecord
from evote.record.archive import BLOCK_BYTES
from evote.record.chain import CHAIN_STEP, Link, RecordedEvent, refuse_empty_chain
from evote.record.pieces import (
    CHANGED,
    PIECE_LIMIT_BYTES,
    Piece,
    PieceRead,
    RecordBytes,
    piece_length,
    read_header,
)

_HASH_BYTES = 32


class IndexedRecord:
    """A record whose form was checked piece by piece.

    All events but the ballots are in memory. The bytes of a ballot are read again when they are
    asked for; whoever takes them compares their hash with `tracker`, which was checked.
    """

    def __init__(self, data: RecordBytes) -> None:
        """Read the header alone; `add` takes the pieces.

        Raises:
            InvalidRecord: it is not as it must be.
            NotSupported: it is that of another version.
        """
        self.files = 0
        self.timestamp, header = read_header(data)
        self._digest = hashlib.sha256(header)
        self.first_ballot = 1
        self.last: Link | None = None
        self._data = data
        self._chain_problem: InvalidRecord | None = None
        self._offsets = array("Q")
        self._payloads = bytearray()
        self._others: list[RecordedEvent] = []

    # --- Building ----------------------------------------------------------------------------

    def add(self, piece: Piece, read: PieceRead) -> None:
        """Take the next piece. What is wrong with its chain is kept for `check_chain`.

        Raises:
            InvalidRecord: it is no part of an archive.
        """
        self.files += read.files
        if read.archive_problem is not None:
            raise read.archive_problem
        self._digest.update(piece.data)
        if read.chain_problem is not None and self._chain_problem is None:
            self._chain_problem = read.chain_problem
        if self._chain_problem is not None:
            return
        if piece.timestamp != self.timestamp or piece.after != self.last:
            self._chain_problem = InvalidRecord(CHAIN_STEP, f"byte {piece.offset}", CHANGED)
            return
        self.last = read.last
        if read.offsets:
            if not self._offsets:
                self.first_ballot = read.first_ballot
            assert read.first_ballot == self.first_ballot + len(self._offsets), "ballots in a row"
        self._offsets.frombytes(read.offsets)
        self._payloads += read.payloads
        self._others += read.others

    def check_chain(self) -> Link:
        """Give the last event, if every event follows the one before it.

        Raises:
            InvalidRecord: with the event and the reason.
        """
        if self._chain_problem is not None:
            raise self._chain_problem
        if self.last is None:
            refuse_empty_chain()
        assert len(self._payloads) == _HASH_BYTES * len(self._offsets)
        assert len(self._offsets) + len(self._others) == self.last.height + 1
        return self.last

    # --- Reading -----------------------------------------------------------------------------

    @property
    def sha256(self) -> str:
        """The SHA-256 of the bytes that were checked, in hexadecimal."""
        return self._digest.hexdigest()

    @property
    def ballot_count(self) -> int:
        """How many Ballot events there are."""
        return len(self._offsets)

    @property
    def ballot_heights(self) -> range:
        """The heights of the Ballot events; they follow each other."""
        return range(self.first_ballot, self.first_ballot + len(self._offsets))

    def of_type(self, kind: str) -> Sequence[RecordedEvent]:
        """Give the events of one type other than Ballot, in order."""
        assert kind != "Ballot", "ballots are read by their heights"
        return tuple(one for one in self._others if one.event.type == kind)

    def count_of(self, kind: str) -> int:
        """Say how many events of a type there are."""
        return self.ballot_count if kind == "Ballot" else len(self.of_type(kind))

    def tracker(self, height: int) -> str:
        """Give the hash of a ballot, as its event names it."""
        start = _HASH_BYTES * (height - self.first_ballot)
        return b64_of_hash(self._payloads[start : start + _HASH_BYTES].hex())

    def ballot(self, height: int) -> bytes:
        """Read one ballot.

        Raises:
            InvalidRecord: the file is no longer what it was.
        """
        ((_, body),) = self._read(range(height, height + 1))
        if b64_digest(body) != self.tracker(height):
            raise InvalidRecord(CHAIN_STEP, f"event {height}", CHANGED)
        return body

    def ballots_in_turn(self) -> Iterator[tuple[tuple[int, bytes], ...]]:
        """Read all ballots, each with its height, as many at once as a piece may have."""
        heights = self.ballot_heights
        start = 0
        while start < len(heights):
            end = min(start + piece_length(start), len(heights))
            limit = self._offsets[start] + PIECE_LIMIT_BYTES
            while end - start > 1 and self._offsets[end - 1] > limit:
                end -= 1
            yield tuple(self._read(heights[start:end]))
            start = end

    def _read(self, heights: range) -> Iterator[tuple[int, bytes]]:
        """Read neighbouring ballots: each is the first file of its event."""
        places = [self._offsets[height - self.first_ballot] for height in heights]
        last = places[-1] + BLOCK_BYTES
        end = last + _size(self._data[places[-1] : last])
        window = self._data[places[0] : end]
        for height, place in zip(heights, places, strict=True):
            start = place - places[0] + BLOCK_BYTES
            size = _size(window[start - BLOCK_BYTES : start])
            yield height, window[start : start + size]


def _size(header: bytes) -> int:
    """Give the size that a header states, which has been checked."""
    try:
        return int(header[124:135], 8)
    except ValueError as error:
        raise InvalidRecord(CHAIN_STEP, "", CHANGED) from error
