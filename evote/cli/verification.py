"""Runs the verification with every core of the machine, for the commands that need it."""

import hashlib
import os
import pickle
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from typing import cast

from evote.cli.errors import CommandFailed
from evote.cli.progress import ProgressBar
from evote.cli.sources import check_is_election_asked_for, read_companion_source
from evote.errors import EvoteError, NotSupported
from evote.record import read_record
from evote.verify import ParallelMap, Report, verify_record
from evote.verify.ballots import Answer, Task
from evote.verify.steps import STEPS

# Below this, starting processes costs more time than they save.
_POOL_FROM_BYTES = 500_000


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
        # The second file that was verified last.
        self.companion: bytes | None = None
        self.accepts_legacy_threshold = accepts_legacy_threshold

    def verify(self, data: bytes, *, source: str) -> Report:
        """Verify what the record is now.

        Raises:
            CommandFailed: as `verify_with_all_cores`.
        """
        self.companion = read_companion_source(source, height=_last_height(data))
        report = self._run(data, companion=self.companion, source=source)
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


def _last_height(data: bytes) -> int | None:
    """Give the height of the record's last event; None of what is no record."""
    try:
        return read_record(data).events[-1].event.height
    except EvoteError:
        return None


def _key(name: str, task: object) -> bytes:
    return hashlib.sha256(pickle.dumps((name, task))).digest()
