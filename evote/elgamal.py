"""ElGamal encryption (PROTOCOL 1.6, "Encrypted answers").

(α, β) = (g^r, y^r·g^m) hides the small number m under the public key y. The product of two
ciphertexts encrypts the sum of their numbers: that is how ballots are added without opening any.
Rankings are not added: they are elements ξ of the group themselves, (g^r, y^r·ξ).
"""

from collections.abc import Iterable
from dataclasses import dataclass

from evote.group import GENERATOR, IDENTITY, Element, Group, GroupElement, SecretScalar


@dataclass(frozen=True, slots=True)
class Ciphertext:
    """(α, β), two elements of the group."""

    alpha: GroupElement
    beta: GroupElement

    def to_json(self) -> dict[str, str]:
        """Give the object `ciphertext` of PROTOCOL 1.3."""
        return {"alpha": self.alpha.encode(), "beta": self.beta.encode()}

    def __mul__(self, other: "Ciphertext") -> "Ciphertext":
        """Add what is inside: the encryption of m + m' under randomness r + r'."""
        return Ciphertext(self.alpha * other.alpha, self.beta * other.beta)

    def __pow__(self, weight: int) -> "Ciphertext":
        """Multiply what is inside by a public number."""
        if weight == 1:
            return self
        return Ciphertext(self.alpha**weight, self.beta**weight)


def neutral(group: Group) -> Ciphertext:
    """Give the encryption of 0 under randomness 0: the neutral start of every sum."""
    return Ciphertext(group.identity, group.identity)


def encrypt_bit(*, bit: int, public_key: Element, randomness: SecretScalar) -> Ciphertext:
    """Encrypt 0 or 1: α = g^r, β = y^r·g^m."""
    assert bit in (0, 1)
    # The same operations for both, so that time says nothing about the choice.
    return Ciphertext(GENERATOR**randomness, public_key**randomness * (IDENTITY, GENERATOR)[bit])


def encrypt_element(
    *, element: Element, public_key: Element, randomness: SecretScalar
) -> Ciphertext:
    """Encrypt an element ξ of the group: α = g^r, β = y^r·ξ."""
    return Ciphertext(GENERATOR**randomness, public_key**randomness * element)


def product(ciphertexts: Iterable[Ciphertext], *, public_key: GroupElement) -> Ciphertext:
    """Add the plaintexts of many ciphertexts; of none, zero. All are made with this key."""
    total: Ciphertext | None = None
    for ciphertext in ciphertexts:
        total = ciphertext if total is None else total * ciphertext
    return Ciphertext(public_key**0, public_key**0) if total is None else total
