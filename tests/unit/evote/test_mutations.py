"""Drill D11: a whole record spoilt in thousands of ways, every hash made right again."""

import os
from pathlib import Path

from evote.errors import NotSupported
from evote.verify import StepStatus, Verdict, verify_record
from tests.factories.evote import (
    LISTS,
    ONE_OF_TWO,
    PLAIN,
    RANKED,
    make_world,
    write_complete_record,
)
from tests.factories.mutants import Mutant, mutants_of_values, sample

VECTORS = Path(__file__).parents[2] / "vectors"
# How many to try; a release tries 5,000 and more.
COUNT = int(os.environ.get("PNYX_TEST_MUTANTS", "1000"))

# Everybody votes: of a credential without a ballot, the record alone proves nothing; the hash of
# the list, which binds it, is in the log.
WORLD = make_world(questions=[ONE_OF_TWO], voters=2, weights=[2, 1])
RECORD = write_complete_record(
    WORLD, [WORLD.ballot(0, [[0, 1]]), WORLD.ballot(1, [[1, 0]]), WORLD.ballot(1, [[0, 1]])]
).data()


def verdict(mutant: Mutant) -> str:
    """Give the verdict, or "not supported"; an unforeseen error is none of them."""
    try:
        report = verify_record(mutant.record, progress=lambda *_: None)
    except NotSupported:
        return "not supported"
    failed = [step for step in report.steps if step.status == StepStatus.FAILED]
    assert "unforeseen" not in str([step.problems for step in failed]), mutant.name
    return str(report.verdict)


def survivors(mutants):
    return [
        (mutant.name, found)
        for mutant in mutants
        if (found := verdict(mutant)) in (Verdict.COMPLETE, Verdict.UNFINISHED)
        and not mutant.may_pass
    ]


def test_the_record_itself_is_valid():
    assert verdict(Mutant(name="", record=RECORD, companion=None)) == Verdict.COMPLETE


def test_d11_no_value_of_any_object_can_change():
    mutants = [*mutants_of_values(RECORD)]
    assert len(mutants) > 2000
    assert survivors(mutants) == []


def test_d11_no_byte_and_no_event_can_change():
    assert survivors(sample(RECORD, count=COUNT, seed="all")) == []


def test_d11_nor_in_a_record_of_several_choices():
    world = make_world(questions=[PLAIN], voters=1)
    record = write_complete_record(world, [world.ballot(0, [[0, 1, 1]])]).data()
    assert survivors(sample(record, count=COUNT, seed="plain")) == []


def test_d11_nor_in_a_record_with_rankings_lists_and_shuffles():
    world = make_world(questions=[RANKED, LISTS], voters=2, trustees=2)
    bodies = [
        world.ballot(0, [[1, 2, 3], [[1, 1, 0], [0, 0]]]),
        world.ballot(1, [[2, 0, 9], [[0, 0, 0], [1, 1]]]),
    ]
    record = write_complete_record(world, bodies).data()
    assert verdict(Mutant(name="", record=record, companion=None)) == Verdict.COMPLETE
    assert survivors(sample(record, count=COUNT, seed="ranked")) == []


def test_d11_nor_in_a_record_of_an_older_group():
    folder = VECTORS / "belenios-other" / "case7-homomorphic-belenios2048"
    record = next(folder.glob("*.bel")).read_bytes()
    assert survivors(sample(record, count=COUNT // 10, seed="older")) == []
