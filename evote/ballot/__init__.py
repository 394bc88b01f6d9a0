"""Ballots: made by the voter, checked by everybody (PROTOCOL 1.6, "Ballots").

A ballot has one spelling only. Two spellings of the same ballot would have two trackers, so the
reader writes what it has read and compares byte for byte.

Checking has two parts, the cheap one first: `decode_ballot` looks at size, spelling, shape and the
election it is for; `verify_ballot` at membership in the group, the signature and the proofs.
"""

from evote.ballot.casts import CastBallot, Refusal, refused_ballots
from evote.ballot.check import decode_choices, verify_ballot
from evote.ballot.choice import InvalidChoice, PlainAnswer
from evote.ballot.create import create_ballot
from evote.ballot.decoding import decode_ballot
from evote.ballot.form import BALLOT_LIMIT_BYTES, AnyAnswer, Ballot
from evote.ballot.homomorphic import EncodedAnswer
from evote.ballot.lists import EncodedLists
from evote.ballot.ranked import EncodedRanking

__all__ = [
    "BALLOT_LIMIT_BYTES",
    "AnyAnswer",
    "Ballot",
    "CastBallot",
    "EncodedAnswer",
    "EncodedLists",
    "EncodedRanking",
    "InvalidChoice",
    "PlainAnswer",
    "Refusal",
    "create_ballot",
    "decode_ballot",
    "decode_choices",
    "refused_ballots",
    "verify_ballot",
]
