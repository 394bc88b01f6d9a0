"""Schulze: an answer wins if no rival has a stronger path of won duels to it than it has back.

Source: M. Schulze, "A new monotonic, clone-independent, reversal symmetric, and
condorcet-consistent single-winner election method", Social Choice and Welfare 36 (2011),
section 2.2, with the strength of a duel by winning votes.

Tie rule: answers that the paths leave equal share a place; no lot is drawn.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from evote.counting.duels import Duels, hold_duels
from evote.counting.rankings import BallotTally, check_rankings, sort_weak_orders
from evote.counting.standing import Order, Seats, give_seats, order_by_beating


@dataclass(frozen=True, slots=True, kw_only=True)
class BeatPath:
    """The strongest path of won duels from one answer to another.

    `answers` begins with the one and ends with the other. Its strength is that of its weakest
    duel: `votes_for` against `votes_against`.
    """

    answers: tuple[int, ...]
    votes_for: int
    votes_against: int

    @property
    def strength(self) -> tuple[int, int]:
        """Say how strong the path is: more votes for the weakest duel, then fewer against."""
        return self.votes_for, -self.votes_against

    def to_json(self) -> dict[str, object]:
        """Give the object `path` of an outcome."""
        return {
            "answers": list(self.answers),
            "for": self.votes_for,
            "against": self.votes_against,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class SchulzeOutcome:
    """What Schulze's method makes of the rankings.

    `paths[i][j]` is the strongest path from answer i to answer j; None where there is none.
    """

    method: ClassVar[str] = "schulze"

    ballots: BallotTally
    duels: Duels
    paths: tuple[tuple[BeatPath | None, ...], ...]
    order: Order
    seats: Seats

    def to_json(self) -> dict[str, object]:
        """Give the outcome's own fields for programs."""
        return {
            "ballots": self.ballots.to_json(),
            "duels": [list(row) for row in self.duels.matrix],
            "paths": [[path and path.to_json() for path in row] for row in self.paths],
        }


def count_schulze(rankings: Sequence[Sequence[int]], *, answers: int) -> SchulzeOutcome:
    """Hold all duels, find the strongest paths, and order the answers by them.

    Raises:
        DecodeError: a ballot is not one number for each answer.
    """
    ballots = sort_weak_orders(check_rankings(rankings, answers=answers))
    duels = hold_duels(ballots.valid, answers=answers)
    paths = find_paths(duels)
    order = order_by_beating(
        [
            [_is_stronger(paths[one][other], paths[other][one]) for other in range(answers)]
            for one in range(answers)
        ]
    )
    return SchulzeOutcome(
        ballots=ballots.tally,
        duels=duels,
        paths=paths,
        order=order,
        seats=give_seats(order=order, seats=1),
    )


def find_paths(duels: Duels) -> tuple[tuple[BeatPath | None, ...], ...]:
    """Find the strongest path between each two answers (Floyd and Warshall, Schulze 2.3.1)."""
    answers = range(len(duels.matrix))
    paths: list[list[BeatPath | None]] = [[None] * len(answers) for _ in answers]
    for duel in duels.won():
        paths[duel.winner][duel.loser] = BeatPath(
            answers=(duel.winner, duel.loser),
            votes_for=duel.votes_for,
            votes_against=duel.votes_against,
        )
    for middle in answers:
        for start in answers:
            first = paths[start][middle]
            if first is None:
                continue
            for end in answers:
                second = paths[middle][end]
                if second is None or end == start:
                    continue
                joined = _join(first, second)
                if _is_stronger(joined, paths[start][end]):
                    paths[start][end] = joined
    return tuple(tuple(row) for row in paths)


def _join(first: BeatPath, second: BeatPath) -> BeatPath:
    weakest = min(first, second, key=lambda path: path.strength)
    return BeatPath(
        answers=first.answers + second.answers[1:],
        votes_for=weakest.votes_for,
        votes_against=weakest.votes_against,
    )


def _is_stronger(one: BeatPath | None, other: BeatPath | None) -> bool:
    if one is None or other is None:
        return one is not None
    return one.strength > other.strength
