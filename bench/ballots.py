"""Milliseconds to verify and to create a ballot: `evote` beside belenios-tool 3.3.

All work on the same elections and the same ballots in the same run, in turn, several times: evote
with hints (evote/hints), with its C extension alone, on libsodium alone, and the peer; each first
on one core, then in two processes at a time. Two figures stand for each: processor time, which
does not depend on what else the machine does, and the clock.

The peer is a program that starts anew for each ballot. It stands here twice: as it is used, and
with its start-up taken out by difference, which no use of it reaches (bench/peer.py). Ours measure
themselves (bench/ballot_worker.py), without the first ballot, which also makes the tables of its
election. Needs BELENIOS_TOOL_DIR, the folder of the unpacked releases, for the peer; goes without
it where that is not set.
"""

import json
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from bench.election import ANSWERS, Bench
from bench.goals import CORES, Goal, at_least, at_most, conclude, load_before, not_measured, say
from bench.peer import NAME, PeerVerifier, Rate, processor_time_of_peer, tool_folder
from bench.workers import Workers
from evote.hints import make_hints

ROUNDS = 5
HINTED, NATIVE, LIBSODIUM = "evote with hints", "evote", "evote on libsodium alone"
PEER, PEER_ALONE = NAME, "  its arithmetic alone"
# For each number of answers, how many ballots each of them verifies in a round.
COUNTS = {
    5: {HINTED: 1000, NATIVE: 400, LIBSODIUM: 60, PEER: 24},
    30: {HINTED: 300, NATIVE: 80, LIBSODIUM: 16, PEER: 12},
    100: {HINTED: 100, NATIVE: 30, LIBSODIUM: 6, PEER: 6},
}
MANY_QUESTIONS = 16

GOAL_MS = 1.0
GOAL_HINTED_MS = 0.25
GOAL_TIMES = 6.0


@dataclass(frozen=True, slots=True)
class Rates:
    """What was measured of one of them, round after round: on one core, and on both."""

    one: list[Rate] = field(default_factory=list)
    both: list[Rate] = field(default_factory=list)


# By name, what was measured. Measured together is what differs by a subtraction only.
Found = dict[str, Rates]
Measure = Callable[[int], dict[str, Rate]]


def median_ms(rates: Sequence[Rate]) -> float:
    """Give the processor time for each ballot."""
    return statistics.median(rate.core_ms for rate in rates)


def median_a_second(rates: Sequence[Rate]) -> float:
    """Give the ballots in a second, by the clock."""
    return statistics.median(rate.a_second for rate in rates)


def times(own: Sequence[Rate], peer: Sequence[Rate]) -> float:
    """Say how much more processor time the peer took, in the same round."""
    return statistics.median(
        other.core_ms / one.core_ms for one, other in zip(own, peer, strict=True)
    )


def compare_verifying(tools: Path | None, *, answers: int) -> Found:
    """Measure all of them in turn, and print a line for each."""
    counts = COUNTS[answers]
    bench = Bench(questions=1, voters=max(counts.values()), answers=answers)
    bodies = bench.create_all()
    begun = time.process_time()
    hints = make_hints(bodies, election=bench.world.election)
    making = 1000 * (time.process_time() - begun) / len(bodies)
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        file = folder / "work.json"
        given = {
            "election": bench.world.election.archived.decode(),
            "ballots": [body.decode() for body in bodies],
            "hints": [hint.hex() for hint in hints],
        }
        file.write_text(json.dumps(given), encoding="utf-8")
        native = stack.enter_context(Workers("bench.ballot_worker", backend="native", file=file))
        libsodium = stack.enter_context(Workers("bench.ballot_worker", backend="pynacl", file=file))
        measures = [
            own_measure(HINTED, native, count=counts[HINTED]),
            own_measure(NATIVE, native, count=counts[NATIVE]),
            own_measure(LIBSODIUM, libsodium, count=counts[LIBSODIUM]),
        ]
        if tools is not None:
            peer = PeerVerifier(
                tool=tools / "belenios-tool-3.3",
                folder=folder / "peer",
                bench=bench,
                bodies=bodies[: counts[PEER]],
            )
            measures.append(peer_measure(peer))
        found = measure_in_turn(measures)
    size, hint_size = (statistics.mean(map(len, items)) for items in (bodies, hints))
    say(f"\n{answers} answers, 0 to 1 of them chosen: {size:,.0f} bytes. Hints: {hint_size:,.0f}")
    say(f"bytes, made in {making:.2f} ms of a core. Ballots in a round, for each process:")
    say(", ".join(f"{count:,} {name}" for name, count in counts.items() if name in found) + ".")
    show(found)
    return found


def own_measure(name: str, workers: Workers, *, count: int) -> Measure:
    """Measure one of ours; each process verifies as many ballots."""

    def measure(cores: int) -> dict[str, Rate]:
        spent = workers.tell(f"{count} {int(name == HINTED)}", cores=cores)
        a_second = cores * count / spent.seconds
        return {name: Rate(a_second=a_second, core_ms=1000 * spent.core_seconds / count)}

    return measure


def peer_measure(peer: PeerVerifier) -> Measure:
    """Measure the tool, with its start-up and without."""

    def measure(cores: int) -> dict[str, Rate]:
        rates = peer.measure(cores=cores)
        return {PEER: rates.a_process_each, PEER_ALONE: rates.without_start_up}

    return measure


def measure_in_turn(measures: Sequence[Measure]) -> Found:
    """Measure round after round, each on one core and then on both."""
    found: Found = defaultdict(Rates)
    for _ in range(ROUNDS):
        for measure in measures:
            for name, rate in measure(1).items():
                found[name].one.append(rate)
            for name, rate in measure(CORES).items():
                found[name].both.append(rate)
    return found


def show(found: Found) -> None:
    """Print the table of one kind of ballot."""
    say(f"{'':<28}{'ms of a core':>16}{'a second by the clock':>24}{'times as fast as':>22}")
    say(f"{'':<28}{'one':>8}{'both':>8}{'one':>12}{'both':>12}{'the tool':>10}{'arithmetic':>12}")
    for name, rates in found.items():
        line = f"{name:<28}{median_ms(rates.one):8.3f}{median_ms(rates.both):8.3f}"
        line += f"{median_a_second(rates.one):12,.0f}{median_a_second(rates.both):12,.0f}"
        if PEER in found:
            line += f"{times(rates.both, found[PEER].both):9.2f}x"
            line += f"{times(rates.both, found[PEER_ALONE].both):11.2f}x"
        say(line)


def show_slopes(found: dict[int, Found]) -> None:
    """Print what each further answer costs, between the sizes that were measured."""
    sizes = sorted(found)
    say("\nms of a core for each further answer, both cores at work")
    pairs = list(pairwise(sizes))
    say(f"{'':<26}" + "".join(f"{f'{few} to {many}':>14}" for few, many in pairs))
    for name in found[sizes[0]]:
        line = f"{name:<26}"
        for few, many in pairs:
            more = median_ms(found[many][name].both) - median_ms(found[few][name].both)
            line += f"{more / (many - few):14.4f}"
        say(line)


def own_seconds(work: Sequence[Callable[[], object]]) -> float:
    """Return our processor time for each call in `work`."""
    before = time.process_time()
    for call in work:
        call()
    return (time.process_time() - before) / len(work)


def peer_create_seconds(tool: str, few: Bench, many: Bench) -> float:
    """Return the peer's time for one question: a long ballot minus a short one."""
    spent = 0.0
    for bench, sign in ((many, 1), (few, -1)):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            bench.write_record(folder, voters=1)
            (folder / "credential").write_text(bench.world.credentials[0], encoding="ascii")
            choices = ",".join("[1,0,0,0,0]" for _ in bench.choices)
            (folder / "choice").write_text(f"[{choices}]", encoding="ascii")
            command = ["election", "generate-ballot"]
            command += ["--privcred", "credential", "--choice", "choice"]
            spent += sign * processor_time_of_peer(tool, command, folder=folder)
    return spent / (len(many.choices) - len(few.choices))


def compare_creating(tools: Path) -> None:
    """Measure in turn and print both."""
    tool = str(tools / "belenios-tool-3.3")
    few, many = Bench(questions=1, voters=1), Bench(questions=1 + MANY_QUESTIONS, voters=1)
    own, peer = [], []
    for _ in range(ROUNDS):
        long = own_seconds([lambda: many.create(0)])
        short = own_seconds([lambda: few.create(0)] * 4)
        own.append((long - short) / MANY_QUESTIONS)
        peer.append(peer_create_seconds(tool, few, many))
    ratios = [other / one for one, other in zip(own, peer, strict=True)]
    say(f"\nms of a core to encrypt and prove one question of {ANSWERS} answers")
    say(f"  evote             {statistics.median(own) * 1000:8.2f}")
    say(f"  {NAME:<18}{statistics.median(peer) * 1000:8.2f}   {statistics.median(ratios):.2f}x")


def goals(found: Found) -> list[Goal]:
    """Hold a ballot of five answers against what is promised of it, with both cores at work."""
    what = f"verify a ballot of {ANSWERS} answers"
    unit = "ms of a core"
    wanted = [
        at_most(GOAL_MS, median_ms(found[NATIVE].both), unit=unit, what=what),
        at_most(
            GOAL_HINTED_MS, median_ms(found[HINTED].both), unit=unit, what=f"{what} with hints"
        ),
    ]
    for name, peer in ((PEER, "the tool"), (PEER_ALONE, "the tool's arithmetic alone")):
        what = f"times as fast as {peer}"
        if name in found:
            ratio = times(found[NATIVE].both, found[name].both)
            wanted.append(at_least(GOAL_TIMES, ratio, unit="times", what=what))
        else:
            wanted.append(not_measured(what, why="BELENIOS_TOOL_DIR is not set"))
    return wanted


def main() -> None:
    """Measure in turn, print the tables, and hold them against the goals."""
    load = load_before()
    tools = tool_folder()
    say(f"Median of {ROUNDS} rounds in turn, on one core and on both")
    found = {answers: compare_verifying(tools, answers=answers) for answers in COUNTS}
    show_slopes(found)
    if tools is not None:
        compare_creating(tools)
    conclude(goals(found[ANSWERS]), load=load)


if __name__ == "__main__":
    main()
