import json

import pytest

from evote.group import ED25519, GENERATOR
from evote.threshold import (
    Context,
    derive_keys,
    draw_polynomial,
    encode_signed,
    generate_seed,
    make_certificate,
    read_threshold_trustees,
    verify_threshold_trustees,
)
from evote.threshold.complaints import judge_evidence
from evote.threshold.signed import sign_object
from tests.factories.ceremonies import STEPS, complaint_of, make_ceremony, make_cheated_ceremony
from tests.factories.voting import add_trustees, make_draft
from voting.models import CeremonyMessage, Complaint, Trustee, TrusteeGroup
from voting.selectors.ceremonies import Stage
from voting.services.ceremonies import MessageRefused, accept_complaint, accept_message
from voting.services.groups import (
    GroupRefused,
    begin_ceremony,
    change_threshold,
    dissolve_group,
    make_group,
)
from voting.services.trustees import (
    KeyRefused,
    name_trustee,
    register_public_key,
    remove_trustee,
    replace_trustee,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft():
    return make_draft()


def slots(election):
    return [
        (trustee.position, trustee.name, trustee.member)
        for trustee in Trustee.objects.filter(election=election).order_by("position")
    ]


def refusal_of(step):
    with pytest.raises(MessageRefused) as refused:
        step()
    return refused.value


# --- Groups ------------------------------------------------------------------------------


def test_trustees_who_stand_alone_have_the_first_slots_and_groups_follow(draft):
    group = make_group(election=draft.election, threshold=2)
    name_trustee(election=draft.election, name="A", email="a@example.org", group=group)
    name_trustee(election=draft.election, name="S", email="s@example.org")
    name_trustee(election=draft.election, name="B", email="b@example.org", group=group)
    other = make_group(election=draft.election, threshold=2)
    name_trustee(election=draft.election, name="C", email="c@example.org", group=other)
    name_trustee(election=draft.election, name="T", email="t@example.org")

    assert slots(draft.election) == [
        (1, "S", None),
        (2, "T", None),
        (3, "A", 1),
        (4, "B", 2),
        (5, "C", 1),
    ]
    assert [one.position for one in TrusteeGroup.objects.order_by("position")] == [3, 4]


def test_those_behind_move_up_when_a_member_goes(draft):
    made = make_ceremony(election=draft.election)
    first = made.group.members.get(member=1)

    remove_trustee(trustee=first)

    assert [(slot, member) for slot, _name, member in slots(draft.election)] == [(1, 1), (2, 2)]


def test_a_group_goes_with_its_members_and_what_they_sent(draft):
    made = make_ceremony(election=draft.election, until="commit")
    add_trustees(draft, emails=["alone@example.org"])

    dissolve_group(group=made.group)

    assert slots(draft.election) == [(1, "Trustee 1", None)]
    assert not CeremonyMessage.objects.exists()


@pytest.mark.parametrize(("members", "threshold"), [(0, 2), (1, 2), (2, 3)])
def test_a_ceremony_does_not_begin_with_too_few_members(draft, members, threshold):
    group = make_group(election=draft.election, threshold=threshold)
    for number in range(members):
        name_trustee(
            election=draft.election, name=f"M{number}", email=f"m{number}@example.org", group=group
        )

    with pytest.raises(GroupRefused):
        begin_ceremony(group=group)


@pytest.mark.parametrize("threshold", [-1, 0, 1])
def test_a28_a_threshold_below_two_is_refused(draft, threshold):
    with pytest.raises(GroupRefused):
        make_group(election=draft.election, threshold=threshold)


def test_a_member_cannot_register_a_key_of_their_own(draft):
    made = make_ceremony(election=draft.election)

    with pytest.raises(KeyRefused):
        register_public_key(trustee=made.group.members.get(member=1), data=b"{}")


# --- The ceremony ------------------------------------------------------------------------


@pytest.mark.parametrize(("threshold", "members"), [(2, 2), (2, 3), (3, 3)])
def test_members_make_a_key_that_anybody_can_check(draft, threshold, members):
    made = make_ceremony(
        election=draft.election, threshold=threshold, members=members, until="share"
    )

    assert made.state.stage == Stage.COMPLETE
    item = read_threshold_trustees(
        json.loads(bytes(made.group.encoded)), place="", group=ED25519, accepts_legacy=False
    )
    verify_threshold_trustees(item)
    assert item.threshold == threshold
    keys = [GENERATOR ** made.shares[member] for member in range(1, members + 1)]
    assert [key.public_key for key in item.verification_keys] == keys
    assert [trustee.public_key for trustee in made.group.members.order_by("member")] == [
        key.encode() for key in keys
    ]
    assert [key.name for key in item.verification_keys] == [
        trustee.name for trustee in made.group.members.order_by("member")
    ]


def test_each_step_waits_for_everybody(draft):
    made = make_ceremony(election=draft.election)
    stages = []
    for step in STEPS:
        for member in (1, 2, 3):
            stages.append(made.state.stage)
            assert [one.index for one in made.state.waited_for] == list(range(member, 4))
            made.send(step, member)

    assert stages == [
        *[Stage.CERTIFICATES] * 3,
        *[Stage.COMMITS] * 3,
        *[Stage.POLYNOMIALS] * 3,
        *[Stage.SHARES] * 3,
    ]
    assert made.state.waited_for == ()


def test_the_same_message_again_changes_nothing(draft):
    made = make_ceremony(election=draft.election, until="certificate")
    message = made.make("commit", 1)

    assert made.send("commit", 1, message) is True
    assert made.send("commit", 1, message) is False
    assert CeremonyMessage.objects.filter(step="commit").count() == 1


def test_another_message_of_a_step_that_was_taken_is_refused(draft):
    made = make_ceremony(election=draft.election, until="certificate")
    made.send("commit", 1)
    made.polynomials[0] = draw_polynomial(threshold=2)

    refused = refusal_of(lambda: made.send("commit", 1))

    assert refused.code == "already_taken"
    assert "Member" in str(refused)


def test_a26_nobody_reveals_before_all_have_committed(draft):
    made = make_ceremony(election=draft.election, until="certificate")
    made.send("commit", 1)
    made.send("commit", 2)

    assert refusal_of(lambda: made.send("polynomial", 1)).code == "wrong_step"


def test_a26_a_polynomial_that_was_not_committed_to_is_refused(draft):
    made = make_ceremony(election=draft.election, until="commit")
    made.polynomials[1] = draw_polynomial(threshold=2)

    refused = refusal_of(lambda: made.send("polynomial", 2))

    assert refused.code == "bad_proof"
    assert made.group.members.get(member=2).name in str(refused)


def test_a26_a_commit_that_repeats_anothers_is_refused(draft):
    made = make_ceremony(election=draft.election, until="certificate")
    made.send("commit", 1)
    ceremony = made.state.opened()
    commit = json.loads(made.state.messages["commit"][1])["message"]
    copied = sign_object(json.loads(commit), secret_key=made.keys[1].signing)
    assert ceremony.size == 3

    refused = refusal_of(lambda: made.send("commit", 2, encode_signed(copied)))

    assert refused.code == "bad_proof"


def test_a28_a_polynomial_of_another_degree_is_refused(draft):
    made = make_ceremony(election=draft.election, until="certificate")
    made.polynomials[2] = draw_polynomial(threshold=3)
    for member in (1, 2, 3):
        made.send("commit", member)

    assert refusal_of(lambda: made.send("polynomial", 3)).code == "non_canonical"


@pytest.mark.parametrize(
    "changed", [{"size": 4}, {"threshold": 3}, {"index": 2}, {"group": "BELENIOS-2048"}]
)
def test_a28_a_certificate_for_another_seat_is_refused(draft, changed):
    made = make_ceremony(election=draft.election)
    seat = {"group": "Ed25519", "size": 3, "threshold": 2, "index": 1} | changed
    data = encode_signed(make_certificate(keys=made.keys[0], context=Context(**seat)))

    refused = refusal_of(lambda: made.send("certificate", 1, data))

    assert refused.code == "non_canonical"
    assert not CeremonyMessage.objects.exists()


def test_a25_the_keys_of_another_member_are_refused(draft):
    made = make_ceremony(election=draft.election)
    made.send("certificate", 1)
    made.keys[1] = made.keys[0]

    assert refusal_of(lambda: made.send("certificate", 2)).code == "bad_proof"


@pytest.mark.parametrize("step", ["commit", "polynomial", "share"])
def test_a_message_that_another_member_signed_is_refused(draft, step):
    made = make_ceremony(election=draft.election, until=STEPS[STEPS.index(step) - 1])
    data = made.make(step, 2)

    refused = refusal_of(lambda: made.send(step, 1, data))

    assert refused.code == "bad_proof"


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b'{"message":"x"}', b"\xff", b"null"])
def test_what_cannot_be_read_is_refused(draft, data):
    made = make_ceremony(election=draft.election)

    refused = refusal_of(lambda: made.send("certificate", 1, data or b" "))

    assert refused.code not in {"bad_proof", "wrong_step"}


@pytest.mark.parametrize(("item", "member"), [(2, 1), (0, 1), (1, 4), (1, 0), (1, -1)])
def test_a28_a_seat_that_does_not_exist_is_refused(draft, item, member):
    made = make_ceremony(election=draft.election)
    refused = refusal_of(
        lambda: accept_message(
            election=draft.election,
            item=item,
            member=member,
            step="certificate",
            data=made.make("certificate", 1),
        )
    )

    assert refused.code in {"unknown_ceremony", "unknown_member"}


def test_nothing_is_taken_before_the_ceremony_begins(draft):
    group = make_group(election=draft.election, threshold=2)
    name_trustee(election=draft.election, name="A", email="a@example.org", group=group)
    refused = refusal_of(
        lambda: accept_message(
            election=draft.election, item=1, member=1, step="certificate", data=b"{}"
        )
    )

    assert refused.code == "unknown_ceremony"


# --- Complaints --------------------------------------------------------------------------


def complain(made, *, by, data):
    return accept_complaint(
        election=made.group.election, item=made.group.position, member=by, data=data
    )


@pytest.fixture
def cheated(draft):
    return make_cheated_ceremony(election=draft.election)


def test_a28_a_bad_share_is_complained_of_and_its_sender_named_offline(cheated):
    name = cheated.group.members.get(member=2).name

    assert complain(cheated, by=3, data=complaint_of(cheated, by=3, about=2)) is True

    assert cheated.state.stage == Stage.FAILED
    complaint = Complaint.objects.get()
    assert (complaint.by, complaint.about, complaint.about_name) == (3, 2, name)
    _ceremony, verdict = judge_evidence(bytes(complaint.body))
    assert (verdict.by, verdict.about) == (3, 2)


def test_a_complaint_made_twice_is_one(cheated):
    complain(cheated, by=3, data=complaint_of(cheated, by=3, about=2))

    assert complain(cheated, by=3, data=complaint_of(cheated, by=3, about=2)) is False
    assert Complaint.objects.count() == 1


def test_a_complaint_about_a_right_share_is_refused_and_the_ceremony_goes_on(cheated):
    refused = refusal_of(lambda: complain(cheated, by=3, data=complaint_of(cheated, by=3, about=1)))

    assert refused.code == "unfounded"
    assert cheated.state.stage == Stage.SHARES


def test_nobody_complains_in_anothers_name(cheated):
    data = complaint_of(cheated, by=3, about=2)

    refused = refusal_of(lambda: complain(cheated, by=1, data=data))

    assert refused.code == "non_canonical"
    assert not Complaint.objects.exists()


def test_a_ceremony_that_failed_takes_no_share(cheated):
    complain(cheated, by=3, data=complaint_of(cheated, by=3, about=2))

    assert refusal_of(lambda: cheated.send("share", 1)).code == "wrong_step"


def test_a_ceremony_starts_afresh_and_keeps_the_evidence(cheated):
    complain(cheated, by=3, data=complaint_of(cheated, by=3, about=2))

    begin_ceremony(group=cheated.group)

    assert cheated.state.stage == Stage.CERTIFICATES
    assert [one.about for one in cheated.state.earlier_complaints] == [2]
    cheated.run()
    assert cheated.state.stage == Stage.COMPLETE


def test_a_member_is_replaced_and_the_others_begin_again(draft):
    made = make_ceremony(election=draft.election, until="share")
    lost = made.group.members.get(member=2)

    replace_trustee(trustee=lost, name="Somebody else", email="else@example.org")

    state = made.state
    assert state.stage == Stage.CERTIFICATES
    assert state.members[1].trustee.name == "Somebody else"
    assert state.group.encoded is None
    assert not state.group.members.filter(public_key__isnull=False).exists()
    made.keys[1] = derive_keys(generate_seed())
    made.run()
    assert made.state.stage == Stage.COMPLETE


def test_another_threshold_makes_the_members_begin_again(draft):
    made = make_ceremony(election=draft.election, until="share")

    change_threshold(group=made.group, threshold=3)

    assert made.state.stage == Stage.CERTIFICATES
    assert made.state.group.attempt == 2


def test_messages_of_an_earlier_attempt_do_not_count(draft):
    made = make_ceremony(election=draft.election, until="certificate")
    commit = made.make("commit", 1)
    begin_ceremony(group=made.group)

    assert refusal_of(lambda: made.send("commit", 1, commit)).code == "wrong_step"


def test_the_certificates_of_an_earlier_attempt_make_no_commit_of_the_next(draft):
    made = make_ceremony(election=draft.election, until="certificate")
    commit = made.make("commit", 1)
    begin_ceremony(group=made.group)
    made.keys[2] = derive_keys(generate_seed())
    made.run(until="commit")
    made.polynomials[0] = draw_polynomial(threshold=2)
    assert commit != made.state.messages["commit"][1]

    assert refusal_of(lambda: made.send("polynomial", 1)).code == "bad_proof"
