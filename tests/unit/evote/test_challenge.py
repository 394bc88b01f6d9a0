import json
from pathlib import Path

import pytest

from evote.ballot.challenge import ChallengeStep, InvalidChallenge, check_challenge
from evote.election import decode_election

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "challenge.json").read_text())[
    "elections"
]
FORGED = [
    pytest.param(case["election"], forged, id=f"{case['name']}: {forged['comment']}")
    for case in VECTORS
    for forged in case["forged"]
]


def steps_of(election, challenge, tracker, *, credentials=None):
    held = []
    check_challenge(
        challenge.encode(),
        election=decode_election(election.encode()),
        credentials=credentials,
        tracker=tracker,
        on_step=held.append,
    )
    return held


@pytest.mark.parametrize("case", VECTORS, ids=lambda case: case["name"])
def test_what_the_booth_opens_holds_at_every_step(case):
    for item in case["valid"]:
        assert steps_of(case["election"], item["challenge"], item["tracker"]) == [*ChallengeStep]


def test_without_a_tracker_seen_before_that_step_is_left_out():
    case = VECTORS[0]
    held = steps_of(case["election"], case["valid"][0]["challenge"], None)

    assert held == [*ChallengeStep][:-1]


@pytest.mark.parametrize(("election", "forged"), FORGED)
def test_a48_a_forged_challenge_fails_at_the_step_that_it_breaks(election, forged):
    with pytest.raises(InvalidChallenge) as refusal:
        steps_of(election, forged["challenge"], forged["tracker"])

    assert refusal.value.step == forged["step"]


def test_a_challenge_of_another_election_is_refused():
    first, second = VECTORS
    with pytest.raises(InvalidChallenge) as refusal:
        steps_of(second["election"], first["valid"][0]["challenge"], None)

    assert refusal.value.step == ChallengeStep.ELECTION


def test_a_challenge_by_a_credential_that_is_not_on_the_list_could_not_have_been_cast():
    case = VECTORS[0]
    challenge = case["valid"][0]["challenge"]
    credential = json.loads(json.loads(challenge)["ballot"])["credential"]
    assert steps_of(case["election"], challenge, None, credentials={credential})
    with pytest.raises(InvalidChallenge) as refusal:
        steps_of(case["election"], challenge, None, credentials={"0" * 64})

    assert refusal.value.step == ChallengeStep.BALLOT
