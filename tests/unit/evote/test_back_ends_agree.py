import secrets
from functools import reduce

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evote.ballot.checks import Deferred, OneByOne
from evote.errors import DecodeError, InvalidBallot
from evote.group import (
    ED25519,
    EIGHTH_BYTES,
    GENERATOR,
    IDENTITY,
    ORDER,
    Commitment,
    Eighths,
    Element,
    Together,
    are_members,
    compute_eighths,
    computes_together,
    product_vanishes,
    shuffle_generators_together,
    weigh,
)
from evote.group.ed25519 import known_member
from evote.proofs import Claim
from evote.transcript import hashed_text
from tests.vectors import reference

pytestmark = pytest.mark.skipif(not computes_together(), reason="evote has no C extension here")

KEY = GENERATOR ** secrets.randbelow(ORDER)
EDGES = [0, 1, 2, 15, 16, 17, 2**252 - 1, 2**252, ORDER - 1]
exponents = st.one_of(
    st.sampled_from(EDGES), st.integers(-ORDER, 2 * ORDER), st.integers(0, 2**64)
)  # fmt: skip
members = st.one_of(st.just(IDENTITY), exponents.map(lambda n: GENERATOR**n))

# One point of each coset of the prime-order subgroup: k·T, with T of order 8.
TORSION = [
    reference.encode(reference.multiply(times, reference.point_of_order_eight()))
    for times in range(8)
]


def integer_text(number):
    return f"{number:064x}"


def moved(element, times):
    """Add a point of small order, as libsodium adds: of that it asks no subgroup."""
    return (element * known_member(bytes.fromhex(TORSION[times])[::-1])).encode()


# Encodings as they may stand in a ballot: 64 digits, and nothing else is sure.
spellings = st.one_of(
    members.map(Element.encode),
    members.map(Element.encode),
    st.builds(moved, members, st.integers(0, 7)),
    st.sampled_from(TORSION),
    st.binary(min_size=32, max_size=32).map(bytes.hex),
    st.builds(
        lambda y, sign: integer_text(y | sign << 255),
        st.one_of(st.integers(0, 40), st.integers(reference.P - 40, 2**255 - 1)),
        st.integers(0, 1),
    ),
)


def raw_of_texts(texts):
    return b"".join(bytes.fromhex(text)[::-1] for text in texts)


def member_or_none(text):
    try:
        return Element.decode(text)
    except DecodeError:
        return None


def product(elements):
    return reduce(lambda left, right: left * right, elements, IDENTITY)


# What a commitment is made of: exponents of g and of y, and powers of products of points, each
# given by the numbers of its factors.
factors = st.lists(st.integers(0, 5), min_size=1, max_size=3)
shapes = st.tuples(exponents, exponents, st.lists(st.tuples(factors, exponents), max_size=3))


def commitment(shape, bases):
    generator, key, powers = shape
    written = []
    for numbers, exponent in powers:
        chosen = [bases[number % len(bases)] for number in numbers]
        written.append((reduce(lambda left, right: left * right, chosen), exponent))
    return Commitment(generator % ORDER, key % ORDER, tuple(written))


class TestTogether:
    @given(st.lists(spellings, min_size=1, max_size=4), st.lists(shapes, min_size=1, max_size=5))
    @settings(max_examples=150)
    def test_a10_random_commitments_and_verdicts_are_those_of_libsodium(self, texts, drawn):
        together = Together(KEY)
        points = [together.read(text) for text in texts]
        wanted = [together.want([commitment(shape, points)]) for shape in drawn]
        together.compute()

        elements = [member_or_none(text) for text in texts]
        assert [together.is_member(point) for point in points] == [
            element is not None for element in elements
        ]
        for shape, place in zip(drawn, wanted, strict=True):
            numbers = {number % len(texts) for numbers, _ in shape[2] for number in numbers}
            if all(elements[number] is not None for number in numbers):
                expected = commitment(shape, elements).computed(public_key=KEY)
                assert together.encodings[place] == [expected.encode()]


single = st.tuples(exponents, exponents, st.lists(st.tuples(factors, exponents), max_size=1))


class TestEighths:
    @given(st.lists(spellings, min_size=1, max_size=4), st.lists(single, min_size=1, max_size=5))
    @settings(max_examples=100)
    def test_a10_hinted_commitments_are_those_of_libsodium_and_another_point_is_none(
        self, texts, drawn
    ):
        def begun():
            together = Together(KEY)
            points = [together.read(text) for text in texts]
            together.want([commitment(shape, points) for shape in drawn])
            return together

        elements = [member_or_none(text) for text in texts]
        if None in elements:
            with pytest.raises(DecodeError):
                compute_eighths(begun())
            return
        hint = compute_eighths(begun())
        together, eighths = begun(), Eighths(hint)
        assert eighths.fill(together, first=0)
        expected = [commitment(shape, elements).computed(public_key=KEY) for shape in drawn]
        assert together.encodings == [element.encode() for element in expected]
        assert eighths.hold([weigh(together, first=0)], public_key=KEY)

        # The last commitment's place taken by the first point: false, unless it is the same one.
        other = Eighths(hint[:-EIGHTH_BYTES] + hint[:EIGHTH_BYTES])
        is_same = elements[0] == expected[-1]
        assert other.hold([weigh(together, first=0)], public_key=KEY) == is_same


# A check of a ballot: a spelling of an element, or a claim over those before it, true or not.
claims = st.tuples(st.lists(shapes, min_size=1, max_size=2), st.booleans())
steps = st.lists(
    st.one_of(st.tuples(st.just("element"), spellings), st.tuples(st.just("claim"), claims)),
    max_size=8,
)


def claim_of(drawn, is_true, elements, *, known):
    """Make a claim over some elements; `known` are the same ones for libsodium, or None."""
    challenge = 5
    if is_true and None not in known:
        text = ",".join(
            commitment(shape, known).computed(public_key=KEY).encode() for shape in drawn
        )
        head = f"{known[0].encode()}|"
        challenge = hashed_text(head + text, order=ORDER)
    return Claim(
        key=KEY,
        challenge=challenge,
        head="",
        statement=(elements[0],),
        commitments=lambda: [commitment(shape, elements) for shape in drawn],
        failure="this does not hold",
    )


def outcome(checks, drawn):
    elements, known = [], []
    try:
        for number, (kind, value) in enumerate([("element", GENERATOR.encode()), *drawn]):
            if kind == "element":
                elements.append(checks.element(value, place=str(number)))
                known.append(member_or_none(value))
            else:
                claim = claim_of(*value, elements, known=known)
                checks.hold(claim, code="bad_proof", place=str(number))
        checks.finish()
    except InvalidBallot as error:
        return error.code, error.place, error.message
    return None


@given(steps)
@settings(max_examples=150)
def test_random_checks_stop_at_the_same_place_with_the_same_words(drawn):
    assert outcome(Deferred(KEY), drawn) == outcome(OneByOne(KEY), drawn)


def test_random_checks_are_refused_and_accepted():
    true = ("claim", ([(3, 4, [([0], 5)])], True))
    false = ("claim", ([(3, 4, [([0], 5)])], False))
    torsion = ("element", TORSION[4])
    for drawn, place in (
        ([true], None),
        ([true, false], "2"),
        ([false, torsion], "1"),
        ([torsion, false], "1"),
    ):
        for checks in (Deferred(KEY), OneByOne(KEY)):
            refused = outcome(checks, drawn)
            assert (refused and refused[1]) == place


class TestManyPoints:
    @given(st.lists(spellings, max_size=6))
    @settings(max_examples=200)
    def test_a10_they_are_members_together_when_each_is_for_libsodium(self, texts):
        expected = all(member_or_none(text) is not None for text in texts)
        assert are_members(raw_of_texts(texts)) == expected

    @given(
        st.lists(members, max_size=12), st.integers(1, 7), st.integers(0, 12), st.integers(0, 12)
    )
    def test_a10_torsion_that_cancels_in_the_product_is_found(self, elements, times, first, second):
        texts = [element.encode() for element in elements]
        assert are_members(raw_of_texts(texts))
        texts.insert(first, moved(KEY, times))
        texts.insert(second, moved(KEY, 8 - times))
        assert not are_members(raw_of_texts(texts))

    @given(st.lists(st.tuples(members, exponents), max_size=10), exponents)
    def test_a_product_vanishes_where_libsodium_gives_the_identity(self, powers, rest):
        total = product(element**exponent for element, exponent in powers)
        raw = b"".join(element.raw for element, _ in powers)
        scalars = [exponent for _, exponent in powers]
        assert product_vanishes(raw, scalars) == total.is_identity
        assert product_vanishes(raw + total.raw, [*scalars, -1])
        moved_on = total * GENERATOR**rest
        assert product_vanishes(raw + moved_on.raw, [*scalars, -1]) == (rest % ORDER == 0)
        assert ED25519.power_product([element for element, _ in powers], scalars) == total

    @given(st.integers(0, 4), st.lists(members, min_size=12, max_size=12), st.integers(1, 3))
    def test_the_products_of_columns_are_those_of_libsodium(self, width, elements, height):
        rows = [elements[width * row : width * (row + 1)] for row in range(height)]
        columns = list(zip(*rows, strict=True)) if width else []
        assert ED25519.multiply_columns(rows) == [product(column) for column in columns]

    @pytest.mark.parametrize("length", [1, 2, 30])
    def test_the_generators_of_shuffles_are_those_of_the_reference(self, length):
        together = shuffle_generators_together(length)
        assert together.h == ED25519.shuffle_generator(-1).raw
        assert together.each == b"".join(
            ED25519.shuffle_generator(index).raw for index in range(length)
        )
