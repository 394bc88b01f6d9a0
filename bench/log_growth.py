"""What it costs to append and to prove, at several lengths of the log.

Run as a program, with the environment of an installation: the lengths, ascending. The log is
filled with small entries by the database itself, which hashes them; the tiles above them are
computed here, and every figure is that of the site's own code. One line of JSON for each length.
"""

import json
import secrets
import statistics
import sys
import time
from collections.abc import Callable
from datetime import date

import django

from bench.processes import processor_seconds

# Few, so that the shortest log hardly grows while it is measured: by 800 entries.
ROUNDS = 7
BATCH_ENTRIES = 100
TILES_AT_ONCE = 1_000
PROOFS = 200
FILL_AT_ONCE = 500_000

FILL = """
INSERT INTO audit_logentry (index, identity, kind, body, leaf_hash)
SELECT i, sha256(body), 'booth', body, sha256('\\x00'::bytea || body)
FROM (
    SELECT i, convert_to('{"kind":"booth","name":"fill-' || i || '.js"}', 'UTF8') AS body
    FROM generate_series(%s, %s) AS i
) AS made
"""
LEAVES = "SELECT leaf_hash FROM audit_logentry WHERE index >= %s AND index < %s ORDER BY index"
TILES = "COPY audit_tile (level, index, hashes, root) FROM STDIN"


def fill(size: int) -> None:
    """Make the log `size` entries long, with the tiles and the head that belong to them."""
    from django.db import connection

    from audit.models import TreeHead
    from audit.selectors.tree import latest_head, stored_tree

    head = latest_head()
    start = head.size if head is not None else 0
    with connection.cursor() as cursor:
        for first in range(start, size, FILL_AT_ONCE):
            cursor.execute(FILL, [first, min(first + FILL_AT_ONCE, size) - 1])
        fill_tiles(start=start, size=size)
        cursor.execute("ANALYZE audit_logentry, audit_tile")
    TreeHead.objects.create(size=size, root=stored_tree(size).root())


def fill_tiles(*, start: int, size: int) -> None:
    """Store the tiles that became full, level by level."""
    from audit.selectors.tree import right_edge
    from evote.tlog.merkle import root_of_hashes
    from evote.tlog.tiles import TILE_WIDTH

    level, first, last = 0, start // TILE_WIDTH, size // TILE_WIDTH
    while first < last:
        rows = []
        for index in range(first, last):
            hashes = right_edge(level=level, index=index)
            rows.append((level, index, b"".join(hashes), root_of_hashes(hashes)))
            if len(rows) == TILES_AT_ONCE or index == last - 1:
                copy_tiles(rows)
                rows = []
        level, first, last = level + 1, first // TILE_WIDTH, last // TILE_WIDTH


def copy_tiles(rows: list[tuple[int, int, bytes, bytes]]) -> None:
    """Write rows of tiles."""
    from django.db import connection

    with connection.cursor() as cursor, cursor.copy(TILES) as copy:
        for row in rows:
            copy.write_row(row)


def settle() -> None:
    """Sign and publish the filled head as if its files stood already: they are not measured."""
    from audit.selectors.tree import latest_head
    from audit.services import publishing, sequencing

    head = latest_head()
    assert head is not None
    note = sequencing.sign_head(head=head, signed_size=head.size)
    sequencing.keep_checkpoint(head=head, note=note, today=date.today())  # noqa: DTZ011
    publishing.publish_checkpoint(note)


def milliseconds(run: Callable[[], object]) -> float:
    """Run something once; return how long it took."""
    begun = time.perf_counter()
    run()
    return 1000 * (time.perf_counter() - begun)


def processors() -> float:
    """Return the processor seconds so far, of this process and of its part of the database."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return time.process_time() + processor_seconds(int(cursor.fetchone()[0]))


def append_batch() -> tuple[float, float]:
    """Append a batch, each entry in a transaction of its own, then sequence, sign and publish it.

    Returns the milliseconds for each entry: of the writer, and of the sequencer.
    """
    from audit.services.log import append_entry
    from audit.services.sequencing import sequence

    appends = [
        milliseconds(
            lambda: append_entry(
                kind="booth", body={"sha256": secrets.token_hex(32), "name": "bench.js"}
            )
        )
        for _ in range(BATCH_ENTRIES)
    ]
    sequenced = milliseconds(lambda: sequence(today=date.today()))  # noqa: DTZ011
    return statistics.median(appends), sequenced / BATCH_ENTRIES


def prove(index: int) -> int:
    """Make one receipt; return the number of its hashes."""
    from audit.selectors import entry_at, proof_of

    entry = entry_at(index)
    assert entry is not None
    proof = proof_of(entry)
    assert proof is not None
    proof.encode()
    return len(proof.hashes)


def measure(size: int) -> dict[str, float]:
    """Fill the log to a length and measure there."""
    fill(size)
    settle()
    append_batch()  # connections and caches
    before = processors()
    batches = [append_batch() for _ in range(ROUNDS)]
    spent = processors() - before
    proofs = [milliseconds(lambda: prove(secrets.randbelow(size))) for _ in range(PROOFS)]
    return {
        "size": size,
        "append_ms": statistics.median(append for append, _ in batches),
        "sequence_ms": statistics.median(sequence for _, sequence in batches),
        "core_ms": 1000 * spent / (ROUNDS * BATCH_ENTRIES),
        "proof_ms": statistics.median(proofs),
        "proof_p95_ms": statistics.quantiles(proofs, n=20)[-1],
        "hashes": max(prove(secrets.randbelow(size)) for _ in range(20)),
    }


def main() -> None:
    """Measure at each length."""
    django.setup()
    for text in sys.argv[1:]:
        print(json.dumps(measure(int(text))), flush=True)


if __name__ == "__main__":
    main()
