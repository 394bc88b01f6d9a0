"""Some writers that add entries at a given rate, each entry in a transaction of its own.

Run as a program, with the environment of the installation, and the number of writers. It prints
the settings by which the database keeps its promises, as its own connections have them. Each line
of standard input is then an order, one JSON object: `seconds`, `rate` (entries a second of each
writer; 0: as fast as it can), `starts_at` (by the clock, seconds since 1970), `plain` (true:
insert the same bytes in a table without a log instead). Each is answered with a line: `entries`,
and `samples`, pairs of an entry's identity and the time at which its transaction was committed.
"""

import json
import secrets
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import django

SAMPLE_EVERY = 10
PROMISES = ("fsync", "full_page_writes", "synchronous_commit")


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What the writers are told."""

    seconds: float
    rate: float
    starts_at: float
    plain: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What one writer wrote."""

    entries: int
    samples: list[tuple[str, float]]


def promises() -> dict[str, str]:
    """Return what the database says of its own care."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, setting FROM pg_settings WHERE name = ANY(%s)", [list(PROMISES)]
        )
        return dict(cursor.fetchall())


def append() -> bytes:
    """Append one entry to the log, as a part of the site does."""
    from audit.services.log import append_entry

    return append_entry(kind="booth", body={"sha256": secrets.token_hex(32), "name": "bench.js"})


def insert() -> bytes:
    """Insert the same bytes without a log: what the database alone can do."""
    from django.db import connection

    body = f'{{"kind":"booth","name":"bench.js","sha256":"{secrets.token_hex(32)}"}}'.encode()
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO bench_plain (body) VALUES (%s)", [body])
    return b""


def write(order: Order, *, share: float) -> Written:
    """Write until the time is up. `share`, from 0 to 1, is when within its interval it begins.

    A writer that fell behind does not sleep until it has caught up.
    """
    step: Callable[[], bytes] = insert if order.plain else append
    samples: list[tuple[str, float]] = []
    entries = 0
    due = order.starts_at + (share / order.rate if order.rate else 0)
    while True:
        time.sleep(max(due - time.time(), 0))
        if time.time() >= order.starts_at + order.seconds:
            return Written(entries=entries, samples=samples)
        identity = step()
        entries += 1
        if entries % SAMPLE_EVERY == 0:
            samples.append((identity.hex(), time.time()))
        if order.rate:
            due += 1 / order.rate


def main() -> None:
    """Write as often as it is ordered, and say what was written."""
    django.setup()
    writers = int(sys.argv[1])
    everybody = threading.Barrier(writers)

    def run(order: Order, number: int) -> Written:
        from django.db import connection

        everybody.wait()  # So that each thread of the pool takes one, and keeps its connection.
        connection.ensure_connection()
        return write(order, share=number / writers)

    print(json.dumps(promises()), flush=True)
    with ThreadPoolExecutor(writers) as pool:
        for line in sys.stdin:
            order = Order(**json.loads(line))
            written = list(pool.map(lambda number, order=order: run(order, number), range(writers)))
            answer = {
                "entries": sum(one.entries for one in written),
                "samples": [sample for one in written for sample in one.samples],
            }
            print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
