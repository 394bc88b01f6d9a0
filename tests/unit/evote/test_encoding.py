import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evote import encoding
from evote.encoding import (
    DEPTH_LIMIT_LEVELS,
    INTEGER_LIMIT,
    b64_digest,
    canonical_json,
    decode_canonical_json,
    decode_json,
    encode_json,
    hash_of_b64,
    sha256_hex,
)
from evote.errors import DecodeError, ShapeError
from tests.factories.clock import quickest_seconds

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "json.json").read_text())

text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
values = st.recursive(
    st.none() | st.booleans() | st.integers(-INTEGER_LIMIT, INTEGER_LIMIT) | text,
    lambda inner: st.lists(inner) | st.dictionaries(text, inner),
    max_leaves=20,
)


def decode(data, limit_bytes=100_000):
    return decode_json(data, source="value", limit_bytes=limit_bytes)


@pytest.mark.parametrize("case", VECTORS["encoded"], ids=lambda case: case["text"])
def test_values_are_written_as_in_the_vectors(case):
    assert encode_json(case["value"]).decode() == case["text"]


@pytest.mark.parametrize("case", VECTORS["canonical"], ids=lambda case: case["text"])
def test_entries_of_the_log_are_written_as_rfc_8785_says(case):
    assert canonical_json(case["value"]).decode() == case["text"]


@pytest.mark.parametrize("case", VECTORS["refused"], ids=lambda case: case["comment"])
def test_a57_a58_a59_ambiguous_json_is_refused(case):
    with pytest.raises(DecodeError) as error:
        decode(bytes.fromhex(case["hex"]))
    assert error.value.code == case["code"]


@given(values)
def test_what_is_written_is_read_back(value):
    data = encode_json(value)
    assert decode(data) == value
    assert decode_canonical_json(data, source="value", limit_bytes=100_000) == value


@given(values)
def test_canonical_json_is_read_back_and_does_not_depend_on_the_order_of_keys(value):
    data = canonical_json(value)
    assert decode(data) == value
    assert canonical_json(json.loads(json.dumps(value, sort_keys=True))) == data


@given(st.binary())
def test_bytes_either_decode_or_raise_decode_error(data):
    try:
        value = decode(data)
    except DecodeError:
        return
    assert decode(encode_json(value)) == value


@given(st.text(st.sampled_from('[]{}",:\\u0041a1 '), max_size=60))
def test_nearly_json_agrees_with_the_standard_library_or_is_refused(source):
    try:
        value = decode(source.encode())
    except DecodeError:
        return
    assert json.loads(source) == value


@pytest.mark.parametrize("data", [b"[" * 32 + b"]" * 32, b'{"a":' * 32 + b"1" + b"}" * 32])
def test_32_levels_are_allowed(data):
    assert DEPTH_LIMIT_LEVELS == 32
    decode(data)


@pytest.mark.parametrize(
    "data",
    [b'"' + b"[" * 100 + b'"', b'"\\"' + b"{" * 100 + b'"', b'["\\\\",[]]'],
)
def test_brackets_inside_strings_are_no_nesting(data):
    decode(data)


@pytest.mark.parametrize(
    "data",
    [
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b'"' + b'\\"' * 120_000,
        b'"\\' * 120_000,
        b"9" * 250_000,
        b"[" + b"1e5," * 60_000,
        b'["' + b"\\u0000" * 40_000,
        b"{" + b",".join(b'"%x":0' % number for number in [*range(25_000), 24_999]) + b"}",
    ],
    ids=["lists", "objects", "quotes", "backslashes", "digits", "exponents", "escapes", "keys"],
)
def test_a58_hostile_input_is_refused_in_50_milliseconds(data):
    def refuse():
        with pytest.raises(DecodeError):
            decode(data, limit_bytes=262_144)

    assert quickest_seconds(refuse) < 0.05


def test_a59_a_body_over_the_limit_is_refused_unread():
    with pytest.raises(DecodeError) as error:
        decode(b" " * 101, limit_bytes=100)
    assert error.value.code == "too_large"


def test_white_space_is_read_but_is_not_canonical():
    assert decode(b' {"a": 1}\n') == {"a": 1}
    with pytest.raises(DecodeError, match="not compact"):
        decode_canonical_json(b'{"a": 1}', source="value", limit_bytes=100)


@pytest.mark.parametrize("value", [1.5, {1: 2}, {"a": 2**53}, object(), b"bytes", "\ud800"])
def test_what_the_log_has_no_place_for_is_refused(value):
    with pytest.raises(DecodeError):
        canonical_json(value)


def test_lone_surrogates_cannot_be_written():
    with pytest.raises(DecodeError, match="surrogate"):
        encode_json("\udc00")


class TestShapes:
    def test_an_object_has_exactly_its_fields(self):
        read = encoding.read_object
        assert read({"a": 1, "b": 2}, place="x", fields=("b",), optional=("a",)) == {"a": 1, "b": 2}
        with pytest.raises(ShapeError, match="x: the field 'b' is missing"):
            read({"a": 1}, place="x", fields=("a", "b"))
        with pytest.raises(ShapeError, match="x: the field 'b' is unknown"):
            read({"a": 1, "b": 2}, place="x", fields=("a",))
        with pytest.raises(ShapeError, match="expected an object, found a list"):
            read([], place="x", fields=())

    def test_fields_out_of_order_are_not_canonical(self):
        read = encoding.read_ordered_object
        fields = ("a", "b", "c")
        assert read({"a": 1, "c": 2}, place="x", fields=fields, optional=("b",))
        with pytest.raises(DecodeError, match="order") as error:
            read({"c": 1, "a": 2}, place="x", fields=fields, optional=("b",))
        assert not isinstance(error.value, ShapeError)
        with pytest.raises(ShapeError, match="missing"):
            read({"c": 1}, place="x", fields=fields, optional=("b",))

    @pytest.mark.parametrize("value", [True, None, "1", [1], 1.0])
    def test_a57_only_integers_are_integers(self, value):
        with pytest.raises(ShapeError, match="expected an integer"):
            encoding.read_integer(value, place="x")

    def test_integers_have_a_minimum(self):
        assert encoding.read_integer(1, place="x", minimum=1) == 1
        with pytest.raises(ShapeError, match="0 is less than 1"):
            encoding.read_integer(0, place="x", minimum=1)

    def test_lists_have_their_length(self):
        assert encoding.read_list([1], place="x", length=1) == [1]
        with pytest.raises(ShapeError, match="2 elements, not 1"):
            encoding.read_list([1, 2], place="x", length=1)

    @pytest.mark.parametrize("value", ["A" * 64, "a" * 63, "a" * 65, "g" * 64, "a" * 63 + "\n"])
    def test_hashes_are_64_lower_case_digits(self, value):
        with pytest.raises(DecodeError):
            encoding.read_hash(value, place="x")


class TestHashes:
    def test_a_digest_goes_to_base64_and_back(self):
        assert b64_digest(b"") == "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU"
        assert hash_of_b64(b64_digest(b"")).hex() == sha256_hex(b"")

    @pytest.mark.parametrize(
        "spelling",
        [
            "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV",  # the unused bits are not zero
            "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
            "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU",
            " 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuF",
            "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSu",
            "",
        ],
    )
    def test_a39_a_hash_has_one_spelling(self, spelling):
        with pytest.raises(DecodeError):
            hash_of_b64(spelling)
