"""Published profiles under rules that another program has counted (tests/vectors/preflib)."""

import json
from pathlib import Path

import pytest

from evote.counting import Borda, RankedPairs, Schulze, Stv, count_rankings

FOLDER = Path(__file__).parents[2] / "vectors" / "preflib"
REFERENCES = json.loads((FOLDER / "reference_outputs.json").read_text())


def read_profile(name):
    lines = (FOLDER / name).read_text().splitlines()
    ballots = []
    for line in lines:
        if line.startswith("#"):
            continue
        times, _, order = line.partition(": ")
        answers = [int(answer) for answer in order.split(", ")]
        ranking = [answers.index(answer) + 1 for answer in range(len(answers))]
        ballots += [ranking] * int(times)
    return ballots, len(ballots[0])


def first_place(outcome):
    return list(outcome.order[0])


@pytest.mark.parametrize("name", sorted(REFERENCES))
def test_the_winners_are_those_of_the_reference(name):
    ballots, answers = read_profile(name)
    expected = REFERENCES[name]

    schulze = count_rankings(ballots, answers=answers, rule=Schulze())
    pairs = count_rankings(ballots, answers=answers, rule=RankedPairs())
    borda = count_rankings(ballots, answers=answers, rule=Borda())

    assert first_place(schulze) == expected["schulze_beat_path"]
    assert first_place(pairs) == expected["ranked_pairs_tb"]
    assert first_place(borda) == expected["borda"]
    assert [schulze.duels.condorcet_winner()] == expected["condorcet"]


@pytest.mark.parametrize("name", sorted(REFERENCES))
def test_a_single_seat_goes_to_a_winner_of_the_instant_runoff(name):
    ballots, answers = read_profile(name)

    outcome = count_rankings(ballots, answers=answers, rule=Stv(seats=1))

    assert len(outcome.seats.elected) == 1
    assert outcome.seats.elected[0] in REFERENCES[name]["irv"]


def test_every_profile_has_a_reference():
    assert {path.name for path in FOLDER.glob("*.soc")} == set(REFERENCES)
