"""What a voter chooses, before it is encrypted."""

from collections.abc import Sequence

from evote.errors import EvoteError

# What each single choice may encrypt.
BIT = (0, 1)

# Zeros and ones, or the numbers of a ranking; one list of zeros and ones for each list.
PlainAnswer = Sequence[int] | Sequence[Sequence[int]]


class InvalidChoice(EvoteError):
    """These answers are not permitted by the question, so no valid ballot can express them."""


def is_bits(values: object, *, count: int) -> bool:
    """Say whether this is a sequence of exactly `count` zeros and ones."""
    return (
        isinstance(values, Sequence)
        and len(values) == count
        and all(type(bit) is int and bit in BIT for bit in values)
    )
