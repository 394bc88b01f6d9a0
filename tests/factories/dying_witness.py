"""A process that answers one request to cosign and kills itself before step number N of it.

A step is an SQL statement, or a file that is opened, made or renamed. The witness itself is the
real one: the connection counts its statements, and Python's audit events tell the rest.

    python -m tests.factories.dying_witness N STATE PUBLISHED REQUEST
"""

import os
import signal
import sqlite3
import sys
from pathlib import Path

from evote.cli.witness.service import Witness
from evote.cli.witness.state import State
from evote.tlog.cosignature import Algorithm, CosigningKey
from tests.factories.witnessing import KEY, ORIGIN

FILE_EVENTS = {"open", "os.rename", "os.mkdir"}
KEYS = [
    CosigningKey(name="witness.example/w", algorithm=algorithm, seed=bytes([7]) * 32)
    for algorithm in Algorithm
]


class Life:
    """Counts steps once it `is_counting`, and ends before the last one."""

    def __init__(self, steps):
        self.steps_left = steps
        self.steps = 0
        self.is_counting = False

    def step(self):
        if not self.is_counting:
            return
        self.steps += 1
        if self.steps == self.steps_left:
            os.kill(os.getpid(), signal.SIGKILL)


def witness_on(state, published, *, connect=None):
    opened = State(state) if connect is None else State(state, connect=connect)
    logs = {ORIGIN: [KEY.verifier]}
    return opened, Witness(
        keys=KEYS, logs=logs, state=opened, published=published, now=lambda: 1_700_000_000
    )


def main():
    life = Life(int(sys.argv[1]))

    class DyingConnection(sqlite3.Connection):
        def execute(self, *arguments):
            life.step()
            return super().execute(*arguments)

    def connect(path):
        return sqlite3.connect(
            path, factory=DyingConnection, isolation_level=None, check_same_thread=False
        )

    def hear(event, _arguments):
        if event in FILE_EVENTS:
            life.step()

    _, witness = witness_on(Path(sys.argv[2]), Path(sys.argv[3]), connect=connect)
    body = Path(sys.argv[4]).read_bytes()
    sys.addaudithook(hear)
    life.is_counting = True
    answer = witness.add_checkpoint(body)
    life.is_counting = False
    sys.stdout.write(f"{life.steps} {answer.status}\n")


if __name__ == "__main__":
    main()
