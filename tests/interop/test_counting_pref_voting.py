"""Our outcomes beside those of pref_voting, a library for the study of voting methods.

It brings some sixty packages, a compiler among them, so `make test` does not install it. To run
these: `pip install pref_voting` into the environment, then this file.
"""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evote.counting import Borda, RankedPairs, Schulze, Stv, count_rankings

profiles = pytest.importorskip(
    "pref_voting.profiles", reason="pref_voting is not installed; its group of tests is optional"
)
methods = pytest.importorskip("pref_voting.voting_methods", exc_type=ImportError)


some_profiles = settings(max_examples=100, deadline=None)


@st.composite
def whole_orders(draw, *, most_answers=6):
    """Rankings without equals or gaps: what every method of the library takes."""
    answers = draw(st.integers(2, most_answers))
    orders = draw(st.lists(st.permutations(range(answers)), min_size=1, max_size=20))
    ballots = [[order.index(answer) + 1 for answer in range(answers)] for order in orders]
    return answers, ballots, profiles.Profile([list(order) for order in orders])


@some_profiles
@given(whole_orders())
def test_the_winners_are_the_same(profile):
    answers, ballots, theirs = profile

    def first_place(rule):
        return list(count_rankings(ballots, answers=answers, rule=rule).order[0])

    assert first_place(Schulze()) == methods.beat_path(theirs)
    assert first_place(Borda()) == methods.borda(theirs)


@settings(max_examples=30, deadline=None)
@given(whole_orders(most_answers=3))
def test_ranked_pairs_break_ties_in_one_of_the_possible_ways(profile):
    answers, ballots, theirs = profile

    first_place = count_rankings(ballots, answers=answers, rule=RankedPairs()).order[0]

    # The library tries every order of equal duels: with four answers that takes minutes.
    assert set(first_place) <= set(methods.ranked_pairs(theirs))


@some_profiles
@given(whole_orders())
def test_a_single_seat_goes_to_a_winner_of_the_instant_runoff(profile):
    answers, ballots, theirs = profile

    elected = count_rankings(ballots, answers=answers, rule=Stv(seats=1)).seats.elected

    # Every way to break ties between answers; ours is one of them.
    assert elected[0] in methods.instant_runoff_put(theirs)
