"""A record of many ballots verified by `evote verify`, with one process and with two.

`python -m bench.record [BALLOTS]`; 1000000 takes six gigabytes of disk. The record has profile 1
and ballots of five answers, each cast with its signed statement; it is made quickly with numbers
that are no secrets (`bench.quick_ballots`). The command runs as anybody runs it: on one core it
works alone, on two it has as many workers. Memory is that of all its processes together, what they
share counted once. Rates are compared, so one process, and the command with hints, need not go
through as many ballots.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from bench.goals import CORES, Goal, at_most, conclude, load_before, not_measured, say
from bench.peer import children_seconds
from bench.processes import megabytes_together
from bench.quick_record import write_record
from evote.group.backend import BACKEND

BALLOTS = 20_000
FEW_BALLOTS = 50_000
MANY_BALLOTS = 1_000_000
LIMIT_MINUTES = 10
# Of the record and its second file together, with hints.
BYTES_PER_BALLOT = 9_000
LOOK_EVERY_SECONDS = 0.5
EVOTE = (sys.executable, "-m", "evote.cli.main")


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One verification of the whole record."""

    processes: int
    ballots: int
    seconds: float
    core_seconds: float
    megabytes: int

    @property
    def core_ms(self) -> float:
        """Milliseconds of a core for each ballot, all steps together."""
        return 1000 * self.core_seconds / self.ballots

    @property
    def a_second(self) -> float:
        """Ballots verified each second."""
        return self.ballots / self.seconds

    def show(self, what: str) -> None:
        """Print one line."""
        say(
            f"{what:<26} {self.seconds:8.1f} s   {self.a_second:8.1f} a second   "
            f"{self.core_ms:6.3f} ms of a core each   {self.megabytes:6d} MB"
        )


def make(folder: Path, *, ballots: int) -> Path:
    """Make a record and say what it took."""
    began = time.monotonic()
    files = write_record(folder, ballots=ballots)
    took, megabytes = time.monotonic() - began, files.size_bytes / 1e6
    say(f"A record of {ballots} ballots, {megabytes:.0f} MB, made in {took:.1f} s.")
    return files.record


def verify(record: Path, *, ballots: int, processes: int) -> Run:
    """Run the command on so many cores."""
    cores = set(sorted(os.sched_getaffinity(0))[:processes])
    before, began = children_seconds(), time.monotonic()
    with subprocess.Popen(
        [*EVOTE, "verify", str(record)],
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: os.sched_setaffinity(0, cores),
    ) as process:
        megabytes = 0
        while process.poll() is None:
            megabytes = max(megabytes, megabytes_together(process.pid))
            time.sleep(LOOK_EVERY_SECONDS)
        seconds = time.monotonic() - began
        assert process.stdout is not None
        said = process.stdout.read()
    if process.returncode or "VALID AND COMPLETE" not in said:
        sys.exit(f"{said}\nThe record does not verify.")
    return Run(
        processes=processes,
        ballots=ballots,
        seconds=seconds,
        core_seconds=children_seconds() - before,
        megabytes=megabytes,
    )


def make_hints(record: Path) -> None:
    """Make hints beside the record and say what it took."""
    began = time.monotonic()
    subprocess.run([*EVOTE, "hints", "make", str(record)], check=True, stdout=subprocess.DEVNULL)
    say(f"Hints made in {time.monotonic() - began:.1f} s.")


def goals(run: Run) -> list[Goal]:
    """Hold the run with two processes against what is asked for."""
    wanted = f"{MANY_BALLOTS:,} ballots verified in {LIMIT_MINUTES} minutes"
    if run.ballots < MANY_BALLOTS:
        return [
            at_most(
                1000 * 60 * LIMIT_MINUTES * CORES / MANY_BALLOTS,
                run.core_ms,
                unit="ms",
                what="a ballot and core, all steps",
            ),
            not_measured(wanted, why=f"python -m bench.record {MANY_BALLOTS}"),
        ]
    return [at_most(LIMIT_MINUTES, run.seconds / 60, unit="minutes", what=f"{run.ballots} ballots")]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("ballots", type=int, nargs="?", default=BALLOTS)
    parser.add_argument("--folder", help="where there is room for the record; it is taken away")
    arguments = parser.parse_args()
    ballots, load = arguments.ballots, load_before()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as name:
        folder = Path(name)
        if shutil.disk_usage(folder).free < ballots * BYTES_PER_BALLOT:
            sys.exit(f"{ballots * BYTES_PER_BALLOT / 1e9:.1f} GB of disk are needed in {folder}")
        record = make(folder, ballots=ballots)
        two = verify(record, ballots=ballots, processes=CORES)
        two.show(f"{CORES} processes")
        few = min(ballots, FEW_BALLOTS)
        if few < ballots:
            record.unlink()
            record = make(folder, ballots=few)
        one = verify(record, ballots=few, processes=1)
        one.show("1 process")
        say(f"two processes to one: {two.a_second / one.a_second:.2f} times the ballots a second")
        if BACKEND == "native":
            make_hints(record)
            hinted = verify(record, ballots=few, processes=CORES)
            hinted.show(f"{CORES} processes with hints")
        else:
            say("There are no hints without the C extension.")
    conclude(goals(two), load=load)


if __name__ == "__main__":
    main()
