"""One PostgreSQL and one Valkey for a whole test run; xdist's workers inherit their addresses.

A plugin and not a conftest.py, because pytest-django reads the settings, and they the
addresses, before any conftest.py is loaded. Every run has servers of its own.
"""

import os
import tempfile
from pathlib import Path

import pytest

from config.embedded.child import CannotStart
from config.embedded.postgres import Postgres
from config.embedded.valkey import Valkey


class Servers:
    """The servers of one run, in a folder that goes with it."""

    def __init__(self) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="pnyx-test-")
        folder = Path(self.folder.name)
        os.environ.setdefault("PNYX_DEBUG", "1")
        os.environ.setdefault("PNYX_DATA_DIR", str(folder / "data"))
        # All tests are one subscriber; the tests of the limits set their own.
        for scope in ("READS", "CASTS", "WRITES"):
            os.environ.setdefault(f"PNYX_{scope}_PER_MINUTE", "1000000")
        self.postgres = Postgres(folder / "postgres")
        self.valkey = Valkey(folder / "valkey", sockets=self.postgres.sockets)
        if "DATABASE_URL" not in os.environ:
            # Tests that kill a server start their own, with the safe settings.
            # Fifty voters at once take fifty connections, and there may be several such tests.
            self.postgres.start(
                settings={
                    "fsync": "off",
                    "synchronous_commit": "off",
                    "max_connections": "300",
                }
            )
            os.environ["DATABASE_URL"] = self.postgres.url
        if "REDIS_URL" not in os.environ:
            self.valkey.start()
            os.environ["REDIS_URL"] = self.valkey.url

    def stop(self) -> None:
        """Stop what was started and remove its files."""
        self.valkey.stop()
        self.postgres.stop()
        self.postgres.sockets.rmdir()
        self.folder.cleanup()


SERVERS = pytest.StashKey[Servers]()


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Start the servers in the controlling process, unless the environment names others.

    Each of xdist's workers gets a Valkey database of its own, as pytest-django gives each a
    PostgreSQL database: one worker must not empty the counters of another.
    """
    if worker := os.environ.get("PYTEST_XDIST_WORKER"):
        number = int(worker.removeprefix("gw")) + 1
        os.environ["REDIS_URL"] = f"{os.environ['REDIS_URL']}?db={number}"
        return
    try:
        early_config.stash[SERVERS] = Servers()
    except CannotStart as error:
        raise pytest.UsageError(str(error)) from error


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop what was started."""
    if (servers := config.stash.get(SERVERS, None)) is not None:
        servers.stop()
