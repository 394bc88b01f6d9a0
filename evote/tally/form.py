"""How the objects of a tally are written: their nesting, their elements, their weights.

In memory an object of the tally has one flat tuple of entries for each question. As JSON the
entries of a question are nested as the question asks (PROTOCOL 1.7):

* counted by adding: a list with one entry for each choice;
* ranked: a list with one entry for each ballot, as long as the tally is;
* lists: for each list a list, with one entry for it and one for each candidate.
"""

from collections.abc import Sequence
from typing import TypeVar

from evote.election import AnyQuestion, Election, ListsQuestion, RankedQuestion
from evote.encoding import read_integer, read_list, read_text
from evote.errors import DecodeError
from evote.group import (
    ED25519,
    Group,
    GroupElement,
    are_members,
    computes_together,
    raw_of,
)

Entry = TypeVar("Entry")

# From here on it is cheaper to test elements together.
MANY_ELEMENTS = 2000
# A hundred thousand rankings, decrypted, have some thirty megabytes.
TALLY_LIMIT_BYTES = 64_000_000
# Weights up to 2^30 − 1 are written as integers, larger ones as decimal strings (PROTOCOL 1.2).
INTEGER_WEIGHT_LIMIT = 2**30 - 1
WEIGHT_LIMIT = 2**53 - 1


def read_element(value: object, *, place: str, group: Group) -> GroupElement:
    """Take an element of the group, with the check of membership."""
    return group.decode(read_text(value, place=place), place=place)


def read_elements(
    entries: Sequence[tuple[str, object]], *, group: Group
) -> tuple[GroupElement, ...]:
    """Take elements, each with its place; many are tested for membership together."""
    texts = [item for _, item in entries if isinstance(item, str) and group.is_encoding(item)]
    if (
        group is ED25519
        and computes_together()
        and len(texts) == len(entries) >= MANY_ELEMENTS
        and are_members(b"".join(map(raw_of, texts)))
    ):
        return tuple(map(group.decode_known, texts))
    return tuple(read_element(item, place=place, group=group) for place, item in entries)


# --- Nesting -----------------------------------------------------------------------------


def read_nested(value: object, *, election: Election, place: str) -> list[list[tuple[str, object]]]:
    """Take one nesting for each question; give its entries flat, each with its place.

    How many entries a ranked question has is not in the election: whoever has the tally compares.
    """
    questions = read_list(value, place=place, length=len(election.questions))
    return [
        _read_entries(entries, question=question, place=f"{place}[{number}]")
        for number, (entries, question) in enumerate(
            zip(questions, election.questions, strict=True)
        )
    ]


def _read_entries(value: object, *, question: AnyQuestion, place: str) -> list[tuple[str, object]]:
    if isinstance(question, ListsQuestion):
        rows = read_list(value, place=place, length=len(question.lists))
        return [
            entry
            for number, (row, length) in enumerate(zip(rows, question.list_lengths, strict=True))
            for entry in _with_places(row, place=f"{place}[{number}]", length=length)
        ]
    length = None if isinstance(question, RankedQuestion) else question.choice_count
    return _with_places(value, place=place, length=length)


def _with_places(value: object, *, place: str, length: int | None) -> list[tuple[str, object]]:
    return [
        (f"{place}[{index}]", item)
        for index, item in enumerate(read_list(value, place=place, length=length))
    ]


def nest(
    entries: Sequence[Sequence[Entry]], *, election: Election
) -> list[list[Entry] | list[list[Entry]]]:
    """Nest flat entries as JSON holds them; the inverse of `read_nested`."""
    return [
        _nest_question(items, question=question)
        for items, question in zip(entries, election.questions, strict=True)
    ]


def _nest_question(
    items: Sequence[Entry], *, question: AnyQuestion
) -> list[Entry] | list[list[Entry]]:
    if not isinstance(question, ListsQuestion):
        return list(items)
    assert len(items) == question.choice_count
    remaining = iter(items)
    return [[next(remaining) for _ in range(length)] for length in question.list_lengths]


def positions(
    entries: Sequence[Sequence[object]], *, election: Election
) -> tuple[tuple[str, ...], ...]:
    """Name every entry by its indices in the nesting, joined by dots, as in "0.3" (PROTOCOL 2.3).

    `entries` are flat, as in `EncryptedTally.questions`, and only counted.
    """
    return tuple(
        tuple(_question_positions(number, len(items), question=question))
        for number, (items, question) in enumerate(zip(entries, election.questions, strict=True))
    )


def _question_positions(number: int, count: int, *, question: AnyQuestion) -> list[str]:
    if not isinstance(question, ListsQuestion):
        return [f"{number}.{index}" for index in range(count)]
    return [
        f"{number}.{row}.{index}"
        for row, length in enumerate(question.list_lengths)
        for index in range(length)
    ]


# --- Weights -----------------------------------------------------------------------------


def weight_to_json(weight: int) -> int | str:
    """Give a weight as JSON holds it (PROTOCOL 1.2)."""
    return weight if weight <= INTEGER_WEIGHT_LIMIT else str(weight)


def read_weight(value: object, *, place: str) -> int:
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
