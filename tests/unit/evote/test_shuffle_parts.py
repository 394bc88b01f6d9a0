import json

import pytest

from evote.encoding import encode_json
from evote.errors import DecodeError, InvalidProof
from evote.group import ED25519
from evote.shuffle import PartProducts
from evote.tally import encode_encrypted_tally, make_shuffle, verify_shuffle
from evote.tally.shuffle_parts import (
    check_shuffle_part,
    close_shuffle,
    open_shuffle,
    shuffled_lists,
    tally_lists,
)
from tests.factories.tampering import tampered
from tests.unit.evote.test_shuffle import ELECTION, silently, tally_of

TALLY = tally_of((1, 2, 3), (3, 2, 1), (0, 0, 255), (1, 1, 1), (2, 2, 9))
SHUFFLE = make_shuffle(election=ELECTION, tally=TALLY, progress=silently)
SOURCE = tally_lists(encode_encrypted_tally(TALLY, election=ELECTION), election=ELECTION)


def check_in_parts(data, *, size=2, source=SOURCE):
    """Do every piece with an object of its own, as other machines would."""
    answers = []
    for part in open_shuffle(data, election=ELECTION, source=source).ranges(size=size):
        shuffle = open_shuffle(data, election=ELECTION, source=source)
        answers.append(json.dumps(check_shuffle_part(shuffle, part=part).to_json()))
    shuffle = open_shuffle(data, election=ELECTION, source=source)
    parts = [PartProducts.from_json(json.loads(text), group=ED25519) for text in answers]
    close_shuffle(shuffle, parts=[parts])
    return shuffle


@pytest.mark.parametrize("size", [1, 2, 3, 5, 100])
def test_a_shuffle_holds_in_parts_of_any_size(size):
    shuffle = check_in_parts(SHUFFLE, size=size)

    after = verify_shuffle(data=SHUFFLE, election=ELECTION, tally=TALLY)
    assert shuffle.shuffled == shuffled_lists(SHUFFLE, election=ELECTION)
    assert shuffle.shuffled == tally_lists(
        encode_encrypted_tally(after, election=ELECTION), election=ELECTION
    )


def test_a_shuffle_of_nothing_is_one_part():
    nothing = tally_of()
    data = make_shuffle(election=ELECTION, tally=nothing, progress=silently)
    source = tally_lists(encode_encrypted_tally(nothing, election=ELECTION), election=ELECTION)

    shuffle = check_in_parts(data, source=source)

    assert len(shuffle.ranges(size=2)) == 1
    assert shuffle.shuffled == ((),)


def test_a33_parts_refuse_every_tampered_place_that_the_whole_check_refuses():
    count = 0
    for comment, value, _ in tampered(json.loads(SHUFFLE), has_order=False):
        data = encode_json(value)
        with pytest.raises((DecodeError, InvalidProof)):
            verify_shuffle(data=data, election=ELECTION, tally=TALLY)
        with pytest.raises((DecodeError, InvalidProof)):
            check_in_parts(data)
        assert comment
        count += 1
    assert count > 300


def test_a33_a_shuffle_of_another_list_is_refused_in_parts():
    other = tally_of((1, 2, 3), (3, 2, 1), (0, 0, 255), (1, 1, 1), (2, 2, 8))
    source = tally_lists(encode_encrypted_tally(other, election=ELECTION), election=ELECTION)

    with pytest.raises(InvalidProof, match=r"proofs\[0\]"):
        check_in_parts(SHUFFLE, source=source)


def test_a_part_that_is_missing_or_doubled_is_no_verified_shuffle():
    shuffle = open_shuffle(SHUFFLE, election=ELECTION, source=SOURCE)
    parts = [check_shuffle_part(shuffle, part=part) for part in shuffle.ranges(size=2)]

    for wrong in (parts[:-1], parts[1:], [*parts, parts[-1]], [parts[1], parts[0], parts[2]], []):
        with pytest.raises(AssertionError):
            close_shuffle(shuffle, parts=[wrong])
    with pytest.raises(ValueError, match="zip"):
        close_shuffle(shuffle, parts=[])


@pytest.mark.parametrize(
    "product",
    [
        "permutation",
        "generators",
        "committed",
        "source_alpha",
        "source_beta",
        "answered_generators",
        "answered_alpha",
        "answered_beta",
    ],
)
def test_a_changed_share_of_any_product_is_refused(product):
    shuffle = open_shuffle(SHUFFLE, election=ELECTION, source=SOURCE)
    parts = [check_shuffle_part(shuffle, part=part).to_json() for part in shuffle.ranges(size=2)]
    parts[1][product] = ED25519.generator.encode()

    with pytest.raises(InvalidProof):
        close_shuffle(
            shuffle, parts=[[PartProducts.from_json(part, group=ED25519) for part in parts]]
        )


def test_the_form_alone_is_refused_at_once():
    value = json.loads(SHUFFLE)
    value["ciphertexts"][0].pop()
    with pytest.raises(DecodeError):
        open_shuffle(encode_json(value), election=ELECTION, source=SOURCE)
    value = json.loads(SHUFFLE)
    value["ciphertexts"][0][0]["alpha"] = "G" * 64
    with pytest.raises(DecodeError, match="element is written"):
        open_shuffle(encode_json(value), election=ELECTION, source=SOURCE)
