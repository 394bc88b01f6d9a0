import base64
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evote.errors import DecodeError, EvoteError, InvalidProof, NotSupported
from evote.tlog.checkpoint import (
    Checkpoint,
    decode_checkpoint,
    sign_checkpoint,
    verify_checkpoint,
)
from evote.tlog.merkle import EMPTY_ROOT
from evote.tlog.note import (
    NOTE_LIMIT_BYTES,
    Note,
    NoteSignature,
    SigningKey,
    VerifierKey,
    decode_note,
    sign_note,
    verify_note,
)

VECTORS = json.loads((Path(__file__).parents[2] / "vectors/tlog/notes.json").read_text())
LOG = VECTORS["log_key"]
KEY = VerifierKey.decode(LOG["vkey"])
SECRET = SigningKey(name=LOG["name"], seed=bytes.fromhex(LOG["seed_hex"]))
NOTE = VECTORS["checkpoints"][3]["signed"].encode()
ROOT = bytes(range(32))


# --- Vectors by another implementation --------------------------------------------------------


def test_the_specifications_own_example_verifies():
    example = VECTORS["spec_example"]
    key = VerifierKey.decode(example["vkey"])

    assert verify_note(example["note"].encode(), keys=[key]).text == "This is an example message.\n"
    assert key.key_id.hex() == "530d903a"


def test_the_logs_key_is_the_vectors():
    assert SECRET.verifier == KEY
    assert KEY.encode() == LOG["vkey"]
    assert KEY.public.hex() == LOG["public_hex"]
    assert KEY.key_id.hex() == LOG["key_id_hex"]


@pytest.mark.parametrize("vector", VECTORS["checkpoints"], ids=lambda v: str(v["size"]))
def test_checkpoints_are_written_and_verified_as_the_vectors(vector):
    signed = vector["signed"].encode()
    checkpoint = verify_checkpoint(signed, key=KEY)

    assert checkpoint.size == vector["size"]
    assert checkpoint.encode() == vector["body"]
    assert sign_checkpoint(size=checkpoint.size, root=checkpoint.root, key=SECRET) == signed
    assert decode_note(signed).encode() == signed
    assert verify_checkpoint(vector["cosigned"].encode(), key=KEY) == checkpoint


@pytest.mark.parametrize("vector", VECTORS["must_reject"], ids=lambda v: v["why"])
def test_what_the_vectors_refuse_is_refused(vector):
    with pytest.raises((DecodeError, InvalidProof)):
        verify_checkpoint(vector["note"].encode(), key=KEY)


@pytest.mark.parametrize(
    "vector", VECTORS["add_checkpoint"], ids=lambda v: f"{v['old']}-{v['new']}"
)
def test_the_checkpoint_in_a_witness_request_verifies(vector):
    note = vector["body"].split("\n\n", 1)[1].encode()

    assert verify_checkpoint(note, key=KEY).size == vector["new"]


@pytest.mark.parametrize("vector", VECTORS["witness_keys"], ids=lambda v: v["name"])
def test_a_cosigners_key_is_read_and_said_to_be_of_a_later_kind(vector):
    with pytest.raises(NotSupported, match="0x04"):
        VerifierKey.decode(vector["vkey"])


# --- Forgeries ----------------------------------------------------------------------------------


def replaced(old, new):
    assert old in NOTE
    return NOTE.replace(old, new)


@pytest.mark.parametrize(
    "forged",
    [
        replaced(b"log.example.gov/audit\n513", b"log.example.gov/other\n513"),
        replaced(b"\n513\n", b"\n514\n"),
        replaced(b"xVjO", b"yVjO"),
        replaced(b"LinCD4e6", b"LinCD4e7"),
        replaced(b"LinCD4e6", b"AinCD4e6"),
        replaced("— log.example.gov/audit".encode(), "— log.example.gov/other".encode()),
        replaced(b"\n\n", b"\nextension\n\n"),
        replaced(b"\n\n", b"\n\n\n"),
        replaced("— log".encode(), "—  log".encode()),
        replaced("— log".encode(), "—log".encode()),
        replaced("— log".encode(), "– log".encode()),
        replaced(b"/audit Lin", b"/audit  Lin"),
        replaced(b"/audit Lin", "/audit\u00a0Lin".encode()),
        replaced(b"jQI=\n", b"jQI\n"),
        replaced(b"jQI=\n", b"jQJ=\n"),
        replaced(b"jQI=\n", b"jQI=\n\n"),
        replaced(b"jQI=\n", b"jQI= \n"),
        replaced(b"jQI=\n", b"jQI=\r\n"),
        replaced(b"513\n", b"+513\n"),
        replaced(b"513\n", b"513 \n"),
        replaced(b"513\n", b"513.0\n"),
        replaced(b"513\n", "５１３\n".encode()),
        replaced(b"513\n", b"9223372036854775808\n"),
        b"\n" + NOTE,
        b"\xef\xbb\xbf" + NOTE,
        b"\xff" + NOTE,
        NOTE[:-1],
        NOTE + b"x",
        NOTE + b"\x00\n",
        b"",
        b"\n",
        b"\n\n",
        b"log.example.gov/audit\n513\n",
    ],
)
def test_a_checkpoint_fails_when_any_part_of_it_changes(forged):
    with pytest.raises((DecodeError, InvalidProof)):
        verify_checkpoint(forged, key=KEY)


@given(st.integers(0, len(NOTE) - 1), st.integers(0, 7))
def test_a_checkpoint_fails_when_any_bit_of_it_changes(place, bit):
    forged = bytearray(NOTE)
    forged[place] ^= 1 << bit
    with pytest.raises((DecodeError, InvalidProof)):
        verify_checkpoint(bytes(forged), key=KEY)


@given(st.binary(max_size=300))
def test_no_bytes_crash_the_reader(data):
    with pytest.raises(EvoteError):
        verify_checkpoint(data, key=KEY)


@pytest.mark.parametrize(
    "text",
    [
        f"{LOG['name']}\n0\n{base64.b64encode(ROOT).decode()}\n",
        f"{LOG['name']}\n7\n{base64.b64encode(ROOT[:31]).decode()}\n",
        f"{LOG['name']}\n7\n{ROOT.hex()}\n",
        f"{LOG['name']}\n7\n",
        f"{LOG['name']}\n7\n{base64.b64encode(ROOT).decode()}\nextension\n",
        f"\n7\n{base64.b64encode(ROOT).decode()}\n",
        f"{LOG['name']}\n07\n{base64.b64encode(ROOT).decode()}\n",
        f"{LOG['name']}\n-7\n{base64.b64encode(ROOT).decode()}\n",
        f"other.example/log\n7\n{base64.b64encode(ROOT).decode()}\n",
        "promise\n",
    ],
)
def test_a_well_signed_text_that_is_no_checkpoint_of_the_log_is_refused(text):
    with pytest.raises((DecodeError, InvalidProof)):
        verify_checkpoint(sign_note(text=text, key=SECRET), key=KEY)


def test_an_unknown_key_is_ignored_and_a_known_one_must_hold():
    other = SigningKey.generate(name="witness.example/w1")
    note = decode_note(NOTE)
    cosigned = Note(text=note.text, signatures=(*note.signatures, other.sign(note.text)))
    false_line = Note(text=note.text, signatures=(*note.signatures, other.sign("something else\n")))

    verify_note(cosigned.encode(), keys=[KEY, other.verifier])
    verify_note(false_line.encode(), keys=[KEY])
    with pytest.raises(InvalidProof, match="does not fit the text"):
        verify_note(false_line.encode(), keys=[KEY, other.verifier])
    with pytest.raises(InvalidProof, match="not signed by"):
        verify_note(NOTE, keys=[other.verifier])
    with pytest.raises(InvalidProof):
        verify_note(NOTE, keys=[])


def test_a_second_line_by_a_known_key_must_hold_too():
    note = decode_note(NOTE)
    forged = NoteSignature(name=KEY.name, key_id=KEY.key_id, signature=bytes(64))
    for signatures in ((forged, *note.signatures), (*note.signatures, forged)):
        with pytest.raises(InvalidProof):
            verify_note(Note(text=note.text, signatures=signatures).encode(), keys=[KEY])


@pytest.mark.parametrize("length", [1, 63, 65])
def test_a_signature_of_another_length_is_refused(length):
    line = NoteSignature(name=KEY.name, key_id=KEY.key_id, signature=bytes(length))
    with pytest.raises(InvalidProof):
        verify_note(Note(text="hello\n", signatures=(line,)).encode(), keys=[KEY])


def test_sixteen_signatures_are_read_and_a_hundred_and_one_are_not():
    note = decode_note(NOTE)
    for count in (15, 99):
        others = [NoteSignature(name=f"w{n}", key_id=b"abcd", signature=b"x") for n in range(count)]
        verify_note(
            Note(text=note.text, signatures=(*others, *note.signatures)).encode(), keys=[KEY]
        )
    others.append(others[0])
    with pytest.raises(DecodeError, match="101 signatures"):
        decode_note(Note(text=note.text, signatures=(*others, *note.signatures)).encode())


def test_a_huge_note_is_refused_unread():
    with pytest.raises(DecodeError) as error:
        decode_note(b"x" * NOTE_LIMIT_BYTES + NOTE)

    assert error.value.code == "too_large"


# --- Round trips ----------------------------------------------------------------------------------

names = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1).filter(
    lambda name: "+" not in name and not any(character.isspace() for character in name)
)
texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"])).map(lambda s: s + "\n")


@given(names, texts)
def test_every_note_comes_back_as_it_was(name, text):
    key = SigningKey.generate(name=name)
    note = verify_note(sign_note(text=text, key=key), keys=[key.verifier])

    assert note.text == text
    assert SigningKey.decode(key.encode()) == key
    assert VerifierKey.decode(key.verifier.encode()) == key.verifier


@given(st.integers(1, 2**63 - 1), st.binary(min_size=32, max_size=32))
def test_every_checkpoint_comes_back_as_it_was(size, root):
    assert verify_checkpoint(sign_checkpoint(size=size, root=root, key=SECRET), key=KEY) == (
        Checkpoint(origin=LOG["name"], size=size, root=root)
    )


def test_a_text_may_hold_empty_lines():
    note = verify_note(sign_note(text="a\n\n\nb\n\n", key=SECRET), keys=[KEY])

    assert note.text == "a\n\n\nb\n\n"


@pytest.mark.parametrize("text", ["", "no end", "tab\there\n", "a\r\n", "nul\x00\n", "\x1f\n"])
def test_a_text_that_no_note_can_have_is_not_signed(text):
    with pytest.raises(DecodeError):
        sign_note(text=text, key=SECRET)


# --- Keys -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "",
        "log",
        "log+2e29c20f",
        LOG["vkey"].replace("2e29c20f", "2e29c20e"),
        LOG["vkey"].replace("2e29c20f", "2E29C20F"),
        LOG["vkey"].replace("gov/audit", "gov/other"),
        LOG["vkey"].replace("ASFt", "ASFu"),
        LOG["vkey"] + "=",
        LOG["vkey"] + "\n",
        LOG["vkey"][:-4],
        "+2e29c20f+ASFtxbJ+SCrR8mMjjkAEjsCl7r4babR57dLqNXQJThac",
        "a b+2e29c20f+ASFtxbJ+SCrR8mMjjkAEjsCl7r4babR57dLqNXQJThac",
        "log+2e29c20f+",
        "log+2e29c20f+AQ==",
    ],
)
def test_a_damaged_verifier_key_is_refused(text):
    with pytest.raises(DecodeError):
        VerifierKey.decode(text)


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_verifier_key_of_another_size_is_refused(size):
    key = VerifierKey(name="log", public=bytes(size))
    with pytest.raises(DecodeError, match="32 bytes"):
        VerifierKey.decode(key.encode())


@pytest.mark.parametrize(
    "text",
    [
        "",
        SECRET.encode()[1:],
        SECRET.encode()[:-4],
        SECRET.encode().replace("2e29c20f", "2e29c20e"),
        SECRET.encode().replace("audit", "other"),
        SECRET.encode().replace("+Ae", "+Be"),
        "PRIVATE+KEY+log",
    ],
)
def test_a_damaged_private_key_is_refused(text):
    with pytest.raises(DecodeError):
        SigningKey.decode(text)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\u00a0b", "a\n", "a\x01"])
def test_a_key_has_a_name_without_spaces_and_plus_signs(name):
    with pytest.raises(DecodeError):
        SigningKey.generate(name=name)


def test_a_secret_key_does_not_show_itself():
    assert SECRET.seed.hex() not in repr(SECRET)
    assert repr(SECRET.seed) not in repr(SECRET)


def test_a_root_of_the_empty_log_is_the_hash_of_nothing():
    note = decode_note(sign_checkpoint(size=0, root=EMPTY_ROOT, key=SECRET))

    assert decode_checkpoint(note).size == 0
