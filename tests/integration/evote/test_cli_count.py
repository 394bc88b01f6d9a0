import json

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
