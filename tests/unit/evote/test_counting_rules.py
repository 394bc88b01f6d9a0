"""The rules that an election binds: what is read, and what is refused with its place."""

from fractions import Fraction

import pytest

from evote.counting import (
    METHODS,
    Asked,
    Base,
    Majority,
    Plurality,
    Stv,
    read_rule,
    read_rules,
)
from evote.errors import DecodeError

ONE_OF_THREE = Asked(answers=3, maximum=1)
UP_TO_THREE = Asked(answers=3, maximum=3)
RANKED = Asked(answers=3, maximum=None)
GRADES = ["good", "bad"]
READABLE = [
    ({"method": "counts"}, ONE_OF_THREE),
    ({"method": "counts"}, RANKED),
    ({"method": "plurality", "seats": 1}, ONE_OF_THREE),
    ({"method": "plurality", "seats": 2, "quorum": "1/4"}, UP_TO_THREE),
    (
        {"method": "plurality", "seats": 1, "majority": "1/2", "majority_of": "votes"},
        ONE_OF_THREE,
    ),
    (
        {"method": "plurality", "seats": 1, "supermajority": "2/3", "majority_of": "roll"},
        ONE_OF_THREE,
    ),
    ({"method": "approval", "seats": 1}, UP_TO_THREE),
    ({"method": "schulze"}, RANKED),
    ({"method": "ranked-pairs"}, RANKED),
    ({"method": "borda"}, RANKED),
    ({"method": "stv", "seats": 2}, RANKED),
    ({"method": "majority-judgment", "grades": GRADES}, RANKED),
]


def test_every_method_has_a_rule_here():
    assert {rule["method"] for rule, _ in READABLE} == set(METHODS)


@pytest.mark.parametrize(("value", "question"), READABLE)
def test_a_rule_is_written_as_it_was_read(value, question):
    assert read_rule(value, place="", question=question).to_json() == value


def test_what_a_rule_leaves_out_is_one_seat_no_quorum_and_no_majority():
    rule = read_rule({"method": "plurality"}, place="", question=ONE_OF_THREE)

    assert rule == Plurality(is_approval=False, seats=1, quorum=None, majority=None)


def test_a_majority_is_of_the_ballots_where_it_does_not_say():
    rule = read_rule({"method": "plurality", "majority": "1/2"}, place="", question=UP_TO_THREE)

    assert rule.majority == Majority(part=Fraction(1, 2), is_strict=True, base=Base.BALLOTS)


def test_each_question_has_its_rule():
    value = [{"method": "approval"}, {"method": "stv", "seats": 1}]

    rules = read_rules(value, place="pnyx.rules", questions=[UP_TO_THREE, RANKED])

    assert rules[1] == Stv(seats=1)


@pytest.mark.parametrize("count", [0, 1, 3])
def test_a_rule_too_few_or_too_many_is_refused(count):
    with pytest.raises(DecodeError, match=r"pnyx.rules: the list has \d elements, not 2"):
        read_rules([{"method": "borda"}] * count, place="pnyx.rules", questions=[RANKED] * 2)


@pytest.mark.parametrize(
    ("value", "question", "place"),
    [
        ("schulze", RANKED, "rules[0]"),
        (None, RANKED, "rules[0]"),
        ({}, RANKED, "rules[0]"),
        ({"method": None}, RANKED, "rules[0].method"),
        ({"method": ["stv"]}, RANKED, "rules[0].method"),
        ({"method": "dictator"}, RANKED, "rules[0].method"),
        ({"method": "dictator", "name": "me"}, RANKED, "rules[0]"),
        ({"method": "schulze", "seats": 1}, RANKED, "rules[0]"),
        ({"method": "schulze"}, ONE_OF_THREE, "rules[0].method"),
        ({"method": "majority-judgment", "grades": GRADES}, UP_TO_THREE, "rules[0].method"),
        ({"method": "plurality"}, RANKED, "rules[0].method"),
        ({"method": "approval"}, ONE_OF_THREE, "rules[0].method"),
        ({"method": "stv"}, RANKED, "rules[0]"),
        ({"method": "stv", "seats": 0}, RANKED, "rules[0].seats"),
        ({"method": "stv", "seats": 4}, RANKED, "rules[0].seats"),
        ({"method": "stv", "seats": True}, RANKED, "rules[0].seats"),
        ({"method": "stv", "seats": 13}, Asked(answers=30, maximum=None), "rules[0].seats"),
        ({"method": "plurality", "seats": "1"}, ONE_OF_THREE, "rules[0].seats"),
        ({"method": "plurality", "grades": GRADES}, ONE_OF_THREE, "rules[0]"),
        ({"method": "plurality", "quorum": "5/4"}, ONE_OF_THREE, "rules[0].quorum"),
        ({"method": "plurality", "quorum": "0/4"}, ONE_OF_THREE, "rules[0].quorum"),
        ({"method": "plurality", "quorum": "1/0"}, ONE_OF_THREE, "rules[0].quorum"),
        ({"method": "plurality", "quorum": "0.5"}, ONE_OF_THREE, "rules[0].quorum"),
        ({"method": "plurality", "quorum": "1/2\n"}, ONE_OF_THREE, "rules[0].quorum"),
        ({"method": "plurality", "quorum": "１/2"}, ONE_OF_THREE, "rules[0].quorum"),
        ({"method": "plurality", "quorum": 1}, ONE_OF_THREE, "rules[0].quorum"),
        ({"method": "plurality", "majority": "1/1"}, ONE_OF_THREE, "rules[0].majority"),
        (
            {"method": "plurality", "majority": "1/2", "supermajority": "2/3"},
            ONE_OF_THREE,
            "rules[0].supermajority",
        ),
        ({"method": "plurality", "majority_of": "votes"}, ONE_OF_THREE, "rules[0].majority_of"),
        (
            {"method": "plurality", "majority": "1/2", "majority_of": "people"},
            ONE_OF_THREE,
            "rules[0].majority_of",
        ),
        (
            {"method": "plurality", "majority": "1/2", "majority_of": "votes"},
            UP_TO_THREE,
            "rules[0].majority_of",
        ),
        ({"method": "majority-judgment"}, RANKED, "rules[0]"),
        ({"method": "majority-judgment", "grades": "ab"}, RANKED, "rules[0].grades"),
        ({"method": "majority-judgment", "grades": ["a"]}, RANKED, "rules[0].grades"),
        ({"method": "majority-judgment", "grades": ["a"] * 2}, RANKED, "rules[0].grades"),
        ({"method": "majority-judgment", "grades": ["a", " "]}, RANKED, "rules[0].grades"),
        ({"method": "majority-judgment", "grades": ["a", 2]}, RANKED, "rules[0].grades[1]"),
        (
            {"method": "majority-judgment", "grades": [str(n) for n in range(21)]},
            RANKED,
            "rules[0].grades",
        ),
    ],
)
def test_a_rule_that_cannot_be_followed_is_refused_with_its_field(value, question, place):
    with pytest.raises(DecodeError) as refusal:
        read_rule(value, place="rules[0]", question=question)

    assert refusal.value.place == place
