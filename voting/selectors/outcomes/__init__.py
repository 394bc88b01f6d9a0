"""What the result page shows of an outcome: the counting rule's steps, in the election's words."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from django.db.models import Sum

from evote.counting import (
    BallotTally,
    BordaOutcome,
    Outcome,
    PluralityOutcome,
    RankedPairsOutcome,
    SchulzeOutcome,
    StvOutcome,
    Turnout,
    outcome_to_json,
)
from evote.election import Election as Description
from evote.election import ListsQuestion, decode_election
from evote.tally import decode_result, decode_sized_tally, outcomes_of
from voting.models import Election
from voting.selectors.outcomes.bars import names_of, points_shown, vote_shares
from voting.selectors.outcomes.duels import locked_duels_shown, ways_shown
from voting.selectors.outcomes.judgments import judgments_shown
from voting.selectors.outcomes.rounds import rounds_shown
from voting.selectors.record import archived_object

OUTCOMES_KEPT = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One place in the order, and the answers that share it."""

    number: int
    answers: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeView:
    """What every outcome shows, and in `detail` what its rule alone has."""

    method: str
    elected: tuple[str, ...]
    tied: tuple[str, ...]
    open_seats: int
    order: tuple[Place, ...]
    ballots: BallotTally | None
    detail: object

    @property
    def template(self) -> str:
        """The partial that shows the detail."""
        return f"voting/partials/outcome_{self.method.replace('-', '_')}.html"

    @property
    def rule_template(self) -> str:
        """The partial that explains the rule."""
        return f"voting/partials/counting_{self.method.replace('-', '_')}.html"


def outcomes_shown(*, election: Election) -> tuple[OutcomeView | None, ...]:
    """Return the outcome of each question of a published election, None where no rule is bound."""
    description, outcomes = _outcomes(election=election)
    return tuple(
        None
        if outcome is None or isinstance(question, ListsQuestion)
        else view_of(outcome, answers=question.answers)
        for question, outcome in zip(description.questions, outcomes, strict=True)
    )


def outcomes_for_programs(*, election: Election) -> list[dict[str, object] | None] | None:
    """Return the outcomes as `evote count --json` prints them; None before there is a result.

    Each is None where the election binds no rule for its question. Answers are their places on
    the ballot, from 0.
    """
    if archived_object(election=election, name="result") is None:
        return None
    description, outcomes = _outcomes(election=election)
    rules = description.rules or (None,) * len(outcomes)
    return [
        None if outcome is None or rule is None else outcome_to_json(outcome, rule=rule)
        for outcome, rule in zip(outcomes, rules, strict=True)
    ]


def _outcomes(*, election: Election) -> tuple[Description, tuple[Outcome | None, ...]]:
    """Count the result of a published election; the description beside it."""
    archived = bytes(election.archived_election or b"")
    result = archived_object(election=election, name="result")
    sized = archived_object(election=election, name="sized_encrypted_tally")
    assert result is not None, "a published election has a result"
    assert sized is not None, "a published election has a tally"
    outcomes = _count(
        archived=archived,
        result=result,
        roll=election.credentials.aggregate(weight=Sum("weight"))["weight"] or 0,
        ballots=decode_sized_tally(sized).total_weight,
    )
    return decode_election(archived), outcomes


@lru_cache(maxsize=OUTCOMES_KEPT)
def _count(
    *, archived: bytes, result: bytes, roll: int, ballots: int
) -> tuple[Outcome | None, ...]:
    """Count once for many readers: a hundred thousand rankings take seconds."""
    return outcomes_of(
        election=decode_election(archived),
        result=decode_result(result),
        turnout=Turnout(roll=roll, ballots=ballots),
    )


def view_of(outcome: Outcome, *, answers: Sequence[str]) -> OutcomeView:
    """Put an outcome into the words of its question."""
    method: str = outcome.method
    if isinstance(outcome, PluralityOutcome) and outcome.rule.is_approval:
        method = "approval"
    order = () if isinstance(outcome, StvOutcome) else outcome.order
    places, number = [], 1
    for place in order:
        places.append(Place(number=number, answers=names_of(place, answers)))
        number += len(place)
    return OutcomeView(
        method=method,
        elected=names_of(outcome.seats.elected, answers),
        tied=names_of(outcome.seats.tied, answers),
        open_seats=outcome.seats.open_seats,
        order=tuple(places),
        ballots=None if isinstance(outcome, PluralityOutcome) else outcome.ballots,
        detail=_detail(outcome, answers),
    )


def _detail(outcome: Outcome, answers: Sequence[str]) -> object:
    if isinstance(outcome, PluralityOutcome):
        return vote_shares(outcome, answers)
    if isinstance(outcome, SchulzeOutcome):
        return ways_shown(outcome, answers)
    if isinstance(outcome, RankedPairsOutcome):
        return locked_duels_shown(outcome, answers)
    if isinstance(outcome, BordaOutcome):
        return points_shown(outcome, answers)
    if isinstance(outcome, StvOutcome):
        return rounds_shown(outcome, answers)
    return judgments_shown(outcome, answers)
