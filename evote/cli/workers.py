"""Every core of the machine at work, with no more in memory than the cores are busy with."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from itertools import islice

from evote.verify import ParallelMap
from evote.verify.ballots import Answer, Task

# One that a process works on, one that is on its way to it, and one in reserve.
TASKS_PER_WORKER = 3


def worker_count() -> int:
    """Say how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def bounded_map(executor: Executor, *, workers: int) -> ParallelMap:
    """Make a `map` of an executor that takes a task only when an earlier one is answered."""
    limit = TASKS_PER_WORKER * workers

    def mapping(function: Callable[[Task], Answer], tasks: Iterable[Task], /) -> Iterator[Answer]:
        waiting = iter(tasks)
        under_way: deque[Future[Answer]] = deque(
            executor.submit(function, task) for task in islice(waiting, limit)
        )
        while under_way:
            answer = under_way.popleft().result()
            under_way.extend(executor.submit(function, task) for task in islice(waiting, 1))
            yield answer

    return mapping
