import json

import pytest

from evote.group import random_scalar
from evote.tally import decode_encrypted_tally, decrypt_partially
from evote.verify import Verdict
from tests.factories.forgeries import UNUSABLE_POINTS
from tests.factories.voting import TREES, make_election
from voting import tasks
from voting.models import Election, RecordEvent
from voting.selectors.record import archived_object
from voting.services.decrypting import DecryptionRefused, accept_partial_decryption, publish_result

pytestmark = pytest.mark.django_db

YES, NO = [1, 0], [0, 1]


@pytest.fixture
def made():
    return make_election(
        phase=Election.Phase.TALLIED,
        questions=[TREES],
        voters=3,
        trustees=3,
        votes=[(0, [YES]), (1, [YES]), (2, [NO])],
    )


@pytest.fixture
def hand_in(client):
    def post(made, owner, data: bytes, **headers):
        body = json.dumps(
            {
                "owner": owner,
                "partial_decryption": data.decode(),
                "proofs": json.loads(strong_proofs(made, owner)),
            },
            separators=(",", ":"),
        )
        headers.setdefault("content_type", "application/json")
        return client.post(
            f"/api/elections/{made.election.uuid}/partial-decryptions", data=body, **headers
        )

    return post


def strong_proofs(made, owner) -> bytes:
    """The proofs that go with a trustee's factors; none before there is a tally."""
    is_there = made.election.phase == Election.Phase.TALLIED and 1 <= owner <= 3
    return made.strong_proofs(owner) if is_there else b"[]"


def decryptions():
    return RecordEvent.objects.filter(type="PartialDecryption").count()


def test_a_partial_decryption_comes_into_the_record_once(made, hand_in):
    data = made.decryption(2)

    first, second = hand_in(made, 2, data), hand_in(made, 2, data)

    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json() == {"election": made.election.uuid, "owner": 2}
    assert decryptions() == 1


def test_a29_a_second_different_one_of_the_same_trustee_is_refused(made, hand_in):
    hand_in(made, 2, made.decryption(2))

    response = hand_in(made, 2, made.decryption(2))

    assert (response.status_code, response.json()["code"]) == (409, "already_decrypted")
    assert "Trustee 2" in response.json()["detail"]
    assert decryptions() == 1


def test_a05_a_factor_made_with_another_key_is_refused_and_the_trustee_named(made, hand_in):
    description = made.description
    tally = decode_encrypted_tally(
        archived_object(election=made.election, name="encrypted_tally"), election=description
    )
    forged = decrypt_partially(secret_key=random_scalar(), election=description, tally=tally)

    response = hand_in(made, 3, forged)

    assert (response.status_code, response.json()["code"]) == (400, "bad_proof")
    assert "trustee 3 (Trustee 3)" in response.json()["detail"]
    assert decryptions() == 0


def test_a29_the_decryption_of_one_trustee_does_not_pass_for_another(made, hand_in):
    response = hand_in(made, 1, made.decryption(2))

    assert response.json()["code"] == "bad_proof"
    assert decryptions() == 0


@pytest.mark.parametrize("field", ["challenge", "response"])
def test_a05_a_changed_proof_is_refused(made, hand_in, field):
    value = json.loads(made.decryption(1))
    proof = value["decryption_proofs"][0][1]
    proof[field] = str(int(proof[field]) ^ 1)

    response = hand_in(made, 1, json.dumps(value).encode())

    assert response.json()["code"] == "bad_proof"
    assert decryptions() == 0


@pytest.mark.parametrize(
    "change",
    [
        lambda value: value["decryption_factors"].pop(),
        lambda value: value["decryption_factors"][0].pop(),
        lambda value: value["decryption_proofs"][0].pop(),
        lambda value: value["decryption_proofs"][0].append(value["decryption_proofs"][0][0]),
        lambda value: value.update(secret_key="1"),
        lambda value: value.pop("decryption_proofs"),
        *(
            lambda value, point=point: value["decryption_factors"][0].__setitem__(0, point)
            for point in UNUSABLE_POINTS.values()
        ),
    ],
)
def test_a09_a_malformed_partial_decryption_is_refused(made, hand_in, change):
    value = json.loads(made.decryption(1))
    change(value)

    response = hand_in(made, 1, json.dumps(value).encode())

    assert (response.status_code, response.json()["code"]) == (400, "non_canonical")
    assert "Trustee 1" in response.json()["detail"]
    assert decryptions() == 0


@pytest.mark.parametrize("owner", [0, 4, 10**6])
def test_a30_a_trustee_that_does_not_exist_is_refused(made, hand_in, owner):
    response = hand_in(made, owner, made.decryption(1))

    assert (response.status_code, response.json()["code"]) == (404, "unknown_owner")


@pytest.mark.parametrize(
    "phase", [Election.Phase.SEALED, Election.Phase.OPEN, Election.Phase.CLOSED]
)
def test_a35_nothing_is_decrypted_before_the_ballots_are_added_up(hand_in, phase):
    made = make_election(phase=phase, questions=[TREES], voters=1, trustees=1, votes=[(0, [YES])])

    response = hand_in(made, 1, b"{}")

    assert (response.status_code, response.json()["code"]) == (409, "wrong_phase")
    assert decryptions() == 0


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ('{"owner":1}', 400, "non_canonical"),
        ('{"owner":1,"partial_decryption":"{}"}', 400, "non_canonical"),
        ('{"owner":true,"partial_decryption":"{}","proofs":[]}', 400, "non_canonical"),
        ('{"owner":"1","partial_decryption":"{}","proofs":[]}', 400, "non_canonical"),
        ('{"owner":1,"partial_decryption":{},"proofs":[]}', 400, "non_canonical"),
        ('{"owner":1,"partial_decryption":"{}","proofs":[],"x":1}', 400, "non_canonical"),
        ("[" * 1000, 400, "too_deep"),
        ("x" * 64_000_001, 413, "too_large"),
    ],
)
def test_a57_a_request_that_is_none_is_refused(client, made, body, status, code):
    response = client.post(
        f"/api/elections/{made.election.uuid}/partial-decryptions",
        data=body,
        content_type="application/json",
    )

    assert (response.status_code, response.json()["code"]) == (status, code)


def test_a05_a_bad_one_that_comes_first_does_not_keep_the_good_ones_out(made, hand_in):
    hand_in(made, 1, made.decryption(2))
    for owner in (3, 1, 2):
        assert hand_in(made, owner, made.decryption(owner)).status_code == 201
    tasks.publish_results()

    made.election.refresh_from_db()
    assert made.election.phase == Election.Phase.PUBLISHED
    report = made.report()
    assert report.verdict == Verdict.COMPLETE
    assert report.result.counts == ((2, 1),)


def test_a35_the_result_waits_for_every_trustee(made):
    made.decrypt(1, 2)

    assert publish_result(election=made.election) is None
    assert not RecordEvent.objects.filter(type="Result").exists()


def test_publishing_twice_changes_nothing(made):
    made.decrypt()
    made.publish()
    note = made.election.result_note
    events = RecordEvent.objects.count()

    assert publish_result(election=made.election) is None
    made.election.refresh_from_db()
    assert made.election.result_note == note
    assert RecordEvent.objects.count() == events


def test_a_refusal_carries_its_code(made):
    with pytest.raises(DecryptionRefused) as refusal:
        accept_partial_decryption(election=made.election, owner=1, data=b"{}", proofs=b"[]")

    assert refusal.value.code == "non_canonical"
