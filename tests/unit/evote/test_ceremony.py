import json
from pathlib import Path

import pytest

from evote.encoding import encode_json
from evote.errors import DecodeError, EvoteError, InvalidProof
from evote.group import GENERATOR, ORDER, random_scalar
from evote.threshold import decode_signed, derive_keys, draw_polynomial, generate_seed
from evote.threshold.ceremony import (
    check_commits,
    make_commit,
    make_reveal,
    make_share_message,
    open_ceremony,
    read_commit,
    read_reveal,
    read_share_message,
)
from evote.threshold.complaints import (
    BadShare,
    UnfoundedComplaint,
    encode_evidence,
    judge_complaint,
    judge_evidence,
    make_complaint,
    read_complaint,
    take_share,
)
from evote.threshold.messages import decrypt_message
from evote.threshold.signed import sign_object
from tests.factories.threshold import (
    bad_secrets,
    certificates_of,
    finish,
    hold_ceremony,
    with_secret,
)

VECTORS = json.loads(
    (Path(__file__).parents[2] / "vectors" / "threshold.json").read_text(encoding="utf-8")
)
ROOM = hold_ceremony(threshold=2, size=3)
MEMBERS = finish(ROOM)
CEREMONY = ROOM.ceremony
WAYS_TO_CHEAT = list(
    bad_secrets(ROOM.reveal_messages[0], number=2, keys=ROOM.keys[0], ceremony=CEREMONY)
)


def cheated(name, *, about=1, by=2):
    def cheat(index, reveal, keys, ceremony):
        if index != about:
            return reveal
        secret = bad_secrets(reveal, number=by, keys=keys, ceremony=ceremony)[name]
        return with_secret(reveal, by, secret, keys=keys)

    return hold_ceremony(threshold=2, size=3, cheat=cheat)


def complaint_of(room, *, about=1, by=2):
    return make_complaint(
        ceremony=room.ceremony,
        reveals=room.reveals,
        about=about,
        by=by,
        keys=room.keys[by - 1],
    )


def judge(room, signed):
    complaint = read_complaint(signed, ceremony=room.ceremony)
    return judge_complaint(
        complaint, ceremony=room.ceremony, reveal=room.reveals[complaint.about - 1]
    )


def resigned(signed, keys, **changes):
    return sign_object(json.loads(signed.message) | changes, secret_key=keys.signing)


class TestCertificates:
    def test_one_person_cannot_be_two_members(self):
        keys = [derive_keys(generate_seed())] * 2
        with pytest.raises(DecodeError, match="in the list before"):
            open_ceremony(uuid="u", threshold=1, certificates=certificates_of(keys, threshold=1))

    def test_a_certificate_for_another_threshold_is_refused(self):
        keys = [derive_keys(generate_seed()) for _ in range(2)]
        with pytest.raises(DecodeError, match="not for member 1"):
            open_ceremony(uuid="u", threshold=2, certificates=certificates_of(keys, threshold=1))

    def test_a_certificate_with_another_signature_is_refused(self):
        certs = list(CEREMONY.signed_certificates)
        forged = type(certs[0])(certs[0].message, certs[1].signature)
        with pytest.raises(InvalidProof):
            open_ceremony(uuid="u", threshold=2, certificates=[forged, *certs[1:]])


class TestCommits:
    def test_a_commit_by_another_member_is_refused(self):
        with pytest.raises(InvalidProof):
            read_commit(ROOM.commit_messages[0], ceremony=CEREMONY, index=2)

    def test_a26_a_repeated_commit_is_refused_with_both_members(self):
        check_commits(ROOM.commits)
        with pytest.raises(InvalidProof, match="member 3 repeats the commit of member 1"):
            check_commits([*ROOM.commits[:2], ROOM.commits[0]])

    def test_it_is_bound_to_election_member_and_certificates(self):
        part = {"keys": ROOM.keys[0], "polynomial": ROOM.polynomials[0]}
        here = make_commit(ceremony=CEREMONY, index=1, **part).message
        elsewhere = open_ceremony(
            uuid="another", threshold=2, certificates=CEREMONY.signed_certificates
        )
        assert make_commit(ceremony=CEREMONY, index=1, **part).message == here
        assert make_commit(ceremony=elsewhere, index=1, **part).message != here
        assert make_commit(ceremony=CEREMONY, index=2, **part).message != here
        others = hold_ceremony(threshold=2, size=3).ceremony
        assert make_commit(ceremony=others, index=1, **part).message != here

    def test_a26_who_speaks_last_cannot_steer_the_key(self):
        # Member 3 waits for the others' commitments, then picks another polynomial.
        steered = make_reveal(
            ceremony=CEREMONY,
            index=3,
            keys=ROOM.keys[2],
            polynomial=draw_polynomial(threshold=2),
        )
        with pytest.raises(InvalidProof, match="member 3 does not reveal"):
            read_reveal(steered, ceremony=CEREMONY, index=3, commit=ROOM.commits[2])


class TestPolynomials:
    def read(self, signed, *, index=1):
        return read_reveal(signed, ceremony=CEREMONY, index=index, commit=ROOM.commits[index - 1])

    def test_it_is_taken_from_its_own_member_only(self):
        assert self.read(ROOM.reveal_messages[0]) == ROOM.reveals[0]
        with pytest.raises(InvalidProof):
            self.read(ROOM.reveal_messages[0], index=2)

    @pytest.mark.parametrize(
        "change",
        [
            {"secrets": []},
            {"secrets": json.loads(ROOM.reveal_messages[0].message)["secrets"][:2]},
            {"secrets": ["{}"] * 3},
            {"polynomial": "x"},
            {"coefexps": json.loads(ROOM.reveal_messages[1].message)["coefexps"]},
            {"signature": json.loads(ROOM.reveal_messages[1].message)["signature"]},
            {"more": 1},
        ],
        ids=lambda change: next(iter(change)),
    )
    def test_whatever_is_wrong_in_public_is_refused_though_signed(self, change):
        with pytest.raises(EvoteError):
            self.read(resigned(ROOM.reveal_messages[0], ROOM.keys[0], **change))

    def test_with_the_seed_alone_a_member_finds_the_coefficients_again(self):
        text = decrypt_message(
            ROOM.reveals[0].polynomial,
            secret_key=ROOM.keys[0].decryption,
            sender=ROOM.keys[0].verification,
            place="",
        )
        assert json.loads(text)["polynomial"] == [
            str(item.reveal()) for item in ROOM.polynomials[0].coefficients
        ]


class TestShares:
    def read(self, signed, *, index=1):
        return read_share_message(signed, ceremony=CEREMONY, reveals=ROOM.reveals, index=index)

    def test_the_key_of_the_sum_of_the_shares_is_taken(self):
        for index, message in enumerate(MEMBERS.share_messages, start=1):
            assert self.read(message, index=index).public_key == GENERATOR ** ROOM.share(index)

    def test_another_key_is_refused(self):
        message = make_share_message(keys=ROOM.keys[0], share=random_scalar())
        with pytest.raises(InvalidProof, match="not the sum of the shares"):
            self.read(message)

    def test_another_members_message_is_refused(self):
        with pytest.raises(InvalidProof):
            self.read(MEMBERS.share_messages[1])

    def test_an_unsigned_key_is_refused(self):
        value = json.loads(MEMBERS.share_messages[0].message)
        del value["public_key"]["signature"]
        with pytest.raises(DecodeError):
            self.read(sign_object(value, secret_key=ROOM.keys[0].signing))


class TestComplaints:
    @pytest.mark.parametrize("name", WAYS_TO_CHEAT)
    def test_a28_whoever_sends_a_bad_share_is_found_by_its_recipient_and_named_to_all(self, name):
        room = cheated(name)
        with pytest.raises(BadShare) as caught:
            room.share(2)
        assert caught.value.about == 1
        room.share(3)
        verdict = judge(room, complaint_of(room))
        assert (verdict.by, verdict.about) == (2, 1)
        assert verdict.reason == caught.value.reason

    def test_a_bad_share_to_oneself_is_found_too(self):
        room = cheated("another number", about=2, by=2)
        with pytest.raises(BadShare):
            room.share(2)

    def test_a_complaint_about_a_right_share_is_unfounded(self):
        with pytest.raises(UnfoundedComplaint, match="is right"):
            judge(ROOM, complaint_of(ROOM))

    def test_another_key_than_the_messages_does_not_make_it_garbage(self):
        forged = resigned(complaint_of(ROOM), ROOM.keys[1], key=GENERATOR.encode())
        with pytest.raises(UnfoundedComplaint, match="not the one"):
            judge(ROOM, forged)

    def test_a_message_that_nobody_sent_proves_nothing(self):
        other = cheated("another number")
        bad = other.reveals[0].secrets[1]
        with pytest.raises(UnfoundedComplaint, match="another message"):
            judge(ROOM, resigned(complaint_of(ROOM), ROOM.keys[1], secret=bad))

    def test_a_proof_of_another_election_proves_nothing(self):
        room = cheated("another number")
        elsewhere = open_ceremony(
            uuid="another", threshold=2, certificates=room.ceremony.signed_certificates
        )
        complaint = read_complaint(complaint_of(room), ceremony=elsewhere)
        with pytest.raises(UnfoundedComplaint):
            judge_complaint(complaint, ceremony=elsewhere, reveal=room.reveals[0])

    def test_nobody_complains_in_anothers_name(self):
        room = cheated("another number")
        with pytest.raises(InvalidProof):
            read_complaint(resigned(complaint_of(room), room.keys[2]), ceremony=room.ceremony)

    @pytest.mark.parametrize("number", [0, 4, -1, True, "2"])
    @pytest.mark.parametrize("field", ["about", "by"])
    def test_a28_members_that_do_not_exist_are_refused(self, field, number):
        with pytest.raises(DecodeError):
            judge(ROOM, resigned(complaint_of(ROOM), ROOM.keys[1], **{field: number}))


class TestEvidence:
    @pytest.mark.parametrize(
        "case", VECTORS["founded_complaints"], ids=lambda case: case["comment"]
    )
    def test_founded_evidence_names_the_sender(self, case):
        verdict = judge_evidence(case["evidence"].encode())[1]
        assert (verdict.about, verdict.by) == (case["about"], case["by"])

    @pytest.mark.parametrize(
        "case", VECTORS["unfounded_complaints"], ids=lambda case: case["comment"]
    )
    def test_unfounded_evidence_is_refused(self, case):
        with pytest.raises(EvoteError):
            judge_evidence(case["evidence"].encode())

    @pytest.mark.parametrize("name", ["version", "election", "threshold", "certs", "polynomial"])
    def test_every_changed_part_is_refused(self, name):
        value = json.loads(VECTORS["founded_complaints"][0]["evidence"])
        other = json.loads(VECTORS["founded_complaints"][1]["evidence"])
        changes = {"version": 2, "election": "another", "threshold": 3}
        value[name] = changes.get(name, other[name])
        with pytest.raises(EvoteError):
            judge_evidence(encode_json(value))

    def test_it_is_made_of_what_was_posted(self):
        room = cheated("garbage")
        data = encode_evidence(
            ceremony=room.ceremony,
            polynomial=room.reveal_messages[0],
            complaint=complaint_of(room),
        )
        ceremony, verdict = judge_evidence(data)
        assert ceremony == room.ceremony
        assert verdict.about == 1


@pytest.mark.parametrize("case", VECTORS["ceremonies"], ids=lambda case: str(case["threshold"]))
def test_the_vectors_ceremony_gives_each_member_their_key(case):
    def signed(items):
        return [decode_signed(encode_json(item)) for item in items]

    ceremony = open_ceremony(
        uuid=case["uuid"], threshold=case["threshold"], certificates=signed(case["certs"])
    )
    commits = [
        read_commit(item, ceremony=ceremony, index=index)
        for index, item in enumerate(signed(case["commits"]), start=1)
    ]
    assert commits == case["commit_hashes"]
    reveals = [
        read_reveal(item, ceremony=ceremony, index=index, commit=commits[index - 1])
        for index, item in enumerate(signed(case["polynomials"]), start=1)
    ]
    for index, (seed, secret_key) in enumerate(
        zip(case["seeds"], case["secret_keys"], strict=True), start=1
    ):
        share = take_share(ceremony=ceremony, reveals=reveals, index=index, keys=derive_keys(seed))
        assert str(share.reveal()) == secret_key
        assert 0 < share.reveal() < ORDER
        trustee = read_share_message(
            signed(case["shares"])[index - 1], ceremony=ceremony, reveals=reveals, index=index
        )
        assert trustee.to_json() == case["trustees"]["verification_keys"][index - 1]
