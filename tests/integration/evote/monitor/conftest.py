from contextlib import ExitStack

import pytest

from tests.factories.log_server import serve_log
from tests.factories.logs import FolderLog, election_events
from tests.integration.evote.monitor.evidence import kept


@pytest.fixture
def log(tmp_path):
    log = FolderLog(tmp_path / "log", entries=election_events(300))
    log.publish()
    return log


@pytest.fixture
def serve():
    with ExitStack() as stack:
        yield lambda folder: stack.enter_context(serve_log(folder))


@pytest.fixture
def web(log, serve):
    return serve(log.folder)


@pytest.fixture
def watch(run, log, web):
    """Look once, at the server unless told otherwise, without patience."""

    def watch(*arguments, address=web[1], key=log.vkey, patience=0):
        trust = ("--key", key) if "--policy" not in arguments else ()
        return run(
            "monitor", address, *trust, "--state", "watch.db", "--once",
            "--patience", patience, "--evidence", "kept", *arguments,
        )  # fmt: skip

    return watch


@pytest.fixture
def judge(run, log):
    """Check the kept evidence offline; give the exit status."""
    return lambda kind, *copy, key=log.vkey: run("finding", kept(kind), "--key", key, *copy)
