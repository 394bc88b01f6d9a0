"""From g^n back to the count n: possible only because counts are small (PROTOCOL 1.9)."""

from math import isqrt

from evote.errors import EvoteError
from evote.group import Group, GroupElement

# To find a count among 2^40 takes a table of a million steps and half a minute. No electorate
# needs more; whoever sets larger weights is told so instead of waiting for ever.
COUNT_LIMIT = 2**40


class CountOutOfBound(EvoteError):
    """A decrypted value is not g^n for any n up to the total weight, or that bound is too large."""


class LogarithmTable:
    """Finds n from g^n for 0 ≤ n ≤ bound by baby steps and giant steps (Shanks, 1971).

    The table holds g^0, …, g^(size−1); a search divides its element by g^size until the quotient
    is in the table. With size ≈ √(bound · searches) table and searches cost the same.
    """

    def __init__(self, *, bound: int, searches: int, group: Group) -> None:
        if bound > COUNT_LIMIT:
            msg = f"the total weight {bound} is too large to search; at most {COUNT_LIMIT} is"
            raise CountOutOfBound(msg)
        self.bound = bound
        self.size = min(bound, isqrt(bound * max(1, searches))) + 1
        self.baby_steps: dict[GroupElement, int] = {}
        generator, step = group.generator, group.identity
        for exponent in range(self.size):
            self.baby_steps[step] = exponent
            step = step * generator
        self.giant_step = step

    def logarithm(self, element: GroupElement) -> int:
        """Give n, where `element` is g^n.

        Raises:
            CountOutOfBound: there is no such n up to the bound.
        """
        quotient = element
        for stride in range(self.bound // self.size + 1):
            exponent = self.baby_steps.get(quotient)
            if exponent is not None:
                count = stride * self.size + exponent
                if count <= self.bound:
                    return count
            quotient = quotient / self.giant_step
        msg = f"a decrypted value is no count up to the total weight {self.bound}"
        raise CountOutOfBound(msg)
