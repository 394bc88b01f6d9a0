"""Correct decryption: the proof beside a trustee's factor (PROTOCOL 1.9)."""

from evote.group import GENERATOR, Element, GroupElement, SecretScalar, random_scalar
from evote.proofs.claims import Claim
from evote.proofs.schnorr import Proof, equality_claim
from evote.transcript import challenge


def prove_decryption(
    *,
    fingerprint: str,
    secret_key: SecretScalar,
    public_key: Element,
    alpha: Element,
) -> Proof:
    """Prove that the factor α^x was made with the x of X = g^x ("Partial decryptions", 1.9)."""
    # Commitments g^w and α^w, c = H("decrypt|"‖φ‖"|"‖X‖"|"; g^w, α^w), ρ = w − x·c.
    w = random_scalar()
    c = challenge(_decryption_prefix(fingerprint, public_key), [GENERATOR**w, alpha**w])
    return Proof(c, (w - secret_key * c).reveal())


def decryption_claim(
    *,
    proof: Proof,
    fingerprint: str,
    public_key: GroupElement,
    alpha: GroupElement,
    factor: GroupElement,
) -> Claim:
    """Claim that a trustee decrypted with the key they committed to ("Partial decryptions", 1.9).

    That is log_g(X) = log_α(F): the same secret x gives the trustee's public key X = g^x and the
    factor F = α^x, without revealing x (Chaum and Pedersen, CRYPTO '92). The challenge of version 1
    hashes neither α nor F: whoever chooses an α after the proof could fit it, which is why the
    encrypted tally is recomputed from the ballots before any decryption is looked at.

    Args:
        proof: (c, ρ).
        fingerprint: φ, binds the proof to one election.
        public_key: X, the trustee's key from the sealed list, never from the message checked.
        alpha: α, one entry of the encrypted tally.
        factor: F, one element.
    """
    return equality_claim(
        _decryption_prefix(fingerprint, public_key),
        proof,
        public_key=public_key,
        base=alpha,
        power=factor,
        failure="the decryption factor does not match the trustee's public key",
    )


def verify_decryption(
    *,
    proof: Proof,
    fingerprint: str,
    public_key: GroupElement,
    alpha: GroupElement,
    factor: GroupElement,
) -> None:
    """Check a `decryption_claim`.

    Raises:
        InvalidProof: the equation does not hold.
    """
    decryption_claim(
        proof=proof, fingerprint=fingerprint, public_key=public_key, alpha=alpha, factor=factor
    ).verify()


def _decryption_prefix(fingerprint: str, public_key: GroupElement) -> str:
    return f"decrypt|{fingerprint}|{public_key.encode()}|"
