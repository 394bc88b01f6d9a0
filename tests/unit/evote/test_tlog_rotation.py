import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evote.encoding import canonical_json, decode_json
from evote.errors import DecodeError, EvoteError, InvalidProof
from evote.tlog.note import SigningKey, verify_note
from evote.tlog.rotation import decode_rotation, later_keys, rotation_text, sign_rotation

NAME = "log.example.org/log"
KEYS = [SigningKey(name=NAME, seed=bytes([number]) * 32) for number in range(4)]
ROTATION = sign_rotation(old=KEYS[0], new=KEYS[1])
ENTRY = {"kind": "key-rotation", **ROTATION.body()}


def test_what_is_written_is_what_is_read():
    entry = decode_json(canonical_json(ENTRY), source="the entry", limit_bytes=10_000)

    assert decode_rotation(entry) == ROTATION


def test_the_text_names_the_log_and_both_keys():
    old, new = KEYS[0].verifier, KEYS[1].verifier

    assert rotation_text(old=old, new=new) == (
        f"pnyx key-rotation 1\n{NAME}\n{old.encode()}\n{new.encode()}\n"
    )
    assert verify_note(ROTATION.note().encode(), keys=[old, new]).text == rotation_text(
        old=old, new=new
    )


def test_the_same_keys_give_the_same_entry():
    assert sign_rotation(old=KEYS[0], new=KEYS[1]) == ROTATION


@pytest.mark.parametrize("member", ENTRY)
def test_an_entry_fails_when_any_member_is_missing_or_that_of_another(member):
    other = sign_rotation(old=KEYS[2], new=KEYS[3])
    foreign = {"kind": "booth", **other.body(), "origin": "another.example.org/log"}

    for entry in (
        {name: value for name, value in ENTRY.items() if name != member},
        ENTRY | {member: foreign[member]},
        ENTRY | {member: 7},
    ):
        with pytest.raises(EvoteError):
            decode_rotation(entry)


def test_the_signatures_cannot_change_places():
    swapped = ENTRY | {
        "signature_of_old": ENTRY["signature_of_new"],
        "signature_of_new": ENTRY["signature_of_old"],
    }

    with pytest.raises(InvalidProof, match="is not by the key"):
        decode_rotation(swapped)


def test_nothing_may_be_added():
    with pytest.raises(DecodeError):
        decode_rotation(ENTRY | {"because": "of a leak"})


def test_a_key_of_another_log_is_refused():
    foreign = SigningKey(name="another.example.org/log", seed=bytes(32))

    with pytest.raises(DecodeError, match="two logs"):
        sign_rotation(old=KEYS[0], new=foreign)


def test_a_key_does_not_follow_itself():
    with pytest.raises(DecodeError, match="the old one"):
        sign_rotation(old=KEYS[0], new=KEYS[0])


@given(place=st.integers(4, 67), member=st.sampled_from(["signature_of_old", "signature_of_new"]))
def test_a_changed_signature_is_refused(place, member):
    line = getattr(ROTATION, member)
    blob = bytearray(line.key_id + line.signature)
    blob[place] ^= 1

    with pytest.raises(InvalidProof):
        decode_rotation(ENTRY | {member: base64.b64encode(blob).decode()})


class TestLaterKeys:
    def test_are_those_of_the_entries_in_their_order(self):
        rotations = [sign_rotation(old=KEYS[i], new=KEYS[i + 1]) for i in range(3)]

        assert later_keys(KEYS[0].verifier, rotations=rotations) == tuple(
            key.verifier for key in KEYS
        )
        assert later_keys(KEYS[3].verifier, rotations=[]) == (KEYS[3].verifier,)

    def test_an_entry_that_skips_a_key_is_refused(self):
        with pytest.raises(InvalidProof, match="changed the key"):
            later_keys(KEYS[0].verifier, rotations=[sign_rotation(old=KEYS[1], new=KEYS[2])])
