"""Verifies ballots again and again, with the back end that is asked for, and says what it took.

Run as a program with EVOTE_BACKEND set and a file: the election, the ballots, and hints for them,
in hexadecimal digits. It then reads lines: how many of the ballots to verify, and whether with
their hints; it answers each with one line. Ballots go through `check_ballots`, as `evote verify`
has its workers do it: from the archived bytes to the verdict.
"""

import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from evote.group import BACKEND
from evote.verify.ballots import BallotTask, CheckedBallot, check_ballots

BALLOTS_PER_TASK = 1000


@dataclass(frozen=True, slots=True)
class Work:
    """What there is to verify."""

    election: bytes
    ballots: list[bytes]
    hints: list[bytes]


def verify(work: Work, *, count: int, is_hinted: bool) -> None:
    """Verify the first ballots of the work."""
    for first in range(0, count, BALLOTS_PER_TASK):
        end = min(first + BALLOTS_PER_TASK, count)
        answers = check_ballots(
            BallotTask(
                work.election,
                tuple(enumerate(work.ballots[first:end], start=first)),
                hints=tuple(work.hints[first:end]) if is_hinted else (),
            )
        )
        for answer in answers:
            assert isinstance(answer, CheckedBallot), answer
            assert answer.is_hinted == is_hinted, "hints are used where they are given"


def main() -> None:
    """Answer each line with the moments of its beginning and its end, and processor seconds."""
    given = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    ballots = [text.encode() for text in given["ballots"]]
    hints = [bytes.fromhex(text) for text in given["hints"]]
    work = Work(given["election"].encode(), ballots, hints)
    verify(work, count=1, is_hinted=False)  # tables are made once for each election
    print(BACKEND, flush=True)
    for line in sys.stdin:
        count, is_hinted = map(int, line.split())
        begun, before = time.monotonic(), time.process_time()
        verify(work, count=count, is_hinted=bool(is_hinted))
        spent, ended = time.process_time() - before, time.monotonic()
        print(begun, ended, spent, flush=True)


if __name__ == "__main__":
    main()
