"""The prime-order subgroup of Ed25519 (PROTOCOL 1.1).

All arithmetic is libsodium's, so it takes the same time whatever the scalars are.

An `Element` cannot be made from outside without the check of membership, so code that holds an
`Element` need not ask again: products and powers of members are members.
"""

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from nacl import bindings
from nacl.exceptions import CryptoError

from evote.errors import DecodeError
from evote.group.backend import NATIVE
from evote.group.interface import GroupElement, embedded_integer, extracted_numbers
from evote.group.scalars import ORDER, SecretScalar, decode_scalar, scalar_bytes

GROUP_NAME = "Ed25519"
NOT_A_MEMBER = "this is not the canonical encoding of an element of the prime-order group"

_ENCODING = re.compile(r"[0-9a-f]{64}", re.ASCII)
_IDENTITY_RAW = b"\x01" + bytes(31)
_ZERO = bytes(32)


@dataclass(frozen=True, slots=True)
class Element:
    """A member of the prime-order subgroup. `raw` is its encoding of RFC 8032, 32 bytes."""

    raw: bytes

    def __post_init__(self) -> None:
        # The identity is a member, but libsodium's check, meant for keys, refuses it.
        if self.raw != _IDENTITY_RAW and not is_valid_point(self.raw):
            raise DecodeError(NOT_A_MEMBER)

    @classmethod
    def decode(cls, text: str, *, place: str = "") -> "Element":
        """Read 64 lower-case hexadecimal digits: the encoding of RFC 8032 with its bytes reversed.

        The identity is an element; whoever must not meet it asks `is_identity`.

        Raises:
            DecodeError: another spelling, not on the curve, or outside the prime-order subgroup.
        """
        if not _ENCODING.fullmatch(text):
            msg = "an element is written as 64 lower-case hexadecimal digits"
            raise DecodeError(msg, place=place)
        try:
            return cls(raw_of(text))
        except DecodeError as error:
            raise DecodeError(error.message, place=place) from None

    def encode(self) -> str:
        """Write the element as the protocol hashes it: str(E) in PROTOCOL 1.1."""
        return self.raw[::-1].hex()

    @property
    def group(self) -> "Ed25519":
        """The group that this is an element of."""
        return ED25519

    @property
    def generator(self) -> "Element":
        """The element g."""
        return GENERATOR

    @property
    def is_identity(self) -> bool:
        """Whether this is the neutral element."""
        return self.raw == _IDENTITY_RAW

    def __mul__(self, other: "Element") -> "Element":
        return known_member(bindings.crypto_core_ed25519_add(self.raw, other.raw))

    def __truediv__(self, other: "Element") -> "Element":
        return known_member(bindings.crypto_core_ed25519_sub(self.raw, other.raw))

    def __pow__(self, exponent: "SecretScalar | int") -> "Element":
        scalar = exponent.raw if isinstance(exponent, SecretScalar) else scalar_bytes(exponent)
        # libsodium answers with an error where the result is the identity.
        if scalar == _ZERO or self.raw == _IDENTITY_RAW:
            return IDENTITY
        if self.raw == _GENERATOR_RAW:
            return known_member(bindings.crypto_scalarmult_ed25519_base_noclamp(scalar))
        return known_member(bindings.crypto_scalarmult_ed25519_noclamp(scalar, self.raw))


def is_encoding(text: str) -> bool:
    """Say whether the text has the form of an element; membership is left to `Element.decode`."""
    return _ENCODING.fullmatch(text) is not None


def raw_of(text: str) -> bytes:
    """Give the 32 bytes of RFC 8032 of what `is_encoding` takes: the digits reversed."""
    return bytes.fromhex(text)[::-1]


def is_valid_point(raw: bytes) -> bool:
    """Ask libsodium: canonical, on the curve, in the prime-order subgroup, not the identity."""
    return bindings.crypto_core_ed25519_is_valid_point(raw)


def known_member(raw: bytes) -> Element:
    """Make an element of an encoding that needs no check: computed from elements, or checked."""
    element = object.__new__(Element)
    object.__setattr__(element, "raw", raw)
    return element


_GENERATOR_RAW = bytes.fromhex("58" + "66" * 31)
GENERATOR = known_member(_GENERATOR_RAW)
IDENTITY = known_member(_IDENTITY_RAW)
# str(E) of the identity: to refuse it before anything is decoded.
IDENTITY_ENCODING = IDENTITY.encode()


# --- The group as a whole ----------------------------------------------------------------

# Bits below an embedded vector, free for the search for a member of the group.
_PADDING_BITS = 14


@dataclass(frozen=True, slots=True)
class Ed25519:
    """The group as the public checks see it; there is one, `ED25519`."""

    name: str = GROUP_NAME
    order: int = ORDER
    vector_limit: int = 30

    @property
    def generator(self) -> Element:
        """The base point of RFC 8032."""
        return GENERATOR

    @property
    def identity(self) -> Element:
        """The neutral element."""
        return IDENTITY

    def is_encoding(self, text: str) -> bool:
        """Say whether the text has the form of an element; membership is left to `decode`."""
        return is_encoding(text)

    def decode(self, text: str, *, place: str = "") -> Element:
        """Read an element, with the check of membership."""
        return Element.decode(text, place=place)

    def decode_scalar(self, text: str, *, place: str = "") -> int:
        """Read a public scalar: canonical decimal in [0, q)."""
        return decode_scalar(text, place=place)

    def sort_key(self, element: GroupElement) -> bytes:
        """Give the 32 little-endian bytes of RFC 8032, the order of PROTOCOL 1.1."""
        return _own(element).raw

    def embed(self, vector: Sequence[int]) -> Element:
        """Write at most 30 numbers of 0..255 as an element ("Integer-vector embedding", 1.1).

        With X the numbers followed by 14 free bits, it is the member with the smallest integer
        encoding ≥ X whose sign bit is 0. One integer in sixteen is the encoding of a member.
        """
        start = embedded_integer(vector, limit=self.vector_limit) << _PADDING_BITS
        for integer in range(start, start + (1 << _PADDING_BITS)):
            raw = integer.to_bytes(32, "little")
            if raw == _IDENTITY_RAW or is_valid_point(raw):
                return known_member(raw)
        msg = "no member of the group begins with these numbers"
        raise AssertionError(msg)

    def extract(self, element: GroupElement, length: int) -> tuple[int, ...]:
        """Read back `length` numbers; the sign bit and other higher bits are ignored."""
        integer = int.from_bytes(_own(element).raw, "little")
        return extracted_numbers(integer >> _PADDING_BITS, length=length)

    def shuffle_generator(self, index: int) -> Element:
        """Hash `index` to an element whose logarithm nobody knows ("generator(i)", 1.1).

        The hash's first 254 bits are counted up until they are the encoding of a point of the
        curve; eight times that point is in the prime-order subgroup.
        """
        integer = int.from_bytes(generator_start(index), "little")
        while (multiple := _eight_times(integer.to_bytes(32, "little"))) is None:
            integer += 1
        generator = Element(multiple)
        assert generator not in (IDENTITY, GENERATOR)
        return generator

    def decode_known(self, text: str) -> Element:
        """Read an element whose membership has been checked already."""
        return known_member(raw_of(text))

    def multiply_columns(self, rows: Sequence[Sequence[GroupElement]]) -> list[Element]:
        """Give the product of each column of at least one row; all rows are equally long."""
        members = [[_own(element) for element in row] for row in rows]
        width = len(members[0])
        assert all(len(row) == width for row in members)
        if NATIVE is None or not width:
            return [_product(column) for column in zip(*members, strict=True)]
        products = NATIVE.products(b"".join(item.raw for row in members for item in row), width)
        return [known_member(products[place : place + 32]) for place in range(0, 32 * width, 32)]

    def power_product(self, bases: Sequence[GroupElement], exponents: Sequence[int]) -> Element:
        """Give Π base^exponent, for public values; of none, the identity."""
        powers = [(_own(base), exponent) for base, exponent in zip(bases, exponents, strict=True)]
        if NATIVE is None:
            return _product(base**exponent for base, exponent in powers)
        handle = NATIVE.points(b"".join(base.raw for base, _ in powers))
        scalars = b"".join(scalar_bytes(exponent) for _, exponent in powers)
        return known_member(NATIVE.power_product(handle, scalars))


ED25519 = Ed25519()


def generator_start(index: int) -> bytes:
    """Give the integer from which `shuffle_generator` counts, as 32 little-endian bytes."""
    digest = hashlib.sha256(f"ggen|{index}".encode()).digest()
    return (int.from_bytes(digest, "big") >> 2).to_bytes(32, "little")


def _own(element: GroupElement) -> Element:
    assert isinstance(element, Element), "an element of another group"
    return element


def _product(elements: Iterable[Element]) -> Element:
    total = IDENTITY
    for element in elements:
        total = total * element
    return total


def _eight_times(raw: bytes) -> bytes | None:
    """Give 8·P of a point on the curve, in the prime-order subgroup or not; None off the curve."""
    try:
        for _ in range(3):
            raw = bindings.crypto_core_ed25519_add(raw, raw)
    except CryptoError:
        return None
    return raw
