"""Ranked pairs: lock in the won duels from the strongest on, but never so as to close a circle.

Source: T. N. Tideman, "Independence of clones as a criterion for voting rules", Social Choice
and Welfare 4 (1987), section 5; the strength of a duel is by winning votes, then by fewer
losing ones.

Tie rule: of equally strong duels the one whose winner stands first on the ballot is taken first,
then the one whose loser stands first. A drawn duel is not taken at all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from evote.counting.duels import Duel, Duels, hold_duels
from evote.counting.rankings import BallotTally, check_rankings, sort_weak_orders
from evote.counting.standing import Order, Seats, give_seats, order_by_beating


@dataclass(frozen=True, slots=True, kw_only=True)
class RankedPair:
    """A duel in the order in which it was taken.

    `circle` is the way back that was locked before, from the loser to the winner; empty if
    there was none: then the duel is locked in.
    """

    duel: Duel
    circle: tuple[int, ...]

    @property
    def is_locked(self) -> bool:
        """Say whether the duel counts."""
        return not self.circle

    def to_json(self) -> dict[str, object]:
        """Give the object `pair` of an outcome."""
        return self.duel.to_json() | {"locked": self.is_locked, "circle": list(self.circle)}


@dataclass(frozen=True, slots=True, kw_only=True)
class RankedPairsOutcome:
    """What ranked pairs makes of the rankings: every won duel, strongest first."""

    method: ClassVar[str] = "ranked-pairs"

    ballots: BallotTally
    duels: Duels
    pairs: tuple[RankedPair, ...]
    order: Order
    seats: Seats

    def to_json(self) -> dict[str, object]:
        """Give the outcome's own fields for programs."""
        return {
            "ballots": self.ballots.to_json(),
            "duels": [list(row) for row in self.duels.matrix],
            "pairs": [pair.to_json() for pair in self.pairs],
        }


def count_ranked_pairs(rankings: Sequence[Sequence[int]], *, answers: int) -> RankedPairsOutcome:
    """Hold all duels, lock them in, and order the answers by what is locked.

    Raises:
        DecodeError: a ballot is not one number for each answer.
    """
    ballots = sort_weak_orders(check_rankings(rankings, answers=answers))
    duels = hold_duels(ballots.valid, answers=answers)
    locked: list[list[int]] = [[] for _ in range(answers)]
    pairs = []
    # The sort is stable: equally strong duels stay in ballot order.
    for duel in sorted(duels.won(), key=lambda duel: duel.strength, reverse=True):
        circle = _way(locked, start=duel.loser, end=duel.winner)
        pairs.append(RankedPair(duel=duel, circle=circle))
        if not circle:
            locked[duel.winner].append(duel.loser)
    order = order_by_beating(
        [
            [one != other and bool(_way(locked, start=one, end=other)) for other in range(answers)]
            for one in range(answers)
        ]
    )
    return RankedPairsOutcome(
        ballots=ballots.tally,
        duels=duels,
        pairs=tuple(pairs),
        order=order,
        seats=give_seats(order=order, seats=1),
    )


def _way(locked: Sequence[Sequence[int]], *, start: int, end: int) -> tuple[int, ...]:
    """Give a shortest way along locked duels, both ends included; empty if there is none."""
    ways: dict[int, tuple[int, ...]] = {start: (start,)}
    waiting = [start]
    for here in waiting:  # It grows while it is read: breadth first.
        if here == end:
            return ways[here]
        for reached in locked[here]:
            if reached not in ways:
                ways[reached] = (*ways[here], reached)
                waiting.append(reached)
    return ()
