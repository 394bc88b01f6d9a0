"""What the voters wrote on ranked ballots, and what of it a rule can count.

A ranked ballot is one number from 0 to 255 for each answer. Nothing in the encryption keeps a
voter from writing any of them (PROTOCOL 1.6), so each rule says what it makes of each number:

* a *weak order* (Schulze, ranked pairs, Borda): 1 is best, any higher number is worse; equal
  numbers are equal and gaps mean nothing. 0 stands below every number: not ranked.
* a *strict order* (single transferable vote): the numbers 1, 2, 3, … each once and without a
  gap; 0 is not ranked. Anything else is invalid.
* *grades* (majority judgment): every answer has a grade from 1 (best) to the last one.
  Anything else is invalid.

A ballot of nothing but 0 is blank under every rule.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from evote.errors import DecodeError

HIGHEST_NUMBER = 255
Ranking = tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sorted:
    """Ballots sorted into those that a rule counts, blank ones and invalid ones."""

    valid: Counter[Ranking]
    blank: int
    invalid: tuple[Ranking, ...]

    @property
    def tally(self) -> "BallotTally":
        """Give the figures alone."""
        return BallotTally(valid=self.valid.total(), blank=self.blank, invalid=self.invalid)


@dataclass(frozen=True, slots=True, kw_only=True)
class BallotTally:
    """How many ballots a rule counted, how many were blank, and the invalid ones themselves."""

    valid: int
    blank: int
    invalid: tuple[Ranking, ...]

    @property
    def total(self) -> int:
        """How many ballots there were."""
        return self.valid + self.blank + len(self.invalid)

    def to_json(self) -> dict[str, object]:
        """Give the object `ballots` of an outcome."""
        return {
            "total": self.total,
            "valid": self.valid,
            "blank": self.blank,
            "invalid": [list(ranking) for ranking in self.invalid],
        }


def check_rankings(rankings: Iterable[Sequence[int]], *, answers: int) -> Counter[Ranking]:
    """Count equal ballots together.

    Raises:
        DecodeError: one has not one number from 0 to 255 for each answer.
    """
    counted: Counter[Ranking] = Counter()
    for index, ranking in enumerate(rankings):
        if len(ranking) != answers:
            msg = f"the ballot ranks {len(ranking)} answers, not {answers}"
            raise DecodeError(msg, place=f"[{index}]")
        if not all(0 <= number <= HIGHEST_NUMBER for number in ranking):
            msg = f"the ballot holds a number that is not from 0 to {HIGHEST_NUMBER}"
            raise DecodeError(msg, place=f"[{index}]")
        counted[tuple(ranking)] += 1
    return counted


def sort_weak_orders(rankings: Counter[Ranking]) -> Sorted:
    """Take every ballot as a weak order: none is invalid."""
    return _sort(rankings, valid=rankings)


def sort_strict_orders(rankings: Counter[Ranking]) -> Sorted:
    """Take the ballots that hold 1, 2, 3, … each once and without a gap, beside zeros."""
    return _sort(rankings, valid=[ranking for ranking in rankings if _is_strict(ranking)])


def sort_grades(rankings: Counter[Ranking], *, grades: int) -> Sorted:
    """Take the ballots that give every answer a grade from 1 to `grades`."""
    return _sort(
        rankings,
        valid=[ranking for ranking in rankings if all(1 <= number <= grades for number in ranking)],
    )


def preference_of(ranking: Ranking) -> tuple[int, ...]:
    """Give the ranked answers of a strict order, the best first."""
    ranked = [answer for answer, number in enumerate(ranking) if number]
    return tuple(sorted(ranked, key=lambda answer: ranking[answer]))


def depth_of(number: int) -> int:
    """Give what a weak order compares: the number itself, and for 0 one behind the last."""
    return number or HIGHEST_NUMBER + 1


def _is_strict(ranking: Ranking) -> bool:
    numbers = sorted(number for number in ranking if number)
    return numbers == list(range(1, len(numbers) + 1))


def _sort(rankings: Counter[Ranking], *, valid: Iterable[Ranking]) -> Sorted:
    accepted = {ranking for ranking in valid if any(ranking)}
    rejected = sorted(ranking for ranking in rankings if any(ranking) and ranking not in accepted)
    return Sorted(
        valid=Counter({ranking: rankings[ranking] for ranking in sorted(accepted)}),
        blank=sum(times for ranking, times in rankings.items() if not any(ranking)),
        invalid=tuple(ranking for ranking in rejected for _ in range(rankings[ranking])),
    )
