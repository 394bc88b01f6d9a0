import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evote.cli.main import main
from evote.encoding import canonical_json
from evote.errors import DecodeError, InvalidProof
from evote.tlog.checkpoint import decode_checkpoint
from evote.tlog.contents import decode_extra, verify_entry_is_of_document
from evote.tlog.cosignature import Algorithm, CosigningKey
from evote.tlog.note import Note, SigningKey, decode_note
from evote.tlog.policy import decode_policy
from evote.tlog.receipt import (
    Receipt,
    Step,
    check_receipt,
    decode_receipt,
    verify_receipt,
)
from tests.unit.evote.test_tlog_receipts import BALLOT, KEY, SECRET, make_receipt

WITNESSES = {
    name: CosigningKey(name=f"{name}.example", algorithm=algorithm, seed=bytes([number]) * 32)
    for number, (name, algorithm) in enumerate(
        [("A", Algorithm.ED25519), ("B", Algorithm.ML_DSA_44), ("C", Algorithm.ED25519)]
    )
}
NAMED = "".join(f"witness {name} {key.verifier.encode()}\n" for name, key in WITNESSES.items())
QUORUM = f"{NAMED}group any-two 2 A B C\nquorum any-two\n"
POLICY = decode_policy(f"log {KEY.encode()}\n{QUORUM}".encode())
WITNESSES_ONLY = decode_policy(QUORUM.encode())
OTHER_LOG = SigningKey.generate(name="other.example/log").verifier

DOCUMENT = b"a lease\n"
DIGEST = hashlib.sha256(DOCUMENT).digest()
SALT = bytes(range(32))
PUBLIC = canonical_json({"kind": "evidence", "document": DIGEST.hex()})
PRIVATE = canonical_json(
    {"kind": "evidence", "commitment": hashlib.sha256(SALT + DIGEST).hexdigest()}
)
PRIVATE_EXTRA = canonical_json({"entry": json.loads(PRIVATE), "salt": SALT.hex()})


def cosigned_by(*names, at=1_700_000_000):
    receipt = make_receipt()
    note = decode_note(receipt.checkpoint)
    lines = [WITNESSES[name].cosign(decode_checkpoint(note), at=at) for name in names]
    cosigned = Note(text=note.text, signatures=(*note.signatures, *lines)).encode()
    return Receipt(
        index=receipt.index, proof=receipt.proof, checkpoint=cosigned, extra=receipt.extra
    )


def with_extra(entry, extra):
    receipt = make_receipt(entry=entry)
    return Receipt(
        index=receipt.index, proof=receipt.proof, checkpoint=receipt.checkpoint, extra=extra
    ).encode()


def failing(data, **arguments):
    report = check_receipt(data, **({"key": KEY, "entry": None, "tracker": None} | arguments))
    return None if report.failure is None else report.failure.step


# --- Policies -----------------------------------------------------------------------------------


@pytest.mark.parametrize("key", [KEY, None])
@pytest.mark.parametrize("policy", [POLICY, WITNESSES_ONLY], ids=["with log", "witnesses only"])
def test_a_receipt_cosigned_by_the_quorum_holds(key, policy):
    data = cosigned_by("A", "B").encode()
    report = check_receipt(data, key=key, policy=policy, entry=None, tracker=None)

    if key is None and policy is WITNESSES_ONLY:
        assert report.failure.step is Step.ORIGIN
    else:
        assert report.is_valid
        assert [check.step for check in report.checks][3] is Step.COSIGNATURES
        assert [cosignature.name for cosignature in report.cosigned.cosignatures] == ["A", "B"]


@pytest.mark.parametrize("names", [(), ("A",), ("A", "A")])
def test_a_receipt_without_the_quorum_is_provisional_at_best(names):
    receipt = cosigned_by(*names)

    assert failing(receipt.encode()) is None
    assert failing(receipt.encode(), policy=POLICY) is Step.COSIGNATURES
    with pytest.raises(InvalidProof, match="quorum any-two is not met"):
        verify_receipt(receipt, entry=BALLOT, key=KEY, policy=POLICY)
    verify_receipt(cosigned_by("B", "C"), entry=BALLOT, key=KEY, policy=POLICY)


def test_a_policy_that_names_another_log_does_not_vouch_for_this_one():
    policy = decode_policy(f"log {OTHER_LOG.encode()}\n{QUORUM}".encode())
    data = cosigned_by("A", "B").encode()

    assert failing(data, policy=policy) is Step.COSIGNATURES
    assert failing(data, key=None, policy=policy) is Step.ORIGIN
    assert failing(data, key=OTHER_LOG, policy=POLICY) is Step.ORIGIN
    assert failing(data, key=None) is Step.ORIGIN


def test_a_receipt_under_either_key_of_a_log_is_taken_by_a_policy_with_both():
    old = SigningKey.generate(name=SECRET.name)
    policy = decode_policy(
        f"log {old.verifier.encode()}\nlog {KEY.encode()}\nquorum none\n".encode()
    )

    assert failing(make_receipt().encode(), key=None, policy=policy) is None
    assert failing(make_receipt(key=old).encode(), key=None, policy=policy) is None


# --- Documents ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entry", "extra"), [(PUBLIC, PUBLIC), (PRIVATE, PRIVATE_EXTRA)], ids=["public", "private"]
)
def test_a_registered_document_is_known_by_its_hash(entry, extra):
    data = with_extra(entry, extra)
    report = check_receipt(data, key=KEY, entry=None, tracker=None, document=DIGEST)

    assert report.is_valid
    assert report.entry == entry
    assert report.checks[-1].step is Step.DOCUMENT
    assert failing(data, document=hashlib.sha256(b"another").digest()) is Step.DOCUMENT
    assert failing(data, document=DIGEST, tracker=bytes(32)) is Step.BALLOT


def test_a_private_document_without_its_salt_proves_nothing():
    data = with_extra(PRIVATE, PRIVATE)

    assert failing(data) is None
    assert failing(data, document=DIGEST) is Step.DOCUMENT
    with pytest.raises(InvalidProof, match="lacks its salt"):
        verify_entry_is_of_document(PRIVATE, digest=DIGEST, salt=None)


def test_another_salt_is_refused():
    extra = canonical_json({"entry": json.loads(PRIVATE), "salt": bytes(32).hex()})

    assert failing(with_extra(PRIVATE, extra), document=DIGEST) is Step.DOCUMENT


def test_the_salt_goes_with_an_entry_that_was_given_beside_the_receipt():
    data = with_extra(PRIVATE, PRIVATE_EXTRA)

    assert failing(data, entry=PRIVATE, document=DIGEST) is None
    assert failing(data, entry=PUBLIC, document=DIGEST) is Step.INCLUSION


@pytest.mark.parametrize(
    "entry",
    [
        BALLOT,
        b"entry",
        b'{"kind": "evidence"}',
        canonical_json({"kind": "evidence"}),
        canonical_json({"kind": "evidence", "document": DIGEST.hex().upper()}),
        canonical_json({"kind": "evidence", "document": DIGEST.hex(), "commitment": "0" * 64}),
        canonical_json({"kind": "evidence", "document": DIGEST.hex(), "commitment": None}),
    ],
)
def test_an_entry_that_does_not_register_the_document_is_refused(entry):
    with pytest.raises((DecodeError, InvalidProof)):
        verify_entry_is_of_document(entry, digest=DIGEST, salt=SALT)


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=100))
def test_every_private_extra_gives_its_entry_and_its_salt(salt, document):
    entry = {"kind": "evidence", "commitment": hashlib.sha256(salt + document).hexdigest()}
    extra = decode_extra(canonical_json({"entry": entry, "salt": salt.hex()}))

    assert extra.entry == canonical_json(entry)
    assert extra.salt == salt


@given(st.binary(max_size=100))
def test_what_is_not_private_is_the_entry_itself(data):
    extra = decode_extra(data)

    assert extra.entry == data
    assert extra.salt is None


@pytest.mark.parametrize(
    "value",
    [
        {"entry": 7, "salt": SALT.hex()},
        {"entry": "text", "salt": SALT.hex()},
        {"entry": {}, "salt": SALT.hex()[:-2]},
        {"entry": {}, "salt": SALT.hex().upper()},
        {"entry": {}, "salt": None},
    ],
)
def test_a_faulty_private_extra_is_refused(value):
    with pytest.raises(DecodeError, match="private part"):
        decode_extra(canonical_json(value))


def test_a_private_extra_has_one_spelling():
    with pytest.raises(DecodeError, match="canonical"):
        decode_extra(PRIVATE_EXTRA + b"\n")
    assert failing(with_extra(PRIVATE, PRIVATE_EXTRA + b" ")) is Step.READABLE
    assert decode_receipt(with_extra(PRIVATE, PRIVATE_EXTRA)).extra == PRIVATE_EXTRA


# --- The command ----------------------------------------------------------------------------------


@pytest.fixture
def files(tmp_path):
    (tmp_path / "policy").write_text(f"log {KEY.encode()}\n{QUORUM}")
    (tmp_path / "cosigned").write_bytes(cosigned_by("A", "B").encode())
    (tmp_path / "signed").write_bytes(make_receipt().encode())
    (tmp_path / "private").write_bytes(with_extra(PRIVATE, PRIVATE_EXTRA))
    (tmp_path / "lease.pdf").write_bytes(DOCUMENT)
    return tmp_path


def run(*arguments):
    return main(["receipt", "check", *map(str, arguments)])


def test_the_command_names_the_witnesses_and_when_they_cosigned(files, capsys):
    assert run(files / "cosigned", "--policy", files / "policy") == 0

    output = capsys.readouterr().out
    assert "4. The witnesses of the policy cosigned it: yes" in output
    assert "A: A.example, Ed25519, 2023-11-14 22:13:20 UTC" in output
    assert "B: B.example, ML-DSA-44, 2023-11-14 22:13:20 UTC" in output


def test_the_command_refuses_a_receipt_without_the_quorum(files, capsys):
    assert run(files / "signed", "--key", KEY.encode()) == 0
    assert run(files / "signed", "--key", KEY.encode(), "--policy", files / "policy") == 1
    assert "quorum any-two is not met: cosigned by nobody" in capsys.readouterr().out


def test_the_command_prints_a_time_that_no_calendar_has(files, capsys):
    receipt = cosigned_by("A", "B", at=2**63 - 1)
    (files / "cosigned").write_bytes(receipt.encode())

    assert run(files / "cosigned", "--policy", files / "policy") == 0
    assert "9223372036854775807 seconds after 1970" in capsys.readouterr().out


def test_the_command_hashes_the_document(files, capsys):
    document = files / "lease.pdf"
    assert run(files / "private", "--key", KEY.encode(), "--document", document) == 0
    assert f"SHA-256 {DIGEST.hex()}" in capsys.readouterr().out
    document.write_bytes(DOCUMENT + b"\n")
    assert run(files / "private", "--key", KEY.encode(), "--document", document) == 1
    assert "5. The entry is of this document: NO" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "--policy"),
        (["--policy", "/nowhere/policy"], "/nowhere/policy"),
        (["--key", KEY.encode(), "--document", "/nowhere/lease.pdf"], "/nowhere/lease.pdf"),
        (["--key", KEY.encode(), "--document", "/"], "directory"),
    ],
)
def test_wrong_usage_exits_2_and_names_the_place(files, arguments, message, capsys):
    assert run(files / "signed", *arguments) == 2
    assert message in capsys.readouterr().err


def test_a_faulty_policy_exits_2_and_names_the_line(files, capsys):
    (files / "policy").write_text("# mine\nquorum nobody\n")

    assert run(files / "signed", "--policy", files / "policy") == 2
    assert "line 2: the quorum 'nobody' is not defined above" in capsys.readouterr().err
