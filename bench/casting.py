"""Ballots per second through the public HTTP interface, beside the peer's verification alone.

A whole installation on this machine: PostgreSQL with fsync and synchronous_commit on, web,
worker and beat. Ballots of five answers are made beforehand; a client in this process casts
them over several connections; each answer comes after the ballot is verified and committed.

The peer has no server here, so the ratio is to what it takes belenios-tool 3.3 to verify the
same ballots on the same two cores and do nothing else: no HTTP, no database, no log.
"""

import json
import os
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path

from bench.ballots import Bench, peer_verify_seconds
from tests.integration.drills.installation import HOST, Installation

BALLOTS = 1_000
CONNECTIONS = 8
CORES = 2
PEER_BALLOTS = 20


def cast_all(*, port: int, uuid: str, casts: list[bytes]) -> float:
    """Cast every ballot over one connection a thread; return the seconds it took."""
    shares = [casts[start::CONNECTIONS] for start in range(CONNECTIONS)]

    def cast_share(share: list[bytes]) -> None:
        connection = HTTPConnection(HOST, port, timeout=60)
        for body in share:
            connection.request(
                "POST",
                f"/api/elections/{uuid}/ballots",
                body=body,
                headers={"Content-Type": "application/json"},
            )
            response = connection.getresponse()
            answer = response.read()
            assert response.status == 201, answer
        connection.close()

    begun = time.monotonic()
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        list(pool.map(cast_share, shares))
    return time.monotonic() - begun


def peer_rate(*, folder: str) -> float:
    """Return how many ballots of this form the peer verifies in a second on two cores."""
    bench = Bench(questions=1, voters=PEER_BALLOTS)
    ballots = [bench.create(number) for number in range(PEER_BALLOTS)]
    tool = str(Path(folder) / "belenios-tool-3.3")
    return CORES / peer_verify_seconds(tool, bench, ballots)


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory(prefix="pnyx-bench-") as name:
        installation = Installation(Path(name), web_workers=CORES, batch_seconds=2)
        installation.start_servers()
        try:
            installation.run("manage.py", "migrate", "-v0")
            inputs = Path(name) / "inputs.json"
            installation.run("-m", "bench.prepare_casting", str(inputs), str(BALLOTS))
            prepared = json.loads(inputs.read_text(encoding="utf-8"))
            for part in ("web", "worker", "beat"):
                installation.start(part)
            installation.wait_for("the site", installation.is_answering)
            bodies = [json.dumps(cast).encode() for cast in prepared["casts"]]
            seconds = cast_all(port=installation.port, uuid=prepared["uuid"], casts=bodies)
            rows = installation.sql("SELECT count(*) FROM voting_ballot")
            assert rows[0][0] == BALLOTS, rows
        finally:
            installation.stop()
    rate = BALLOTS / seconds
    line = f"cast through HTTP, {BALLOTS} ballots of five answers   pnyx {rate:7.1f} a second"
    folder = os.environ.get("BELENIOS_TOOL_DIR")
    if folder is None:
        print(f"{line}   (no peer: BELENIOS_TOOL_DIR is not set)")
        return
    peer = peer_rate(folder=folder)
    print(f"{line}   belenios-tool 3.3 verifying only {peer:7.1f}   own/peer {rate / peer:5.2f}x")


if __name__ == "__main__":
    sys.exit(main())
