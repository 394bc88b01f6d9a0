"""The log and three witnesses that are processes of their own: SECURITY A-43, D10."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from audit.models import Cosignature
from audit.selectors import Standing, proof_of, receipt_of, witnesses
from audit.selectors.entries import entry_at
from audit.selectors.key import signing_key
from audit.services import witness_marks
from audit.services.cosigning import COSIGNER_LOCK, cosign
from audit.services.marks import LogHalted
from audit.services.sequencing import sequence
from evote.cli.main import main
from evote.errors import InvalidProof
from evote.tlog.checkpoint import sign_checkpoint, verify_checkpoint
from evote.tlog.cosignature import Algorithm
from evote.tlog.merkle import leaf_hash, root_of_hashes
from evote.tlog.policy import verify_under_policy
from evote.tlog.receipt import Step, check_receipt
from evote.tlog.witness import AddCheckpoint, origin_hash
from tests.factories.growth import TODAY, grow
from tests.factories.witness_processes import WitnessProcess
from tests.factories.witnesses import policy_of

pytestmark = pytest.mark.django_db(transaction=True)
ROOT = Path(__file__).resolve().parent.parent.parent.parent
KINDS = {
    "council": Algorithm.ED25519,
    "court": Algorithm.ML_DSA_44,
    "league": Algorithm.ED25519,
}


@pytest.fixture
def running(tmp_path, use_policy):
    log = signing_key().verifier
    started = [
        WitnessProcess(tmp_path / name, name=name, log=log, algorithm=algorithm)
        for name, algorithm in KINDS.items()
    ]
    try:
        for witness in started:
            witness.start()
        for witness in started:
            witness.wait()
        policy = policy_of(log, [(w.name, w.key, w.url) for w in started], threshold=2)
        use_policy(policy)
        for witness in started:
            witness.policy = policy
        yield started
    finally:
        for witness in started:
            witness.kill()


def now():
    return datetime.now(tz=UTC)


def published():
    path = settings.DATA_DIR / "log" / "checkpoint"
    return path.read_bytes() if path.exists() else None


def test_d10_one_then_two_of_three_witnesses_go_and_come_back(running, client, tmp_path):
    policy = running[0].policy
    grow(3)
    assert cosign(now=now()) == 3
    assert len(verify_under_policy(published(), policy).cosignatures) == 3

    running[0].kill()
    grow(2)
    cosign(now=now())
    assert verify_under_policy(published(), policy).checkpoint.size == 5, "two of three suffice"
    assert client.get("/health").json()["parts"]["witnesses"] == {
        "status": "up",
        "witnesses": 3,
        "troubled": ["council"],
    }

    running[1].kill()
    grow(4)
    cosign(now=now())
    assert verify_under_policy(published(), policy).checkpoint.size == 5
    proof = proof_of(entry_at(8))
    assert (proof.size, proof.is_cosigned) == (9, False), (
        "the log goes on, receipts are provisional"
    )
    assert "Recorded, awaiting cosignatures" in client.get("/log/entries/8").content.decode()
    assert client.get("/health").json()["parts"]["witnesses"]["status"] == "down"
    report = check_receipt(
        receipt_of(index=8), key=signing_key().verifier, policy=policy, entry=None, tracker=None
    )
    assert report.failure.step is Step.COSIGNATURES

    for witness in running[:2]:
        witness.start()
    for witness in running[:2]:
        witness.wait()
    cosign(now=now() + timedelta(minutes=2))
    assert verify_under_policy(published(), policy).checkpoint.size == 9
    assert "awaiting" not in client.get("/log/entries/8").content.decode()
    assert client.get("/health").json()["parts"]["witnesses"]["troubled"] == []
    assert_checks_on_the_command_line(tmp_path, client)


def assert_checks_on_the_command_line(folder, client):
    (folder / "r.tlog-proof").write_bytes(client.get("/log/entries/8.tlog-proof").content)
    (folder / "p").write_bytes(client.get("/log/policy").content)
    assert (
        main(["receipt", "check", str(folder / "r.tlog-proof"), "--policy", str(folder / "p")]) == 0
    )


def test_a43_d10_a_fork_served_to_half_of_the_clients_is_refused_and_kept(running):
    grow(4)
    cosign(now=now())
    entries = [bytes(entry_at(index).body) for index in range(4)]
    forked = root_of_hashes([leaf_hash(entry) for entry in [*entries[:3], b"another"]])
    note = sign_checkpoint(size=4, root=forked, key=signing_key())

    for witness in running:
        body = AddCheckpoint(old_size=4, proof=(), checkpoint=note).encode()
        assert submit(witness, body) == 422
        folder = origin_hash(signing_key().name)
        kept = witness.get(f"{folder}/checkpoint")
        assert verify_checkpoint(kept, key=signing_key().verifier).root != forked
        evidence = witness.get(f"{folder}/refused")
        assert note.decode().strip() in evidence.decode() or json.loads(evidence)

    with pytest.raises(InvalidProof, match="quorum"):
        verify_under_policy(note, running[0].policy)


def submit(witness, body):
    request = urllib.request.Request(f"{witness.url}/add-checkpoint", data=body)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def test_a43_a_log_whose_witnesses_saw_another_branch_publishes_nothing(running):
    grow(3)
    branch = sign_checkpoint(size=2, root=bytes(32), key=signing_key())
    for witness in running[:2]:
        assert (
            submit(witness, AddCheckpoint(old_size=0, proof=(), checkpoint=branch).encode()) == 200
        )

    cosign(now=now())

    assert published() is None
    assert [state.state for state in witnesses()] == [
        Standing.REFUSES,
        Standing.REFUSES,
        Standing.CURRENT,
    ]


def test_a84_an_older_database_without_its_files_publishes_nothing_old(running):
    grow(3)
    cosign(now=now())
    grow(2)
    cosign(now=now())
    assert verify_under_policy(published(), running[0].policy).checkpoint.size == 5
    forget_all_after(3)
    shutil.rmtree(settings.DATA_DIR)

    cosign(now=now() + timedelta(minutes=20))

    assert published() is None
    assert {state.state for state in witnesses()} == {Standing.AHEAD}
    witness_marks._asked_at.clear()  # The sequencer, in a process of its own, asks for itself.
    with pytest.raises(LogHalted, match="5 entries"):
        sequence(today=TODAY)


def forget_all_after(size):
    """Set the log's tables back, as a restored backup would."""
    conditions = {
        "audit_publication": "checkpoint_id > %s",
        "audit_cosignature": "checkpoint_id > %s",
        "audit_checkpoint": "head_id > %s",
        "audit_treehead": "size > %s",
        "audit_logentry": "index >= %s",
    }
    with connection.cursor() as cursor:
        for table, condition in conditions.items():
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER refuse_change")
            cursor.execute(f"DELETE FROM {table} WHERE {condition}", [size])
            cursor.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER refuse_change")


@pytest.mark.parametrize(
    ("module", "step"),
    [
        ("audit.services.cosigning", "_request"),
        ("audit.services.cosigning", "_outcome"),
        ("audit.services.cosigning", "_note_health"),
        ("audit.services.cosigning", "_publish"),
        ("audit.services.publishing", "publish_checkpoint"),
        ("audit.services.publishing", "remove_superseded"),
    ],
)
def test_d5_a_sweep_killed_between_two_steps_loses_nothing(three, module, step):
    grow(3)
    killed = subprocess.run(
        [sys.executable, "-m", "tests.integration.audit.killed_cosigner", module, step],
        cwd=ROOT,
        env=environment(),
        check=False,
        capture_output=True,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()

    wait_for_the_lock_of_the_dead()
    cosign(now=now())

    cosigned = verify_under_policy(published(), three.policy)
    assert len(cosigned.cosignatures) == 3
    assert Cosignature.objects.count() <= 6
    grow(1)
    cosign(now=now())
    assert verify_under_policy(published(), three.policy).checkpoint.size == 4


def wait_for_the_lock_of_the_dead():
    """PostgreSQL lets go of it as soon as it notices that nobody is there any more."""
    end = time.monotonic() + 20
    with connection.cursor() as cursor:
        while True:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [COSIGNER_LOCK])
            if cursor.fetchone()[0]:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [COSIGNER_LOCK])
                return
            assert time.monotonic() < end, "a dead sweep holds its lock"
            time.sleep(0.05)


def environment():
    database = connection.settings_dict
    return {
        **os.environ,
        "DATABASE_URL": database_url(database),
        "PNYX_DATA_DIR": str(settings.DATA_DIR),
        "PNYX_LOG_KEY_FILE": str(settings.LOG_KEY_FILE),
        "PNYX_LOG_POLICY_FILE": settings.LOG_POLICY_FILE,
    }


def database_url(database):
    base, _, query = os.environ["DATABASE_URL"].partition("?")
    start = base.rpartition("/")[0]
    return f"{start}/{database['NAME']}" + (f"?{query}" if query else "")
