import json
from pathlib import Path

import pytest

from evote import transcript
from evote.group import GENERATOR, IDENTITY, ORDER, Element, SelfTestFailed
from evote.transcript import challenge, self_test

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "transcript.json").read_text())


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["comment"])
def test_a07_challenges_are_those_of_the_vectors(case):
    elements = [Element.decode(text) for text in case["elements"]]
    assert str(challenge(case["prefix"], elements)) == case["challenge"]


def test_a08_the_same_elements_under_another_proof_give_another_challenge():
    prefixes = ["prove|S|", "bproof0|S|", "bproof1|S|", "sig|S|", "pok|S|", "decrypt|S|"]
    challenges = {challenge(prefix, [GENERATOR, IDENTITY]) for prefix in prefixes}
    assert len(challenges) == len(prefixes)
    assert all(0 <= value < ORDER for value in challenges)


def test_a07_order_and_number_of_elements_matter():
    lists = [[], [GENERATOR], [GENERATOR, IDENTITY], [IDENTITY, GENERATOR], [GENERATOR] * 2]
    assert len({challenge("prove|S|", elements) for elements in lists}) == len(lists)


def test_the_self_test_refuses_a_machine_that_hashes_otherwise(monkeypatch):
    self_test()
    monkeypatch.setattr(transcript, "challenge", lambda prefix, elements: 1)
    with pytest.raises(SelfTestFailed):
        self_test()
