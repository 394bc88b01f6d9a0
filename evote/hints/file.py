"""The file `<uuid>.hints`, byte by byte (docs/hints.md).

It is read from its beginning to its end beside the record, and never held as a whole: a million
ballots have 2.4 GB of hints.
"""

from collections.abc import Iterable, Sequence
from typing import Protocol

from evote.encoding import hash_of_b64
from evote.errors import DecodeError
from evote.group import EIGHTH_BYTES
from evote.hints.check import TRACKER_BYTES

MAGIC = b"pnyx-hints-v1\n\n\n"
HEADER_BYTES = len(MAGIC) + 32
COUNT_BYTES = 4
# Each point of a hint comes from more than 16 bytes of its ballot: of the texts of two numbers come
# two commitments, and they take at least 33 bytes.
LEAST_BYTES_PER_POINT = 16


class HintBytes(Protocol):
    """The bytes of a file of hints, in memory or elsewhere: `bytes` are such."""

    def __getitem__(self, part: slice, /) -> bytes: ...


def encode_hints_header(*, fingerprint: str) -> bytes:
    """Begin a file of hints for the election with this fingerprint."""
    return MAGIC + hash_of_b64(fingerprint)


def encode_hint(hint: bytes) -> bytes:
    """Write the entry of one ballot: `hint` as `make_hints` gives it, empty where there is none."""
    if not hint:
        return bytes(COUNT_BYTES)
    count, rest = divmod(len(hint) - TRACKER_BYTES, EIGHTH_BYTES)
    assert count > 0
    assert not rest
    return count.to_bytes(COUNT_BYTES, "little") + hint


class HintReader:
    """Gives the hints of a file in the order of the record's ballots, and notes what is wrong.

    Whatever is wrong with a file, the ballots from there on have no hints; nothing is raised.
    """

    def __init__(self, data: HintBytes, *, fingerprint: str) -> None:
        self._data = data
        self._place = 0
        self._entry = 0
        # Why the file is not read to its end, or was not read at all.
        self.problem = ""
        header = self._read_at_most(HEADER_BYTES)
        if header != encode_hints_header(fingerprint=fingerprint):
            self.problem = (
                "it is for another election"
                if len(header) == HEADER_BYTES and header.startswith(MAGIC)
                else "it does not begin as a file of hints does"
            )

    def take(self, sizes: Iterable[int]) -> tuple[bytes, ...]:
        """Give the hints of the next ballots, of so many bytes; an empty one where there is none.

        A hint that is much too long for its ballot is not even read: memory is not given to files.
        """
        return tuple([self._next(size) for size in sizes])

    def close(self) -> None:
        """Say that the record has no more ballots."""
        if not self.problem and self._read_at_most(1):
            self.problem = "it goes on behind the last ballot of the record"

    def _next(self, ballot_bytes: int) -> bytes:
        if self.problem:
            return b""
        try:
            hint = self._read_entry(ballot_bytes)
        except DecodeError as error:
            self.problem = f"entry {self._entry}: {error}"
            return b""
        self._entry += 1
        return hint

    def _read_entry(self, ballot_bytes: int) -> bytes:
        count = int.from_bytes(self._read(COUNT_BYTES), "little")
        if count * LEAST_BYTES_PER_POINT > ballot_bytes:
            msg = f"{count} points are more than a ballot of {ballot_bytes} bytes has"
            raise DecodeError(msg)
        return self._read(TRACKER_BYTES + EIGHTH_BYTES * count) if count else b""

    def _read(self, size: int) -> bytes:
        data = self._read_at_most(size)
        if len(data) != size:
            msg = "the file ends here"
            raise DecodeError(msg)
        return data

    def _read_at_most(self, size: int) -> bytes:
        try:
            data = self._data[self._place : self._place + size]
        except OSError:
            # The file is being changed, or its disk is failing: there are no more hints.
            return b""
        self._place += len(data)
        return data


def encode_hints(hints: Sequence[bytes]) -> bytes:
    """Write the entries of some ballots, one after the other."""
    return b"".join(map(encode_hint, hints))
