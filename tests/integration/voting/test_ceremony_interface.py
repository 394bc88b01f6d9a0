import pytest
from django.test import Client

from evote.encoding import encode_json
from evote.threshold.complaints import judge_evidence
from tests.factories.accounts import make_user
from tests.factories.ceremonies import STEPS, complaint_of, make_ceremony, make_cheated_ceremony
from tests.factories.voting import make_draft
from voting.models import CeremonyMessage

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft():
    return make_draft()


@pytest.fixture
def cheated(draft):
    return make_cheated_ceremony(election=draft.election)


def address(made, tail=""):
    uuid, item = made.group.election.uuid, made.group.position
    return f"/api/elections/{uuid}/ceremonies/{item}{tail}"


def post(client, made, **body):
    return client.post(
        address(made, "/messages"), encode_json(body), content_type="application/json"
    )


def test_the_state_tells_programs_what_was_sent(client, draft):
    made = make_ceremony(election=draft.election, until="certificate")
    made.send("commit", 2)

    body = client.get(address(made)).json()

    assert body["election"] == draft.election.uuid
    assert (body["threshold"], body["attempt"], body["step"]) == (2, 1, "commits")
    assert [one["index"] for one in body["members"]] == [1, 2, 3]
    assert [one["step"] for one in body["members"]] == ["certificate", "commit", "certificate"]
    assert all(set(one) == {"message", "signature"} for one in body["certs"])
    assert [one is None for one in body["commits"]] == [True, False, True]
    assert body["polynomials"] == body["shares"] == [None] * 3
    assert body["complaints"] == []


def test_the_state_holds_no_address_of_a_person(client, draft):
    made = make_ceremony(election=draft.election, until="share")

    assert b"@" not in client.get(address(made)).content


def test_a_whole_ceremony_is_held_through_the_interface(draft):
    made = make_ceremony(election=draft.election)
    for member in (1, 2, 3):
        client = Client()
        client.force_login(make_user(email=made.group.members.get(member=member).email))
        message = made.make("certificate", member).decode()
        answer = post(client, made, member=member, step="certificate", message=message)
        assert answer.status_code == 201, answer.content
    for step in STEPS[1:]:
        for member in (1, 2, 3):
            message = made.make(step, member).decode()
            answer = post(Client(), made, member=member, step=step, message=message)
            assert answer.status_code == 201, answer.content

    assert post(Client(), made, member=3, step="share", message=message).status_code == 200
    assert Client().get(address(made)).json()["step"] == "complete"


def test_the_evidence_comes_with_the_state(client, cheated):
    data = complaint_of(cheated, by=3, about=2).decode()

    answer = post(client, cheated, member=3, step="complaint", message=data)

    assert answer.status_code == 201
    body = client.get(address(cheated)).json()
    assert body["step"] == "failed"
    _ceremony, verdict = judge_evidence(body["complaints"][0]["evidence"].encode())
    assert (verdict.by, verdict.about) == (3, 2)


def test_a_certificate_counts_only_from_its_trustee(draft):
    made = make_ceremony(election=draft.election)
    message = made.make("certificate", 1).decode()
    stranger = Client()
    stranger.force_login(make_user(email=made.group.members.get(member=2).email))

    for client in (Client(), stranger):
        answer = post(client, made, member=1, step="certificate", message=message)
        assert answer.status_code == 403
        assert answer.json()["code"] == "not_the_trustee"
    assert not CeremonyMessage.objects.exists()


def test_a_certificate_needs_more_than_the_cookie(draft):
    made = make_ceremony(election=draft.election)
    client = Client(enforce_csrf_checks=True)
    client.force_login(make_user(email=made.group.members.get(member=1).email))

    message = made.make("certificate", 1).decode()
    answer = post(client, made, member=1, step="certificate", message=message)

    assert answer.status_code == 403
    assert not CeremonyMessage.objects.exists()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"member": 1, "step": "dance", "message": "{}"}, 400),
        ({"member": "1", "step": "commit", "message": "{}"}, 400),
        ({"member": 1, "step": "commit", "message": {}}, 400),
        ({"member": 9, "step": "commit", "message": "{}"}, 404),
        ({"member": 1, "step": "commit", "message": "{}"}, 409),
        ({"member": 1, "step": "commit", "message": "{}", "seed": "x"}, 400),
    ],
)
def test_a_message_in_another_form_is_refused(client, draft, body, status):
    made = make_ceremony(election=draft.election)

    assert post(client, made, **body).status_code == status


@pytest.mark.parametrize("tail", ["", "/messages"])
def test_there_is_no_ceremony_where_none_has_begun(client, draft, tail):
    path = f"/api/elections/{draft.election.uuid}/ceremonies/1{tail}"
    body = encode_json({"member": 1, "step": "commit", "message": "{}"})

    answer = client.post(path, body, "application/json") if tail else client.get(path)

    assert answer.status_code == 404
