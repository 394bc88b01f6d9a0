"""How many ballots belenios-tool 3.3 verifies in a second on two cores, by the clock.

The tool has no server. Whoever accepts ballots with it starts `election verify-ballot` once for
each ballot (`election verify` does not check every proof): that is `a_process_each`. What
its arithmetic alone would take is `without_start_up`: the time of those processes less the time
of as many that load and verify the same election without ballots. No way of using the tool
reaches that figure; it bounds what a server written around its code could.
"""

import resource
import subprocess
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from bench.ballots import Bench

CORES = 2


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


class Peer:
    """The tool, an election of one question with five answers, and ballots of it."""

    def __init__(self, *, tool: Path, folder: Path, ballots: int) -> None:
        bench = Bench(questions=1, voters=ballots)
        self.tool = str(tool)
        self.folder = folder
        self.count = ballots
        folder.mkdir()
        bench.write_record(folder, ballots=[])
        for number in range(ballots):
            (folder / f"ballot{number}").write_bytes(bench.create(number))

    def measure(self) -> PeerRates:
        """Verify every ballot, two processes at a time; then start as many without ballots."""
        verifying = self._run_all(
            [["verify-ballot", "--ballot", f"ballot{number}"] for number in range(self.count)]
        )
        starting = self._run_all([["verify"]] * self.count)
        return PeerRates(
            a_process_each=self._rate(*verifying),
            without_start_up=self._rate(
                *(one - other for one, other in zip(verifying, starting, strict=True))
            ),
        )

    def _rate(self, seconds: float, core_seconds: float) -> Rate:
        return Rate(
            a_second=self.count / max(seconds, 1e-9), core_ms=1000 * core_seconds / self.count
        )

    def _run_all(self, commands: Sequence[Sequence[str]]) -> tuple[float, float]:
        """Run the tool, two processes at a time; return seconds and processor seconds."""

        def run(command: Sequence[str]) -> None:
            subprocess.run(
                [self.tool, "election", *command], cwd=self.folder, check=True, capture_output=True
            )

        before = children_seconds()
        begun = time.monotonic()
        with ThreadPoolExecutor(CORES) as pool:
            list(pool.map(run, commands))
        return time.monotonic() - begun, children_seconds() - before


def children_seconds() -> float:
    """Return the processor time of the children that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
