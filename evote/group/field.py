"""Groups of integers modulo a prime, for records of other elections (PROTOCOL 1.1, 3.3).

They are read and checked, never written: Pnyx's own elections use Ed25519, and nothing here takes
the same time for every exponent. Powers are gmpy2's where it is installed (the extra `fast`),
several times faster than Python's own, with the same answers.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from evote.errors import DecodeError
from evote.group.interface import GroupElement, InvalidVector, embedded_integer, extracted_numbers
from evote.group.scalars import decode_scalar_below

try:
    from gmpy2 import powmod
except ImportError:
    powmod = pow

_ENCODING = re.compile(r"[1-9][0-9]{0,616}", re.ASCII)
# Bits below an embedded vector, free for the search for a member of the group.
_PADDING_BITS = 8


@dataclass(frozen=True, slots=True)
class FieldElement:
    """A member of the subgroup of order q of the integers modulo p."""

    value: int
    group: "FieldGroup"

    def __post_init__(self) -> None:
        group = self.group
        if not 0 < self.value < group.modulus or _power(self.value, group.order, group) != 1:
            msg = f"this is no element of the group {group.name}"
            raise DecodeError(msg)

    def encode(self) -> str:
        """Write the element as the protocol hashes it: canonical decimal."""
        return str(self.value)

    @property
    def generator(self) -> "FieldElement":
        """The element g."""
        return self.group.generator

    @property
    def is_identity(self) -> bool:
        """Whether this is the neutral element."""
        return self.value == 1

    def __mul__(self, other: "FieldElement") -> "FieldElement":
        return _member(self.value * other.value % self.group.modulus, self.group)

    def __truediv__(self, other: "FieldElement") -> "FieldElement":
        inverse = pow(other.value, -1, self.group.modulus)
        return _member(self.value * inverse % self.group.modulus, self.group)

    def __pow__(self, exponent: int) -> "FieldElement":
        return _member(_power(self.value, exponent % self.group.order, self.group), self.group)


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldGroup:
    """The subgroup of prime order q of the integers modulo the prime p, with generator g."""

    name: str
    modulus: int
    order: int
    generator_value: int

    @property
    def generator(self) -> FieldElement:
        """The element g."""
        return _member(self.generator_value, self)

    @property
    def identity(self) -> FieldElement:
        """The neutral element, 1."""
        return _member(1, self)

    @property
    def vector_limit(self) -> int:
        """How many numbers of 0..255 stay below p with the padding."""
        return (self.modulus.bit_length() - 1 - _PADDING_BITS) // 8

    def is_encoding(self, text: str) -> bool:
        """Say whether the text has the form of an element; membership is left to `decode`."""
        return _ENCODING.fullmatch(text) is not None

    def decode(self, text: str, *, place: str = "") -> FieldElement:
        """Read an element in canonical decimal, with the check that x^q = 1."""
        if not self.is_encoding(text):
            msg = "an element is written in canonical decimal"
            raise DecodeError(msg, place=place)
        try:
            return FieldElement(int(text), self)
        except DecodeError as error:
            raise DecodeError(error.message, place=place) from None

    def decode_known(self, text: str) -> FieldElement:
        """Read an element whose spelling and membership have been checked already."""
        return _member(int(text), self)

    def multiply_columns(self, rows: Sequence[Sequence[GroupElement]]) -> list[FieldElement]:
        """Give the product of each column of at least one row; all rows are equally long."""
        totals = [self.identity] * len(rows[0])
        for row in rows:
            totals = [
                total * self._own(element) for total, element in zip(totals, row, strict=True)
            ]
        return totals

    def decode_scalar(self, text: str, *, place: str = "") -> int:
        """Read a public scalar: canonical decimal in [0, q)."""
        return decode_scalar_below(self.order, text, place=place)

    def sort_key(self, element: GroupElement) -> bytes:
        """Give bytes that sort as the numbers do."""
        return self._own(element).value.to_bytes(self._length_bytes, "big")

    def embed(self, vector: Sequence[int]) -> FieldElement:
        """Write numbers of 0..255 as the smallest member ≥ the numbers followed by 8 free bits.

        Raises:
            InvalidVector: out of range; or the group is so sparse that no member begins so, as
                BELENIOS-2048 is.
        """
        start = embedded_integer(vector, limit=self.vector_limit) << _PADDING_BITS
        for value in range(start, start + (1 << _PADDING_BITS)):
            if value and _power(value, self.order, self) == 1:
                return _member(value, self)
        msg = "no member of the group begins with these numbers"
        raise InvalidVector(msg)

    def extract(self, element: GroupElement, length: int) -> tuple[int, ...]:
        """Read back `length` numbers; higher bits are ignored."""
        return extracted_numbers(self._own(element).value >> _PADDING_BITS, length=length)

    def shuffle_generator(self, index: int) -> FieldElement:
        """Hash `index` to an element whose logarithm nobody knows ("generator(i)", 1.1)."""
        digest = hashlib.sha256(f"ggen|{index}".encode()).digest()
        cofactor = (self.modulus - 1) // self.order
        generator = FieldElement(_power(int.from_bytes(digest, "big"), cofactor, self), self)
        assert generator not in (self.identity, self.generator)
        return generator

    def power_product(
        self, bases: Sequence[GroupElement], exponents: Sequence[int]
    ) -> FieldElement:
        """Give Π base^exponent, for public values; of none, the identity."""
        total = self.identity
        for base, exponent in zip(bases, exponents, strict=True):
            total = total * self._own(base) ** exponent
        return total

    @property
    def _length_bytes(self) -> int:
        return (self.modulus.bit_length() + 7) // 8

    def _own(self, element: GroupElement) -> FieldElement:
        assert isinstance(element, FieldElement), "an element of another group"
        assert element.group == self, "an element of another group"
        return element


def _power(base: int, exponent: int, group: FieldGroup) -> int:
    return int(powmod(base, exponent, group.modulus))


def _member(value: int, group: FieldGroup) -> FieldElement:
    """Make an element of what was computed from elements, without checking it again."""
    element = object.__new__(FieldElement)
    object.__setattr__(element, "value", value)
    object.__setattr__(element, "group", group)
    return element
