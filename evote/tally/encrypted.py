"""The encrypted tally: the sum of the ballots (PROTOCOL 1.7, "Encrypted tally")."""

from collections.abc import Iterable
from dataclasses import dataclass

from evote.ballot import Ballot, decode_choices
from evote.election import Election
from evote.elgamal import NEUTRAL, Ciphertext
from evote.encoding import (
    decode_canonical_json,
    decode_json,
    encode_json,
    read_hash,
    read_integer,
    read_object,
    read_ordered_object,
)
from evote.errors import InvalidBallot
from evote.tally.form import (
    TALLY_LIMIT_BYTES,
    read_element,
    read_nested,
    read_weight,
    weight_to_json,
)


@dataclass(frozen=True, slots=True)
class EncryptedTally:
    """For each question, one ciphertext for each choice: the encrypted sums."""

    questions: tuple[tuple[Ciphertext, ...], ...]

    def __mul__(self, other: "EncryptedTally") -> "EncryptedTally":
        """Add two tallies of the same election, made from different ballots."""
        return EncryptedTally(
            tuple(
                tuple(mine * theirs for mine, theirs in zip(ours, others, strict=True))
                for ours, others in zip(self.questions, other.questions, strict=True)
            )
        )


def add_ballots(
    *, election: Election, ballots_with_weights: Iterable[tuple[Ballot, int]]
) -> EncryptedTally:
    """Add ballots, each times its voter's weight ("Encrypted tally", 1.7).

    Takes the last ballot of each credential; which that is, the record says. Every ciphertext is
    decoded here with the check of membership, so that not even a ballot put into the box by hand
    brings in an element from outside the group (A-10). Of no ballots at all, every sum is the
    encryption of 0 with randomness 0.

    Raises:
        InvalidBallot: a ciphertext is outside the group; the message names the ballot.
    """
    tally = EncryptedTally(
        tuple((NEUTRAL,) * question.choice_count for question in election.questions)
    )
    for ballot, weight in ballots_with_weights:
        choices = _decode_choices(ballot)
        tally = tally * EncryptedTally(
            tuple(tuple(choice**weight for choice in answer) for answer in choices)
        )
    return tally


def _decode_choices(ballot: Ballot) -> tuple[tuple[Ciphertext, ...], ...]:
    try:
        return decode_choices(ballot)
    except InvalidBallot as error:
        place = f"ballot {ballot.tracker}, {error.place}"
        raise InvalidBallot(error.code, error.message, place=place) from error


def encode_encrypted_tally(tally: EncryptedTally) -> bytes:
    """Write the object `encrypted_tally`, which is hashed."""
    return encode_json(
        [
            [{"alpha": item.alpha.encode(), "beta": item.beta.encode()} for item in question]
            for question in tally.questions
        ]
    )


def decode_encrypted_tally(data: bytes, *, election: Election) -> EncryptedTally:
    """Read an encrypted tally. The identity is allowed: nobody may have chosen an answer (A-13).

    Raises:
        DecodeError: not the one spelling, a wrong shape, or an element outside the group.
    """
    value = decode_canonical_json(data, source="encrypted tally", limit_bytes=TALLY_LIMIT_BYTES)
    return EncryptedTally(
        tuple(
            tuple(_read_ciphertext(item, place=place) for place, item in items)
            for items in read_nested(value, election=election, place="")
        )
    )


def _read_ciphertext(value: object, *, place: str) -> Ciphertext:
    item = read_ordered_object(value, place=place, fields=("alpha", "beta"))
    return Ciphertext(
        read_element(item["alpha"], place=f"{place}.alpha"),
        read_element(item["beta"], place=f"{place}.beta"),
    )


# --- The sizes beside it -----------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class SizedTally:
    """How many credentials voted, with what weight together, and the encrypted tally's hash."""

    num_tallied: int
    total_weight: int
    encrypted_tally: str


def encode_sized_tally(*, num_tallied: int, total_weight: int, encrypted_tally: str) -> bytes:
    """Write the payload of the event EncryptedTally; `encrypted_tally` is the hash of that."""
    return encode_json(
        {
            "num_tallied": num_tallied,
            "total_weight": weight_to_json(total_weight),
            "encrypted_tally": encrypted_tally,
        }
    )


def decode_sized_tally(data: bytes) -> SizedTally:
    """Read the payload of the event EncryptedTally.

    Raises:
        DecodeError: it is malformed.
    """
    value = decode_json(data, source="sized encrypted tally", limit_bytes=TALLY_LIMIT_BYTES)
    item = read_object(value, place="", fields=("num_tallied", "total_weight", "encrypted_tally"))
    return SizedTally(
        num_tallied=read_integer(item["num_tallied"], place="num_tallied"),
        total_weight=read_weight(item["total_weight"], place="total_weight"),
        encrypted_tally=read_hash(item["encrypted_tally"], place="encrypted_tally"),
    )
