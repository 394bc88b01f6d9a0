"""The encrypted tally: the sum of the ballots (PROTOCOL 1.7, "Encrypted tally")."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from evote.ballot import Ballot, decode_choices
from evote.election import Election, RankedQuestion
from evote.elgamal import Ciphertext, neutral
from evote.encoding import (
    decode_canonical_json,
    decode_json,
    encode_json,
    read_hash,
    read_integer,
    read_object,
    read_ordered_object,
)
from evote.errors import EvoteError, InvalidBallot
from evote.group import Group
from evote.tally.form import (
    TALLY_LIMIT_BYTES,
    nest,
    read_element,
    read_elements,
    read_nested,
    read_weight,
    weight_to_json,
)


class WeightedRanking(EvoteError):
    """A ballot that weighs more than one cannot be shuffled: only sums can be weighted."""


@dataclass(frozen=True, slots=True)
class EncryptedTally:
    """For each question its ciphertexts, flat (`evote.tally.form` says how they are nested).

    Where a question is counted by adding, the encrypted sums, one for each choice. Where it is
    ranked, the answers of all ballots, sorted, or as the last shuffle left them.
    """

    questions: tuple[tuple[Ciphertext, ...], ...]


def add_ballots(
    *,
    election: Election,
    ballots_with_weights: Iterable[tuple[Ballot, int]],
    are_verified: bool = False,
) -> EncryptedTally:
    """Add ballots, each times its voter's weight ("Encrypted tally", 1.7).

    Takes the last ballot of each credential; which that is, the record says. Every ciphertext is
    decoded here with the check of membership, so that not even a ballot put into the box by hand
    brings in an element from outside the group (A-10); `are_verified` says that the caller has had
    every one of these ballots verified, by which that is known. Of no ballots at all, every sum is
    the encryption of 0 with randomness 0.

    Raises:
        InvalidBallot: a ciphertext is outside the group; the message names the ballot.
        WeightedRanking: a weight other than 1 where there is a ranked question.
    """
    by_weight: dict[int, list[EncryptedTally]] = {}
    for ballot, weight in ballots_with_weights:
        by_weight.setdefault(weight, []).append(
            _ballot_tally(ballot, weight=weight, election=election, is_verified=are_verified)
        )
    # Ballots of one weight are multiplied first: one power for all of them.
    return add_tallies(
        (
            _power(add_tallies(tallies, election=election), weight)
            for weight, tallies in by_weight.items()
        ),
        election=election,
    )


def _power(tally: EncryptedTally, weight: int) -> EncryptedTally:
    if weight == 1:
        return tally
    return EncryptedTally(
        tuple(tuple(item**weight for item in question) for question in tally.questions)
    )


def take_out(tally: EncryptedTally, part: EncryptedTally) -> EncryptedTally:
    """Give the sum without a part of what was added, where nothing is ranked."""
    return EncryptedTally(
        tuple(
            tuple(
                Ciphertext(item.alpha / taken.alpha, item.beta / taken.beta)
                for item, taken in zip(question, others, strict=True)
            )
            for question, others in zip(tally.questions, part.questions, strict=True)
        )
    )


def add_tallies(tallies: Iterable[EncryptedTally], *, election: Election) -> EncryptedTally:
    """Add tallies of the same election, made from different ballots.

    Sums are multiplied; ranked answers are put together and sorted by (α, β) in the order of the
    group, so that they say nothing about when a ballot was cast (1.7).
    """
    answers: list[list[tuple[Ciphertext, ...]]] = [[] for _ in election.questions]
    for tally in tallies:
        for collected, added in zip(answers, tally.questions, strict=True):
            collected.append(added)
    return EncryptedTally(
        tuple(
            _put_together(rows, election=election)
            if isinstance(question, RankedQuestion)
            else _sum(rows, count=question.choice_count, group=election.group)
            for question, rows in zip(election.questions, answers, strict=True)
        )
    )


def _put_together(
    rows: Sequence[Sequence[Ciphertext]], *, election: Election
) -> tuple[Ciphertext, ...]:
    items = [item for row in rows for item in row]
    return tuple(sorted(items, key=lambda item: _sort_key(item, election.group)))


def _sum(
    rows: Sequence[Sequence[Ciphertext]], *, count: int, group: Group
) -> tuple[Ciphertext, ...]:
    assert all(len(row) == count for row in rows)
    if not rows:
        return (neutral(group),) * count
    flat = [[element for item in row for element in (item.alpha, item.beta)] for row in rows]
    totals = iter(group.multiply_columns(flat))
    return tuple(Ciphertext(alpha, next(totals)) for alpha in totals)


def _sort_key(item: Ciphertext, group: Group) -> tuple[bytes, bytes]:
    return group.sort_key(item.alpha), group.sort_key(item.beta)


def _ballot_tally(
    ballot: Ballot, *, weight: int, election: Election, is_verified: bool
) -> EncryptedTally:
    if weight != 1 and has_ranked_question(election):
        msg = f"ballot {ballot.tracker} weighs {weight}, but rankings cannot be weighted"
        raise WeightedRanking(msg)
    try:
        choices = decode_choices(ballot, election=election, is_verified=is_verified)
    except InvalidBallot as error:
        place = f"ballot {ballot.tracker}, {error.place}"
        raise InvalidBallot(error.code, error.message, place=place) from error
    return EncryptedTally(choices)


def has_ranked_question(election: Election) -> bool:
    """Say whether the tally of this election has to be shuffled before it is decrypted."""
    return any(isinstance(question, RankedQuestion) for question in election.questions)


def encode_encrypted_tally(tally: EncryptedTally, *, election: Election) -> bytes:
    """Write the object `encrypted_tally`, which is hashed."""
    entries = [[item.to_json() for item in question] for question in tally.questions]
    return encode_json(nest(entries, election=election))


def decode_encrypted_tally(data: bytes, *, election: Election) -> EncryptedTally:
    """Read an encrypted tally. The identity is allowed: nobody may have chosen an answer (A-13).

    Raises:
        DecodeError: not the one spelling, a wrong shape, or an element outside the group.
    """
    value = decode_canonical_json(data, source="encrypted tally", limit_bytes=TALLY_LIMIT_BYTES)
    return EncryptedTally(
        tuple(
            _read_ciphertexts(items, group=election.group)
            for items in read_nested(value, election=election, place="")
        )
    )


def _read_ciphertexts(
    items: Sequence[tuple[str, object]], *, group: Group
) -> tuple[Ciphertext, ...]:
    entries: list[tuple[str, object]] = []
    for place, item in items:
        if not isinstance(item, dict) or tuple(item) != ("alpha", "beta"):
            # One of them is malformed: one by one, the first that is wrong is found.
            return tuple(read_ciphertext(item, place=place, group=group) for place, item in items)
        entries += [(f"{place}.alpha", item["alpha"]), (f"{place}.beta", item["beta"])]
    elements = iter(read_elements(entries, group=group))
    return tuple(Ciphertext(alpha, next(elements)) for alpha in elements)


def read_ciphertext(value: object, *, place: str, group: Group) -> Ciphertext:
    """Take a ciphertext, with the check of membership."""
    item = read_ordered_object(value, place=place, fields=("alpha", "beta"))
    return Ciphertext(
        read_element(item["alpha"], place=f"{place}.alpha", group=group),
        read_element(item["beta"], place=f"{place}.beta", group=group),
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
