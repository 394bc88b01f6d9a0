"""D10: an operator shows one history to half of the world and another to the rest."""

from contextlib import ExitStack
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from evote.cli.main import main
from evote.tlog.checkpoint import decode_checkpoint
from evote.tlog.merkle import consistency_proof
from evote.tlog.note import decode_note
from evote.tlog.witness import AddCheckpoint, origin_hash
from tests.factories.log_server import serve_log
from tests.factories.logs import ORIGIN, FolderLog, election_events, event
from tests.factories.witness_processes import WitnessProcess

BEFORE, AFTER = 500, 600


@pytest.fixture
def run(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        status = main([str(argument) for argument in arguments])
        return status, capfd.readouterr().out

    return run


@pytest.fixture
def witnesses(tmp_path):
    key = FolderLog(tmp_path / "any").key.verifier
    started = [
        WitnessProcess(tmp_path / name, name=name, log=key) for name in ("ministry", "ngo", "press")
    ]
    try:
        for witness in started:
            witness.start()
        for witness in started:
            witness.wait()
        yield started
    finally:
        for witness in started:
            witness.kill()


@pytest.fixture
def policy(tmp_path, witnesses):
    lines = [f"log {FolderLog(tmp_path / 'any').vkey}"]
    lines += [
        f"witness {witness.name} {witness.key.verifier.encode()} {witness.url}"
        for witness in witnesses
    ]
    lines += ["group two 2 ministry ngo press", "quorum two", ""]
    path = tmp_path / "policy.txt"
    path.write_text("\n".join(lines))
    return path


def ask(witness, log, *, old, new):
    """Ask a witness to cosign; give its lines, or the status of its refusal."""
    proof = consistency_proof(old_size=old, new_size=new, read=log.node) if old else ()
    body = AddCheckpoint(old_size=old, proof=tuple(proof), checkpoint=log.note(new)).encode()
    try:
        with urlopen(Request(f"{witness.url}/add-checkpoint", data=body), timeout=10) as answer:
            return answer.read()
    except HTTPError as error:
        with error:
            return error.code


def test_d10_a_fork_served_to_half_of_the_clients_is_red_for_them_and_proven_by_the_others(
    run, witnesses, policy, tmp_path
):
    first = FolderLog(tmp_path / "first", entries=election_events(BEFORE))
    for witness in witnesses:
        assert isinstance(ask(witness, first, old=0, new=BEFORE), bytes)
    other_events = [event(height, payload="0" * 64) for height in range(BEFORE, AFTER)]
    other = first.fork(tmp_path / "other", size=BEFORE, entries=other_events)
    first.append(*(event(height) for height in range(BEFORE, AFTER)))
    for log, agreeing in ((first, witnesses[:2]), (other, witnesses[2:])):
        lines = [ask(witness, log, old=BEFORE, new=AFTER) for witness in agreeing]
        log.publish()
        log.write("checkpoint", log.note() + b"".join(lines))
    # A witness that cosigned one history cosigns no other, however it is asked.
    assert {ask(witnesses[0], other, old=old, new=AFTER) for old in (BEFORE, AFTER)} <= {409, 422}

    with ExitStack() as stack:
        _, honest = stack.enter_context(serve_log(first.folder))
        _, forked = stack.enter_context(serve_log(other.folder))
        watch = ("--policy", policy, "--once", "--patience", "0", "--evidence")
        status, output = run("monitor", forked, "--state", "b.db", *watch, "forked")
        assert status == 1
        assert "the quorum two is not met: cosigned by press" in output
        status, output = run("monitor", honest, "--state", "a.db", *watch, "honest")
        assert status == 1
        assert "THE LOG IS WRONG (fork)" in output
        status, _ = run("mirror", forked, "copy", "--policy", policy, "--once", "--patience", "0")
        assert status == 1
        assert not (Path("copy") / origin_hash(ORIGIN) / "checkpoint").exists()

    [folder] = Path("honest").iterdir()
    status, output = run("finding", folder, "--key", first.vkey)
    assert status == 0
    assert "PROVEN: the log signed two histories" in output
    shown = {
        decode_checkpoint(decode_note((folder / name).read_bytes())).root
        for name in ("older.checkpoint", "newer.checkpoint")
    }
    assert shown == {first.root(), other.root()}
