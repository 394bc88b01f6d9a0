import json

import pytest

from evote.encoding import encode_json
from evote.errors import DecodeError
from evote.group import GENERATOR, random_scalar
from evote.threshold import certificates_fingerprint
from evote.threshold.ceremony import make_share_message
from evote.threshold.member import (
    Compare,
    Complain,
    Done,
    NotThisMember,
    Send,
    Wait,
    WrongMessage,
    next_action,
)
from evote.threshold.signed import sign_object
from evote.threshold.state import decode_state
from tests.factories.threshold import bad_secrets, finish, hold_ceremony, with_secret

ROOM = hold_ceremony(threshold=2, size=3)
MEMBERS = finish(ROOM)
STEPS = ("certs", "commits", "polynomials", "shares")


def public_state(*, until="shares", **changes):
    """Give the state in which every member has taken the steps up to one."""
    messages = {
        "certs": ROOM.ceremony.signed_certificates,
        "commits": ROOM.commit_messages,
        "polynomials": ROOM.reveal_messages,
        "shares": MEMBERS.share_messages,
    }
    taken = STEPS[: STEPS.index(until) + 1]
    return {
        "election": ROOM.ceremony.uuid,
        "threshold": 2,
        "members": [{"index": n, "name": name, "step": ""} for n, name in enumerate("ABC", 1)],
        **{
            name: [each.to_json() for each in messages[name]] if name in taken else [None] * 3
            for name in STEPS
        },
        "complaints": [],
    } | changes


def replaced(name, member, signed, *, until="shares"):
    value = public_state(until=until)
    value[name][member - 1] = None if signed is None else signed.to_json()
    return value


def act(value, *, member=1, compared=None, seed=None):
    return next_action(
        state=decode_state(encode_json(value)),
        seed=seed or ROOM.seeds[member - 1],
        index=member,
        compared_fingerprint=compared,
    )


class TestTheWay:
    def test_goes_from_certificate_to_share(self):
        fingerprint = certificates_fingerprint(ROOM.ceremony.signed_certificates)
        nobody = public_state() | {name: [None] * 3 for name in STEPS}
        assert act(nobody).step == "certificate"
        assert act(public_state(until="certs")) == Compare(fingerprint)
        commit = act(public_state(until="certs"), compared=fingerprint.upper())
        assert isinstance(commit, Send)
        assert json.loads(commit.message.message)["commit"] == ROOM.commits[0]
        assert act(public_state(until="commits")).step == "polynomial"
        assert act(public_state(until="polynomials")).step == "share"
        assert act(public_state()) == Done(MEMBERS.shares[0])

    @pytest.mark.parametrize(
        ("name", "step"),
        [
            ("certs", "certificate"),
            ("commits", "commit"),
            ("polynomials", "polynomial"),
            ("shares", "share"),
        ],
    )
    def test_waits_for_whoever_has_not_come(self, name, step):
        value = replaced(name, 3, None, until=name)
        assert act(value) == Wait(step, (3,))

    def test_the_secrets_of_an_action_do_not_show(self):
        assert str(MEMBERS.shares[0].reveal()) not in repr(act(public_state()))


class TestWhoIsNamed:
    @pytest.mark.parametrize("name", STEPS)
    def test_whoever_sends_what_another_one_sent_is_named(self, name):
        value = public_state(until=name)
        value[name][2] = value[name][1]
        with pytest.raises(WrongMessage, match=r"member 3 \(C\)") as caught:
            act(value)
        assert caught.value.member == 3

    @pytest.mark.parametrize("name", STEPS)
    def test_whoever_signs_wrongly_is_named(self, name):
        value = public_state(until=name)
        value[name][1]["signature"]["response"] = "1"
        with pytest.raises(WrongMessage) as caught:
            act(value)
        assert caught.value.member == 2

    def test_whoever_publishes_the_key_of_another_share_is_named(self):
        message = make_share_message(keys=ROOM.keys[1], share=random_scalar())
        with pytest.raises(WrongMessage, match="not the sum of the shares"):
            act(replaced("shares", 2, message))

    def test_a28_whoever_sends_a_bad_share_is_complained_about(self):
        reveal = ROOM.reveal_messages[1]
        bad = bad_secrets(reveal, number=1, keys=ROOM.keys[1], ceremony=ROOM.ceremony)
        cheated = with_secret(reveal, 1, bad["garbage"], keys=ROOM.keys[1])
        action = act(replaced("polynomials", 2, cheated, until="polynomials"))
        assert isinstance(action, Complain)
        assert action.about == 2


class TestOnesOwnPlace:
    def test_a27_a_certificate_that_is_not_ones_own_stops_the_program(self):
        with pytest.raises(NotThisMember, match="certificate in your place"):
            act(public_state(), member=1, seed=ROOM.seeds[1])

    def test_a27_a_commit_that_is_not_ones_own_stops_the_program(self):
        forged = sign_object({"commit": "0" * 64}, secret_key=ROOM.keys[0].signing)
        with pytest.raises(NotThisMember, match="commit in your place"):
            act(replaced("commits", 1, forged, until="commits"))

    def test_a27_another_fingerprint_than_the_others_read_out_stops_the_program(self):
        with pytest.raises(NotThisMember, match="different certificates"):
            act(public_state(until="certs"), compared="0000 " * 8)


class TestTheState:
    @pytest.mark.parametrize(
        "change",
        [
            {"threshold": 0},
            {"threshold": 4},
            {"members": []},
            {"certs": []},
            {"certs": [None] * 4},
            {"commits": [1, None, None]},
            {"members": [{"index": 2, "name": "A", "step": ""}] * 3},
            {"complaints": [{}]},
            {"election": None},
        ],
        ids=str,
    )
    def test_a_malformed_one_is_refused(self, change):
        with pytest.raises(DecodeError):
            decode_state(encode_json(public_state() | change))

    def test_what_a_later_server_adds_is_passed_over(self):
        value = public_state() | {"attempt": 2, "step": "shares", "more": {}}
        assert decode_state(encode_json(value)).size == 3


def test_the_share_of_the_end_is_the_key_in_the_record():
    done = act(public_state())
    assert MEMBERS.trustees.verification_keys[0].public_key == GENERATOR**done.share
