"""The answer to a question that is counted by adding: `answer_h` of PROTOCOL 1.3 and 1.6."""

from collections.abc import Sequence
from dataclasses import dataclass

from evote.ballot.checks import Checks
from evote.ballot.choice import BIT, InvalidChoice, PlainAnswer, is_bits
from evote.ballot.context import answer_context
from evote.ballot.reading import (
    EncodedChoice,
    TakeElement,
    read_choice,
    read_proofs,
    take_choices,
)
from evote.election import Question
from evote.elgamal import Ciphertext, encrypt_bit, product
from evote.encoding import read_list, read_ordered_object
from evote.group import Element, Group, random_scalar
from evote.proofs import (
    Opening,
    Proof,
    blank_claim,
    blank_or_enough,
    blank_or_nothing,
    interval_claim,
    proofs_to_json,
    prove_blank,
    prove_interval,
    sum_openings,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodedAnswer:
    """The answer to one question as it stands in the ballot.

    `choices` are pairs (str(α), str(β)), not yet known to be elements of the group; where the
    question has a blank answer, its ciphertext comes first.
    """

    choices: tuple[EncodedChoice, ...]
    individual_proofs: tuple[tuple[Proof, ...], ...]
    overall_proof: tuple[Proof, ...]
    blank_proof: tuple[Proof, ...]

    def take_choices(self, take: TakeElement, *, place: str) -> tuple[Ciphertext, ...]:
        """Make the ciphertexts, with the check of membership (A-10)."""
        places = [f"{place}.choices[{index}]" for index in range(len(self.choices))]
        return take_choices(self.choices, places=places, take=take)


# --- Reading -----------------------------------------------------------------------------


def read_answer(value: object, *, question: Question, place: str, group: Group) -> EncodedAnswer:
    """Take an answer of exactly the shape that the question asks for."""
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
            read_choice(choice, place=f"{place}.choices[{index}]", group=group)
            for index, choice in enumerate(choices)
        ),
        individual_proofs=tuple(
            read_proofs(proofs, place=f"{place}.individual_proofs[{index}]", length=2, group=group)
            for index, proofs in enumerate(individual)
        ),
        overall_proof=read_proofs(
            item["overall_proof"], place=f"{place}.overall_proof", length=branches, group=group
        ),
        blank_proof=(
            read_proofs(item["blank_proof"], place=f"{place}.blank_proof", length=2, group=group)
            if question.has_blank
            else ()
        ),
    )


# --- Checking ----------------------------------------------------------------------------


def check_answer(
    answer: EncodedAnswer, *, question: Question, checks: Checks, context: str, place: str
) -> tuple[Ciphertext, ...]:
    """Check every proof of an answer; `context` is S0 (1.6). Returns its ciphertexts.

    Raises:
        InvalidBallot: `non_canonical` or `bad_proof`, with the place.
    """
    choices = answer.take_choices(checks.element, place=place)
    for index, (choice, proofs) in enumerate(zip(choices, answer.individual_proofs, strict=True)):
        bit = interval_claim(
            context=context,
            public_key=checks.key,
            ciphertext=choice,
            choices=BIT,
            proofs=proofs,
        )
        checks.hold(bit, code="bad_proof", place=f"{place}.individual_proofs[{index}]")
    bound_to = answer_context(context, choices)
    total = product(choices[question.has_blank :], public_key=checks.key)
    if question.has_blank:
        _check_blank(
            answer,
            question=question,
            checks=checks,
            context=bound_to,
            blank=choices[0],
            total=total,
            place=place,
        )
        return choices
    permitted = interval_claim(
        context=bound_to,
        public_key=checks.key,
        ciphertext=total,
        choices=range(question.minimum, question.maximum + 1),
        proofs=answer.overall_proof,
    )
    checks.hold(permitted, code="bad_proof", place=f"{place}.overall_proof")
    return choices


def _check_blank(
    answer: EncodedAnswer,
    *,
    question: Question,
    checks: Checks,
    context: str,
    blank: Ciphertext,
    total: Ciphertext,
    place: str,
) -> None:
    """Check the two proofs of an answer that may be blank; `context` is S."""
    enough = blank_claim(
        prefix="bproof1",
        context=context,
        public_key=checks.key,
        branches=blank_or_enough(
            blank=blank, total=total, minimum=question.minimum, maximum=question.maximum
        ),
        proofs=answer.overall_proof,
    )
    checks.hold(enough, code="bad_proof", place=f"{place}.overall_proof")
    nothing_else = blank_claim(
        prefix="bproof0",
        context=context,
        public_key=checks.key,
        branches=blank_or_nothing(blank=blank, total=total),
        proofs=answer.blank_proof,
    )
    checks.hold(nothing_else, code="bad_proof", place=f"{place}.blank_proof")


# --- Making ------------------------------------------------------------------------------


def read_bits(question: Question, answer: PlainAnswer, *, number: int) -> list[int]:
    """Take a voter's choices, zeros and ones with blank first, if the question permits them.

    Raises:
        InvalidChoice: it does not; `number` is the question's, from 1.
    """
    if not is_bits(answer, count=question.choice_count):
        msg = f"the answer to question {number} is not {question.choice_count} zeros and ones"
        raise InvalidChoice(msg)
    bits = [bit for bit in answer if isinstance(bit, int)]
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
    return bits


def encrypt_answer(
    bits: Sequence[int], *, question: Question, public_key: Element, context: str
) -> dict[str, object]:
    """Encrypt and prove an answer that `read_bits` took."""
    openings = [Opening(random_scalar(), bit) for bit in bits]
    choices = [
        encrypt_bit(bit=opening.plaintext, public_key=public_key, randomness=opening.randomness)
        for opening in openings
    ]
    answer: dict[str, object] = {
        "choices": [choice.to_json() for choice in choices],
        "individual_proofs": [
            proofs_to_json(
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
    total = product(choices[question.has_blank :], public_key=public_key)
    total_opening = sum_openings(openings[question.has_blank :])
    if not question.has_blank:
        overall = prove_interval(
            context=bound_to,
            public_key=public_key,
            ciphertext=total,
            opening=total_opening,
            choices=range(question.minimum, question.maximum + 1),
        )
        return answer | {"overall_proof": proofs_to_json(overall)}
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
    return answer | {
        "overall_proof": proofs_to_json(overall),
        "blank_proof": proofs_to_json(blank),
    }
