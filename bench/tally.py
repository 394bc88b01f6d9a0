"""The encrypted tally of many ballots, with one worker and with two, and the peer beside it.

`python -m bench.tally [BALLOTS]`, 100,000 by default. A tally verifies every ballot of the record
again and adds those that count. It is cut into chunks that workers take one after the other; a
worker here is a process that does what the Celery task does. Time is from the first worker's first
chunk to the event EncryptedTally; memory is the largest that any worker held. Beside it stands
belenios-tool 3.3, which verifies ballots of the same kind (bench/peer.py); both in processor time
for each ballot, since that does not depend on what else the machine does.
"""

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from bench.peer import Peer
from tests.integration.drills.installation import ROOT, Installation

BALLOTS = 100_000
BALLOTS_FOR_SCALING = 20_000
PEER_BALLOTS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How long a tally took, and how much memory its largest worker held."""

    workers: int
    ballots: int
    seconds: float
    core_ms: float
    megabytes: int

    @property
    def a_second(self) -> float:
        """Ballots verified and added each second."""
        return self.ballots / self.seconds


def measure(installation: Installation, *, ballots: int, workers: int, folder: Path) -> Tally:
    """Tally an election of its own with so many workers."""
    inputs = folder / f"inputs-{workers}.json"
    installation.run("-m", "bench.prepare_tally", str(inputs), str(ballots))
    uuid = json.loads(inputs.read_text(encoding="utf-8"))["uuid"]
    # By now a database that runs would have done that by itself.
    installation.sql("ANALYZE")
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "bench.tally_worker", uuid],
            cwd=ROOT,
            env=installation.environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(workers)
    ]
    answers = [json.loads(process.communicate()[0]) for process in processes]
    assert all(process.returncode == 0 for process in processes)
    assert installation.phase(uuid) == "TALLIED"
    return Tally(
        workers=workers,
        ballots=ballots,
        seconds=max(one["ended"] for one in answers) - min(one["begun"] for one in answers),
        core_ms=1000 * sum(one["core_seconds"] for one in answers) / ballots,
        megabytes=max(one["kilobytes"] for one in answers) // 1024,
    )


def show(tally: Tally) -> None:
    """Print one line."""
    print(
        f"{tally.ballots} ballots, {tally.workers} worker{'s' if tally.workers > 1 else ''}:"
        f" {tally.seconds:8.1f} s   {tally.a_second:7.1f} a second"
        f"   {tally.core_ms:6.2f} ms of a core each   at most {tally.megabytes} MB in a worker",
        flush=True,
    )


def main() -> None:
    """Measure and print."""
    ballots = int(sys.argv[1]) if len(sys.argv) > 1 else BALLOTS
    tools = os.environ.get("BELENIOS_TOOL_DIR")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        installation = Installation(folder / "installation", is_production=True)
        installation.start_servers()
        try:
            installation.migrate()
            installation.run("manage.py", "make_log_key", "-v0")
            few = min(ballots, BALLOTS_FOR_SCALING)
            scaling = [
                measure(installation, ballots=few, workers=workers, folder=folder)
                for workers in (1, 2)
            ]
            for tally in scaling:
                show(tally)
            all_of_them = measure(installation, ballots=ballots, workers=2, folder=folder)
            show(all_of_them)
        finally:
            installation.stop()
        one, two = scaling
        print(
            f"two workers to one, {few} ballots each:"
            f" {two.a_second / one.a_second:.2f} times the ballots a second"
        )
        if tools is None:
            print("BELENIOS_TOOL_DIR is not set, so there is no peer beside it.")
            return
        tool = Path(tools) / "belenios-tool-3.3"
        peer = Peer(tool=tool, folder=folder / "peer", ballots=PEER_BALLOTS).measure()
        print(
            f"belenios-tool 3.3, its start-up taken out: {peer.without_start_up.core_ms:.2f} ms"
            f" of a core each, {peer.without_start_up.core_ms / all_of_them.core_ms:.2f} times ours"
        )


if __name__ == "__main__":
    main()
