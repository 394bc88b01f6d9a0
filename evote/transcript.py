"""From a statement to a challenge: the hash H of the protocol (PROTOCOL, part 1, Notation).

H(prefix; E1,…,En) = int(SHA256_hex(prefix ‖ str(E1) ‖ "," ‖ … ‖ "," ‖ str(En)), 16) mod q.

Every prefix begins with the name of its proof and a bar ("prove|", "sig|", …), so that a challenge
of one kind of proof is never one of another kind. The parts of a prefix have a fixed alphabet
without the bar (base64, hexadecimal), so two different statements never give the same text; free
text enters only as a hash, inside the fingerprint φ.
"""

import hashlib
from collections.abc import Iterable

from evote.group import ED25519, GENERATOR, IDENTITY, GroupElement, SelfTestFailed


def challenge(prefix: str, elements: Iterable[GroupElement]) -> int:
    """Hash a statement and its commitments to a scalar in [0, q): a Fiat–Shamir challenge.

    The elements are joined by commas, without one at the end; q is the order of their group.
    Reducing 256 bits modulo q ≈ 2^252 favours some challenges a little: harmless for a challenge,
    never done for a secret.
    """
    hashed = list(elements)
    group = hashed[0].group if hashed else ED25519
    return hashed_text(prefix + joined(hashed), order=group.order)


def hashed_text(text: str, *, order: int) -> int:
    """Hash a text that is already written out to a scalar in [0, order)."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest(), "big") % order


def joined(elements: Iterable[GroupElement]) -> str:
    """Write elements as the protocol puts lists of them into a prefix: with commas between."""
    return ",".join(element.encode() for element in elements)


# --- Self-test ---------------------------------------------------------------------------

_KNOWN_CHALLENGE = 5818076149989455653314656596361357940578782981376670303620793435966014551128


def self_test() -> None:
    """Compare one known challenge (SECURITY 5.2, item 3), computed without this package.

    Raises:
        SelfTestFailed: this machine hashes statements to other challenges.
    """
    if challenge("prove|self-test|", [GENERATOR, IDENTITY]) != _KNOWN_CHALLENGE:
        msg = "this machine computes another challenge than it must"
        raise SelfTestFailed(msg)
