"""From ballots to the result (PROTOCOL 1.7 and 1.9).

Ballots are multiplied, each to the power of its voter's weight; each trustee raises the α of the
sums to their secret key; the product of these factors turns each β into g^count, and counting up
from zero by great strides finds the count. No single ballot is ever decrypted.
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

__all__ = [
    "COUNT_LIMIT",
    "TALLY_LIMIT_BYTES",
    "CountOutOfBound",
    "EncryptedTally",
    "MissingDecryption",
    "PartialDecryption",
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
    "decrypt_partially",
    "decrypted_elements",
    "encode_encrypted_tally",
    "encode_result",
    "encode_sized_tally",
    "has_ranked_question",
    "nest",
    "outcomes_of",
    "positions",
    "read_nested",
    "verify_partial_decryption",
    "verify_result",
]
