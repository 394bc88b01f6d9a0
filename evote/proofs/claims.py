"""A proof before anything of it is computed: what is hashed, and what the hash must give.

All proofs of part 1 are checked alike: recompute the commitments from the proof, hash them with
the statement, compare the hash with the challenge. A `Claim` holds these parts unevaluated, so that
the commitments of many proofs can be computed together (`evote.group.together`), or each on the
spot: the checks read the same.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from evote.errors import InvalidProof
from evote.group import Commitment, GroupElement
from evote.transcript import hashed_text, joined


class Claim(NamedTuple):
    """That `challenge` is the hash of what `text` gives. A tuple: a ballot makes one per proof.

    Fields:
        key: y, the public key that stands in the commitments.
        challenge: c, or the sum of the challenges of a disjunction, modulo q.
        head: the text that is hashed first.
        statement: the elements that are hashed after it, with a bar behind them; often none.
        commitments: gives what is hashed last, in order; raises `InvalidProof` where the proof has
            not the shape that makes any.
        failure: what to say where the hash is another.
    """

    key: GroupElement
    challenge: int
    head: str
    statement: tuple[GroupElement, ...]
    commitments: Callable[[], Sequence[Commitment]]
    failure: str

    def verify(self) -> None:
        """Compute the commitments and compare.

        Raises:
            InvalidProof: the proof does not hold.
        """
        self.compare([one.computed(public_key=self.key).encode() for one in self.commitments()])

    def compare(self, commitments: Sequence[str]) -> None:
        """Compare, with the commitments computed and encoded already.

        Raises:
            InvalidProof: the proof does not hold.
        """
        text = self.head
        if self.statement:
            text += joined(self.statement) + "|"
        text += ",".join(commitments)
        if self.challenge != hashed_text(text, order=self.key.group.order):
            raise InvalidProof(self.failure)
