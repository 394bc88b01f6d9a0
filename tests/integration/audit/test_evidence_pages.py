"""The pages on which people register documents and look after their own."""

import hashlib
import html
import re
from datetime import UTC, date, datetime

import pytest
from django.urls import reverse

from audit.models import Evidence, EvidenceKey, PendingEntry
from audit.selectors import verifier_key
from audit.selectors.evidence import working_key
from audit.services.cosigning import cosign
from audit.services.evidence import Filing, file_evidence, private_filing
from audit.services.evidence_keys import make_evidence_key
from audit.services.sequencing import sequence
from evote.tlog.note import VerifierKey
from evote.tlog.policy import verify_under_policy
from evote.tlog.receipt import check_receipt, decode_receipt
from tests.factories.accounts import make_user

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
CONTRACT = hashlib.sha256(b"a contract").digest()
FORM = {"document": CONTRACT.hex(), "form": "document", "label": "Lease.pdf"}

pytestmark = pytest.mark.django_db


def text_of(response):
    plain = re.sub(r"<[^>]+>", " ", response.content.decode())
    return re.sub(r"\s+", " ", html.unescape(plain))


@pytest.fixture
def person(client):
    user = make_user(password=None)
    client.force_login(user)
    return user


def registered(person, *, filing=None):
    filing = filing or Filing(
        form=Evidence.Form.DOCUMENT, digest=CONTRACT, label="Lease with Ms Moreau.pdf"
    )
    return file_evidence(owner=str(person.pk), filing=filing, now=NOW).evidence


def address(name, evidence):
    return reverse(f"audit:evidence-{name}", kwargs={"evidence_id": evidence.pk})


class TestRegistering:
    def test_everybody_may_read_what_it_is_and_nothing_is_stored_in_the_browser(self, client):
        response = client.get("/evidence/")

        assert response.status_code == 200
        assert "Sign in to register a document" in text_of(response)
        assert not response.cookies

    def test_who_is_not_signed_in_is_asked_to_sign_in_and_registers_nothing(self, client):
        response = client.post("/evidence/", FORM)

        assert response.status_code == 302
        assert response["Location"].startswith("/accounts/login/")
        assert not Evidence.objects.exists()

    def test_a_hash_given_by_hand_is_registered_findable(self, client, person):
        response = client.post("/evidence/", FORM)

        evidence = Evidence.objects.get()
        assert response["Location"] == address("one", evidence)
        assert (evidence.form, bytes(evidence.digest)) == ("document", CONTRACT)
        assert (evidence.owner, evidence.label) == (str(person.pk), "Lease.pdf")

    def test_a_hash_given_by_hand_is_committed_to_here_and_not_kept(self, client, person):
        client.post("/evidence/", FORM | {"form": "commitment"})

        evidence = Evidence.objects.get()
        assert evidence.form == "commitment"
        opened = hashlib.sha256(bytes(evidence.salt) + CONTRACT).digest()
        assert bytes(evidence.digest) == opened
        assert CONTRACT not in bytes(PendingEntry.objects.get().body)

    def test_a_findable_document_is_found_on_the_board_by_its_hash(self, client, person):
        client.post("/evidence/", FORM)
        client.post("/evidence/", FORM | {"document": "ab" * 32, "form": "commitment"})
        sequence(today=date(2026, 11, 21))

        assert "1 entry found" in text_of(client.get("/log/", {"q": CONTRACT.hex()}))
        assert "entry found" not in text_of(client.get("/log/", {"q": "ab" * 32}))

    def test_private_is_what_the_page_proposes(self, client, person):
        page = client.get("/evidence/").content.decode()

        checked = re.search(r"<input[^>]*value=\"commitment\"[^>]*>", page)[0]
        assert "checked" in checked

    def test_the_scripts_commitment_is_taken_as_it_is(self, client, person):
        salt = b"\7" * 32
        commitment = hashlib.sha256(salt + CONTRACT).hexdigest()
        client.post(
            "/evidence/",
            {"form": "commitment", "commitment": commitment, "salt": salt.hex(), "label": ""},
        )

        evidence = Evidence.objects.get()
        assert bytes(evidence.digest).hex() == commitment
        assert bytes(evidence.salt) == salt

    @pytest.mark.parametrize(
        "printed",
        [
            CONTRACT.hex().upper(),
            f"  {CONTRACT.hex()}  lease.pdf\n",
            f"\\{CONTRACT.hex()}  odd\\nname.pdf",
        ],
    )
    def test_takes_what_the_programs_print(self, client, person, printed):
        client.post("/evidence/", FORM | {"document": printed})

        assert bytes(Evidence.objects.get().digest) == CONTRACT

    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            ({"document": ""}, "Choose a document, or give its SHA-256."),
            ({"document": "lease.pdf"}, "A SHA-256 has 64 characters"),
            ({"document": CONTRACT.hex()[:-1]}, "A SHA-256 has 64 characters"),
            ({"document": CONTRACT.hex()[:-1] + "g"}, "A SHA-256 has 64 characters"),
            ({"document": hashlib.sha256(b"").hexdigest()}, "the hash of an empty file"),
            ({"form": "public"}, "Choose one of the answers"),
            ({"label": "x" * 201}, "at most 200 characters"),
            ({"label": "a\0b"}, "Remove the invisible characters."),
            ({"commitment": "ab", "salt": "cd"}, "The page was sent incomplete"),
            ({"commitment": CONTRACT.hex(), "salt": ""}, "The page was sent incomplete"),
        ],
    )
    def test_refuses_what_cannot_be_registered_and_says_why(self, client, person, change, reason):
        response = client.post("/evidence/", FORM | change)

        assert response.status_code == 400
        assert reason in text_of(response)
        assert not Evidence.objects.exists()

    def test_says_when_enough_was_registered_today(self, client, person, settings):
        settings.EVIDENCE_PER_DAY = 1
        client.post("/evidence/", FORM)
        response = client.post("/evidence/", FORM | {"document": "ab" * 32})

        assert response.status_code == 429
        assert "At most 1 documents can be registered in a day" in text_of(response)

    def test_the_same_document_again_leads_to_the_first_registration(self, client, person):
        client.post("/evidence/", FORM)
        response = client.post("/evidence/", FORM | {"label": "again"}, follow=True)

        assert "You registered this document before." in text_of(response)
        assert Evidence.objects.get().label == "Lease.pdf"


class TestOnes:
    def test_says_that_it_is_promised_and_looks_again_by_itself(self, client, person):
        evidence = registered(person)
        page = client.get(address("one", evidence))

        assert "Promised, not in the log yet" in text_of(page)
        assert f'hx-get="{address("progress", evidence)}"' in page.content.decode()
        assert client.get(address("receipt", evidence)).status_code == 404

    def test_hands_over_promise_and_receipt_that_hold(self, client, person):
        evidence = registered(person)
        sequence(today=date(2026, 11, 21))

        page = client.get(address("one", evidence))
        assert "the receipt is ready" in text_of(page)
        assert "hx-get" not in page.content.decode().partition('id="evidence-progress"')[2]
        promise = client.get(address("promise", evidence))
        assert promise.content.decode() == evidence.promise
        receipt = client.get(address("receipt", evidence))
        assert receipt["Content-Disposition"] == 'attachment; filename="receipt-0.tlog-proof"'
        report = check_receipt(
            receipt.content, key=VerifierKey.decode(verifier_key()), entry=None, tracker=None
        )
        assert report.is_valid

    def test_says_when_it_waits_for_the_witnesses_and_then_that_it_is_there(
        self, client, person, three
    ):
        evidence = registered(person)
        sequence(today=date(2026, 11, 21))
        page = client.get(address("one", evidence))
        assert "Recorded, awaiting cosignatures" in text_of(page)
        assert "Provisional receipt" in text_of(page)
        assert "hx-get" in page.content.decode()
        cosign(now=datetime.now(tz=UTC))

        page = text_of(client.get(address("one", evidence)))
        assert "the receipt is ready" in page
        assert "Provisional" not in page
        receipt = decode_receipt(client.get(address("receipt", evidence)).content)
        cosigned = verify_under_policy(receipt.checkpoint, three.policy)
        assert len(cosigned.cosignatures) >= 2

    def test_the_progress_alone_is_a_part_of_a_page(self, client, person):
        response = client.get(address("progress", registered(person)))

        assert b"<html" not in response.content
        assert "no-store" in response["Cache-Control"]

    def test_the_name_can_be_changed_deleted_and_is_escaped(self, client, person):
        evidence = registered(person)
        client.post(address("one", evidence), {"label": "<b>Lease</b>"})
        page = client.get(address("one", evidence)).content.decode()
        assert "&lt;b&gt;Lease&lt;/b&gt;" in page
        assert "<b>Lease" not in page
        client.post(address("one", evidence), {"label": ""})

        evidence.refresh_from_db()
        assert evidence.label == ""

    def test_is_deleted_after_a_question_that_names_the_salt(self, client, person):
        evidence = registered(person, filing=private_filing(document=CONTRACT, label="Lease"))
        question = client.get(address("delete", evidence))
        assert "Keep the receipt first" in text_of(question)
        response = client.post(address("delete", evidence), follow=True)

        assert "It is off your list. The log keeps the entry." in text_of(response)
        assert not Evidence.objects.exists()

    def test_the_list_shows_ones_own_and_nobody_elses(self, client, person):
        registered(person)
        other = make_user(password=None)
        registered(
            other,
            filing=Filing(form=Evidence.Form.DOCUMENT, digest=b"\1" * 32, label="Secret plan.pdf"),
        )
        page = text_of(client.get("/evidence/mine/"))

        assert "Lease with Ms Moreau.pdf" in page
        assert "Secret plan" not in page

    def test_the_list_says_how_far_each_has_come_with_few_questions(
        self, client, person, three, django_assert_max_num_queries
    ):
        for number in range(20):
            registered(
                person,
                filing=Filing(form=Evidence.Form.DOCUMENT, digest=bytes([number]) * 32),
            )
        assert text_of(client.get("/evidence/mine/")).count("Promised") == 20
        sequence(today=date(2026, 11, 21))
        assert text_of(client.get("/evidence/mine/")).count("Awaiting cosignatures") == 20
        cosign(now=datetime.now(tz=UTC))

        with django_assert_max_num_queries(12):
            page = client.get("/evidence/mine/")
        assert text_of(page).count("Receipt ready") == 20

    @pytest.mark.parametrize("name", ["one", "progress", "receipt", "promise", "delete"])
    def test_a_strangers_is_as_if_it_were_not_there(self, client, person, name):
        evidence = registered(make_user(password=None))
        sequence(today=date(2026, 11, 21))

        assert client.get(address(name, evidence)).status_code == 404
        assert client.post(address(name, evidence), {"label": "mine"}).status_code in {404, 405}
        evidence.refresh_from_db()
        assert evidence.label == "Lease with Ms Moreau.pdf"

    def test_who_is_not_signed_in_sees_nothing(self, client):
        evidence = registered(make_user(password=None))
        for name in ("one", "progress", "receipt", "promise", "delete"):
            assert client.get(address(name, evidence)).status_code == 302
        assert client.get("/evidence/mine/").status_code == 302


class TestKeys:
    def test_a_key_is_shown_once(self, client, person):
        response = client.post("/evidence/keys/", {"name": "Court archive"})

        secret = re.search(r"pnyx_[\w-]{43}", response.content.decode())[0]
        assert response.status_code == 201
        assert "no-store" in response["Cache-Control"]
        assert working_key(secret).name == "Court archive"
        later = client.get("/evidence/keys/").content.decode()
        assert secret not in later
        assert secret[:12] in later

    @pytest.mark.parametrize("name", ["", "x" * 101, "a\0b"])
    def test_a_name_that_cannot_be_is_refused(self, client, person, name):
        assert client.post("/evidence/keys/", {"name": name}).status_code == 400
        assert not EvidenceKey.objects.exists()

    def test_ones_own_key_is_revoked_and_a_strangers_is_not(self, client, person):
        mine = make_evidence_key(owner=str(person.pk), name="a", now=NOW)
        strangers = make_evidence_key(owner="other", name="b", now=NOW)
        first = client.post(reverse("audit:evidence-key-revoke", args=[mine.key.pk]))
        second = client.post(reverse("audit:evidence-key-revoke", args=[strangers.key.pk]))

        assert (first.status_code, second.status_code) == (302, 404)
        assert working_key(mine.secret) is None
        assert working_key(strangers.secret) == strangers.key
