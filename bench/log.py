"""The audit log under load: entries per second, the wait for a receipt, and the cost of growth.

`python -m bench.log [--rate 1000] [--seconds 300] [--sizes 1000 1000000 10000000]`. A whole
installation on this machine: PostgreSQL with fsync, full_page_writes and synchronous_commit on
(its own connections say so), Valkey, worker, beat and three witnesses, any two of which have to
agree. Writers append entries, each in a transaction of its own, as the parts of the site do; all
of it shares the cores.

First the writers go as fast as they can for some seconds, in turn into the log and, with the same
bytes, into a plain table: that is what the database alone can do. Then they append at the rate
that is to be sustained. The wait for a receipt is from an entry's commit to the moment at which a
published checkpoint covers it; each of these has the quorum of the policy, checked afterwards.
Last, in an installation of its own, the cost of appending and proving at several lengths of the
log (bench/log_growth.py). It ends with its goals.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.goals import CORES, Goal, at_least, at_most, conclude, load_before, say
from bench.log_site import Load, LogSite, Watch, Writers, read_if_there, size_of
from bench.processes import megabytes
from evote.tlog.merkle import root_of_hashes
from evote.tlog.policy import decode_policy, verify_under_policy
from tests.integration.drills.installation import ROOT

WRITERS = 16
ROUNDS = 3
ROUND_SECONDS = 5.0
WARM_UP_SECONDS = 3.0
LOOK_SECONDS = 0.02
COUNT_SECONDS = 1.0

TARGET_P95_SECONDS = 5.0
TARGET_HASHES = 24
# "Flat": at the longest log, an entry takes at most so many times the processor time that it
# takes at the shortest. The clock would compare what else the machine did meanwhile.
TARGET_GROWTH = 1.5
# Writers that are never behind commit what they are told, up to the last one of each.
TARGET_SHARE = 0.99


@dataclass(frozen=True, slots=True, kw_only=True)
class Sustained:
    """What came of the long run."""

    load: Load
    waits: list[float]
    waiting: list[int]
    checkpoints: int
    # Processor seconds of each part.
    parts: dict[str, float]
    # Of the worker's largest process, from the first second to the last.
    megabytes: list[int]


def compare(site: LogSite, writers: Writers) -> tuple[list[Load], list[Load]]:
    """Write as fast as the writers can, in turn into the log and into a plain table."""
    site.sql("CREATE TABLE bench_plain (id bigserial PRIMARY KEY, body bytea NOT NULL)")
    site.sql("GRANT INSERT ON bench_plain TO pnyx_app")
    site.sql("GRANT USAGE ON SEQUENCE bench_plain_id_seq TO pnyx_app")
    catch_up(site)  # The worker is awake then.
    writers.write(seconds=WARM_UP_SECONDS, rate=0)
    plain, logged = [], []
    for _ in range(ROUNDS):
        plain.append(writers.write(seconds=ROUND_SECONDS, rate=0, plain=True))
        logged.append(writers.write(seconds=ROUND_SECONDS, rate=0))
        catch_up(site)
    return plain, logged


def catch_up(site: LogSite) -> None:
    """Wait until everything that was written is covered by the published checkpoint."""
    site.wait_for("the outbox", lambda: site.waiting() == 0)
    size = site.count("audit_logentry")
    site.wait_for("the checkpoint", lambda: site.published_size() == size)


def sustain(site: LogSite, writers: Writers, *, rate: float, seconds: float) -> Sustained:
    """Write at a rate, watch what is published meanwhile, and join the two."""
    start = site.count("audit_logentry")
    before = site.processors()
    published = Watch(lambda: read_if_there(site.checkpoint), every=LOOK_SECONDS)
    waiting = Watch(site.waiting, every=COUNT_SECONDS)
    memory = Watch(lambda: megabytes(site.programs["worker"].pid), every=COUNT_SECONDS)
    with published:
        with waiting, memory:
            load = writers.write(seconds=seconds, rate=rate)
        parts = {name: spent - before[name] for name, spent in site.processors().items()}
        catch_up(site)
    assert site.count("audit_logentry") == start + load.entries, "an entry is missing"
    check(site, published.values)
    return Sustained(
        load=load,
        waits=waits(site, load=load, notes=published.seen),
        waiting=waiting.values,
        checkpoints=len({size_of(note) for note in published.values}) - 1,
        parts=parts | {"writers": load.processor_seconds},
        megabytes=memory.values,
    )


def check(site: LogSite, notes: Sequence[bytes]) -> None:
    """See that every checkpoint had its quorum, and that the last is over the stored entries."""
    policy = decode_policy(site.policy.read_bytes())
    last = [verify_under_policy(note, policy) for note in notes][-1].checkpoint
    rows = site.sql("SELECT leaf_hash FROM audit_logentry ORDER BY index")
    hashes = [bytes(row[0]) for row in rows if isinstance(row[0], bytes)]
    assert last.size == len(rows) == len(hashes)
    assert last.root == root_of_hashes(hashes), "the root is over other entries"


def waits(site: LogSite, *, load: Load, notes: Sequence[tuple[float, bytes]]) -> list[float]:
    """Return how long each sampled entry waited for a checkpoint over it, ascending."""
    rows = site.sql(
        "SELECT encode(identity, 'hex'), index FROM audit_logentry WHERE identity = ANY(%s)",
        [bytes.fromhex(identity) for identity, _ in load.samples],
    )
    places = {str(identity): int(str(index)) for identity, index in rows}
    sizes = [size_of(note) for _, note in notes]
    found = [
        notes[bisect_right(sizes, places[identity])][0] - committed
        for identity, committed in load.samples
    ]
    return sorted(found)


def grow(site: LogSite, sizes: Sequence[int]) -> list[dict[str, float]]:
    """Measure at each length; print each line as it comes."""
    program = subprocess.Popen(
        [sys.executable, "-m", "bench.log_growth", *map(str, sorted(set(sizes)))],
        cwd=ROOT,
        # As the owner, so that the database counts the rows after they were filled in.
        env=site.environment
        | {"DATABASE_URL": site.postgres.url, "DJANGO_SETTINGS_MODULE": "config.settings"},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert program.stdout is not None
    found: list[dict[str, float]] = []
    for line in program.stdout:
        found.append(json.loads(line))
        show_length(found[-1])
    assert program.wait() == 0
    return found


# --- What is printed ----------------------------------------------------------------------------


def percentile(ascending: Sequence[float], share: float) -> float:
    """Return the value below which this share of the values lies."""
    return ascending[min(int(share * len(ascending)), len(ascending) - 1)]


def middle(values: Sequence[float]) -> float:
    """Return the median of a few values."""
    return percentile(sorted(values), 0.5)


def show_comparison(plain: Sequence[Load], logged: Sequence[Load]) -> None:
    """Print both rates, what of a core the writers' own code took, and the ratio: medians."""
    for label, loads in (("into a plain table", plain), ("into the log", logged)):
        rate = middle([load.a_second for load in loads])
        own = middle([1000 * load.processor_seconds / load.entries for load in loads])
        say(f"as fast as they can, {label:<20} {rate:8.0f} a second  (writers: {own:.2f} ms)")
    ratio = middle([a.a_second / b.a_second for a, b in zip(logged, plain, strict=True)])
    say(f"log/plain: {ratio:.2f}x, median of {ROUNDS} rounds of {ROUND_SECONDS:.0f} s in turn")


def show_sustained(run: Sustained) -> None:
    """Print what came of the long run."""
    load = run.load
    say(
        f"sustained: {load.a_second:.0f} entries a second over {load.seconds:.0f} s,"
        f" {load.entries} entries under {run.checkpoints} cosigned checkpoints"
    )
    shares = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "longest": 1.0}
    waits_of = ", ".join(f"{name} {percentile(run.waits, at):.2f}" for name, at in shares.items())
    say(f"from commit to cosigned checkpoint, seconds: {waits_of} ({len(run.waits)} sampled)")
    say(f"waiting for a place: at most {max(run.waiting)}, at the end {run.waiting[-1]}")
    parts = {name: 1000 * spent / load.entries for name, spent in run.parts.items()}
    each = ", ".join(f"{name} {spent:.2f}" for name, spent in parts.items())
    say(f"ms of a core for each entry: {sum(parts.values()):.2f} ({each})")
    say(
        f"largest process of the worker: {run.megabytes[0]} MB at first,"
        f" {run.megabytes[-1]} MB at the end, at most {max(run.megabytes)} MB"
    )


def show_length(line: dict[str, float]) -> None:
    """Print the cost at one length of the log."""
    say(
        f"at {line['size']:>10.0f} entries: append {line['append_ms']:.2f} ms,"
        f" sequence {line['sequence_ms']:.2f} ms an entry,"
        f" {line['core_ms']:.2f} ms of a core;"
        f" proof {line['proof_ms']:.2f} ms (p95 {line['proof_p95_ms']:.2f}),"
        f" {line['hashes']:.0f} hashes",
    )


def goals(run: Sustained, *, rate: float, lengths: Sequence[dict[str, float]]) -> list[Goal]:
    """Hold what was measured against what is promised."""
    first, last = lengths[0]["core_ms"], lengths[-1]["core_ms"]
    hashes = max(line["hashes"] for line in lengths)
    a_second, at_the_end = run.load.a_second, float(run.waiting[-1])
    p95 = percentile(run.waits, 0.95)
    return [
        at_least(TARGET_SHARE * rate, a_second, unit="entries a second", what="sustained"),
        at_most(TARGET_P95_SECONDS * rate, at_the_end, unit="entries", what="waiting at the end"),
        at_most(TARGET_P95_SECONDS, p95, unit="s", what="wait for a receipt, p95"),
        at_most(
            TARGET_GROWTH, last / first, unit="times", what="longest log to shortest, an entry"
        ),
        at_most(TARGET_HASHES, hashes, unit="hashes", what="in a receipt"),
    ]


def options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.log")
    parser.add_argument("--rate", type=float, default=1000.0, help="entries a second to sustain")
    parser.add_argument("--seconds", type=float, default=300.0, help="for how long")
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 1_000_000, 10_000_000])
    return parser.parse_args()


def main() -> None:
    """Measure and print."""
    told = options()
    load = load_before()
    with tempfile.TemporaryDirectory(prefix="pnyx-bench-") as name:
        run = measure_load(Path(name) / "load", rate=told.rate, seconds=told.seconds)
    with tempfile.TemporaryDirectory(prefix="pnyx-bench-") as name:
        site = LogSite(Path(name) / "growth", is_production=True)
        try:
            site.prepare()
            lengths = grow(site, told.sizes)
        finally:
            site.stop()
    conclude(goals(run, rate=told.rate, lengths=lengths), load=load)


def measure_load(folder: Path, *, rate: float, seconds: float) -> Sustained:
    """Run both parts that need writers and witnesses; print as it goes."""
    site = LogSite(folder, is_production=True)
    try:
        site.prepare()
        site.start_witnesses()
        for part in ("worker", "beat"):
            site.start(part)
        with Writers(site, writers=WRITERS, processes=CORES) as writers:
            say(
                f"{WRITERS} writers, three witnesses, {CORES} cores; fsync, full_page_writes and"
                " synchronous_commit on"
            )
            show_comparison(*compare(site, writers))
            time.sleep(WARM_UP_SECONDS)
            run = sustain(site, writers, rate=rate, seconds=seconds)
            show_sustained(run)
    finally:
        site.stop()
    return run


if __name__ == "__main__":
    main()
