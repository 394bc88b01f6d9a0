import base64
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evote.cli.log_keys import KeyChain
from evote.encoding import canonical_json, decode_json
from evote.errors import DecodeError, EvoteError, InvalidProof
from evote.tlog.merkle import EMPTY_ROOT
from evote.tlog.note import SigningKey, verify_note
from evote.tlog.policy import Policy, PolicyLog
from evote.tlog.rotation import sign_rotation
from evote.tlog.succession import Closing, Reason, Tree, decode_succession, sign_closing

OLD, OTHER = (SigningKey(name="log.example/log", seed=bytes([n]) * 32) for n in range(2))
NEW, ANOTHER = (SigningKey(name="log.example/log/2026b", seed=bytes([n]) * 32) for n in (2, 3))
CLOSING = Closing(
    old=OLD.verifier,
    final=Tree(size=300, root=b"f" * 32),
    new=NEW.verifier,
    kept=Tree(size=200, root=b"k" * 32),
    reason=Reason.BEHIND,
    explanation=b"e" * 32,
    at="2026-11-21T09:00:00Z",
)
SUCCESSION = sign_closing(CLOSING, old=OLD, new=NEW)
ENTRY = {"kind": "log-succession", **SUCCESSION.body()}
LOST = sign_closing(replace(CLOSING, reason=Reason.KEY_LOST), old=None, new=NEW)


@pytest.mark.parametrize("succession", [SUCCESSION, LOST])
def test_what_is_written_is_what_is_read(succession):
    entry = canonical_json({"kind": "log-succession", **succession.body()})

    assert decode_succession(decode_json(entry, source="it", limit_bytes=10_000)) == succession


def test_the_statement_says_everything_and_both_keys_signed_it():
    note = verify_note(SUCCESSION.statement().encode(), keys=[OLD.verifier, NEW.verifier])

    assert note.text == (
        f"pnyx log-closed 1\n{OLD.verifier.encode()}\n300\n{base64.b64encode(b'f' * 32).decode()}\n"
        f"{NEW.verifier.encode()}\n200\n{base64.b64encode(b'k' * 32).decode()}\n"
        f"behind\n{'65' * 32}\n2026-11-21T09:00:00Z\n"
    )
    assert len(note.signatures) == 2
    assert [line.name for line in LOST.statement().signatures] == [NEW.name]


@pytest.mark.parametrize("member", ENTRY)
def test_an_entry_fails_when_any_member_is_missing_or_another(member):
    changed = {
        "kind": "booth",
        "old": OTHER.verifier.encode(),
        "final_size": 301,
        "kept_size": 199,
        "new": ANOTHER.verifier.encode(),
        "reason": "contradicted",
        "at": "2026-11-21T09:00:01Z",
    }
    other = sign_closing(replace(CLOSING, at="2026-11-22T09:00:00Z"), old=OLD, new=NEW).body()
    for value in (changed.get(member, other[member] if "signature" in member else "0" * 64), 7, ""):
        with pytest.raises(EvoteError):
            decode_succession(ENTRY | {member: value})
    with pytest.raises(EvoteError):
        decode_succession({name: value for name, value in ENTRY.items() if name != member})


def test_nothing_may_be_added():
    with pytest.raises(DecodeError):
        decode_succession(ENTRY | {"because": "of a fire"})


@given(place=st.integers(4, 67), member=st.sampled_from(["signature_of_old", "signature_of_new"]))
def test_a_changed_signature_is_refused(place, member):
    blob = bytearray(base64.b64decode(ENTRY[member]))
    blob[place] ^= 1

    with pytest.raises(InvalidProof):
        decode_succession(ENTRY | {member: base64.b64encode(blob).decode()})


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"new": OTHER.verifier}, "cannot follow on itself"),
        ({"reason": Reason.KEY_LOST}, "unless that key is lost"),
        ({"kept": Tree(size=300, root=b"k" * 32)}, "was not behind"),
        ({"kept": Tree(size=0, root=b"k" * 32)}, "SHA-256 of nothing"),
        ({"old": OTHER.verifier}, "not the keys"),
    ],
)
def test_a_statement_that_does_not_fit_itself_is_not_signed(change, match):
    closing = replace(CLOSING, **change)
    with pytest.raises(DecodeError, match=match):
        sign_closing(closing, old=OLD, new=OTHER if "new" in change else NEW)


def test_a_log_of_which_nothing_is_left_can_be_closed_too():
    closing = replace(CLOSING, kept=Tree(size=0, root=EMPTY_ROOT))

    body = sign_closing(closing, old=OLD, new=NEW).body()

    assert decode_succession({"kind": "log-succession", **body}).closing == closing


class TestFollowing:
    """Whoever follows the new log from its beginning meets the old one's entries first."""

    def chain(self, key=NEW, told=()):
        logs = (PolicyLog(key=key.verifier, url=None),)
        return KeyChain(Policy(logs=logs, witnesses=(), groups=(), quorum=None), told=told)

    def test_leads_from_the_old_logs_keys_to_the_new_one(self):
        chain = self.chain()
        first = {"kind": "key-rotation", **sign_rotation(old=OTHER, new=OLD).body()}
        last = {"kind": "key-rotation", **sign_rotation(old=NEW, new=ANOTHER).body()}

        for entry in (first, ENTRY, last):
            chain.follow(entry)

        assert chain.told == [key.verifier for key in (OTHER, OLD, NEW, ANOTHER)]
        assert chain.in_force == [ANOTHER.verifier]
        assert chain.known == [NEW.verifier, ANOTHER.verifier]
        assert set(chain.promising) == set(chain.told)

    def test_a_log_does_not_announce_its_own_closing(self):
        with pytest.raises(InvalidProof, match="says of itself that it was closed"):
            self.chain(OLD).follow(ENTRY)

    def test_a_closing_of_a_key_that_was_not_the_last_one_is_refused(self):
        with pytest.raises(InvalidProof, match="changed the key"):
            self.chain(told=[OTHER.verifier]).follow(ENTRY)
