"""Drill D8: the database is restored to an older dump, and the log comes back from a mirror."""

import json
import shutil
import subprocess
import urllib.error
from pathlib import Path

import pytest

from tests.factories.log_server import serve_log
from tests.integration.drills.installation import Installation

pytestmark = pytest.mark.slow

PROGRAMS = ("web", "worker", "beat")


@pytest.fixture
def installation(tmp_path):
    made = Installation(tmp_path / "run")
    made.start_servers()
    try:
        made.migrate()
        made.run("manage.py", "make_log_key")
        made.run("manage.py", "add_organisation", "Northfield", "northfield")
        for name in PROGRAMS:
            made.start(name)
        made.wait_for("the site", made.is_answering)
        yield made
    finally:
        made.stop()


def append(installation: Installation, number: int) -> None:
    """Put entries in the outbox, as the ballot box does, and wait until they are published."""
    installation.run("-m", "tests.integration.drills.append", str(number))
    size = installation.sql(
        "SELECT (SELECT count(*) FROM audit_logentry) + (SELECT count(*) FROM audit_pendingentry)"
    )[0][0]
    installation.wait_for("the checkpoint", lambda: signed_size(installation) == size)


def signed_size(installation: Installation) -> int:
    try:
        return int(installation.get("/log/checkpoint").split(b"\n")[1])
    except urllib.error.HTTPError:
        return 0


def dump(installation: Installation, path: Path) -> None:
    tool = installation.postgres.binaries / "pg_dump"
    command = [tool, "--format", "custom", "--file", path, installation.postgres.url]
    subprocess.run(list(map(str, command)), check=True)


def restore(installation: Installation, path: Path) -> None:
    """Put the older dump in the place of the database, as an operator would."""
    binaries, url = installation.postgres.binaries, installation.postgres.url
    admin = url.replace("/pnyx?", "/postgres?")
    for statement in ("DROP DATABASE pnyx WITH (FORCE)", "CREATE DATABASE pnyx"):
        subprocess.run([str(binaries / "psql"), admin, "-qc", statement], check=True)
    subprocess.run(
        [str(binaries / "pg_restore"), "--exit-on-error", "--dbname", url, str(path)], check=True
    )


def health(installation: Installation) -> dict[str, object]:
    try:
        return dict(json.loads(installation.get("/health")))
    except urllib.error.HTTPError as error:
        return dict(json.load(error))


def log_detail(installation: Installation) -> str:
    return str(health(installation)["parts"]["log"].get("detail", ""))


def test_d8_a84_a_log_that_was_set_back_refuses_says_so_and_comes_back_from_a_mirror(
    installation, tmp_path
):
    append(installation, 200)
    dump(installation, tmp_path / "old.dump")
    append(installation, 100)
    newest = installation.get("/log/checkpoint")
    rows = installation.sql("SELECT index, body FROM audit_logentry ORDER BY index")
    receipt = installation.get("/log/entries/250.tlog-proof")
    mirror = tmp_path / "mirror"
    shutil.copytree(installation.folder / "data" / "log", mirror)

    for name in PROGRAMS:
        installation.kill(name)
    restore(installation, tmp_path / "old.dump")
    for name in PROGRAMS:
        installation.start(name)
    installation.wait_for("the site", installation.is_answering)

    refuses_and_says_so(installation, newest)
    for name in PROGRAMS:
        installation.kill(name)
    rehearse(installation, str(mirror))
    with serve_log(mirror) as (_, address):
        said = installation.run("manage.py", "recover_log", address)
    assert "100 entries came back, from 200 to 300" in said
    assert "election-event of election" in said
    for name in PROGRAMS:
        installation.start(name)
    installation.wait_for("the site", installation.is_answering)

    goes_on(installation, newest, rows)
    (tmp_path / "receipt").write_bytes(receipt)
    key = installation.get("/log/key").decode().strip()
    installation.run(
        "-m", "evote.cli.main", "receipt", "check", str(tmp_path / "receipt"), "--key", key
    )


def refuses_and_says_so(installation: Installation, newest: bytes) -> None:
    installation.wait_for(
        "the alarm", lambda: "restored from an older copy" in log_detail(installation)
    )
    assert "manage.py recover_log" in log_detail(installation)
    installation.run("-m", "tests.integration.drills.append", "3")
    installation.wait_for("the banner", lambda: b"The audit log is halted" in installation.get("/"))
    assert b"manage.py recover_log" in installation.get("/log/")
    assert installation.get("/log/checkpoint") == newest
    assert installation.sql("SELECT count(*) FROM audit_logentry") == [(200,)]
    assert installation.sql("SELECT count(*) FROM audit_pendingentry") == [(3,)]


def rehearse(installation: Installation, folder: str) -> None:
    said = installation.run("manage.py", "recover_log", folder, "--dry-run")
    assert "100 entries would come back, from 200 to 300" in said
    assert installation.sql("SELECT count(*) FROM audit_logentry") == [(200,)]


def goes_on(installation: Installation, newest: bytes, rows: list[tuple[object, ...]]) -> None:
    """The same entries at the same places, the same checkpoint, and then those that waited."""
    kept = installation.sql("SELECT note FROM audit_checkpoint WHERE head_id = 300")
    assert bytes(kept[0][0]) == newest
    again = installation.sql("SELECT index, body FROM audit_logentry WHERE index < 300 ORDER BY 1")
    assert again == rows
    installation.wait_for("the log to go on", lambda: signed_size(installation) == 303)
    installation.wait_for(
        "good health", lambda: health(installation)["parts"]["log"]["status"] == "up"
    )
    installation.wait_for(
        "no banner", lambda: b"The audit log is halted" not in installation.get("/")
    )
