"""From ballots to the result (PROTOCOL 1.7 and 1.9).

Ballots are multiplied, each to the power of its voter's weight; each trustee raises the α of the
sums to their secret key; the product of these factors turns each β into g^count, and counting up
from zero by great strides finds the count. No single ballot is ever decrypted.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isqrt

from evote.ballot import Ballot, decode_choices
from evote.election import Election, Trustee
from evote.elgamal import NEUTRAL, Ciphertext
from evote.encoding import (
    decode_canonical_json,
    decode_json,
    encode_json,
    read_hash,
    read_integer,
    read_list,
    read_object,
    read_ordered_object,
    read_text,
)
from evote.errors import DecodeError, EvoteError, InvalidProof
from evote.group import GENERATOR, IDENTITY, Element, SecretScalar
from evote.proofs import Proof, prove_decryption, read_proof, verify_decryption

TALLY_LIMIT_BYTES = 16_000_000
# Weights up to 2^30 − 1 are written as integers, larger ones as decimal strings (PROTOCOL 1.2).
INTEGER_WEIGHT_LIMIT = 2**30 - 1
WEIGHT_LIMIT = 2**53 - 1
# To find a count among 2^40 takes a table of a million steps and half a minute. No electorate
# needs more; whoever sets larger weights is told so instead of waiting for ever.
COUNT_LIMIT = 2**40


class CountOutOfBound(EvoteError):
    """A decrypted value is not g^n for any n up to the total weight, or that bound is too large."""


class MissingDecryption(EvoteError):
    """A trustee's partial decryption is still missing."""


# --- Adding ------------------------------------------------------------------------------


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
        choices = decode_choices(ballot)
        tally = tally * EncryptedTally(
            tuple(tuple(choice**weight for choice in answer) for answer in choices)
        )
    return tally


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
            for items in _read_nested(value, election=election, place="")
        )
    )


def _read_ciphertext(value: object, *, place: str) -> Ciphertext:
    item = read_ordered_object(value, place=place, fields=("alpha", "beta"))
    return Ciphertext(
        _read_element(item["alpha"], place=f"{place}.alpha"),
        _read_element(item["beta"], place=f"{place}.beta"),
    )


def _read_element(value: object, *, place: str) -> Element:
    return Element.decode(read_text(value, place=place), place=place)


def _read_nested(
    value: object, *, election: Election, place: str
) -> list[list[tuple[str, object]]]:
    """Take a list with one list per question and one item per choice, each item with its place."""
    questions = read_list(value, place=place, length=len(election.questions))
    nested = []
    for number, (items, question) in enumerate(zip(questions, election.questions, strict=True)):
        inner = f"{place}[{number}]"
        choices = read_list(items, place=inner, length=question.choice_count)
        nested.append([(f"{inner}[{index}]", item) for index, item in enumerate(choices)])
    return nested


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
            "total_weight": _weight_to_json(total_weight),
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
        total_weight=_read_weight(item["total_weight"], place="total_weight"),
        encrypted_tally=read_hash(item["encrypted_tally"], place="encrypted_tally"),
    )


def _weight_to_json(weight: int) -> int | str:
    return weight if weight <= INTEGER_WEIGHT_LIMIT else str(weight)


def _read_weight(value: object, *, place: str) -> int:
    """Take a weight: an integer up to 2^30 − 1, a decimal string above (PROTOCOL 1.2)."""
    if not isinstance(value, str):
        weight = read_integer(value, place=place)
        if weight <= INTEGER_WEIGHT_LIMIT:
            return weight
    elif value.isascii() and value.isdecimal() and len(value) <= len(str(WEIGHT_LIMIT)):
        weight = int(value)
        if str(weight) == value and INTEGER_WEIGHT_LIMIT < weight <= WEIGHT_LIMIT:
            return weight
    msg = "this is not a weight: an integer up to 2^30 − 1, or a decimal string above"
    raise DecodeError(msg, place=place)


# --- Decrypting --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PartialDecryption:
    """A trustee's factor F = α^x for every entry of the tally, each with its proof."""

    factors: tuple[tuple[Element, ...], ...]
    proofs: tuple[tuple[Proof, ...], ...]


def decrypt_partially(
    *, secret_key: SecretScalar, election: Election, tally: EncryptedTally
) -> bytes:
    """Make a trustee's partial decryption ("Partial decryptions", 1.9).

    `tally` must be the caller's own sum of the ballots, never one that somebody hands over: this
    function decrypts whatever it is given.
    """
    public_key = GENERATOR**secret_key
    factors: list[list[str]] = []
    proofs: list[list[dict[str, str]]] = []
    for question in tally.questions:
        factors.append([(item.alpha**secret_key).encode() for item in question])
        proofs.append(
            [
                prove_decryption(
                    fingerprint=election.fingerprint,
                    secret_key=secret_key,
                    public_key=public_key,
                    alpha=item.alpha,
                ).to_json()
                for item in question
            ]
        )
    return encode_json({"decryption_factors": factors, "decryption_proofs": proofs})


def decode_partial_decryption(data: bytes, *, election: Election) -> PartialDecryption:
    """Read a partial decryption, without checking its proofs.

    Raises:
        DecodeError: malformed, of another shape than the tally, or a factor outside the group.
    """
    value = decode_json(data, source="partial decryption", limit_bytes=TALLY_LIMIT_BYTES)
    item = read_object(value, place="", fields=("decryption_factors", "decryption_proofs"))
    factors = _read_nested(
        item["decryption_factors"], election=election, place="decryption_factors"
    )
    proofs = _read_nested(item["decryption_proofs"], election=election, place="decryption_proofs")
    return PartialDecryption(
        factors=tuple(
            tuple(_read_element(factor, place=place) for place, factor in items)
            for items in factors
        ),
        proofs=tuple(
            tuple(read_proof(proof, place=place, is_ordered=False) for place, proof in items)
            for items in proofs
        ),
    )


def verify_partial_decryption(
    *, data: bytes, election: Election, trustee: Trustee, tally: EncryptedTally
) -> PartialDecryption:
    """Check that `trustee` decrypted exactly this tally, and give the partial decryption.

    Raises:
        DecodeError: it is malformed.
        InvalidProof: a factor was not made with this trustee's key; the message says which.
    """
    decryption = decode_partial_decryption(data, election=election)
    for number, (items, factors, proofs) in enumerate(
        zip(tally.questions, decryption.factors, decryption.proofs, strict=True)
    ):
        for index, (item, factor, proof) in enumerate(zip(items, factors, proofs, strict=True)):
            try:
                _check_identity(alpha=item.alpha, factor=factor)
                verify_decryption(
                    proof=proof,
                    fingerprint=election.fingerprint,
                    public_key=trustee.public_key,
                    alpha=item.alpha,
                    factor=factor,
                )
            except InvalidProof as error:
                msg = f"decryption_factors[{number}][{index}]: {error}"
                raise InvalidProof(msg) from error
    return decryption


def _check_identity(*, alpha: Element, factor: Element) -> None:
    """Ask that F is the identity exactly where α is: x is not zero (PROTOCOL 3.1)."""
    if alpha.is_identity != factor.is_identity:
        msg = "the decryption factor is the identity, or ought to be"
        raise InvalidProof(msg)


# --- The result --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Result:
    """For each question, the weight of the votes for each choice, blank first if there is one."""

    counts: tuple[tuple[int, ...], ...]


def combine(
    *,
    tally: EncryptedTally,
    trustees: Sequence[Trustee],
    partial_decryptions: Mapping[int, PartialDecryption],
    total_weight: int,
) -> Result:
    """Decrypt the sums with everybody's factors and find the counts ("Election result", 1.9).

    `partial_decryptions` are verified ones by owner, where 1 is the first trustee; all are needed.
    `total_weight` bounds the counts.

    Raises:
        MissingDecryption: a trustee has not decrypted yet.
        CountOutOfBound: no count up to `total_weight` fits.
    """
    plaintexts = decrypted_elements(
        tally=tally, trustees=trustees, partial_decryptions=partial_decryptions
    )
    find = _LogarithmTable(
        bound=total_weight, searches=sum(len(question) for question in plaintexts)
    )
    return Result(
        tuple(tuple(find.logarithm(item) for item in question) for question in plaintexts)
    )


def decrypted_elements(
    *,
    tally: EncryptedTally,
    trustees: Sequence[Trustee],
    partial_decryptions: Mapping[int, PartialDecryption],
) -> tuple[tuple[Element, ...], ...]:
    """Give g^count = β / Π F for every entry of the tally.

    Raises:
        MissingDecryption: a trustee has not decrypted yet.
    """
    owners = range(1, len(trustees) + 1)
    missing = [owner for owner in owners if owner not in partial_decryptions]
    if missing:
        names = ", ".join(str(owner) for owner in missing)
        msg = f"the partial decryption of trustee {names} is missing"
        raise MissingDecryption(msg)
    plaintexts = [[item.beta for item in question] for question in tally.questions]
    for owner in owners:
        for row, factors in zip(plaintexts, partial_decryptions[owner].factors, strict=True):
            row[:] = [value / factor for value, factor in zip(row, factors, strict=True)]
    return tuple(tuple(row) for row in plaintexts)


def verify_result(
    *, result: Result, plaintexts: Sequence[Sequence[Element]], total_weight: int
) -> None:
    """Check that every count n has 0 ≤ n ≤ total weight and g^n = the decrypted element.

    Without the bound n + q would pass too. No logarithm is needed to check one.

    Raises:
        InvalidProof: a count is not what the trustees decrypted.
    """
    if len(result.counts) != len(plaintexts):
        msg = f"the result answers {len(result.counts)} questions, not {len(plaintexts)}"
        raise InvalidProof(msg)
    for number, (counts, elements) in enumerate(zip(result.counts, plaintexts, strict=True)):
        if len(counts) != len(elements):
            msg = f"result[{number}]: there are {len(counts)} counts, not {len(elements)}"
            raise InvalidProof(msg)
        for index, (count, element) in enumerate(zip(counts, elements, strict=True)):
            if not 0 <= count <= total_weight or GENERATOR**count != element:
                msg = f"result[{number}][{index}]: {count} is not what the trustees decrypted"
                raise InvalidProof(msg)


def encode_result(result: Result) -> bytes:
    """Write the object `result`."""
    return encode_json(
        {"result": [[_weight_to_json(count) for count in counts] for counts in result.counts]}
    )


def decode_result(data: bytes) -> Result:
    """Read the object `result`; `verify_result` compares it with the decrypted tally.

    Raises:
        DecodeError: it is malformed.
    """
    value = decode_json(data, source="result", limit_bytes=TALLY_LIMIT_BYTES)
    item = read_object(value, place="", fields=("result",))
    return Result(
        tuple(
            tuple(
                _read_weight(count, place=f"result[{number}][{index}]")
                for index, count in enumerate(read_list(counts, place=f"result[{number}]"))
            )
            for number, counts in enumerate(read_list(item["result"], place="result"))
        )
    )


class _LogarithmTable:
    """Finds n from g^n for 0 ≤ n ≤ bound by baby steps and giant steps (Shanks, 1971).

    The table holds g^0, …, g^(size−1); a search divides its element by g^size until the quotient
    is in the table. With size ≈ √(bound · searches) table and searches cost the same.
    """

    def __init__(self, *, bound: int, searches: int) -> None:
        if bound > COUNT_LIMIT:
            msg = f"the total weight {bound} is too large to search; at most {COUNT_LIMIT} is"
            raise CountOutOfBound(msg)
        self.bound = bound
        self.size = min(bound, isqrt(bound * max(1, searches))) + 1
        self.baby_steps: dict[bytes, int] = {}
        step = IDENTITY
        for exponent in range(self.size):
            self.baby_steps[step.raw] = exponent
            step = step * GENERATOR
        self.giant_step = step

    def logarithm(self, element: Element) -> int:
        quotient = element
        for stride in range(self.bound // self.size + 1):
            exponent = self.baby_steps.get(quotient.raw)
            if exponent is not None:
                count = stride * self.size + exponent
                if count <= self.bound:
                    return count
            quotient = quotient / self.giant_step
        msg = f"a decrypted value is no count up to the total weight {self.bound}"
        raise CountOutOfBound(msg)
