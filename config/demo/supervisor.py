"""Start everything, watch everything, and leave nothing behind."""

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from types import FrameType

from config.demo import processes
from config.demo.place import HOST, ROOT, Place, environment, free_port
from config.demo.processes import Child, ChildDied
from config.demo.witnesses import keys_of_log, make_witnesses, write_policy
from config.embedded.child import CannotStart, die_with_parent, stop
from config.embedded.folders import socket_folder
from config.embedded.postgres import Postgres
from config.embedded.valkey import Valkey
from config.front_end import build, fingerprint
from config.progress import say, step

SITE_TIMEOUT_SECONDS = 60.0
WATCH_INTERVAL_SECONDS = 0.1
QUESTION_INTERVAL_SECONDS = 0.2
# What decides whether an installation must be prepared anew.
INSTALLATION = (
    *(f"{app}/migrations" for app in ("accounts", "audit", "voting", "deliberation")),
    *("evote", "locale", "static/dist", "requirements/server.txt", "pyproject.toml"),
    *("config/management/commands/prepare.py", "config/database_role.py"),
)


class Stopped(Exception):
    """Somebody asked the demo to end."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the command line asks for."""

    port: int
    once: bool
    fresh: bool


class Supervisor:
    """The one process that owns all the others."""

    def __init__(self, *, place: Place, wishes: Wishes) -> None:
        self.place = place
        self.wishes = wishes
        self.stopped = False
        # Who owns the tables: only `prepare` is told.
        self.owner_url = os.environ.get("PNYX_DATABASE_OWNER_URL", "")
        self.children: list[Child] = []
        self.afterwards: list[Callable[[], None]] = []

    def run(self) -> None:
        """Start everything in order; then watch until somebody stops it.

        Raises:
            CannotStart, ChildDied, Stopped, CannotBuild: why it ended.

        """
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._note_stop)
        started = time.monotonic()
        try:
            if self.wishes.fresh or self._was_interrupted():
                self._forget()
            build()
            port = self._choose_port()
            env = environment(
                place=self.place,
                port=port,
                database_url=self._database_url(),
                redis_url=os.environ.get("REDIS_URL") or self._start_valkey(),
            )
            self._prepare(env | {"PNYX_DATABASE_OWNER_URL": self.owner_url})
            env["PNYX_LOG_POLICY_FILE"] = self._start_witnesses(env)
            self._serve(port=port, env=env, started=started)
            self._load(env)
            # A worker's first sign of life takes some seconds.
            self._wait_until(_is_well, f"http://{HOST}:{port}/health")
            say(f"Every part is up: http://{HOST}:{port}/health")
            if not self.wishes.once:
                say("Press Ctrl-C to stop.")
                self._watch_for_ever()
        finally:
            self._stop_all()

    def _note_stop(self, number: int, frame: FrameType | None) -> None:
        self.stopped = True

    def _forget(self) -> None:
        if "DATABASE_URL" in os.environ or "REDIS_URL" in os.environ:
            msg = "--fresh removes the demo's own servers only: empty your own ones yourself."
            raise CannotStart(msg)
        with step("Removing what earlier starts left"):
            self.place.forget()

    def _was_interrupted(self) -> bool:
        """Say whether an earlier start ended in the middle of its load."""
        begun = (self.place.folder / "demo" / "begun").exists()
        done = (self.place.folder / "demo" / "summary.json").exists()
        own = "DATABASE_URL" not in os.environ and "REDIS_URL" not in os.environ
        if begun and not done and own:
            say("The last start ended in the middle of its load: starting anew.")
        return begun and not done and own

    def _load(self, env: dict[str, str]) -> None:
        (self.place.folder / "demo" / "begun").touch()
        self._run_to_its_end("demo", env=env)

    def _choose_port(self) -> int:
        port = free_port(self.wishes.port)
        if port != self.wishes.port:
            say(f"Port {self.wishes.port} is taken; using {port}.")
        return port

    def _database_url(self) -> str:
        return os.environ.get("DATABASE_URL") or self._start_postgres()

    def _start_postgres(self) -> str:
        server = Postgres(self.place.folder / "postgres")
        self.afterwards.append(lambda: server.sockets.rmdir())
        self.afterwards.append(server.stop)
        with step("Starting PostgreSQL"):
            server.start(settings={})
        assert server.process is not None
        log = server.data.parent / "postgres.log"
        self.children.append(Child(name="PostgreSQL", process=server.process, log=log))
        self.owner_url = server.url
        return server.application_url

    def _start_valkey(self) -> str:
        data = self.place.folder / "valkey"
        server = Valkey(data, sockets=socket_folder(self.place.folder / "postgres"))
        self.afterwards.append(server.stop)
        with step("Starting Valkey"):
            server.start()
        assert server.process is not None
        log = data / "valkey.log"
        self.children.append(Child(name="Valkey", process=server.process, log=log))
        return server.url

    def _prepare(self, env: dict[str, str]) -> None:
        """Migrate and collect, unless nothing changed since the last start."""
        state = fingerprint(INSTALLATION) + env["DATABASE_URL"] + env["PNYX_BASE_URL"]
        stamp = self.place.folder / "stamps" / "installation"
        own_database = "DATABASE_URL" not in os.environ
        if own_database and stamp.exists() and stamp.read_text(encoding="utf-8") == state:
            return
        self._run_to_its_end("prepare", env=env)
        stamp.parent.mkdir(exist_ok=True)
        stamp.write_text(state, encoding="utf-8")

    def _start_witnesses(self, env: dict[str, str]) -> str:
        """Start those who cosign the log; return where the policy that names them lies."""
        folder = self.place.folder / "demo"
        folder.mkdir(exist_ok=True)
        log_keys = keys_of_log(Path(env["PNYX_LOG_KEY_FILE"]))
        with step("Starting three witnesses, of which any two have to cosign the log"):
            witnesses = make_witnesses(folder / "witnesses")
            for witness in witnesses:
                self._start_child(
                    f"witness-{witness.name.lower()}",
                    command=witness.command(log_keys=log_keys),
                    env=env,
                    may_end=True,
                )
        policy = folder / "policy"
        write_policy(policy, witnesses=witnesses, log_keys=log_keys, site=env["PNYX_BASE_URL"])
        return str(policy)

    def _start_child(
        self, name: str, *, command: list[str], env: dict[str, str], may_end: bool = False
    ) -> None:
        child = processes.start(
            name=name, command=command, place=self.place, env=env, may_end=may_end
        )
        self.children.append(child)
        self.afterwards.append(child.stop)

    def _serve(self, *, port: int, env: dict[str, str], started: float) -> None:
        with step("Starting the web server"):
            for name, command in processes.commands(port=port).items():
                self._start_child(name, command=command, env=env)
                if name == "web":  # the page first: the others start while people look at it
                    self._wait_until(_speaks, f"http://{HOST}:{port}/health")
        say(f"Serving http://{HOST}:{port}/ after {time.monotonic() - started:.1f} s.")

    def _wait_until(self, question: Callable[[str], bool], address: str) -> None:
        end = time.monotonic() + SITE_TIMEOUT_SECONDS
        while not question(address):
            self._look_after_all()
            if time.monotonic() > end:
                msg = f"{address} does not answer as it should; see the files in {self.place.logs}"
                raise CannotStart(msg)
            time.sleep(QUESTION_INTERVAL_SECONDS)

    def _run_to_its_end(self, command: str, *, env: dict[str, str]) -> None:
        process = subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "manage.py", command],
            cwd=ROOT,
            env={**env, "PNYX_LOG_LEVEL": "WARNING"},
            stdin=subprocess.DEVNULL,
            preexec_fn=die_with_parent(by=signal.SIGTERM),
        )
        try:
            while process.poll() is None:
                self._look_after_all()
                time.sleep(WATCH_INTERVAL_SECONDS)
        finally:
            stop(process, by=signal.SIGTERM, seconds=5)
        if process.returncode != 0:
            msg = f"`manage.py {command}` failed; see above."
            raise ChildDied(msg)

    def _watch_for_ever(self) -> None:
        while True:
            self._look_after_all()
            time.sleep(WATCH_INTERVAL_SECONDS)

    def _look_after_all(self) -> None:
        if self.stopped:
            raise Stopped
        for child in self.children:
            child.see_alive()

    def _stop_all(self) -> None:
        """Stop in the reverse order, whatever happens, and ask the slow ones first."""
        for child in self.children:
            if child.name not in {"PostgreSQL", "Valkey"} and child.process.poll() is None:
                child.process.terminate()
        while self.afterwards:
            try:
                self.afterwards.pop()()
            except OSError as error:
                say(f"While stopping: {error}")


def _speaks(address: str) -> bool:
    """Say whether the site answers there, be it that some part is still on its way."""
    try:
        with urllib.request.urlopen(address, timeout=5):  # noqa: S310 - our own address
            return True
    except urllib.error.HTTPError as error:
        return error.code == HTTPStatus.SERVICE_UNAVAILABLE
    except OSError:
        return False


def _is_well(address: str) -> bool:
    """Say whether the answer there is a good one."""
    try:
        with urllib.request.urlopen(address, timeout=5):  # noqa: S310 - our own address
            return True
    except OSError:
        return False
