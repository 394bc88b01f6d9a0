import json
from pathlib import Path

import pytest

CASES = json.loads((Path(__file__).parents[2] / "vectors" / "challenge.json").read_text())[
    "elections"
]
ONE, EVERY = CASES


@pytest.fixture
def opened(tmp_path, monkeypatch):
    """A folder with an election, and a function that writes a challenge beside it."""
    monkeypatch.chdir(tmp_path)

    def write(case, item):
        Path("election.json").write_text(case["election"])
        Path("challenge.json").write_text(item["challenge"])

    return write


def check(run, *more):
    return run("ballot", "check", "challenge.json", "--election", "election.json", *more)


def test_an_opened_ballot_is_said_in_the_words_of_the_election(run, opened):
    opened(EVERY, EVERY["valid"][0])
    status, output, _ = check(run, "--tracker", EVERY["valid"][0]["tracker"])

    assert status == 0
    assert output.count("held: ") == 5
    answers = output[output.index("Which?") :].splitlines()
    assert answers == [
        "Which?",
        "  Alpha",
        "  B,2",
        "Approve?",
        "  Yes",
        "Rank",
        "  number 1: A",
        "  number 2: B",
        "  not ranked: C",
        "Grade",
        "  A: Bad",
        "  B: Good",
        "Only you know whether these are the answers that you chose.",
    ]


def test_blank_answers_of_every_kind_are_said(run, opened):
    opened(EVERY, EVERY["valid"][1])
    _, output, _ = check(run)

    assert output.count("left blank") == 3
    assert "Compare the tracker" in output


def test_a_tracker_may_have_spaces_as_it_is_read_aloud(run, opened):
    item = ONE["valid"][0]
    opened(ONE, item)
    tracker = item["tracker"]

    assert check(run, "--tracker", f"{tracker[:4]} {tracker[4:8]}  {tracker[8:]}")[0] == 0


@pytest.mark.parametrize(
    "forged", EVERY["forged"], ids=[forged["comment"] for forged in EVERY["forged"]]
)
def test_a48_a_forged_challenge_is_invalid_at_its_step(run, opened, forged):
    opened(EVERY, forged)
    status, output, _ = check(run, "--tracker", forged["tracker"])

    assert status == 1
    assert f"INVALID ({forged['step']})" in output
    assert "evidence" in output


def test_a_tracker_is_not_compared_with_a_ballot_that_is_still_sealed(run, opened):
    opened(ONE, {"challenge": json.loads(ONE["valid"][0]["challenge"])["ballot"]})
    assert check(run)[0] == 0
    status, _, errors = check(run, "--tracker", ONE["valid"][0]["tracker"])

    assert status == 2
    assert "opened ballot only" in errors
