import shutil
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.utils import timezone

from audit.models import Checkpoint, LogEntry, PendingEntry, Publication, Tile, TreeHead
from audit.selectors import receipt_of
from audit.selectors.key import signing_key
from audit.selectors.tree import latest_head, stored_tree
from audit.services import publishing, witness_marks
from audit.services.cosigning import cosign
from audit.services.log import append_entry
from audit.services.marks import LogHalted, mark_file
from audit.services.recovery import RecoveryRefused, recover_log, rehearse_recovery
from audit.services.sequencing import sequence
from evote.cli.log_source import LogFolder, open_log
from evote.tlog.checkpoint import decode_checkpoint, sign_checkpoint
from evote.tlog.note import SigningKey, decode_note
from evote.tlog.receipt import decode_receipt, verify_receipt
from evote.tlog.tiles import BundleAddress, TileAddress, bundle_addresses, tile_addresses
from tests.factories.audit import BODIES, append_ballots
from tests.factories.growth import TODAY, grow
from tests.factories.log_server import serve_log

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nobody_was_asked_before():
    witness_marks._silent_until.clear()
    witness_marks._asked_at.clear()


def set_back_to(size):
    """Leave the tables as they were when the log had this many entries."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table, condition in (
            ("audit_publication", "checkpoint_id > %s"),
            ("audit_cosignature", "checkpoint_id > %s"),
            ("audit_checkpoint", "head_id > %s"),
            ("audit_treehead", "size > %s"),
            ("audit_tile", "(index + 1) * 256 ^ (level + 1) > %s"),
            ("audit_logentry", "index >= %s"),
        ):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            cursor.execute(f"DELETE FROM {table} WHERE {condition}", [size])
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def tables():
    """Everything that the log's tables hold, days of signing left out."""
    return (
        list(LogEntry.objects.order_by("index").values()),
        list(Tile.objects.order_by("level", "index").values("level", "index", "hashes", "root")),
        bytes(latest_head().root),
        bytes(Checkpoint.objects.order_by("-head_id").first().note),
    )


def plain(rows):
    return [
        {name: bytes(cell) if isinstance(cell, memoryview) else cell for name, cell in row.items()}
        for row in rows
    ]


def take_back(copy):
    return recover_log(copy=copy, today=TODAY, progress=lambda *_: None)


@pytest.fixture
def mirror(tmp_path):
    """Copy what the newest checkpoint needs and nothing of older ones, as a mirror may."""

    def copy():
        folder = tmp_path / "mirror"
        shutil.rmtree(folder, ignore_errors=True)
        size = latest_head().size
        paths = [address.path for address in tile_addresses(old_size=0, new_size=size)]
        paths += [address.path for address in bundle_addresses(old_size=0, new_size=size)]
        for path in ["checkpoint", *paths]:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(publishing.log_folder() / path, folder / path)
        return LogFolder(folder)

    return copy


class TestRecover:
    @pytest.mark.parametrize(
        ("early", "late"), [(3, 4), (200, 100), (1, 700), (256, 256), (255, 1), (300, 20)]
    )
    def test_a84_brings_a_database_that_was_set_back_to_what_it_was(self, mirror, early, late):
        grow(early)
        identities = grow(late)
        entries, tiles, root, note = tables()
        copy = mirror()
        set_back_to(early)
        with pytest.raises(LogHalted):
            sequence(today=TODAY)

        recovery = take_back(copy)

        assert (recovery.old_size, recovery.new_size) == (early, early + late)
        after = tables()
        assert plain(after[0]) == plain(entries)
        assert plain(after[1]) == plain(tiles)
        assert after[2:] == (root, note)
        assert stored_tree(early + late).root() == root
        receipt = decode_receipt(self.receipt_after_the_next_run(identities[-1]))
        verify_receipt(receipt, entry=receipt.extra, key=signing_key().verifier)

    def receipt_after_the_next_run(self, identity):
        sequence(today=TODAY)
        grow(1)
        return receipt_of(identity=identity)

    def test_an_empty_database_is_filled_from_the_beginning(self, mirror):
        grow(300)
        expected = tables()
        copy = mirror()
        set_back_to(0)

        take_back(copy)

        assert [plain(tables()[i]) for i in (0, 1)] == [plain(expected[i]) for i in (0, 1)]

    def test_the_files_are_the_same_as_before_byte_for_byte(self, mirror):
        grow(200)
        grow(100)
        copy = mirror()
        before = files()
        set_back_to(200)
        shutil.rmtree(publishing.log_folder())

        take_back(copy)
        sequence(today=TODAY)

        assert files() == before

    def test_over_http(self, mirror):
        grow(20)
        grow(300)
        root = bytes(latest_head().root)
        copy = mirror()
        set_back_to(20)

        with serve_log(copy.folder) as (_, address):
            take_back(open_log(address))

        assert bytes(latest_head().root) == root

    def test_from_the_servers_own_public_files(self):
        grow(20)
        grow(30)
        set_back_to(20)

        take_back(LogFolder(publishing.log_folder()))

        assert latest_head().size == 50
        sequence(today=TODAY)

    def test_what_waits_and_is_in_the_log_already_leaves_the_outbox(self, mirror):
        grow(5)
        append_ballots(4)
        waiting = list(PendingEntry.objects.values())
        sequence(today=TODAY)
        grow(2)
        copy = mirror()
        set_back_to(5)
        PendingEntry.objects.bulk_create(PendingEntry(**row) for row in waiting)
        (new,) = append_ballots(1)

        recovery = take_back(copy)

        assert recovery.released == 4
        assert [bytes(row.identity) for row in PendingEntry.objects.all()] == [new]
        assert sum(loss.entries for loss in recovery.losses) == 2
        sequence(today=TODAY)
        assert LogEntry.objects.count() == 12

    def test_says_what_the_other_tables_lack(self, mirror):
        grow(2)
        append_entry(kind="booth", body=BODIES["booth"])
        append_entry(kind="consultation-phase", body=BODIES["consultation-phase"])
        grow(3)
        copy = mirror()
        set_back_to(2)

        losses = {loss.kind: loss for loss in take_back(copy).losses}

        assert losses["booth"].entries == 1
        assert losses["consultation-phase"].about.startswith("consultation/")
        assert losses["election-event"].heights == (1, 2, 3)

    def test_nothing_missing_is_nothing_done(self, mirror):
        grow(3)
        before = tables()

        recovery = take_back(mirror())

        assert (recovery.old_size, recovery.new_size, recovery.losses) == (3, 3, ())
        assert [plain(tables()[0]), *tables()[2:]] == [plain(before[0]), *before[2:]]

    def test_a_rehearsal_changes_nothing(self, mirror):
        grow(3)
        grow(400)
        copy = mirror()
        set_back_to(3)

        recovery = rehearse_recovery(copy=copy, today=TODAY, progress=lambda *_: None)

        assert recovery.new_size == 403
        assert latest_head().size == LogEntry.objects.count() == 3


def files():
    folder = publishing.log_folder()
    return {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


class TestRefusals:
    @pytest.fixture
    def copy(self, mirror):
        grow(20)
        grow(300)
        copy = mirror()
        set_back_to(20)
        return copy

    @pytest.fixture(autouse=True)
    def nothing_changes(self, copy):
        yield
        assert latest_head().size == LogEntry.objects.count() == 20
        assert TreeHead.objects.count() == Checkpoint.objects.count() == 1

    def refuse(self, copy, match):
        with pytest.raises(RecoveryRefused, match=match):
            take_back(copy)

    def test_a_checkpoint_by_another_key(self, copy):
        stranger = SigningKey.generate(name=signing_key().name)
        said = decode_checkpoint(decode_note(copy.checkpoint()))
        note = sign_checkpoint(size=said.size, root=said.root, key=stranger)
        (copy.folder / "checkpoint").write_bytes(note)

        self.refuse(copy, "none of this log's keys signed it")

    def test_a_checkpoint_of_another_log(self, copy):
        stranger = SigningKey.generate(name="another.example.org/log")
        note = sign_checkpoint(size=320, root=bytes(32), key=stranger)
        (copy.folder / "checkpoint").write_bytes(note)

        self.refuse(copy, "do not have the root")

    def test_a_changed_entry(self, copy):
        path = copy.folder / BundleAddress(index=1, width=64).path
        path.write_bytes(path.read_bytes().replace(b'"Ballot"', b'"Bullet"', 1))

        self.refuse(copy, "do not lead to the root")

    def test_a_changed_tile(self, copy):
        path = copy.folder / TileAddress(level=0, index=1, width=64).path
        path.write_bytes(bytes(32) + path.read_bytes()[32:])

        self.refuse(copy, "tiles .* do not have the root")

    @pytest.mark.parametrize(
        "address", [BundleAddress(index=1, width=64), TileAddress(level=0, index=0)]
    )
    def test_a_missing_file(self, copy, address):
        (copy.folder / address.path).unlink()

        self.refuse(copy, address.path)

    def test_an_entry_too_many_in_a_bundle(self, copy):
        path = copy.folder / BundleAddress(index=1, width=64).path
        path.write_bytes(path.read_bytes() + b"\x00\x02{}")

        self.refuse(copy, "does not hold 64 whole entries")

    def test_a84_a_copy_that_is_behind_a_mark(self, copy):
        note = sign_checkpoint(size=400, root=bytes(32), key=signing_key())
        mark_file().write_bytes(note)

        self.refuse(copy, "covers 400 entries and the database holds 320")

    def test_a43_a_copy_that_contradicts_a_mark(self, copy):
        note = sign_checkpoint(size=100, root=bytes(32), key=signing_key())
        mark_file().write_bytes(note)

        self.refuse(copy, "does not continue the mark file of 100")

    def test_a_mark_of_ours_that_cannot_be_read(self, copy):
        mark_file().write_bytes(b"torn")

        self.refuse(copy, "mark file")

    def test_a_copy_that_is_shorter(self, copy, tmp_path):
        shorter = LogFolder(tmp_path / "shorter")
        publishing.write_durably(
            shorter.folder / "checkpoint",
            sign_checkpoint(size=5, root=bytes(32), key=signing_key()),
        )

        self.refuse(shorter, "nothing to take")

    @pytest.mark.parametrize("content", [b"", b"\xff", b"not a checkpoint\n\n"])
    def test_what_is_no_checkpoint(self, copy, content):
        (copy.folder / "checkpoint").write_bytes(content)

        self.refuse(copy, "note|signatures")

    def test_an_empty_folder(self, tmp_path):
        (tmp_path / "empty").mkdir()

        self.refuse(LogFolder(tmp_path / "empty"), "no checkpoint")


def test_a43_a_database_that_went_on_after_it_was_set_back_is_refused(mirror):
    grow(5)
    grow(5)
    copy = mirror()
    set_back_to(5)
    shutil.rmtree(publishing.log_folder())
    mark_file().unlink()
    grow(3)

    with pytest.raises(RecoveryRefused, match="not the beginning"):
        take_back(copy)

    assert latest_head().size == 8


class TestWitnessesAreAsked:
    def test_a84_a_copy_behind_what_a_witness_saw_is_refused(self, three, mirror):
        grow(5)
        cosign(now=timezone.now())
        copy = mirror()
        grow(5)
        cosign(now=timezone.now())
        set_back_to(5)
        shutil.rmtree(publishing.log_folder())
        mark_file().unlink()

        with pytest.raises(RecoveryRefused, match=r"the copy|The copy of the witness"):
            take_back(copy)

    def test_the_checkpoint_comes_back_without_the_witnesses_lines(self, three, mirror):
        grow(5)
        grow(5)
        cosign(now=timezone.now())
        note = bytes(Checkpoint.objects.get(head_id=10).note)
        copy = mirror()
        assert copy.checkpoint() != note
        set_back_to(5)

        take_back(copy)

        assert bytes(Checkpoint.objects.get(head_id=10).note) == note
        assert not Publication.objects.filter(checkpoint_id=10).exists()
        sequence(today=TODAY)
        cosign(now=timezone.now())
        assert Publication.objects.filter(checkpoint_id=10).exists()


class TestTheCommand:
    def test_names_what_came_back_and_what_is_lacking(self, mirror):
        grow(3)
        grow(4)
        copy = mirror()
        set_back_to(3)

        rehearsed, done = StringIO(), StringIO()
        call_command("recover_log", str(copy.folder), "--dry-run", stdout=rehearsed)
        assert LogEntry.objects.count() == 3
        call_command("recover_log", str(copy.folder), stdout=done)

        assert "4 entries would come back, from 3 to 7" in rehearsed.getvalue()
        assert "4 entries came back, from 3 to 7; 0 of them waited." in done.getvalue()
        assert "election-event of election E" in done.getvalue()
        assert ": 4, heights 1-4" in done.getvalue()

    def test_says_that_nothing_was_missing(self, mirror):
        grow(3)
        said = StringIO()

        call_command("recover_log", str(mirror().folder), stdout=said)

        assert "nothing was missing" in said.getvalue()

    def test_refuses_in_one_sentence(self, tmp_path):
        with pytest.raises(CommandError, match=r"Nothing was changed\. .* nor a folder"):
            call_command("recover_log", str(tmp_path / "nowhere"))

        with pytest.raises(CommandError, match="Nothing was changed"):
            call_command("recover_log", str(tmp_path))
