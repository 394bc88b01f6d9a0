"""A line for each long step, so that nobody wonders whether it still works."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager


def say(sentence: str) -> None:
    """Print one line at once."""
    sys.stdout.write(sentence + "\n")
    sys.stdout.flush()


@contextmanager
def step(sentence: str) -> Iterator[None]:
    """Print what begins, and how long it took."""
    started = time.monotonic()
    say(f"{sentence} ...")
    yield
    say(f"    done in {time.monotonic() - started:.1f} s")
