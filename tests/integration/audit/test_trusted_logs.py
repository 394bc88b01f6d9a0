"""Receipts of other logs that the operator trusts by a folder of policies."""

import hashlib
import html
import json
import re

import pytest

from evote.tlog.checkpoint import sign_checkpoint
from evote.tlog.merkle import leaf_hash
from evote.tlog.note import SigningKey
from evote.tlog.receipt import Receipt, Step
from tests.factories.witnesses import policy_of, witness_key

pytestmark = pytest.mark.django_db
CONTRACT = hashlib.sha256(b"a contract").hexdigest()
ENTRY = json.dumps({"document": CONTRACT, "kind": "evidence"}, separators=(",", ":")).encode()


@pytest.fixture
def other():
    return SigningKey.generate(name="other.example/log")


@pytest.fixture
def folder(settings, tmp_path):
    settings.TRUSTED_POLICIES = str(tmp_path)
    return tmp_path


def receipt_by(key):
    note = sign_checkpoint(size=1, root=leaf_hash(ENTRY), key=key)
    return Receipt(index=0, proof=(), checkpoint=note, extra=ENTRY).encode().decode()


def check(client, receipt, **fields):
    data = {"pasted": receipt, "document": CONTRACT, **fields}
    return client.post("/verify/receipt/", data).context["report"]


def failed_step(report):
    return report.failure.step


def test_the_receipt_of_a_trusted_log_is_checked_without_typing_its_key(client, folder, other):
    policy = policy_of(other.verifier, [], threshold=None)
    (folder / "other.policy").write_bytes(policy.encode())

    assert check(client, receipt_by(other)).is_valid


def test_an_unknown_logs_receipt_is_another_logs(client, folder, other):
    assert failed_step(check(client, receipt_by(other))) is Step.ORIGIN


def test_the_name_alone_proves_nothing(client, folder, other):
    policy = policy_of(other.verifier, [], threshold=None)
    (folder / "other.policy").write_bytes(policy.encode())
    impostor = SigningKey.generate(name="other.example/log")

    assert failed_step(check(client, receipt_by(impostor))) is Step.SIGNATURE


def test_the_witnesses_of_the_trusted_policy_are_asked_for(client, folder, other):
    named = [("court", witness_key("court"), None)]
    policy = policy_of(other.verifier, named, threshold=1)
    (folder / "other.policy").write_bytes(policy.encode())

    assert failed_step(check(client, receipt_by(other))) is Step.COSIGNATURES


def test_a_key_that_was_typed_counts_more_than_the_folder(client, folder, other):
    policy = policy_of(SigningKey.generate(name="other.example/log").verifier, [], threshold=None)
    (folder / "other.policy").write_bytes(policy.encode())

    assert failed_step(check(client, receipt_by(other))) is Step.SIGNATURE
    assert check(client, receipt_by(other), key=other.verifier.encode()).is_valid


def test_a_file_that_is_no_policy_is_named_and_the_others_count(client, folder, other, caplog):
    (folder / "a.policy").write_bytes(b"\xff not a policy")
    (folder / "b.policy").mkdir()
    (folder / "c.txt").write_bytes(b"not looked at")
    policy = policy_of(other.verifier, [], threshold=None)
    (folder / "other.policy").write_bytes(policy.encode())

    assert check(client, receipt_by(other)).is_valid
    assert "a.policy is not a policy" in caplog.text
    assert "b.policy" in caplog.text
    assert "c.txt" not in caplog.text


def test_the_checker_in_the_browser_is_told_of_the_trusted_logs(client, folder, other):
    policy = policy_of(other.verifier, [], threshold=None)
    (folder / "other.policy").write_bytes(policy.encode())
    page = client.get("/verify/receipt/").content.decode()

    told = json.loads(html.unescape(re.search(r'data-trusted="([^"]*)"', page)[1]))
    assert told == {"other.example/log": policy.encode().decode()}
