"""From what the trustees decrypted of one question to its outcome."""

from collections.abc import Sequence

from evote.counting.borda import BordaOutcome, count_borda
from evote.counting.majority_judgment import MajorityJudgmentOutcome, count_majority_judgment
from evote.counting.plurality import PluralityOutcome, Turnout, count_plurality
from evote.counting.ranked_pairs import RankedPairsOutcome, count_ranked_pairs
from evote.counting.rules import (
    Borda,
    MajorityJudgment,
    Plurality,
    RankedPairs,
    Rule,
    Schulze,
    Stv,
)
from evote.counting.schulze import SchulzeOutcome, count_schulze
from evote.counting.stv import StvOutcome, count_stv

RankedRule = Schulze | RankedPairs | Borda | Stv | MajorityJudgment
RankedOutcome = (
    SchulzeOutcome | RankedPairsOutcome | BordaOutcome | StvOutcome | MajorityJudgmentOutcome
)
Outcome = PluralityOutcome | RankedOutcome


def count_choices(
    counts: Sequence[int], *, has_blank: bool, rule: Plurality, turnout: Turnout
) -> PluralityOutcome:
    """Give the outcome of counts, the blank one first where there is one.

    Raises:
        DecodeError: more votes, or more ballots, than there can be.
    """
    return count_plurality(
        counts[1:] if has_blank else counts,
        blank=counts[0] if has_blank else None,
        rule=rule,
        turnout=turnout,
    )


def count_rankings(
    rankings: Sequence[Sequence[int]], *, answers: int, rule: RankedRule
) -> RankedOutcome:
    """Give the outcome of ranked or graded ballots.

    Raises:
        DecodeError: a ballot is not one number from 0 to 255 for each answer.
    """
    if isinstance(rule, Schulze):
        return count_schulze(rankings, answers=answers)
    if isinstance(rule, RankedPairs):
        return count_ranked_pairs(rankings, answers=answers)
    if isinstance(rule, Borda):
        return count_borda(rankings, answers=answers)
    if isinstance(rule, Stv):
        return count_stv(rankings, answers=answers, seats=rule.seats)
    return count_majority_judgment(rankings, answers=answers, grades=rule.grades)


def outcome_to_json(outcome: Outcome, *, rule: Rule) -> dict[str, object]:
    """Write an outcome for programs; answers are their 0-based places on the ballot.

    Votes that may be parts of one are strings with exact fractions, such as "7/3".
    """
    seats = outcome.seats
    item: dict[str, object] = {
        "rule": rule.to_json(),
        "elected": list(seats.elected),
        "tied": list(seats.tied),
        "open_seats": seats.open_seats,
    }
    if not isinstance(outcome, StvOutcome):
        item["order"] = [list(place) for place in outcome.order]
    return item | outcome.to_json()
