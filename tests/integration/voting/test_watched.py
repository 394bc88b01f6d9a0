"""The server's own log, as monitors and mirrors of other people find it."""

import json
import shutil
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.db import connection

from audit.models import LogEntry
from audit.selectors import verifier_key
from audit.selectors.tree import latest_head
from audit.services import publishing, witness_marks
from audit.services.evidence import file_evidence, private_filing
from audit.services.log import append_entry
from audit.services.recovery import recover_log
from audit.services.rotating import begin_rotation
from audit.services.sequencing import sequence
from evote.cli.log_source import open_log
from evote.cli.main import main
from evote.tlog.note import SigningKey
from tests.factories.audit import BODIES
from tests.factories.log_server import serve_log
from tests.factories.voting import make_election
from tests.integration.audit.test_recovery import set_back_to
from voting.models import Election
from voting.services.receipts import receipt_for

TODAY = date(2026, 11, 21)
# Of these, the example of the kind alone says nothing that a log may hold.
NEED_A_CONTEXT = {"key-rotation", "log-succession", "election-event"}
VOTES = [(0, [[1, 0], [0, 1, 0, 0]]), (1, [[0, 1], [0, 0, 1, 0]]), (0, [[0, 1], [1, 0, 0, 0]])]
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def a_key_of_its_own(settings, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    witness_marks._silent_until.clear()
    settings.LOG_KEY_FILE = tmp_path / "keys" / "log.key"
    settings.LOG_KEY_FILE.parent.mkdir()
    settings.LOG_KEY_FILE.touch(mode=0o600)
    settings.LOG_KEY_FILE.write_text(SigningKey.generate(name="127.0.0.1:8000/log").encode())


@pytest.fixture
def run(capfd):
    def run(*arguments):
        status = main([str(argument) for argument in arguments])
        return status, capfd.readouterr().out

    return run


def watch(run, key):
    folder = publishing.log_folder()
    return run("monitor", folder, "--key", key, "--state", "w.db", "--once", "--patience", "0")


def copy(run, key, source):
    return run("mirror", source, "copy", "--key", key, "--once", "--patience", "0")


def test_entries_of_every_kind_and_two_whole_elections_are_accepted(run):
    first_key = verifier_key()
    for kind, body in BODIES.items():
        if kind not in NEED_A_CONTEXT:
            append_entry(kind=kind, body=body)
    sequence(today=TODAY)
    assert watch(run, first_key)[0] == 0
    for _ in range(2):
        make_election(phase=Election.Phase.PUBLISHED, voters=3, votes=VOTES)
    sequence(today=TODAY)
    status, output = watch(run, first_key)
    assert status == 0
    assert f"{LogEntry.objects.count()} entries, all checked" in output


def test_a_change_of_the_installations_key_is_followed(run):
    first_key = verifier_key()
    for number in range(3):
        append_entry(kind="software", body=BODIES["software"] | {"version": f"1.{number}"})
        sequence(today=TODAY)
        assert [watch(run, first_key)[0], copy(run, first_key, publishing.log_folder())[0]] == [
            0,
            0,
        ]
        begin_rotation()
        sequence(today=TODAY)
        assert [watch(run, first_key)[0], copy(run, first_key, publishing.log_folder())[0]] == [
            0,
            0,
        ]
    assert verifier_key() != first_key
    assert run("mirror", "check", "copy", "--key", first_key)[0] == 0
    assert run("mirror", "check", "copy", "--key", verifier_key())[0] == 0


@pytest.mark.parametrize("way", ["mirror's folder", "restored folder", "address"])
def test_a84_a_database_that_was_set_back_takes_its_entries_back_from_a_mirror(run, way):
    for number in range(300):
        append_entry(kind="software", body=BODIES["software"] | {"version": f"1.{number}"})
    sequence(today=TODAY)
    key = verifier_key()
    root = bytes(latest_head().root)
    assert copy(run, key, publishing.log_folder())[0] == 0
    set_back_to(0)
    shutil.rmtree(publishing.log_folder())
    assert run("mirror", "restore", "copy", "restored", "--key", key)[0] == 0
    [mirrored] = [path for path in Path("copy").iterdir() if len(path.name) == 64]
    with serve_log(mirrored) as (_, address):
        source = {
            "mirror's folder": str(mirrored),
            "restored folder": "restored",
            "address": address,
        }[way]
        recovery = recover_log(copy=open_log(source), today=TODAY, progress=lambda *_: None)
    assert (recovery.old_size, recovery.new_size) == (0, 300)
    assert bytes(latest_head().root) == root
    sequence(today=TODAY)
    assert watch(run, key)[0] == 0


def test_a44_the_servers_promises_are_understood_and_their_entries_found(run):
    made = make_election(phase=Election.Phase.OPEN, voters=2, votes=VOTES[:2])
    ballot = made.election.ballots.order_by("pk").first()
    promise = receipt_for(election=made.election, ballot=ballot).promise
    Path("ballot.note").write_text(promise)
    Path("answer.json").write_text(json.dumps({"promise": promise, "other": 1}))
    sequence(today=TODAY)
    folder = publishing.log_folder()
    for file in ("ballot.note", "answer.json"):
        status, output = run(
            "monitor", folder, "--key", verifier_key(), "--state", f"{file}.db", "--once",
            "--patience", "0", "--promise", file,
        )  # fmt: skip
        assert status == 0
        assert "the promised entry is there" in output


@pytest.mark.django_db(transaction=True)
def test_the_log_is_watched_and_copied_by_its_address(run, live_server):
    for number in range(300):
        append_entry(kind="software", body=BODIES["software"] | {"version": f"1.{number}"})
    sequence(today=TODAY)
    address, key = f"{live_server.url}/log", verifier_key()
    watched = run("monitor", address, "--key", key, "--state", "w.db", "--once", "--patience", "0")
    assert watched[0] == 0
    assert copy(run, key, address)[0] == 0
    append_entry(kind="software", body=BODIES["software"] | {"version": "2"})
    sequence(today=TODAY)
    assert copy(run, key, address)[0] == 0
    assert (
        "301 entries, whole; kept checkpoints: 2" in run("mirror", "check", "copy", "--key", key)[1]
    )


@pytest.mark.parametrize("is_dropped", [False, True])
def test_a44_evidence_that_is_dropped_before_the_log_convicts_the_server(run, is_dropped):
    append_entry(kind="software", body=BODIES["software"])
    filing = private_filing(document=b"\1" * 32, label="")
    filed = file_evidence(owner="ada", filing=filing, now=datetime(2026, 1, 1, tzinfo=UTC))
    Path("promise.note").write_text(filed.evidence.promise)
    if is_dropped:
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("ALTER TABLE audit_pendingentry DISABLE TRIGGER USER")
            cursor.execute("DELETE FROM audit_pendingentry WHERE kind = 'evidence'")
            cursor.execute("ALTER TABLE audit_pendingentry ENABLE TRIGGER USER")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    sequence(today=TODAY)
    folder, key = publishing.log_folder(), verifier_key()
    status, output = run(
        "monitor", folder, "--key", key, "--state", "w.db", "--once", "--patience", "0",
        "--promise", "promise.note", "--evidence", "kept",
    )  # fmt: skip
    if not is_dropped:
        assert (status, "the promised entry is there: 1" in output) == (0, True)
        return
    assert status == 1
    [finding] = Path("kept").iterdir()
    status, output = run("finding", finding, "--key", key, "--copy", folder)
    assert status == 0
    assert "PROVEN: the log promised this entry" in output
