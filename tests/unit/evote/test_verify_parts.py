"""A record verified in parts is found exactly what the whole verification finds."""

import json
import os
from dataclasses import replace

import pytest

from evote.errors import EvoteError
from evote.verify import Verdict, verify_record
from tests.factories import parts
from tests.factories.evote import BLANK, ONE_OF_TWO, make_world, write_complete_record
from tests.factories.mutants import sample
from tests.factories.parts import verify_by_parts
from tests.unit.evote.test_verify_companion import WHOLE

# How many to try; a release tries more.
COUNT = int(os.environ.get("PNYX_TEST_MUTANTS", "1000")) // 4
WORLD = make_world(questions=[ONE_OF_TWO, BLANK], voters=4, weights=[1, 3, 2, 1], trustees=2)
RECORD = write_complete_record(
    WORLD,
    [
        WORLD.ballot(0, [[0, 1], [0, 1, 0]]),
        WORLD.ballot(1, [[1, 0], [1, 0, 0]]),
        WORLD.ballot(1, [[0, 1], [0, 0, 1]]),
        WORLD.ballot(3, [[1, 0], [0, 1, 0]]),
        WORLD.ballot(2, [[1, 0], [0, 1, 0]]),
    ],
).data()


def whole(record, companion=None):
    return verify_record(record, companion=companion, progress=lambda *_: None)


def is_complete_in_parts(record, companion):
    """Say whether the parts vouch for a record; whatever they raise is a refusal."""
    try:
        report = verify_by_parts(record, companion=companion)
    except (EvoteError, AssertionError, ValueError, LookupError, TypeError, StopIteration):
        return False
    return report.verdict == Verdict.COMPLETE


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_a_record_of_profile_1_is_found_the_same_in_parts(size):
    expected = whole(WHOLE.record, WHOLE.companion)

    found = verify_by_parts(WHOLE.record, companion=WHOLE.companion, size=size)

    assert expected.verdict == Verdict.COMPLETE
    assert found.to_json() == expected.to_json()


@pytest.mark.parametrize("size", [1, 2, 100])
def test_a_record_of_profile_0_is_found_the_same_in_parts(size):
    found = verify_by_parts(RECORD, size=size)

    assert found.to_json() == whole(RECORD).to_json()
    assert found.verdict == Verdict.COMPLETE


def test_a_record_without_a_ballot_is_found_the_same_in_parts():
    record = write_complete_record(WORLD, []).data()

    assert verify_by_parts(record).to_json() == whole(record).to_json()


@pytest.mark.parametrize(
    ("record", "companion"),
    [(RECORD, None), (WHOLE.record, WHOLE.companion)],
    ids=["profile 0", "profile 1"],
)
def test_d11_parts_vouch_for_no_mutant_that_the_whole_verification_refuses(record, companion):
    refused = 0
    for mutant in sample(record, count=COUNT, companion=companion, seed="parts"):
        if is_complete_in_parts(mutant.record, mutant.companion):
            assert whole(mutant.record, mutant.companion).verdict == Verdict.COMPLETE, mutant.name
        else:
            refused += 1
    assert refused > COUNT // 2


def test_a_section_that_counts_another_ballot_is_refused(monkeypatch):
    honest = parts._sections

    def counting_the_replaced_one(*arguments, **options):
        sections = list(honest(*arguments, **options))
        return [replace(sections[0], counted={1: 1, 2: 3}), *sections[1:]]

    monkeypatch.setattr(parts, "_sections", counting_the_replaced_one)

    report = verify_by_parts(RECORD, size=3)

    assert report.verdict == Verdict.INVALID
    assert "counted other ballots" in json.dumps(report.to_json())
