"""The form of a ballot: what it holds, and how it is read (PROTOCOL 1.3, 1.6)."""

from collections.abc import Mapping
from dataclasses import dataclass

from evote.ballot.homomorphic import EncodedAnswer, read_answer
from evote.ballot.lists import EncodedLists, read_lists
from evote.ballot.ranked import EncodedRanking, read_ranking
from evote.ballot.reading import read_encoding
from evote.election import AnyQuestion, Election, ListsQuestion, RankedQuestion
from evote.encoding import (
    b64_digest,
    decode_canonical_json,
    read_list,
    read_ordered_object,
    read_text,
)
from evote.errors import InvalidBallot, ShapeError
from evote.group import ED25519, Group
from evote.proofs import Proof, read_proof

BALLOT_LIMIT_BYTES = 256 * 1024
# Numbers of 2048 bits take some ten times the room.
FIELD_BALLOT_LIMIT_BYTES = 10 * BALLOT_LIMIT_BYTES


AnyAnswer = EncodedAnswer | EncodedRanking | EncodedLists


@dataclass(frozen=True, slots=True, kw_only=True)
class Ballot:
    """A ballot of the right shape for its election. Only `verify_ballot` makes it a valid one."""

    archived: bytes
    tracker: str
    credential: str
    answers: tuple[AnyAnswer, ...]
    signed_hash: str
    signature: Proof

    @property
    def alphas(self) -> tuple[str, ...]:
        """Every α of the ballot, in order: none may be seen twice in one election."""
        return tuple(alpha for answer in self.answers for alpha, _ in answer.choices)


def decode_in_full(data: bytes, *, election: Election) -> Ballot:
    """Read a ballot for `election`, field by field; `evote.ballot.decoding` says what is checked.

    Raises:
        DecodeError: not JSON, or not the one spelling of a ballot: field order, scalars, hex.
        InvalidBallot: `wrong_shape`, `wrong_election`, `identity_element`, or
            `duplicate_ciphertext`.
    """
    limit = BALLOT_LIMIT_BYTES if election.group is ED25519 else FIELD_BALLOT_LIMIT_BYTES
    value = decode_canonical_json(data, source="ballot", limit_bytes=limit)
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
        ballot = _read_ballot(item, data=data, election=election)
    except ShapeError as error:
        raise InvalidBallot("wrong_shape", error.message, place=error.place) from error
    alphas = ballot.alphas
    if len(set(alphas)) != len(alphas):
        raise InvalidBallot("duplicate_ciphertext", "the ballot uses the same ciphertext twice")
    return ballot


def _read_ballot(item: Mapping[str, object], *, data: bytes, election: Election) -> Ballot:
    questions, group = election.questions, election.group
    answers = read_list(item["answers"], place="answers", length=len(questions))
    signature = read_ordered_object(item["signature"], place="signature", fields=("hash", "proof"))
    return Ballot(
        archived=data,
        tracker=b64_digest(data),
        credential=read_encoding(item["credential"], place="credential", group=group),
        answers=tuple(
            _read_answer(answer, question=question, place=f"answers[{index}]", group=group)
            for index, (answer, question) in enumerate(zip(answers, questions, strict=True))
        ),
        signed_hash=read_text(signature["hash"], place="signature.hash"),
        signature=read_proof(
            signature["proof"], place="signature.proof", is_ordered=True, group=group
        ),
    )


def _read_answer(value: object, *, question: AnyQuestion, place: str, group: Group) -> AnyAnswer:
    if isinstance(question, RankedQuestion):
        return read_ranking(value, place=place, group=group)
    if isinstance(question, ListsQuestion):
        return read_lists(value, question=question, place=place, group=group)
    return read_answer(value, question=question, place=place, group=group)
