"""Writes the result of one question for people."""

from collections import Counter
from collections.abc import Sequence

from evote.cli.text import printable
from evote.election import AnyQuestion, ListsQuestion, Question, RankedQuestion
from evote.tally import QuestionResult


def result_lines(question: AnyQuestion, answer: QuestionResult) -> list[str]:
    """Give one line for each choice, or for each ranking that somebody gave."""
    if isinstance(question, RankedQuestion):
        return _ranking_lines(question, answer)
    if isinstance(question, ListsQuestion):
        return _list_lines(question, answer)
    return _count_lines(_names(question), [item for item in answer if isinstance(item, int)])


def _names(question: Question) -> Sequence[str]:
    return ("(blank)",) * question.has_blank + question.answers


def _count_lines(names: Sequence[str], counts: Sequence[int]) -> list[str]:
    width = max(len(str(count)) for count in counts)
    return [
        f"{count:>{width}}  {printable(name)}" for name, count in zip(names, counts, strict=True)
    ]


def _list_lines(question: ListsQuestion, answer: QuestionResult) -> list[str]:
    lines: list[str] = []
    rows = [counts for counts in answer if not isinstance(counts, int)]
    for names, counts in zip(question.lists, rows, strict=True):
        head, *candidates = _count_lines(names, counts)
        lines += [head, *(f"  {candidate}" for candidate in candidates)]
    return lines


def _ranking_lines(question: RankedQuestion, answer: QuestionResult) -> list[str]:
    """Say what each number is for, and how often each sequence of numbers was given."""
    lines = [
        f"number {index}: {printable(name)}" for index, name in enumerate(question.answers, start=1)
    ]
    given = Counter(numbers for numbers in answer if not isinstance(numbers, int))
    width = len(str(max(given.values(), default=0)))
    lines += [
        f"{count:>{width}} × {', '.join(str(number) for number in numbers)}"
        for numbers, count in sorted(given.items(), key=lambda item: (-item[1], item[0]))
    ]
    return lines
