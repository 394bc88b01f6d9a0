"""What the proofs of a ballot are bound to (PROTOCOL 1.6)."""

from collections.abc import Sequence

from evote.election import Election
from evote.elgamal import Ciphertext


def ballot_context(election: Election, credential: str) -> str:
    """S0 = φ‖"|"‖str(g^x): the election and the credential."""
    return f"{election.fingerprint}|{credential}"


def answer_context(context: str, choices: Sequence[Ciphertext]) -> str:
    """S = S0‖"|"‖α1,β1,α2,β2,…: also all ciphertexts of the same answer."""
    return f"{context}|" + ",".join(
        f"{choice.alpha.encode()},{choice.beta.encode()}" for choice in choices
    )
