import base64
import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evote.errors import DecodeError
from evote.tlog.checkpoint import Checkpoint, decode_checkpoint, sign_checkpoint
from evote.tlog.cosignature import Algorithm, CosigningKey
from evote.tlog.merkle import EMPTY_ROOT, consistency_proof, leaf_hash, root_of_hashes
from evote.tlog.note import NoteSignature, SigningKey, VerifierKey, decode_note, sign_note
from evote.tlog.witness import (
    ANSWER_LIMIT_BYTES,
    PROOF_LIMIT_HASHES,
    REQUEST_LIMIT_BYTES,
    AddCheckpoint,
    Finding,
    Status,
    decode_cosignatures,
    decode_size,
    encode_cosignatures,
    encode_size,
    judge,
    origin_hash,
)

VECTORS = json.loads((Path(__file__).parents[2] / "vectors/tlog/notes.json").read_text())
ORIGIN = VECTORS["log_key"]["name"]
KEYS = {ORIGIN: [VerifierKey.decode(VECTORS["log_key"]["vkey"])]}
SECRET = SigningKey(name=ORIGIN, seed=bytes.fromhex(VECTORS["log_key"]["seed_hex"]))
LEAVES = [leaf_hash(bytes([number])) for number in range(20)]
OTHER_LEAVES = [leaf_hash(b"other"), *LEAVES[1:]]


def root_of(size, leaves=LEAVES):
    return root_of_hashes(leaves[:size])


def recorded_at(size, leaves=LEAVES):
    return Checkpoint(origin=ORIGIN, size=size, root=root_of(size, leaves))


def proof_of(old, new, leaves=LEAVES):
    def read(level, index):
        return root_of_hashes(leaves[index << level : (index + 1) << level])

    if old in {0, new}:
        return ()
    return tuple(consistency_proof(old_size=old, new_size=new, read=read))


def request_for(old, new, *, leaves=LEAVES, key=SECRET, proof=None):
    return AddCheckpoint(
        old_size=old,
        proof=proof_of(old, new, leaves) if proof is None else proof,
        checkpoint=sign_checkpoint(size=new, root=root_of(new, leaves), key=key),
    )


# --- Vectors by another implementation --------------------------------------------------------


@pytest.mark.parametrize(
    "vector", VECTORS["add_checkpoint"], ids=lambda v: f"{v['old']}-{v['new']}"
)
def test_the_vectors_requests_are_read_written_and_cosigned(vector):
    request = AddCheckpoint.decode(vector["body"].encode())
    recorded = Checkpoint(
        origin=ORIGIN, size=vector["old"], root=base64.b64decode(vector["old_root_b64"])
    )
    verdict = judge(request, recorded=recorded, keys=KEYS)

    assert request.encode() == vector["body"].encode()
    assert request.old_size == vector["old"]
    assert verdict.status == Status.COSIGNED
    assert verdict.checkpoint == decode_checkpoint(decode_note(request.checkpoint))
    assert verdict.checkpoint.size == vector["new"]


@pytest.mark.parametrize("vector", VECTORS["must_reject"], ids=lambda v: v["why"])
def test_what_the_vectors_refuse_is_not_cosigned(vector):
    request = AddCheckpoint(old_size=0, proof=(), checkpoint=vector["note"].encode())
    verdict = judge(request, recorded=None, keys=KEYS)

    assert verdict.status in {Status.MALFORMED, Status.NOT_SIGNED}
    assert verdict.finding is None


# --- The decision, in the order of the specification -------------------------------------------


@pytest.mark.parametrize("old", range(9))
@pytest.mark.parametrize("new", range(9))
def test_every_growth_is_cosigned_and_nothing_that_shrinks(old, new):
    recorded = recorded_at(old) if old else None
    if new < old:
        verdict = judge(request_for(old, new, proof=()), recorded=recorded, keys=KEYS)
        assert verdict.status == Status.MALFORMED
    else:
        verdict = judge(request_for(old, new), recorded=recorded, keys=KEYS)
        assert verdict.status == Status.COSIGNED
        assert verdict.finding is None


def test_an_unknown_log_is_refused_before_its_signature_is_looked_at():
    stranger = SigningKey.generate(name="elsewhere.example/log")
    for keys in ({}, KEYS, {stranger.name: []}):
        verdict = judge(request_for(9, 3, key=stranger, proof=()), recorded=None, keys=keys)
        assert verdict.status == Status.UNKNOWN_LOG
        assert verdict.checkpoint is None


def changed_signatures(change):
    request = request_for(0, 3)
    note = decode_note(request.checkpoint)
    return replace(request, checkpoint=replace(note, signatures=change(note.signatures)).encode())


@pytest.mark.parametrize(
    "change",
    [
        lambda lines: (replace(lines[0], signature=bytes(64)),),
        lambda lines: (replace(lines[0], signature=b"short"),),
        lambda lines: (replace(lines[0], signature=lines[0].signature + b"\x00"),),
        lambda lines: (replace(lines[0], name="someone.example/else"),),
        lambda lines: (replace(lines[0], key_id=b"abcd"),),
        lambda lines: (lines[0], replace(lines[0], signature=bytes(64))),
    ],
    ids=["false", "short", "long", "other name", "other id", "a second one is false"],
)
def test_a_checkpoint_that_the_log_did_not_sign_is_forbidden(change):
    verdict = judge(changed_signatures(change), recorded=recorded_at(2), keys=KEYS)

    assert verdict.status == Status.NOT_SIGNED
    assert verdict.finding is None


def test_lines_of_strangers_are_ignored():
    stranger = NoteSignature(name="w.example/w", key_id=b"abcd", signature=b"x")
    request = changed_signatures(lambda lines: (stranger, *lines, stranger))

    assert judge(request, recorded=None, keys=KEYS).status == Status.COSIGNED


def test_either_key_of_a_log_that_changed_its_key_is_taken():
    new = SigningKey.generate(name=ORIGIN)
    keys = {ORIGIN: [SECRET.verifier, new.verifier]}
    for key in (SECRET, new):
        assert judge(request_for(0, 3, key=key), recorded=None, keys=keys).status == 200
    assert judge(request_for(0, 3, key=new), recorded=None, keys=KEYS).status == 403


@pytest.mark.parametrize(
    "text",
    [
        f"{ORIGIN}\n",
        f"{ORIGIN}\n3\n",
        f"{ORIGIN}\n03\n{base64.b64encode(root_of(3)).decode()}\n",
        f"{ORIGIN}\n3\n{base64.b64encode(root_of(3)).decode()}\nextension\n",
        f"{ORIGIN}\n3\n{base64.b64encode(root_of(3)[:31]).decode()}\n",
    ],
)
def test_a_well_signed_text_that_is_no_checkpoint_is_malformed(text):
    request = AddCheckpoint(old_size=0, proof=(), checkpoint=sign_note(text=text, key=SECRET))

    assert judge(request, recorded=None, keys=KEYS).status == Status.MALFORMED


@pytest.mark.parametrize("note", [b"", b"\n", b"hello\n", b"\xff\n\n", b"a\n\n\n\n"])
def test_what_is_not_even_a_note_is_malformed(note):
    request = AddCheckpoint(old_size=0, proof=(), checkpoint=note)

    assert judge(request, recorded=None, keys=KEYS).status == Status.MALFORMED


@pytest.mark.parametrize(("old", "recorded"), [(0, 5), (4, 5), (6, 5), (3, None)])
def test_another_old_size_is_answered_with_the_recorded_one(old, recorded):
    verdict = judge(
        request_for(old, 7),
        recorded=None if recorded is None else recorded_at(recorded),
        keys=KEYS,
    )

    assert verdict.status == Status.OTHER_SIZE
    assert verdict.recorded_size == (recorded or 0)
    assert verdict.finding is None


def test_an_empty_log_must_have_the_empty_root():
    false = AddCheckpoint(
        old_size=0, proof=(), checkpoint=sign_checkpoint(size=0, root=bytes(32), key=SECRET)
    )
    true = replace(false, checkpoint=sign_checkpoint(size=0, root=EMPTY_ROOT, key=SECRET))
    for recorded in (None, recorded_at(0)):
        verdict = judge(false, recorded=recorded, keys=KEYS)
        assert verdict.status == Status.INCONSISTENT
        assert verdict.finding is Finding.FALSE_EMPTY_ROOT
        assert judge(true, recorded=recorded, keys=KEYS).status == Status.COSIGNED


@pytest.mark.parametrize(
    ("old", "new", "proof"),
    [
        (0, 5, (bytes(32),)),
        (5, 5, (bytes(32),)),
        (5, 8, ()),
        (5, 8, proof_of(5, 8)[:-1]),
        (5, 8, (*proof_of(5, 8), bytes(32))),
        (5, 8, proof_of(5, 8)[::-1]),
        (5, 8, proof_of(5, 8, OTHER_LEAVES)),
        (4, 8, (root_of(4), *proof_of(4, 8))),
    ],
)
def test_a_45_a_proof_with_extra_missing_or_other_hashes_is_refused(old, new, proof):
    recorded = recorded_at(old) if old else None
    verdict = judge(request_for(old, new, proof=proof), recorded=recorded, keys=KEYS)

    assert verdict.status == Status.INCONSISTENT
    assert verdict.finding is (Finding.UNPROVEN if 0 < old < new else None)


def test_a_43_a_fork_of_the_same_size_is_refused_and_is_a_proof_of_the_lie():
    recorded = recorded_at(5)
    for old, status in ((5, 422), (0, 409), (4, 409), (6, 400)):
        request = request_for(old, 5, leaves=OTHER_LEAVES, proof=())
        verdict = judge(request, recorded=recorded, keys=KEYS)

        assert verdict.status == status
        assert verdict.finding is Finding.FORK


@pytest.mark.parametrize("old", range(1, 9))
def test_a_43_a_longer_fork_is_refused_and_its_own_proof_convicts_it(old):
    verdict = judge(request_for(old, 9, leaves=OTHER_LEAVES), recorded=recorded_at(old), keys=KEYS)
    # A log of 1, 2, 4 or 8 entries is one subtree: its root is not in the proof.
    is_convicted = old & (old - 1) != 0

    assert verdict.status == Status.INCONSISTENT
    assert verdict.finding is (Finding.FORK if is_convicted else Finding.UNPROVEN)


def test_a_false_proof_convicts_nobody():
    for proof in ((), (bytes(32),), proof_of(5, 8, OTHER_LEAVES), proof_of(5, 9), proof_of(3, 8)):
        verdict = judge(request_for(5, 8, proof=proof), recorded=recorded_at(5), keys=KEYS)

        assert verdict.finding is Finding.UNPROVEN


# --- Messages -------------------------------------------------------------------------------------

hashes = st.binary(min_size=32, max_size=32)


@given(st.integers(0, 2**63 - 1), st.lists(hashes, max_size=63), st.binary(max_size=300))
def test_every_request_comes_back_as_it_was(old_size, proof, checkpoint):
    request = AddCheckpoint(old_size=old_size, proof=tuple(proof), checkpoint=checkpoint)

    assert AddCheckpoint.decode(request.encode()) == request


GOOD = request_for(5, 8).encode()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"old 0",
        b"old 0\n",
        b"\n\n",
        GOOD.replace(b"old 5\n", b""),
        GOOD.replace(b"old 5\n", b"old  5\n"),
        GOOD.replace(b"old 5\n", b"old 05\n"),
        GOOD.replace(b"old 5\n", b"old -5\n"),
        GOOD.replace(b"old 5\n", b"old\n"),
        GOOD.replace(b"old 5\n", b"old 5 \n"),
        GOOD.replace(b"old 5\n", b"Old 5\n"),
        GOOD.replace(b"old 5\n", b"old 5\r\n"),
        GOOD.replace(b"old 5\n", b"\nold 5\n"),
        GOOD.replace(b"old 5\n", "old ５\n".encode()),
        GOOD.replace(b"old 5\n", b"old 9223372036854775808\n"),
        GOOD.replace(b"old 5\n", b"old 5\nAAAA\n"),
        GOOD.replace(b"old 5\n", b"old 5\n" + root_of(1).hex().encode() + b"\n"),
        b"\xff" * 100,
        b"\xff" * 3_000_000,
    ],
)
def test_a_damaged_request_is_refused(data):
    with pytest.raises(DecodeError):
        AddCheckpoint.decode(data)


def test_at_most_63_hashes_are_read():
    request = request_for(5, 8, proof=(bytes(32),) * PROOF_LIMIT_HASHES)

    assert len(AddCheckpoint.decode(request.encode()).proof) == PROOF_LIMIT_HASHES
    with pytest.raises(DecodeError, match="64 hashes"):
        AddCheckpoint.decode(replace(request, proof=(*request.proof, bytes(32))).encode())


def test_a_huge_request_is_refused_unread():
    with pytest.raises(DecodeError) as error:
        AddCheckpoint.decode(GOOD + b"x" * REQUEST_LIMIT_BYTES)

    assert error.value.code == "too_large"


@given(st.binary(max_size=300))
def test_no_bytes_crash_the_reader_or_the_judge(data):
    try:
        request = AddCheckpoint.decode(data)
    except DecodeError:
        request = AddCheckpoint(old_size=0, proof=(), checkpoint=data)
    assert judge(request, recorded=None, keys=KEYS).status == Status.MALFORMED


@given(st.integers(0, 2**63 - 1))
def test_every_size_comes_back_as_it_was(size):
    assert decode_size(encode_size(size)) == size


@pytest.mark.parametrize(
    "data", [b"", b"7", b"07\n", b"7\n\n", b"-7\n", b"x\n", b"7" * 200 + b"\n"]
)
def test_an_answer_that_is_no_size_is_refused(data):
    with pytest.raises(DecodeError):
        decode_size(data)


def test_cosignatures_come_back_as_they_were():
    lines = tuple(
        CosigningKey.generate(name="w.example/w", algorithm=algorithm).cosign(recorded_at(3), at=7)
        for algorithm in Algorithm
    )

    assert decode_cosignatures(encode_cosignatures(lines)) == lines


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n",
        b"<!DOCTYPE html>\n",
        b"\xff\n",
        "— w AAAA\n".encode(),
        "— w AAAAAAAA".encode(),
        "— w AAAAAAAA\n\n".encode(),
        b"- w AAAAAAAA\n",
        "— w AAAAAAAA\n".encode() * 101,
        b"x" * (ANSWER_LIMIT_BYTES + 1),
        b"x" * 2_000_000,
    ],
)
def test_an_answer_without_cosignatures_is_refused(data):
    with pytest.raises(DecodeError):
        decode_cosignatures(data)


def test_a_hundred_ml_dsa_lines_are_within_the_limit_of_an_answer():
    line = NoteSignature(name="w" * 255, key_id=b"abcd", signature=bytes(2428))

    assert len(decode_cosignatures(encode_cosignatures([line] * 100))) == 100


def test_a_logs_folder_is_named_by_the_hash_of_its_origin():
    assert origin_hash(ORIGIN) == hashlib.sha256(ORIGIN.encode()).hexdigest()
