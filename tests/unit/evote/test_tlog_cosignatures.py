import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evote.errors import DecodeError, EvoteError, InvalidProof, NotSupported
from evote.tlog.checkpoint import Checkpoint, decode_checkpoint
from evote.tlog.cosignature import (
    Algorithm,
    CosignerKey,
    CosigningKey,
    verify_cosignature,
)
from evote.tlog.note import NoteSignature, SigningKey, decode_note

VECTORS = json.loads((Path(__file__).parents[2] / "vectors/tlog/notes.json").read_text())
WITNESSES = VECTORS["witness_keys"]
CHECKPOINT = Checkpoint(origin="log.example.gov/audit", size=513, root=bytes(range(32)))
SECRETS = [
    CosigningKey(name="witness.example/w", algorithm=algorithm, seed=bytes(range(32)))
    for algorithm in Algorithm
]
ids = [secret.algorithm.title for secret in SECRETS]
each_algorithm = pytest.mark.parametrize("secret", SECRETS, ids=ids)


# --- Vectors by another implementation --------------------------------------------------------


@pytest.mark.parametrize("vector", WITNESSES, ids=lambda v: v["name"])
def test_the_cosigners_keys_are_the_vectors(vector):
    key = CosignerKey.decode(vector["vkey"])
    secret = CosigningKey(
        name=vector["name"],
        algorithm=Algorithm.ED25519,
        seed=bytes.fromhex(vector["seed_hex"]),
    )

    assert key.encode() == vector["vkey"]
    assert key.key_id.hex() == vector["key_id_hex"]
    assert key.public.hex() == vector["public_hex"]
    assert secret.verifier == key


@pytest.mark.parametrize("vector", VECTORS["checkpoints"], ids=lambda v: str(v["size"]))
@pytest.mark.parametrize("place", [0, 1])
def test_cosignatures_are_written_and_verified_as_the_vectors(vector, place):
    note = decode_note(vector["cosigned"].encode())
    checkpoint = decode_checkpoint(note)
    line = note.signatures[1 + place]
    witness = WITNESSES[place]
    at = verify_cosignature(line, checkpoint=checkpoint, key=CosignerKey.decode(witness["vkey"]))
    secret = CosigningKey(
        name=witness["name"],
        algorithm=Algorithm.ED25519,
        seed=bytes.fromhex(witness["seed_hex"]),
    )

    assert at == 1_700_000_000 + vector["size"] + place
    assert secret.cosign(checkpoint, at=at) == line


# --- Forgeries ----------------------------------------------------------------------------------


def forged_lines(line):
    middle = len(line.signature) // 2
    flipped = bytearray(line.signature)
    flipped[middle] ^= 1
    later = bytearray(line.signature)
    later[7] ^= 1
    return [
        replace(line, name="witness.example/other"),
        replace(line, key_id=b"\x00\x00\x00\x00"),
        replace(line, signature=bytes(flipped)),
        replace(line, signature=bytes(later)),
        replace(line, signature=line.signature[:-1]),
        replace(line, signature=line.signature + b"\x00"),
        replace(line, signature=line.signature[8:]),
        replace(line, signature=b"x"),
        replace(line, signature=bytes(8) + line.signature[8:]),
        replace(line, signature=b"\xff" * 8 + line.signature[8:]),
    ]


@each_algorithm
def test_a_cosignature_fails_when_any_part_of_its_line_changes(secret):
    line = secret.cosign(CHECKPOINT, at=1_700_000_000)

    assert verify_cosignature(line, checkpoint=CHECKPOINT, key=secret.verifier) == 1_700_000_000
    for forged in forged_lines(line):
        with pytest.raises(InvalidProof):
            verify_cosignature(forged, checkpoint=CHECKPOINT, key=secret.verifier)


@each_algorithm
@pytest.mark.parametrize(
    ("field", "forged"),
    [
        ("origin", "log.example.gov/other"),
        ("origin", "x" * 256),
        ("size", 514),
        ("root", bytes(32)),
    ],
)
def test_a_cosignature_fails_under_another_checkpoint(secret, field, forged):
    line = secret.cosign(CHECKPOINT, at=1_700_000_000)
    with pytest.raises(InvalidProof):
        verify_cosignature(
            line, checkpoint=replace(CHECKPOINT, **{field: forged}), key=secret.verifier
        )


@each_algorithm
def test_a_cosignature_fails_under_another_key_of_the_same_name_and_id(secret):
    line = secret.cosign(CHECKPOINT, at=1_700_000_000)
    other = CosigningKey.generate(name=secret.name, algorithm=secret.algorithm)
    with pytest.raises(InvalidProof, match="is not of the key"):
        verify_cosignature(line, checkpoint=CHECKPOINT, key=other.verifier)
    with pytest.raises(InvalidProof, match="does not fit the checkpoint"):
        verify_cosignature(
            replace(line, key_id=other.verifier.key_id), checkpoint=CHECKPOINT, key=other.verifier
        )


def test_a_logs_own_signature_is_no_cosignature_by_the_same_seed():
    seed = bytes(range(32))
    log = SigningKey(name="witness.example/w", seed=seed)
    line = log.sign(CHECKPOINT.encode())
    key = SECRETS[0].verifier
    forged = NoteSignature(
        name=key.name, key_id=key.key_id, signature=(1).to_bytes(8, "big") + line.signature
    )
    with pytest.raises(InvalidProof):
        verify_cosignature(forged, checkpoint=CHECKPOINT, key=key)


@each_algorithm
@pytest.mark.parametrize("moment", [0, -1, 2**63])
def test_a_time_that_no_cosignature_can_bear_is_not_signed(secret, moment):
    with pytest.raises(DecodeError):
        secret.cosign(CHECKPOINT, at=moment)


def test_names_longer_than_a_byte_can_count_have_no_ml_dsa_cosignature():
    longest = "x" * 255
    secret = CosigningKey.generate(name=longest, algorithm=Algorithm.ML_DSA_44)
    checkpoint = replace(CHECKPOINT, origin=longest)
    line = secret.cosign(checkpoint, at=1)

    assert verify_cosignature(line, checkpoint=checkpoint, key=secret.verifier) == 1
    with pytest.raises(DecodeError, match="1 to 255 bytes"):
        secret.cosign(replace(CHECKPOINT, origin=longest + "x"), at=1)
    with pytest.raises(DecodeError, match="1 to 255 bytes"):
        CosigningKey.generate(name=longest + "x", algorithm=Algorithm.ML_DSA_44)


# --- Round trips and keys -------------------------------------------------------------------------


@each_algorithm
@given(st.integers(0, 2**63 - 1), st.binary(min_size=32, max_size=32), st.integers(1, 2**63 - 1))
def test_every_cosignature_verifies_and_gives_its_time(secret, size, root, at):
    checkpoint = Checkpoint(origin="log.example/log", size=size, root=root)
    line = secret.cosign(checkpoint, at=at)

    assert verify_cosignature(line, checkpoint=checkpoint, key=secret.verifier) == at


@pytest.mark.parametrize("algorithm", Algorithm)
def test_every_key_comes_back_as_it_was(algorithm):
    secret = CosigningKey.generate(name="witness.example/w", algorithm=algorithm)

    assert CosigningKey.decode(secret.encode()) == secret
    assert CosignerKey.decode(secret.verifier.encode()) == secret.verifier
    assert "seed" not in repr(secret)


@each_algorithm
@pytest.mark.parametrize("change", [lambda t: t[1:], lambda t: t[:-4], lambda t: t + "\n"])
def test_a_damaged_key_is_refused(secret, change):
    with pytest.raises(DecodeError):
        CosigningKey.decode(change(secret.encode()))
    with pytest.raises(DecodeError):
        CosignerKey.decode(change(secret.verifier.encode()))


@each_algorithm
def test_the_id_of_a_private_key_must_be_that_of_its_public_half(secret):
    text = secret.encode().replace(secret.verifier.key_id.hex(), "00000000")
    with pytest.raises(DecodeError, match="id does not belong"):
        CosigningKey.decode(text)


def test_keys_of_logs_are_not_taken_for_cosigners():
    log = SigningKey.generate(name="log.example/log")
    with pytest.raises(NotSupported, match="0x01"):
        CosignerKey.decode(log.verifier.encode())
    with pytest.raises(NotSupported, match="0x01"):
        CosigningKey.decode(log.encode())


@pytest.mark.parametrize("algorithm", Algorithm)
@pytest.mark.parametrize("size", [0, 31, 33, 1311, 1313])
def test_a_cosigners_key_of_another_size_is_refused(algorithm, size):
    key = CosignerKey(name="w", algorithm=algorithm, public=bytes(size))
    with pytest.raises(DecodeError, match=f"has {size} bytes"):
        CosignerKey.decode(key.encode())


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\u00a0b", "a\n"])
def test_a_cosigner_cannot_have_every_name(name):
    with pytest.raises(DecodeError):
        CosigningKey.generate(name=name, algorithm=Algorithm.ED25519)


@given(st.text(max_size=200))
def test_no_text_crashes_the_reader_of_keys(text):
    for decode in (CosignerKey.decode, CosigningKey.decode):
        with pytest.raises(EvoteError):
            decode(text)
