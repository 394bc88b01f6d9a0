"""Makes ballots: what the voter's own computer does (PROTOCOL 1.6)."""

from collections.abc import Sequence

from evote.ballot.context import BIT, answer_context, ballot_context
from evote.credential import derive_secret_key
from evote.election import Election, Question
from evote.elgamal import encrypt_bit, product
from evote.encoding import b64_digest, encode_json
from evote.errors import EvoteError
from evote.group import GENERATOR, ZERO, Element, random_scalar
from evote.proofs import (
    Opening,
    Proof,
    blank_or_enough,
    blank_or_nothing,
    prove_blank,
    prove_interval,
    sign_hash,
)


class InvalidChoice(EvoteError):
    """These answers are not permitted by the question, so no valid ballot can express them."""


def create_ballot(
    *, election: Election, credential: str, answers: Sequence[Sequence[int]]
) -> bytes:
    """Encrypt, prove and sign a voter's answers.

    `answers` has one list of zeros and ones for each question, one number for each of its
    answers, with the blank one first where there is one. Fresh randomness on every call, and none
    of it leaves this function.

    Raises:
        InvalidChoice: a question does not permit its answer.
        DecodeError: `credential` does not have the form of a credential.
    """
    if len(answers) != len(election.questions):
        msg = f"there are {len(election.questions)} questions and {len(answers)} answers"
        raise InvalidChoice(msg)
    for index, (question, bits) in enumerate(zip(election.questions, answers, strict=True)):
        _check_choice(question, bits, number=index + 1)
    secret_key = derive_secret_key(uuid=election.uuid, credential=credential)
    public_credential = (GENERATOR**secret_key).encode()
    context = ballot_context(election, public_credential)
    ballot: dict[str, object] = {
        "election_uuid": election.uuid,
        "election_hash": election.fingerprint,
        "credential": public_credential,
        "answers": [
            _encrypt_answer(
                question=question, bits=bits, public_key=election.public_key, context=context
            )
            for question, bits in zip(election.questions, answers, strict=True)
        ],
    }
    digest = b64_digest(encode_json(ballot))
    signature = sign_hash(digest=digest, secret_key=secret_key)
    return encode_json(ballot | {"signature": {"hash": digest, "proof": signature.to_json()}})


def _check_choice(question: Question, bits: Sequence[int], *, number: int) -> None:
    if len(bits) != question.choice_count or any(
        type(bit) is not int or bit not in BIT for bit in bits
    ):
        msg = f"the answer to question {number} is not {question.choice_count} zeros and ones"
        raise InvalidChoice(msg)
    is_blank = question.has_blank and bits[0] == 1
    chosen = sum(bits[question.has_blank :])
    if is_blank and chosen:
        msg = f"the answer to question {number} is blank and not blank"
        raise InvalidChoice(msg)
    if not is_blank and not question.minimum <= chosen <= question.maximum:
        msg = (
            f"question {number} asks for {question.minimum} to {question.maximum} choices, "
            f"not {chosen}"
        )
        raise InvalidChoice(msg)


def _encrypt_answer(
    *, question: Question, bits: Sequence[int], public_key: Element, context: str
) -> dict[str, object]:
    openings = [Opening(random_scalar(), bit) for bit in bits]
    choices = [
        encrypt_bit(bit=opening.plaintext, public_key=public_key, randomness=opening.randomness)
        for opening in openings
    ]
    answer: dict[str, object] = {
        "choices": [
            {"alpha": choice.alpha.encode(), "beta": choice.beta.encode()} for choice in choices
        ],
        "individual_proofs": [
            _to_json(
                prove_interval(
                    context=context,
                    public_key=public_key,
                    ciphertext=choice,
                    opening=opening,
                    choices=BIT,
                )
            )
            for choice, opening in zip(choices, openings, strict=True)
        ],
    }
    bound_to = answer_context(context, choices)
    total = product(choices[question.has_blank :])
    total_opening = _sum(openings[question.has_blank :])
    if not question.has_blank:
        overall = prove_interval(
            context=bound_to,
            public_key=public_key,
            ciphertext=total,
            opening=total_opening,
            choices=range(question.minimum, question.maximum + 1),
        )
        return answer | {"overall_proof": _to_json(overall)}
    enough = blank_or_enough(
        blank=choices[0], total=total, minimum=question.minimum, maximum=question.maximum
    )
    overall = prove_blank(
        prefix="bproof1",
        context=bound_to,
        public_key=public_key,
        branches=enough,
        openings=[openings[0]] + [total_opening] * (len(enough) - 1),
    )
    blank = prove_blank(
        prefix="bproof0",
        context=bound_to,
        public_key=public_key,
        branches=blank_or_nothing(blank=choices[0], total=total),
        openings=[openings[0], total_opening],
    )
    return answer | {"overall_proof": _to_json(overall), "blank_proof": _to_json(blank)}


def _sum(openings: Sequence[Opening]) -> Opening:
    """Open the product of the ciphertexts: randomness and plaintexts add up."""
    randomness = ZERO
    for opening in openings:
        randomness = randomness + opening.randomness
    return Opening(randomness, sum(opening.plaintext for opening in openings))


def _to_json(proofs: Sequence[Proof]) -> list[dict[str, str]]:
    return [proof.to_json() for proof in proofs]
