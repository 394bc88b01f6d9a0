import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evote.ballot import InvalidChoice, create_ballot, decode_ballot, decode_choices, verify_ballot
from evote.election import ListsQuestion, RankedQuestion, decode_election
from evote.errors import DecodeError, InvalidBallot
from evote.group import ED25519, GENERATOR
from tests.factories.evote import LISTS, PLAIN, RANKED, make_world
from tests.factories.forgery import sign_again, with_torsion
from tests.factories.tampering import tampered_answers

RANKED_WORLD = make_world(questions=[RANKED], trustees=1)
RANKED_BALLOT = RANKED_WORLD.ballot(0, [[1, 3, 2]])
LISTS_WORLD = make_world(questions=[LISTS], trustees=1)
LISTS_BALLOT = LISTS_WORLD.ballot(0, [[[1, 1, 0], [0, 0]]])


def check(body, election):
    ballot = decode_ballot(body, election=election)
    verify_ballot(ballot=ballot, election=election)
    return ballot


def code_of(body, election):
    with pytest.raises((DecodeError, InvalidBallot)) as error:
        check(body, election)
    return error.value.code


def opened(world, body):
    """Decrypt the elements in a ballot with the trustee's key."""
    ballot = decode_ballot(body, election=world.election)
    (secret_key,) = world.secret_keys
    return [
        item.beta / item.alpha**secret_key
        for answer in decode_choices(ballot, election=world.election)
        for item in answer
    ]


class TestRanked:
    @settings(max_examples=30, deadline=None)
    @given(st.lists(st.integers(0, 255), min_size=1, max_size=30))
    def test_what_the_voter_ranked_is_in_the_ballot(self, numbers):
        question = RankedQuestion(text="Rank", answers=tuple(map(str, range(len(numbers)))))
        world = make_world(questions=[question], trustees=1)
        body = world.ballot(0, [numbers])
        check(body, world.election)
        (element,) = opened(world, body)
        assert ED25519.extract(element, len(numbers)) == tuple(numbers)

    @pytest.mark.parametrize(
        "numbers",
        [[], [1, 2], [1, 2, 3, 4], [1, 2, 256], [1, 2, -1], [1, 2, True], [1, 2, "3"], [[1], 2, 3]],
    )
    def test_what_is_no_ranking_is_never_encrypted(self, numbers):
        with pytest.raises(InvalidChoice, match="question 1"):
            RANKED_WORLD.ballot(0, [numbers])

    def test_a_ballot_of_a_ranked_and_a_plain_question(self):
        world = make_world(questions=[RANKED, PLAIN])
        ballot = check(world.ballot(0, [[1, 1, 1], [0, 1, 1]]), world.election)
        assert len(ballot.alphas) == 4

    def test_a15_every_tampered_place_is_refused(self):
        ballot = json.loads(RANKED_BALLOT)
        for comment, body, code in tampered_answers(RANKED_WORLD, ballot, voter=0):
            assert code_of(body, RANKED_WORLD.election) == code, comment

    def test_a01_a_ranking_of_another_voter_does_not_hold_under_one_s_own_credential(self):
        ballot = json.loads(RANKED_BALLOT) | {"credential": RANKED_WORLD.public(1)}
        stolen = sign_again(
            ballot, uuid=RANKED_WORLD.election.uuid, credential=RANKED_WORLD.credentials[1]
        )
        assert code_of(stolen, RANKED_WORLD.election) == "bad_proof"

    def test_a02_an_answer_holds_in_another_place_only_where_the_context_is_the_same(self):
        world = make_world(questions=[RANKED])
        ballot = json.loads(RANKED_BALLOT)
        other = json.loads(world.ballot(0, [[1, 2, 3]]))
        moved = other | {"answers": ballot["answers"]}
        body = sign_again(moved, uuid=world.election.uuid, credential=world.credentials[0])
        assert code_of(body, world.election) == "bad_proof"


class TestLists:
    @pytest.mark.parametrize(
        "answer",
        [[[1, 1, 0], [0, 0]], [[1, 0, 1], [0, 0]], [[1, 1, 1], [0, 0]], [[0, 0, 0], [1, 1]]],
    )
    def test_one_list_with_candidates_is_valid(self, answer):
        body = LISTS_WORLD.ballot(0, [answer])
        check(body, LISTS_WORLD.election)
        elements = opened(LISTS_WORLD, body)
        assert elements == [GENERATOR**bit for row in answer for bit in row]

    @pytest.mark.parametrize(
        "answer",
        [
            [[0, 0, 0], [0, 0]],
            [[1, 0, 0], [0, 0]],
            [[1, 1, 0], [1, 1]],
            [[1, 1, 0], [0, 1]],
            [[0, 1, 0], [0, 0]],
            [[2, 1, 0], [0, 0]],
            [[1, 1, 0]],
            [[1, 1], [0, 0]],
            [1, 0],
            [],
        ],
    )
    def test_anything_else_is_never_encrypted(self, answer):
        with pytest.raises(InvalidChoice, match="question 1"):
            LISTS_WORLD.ballot(0, [answer])

    def test_a15_every_tampered_place_is_refused(self):
        ballot = json.loads(LISTS_BALLOT)
        for comment, body, code in tampered_answers(LISTS_WORLD, ballot, voter=0):
            assert code_of(body, LISTS_WORLD.election) == code, comment

    def test_a09_a_point_of_small_order_does_not_prove_that_zero_is_not_zero(self, monkeypatch):
        # With A0 = s·0 + T, a point of order two, the equations hold for half of all challenges.
        ballot = json.loads(LISTS_BALLOT)
        proof = ballot["answers"][0]["nonzero_proof"]
        proof["commitment"] = with_torsion(GENERATOR.encode())
        body = sign_again(
            ballot, uuid=LISTS_WORLD.election.uuid, credential=LISTS_WORLD.credentials[0]
        )
        with pytest.raises(InvalidBallot) as error:
            check(body, LISTS_WORLD.election)
        assert error.value.code == "non_canonical"
        assert error.value.place == "answers[0].nonzero_proof.commitment"

    def test_a_list_without_candidates_can_be_asked_about(self):
        question = ListsQuestion(text="Q", lists=(("Alone",), ("Many", "Ada")))
        world = make_world(questions=[question])
        check(world.ballot(0, [[[0], [1, 1]]]), world.election)


VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "ranked.json").read_text())


@pytest.mark.parametrize("case", VECTORS["elections"], ids=lambda case: case["name"])
def test_a22_the_verdicts_are_those_of_the_vectors(case):
    election = decode_election(case["election"].encode())
    assert election.fingerprint == case["fingerprint"]
    for item in case["valid"]:
        assert check(item["ballot"].encode(), election).tracker == item["tracker"]
        again = create_ballot(
            election=election, credential=case["credential"], answers=item["answers"]
        )
        assert check(again, election).credential == case["public_credential"]
    for item in case["forged"]:
        assert code_of(item["ballot"].encode(), election) == item["code"], item["comment"]
