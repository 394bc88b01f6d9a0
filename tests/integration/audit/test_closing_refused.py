import os
import shutil
from datetime import UTC, datetime
from functools import partial
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from audit.models import Checkpoint, LogEntry
from audit.selectors import latest_checkpoint, receipt_of
from audit.selectors.closed_logs import closed_folder
from audit.selectors.key import (
    signing_key,
    successor_key_file,
)
from audit.services import closing, growing, publishing
from audit.services.closing import close_log, finish_closing, plan_closing
from audit.services.log import append_entry
from audit.services.marks import LogHalted, mark_file
from audit.services.sequencing import sequence
from evote.tlog.checkpoint import verify_checkpoint
from evote.tlog.note import SigningKey, VerifierKey, verify_note
from evote.tlog.succession import decode_succession
from tests.factories.audit import BODIES, append_ballots
from tests.factories.closing import (
    FOLDER,
    NEW,
    OLD,
    WHY,
    add,
    check_page,
    close,
    copy_of_files,
    lose_the_last,
)
from tests.factories.growth import TODAY, grow
from tests.integration.audit.test_recovery import set_back_to

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_log")]


class TestRefusals:
    @pytest.fixture(autouse=True)
    def nothing_changes(self):
        yield
        assert signing_key().name == OLD
        assert not LogEntry.objects.filter(kind="log-succession").exists()

    def refuse(self, match, *arguments, **options):
        with pytest.raises(CommandError, match=f"Nothing was closed.*{match}"):
            close(*arguments, **options)

    def test_a_healthy_log(self):
        grow(3)

        self.refuse("The log is not halted: .* rotate_log_key")

    def test_an_empty_log(self):
        self.refuse("The log is not halted")

    def test_while_the_servers_own_files_bring_it_back(self):
        grow(3)
        grow(4)
        set_back_to(3)

        self.refuse("holds what is missing: manage.py recover_log")

    def test_while_a_copy_that_is_named_brings_it_back(self, tmp_path):
        grow(3)
        grow(4)
        copy = copy_of_files(tmp_path)
        set_back_to(3)
        shutil.rmtree(publishing.log_folder())

        self.refuse("holds what is missing", "--copy", str(copy))

    def test_while_the_servers_files_bring_it_back_under_the_mark(self, three):
        add(3)
        add(4)
        set_back_to(3)
        assert not (publishing.log_folder() / "checkpoint").exists()

        self.refuse("put the mark file there as the file `checkpoint`")

    def test_without_the_right_name(self, lost):
        self.refuse("this log is", confirm="another.example/log")

    @pytest.mark.parametrize("reason", ["", "  ", "x" * 2_001])
    def test_without_a_reason_that_can_be_published(self, lost, reason):
        self.refuse("Say why", reason=reason)

    def test_a_mark_of_ours_that_cannot_be_read(self, lost):
        mark_file().write_bytes(b"torn")

        self.refuse("Set that right first")

    def test_the_name_of_the_old_log_for_the_new_one(self, lost):
        self.refuse("name of a log already", "--origin", OLD)

    def test_a_name_that_no_log_can_have(self, lost):
        self.refuse("A log cannot be called", "--origin", "two words")

    def test_a_key_that_is_not_lost(self, lost):
        self.refuse("There is a key", "--lost-key", signing_key().verifier.encode())

    def test_an_older_database_beside_a_log_that_was_closed(self, lost):
        closed_folder(FOLDER).mkdir(parents=True)

        self.refuse("was closed before")


class TestShowing:
    @pytest.mark.parametrize("arguments", [(), ("--dry-run", "--reason", WHY, "--confirm", OLD)])
    def test_says_what_would_be_done_and_does_nothing(self, lost, arguments):
        said = StringIO()
        call_command("close_log", *arguments, stdout=said)

        words = said.getvalue()
        assert "300 entries: the mark file" in words
        assert f"The new log {NEW} would keep 200 entries" in words
        assert "Nothing was changed" in words
        assert signing_key().name == OLD
        assert LogEntry.objects.count() == 200
        assert not closed_folder(FOLDER).parent.exists()
        assert not successor_key_file().exists()

    def test_names_witnesses_that_were_not_heard(self, three):
        add(2)
        add(2)
        set_back_to(2)
        shutil.rmtree(publishing.log_folder())
        three.witnesses[0].server.stop()
        said = StringIO()

        call_command("close_log", stdout=said)

        assert f"not heard: the witness {three.witnesses[0].server.url}" in said.getvalue()

    def test_names_elections_whose_events_the_files_still_hold(self, tmp_path):
        grow(3)
        append_entry(kind="booth", body=BODIES["booth"])
        grow(4)
        copy = copy_of_files(tmp_path)
        grow(1)
        set_back_to(3)
        shutil.rmtree(publishing.log_folder())
        shutil.copytree(copy, publishing.log_folder())
        (publishing.log_folder() / "tile/0/000.p/8").unlink()
        said = StringIO()

        call_command("close_log", stdout=said)

        assert "booth: 1" in said.getvalue()
        assert ": 4, heights 1-4" in said.getvalue()


class TestAKeyThatIsLost:
    def test_its_log_is_closed_without_its_signature(self, settings, client):
        grow(4)
        old, receipt = signing_key().verifier, receipt_of(index=2)
        settings.LOG_KEY_FILE.unlink()
        append_ballots(1)

        said = close("--lost-key", old.encode())
        sequence(today=TODAY)

        assert "is closed for ever" in said
        succession = decode_succession(LogEntry.objects.get(index=4).content)
        assert succession.signature_of_old is None
        assert succession.closing.reason == "key-lost"
        assert latest_checkpoint().head_id == 6
        assert check_page(client, receipt).failure is None
        assert client.get("/log/closed/").status_code == 200

    def test_another_key_is_not_taken_for_it(self, settings):
        grow(4)
        settings.LOG_KEY_FILE.unlink()
        stranger = SigningKey.generate(name=OLD).verifier.encode()

        with pytest.raises(CommandError, match="signed neither"):
            close("--lost-key", stranger)
        with pytest.raises(CommandError, match="--lost-key"):
            close()


class Crash(Exception):
    pass


def crash(*args, **kwargs):
    raise Crash


class TestAfterACrash:
    def again(self):
        """What the operator does: the same command once more."""
        call_command("close_log", "--reason", WHY, "--confirm", OLD, stdout=StringIO())

    def nobody_signs_for_the_old_log(self):
        before = Checkpoint.objects.count()
        if signing_key().name == OLD:
            with pytest.raises(LogHalted):
                sequence(today=TODAY)
            assert Checkpoint.objects.count() == before

    def all_is_well(self, note):
        assert LogEntry.objects.filter(kind="log-succession").count() == 1
        assert signing_key().name == NEW
        assert not successor_key_file().exists()
        folder = closed_folder(FOLDER)
        assert [path.name for path in folder.parent.iterdir()] == [FOLDER]
        assert (folder / "final-checkpoint").read_bytes() == note
        assert (folder / "explanation").read_text() == WHY + "\n"
        key = VerifierKey.decode((folder / "keys").read_text().strip())
        verify_note((folder / "statement").read_bytes(), keys=[key, signing_key().verifier])
        assert not mark_file().exists()
        grow(2)
        published = (publishing.log_folder() / "checkpoint").read_bytes()
        assert verify_checkpoint(published, key=signing_key().verifier).size == 203
        assert verify_checkpoint(mark_file().read_bytes(), key=signing_key().verifier).size == 203
        old = Checkpoint.objects.filter(head_id__lte=200)
        assert [verify_checkpoint(bytes(row.note), key=key).size for row in old] == [200]

    @pytest.mark.parametrize("step", range(6))
    def test_after_any_step_the_same_command_goes_on(self, lost, step):
        plan = plan_closing(copies=[], new_origin=None, now=NOW)
        told = []

        def tell(words):
            if len(told) == step:
                raise Crash
            told.append(words)

        with pytest.raises(Crash):
            close_log(plan, explanation=WHY, now=NOW, tell=tell)
        self.nobody_signs_for_the_old_log()
        if signing_key().name == OLD:
            self.again()

        self.all_is_well(lost[0])

    @pytest.mark.parametrize(
        ("module", "function"),
        [
            (closing, "write_new_key"),
            (closing, "read_signing_key"),
            (closing, "write_durably"),
            (closing, "sign_closing"),
            (closing, "add_entries"),
            (closing, "add_head"),
            (growing, "stored_tree"),
            (closing, "successor_key_file"),
            (closing, "_move_public_files"),
            (closing, "_join"),
            (closing, "remember_earlier_key"),
            (closing, "next_key_file"),
            (closing, "make_durable"),
            (os, "fsync"),
        ],
    )
    def test_inside_any_step_the_same_command_goes_on(self, lost, module, function, monkeypatch):
        plan = plan_closing(copies=[], new_origin=None, now=NOW)
        with monkeypatch.context() as patch:
            patch.setattr(module, function, crash)
            with pytest.raises(Crash):
                close_log(plan, explanation=WHY, now=NOW, tell=lambda _: None)
        self.nobody_signs_for_the_old_log()
        self.again()

        self.all_is_well(lost[0])

    def test_the_third_attempt_ends_what_two_began(self, lost, monkeypatch):
        plan = plan_closing(copies=[], new_origin=None, now=NOW)
        begin = partial(close_log, plan, explanation=WHY, now=NOW)
        for attempt, function in ((begin, "_move_public_files"), (finish_closing, "_join")):
            with monkeypatch.context() as patch:
                patch.setattr(closing, function, crash)
                with pytest.raises(Crash):
                    attempt(tell=lambda _: None)
        self.again()

        self.all_is_well(lost[0])

    def test_an_attempt_to_close_the_next_log_that_was_cut_off_can_be_repeated(
        self, lost, tmp_path, monkeypatch
    ):
        self.again()
        sequence(today=TODAY)
        lose_the_last(2, after=2, tmp_path=tmp_path / "again")
        with monkeypatch.context() as patch:
            patch.setattr(closing, "_put_aside", crash)
            with pytest.raises(Crash):
                close(confirm=NEW)
        close(confirm=NEW)

        assert signing_key().name == "127.0.0.1:8000/log/2026c"

    def test_a_closing_that_was_begun_under_another_name_says_so(self, lost, monkeypatch):
        plan = plan_closing(copies=[], new_origin="example.org/other", now=NOW)
        with monkeypatch.context() as patch:
            patch.setattr(closing, "_put_aside", crash)
            with pytest.raises(Crash):
                close_log(plan, explanation=WHY, now=NOW, tell=lambda _: None)

        with pytest.raises(CommandError, match=r"key of example\.org/other"):
            self.again()
