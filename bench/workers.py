"""Processes of `evote` with one back end, one for each core, that work whenever they are told to.

The program is started with a file of its own. When it is ready it prints the back end that it
has; it answers each line with one that holds the moments at which it began and ended, by the clock,
and the processor seconds in between.
"""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from bench.goals import CORES


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What some processes took that did the same at the same time."""

    # From the first one's beginning to the last one's end.
    seconds: float
    # Of one process.
    core_seconds: float


class Workers:
    """Some processes of one program."""

    def __init__(self, module: str, *, backend: str, file: Path) -> None:
        self.processes = [
            subprocess.Popen(
                [sys.executable, "-m", module, str(file)],
                env=os.environ | {"EVOTE_BACKEND": backend},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for _ in range(CORES)
        ]
        for process in self.processes:
            found = _read(process).strip()
            assert found == backend, found

    def __enter__(self) -> Self:
        """Use them until they are not needed any more."""
        return self

    def __exit__(self, *_: object) -> None:
        """End them."""
        for process in self.processes:
            process.communicate()

    def tell(self, line: str, *, cores: int) -> Spent:
        """Have some of them do the same at the same time."""
        chosen = self.processes[:cores]
        for process in chosen:
            assert process.stdin is not None
            process.stdin.write(f"{line}\n")
            process.stdin.flush()
        answers = [tuple(map(float, _read(process).split())) for process in chosen]
        begun, ended, spent = zip(*answers, strict=True)
        return Spent(seconds=max(ended) - min(begun), core_seconds=sum(spent) / len(chosen))


def _read(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    line: str = process.stdout.readline()
    assert line, "a worker failed"
    return line
