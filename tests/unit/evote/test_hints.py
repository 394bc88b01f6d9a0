import json
import tracemalloc

import pytest

from evote.ballot import Ballot, decode_ballot, verify_ballot
from evote.credential import derive_secret_key
from evote.election import Question, RankedQuestion
from evote.encoding import encode_json, hash_of_b64
from evote.errors import DecodeError, InvalidBallot
from evote.group import EIGHTH_BYTES, GENERATOR, ORDER, computes_together, random_scalar
from evote.hints import check_bodies, make_hints
from evote.hints.check import TRACKER_BYTES
from evote.transcript import hashed_text
from tests.factories.evote import BLANK, LISTS, ONE_OF_TWO, PLAIN, RANKED, make_world
from tests.factories.forgery import forgeries, sign_again, with_torsion
from tests.factories.mutants import at, changed_values, leaves, put
from tests.vectors import reference

pytestmark = pytest.mark.skipif(not computes_together(), reason="evote has no C extension here")

WORLD = make_world(voters=5, trustees=1)
ELECTION = WORLD.election
BODIES = [WORLD.ballot(voter, [[1, voter % 2, 0]]) for voter in range(5)]
HINTS = make_hints(BODIES, election=ELECTION)
# A credential, 3 ciphertexts, and what is hashed: 1 signature, 3·4 for the choices, 2 sums and 6
# for the sum of 0 to 2.
POINTS = 1 + 6 + 1 + 12 + 2 + 6
SMALL_ORDERS = [(4, 2), (2, 4), (1, 8)]


def verdict(answer):
    """Give the code, the place and the message, or nothing for a valid ballot."""
    return None if isinstance(answer, Ballot) else (answer.code, answer.place, answer.message)


def exact_answer(body, election):
    try:
        ballot = decode_ballot(body, election=election)
        verify_ballot(ballot=ballot, election=election)
    except (DecodeError, InvalidBallot) as error:
        return error
    return ballot


def assert_same(bodies, hints, election=ELECTION):
    """Compare with the exact check, and give how many hints were of use."""
    checked = check_bodies(bodies, hints=hints, election=election)
    exact = [exact_answer(body, election) for body in bodies]
    assert [verdict(answer) for answer in checked.answers] == list(map(verdict, exact))
    for answer, expected in zip(checked.answers, exact, strict=True):
        assert not isinstance(expected, Ballot) or answer == expected
    return len(checked.hinted)


def with_flipped(hint, place, bit=0):
    changed = bytearray(hint)
    changed[place] ^= 1 << bit
    return bytes(changed)


def replaced(hints, index, hint):
    return [*hints[:index], hint, *hints[index + 1 :]]


def parts(hint):
    """Give the tracker, then each eighth."""
    points = [hint[at : at + 64] for at in range(TRACKER_BYTES, len(hint), EIGHTH_BYTES)]
    return hint[:TRACKER_BYTES], points


def test_valid_ballots_are_valid_and_every_hint_is_of_use():
    assert all(len(hint) == TRACKER_BYTES + POINTS * EIGHTH_BYTES for hint in HINTS)
    assert assert_same(BODIES, HINTS) == len(BODIES)


def test_without_hints_the_exact_check_is_done():
    assert assert_same(BODIES, [b""] * len(BODIES)) == 0
    assert assert_same([], []) == 0


@pytest.mark.parametrize("size", [1, 40, 70])
def test_any_number_of_ballots_is_checked_at_once(size):
    bodies, hints = ((given * size)[:size] for given in (BODIES, HINTS))
    assert assert_same(bodies, hints) == size


@pytest.mark.parametrize(
    ("questions", "answers", "is_hinted"),
    [
        ([BLANK], [[1, 0, 0]], True),
        ([BLANK, PLAIN, ONE_OF_TWO], [[0, 1, 0], [1, 1, 0], [0, 1]], True),
        ([RankedQuestion(text="?", answers=("A", "B"))], [[1, 2]], True),
        ([PLAIN, RANKED], [[1, 1, 0], [3, 2, 1]], True),
        ([LISTS], [[[1, 1, 0], [0, 0]]], False),
        ([PLAIN, LISTS], [[0, 0, 0], [[0, 0, 0], [1, 1]]], False),
        ([Question(text="?", answers=("A",), minimum=0, maximum=1, has_blank=False)], [[1]], True),
    ],
)
def test_each_kind_of_question_has_hints_or_is_checked_exactly(questions, answers, is_hinted):
    world = make_world(questions=questions, trustees=1, voters=3, weights=[1, 5, 2])
    bodies = [world.ballot(voter, answers) for voter in range(3)]
    hints = make_hints(bodies, election=world.election)
    assert list(map(bool, hints)) == [is_hinted] * 3
    assert assert_same(bodies, hints, world.election) == 3 * is_hinted


class TestFalseHints:
    def test_a_bit_that_is_flipped_anywhere_makes_the_hint_useless(self):
        hint = HINTS[1]
        for place in range(0, len(hint), 11):
            hints = replaced(HINTS, 1, with_flipped(hint, place, place % 8))
            assert assert_same(BODIES[:3], hints[:3]) == 2

    def test_every_point_that_is_another_makes_the_hint_useless(self):
        tracker, points = parts(HINTS[0])
        for index in range(POINTS):
            other = [*points[:index], points[index - 1], *points[index + 1 :]]
            assert assert_same(BODIES[:2], [tracker + b"".join(other), HINTS[1]]) == 1

    def test_every_point_that_is_negated_makes_the_hint_useless(self):
        tracker, points = parts(HINTS[0])
        for index, point in enumerate(points):
            x = (reference.P - int.from_bytes(point[:32], "little")).to_bytes(32, "little")
            other = [*points[:index], x + point[32:], *points[index + 1 :]]
            assert assert_same(BODIES[:2], [tracker + b"".join(other), HINTS[1]]) == 1

    def test_points_in_another_order_make_the_hint_useless(self):
        tracker, points = parts(HINTS[0])
        for first, second in ((0, 1), (1, 2), (7, 8), (POINTS - 2, POINTS - 1)):
            swapped = list(points)
            swapped[first], swapped[second] = points[second], points[first]
            assert assert_same(BODIES[:1], [tracker + b"".join(swapped)]) == 0

    @pytest.mark.parametrize("change", [-64, -1, 1, 64])
    def test_a_hint_of_another_length_is_useless(self, change):
        hint = HINTS[0][:change] if change < 0 else HINTS[0] + HINTS[0][-change:]
        assert assert_same(BODIES[:2], [hint, HINTS[1]]) == 1

    def test_hints_of_other_ballots_are_useless(self):
        assert assert_same(BODIES, HINTS[1:] + HINTS[:1]) == 0
        renamed = HINTS[0][:TRACKER_BYTES] + HINTS[1][TRACKER_BYTES:]
        assert assert_same(BODIES, [renamed, *HINTS[1:]]) == len(BODIES) - 1

    def test_hints_of_another_election_are_useless(self):
        other = make_world(trustees=1, uuid=ELECTION.uuid)
        body = other.ballot(0, [[1, 0, 0]])
        (hint,) = make_hints([body], election=other.election)
        assert assert_same([body, *BODIES], [hint, *HINTS]) == len(BODIES)

    def test_points_that_are_not_canonical_or_off_the_curve_are_useless(self):
        tracker, points = parts(HINTS[0])
        x, y = points[0][:32], points[0][32:]
        larger = (int.from_bytes(x, "little") + reference.P).to_bytes(33, "little")[:32]
        for point in (larger + y, y + x, bytes(64), b"\xff" * 64, x + b"\x01" + bytes(31)):
            hint = tracker + b"".join([point, *points[1:]])
            assert assert_same(BODIES[:3], [hint, *HINTS[1:3]]) == 2

    @pytest.mark.parametrize("place", [0, 1])
    def test_a_hint_that_is_of_no_use_is_not_computed_with(self, place):
        points = HINTS[0][TRACKER_BYTES:]
        length = 500 * len(points)
        false = [
            HINTS[1][:TRACKER_BYTES] + points * 500,
            HINTS[0][:TRACKER_BYTES] + points * 500,
        ][place]
        tracemalloc.start()
        try:
            checked = check_bodies(
                [*[BODIES[0]] * 20, BODIES[2]], hints=[*[false] * 20, HINTS[2]], election=ELECTION
            )
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert checked.hinted == {20}
        assert all(isinstance(answer, Ballot) for answer in checked.answers)
        assert peak < 4 * length

    def test_an_eighth_with_torsion_gives_the_same_point(self):
        tracker, points = parts(HINTS[0])
        moved = []
        for times, point in enumerate(points):
            x, y = (int.from_bytes(half, "little") for half in (point[:32], point[32:]))
            torsion = reference.multiply(times % 8, reference.point_of_order_eight())
            moved.append(b"".join(n.to_bytes(32, "little") for n in reference.add((x, y), torsion)))
        assert assert_same(BODIES[:1], [tracker + b"".join(moved)]) == 1


class TestForgeries:
    def test_every_forgery_gets_the_same_verdict_whatever_the_hints(self):
        forged = [body for _, body, _ in forgeries(WORLD, BODIES[0], voter=0)]
        assert len(forged) > 50
        assert not any(make_hints(forged, election=ELECTION))
        bodies = [*BODIES, *forged]
        hints = [*HINTS, *map(hint_for, forged)]
        # A response is not hashed, so that some of these are found by the equations alone: then
        # whatever is in the same block of 32 is checked exactly.
        assert assert_same(bodies, hints) == 0

    @pytest.mark.parametrize("is_signed_again", [False, True])
    def test_changed_values_get_the_same_verdict(self, is_signed_again):
        original = json.loads(BODIES[0])
        bodies = []
        for place, _, mutant in list(changed_values(original))[::17]:
            body = encode_json(mutant)
            if is_signed_again and isinstance(mutant, dict) and not place.startswith("signature"):
                body = sign_again(mutant, uuid=ELECTION.uuid, credential=WORLD.credentials[0])
            bodies.append(body)
        assert len(bodies) > 50
        assert assert_same(bodies, [hint_for(body) for body in bodies]) == 0

    def test_a10_torsion_in_any_element_is_refused_at_its_place(self):
        original = json.loads(BODIES[0])
        paths = [path for path in leaves(original) if path and path[-1] in ("alpha", "beta")]
        bodies = []
        for path in paths:
            mutant = put(original, path, with_torsion(at(original, path)))
            bodies.append(sign_again(mutant, uuid=ELECTION.uuid, credential=WORLD.credentials[0]))
        bodies.append(encode_json(original | {"credential": with_torsion(original["credential"])}))
        assert assert_same(bodies, [hint_for(body) for body in bodies]) == 0

    @pytest.mark.parametrize(("times", "order"), SMALL_ORDERS)
    def test_a10_a_signature_that_hashes_a_point_with_torsion_is_refused_every_time(
        self, times, order
    ):
        body, commitment = false_signature(times)
        assert order * times == 8
        for _ in range(40):
            assert assert_same([body, BODIES[1]], [hint_with(body, commitment), HINTS[1]]) == 1

    def test_a_commitment_that_is_hashed_but_is_not_the_right_one_is_refused_every_time(self):
        # Its hint is a true eighth, and the hash agrees: only the equation tells.
        body, commitment = false_signature(times=0, is_answered=False)
        for _ in range(40):
            assert assert_same([body, BODIES[1]], [hint_with(body, commitment), HINTS[1]]) == 0

    def test_one_false_equation_among_many_costs_only_its_neighbours_their_hints(self):
        body, commitment = false_signature(times=0, is_answered=False)
        bodies = [*(BODIES * 20)[:99], body]
        hints = [*(HINTS * 20)[:99], hint_with(body, commitment)]
        assert assert_same(bodies, hints) == 96


def renamed_hint(tracker):
    return hash_of_b64(tracker) + HINTS[0][TRACKER_BYTES:]


def hint_for(body):
    """Give what is nearest to a hint for a ballot that was made of the first one."""
    try:
        return renamed_hint(decode_ballot(body, election=ELECTION).tracker)
    except (DecodeError, InvalidBallot):
        return HINTS[0]


def hint_with(body, commitment):
    """Give the hint for a ballot with this signature's commitment, as near as there is one."""
    tracker, points = parts(hint_for(body))
    points[1 + 2 * 3] = eighth_of(commitment)
    return tracker + b"".join(points)


def coordinates(element):
    integer = int.from_bytes(element.raw, "little")
    y = integer & (1 << 255) - 1
    return reference.recover_x(y, integer >> 255), y


def eighth_of(exponent):
    point = coordinates(GENERATOR ** (exponent * pow(8, -1, ORDER) % ORDER))
    return b"".join(number.to_bytes(32, "little") for number in point)


def false_signature(times, *, is_answered=True):
    """Sign a ballot so that R + T is hashed, for a T of small order; or answer something else.

    Whoever has the credential can do either. Gives the logarithm of R too.
    """
    ballot = json.loads(BODIES[0])
    secret = derive_secret_key(uuid=ELECTION.uuid, credential=WORLD.credentials[0]).reveal()
    w = random_scalar().reveal()
    torsion = reference.multiply(times, reference.point_of_order_eight())
    commitment = reference.encode(reference.add(coordinates(GENERATOR**w), torsion))
    c = hashed_text(f"sig|{ballot['signature']['hash']}|{commitment}", order=ORDER)
    response = (w - secret * c + (not is_answered)) % ORDER
    ballot["signature"]["proof"] = {"challenge": str(c), "response": str(response)}
    return encode_json(ballot), w
