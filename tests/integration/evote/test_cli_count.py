import json

import pytest

from evote.election import RankedQuestion
from tests.factories.evote import BLANK, PLAIN, make_world, write_complete_record
from tests.factories.records import CLOSED, COMPLETE, write

RULES = [
    {"method": "plurality", "seats": 2, "quorum": "1/2"},
    {"method": "plurality", "majority": "1/2", "majority_of": "votes"},
]
WORLD = make_world(questions=[PLAIN, BLANK], voters=4, context={"profile": 0, "rules": RULES})
VOTES = [([1, 0, 0], [0, 1, 0]), ([1, 1, 0], [1, 0, 0]), ([1, 0, 0], [0, 0, 1])]
BALLOTS = [WORLD.ballot(voter, answers) for voter, answers in enumerate(VOTES)]
RULED = write_complete_record(WORLD, BALLOTS).data()
RANKED = RankedQuestion(text="In which order?", answers=("Ada", "Bo", "Cy"))
RANKINGS = [[1, 2, 3], [2, 1, 3], [1, 3, 2], [0, 0, 0]]


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"method": "schulze"}, "Ada wins all its duels."),
        ({"method": "ranked-pairs"}, "1. Ada 3 : 0 Cy: locked in"),
        ({"method": "borda"}, "  5  Ada"),
        ({"method": "stv", "seats": 2}, "Quota: 2, for 4 ballots and 2 seats"),
        (
            {"method": "majority-judgment", "grades": ["good", "fair", "poor"]},
            "Ada: 2 good, 1 fair, 0 poor; in the middle: good",
        ),
    ],
)
def test_counts_ranked_ballots_after_their_shuffles(run, rule, words):
    world = make_world(questions=[RANKED], voters=4, context={"profile": 0, "rules": [rule]})
    ballots = [world.ballot(voter, [numbers]) for voter, numbers in enumerate(RANKINGS)]

    status, output, _ = run("count", write("a.bel", write_complete_record(world, ballots).data()))

    assert status == 0
    assert "Ballots: 3 valid, 1 blank, 0 invalid" in output
    assert words in output
    assert "Elected: Ada" in output


def test_prints_every_question_s_outcome(run):
    status, output, errors = run("count", write("a.bel", RULED))

    assert (status, errors) == (0, "")
    assert "Ballots: 3 of 4 on the roll" in output
    assert "Quorum: at least 2 of 4 on the roll; 3 voted: reached" in output
    assert "Elected: Alpha, Beta" in output
    assert "Majority: at least 2 of 2 (votes)" in output
    assert "Elected: nobody" in output


def test_the_same_for_programs(run):
    status, output, _ = run("count", write("a.bel", RULED), "--json")

    value = json.loads(output)
    first, second = value["questions"]
    assert status == 0
    assert (value["roll"], value["ballots"]) == (4, 3)
    assert first["outcome"]["elected"] == [0, 1]
    assert first["outcome"]["votes"] == [3, 1, 0]
    assert second["outcome"]["blank"] == 1
    assert second["outcome"]["majority"] == {"needed": 2, "of": 2}


def test_without_a_rule_it_shows_the_counts(run):
    status, output, _ = run("count", write("a.bel", COMPLETE))

    assert status == 0
    assert "Rule: none; the result is\n    1  Alpha" in output


def test_what_is_not_complete_is_not_counted(run):
    status, output, _ = run("count", write("a.bel", CLOSED))

    assert status == 3
    assert "Elected" not in output
    assert output.endswith("Nothing was counted.\n")


def test_what_is_not_complete_is_not_counted_for_programs_either(run):
    status, output, _ = run("count", write("a.bel", CLOSED), "--json")

    assert status == 3
    assert json.loads(output) == {"verdict": "unfinished", "questions": []}
