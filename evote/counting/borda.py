"""Borda: of n answers the best on a ballot gets n − 1 points, the next n − 2, the last none.

Answers that a ballot puts equal share the points of their places equally; those that are not
ranked share the last places. So every ballot gives away the same number of points, n(n − 1)/2,
and shares of a point are counted as exact fractions.

Source: J.-C. de Borda, "Mémoire sur les élections au scrutin", 1784; the shared points for equal
ranks are Black's ("Partial Justification of the Borda Count", Public Choice 28, 1976).

Tie rule: answers with the same points share a place; no lot is drawn.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

from evote.counting.numbers import write_exactly
from evote.counting.rankings import (
    BallotTally,
    Ranking,
    check_rankings,
    depth_of,
    sort_weak_orders,
)
from evote.counting.standing import Order, Seats, give_seats, order_by_score


@dataclass(frozen=True, slots=True, kw_only=True)
class BordaOutcome:
    """What Borda's rule makes of the rankings: points for each answer.

    `most_points` is what an answer would have that stands first on every valid ballot.
    """

    method: ClassVar[str] = "borda"

    ballots: BallotTally
    points: tuple[Fraction, ...]
    most_points: int
    order: Order
    seats: Seats

    def to_json(self) -> dict[str, object]:
        """Give the outcome's own fields for programs; points as exact fractions."""
        return {
            "ballots": self.ballots.to_json(),
            "points": [write_exactly(points) for points in self.points],
            "most_points": self.most_points,
        }


def count_borda(rankings: Sequence[Sequence[int]], *, answers: int) -> BordaOutcome:
    """Give points for places and order the answers by their sums.

    Raises:
        DecodeError: a ballot is not one number for each answer.
    """
    ballots = sort_weak_orders(check_rankings(rankings, answers=answers))
    points = [Fraction(0)] * answers
    for ranking, times in ballots.valid.items():
        for answer, earned in enumerate(_points(ranking)):
            points[answer] += times * earned
    order = order_by_score(points)
    return BordaOutcome(
        ballots=ballots.tally,
        points=tuple(points),
        most_points=ballots.valid.total() * (answers - 1),
        order=order,
        seats=give_seats(order=order, seats=1),
    )


def _points(ranking: Ranking) -> list[Fraction]:
    """Give each answer as many points as it has answers below it, and half for each equal one."""
    depths = [depth_of(number) for number in ranking]
    return [
        Fraction(
            2 * sum(rival > depth for rival in depths)
            + sum(rival == depth for rival in depths)
            - 1,
            2,
        )
        for depth in depths
    ]
