"""The group: the prime-order subgroup of Ed25519 (PROTOCOL 1.1; "Groups").

Written multiplicatively, as in the specification: `a * b`, `a / b`, `a**n`. All arithmetic is
libsodium's, so it takes the same time whatever the scalars are. Two kinds of exponent:

* `SecretScalar` is for keys, credentials, votes and randomness: 32 bytes that only libsodium
  computes with, and that do not show in a traceback.
* `int` is for public values: challenges and responses, which are in the ballot for all to see.

An `Element` cannot be made from outside without the check of membership, so code that holds an
`Element` need not ask again: products and powers of members are members.
"""

import re
import secrets
from dataclasses import dataclass, field

from nacl import bindings
from nacl.exceptions import CryptoError

from evote.errors import DecodeError, EvoteError

GROUP_NAME = "Ed25519"
# The order q of the subgroup (RFC 8032, section 5.1).
ORDER = 2**252 + 27742317777372353535851937790883648493

_ENCODING = re.compile(r"[0-9a-f]{64}", re.ASCII)
_SCALAR = re.compile(r"0|[1-9][0-9]{0,76}", re.ASCII)
_IDENTITY_RAW = b"\x01" + bytes(31)
_ZERO = bytes(32)


class SelfTestFailed(EvoteError):
    """The cryptographic library under `evote` does not do what it must: nothing may run on it."""


# --- Scalars -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SecretScalar:
    """A secret integer modulo the group order, as 32 little-endian bytes, already reduced."""

    raw: bytes = field(repr=False)

    def __post_init__(self) -> None:
        assert len(self.raw) == 32

    def __add__(self, other: "SecretScalar") -> "SecretScalar":
        return SecretScalar(bindings.crypto_core_ed25519_scalar_add(self.raw, other.raw))

    def __sub__(self, other: "SecretScalar") -> "SecretScalar":
        return SecretScalar(bindings.crypto_core_ed25519_scalar_sub(self.raw, other.raw))

    def __mul__(self, other: "SecretScalar | int") -> "SecretScalar":
        factor = other.raw if isinstance(other, SecretScalar) else _scalar_bytes(other)
        return SecretScalar(bindings.crypto_core_ed25519_scalar_mul(self.raw, factor))

    def reveal(self) -> int:
        """Give the integer, for a value that is about to be public: a proof's response."""
        return int.from_bytes(self.raw, "little")


ZERO = SecretScalar(_ZERO)


def random_scalar() -> SecretScalar:
    """Draw a scalar uniformly from [1, q−1]: 512 random bits, reduced by libsodium."""
    while True:
        raw = bindings.crypto_core_ed25519_scalar_reduce(secrets.token_bytes(64))
        if raw != _ZERO:
            return SecretScalar(raw)


def reduce_secret(big_endian: bytes) -> SecretScalar:
    """Take 64 secret bytes, an integer in big-endian order, modulo q."""
    assert len(big_endian) == 64
    return SecretScalar(bindings.crypto_core_ed25519_scalar_reduce(big_endian[::-1]))


def encode_scalar(value: int) -> str:
    """Write a public scalar: canonical decimal, in [0, q)."""
    assert 0 <= value < ORDER
    return str(value)


def decode_scalar(text: str, *, place: str = "") -> int:
    """Read a public scalar.

    Raises:
        DecodeError: not the canonical decimal spelling of a number below the group order. Python's
            own `int` would also take spaces, underscores, leading zeros and other alphabets.
    """
    if not _SCALAR.fullmatch(text) or (value := int(text)) >= ORDER:
        msg = "this is not a canonical decimal number below the order of the group"
        raise DecodeError(msg, place=place)
    return value


def encode_secret_scalar(scalar: SecretScalar) -> str:
    """Write a secret scalar in decimal, for a private key file."""
    return encode_scalar(scalar.reveal())


def decode_secret_scalar(text: str, *, place: str = "") -> SecretScalar:
    """Read a secret scalar from a private key file. Zero is no key.

    Raises:
        DecodeError: not a canonical decimal number in [1, q). The message does not repeat it.
    """
    value = decode_scalar(text, place=place)
    if value == 0:
        msg = "a secret key must not be zero"
        raise DecodeError(msg, place=place)
    return SecretScalar(_scalar_bytes(value))


def _scalar_bytes(value: int) -> bytes:
    return (value % ORDER).to_bytes(32, "little")


# --- Elements ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Element:
    """A member of the prime-order subgroup. `raw` is its encoding of RFC 8032, 32 bytes."""

    raw: bytes

    def __post_init__(self) -> None:
        # The identity is a member, but libsodium's check, meant for keys, refuses it.
        if self.raw != _IDENTITY_RAW and not is_valid_point(self.raw):
            msg = "this is not the canonical encoding of an element of the prime-order group"
            raise DecodeError(msg)

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
            return cls(bytes.fromhex(text)[::-1])
        except DecodeError as error:
            raise DecodeError(error.message, place=place) from None

    def encode(self) -> str:
        """Write the element as the protocol hashes it: str(E) in PROTOCOL 1.1."""
        return self.raw[::-1].hex()

    @property
    def is_identity(self) -> bool:
        """Whether this is the neutral element."""
        return self.raw == _IDENTITY_RAW

    def __mul__(self, other: "Element") -> "Element":
        return _member(bindings.crypto_core_ed25519_add(self.raw, other.raw))

    def __truediv__(self, other: "Element") -> "Element":
        return _member(bindings.crypto_core_ed25519_sub(self.raw, other.raw))

    def __pow__(self, exponent: "SecretScalar | int") -> "Element":
        scalar = exponent.raw if isinstance(exponent, SecretScalar) else _scalar_bytes(exponent)
        # libsodium answers with an error where the result is the identity.
        if scalar == _ZERO or self.raw == _IDENTITY_RAW:
            return IDENTITY
        if self.raw == _GENERATOR_RAW:
            return _member(bindings.crypto_scalarmult_ed25519_base_noclamp(scalar))
        return _member(bindings.crypto_scalarmult_ed25519_noclamp(scalar, self.raw))


def is_encoding(text: str) -> bool:
    """Say whether the text has the form of an element; membership is left to `Element.decode`."""
    return _ENCODING.fullmatch(text) is not None


def is_valid_point(raw: bytes) -> bool:
    """Ask libsodium: canonical, on the curve, in the prime-order subgroup, not the identity."""
    return bindings.crypto_core_ed25519_is_valid_point(raw)


def _member(raw: bytes) -> Element:
    """Make an element of what libsodium computed from elements, without checking it again."""
    element = object.__new__(Element)
    object.__setattr__(element, "raw", raw)
    return element


_GENERATOR_RAW = bytes.fromhex("58" + "66" * 31)
GENERATOR = _member(_GENERATOR_RAW)
IDENTITY = _member(_IDENTITY_RAW)
# str(E) of the identity: to refuse it before anything is decoded.
IDENTITY_ENCODING = IDENTITY.encode()


# --- Self-test ---------------------------------------------------------------------------

# A member plus the point of order two. PyNaCl before 1.6.2 takes it (CVE-2025-69277).
_CANARY = bytes.fromhex("d600527f9723f2166ca2c99c90c52e4a21921cbec4edc771bac4fa0d5b3e2c24")
_REFUSED_POINTS = (
    _CANARY,
    _IDENTITY_RAW,
    _ZERO,  # order 4
    bytes.fromhex("ec" + "ff" * 30 + "7f"),  # order 2
    bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),  # order 8
    bytes.fromhex("ee" + "ff" * 30 + "7f"),  # y = 1, but written as p + 1
    bytes.fromhex("02" + "00" * 31),  # not on the curve
)
# 2·B and (q−1)·B = −B: a multiplication that is wrong anywhere is wrong here.
_DOUBLE = "2260cdf3092329c21da25ee8c9a21f5697390f51643851560e5f46ae6af8a3c9"


def self_test() -> None:
    """Refuse to run on a library that does not refuse what it must (SECURITY 5.2, items 1 to 3).

    Called by the command line before its first command, and by the server when it starts.

    Raises:
        SelfTestFailed: a point outside the group was taken, or a sum or power came out wrong.
    """
    for raw in _REFUSED_POINTS:
        if is_valid_point(raw):
            msg = f"the library takes {raw.hex()} as a member of the group; install PyNaCl ≥ 1.6.2"
            raise SelfTestFailed(msg)
    if not is_valid_point(_GENERATOR_RAW):
        msg = "the library refuses the generator of the group"
        raise SelfTestFailed(msg)
    try:
        _check_arithmetic()
    except (CryptoError, DecodeError) as error:
        msg = f"the library failed in a computation: {error}"
        raise SelfTestFailed(msg) from error


def _check_arithmetic() -> None:
    g = GENERATOR
    one, minus_one = SecretScalar(_scalar_bytes(1)), SecretScalar(_scalar_bytes(-1))
    expectations = {
        "g·g": (g * g, g**2),
        "(g²)³": ((g**2) ** 3, g**6),
        "(g²)^((q+1)/2)": ((g**2) ** ((ORDER + 1) // 2), g),
        "g^(q−1)·g": (g**-1 * g, IDENTITY),
        "g/g": (g / g, IDENTITY),
        "g^0": (g**0, IDENTITY),
        "1·g": (IDENTITY * g, g),
        "g^(1·(q−1)+1)": (g ** (one * minus_one + one), IDENTITY),
    }
    for name, (computed, expected) in expectations.items():
        if computed != expected:
            msg = f"the library computed {name} wrongly"
            raise SelfTestFailed(msg)
    for text, expected_raw in ((_DOUBLE, (g * g).raw), ("66" * 31 + "58", g.raw)):
        if Element.decode(text).raw != expected_raw:
            msg = "elements are not written as PROTOCOL 1.1 says"
            raise SelfTestFailed(msg)
