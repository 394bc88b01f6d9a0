"""Single transferable vote: seats for whoever reaches the quota, and votes that move on.

The rule, step by step (PROTOCOL 1.11):

1. The quota is ⌊b / (s + 1)⌋ + 1 for b ballots and s seats (Droop). Blank ballots are among the
   b. Answers that stand on no valid ballot take no part.
2. If no more answers are left than seats, all that are left are elected, and the count ends.
3. Else, if someone has at least the quota, the one with the most is elected. Each of their ballots
   goes on to the next answer on it that is still in, at its weight times
   (votes − quota) / votes: the surplus moves, the quota stays (weighted inclusive Gregory). With
   the last seat the count ends, and nothing moves.
4. Else the one with the fewest is eliminated, and their ballots go on at their full weight.
5. A ballot without a further answer on it is exhausted. Repeat from 2 until all seats are filled.

Tie rule: of equals with the most, the one that stands first on the ballot is elected first; of
equals with the fewest, the one that stands last on the ballot is eliminated first.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import ClassVar

from evote.counting.numbers import write_exactly
from evote.counting.rankings import (
    BallotTally,
    check_rankings,
    preference_of,
    sort_strict_orders,
)
from evote.counting.standing import Seats

# How many ballots have each order of answers that are still in, and each weight: its number in
# `Weights`. The empty order is exhausted. Ballots that went the same way share a weight.
Piles = Counter[tuple[tuple[int, ...], int]]


@dataclass(slots=True, kw_only=True)
class Weights:
    """All weights of ballots as whole numbers over one denominator.

    Fractions would look for common divisors at every sum, and after a few surpluses the numbers
    have thousands of digits.
    """

    numerators: list[int]
    denominator: int

    def fraction(self, numerator: int) -> Fraction:
        """Give a number over the common denominator as what it is."""
        return Fraction(numerator, self.denominator)

    def refine(self, factor: Fraction) -> None:
        """Take a denominator over which every weight times `factor` is whole, too."""
        self.numerators = [number * factor.denominator for number in self.numerators]
        self.denominator *= factor.denominator

    def multiply(self, weight: int, factor: Fraction) -> int:
        """Add a weight times `factor`, and give its number; `refine` went before."""
        self.numerators.append(self.numerators[weight] // factor.denominator * factor.numerator)
        return len(self.numerators) - 1


class Act(StrEnum):
    """What a round of the count does."""

    ELECT = "elect"
    ELIMINATE = "eliminate"
    ELECT_REMAINING = "elect-remaining"


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One round of the count.

    `votes` are at its start, None for answers no longer in. `answers` are those elected or
    eliminated; `tied` all those that were equal when the tie rule had to choose, else empty.
    `factor` is what each ballot that moves weighs from then on, times its weight; 0 if none moves.
    `transfers` are the votes that move to each answer, `exhausting` those that end here.
    """

    votes: tuple[Fraction | None, ...]
    exhausted: Fraction
    act: Act
    answers: tuple[int, ...]
    tied: tuple[int, ...]
    factor: Fraction
    transfers: tuple[Fraction, ...]
    exhausting: Fraction

    def to_json(self) -> dict[str, object]:
        """Give the object `round` of an outcome; votes as exact fractions."""
        return {
            "votes": [None if votes is None else write_exactly(votes) for votes in self.votes],
            "exhausted": write_exactly(self.exhausted),
            "act": str(self.act),
            "answers": list(self.answers),
            "tied": list(self.tied),
            "factor": write_exactly(self.factor),
            "transfers": [write_exactly(votes) for votes in self.transfers],
            "exhausting": write_exactly(self.exhausting),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class StvOutcome:
    """What the single transferable vote makes of the rankings, round by round.

    `absent` are the answers that no valid ballot ranks. `seats` never has ties: the tie rule
    decides; its `elected` are in the order of election.
    """

    method: ClassVar[str] = "stv"

    ballots: BallotTally
    seat_count: int
    quota: int
    absent: tuple[int, ...]
    rounds: tuple[Round, ...]
    seats: Seats

    def to_json(self) -> dict[str, object]:
        """Give the outcome's own fields for programs."""
        return {
            "ballots": self.ballots.to_json(),
            "seats": self.seat_count,
            "quota": self.quota,
            "absent": list(self.absent),
            "rounds": [each.to_json() for each in self.rounds],
        }


def count_stv(rankings: Sequence[Sequence[int]], *, answers: int, seats: int) -> StvOutcome:
    """Count round by round until the seats are filled or nobody is left.

    Raises:
        DecodeError: a ballot is not one number for each answer.
    """
    ballots = sort_strict_orders(check_rankings(rankings, answers=answers))
    piles: Piles = Counter()
    for ranking, times in ballots.valid.items():
        piles[preference_of(ranking), 0] += times
    if ballots.blank:
        piles[(), 0] = ballots.blank
    weights = Weights(numerators=[1], denominator=1)
    still_in = {answer for preference, _ in piles for answer in preference}
    absent = tuple(answer for answer in range(answers) if answer not in still_in)
    quota = (ballots.valid.total() + ballots.blank) // (seats + 1) + 1
    rounds: list[Round] = []
    elected: list[int] = []
    while len(elected) < seats and still_in:
        held, piles = _hold_round(
            piles,
            weights,
            answers=answers,
            still_in=still_in,
            quota=quota,
            left=seats - len(elected),
        )
        rounds.append(held)
        still_in -= set(held.answers)
        if held.act != Act.ELIMINATE:
            elected.extend(held.answers)
    return StvOutcome(
        ballots=ballots.tally,
        seat_count=seats,
        quota=quota,
        absent=absent,
        rounds=tuple(rounds),
        seats=Seats(elected=tuple(elected), tied=(), open_seats=0),
    )


def _hold_round(
    piles: Piles,
    weights: Weights,
    *,
    answers: int,
    still_in: Collection[int],
    quota: int,
    left: int,
) -> tuple[Round, Piles]:
    """Decide one round; give it with the piles as the next one finds them.

    Weights that come up in it are added to `weights`.
    """
    tops = _weigh(
        ((preference[:1], weight, times) for (preference, weight), times in piles.items()), weights
    )
    votes = {answer: weights.fraction(tops.get((answer,), 0)) for answer in sorted(still_in)}
    exhausted = weights.fraction(tops.get((), 0))
    act, chosen, tied = _decide(votes, quota=quota, left=left)
    factor = Fraction(1 if act == Act.ELIMINATE else 0)
    if act == Act.ELECT and left > 1:
        factor = (votes[chosen[0]] - quota) / votes[chosen[0]]
    if act == Act.ELECT:
        weights.refine(factor)
    lighter: dict[int, int] = {}
    moved: Piles = Counter()
    moving = []
    for (preference, weight), times in piles.items():
        kept = tuple(answer for answer in preference if answer not in chosen)
        weight_after = weight
        if act != Act.ELECT_REMAINING and preference[:1] == chosen:
            if act == Act.ELECT and weight not in lighter:
                lighter[weight] = weights.multiply(weight, factor)
            weight_after = lighter.get(weight, weight)
            moving.append((kept[:1], weight_after, times))
        moved[kept, weight_after] += times
    gained = _weigh(moving, weights)
    held = Round(
        votes=tuple(votes.get(answer) for answer in range(answers)),
        exhausted=exhausted,
        act=act,
        answers=chosen,
        tied=tied,
        factor=factor,
        transfers=tuple(weights.fraction(gained.get((answer,), 0)) for answer in range(answers)),
        exhausting=weights.fraction(gained.get((), 0)),
    )
    return held, moved


def _weigh(
    parts: Iterable[tuple[tuple[int, ...], int, int]], weights: Weights
) -> dict[tuple[int, ...], int]:
    """Add up ballots by the answer that they count for, those of equal weight first."""
    ballots: Counter[tuple[tuple[int, ...], int]] = Counter()
    for top, weight, times in parts:
        ballots[top, weight] += times
    sums: dict[tuple[int, ...], int] = {}
    for (top, weight), times in ballots.items():
        sums[top] = sums.get(top, 0) + times * weights.numerators[weight]
    return sums


def _decide(
    votes: dict[int, Fraction], *, quota: int, left: int
) -> tuple[Act, tuple[int, ...], tuple[int, ...]]:
    """Say what this round does, to whom, and between which equals the tie rule chose.

    `votes` is in ballot order.
    """
    if len(votes) <= left:
        return Act.ELECT_REMAINING, tuple(votes), ()
    most = max(votes.values())
    if most >= quota:
        equals = tuple(answer for answer, count in votes.items() if count == most)
        return Act.ELECT, equals[:1], equals if len(equals) > 1 else ()
    fewest = min(votes.values())
    equals = tuple(answer for answer, count in votes.items() if count == fewest)
    return Act.ELIMINATE, equals[-1:], equals if len(equals) > 1 else ()
