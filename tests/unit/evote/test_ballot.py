import json
import pickle
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evote.ballot import (
    BALLOT_LIMIT_BYTES,
    InvalidChoice,
    create_ballot,
    decode_ballot,
    verify_ballot,
)
from evote.election import Question, decode_election
from evote.encoding import b64_digest, encode_json
from evote.errors import DecodeError, InvalidBallot
from tests.factories.evote import BLANK, ONE_OF_TWO, PLAIN, make_world
from tests.factories.forgery import forgeries, sign_again

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "ballot.json").read_text())

PLAIN_WORLD = make_world(questions=[PLAIN])
BLANK_WORLD = make_world(questions=[BLANK])
PLAIN_BALLOT = PLAIN_WORLD.ballot(0, [[0, 1, 1]])
BLANK_BALLOT = BLANK_WORLD.ballot(0, [[0, 1, 0]])


def check(body, election):
    ballot = decode_ballot(body, election=election)
    verify_ballot(ballot=ballot, election=election)
    return ballot


def code_of(body, election):
    with pytest.raises((DecodeError, InvalidBallot)) as error:
        check(body, election)
    return error.value.code


@st.composite
def questions_with_answers(draw):
    count = draw(st.integers(1, 4))
    minimum = draw(st.integers(0, count))
    maximum = draw(st.integers(minimum, count))
    has_blank = draw(st.booleans())
    question = Question(
        text=draw(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))),
        answers=tuple(f"{index}" for index in range(count)),
        minimum=minimum,
        maximum=maximum,
        has_blank=has_blank,
    )
    if has_blank and draw(st.booleans()):
        return question, [1] + [0] * count
    chosen = draw(st.permutations(range(count)))[: draw(st.integers(minimum, maximum))]
    bits = [int(index in chosen) for index in range(count)]
    return question, [0] * has_blank + bits


@settings(max_examples=25, deadline=None)
@given(st.lists(questions_with_answers(), min_size=1, max_size=3))
def test_every_permitted_vote_becomes_a_valid_ballot(pairs):
    world = make_world(questions=[question for question, _ in pairs], voters=1, trustees=1)
    body = world.ballot(0, [answers for _, answers in pairs])
    ballot = check(body, world.election)
    assert ballot.tracker == b64_digest(body)
    assert ballot.credential == world.public(0)
    assert ballot.archived == body
    assert len(set(ballot.alphas)) == sum(len(answers) for _, answers in pairs)


@pytest.mark.parametrize("case", VECTORS["elections"], ids=lambda case: case["name"])
def test_the_vectors_have_the_verdicts_they_say(case):
    election = decode_election(case["election"].encode())
    assert election.fingerprint == case["fingerprint"]
    for valid in case["valid"]:
        ballot = check(valid["ballot"].encode(), election)
        assert (ballot.tracker, ballot.credential) == (valid["tracker"], case["public_credential"])
    for forged in case["forged"]:
        assert code_of(forged["ballot"].encode(), election) == forged["code"], forged["comment"]


@pytest.mark.parametrize(
    ("comment", "body", "code"),
    list(forgeries(PLAIN_WORLD, PLAIN_BALLOT, voter=0)),
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_ballot_fails_when_any_part_of_it_changes(comment, body, code):
    assert body != PLAIN_BALLOT
    assert code_of(body, PLAIN_WORLD.election) == code


@pytest.mark.parametrize(
    ("comment", "body", "code"),
    list(forgeries(BLANK_WORLD, BLANK_BALLOT, voter=0)),
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_ballot_with_blank_fails_when_any_part_of_it_changes(comment, body, code):
    assert body != BLANK_BALLOT
    assert code_of(body, BLANK_WORLD.election) == code


@settings(max_examples=150, deadline=None)
@given(st.integers(0, len(PLAIN_BALLOT) - 1), st.integers(1, 255))
def test_a_ballot_fails_when_any_byte_of_it_changes(position, difference):
    changed = bytearray(PLAIN_BALLOT)
    changed[position] ^= difference
    code_of(bytes(changed), PLAIN_WORLD.election)


class TestCopying:
    def test_a01_another_voter_cannot_cast_a_copied_ballot(self):
        copied = json.loads(PLAIN_BALLOT) | {"credential": PLAIN_WORLD.public(1)}
        signed = sign_again(
            copied, uuid=PLAIN_WORLD.election.uuid, credential=PLAIN_WORLD.credentials[1]
        )
        assert code_of(signed, PLAIN_WORLD.election) == "bad_proof"

    def test_a01_one_copied_answer_among_fresh_ones_is_refused(self):
        world = make_world(questions=[ONE_OF_TWO, ONE_OF_TWO])
        alice = json.loads(world.ballot(0, [[1, 0], [0, 1]]))
        bob = json.loads(world.ballot(1, [[1, 0], [1, 0]]))
        bob["answers"][0] = alice["answers"][0]
        signed = sign_again(bob, uuid=world.election.uuid, credential=world.credentials[1])
        assert code_of(signed, world.election) == "bad_proof"


class TestReplay:
    def test_a02_a_ballot_of_another_election_is_refused(self):
        other = make_world(questions=[PLAIN])
        assert code_of(PLAIN_BALLOT, other.election) == "wrong_election"

    def test_a02_renaming_the_election_does_not_help(self):
        other = make_world(questions=[PLAIN], uuid=PLAIN_WORLD.election.uuid)
        renamed = json.loads(PLAIN_BALLOT) | {"election_hash": other.election.fingerprint}
        signed = sign_again(
            renamed, uuid=other.election.uuid, credential=PLAIN_WORLD.credentials[0]
        )
        assert code_of(signed, other.election) == "bad_proof"

    def test_a02_answers_cannot_move_to_another_question(self):
        # Version 1 does not hash the number of the question: what binds an answer to its place
        # is the signature, so whoever moves it must sign anew, and that is a vote of their own.
        world = make_world(questions=[ONE_OF_TWO, ONE_OF_TWO])
        ballot = json.loads(world.ballot(0, [[1, 0], [0, 1]]))
        ballot["answers"].reverse()
        assert code_of(encode_json(ballot), world.election) == "bad_signature"


class TestRange:
    @pytest.mark.parametrize(
        "bits",
        [[1, 1, 1], [2, 0, 0], [-1, 1, 0], [1, 0], [1, 0, 0, 0], [], [0.5, 0, 0], ["1", 0, 0]],
    )
    def test_a15_what_the_question_does_not_permit_is_not_encrypted(self, bits):
        with pytest.raises(InvalidChoice):
            PLAIN_WORLD.ballot(0, [bits])

    @pytest.mark.parametrize("bits", [[1, 1, 0], [0, 0, 0], [0, 1, 1], [1, 1, 1]])
    def test_a15_blank_excludes_every_choice(self, bits):
        with pytest.raises(InvalidChoice):
            BLANK_WORLD.ballot(0, [bits])

    @pytest.mark.parametrize("answers", [[], [[0, 0, 0], [0, 0, 0]]])
    def test_a15_every_question_has_one_answer(self, answers):
        with pytest.raises(InvalidChoice):
            PLAIN_WORLD.ballot(0, answers)

    def test_a16_an_overall_proof_of_another_ballot_does_not_fit(self):
        other = json.loads(PLAIN_WORLD.ballot(0, [[0, 0, 1]]))
        ballot = json.loads(PLAIN_BALLOT)
        ballot["answers"][0]["overall_proof"] = other["answers"][0]["overall_proof"]
        signed = sign_again(
            ballot, uuid=PLAIN_WORLD.election.uuid, credential=PLAIN_WORLD.credentials[0]
        )
        assert code_of(signed, PLAIN_WORLD.election) == "bad_proof"

    def test_a16_three_choices_cannot_be_smuggled_past_a_maximum_of_two(self):
        # A voter makes a ballot for a laxer question with the same answers, and renames it.
        lax = Question(
            text=PLAIN.text, answers=PLAIN.answers, minimum=0, maximum=3, has_blank=False
        )
        election = decode_election(
            encode_json(json.loads(PLAIN_WORLD.election.archived) | {"questions": [lax.to_json()]})
        )
        ballot = json.loads(
            create_ballot(
                election=election, credential=PLAIN_WORLD.credentials[0], answers=[[1, 1, 1]]
            )
        )
        ballot["election_hash"] = PLAIN_WORLD.election.fingerprint
        ballot["answers"][0]["overall_proof"].pop()
        signed = sign_again(
            ballot, uuid=PLAIN_WORLD.election.uuid, credential=PLAIN_WORLD.credentials[0]
        )
        assert code_of(signed, PLAIN_WORLD.election) == "bad_proof"


class TestCredential:
    def test_a20_a_signature_by_another_credential_is_refused(self):
        signed = sign_again(
            json.loads(PLAIN_BALLOT),
            uuid=PLAIN_WORLD.election.uuid,
            credential=PLAIN_WORLD.credentials[1],
        )
        assert code_of(signed, PLAIN_WORLD.election) == "bad_signature"

    def test_a20_what_is_no_credential_makes_no_ballot(self):
        with pytest.raises(DecodeError):
            create_ballot(election=PLAIN_WORLD.election, credential="password", answers=[[0, 0, 0]])


class TestCost:
    def test_a59_a_ballot_of_more_than_256_kilobytes_is_too_large(self):
        body = PLAIN_BALLOT + b" " * BALLOT_LIMIT_BYTES
        assert code_of(body, PLAIN_WORLD.election) == "too_large"

    def test_a58_a_deep_ballot_is_too_deep(self):
        assert code_of(b"[" * 100_000, PLAIN_WORLD.election) == "too_deep"

    def test_a60_the_signature_is_checked_before_the_proofs(self):
        ballot = json.loads(PLAIN_BALLOT)
        ballot["answers"][0]["individual_proofs"][0][0]["challenge"] = "1"
        assert code_of(encode_json(ballot), PLAIN_WORLD.election) == "bad_signature"

    def test_a60_a_ballot_with_ten_thousand_choices_costs_no_proof(self):
        ballot = json.loads(PLAIN_BALLOT)
        ballot["answers"][0]["choices"] = ballot["answers"][0]["choices"][:1] * 1000
        with pytest.raises(InvalidBallot) as error:
            decode_ballot(encode_json(ballot), election=PLAIN_WORLD.election)
        assert error.value.code == "wrong_shape"


def test_a18_no_two_ballots_of_the_same_vote_share_anything_secret():
    first, second = (json.loads(PLAIN_WORLD.ballot(0, [[0, 1, 1]]))["answers"][0] for _ in range(2))
    seen = [json.dumps(item) for answer in (first, second) for item in answer["choices"]]
    assert len(set(seen)) == len(seen)


def test_a56_every_choice_gives_a_ballot_of_nearly_the_same_length():
    # The scalars are decimal: their length varies by a digit or two with the randomness alone.
    lengths = [len(BLANK_WORLD.ballot(0, [bits])) for bits in ([1, 0, 0], [0, 1, 0], [0, 0, 1])]
    assert max(lengths) - min(lengths) < 30


def test_errors_name_the_place_and_survive_the_way_from_another_process():
    body = encode_json(json.loads(PLAIN_BALLOT) | {"answers": [{"choices": []}]})
    with pytest.raises(InvalidBallot) as error:
        check(body, PLAIN_WORLD.election)
    assert error.value.place == "answers[0]"
    copy = pickle.loads(pickle.dumps(error.value))  # noqa: S301 — our own
    assert (copy.code, copy.place, str(copy)) == ("wrong_shape", "answers[0]", str(error.value))
