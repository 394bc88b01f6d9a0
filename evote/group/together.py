"""Points and commitments that are computed together, in one call of the C extension.

A check is written once, in terms of `GroupElement`: `generator**ρ * alpha**c`. Over elements of
libsodium each operation is done on the spot. Over a `Together` it is only written down, as the
exponents of g, of the public key y and of the points that were read; `compute` then does all of it
at once, with one chain of doublings for each point, and the membership of every point on the way.

Only public values come here: the C extension takes a time that depends on them.
"""

import os
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from nacl import bindings

from evote.errors import DecodeError
from evote.group.backend import NATIVE
from evote.group.ed25519 import (
    ED25519,
    IDENTITY,
    NOT_A_MEMBER,
    Ed25519,
    Element,
    generator_start,
)
from evote.group.interface import GroupElement
from evote.group.scalars import scalar_bytes

if TYPE_CHECKING:
    from evote.group._native import Points, Tables

# What stands for a base: the numbers of the points whose product it is.
_Base = tuple[int, ...]

_TERM = struct.Struct("<I32s32s32s")
_NO_BASE = 0xFFFFFFFF
_ZERO = bytes(32)
_OUTSIDE = 0
# Tables take 165 kB and 0.7 ms; a server checks ballots of a few elections at a time.
_TABLES_KEPT = 64


def computes_together() -> bool:
    """Say whether there is something to gain: whether the C extension is in use."""
    return NATIVE is not None


class Together:
    """Some points of Ed25519, and the commitments that some checks make of them.

    First `read` points and compute with them, with `generator` and with `key`; then `want` what
    has to be hashed or compared; then `compute`; then ask.
    """

    def __init__(self, public_key: Element) -> None:
        self._tables = _tables(public_key.raw)
        self._points: list[bytes] = []
        self._wanted: list[Combination] = []
        self._verdicts = b""
        self.generator = Combination(self, generator=1)
        self.generator.raw = ED25519.generator.raw
        self.key = Combination(self, key=1)
        self.key.raw = public_key.raw

    def read(self, raw: bytes) -> "Combination":
        """Take 32 bytes as a point; whether they are a member of the group, `is_member` says."""
        point = Combination(self, base=(len(self._points),), power=1)
        point.raw = raw
        self._points.append(raw)
        return point

    def want(self, elements: Iterable[GroupElement]) -> None:
        """Have elements computed, so that they can be encoded."""
        for element in elements:
            assert isinstance(element, Combination), "an element that is computed on the spot"
            if element.raw is None:
                self._wanted.append(element)

    def compute(self) -> None:
        """Compute everything that is wanted, and the membership of every point. Only once."""
        assert NATIVE is not None
        assert not self._verdicts, "computed already"
        products: dict[_Base, int] = {}
        terms: list[bytes] = []
        for wanted in self._wanted:
            terms += wanted.terms(products, point_count=len(self._points))
        self._verdicts, outputs = NATIVE.commitments(
            self._tables,
            b"".join(self._points),
            b"".join(struct.pack(f"<{len(base) + 1}I", len(base), *base) for base in products),
            b"".join(terms),
        )
        place = 0
        for wanted in self._wanted:
            end = place + 32 * wanted.term_count
            wanted.raw = _product_of_encodings(outputs[place:end])
            place = end

    def is_member(self, element: "Combination") -> bool:
        """Say whether a point that was read is in the prime-order group; the identity is."""
        return self._verdicts[element.point_number] != _OUTSIDE


class Combination:
    """g^a·y^b·Π P^c, written down, and computed when all the others are.

    Nearly all have one base at most, so that one stands in fields of its own; there are thirty in
    a ballot of five answers, and each is written down a few times on the way.
    """

    __slots__ = ("_base", "_generator", "_key", "_more", "_power", "_together", "raw")

    def __init__(
        self,
        together: Together,
        generator: int = 0,
        key: int = 0,
        base: _Base = (),
        power: int = 0,
        more: tuple[tuple[_Base, int], ...] = (),
    ) -> None:
        self._together = together
        self._generator = generator
        self._key = key
        # The numbers of the points whose product is the base, and the exponent of that.
        self._base = base
        self._power = power
        self._more = more
        # The encoding of RFC 8032, once it is known.
        self.raw: bytes | None = None

    @property
    def group(self) -> Ed25519:
        """The group that this is an element of."""
        return ED25519

    @property
    def generator(self) -> "Combination":
        """The element g, computed together with this one."""
        return self._together.generator

    @property
    def is_identity(self) -> bool:
        """Whether this is the neutral element; known once it is computed."""
        return self._known() == IDENTITY.raw

    def encode(self) -> str:
        """Write the element as the protocol hashes it: str(E) in PROTOCOL 1.1."""
        return self._known()[::-1].hex()

    def _known(self) -> bytes:
        assert self.raw is not None, "not wanted, or not computed yet"
        return self.raw

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Combination) and self._known() == other._known()

    def __hash__(self) -> int:
        return hash(self._known())

    def __mul__(self, other: "Combination") -> "Combination":
        if self.is_base and other.is_base:
            return Combination(self._together, 0, 0, self._base + other._base, 1)
        return self._plus(other, 1)

    def __truediv__(self, other: "Combination") -> "Combination":
        return self._plus(other, -1)

    def __pow__(self, exponent: int) -> "Combination":
        return Combination(
            self._together,
            self._generator * exponent,
            self._key * exponent,
            self._base,
            self._power * exponent,
            tuple((base, power * exponent) for base, power in self._more) if self._more else (),
        )

    @property
    def is_base(self) -> bool:
        """Whether this is a product of points and nothing else."""
        return self._power == 1 and not (self._generator or self._key or self._more)

    @property
    def point_number(self) -> int:
        """Which of the points that were read this is."""
        assert self.is_base
        (number,) = self._base
        return number

    def _plus(self, other: "Combination", times: int) -> "Combination":
        base, power, more = self._base, self._power, self._more
        if other._base:
            added = ((other._base, times * other._power),)
            if base:
                more += added
            else:
                ((base, power),) = added
        if other._more:
            more += tuple((one, times * exponent) for one, exponent in other._more)
        return Combination(
            self._together,
            self._generator + times * other._generator,
            self._key + times * other._key,
            base,
            power,
            more,
        )

    @property
    def term_count(self) -> int:
        """How many terms with one base at most it takes."""
        return 1 + len(self._more)

    def terms(self, products: dict[_Base, int], *, point_count: int) -> Iterator[bytes]:
        """Write the terms for the C extension, one for each base; new products are numbered."""
        generator, key = scalar_bytes(self._generator), scalar_bytes(self._key)
        for base, power in ((self._base, self._power), *self._more):
            if not base:
                number = _NO_BASE
            elif len(base) == 1:
                number = base[0]
            else:
                number = point_count + products.setdefault(base, len(products))
            yield _TERM.pack(number, generator, key, scalar_bytes(power))
            generator = key = _ZERO


@lru_cache(maxsize=_TABLES_KEPT)
def _tables(raw: bytes) -> "Tables":
    assert NATIVE is not None
    tables: Tables = NATIVE.tables(raw)
    return tables


def _product_of_encodings(encodings: bytes) -> bytes:
    product = encodings[:32]
    for place in range(32, len(encodings), 32):
        product = bindings.crypto_core_ed25519_add(product, encodings[place : place + 32])
    return product


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
