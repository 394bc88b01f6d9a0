"""The result: what all trustees together decrypt (PROTOCOL 1.9, "Election result")."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evote.election import (
    AnyQuestion,
    Election,
    ListsQuestion,
    RankedQuestion,
    Trustees,
)
from evote.encoding import decode_json, encode_json, read_list, read_object
from evote.errors import InvalidProof
from evote.group import Group, GroupElement
from evote.tally.decryption import PartialDecryption
from evote.tally.encrypted import EncryptedTally
from evote.tally.form import TALLY_LIMIT_BYTES, read_weight, weight_to_json
from evote.tally.logarithm import LogarithmTable

# What is said about one question: counts, or rankings, or the counts of each list.
QuestionResult = tuple[int, ...] | tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Result:
    """What the trustees decrypted, for each question.

    Where it is counted by adding: the weight of the votes for each choice, blank first if there is
    one. Where it is ranked: the numbers of every ballot, in the order of the last shuffle. Where
    it has lists: for each list its weight and those of its candidates.
    """

    answers: tuple[QuestionResult, ...]

    @property
    def counts(self) -> tuple[tuple[int, ...], ...]:
        """The counts of the questions that are counted by adding; empty for the others."""
        return tuple(
            tuple(count for count in answer if isinstance(count, int)) for answer in self.answers
        )

    @property
    def rankings(self) -> tuple[tuple[tuple[int, ...], ...], ...]:
        """The numbers of every ballot, where a question is ranked; empty for counts."""
        return tuple(
            tuple(numbers for numbers in answer if not isinstance(numbers, int))
            for answer in self.answers
        )


def combine(
    *,
    election: Election,
    tally: EncryptedTally,
    trustees: Trustees,
    partial_decryptions: Mapping[int, PartialDecryption],
    total_weight: int,
) -> Result:
    """Decrypt the tally with everybody's factors and read the result ("Election result", 1.9).

    `partial_decryptions` are verified ones by owner, where 1 is the first slot; of each trustee
    alone, and of as many members of a threshold as it asks for.
    `total_weight` bounds the counts.

    Raises:
        MissingDecryption: those who have decrypted do not suffice.
        CountOutOfBound: no count up to `total_weight` fits.
    """
    plaintexts = decrypted_elements(
        tally=tally, trustees=trustees, partial_decryptions=partial_decryptions
    )
    counted = [
        len(elements)
        for question, elements in zip(election.questions, plaintexts, strict=True)
        if not isinstance(question, RankedQuestion)
    ]
    find = (
        LogarithmTable(bound=total_weight, searches=sum(counted), group=election.group)
        if counted
        else None
    )
    answers: list[QuestionResult] = []
    for question, elements in zip(election.questions, plaintexts, strict=True):
        if isinstance(question, RankedQuestion):
            answers.append(_rankings(question, elements, group=election.group))
            continue
        assert find is not None
        counts = [find.logarithm(element) for element in elements]
        answers.append(_nested_counts(question, counts))
    return Result(tuple(answers))


def _rankings(
    question: RankedQuestion, elements: Sequence[GroupElement], *, group: Group
) -> tuple[tuple[int, ...], ...]:
    return tuple(group.extract(element, len(question.answers)) for element in elements)


def _nested_counts(question: AnyQuestion, counts: Sequence[int]) -> QuestionResult:
    if not isinstance(question, ListsQuestion):
        return tuple(counts)
    remaining = iter(counts)
    return tuple(tuple(next(remaining) for _ in range(length)) for length in question.list_lengths)


def decrypted_elements(
    *,
    tally: EncryptedTally,
    trustees: Trustees,
    partial_decryptions: Mapping[int, PartialDecryption],
) -> tuple[tuple[GroupElement, ...], ...]:
    """Give β / Π F^λ for every entry of the tally: g^count, or a ranking's element.

    λ is 1 for a trustee alone and Lagrange's coefficient for a member of a threshold.

    Raises:
        MissingDecryption: those who have decrypted do not suffice.
    """
    exponents = trustees.exponents(partial_decryptions)
    plaintexts = [[item.beta for item in question] for question in tally.questions]
    for owner, exponent in exponents.items():
        for row, factors in zip(plaintexts, partial_decryptions[owner].factors, strict=True):
            row[:] = [
                value / _power(factor, exponent) for value, factor in zip(row, factors, strict=True)
            ]
    return tuple(tuple(row) for row in plaintexts)


def _power(factor: GroupElement, exponent: int) -> GroupElement:
    # A trustee alone counts once: spare the multiplication.
    return factor if exponent == 1 else factor**exponent


def verify_result(
    *,
    result: Result,
    election: Election,
    plaintexts: Sequence[Sequence[GroupElement]],
    total_weight: int,
) -> None:
    """Check that the result is what the trustees decrypted (1.9).

    Every count n has 0 ≤ n ≤ total weight and g^n = the decrypted element: without the bound n + q
    would pass too, and no logarithm is needed to check one. Every ranking is read anew.

    Raises:
        InvalidProof: a part of the result is not what the trustees decrypted.
    """
    if not len(result.answers) == len(plaintexts) == len(election.questions):
        msg = f"the result answers {len(result.answers)} questions, not {len(plaintexts)}"
        raise InvalidProof(msg)
    for number, (question, answer, elements) in enumerate(
        zip(election.questions, result.answers, plaintexts, strict=True)
    ):
        place = f"result[{number}]"
        if isinstance(question, RankedQuestion):
            if answer != _rankings(question, elements, group=election.group):
                msg = f"{place}: these are not the rankings that the trustees decrypted"
                raise InvalidProof(msg)
            continue
        counts = _flat_counts(question, answer, place=place)
        if len(counts) != len(elements):
            msg = f"{place}: there are {len(counts)} counts, not {len(elements)}"
            raise InvalidProof(msg)
        for index, (count, element) in enumerate(zip(counts, elements, strict=True)):
            if not 0 <= count <= total_weight or election.group.generator**count != element:
                msg = f"{place}[{index}]: {count} is not what the trustees decrypted"
                raise InvalidProof(msg)


def _flat_counts(question: AnyQuestion, answer: QuestionResult, *, place: str) -> list[int]:
    """Give the counts one after the other, if they are nested as the question asks."""
    flat: list[int] = []
    for item in answer:
        flat.extend((item,) if isinstance(item, int) else item)
    if len(flat) != question.choice_count or answer != _nested_counts(question, flat):
        msg = f"{place}: the counts are not one for each choice of the question"
        raise InvalidProof(msg)
    return flat


def encode_result(result: Result) -> bytes:
    """Write the object `result`."""
    return encode_json({"result": [_to_json(answer) for answer in result.answers]})


def _to_json(answer: QuestionResult) -> list[object]:
    return [
        weight_to_json(item)
        if isinstance(item, int)
        else [weight_to_json(number) for number in item]
        for item in answer
    ]


def decode_result(data: bytes) -> Result:
    """Read the object `result`; `verify_result` compares it with the decrypted tally.

    Raises:
        DecodeError: it is malformed.
    """
    value = decode_json(data, source="result", limit_bytes=TALLY_LIMIT_BYTES)
    item = read_object(value, place="", fields=("result",))
    return Result(
        tuple(
            _read_answer(answer, place=f"result[{number}]")
            for number, answer in enumerate(read_list(item["result"], place="result"))
        )
    )


def _read_answer(value: object, *, place: str) -> QuestionResult:
    """Take numbers, or lists of numbers: the first entry says which, the others must agree."""
    items = read_list(value, place=place)
    if not items or not isinstance(items[0], list):
        return _read_numbers(items, place=place)
    return tuple(_read_numbers(item, place=f"{place}[{index}]") for index, item in enumerate(items))


def _read_numbers(value: object, *, place: str) -> tuple[int, ...]:
    return tuple(
        read_weight(number, place=f"{place}[{index}]")
        for index, number in enumerate(read_list(value, place=place))
    )
