import os
from datetime import date
from io import StringIO
from types import SimpleNamespace

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from audit.models import Checkpoint, LogEntry
from audit.selectors import receipt_of, verifier_keys
from audit.selectors.key import (
    earlier_keys_file,
    key_of_note,
    next_key_file,
    own_keys,
    signing_key,
)
from audit.services import publishing, rotating, witness_marks
from audit.services.cosigning import cosign
from audit.services.halting import sequence_and_report
from audit.services.log import append_entry
from audit.services.marks import LogHalted
from audit.services.rotating import begin_rotation
from audit.services.sequencing import sequence
from evote.errors import InvalidProof
from evote.tlog.checkpoint import verify_checkpoint
from evote.tlog.note import SigningKey, decode_note
from evote.tlog.policy import PolicyLog
from evote.tlog.receipt import decode_receipt, verify_receipt
from evote.tlog.rotation import decode_rotation, later_keys, sign_rotation
from tests.factories.audit import append_ballots

TODAY = date(2026, 11, 21)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def a_key_of_its_own(settings, tmp_path):
    """Other tests share one key: none of them is to see a change."""
    witness_marks._silent_until.clear()
    settings.LOG_KEY_FILE = tmp_path / "keys" / "log.key"
    settings.LOG_KEY_FILE.parent.mkdir()
    settings.LOG_KEY_FILE.touch(mode=0o600)
    settings.LOG_KEY_FILE.write_text(SigningKey.generate(name="127.0.0.1:8000/log").encode())


def grow(number=3):
    identities = append_ballots(number)
    sequence(today=TODAY)
    return identities


def note_of(size):
    return bytes(Checkpoint.objects.get(head_id=size).note)


def rotate():
    begin_rotation()
    sequence(today=TODAY)


class TestTheChange:
    def test_the_old_key_signs_the_checkpoint_with_the_entry_and_the_new_one_all_later(self):
        old = signing_key()
        grow()

        new = begin_rotation()
        assert signing_key() == old
        grow()
        grow()

        entry = LogEntry.objects.get(kind="key-rotation")
        assert entry.index == 3
        verify_checkpoint(note_of(7), key=old.verifier)
        verify_checkpoint(note_of(10), key=new)
        with pytest.raises(InvalidProof):
            verify_checkpoint(note_of(10), key=old.verifier)
        assert signing_key().verifier == new

    def test_the_entry_is_signed_by_both_and_leads_from_one_key_to_the_other(self):
        old = signing_key().verifier
        rotate()
        rotate()

        rotations = [
            decode_rotation(entry.content)
            for entry in LogEntry.objects.filter(kind="key-rotation").order_by("index")
        ]
        assert list(later_keys(old, rotations=rotations)) == list(reversed(own_keys()))
        assert len(own_keys()) == 3
        assert own_keys()[0] == signing_key().verifier

    def test_the_new_private_key_is_the_only_one_left_and_only_ours_to_read(self, settings):
        old = signing_key()
        rotate()

        assert not next_key_file().exists()
        assert settings.LOG_KEY_FILE.stat().st_mode & 0o777 == 0o600
        for path in settings.LOG_KEY_FILE.parent.iterdir():
            assert old.encode() not in path.read_text()
        assert earlier_keys_file().read_text() == old.verifier.encode() + "\n"

    def test_without_the_file_of_earlier_keys_the_log_itself_names_them(self):
        rotate()
        keys = own_keys()
        earlier_keys_file().unlink()

        assert own_keys() == keys
        assert len(keys) == 2
        grow()

    def test_asked_for_twice_it_is_made_once(self):
        assert begin_rotation() == begin_rotation()
        grow()

        assert LogEntry.objects.filter(kind="key-rotation").count() == 1

    def test_an_entry_that_does_not_verify_changes_nothing(self):
        stranger = SigningKey.generate(name=signing_key().name)
        another = SigningKey.generate(name=signing_key().name)
        append_entry(kind="key-rotation", body=sign_rotation(old=stranger, new=another).body())
        forged = sign_rotation(old=stranger, new=signing_key()).body()
        forged["signature_of_new"] = sign_rotation(old=stranger, new=another).body()[
            "signature_of_new"
        ]
        append_entry(kind="key-rotation", body=forged)
        grow()

        assert own_keys() == [signing_key().verifier]


class TestReceipts:
    def test_of_either_time_verify_under_the_key_that_signed_them(self, client):
        old = signing_key().verifier
        (identity,) = grow(1)
        before = receipt_of(identity=identity)
        rotate()
        grow()
        after = receipt_of(identity=identity)

        for receipt, key in ((before, old), (after, signing_key().verifier)):
            read = decode_receipt(receipt)
            assert key_of_note(read.checkpoint) == key
            verify_receipt(read, entry=read.extra, key=key)
            upload = {"receipt": SimpleUploadedFile("receipt.tlog-proof", receipt)}
            page = client.post("/verify/receipt/", upload)
            assert page.status_code == 200
            assert page.context["report"].failure is None

    def test_a_receipt_by_a_stranger_with_the_same_name_fails(self, client):
        (identity,) = grow(1)
        receipt = receipt_of(identity=identity)
        stranger = SigningKey.generate(name=signing_key().name)
        note = decode_receipt(receipt).checkpoint
        forged = decode_note(note).text + "\n" + stranger.sign(decode_note(note).text).encode()
        upload = {
            "receipt": SimpleUploadedFile("r.tlog-proof", receipt.replace(note, forged.encode()))
        }

        page = client.post("/verify/receipt/", upload)

        assert page.context["report"].failure is not None

    def test_all_keys_are_served_the_present_one_first(self, client):
        old = signing_key().verifier.encode()
        rotate()

        assert client.get("/log/keys").content.decode().split() == verifier_keys()
        assert verifier_keys()[1] == old
        assert client.get("/log/key").content.decode().strip() == verifier_keys()[0]
        assert old in client.get("/log/policy").content.decode()


class Crash(Exception):
    pass


class TestAfterACrash:
    def crash(self, *args, **kwargs):
        raise Crash

    @pytest.mark.parametrize(
        ("module", "step"),
        [
            (rotating, "append_entry"),
            (rotating, "take_over_if_due"),
            (rotating, "remember_earlier_key"),
            (rotating, "make_durable"),
            (publishing, "publish_checkpoint"),
            (os, "fsync"),
        ],
    )
    def test_at_any_step_the_change_is_finished_by_doing_it_again(self, module, step, monkeypatch):
        old = signing_key().verifier
        grow()
        with monkeypatch.context() as patch:
            patch.setattr(module, step, self.crash)
            with pytest.raises(Crash):
                rotate()
        if signing_key().verifier == old:
            rotate()
        grow()

        notes = {row.head_id: bytes(row.note) for row in Checkpoint.objects.all()}
        index = LogEntry.objects.get(kind="key-rotation").index
        covering = min(size for size in notes if size > index)
        for size, note in notes.items():
            key = old if size <= covering else signing_key().verifier
            assert verify_checkpoint(note, key=key).size == size
        assert len(own_keys()) == 2

    def test_between_the_checkpoint_and_the_new_key_no_later_one_is_signed(self, monkeypatch):
        old = signing_key().verifier
        grow()
        with monkeypatch.context() as patch:
            patch.setattr(publishing, "publish_checkpoint", self.crash)
            with pytest.raises(Crash):
                rotate()
        append_ballots(2)

        assert sequence(today=TODAY) == 0

        assert LogEntry.objects.count() == 4
        sequence(today=TODAY)
        verify_checkpoint(note_of(4), key=old)
        verify_checkpoint(note_of(6), key=signing_key().verifier)


class TestWithWitnesses:
    @pytest.fixture
    def policy(self, three, use_policy):
        """Write the policy anew with further keys of the log."""

        def name(*keys):
            logs = tuple(PolicyLog(key=key, url=None) for key in keys)
            from dataclasses import replace

            use_policy(replace(three.policy, logs=logs))

        return SimpleNamespace(name=name)

    def test_nothing_begins_before_the_policy_names_the_new_key(self, policy, three):
        said = "add it to the policy"
        with pytest.raises(CommandError, match=said) as refusal:
            call_command("rotate_log_key")
        grow()
        new = SigningKey.decode(next_key_file().read_text().strip()).verifier
        assert new.encode() in str(refusal.value)
        assert not LogEntry.objects.filter(kind="key-rotation").exists()

        policy.name(signing_key().verifier, new)
        call_command("rotate_log_key", stdout=StringIO())

        assert LogEntry.objects.filter(kind="key-rotation").exists()

    def test_the_new_key_waits_until_the_witnesses_cosigned_the_last_word_of_the_old(
        self, policy, three
    ):
        old = signing_key().verifier
        with pytest.raises(rotating.NotInPolicy):
            begin_rotation()
        new = SigningKey.decode(next_key_file().read_text().strip()).verifier
        policy.name(old, new)
        begin_rotation()
        append_ballots(2)
        sequence(today=TODAY)
        append_ballots(2)
        assert sequence(today=TODAY) == 0
        assert signing_key().verifier == old

        cosign(now=timezone.now())
        assert sequence(today=TODAY) == 2

        assert signing_key().verifier == new
        verify_checkpoint(note_of(3), key=old)
        verify_checkpoint(note_of(5), key=new)


class TestHalts:
    def test_a_foreign_key_in_the_place_of_ours_halts_the_log(self, settings):
        grow()
        settings.LOG_KEY_FILE.write_text(SigningKey.generate(name=signing_key().name).encode())
        append_ballots(1)

        with pytest.raises(LogHalted, match="not one of this log's key"):
            sequence_and_report(today=TODAY)

    def test_the_command_says_why_it_cannot(self, settings):
        settings.LOG_KEY_FILE.unlink()

        with pytest.raises(CommandError, match="There is no key"):
            call_command("rotate_log_key")

    def test_the_command_says_what_it_did(self):
        said = StringIO()

        call_command("rotate_log_key", stdout=said)

        assert signing_key().verifier.encode() in said.getvalue()
        assert "from now on" in said.getvalue()
