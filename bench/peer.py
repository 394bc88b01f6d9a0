"""How many ballots belenios-tool 3.3 verifies in a second, by the clock and by processor time.

The tool has no server, and no way to verify many ballots at once. Whoever accepts ballots or audits
a record with it starts `election verify-ballot` once for each ballot (`election verify` does not
check every proof): that is `a_process_each`. Each start also reads the list of credentials, so the
list here holds the voters of these ballots and nobody else. What the tool's arithmetic alone would
take is `without_start_up`: the time of those processes less the time of as many that are given a
ballot that cannot be read, which they refuse once everything else is loaded. No way of using the
tool reaches that figure; it bounds what a program written around its code could.
"""

import math
import os
import resource
import subprocess
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from bench.election import Bench
from bench.goals import CORES as CORES

NAME = "belenios-tool 3.3"
UNREADABLE = "unreadable"
# How the tool ends when it refuses.
REFUSED = 124


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """Ballots a second by the clock, and the processor time that each took."""

    a_second: float
    core_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerRates:
    """What the tool does in a server's hands, and what it would do without starting."""

    a_process_each: Rate
    without_start_up: Rate


class PeerVerifier:
    """The tool, an election, and some of its ballots."""

    def __init__(self, *, tool: Path, folder: Path, bench: Bench, bodies: Sequence[bytes]) -> None:
        self.tool = str(tool)
        self.folder = folder
        self.count = len(bodies)
        folder.mkdir()
        bench.write_record(folder, voters=self.count)
        (folder / UNREADABLE).write_bytes(b"{}")
        for number, body in enumerate(bodies):
            (folder / f"ballot{number}").write_bytes(body)

    def measure(self, *, cores: int = CORES) -> PeerRates:
        """Verify every ballot, a process for each core; then start as many for nothing."""
        names = [f"ballot{number}" for number in range(self.count)]
        verifying = self._run_all(names, status=0, cores=cores)
        starting = self._run_all([UNREADABLE] * self.count, status=REFUSED, cores=cores)
        return PeerRates(
            a_process_each=self._rate(*verifying),
            without_start_up=self._rate(
                *(one - other for one, other in zip(verifying, starting, strict=True))
            ),
        )

    def _rate(self, seconds: float, core_seconds: float) -> Rate:
        # On a busy machine a difference of two times by the clock may be nothing, or less.
        a_second = self.count / seconds if seconds > 0 else math.inf
        return Rate(a_second=a_second, core_ms=1000 * core_seconds / self.count)

    def _run_all(self, names: Sequence[str], *, status: int, cores: int) -> tuple[float, float]:
        """Give each ballot to a process; return seconds and processor seconds."""

        def run(name: str) -> None:
            command = [self.tool, "election", "verify-ballot", "--ballot", name]
            ended = subprocess.run(command, cwd=self.folder, check=False, capture_output=True)
            assert ended.returncode == status, ended.stderr

        before = children_seconds()
        begun = time.monotonic()
        with ThreadPoolExecutor(cores) as pool:
            list(pool.map(run, names))
        return time.monotonic() - begun, children_seconds() - before


class Peer(PeerVerifier):
    """The tool, an election of one question with five answers, and ballots of it."""

    def __init__(self, *, tool: Path, folder: Path, ballots: int) -> None:
        bench = Bench(questions=1, voters=ballots)
        super().__init__(tool=tool, folder=folder, bench=bench, bodies=bench.create_all())


def tool_folder() -> Path | None:
    """Give the folder of the tool's unpacked releases; None where none is named."""
    named = os.environ.get("BELENIOS_TOOL_DIR")
    return None if named is None else Path(named)


def processor_time_of_peer(tool: str, arguments: Sequence[str], *, folder: Path) -> float:
    """Run the tool, which must succeed, and return its processor time in seconds."""
    before = children_seconds()
    subprocess.run([tool, *arguments], cwd=folder, check=True, capture_output=True)
    return children_seconds() - before


def children_seconds() -> float:
    """Return the processor time of the children that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
