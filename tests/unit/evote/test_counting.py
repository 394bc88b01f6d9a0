"""Each rule on ballots small enough to count by hand."""

import json
from fractions import Fraction

import pytest

from evote.cli.outcomes import outcome_lines
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
    outcome_to_json,
    read_rule,
    write_exactly,
)
from evote.counting.rules import STV_SEATS_LIMIT
from evote.errors import DecodeError

GRADES = MajorityJudgment(grades=("excellent", "good", "fair", "poor"))
RANKED_RULES = [Schulze(), RankedPairs(), Borda(), Stv(seats=2), GRADES]
# Tennessee chooses its capital: Memphis, Nashville, Chattanooga, Knoxville.
TENNESSEE = [[1, 2, 3, 4]] * 42 + [[4, 1, 2, 3]] * 26 + [[4, 3, 1, 2]] * 15 + [[4, 3, 2, 1]] * 17
# The example of Schulze's paper (2011), section 3.1: 45 voters, A to E.
SCHULZE_PAPER = [
    ("ACBED", 5),
    ("ADECB", 5),
    ("BEDAC", 8),
    ("CABED", 3),
    ("CAEBD", 7),
    ("CBADE", 2),
    ("DCEBA", 7),
    ("EBADC", 8),
]


def ballots_of(orders, letters):
    return [
        [order.index(letter) + 1 if letter in order else 0 for letter in letters]
        for order, times in orders
        for _ in range(times)
    ]


def plurality(counts, *, roll=100, ballots=None, maximum=1, has_blank=False, **rule):
    answers = len(counts) - has_blank
    read = read_rule(
        {"method": "plurality"} | rule,
        place="rules[0]",
        question=Asked(answers=answers, maximum=maximum),
    )
    turnout = Turnout(roll=roll, ballots=sum(counts) if ballots is None else ballots)
    return count_choices(counts, has_blank=has_blank, rule=read, turnout=turnout)


class TestPlurality:
    def test_the_most_votes_win(self):
        outcome = plurality([3, 5, 4])

        assert outcome.order == ((1,), (2,), (0,))
        assert outcome.seats.elected == (1,)

    def test_equals_for_the_last_seat_stay_open(self):
        outcome = plurality([5, 3, 3, 3], seats=3, maximum=3)

        assert outcome.seats.elected == (0,)
        assert outcome.seats.tied == (1, 2, 3)
        assert outcome.seats.open_seats == 2

    def test_equals_that_all_fit_are_elected(self):
        outcome = plurality([3, 5, 3], seats=3, maximum=3)

        assert outcome.seats.elected == (1, 0, 2)
        assert outcome.seats.tied == ()

    def test_an_answer_that_nobody_chose_is_not_elected(self):
        outcome = plurality([3, 0], seats=2, maximum=2)

        assert outcome.seats.elected == (0,)
        assert outcome.seats.tied == ()

    def test_the_blank_ballots_lead_the_counts_and_are_no_answer(self):
        outcome = plurality([9, 3, 5], has_blank=True)

        assert outcome.blank == 9
        assert outcome.votes == (3, 5)
        assert outcome.seats.elected == (1,)

    @pytest.mark.parametrize(("voted", "elected"), [(24, ()), (25, (0,)), (26, (0,))])
    def test_a_quorum_is_reached_by_exactly_its_part_of_the_roll(self, voted, elected):
        outcome = plurality([voted, 0], quorum="1/4")

        assert outcome.quorum.votes == 25
        assert outcome.is_quorate == bool(elected)
        assert outcome.seats.elected == elected

    def test_a_quorum_that_is_no_whole_number_is_rounded_up(self):
        assert plurality([2, 0], roll=10, quorum="1/4").quorum.votes == 3

    @pytest.mark.parametrize(("yes", "elected"), [(50, ()), (51, (0,))])
    def test_a_majority_is_more_than_its_part(self, yes, elected):
        outcome = plurality([yes, 100 - yes], majority="1/2")

        assert outcome.majority.votes == 51
        assert 0 not in outcome.seats.tied
        assert [answer for answer in outcome.seats.elected if answer == 0] == list(elected)

    @pytest.mark.parametrize(("yes", "elected"), [(65, ()), (66, (0,)), (67, (0,))])
    def test_a_supermajority_is_at_least_its_part(self, yes, elected):
        outcome = plurality([yes, 99 - yes], supermajority="2/3")

        assert outcome.majority.votes == 66
        assert outcome.seats.elected == elected

    @pytest.mark.parametrize(
        ("base", "whole", "elected"), [("votes", 8, (0,)), ("ballots", 10, ()), ("roll", 100, ())]
    )
    def test_a_majority_can_be_of_votes_of_ballots_or_of_the_roll(self, base, whole, elected):
        outcome = plurality([2, 5, 3], has_blank=True, majority="1/2", majority_of=base)

        assert outcome.majority.whole == whole
        assert outcome.seats.elected == elected

    def test_no_ballots_elect_nobody(self):
        outcome = plurality([0, 0], supermajority="1/2")

        assert outcome.seats.elected == outcome.seats.tied == ()

    def test_more_ballots_than_the_roll_has_people_are_refused(self):
        with pytest.raises(DecodeError, match="11 ballots were counted, of 10"):
            plurality([11], roll=10)

    def test_more_votes_than_ballots_are_refused(self):
        with pytest.raises(DecodeError, match="more votes than the 4 ballots"):
            plurality([5, 1], ballots=4)


class TestDuels:
    def test_both_rules_elect_nashville(self):
        for rule in (Schulze(), RankedPairs()):
            outcome = count_rankings(TENNESSEE, answers=4, rule=rule)
            assert outcome.duels.matrix[1] == (58, 0, 68, 68)
            assert outcome.duels.condorcet_winner() == 1
            assert outcome.order == ((1,), (2,), (3,), (0,))
            assert outcome.seats.elected == (1,)

    def test_schulze_s_own_example_gives_his_paths_and_his_order(self):
        ballots = ballots_of(SCHULZE_PAPER, "ABCDE")

        outcome = count_rankings(ballots, answers=5, rule=Schulze())

        assert outcome.duels.matrix == (
            (0, 20, 26, 30, 22),
            (25, 0, 16, 33, 18),
            (19, 29, 0, 17, 24),
            (15, 12, 28, 0, 14),
            (23, 27, 21, 31, 0),
        )
        assert [[path and path.votes_for for path in row] for row in outcome.paths] == [
            [None, 28, 28, 30, 24],
            [25, None, 28, 33, 24],
            [25, 29, None, 29, 24],
            [25, 28, 28, None, 24],
            [25, 28, 28, 31, None],
        ]
        assert outcome.paths[0][1].answers == (0, 3, 2, 1)
        assert outcome.order == ((4,), (0,), (2,), (1,), (3,))

    def test_a_circle_of_three_is_opened_at_its_weakest_duel(self):
        ballots = ballots_of([("ABC", 7), ("BCA", 6), ("CAB", 4)], "ABC")

        outcome = count_rankings(ballots, answers=3, rule=RankedPairs())

        taken = [(pair.duel.winner, pair.duel.loser, pair.is_locked) for pair in outcome.pairs]
        assert taken == [(1, 2, True), (0, 1, True), (2, 0, False)]
        assert outcome.pairs[2].circle == (0, 1, 2)
        assert outcome.duels.condorcet_winner() is None
        assert outcome.order == ((0,), (1,), (2,))

    def test_a_circle_of_equal_duels_has_no_schulze_winner_and_opens_by_the_ballot_s_order(self):
        ballots = ballots_of([("ABC", 1), ("BCA", 1), ("CAB", 1)], "ABC")

        schulze = count_rankings(ballots, answers=3, rule=Schulze())
        pairs = count_rankings(ballots, answers=3, rule=RankedPairs())

        assert schulze.order == ((0, 1, 2),)
        assert (schulze.seats.elected, schulze.seats.tied) == ((), (0, 1, 2))
        assert pairs.seats.elected == (0,)

    def test_a_drawn_duel_is_locked_for_nobody(self):
        outcome = count_rankings([[1, 2], [2, 1]], answers=2, rule=RankedPairs())

        assert outcome.pairs == ()
        assert outcome.order == ((0, 1),)

    @pytest.mark.parametrize("rule", [Schulze(), RankedPairs(), Borda()])
    def test_only_the_order_of_the_numbers_matters_and_zero_is_last(self, rule):
        plain = count_rankings([[1, 2, 3, 3], [1, 1, 2, 0]], answers=4, rule=rule)
        odd = count_rankings([[3, 7, 0, 0], [200, 200, 255, 0]], answers=4, rule=rule)

        assert plain.order == odd.order
        assert plain.ballots == odd.ballots


class TestBorda:
    def test_tennessee_by_points(self):
        outcome = count_rankings(TENNESSEE, answers=4, rule=Borda())

        assert outcome.points == (126, 194, 173, 107)
        assert outcome.most_points == 300
        assert outcome.seats.elected == (1,)

    def test_equals_share_the_points_of_their_places(self):
        outcome = count_rankings([[1, 1, 0, 0]], answers=4, rule=Borda())

        assert outcome.points == (Fraction(5, 2), Fraction(5, 2), Fraction(1, 2), Fraction(1, 2))
        assert outcome.seats.tied == (0, 1)


class TestStv:
    def test_a_surplus_moves_on_in_exact_parts(self):
        # 3 seats, 20 ballots: the quota is 6. A has 12 and passes on 6 of them: 4 and 2.
        ballots = ballots_of([("AB", 8), ("AC", 4), ("D", 5), ("C", 3)], "ABCD")

        outcome = count_rankings(ballots, answers=4, rule=Stv(seats=3))

        first, second, third = outcome.rounds
        assert outcome.quota == 6
        assert first.votes == (12, 0, 3, 5)
        assert (first.act, first.answers, first.factor) == (Act.ELECT, (0,), Fraction(1, 2))
        assert first.transfers == (0, 4, 2, 0)
        assert second.votes == (None, 4, 5, 5)
        assert (second.act, second.answers, second.exhausting) == (Act.ELIMINATE, (1,), 4)
        assert (third.act, third.answers) == (Act.ELECT_REMAINING, (2, 3))
        assert third.exhausted == 4
        assert outcome.seats.elected == (0, 2, 3)

    def test_thirds_stay_thirds(self):
        ballots = ballots_of([("AB", 5), ("AC", 1), ("C", 1), ("D", 2)], "ABCD")

        outcome = count_rankings(ballots, answers=4, rule=Stv(seats=2))

        assert outcome.quota == 4
        assert outcome.rounds[0].factor == Fraction(1, 3)
        assert outcome.rounds[0].transfers == (0, Fraction(5, 3), Fraction(1, 3), 0)

    def test_nothing_moves_when_the_last_one_left_is_elected(self):
        ballots = [*ballots_of([("A", 2), ("B", 1)], "ABC"), [1, 3, 2]]

        outcome = count_rankings(ballots, answers=3, rule=Stv(seats=2))

        last = outcome.rounds[-1]
        assert (last.act, last.answers) == (Act.ELECT_REMAINING, (1,))
        assert (last.exhausting, last.transfers) == (0, (0, 0, 0))

    def test_with_the_last_seat_nothing_moves(self):
        outcome = count_rankings([[1, 2]] * 3 + [[2, 1]], answers=2, rule=Stv(seats=1))

        (last,) = outcome.rounds
        assert (last.act, last.factor, last.exhausting) == (Act.ELECT, 0, 0)
        assert last.transfers == (0, 0)

    def test_of_equals_the_first_on_the_ballot_wins_and_the_last_loses(self):
        ballots = ballots_of([("AC", 2), ("BC", 2), ("C", 1), ("D", 1)], "ABCD")

        outcome = count_rankings(ballots, answers=4, rule=Stv(seats=1))

        assert outcome.rounds[0].answers == (3,)
        assert outcome.rounds[0].tied == (2, 3)
        assert outcome.rounds[2].tied == (0, 1)
        assert outcome.seats.elected == (0,)

    def test_the_first_of_two_with_the_same_surplus_is_elected_first(self):
        ballots = ballots_of([("AC", 3), ("BC", 3)], "ABC")

        outcome = count_rankings(ballots, answers=3, rule=Stv(seats=2))

        assert [each.answers for each in outcome.rounds] == [(0,), (1,)]
        assert outcome.rounds[0].tied == (0, 1)

    def test_a_blank_ballot_counts_for_the_quota(self):
        outcome = count_rankings([[1, 2], [1, 0], [0, 0], [0, 0]], answers=2, rule=Stv(seats=1))

        assert outcome.ballots.blank == 2
        assert outcome.quota == 3
        assert outcome.rounds[0].exhausted == 2

    @pytest.mark.parametrize("ballot", [[1, 1, 2], [1, 3, 0], [2, 0, 0], [1, 2, 255], [4, 1, 2]])
    def test_a_gap_an_equal_or_a_number_too_high_makes_a_ballot_invalid(self, ballot):
        outcome = count_rankings([ballot, [1, 2, 3]], answers=3, rule=Stv(seats=1))

        assert outcome.ballots.invalid == (tuple(ballot),)
        assert outcome.ballots.valid == 1

    def test_an_answer_that_nobody_ranked_takes_no_part(self):
        outcome = count_rankings([[1, 0, 0]], answers=3, rule=Stv(seats=2))

        assert outcome.absent == (1, 2)
        assert outcome.seats.elected == (0,)

    def test_twelve_seats_in_a_chain_of_surpluses_are_counted_and_written(self):
        answers = 30
        ballots = []
        for number in range(1, 600):
            wishes = [5 * answer + number * number * (answer + 3) % 61 for answer in range(answers)]
            order = sorted(range(answers), key=wishes.__getitem__)
            ballots.append([order.index(answer) + 1 for answer in range(answers)])
        rule = Stv(seats=STV_SEATS_LIMIT)

        outcome = count_rankings(ballots, answers=answers, rule=rule)

        written = json.dumps(outcome_to_json(outcome, rule=rule))
        assert len(outcome.seats.elected) == STV_SEATS_LIMIT
        assert max(map(len, written.split('"'))) > 4_300  # More than Python writes at once.
        assert len("".join(outcome_lines(outcome, answers=["A"] * answers))) < 20_000

    def test_no_ballots_elect_nobody(self):
        outcome = count_rankings([], answers=3, rule=Stv(seats=2))

        assert outcome.rounds == ()
        assert outcome.seats.elected == ()


class TestMajorityJudgment:
    def test_the_worse_of_two_middle_grades_counts(self):
        # The peer's tool would take the better one: PROTOCOL 1.11.
        outcome = count_rankings([[1, 2], [3, 2]], answers=2, rule=GRADES)

        assert [judgment.majority_grade for judgment in outcome.judgments] == [3, 2]
        assert outcome.seats.elected == (1,)

    def test_equals_are_compared_again_without_their_middle_grade(self):
        # Both have the middle grade 2. Without one of them A has 2 left, B has 3.
        outcome = count_rankings([[1, 1], [2, 2], [2, 3]], answers=2, rule=GRADES)

        assert [judgment.majority_grade for judgment in outcome.judgments] == [2, 2]
        assert [judgment.removed for judgment in outcome.judgments] == [(2,), (2,)]
        assert [judgment.next_grade for judgment in outcome.judgments] == [2, 3]
        assert outcome.order == ((0,), (1,))

    def test_the_same_grades_stay_equal_without_removing_any(self):
        outcome = count_rankings([[1, 3], [2, 1], [3, 2]], answers=2, rule=GRADES)

        assert outcome.order == ((0, 1),)
        assert outcome.seats.tied == (0, 1)
        assert [judgment.removed for judgment in outcome.judgments] == [(), ()]

    @pytest.mark.parametrize("ballot", [[0, 1], [1, 5], [255, 255]])
    def test_a_missing_or_unknown_grade_makes_a_ballot_invalid(self, ballot):
        outcome = count_rankings([ballot, [1, 2]], answers=2, rule=GRADES)

        assert outcome.ballots.invalid == (tuple(ballot),)
        assert outcome.judgments[0].counts == (1, 0, 0, 0)

    def test_without_ballots_there_is_no_grade(self):
        outcome = count_rankings([[0, 0]], answers=2, rule=GRADES)

        assert [judgment.majority_grade for judgment in outcome.judgments] == [None, None]
        assert outcome.order == ((0, 1),)


class TestEveryRankedRule:
    @pytest.mark.parametrize("rule", RANKED_RULES, ids=lambda rule: type(rule).__name__)
    def test_a_ballot_of_zeros_is_blank(self, rule):
        outcome = count_rankings([[0, 0, 0], [1, 2, 3]], answers=3, rule=rule)

        assert (outcome.ballots.valid, outcome.ballots.blank) == (1, 1)
        assert outcome.ballots.total == 2

    @pytest.mark.parametrize("rule", RANKED_RULES, ids=lambda rule: type(rule).__name__)
    @pytest.mark.parametrize("ballot", [[1, 2], [1, 2, 3, 4], [1, 2, 256], [1, 2, -1]])
    def test_what_no_ballot_can_hold_is_refused_with_its_place(self, rule, ballot):
        with pytest.raises(DecodeError, match=r"^\[1\]"):
            count_rankings([[1, 2, 3], ballot], answers=3, rule=rule)

    @pytest.mark.parametrize("rule", RANKED_RULES, ids=lambda rule: type(rule).__name__)
    def test_the_outcome_for_programs_names_rule_and_winners(self, rule):
        outcome = count_rankings([[1, 2, 3]] * 3, answers=3, rule=rule)

        item = outcome_to_json(outcome, rule=rule)

        assert item["rule"] == rule.to_json()
        assert item["elected"][0] == 0
        assert item["ballots"] == {"total": 3, "valid": 3, "blank": 0, "invalid": []}


@pytest.mark.parametrize("digits", [1, 3999, 4000, 4001, 8000, 12_345])
def test_a_number_of_any_length_is_written_with_all_its_digits(digits):
    number = Fraction(10**digits + 7, 1)

    assert write_exactly(number) == "1" + "7".zfill(digits)
    assert write_exactly(1 / number) == f"1/{write_exactly(number)}"
