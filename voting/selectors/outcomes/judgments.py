"""The grades of majority judgment."""

from collections.abc import Sequence
from dataclasses import dataclass

from evote.counting import MajorityJudgmentOutcome
from voting.analysis.drawing import Segment, draw_stack
from voting.selectors.outcomes.bars import state_of


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedAnswer:
    """The grades of one answer. `grade` is its majority grade, "" without ballots.

    `spoken` says what the bar shows.
    """

    answer: str
    state: str
    grade: str
    segments: tuple[Segment, ...]
    counts: tuple[int, ...]
    spoken: str
    removed: int
    next_grade: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgments:
    """The grades of all answers; `legend` has each grade's word and shade."""

    answers: tuple[JudgedAnswer, ...]
    legend: tuple[tuple[str, str], ...]


def judgments_shown(outcome: MajorityJudgmentOutcome, answers: Sequence[str]) -> Judgments:
    """Return the grades of each answer, in the order of the outcome."""
    words = ("", *outcome.grades)
    shades = draw_stack([1] * len(outcome.grades))
    in_order = [place for places in outcome.order for place in places]
    return Judgments(
        answers=tuple(
            JudgedAnswer(
                answer=answers[place],
                state=state_of(outcome, place),
                grade=words[judgment.majority_grade or 0],
                segments=draw_stack(judgment.counts),
                counts=judgment.counts,
                spoken=", ".join(
                    f"{count} × {grade}"
                    for count, grade in zip(judgment.counts, outcome.grades, strict=True)
                ),
                removed=len(judgment.removed),
                next_grade=words[judgment.next_grade or 0],
            )
            for place in in_order
            for judgment in [outcome.judgments[place]]
        ),
        legend=tuple(
            (grade, segment.shade) for grade, segment in zip(outcome.grades, shades, strict=True)
        ),
    )
