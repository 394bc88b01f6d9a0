"""An election's description and its trustees (PROTOCOL 1.3 and 1.5).

Both are hashed as the bytes that were archived, so the decoded form keeps them: to write an
election again is never needed, and would be a way to change it.
"""

from evote.election.description import (
    ELECTION_LIMIT_BYTES,
    UUID_LENGTH_CHARACTERS,
    Election,
    InvalidElection,
    decode_election,
    encode_election,
    generate_uuid,
)
from evote.election.questions import (
    AnyQuestion,
    ListsQuestion,
    Question,
    RankedQuestion,
)
from evote.election.rules import asked_by
from evote.election.trustees import (
    TRUSTEES_LIMIT_BYTES,
    MissingDecryption,
    TrusteeItem,
    Trustees,
    combine_public_keys,
    decode_trustees,
    encode_trustees,
    item_slots,
    verify_trustee_item,
    verify_trustees,
)
from evote.trustee import (
    TRUSTEE_LIMIT_BYTES,
    Trustee,
    decode_trustee,
    encode_trustee,
    make_trustee,
    verify_trustee,
)

__all__ = [
    "ELECTION_LIMIT_BYTES",
    "TRUSTEES_LIMIT_BYTES",
    "TRUSTEE_LIMIT_BYTES",
    "UUID_LENGTH_CHARACTERS",
    "AnyQuestion",
    "Election",
    "InvalidElection",
    "ListsQuestion",
    "MissingDecryption",
    "Question",
    "RankedQuestion",
    "Trustee",
    "TrusteeItem",
    "Trustees",
    "asked_by",
    "combine_public_keys",
    "decode_election",
    "decode_trustee",
    "decode_trustees",
    "encode_election",
    "encode_trustee",
    "encode_trustees",
    "generate_uuid",
    "item_slots",
    "make_trustee",
    "verify_trustee",
    "verify_trustee_item",
    "verify_trustees",
]
