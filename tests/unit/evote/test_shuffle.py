import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evote.election import decode_election
from evote.elgamal import Ciphertext, encrypt_element
from evote.encoding import encode_json
from evote.errors import DecodeError, InvalidProof
from evote.group import ED25519, GENERATOR, ORDER, random_scalar
from evote.shuffle import make
from evote.shuffle.make import random_permutation
from evote.tally import (
    EncryptedTally,
    decode_encrypted_tally,
    encode_encrypted_tally,
    make_shuffle,
    verify_shuffle,
)
from tests.factories.evote import PLAIN, RANKED, make_world
from tests.factories.tampering import replaced, tampered

WORLD = make_world(questions=[PLAIN, RANKED], trustees=1)
ELECTION = WORLD.election
(SECRET_KEY,) = WORLD.secret_keys


def silently(done, total):
    pass


def tally_of(*rankings):
    nobody = Ciphertext(ED25519.identity, ED25519.identity)
    return EncryptedTally(
        (
            (nobody,) * 3,
            tuple(
                encrypt_element(
                    element=ED25519.embed(numbers),
                    public_key=ELECTION.public_key,
                    randomness=random_scalar(),
                )
                for numbers in rankings
            ),
        )
    )


def opened(tally):
    elements = [item.beta / item.alpha**SECRET_KEY for item in tally.questions[1]]
    return sorted(ED25519.extract(element, 3) for element in elements)


def check(data, tally, *, election=ELECTION):
    return verify_shuffle(data=data, election=election, tally=tally)


def refused(value, tally):
    data = value if isinstance(value, bytes) else encode_json(value)
    with pytest.raises((DecodeError, InvalidProof)) as error:
        check(data, tally)
    return str(error.value)


RANKINGS = [(1, 2, 3), (3, 2, 1), (0, 0, 255)]
TALLY = tally_of(*RANKINGS)
SHUFFLE = make_shuffle(election=ELECTION, tally=TALLY, progress=silently)


@settings(max_examples=12, deadline=None)
@given(st.lists(st.tuples(*[st.integers(0, 255)] * 3), max_size=9))
def test_whatever_is_shuffled_comes_out_again(rankings):
    tally = tally_of(*rankings)
    shuffled = check(make_shuffle(election=ELECTION, tally=tally, progress=silently), tally)
    assert opened(shuffled) == sorted(rankings)
    assert shuffled.questions[0] == tally.questions[0]
    assert not set(shuffled.questions[1]) & set(tally.questions[1])


def test_two_shuffles_give_different_ciphertexts():
    assert make_shuffle(election=ELECTION, tally=TALLY, progress=silently) != SHUFFLE


def test_progress_ends_at_the_end():
    seen = []
    make_shuffle(
        election=ELECTION, tally=TALLY, progress=lambda done, total: seen.append((done, total))
    )
    assert seen == sorted(seen)
    assert seen[-1] == (3, 3)


def test_a33_every_tampered_place_is_refused():
    count = 0
    for comment, value, _ in tampered(json.loads(SHUFFLE), has_order=False):
        assert refused(value, TALLY), comment
        count += 1
    assert count > 200


def test_a33_the_identity_is_refused_in_every_place():
    value = json.loads(SHUFFLE)
    identities = [
        (comment, changed)
        for comment, changed, code in tampered(value, has_order=False)
        if code == "identity_element"
    ]
    # Two for each ciphertext; t with N, c with N, ĉ with N.
    assert len(identities) == 2 * 3 + (5 + 3) + 3 + 3
    for comment, changed in identities:
        assert "identity" in refused(changed, TALLY), comment


@pytest.mark.parametrize(
    "place",
    [("proofs", 0, 0, 4), ("proofs", 0, 1, 4), ("proofs", 0, 1, 5), ("proofs", 0, 2)],
)
def test_a33_lists_of_other_lengths_are_refused_before_anything_is_computed(place):
    value = json.loads(SHUFFLE)
    inner = value
    for part in place:
        inner = inner[part]
    for changed in ([], inner[:-1], [*inner, inner[0]]):
        assert "elements, not 3" in refused(replaced(value, place, changed), TALLY)


def test_a33_an_output_shorter_than_the_input_is_refused():
    shorter = EncryptedTally((TALLY.questions[0], TALLY.questions[1][:2]))
    data = make_shuffle(election=ELECTION, tally=shorter, progress=silently)
    assert "the list has 2 elements, not 3" in refused(data, TALLY)


def test_a33_a_ranking_twice_instead_of_another_is_refused():
    first, _, third = TALLY.questions[1]
    doubled = EncryptedTally((TALLY.questions[0], (first, first, third)))
    data = make_shuffle(election=ELECTION, tally=doubled, progress=silently)
    assert "does not hold" in refused(data, TALLY)


def test_a33_a_ranking_exchanged_after_the_proof_is_refused():
    value = json.loads(SHUFFLE)
    mine = encrypt_element(
        element=ED25519.embed([9, 9, 9]),
        public_key=ELECTION.public_key,
        randomness=random_scalar(),
    )
    value["ciphertexts"][0][1] = mine.to_json()
    assert "does not hold" in refused(value, TALLY)


def test_a33_a_shuffle_that_only_reorders_is_not_proven_by_another_s_proof():
    value = json.loads(SHUFFLE)
    value["ciphertexts"] = [[item.to_json() for item in reversed(TALLY.questions[1])]]
    assert "does not hold" in refused(value, TALLY)


def test_a06_a_shuffle_of_another_election_is_refused():
    other = make_world(questions=[PLAIN, RANKED], trustees=1).election
    with pytest.raises(InvalidProof):
        check(SHUFFLE, TALLY, election=other)


def test_a33_a_shuffle_of_another_input_is_refused():
    with pytest.raises(InvalidProof):
        check(SHUFFLE, tally_of(*RANKINGS))


def test_every_ranked_question_is_shuffled_by_itself():
    world = make_world(questions=[RANKED, PLAIN, RANKED], trustees=1)
    bodies = tally_of((1, 1, 1), (2, 2, 2)).questions
    tally = EncryptedTally((bodies[1], bodies[0], bodies[1][:1]))
    data = make_shuffle(election=world.election, tally=tally, progress=silently)
    shuffled = check(data, tally, election=world.election)
    assert [len(question) for question in shuffled.questions] == [2, 3, 1]
    value = json.loads(data)
    value["proofs"].reverse()
    value["ciphertexts"].reverse()
    with pytest.raises(DecodeError):
        check(encode_json(value), tally, election=world.election)


def test_every_order_is_as_likely_as_every_other():
    counts = {}
    for _ in range(6000):
        order = tuple(random_permutation(3))
        counts[order] = counts.get(order, 0) + 1
    assert len(counts) == 6
    assert all(800 < count < 1200 for count in counts.values())


def test_a08_no_randomness_is_used_twice(monkeypatch):
    drawn = []

    def recorded():
        drawn.append(random_scalar())
        return drawn[-1]

    monkeypatch.setattr(make, "random_scalar", recorded)
    make_shuffle(election=ELECTION, tally=TALLY, progress=silently)
    # r', r, r̂, ω̂ and ω' for each ciphertext, and ω1 to ω4.
    assert len({scalar.raw for scalar in drawn}) == len(drawn) == 5 * 3 + 4


def test_generators_are_different_from_each_other_and_from_g():
    generators = [ED25519.shuffle_generator(index) for index in range(-1, 200)]
    assert len({*generators, GENERATOR, ED25519.identity}) == 203


VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "shuffle.json").read_text())


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["name"])
def test_a22_the_verdicts_are_those_of_the_vectors(case):
    election = decode_election(case["election"].encode())
    tally = decode_encrypted_tally(case["tally"].encode(), election=election)
    for item in case["forged"]:
        with pytest.raises((DecodeError, InvalidProof)):
            check(item["shuffle"].encode(), tally, election=election)
    for data, after in zip(case["shuffles"], case["tally_after"], strict=True):
        tally = check(data.encode(), tally, election=election)
        assert encode_encrypted_tally(tally, election=election).decode() == after


class TestParallel:
    # More than one task for each product and for the chain.
    MANY = tally_of(*[(n % 256, n // 256, 7) for n in range(450)])
    DATA = make_shuffle(election=ELECTION, tally=MANY, progress=silently)

    def test_a22_an_executor_gives_the_same_outcome(self):
        with ThreadPoolExecutor(2) as pool:
            shuffled = verify_shuffle(
                data=self.DATA, election=ELECTION, tally=self.MANY, parallel_map=pool.map
            )
        assert shuffled == check(self.DATA, self.MANY)
        assert opened(shuffled) == opened(self.MANY)

    @pytest.mark.parametrize("index", [0, 132, 133, 449])
    @pytest.mark.parametrize("place", [4, 5])
    def test_a33_a_response_changed_in_any_task_is_refused(self, place, index):
        value = json.loads(self.DATA)
        responses = value["proofs"][0][1][place]
        responses[index] = str((int(responses[index]) + 1) % ORDER)
        assert "does not hold" in refused(value, self.MANY)

    @pytest.mark.parametrize(
        "lossy",
        [
            lambda function, tasks: [function(task) for task in tasks][:-1],
            lambda function, tasks: [function(task) for task in [*tasks, tasks[0]]],
        ],
    )
    def test_a23_an_executor_that_loses_or_repeats_answers_is_an_error(self, lossy):
        # A forged one goes through the executor whichever backend there is.
        value = json.loads(self.DATA)
        value["proofs"][0][1][5][0] = "1"
        forged = json.dumps(value, separators=(",", ":")).encode()
        with pytest.raises(ValueError, match="zip"):
            verify_shuffle(data=forged, election=ELECTION, tally=self.MANY, parallel_map=lossy)
