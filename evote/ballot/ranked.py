"""The answer to a ranked question: `answer_nh` of PROTOCOL 1.3 and 1.6."""

from collections.abc import Sequence
from dataclasses import dataclass

from evote.ballot.checks import Checks
from evote.ballot.choice import InvalidChoice, PlainAnswer
from evote.ballot.reading import EncodedChoice, TakeElement, read_choice, take_choices
from evote.election import RankedQuestion
from evote.elgamal import Ciphertext, encrypt_element
from evote.encoding import read_ordered_object
from evote.group import ED25519, Element, Group, InvalidVector, random_scalar
from evote.proofs import Proof, encryption_claim, prove_encryption, read_proof


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodedRanking:
    """The answer to one ranked question as it stands in the ballot: one ciphertext, one proof."""

    choice: EncodedChoice
    proof: Proof

    @property
    def choices(self) -> tuple[EncodedChoice, ...]:
        """All pairs (str(α), str(β)) of the answer."""
        return (self.choice,)

    def take_choices(self, take: TakeElement, *, place: str) -> tuple[Ciphertext, ...]:
        """Make the ciphertext, with the check of membership (A-10)."""
        return take_choices(self.choices, places=[f"{place}.choices"], take=take)


def read_ranking(value: object, *, place: str, group: Group) -> EncodedRanking:
    """Take an answer to a ranked question."""
    item = read_ordered_object(value, place=place, fields=("choices", "proof"))
    return EncodedRanking(
        choice=read_choice(item["choices"], place=f"{place}.choices", group=group),
        proof=read_proof(item["proof"], place=f"{place}.proof", is_ordered=True, group=group),
    )


def check_ranking(
    answer: EncodedRanking, *, checks: Checks, context: str, place: str
) -> tuple[Ciphertext, ...]:
    """Check that the voter made the ciphertext; `context` is S0 (1.6). Returns it.

    Nothing proves that the numbers are a ranking: the method of counting says what others mean.

    Raises:
        InvalidBallot: `non_canonical` or `bad_proof`, with the place.
    """
    (ciphertext,) = answer.take_choices(checks.element, place=place)
    made = encryption_claim(
        context=context, public_key=checks.key, ciphertext=ciphertext, proof=answer.proof
    )
    checks.hold(made, code="bad_proof", place=f"{place}.proof")
    return (ciphertext,)


def read_numbers(question: RankedQuestion, answer: PlainAnswer, *, number: int) -> list[int]:
    """Take a voter's numbers, one for each answer.

    Raises:
        InvalidChoice: too few or too many, or one not from 0 to 255; `number` is the question's.
    """
    values = [value for value in answer if type(value) is int]
    if len(answer) != len(question.answers) or len(values) != len(answer):
        msg = f"the answer to question {number} is not {len(question.answers)} numbers"
        raise InvalidChoice(msg)
    try:
        ED25519.embed(values)
    except InvalidVector as error:
        msg = f"the answer to question {number}: {error}"
        raise InvalidChoice(msg) from error
    return values


def encrypt_ranking(
    values: Sequence[int], *, public_key: Element, context: str
) -> dict[str, object]:
    """Encrypt and prove an answer that `read_numbers` took."""
    randomness = random_scalar()
    ciphertext = encrypt_element(
        element=ED25519.embed(values), public_key=public_key, randomness=randomness
    )
    proof = prove_encryption(
        context=context, public_key=public_key, ciphertext=ciphertext, randomness=randomness
    )
    return {"choices": ciphertext.to_json(), "proof": proof.to_json()}
