from concurrent.futures import ThreadPoolExecutor

import pytest

from evote.verify import Report, StepStatus, Verdict, ballots, verify_record
from tests.factories.evote import (
    PLAIN,
    make_world,
    write_complete_record,
)

WORLD = make_world(questions=[PLAIN])
BALLOTS = [
    WORLD.ballot(0, [[0, 1, 1]]),
    WORLD.ballot(1, [[1, 0, 0]]),
    WORLD.ballot(0, [[1, 0, 0]]),
]
COMPLETE = write_complete_record(WORLD, BALLOTS)


def verify(data, **options) -> Report:
    return verify_record(data, progress=lambda *_: None, **options)


class TestParallel:
    def test_a22_an_executor_gives_the_same_report(self):
        with ThreadPoolExecutor(2) as pool:
            report = verify(COMPLETE.data(), parallel_map=pool.map)
        assert report == verify(COMPLETE.data())

    @pytest.mark.parametrize(
        "lossy",
        [
            lambda function, tasks: [function(task) for task in tasks][:-1],
            lambda function, tasks: [function(task) for task in [*tasks, tasks[0]]],
            lambda function, tasks: [[] for _ in tasks],
        ],
    )
    def test_a23_an_executor_that_loses_or_repeats_answers_turns_the_step_red(self, lossy):
        def parallel_map(function, tasks):
            if function is ballots.check_and_add:
                return lossy(function, list(tasks))
            return map(function, tasks)

        report = verify(COMPLETE.data(), parallel_map=parallel_map)
        assert report.verdict == Verdict.INVALID
        assert report.steps[5].status == StepStatus.FAILED

    def test_progress_is_told_up_to_the_end(self):
        calls = []
        verify_record(COMPLETE.data(), progress=lambda *call: calls.append(call))
        assert (5, 3, 3) in calls
        assert (6, 3, 3) in calls
        assert (8, 2, 2) in calls
        assert (9, 2, 2) in calls
