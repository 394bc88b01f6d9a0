"""What each rule promises for any ballots at all."""

from itertools import pairwise

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from evote.counting import (
    Act,
    Asked,
    Borda,
    MajorityJudgment,
    RankedPairs,
    Schulze,
    Stv,
    Turnout,
    count_choices,
    count_rankings,
    read_rule,
)

GRADE_WORDS = ("excellent", "good", "fair", "poor")
GRADES = MajorityJudgment(grades=GRADE_WORDS)
ORDERED_RULES = [Schulze(), RankedPairs(), Borda(), GRADES]
rule_name = {"ids": lambda rule: type(rule).__name__}


@st.composite
def weak_orders(draw, highest=4):
    answers = draw(st.integers(1, 5))
    ballot = st.lists(st.integers(0, highest), min_size=answers, max_size=answers)
    return answers, draw(st.lists(ballot, max_size=12))


@st.composite
def strict_orders(draw):
    answers = draw(st.integers(1, 5))
    preferences = draw(
        st.lists(st.tuples(st.permutations(range(answers)), st.integers(0, answers)), max_size=14)
    )
    ballots = []
    for order, length in preferences:
        ranking = [0] * answers
        for number, answer in enumerate(order[:length], start=1):
            ranking[answer] = number
        ballots.append(ranking)
    return answers, ballots


@st.composite
def graded(draw):
    answers = draw(st.integers(1, 4))
    ballot = st.lists(st.integers(1, len(GRADE_WORDS)), min_size=answers, max_size=answers)
    return answers, draw(st.lists(ballot, min_size=1, max_size=12))


def raised(ballot, answer):
    """The same ballot with one answer alone at its top."""
    return [1 if place == answer else number and number + 1 for place, number in enumerate(ballot)]


def renamed(ballots, names):
    """The ballots with answer i at place names[i]."""
    moved = []
    for ballot in ballots:
        row = [0] * len(names)
        for answer, number in enumerate(ballot):
            row[names[answer]] = number
        moved.append(row)
    return moved


def as_sets(order):
    return [set(place) for place in order]


@pytest.mark.parametrize("rule", [Schulze(), RankedPairs()], **rule_name)
@given(weak_orders())
def test_an_answer_that_wins_all_its_duels_wins_alone(rule, profile):
    answers, ballots = profile
    outcome = count_rankings(ballots, answers=answers, rule=rule)
    winner = outcome.duels.condorcet_winner()
    assume(winner is not None)

    assert outcome.order[0] == (winner,)
    assert outcome.seats.elected == (winner,)


@pytest.mark.parametrize("rule", ORDERED_RULES, **rule_name)
@given(weak_orders())
def test_every_answer_has_one_place(rule, profile):
    answers, ballots = profile
    outcome = count_rankings(ballots, answers=answers, rule=rule)

    assert sorted(answer for place in outcome.order for answer in place) == list(range(answers))
    assert outcome.ballots.total == len(ballots)


@pytest.mark.parametrize("rule", [*ORDERED_RULES, Stv(seats=1)], **rule_name)
@given(weak_orders(), st.randoms(use_true_random=False))
def test_the_order_of_the_ballots_does_not_matter(rule, profile, random):
    answers, ballots = profile
    shuffled = random.sample(ballots, len(ballots))

    assert count_rankings(shuffled, answers=answers, rule=rule) == count_rankings(
        ballots, answers=answers, rule=rule
    )


@pytest.mark.parametrize("rule", [Schulze(), Borda(), GRADES], **rule_name)
@given(weak_orders(), st.randoms(use_true_random=False))
def test_other_places_on_the_ballot_change_nothing(rule, profile, random):
    answers, ballots = profile
    names = random.sample(range(answers), answers)

    before = count_rankings(ballots, answers=answers, rule=rule)
    after = count_rankings(renamed(ballots, names), answers=answers, rule=rule)

    assert as_sets(after.order) == [{names[answer] for answer in place} for place in before.order]


@given(weak_orders(), st.randoms(use_true_random=False))
def test_ranked_pairs_without_equal_duels_needs_no_tie_rule(profile, random):
    answers, ballots = profile
    names = random.sample(range(answers), answers)
    before = count_rankings(ballots, answers=answers, rule=RankedPairs())
    strengths = [pair.duel.strength for pair in before.pairs]
    assume(len(set(strengths)) == len(strengths))

    after = count_rankings(renamed(ballots, names), answers=answers, rule=RankedPairs())

    assert as_sets(after.order) == [{names[answer] for answer in place} for place in before.order]


@pytest.mark.parametrize("rule", [Schulze(), RankedPairs(), Borda()], **rule_name)
@given(weak_orders(), st.data())
def test_a_winner_that_is_raised_on_a_ballot_stays_a_winner(rule, profile, data):
    answers, ballots = profile
    assume(ballots)
    winner = count_rankings(ballots, answers=answers, rule=rule).order[0][0]
    index = data.draw(st.integers(0, len(ballots) - 1))

    better = [*ballots[:index], raised(ballots[index], winner), *ballots[index + 1 :]]

    assert winner in count_rankings(better, answers=answers, rule=rule).order[0]


@given(graded(), st.data())
def test_a_winner_with_a_better_grade_stays_a_winner(profile, data):
    answers, ballots = profile
    winner = count_rankings(ballots, answers=answers, rule=GRADES).order[0][0]
    index = data.draw(st.integers(0, len(ballots) - 1))
    better = [list(ballot) for ballot in ballots]
    better[index][winner] = max(1, better[index][winner] - 1)

    assert winner in count_rankings(better, answers=answers, rule=GRADES).order[0]


@given(graded())
def test_majority_judgment_orders_by_the_middle_grades_one_after_the_other(profile):
    answers, ballots = profile
    outcome = count_rankings(ballots, answers=answers, rule=GRADES)

    def majority_values(answer):
        left = sorted(ballot[answer] for ballot in ballots)
        return [left.pop(len(left) // 2) for _ in ballots]

    values = [majority_values(place[0]) for place in outcome.order]
    assert all(better < worse for better, worse in pairwise(values))
    for place in outcome.order:
        assert len({tuple(majority_values(answer)) for answer in place}) == 1


@given(strict_orders(), st.integers(1, 5))
def test_stv_fills_every_seat_that_it_can(profile, seats):
    answers, ballots = profile
    seats = min(seats, answers)
    outcome = count_rankings(ballots, answers=answers, rule=Stv(seats=seats))

    elected = outcome.seats.elected
    assert len(elected) == len(set(elected)) == min(seats, answers - len(outcome.absent))
    assert not set(elected) & set(outcome.absent)


@given(strict_orders(), st.integers(1, 3))
def test_stv_loses_no_vote_and_invents_none(profile, seats):
    answers, ballots = profile
    seats = min(seats, answers)
    outcome = count_rankings(ballots, answers=answers, rule=Stv(seats=seats))

    kept = 0
    for held in outcome.rounds:
        assert sum(votes for votes in held.votes if votes) + held.exhausted + kept == len(ballots)
        if held.act == Act.ELECT:
            kept += outcome.quota
    for held, after in pairwise(outcome.rounds):
        assert after.exhausted == held.exhausted + held.exhausting
        for answer, votes in enumerate(after.votes):
            if votes is not None:
                assert votes == held.votes[answer] + held.transfers[answer]


@given(strict_orders(), st.randoms(use_true_random=False))
def test_stv_without_ties_needs_no_tie_rule(profile, random):
    answers, ballots = profile
    names = random.sample(range(answers), answers)
    before = count_rankings(ballots, answers=answers, rule=Stv(seats=1))
    assume(not any(held.tied for held in before.rounds))

    after = count_rankings(renamed(ballots, names), answers=answers, rule=Stv(seats=1))

    assert set(after.seats.elected) == {names[answer] for answer in before.seats.elected}


@given(strict_orders(), st.integers(1, 4))
def test_whoever_has_the_quota_at_the_start_is_elected(profile, seats):
    answers, ballots = profile
    seats = min(seats, answers)
    outcome = count_rankings(ballots, answers=answers, rule=Stv(seats=seats))
    assume(outcome.rounds)

    for answer, votes in enumerate(outcome.rounds[0].votes):
        if votes is not None and votes >= outcome.quota:
            assert answer in outcome.seats.elected


@settings(max_examples=200)
@given(
    st.lists(st.integers(0, 30), min_size=1, max_size=6),
    st.integers(1, 6),
    st.sampled_from([{}, {"quorum": "1/3"}, {"majority": "1/2"}, {"supermajority": "2/3"}]),
)
def test_plurality_never_seats_a_loser_before_a_winner(votes, seats, condition):
    seats = min(seats, len(votes))
    rule = read_rule(
        {"method": "plurality", "seats": seats} | condition,
        place="",
        question=Asked(answers=len(votes), maximum=1),
    )

    outcome = count_choices(
        votes, has_blank=False, rule=rule, turnout=Turnout(roll=200, ballots=sum(votes))
    )

    in_question = {*outcome.seats.elected, *outcome.seats.tied}
    assert len(outcome.seats.elected) + outcome.seats.open_seats <= seats
    if in_question:
        least = min(votes[answer] for answer in in_question)
        assert all(votes[answer] <= least for answer in set(range(len(votes))) - in_question)
    assert bool(outcome.seats.tied) == (0 < outcome.seats.open_seats < len(outcome.seats.tied))
