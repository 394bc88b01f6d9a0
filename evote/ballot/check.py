"""Checks ballots: what everybody can do, without any secret (PROTOCOL 1.6)."""

from typing import assert_never

from evote.ballot.context import ballot_context
from evote.ballot.form import AnyAnswer, Ballot
from evote.ballot.homomorphic import EncodedAnswer, verify_answer
from evote.ballot.lists import EncodedLists, verify_lists
from evote.ballot.ranked import EncodedRanking, verify_ranking
from evote.ballot.reading import decode_element
from evote.election import AnyQuestion, Election, Question
from evote.elgamal import Ciphertext
from evote.encoding import b64_digest
from evote.errors import InvalidBallot, InvalidProof
from evote.group import Group, GroupElement
from evote.proofs import verify_hash_signature


def verify_ballot(*, ballot: Ballot, election: Election) -> None:
    """Check a ballot's signature and every proof, in this order: the cheap one first.

    Not checked here, because it is not in the ballot: that the credential is on the public list,
    and that no α was seen before in the election.

    Raises:
        InvalidBallot: `non_canonical` where an element is outside the prime-order group,
            `bad_signature`, or `bad_proof`; the message names the place.
    """
    _verify_signature(ballot, group=election.group)
    context = ballot_context(election, ballot.credential)
    for index, (answer, question) in enumerate(
        zip(ballot.answers, election.questions, strict=True)
    ):
        _verify_answer(
            answer,
            question=question,
            public_key=election.public_key,
            context=context,
            place=f"answers[{index}]",
        )


def decode_choices(ballot: Ballot, *, election: Election) -> tuple[tuple[Ciphertext, ...], ...]:
    """Decode the ciphertexts of each answer, with the check of membership (A-10).

    Raises:
        InvalidBallot: `non_canonical`, with the place.
    """
    return tuple(
        answer.decode_choices(place=f"answers[{index}]", group=election.group)
        for index, answer in enumerate(ballot.answers)
    )


def _verify_signature(ballot: Ballot, *, group: Group) -> None:
    credential = decode_element(ballot.credential, place="credential", group=group)
    # The ballot is canonical and `signature` is its last field: without it, it ends before that.
    unsigned = ballot.archived[: ballot.archived.rindex(b',"signature":')] + b"}"
    if ballot.signed_hash != b64_digest(unsigned):
        msg = "this is not the hash of the ballot without its signature"
        raise InvalidBallot("bad_signature", msg, place="signature.hash")
    try:
        verify_hash_signature(
            proof=ballot.signature, digest=ballot.signed_hash, public_key=credential
        )
    except InvalidProof as error:
        raise InvalidBallot("bad_signature", str(error), place="signature.proof") from error


def _verify_answer(
    answer: AnyAnswer, *, question: AnyQuestion, public_key: GroupElement, context: str, place: str
) -> None:
    match answer:
        case EncodedAnswer():
            assert isinstance(question, Question)
            verify_answer(
                answer, question=question, public_key=public_key, context=context, place=place
            )
        case EncodedRanking():
            verify_ranking(answer, public_key=public_key, context=context, place=place)
        case EncodedLists():
            verify_lists(answer, public_key=public_key, context=context, place=place)
        case _:
            assert_never(answer)
