"""Duels between answers, and what two rules make of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from evote.counting import BeatPath, RankedPair, RankedPairsOutcome, SchulzeOutcome
from voting.analysis.drawing import Matrix, draw_matrix
from voting.selectors.outcomes.bars import names_of


@dataclass(frozen=True, slots=True, kw_only=True)
class DuelRow:
    """One row of the table of duels. The counts stand in ballot order, None against itself."""

    number: int
    answer: str
    counts: tuple[int | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DuelTable:
    """The matrix of duels as a drawing and as a table, and who wins all of them."""

    drawing: Matrix
    rows: tuple[DuelRow, ...]
    winner: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A path of won duels; `answers` is empty where there is none."""

    answers: tuple[str, ...]
    votes_for: int
    votes_against: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WayPair:
    """The strongest paths between two answers, there and back. `ahead` is "" where equal."""

    one: str
    other: str
    there: Way
    back: Way
    ahead: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedDuel:
    """A won duel in its turn. `circle` is what it would go against; empty if it is locked in."""

    winner: str
    loser: str
    votes_for: int
    votes_against: int
    circle: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """The duels of Schulze's method and the paths that they make."""

    duels: DuelTable
    pairs: tuple[WayPair, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedDuels:
    """The duels of ranked pairs, in the order in which they were taken."""

    duels: DuelTable
    pairs: tuple[LockedDuel, ...]


def _duel_table(outcome: SchulzeOutcome | RankedPairsOutcome, answers: Sequence[str]) -> DuelTable:
    winner = outcome.duels.condorcet_winner()
    return DuelTable(
        drawing=draw_matrix(outcome.duels),
        rows=tuple(
            DuelRow(
                number=place + 1,
                answer=answer,
                counts=tuple(None if other == place else count for other, count in enumerate(row)),
            )
            for place, (answer, row) in enumerate(zip(answers, outcome.duels.matrix, strict=True))
        ),
        winner="" if winner is None else answers[winner],
    )


def _way_pairs(outcome: SchulzeOutcome, answers: Sequence[str]) -> tuple[WayPair, ...]:
    position = {answer: rank for rank, place in enumerate(outcome.order) for answer in place}
    pairs = []
    for one in range(len(answers)):
        for other in range(one + 1, len(answers)):
            there, back = outcome.paths[one][other], outcome.paths[other][one]
            ahead = ""
            if _strength(there) != _strength(back):
                ahead = answers[one if _strength(there) > _strength(back) else other]
                assert position[one] != position[other]
            pairs.append(
                WayPair(
                    one=answers[one],
                    other=answers[other],
                    there=_way(there, answers),
                    back=_way(back, answers),
                    ahead=ahead,
                )
            )
    return tuple(pairs)


def _strength(path: BeatPath | None) -> tuple[int, int]:
    return (0, 0) if path is None else path.strength


def _way(path: BeatPath | None, answers: Sequence[str]) -> Way:
    if path is None:
        return Way(answers=(), votes_for=0, votes_against=0)
    return Way(
        answers=names_of(path.answers, answers),
        votes_for=path.votes_for,
        votes_against=path.votes_against,
    )


def _locked_duel(pair: RankedPair, answers: Sequence[str]) -> LockedDuel:
    return LockedDuel(
        winner=answers[pair.duel.winner],
        loser=answers[pair.duel.loser],
        votes_for=pair.duel.votes_for,
        votes_against=pair.duel.votes_against,
        circle=names_of(pair.circle, answers),
    )


def ways_shown(outcome: SchulzeOutcome, answers: Sequence[str]) -> Ways:
    """Return the duels and the strongest paths."""
    return Ways(duels=_duel_table(outcome, answers), pairs=_way_pairs(outcome, answers))


def locked_duels_shown(outcome: RankedPairsOutcome, answers: Sequence[str]) -> LockedDuels:
    """Return the duels, and which of them are locked in."""
    return LockedDuels(
        duels=_duel_table(outcome, answers),
        pairs=tuple(_locked_duel(pair, answers) for pair in outcome.pairs),
    )
