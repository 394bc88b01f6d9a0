"""Drills D5 and D10: the worker, PostgreSQL and witnesses are killed while the log is cosigned."""

import json

import pytest

from evote.tlog.checkpoint import verify_checkpoint
from evote.tlog.cosignature import Algorithm
from evote.tlog.merkle import verify_consistency
from evote.tlog.note import SigningKey
from evote.tlog.policy import read_under_policy, verify_under_policy
from evote.tlog.tiles import TiledTree
from evote.tlog.witness import origin_hash
from tests.factories.witness_processes import WitnessProcess
from tests.factories.witnesses import policy_of
from tests.integration.drills.installation import Installation

pytestmark = pytest.mark.slow
KINDS = {"first": Algorithm.ED25519, "second": Algorithm.ML_DSA_44, "third": Algorithm.ED25519}


@pytest.fixture
def installation(tmp_path, monkeypatch):
    made = Installation(tmp_path / "run")
    made.start_servers()
    made.witnesses = []
    try:
        made.migrate()
        made.run("manage.py", "make_log_key")
        key_file = made.folder / "data" / "log.key"
        made.log = SigningKey.decode(key_file.read_text().strip()).verifier
        for name, algorithm in KINDS.items():
            witness = WitnessProcess(tmp_path / name, name=name, log=made.log, algorithm=algorithm)
            witness.start()
            made.witnesses.append(witness)
        for witness in made.witnesses:
            witness.wait()
        made.policy = policy_of(
            made.log, [(w.name, w.key, w.url) for w in made.witnesses], threshold=2
        )
        (tmp_path / "policy").write_bytes(made.policy.encode())
        monkeypatch.setenv("PNYX_LOG_POLICY_FILE", str(tmp_path / "policy"))
        for name in ("worker", "beat"):
            made.start(name)
        yield made
    finally:
        for witness in made.witnesses:
            witness.kill()
        made.stop()


def append(installation, number):
    installation.run("-m", "tests.integration.drills.append", str(number))


def log_file(installation, path):
    file = installation.folder / "data" / "log" / path
    return file.read_bytes() if file.exists() else None


def published_size(installation):
    note = log_file(installation, "checkpoint")
    return 0 if note is None else verify_checkpoint(note, key=installation.log).size


def wait_until_published(installation, size):
    installation.wait_for(
        f"a public checkpoint of {size}", lambda: published_size(installation) == size
    )


def test_d5_d10_killed_workers_and_witnesses_leave_one_log_that_everybody_cosigned(installation):
    append(installation, 3)
    wait_until_published(installation, 3)
    size = 3
    for part in ("worker", "postgres", "first", "second", "worker"):
        append(installation, 2)
        size += 2
        kill_and_start(installation, part)
    wait_until_published(installation, size)

    for witness in installation.witnesses[:2]:
        witness.kill()
    append(installation, 2)
    installation.wait_for(
        "a signed checkpoint",
        lambda: installation.sql("SELECT max(head_id) FROM audit_checkpoint")[0][0] == size + 2,
    )
    assert published_size(installation) == size, "one of three is not enough"
    for witness in installation.witnesses[:2]:
        witness.start()
    for witness in installation.witnesses[:2]:
        witness.wait()
    wait_until_published(installation, size + 2)

    installation.wait_for("the third cosignature", lambda: cosigners(installation) == 3)
    assert_one_log(installation, size=size + 2)


def kill_and_start(installation, part):
    witnesses = {witness.name: witness for witness in installation.witnesses}
    if part in witnesses:
        witnesses[part].kill()
        witnesses[part].start()
        witnesses[part].wait()
    else:
        installation.kill(part)
        installation.start(part)


def cosigners(installation):
    note = log_file(installation, "checkpoint")
    return len(verify_under_policy(note, installation.policy).cosignatures)


def assert_one_log(installation, *, size):
    """Lead every checkpoint that was ever signed, or cosigned by anybody, to the last one."""
    tree = TiledTree(size=size, read_tile=lambda address: log_file(installation, address.path))
    newest = verify_checkpoint(log_file(installation, "checkpoint"), key=installation.log)
    assert (newest.size, newest.root) == (size, tree.root())
    notes = [bytes(row[0]) for row in installation.sql("SELECT note FROM audit_checkpoint")]
    folder = origin_hash(installation.log.name)
    for witness in installation.witnesses:
        notes.append(witness.get(f"{folder}/checkpoint"))
        assert json.loads(witness.get(f"{folder}/refused"))["refused"] == []
    for note in notes:
        older = read_under_policy(note, installation.policy).checkpoint
        verify_consistency(
            old_size=older.size,
            old_root=older.root,
            new_size=size,
            new_root=newest.root,
            proof=tree.consistency_proof(older.size) if older.size < size else [],
        )
