"""Counting rules: from counts or rankings to an outcome that anybody can follow.

Whole numbers and exact fractions, never floats; every rule says what it does with ties, and with
ballots that do not fit it. docs/counting.md explains each in plain words.
"""

from evote.counting.borda import BordaOutcome
from evote.counting.duels import Duel, Duels
from evote.counting.majority_judgment import Judgment, MajorityJudgmentOutcome
from evote.counting.numbers import split_for_reading, write_exactly
from evote.counting.outcome import (
    Outcome,
    RankedOutcome,
    RankedRule,
    count_choices,
    count_rankings,
    outcome_to_json,
)
from evote.counting.plurality import Needed, PluralityOutcome, Turnout
from evote.counting.ranked_pairs import RankedPair, RankedPairsOutcome
from evote.counting.rankings import BallotTally
from evote.counting.rules import (
    METHODS,
    Asked,
    Base,
    Borda,
    Counts,
    Majority,
    MajorityJudgment,
    Plurality,
    RankedPairs,
    Rule,
    Schulze,
    Stv,
    is_part,
    read_rule,
    read_rules,
)
from evote.counting.schulze import BeatPath, SchulzeOutcome
from evote.counting.standing import Order, Seats
from evote.counting.stv import Act, Round, StvOutcome

__all__ = [
    "METHODS",
    "Act",
    "Asked",
    "BallotTally",
    "Base",
    "BeatPath",
    "Borda",
    "BordaOutcome",
    "Counts",
    "Duel",
    "Duels",
    "Judgment",
    "Majority",
    "MajorityJudgment",
    "MajorityJudgmentOutcome",
    "Needed",
    "Order",
    "Outcome",
    "Plurality",
    "PluralityOutcome",
    "RankedOutcome",
    "RankedPair",
    "RankedPairs",
    "RankedPairsOutcome",
    "RankedRule",
    "Round",
    "Rule",
    "Schulze",
    "SchulzeOutcome",
    "Seats",
    "Stv",
    "StvOutcome",
    "Turnout",
    "count_choices",
    "count_rankings",
    "is_part",
    "outcome_to_json",
    "read_rule",
    "read_rules",
    "split_for_reading",
    "write_exactly",
]
