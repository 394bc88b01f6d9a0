import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evote.errors import DecodeError
from evote.group import (
    GENERATOR,
    ORDER,
    Commitment,
    Eighths,
    Together,
    compute_eighths,
    computes_together,
    eighths_length,
    weigh,
)
from tests.vectors import reference

pytestmark = pytest.mark.skipif(not computes_together(), reason="evote has no C extension here")

KEY_EXPONENT = 1234567
KEY = GENERATOR**KEY_EXPONENT
numbers = st.one_of(st.sampled_from([0, 1, ORDER - 1]), st.integers(0, ORDER - 1))
shapes = st.lists(
    st.tuples(numbers, numbers, st.lists(st.tuples(st.integers(0, 3), numbers), max_size=3)),
    min_size=1,
    max_size=6,
)


def eighth(exponent):
    """Give the eighth of g^exponent, as a hint has it."""
    raw = (GENERATOR ** (exponent * pow(8, -1, ORDER) % ORDER)).raw
    integer = int.from_bytes(raw, "little")
    y = integer & (1 << 255) - 1
    x = reference.recover_x(y, integer >> 255)
    return x.to_bytes(32, "little") + y.to_bytes(32, "little")


def written(points, commitments):
    """Write down commitments over points g^n, and over the product of the first two."""
    together = Together(KEY)
    read = [together.read((GENERATOR**point).encode()) for point in points]
    bases = [*read, read[0] * read[1]]
    logarithms = [*points, points[0] + points[1]]
    wanted = []
    for generator, key, powers in commitments:
        powers = powers or [(0, 0)]
        together.want([Commitment(generator, key, [(bases[n % 4], c) for n, c in powers])])
        total = generator + KEY_EXPONENT * key + sum(logarithms[n % 4] * c for n, c in powers)
        wanted.append(total)
    return together, [*points, *wanted]


@given(st.lists(numbers, min_size=3, max_size=3), shapes)
@settings(deadline=None, max_examples=60)
def test_true_eighths_are_filled_in_and_their_equations_hold(points, commitments):
    together, logarithms = written(points, commitments)
    eighths = Eighths(b"".join(map(eighth, logarithms)))
    assert eighths.fill(together, first=0)
    assert together.encodings == [(GENERATOR**n).encode() for n in logarithms[3:]]
    assert eighths.hold([weigh(together, first=0)], public_key=KEY)


@given(st.lists(numbers, min_size=3, max_size=3), shapes, st.data())
@settings(deadline=None, max_examples=60)
def test_an_equation_that_is_false_is_never_taken(points, commitments, data):
    together, logarithms = written(points, commitments)
    index = data.draw(st.integers(3, len(logarithms) - 1))
    logarithms[index] += data.draw(st.sampled_from([1, 8, -1, ORDER // 2]))
    eighths = Eighths(b"".join(map(eighth, logarithms)))
    assert eighths.fill(together, first=0)
    for _ in range(5):
        assert not eighths.hold([weigh(together, first=0)], public_key=KEY)


@given(st.lists(numbers, min_size=3, max_size=3), shapes)
@settings(deadline=None, max_examples=40)
def test_what_is_computed_is_what_is_checked(points, commitments):
    together, logarithms = written(points, commitments)
    if len(together.terms) > together.wanted_count:
        with pytest.raises(DecodeError, match="several powers"):
            compute_eighths(together)
    else:
        made = compute_eighths(together)
        assert made == b"".join(map(eighth, logarithms))
        assert len(made) == eighths_length(together)


def test_several_lists_stand_behind_each_other_and_some_may_be_left_out():
    parts = [written([n, 2 * n, 5], [(3, 4, [(0, n)]), (1, 0, [(3, 7)])]) for n in (1, 2, 3)]
    parts[1][1][4] += 1
    eighths = Eighths(b"".join(eighth(n) for _, logarithms in parts for n in logarithms))
    equations = []
    for number, (together, _) in enumerate(parts):
        assert eighths.fill(together, first=5 * number)
        equations.append(weigh(together, first=5 * number))
    assert not eighths.hold(equations, public_key=KEY)
    assert not eighths.hold(equations[1:2], public_key=KEY)
    assert eighths.hold([equations[0], equations[2]], public_key=KEY)
    assert eighths.hold(equations[2:], public_key=KEY)
    assert eighths.hold([], public_key=KEY)


@pytest.mark.parametrize("index", range(3))
def test_eighths_of_other_points_are_not_filled_in(index):
    together, logarithms = written([5, 6, 7], [(1, 2, [(0, 3)])])
    logarithms[index] += 1
    assert not Eighths(b"".join(map(eighth, logarithms))).fill(together, first=0)
    assert together.encodings == []


def test_a_list_that_would_reach_beyond_the_end_is_not_filled_in():
    together, logarithms = written([5, 6, 7], [(1, 2, [(0, 3)])])
    assert not Eighths(b"".join(map(eighth, logarithms[:-1]))).fill(together, first=0)
    assert not Eighths(b"".join(map(eighth, logarithms))).fill(together, first=1)


@pytest.mark.parametrize("times", range(1, 8))
def test_a10_a_point_with_torsion_gets_no_hint_and_none_leads_to_it(times):
    torsion = reference.multiply(times, reference.point_of_order_eight())
    raw = (GENERATOR**5).raw
    integer = int.from_bytes(raw, "little")
    y = integer & (1 << 255) - 1
    moved = reference.add((reference.recover_x(y, integer >> 255), y), torsion)
    together = Together(KEY)
    point = together.read(reference.encode(moved))
    together.want([Commitment(0, 0, ((point, 1),))])
    with pytest.raises(DecodeError, match="outside the prime-order group"):
        compute_eighths(together)
    # Whatever is multiplied by eight is in the group: the eighth moved by torsion is no way out.
    x, y = (int.from_bytes(half, "little") for half in (eighth(5)[:32], eighth(5)[32:]))
    other = b"".join(n.to_bytes(32, "little") for n in reference.add((x, y), torsion))
    assert not Eighths(other + other).fill(together, first=0)


def test_what_is_no_point_of_the_curve_is_refused():
    for eighths in (bytes(64), b"\xff" * 64, eighth(1)[::-1]):
        with pytest.raises(DecodeError, match="not a point of the curve"):
            Eighths(eighth(3) + eighths)
