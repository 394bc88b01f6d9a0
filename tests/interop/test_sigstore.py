"""Sigstore's own checkers, in two languages, and openssl verify what our log gives out."""

import base64
import json
import subprocess
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.template.loader import render_to_string
from sigstore._internal.merkle import verify_merkle_inclusion
from sigstore._internal.rekor.checkpoint import LogCheckpoint, SignedNote
from sigstore.errors import VerificationError

from config.front_end import ROOT, node_folder
from evote.tlog import merkle
from evote.tlog.checkpoint import verify_checkpoint
from evote.tlog.cosignature import Algorithm, CosigningKey
from evote.tlog.note import VerifierKey
from evote.tlog.receipt import Receipt, decode_receipt
from tests.factories.logs import FolderLog, election_events

PROGRAM = Path(__file__).parent / "sigstore_inclusion.cjs"
PACKAGE = ROOT / "node_modules" / "@sigstore" / "verify"
VECTORS = ROOT / "tests" / "vectors" / "tlog"
NOTES = json.loads((VECTORS / "notes.json").read_text())
SIZE = 300
INDEXES = [0, 1, 127, 255, 256, 298, 299]
WITNESSES = [
    CosigningKey(name="w1.example.org", algorithm=Algorithm.ED25519, seed=b"1" * 32),
    CosigningKey(name="w2.example.org", algorithm=Algorithm.ML_DSA_44, seed=b"2" * 32),
]


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    return FolderLog(tmp_path_factory.mktemp("log"), entries=election_events(SIZE))


def receipt_of(log, index):
    return Receipt(
        index=index,
        proof=tuple(merkle.inclusion_proof(index=index, size=log.size, read=log.node)),
        checkpoint=log.note(cosigners=WITNESSES, at=1_795_248_000),
        extra=log.entries[index],
    ).encode()


def statement(receipt, *, entry, key):
    """Take from a receipt what a checker of inclusion asks for."""
    found = decode_receipt(receipt)
    checkpoint = verify_checkpoint(found.checkpoint, key=key)
    return {
        "index": found.index,
        "size": checkpoint.size,
        "root": checkpoint.root,
        "hashes": list(found.proof),
        "entry": entry,
    }


def statements(log):
    ours = [
        statement(receipt_of(log, index), entry=log.entries[index], key=log.key.verifier)
        for index in INDEXES
    ]
    key = VerifierKey.decode(NOTES["log_key"]["vkey"])
    vectors = [
        statement(vector["tlog_proof"].encode(), entry=bytes.fromhex(vector["entry_hex"]), key=key)
        for vector in NOTES["tlog_proofs"]
    ]
    return ours + vectors


def forgeries(log):
    """Change every part of a statement."""
    true = statement(receipt_of(log, 127), entry=log.entries[127], key=log.key.verifier)
    hashes = true["hashes"]
    return [
        true | {"index": 126},
        true | {"index": SIZE + 127},
        true | {"root": bytes(32)},
        true | {"entry": true["entry"] + b" "},
        true | {"hashes": hashes[:-1]},
        true | {"hashes": [*hashes, hashes[0]]},
        true | {"hashes": hashes[::-1]},
        true | {"hashes": [bytes(32), *hashes[1:]]},
    ]


def by_python(statement):
    proof = SimpleNamespace(
        log_index=statement["index"],
        tree_size=statement["size"],
        root_hash=statement["root"],
        hashes=statement["hashes"],
    )
    body = SimpleNamespace(inclusion_proof=proof, canonicalized_body=statement["entry"])
    try:
        verify_merkle_inclusion(SimpleNamespace(_inner=body))
    except VerificationError:
        return "refused"
    return "holds"


def by_javascript(statements, path):
    def plain(value):
        if isinstance(value, bytes):
            return base64.b64encode(value).decode()
        return [plain(item) for item in value] if isinstance(value, list) else value

    rows = [{name: plain(value) for name, value in one.items()} for one in statements]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    command = [str(node_folder() / "node"), str(PROGRAM), str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()


def test_the_python_package_verifies_our_proofs_and_no_forged_ones(log):
    assert {by_python(one) for one in statements(log)} == {"holds"}
    assert {by_python(one) for one in forgeries(log)} == {"refused"}


@pytest.mark.skipif(not PACKAGE.is_dir(), reason="npm's @sigstore/verify is not installed: npm ci")
def test_the_npm_package_verifies_our_proofs_and_no_forged_ones(log, tmp_path):
    true, forged = statements(log), forgeries(log)
    said = by_javascript([*true, *forged], tmp_path / "statements.jsonl")
    assert said == ["holds"] * len(true) + ["refused"] * len(forged)


def test_the_python_package_reads_a_cosigned_checkpoint_as_we_do(log):
    text = log.note(cosigners=WITNESSES, at=1_795_248_000).decode()
    note = SignedNote.from_text(text)
    read = LogCheckpoint.from_text(note.note)
    assert (read.origin, read.log_size) == (log.key.name, SIZE)
    assert read.log_hash == log.root().hex()
    assert [line.name for line in note.signatures] == [
        log.key.name,
        *(witness.name for witness in WITNESSES),
    ]


@pytest.mark.parametrize("forged", [None, "text", "signature", "key"])
def test_openssl_verifies_the_logs_signature_on_a_cosigned_checkpoint(log, tmp_path, forged):
    text, _, lines = log.note(cosigners=WITNESSES, at=1_795_248_000).decode().rpartition("\n\n")
    blob = base64.b64decode(lines.split("\n")[0].split(" ")[2])
    der = bytes.fromhex("302a300506032b6570032100") + log.key.verifier.public
    contents = {"text": f"{text}\n".encode(), "signature": blob[4:], "key": der}
    for name, content in contents.items():
        changed = content[:-2] + bytes([content[-2] ^ 1]) + content[-1:]
        (tmp_path / name).write_bytes(changed if name == forged else content)
    command = "pkeyutl -verify -pubin -keyform DER -inkey key -rawin -in text -sigfile signature"
    done = subprocess.run(
        ["openssl", *command.split()], cwd=tmp_path, capture_output=True, check=False
    )
    assert (done.returncode == 0) == (forged is None), done.stderr


@pytest.mark.parametrize("place", range(3), ids=["log first", "log second", "log last"])
@pytest.mark.parametrize("damage", [None, "entry", "signature", "root", "witness"])
def test_the_pages_shell_commands_find_the_logs_line_among_cosignatures(
    log, tmp_path, place, damage
):
    index = 127
    found = decode_receipt(receipt_of(log, index))
    text, _, lines = found.checkpoint.decode().rpartition("\n\n")
    own, *others = lines.splitlines()
    if damage == "signature":
        own = own[:-6] + ("A" if own[-6] != "A" else "B") + own[-5:]
    if damage == "witness":  # Nothing that these commands look at.
        others[0] = others[0][:-6] + ("A" if others[0][-6] != "A" else "B") + others[0][-5:]
    others.insert(place, own)
    if damage == "root":
        text = text.replace(f"\n{SIZE}\n", f"\n{SIZE + 1}\n")
    note = "\n".join([text, "", *others, ""]).encode()
    (tmp_path / f"receipt-{index}.tlog-proof").write_bytes(replace(found, checkpoint=note).encode())
    entry = log.entries[index] + (b"\n" if damage == "entry" else b"")
    (tmp_path / f"{index}.json").write_bytes(entry)
    sides = merkle.inclusion_sides(index=index, size=SIZE)
    joins = [
        {"neighbour": hash_, "is_left": is_left}
        for hash_, is_left in zip(found.proof, sides, strict=True)
    ]
    key = log.key.verifier
    context = {
        "index": str(index),
        "joins": joins,
        "key_base64": key.encode().split("+", 2)[2],
        "key_id": key.key_id.hex(),
        "key_name": key.name,
    }
    commands = render_to_string("audit/shell_commands.txt", context)

    done = subprocess.run(
        ["bash", "-c", commands], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    holds = damage in {None, "witness"}
    assert ("every step held" in done.stdout) is holds, done
    assert (done.returncode == 0) is holds
