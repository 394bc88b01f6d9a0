"""The matrix of duels: how many ballots put one answer before another."""

from collections import Counter
from dataclasses import dataclass

from evote.counting.rankings import Ranking, depth_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Duel:
    """One answer against another, from the winner's side."""

    winner: int
    loser: int
    votes_for: int
    votes_against: int

    @property
    def strength(self) -> tuple[int, int]:
        """Say how strong the win is: more votes for it, then fewer against it."""
        return self.votes_for, -self.votes_against

    def to_json(self) -> dict[str, object]:
        """Give the object `duel` of an outcome."""
        return {
            "winner": self.winner,
            "loser": self.loser,
            "for": self.votes_for,
            "against": self.votes_against,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Duels:
    """`matrix[i][j]` is how many ballots put answer i before answer j; i = j is 0."""

    matrix: tuple[tuple[int, ...], ...]

    def won(self) -> tuple[Duel, ...]:
        """Give every duel that has a winner, in ballot order of winner, then loser."""
        answers = range(len(self.matrix))
        return tuple(
            Duel(
                winner=winner,
                loser=loser,
                votes_for=self.matrix[winner][loser],
                votes_against=self.matrix[loser][winner],
            )
            for winner in answers
            for loser in answers
            if self.matrix[winner][loser] > self.matrix[loser][winner]
        )

    def condorcet_winner(self) -> int | None:
        """Give the answer that wins all its duels, or None: there is no such answer."""
        victories = Counter(duel.winner for duel in self.won())
        needed = len(self.matrix) - 1
        return next((answer for answer in range(needed + 1) if victories[answer] == needed), None)


def hold_duels(rankings: Counter[Ranking], *, answers: int) -> Duels:
    """Compare each pair of answers on each ballot, taken as a weak order."""
    matrix = [[0] * answers for _ in range(answers)]
    for ranking, times in rankings.items():
        depths = [depth_of(number) for number in ranking]
        for row, depth in zip(matrix, depths, strict=True):
            for rival, rival_depth in enumerate(depths):
                if depth < rival_depth:
                    row[rival] += times
    return Duels(matrix=tuple(tuple(row) for row in matrix))
