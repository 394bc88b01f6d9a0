"""Plurality and approval: the most votes win, where enough people voted and enough of them agree.

Plurality is for ballots that choose one answer, or a few; approval is the same count of ballots
that may choose every answer. Three things can stand between the most votes and a seat:

* the quorum: a part of the roll that has to vote. Without it nothing is decided.
* the majority: what the winner itself needs, of the ballots, of the votes, or of the roll.
* at least one vote.

All numbers are weights where voters have weights.

Tie rule: answers with the same votes share a place. If more of them could take the last seats than
there are, those seats stay open; no lot is drawn.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from evote.counting.rules import Base, Plurality
from evote.counting.standing import Order, Seats, give_seats, order_by_score
from evote.errors import DecodeError


@dataclass(frozen=True, slots=True, kw_only=True)
class Turnout:
    """How many may vote, and how many ballots were counted; weights where voters have them."""

    roll: int
    ballots: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Needed:
    """What is needed at least, and the whole that it is a part of."""

    votes: int
    whole: int

    def to_json(self) -> dict[str, object]:
        """Give the object `quorum` or `majority` of an outcome."""
        return {"needed": self.votes, "of": self.whole}


@dataclass(frozen=True, slots=True, kw_only=True)
class PluralityOutcome:
    """What the rule makes of the counts.

    `votes` are those for each answer, `blank` the blank ballots, None where none is offered.
    `quorum` and `majority` are None where the rule asks for none.
    """

    rule: Plurality
    votes: tuple[int, ...]
    blank: int | None
    turnout: Turnout
    quorum: Needed | None
    majority: Needed | None
    order: Order
    seats: Seats

    method: ClassVar[str] = "plurality"

    @property
    def is_quorate(self) -> bool:
        """Say whether enough voted for anything to be decided."""
        return self.quorum is None or self.turnout.ballots >= self.quorum.votes

    def reaches_majority(self, answer: int) -> bool:
        """Say whether an answer has the votes that a winner needs."""
        needed = 1 if self.majority is None else max(1, self.majority.votes)
        return self.votes[answer] >= needed

    def to_json(self) -> dict[str, object]:
        """Give the outcome's own fields for programs."""
        return {
            "votes": list(self.votes),
            "blank": self.blank,
            "roll": self.turnout.roll,
            "ballots": self.turnout.ballots,
            "quorum": self.quorum and self.quorum.to_json(),
            "majority": self.majority and self.majority.to_json(),
        }


def count_plurality(
    votes: Sequence[int], *, blank: int | None, rule: Plurality, turnout: Turnout
) -> PluralityOutcome:
    """Order the answers by their votes and give seats to those that may have one.

    Raises:
        DecodeError: more votes, or more ballots, than there can be.
    """
    if turnout.ballots > turnout.roll:
        msg = f"{turnout.ballots} ballots were counted, of {turnout.roll} on the roll"
        raise DecodeError(msg)
    if any(count > turnout.ballots for count in (*votes, blank or 0)):
        msg = f"an answer has more votes than the {turnout.ballots} ballots counted"
        raise DecodeError(msg)
    wholes = {Base.BALLOTS: turnout.ballots, Base.VOTES: sum(votes), Base.ROLL: turnout.roll}
    quorum = majority = None
    if rule.quorum is not None:
        quorum = Needed(votes=math.ceil(rule.quorum * turnout.roll), whole=turnout.roll)
    if rule.majority is not None:
        whole = wholes[rule.majority.base]
        majority = Needed(votes=rule.majority.needed(whole), whole=whole)
    order = order_by_score(votes)
    outcome = PluralityOutcome(
        rule=rule,
        votes=tuple(votes),
        blank=blank,
        turnout=turnout,
        quorum=quorum,
        majority=majority,
        order=order,
        seats=Seats(elected=(), tied=(), open_seats=0),
    )
    if not outcome.is_quorate:
        return outcome
    # Answers of one place have the same votes: the majority is reached by all of it or by none.
    eligible = tuple(place for place in order if outcome.reaches_majority(place[0]))
    return replace(outcome, seats=give_seats(order=eligible, seats=rule.seats))
