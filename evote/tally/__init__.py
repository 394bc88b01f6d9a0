"""From ballots to the result (PROTOCOL 1.7 to 1.9).

Ballots are multiplied, each to the power of its voter's weight; each trustee raises the α of the
sums to their secret key; the product of these factors turns each β into g^count, and counting up
from zero by great strides finds the count. No single ballot is ever decrypted.

Ranked answers cannot be added. They are shuffled by several trustees, one after the other, so that
nobody can tell whose is whose, and then each is decrypted.
"""

from evote.election import MissingDecryption
from evote.tally.decryption import (
    PartialDecryption,
    decode_partial_decryption,
    decrypt_partially,
    verify_partial_decryption,
)
from evote.tally.encrypted import (
    EncryptedTally,
    SizedTally,
    WeightedRanking,
    add_ballots,
    add_tallies,
    decode_encrypted_tally,
    decode_sized_tally,
    encode_encrypted_tally,
    encode_sized_tally,
    has_ranked_question,
    take_out,
)
from evote.tally.form import TALLY_LIMIT_BYTES, nest, positions, read_nested
from evote.tally.logarithm import COUNT_LIMIT, CountOutOfBound
from evote.tally.outcomes import outcomes_of
from evote.tally.result import (
    QuestionResult,
    Result,
    combine,
    decode_result,
    decrypted_elements,
    encode_result,
    verify_result,
)
from evote.tally.shuffles import (
    SHUFFLE_LIMIT_BYTES,
    make_shuffle,
    ranked_questions,
    verify_shuffle,
)
from evote.tally.strong import (
    ProofNesting,
    decode_strong_proofs,
    decrypt_strongly,
    proofs_to_json,
    read_proof_nesting,
    verify_strong_decryptions,
)

__all__ = [
    "COUNT_LIMIT",
    "SHUFFLE_LIMIT_BYTES",
    "TALLY_LIMIT_BYTES",
    "CountOutOfBound",
    "EncryptedTally",
    "MissingDecryption",
    "PartialDecryption",
    "ProofNesting",
    "QuestionResult",
    "Result",
    "SizedTally",
    "WeightedRanking",
    "add_ballots",
    "add_tallies",
    "combine",
    "decode_encrypted_tally",
    "decode_partial_decryption",
    "decode_result",
    "decode_sized_tally",
    "decode_strong_proofs",
    "decrypt_partially",
    "decrypt_strongly",
    "decrypted_elements",
    "encode_encrypted_tally",
    "encode_result",
    "encode_sized_tally",
    "has_ranked_question",
    "make_shuffle",
    "nest",
    "outcomes_of",
    "positions",
    "proofs_to_json",
    "ranked_questions",
    "read_nested",
    "read_proof_nesting",
    "take_out",
    "verify_partial_decryption",
    "verify_result",
    "verify_shuffle",
    "verify_strong_decryptions",
]
