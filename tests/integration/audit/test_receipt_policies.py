"""The server's page for receipts: policies, documents, and the key of another log."""

import base64
import hashlib
import html
import re
from dataclasses import replace
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from audit.selectors import receipt_of as own_receipt
from audit.selectors.key import signing_key
from audit.services import sequencing
from audit.services.log import append_entry
from evote.tlog.policy import Policy, PolicyLog, PolicyWitness
from tests.factories.audit import BODIES
from tests.factories.receipts import (
    BALLOT,
    DOCUMENT,
    PRIVATE,
    PUBLIC,
    CosignedLog,
    policy_of,
    private,
    receipt_of,
    tracker_of,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def other(tmp_path):
    """Another installation's log, which this one has never heard of."""
    return CosignedLog(tmp_path / "other")


def post(client, receipt, *, policy=None, **fields):
    files = {"receipt": SimpleUploadedFile("mine.tlog-proof", receipt)}
    if policy is not None:
        files["policy"] = SimpleUploadedFile("policy", policy)
    return client.post("/verify/receipt/", fields | files)


def steps_of(response):
    shown = re.sub(r"<template.*?</template>", "", response.content.decode(), flags=re.DOTALL)
    return re.findall(r'checks__state">\s*(.*?)\s*</span>\s*(.*?)\s*<', shown, flags=re.DOTALL)


def test_a_receipt_of_another_installation_holds_under_its_policy(client, other):
    receipt = receipt_of(other, BALLOT).encode()
    tracker = base64.b64encode(tracker_of(other)).decode().rstrip("=")
    response = post(client, receipt, policy=policy_of(other), tracker=tracker)
    assert [state for state, _ in steps_of(response)] == ["Checked"] * 6
    assert ("Checked", "The witnesses of the policy cosigned it") in steps_of(response)
    text = response.content.decode()
    assert "This ballot is in the log" in text
    assert "W1, 2026-11-21 08:00 UTC" in text


def test_a43_a_quorum_that_is_not_met_is_refused_with_its_step(client, other):
    receipt = receipt_of(other, BALLOT, witnesses=other.witnesses[:1]).encode()
    response = post(client, receipt, policy=policy_of(other))
    assert "Too few witnesses cosigned this checkpoint" in response.content.decode()
    assert "step 4 failed" in response.content.decode()
    response = post(client, receipt, key=other.vkey)
    assert [state for state, _ in steps_of(response)] == ["Checked"] * 4


@pytest.mark.parametrize("index", [PUBLIC, PRIVATE], ids=["public", "private"])
def test_evidence_is_compared_with_the_documents_hash(client, other, index):
    extra = private(other) if index == PRIVATE else None
    receipt = receipt_of(other, index, extra=extra).encode()
    response = post(client, receipt, key=other.vkey, document=DOCUMENT.hex())
    assert steps_of(response)[-1] == ("Checked", "The entry registers this document")
    assert "This document is registered in the log" in response.content.decode()
    response = post(client, receipt, key=other.vkey, document="00" * 32)
    assert "This receipt is not that of your document" in response.content.decode()


@pytest.mark.parametrize(
    ("fields", "policy", "sentence"),
    [
        ({}, b"quorum nobody\n", "This is not a trust policy. line 1"),
        ({}, b"#" * 1_000_001, "Choose a file of at most 1000 kB."),
        ({"document": "abc"}, None, "A SHA-256 has 64 characters"),
    ],
)
def test_what_cannot_be_read_is_said(client, other, fields, policy, sentence):
    response = post(client, receipt_of(other, BALLOT).encode(), policy=policy, **fields)
    assert response.status_code == 400
    assert sentence in response.content.decode()


def test_the_installations_own_policy_is_asked_of_its_own_receipts(
    client, other, settings, tmp_path
):
    for kind, body in BODIES.items():
        append_entry(kind=kind, body=body)
    sequencing.sequence(today=date(2026, 11, 21))
    receipt = own_receipt(index=2)
    assert [state for state, _ in steps_of(post(client, receipt))] == ["Checked"] * 4

    witness = PolicyWitness(name="W", key=other.witnesses[0].verifier, url=None)
    log = PolicyLog(key=signing_key().verifier, url=None)
    policy = Policy(logs=(log,), witnesses=(witness,), groups=(), quorum="W")
    path = tmp_path / "policy"
    path.write_bytes(policy.encode())
    settings.LOG_POLICY_FILE = str(path)

    response = post(client, receipt)
    assert "Too few witnesses cosigned this checkpoint" in response.content.decode()
    page = client.get("/verify/receipt/").content.decode()
    assert "--policy policy" in page
    assert "witness W w1.example.org" in page


def test_a_receipt_under_an_earlier_key_holds_under_the_present_policy(
    client, other, settings, tmp_path
):
    present = signing_key()
    earlier = replace(present, seed=b"e" * 32)
    settings.LOG_KEY_FILE = tmp_path / "log.key"
    settings.LOG_KEY_FILE.touch(mode=0o600)
    settings.LOG_KEY_FILE.write_text(present.encode())
    (tmp_path / "log.key.earlier").write_text(f"{earlier.verifier.encode()}\n")
    other.key = present
    policy = tmp_path / "policy"
    policy.write_bytes(policy_of(other))
    settings.LOG_POLICY_FILE = str(policy)
    other.key = earlier
    response = post(client, receipt_of(other, BALLOT).encode())
    assert [state for state, _ in steps_of(response)] == ["Checked"] * 5
    page = html.unescape(client.get("/verify/receipt/").content.decode())
    assert f'data-policy="log {earlier.verifier.encode()}\nlog {present.verifier.encode()}' in page

    other.key = replace(present, seed=b"x" * 32)
    response = post(client, receipt_of(other, BALLOT).encode())
    assert "The log’s key did not sign this checkpoint" in html.unescape(response.content.decode())


def test_the_file_to_keep_holds_the_keys_and_the_policy_and_may_load_nothing(
    client, other, settings, tmp_path
):
    log = PolicyLog(key=signing_key().verifier, url=None)
    witness = PolicyWitness(name="W", key=other.witnesses[2].verifier, url=None)
    policy = Policy(logs=(log,), witnesses=(witness,), groups=(), quorum="W")
    path = tmp_path / "policy"
    path.write_bytes(policy.encode())
    settings.LOG_POLICY_FILE = str(path)

    response = client.get("/verify/receipt/pnyx-receipt.html")

    assert response.headers["Content-Disposition"] == 'attachment; filename="pnyx-receipt.html"'
    page = html.unescape(response.content.decode())
    assert f'data-keys="{signing_key().verifier.encode()}"' in page
    assert f'data-policy="{policy.encode().decode()}"' in page
    rule = re.search(r'http-equiv="Content-Security-Policy"\s+content="(.*?)"', page)[1]
    assert rule.startswith("default-src 'none'; script-src 'sha256-")
    for name, found in (("style", r"<style>(.*?)</style>"), ("script", r'"module">(.*?)</script>')):
        text = re.search(found, response.content.decode(), re.DOTALL)[1]
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{name}-src 'sha256-{digest}'" in rule
    assert not re.search(r'\s(src|href)="(?!#)', page)
