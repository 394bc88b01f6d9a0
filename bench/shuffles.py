"""Seconds to verify a shuffle of 1,000 and of 10,000 rankings: `evote` beside belenios-tool 3.3.

Each voter ranks three answers; one trustee shuffles. The same shuffle is verified with the C
extension, on libsodium alone, and by the peer, in turn: one at a time, and two at the same time.
One verification uses one core. Ours is everything from the archived bytes to the verdict, in a
fresh process each time, so that nothing is known from before (bench/shuffle_worker.py). The peer
verifies whole records, so its figure is a difference: a record with the shuffle less the same
record without. Making a shuffle is measured too; that is libsodium's alone, since it is secret.

Needs BELENIOS_TOOL_DIR, the folder of the unpacked releases, for the peer; goes without it where
that is not set.
"""

import json
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bench.goals import CORES, Goal, at_most, conclude, load_before, say
from bench.peer import NAME, children_seconds, tool_folder
from bench.workers import Spent, Workers
from evote.ballot import decode_ballot
from evote.election import RankedQuestion
from evote.record import encode_owned
from evote.tally import add_ballots, encode_encrypted_tally, make_shuffle
from tests.factories.evote import Count, RecordWriter, World, make_world, write_tally

NATIVE, LIBSODIUM = "evote", "evote on libsodium alone"
# How often each is measured, by the number of rankings.
ROUNDS = {1_000: {NATIVE: 5, LIBSODIUM: 3, NAME: 3}, 10_000: {NATIVE: 5, LIBSODIUM: 1, NAME: 1}}
RANKING = [1, 2, 3]

GOAL_SIZE = 10_000
GOAL_SECONDS = 1.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Shuffled:
    """A shuffle, what it is a shuffle of, and the record before and after it."""

    world: World
    tally: bytes
    shuffle: bytes
    before: bytes
    after: bytes
    making_core_seconds: float


def cast(world: World, voter: int) -> bytes:
    """Make the ballot of one voter."""
    return world.ballot(voter, [RANKING])


def make(size: int) -> Shuffled:
    """Have so many people vote, add their ballots up, and shuffle them once."""
    question = RankedQuestion(text="In what order?", answers=("A", "B", "C"))
    world = make_world(questions=[question], voters=size, trustees=1)
    with ProcessPoolExecutor(CORES) as pool:
        bodies = list(pool.map(partial(cast, world), range(size), chunksize=250))
    writer = RecordWriter().setup(world)
    for body in bodies:
        writer.add("Ballot", body)
    ballots = [(decode_ballot(body, election=world.election), 1) for body in bodies]
    tally = add_ballots(election=world.election, ballots_with_weights=ballots, are_verified=True)
    count = Count(election=world.election, tally=tally, num_tallied=size, total_weight=size)
    before = write_tally(writer, count).data()
    begun = time.process_time()
    shuffle = make_shuffle(election=world.election, tally=tally, progress=lambda done, total: None)
    making = time.process_time() - begun
    after = writer.add("Shuffle", shuffle, encode_owned(owner=1, payload=shuffle)).data()
    return Shuffled(
        world=world,
        tally=encode_encrypted_tally(tally, election=world.election),
        shuffle=shuffle,
        before=before,
        after=after,
        making_core_seconds=making,
    )


def own(file: Path, backend: str, cores: int) -> Spent:
    """Verify it in a fresh process, or in several at the same time."""
    with Workers("bench.shuffle_worker", backend=backend, file=file) as workers:
        return workers.tell("", cores=cores)


def peer(tool: str, before: Path, after: Path, cores: int) -> Spent:
    """Verify the record with the shuffle, and without; give the difference."""

    def verify(folder: Path) -> Spent:
        command = [tool, "election", "verify"]
        run = partial(subprocess.run, command, cwd=folder, check=True, capture_output=True)
        before, begun = children_seconds(), time.monotonic()
        with ThreadPoolExecutor(cores) as pool:
            list(pool.map(lambda _: run(), range(cores)))
        spent = (children_seconds() - before) / cores
        return Spent(seconds=time.monotonic() - begun, core_seconds=spent)

    longer, shorter = verify(after), verify(before)
    return Spent(
        seconds=longer.seconds - shorter.seconds,
        core_seconds=longer.core_seconds - shorter.core_seconds,
    )


def compare(size: int, *, folder: Path) -> list[Spent]:
    """Measure in turn and print a line for each; give what the C extension took."""
    shuffled = make(size)
    say(
        f"\n{size:,} rankings. Made in {shuffled.making_core_seconds:.2f} s of a core;"
        f" {len(shuffled.shuffle) / size:,.0f} bytes each. To verify:"
    )
    file = folder / f"{size}.json"
    given = {
        "election": shuffled.world.election.archived.decode(),
        "tally": shuffled.tally.decode(),
        "shuffle": shuffled.shuffle.decode(),
    }
    file.write_text(json.dumps(given), encoding="utf-8")
    measures: dict[str, Callable[[int], Spent]] = {
        NATIVE: partial(own, file, "native"),
        LIBSODIUM: partial(own, file, "pynacl"),
    }
    if tools := tool_folder():
        before, after = (folder / f"{size}-{part}" for part in ("before", "after"))
        for place, record in ((before, shuffled.before), (after, shuffled.after)):
            place.mkdir()
            (place / f"{shuffled.world.election.uuid}.bel").write_bytes(record)
        measures[NAME] = partial(peer, str(tools / "belenios-tool-3.3"), before, after)
    rounds = ROUNDS[size]
    found: dict[str, list[tuple[Spent, Spent]]] = {name: [] for name in measures}
    for number in range(max(rounds.values())):
        for name, measure in measures.items():
            if number < rounds[name]:
                found[name].append((measure(1), measure(CORES)))
    show(found)
    return [both for _, both in found[NATIVE]]


def show(found: dict[str, list[tuple[Spent, Spent]]]) -> None:
    """Print the table of one size."""
    say(f"{'':<28}{'s of a core':>16}{'s by the clock':>20}{'evote is faster':>18}")
    say(f"{'':<28}{'one':>8}{'both':>8}{'one':>10}{'both':>10}{'by core time':>18}")
    fastest = core_seconds([both for _, both in found[NATIVE]])
    for name, pairs in found.items():
        ones, boths = ([pair[place] for pair in pairs] for place in (0, 1))
        say(
            f"{name:<28}{core_seconds(ones):8.3f}{core_seconds(boths):8.3f}"
            f"{clock_seconds(ones):10.3f}{clock_seconds(boths):10.3f}"
            f"{core_seconds(boths) / fastest:17.2f}x"
        )


def core_seconds(measured: Sequence[Spent]) -> float:
    """Give the median of the processor time."""
    return statistics.median(one.core_seconds for one in measured)


def clock_seconds(measured: Sequence[Spent]) -> float:
    """Give the median by the clock."""
    return statistics.median(one.seconds for one in measured)


def goals(measured: Sequence[Spent]) -> list[Goal]:
    """Hold the large shuffle against what is promised of it, while both cores are at work."""
    what = f"verify a shuffle of {GOAL_SIZE:,}"
    return [at_most(GOAL_SECONDS, core_seconds(measured), unit="s of a core", what=what)]


def main() -> None:
    """Measure and print."""
    load = load_before()
    say("Shuffles, medians of rounds in turn: one at a time, then two at the same time")
    with tempfile.TemporaryDirectory() as name:
        found = {size: compare(size, folder=Path(name)) for size in ROUNDS}
    conclude(goals(found[GOAL_SIZE]), load=load)


if __name__ == "__main__":
    main()
