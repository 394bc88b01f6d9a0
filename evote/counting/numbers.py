"""Exact fractions as text, however long they are."""

from fractions import Fraction

# A fraction with more digits below the line than this says nothing to a reader.
LONGEST_DENOMINATOR_DIGITS = 9
DECIMALS_SHOWN = 6
# Python refuses to write integers of more than 4,300 digits at once.
_DIGITS_AT_ONCE = 4_000


def write_exactly(value: Fraction) -> str:
    """Write a number as "7" or "7/3", with all its digits."""
    numerator = _digits(value.numerator)
    return numerator if value.denominator == 1 else f"{numerator}/{_digits(value.denominator)}"


def split_for_reading(value: Fraction) -> tuple[int, str]:
    """Give the whole part of a number that is not negative, and what is written after it.

    That is nothing, an exact fraction as in "139/203", or, where that would be too long, six
    decimals that were cut and not rounded, as in ".684729…".
    """
    whole, rest = divmod(value.numerator, value.denominator)
    if not rest:
        return whole, ""
    if value.denominator < 10**LONGEST_DENOMINATOR_DIGITS:
        return whole, f"{rest}/{value.denominator}"
    decimals = rest * 10**DECIMALS_SHOWN // value.denominator
    return whole, f".{decimals:0{DECIMALS_SHOWN}d}…"


def _digits(number: int) -> str:
    blocks = []
    while number >= 10**_DIGITS_AT_ONCE:
        number, block = divmod(number, 10**_DIGITS_AT_ONCE)
        blocks.append(f"{block:0{_DIGITS_AT_ONCE}d}")
    return "".join([str(number), *reversed(blocks)])
