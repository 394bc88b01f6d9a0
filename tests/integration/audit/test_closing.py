import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from audit.models import Checkpoint, LogEntry, PendingEntry
from audit.selectors import latest_checkpoint, receipt_of, signed_checkpoint
from audit.selectors.closed_logs import closed_folder, closed_logs
from audit.selectors.key import (
    closed_log_keys,
    next_key_file,
    own_keys,
    signing_key,
)
from audit.selectors.tree import latest_head
from audit.services import publishing, witness_marks
from audit.services.cosigning import cosign
from audit.services.marks import LogHalted, mark_file
from audit.services.rotating import begin_rotation
from audit.services.sequencing import sequence
from evote.cli.log_source import LogFolder
from evote.cli.main import main
from evote.tlog.checkpoint import sign_checkpoint, verify_checkpoint
from evote.tlog.note import SigningKey, verify_note
from evote.tlog.policy import PolicyLog
from evote.tlog.receipt import decode_receipt, verify_receipt
from evote.tlog.succession import decode_succession
from tests.factories.audit import append_ballots
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
    put_key,
    tree_of,
)
from tests.factories.growth import TODAY, grow
from tests.integration.audit.test_recovery import set_back_to
from tests.interop.logcheck_program import MISSING, is_available, logcheck

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_log")]


class TestTheNewLog:
    def test_a84_keeps_the_entries_at_their_places_and_begins_by_closing_the_old_one(self, lost):
        final = verify_checkpoint(lost[0], key=signing_key().verifier)
        kept = list(LogEntry.objects.order_by("index").values_list("index", "identity"))
        root = bytes(latest_head().root)
        with pytest.raises(LogHalted):
            sequence(today=TODAY)
        append_ballots(2)

        close()
        sequence(today=TODAY)

        rows = list(LogEntry.objects.order_by("index").values_list("index", "identity"))
        assert rows[:200] == kept
        succession = decode_succession(LogEntry.objects.get(index=200).content).closing
        assert (succession.final.size, succession.final.root) == (300, final.root)
        assert (succession.kept.size, succession.kept.root) == (200, root)
        assert (succession.old.name, succession.new.name) == (OLD, NEW)
        assert len(rows) == 203
        assert not PendingEntry.objects.exists()
        published = (publishing.log_folder() / "checkpoint").read_bytes()
        assert verify_checkpoint(published, key=signing_key().verifier).size == 203
        assert own_keys() == [signing_key().verifier] == [succession.new]

    def test_the_old_key_is_gone_and_its_log_is_signed_by_nobody_again(self, lost, settings):
        old = signing_key()
        close()
        grow(1)
        grow(1)

        for path in [*settings.LOG_KEY_FILE.parent.iterdir(), *closed_folder(FOLDER).iterdir()]:
            if path.is_file():
                assert old.encode().encode() not in path.read_bytes()
        for row in Checkpoint.objects.filter(head_id__gt=200):
            verify_checkpoint(bytes(row.note), key=signing_key().verifier)

        put_key(settings, old)
        with pytest.raises(LogHalted, match="was closed for ever"):
            grow(1)
        shutil.rmtree(closed_folder(FOLDER))
        with pytest.raises(LogHalted, match="was closed, and the key in place"):
            grow(1)
        assert Checkpoint.objects.count() == 3

    def test_receipts_of_both_logs_verify_each_under_its_own_key(self, lost, client):
        old, receipt = signing_key().verifier, lost[1]
        close()
        (identity,) = grow(1)
        later = receipt_of(identity=identity)
        early = receipt_of(index=7)

        for data, key in ((receipt, old), (later, signing_key().verifier)):
            read = decode_receipt(data)
            verify_receipt(read, entry=read.extra, key=key)
            assert check_page(client, data).failure is None
        verify_checkpoint(decode_receipt(early).checkpoint, key=signing_key().verifier)
        stranger = SigningKey.generate(name=OLD)
        note = decode_receipt(receipt).checkpoint
        text = note.decode().split("\n\n", 1)[0] + "\n"
        forged = f"{text}\n{stranger.sign(text).encode()}".encode()
        assert check_page(client, receipt.replace(note, forged)).failure is not None

    def test_nothing_rests_on_the_old_logs_checkpoints_any_more(self, lost):
        assert latest_checkpoint().head_id == 200
        close()

        assert latest_checkpoint() is signed_checkpoint() is None
        assert receipt_of(index=7) is None
        sequence(today=TODAY)
        assert latest_checkpoint().head_id == 201

    def test_can_be_closed_in_its_turn(self, lost, tmp_path):
        close()
        lose_the_last(4, after=9, tmp_path=tmp_path / "again")

        close(confirm=NEW)
        grow(1)

        assert [log.origin for log in closed_logs()] == [NEW, OLD]
        assert signing_key().name == "127.0.0.1:8000/log/2026c"
        assert [key.name for key in closed_log_keys()] == [NEW, OLD]

    def test_of_an_empty_database_has_the_closing_as_its_entry_0(self, lost):
        set_back_to(0)

        close()
        sequence(today=TODAY)

        assert decode_succession(LogEntry.objects.get(index=0).content).closing.final.size == 300
        assert latest_checkpoint().head_id == 1

    def test_earlier_keys_of_the_closed_log_are_served_and_believed(self, tmp_path, client):
        first = signing_key().verifier
        grow(3)
        begin_rotation()
        sequence(today=TODAY)
        second = signing_key().verifier
        lose_the_last(5, after=2, tmp_path=tmp_path)

        close()

        assert closed_log_keys() == [second, first]
        served = client.get(f"/log/closed/{FOLDER}/keys").content.decode().split()
        assert served == [second.encode(), first.encode()]

    def test_a_change_of_keys_that_was_under_way_ends(self, lost):
        begin_rotation()
        assert next_key_file().exists()

        close()
        grow(1)

        assert not next_key_file().exists()
        assert len(own_keys()) == 1


class TestWhatIsServed:
    def test_the_old_files_as_they_were_with_the_statement_beside_them(self, lost, client):
        before = tree_of(publishing.log_folder())
        policy = b"log " + signing_key().verifier.encode().encode() + b"\nquorum none\n"
        close()

        after = tree_of(closed_folder(FOLDER))
        assert {path: after[path] for path in before} == before
        for path in [*map(str, before), "final-checkpoint", "policy", "explanation", "statement"]:
            answer = client.get(f"/log/closed/{FOLDER}/{path}")
            assert answer.content == after[Path(path)]
            assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert after[Path("final-checkpoint")] == lost[0]
        assert after[Path("policy")] == policy
        assert after[Path("explanation")].decode() == WHY + "\n"

    def test_the_statement_bears_both_signatures(self, lost, client):
        old = signing_key().verifier
        close()

        statement = client.get(f"/log/closed/{FOLDER}/statement").content
        note = verify_note(statement, keys=[old, signing_key().verifier])
        assert len(note.signatures) == 2
        assert note.text.startswith(f"pnyx log-closed 1\n{old.encode()}\n300\n")

    @pytest.mark.parametrize("path", ["/../log.key", "/tile/0/999", "/log.key", "/tile/../../x"])
    def test_nothing_else(self, lost, client, path):
        close()

        assert client.get(f"/log/closed/{FOLDER}{path}").status_code == 404
        assert client.get("/log/closed/another/statement").status_code == 404

    def test_words_that_were_changed_later_are_not_shown_as_the_operators(self, lost, client):
        close()
        (closed_folder(FOLDER) / "explanation").write_text("Nothing happened.\n")

        assert "Nothing happened." not in client.get("/log/closed/").text

    def test_pages_and_feed_lead_to_it(self, lost, client):
        assert "No log of this installation was ever closed" in client.get("/log/closed/").text
        close()
        grow(1)

        for address in ("/log/", "/verify/receipt/", "/log/?kind=log-succession"):
            assert "/log/closed/" in client.get(address).text
        page = client.get("/log/closed/").text
        assert WHY in page
        assert NEW in page
        assert "was closed for ever" in client.get("/log/feed.atom").text


class TestFollowers:
    @pytest.fixture
    def run(self, capfd, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)

        def run(*arguments):
            status = main([str(argument) for argument in arguments])
            return status, capfd.readouterr()

        return run

    def monitor(self, run, key, *, state):
        folder = publishing.log_folder()
        arguments = ("--key", key, "--state", state, "--once", "--patience", "0")
        return run("monitor", folder, *arguments)

    def test_monitor_and_mirror_accept_the_new_log_from_its_beginning(self, lost, run, tmp_path):
        close()
        begin_rotation()
        sequence(today=TODAY)
        add(1)
        key = signing_key().verifier.encode()

        first = self.monitor(run, key, state="new.db")
        assert first[0] == 0, first
        folder = publishing.log_folder()
        arguments = ("--key", key, "--once", "--patience", "0")
        assert run("mirror", folder, tmp_path / "mirrored", *arguments)[0] == 0

    def test_who_followed_the_old_log_is_told_where_to_look(self, lost, run):
        key = signing_key().verifier.encode()
        first = self.monitor(run, key, state="old.db")
        assert first[0] == 0, first
        close()
        add(1)

        status, said = self.monitor(run, key, state="old.db")

        assert status != 0
        words = said.out + said.err
        assert f"this is '{NEW}', and not the log {OLD}" in words
        assert "its final statement lies under closed/" in words

    def test_a_log_that_pretends_to_follow_on_itself_is_a_finding(self, run, lost):
        key = signing_key().verifier.encode()
        close()
        body = {k: v for k, v in LogEntry.objects.get(index=200).content.items() if k != "kind"}
        add(1)
        shutil.rmtree(publishing.log_folder())
        from tests.factories.logs import FolderLog

        forged = FolderLog(publishing.log_folder(), key=SigningKey.generate(name=OLD))
        forged.append(bytes(LogEntry.objects.get(index=200).body))
        forged.publish()

        status, said = self.monitor(run, forged.vkey, state="forged.db")

        assert key in body["old"]
        assert status != 0
        assert "says of itself that it was closed" in said.out + said.err

    @pytest.mark.skipif(not is_available(), reason=MISSING)
    def test_the_independent_program_accepts_the_new_log_and_receipts_of_both(self, lost, tmp_path):
        old = signing_key().verifier.encode()
        close()
        (identity,) = add(1)
        key = signing_key().verifier.encode()
        for name, data in (("old", lost[1]), ("new", receipt_of(identity=identity))):
            (tmp_path / name).write_bytes(data)

        whole = logcheck("audit", "-key", key, publishing.log_folder())
        kept = logcheck("audit", "-key", old, closed_folder(FOLDER))

        assert whole.status == kept.status == 0, whole.text + kept.text
        assert "log-succession: 1" in whole.text
        assert logcheck("receipt", "-key", old, tmp_path / "old").status == 0
        assert logcheck("receipt", "-key", key, tmp_path / "new").status == 0
        assert logcheck("receipt", "-key", key, tmp_path / "old").status == 1


class TestWithWitnesses:
    def test_goes_on_once_the_policy_and_the_witnesses_know_the_new_log(
        self, three, use_policy, tmp_path
    ):
        grow(5)
        cosign(now=NOW)
        files = copy_of_files(tmp_path)
        grow(5)
        cosign(now=NOW)
        mark_file().unlink()
        set_back_to(5)
        shutil.rmtree(publishing.log_folder())
        shutil.copytree(files, publishing.log_folder())
        witness_marks._asked_at.clear()

        close()

        folder = closed_folder(FOLDER)
        assert (folder / "policy").read_bytes() == three.policy.encode()
        assert b"\n10\n" in (folder / "final-checkpoint").read_bytes()
        sequence(today=TODAY)
        assert latest_checkpoint() is None
        self.tell_everybody(three, use_policy)
        cosign(now=NOW)
        assert latest_checkpoint().head_id == 6

    def tell_everybody(self, three, use_policy):
        from dataclasses import replace

        key = signing_key().verifier
        use_policy(replace(three.policy, logs=(PolicyLog(key=key, url=None),)))
        for witness in three.witnesses:
            witness.script.__init__(keys=[witness.key], log=key)


def test_a43_a_database_that_contradicts_what_was_seen_is_closed_as_such(lost):
    mark_file().write_bytes(sign_checkpoint(size=100, root=bytes(32), key=signing_key()))
    publishing.publish_checkpoint(sign_checkpoint(size=150, root=bytes(32), key=signing_key()))

    close()

    found = decode_succession(LogEntry.objects.get(index=200).content).closing
    assert (found.reason, found.final.size) == ("contradicted", 150)
    sequence(today=TODAY)
    assert latest_checkpoint().head_id == 201


def test_the_files_of_the_new_log_are_whole_and_anyone_can_recover_from_them(lost):
    from audit.services.recovery import recover_log

    close()
    grow(60)
    expected = bytes(latest_head().root)
    set_back_to(200)

    recover_log(copy=LogFolder(publishing.log_folder()), today=TODAY, progress=lambda *_: None)

    assert bytes(latest_head().root) == expected
    sequence(today=TODAY)
