"""Ballots per second through the public HTTP interface, and the peer's rate in the same run.

A whole installation on this machine: PostgreSQL with fsync and synchronous_commit on, Valkey,
web, worker and beat. Ballots of five answers are made beforehand; a client casts them over
many connections; each answer comes after its ballot is verified and committed. Client and
servers share the two cores. A second web server of the same installation checks with libsodium
alone, for comparison.

All are measured in turn, several times, by the clock and by processor time. The latter counts
all processes together, the client's and, until every ballot is in the record and in the log, the
worker's; it can be trusted on a busy machine too. bench/peer.py says what the peer's figures are.
"""

import json
import os
import statistics
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.caster import Round, as_requests, cast_all
from bench.goals import (
    CORES,
    IDLE_LOAD,
    Goal,
    at_least,
    at_most,
    conclude,
    load_before,
    not_measured,
    say,
)
from bench.peer import Peer, PeerRates, Rate, tool_folder
from bench.processes import processor_seconds
from tests.integration.drills.installation import Installation, free_port

ROUNDS = 3
# Some seconds of casting: recording, which comes every two, has its share of the cores.
BALLOTS_PER_ROUND = 5_000
REFERENCE_BALLOTS_PER_ROUND = 200
WARM_UP = 100
CONNECTIONS = 64
PEER_BALLOTS = 30
GOAL_A_SECOND = 1_000
# What two cores have for each ballot at that rate.
GOAL_CORE_MS = 1000 * CORES / GOAL_A_SECOND
REFERENCE_THREADS = 4
REFERENCE = "web that checks with libsodium alone"
WAITING = "SELECT count(*) FROM voting_ballot WHERE height IS NULL"
PENDING = "SELECT count(*) FROM audit_pendingentry"


@dataclass
class TwoServers(Installation):
    """An installation with a second web server, which uses the reference back end."""

    reference_port: int = field(default_factory=free_port)

    def _command(self, name: str) -> list[str]:
        if name != REFERENCE:
            return super()._command(name)
        command = super()._command("web")
        command[command.index("--port") + 1] = str(self.reference_port)
        command[command.index("--blocking-threads") + 1] = str(REFERENCE_THREADS)
        return ["env", "EVOTE_BACKEND=pynacl", *command]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """One round: the rate until the last answer, and the core time until all is recorded."""

    rate: Rate
    recorded_core_ms: float
    waits: Round


@dataclass(slots=True)
class Found:
    """What the rounds gave, each kind in its order."""

    own: list[Cast] = field(default_factory=list)
    reference: list[Cast] = field(default_factory=list)
    peer: list[PeerRates] = field(default_factory=list)


def cast_round(installation: Installation, *, port: int, requests: Sequence[bytes]) -> Cast:
    """Cast some ballots at once, and wait until they are recorded."""
    count = len(requests)
    before = processor_seconds(os.getpid())
    found = cast_all(port=port, requests=requests, connections=CONNECTIONS)
    spent = processor_seconds(os.getpid()) - before
    installation.wait_for("the record and the log", lambda: is_recorded(installation))
    return Cast(
        rate=Rate(a_second=count / found.seconds, core_ms=1000 * spent / count),
        recorded_core_ms=1000 * (processor_seconds(os.getpid()) - before) / count,
        waits=found,
    )


def is_recorded(installation: Installation) -> bool:
    """Say whether each ballot has its place in the record, and its entry in the log."""
    return installation.sql(WAITING)[0][0] == 0 and installation.sql(PENDING)[0][0] == 0


def measure(*, folder: Path, peer: Peer | None) -> Found:
    """Cast with both back ends and let the peer verify, in turn."""
    installation = TwoServers(folder, web_workers=CORES, batch_seconds=2, is_production=True)
    installation.start_servers()
    found = Found()
    share = BALLOTS_PER_ROUND + REFERENCE_BALLOTS_PER_ROUND
    try:
        installation.migrate()
        inputs = folder / "inputs.json"
        total = 2 * WARM_UP + ROUNDS * share
        installation.run("-m", "bench.prepare_casting", str(inputs), str(total))
        prepared = json.loads(inputs.read_text(encoding="utf-8"))
        for name in ("web", REFERENCE, "worker", "beat"):
            installation.start(name)
        installation.wait_for("the site", installation.is_answering)
        requests = as_requests(uuid=prepared["uuid"], casts=prepared["casts"])
        own, reference = installation.port, installation.reference_port
        for port in (own, reference):
            warm_up, requests = requests[:WARM_UP], requests[WARM_UP:]
            cast_round(installation, port=port, requests=warm_up)
        for start in range(0, ROUNDS * share, share):
            middle = start + BALLOTS_PER_ROUND
            for port, results, ballots in (
                (own, found.own, requests[start:middle]),
                (reference, found.reference, requests[middle : start + share]),
            ):
                results.append(cast_round(installation, port=port, requests=ballots))
            if peer is not None:
                found.peer.append(peer.measure())
        rows = installation.sql("SELECT count(*) FROM voting_ballot")
        assert rows[0][0] == total, rows
    finally:
        installation.stop()
    return found


def show(label: str, rates: Sequence[Rate]) -> None:
    """Print the medians of some rounds."""
    a_second = statistics.median(rate.a_second for rate in rates)
    core_ms = statistics.median(rate.core_ms for rate in rates)
    say(f"{label:<56} {a_second:7.1f} a second   {core_ms:6.2f} ms of a core each")


def show_casts(label: str, casts: Sequence[Cast]) -> None:
    """Print the medians of some rounds, with what came after the answers and how long they took."""
    show(label, [cast.rate for cast in casts])
    recorded = statistics.median(cast.recorded_core_ms for cast in casts)
    half, most = (
        statistics.median(cast.waits.wait_ms(percent) for cast in casts) for percent in (50, 95)
    )
    say(
        f"  {recorded:.2f} ms of a core each with recording them in the record and the log;"
        f" answered after {half:.0f} ms (p50), {most:.0f} ms (p95), {CONNECTIONS} at a time"
    )


def compare(label: str, own: Sequence[Rate], others: Sequence[Rate]) -> None:
    """Print how many times the other one we are, round by round."""
    pairs = list(zip(own, others, strict=True))
    by_clock = statistics.median(one.a_second / other.a_second for one, other in pairs)
    by_core = statistics.median(other.core_ms / one.core_ms for one, other in pairs)
    say(f"own/{label}: {by_clock:5.2f}x by the clock, {by_core:5.2f}x by core time")


def show_peer(own: Sequence[Rate], peer: Sequence[PeerRates]) -> None:
    """Print the peer's two figures and the ratios."""
    called = [one.a_process_each for one in peer]
    bound = [one.without_start_up for one in peer]
    show("belenios-tool 3.3, one process for each ballot (1)", called)
    show("belenios-tool 3.3, its start-up taken out (2)", bound)
    compare("peer (1)", own, called)
    compare("peer (2)", own, bound)
    say(
        "(1) is what a server reaches that calls the tool for each ballot and does nothing else.\n"
        "(2) is arithmetic alone, no HTTP, no database, no log: a bound that no use of the tool\n"
        "reaches, made of the difference of two times."
    )


def goals(own: Sequence[Rate], *, load: float) -> list[Goal]:
    """Hold the medians against the goals; the clock only where nobody else uses the cores."""
    core_ms = statistics.median(rate.core_ms for rate in own)
    a_second = statistics.median(rate.a_second for rate in own)
    what = "ballots cast over HTTP, verified and flushed to the disk"
    return [
        at_least(GOAL_A_SECOND, a_second, unit="a second", what=what)
        if load <= IDLE_LOAD * CORES
        else not_measured(f"{what}: at least {GOAL_A_SECOND:,} a second", why="others are at work"),
        at_most(GOAL_CORE_MS, core_ms, unit="ms", what="processor time of all processes for each"),
    ]


def main() -> None:
    """Measure and print."""
    load = load_before()
    tools = tool_folder()
    with tempfile.TemporaryDirectory(prefix="pnyx-bench-") as name:
        folder = Path(name)
        peer = None
        if tools is not None:
            tool = tools / "belenios-tool-3.3"
            peer = Peer(tool=tool, folder=folder / "peer", ballots=PEER_BALLOTS)
        found = measure(folder=folder / "site", peer=peer)
    own = [cast.rate for cast in found.own]
    say(f"Ballots on {CORES} cores, median of {ROUNDS} rounds in turn")
    show_casts("pnyx, cast through HTTP, verified and committed", found.own)
    show_casts("the same, verified with libsodium alone", found.reference)
    compare("libsodium alone", own, [cast.rate for cast in found.reference])
    if found.peer:
        show_peer(own, found.peer)
    else:
        say("no peer: BELENIOS_TOOL_DIR is not set")
    conclude(goals(own, load=load), load=load)


if __name__ == "__main__":
    main()
