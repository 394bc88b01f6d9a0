"""How much processor time a call takes, whatever else the machine does meanwhile."""

import gc
import time
from collections.abc import Callable

TRIES = 5


def quickest_seconds(call: Callable[[], object]) -> float:
    """Return the least processor time of this thread that `call` took in a few tries.

    The least one says what the call itself costs: others hold a collection of garbage or
    share their core with somebody else.
    """
    found = []
    gc.disable()
    try:
        for _ in range(TRIES):
            started = time.thread_time()
            call()
            found.append(time.thread_time() - started)
    finally:
        gc.enable()
    return min(found)
