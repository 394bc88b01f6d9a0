"""Answers with their exact numbers and their bars: votes and points."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from django.utils.formats import number_format
from django.utils.translation import gettext

from evote.counting import BordaOutcome, Outcome, PluralityOutcome, split_for_reading
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
    """Write a number as a whole and an exact rest: 7, 1/3, 1,234 1/3; or 0.333333… if long."""
    whole, rest = split_for_reading(Fraction(value))
    written = number_format(whole, force_grouping=True)
    if rest.startswith("."):
        return f"{written}{rest}"
    return f"{written} {rest}".rstrip() if whole or not rest else rest


def about(value: Fraction | int) -> str:
    """Round a fraction to two decimals, half up; "" where `exact` is as easy to read."""
    fraction = Fraction(value)
    if (100 * fraction).denominator == 1 or split_for_reading(fraction)[1].startswith("."):
        return ""
    hundredths = int(100 * fraction + Fraction(1, 2))
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
