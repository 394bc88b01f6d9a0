"""One whole installation in a folder: PostgreSQL, Valkey, web, worker and beat, each killable.

The servers run with the settings of production: fsync and synchronous_commit are on. The
programs do where that is asked for; else DEBUG is set, because the order of ballots within a batch
may be fixed there alone.
"""

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from config.embedded.child import die_with_parent, stop
from config.embedded.postgres import Postgres
from config.embedded.valkey import Valkey

ROOT = Path(__file__).resolve().parents[3]
HOST = "127.0.0.1"
ORDER_KEY = "7" * 64
WAIT_SECONDS = 120.0
REQUEST_SECONDS = 30.0


class TookTooLong(AssertionError):
    """Something that had to happen did not."""


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        return int(listener.getsockname()[1])


@dataclass
class Installation:
    """The parts of one installation; each can be started, killed and started again."""

    folder: Path
    port: int = field(default_factory=free_port)
    web_workers: int = 1
    web_threads: int = 32
    # One batch, at closing: then its order depends on the ballots and the key alone.
    batch_seconds: int = 86_400
    # What measures needs this: a debugging server writes every query down, with what is in it.
    is_production: bool = False

    def __post_init__(self) -> None:
        self.postgres = Postgres(self.folder / "postgres")
        self.valkey = Valkey(self.folder / "valkey", sockets=self.postgres.sockets)
        self.programs: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def url(self) -> str:
        """Where the site answers."""
        return f"http://{HOST}:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """What every process of the installation is told."""
        return os.environ | {
            "DATABASE_URL": self.postgres.application_url,
            "REDIS_URL": self.valkey.url,
            "PNYX_DEBUG": "0" if self.is_production else "1",
            "PNYX_SECRET_KEY": "drill",
            "PNYX_BASE_URL": "http://127.0.0.1:8000",
            "PNYX_ALLOWED_HOSTS": HOST,
            "PNYX_DATA_DIR": str(self.folder / "data"),
            "PNYX_LOG_KEY_FILE": str(self.folder / "data" / "log.key"),
            "PNYX_BALLOT_ORDER_KEY": "" if self.is_production else ORDER_KEY,
            "PNYX_BALLOT_BATCH_SECONDS": str(self.batch_seconds),
            # Everything here comes from one address.
            "PNYX_CASTS_PER_MINUTE": "1000000",
            "PNYX_READS_PER_MINUTE": "1000000",
            "PNYX_EMAIL_BACKEND": "django.core.mail.backends.locmem.EmailBackend",
        }

    def start_servers(self) -> None:
        """Start PostgreSQL and Valkey."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.start("postgres")
        self.start("valkey")

    def start_all(self) -> None:
        """Start every part and wait until the site answers."""
        self.start_servers()
        for name in ("web", "worker", "beat"):
            self.start(name)
        self.wait_for("the site", self.is_answering)

    def start(self, name: str) -> None:
        """Start one part that does not run."""
        if name == "postgres":
            (self.postgres.data / "postmaster.pid").unlink(missing_ok=True)
            self.postgres.start(settings={})
        elif name == "valkey":
            self.valkey.start()
        else:
            with (self.folder / f"{name}.log").open("ab") as log:
                self.programs[name] = subprocess.Popen(
                    self._command(name),
                    cwd=ROOT,
                    env=self.environment,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    preexec_fn=die_with_parent(by=signal.SIGTERM),
                )

    def kill(self, name: str) -> None:
        """`kill -9` one part with all its processes."""
        if name == "postgres":
            process, self.postgres.process = self.postgres.process, None
        elif name == "valkey":
            process, self.valkey.process = self.valkey.process, None
        else:
            process = self.programs.pop(name)
        assert process is not None
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def has_loaded(self, name: str, file: str) -> bool:
        """Say whether a process of a part has mapped a file of this name."""
        return any(
            file in process.joinpath("maps").read_text()
            for process in Path("/proc").glob("[0-9]*")
            if _group(process) == self.programs[name].pid
        )

    def stop(self) -> None:
        """Stop every part in order."""
        for process in self.programs.values():
            stop(process, by=signal.SIGTERM, seconds=15)
        self.programs.clear()
        self.valkey.stop()
        self.postgres.stop()
        self.postgres.sockets.rmdir()

    def migrate(self) -> None:
        """Make the tables as their owner, and the role of the application."""
        self.run("-m", "tests.integration.drills.migrate", told=self.as_owner)

    @property
    def as_owner(self) -> dict[str, str]:
        """What `manage.py prepare` is told besides."""
        return {"PNYX_DATABASE_OWNER_URL": self.postgres.url}

    def run(self, *command: str, told: Mapping[str, str] | None = None) -> str:
        """Run a Python module or manage.py command to its end and return what it prints."""
        result = self._run(*command, told=told)
        assert result.returncode == 0, result.stderr
        return result.stdout

    def refusal(self, *command: str, told: Mapping[str, str] | None = None) -> str:
        """Run a command that must fail, and return what it says."""
        result = self._run(*command, told=told)
        assert result.returncode != 0, result.stdout
        return result.stdout + result.stderr

    def _run(
        self, *command: str, told: Mapping[str, str] | None
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *command],
            cwd=ROOT,
            env=self.environment | dict(told or {}),
            check=False,
            capture_output=True,
            text=True,
        )

    def sql(self, query: str, *parameters: object) -> list[tuple[object, ...]]:
        """Ask the database directly, as an operator with all rights could."""
        with psycopg.connect(self.postgres.url, autocommit=True) as connection:
            cursor = connection.execute(query, parameters or None)
            return cursor.fetchall() if cursor.description else []

    def phase(self, uuid: str) -> str:
        """Return the election's phase, or nothing while the database is away."""
        try:
            rows = self.sql("SELECT phase FROM voting_election WHERE uuid = %s", uuid)
        except psycopg.OperationalError:
            return ""
        return str(rows[0][0])

    def is_answering(self) -> bool:
        """Say whether the web server answers at all."""
        try:
            self.get("/api/elections")
        except OSError:
            return False
        return True

    def get(self, path: str) -> bytes:
        """Fetch one address."""
        with urllib.request.urlopen(self.url + path, timeout=REQUEST_SECONDS) as response:
            return bytes(response.read())

    def post(self, path: str, value: object) -> tuple[int, dict[str, object]]:
        """Send compact JSON; return status and answer. OSError when nobody answers."""
        body = json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
        request = urllib.request.Request(
            self.url + path, data=body, headers={"Content-Type": "application/json"}
        )
        try:
            with urllib.request.urlopen(request, timeout=REQUEST_SECONDS) as response:
                return response.status, json.load(response)
        except urllib.error.HTTPError as error:
            if error.code >= 500:
                raise ConnectionError(error.code) from error
            return error.code, json.load(error)

    def insist(self, path: str, value: object) -> dict[str, object]:
        """Send the same bytes again until there is a definite answer, as the booth does."""
        answer: dict[str, object] = {}

        def sent() -> bool:
            nonlocal answer
            try:
                status, answer = self.post(path, value)
            except OSError:
                return False
            assert status in {200, 201, 202}, (status, answer)
            return True

        self.wait_for(f"an answer from {path}", sent)
        return answer

    def wait_for(self, what: str, question: Callable[[], bool]) -> None:
        """Ask again until the answer is yes."""
        end = time.monotonic() + WAIT_SECONDS
        while not question():
            if time.monotonic() > end:
                msg = f"waited {WAIT_SECONDS:.0f} s for {what}; see {self.folder}"
                raise TookTooLong(msg)
            time.sleep(0.1)

    def _command(self, name: str) -> list[str]:
        python = [sys.executable, "-m"]
        return {
            "web": [
                *python, "granian", "--interface", "wsgi", "--http", "1", "--no-ws",
                "--host", HOST, "--port", str(self.port), "--log-level", "warning",
                "--workers", str(self.web_workers), "--blocking-threads", str(self.web_threads),
                "config.wsgi:application",
            ],
            "worker": [
                *python, "celery", "-A", "config", "worker", "--loglevel", "warning",
                "--concurrency", "2", "--hostname", f"worker-{secrets.token_hex(4)}@pnyx",
                "--without-mingle", "--without-gossip", "--without-heartbeat",
            ],
            "beat": [
                *python, "celery", "-A", "config", "beat", "--loglevel", "warning",
                "--pidfile=", "--schedule", str(self.folder / "beat"),
            ],
        }[name]  # fmt: skip


def _group(process: Path) -> int | None:
    """Return the process group of a process in /proc; None of one that has gone."""
    try:
        return os.getpgid(int(process.name))
    except ProcessLookupError:
        return None
