"""The self-test: refuse to run on a library that computes wrongly (SECURITY 5.2, items 1 to 3)."""

from nacl.exceptions import CryptoError

from evote.errors import DecodeError, EvoteError
from evote.group import ed25519
from evote.group.ed25519 import GENERATOR, IDENTITY, Element
from evote.group.scalars import ORDER, SecretScalar, scalar_bytes


class SelfTestFailed(EvoteError):
    """The cryptographic library under `evote` does not do what it must: nothing may run on it."""


# A member plus the point of order two. PyNaCl before 1.6.2 takes it (CVE-2025-69277).
_CANARY = bytes.fromhex("d600527f9723f2166ca2c99c90c52e4a21921cbec4edc771bac4fa0d5b3e2c24")
_REFUSED_POINTS = (
    _CANARY,
    IDENTITY.raw,
    bytes(32),  # order 4
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
        if ed25519.is_valid_point(raw):
            msg = f"the library takes {raw.hex()} as a member of the group; install PyNaCl ≥ 1.6.2"
            raise SelfTestFailed(msg)
    if not ed25519.is_valid_point(GENERATOR.raw):
        msg = "the library refuses the generator of the group"
        raise SelfTestFailed(msg)
    try:
        _check_arithmetic()
    except (CryptoError, DecodeError) as error:
        msg = f"the library failed in a computation: {error}"
        raise SelfTestFailed(msg) from error


def _check_arithmetic() -> None:
    g = GENERATOR
    one, minus_one = SecretScalar(scalar_bytes(1)), SecretScalar(scalar_bytes(-1))
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
