import hashlib
import os
import secrets
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nacl import bindings

from evote.group import ED25519, GENERATOR, IDENTITY, ORDER, Element, is_valid_point
from evote.group.backend import NATIVE
from tests.vectors import reference

pytestmark = pytest.mark.skipif(NATIVE is None, reason="evote has no C extension here")

NONE, OUTSIDE, MEMBER, NEUTRAL = 0xFFFFFFFF, 0, 1, 2
KEY = GENERATOR ** secrets.randbelow(ORDER)
TORSION = reference.point_of_order_eight()
EDGES = [0, 1, 2, 15, 16, 17, 31, 32, 33, 2**251, 2**252 - 1, 2**252, ORDER - 2, ORDER - 1]

scalars = st.one_of(st.sampled_from(EDGES), st.integers(0, ORDER - 1), st.integers(0, 2**64))
members = st.one_of(st.sampled_from([0, 1, ORDER - 1]), scalars).map(lambda n: GENERATOR**n)


def raw_of(point):
    return bytes.fromhex(reference.encode(point))[::-1]


def point_of(raw):
    integer = int.from_bytes(raw, "little")
    y, sign = integer & (1 << 255) - 1, integer >> 255
    x = reference.recover_x(y, sign)
    assert x is not None
    return (x, y)


def with_torsion(raw, times):
    return raw_of(reference.add(point_of(raw), reference.multiply(times, TORSION)))


def verdict_of_libsodium(raw):
    return NEUTRAL if raw == IDENTITY.raw else int(is_valid_point(raw))


def term(number, a, b, c):
    return struct.pack("<I", number) + b"".join(n.to_bytes(32, "little") for n in (a, b, c))


def product(numbers):
    return struct.pack(f"<{len(numbers) + 1}I", len(numbers), *numbers)


def commitments(points, products, terms):
    return NATIVE.commitments(
        NATIVE.tables(KEY.raw),
        b"".join(points),
        b"".join(product(numbers) for numbers in products),
        b"".join(term(*values) for values in terms),
    )


def cut(data):
    return [data[place : place + 32] for place in range(0, len(data), 32)]


class TestMembership:
    @given(st.binary(min_size=32, max_size=32))
    def test_a09_any_string_gets_the_verdict_of_libsodium(self, raw):
        assert NATIVE.in_group(raw)[0] == verdict_of_libsodium(raw)

    @given(scalars, st.integers(0, 7))
    @settings(deadline=None)
    def test_a09_only_the_member_of_each_coset_is_one(self, exponent, times):
        raw = with_torsion((GENERATOR**exponent).raw, times)
        assert NATIVE.in_group(raw)[0] == verdict_of_libsodium(raw)
        assert (NATIVE.in_group(raw)[0] != OUTSIDE) == (times == 0)

    def test_a09_small_and_non_canonical_encodings_get_the_verdict_of_libsodium(self):
        numbers = [*range(300), *range(reference.P - 300, 2**255)]
        small = [reference.multiply(times, TORSION)[1] for times in range(8)]
        numbers += small + [y + reference.P for y in small if y + reference.P < 2**255]
        strings = [
            (number | sign << 255).to_bytes(32, "little") for number in numbers for sign in (0, 1)
        ]
        verdicts = NATIVE.in_group(b"".join(strings))
        assert list(verdicts) == [verdict_of_libsodium(raw) for raw in strings]

    def test_the_canary_of_libsodium_is_refused(self):
        raw = bytes.fromhex("d600527f9723f2166ca2c99c90c52e4a21921cbec4edc771bac4fa0d5b3e2c24")
        assert NATIVE.in_group(raw)[0] == OUTSIDE

    @pytest.mark.parametrize("times", range(1, 8))
    def test_a10_a_point_with_torsion_is_named_among_others(self, times):
        points = [(GENERATOR**n).raw for n in range(1, 10)]
        points[times] = with_torsion(points[times], times)
        verdicts, _ = commitments(points, [], [(times, 0, 0, 5), (0, 1, 2, 3)])
        assert [number for number, verdict in enumerate(verdicts) if not verdict] == [times]

    def test_a_key_outside_the_group_gets_no_tables(self):
        for raw in (with_torsion(KEY.raw, 4), bytes(32), b"\xff" * 32):
            with pytest.raises(ValueError, match="key"):
                NATIVE.tables(raw)


class TestCommitments:
    @given(
        st.lists(members, min_size=1, max_size=6),
        st.lists(st.tuples(st.integers(0, 7), scalars, scalars, scalars), min_size=1, max_size=12),
    )
    @settings(deadline=None)
    def test_they_are_those_of_libsodium(self, points, drawn):
        chosen = [number for number in range(len(points)) if number % 2 == 0]
        bases = [*points, IDENTITY]
        for number in chosen:
            bases[-1] = bases[-1] * points[number]
        terms = [(number % len(bases), a, b, c) for number, a, b, c in drawn]
        verdicts, outputs = commitments([point.raw for point in points], [chosen], terms)
        assert list(verdicts) == [NEUTRAL if point.is_identity else MEMBER for point in points]
        for raw, (number, a, b, c) in zip(cut(outputs), terms, strict=True):
            assert raw == (GENERATOR**a * KEY**b * bases[number] ** c).raw

    def test_coordinates_are_those_of_the_same_points(self):
        points = [(GENERATOR**n).raw for n in (1, 5, 9)]
        terms = [(0, 3, 4, 5), (3, 0, 0, 7), (NONE, 6, 0, 0), (2, 0, 0, 0)]
        arguments = (
            NATIVE.tables(KEY.raw),
            b"".join(points),
            product([0, 1]),
            b"".join(term(*values) for values in terms),
        )
        verdicts, encodings = NATIVE.commitments(*arguments)
        same_verdicts, coordinates = NATIVE.coordinates(*arguments)
        assert same_verdicts == verdicts
        assert coordinates == b"".join(affine(raw) for raw in cut(encodings))
        assert len(coordinates) == 2 * len(encodings)

    def test_a_term_may_have_no_base(self):
        _, outputs = commitments([], [], [(NONE, 5, 7, 0), (NONE, 0, 0, 0)])
        assert cut(outputs) == [(GENERATOR**5 * KEY**7).raw, IDENTITY.raw]

    @pytest.mark.parametrize(
        ("points", "products", "terms", "message"),
        [
            (b"\0" * 31, b"", b"", "points"),
            (b"", b"\0" * 3, b"", "products"),
            (b"", b"", b"\0" * 99, "terms"),
            (GENERATOR.raw, product([1]), b"", "beyond the points"),
            (GENERATOR.raw, struct.pack("<II", 2, 0), b"", "beyond the points"),
            (GENERATOR.raw, struct.pack("<I", 2**32 - 1), b"", "beyond the points"),
            (GENERATOR.raw, b"", term(1, 0, 0, 0), "a base that there is not"),
            (GENERATOR.raw, b"", term(0, ORDER, 0, 0), "not below the order"),
            (GENERATOR.raw, b"", term(0, 0, 2**256 - 1, 0), "not below the order"),
            (GENERATOR.raw, b"", term(0, 0, 0, ORDER + 1), "not below the order"),
        ],
    )
    def test_what_is_not_well_formed_is_refused_before_anything_is_computed(
        self, points, products, terms, message
    ):
        with pytest.raises(ValueError, match=message):
            NATIVE.commitments(NATIVE.tables(KEY.raw), points, products, terms)

    def test_a_handle_of_another_kind_is_refused(self):
        points = NATIVE.points(GENERATOR.raw)
        with pytest.raises(ValueError, match="incorrect name"):
            NATIVE.commitments(points, b"", b"", b"")
        with pytest.raises(ValueError, match="incorrect name"):
            NATIVE.vanishes(NATIVE.tables(KEY.raw), b"")

    def test_the_products_of_columns_are_those_of_libsodium(self):
        rows = [[GENERATOR ** secrets.randbelow(ORDER) for _ in range(3)] for _ in range(20)]
        expected = []
        for column in zip(*rows, strict=True):
            total = IDENTITY
            for element in column:
                total = total * element
            expected.append(total.raw)
        points = b"".join(element.raw for row in rows for element in row)
        assert cut(NATIVE.products(points, 3)) == expected
        assert cut(NATIVE.products(b"", 2)) == [IDENTITY.raw] * 2
        with pytest.raises(ValueError, match="whole rows"):
            NATIVE.products(points, 7)
        with pytest.raises(ValueError, match="canonical"):
            NATIVE.products(b"\xff" * 32, 1)


def affine(raw):
    x, y = point_of(raw)
    return x.to_bytes(32, "little") + y.to_bytes(32, "little")


def eighth(element):
    return affine((element ** pow(8, -1, ORDER)).raw)


class TestEighths:
    def test_eight_times_the_hint_is_the_point(self):
        points = [GENERATOR**n for n in (1, 2, ORDER - 1, secrets.randbelow(ORDER))]
        _, encodings = NATIVE.eightfold(b"".join(map(eighth, points)))
        assert cut(encodings) == [point.raw for point in points]

    @pytest.mark.parametrize("times", range(1, 8))
    def test_no_hint_gives_a_point_with_torsion(self, times):
        wanted = with_torsion(KEY.raw, times)
        for other in range(8):
            hint = affine(with_torsion((KEY ** pow(8, -1, ORDER)).raw, other))
            _, encodings = NATIVE.eightfold(hint)
            assert encodings != wanted
            assert encodings == KEY.raw

    def test_what_is_not_a_canonical_point_of_the_curve_is_refused(self):
        good = eighth(KEY)
        too_large = (int.from_bytes(good[:32], "little") + reference.P).to_bytes(33, "little")[:32]
        for hint in (good[:-1] + bytes([good[-1] ^ 1]), bytes(64), too_large + good[32:]):
            with pytest.raises(ValueError, match="eighths"):
                NATIVE.eightfold(hint)


def scalar_bytes(values):
    return b"".join((value % ORDER).to_bytes(32, "little") for value in values)


class TestSums:
    @pytest.mark.parametrize("count", [0, 1, 2, 39, 150, 1000])
    def test_a_product_vanishes_exactly_when_the_exponents_do(self, count):
        logarithms = [secrets.randbelow(ORDER) for _ in range(count)]
        exponents = [secrets.randbelow(ORDER) for _ in range(count)]
        points = [(GENERATOR**n).raw for n in logarithms]
        rest = -sum(n * s for n, s in zip(logarithms, exponents, strict=True))
        handle = NATIVE.points(b"".join([*points, GENERATOR.raw]))
        assert NATIVE.vanishes(handle, scalar_bytes([*exponents, rest]))
        assert not NATIVE.vanishes(handle, scalar_bytes([*exponents, rest + 1]))
        product = NATIVE.power_product(handle, scalar_bytes([*exponents, rest + 5]))
        assert product == (GENERATOR**5).raw

    def test_scalars_have_to_match_and_to_be_reduced(self):
        handle = NATIVE.points(GENERATOR.raw)
        with pytest.raises(ValueError, match="as many"):
            NATIVE.vanishes(handle, b"")
        with pytest.raises(ValueError, match="below the order"):
            NATIVE.vanishes(handle, ORDER.to_bytes(32, "little"))

    @pytest.mark.parametrize("times", [1, 2, 4])
    def test_torsion_that_a_combination_lets_through_is_found(self, times):
        # Order 8, 4, 2: a combination times eight always vanishes, so it would prove nothing.
        raw = with_torsion(GENERATOR.raw, times)
        handle = NATIVE.points(raw + GENERATOR.raw)
        assert NATIVE.vanishes(handle, scalar_bytes([8, -8]))
        assert not NATIVE.vanishes(handle, scalar_bytes([1, -1]))
        assert not NATIVE.torsion_free(handle, 8, os.urandom(2 * 2 * 16))

    @pytest.mark.parametrize("count", [1, 5, 300])
    def test_members_are_free_of_torsion_and_one_other_is_found_among_them(self, count):
        points = [(GENERATOR ** secrets.randbelow(ORDER)).raw for _ in range(count)]

        def is_free():
            handle = NATIVE.points(b"".join(points))
            return NATIVE.torsion_free(handle, 8, os.urandom(2 * count * 16))

        assert is_free()
        points[count // 2] = with_torsion(points[count // 2], 4)
        assert not is_free()

    def test_the_choices_have_to_be_some_for_each_point(self):
        handle = NATIVE.points(GENERATOR.raw)
        for bits, choices in ((0, b"12"), (15, b"12"), (8, b""), (8, b"123"), (8, bytes(258))):
            with pytest.raises(ValueError, match="choices"):
                NATIVE.torsion_free(handle, bits, choices)


def test_generators_are_those_of_the_reference():
    starts = [
        int.from_bytes(hashlib.sha256(f"ggen|{index}".encode()).digest(), "big") >> 2
        for index in range(-1, 40)
    ]
    encodings = NATIVE.generators(b"".join(start.to_bytes(32, "little") for start in starts))
    assert cut(encodings) == [ED25519.shuffle_generator(index).raw for index in range(-1, 40)]


def test_points_off_the_curve_get_no_handle():
    off = next(
        raw
        for raw in (number.to_bytes(32, "little") for number in range(2, 100))
        if reference.recover_x(int.from_bytes(raw, "little"), 0) is None
    )
    with pytest.raises(ValueError, match="points"):
        NATIVE.points(GENERATOR.raw + off)


def test_other_things_than_bytes_are_refused():
    for call in (NATIVE.in_group, NATIVE.points, NATIVE.generators, NATIVE.eightfold):
        with pytest.raises(TypeError):
            call("text")
    with pytest.raises(TypeError):
        NATIVE.in_group(bytearray(32))


def test_libsodium_and_the_extension_add_alike():
    left, right = Element(GENERATOR.raw), KEY
    assert NATIVE.products(left.raw + right.raw, 1) == bindings.crypto_core_ed25519_add(
        left.raw, right.raw
    )
