"""Runs the verification with every core of the machine, for the commands that need it."""

import hashlib
import pickle
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from typing import cast

from evote.cli.errors import CommandFailed
from evote.cli.large_files import open_companion_source, open_hints_source
from evote.cli.progress import ProgressBar
from evote.cli.slowness import mention_slowness
from evote.cli.sources import check_is_election_asked_for
from evote.cli.workers import bounded_map, worker_count
from evote.errors import NotSupported
from evote.record import NotReadable, RecordBytes
from evote.verify import ParallelMap, Report, verify_record
from evote.verify.ballots import Answer, Task
from evote.verify.steps import STEPS

# Below this, starting processes costs more time than they save.
_POOL_FROM_BYTES = 500_000


def verify_with_all_cores(
    data: RecordBytes, *, source: str, accepts_legacy_threshold: bool = False
) -> Report:
    """Verify a record, and the second file beside it, showing progress on a terminal.

    Raises:
        CommandFailed: the record cannot be read, uses what this version cannot check, or is of
            another election than the address names.
    """
    return Rechecker(accepts_legacy_threshold=accepts_legacy_threshold).verify(data, source=source)


class Rechecker:
    """Verifies a growing record again and again, but each of its parts only once."""

    def __init__(self, *, accepts_legacy_threshold: bool = False, is_growing: bool = False) -> None:
        self.answers: dict[bytes, object] = {}
        # Whether there will be another look, so that answers are worth keeping.
        self.is_growing = is_growing
        # The second file that was verified last.
        self.companion: RecordBytes | None = None
        self._hints: RecordBytes | None = None
        self.accepts_legacy_threshold = accepts_legacy_threshold

    def verify(self, data: RecordBytes, *, source: str, hints: str | None = None) -> Report:
        """Verify what the record is now; `hints` names a file that is not the one beside it.

        Raises:
            CommandFailed: as `verify_with_all_cores`; or the hints that are named are not there.
        """
        try:
            self.companion = open_companion_source(source, record=data)
            self._hints = open_hints_source(source, named=hints)
            report = self._run(data, companion=self.companion, source=source)
        except NotReadable as error:
            msg = f"{source}: {error}. Nothing in this record was confirmed"
            raise CommandFailed(msg) from error
        if report.election is not None:
            check_is_election_asked_for(report.election.uuid, source=source)
        return report

    def companion_bytes(self) -> bytes | None:
        """Give all of the second file."""
        return None if self.companion is None else self.companion[: len(self.companion)]

    def _run(self, data: RecordBytes, *, companion: RecordBytes | None, source: str) -> Report:
        progress = ProgressBar({step.number: step.title for step in STEPS})
        workers = worker_count()
        if len(data) >= _POOL_FROM_BYTES:
            mention_slowness()
        try:
            if len(data) < _POOL_FROM_BYTES or workers == 1:
                return self._verify(data, companion=companion, progress=progress, using=map)
            with ProcessPoolExecutor(workers) as pool:
                using = bounded_map(pool, workers=workers)
                return self._verify(data, companion=companion, progress=progress, using=using)
        except NotSupported as error:
            msg = f"{source}: {error}. Nothing in this record was confirmed"
            raise CommandFailed(msg) from error
        finally:
            progress.clear()

    def _verify(
        self,
        data: RecordBytes,
        *,
        companion: RecordBytes | None,
        progress: ProgressBar,
        using: ParallelMap,
    ) -> Report:
        return verify_record(
            data,
            companion=companion,
            progress=progress,
            parallel_map=self._remember(using) if self.is_growing else using,
            accepts_legacy_threshold=self.accepts_legacy_threshold,
            hints=self._hints,
        )

    def _remember(self, parallel_map: ParallelMap) -> ParallelMap:
        """Answer a task that was answered before without doing it again.

        Sound, because a task is all that its answer depends on: it holds the bytes themselves.
        """

        def remembering(
            function: Callable[[Task], Answer], tasks: Iterable[Task], /
        ) -> Iterator[Answer]:
            # What was asked and is not answered yet; a task is new where its key is not known.
            asked: deque[bytes] = deque()
            waiting = iter(tasks)

            def ask() -> Iterator[Task]:
                for task in waiting:
                    key = _key(function.__qualname__, task)
                    is_known = key in self.answers or key in asked
                    asked.append(key)
                    if not is_known:
                        yield task

            for answer in parallel_map(function, ask()):
                while asked[0] in self.answers:
                    yield cast(Answer, self.answers[asked.popleft()])
                self.answers[asked[0]] = answer
            for key in asked:
                yield cast(Answer, self.answers[key])

        return remembering


def _key(name: str, task: object) -> bytes:
    return hashlib.sha256(pickle.dumps((name, task))).digest()
