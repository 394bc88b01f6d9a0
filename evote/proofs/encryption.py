"""What the maker of a ciphertext knows about it, beside bits (PROTOCOL 1.6)."""

from collections.abc import Sequence
from dataclasses import dataclass

from evote.elgamal import Ciphertext
from evote.errors import InvalidProof
from evote.group import (
    GENERATOR,
    ZERO,
    Commitment,
    Element,
    GroupElement,
    SecretScalar,
    encode_scalar,
    random_scalar,
)
from evote.proofs.claims import Claim
from evote.proofs.schnorr import Proof, knowledge_claim, prove_knowledge
from evote.transcript import challenge, joined

# --- The randomness of a ciphertext ------------------------------------------------------


def prove_encryption(
    *, context: str, public_key: Element, ciphertext: Ciphertext, randomness: SecretScalar
) -> Proof:
    """Prove that one made the ciphertext: knowledge of r with α = g^r ("raweg" in 1.6).

    `context` is S0. Without this proof somebody could copy another voter's ranking.
    """
    return prove_knowledge(_encryption_prefix(context, public_key, ciphertext), randomness)


def encryption_claim(
    *, context: str, public_key: GroupElement, ciphertext: Ciphertext, proof: Proof
) -> Claim:
    """Claim that the maker of the ciphertext knows its randomness ("raweg" in 1.6).

    The ciphertext stands in the ballot as it is, so that it can be encoded at once.
    """
    # The commitment is g^ρ·α^c: α stands where a public key would.
    return knowledge_claim(
        _encryption_prefix(context, public_key, ciphertext),
        proof,
        ciphertext.alpha,
        failure="the proof of encryption does not hold",
    )


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


def nonzero_claim(
    *, context: str, public_key: GroupElement, ciphertext: Ciphertext, proof: NonzeroProof
) -> Claim:
    """Claim that the number in a ciphertext is not zero; `context` is S.

    That A0 is in the prime-order group is checked where it is decoded, before this claim: a point
    outside it would pass the equation for a zero. So would the identity.
    """
    failure = "the proof that something is chosen does not hold"

    def commitments() -> Sequence[Commitment]:
        if proof.commitment.is_identity:
            raise InvalidProof(failure)
        # A1 = α^t1·g^t2 and A2 = β^t1·y^t2·A0^c; ask for the same challenge.
        t1, t2 = proof.response
        return (
            Commitment(0, 0, ((proof.commitment, 1),)),
            Commitment(t2, 0, ((ciphertext.alpha, t1),)),
            Commitment(0, t2, ((ciphertext.beta, t1), (proof.commitment, proof.challenge))),
        )

    return Claim(
        key=public_key,
        challenge=proof.challenge,
        head=f"nonzero|{context}|",
        statement=(),
        commitments=commitments,
        failure=failure,
    )
