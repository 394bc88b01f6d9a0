"""Checks ballots: what everybody can do, without any secret (PROTOCOL 1.6)."""

from functools import partial
from typing import assert_never

from evote.ballot.checks import Checks, checks_of
from evote.ballot.context import ballot_context
from evote.ballot.form import AnyAnswer, Ballot
from evote.ballot.homomorphic import EncodedAnswer, check_answer
from evote.ballot.lists import EncodedLists, check_lists
from evote.ballot.ranked import EncodedRanking, check_ranking
from evote.ballot.reading import decode_element
from evote.election import AnyQuestion, Election, Question
from evote.elgamal import Ciphertext
from evote.encoding import b64_digest
from evote.errors import InvalidBallot
from evote.group import GroupElement
from evote.proofs import hash_signature_claim


def verify_ballot(*, ballot: Ballot, election: Election) -> None:
    """Check a ballot's signature and every proof, in this order: the cheap one first.

    Not checked here, because it is not in the ballot: that the credential is on the public list,
    and that no α was seen before in the election.

    Raises:
        InvalidBallot: `non_canonical` where an element is outside the prime-order group,
            `bad_signature`, or `bad_proof`; the message names the place.
    """
    checks = checks_of(election.public_key)
    write_checks(ballot, election=election, checks=checks)
    checks.finish()


def write_checks(ballot: Ballot, *, election: Election, checks: Checks) -> None:
    """Go through every check of a ballot in order; what is not done at once, `finish` does.

    Raises:
        InvalidBallot: as `verify_ballot`, where the checks are done at once.
    """
    _check_signature(ballot, checks=checks)
    context = ballot_context(election, ballot.credential)
    for index, (answer, question) in enumerate(
        zip(ballot.answers, election.questions, strict=True)
    ):
        _check_answer(
            answer, question=question, checks=checks, context=context, place=f"answers[{index}]"
        )


def decode_choices(
    ballot: Ballot, *, election: Election, is_verified: bool = False
) -> tuple[tuple[Ciphertext, ...], ...]:
    """Decode the ciphertexts of each answer, with the check of membership (A-10).

    `is_verified` says that `verify_ballot` took this ballot, so that they are known to be members.

    Raises:
        InvalidBallot: `non_canonical`, with the place.
    """

    def take_known(text: str, /, *, place: str) -> GroupElement:
        return election.group.decode_known(text)

    take = take_known if is_verified else partial(decode_element, group=election.group)
    return tuple(
        answer.take_choices(take, place=f"answers[{index}]")
        for index, answer in enumerate(ballot.answers)
    )


def _check_signature(ballot: Ballot, *, checks: Checks) -> None:
    credential = checks.element(ballot.credential, place="credential")
    # The ballot is canonical and `signature` is its last field: without it, it ends before that.
    unsigned = ballot.archived[: ballot.archived.rindex(b',"signature":')] + b"}"
    if ballot.signed_hash != b64_digest(unsigned):
        msg = "this is not the hash of the ballot without its signature"
        checks.refuse(InvalidBallot("bad_signature", msg, place="signature.hash"))
    signed = hash_signature_claim(
        proof=ballot.signature, digest=ballot.signed_hash, public_key=credential
    )
    checks.hold(signed, code="bad_signature", place="signature.proof")


def _check_answer(
    answer: AnyAnswer, *, question: AnyQuestion, checks: Checks, context: str, place: str
) -> None:
    match answer:
        case EncodedAnswer():
            assert isinstance(question, Question)
            check_answer(answer, question=question, checks=checks, context=context, place=place)
        case EncodedRanking():
            check_ranking(answer, checks=checks, context=context, place=place)
        case EncodedLists():
            check_lists(answer, checks=checks, context=context, place=place)
        case _:
            assert_never(answer)
