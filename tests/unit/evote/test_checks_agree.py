import json

import pytest

from evote.ballot import check as check_module
from evote.ballot import decode_ballot, verify_ballot
from evote.ballot.checks import Deferred, OneByOne
from evote.election import Question
from evote.encoding import encode_json
from evote.errors import DecodeError, InvalidBallot
from evote.group import computes_together
from tests.factories.evote import LISTS, PLAIN, RANKED, make_world
from tests.factories.forgery import forgeries, sign_again, with_torsion
from tests.factories.mutants import at, changed_values, leaves, put

pytestmark = pytest.mark.skipif(not computes_together(), reason="evote has no C extension here")

BLANK = Question(text="Or none?", answers=("A", "B"), minimum=1, maximum=2, has_blank=True)
QUESTIONS = [PLAIN, BLANK, RANKED, LISTS]
ANSWERS = [[1, 0, 1], [0, 1, 1], [1, 3, 2], [[1, 1, 0], [0, 0]]]
WORLD = make_world(questions=QUESTIONS, trustees=1)
ELEMENTS = ("alpha", "beta", "commitment")
BODY = WORLD.ballot(0, ANSWERS)


def verdict(body, monkeypatch, checks):
    """Give the code, the place and the message, or nothing for a valid ballot."""
    monkeypatch.setattr(check_module, "checks_of", checks)
    try:
        verify_ballot(ballot=decode_ballot(body, election=WORLD.election), election=WORLD.election)
    except (DecodeError, InvalidBallot) as error:
        return error.code, error.place, error.message
    return None


def assert_they_agree(body, monkeypatch):
    expected = verdict(body, monkeypatch, OneByOne)
    assert verdict(body, monkeypatch, Deferred) == expected
    return expected


def test_a_valid_ballot_is_valid_for_both(monkeypatch):
    assert assert_they_agree(BODY, monkeypatch) is None


def test_every_forgery_is_refused_by_both_with_the_same_words(monkeypatch):
    world = make_world(trustees=1)
    monkeypatch.setattr(f"{__name__}.WORLD", world)
    body = world.ballot(0, [[1, 0, 1]])
    refused = [
        assert_they_agree(forged, monkeypatch) for _, forged, _ in forgeries(world, body, voter=0)
    ]
    assert len(refused) > 50
    assert None not in refused


@pytest.mark.parametrize("is_signed_again", [False, True])
def test_changed_values_get_the_same_verdict(monkeypatch, is_signed_again):
    mutants = list(changed_values(json.loads(BODY)))[::17]
    assert len(mutants) > 100
    verdicts = set()
    for place, _, mutant in mutants:
        body = encode_json(mutant)
        if is_signed_again and isinstance(mutant, dict) and not place.startswith("signature"):
            body = sign_again(mutant, uuid=WORLD.election.uuid, credential=WORLD.credentials[0])
        verdicts.add(assert_they_agree(body, monkeypatch))
    assert None not in verdicts
    codes = {code for code, _, _ in verdicts}
    assert codes >= {"non_canonical", "wrong_shape"}
    assert ("bad_proof" if is_signed_again else "bad_signature") in codes


def test_a10_torsion_in_any_element_is_refused_by_both_at_its_place(monkeypatch):
    original = json.loads(BODY)
    places = [path for path in leaves(original) if path and path[-1] in ELEMENTS]
    assert len(places) == 2 * (3 + 3 + 1 + 5) + 1
    for path in places:
        mutant = put(original, path, with_torsion(at(original, path)))
        body = sign_again(mutant, uuid=WORLD.election.uuid, credential=WORLD.credentials[0])
        code, place, _ = assert_they_agree(body, monkeypatch)
        assert code == "non_canonical"
        assert place.endswith(str(path[-1]))


def test_a10_torsion_in_the_credential_is_refused_by_both(monkeypatch):
    mutant = json.loads(BODY)
    mutant["credential"] = with_torsion(mutant["credential"])
    code, place, _ = assert_they_agree(encode_json(mutant), monkeypatch)
    assert (code, place) == ("non_canonical", "credential")
