import resource
import sqlite3
import subprocess

import pytest

from tests.factories.logs import FolderLog, event
from tests.integration.evote.processes import command, environment, run_until_request


def test_killed_before_any_answer_a_monitor_goes_on_where_it_was(log, web, watch):
    server, address = web
    arguments = ["monitor", address, "--key", log.vkey, "--state", "watch.db", "--once"]
    for round_ in range(2):
        for count in range(1, 40):
            if run_until_request(server, count, arguments) == 0:
                break
        else:
            pytest.fail("it never came to an end")
        assert count > 3
        with sqlite3.connect("watch.db") as database:
            [progress] = database.execute("SELECT next_height, last_type FROM elections")
        assert progress == (log.size, "Ballot")
        if round_ == 0:
            log.grow(*(event(height) for height in range(300, 900)))
    assert watch()[0] == 0


def elections(number):
    return [
        event(0, election=f"{place:x}".replace("0", "z").rjust(14, "Z"), type="Setup")
        for place in range(16, number)
    ]


def test_d14_on_a_full_disk_a_monitor_forgets_nothing_and_goes_on_later(tmp_path, watch):
    log = FolderLog(tmp_path / "many", entries=elections(4096))
    log.publish()

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    arguments = ["monitor", log.folder, "--key", log.vkey, "--state", "watch.db", "--once"]
    done = subprocess.run(
        command(arguments),
        capture_output=True, text=True, preexec_fn=limit, check=False, env=environment(),
    )  # fmt: skip
    assert done.returncode == 2
    assert "watch.db" in done.stdout
    assert "will try again" in done.stdout
    status, output, _ = watch(address=log.folder)
    assert status == 0
    assert f"{log.size} entries, all checked" in output


def test_d14_a_finding_is_said_where_its_evidence_finds_no_room(watch, log, tmp_path):
    (tmp_path / "kept").write_text("in the way")
    log.grow(b"no JSON")
    status, output, _ = watch()
    assert status == 1
    assert "THE LOG IS WRONG (entry)" in output
    assert "the evidence is not kept" in output
