"""The last resort: database and files are restored to an older copy, and nobody has a newer one."""

import shutil

import pytest

from tests.integration.drills.test_log_restore import (
    PROGRAMS,
    append,
    dump,
    health,
    log_detail,
    restore,
    signed_size,
)
from tests.integration.drills.test_log_restore import (
    installation as installation,
)

pytestmark = pytest.mark.slow

WHY = "The machine room burned, and both copies with it."


def test_a84_a_log_that_nobody_can_bring_back_is_closed_and_another_goes_on(installation, tmp_path):
    append(installation, 200)
    assert "The log is not halted" in installation.refusal("manage.py", "close_log")
    dump(installation, tmp_path / "old.dump")
    files = installation.folder / "data" / "log"
    shutil.copytree(files, tmp_path / "files")
    append(installation, 100)
    final, old = installation.get("/log/checkpoint"), installation.get("/log/key").decode().strip()
    origin = old.split("+")[0]
    (tmp_path / "old").write_bytes(installation.get("/log/entries/250.tlog-proof"))
    burn(installation, tmp_path)

    shown = installation.run("manage.py", "close_log")
    assert "Nothing was changed. There is no way back from this." in shown
    said = installation.run("manage.py", "close_log", "--reason", WHY, "--confirm", origin)
    assert f"The log {origin} is closed for ever." in said
    for name in PROGRAMS:
        installation.start(name)
    installation.wait_for("the site", installation.is_answering)

    installation.wait_for("the new log", lambda: signed_size(installation) == 201)
    append(installation, 1)
    new = installation.get("/log/key").decode().strip()
    assert new in said
    assert new.startswith(f"{origin}/20")
    (tmp_path / "new").write_bytes(installation.get("/log/entries/201.tlog-proof"))
    for receipt, key in (("old", old), ("new", new)):
        check(installation, tmp_path / receipt, key=key)
    folder = f"/log/closed/{origin.replace(':', '-').replace('/', '-')}"
    assert installation.get(f"{folder}/final-checkpoint") == final
    assert installation.get(f"{folder}/statement").startswith(b"pnyx log-closed 1\n")
    assert installation.get(f"{folder}/checkpoint") == (tmp_path / "files/checkpoint").read_bytes()
    installation.wait_for(
        "good health", lambda: health(installation)["parts"]["log"]["status"] == "up"
    )


def burn(installation, tmp_path):
    """Restore what is left: the older dump, and the public files of its day."""
    for name in PROGRAMS:
        installation.kill(name)
    restore(installation, tmp_path / "old.dump")
    files = installation.folder / "data" / "log"
    shutil.rmtree(files)
    shutil.copytree(tmp_path / "files", files)
    for name in PROGRAMS:
        installation.start(name)
    installation.wait_for("the site", installation.is_answering)
    installation.wait_for(
        "the alarm", lambda: "restored from an older copy" in log_detail(installation)
    )
    for name in PROGRAMS:
        installation.kill(name)


def check(installation, receipt, *, key):
    installation.run("-m", "evote.cli.main", "receipt", "check", str(receipt), "--key", key)
