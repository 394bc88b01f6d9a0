"""Runs the verification with every core of the machine, for the commands that need it."""

import hashlib
import os
import pickle
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from typing import cast

from evote.cli.errors import CommandFailed
from evote.cli.progress import ProgressBar
from evote.cli.sources import check_is_election_asked_for, is_address, read_companion_source
from evote.errors import NotSupported
from evote.verify import ParallelMap, Report, StepStatus, verify_record
from evote.verify.ballots import Answer, Task
from evote.verify.companion_steps import COMPANION
from evote.verify.steps import STEPS

# Below this, starting processes costs more time than they save.
_POOL_FROM_BYTES = 500_000
_COMPANION_TRIES = 3
_COMPANION_PAUSE_SECONDS = 2


def verify_with_all_cores(
    data: bytes, *, source: str, accepts_legacy_threshold: bool = False
) -> Report:
    """Verify a record, and the second file beside it, showing progress on a terminal.

    Raises:
        CommandFailed: the record uses what this version cannot check, or is of another election
            than the address names.
    """
    return Rechecker(accepts_legacy_threshold=accepts_legacy_threshold).verify(data, source=source)


class Rechecker:
    """Verifies a growing record again and again, but each of its parts only once."""

    def __init__(self, *, accepts_legacy_threshold: bool = False) -> None:
        self.answers: dict[bytes, object] = {}
        self.accepts_legacy_threshold = accepts_legacy_threshold

    def verify(self, data: bytes, *, source: str) -> Report:
        """Verify what the record is now.

        While an election is open both files grow, and who fetches one after the other may get one
        of them too early: then the second file is fetched again.

        Raises:
            CommandFailed: as `verify_with_all_cores`.
        """
        report = self._run(data, companion=read_companion_source(source), source=source)
        for _ in range(_COMPANION_TRIES if is_address(source) else 0):
            if not _has_only_another_length(report):
                break
            time.sleep(_COMPANION_PAUSE_SECONDS)
            report = self._run(data, companion=read_companion_source(source), source=source)
        if report.election is not None:
            check_is_election_asked_for(report.election.uuid, source=source)
        return report

    def _run(self, data: bytes, *, companion: bytes | None, source: str) -> Report:
        progress = ProgressBar({step.number: step.title for step in STEPS})
        try:
            if len(data) < _POOL_FROM_BYTES or (os.cpu_count() or 1) == 1:
                return self._verify(data, companion=companion, progress=progress, using=map)
            with ProcessPoolExecutor() as pool:
                return self._verify(data, companion=companion, progress=progress, using=pool.map)
        except NotSupported as error:
            msg = f"{source}: {error}. Nothing in this record was confirmed"
            raise CommandFailed(msg) from error
        finally:
            progress.clear()

    def _verify(
        self, data: bytes, *, companion: bytes | None, progress: ProgressBar, using: ParallelMap
    ) -> Report:
        return verify_record(
            data,
            companion=companion,
            progress=progress,
            parallel_map=self._remember(using),
            accepts_legacy_threshold=self.accepts_legacy_threshold,
        )

    def _remember(self, parallel_map: ParallelMap) -> ParallelMap:
        """Answer a task that was answered before without doing it again.

        Sound, because a task is all that its answer depends on: it holds the bytes themselves.
        """

        def remembering(
            function: Callable[[Task], Answer], tasks: Iterable[Task], /
        ) -> Iterator[Answer]:
            keyed = [(_key(function.__qualname__, task), task) for task in tasks]
            new = [(key, task) for key, task in keyed if key not in self.answers]
            fresh = parallel_map(function, [task for _, task in new])
            for key, _ in keyed:
                if key not in self.answers:
                    self.answers[key] = next(fresh)
                yield cast(Answer, self.answers[key])

        return remembering


def _has_only_another_length(report: Report) -> bool:
    failed = [step.number for step in report.steps if step.status == StepStatus.FAILED]
    return failed == [COMPANION]


def _key(name: str, task: object) -> bytes:
    return hashlib.sha256(pickle.dumps((name, task))).digest()
