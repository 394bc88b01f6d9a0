"""The demo's own child processes: how each starts, and who notices when one dies."""

import signal
import subprocess
import sys
from collections import deque
from dataclasses import dataclass
from pathlib import Path

from config.demo.place import HOST, ROOT, Place
from config.embedded.child import die_with_parent, stop

STOP_SECONDS = 10.0
LAST_LINES = 15
# One web process a core: checking proofs keeps it busy. bench/casting.py measures.
WEB_PROCESSES = 2
WEB_THREADS = 4
WORKER_PROCESSES = 2


class ChildDied(Exception):
    """A process that must run does not. The message names it and shows its last words."""


@dataclass(frozen=True, slots=True)
class Child:
    """One child process and the file of what it says.

    Without one that `may_end` the demo goes on, as the installation would: a witness.
    """

    name: str
    process: subprocess.Popen[bytes]
    log: Path
    may_end: bool = False

    def last_words(self) -> str:
        """Return the end of what it wrote."""
        try:
            with self.log.open(encoding="utf-8", errors="replace") as lines:
                return "".join(deque(lines, LAST_LINES)).rstrip()
        except OSError:
            return ""

    def see_alive(self) -> None:
        """Look whether it runs.

        Raises:
            ChildDied: it does not.

        """
        status = self.process.poll()
        if status is not None and not self.may_end:
            how = f"was killed by signal {-status}" if status < 0 else f"ended with {status}"
            msg = f"{self.name} {how}; the end of {self.log}:\n{self.last_words()}"
            raise ChildDied(msg)

    def stop(self) -> None:
        """Ask it to end, then see to it; its whole session goes."""
        stop(self.process, by=signal.SIGTERM, seconds=STOP_SECONDS)


# By what some die with the supervisor. A worker that was asked gently would wait for Valkey.
DEATH = {"worker": signal.SIGQUIT}


def commands(*, port: int) -> dict[str, list[str]]:
    """Return the commands of the web server, the worker and beat, by name."""
    python = [sys.executable, "-m"]
    return {
        "web": [
            *python,
            *("granian", "--interface", "wsgi", "--http", "1", "--no-ws"),
            *("--host", HOST, "--port", str(port), "--log-level", "warning"),
            *("--workers", str(WEB_PROCESSES), "--blocking-threads", str(WEB_THREADS)),
            "config.wsgi:application",
        ],
        "worker": [
            *python,
            *("celery", "-A", "config", "worker", "--loglevel", "warning"),
            *("--concurrency", str(WORKER_PROCESSES), "--hostname", "worker@pnyx"),
            *("--without-mingle", "--without-gossip", "--without-heartbeat"),
        ],
        "beat": [
            *python,
            *("celery", "-A", "config", "beat", "--loglevel", "warning", "--pidfile="),
            *("--schedule", str(ROOT / ".local" / "demo" / "beat")),
        ],
    }


def start(
    *, name: str, command: list[str], place: Place, env: dict[str, str], may_end: bool = False
) -> Child:
    """Start one child process; it dies with its parent."""
    place.logs.mkdir(exist_ok=True)
    path = place.logs / f"{name}.log"
    with path.open("ab") as log:
        process = subprocess.Popen(  # noqa: S603 - our own commands
            command,
            cwd=ROOT,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            preexec_fn=die_with_parent(by=DEATH.get(name, signal.SIGTERM)),
        )
    return Child(name=name, process=process, log=path, may_end=may_end)
