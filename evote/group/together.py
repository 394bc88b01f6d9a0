"""Points and commitments that are computed together, in one call of the C extension.

A check is written once, with a `Commitment` for each product of powers that is hashed. Over
elements of libsodium each is computed on the spot. In a `Together` it is only written down, as the
exponents of g, of the public key y and of the points that were read; `compute` then does all of it
at once, with one chain of doublings for each point, and the membership of every point on the way.
`evote.group.eighths` takes the same list and only checks what somebody else computed.

Only public values come here: the C extension takes a time that depends on them.
"""

import os
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NoReturn

from nacl import bindings

from evote.errors import DecodeError
from evote.group.backend import NATIVE
from evote.group.commitment import Commitment
from evote.group.ed25519 import (
    ED25519,
    IDENTITY,
    IDENTITY_ENCODING,
    NOT_A_MEMBER,
    Ed25519,
    Element,
    generator_start,
)
from evote.group.interface import GroupElement
from evote.group.scalars import scalar_bytes

if TYPE_CHECKING:
    from evote.group._native import Points, Tables

# A term as the C extension reads it: the number of its base, and three exponents.
TERM = struct.Struct("<I32s32s32s")
NO_BASE = 0xFFFFFFFF
_ZERO = bytes(32)
# A commitment of g and y alone still is one term.
_NO_POWERS = ((IDENTITY, 0),)
_OUTSIDE, _MEMBER = 0, 1
# Tables take 165 kB and 0.7 ms; a server checks ballots of a few elections at a time.
_TABLES_KEPT = 64


def computes_together() -> bool:
    """Say whether there is something to gain: whether the C extension is in use."""
    return NATIVE is not None


class Together:
    """Some points of Ed25519, and the commitments that some checks make of them.

    First `read` points; then `want` what has to be hashed, and the elements that stand in a
    statement; then `compute`, only once; then ask.
    """

    def __init__(self, public_key: Element) -> None:
        self.key = public_key
        # The points in the order in which they were read, as they are written.
        self.points: list[str] = []
        # What was wanted, in order, once it is known.
        self.encodings: list[str] = []
        # The numbers of the points that each product has as its factors.
        self.products: list[tuple[int, ...]] = []
        # For each power of what is wanted: its number in `encodings`, the base, and the exponents
        # of g, of y and of the base. A base from 0 is a point, one below 0 the product ~base.
        self.terms: list[tuple[int, int, int, int, int]] = []
        self.wanted_count = 0
        self._named: list[tuple[int, Combination]] = []
        self._verdicts = b""

    def read(self, text: str) -> "Combination":
        """Take what `is_encoding` takes as a point; whether it is a member, `is_member` says."""
        number = len(self.points)
        self.points.append(text)
        return Combination((number,), number, text)

    def want(self, commitments: Sequence[Commitment]) -> slice:
        """Have commitments computed; what is given says where in `encodings` they will be."""
        first = number = self.wanted_count
        add = self.terms.append
        for generator, key, powers in commitments:
            for base, exponent in powers or _NO_POWERS:
                add((number, self._base_number(base), generator, key, exponent))
                generator = key = 0
            number += 1
        self.wanted_count = number
        return slice(first, number)

    def want_named(self, elements: Iterable[GroupElement]) -> None:
        """Have elements computed, so that they can be encoded."""
        for element in elements:
            if isinstance(element, Combination) and element.text is None:
                self._named.append((self.wanted_count, element))
                self.want((Commitment(0, 0, ((element, 1),)),))

    def _base_number(self, base: GroupElement) -> int:
        if isinstance(base, Combination):
            if base.number is None:
                self.products.append(base.factors)
                base.number = -len(self.products)
            return base.number
        assert base.is_identity, "an element that was not read"
        self.products.append(())
        return -len(self.products)

    def compute(self) -> None:
        """Compute everything that is wanted, and the membership of every point. Only once."""
        assert NATIVE is not None
        self._verdicts, outputs = NATIVE.commitments(*self.job())
        encodings = encodings_of(outputs)
        if len(encodings) > self.wanted_count:
            encodings = self._joined(outputs)
        self.take(encodings)

    def job(self, factor: int = 1) -> tuple["Tables", bytes, bytes, bytes]:
        """Give what the C extension asks for, with every exponent multiplied by `factor`."""
        count = len(self.points)
        return (
            tables(self.key),
            raw_of_all(self.points),
            b"".join(
                struct.pack(f"<{len(factors) + 1}I", len(factors), *factors)
                for factors in self.products
            ),
            b"".join(
                [
                    TERM.pack(
                        base if base >= 0 else count + ~base,
                        scalar_bytes(generator * factor) if generator else _ZERO,
                        scalar_bytes(key * factor) if key else _ZERO,
                        scalar_bytes(exponent * factor),
                    )
                    for _, base, generator, key, exponent in self.terms
                ]
            ),
        )

    def take(self, encodings: list[str]) -> None:
        """Take everything that is wanted as computed."""
        assert len(encodings) == self.wanted_count
        assert not self.encodings, "computed already"
        self.encodings = encodings
        for number, element in self._named:
            element.text = encodings[number]

    def take_as_members(self) -> None:
        """Take every point that was read as a member: somebody has checked."""
        self._verdicts = bytes([_MEMBER]) * len(self.points)

    def is_member(self, point: "Combination") -> bool:
        """Say whether a point that was read is in the prime-order group; the identity is."""
        assert point.number is not None
        return self._verdicts[point.number] != _OUTSIDE

    def _joined(self, outputs: bytes) -> list[str]:
        """Multiply the outputs of what has several powers: few have."""
        products: dict[int, bytes] = {}
        for place, (number, *_) in enumerate(self.terms):
            raw = outputs[32 * place : 32 * place + 32]
            if number in products:
                raw = bindings.crypto_core_ed25519_add(products[number], raw)
            products[number] = raw
        return encodings_of(b"".join(products.values()))


class Combination:
    """The product of points that were read, written down, and computed when all the others are."""

    __slots__ = ("factors", "number", "text")

    def __init__(
        self, factors: tuple[int, ...], number: int | None = None, text: str | None = None
    ) -> None:
        # The numbers of the points.
        self.factors = factors
        # What a `Together` knows it by, once it stands in a commitment.
        self.number = number
        # How it is written, once that is known.
        self.text = text

    @property
    def group(self) -> Ed25519:
        """The group that this is an element of."""
        return ED25519

    @property
    def generator(self) -> NoReturn:
        """Powers stand in commitments."""
        raise _not_here()

    @property
    def is_identity(self) -> bool:
        """Whether this is the neutral element; known once it is computed."""
        return self.encode() == IDENTITY_ENCODING

    def encode(self) -> str:
        """Write the element as the protocol hashes it: str(E) in PROTOCOL 1.1."""
        assert self.text is not None, "not wanted, or not computed yet"
        return self.text

    def __mul__(self, other: "Combination") -> "Combination":
        return Combination(self.factors + other.factors)

    def __truediv__(self, other: "Combination") -> "Combination":
        raise _not_here()

    def __pow__(self, exponent: int) -> "Combination":
        raise _not_here()


def _not_here() -> TypeError:
    return TypeError("powers and quotients of points that are not computed stand in commitments")


def tables(public_key: Element) -> "Tables":
    """Give what makes powers of y cheap."""
    return _tables(public_key.raw)


@lru_cache(maxsize=_TABLES_KEPT)
def _tables(raw: bytes) -> "Tables":
    assert NATIVE is not None
    made: Tables = NATIVE.tables(raw)
    return made


def raw_of_all(texts: Sequence[str]) -> bytes:
    """Give the 32 bytes of RFC 8032 of each of these encodings, one after the other."""
    # Each encoding has its bytes reversed; so the last one first, and all of it reversed at once.
    return bytes.fromhex("".join(texts[::-1]))[::-1]


def encodings_of(raw: bytes) -> list[str]:
    """Give the encodings of points of 32 bytes each: the way back."""
    digits = raw[::-1].hex()
    return [digits[place : place + 64] for place in range(len(digits) - 64, -1, -64)]


# --- Many points, without commitments ----------------------------------------------------------

# 2^10 or 2^13 buckets, as is cheaper for the number of points; bits times passes is at least 128.
_MANY_POINTS = 20_000
_FEW_BITS, _MANY_BITS = 10, 13
_ERROR_BITS = 128


def are_members(raw: bytes) -> bool:
    """Say whether all of these are encodings of members of the prime-order group, 32 bytes each.

    A "no" is certain; a "yes" is wrong with a probability of at most 2^−128. The random choices
    are drawn here, after the points are known.
    """
    try:
        handle = _points(raw)
    except DecodeError:
        return False
    count = len(raw) // 32
    bits = _MANY_BITS if count > _MANY_POINTS else _FEW_BITS
    passes = -(-_ERROR_BITS // bits)
    assert NATIVE is not None
    is_free: bool = NATIVE.torsion_free(handle, bits, os.urandom(2 * passes * count))
    return is_free


def product_vanishes(raw: bytes, exponents: Sequence[int]) -> bool:
    """Say whether the product of the powers of these points, 32 bytes each, is the identity."""
    assert NATIVE is not None
    vanishes: bool = NATIVE.vanishes(_points(raw), b"".join(map(scalar_bytes, exponents)))
    return vanishes


@dataclass(frozen=True, slots=True)
class EncodedGenerators:
    """h, and h_0, …, h_{N−1} one after the other: 32 bytes each."""

    h: bytes
    each: bytes


@lru_cache(maxsize=4)
def shuffle_generators_together(length: int) -> EncodedGenerators:
    """Give the elements whose logarithms nobody knows ("generator(i)", PROTOCOL 1.1)."""
    assert NATIVE is not None
    starts = b"".join(generator_start(index) for index in range(-1, length))
    encodings = NATIVE.generators(starts)
    assert len({encodings[place : place + 32] for place in range(0, len(encodings), 32)}) == (
        length + 1
    ), "two generators are the same"
    return EncodedGenerators(encodings[:32], encodings[32:])


def _points(raw: bytes) -> "Points":
    assert NATIVE is not None
    try:
        points: Points = NATIVE.points(raw)
    except ValueError as error:
        raise DecodeError(NOT_A_MEMBER) from error
    return points
