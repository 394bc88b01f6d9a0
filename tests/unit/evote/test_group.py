import json
import pickle
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl import bindings

from evote.errors import DecodeError
from evote.group import (
    GENERATOR,
    IDENTITY,
    ORDER,
    Element,
    SecretScalar,
    SelfTestFailed,
    decode_scalar,
    decode_secret_scalar,
    ed25519,
    encode_scalar,
    encode_secret_scalar,
    is_valid_point,
    random_scalar,
    reduce_secret,
    self_test,
)
from evote.group import scalars as scalars_module

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "group.json").read_text())

scalars = st.integers(min_value=0, max_value=ORDER - 1)
elements = scalars.map(lambda exponent: GENERATOR**exponent)


@pytest.mark.parametrize("case", VECTORS["elements"], ids=lambda case: case["comment"])
def test_a09_decode_takes_exactly_the_canonical_encodings_of_members(case):
    if case["valid"]:
        assert Element.decode(case["encoding"]).encode() == case["encoding"]
    else:
        with pytest.raises(DecodeError) as error:
            Element.decode(case["encoding"], place="here")
        assert error.value.place == "here"


@pytest.mark.parametrize("case", VECTORS["scalars"], ids=lambda case: case["comment"])
def test_a11_scalars_have_one_spelling(case):
    if case["valid"]:
        assert encode_scalar(decode_scalar(case["text"])) == case["text"]
    else:
        with pytest.raises(DecodeError):
            decode_scalar(case["text"])


@pytest.mark.parametrize("case", VECTORS["powers"], ids=lambda case: case["scalar"][:8])
def test_powers_are_those_of_the_vectors_for_public_and_secret_exponents(case):
    base, exponent = Element.decode(case["base"]), int(case["scalar"])
    secret = SecretScalar(exponent.to_bytes(32, "little"))
    assert (base**exponent).encode() == case["power"]
    assert (base**secret).encode() == case["power"]


@pytest.mark.parametrize("case", VECTORS["products"], ids=lambda case: case["product"][:8])
def test_products_are_those_of_the_vectors(case):
    left, right = Element.decode(case["left"]), Element.decode(case["right"])
    assert (left * right).encode() == case["product"]
    assert (left * right) / right == left


def test_an_element_cannot_be_constructed_outside_the_group():
    with pytest.raises(DecodeError):
        Element(bytes(32))


@given(elements, scalars, scalars)
def test_exponents_add_and_multiply(element, left, right):
    assert element**left * element**right == element ** (left + right)
    assert (element**left) ** right == element ** (left * right)
    assert element**left / element**right == element ** (left - right)


@given(elements)
def test_the_identity_is_neutral_and_every_element_has_an_inverse(element):
    assert element * IDENTITY == element == IDENTITY * element
    assert (element / element).is_identity
    assert element * element**-1 == IDENTITY
    assert element**ORDER == IDENTITY


@given(scalars, scalars)
def test_secret_arithmetic_is_integer_arithmetic_modulo_the_order(left, right):
    a, b = (SecretScalar(value.to_bytes(32, "little")) for value in (left, right))
    assert (a + b).reveal() == (left + right) % ORDER
    assert (a - b).reveal() == (left - right) % ORDER
    assert (a * b).reveal() == (left * right) % ORDER
    assert (a * right).reveal() == (left * right) % ORDER
    assert (a * -right).reveal() == (-left * right) % ORDER


@given(st.binary(min_size=64, max_size=64))
def test_512_bits_are_reduced_as_a_big_endian_integer(data):
    assert reduce_secret(data).reveal() == int.from_bytes(data, "big") % ORDER


@given(st.binary(min_size=32, max_size=32))
def test_whatever_decodes_encodes_to_the_same_text(data):
    text = data.hex()
    try:
        element = Element.decode(text)
    except DecodeError:
        return
    assert element.encode() == text
    assert element**ORDER == IDENTITY


def test_a08_random_scalars_are_never_zero_and_never_repeat():
    drawn = [random_scalar().reveal() for _ in range(100)]
    assert len(set(drawn)) == 100
    assert all(0 < value < ORDER for value in drawn)


def test_a08_zero_is_drawn_again(monkeypatch):
    answers = iter([bytes(64), ORDER.to_bytes(64, "little"), (7).to_bytes(64, "little")])
    monkeypatch.setattr(scalars_module.secrets, "token_bytes", lambda size: next(answers))
    assert random_scalar().reveal() == 7


def test_a_secret_does_not_show_in_its_representation():
    secret = random_scalar()
    assert str(secret.reveal()) not in repr(secret)
    assert secret.raw.hex() not in repr(secret)
    assert repr(secret) == "SecretScalar()"


def test_a_secret_key_file_goes_round_but_never_holds_zero():
    secret = random_scalar()
    assert decode_secret_scalar(encode_secret_scalar(secret)) == secret
    with pytest.raises(DecodeError, match="zero"):
        decode_secret_scalar("0")


def test_elements_travel_between_processes():
    assert pickle.loads(pickle.dumps(GENERATOR)) == GENERATOR  # noqa: S301 — our own


class TestSelfTest:
    def test_passes_on_this_library(self):
        self_test()

    def test_refuses_a_library_that_takes_the_canary(self, monkeypatch):
        canary = bytes.fromhex("d600527f9723f2166ca2c99c90c52e4a21921cbec4edc771bac4fa0d5b3e2c24")
        assert not is_valid_point(canary)
        monkeypatch.setattr(
            ed25519, "is_valid_point", lambda raw: raw == canary or is_valid_point(raw)
        )
        with pytest.raises(SelfTestFailed, match=r"PyNaCl ≥ 1\.6\.2"):
            self_test()

    def test_refuses_a_library_that_refuses_everything(self, monkeypatch):
        monkeypatch.setattr(ed25519, "is_valid_point", lambda raw: False)
        with pytest.raises(SelfTestFailed, match="generator"):
            self_test()

    @pytest.mark.parametrize(
        "name",
        [
            "crypto_core_ed25519_add",
            "crypto_core_ed25519_sub",
            "crypto_scalarmult_ed25519_noclamp",
            "crypto_scalarmult_ed25519_base_noclamp",
        ],
    )
    def test_refuses_a_library_that_computes_wrongly(self, monkeypatch, name):
        monkeypatch.setattr(bindings, name, lambda *arguments: GENERATOR.raw)
        with pytest.raises(SelfTestFailed):
            self_test()

    def test_refuses_a_library_with_wrong_scalars(self, monkeypatch):
        monkeypatch.setattr(bindings, "crypto_core_ed25519_scalar_add", lambda left, right: left)
        with pytest.raises(SelfTestFailed):
            self_test()
