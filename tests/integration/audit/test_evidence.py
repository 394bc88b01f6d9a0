"""Registering documents: what is kept, what is promised, who may see it."""

import hashlib
import json
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError

from audit.models import Evidence, EvidenceCount, EvidenceKey, LogEntry, PendingEntry
from audit.selectors import entry_by_identity, verifier_key
from audit.selectors.evidence import (
    Progress,
    evidence_of,
    find_evidence,
    keys_of,
    state_of,
    working_key,
)
from audit.services.evidence import (
    Filing,
    QuotaReached,
    RequestChanged,
    change_label,
    delete_evidence,
    file_by_key,
    file_evidence,
    forget_owner,
    private_filing,
)
from audit.services.evidence_keys import (
    KEYS_LIMIT,
    TooManyKeys,
    make_evidence_key,
    revoke_evidence_key,
)
from audit.services.sequencing import sequence
from evote.cli.monitor.promises import decode_promise
from evote.tlog.note import VerifierKey, verify_note
from evote.tlog.receipt import decode_receipt, verify_receipt
from tests.factories.threads import many_at_once

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
CONTRACT = hashlib.sha256(b"a contract").digest()
OWNER = "17"


def findable(document=CONTRACT, label=""):
    return Filing(form=Evidence.Form.DOCUMENT, digest=document, label=label)


def file(filing=None, *, owner=OWNER, now=NOW):
    return file_evidence(owner=owner, filing=filing or findable(), now=now)


def make_key(owner=OWNER, name="Archive"):
    return make_evidence_key(owner=owner, name=name, now=NOW)


@pytest.mark.django_db
class TestFiling:
    def test_the_entry_holds_the_hash_and_nothing_of_the_person_or_the_label(self):
        evidence = file(findable(label="Lease with Ms Moreau.pdf")).evidence

        waiting = PendingEntry.objects.get()
        assert bytes(waiting.identity) == bytes(evidence.entry)
        assert json.loads(bytes(waiting.body)) == {
            "kind": "evidence",
            "document": CONTRACT.hex(),
        }
        assert bytes(waiting.subject) == CONTRACT

    def test_a_private_entry_says_nothing_about_the_document_to_whoever_lacks_the_salt(self):
        evidence = file(private_filing(document=CONTRACT, label="")).evidence

        entry = json.loads(bytes(PendingEntry.objects.get().body))
        salt = bytes(evidence.salt)
        assert len(salt) == 32
        assert entry == {
            "kind": "evidence",
            "commitment": hashlib.sha256(salt + CONTRACT).hexdigest(),
        }
        stored = [getattr(evidence, field.attname) for field in Evidence._meta.concrete_fields]
        assert not [value for value in stored if value in (CONTRACT, CONTRACT.hex())]

    def test_two_private_filings_of_one_document_look_like_two_documents(self):
        filings = [private_filing(document=CONTRACT, label="") for _ in range(2)]

        assert filings[0].digest != filings[1].digest
        assert filings[0].salt != filings[1].salt

    def test_a_signed_promise_is_given_at_once_with_a_deadline(self):
        evidence = file().evidence

        note = verify_note(evidence.promise.encode(), keys=[VerifierKey.decode(verifier_key())])
        assert note.text == (
            "pnyx promise 1\n"
            f"evidence document {CONTRACT.hex()}\n"
            f"entry {bytes(evidence.entry).hex()}\n"
            "before 2026-11-22T09:30:00Z\n"
        )

    def test_the_same_again_gives_the_same_evidence_and_promise(self):
        first = file()
        second = file(now=NOW + timedelta(hours=2))

        assert (first.is_new, second.is_new) == (True, False)
        assert second.evidence == first.evidence
        assert second.evidence.promise == first.evidence.promise
        assert PendingEntry.objects.count() == 1
        assert EvidenceCount.objects.get().filed == 1

    def test_two_people_with_one_document_share_the_entry_and_nothing_else(self):
        first, second = file(owner="1"), file(owner="2")

        assert first.evidence.pk != second.evidence.pk
        assert bytes(first.evidence.entry) == bytes(second.evidence.entry)
        assert PendingEntry.objects.count() == 1

    def test_no_more_than_the_days_quota_is_taken(self, settings):
        settings.EVIDENCE_PER_DAY = 2
        for number in range(2):
            file(findable(hashlib.sha256(bytes([number])).digest()))

        with pytest.raises(QuotaReached, match="2 documents"):
            file()
        assert file(findable(hashlib.sha256(b"\0").digest())).is_new is False
        assert file(owner="another").is_new
        assert file(now=NOW + timedelta(days=1)).is_new
        assert not EvidenceCount.objects.filter(
            subscriber=f"person {OWNER}", day=NOW.date()
        ).exists()

    def test_a_refused_filing_leaves_nothing_in_the_log(self, settings):
        settings.EVIDENCE_PER_DAY = 1
        file()
        with pytest.raises(QuotaReached):
            file(findable(b"\1" * 32))

        assert PendingEntry.objects.count() == 1
        assert Evidence.objects.count() == 1


@pytest.mark.django_db
class TestKeys:
    def test_a_key_is_kept_as_a_hash_and_opens_only_with_its_secret(self):
        made = make_key()

        stored = EvidenceKey.objects.get()
        assert made.secret.startswith("pnyx_")
        assert made.secret not in str(vars(stored))
        assert bytes(stored.digest) == hashlib.sha256(made.secret.encode()).digest()
        assert working_key(made.secret) == stored
        for wrong in ("", made.secret[:-1], made.secret + "x", "pnyx_", "\ud800"):
            assert working_key(wrong) is None

    def test_a_revoked_key_opens_nothing_and_what_it_filed_stays(self):
        made = make_key()
        filed = file_by_key(key=made.key, filing=findable(), request_name="", now=NOW)
        revoke_evidence_key(key=made.key, now=NOW)

        assert working_key(made.secret) is None
        assert filed.evidence in evidence_of(OWNER)

    def test_an_owner_has_a_bounded_number_of_working_keys(self):
        for _ in range(KEYS_LIMIT):
            made = make_key()
        with pytest.raises(TooManyKeys, match=str(KEYS_LIMIT)):
            make_key()
        revoke_evidence_key(key=made.key, now=NOW)

        assert make_key().key.owner == OWNER
        assert make_key(owner="another").key in keys_of("another")

    def test_a_request_with_a_name_is_answered_the_same_when_sent_again(self):
        key = make_key().key
        first = file_by_key(key=key, filing=findable(), request_name="a", now=NOW)
        again = file_by_key(key=key, filing=findable(), request_name="a", now=NOW)
        other_name = file_by_key(key=key, filing=findable(), request_name="b", now=NOW)

        assert [filed.is_new for filed in (first, again, other_name)] == [True, False, False]
        assert first.evidence == again.evidence == other_name.evidence
        assert EvidenceCount.objects.get().filed == 1

    def test_a_name_that_comes_again_with_another_document_is_refused(self):
        key = make_key().key
        file_by_key(key=key, filing=findable(), request_name="a", now=NOW)
        with pytest.raises(RequestChanged):
            file_by_key(key=key, filing=findable(b"\1" * 32), request_name="a", now=NOW)

        assert Evidence.objects.count() == 1

    def test_two_keys_may_use_the_same_name(self):
        one, other = make_key().key, make_key(owner="18").key
        first = file_by_key(key=one, filing=findable(), request_name="a", now=NOW)
        second = file_by_key(key=other, filing=findable(b"\1" * 32), request_name="a", now=NOW)

        assert first.evidence != second.evidence

    def test_every_key_has_a_quota_of_its_own(self, settings):
        settings.EVIDENCE_PER_KEY_AND_DAY = 1
        one, other = make_key().key, make_key().key
        file_by_key(key=one, filing=findable(), request_name="", now=NOW)
        with pytest.raises(QuotaReached):
            file_by_key(key=one, filing=findable(b"\1" * 32), request_name="", now=NOW)

        assert file_by_key(key=other, filing=findable(b"\2" * 32), request_name="", now=NOW).is_new


@pytest.mark.django_db(transaction=True)
class TestRaces:
    def test_two_posts_of_the_same_document_at_once_are_one_filing(self):
        results = many_at_once(lambda _number: file(), times=2)

        assert sorted(result.is_new for result in results) == [False, True]
        assert len({result.evidence.pk for result in results}) == 1
        assert PendingEntry.objects.count() == 1

    def test_two_keys_of_one_owner_filing_the_same_at_once_are_one_filing(self):
        keys = [make_key().key, make_key().key]
        results = many_at_once(
            lambda number: file_by_key(
                key=keys[number], filing=findable(), request_name="a", now=NOW
            ),
            times=2,
        )

        assert len({result.evidence.pk for result in results}) == 1
        assert PendingEntry.objects.count() == 1

    def test_two_posts_at_once_cannot_pass_the_quota_together(self, settings):
        settings.EVIDENCE_PER_DAY = 1
        results = many_at_once(
            lambda number: file(findable(bytes([number]) * 32)), times=2, refusals=QuotaReached
        )

        assert sorted(type(result).__name__ for result in results) == ["Filed", "QuotaReached"]
        assert Evidence.objects.count() == 1


@pytest.mark.django_db(transaction=True)
class TestProof:
    def test_waits_for_its_place_and_is_then_proven_offline(self):
        evidence = file().evidence
        assert state_of(evidence).progress is Progress.WAITING
        assert state_of(evidence).receipt is None
        sequence(today=date(2026, 11, 21))

        state = state_of(evidence)
        assert state.progress is Progress.PROVEN
        receipt = decode_receipt(state.receipt)
        entry = bytes(entry_by_identity(bytes(evidence.entry)).body)
        assert receipt.extra == entry
        verify_receipt(receipt, entry=entry, key=VerifierKey.decode(verifier_key()))

    def test_a44_the_promise_is_understood_by_a_monitor_and_kept(self):
        evidence = file(private_filing(document=CONTRACT, label="")).evidence
        other = file(findable(b"\1" * 32)).evidence
        sequence(today=date(2026, 11, 21))

        note = verify_note(evidence.promise.encode(), keys=[VerifierKey.decode(verifier_key())])
        promise = decode_promise(note.text)
        assert promise.before == int((NOW + timedelta(hours=24)).timestamp())
        assert promise.is_kept_by(bytes(entry_by_identity(bytes(evidence.entry)).body))
        assert not promise.is_kept_by(bytes(entry_by_identity(bytes(other.entry)).body))

    def test_a44_a_promised_entry_cannot_be_taken_out_of_the_outbox(self):
        file()

        with pytest.raises(IntegrityError, match="not in the log yet"):
            PendingEntry.objects.all().delete()

    def test_the_receipt_of_a_private_one_carries_the_salt_beside_the_entry(self):
        evidence = file(private_filing(document=CONTRACT, label="")).evidence
        sequence(today=date(2026, 11, 21))

        receipt = decode_receipt(state_of(evidence).receipt)
        extra = json.loads(receipt.extra)
        entry = bytes(LogEntry.objects.get().body)
        assert list(extra) == ["entry", "salt"]
        assert extra["entry"] == json.loads(entry)
        opened = hashlib.sha256(bytes.fromhex(extra["salt"]) + CONTRACT).hexdigest()
        assert opened == extra["entry"]["commitment"]
        verify_receipt(receipt, entry=entry, key=VerifierKey.decode(verifier_key()))


@pytest.mark.django_db
class TestOwnership:
    def test_nobody_finds_what_another_registered(self):
        mine = file().evidence

        assert find_evidence(owner=OWNER, pk=mine.pk) == mine
        assert find_evidence(owner="18", pk=mine.pk) is None
        assert list(evidence_of("18")) == []

    def test_the_label_can_be_changed_and_taken_away(self):
        evidence = file(findable(label="Lease.pdf")).evidence
        change_label(evidence=evidence, label="")

        evidence.refresh_from_db()
        assert evidence.label == ""

    def test_deleting_takes_label_and_salt_and_leaves_the_entry(self):
        filed = file(private_filing(document=CONTRACT, label="Lease.pdf"))
        delete_evidence(evidence=filed.evidence)

        assert not Evidence.objects.exists()
        assert PendingEntry.objects.count() == 1

    def test_an_owner_who_leaves_takes_everything_that_names_them(self):
        made = make_key()
        file()
        file_by_key(key=made.key, filing=findable(b"\1" * 32), request_name="a", now=NOW)
        kept = file(owner="18").evidence
        forget_owner(owner=OWNER)

        assert list(Evidence.objects.all()) == [kept]
        assert not EvidenceKey.objects.exists()
        assert [count.subscriber for count in EvidenceCount.objects.all()] == ["person 18"]
        assert PendingEntry.objects.count() == 2
