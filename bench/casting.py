"""Ballots per second through the public HTTP interface, and the peer's rate in the same run.

A whole installation on this machine: PostgreSQL with fsync and synchronous_commit on, Valkey,
web, worker and beat. Ballots of five answers are made beforehand; a client casts them over
several connections; each answer comes after its ballot is verified and committed. Client and
servers share the two cores.

Both are measured by the clock, in turn, several times. On a busy machine the clock favours
whoever runs more processes at once, which is us; so the processor time for each ballot, all
processes together, stands beside it. bench/peer.py says what the peer's two figures are.
"""

import json
import os
import socket
import statistics
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench.peer import CORES, Peer, PeerRates, Rate
from bench.processes import processor_seconds
from tests.integration.drills.installation import HOST, Installation

ROUNDS = 3
BALLOTS_PER_ROUND = 250
WARM_UP = 50
CONNECTIONS = 8
PEER_BALLOTS = 50
IDLE_LOAD = 0.5
CREATED = b"HTTP/1.1 201 "
END_OF_HEADERS = b"\r\n\r\n"


def as_requests(*, uuid: str, casts: Sequence[object]) -> list[bytes]:
    """Write the requests beforehand, so that the client takes little of the cores."""
    bodies = [json.dumps(cast, separators=(",", ":")).encode() for cast in casts]
    return [
        f"POST /api/elections/{uuid}/ballots HTTP/1.1\r\nHost: {HOST}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        + body
        for body in bodies
    ]


def cast_all(*, port: int, requests: Sequence[bytes]) -> float:
    """Cast every ballot over a few connections; return the seconds it took."""
    shares = [requests[start::CONNECTIONS] for start in range(CONNECTIONS)]

    def cast_share(share: Sequence[bytes]) -> None:
        with socket.create_connection((HOST, port), timeout=60) as connection:
            for request in share:
                connection.sendall(request)
                answer = read_answer(connection)
                assert answer.startswith(CREATED), answer

    begun = time.monotonic()
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        list(pool.map(cast_share, shares))
    return time.monotonic() - begun


def read_answer(connection: socket.socket) -> bytes:
    """Read one whole answer."""
    answer = b""
    while END_OF_HEADERS not in answer:
        received = connection.recv(65_536)
        assert received, "the server hung up"
        answer += received
    headers, _, body = answer.partition(END_OF_HEADERS)
    fields = dict(line.lower().split(b": ", 1) for line in headers.split(b"\r\n")[1:])
    while len(body) < int(fields[b"content-length"]):
        received = connection.recv(65_536)
        assert received, "the server hung up"
        body += received
    return headers + END_OF_HEADERS + body


def measure(*, folder: Path, peer: Peer | None) -> tuple[list[Rate], list[PeerRates]]:
    """Cast and let the peer verify, in turn; return the rates of each round."""
    installation = Installation(folder, web_workers=CORES, batch_seconds=2)
    installation.start_servers()
    own: list[Rate] = []
    others: list[PeerRates] = []
    try:
        installation.migrate()
        inputs = folder / "inputs.json"
        total = WARM_UP + ROUNDS * BALLOTS_PER_ROUND
        installation.run("-m", "bench.prepare_casting", str(inputs), str(total))
        prepared = json.loads(inputs.read_text(encoding="utf-8"))
        for part in ("web", "worker", "beat"):
            installation.start(part)
        installation.wait_for("the site", installation.is_answering)
        requests = as_requests(uuid=prepared["uuid"], casts=prepared["casts"])
        cast_all(port=installation.port, requests=requests[:WARM_UP])
        for start in range(WARM_UP, total, BALLOTS_PER_ROUND):
            share = requests[start : start + BALLOTS_PER_ROUND]
            before = processor_seconds(os.getpid())
            seconds = cast_all(port=installation.port, requests=share)
            spent = processor_seconds(os.getpid()) - before
            own.append(Rate(a_second=len(share) / seconds, core_ms=1000 * spent / len(share)))
            if peer is not None:
                others.append(peer.measure())
        rows = installation.sql("SELECT count(*) FROM voting_ballot")
        assert rows[0][0] == total, rows
    finally:
        installation.stop()
    return own, others


def show(label: str, rates: Sequence[Rate]) -> None:
    """Print the medians of some rounds."""
    a_second = statistics.median(rate.a_second for rate in rates)
    core_ms = statistics.median(rate.core_ms for rate in rates)
    print(f"{label:<56} {a_second:7.1f} a second   {core_ms:6.2f} ms of a core each")


def main() -> None:
    """Measure and print."""
    load = os.getloadavg()[0]
    tools = os.environ.get("BELENIOS_TOOL_DIR")
    with tempfile.TemporaryDirectory(prefix="pnyx-bench-") as name:
        folder = Path(name)
        peer = None
        if tools is not None:
            tool = Path(tools) / "belenios-tool-3.3"
            peer = Peer(tool=tool, folder=folder / "peer", ballots=PEER_BALLOTS)
        own, others = measure(folder=folder / "site", peer=peer)
    print(f"Ballots on {CORES} cores, median of {ROUNDS} rounds in turn")
    show("pnyx, cast through HTTP, verified and committed", own)
    if tools is None:
        print("no peer: BELENIOS_TOOL_DIR is not set")
        return
    called = [one.a_process_each for one in others]
    bound = [one.without_start_up for one in others]
    show("belenios-tool 3.3, one process for each ballot (1)", called)
    show("belenios-tool 3.3, its start-up taken out (2)", bound)
    for number, rates in ((1, called), (2, bound)):
        pairs = list(zip(own, rates, strict=True))
        by_clock = statistics.median(one.a_second / other.a_second for one, other in pairs)
        by_core = statistics.median(other.core_ms / one.core_ms for one, other in pairs)
        print(f"own/peer ({number}): {by_clock:5.2f}x by the clock, {by_core:5.2f}x by core time")
    print(
        "(1) is what a server reaches that calls the tool for each ballot and does nothing else.\n"
        "(2) is arithmetic alone, no HTTP, no database, no log: a bound that no use of the tool\n"
        "reaches, made of the difference of two times."
    )
    if load > IDLE_LOAD * CORES:
        print(f"The load was {load:.1f} before it began: others use the cores. Trust core time.")


if __name__ == "__main__":
    main()
