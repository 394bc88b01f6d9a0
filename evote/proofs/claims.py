"""A proof before anything of it is computed: what is hashed, and what the hash must give.

All proofs of part 1 are checked alike: recompute the commitments from the proof, hash them with
the statement, compare the hash with the challenge. A `Claim` holds these parts unevaluated, so that
the commitments of many proofs can be computed together (`evote.group.together`), or each on the
spot: the checks read the same.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from evote.errors import InvalidProof
from evote.group import GroupElement
from evote.transcript import challenge


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """That `challenge` is the hash of the prefix and of the commitments.

    Args:
        challenge: c, or the sum of the challenges of a disjunction, modulo q.
        statement: the elements that stand in the prefix.
        prefix: gives the text that is hashed first, once the statement can be encoded.
        commitments: gives the elements that are hashed after it, in order; raises `InvalidProof`
            where the proof has not the shape that makes any.
        failure: what to say where the hash is another.
    """

    challenge: int
    statement: tuple[GroupElement, ...]
    prefix: Callable[[], str]
    commitments: Callable[[], Iterable[GroupElement]]
    failure: str

    def verify(self) -> None:
        """Compute the commitments and compare.

        Raises:
            InvalidProof: the proof does not hold.
        """
        self.compare(self.commitments())

    def compare(self, commitments: Iterable[GroupElement]) -> None:
        """Compare, with the commitments computed already.

        Raises:
            InvalidProof: the proof does not hold.
        """
        if self.challenge != challenge(self.prefix(), commitments):
            raise InvalidProof(self.failure)
