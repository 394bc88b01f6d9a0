import shutil
import socket
import time
from datetime import date

import pytest
from django.core.cache import cache
from django.test.utils import override_settings
from django.utils import timezone

from audit.models import LogEntry, PendingEntry
from audit.selectors.halting import Obstacle, halt_notice
from audit.selectors.key import signing_key
from audit.selectors.tree import latest_head
from audit.services import marks, publishing, witness_marks
from audit.services.cosigning import cosign
from audit.services.halting import forget_notice, sequence_and_report
from audit.services.marks import LogHalted, local_marks, mark_file, write_mark
from audit.services.sequencing import refuse_halted_log, sequence
from audit.services.witness_marks import PAUSE_SECONDS
from audit.services.witness_marks import witness_marks as ask_witnesses
from evote.tlog.checkpoint import sign_checkpoint
from evote.tlog.note import SigningKey
from tests.factories.audit import append_ballots
from tests.factories.witnesses import Reply, copy_path

TODAY = date(2026, 11, 21)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nobody_was_asked_before():
    witness_marks._silent_until.clear()
    witness_marks._asked_at.clear()
    marks._reported.clear()
    forget_notice()
    yield
    forget_notice()


def grow(number=3):
    append_ballots(number)
    sequence(today=TODAY)


def a_note(*, size, root=bytes(32), key=None):
    return sign_checkpoint(size=size, root=root, key=key or signing_key())


def assert_halted(match):
    append_ballots(1)
    before = LogEntry.objects.count()
    with pytest.raises(LogHalted, match=match):
        sequence(today=TODAY)
    assert LogEntry.objects.count() == before, "an entry got a place"
    assert PendingEntry.objects.count() >= 1


class TestTheMarkFile:
    def test_holds_the_newest_checkpoint_that_was_signed(self):
        for _ in range(2):
            grow()
            checkpoint = (publishing.log_folder() / "checkpoint").read_bytes()
            assert mark_file().read_bytes() == checkpoint

    def test_is_written_before_a_checkpoint_waits_for_its_witnesses(self, three):
        grow()

        assert not (publishing.log_folder() / "checkpoint").exists()
        assert local_marks().seen[0].checkpoint.size == 3

    def test_that_is_gone_is_written_again_with_the_next_run(self):
        grow()
        mark_file().unlink()

        sequence(today=TODAY)

        assert local_marks().seen[1].checkpoint.size == 3

    def test_a84_halts_a_database_that_was_set_back_together_with_the_public_files(self):
        grow()
        shutil.rmtree(publishing.log_folder())
        mark_file().write_bytes(a_note(size=9))

        assert_halted("mark file covers 9 entries and the database holds 3")

    def test_a84_halts_an_empty_database(self):
        mark_file().parent.mkdir(parents=True)
        mark_file().write_bytes(a_note(size=9))

        assert_halted("holds none")

    def test_a43_halts_a_log_that_is_another_one(self):
        grow()
        mark_file().write_bytes(a_note(size=2))

        assert_halted("does not continue the mark file of 2")

    @pytest.mark.parametrize(
        "spoil",
        [
            lambda note: b"",
            lambda note: note[:-9],
            lambda note: note.replace(b"\n3\n", b"\n2\n"),
            lambda note: b"\xff" * 100,
            lambda note: note * 20_000,
        ],
    )
    def test_of_ours_that_cannot_be_read_halts_the_log(self, spoil):
        grow()
        mark_file().write_bytes(spoil(mark_file().read_bytes()))

        assert_halted("mark file is not one of this log's keys")

    @pytest.mark.parametrize("name", ["127.0.0.1:8000/log", "another.example.org/log"])
    def test_by_another_key_is_reported_not_believed_and_put_aside(self, name, caplog):
        grow()
        foreign = a_note(size=9, key=SigningKey.generate(name=name))
        mark_file().write_bytes(foreign)

        (doubt,) = local_marks().doubts
        grow()

        assert "none of this log's keys signed it" in doubt.reason
        assert "Not believed" in caplog.text
        assert LogEntry.objects.count() == 6
        assert local_marks().seen[1].checkpoint.size == 6
        (aside,) = mark_file().parent.glob("log-mark.foreign-*")
        assert aside.read_bytes() == foreign

    def test_never_gives_way_to_a_shorter_checkpoint(self):
        grow()
        longer = a_note(size=9)
        mark_file().write_bytes(longer)

        with pytest.raises(LogHalted, match="covers 9 entries, and 3 were signed"):
            write_mark((publishing.log_folder() / "checkpoint").read_bytes())

        assert mark_file().read_bytes() == longer


class TestTheWitnessesCopies:
    def of(self, witness):
        return witness.script.copies

    def test_are_read_and_agree(self, three):
        grow()
        cosign(now=timezone.now())

        marks = ask_witnesses()

        assert [mark.checkpoint.size for mark in marks.seen] == [3, 3, 3]
        assert marks.doubts == ()
        grow()
        assert latest_head().size == 6

    def test_a84_one_that_is_ahead_halts_the_log_when_all_files_here_are_gone(self, three):
        grow()
        self.of(three.witnesses[1])[copy_path(three.log.name)] = Reply(body=a_note(size=9))
        shutil.rmtree(publishing.log_folder())
        mark_file().unlink()

        assert_halted(f"witness {three.witnesses[1].server.url} covers 9 entries")

    def test_a84_one_that_is_ahead_is_noticed_while_nothing_is_to_be_signed(self, three):
        grow()
        witness_marks._asked_at.clear()
        self.of(three.witnesses[0])[copy_path(three.log.name)] = Reply(body=a_note(size=9))

        with pytest.raises(LogHalted, match="covers 9"):
            sequence(today=TODAY)

    def test_a43_one_that_saw_another_history_halts_the_log(self, three):
        grow()
        self.of(three.witnesses[0])[copy_path(three.log.name)] = Reply(body=a_note(size=2))

        assert_halted("does not continue")

    @pytest.mark.parametrize(
        "reply",
        [
            Reply(body=b"nothing"),
            Reply(body=b"\xff" * 2_000_000),
            Reply(status=500),
            Reply(status=302, headers={"Location": "/elsewhere"}),
            Reply(body=b""),
        ],
    )
    def test_that_are_no_checkpoints_of_ours_halt_nothing(self, three, reply):
        self.of(three.witnesses[0])[copy_path(three.log.name)] = reply

        grow()

        assert latest_head().size == 3

    def test_a_witness_cannot_halt_the_log_with_a_lie(self, three, caplog):
        path = copy_path(three.log.name)
        stranger = SigningKey.generate(name=three.log.name)
        self.of(three.witnesses[0])[path] = Reply(body=a_note(size=9, key=stranger))
        ours = a_note(size=2).replace(b"\n2\n", b"\n9\n")
        self.of(three.witnesses[1])[path] = Reply(body=ours)

        grow()

        grow()

        assert latest_head().size == 6
        assert len(ask_witnesses().doubts) == 2
        for witness in three.witnesses[:2]:
            told = f"Not believed: the copy of the witness {witness.server.url}"
            assert caplog.text.count(told) == 1

    def test_one_that_does_not_answer_is_left_alone_for_a_while(self, three, monkeypatch):
        silent = three.witnesses[2].server
        silent.stop()

        grow()

        assert list(witness_marks._silent_until) == [silent.url]
        assert len(ask_witnesses().seen) == 0
        now = witness_marks.time.monotonic()
        assert now < witness_marks._silent_until[silent.url] <= now + PAUSE_SECONDS


class TestEverybodyHears:
    @pytest.fixture
    def set_back(self):
        grow()
        mark_file().write_bytes(a_note(size=9))
        with pytest.raises(LogHalted):
            sequence_and_report(today=TODAY)

    @pytest.mark.parametrize("path", ["/", "/log/", "/elections/", "/verify/receipt/", "/nowhere"])
    def test_a84_each_page_says_that_the_log_is_halted_and_names_the_command(
        self, client, set_back, path
    ):
        page = client.get(path).content.decode()

        assert "The audit log is halted" in page
        assert "manage.py recover_log" in page
        assert "The mark file covers 9 entries" in page

    def test_a84_health_says_it_too(self, client, set_back):
        body = client.get("/health").json()

        assert "log" in body["down"]
        assert "manage.py recover_log" in body["parts"]["log"]["detail"]

    def test_the_log_stays_readable(self, client, set_back):
        for path in ("/log/checkpoint", "/log/tile/0/000.p/3", "/log/entries/2.tlog-proof"):
            assert client.get(path).status_code == 200

    def test_nothing_is_said_once_the_log_goes_on(self, client, set_back):
        mark_file().unlink()
        sequence_and_report(today=TODAY)

        assert halt_notice() is None
        assert "The audit log is halted" not in client.get("/").content.decode()

    def test_a_full_disk_is_told_from_a_contradiction(self, client, monkeypatch):
        def full(*args, **kwargs):
            raise OSError(28, "No space left on device")

        append_ballots(1)
        with monkeypatch.context() as patch:
            patch.setattr(publishing.os, "fsync", full)
            with pytest.raises(OSError, match="No space"):
                sequence_and_report(today=TODAY)
        assert halt_notice().obstacle == Obstacle.FILES
        page = client.get("/").content.decode()
        assert "goes on by itself as soon as there is room" in page
        assert "recover_log" not in page
        assert "No space left on device" in client.get("/health").json()["parts"]["log"]["detail"]

        sequence_and_report(today=TODAY)
        refuse_halted_log()
        assert halt_notice() is None

    def test_pages_work_while_valkey_is_away(self, client):
        away = {
            "default": {
                "BACKEND": "config.counters.ValkeyCache",
                "LOCATION": "unix:///nonexistent/valkey.sock",
            }
        }
        with override_settings(CACHES=away):
            assert halt_notice() is None
            forget_notice()

    def test_a_valkey_that_hangs_is_not_asked_by_every_page(self):
        with socket.create_server(("127.0.0.1", 0)) as deaf:
            hanging = {
                "default": {
                    "BACKEND": "config.counters.ValkeyCache",
                    "LOCATION": f"redis://127.0.0.1:{deaf.getsockname()[1]}",
                    "OPTIONS": {"socket_timeout": 0.1},
                }
            }
            with override_settings(CACHES=hanging):
                assert halt_notice() is None
                started = time.monotonic()
                assert [halt_notice() for _ in range(100)] == [None] * 100

        assert time.monotonic() - started < 0.1

    def test_what_else_lies_in_the_place_of_the_notice_is_no_notice(self):
        cache.set("log:halted", "7")

        assert halt_notice() is None
