"""Where the demo keeps its state, and what its processes are told through the environment."""

import fcntl
import os
import secrets
import shutil
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from config.embedded.child import CannotStart
from config.embedded.folders import cannot_write

ROOT = Path(__file__).resolve().parent.parent.parent
LOCAL = ROOT / ".local"
HOST = "127.0.0.1"
# What a fresh start removes: everything but the packages and builds, which are slow to make anew.
STATE = (
    *("postgres", "valkey", "data", "mail", "log", "demo"),
    *("stamps/installation", "secret"),
)


@dataclass(frozen=True, slots=True)
class Place:
    """The folder of one demo, locked by the supervisor that holds `lock` open."""

    folder: Path
    lock: TextIO

    @property
    def logs(self) -> Path:
        """Where each child process writes what it has to say."""
        return self.folder / "log"

    def secret(self) -> str:
        """Return the demo's secret key, made at the first start."""
        file = self.folder / "secret"
        if not file.exists():
            descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="ascii") as stream:
                stream.write(secrets.token_urlsafe(64))
        return file.read_text(encoding="ascii")

    def forget(self) -> None:
        """Remove the state of earlier starts."""
        for name in STATE:
            path = self.folder / name
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)


def take_place() -> Place:
    """Lock the demo's folder for as long as this process lives.

    Raises:
        CannotStart: another demo runs here, or the folder cannot be written.

    """
    try:
        LOCAL.mkdir(exist_ok=True)
        lock = (LOCAL / "lock").open("a+", encoding="ascii")
    except OSError as error:
        raise CannotStart(cannot_write(LOCAL, error)) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        with lock:
            lock.seek(0)
            owner = lock.read().strip()
        msg = f"A demo is running here already (process {owner}): stop it first."
        raise CannotStart(msg) from error
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return Place(folder=LOCAL, lock=lock)


def free_port(wanted: int) -> int:
    """Return `wanted` if nobody listens there, else a port that is free."""
    for port in (wanted, 0):
        with socket.socket() as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listener.bind((HOST, port))
            except OSError:
                continue
            return int(listener.getsockname()[1])
    msg = "No port of this machine is free."
    raise CannotStart(msg)


def environment(*, place: Place, port: int, database_url: str, redis_url: str) -> dict[str, str]:
    """Return what every process of the demo is told: the production shape, on this machine."""
    own = {
        "DATABASE_URL": database_url,
        "PNYX_DATABASE_OWNER_URL": "",
        "REDIS_URL": redis_url,
        "PNYX_DEBUG": "0",
        "PNYX_SECRET_KEY": place.secret(),
        "PNYX_BASE_URL": f"http://{HOST}:{port}",
        "PNYX_ALLOWED_HOSTS": f"{HOST},localhost",
        "PNYX_DATA_DIR": str(place.folder / "data"),
        "PNYX_LOG_KEY_FILE": str(place.folder / "data" / "log.key"),
        # Set once the log has its key: the policy names it.
        "PNYX_LOG_POLICY_FILE": "",
        "PNYX_EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend",
        "PNYX_MAIL_DIR": str(place.folder / "mail"),
        # The printed sign-ins work at once; a real installation asks officers for more.
        "PNYX_ROLES_NEED_SECOND_FACTOR": "0",
        "PNYX_FROM_EMAIL": "pnyx@example.org",
        "PYTHONUNBUFFERED": "1",
    }
    return {**os.environ, **own}
