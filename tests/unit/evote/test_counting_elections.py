"""Rules as an election binds them, and outcomes as its result gives them."""

import pytest

from evote.counting import Stv, Turnout
from evote.election import (
    InvalidElection,
    ListsQuestion,
    RankedQuestion,
    decode_election,
    encode_election,
    generate_uuid,
)
from evote.errors import DecodeError
from evote.group import GENERATOR
from evote.tally import Result, outcomes_of
from tests.factories.evote import BLANK

RANKED = RankedQuestion(text="In which order?", answers=("A", "B", "C"))
LISTS = ListsQuestion(text="Which list?", lists=(("One", "Ada"), ("Two", "Bo")))
RULES = [{"method": "plurality"}, {"method": "stv", "seats": 2}]
TURNOUT = Turnout(roll=9, ballots=3)


def election_of(*questions, context):
    data = encode_election(
        uuid=generate_uuid(),
        name="A vote",
        description="",
        public_key=GENERATOR,
        questions=questions,
        context=context,
    )
    return decode_election(data)


def test_the_rules_are_read_with_the_election():
    election = election_of(BLANK, RANKED, context={"profile": 0, "rules": RULES})

    assert election.rules[1] == Stv(seats=2)


def test_an_election_without_rules_has_no_outcomes():
    election = election_of(BLANK, RANKED, context={"profile": 0})
    result = Result(((1, 1, 1), ((1, 2, 3),)))

    assert election.rules is None
    assert outcomes_of(election=election, result=result, turnout=TURNOUT) == (None, None)


@pytest.mark.parametrize(
    "rules",
    [
        None,
        RULES[:1],
        RULES[::-1],
        [{"method": "borda"}, {"method": "counts"}],
        [{"method": "plurality"}, {"method": "stv", "seats": 4}],
    ],
)
def test_rules_that_do_not_fit_the_questions_cannot_be_bound(rules):
    with pytest.raises(InvalidElection, match=r"^pnyx\.rules"):
        election_of(BLANK, RANKED, context={"rules": rules})


def test_a_question_with_lists_has_no_rule():
    with pytest.raises(InvalidElection, match="no counting rule counts a question with lists"):
        election_of(LISTS, context={"rules": [{"method": "counts"}]})


def test_a_question_can_go_without_a_rule_beside_one_that_has_one():
    rules = [RULES[0], {"method": "counts"}]
    election = election_of(BLANK, RANKED, context={"rules": rules})
    result = Result(((1, 2, 0), ((1, 2, 3), (1, 3, 2), (3, 1, 2))))

    plurality, nothing = outcomes_of(election=election, result=result, turnout=TURNOUT)

    assert plurality.seats.elected == (0,)
    assert nothing is None


def test_each_result_is_counted_by_its_rule():
    election = election_of(BLANK, RANKED, context={"rules": RULES})
    result = Result(((1, 2, 0), ((1, 2, 3), (1, 3, 2), (3, 1, 2))))

    plurality, stv = outcomes_of(election=election, result=result, turnout=TURNOUT)

    assert (plurality.blank, plurality.votes) == (1, (2, 0))
    assert stv.seats.elected == (0, 1)


@pytest.mark.parametrize(
    "answers",
    [
        ((1, 2, 0),),
        ((1, 2), ((1, 2, 3),)),
        (((1, 2, 3),), ((1, 2, 3),)),
        ((1, 2, 0), (1, 2, 3)),
        ((1, 2, 0), ((1, 2),)),
    ],
)
def test_a_result_of_another_form_is_refused(answers):
    election = election_of(BLANK, RANKED, context={"rules": RULES})

    with pytest.raises(DecodeError):
        outcomes_of(election=election, result=Result(answers), turnout=TURNOUT)
