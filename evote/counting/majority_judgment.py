"""Majority judgment: the answer with the best middle grade wins.

The majority grade of an answer is the middle one of its grades from best to worst; of an even
number of grades, the worse of the two in the middle. Answers with the same majority grade are
compared again after one such grade of each is taken away, and so on.

Source: M. Balinski and R. Laraki, "A theory of measuring, electing, and ranking", PNAS 104 (2007),
"Majority-Grade" and "Majority-Ranking".

Tie rule: only answers with exactly the same grades stay equal; they share a place, and no lot is
drawn.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from evote.counting.rankings import BallotTally, check_rankings, sort_grades
from evote.counting.standing import Order, Seats, give_seats


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgment:
    """What the voters think of one answer.

    `counts` says how often each grade was given, the best first. `majority_grade` is 1 for the
    best grade, and None without any valid ballot. `removed` are the middle grades that were
    taken away, in this order, before the answer differed from its equals; `next_grade` is the
    one that told them apart then, None where nothing had to be removed or nothing could tell.
    """

    counts: tuple[int, ...]
    majority_grade: int | None
    removed: tuple[int, ...]
    next_grade: int | None

    def to_json(self) -> dict[str, object]:
        """Give the object `judgment` of an outcome."""
        return {
            "counts": list(self.counts),
            "majority_grade": self.majority_grade,
            "removed": list(self.removed),
            "next_grade": self.next_grade,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class MajorityJudgmentOutcome:
    """What majority judgment makes of the grades; `grades` are their words, the best first."""

    method: ClassVar[str] = "majority-judgment"

    ballots: BallotTally
    grades: tuple[str, ...]
    judgments: tuple[Judgment, ...]
    order: Order
    seats: Seats

    def to_json(self) -> dict[str, object]:
        """Give the outcome's own fields for programs."""
        return {
            "ballots": self.ballots.to_json(),
            "grades": list(self.grades),
            "judgments": [judgment.to_json() for judgment in self.judgments],
        }


def count_majority_judgment(
    rankings: Sequence[Sequence[int]], *, answers: int, grades: Sequence[str]
) -> MajorityJudgmentOutcome:
    """Find the middle grades and order the answers by them.

    Raises:
        DecodeError: a ballot is not one number for each answer.
    """
    ballots = sort_grades(check_rankings(rankings, answers=answers), grades=len(grades))
    counts = [[0] * len(grades) for _ in range(answers)]
    for ranking, times in ballots.valid.items():
        for row, grade in zip(counts, ranking, strict=True):
            row[grade - 1] += times
    removed: list[list[int]] = [[] for _ in range(answers)]
    order = _order(counts, removed)
    return MajorityJudgmentOutcome(
        ballots=ballots.tally,
        grades=tuple(grades),
        judgments=tuple(
            _judgment(counts=row, removed=gone) for row, gone in zip(counts, removed, strict=True)
        ),
        order=order,
        seats=give_seats(order=order, seats=1),
    )


def middle_grade(counts: Sequence[int]) -> int | None:
    """Give the middle grade, the worse of two; 1 is the best. None: there are no grades."""
    # The grades from the best are numbered from 0; of n the middle is number ⌊n/2⌋.
    middle = sum(counts) // 2
    for grade, count in enumerate(counts, start=1):
        if middle < count:
            return grade
        middle -= count
    return None


def _order(counts: Sequence[Sequence[int]], removed: Sequence[list[int]]) -> Order:
    """Order the answers, and write down what had to be removed of each."""
    left = [list(row) for row in counts]
    finished: list[tuple[int, ...]] = []
    # Places from the best that may still be divided; the first is at the end of the list.
    open_places = [tuple(range(len(counts)))]
    while open_places:
        place = open_places.pop()
        if all(left[answer] == left[place[0]] for answer in place):
            finished.append(place)
            continue
        middles = {answer: middle_grade(left[answer]) or 0 for answer in place}
        groups = [
            tuple(answer for answer in place if middles[answer] == grade)
            for grade in sorted(set(middles.values()), reverse=True)
        ]
        if len(groups) == 1:
            for answer in place:
                left[answer][middles[answer] - 1] -= 1
                removed[answer].append(middles[answer])
        open_places.extend(groups)
    return tuple(finished)


def _judgment(*, counts: Sequence[int], removed: Sequence[int]) -> Judgment:
    left = list(counts)
    for grade in removed:
        left[grade - 1] -= 1
    return Judgment(
        counts=tuple(counts),
        majority_grade=middle_grade(counts),
        removed=tuple(removed),
        next_grade=middle_grade(left) if removed else None,
    )
