"""How the objects of a tally are written: their nesting, their elements, their weights."""

from evote.election import Election
from evote.encoding import read_integer, read_list, read_text
from evote.errors import DecodeError
from evote.group import Element

TALLY_LIMIT_BYTES = 16_000_000
# Weights up to 2^30 − 1 are written as integers, larger ones as decimal strings (PROTOCOL 1.2).
INTEGER_WEIGHT_LIMIT = 2**30 - 1
WEIGHT_LIMIT = 2**53 - 1


def read_element(value: object, *, place: str) -> Element:
    """Take an element of the group, with the check of membership."""
    return Element.decode(read_text(value, place=place), place=place)


def read_nested(value: object, *, election: Election, place: str) -> list[list[tuple[str, object]]]:
    """Take a list with one list per question and one item per choice, each item with its place."""
    questions = read_list(value, place=place, length=len(election.questions))
    nested = []
    for number, (items, question) in enumerate(zip(questions, election.questions, strict=True)):
        inner = f"{place}[{number}]"
        choices = read_list(items, place=inner, length=question.choice_count)
        nested.append([(f"{inner}[{index}]", item) for index, item in enumerate(choices)])
    return nested


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
