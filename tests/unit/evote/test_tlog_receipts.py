import base64
import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evote.encoding import canonical_json
from evote.errors import DecodeError, InvalidProof
from evote.tlog.checkpoint import sign_checkpoint
from evote.tlog.contents import verify_entry_is_of_ballot
from evote.tlog.merkle import inclusion_proof, leaf_hash, root_of_hashes
from evote.tlog.note import SigningKey, VerifierKey
from evote.tlog.receipt import (
    RECEIPT_LIMIT_BYTES,
    Receipt,
    Step,
    check_receipt,
    decode_receipt,
    verify_receipt,
)

VECTORS = json.loads((Path(__file__).parents[2] / "vectors/tlog/notes.json").read_text())
KEY = VerifierKey.decode(VECTORS["log_key"]["vkey"])
SECRET = SigningKey(
    name=VECTORS["log_key"]["name"], seed=bytes.fromhex(VECTORS["log_key"]["seed_hex"])
)
TRACKER = bytes(range(32))
BALLOT = canonical_json(
    {
        "kind": "election-event",
        "election": "hfd19JUwUteUwr",
        "event": "a" * 64,
        "height": 1,
        "type": "Ballot",
        "payload": TRACKER.hex(),
    }
)


def make_receipt(*, entry=BALLOT, index=11, size=19, key=SECRET):
    leaves = [leaf_hash(str(number).encode()) for number in range(size)]
    leaves[index] = leaf_hash(entry)
    proof = inclusion_proof(
        index=index,
        size=size,
        read=lambda level, place: root_of_hashes(leaves[place << level : (place + 1) << level]),
    )
    return Receipt(
        index=index,
        proof=tuple(proof),
        checkpoint=sign_checkpoint(size=size, root=root_of_hashes(leaves), key=key),
        extra=entry,
    )


RECEIPT = make_receipt()
FILE = RECEIPT.encode()


@pytest.mark.parametrize(
    "vector", VECTORS["tlog_proofs"], ids=lambda v: f"{v['index']}-{v['size']}"
)
def test_the_vectors_receipts_hold_and_are_written_the_same(vector):
    data, entry = vector["tlog_proof"].encode(), bytes.fromhex(vector["entry_hex"])
    receipt = decode_receipt(data)

    assert verify_receipt(receipt, entry=entry, key=KEY).size == vector["size"]
    assert receipt.index == vector["index"]
    assert receipt.encode() == data
    report = check_receipt(data, key=KEY, entry=entry, tracker=None)
    assert report.is_valid
    assert not check_receipt(data, key=KEY, entry=entry + b" ", tracker=None).is_valid


def test_a_receipt_with_its_entry_comes_back_as_it_was():
    assert decode_receipt(FILE) == RECEIPT
    assert decode_receipt(replace(RECEIPT, extra=None).encode()).extra is None
    assert decode_receipt(replace(RECEIPT, extra=b"").encode()).extra == b""


@given(st.integers(1, 700), st.data())
def test_every_receipt_holds_for_its_entry_alone(size, data):
    index = data.draw(st.integers(0, size - 1))
    entry = data.draw(st.binary(max_size=100))
    receipt = decode_receipt(make_receipt(entry=entry, index=index, size=size).encode())

    assert verify_receipt(receipt, entry=entry, key=KEY).size == size
    with pytest.raises(InvalidProof):
        verify_receipt(receipt, entry=entry + b"\0", key=KEY)


@pytest.mark.parametrize(
    "forged",
    [
        replace(RECEIPT, index=10),
        replace(RECEIPT, index=19),
        replace(RECEIPT, proof=RECEIPT.proof[1:]),
        replace(RECEIPT, proof=(*RECEIPT.proof, bytes(32))),
        replace(RECEIPT, proof=(bytes(32), *RECEIPT.proof[1:])),
        replace(RECEIPT, proof=RECEIPT.proof[::-1]),
        replace(RECEIPT, checkpoint=make_receipt(index=3).checkpoint),
        replace(RECEIPT, checkpoint=make_receipt(size=20).checkpoint),
        replace(
            RECEIPT,
            checkpoint=make_receipt(key=SigningKey.generate(name=SECRET.name)).checkpoint,
        ),
        replace(
            RECEIPT,
            checkpoint=make_receipt(key=SigningKey.generate(name="other.example/log")).checkpoint,
        ),
    ],
)
def test_a_receipt_fails_when_any_part_of_it_changes(forged):
    with pytest.raises(InvalidProof):
        verify_receipt(decode_receipt(forged.encode()), entry=BALLOT, key=KEY)
    assert not check_receipt(forged.encode(), key=KEY, entry=None, tracker=None).is_valid


@given(st.integers(0, len(FILE) - 1), st.integers(0, 7))
def test_a_receipt_fails_when_any_bit_of_it_changes(place, bit):
    forged = bytearray(FILE)
    forged[place] ^= 1 << bit

    assert not check_receipt(bytes(forged), key=KEY, entry=None, tracker=None).is_valid


@given(st.binary(max_size=400))
def test_no_bytes_crash_the_checker(data):
    report = check_receipt(data, key=KEY, entry=None, tracker=None)

    assert report.failure.step is Step.READABLE


def changed(old, new):
    assert old in FILE
    return FILE.replace(old, new, 1)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "not a receipt"),
        (b"\x89PNG\r\n\x1a\n", "ASCII"),
        (b"%PDF-1.7\n", "not a receipt"),
        (changed(b"@v1", b"@v2"), "not a receipt"),
        (FILE.split(b"\n\n")[0], "ends before its checkpoint"),
        (changed(b"index 11", b"index 011"), "leading zeros"),
        (changed(b"index 11", b"index -1"), "leading zeros"),
        (changed(b"index 11", b"index  11"), "leading zeros"),
        (changed(b"index 11", b"index 9223372036854775808"), "leading zeros"),
        (changed(b"index 11\n", b""), "no line 'index'"),
        (changed(b"index 11\n", b"index 11\nAAAA\n"), "3 bytes, not 32"),
        (changed(b"index 11\n", b"index 11\n!\n"), "not base64"),
        (changed(b"extra ", b"extra !"), "not base64"),
        (changed(b"extra ", b"extra extra "), "not base64"),
        (changed(b"\nindex", b"\nextra AAAA\nindex"), "no line 'index'"),
        (FILE.replace(b"\n", b"\r\n"), "ASCII"),
        (
            replace(RECEIPT, proof=(bytes(32),) * 64).encode(),
            "64 hashes",
        ),
        (FILE + b"x" * RECEIPT_LIMIT_BYTES, "at most"),
    ],
)
def test_what_is_no_receipt_is_refused_with_the_reason(data, message):
    with pytest.raises(DecodeError, match=message):
        decode_receipt(data)


# --- Numbered checks ------------------------------------------------------------------------------


STEPS_OF_A_BALLOT = [step for step in Step if step not in {Step.COSIGNATURES, Step.DOCUMENT}]


def test_all_steps_are_named_in_order_when_they_hold():
    report = check_receipt(FILE, key=KEY, entry=None, tracker=TRACKER)

    assert [check.step for check in report.checks] == STEPS_OF_A_BALLOT
    assert [check.held for check in report.checks] == [True] * 5
    assert report.entry == BALLOT
    assert report.checkpoint.size == 19


@pytest.mark.parametrize(
    ("step", "change"),
    [
        (Step.READABLE, {"data": FILE[:-1]}),
        (Step.ORIGIN, {"key": SigningKey.generate(name="other.example/log").verifier}),
        (Step.SIGNATURE, {"key": SigningKey.generate(name=SECRET.name).verifier}),
        (Step.INCLUSION, {"entry": b"another entry"}),
        (Step.INCLUSION, {"data": replace(RECEIPT, extra=None).encode()}),
        (Step.INCLUSION, {"data": replace(RECEIPT, extra=b"{}").encode()}),
        (Step.BALLOT, {"tracker": bytes(32)}),
    ],
)
def test_the_first_failing_step_is_named_and_later_ones_are_not_run(step, change):
    arguments = {"data": FILE, "key": KEY, "entry": None, "tracker": TRACKER} | change
    report = check_receipt(arguments.pop("data"), **arguments)

    states = {check.step: check.held for check in report.checks}
    place = STEPS_OF_A_BALLOT.index(step)
    assert report.failure.step is step
    assert list(states.values()) == [True] * place + [False] + [None] * (4 - place)


CHECKPOINT = RECEIPT.checkpoint
NAME, SIZE, ROOT = CHECKPOINT.split(b"\n")[:3]
SIGNED_BY, SIGNED = CHECKPOINT.split(b"\n")[4].rsplit(b" ", 1)
OTHER_HASH = base64.b64encode(bytes(32))
NOT_UNDER = "do not lead"


def with_entry(**change):
    return replace(RECEIPT, extra=canonical_json(json.loads(BALLOT) | change)).encode()


def with_checkpoint(old, new):
    assert CHECKPOINT.count(old) >= 1
    return replace(RECEIPT, checkpoint=CHECKPOINT.replace(old, new, 1)).encode()


FIELDS = {
    "version": (changed(b"@v1", b"@v2"), Step.READABLE, "its first line is not"),
    "index": (replace(RECEIPT, index=12).encode(), Step.INCLUSION, NOT_UNDER),
    "proof": (
        replace(RECEIPT, proof=(bytes(32), *RECEIPT.proof[1:])).encode(),
        Step.INCLUSION,
        NOT_UNDER,
    ),
    "entry kind": (with_entry(kind="proposal"), Step.INCLUSION, NOT_UNDER),
    "entry election": (with_entry(election="1" * 14), Step.INCLUSION, NOT_UNDER),
    "entry event": (with_entry(event="b" * 64), Step.INCLUSION, NOT_UNDER),
    "entry height": (with_entry(height=2), Step.INCLUSION, NOT_UNDER),
    "entry type": (with_entry(type="Result"), Step.INCLUSION, NOT_UNDER),
    "entry payload": (with_entry(payload="b" * 64), Step.INCLUSION, NOT_UNDER),
    "origin": (with_checkpoint(NAME, b"other.example/log"), Step.ORIGIN, "this is the log other"),
    "size": (with_checkpoint(SIZE, b"20"), Step.SIGNATURE, "does not fit the text"),
    "root": (with_checkpoint(ROOT, OTHER_HASH), Step.SIGNATURE, "does not fit the text"),
    "signer": (
        with_checkpoint(SIGNED_BY, "— other.example/log".encode()),
        Step.SIGNATURE,
        "the note is not signed by",
    ),
    "key id": (
        with_checkpoint(SIGNED, base64.b64encode(bytes(4) + base64.b64decode(SIGNED)[4:])),
        Step.SIGNATURE,
        "the note is not signed by",
    ),
    "signature": (
        with_checkpoint(SIGNED, base64.b64encode(base64.b64decode(SIGNED)[:4] + bytes(64))),
        Step.SIGNATURE,
        "does not fit the text",
    ),
}


@pytest.mark.parametrize("field", FIELDS)
def test_a_forged_field_is_refused_and_the_message_says_what_is_wrong(field):
    data, step, message = FIELDS[field]
    report = check_receipt(data, key=KEY, entry=None, tracker=TRACKER)

    assert not report.is_valid
    assert report.failure.step is step
    assert message in report.failure.detail


@pytest.mark.parametrize(
    "entry",
    [
        b"",
        b"not json",
        b"[]",
        b'"text"',
        BALLOT.replace(b'"kind"', b' "kind"'),
        BALLOT + b"\n",
        BALLOT.replace(b"Ballot", b"Result"),
        BALLOT.replace(b"election-event", b"election-other"),
        BALLOT.replace(TRACKER.hex().encode(), b"0" * 64),
        BALLOT.replace(b'"height":1', b'"height":1,"height":1'),
    ],
)
def test_an_entry_that_is_not_the_ballots_is_refused(entry):
    with pytest.raises((DecodeError, InvalidProof)):
        verify_entry_is_of_ballot(entry, tracker=TRACKER)


def test_the_trackers_base64_and_the_payloads_hexadecimal_are_the_same_bytes():
    tracker = base64.b64decode("cqJLsAZtdfZI9GN4sejYQ90NwTs7nMCATtAc7ADv1Vc=")
    entry = BALLOT.replace(
        TRACKER.hex().encode(), b"72a24bb0066d75f648f46378b1e8d843dd0dc13b3b9cc0804ed01cec00efd557"
    )

    verify_entry_is_of_ballot(entry, tracker=tracker)
