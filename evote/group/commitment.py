"""A commitment before it is computed: g^a·y^b·Π P^c, with nothing but its exponents.

Every check of a proof recomputes such products and hashes them. Put like this, they can be computed
one by one over any group, or many in one call (`evote.group.together`).
"""

from collections.abc import Sequence
from typing import NamedTuple

from evote.group.interface import GroupElement


class Commitment(NamedTuple):
    """g^generator·y^key·Π base^exponent. A tuple, because a ballot makes dozens of them."""

    generator: int
    key: int
    powers: Sequence[tuple[GroupElement, int]]

    def computed(self, *, public_key: GroupElement) -> GroupElement:
        """Compute it now; `public_key` is y. What has the exponent 0 costs nothing."""
        factors = [base if exponent == 1 else base**exponent for base, exponent in self.powers]
        if self.generator:
            factors.append(public_key.generator**self.generator)
        if self.key:
            factors.append(public_key**self.key)
        if not factors:
            return public_key**0
        product = factors[0]
        for factor in factors[1:]:
            product = product * factor
        return product
