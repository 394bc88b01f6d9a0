"""Exponential ElGamal encryption (PROTOCOL 1.6, "Encrypted answers").

(α, β) = (g^r, y^r·g^m) hides the small number m under the public key y. The product of two
ciphertexts encrypts the sum of their numbers: that is how ballots are added without opening any.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from evote.group import GENERATOR, IDENTITY, Element, SecretScalar


@dataclass(frozen=True, slots=True)
class Ciphertext:
    """(α, β), two elements of the group."""

    alpha: Element
    beta: Element

    def __mul__(self, other: "Ciphertext") -> "Ciphertext":
        """Add what is inside: the encryption of m + m' under randomness r + r'."""
        return Ciphertext(self.alpha * other.alpha, self.beta * other.beta)

    def __pow__(self, weight: int) -> "Ciphertext":
        """Multiply what is inside by a public number."""
        if weight == 1:
            return self
        return Ciphertext(self.alpha**weight, self.beta**weight)


# The encryption of 0 under randomness 0: the neutral start of every sum.
NEUTRAL = Ciphertext(IDENTITY, IDENTITY)


def encrypt_bit(*, bit: int, public_key: Element, randomness: SecretScalar) -> Ciphertext:
    """Encrypt 0 or 1: α = g^r, β = y^r·g^m."""
    assert bit in (0, 1)
    # The same operations for both, so that time says nothing about the choice.
    return Ciphertext(GENERATOR**randomness, public_key**randomness * (IDENTITY, GENERATOR)[bit])


def product(ciphertexts: Iterable[Ciphertext]) -> Ciphertext:
    """Add the plaintexts of many ciphertexts; of none, zero."""
    total: Ciphertext | None = None
    for ciphertext in ciphertexts:
        total = ciphertext if total is None else total * ciphertext
    return NEUTRAL if total is None else total
