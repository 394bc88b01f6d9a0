"""Let tests do things at the same moment, in threads with database connections of their own."""

import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from django.db import connection

PATIENCE_SECONDS = 60


def at_once(*acts, refusals=()):
    """Call all of `acts` at the same moment; return what they returned, in their order.

    Errors of the types `refusals` count as results; any other fails the test.
    """
    barrier = threading.Barrier(len(acts), timeout=PATIENCE_SECONDS)

    def run(act):
        try:
            barrier.wait()
            return act()
        except refusals as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def many_at_once(act, *, times, refusals=()):
    """Call `act(number)` that many times at the same moment, as `at_once` does."""
    return at_once(*(partial(act, number) for number in range(times)), refusals=refusals)
