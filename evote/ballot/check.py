"""Checks ballots: what everybody can do, without any secret (PROTOCOL 1.6)."""

from evote.ballot.context import BIT, answer_context, ballot_context
from evote.ballot.form import Ballot, EncodedAnswer
from evote.election import Election, Question
from evote.elgamal import Ciphertext, product
from evote.encoding import b64_digest
from evote.errors import DecodeError, InvalidBallot, InvalidProof
from evote.group import Element
from evote.proofs import (
    blank_or_enough,
    blank_or_nothing,
    verify_blank,
    verify_hash_signature,
    verify_interval,
)


def verify_ballot(*, ballot: Ballot, election: Election) -> None:
    """Check a ballot's signature and every proof, in this order: the cheap one first.

    Not checked here, because it is not in the ballot: that the credential is on the public list,
    and that no α was seen before in the election.

    Raises:
        InvalidBallot: `non_canonical` where an element is outside the prime-order group,
            `bad_signature`, or `bad_proof`; the message names the place.
    """
    _verify_signature(ballot)
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


def decode_choices(ballot: Ballot) -> tuple[tuple[Ciphertext, ...], ...]:
    """Decode the ciphertexts of each answer, with the check of membership (A-10).

    Raises:
        InvalidBallot: `non_canonical`, with the place.
    """
    return tuple(
        _decode_choices(answer, place=f"answers[{index}]")
        for index, answer in enumerate(ballot.answers)
    )


def _decode_choices(answer: EncodedAnswer, *, place: str) -> tuple[Ciphertext, ...]:
    return tuple(
        Ciphertext(
            _decode_element(alpha, place=f"{place}.choices[{index}].alpha"),
            _decode_element(beta, place=f"{place}.choices[{index}].beta"),
        )
        for index, (alpha, beta) in enumerate(answer.choices)
    )


def _decode_element(text: str, *, place: str) -> Element:
    try:
        return Element.decode(text, place=place)
    except DecodeError as error:
        raise InvalidBallot("non_canonical", error.message, place=place) from error


def _verify_signature(ballot: Ballot) -> None:
    credential = _decode_element(ballot.credential, place="credential")
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
    answer: EncodedAnswer, *, question: Question, public_key: Element, context: str, place: str
) -> None:
    choices = _decode_choices(answer, place=place)
    step = ""
    try:
        for index, (choice, proofs) in enumerate(
            zip(choices, answer.individual_proofs, strict=True)
        ):
            step = f"individual_proofs[{index}]"
            verify_interval(
                context=context,
                public_key=public_key,
                ciphertext=choice,
                choices=BIT,
                proofs=proofs,
            )
        bound_to = answer_context(context, choices)
        total = product(choices[question.has_blank :])
        step = "overall_proof"
        if not question.has_blank:
            verify_interval(
                context=bound_to,
                public_key=public_key,
                ciphertext=total,
                choices=range(question.minimum, question.maximum + 1),
                proofs=answer.overall_proof,
            )
            return
        verify_blank(
            prefix="bproof1",
            context=bound_to,
            public_key=public_key,
            branches=blank_or_enough(
                blank=choices[0],
                total=total,
                minimum=question.minimum,
                maximum=question.maximum,
            ),
            proofs=answer.overall_proof,
        )
        step = "blank_proof"
        verify_blank(
            prefix="bproof0",
            context=bound_to,
            public_key=public_key,
            branches=blank_or_nothing(blank=choices[0], total=total),
            proofs=answer.blank_proof,
        )
    except InvalidProof as error:
        raise InvalidBallot("bad_proof", str(error), place=f"{place}.{step}") from error
