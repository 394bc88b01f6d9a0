"""Answers with their exact numbers and their bars: votes and points."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from django.utils.formats import number_format
from django.utils.translation import gettext

from evote.counting import BordaOutcome, Outcome, PluralityOutcome
from voting.analysis.drawing import percentage


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """An answer with its exact number and the bar for it; `state` is elected, tied, out or "".

    `about` is the number to two decimals where it is not exactly that, else "".
    """

    answer: str
    number: str
    about: str
    width: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VoteShares:
    """The votes of a plurality or approval outcome, as the chart takes them."""

    outcome: PluralityOutcome
    rows: tuple[dict[str, object], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Points:
    """The points of Borda's rule; `most` is what an answer could have."""

    bars: tuple[Bar, ...]
    most: int


def exact(value: Fraction | int) -> str:
    """Write a number as a whole and an exact rest: 7, 1/3, 1,234 1/3."""
    fraction = Fraction(value)
    whole, rest = divmod(fraction.numerator, fraction.denominator)
    if not rest:
        return number_format(whole, force_grouping=True)
    part = f"{rest}/{fraction.denominator}"
    return f"{number_format(whole, force_grouping=True)} {part}" if whole else part


def about(value: Fraction | int) -> str:
    """Round a long fraction to two decimals, half up; "" for wholes, halves, quarters and so on."""
    hundredths_exactly = 100 * Fraction(value)
    if hundredths_exactly.denominator == 1:
        return ""
    hundredths = int(hundredths_exactly + Fraction(1, 2))
    return number_format(Decimal(hundredths) / 100, decimal_pos=2, force_grouping=True)


def names_of(places: Sequence[int], answers: Sequence[str]) -> tuple[str, ...]:
    """Return the words of answers that are given by their places on the ballot."""
    return tuple(answers[place] for place in places)


def state_of(outcome: Outcome, answer: int) -> str:
    """Return "elected" or "tied", or "" for an answer that is neither."""
    if answer in outcome.seats.elected:
        return "elected"
    return "tied" if answer in outcome.seats.tied else ""


def vote_shares(outcome: PluralityOutcome, answers: Sequence[str]) -> VoteShares:
    """Return the votes of each answer; blank ballots close the list."""
    words = {"elected": gettext("Elected"), "tied": gettext("Tied"), "": ""}
    rows: list[dict[str, object]] = [
        {
            "answer": answer,
            "count": votes,
            "is_first": place in outcome.seats.elected,
            "tag": words[state_of(outcome, place)],
            "tag_kind": "wait" if place in outcome.seats.tied else "good",
        }
        for place, (answer, votes) in enumerate(zip(answers, outcome.votes, strict=True))
    ]
    if outcome.blank is not None:
        rows.append({"answer": gettext("Blank ballot"), "count": outcome.blank, "is_first": False})
    return VoteShares(outcome=outcome, rows=tuple(rows))


def points_shown(outcome: BordaOutcome, answers: Sequence[str]) -> Points:
    """Return the points of each answer."""
    return Points(
        bars=tuple(
            Bar(
                answer=answer,
                number=exact(points),
                about=about(points),
                width=percentage(points, outcome.most_points),
                state=state_of(outcome, place),
            )
            for place, (answer, points) in enumerate(zip(answers, outcome.points, strict=True))
        ),
        most=outcome.most_points,
    )
