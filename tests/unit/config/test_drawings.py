from collections import Counter

import pytest

from config.drawings import avatar_kind, avatar_path, hillside


def test_a_person_has_the_same_pebble_everywhere():
    assert avatar_path("Participant 344") == avatar_path("Participant 344")
    assert avatar_path("Participant 344") != avatar_path("Participant 345")


def test_all_four_kinds_of_pebble_occur():
    assert {avatar_kind(f"Participant {number}") for number in range(100)} == {1, 2, 3, 4}


def test_the_hillside_has_one_pebble_for_each_person():
    drawn = hillside(agree=106, disagree=91, passed=7)

    kinds = Counter(pebble.kind for pebble in drawn.pebbles)
    assert kinds == {"agree": 106, "disagree": 91, "pass": 7}
    assert drawn.people == 204
    assert drawn.people_per_pebble == 1


def test_a_crowd_shares_pebbles_and_the_hillside_says_so():
    drawn = hillside(agree=6_000, disagree=3_000, passed=1_000)

    assert drawn.people_per_pebble == 50
    kinds = Counter(pebble.kind for pebble in drawn.pebbles)
    assert kinds == {"agree": 120, "disagree": 60, "pass": 20}


@pytest.mark.parametrize("people", [0, 1, 204, 205, 10_000])
def test_no_pebble_lies_outside_the_picture(people):
    for pebble in hillside(agree=people, disagree=0, passed=0).pebbles:
        assert 118 < float(pebble.x) < 660
        assert 0 < float(pebble.y) < 406


def test_nobody_took_part_and_no_pebble_is_drawn():
    assert hillside(agree=0, disagree=0, passed=0).pebbles == ()
