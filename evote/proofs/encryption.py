"""What the maker of a ciphertext knows about it, beside bits (PROTOCOL 1.6)."""

from dataclasses import dataclass

from evote.elgamal import Ciphertext
from evote.errors import InvalidProof
from evote.group import (
    GENERATOR,
    ZERO,
    Element,
    GroupElement,
    SecretScalar,
    encode_scalar,
    random_scalar,
)
from evote.proofs.schnorr import Proof, knows, prove_knowledge
from evote.transcript import challenge, joined

# --- The randomness of a ciphertext ------------------------------------------------------


def prove_encryption(
    *, context: str, public_key: Element, ciphertext: Ciphertext, randomness: SecretScalar
) -> Proof:
    """Prove that one made the ciphertext: knowledge of r with α = g^r ("raweg" in 1.6).

    `context` is S0. Without this proof somebody could copy another voter's ranking.
    """
    return prove_knowledge(_encryption_prefix(context, public_key, ciphertext), randomness)


def verify_encryption(
    *, context: str, public_key: GroupElement, ciphertext: Ciphertext, proof: Proof
) -> None:
    """Check that the maker of the ciphertext knows its randomness ("raweg" in 1.6).

    Raises:
        InvalidProof: the equation does not hold.
    """
    prefix = _encryption_prefix(context, public_key, ciphertext)
    # The commitment is g^ρ·α^c: α stands where a public key would.
    if not knows(prefix, proof, ciphertext.alpha):
        msg = "the proof of encryption does not hold"
        raise InvalidProof(msg)


def _encryption_prefix(context: str, public_key: GroupElement, ciphertext: Ciphertext) -> str:
    return f"raweg|{context}|{joined([public_key, ciphertext.alpha, ciphertext.beta])}|"


# --- Not zero ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NonzeroProof:
    """(A0, c, t1, t2): that a ciphertext does not encrypt zero."""

    commitment: GroupElement
    challenge: int
    response: tuple[int, int]

    def to_json(self) -> dict[str, object]:
        """Give the object `nonzero_proof` of PROTOCOL 1.3."""
        return {
            "commitment": self.commitment.encode(),
            "challenge": encode_scalar(self.challenge),
            "response": [encode_scalar(value) for value in self.response],
        }


def prove_nonzero(
    *, context: str, public_key: Element, ciphertext: Ciphertext, randomness: SecretScalar
) -> NonzeroProof:
    """Prove that the number m in a ciphertext is not zero, and nothing else; `context` is S."""
    alpha, beta = ciphertext.alpha, ciphertext.beta
    assert isinstance(alpha, Element)
    assert isinstance(beta, Element)
    # A0 = β^s·y^(−s·r) = g^(m·s): the identity if m is zero, and any other element if not.
    s, w1, w2 = random_scalar(), random_scalar(), random_scalar()
    product = s * randomness
    commitment = beta**s * public_key ** (ZERO - product)
    assert not commitment.is_identity, "a false statement cannot be proven"
    # A1 = α^w1·g^w2, A2 = β^w1·y^w2; t1 = w1 − s·c, t2 = w2 + s·r·c.
    commitments = [commitment, alpha**w1 * GENERATOR**w2, beta**w1 * public_key**w2]
    c = challenge(f"nonzero|{context}|", commitments)
    return NonzeroProof(
        commitment=commitment,
        challenge=c,
        response=((w1 - s * c).reveal(), (w2 + product * c).reveal()),
    )


def verify_nonzero(
    *, context: str, public_key: GroupElement, ciphertext: Ciphertext, proof: NonzeroProof
) -> None:
    """Check that the number in a ciphertext is not zero; `context` is S.

    That A0 is in the prime-order group was checked when it was decoded: a point outside it would
    pass the equation for a zero.

    Raises:
        InvalidProof: A0 is the identity, or the equation does not hold.
    """
    t1, t2 = proof.response
    generator = public_key.group.generator
    # A1 = α^t1·g^t2 and A2 = β^t1·y^t2·A0^c; ask for the same challenge.
    commitments = [
        proof.commitment,
        ciphertext.alpha**t1 * generator**t2,
        ciphertext.beta**t1 * public_key**t2 * proof.commitment**proof.challenge,
    ]
    if proof.commitment.is_identity or proof.challenge != challenge(
        f"nonzero|{context}|", commitments
    ):
        msg = "the proof that something is chosen does not hold"
        raise InvalidProof(msg)
