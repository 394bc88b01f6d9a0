"""Scalars of Ed25519: secret ones that only libsodium computes with, and public integers.

* `SecretScalar` is for keys, credentials, votes and randomness: 32 bytes that only libsodium
  computes with, and that do not show in a traceback.
* `int` is for public values: challenges and responses, which are in the ballot for all to see.
"""

import re
import secrets
from dataclasses import dataclass, field

from nacl import bindings

from evote.errors import DecodeError

# The order q of the subgroup (RFC 8032, section 5.1).
ORDER = 2**252 + 27742317777372353535851937790883648493

_SCALAR = re.compile(r"0|[1-9][0-9]*", re.ASCII)
_ZERO = bytes(32)


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
        factor = other.raw if isinstance(other, SecretScalar) else scalar_bytes(other)
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
    """Read a public scalar of Ed25519; `decode_scalar_below` says more."""
    return decode_scalar_below(ORDER, text, place=place)


def decode_scalar_below(order: int, text: str, *, place: str) -> int:
    """Read a public scalar.

    Raises:
        DecodeError: not the canonical decimal spelling of a number below the group order. Python's
            own `int` would also take spaces, underscores, leading zeros and other alphabets.
    """
    is_short = len(text) <= len(str(order))  # before `int`, whose time grows with the square
    if not is_short or not _SCALAR.fullmatch(text) or (value := int(text)) >= order:
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
    return SecretScalar(scalar_bytes(value))


def scalar_bytes(value: int) -> bytes:
    """Give an integer modulo q as the 32 little-endian bytes of libsodium."""
    return (value % ORDER).to_bytes(32, "little")
