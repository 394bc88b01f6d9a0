"""Our outcomes beside those of belenios-tool (PROTOCOL 1.11).

The folder of the wrapper `belenios-tool-3.3` comes from the environment variable
BELENIOS_TOOL_DIR; without it these tests are skipped.
"""

import json
import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evote.counting import MajorityJudgment, Schulze, Stv, count_rankings

VECTORS = Path(__file__).parents[1] / "vectors" / "belenios"
# The tool counts parts of votes in floats: the same ballots each time, so that a tie of ours that
# is none of its own cannot come and go.
some_ballots = settings(max_examples=60, derandomize=True)

pytestmark = pytest.mark.skipif(
    "BELENIOS_TOOL_DIR" not in os.environ,
    reason="BELENIOS_TOOL_DIR does not name a folder with belenios-tool-3.3",
)


def ask_the_tool(method, ballots, *options):
    program = Path(os.environ["BELENIOS_TOOL_DIR"]) / "belenios-tool-3.3"
    answer = subprocess.run(
        [program, "method", method, *options],
        input=json.dumps(ballots).encode(),
        capture_output=True,
        timeout=60,
        check=True,
    )
    return json.loads(answer.stdout)


def result_of(case):
    return json.loads((VECTORS / case / "result.json").read_text())["result"][0]


@st.composite
def odd_rankings(draw):
    """Mostly 1, 2, 3, …, with zeros; now and then a number that does not belong there."""
    answers = draw(st.integers(2, 6))
    ballots = []
    for order in draw(st.lists(st.permutations(range(answers)), max_size=14)):
        ballot = [0] * answers
        for number, answer in enumerate(order[: draw(st.integers(0, answers))]):
            ballot[answer] = number + 1
        if draw(st.integers(0, 6)) == 0:
            ballot[draw(st.integers(0, answers - 1))] = draw(st.integers(0, 7))
        ballots.append(ballot)
    return answers, ballots


@st.composite
def numbers(draw, *, lowest, highest):
    answers = draw(st.integers(2, 6))
    ballot = st.lists(st.integers(lowest, highest), min_size=answers, max_size=answers)
    return answers, draw(st.lists(ballot, max_size=14))


def assert_same_schulze(ballots, *, answers):
    theirs = ask_the_tool("schulze", ballots, f"--nchoices={answers}", "--blank-allowed=true")
    ours = count_rankings(ballots, answers=answers, rule=Schulze())
    for number, row in enumerate(theirs["beatpaths"]):
        row[number] = [0, 0]  # The tool fills the diagonal, which means nothing.
    assert [list(row) for row in ours.duels.matrix] == theirs["raw"]
    assert [
        [[path.votes_for, path.votes_against] if path else [0, 0] for path in row]
        for row in ours.paths
    ] == theirs["beatpaths"]
    assert [set(place) for place in ours.order] == [set(place) for place in theirs["winners"]]
    assert (ours.ballots.valid, ours.ballots.blank) == (theirs["valid"], theirs["blank"])


def assert_same_stv(ballots, *, answers, seats):
    theirs = ask_the_tool("stv", ballots, f"--nseats={seats}")
    ours = count_rankings(ballots, answers=answers, rule=Stv(seats=seats))
    words = {"elect": "Win", "elect-remaining": "Win", "eliminate": "Lose"}
    acts = [
        [word, list(held.answers) if word == "Win" else held.answers[0]]
        for held in ours.rounds
        for word in [words[held.act]]
    ]
    # Where nobody is left for a seat, the tool lets nobody win it.
    assert acts == [
        event for event in theirs["events"] if event[0] in ("Win", "Lose") and event != ["Win", []]
    ]
    assert sum(bool(held.tied) for held in ours.rounds) == sum(
        event[0].startswith("Tie") for event in theirs["events"]
    )
    assert list(ours.seats.elected) == theirs["winners"]
    assert sorted(ours.ballots.invalid) == sorted(map(tuple, theirs["invalid"]))
    assert ours.ballots.valid + ours.ballots.blank == len(theirs["ballots"])


def assert_same_majority_judgment(ballots, *, answers, grades):
    # Of two middle grades the tool takes the better one and we the worse one. With the grades
    # turned round its better one is our worse one, and its last answer our first.
    turned = [
        [grades + 1 - grade if 1 <= grade <= grades else grade for grade in ballot]
        for ballot in ballots
    ]
    theirs = ask_the_tool(
        "majority-judgment",
        turned,
        f"--nchoices={answers}",
        f"--ngrades={grades}",
        "--blank-allowed=true",
    )
    words = tuple(str(grade) for grade in range(1, grades + 1))
    ours = count_rankings(ballots, answers=answers, rule=MajorityJudgment(grades=words))
    assert [set(place) for place in ours.order] == [
        set(place) for place in reversed(theirs["winners"])
    ]
    assert [list(reversed(judgment.counts)) for judgment in ours.judgments] == theirs["raw"]
    assert (ours.ballots.valid, ours.ballots.blank) == (theirs["valid"], theirs["blank"])
    assert len(ours.ballots.invalid) == len(theirs["invalid"])


@pytest.mark.parametrize("seats", range(1, 6))
def test_case_6_has_the_same_rounds(seats):
    assert_same_stv(result_of("case6-stv-ed25519"), answers=5, seats=seats)


def test_case_6_has_the_same_paths():
    assert_same_schulze(result_of("case6-stv-ed25519"), answers=5)


def test_case_6_has_the_same_grades():
    assert_same_majority_judgment(result_of("case6-mj-ed25519"), answers=4, grades=5)


@some_ballots
@given(odd_rankings(), st.integers(1, 6))
def test_any_ballots_have_the_same_rounds(profile, seats):
    answers, ballots = profile
    assert_same_stv(ballots, answers=answers, seats=min(seats, answers))


@some_ballots
@given(numbers(lowest=0, highest=5))
def test_any_ballots_have_the_same_paths(profile):
    answers, ballots = profile
    assert_same_schulze(ballots, answers=answers)


@some_ballots
@given(numbers(lowest=1, highest=4))
def test_any_ballots_have_the_same_grades(profile):
    answers, ballots = profile
    odd = [[0] * answers, [5] * answers, [1] * (answers - 1) + [0]]
    assert_same_majority_judgment(ballots + odd, answers=answers, grades=4)
