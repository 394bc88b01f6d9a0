"""`kill -9` of every part, during casting and the tally (SECURITY D3 to D6, A-81 to A-83)."""

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from evote.election import Election, decode_election
from evote.encoding import sha256_hex
from evote.group import BACKEND, SecretScalar, decode_secret_scalar
from evote.proofs.statements import sign_shuffle_statement
from evote.record import read_record
from evote.tally import (
    EncryptedTally,
    decode_encrypted_tally,
    decrypt_partially,
    decrypt_strongly,
    make_shuffle,
)
from evote.tally.shuffles import shuffled_tally
from evote.verify import Verdict, verify_record
from tests.integration.drills.installation import Installation

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Inputs:
    """What every run gets: the same election, ballots and keys, byte for byte."""

    uuid: str
    casts: list[dict[str, str]]
    trustee_keys: list[str]
    expected: list[list[int]]
    rankings: list[list[int]]


@dataclass(frozen=True)
class Outcome:
    """What a run leaves."""

    record: bytes
    companion: bytes
    receipts: dict[str, bytes]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation with an open election, stopped: every run starts from a copy of it."""
    folder = tmp_path_factory.mktemp("prepared")
    installation = Installation(folder)
    installation.start_servers()
    try:
        installation.migrate()
        installation.run("-m", "tests.integration.drills.prepare", str(folder / "inputs.json"))
    finally:
        installation.stop()
    return folder


@pytest.fixture
def installation(prepared: Path, tmp_path: Path) -> Iterator[Installation]:
    yield from _copy_of(prepared, tmp_path / "run")


@pytest.fixture(scope="module")
def undisturbed(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    for installation in _copy_of(prepared, tmp_path_factory.mktemp("undisturbed") / "run"):
        return _hold_election(installation, kills_while_casting=(), kills_while_tallying=())
    raise AssertionError


def _copy_of(prepared: Path, folder: Path) -> Iterator[Installation]:
    shutil.copytree(prepared, folder)
    installation = Installation(folder)
    try:
        yield installation
    finally:
        installation.stop()


def _inputs(installation: Installation) -> Inputs:
    return Inputs(**json.loads((installation.folder / "inputs.json").read_text("utf-8")))


def _hold_election(
    installation: Installation,
    *,
    kills_while_casting: tuple[str, ...],
    kills_while_tallying: tuple[str, ...],
) -> Outcome:
    """Cast, close, tally, decrypt and publish; kill the named parts on the way."""
    inputs = _inputs(installation)
    installation.start_all()
    accepted = _cast(installation, inputs, kills_while_casting)
    _close_now(installation, inputs.uuid)
    for part in kills_while_tallying:
        installation.kill(part)
        installation.start(part)
    installation.wait_for(
        "the encrypted tally", lambda: installation.phase(inputs.uuid) == "SHUFFLING"
    )
    for owner in (1, 2):
        _shuffle(installation, inputs, owner=owner, kill=bool(kills_while_tallying))
    _decrypt(installation, inputs, kill=bool(kills_while_tallying))
    installation.wait_for(
        "the published result", lambda: installation.phase(inputs.uuid) == "PUBLISHED"
    )
    if kills_while_tallying:
        installation.kill("worker")
        installation.start("worker")
    installation.wait_for("the verification", lambda: _is_verified(installation))
    for part in ("web", "worker"):
        assert installation.has_loaded(part, "_native.abi3.so") == (BACKEND == "native")
    receipts = {tracker: _receipt(installation, inputs.uuid, tracker) for tracker in accepted}
    record = installation.get(f"/elections/{inputs.uuid}/{inputs.uuid}.bel")
    companion = installation.get(f"/elections/{inputs.uuid}/{inputs.uuid}.pnyx.json")
    return Outcome(record=record, companion=companion, receipts=receipts)


def _is_verified(installation: Installation) -> bool:
    try:
        rows = installation.sql("SELECT is_complete FROM voting_verification")
    except psycopg.OperationalError:
        return False
    return rows == [(True,)]


def _cast(installation: Installation, inputs: Inputs, kills: tuple[str, ...]) -> list[str]:
    """Cast every ballot; after every few of them, kill the next part in the middle of it."""
    accepted = []
    waiting = list(kills)
    for number, cast in enumerate(inputs.casts):
        if waiting and number % 3 == 2:
            part = waiting.pop(0)
            installation.kill(part)
            installation.start(part)
        answer = installation.insist(f"/api/elections/{inputs.uuid}/ballots", cast)
        accepted.append(str(answer["tracker"]))
    assert not waiting, "not every kill had its turn"
    return accepted


def _close_now(installation: Installation, uuid: str) -> None:
    """Move the closing time to now: only a superuser who takes the trigger away can."""
    installation.sql("ALTER TABLE voting_election DISABLE TRIGGER USER")
    installation.sql("UPDATE voting_election SET closes_at = now() WHERE uuid = %s", uuid)
    installation.sql("ALTER TABLE voting_election ENABLE TRIGGER USER")


def _stand(installation: Installation, uuid: str) -> tuple[Election, EncryptedTally, str]:
    """Give the election, its tally as the last shuffle left it, and the last event's hash."""
    record = read_record(installation.get(f"/elections/{uuid}/{uuid}.bel"))
    election = decode_election(record.events[0].objects[0])
    (summed,) = record.of_type("EncryptedTally")
    tally = decode_encrypted_tally(summed.objects[0], election=election)
    for shuffle in record.of_type("Shuffle"):
        tally = shuffled_tally(data=shuffle.objects[0], election=election, tally=tally)
    closing = next(
        (one for one in record.events if one.event.type == "EndShuffles"), record.events[-1]
    )
    return election, tally, closing.hash


def _kept(installation: Installation, name: str, make: Callable[[], dict[str, object]]) -> object:
    """Give what a trustee once made: the same bytes in every run."""
    kept = installation.folder.parent.parent / name
    if not kept.exists():
        kept.write_text(json.dumps(make()))
    return json.loads(kept.read_text())


def _shuffle(installation: Installation, inputs: Inputs, *, owner: int, kill: bool) -> None:
    """Hand in a trustee's shuffle, and wait until the workers have checked it."""
    base = f"/api/elections/{inputs.uuid}/shuffles"
    election, tally, head = _stand(installation, inputs.uuid)
    secret_key = decode_secret_scalar(inputs.trustee_keys[owner - 1])

    def make() -> dict[str, object]:
        data = make_shuffle(election=election, tally=tally, progress=lambda *_: None)
        proof = sign_shuffle_statement(
            secret_key=secret_key,
            fingerprint=election.fingerprint,
            parent=head,
            payload=sha256_hex(data),
        )
        return {"owner": owner, "shuffle": data.decode(), "proof": proof.to_json()}

    installation.insist(base, _kept(installation, f"shuffle-{head[:16]}-{owner}", make))
    if kill:
        installation.kill("worker")
        installation.start("worker")
    installation.wait_for(
        "the check of a shuffle",
        lambda: json.loads(installation.get(f"{base}/{owner}"))["state"] == "accepted",
    )


def _decrypt(installation: Installation, inputs: Inputs, *, kill: bool) -> None:
    """Send the trustees' contributions: the same bytes in every run."""
    election, tally, closing = _stand(installation, inputs.uuid)
    for owner, key in enumerate(inputs.trustee_keys, start=1):
        secret_key = decode_secret_scalar(key)

        def make(owner: int = owner, secret_key: SecretScalar = secret_key) -> dict[str, object]:
            data = decrypt_partially(secret_key=secret_key, election=election, tally=tally)
            proofs = decrypt_strongly(
                secret_key=secret_key, election=election, tally=tally, closing=closing
            )
            return {
                "owner": owner,
                "partial_decryption": data.decode(),
                "proofs": json.loads(proofs),
            }

        body = _kept(installation, f"decryption-{closing[:16]}-{owner}", make)
        if kill and owner == 2:
            installation.kill("web")
            installation.start("web")
        installation.insist(f"/api/elections/{inputs.uuid}/partial-decryptions", body)


def _receipt(installation: Installation, uuid: str, tracker: str) -> bytes:
    """Fetch the receipt of one ballot; the log may be a second behind."""
    address = tracker.replace("+", "-").replace("/", "_")
    status: dict[str, object] = {}

    def is_logged() -> bool:
        nonlocal status
        status = json.loads(installation.get(f"/api/elections/{uuid}/ballots/{address}"))
        return status.get("receipt") is not None

    installation.wait_for("a receipt", is_logged)
    return str(status["receipt"]).encode()


@pytest.mark.parametrize(
    ("casting", "tallying"),
    [
        (("web", "postgres", "worker", "valkey", "beat"), ()),
        ((), ("worker", "postgres", "worker", "valkey")),
    ],
    ids=["while-casting", "while-tallying"],
)
def test_d3_to_d6_nothing_is_lost_or_counted_twice_when_parts_are_killed(
    installation: Installation,
    undisturbed: Outcome,
    casting: tuple[str, ...],
    tallying: tuple[str, ...],
) -> None:
    outcome = _hold_election(
        installation, kills_while_casting=casting, kills_while_tallying=tallying
    )

    inputs = _inputs(installation)
    assert set(outcome.receipts) == set(undisturbed.receipts)
    assert len(outcome.receipts) == len(inputs.casts)
    assert outcome.record == undisturbed.record
    assert outcome.companion == undisturbed.companion
    report = verify_record(outcome.record, companion=outcome.companion, progress=lambda *_: None)
    assert report.verdict == Verdict.COMPLETE
    assert report.result is not None
    assert [list(counts) for counts in report.result.counts[:2]] == inputs.expected
    assert sorted(map(list, report.result.rankings[2])) == inputs.rankings
