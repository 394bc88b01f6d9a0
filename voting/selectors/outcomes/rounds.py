"""The rounds of the single transferable vote."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from evote.counting import Act, Round, StvOutcome
from voting.analysis.drawing import percentage
from voting.selectors.outcomes.bars import Bar, about, exact, names_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """How many votes move to an answer, exactly, and to two decimals where that differs."""

    answer: str
    number: str
    about: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CountRound:
    """One round of the single transferable vote. Numbers are written out exactly."""

    bars: tuple[Bar, ...]
    exhausted: str
    act: str
    answers: tuple[str, ...]
    tied: tuple[str, ...]
    surplus: str
    factor: str
    transfers: tuple[Transfer, ...]
    exhausting: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rounds:
    """The rounds of a count. `quota_at` is where the quota stands on every bar."""

    quota: int
    ballots: int
    seats: int
    quota_at: str
    absent: tuple[str, ...]
    rounds: tuple[CountRound, ...]
    table: tuple[tuple[str, tuple[str, ...]], ...]


def rounds_shown(outcome: StvOutcome, answers: Sequence[str]) -> Rounds:
    """Return each round, and all of them as one table."""
    # All bars of all rounds have one scale: the most votes, or the quota if that is more, and a
    # little room behind it for the mark.
    scale = Fraction(21, 20) * max(
        [
            Fraction(outcome.quota),
            *(votes for held in outcome.rounds for votes in held.votes if votes is not None),
        ]
    )
    rows = [
        (
            answer,
            tuple(
                "" if (votes := held.votes[place]) is None else exact(votes)
                for held in outcome.rounds
            ),
        )
        for place, answer in enumerate(answers)
    ]
    return Rounds(
        quota=outcome.quota,
        ballots=outcome.ballots.valid + outcome.ballots.blank,
        seats=outcome.seat_count,
        quota_at=percentage(outcome.quota, scale),
        absent=names_of(outcome.absent, answers),
        rounds=tuple(
            _count_round(held, quota=outcome.quota, scale=scale, answers=answers)
            for held in outcome.rounds
        ),
        table=tuple(rows),
    )


def _count_round(held: Round, *, quota: int, scale: Fraction, answers: Sequence[str]) -> CountRound:
    state = "out" if held.act == Act.ELIMINATE else "elected"
    leader = held.votes[held.answers[0]]
    return CountRound(
        bars=tuple(
            Bar(
                answer=answer,
                number=exact(votes),
                about=about(votes),
                width=percentage(votes, scale),
                state=state if place in held.answers else "",
            )
            for place, (answer, votes) in enumerate(zip(answers, held.votes, strict=True))
            if votes is not None
        ),
        exhausted=exact(held.exhausted) if held.exhausted else "",
        act=str(held.act),
        answers=names_of(held.answers, answers),
        tied=names_of(held.tied, answers),
        surplus=exact(leader - quota) if held.act == Act.ELECT and leader is not None else "",
        factor=exact(held.factor) if held.factor else "",
        transfers=tuple(
            Transfer(answer=answer, number=exact(votes), about=about(votes))
            for answer, votes in zip(answers, held.transfers, strict=True)
            if votes
        ),
        exhausting=exact(held.exhausting) if held.exhausting else "",
    )
