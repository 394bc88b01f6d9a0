import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evote.ballot import decode_ballot
from evote.ballot.decoding import outline_of
from evote.ballot.form import BALLOT_LIMIT_BYTES, decode_in_full
from evote.election import Question
from evote.encoding import encode_json
from evote.errors import DecodeError, InvalidBallot
from evote.group import IDENTITY_ENCODING, ORDER
from tests.factories.evote import BLANK, LISTS, ONE_OF_TWO, PLAIN, RANKED, make_world
from tests.factories.forgery import forgeries
from tests.factories.mutants import changed_values, leaves, put

WORLD = make_world(questions=[PLAIN, BLANK, ONE_OF_TWO], trustees=1)
BODY = WORLD.ballot(0, [[1, 0, 1], [0, 1, 0], [0, 1]])


def outcome(decode, body):
    try:
        return decode(body)
    except (DecodeError, InvalidBallot) as error:
        return error.code, error.place, error.message


def assert_same(body, world=WORLD):
    """Both ways give the same ballot, or the same error; and give whether it was the usual way."""
    outline = outline_of(world.election)
    full = outcome(lambda data: decode_in_full(data, election=world.election), body)
    assert outcome(lambda data: decode_ballot(data, election=world.election), body) == full
    usual = outline.read(body)
    assert usual is None or usual == full
    return usual is not None


def test_usual_ballots_are_read_the_usual_way():
    assert assert_same(BODY)
    assert assert_same(WORLD.ballot(1, [[0, 0, 0], [1, 0, 0], [1, 0]]))


@pytest.mark.parametrize("question", [RANKED, LISTS])
def test_an_election_with_other_kinds_of_questions_has_no_outline(question):
    assert outline_of(make_world(questions=[PLAIN, question], trustees=1).election) is None


@pytest.mark.parametrize("count", [1500, 3000])
def test_an_election_whose_ballots_would_be_too_large_has_no_outline(count):
    answers = tuple(str(number) for number in range(count))
    question = Question(text="?", answers=answers, minimum=0, maximum=1, has_blank=False)
    assert outline_of(make_world(questions=[question], trustees=1).election) is None


def test_a_ballot_of_another_election_is_not_usual():
    other = make_world(questions=[PLAIN, BLANK, ONE_OF_TWO], trustees=1)
    assert not assert_same(other.ballot(0, [[1, 0, 1], [0, 1, 0], [0, 1]]))


def test_forgeries_get_the_same_verdict_both_ways():
    world = make_world(trustees=1)
    bodies = [body for _, body, _ in forgeries(world, world.ballot(0, [[1, 0, 1]]), voter=0)]
    assert len(bodies) > 40
    assert {assert_same(body, world) for body in bodies} == {True, False}


def test_changed_values_get_the_same_verdict_both_ways():
    mutants = [encode_json(mutant) for _, _, mutant in changed_values(json.loads(BODY))]
    assert len(mutants) > 1000
    assert {assert_same(body) for body in mutants} == {True, False}


@given(st.integers(0, len(BODY) - 1), st.sampled_from(b'0 ,:"\\{}[]\x7f\n\xc3\x00aF9'))
def test_a_byte_that_is_another_gets_the_same_verdict_both_ways(place, byte):
    assert_same(BODY[:place] + bytes([byte]) + BODY[place + 1 :])


@given(st.integers(0, len(BODY)), st.binary(max_size=4), st.integers(0, 3))
def test_bytes_put_in_or_left_out_get_the_same_verdict_both_ways(place, more, left_out):
    assert_same(BODY[:place] + more + BODY[place + left_out :])


NUMBERS = ["0", "00", "01", "-1", "+1", "1_0", " 1", "1,2", "1.0", "1e3", "١", "9" * 76, "9" * 5000]
ELEMENTS = ["0" * 64, "A" * 64, "f" * 63, "a" * 65, "a" * 64 + "," + "b" * 64, IDENTITY_ENCODING]
OTHERS = ["", "\\u0031", '1"2', "é", str(ORDER - 1), str(ORDER)]


@pytest.mark.parametrize("text", [*NUMBERS, *ELEMENTS, *OTHERS])
def test_every_text_gets_the_same_verdict_both_ways_wherever_it_stands(text):
    original = json.loads(BODY)
    for path in leaves(original):
        if path and isinstance(path[-1], str):
            assert_same(encode_json(put(original, path, text)))
            assert_same(encode_json(put(original, path, text)).replace(b"\\\\", b"\\"))


def test_two_texts_with_commas_are_not_taken_for_others():
    original = json.loads(BODY)
    first, second = [path for path in leaves(original) if path and path[-1] == "alpha"][:2]
    moved = put(put(original, first, "a" * 64 + "," + "b" * 64), second, "")
    assert not assert_same(encode_json(moved))


def test_the_same_alpha_twice_is_refused_both_ways():
    original = json.loads(BODY)
    first, second = [path for path in leaves(original) if path and path[-1] == "alpha"][:2]
    assert not assert_same(encode_json(put(put(original, first, "a" * 64), second, "a" * 64)))


def test_a_ballot_that_is_too_large_is_refused_both_ways():
    assert not assert_same(BODY + b" " * BALLOT_LIMIT_BYTES)
