"""The zero-knowledge proofs of a ballot, a trustee and a partial decryption (PROTOCOL 1.5 to 1.9).

One convention throughout, Schnorr's: whoever knows a secret x commits to a random w, is given a
challenge c by the hash, and answers with the response ρ = w − x·c. The verifier recomputes the
commitment as g^ρ·X^c and asks for the same challenge. The challenges are those of Belenios
version 1 to the letter; what they do not hash, the voter's signature over the whole ballot binds.

To verify is to return nothing, or to raise `InvalidProof`. The proofs of a ballot are first put as
a `Claim`, so that their commitments can be computed together.
"""

from evote.proofs.claims import Claim
from evote.proofs.decryption import (
    decryption_claim,
    prove_decryption,
    verify_decryption,
)
from evote.proofs.disjunction import (
    Branch,
    Opening,
    blank_claim,
    blank_or_enough,
    blank_or_nothing,
    candidates_or_list,
    interval_claim,
    list_claim,
    prove_blank,
    prove_interval,
    prove_list,
    sum_openings,
)
from evote.proofs.encryption import (
    NonzeroProof,
    encryption_claim,
    nonzero_claim,
    prove_encryption,
    prove_nonzero,
)
from evote.proofs.schnorr import (
    Proof,
    hash_signature_claim,
    proofs_to_json,
    prove_key_possession,
    read_proof,
    read_scalar,
    sign_hash,
    verify_key_possession,
)

__all__ = [
    "Branch",
    "Claim",
    "NonzeroProof",
    "Opening",
    "Proof",
    "blank_claim",
    "blank_or_enough",
    "blank_or_nothing",
    "candidates_or_list",
    "decryption_claim",
    "encryption_claim",
    "hash_signature_claim",
    "interval_claim",
    "list_claim",
    "nonzero_claim",
    "proofs_to_json",
    "prove_blank",
    "prove_decryption",
    "prove_encryption",
    "prove_interval",
    "prove_key_possession",
    "prove_list",
    "prove_nonzero",
    "read_proof",
    "read_scalar",
    "sign_hash",
    "sum_openings",
    "verify_decryption",
    "verify_key_possession",
]
