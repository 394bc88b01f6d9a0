"""An installation with three local witnesses, its writers, and what is watched while they write."""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Event
from typing import Generic, Self, TypeVar
from urllib.parse import urlsplit

from bench.log_writer import PROMISES
from bench.processes import processor_seconds
from config.demo.witnesses import DemoWitness, keys_of_log, make_witnesses, write_policy
from tests.integration.drills.installation import HOST, ROOT, Installation

SITE = f"http://{HOST}:8000"
Seen = TypeVar("Seen")


class LogSite(Installation):
    """The installation of the drills, with three witnesses."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.witnesses: dict[str, DemoWitness] = {}

    @property
    def policy(self) -> Path:
        """The policy by which any two of the witnesses have to agree."""
        return self.folder / "policy"

    @property
    def environment(self) -> dict[str, str]:
        """What every process is told: of the policy, once there is one."""
        return super().environment | {
            "PNYX_LOG_POLICY_FILE": str(self.policy) if self.policy.exists() else "",
        }

    @property
    def checkpoint(self) -> Path:
        """The published file."""
        return self.folder / "data" / "log" / "checkpoint"

    def prepare(self) -> None:
        """Start the servers, and make the tables, the log's key and its first entries."""
        self.start_servers()
        self.run("manage.py", "prepare", "--without-static", told=self.as_owner)

    def start_witnesses(self) -> None:
        """Start the witnesses of the demo, and write the policy that names them."""
        self.witnesses = {one.name: one for one in make_witnesses(self.folder / "witnesses")}
        for name in self.witnesses:
            self.start(name)
        for witness in self.witnesses.values():
            self.wait_for(witness.name, partial(is_listening, witness.url))
        write_policy(
            self.policy,
            witnesses=list(self.witnesses.values()),
            log_keys=keys_of_log(self.folder / "data" / "log.key"),
            site=SITE,
        )

    def waiting(self) -> int:
        """Return how many entries have no place yet."""
        return self.count("audit_pendingentry")

    def count(self, table: str) -> int:
        """Count the rows of a table."""
        return int(str(self.sql(f"SELECT count(*) FROM {table}")[0][0]))  # noqa: S608 - ours

    def published_size(self) -> int:
        """Return the size that the published checkpoint states."""
        return size_of(read_if_there(self.checkpoint))

    def processors(self) -> dict[str, float]:
        """Return the processor time of each part so far, except the writers'."""
        assert self.postgres.process is not None
        witnesses = [self.programs[name].pid for name in self.witnesses]
        return {
            "PostgreSQL": processor_seconds(self.postgres.process.pid),
            "worker": processor_seconds(self.programs["worker"].pid),
            "witnesses": sum(map(processor_seconds, witnesses)),
        }

    def _command(self, name: str) -> list[str]:
        if name in self.witnesses:
            keys = keys_of_log(self.folder / "data" / "log.key")
            return self.witnesses[name].command(log_keys=keys)
        return super()._command(name)


def is_listening(url: str) -> bool:
    """Say whether somebody takes connections there."""
    place = urlsplit(url)
    try:
        socket.create_connection((place.hostname or HOST, place.port or 0), timeout=5).close()
    except OSError:
        return False
    return True


def read_if_there(path: Path) -> bytes:
    """Read a file that may not be there yet."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


def size_of(note: bytes) -> int:
    """Return the size that a checkpoint states; 0: there is none yet."""
    return int(note.split(b"\n")[1]) if note else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What the writers wrote in one go, and what of the processors they took themselves."""

    entries: int
    seconds: float
    samples: list[tuple[str, float]]
    processor_seconds: float

    @property
    def a_second(self) -> float:
        """Entries committed each second."""
        return self.entries / self.seconds


class Writers:
    """The writers: threads of several processes, as those of a web server are."""

    START_AFTER_SECONDS = 0.5

    def __init__(self, site: LogSite, *, writers: int, processes: int) -> None:
        self.writers = writers
        each = [len(range(number, writers, processes)) for number in range(processes)]
        self.processes = [
            subprocess.Popen(
                [sys.executable, "-m", "bench.log_writer", str(share)],
                cwd=ROOT,
                env=site.environment | {"DJANGO_SETTINGS_MODULE": "config.settings"},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for share in each
        ]
        for line in self._lines():
            promises = json.loads(line)
            assert promises == dict.fromkeys(PROMISES, "on"), promises

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_details: object) -> None:
        for process in self.processes:
            process.kill()
            process.communicate()

    def write(self, *, seconds: float, rate: float, plain: bool = False) -> Load:
        """Let all of them write at a rate, 0 for as fast as they can; return when they are done."""
        before = self._processor_seconds()
        starts_at = time.time() + self.START_AFTER_SECONDS
        order = {
            "seconds": seconds,
            "rate": rate / self.writers,
            "starts_at": starts_at,
            "plain": plain,
        }
        for process in self.processes:
            assert process.stdin is not None
            process.stdin.write(json.dumps(order) + "\n")
            process.stdin.flush()
        answers = [json.loads(line) for line in self._lines()]
        return Load(
            entries=sum(one["entries"] for one in answers),
            seconds=max(time.time() - starts_at, seconds),
            samples=[(one, at) for answer in answers for one, at in answer["samples"]],
            processor_seconds=self._processor_seconds() - before,
        )

    def _lines(self) -> list[str]:
        lines = [process.stdout.readline() for process in self.processes if process.stdout]
        assert all(lines), "a writer died"
        return lines

    def _processor_seconds(self) -> float:
        return sum(processor_seconds(process.pid) for process in self.processes)


class Watch(Generic[Seen]):
    """Looks at something again and again, and notes when it was seen to have changed."""

    def __init__(self, look: Callable[[], Seen], *, every: float) -> None:
        self.look = look
        self.every = every
        self.seen: list[tuple[float, Seen]] = []
        self._stopped = Event()
        self._pool = ThreadPoolExecutor(1)

    @property
    def values(self) -> list[Seen]:
        """What was seen, without the times."""
        return [value for _, value in self.seen]

    def __enter__(self) -> Self:
        self._done: Future[None] = self._pool.submit(self._run)
        return self

    def __exit__(self, *_details: object) -> None:
        self._stopped.set()
        self._pool.shutdown()
        self._done.result()  # Raises what looking raised.

    def _run(self) -> None:
        while True:
            seen = self.look()
            if not self.seen or self.seen[-1][1] != seen:
                self.seen.append((time.time(), seen))
            if self._stopped.wait(self.every):
                return
