import json
from pathlib import Path

import pytest

from evote.credential import (
    BASE58,
    decode_credentials,
    derive_public_credential,
    derive_secret_key,
    encode_credentials,
    generate_credential,
)
from evote.encoding import encode_json
from evote.errors import DecodeError
from evote.group import GENERATOR, IDENTITY

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "credential.json").read_text())
CANARY = bytes.fromhex("d600527f9723f2166ca2c99c90c52e4a21921cbec4edc771bac4fa0d5b3e2c24")

PUBLIC = [(GENERATOR**exponent).encode() for exponent in range(2, 7)]


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["credential"])
def test_keys_are_derived_as_in_the_vectors(case):
    secret = derive_secret_key(uuid=case["uuid"], credential=case["credential"])
    assert str(secret.reveal()) == case["secret"]
    public = derive_public_credential(uuid=case["uuid"], credential=case["credential"])
    assert public == case["public"]


@pytest.mark.parametrize("credential", VECTORS["invalid"])
def test_what_is_no_credential_is_refused_and_not_repeated(credential):
    with pytest.raises(DecodeError) as error:
        derive_secret_key(uuid="hfd19JUwUteUwr", credential=credential)
    assert not credential or credential not in str(error.value)


def test_a38_generated_credentials_are_well_formed_and_differ():
    credentials = [generate_credential() for _ in range(200)]
    assert len(set(credentials)) == 200
    for credential in credentials:
        assert [len(part) for part in credential.split("-")] == [5, 6, 5, 6]
        assert set(credential) <= set(BASE58) | {"-"}
    assert set("".join(credentials)) == set(BASE58) | {"-"}


def test_the_list_is_written_in_group_order_whatever_order_it_came_in():
    data = encode_credentials(PUBLIC)
    assert encode_credentials(reversed(PUBLIC)) == data
    order = [bytes.fromhex(text)[::-1] for text in decode_credentials(data)]
    assert order == sorted(order)


def test_credentials_without_weights_count_as_one():
    assert decode_credentials(encode_credentials(PUBLIC)) == dict.fromkeys(PUBLIC, 1)


def test_weights_go_round():
    weights = {public: index * 2**40 + 1 for index, public in enumerate(PUBLIC)}
    assert decode_credentials(encode_credentials(PUBLIC, weights=weights)) == weights


def test_an_empty_list_is_a_list():
    assert decode_credentials(b"[]") == {}


@pytest.mark.parametrize(
    ("items", "reason"),
    [
        ([PUBLIC[0], PUBLIC[0]], "twice"),
        ([f"{PUBLIC[0]},1", f"{PUBLIC[0]},2"], "twice"),
        ([PUBLIC[0], f"{PUBLIC[1]},1"], "only some"),
        ([f"{PUBLIC[0]},1", PUBLIC[1]], "only some"),
        ([f"{PUBLIC[0]},0"], "weight"),
        ([f"{PUBLIC[0]},-1"], "weight"),
        ([f"{PUBLIC[0]},01"], "weight"),
        ([f"{PUBLIC[0]},+1"], "weight"),
        ([f"{PUBLIC[0]},1_0"], "weight"),
        ([f"{PUBLIC[0]},１"], "weight"),
        ([f"{PUBLIC[0]}, 1"], "weight"),
        ([f"{PUBLIC[0]},"], "weight"),
        ([f"{PUBLIC[0]},1,ada"], "weight"),
        ([f"{PUBLIC[0]}," + "9" * 400], "weight"),
        ([IDENTITY.encode()], "identity"),
        ([CANARY[::-1].hex()], "prime-order"),
        ([PUBLIC[0].upper()], "lower-case"),
        (["ff" * 32], "prime-order"),
        ([1], "expected a string"),
        ({}, "expected a list"),
    ],
)
def test_a_bad_list_is_refused_with_its_place(items, reason):
    with pytest.raises(DecodeError, match=reason) as error:
        decode_credentials(encode_json(items))
    assert error.value.place.startswith("[") == isinstance(items, list)
