"""Registering documents by a program of another platform."""

import hashlib
import json
from datetime import UTC, date, datetime

import pytest
from django.utils import timezone

from audit.models import Evidence, LogEntry, PendingEntry
from audit.selectors import verifier_key
from audit.services.evidence_keys import make_evidence_key, revoke_evidence_key
from audit.services.sequencing import sequence
from evote.tlog.note import VerifierKey, verify_note
from evote.tlog.receipt import check_receipt
from tests.factories.accounts import make_user

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
CONTRACT = hashlib.sha256(b"a contract").hexdigest()
FINDABLE = {"document": CONTRACT}
OTHER = "ab" * 32


@pytest.fixture
def made():
    return make_evidence_key(owner="17", name="Archive", now=NOW)


@pytest.fixture
def post(client, made):
    def post(body=FINDABLE, *, secret=None, name=None, **options):
        headers = {"Authorization": f"Bearer {secret or made.secret}"}
        if name is not None:
            headers["Idempotency-Key"] = name
        data = body if isinstance(body, bytes) else json.dumps(body)
        options.setdefault("content_type", "application/json")
        return client.post("/api/evidence", data, headers=headers, **options)

    return post


@pytest.fixture
def get(client, made):
    def get(path, *, secret=None):
        return client.get(path, headers={"Authorization": f"Bearer {secret or made.secret}"})

    return get


class TestFiling:
    def test_answers_with_a_signed_promise_at_once(self, post):
        response = post()

        answer = response.json()
        assert response.status_code == 201
        assert {name: answer[name] for name in ("form", "digest", "status")} == {
            "form": "document",
            "digest": CONTRACT,
            "status": "waiting",
        }
        assert [answer[name] for name in ("log_index", "receipt", "timestamp")] == [None] * 3
        note = verify_note(answer["promise"].encode(), keys=[VerifierKey.decode(verifier_key())])
        assert f"evidence document {CONTRACT}\n" in note.text

    def test_the_receipt_follows_and_holds(self, post, get):
        address = f"/api/evidence/{post().json()['id']}"
        assert get(f"{address}/receipt").status_code == 404
        assert get(f"{address}/receipt").json()["code"] == "not_yet"
        sequence(today=date(2026, 11, 21))

        answer = get(address).json()
        assert (answer["status"], answer["log_index"]) == ("proven", 0)
        receipt = get(f"{address}/receipt")
        assert receipt.content.decode() == answer["receipt"]
        key = VerifierKey.decode(verifier_key())
        assert check_receipt(receipt.content, key=key, entry=None, tracker=None).is_valid
        assert get(f"{address}/promise").content.decode() == answer["promise"]
        assert get(f"{address}/timestamp").json()["code"] == "not_yet"

    def test_a_commitment_with_its_salt_gives_a_receipt_that_carries_both(self, post, get):
        salt = b"\7" * 32
        commitment = hashlib.sha256(salt + bytes.fromhex(CONTRACT)).hexdigest()
        answer = post({"commitment": commitment, "salt": salt.hex(), "label": "Lease"}).json()
        sequence(today=date(2026, 11, 21))

        entry = json.loads(bytes(LogEntry.objects.get().body))
        assert entry == {"kind": "evidence", "commitment": commitment}
        receipt = get(f"/api/evidence/{answer['id']}").json()["receipt"]
        assert Evidence.objects.get().label == "Lease"
        assert "Lease" not in receipt

    def test_the_same_document_again_is_answered_with_the_first_registration(self, post):
        first, second = post(), post()

        assert (first.status_code, second.status_code) == (201, 200)
        assert first.json() == second.json()
        assert PendingEntry.objects.count() == 1

    def test_the_same_named_request_again_is_answered_the_same(self, post):
        answers = [post(name="order-4711").json() for _ in range(2)]

        assert answers[0] == answers[1]

    def test_a_name_with_another_document_is_refused(self, post):
        post(name="order-4711")
        response = post({"document": OTHER}, name="order-4711")

        assert response.status_code == 422
        assert response.json()["code"] == "idempotency_key_reused"
        assert Evidence.objects.count() == 1

    def test_the_quota_is_the_keys_and_says_when_it_ends(self, post, settings):
        settings.EVIDENCE_PER_KEY_AND_DAY = 1
        post()
        response = post({"document": OTHER})

        assert response.status_code == 429
        assert response.json()["code"] == "quota_reached"
        left = (timezone.now().replace(hour=23, minute=59, second=59) - timezone.now()).seconds
        assert abs(int(response["Retry-After"]) - left) < 10
        assert post().status_code == 200
        other = make_evidence_key(owner="17", name="Other", now=NOW)
        assert post({"document": OTHER}, secret=other.secret).status_code == 201


class TestRefusals:
    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({}, "document"),
            ({"document": CONTRACT, "commitment": OTHER}, "document"),
            ({"document": CONTRACT.upper()}, "document"),
            ({"document": CONTRACT[:-1]}, "document"),
            ({"document": CONTRACT + "\n"}, "document"),
            ({"document": None}, "document"),
            ({"document": ["a"]}, "document"),
            ({"document": hashlib.sha256(b"").hexdigest()}, "document"),
            ({"commitment": 7}, "commitment"),
            ({"document": CONTRACT, "salt": OTHER}, "salt"),
            ({"commitment": CONTRACT, "salt": "ab"}, "salt"),
            ({"document": CONTRACT, "label": "x" * 201}, "label"),
            ({"document": CONTRACT, "label": {"a": 1}}, "label"),
            ({"document": CONTRACT, "name": "Ada"}, "name"),
        ],
    )
    def test_bad_input_names_its_member_and_the_reason(self, post, body, field):
        response = post(body)

        answer = response.json()
        assert (response.status_code, answer["code"]) == (400, "invalid")
        assert list(answer["fields"]) == [field]
        assert answer["fields"][field][0]["message"]
        assert not Evidence.objects.exists()

    @pytest.mark.parametrize("body", [b"", b"[]", b'"x"', b"{", b'{"document":1.5}', b"\xff"])
    def test_what_is_no_object_of_json_is_refused(self, post, body):
        assert post(body).status_code == 400
        assert not Evidence.objects.exists()

    @pytest.mark.parametrize("name", ["", "x" * 256, "with space", "ümlaut"])
    def test_a_name_that_cannot_be_is_refused(self, post, name):
        response = post(name=name)

        assert response.status_code == 400
        assert list(response.json()["fields"]) == ["Idempotency-Key"]

    def test_a_body_that_is_too_large_or_of_another_type_is_refused(self, post):
        assert post(b'{"label":"' + b"x" * 2_000_000 + b'"}').status_code == 413
        assert post(b"document=1", content_type="text/plain").status_code == 415

    @pytest.mark.parametrize("header", ["", "Bearer", "Bearer pnyx_wrong", "Bearer a b", "Basic x"])
    def test_without_a_working_key_nothing_is_done_and_the_answer_says_how(self, client, header):
        response = client.post(
            "/api/evidence",
            json.dumps(FINDABLE),
            content_type="application/json",
            headers={"Authorization": header} if header else {},
        )

        assert response.status_code == 401
        assert response["WWW-Authenticate"] == "Bearer"
        assert not Evidence.objects.exists()

    def test_a_session_is_no_key(self, client):
        client.force_login(make_user(password=None))

        response = client.post(
            "/api/evidence", json.dumps(FINDABLE), content_type="application/json"
        )
        assert response.status_code == 401

    def test_a_revoked_key_is_refused(self, post, made):
        revoke_evidence_key(key=made.key, now=NOW)

        assert post().status_code == 401

    def test_another_owners_is_as_if_it_were_not_there(self, post, get):
        address = f"/api/evidence/{post().json()['id']}"
        stranger = make_evidence_key(owner="18", name="Stranger", now=NOW)

        for path in ("", "/promise", "/receipt", "/timestamp"):
            assert get(address + path, secret=stranger.secret).status_code == 404
            assert get(address + path).status_code in {200, 404}
        assert get(address).status_code == 200

    def test_answers_are_not_stored_on_the_way(self, post):
        assert "no-store" in post()["Cache-Control"]
