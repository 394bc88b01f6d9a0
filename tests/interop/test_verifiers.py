"""Drill D11: both of our verifiers give the same verdict, also about spoilt records."""

import os
import subprocess
from dataclasses import replace

import pytest

from config.front_end import ROOT, node_folder
from evote.election import RankedQuestion
from evote.errors import NotSupported
from evote.verify import verify_record
from tests.factories.evote import LISTS, ONE_OF_TWO, PLAIN, make_world, write_complete_record
from tests.factories.mutants import Mutant, sample
from tests.factories.profile import make_profile_world, write_files
from tests.unit.evote.test_threshold_records import TestTheFormOf2022 as FormOf2022

PROGRAM = ROOT / "build" / "tests" / "mutants.mjs"
# How many mutants of each record; a release tries 2,000 and more of each.
COUNT = int(os.environ.get("PNYX_TEST_MUTANTS", "150"))
REFUSALS = ("invalid", "not supported")
RANKED = RankedQuestion(text="In which order?", answers=("A", "B"), extra=None)


def python_verdict(mutant: Mutant) -> str:
    try:
        report = verify_record(
            mutant.record,
            companion=mutant.companion,
            progress=lambda *_: None,
            accepts_legacy_threshold=mutant.accepts_legacy_threshold,
        )
    except NotSupported:
        return "not supported"
    return str(report.verdict)


@pytest.fixture(scope="module")
def typescript_verdicts(tmp_path_factory):
    node = str(node_folder() / "node")
    if not PROGRAM.exists():
        subprocess.run([node, "build.mjs", "--tests"], cwd=ROOT, check=True)

    def verdicts(mutants: list[Mutant]) -> list[str]:
        path = tmp_path_factory.mktemp("mutants") / "mutants.jsonl"
        path.write_text("".join(f"{mutant.to_json()}\n" for mutant in mutants), encoding="utf-8")
        result = subprocess.run(
            [node, str(PROGRAM), str(path)], capture_output=True, text=True, check=True
        )
        return result.stdout.splitlines()

    return verdicts


def plain():
    world = make_world(questions=[PLAIN], voters=2)
    ballots = [world.ballot(0, [[0, 1, 1]]), world.ballot(1, [[1, 0, 0]])]
    return write_complete_record(world, ballots).data(), None


def weighted_with_blank_and_revote():
    world = make_world(
        questions=[replace(ONE_OF_TWO, has_blank=True)], voters=2, weights=[2, 2**31]
    )
    ballots = [world.ballot(voter, [bits]) for voter, bits in ((0, [0, 0, 1]), (1, [1, 0, 0]))]
    return write_complete_record(world, [*ballots, world.ballot(0, [[0, 1, 0]])]).data(), None


def lists_with_second_file():
    world = make_profile_world(questions=[LISTS], voters=2, trustees=1)
    votes = [(0, [[1, 1, 0], [0, 0]]), (1, [[0, 0, 0], [1, 1]])]
    files = write_files(world, [(voter, world.ballot(voter, [rows])) for voter, rows in votes])
    return files.record, files.companion


def older_group_by_another_program():
    case = ROOT / "tests" / "vectors" / "belenios-other" / "case7-homomorphic-belenios2048"
    return next(case.glob("*.bel")).read_bytes(), None


def ranked_with_threshold_and_second_file():
    world = make_profile_world(
        questions=[ONE_OF_TWO, RANKED], voters=2, trustees=1, thresholds=[(2, 2)]
    )
    votes = [
        (voter, world.ballot(voter, [bits, ranks]))
        for voter, bits, ranks in ((0, [0, 1], [1, 2]), (1, [1, 0], [2, 1]), (0, [1, 0], [1, 1]))
    ]
    files = write_files(world, votes)
    return files.record, files.companion


@pytest.mark.parametrize(
    "kind",
    [
        plain,
        weighted_with_blank_and_revote,
        lists_with_second_file,
        older_group_by_another_program,
        ranked_with_threshold_and_second_file,
    ],
)
def test_d11_both_verifiers_agree_and_refuse_every_forgery(kind, typescript_verdicts):
    record, companion = kind()
    whole = Mutant(name="the record itself", record=record, companion=companion)
    # Powers of large numbers take their time.
    count = COUNT // 5 if kind is older_group_by_another_program else COUNT
    mutants = [whole, *sample(record, companion=companion, count=count, seed=kind.__name__)]
    ours = [python_verdict(mutant) for mutant in mutants]
    theirs = typescript_verdicts(mutants)
    assert len(theirs) == len(mutants)
    assert (ours[0], theirs[0]) == ("complete", "complete")
    differences = [
        (mutant.name, python, typescript)
        for mutant, python, typescript in zip(mutants, ours, theirs, strict=True)
        # What one of them does not support the other may refuse; neither may accept it.
        if python != typescript and not {python, typescript} <= set(REFUSALS)
    ]
    assert differences == []
    survivors = [
        mutant.name
        for mutant, python in zip(mutants[1:], ours[1:], strict=True)
        if python not in REFUSALS and not mutant.may_pass
    ]
    assert survivors == []


def test_both_verifiers_take_trustees_of_2022_only_where_it_is_asked_for(typescript_verdicts):
    record = FormOf2022().record()
    asked = Mutant(name="asked for", record=record, companion=None, accepts_legacy_threshold=True)
    spoilt = [
        replace(mutant, accepts_legacy_threshold=True)
        for mutant in sample(record, count=COUNT // 3, seed="2022")
    ]
    mutants = [asked, replace(asked, accepts_legacy_threshold=False), *spoilt]

    ours = [python_verdict(mutant) for mutant in mutants]
    theirs = typescript_verdicts(mutants)

    assert ours[:2] == theirs[:2] == ["complete", "invalid"]
    assert [
        (mutant.name, python, typescript)
        for mutant, python, typescript in zip(mutants, ours, theirs, strict=True)
        if python != typescript and not {python, typescript} <= set(REFUSALS)
    ] == []
