"""The form of a ballot: what it holds, and how it is read (PROTOCOL 1.3, 1.6)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evote.election import Election, Question
from evote.encoding import (
    b64_digest,
    decode_canonical_json,
    read_list,
    read_ordered_object,
    read_text,
)
from evote.errors import DecodeError, InvalidBallot, ShapeError
from evote.group import IDENTITY_ENCODING, is_encoding
from evote.proofs import Proof, read_proof

BALLOT_LIMIT_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodedAnswer:
    """The answer to one question as it stands in the ballot.

    `choices` are pairs (str(α), str(β)), not yet known to be elements of the group; where the
    question has a blank answer, its ciphertext comes first.
    """

    choices: tuple[tuple[str, str], ...]
    individual_proofs: tuple[tuple[Proof, ...], ...]
    overall_proof: tuple[Proof, ...]
    blank_proof: tuple[Proof, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ballot:
    """A ballot of the right shape for its election. Only `verify_ballot` makes it a valid one."""

    archived: bytes
    tracker: str
    credential: str
    answers: tuple[EncodedAnswer, ...]
    signed_hash: str
    signature: Proof

    @property
    def alphas(self) -> tuple[str, ...]:
        """Every α of the ballot, in order: none may be seen twice in one election."""
        return tuple(alpha for answer in self.answers for alpha, _ in answer.choices)


def decode_ballot(data: bytes, *, election: Election) -> Ballot:
    """Read a ballot for `election`, with every check that costs next to nothing.

    Raises:
        DecodeError: not JSON, or not the one spelling of a ballot: field order, scalars, hex.
        InvalidBallot: `wrong_shape`, `wrong_election`, `identity_element`, or
            `duplicate_ciphertext` where one ballot uses the same α twice.
    """
    value = decode_canonical_json(data, source="ballot", limit_bytes=BALLOT_LIMIT_BYTES)
    try:
        item = read_ordered_object(
            value,
            place="",
            fields=("election_uuid", "election_hash", "credential", "answers", "signature"),
        )
        uuid = read_text(item["election_uuid"], place="election_uuid")
        fingerprint = read_text(item["election_hash"], place="election_hash")
    except ShapeError as error:
        raise InvalidBallot("wrong_shape", error.message, place=error.place) from error
    if uuid != election.uuid or fingerprint != election.fingerprint:
        raise InvalidBallot("wrong_election", "the ballot belongs to another election")
    try:
        ballot = _read_ballot(item, data=data, questions=election.questions)
    except ShapeError as error:
        raise InvalidBallot("wrong_shape", error.message, place=error.place) from error
    alphas = ballot.alphas
    if len(set(alphas)) != len(alphas):
        raise InvalidBallot("duplicate_ciphertext", "the ballot uses the same ciphertext twice")
    return ballot


def _read_ballot(
    item: Mapping[str, object], *, data: bytes, questions: Sequence[Question]
) -> Ballot:
    answers = read_list(item["answers"], place="answers", length=len(questions))
    signature = read_ordered_object(item["signature"], place="signature", fields=("hash", "proof"))
    return Ballot(
        archived=data,
        tracker=b64_digest(data),
        credential=_read_encoding(item["credential"], place="credential"),
        answers=tuple(
            _read_answer(answer, question=question, place=f"answers[{index}]")
            for index, (answer, question) in enumerate(zip(answers, questions, strict=True))
        ),
        signed_hash=read_text(signature["hash"], place="signature.hash"),
        signature=read_proof(signature["proof"], place="signature.proof", is_ordered=True),
    )


def _read_answer(value: object, *, question: Question, place: str) -> EncodedAnswer:
    fields = ["choices", "individual_proofs", "overall_proof"]
    if question.has_blank:
        fields.append("blank_proof")
    item = read_ordered_object(value, place=place, fields=fields)
    count = question.choice_count
    choices = read_list(item["choices"], place=f"{place}.choices", length=count)
    individual = read_list(
        item["individual_proofs"], place=f"{place}.individual_proofs", length=count
    )
    # One branch for each permitted number of choices, and one more for blank.
    branches = question.maximum - question.minimum + 1 + question.has_blank
    return EncodedAnswer(
        choices=tuple(
            _read_choice(choice, place=f"{place}.choices[{index}]")
            for index, choice in enumerate(choices)
        ),
        individual_proofs=tuple(
            _read_proofs(proofs, place=f"{place}.individual_proofs[{index}]", length=2)
            for index, proofs in enumerate(individual)
        ),
        overall_proof=_read_proofs(
            item["overall_proof"], place=f"{place}.overall_proof", length=branches
        ),
        blank_proof=(
            _read_proofs(item["blank_proof"], place=f"{place}.blank_proof", length=2)
            if question.has_blank
            else ()
        ),
    )


def _read_choice(value: object, *, place: str) -> tuple[str, str]:
    item = read_ordered_object(value, place=place, fields=("alpha", "beta"))
    return (
        _read_encoding(item["alpha"], place=f"{place}.alpha"),
        _read_encoding(item["beta"], place=f"{place}.beta"),
    )


def _read_encoding(value: object, *, place: str) -> str:
    text = read_text(value, place=place)
    if not is_encoding(text):
        msg = "an element is written as 64 lower-case hexadecimal digits"
        raise DecodeError(msg, place=place)
    if text == IDENTITY_ENCODING:
        raise InvalidBallot("identity_element", "the identity encrypts nothing", place=place)
    return text


def _read_proofs(value: object, *, place: str, length: int) -> tuple[Proof, ...]:
    return tuple(
        read_proof(proof, place=f"{place}[{index}]", is_ordered=True)
        for index, proof in enumerate(read_list(value, place=place, length=length))
    )
