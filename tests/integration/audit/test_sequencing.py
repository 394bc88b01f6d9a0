import os
from datetime import date

import pytest
from django.conf import settings
from django.db import DatabaseError, IntegrityError, connection, transaction

from audit.models import Checkpoint, Cosignature, LogEntry, PendingEntry, Tile, TreeHead
from audit.selectors import entry_by_identity, latest_checkpoint, receipt_of, verifier_key
from audit.selectors.key import signing_key
from audit.selectors.tree import latest_head
from audit.services import publishing, sequencing
from audit.services.log import append_entry, encode_entry
from audit.services.marks import LogHalted
from audit.services.sequencing import sequence
from audit.tasks import sequence as sweep
from evote.tlog.checkpoint import sign_checkpoint, verify_checkpoint
from evote.tlog.merkle import leaf_hash, root_of_hashes
from evote.tlog.note import VerifierKey
from evote.tlog.receipt import decode_receipt, verify_receipt
from evote.tlog.tiles import (
    BundleAddress,
    TileAddress,
    TiledTree,
    bundle_addresses,
    decode_bundle,
    tile_addresses,
)
from tests.factories.audit import BODIES, append_ballots
from tests.factories.threads import at_once, many_at_once

TODAY = date(2026, 11, 21)


def folder():
    return settings.DATA_DIR / "log"


def read_published(address):
    path = folder() / address.path
    return path.read_bytes() if path.exists() else None


def key():
    return VerifierKey.decode(verifier_key())


def published():
    return verify_checkpoint((folder() / "checkpoint").read_bytes(), key=key())


def published_entries(size):
    return [
        entry
        for address in bundle_addresses(old_size=0, new_size=size)
        for entry in decode_bundle(read_published(address), width=address.width)
    ]


def assert_files_hold_the_log(identities):
    checkpoint = published()
    entries = published_entries(checkpoint.size)
    tree = TiledTree(size=checkpoint.size, read_tile=read_published)
    assert checkpoint.size == len(identities)
    assert tree.root() == checkpoint.root == root_of_hashes(list(map(leaf_hash, entries)))
    for address in tile_addresses(old_size=0, new_size=checkpoint.size):
        assert read_published(address) is not None
    for identity in [*identities[:: 1 + len(identities) // 10], identities[-1]]:
        receipt = decode_receipt(receipt_of(identity=identity))
        assert verify_receipt(receipt, entry=receipt.extra, key=key()) == checkpoint
        assert entry_by_identity(identity).index == receipt.index


@pytest.mark.django_db
class TestSequence:
    def test_gives_indexes_without_a_gap_in_order_of_arrival(self):
        identities = append_ballots(3)
        assert sequence(today=TODAY) == 3
        identities += append_ballots(2)
        assert sequence(today=TODAY) == 2

        entries = LogEntry.objects.order_by("index")
        assert [entry.index for entry in entries] == [0, 1, 2, 3, 4]
        assert [bytes(entry.identity) for entry in entries] == identities
        assert not PendingEntry.objects.exists()
        assert_files_hold_the_log(identities)

    def test_does_nothing_without_entries(self):
        assert sequence(today=TODAY) == 0

        assert latest_head() is None
        assert not folder().exists()

    def test_twice_is_once(self):
        append_ballots(3)
        sequence(today=TODAY)
        files = {path: path.stat().st_mtime_ns for path in folder().rglob("*") if path.is_file()}

        assert sequence(today=TODAY) == 0

        assert files == {p: p.stat().st_mtime_ns for p in folder().rglob("*") if p.is_file()}
        assert Checkpoint.objects.count() == TreeHead.objects.count() == 1

    def test_keeps_every_checkpoint(self):
        for _ in range(3):
            append_ballots(2)
            sequence(today=TODAY)

        notes = Checkpoint.objects.order_by("head_id")
        sizes = [verify_checkpoint(bytes(row.note), key=key()).size for row in notes]
        assert sizes == [2, 4, 6]
        assert latest_checkpoint().head_id == 6
        assert latest_checkpoint().signed_date == TODAY

    def test_takes_in_more_than_one_batch(self, monkeypatch):
        monkeypatch.setattr(sequencing, "BATCH_LIMIT_ENTRIES", 7)
        identities = append_ballots(20)

        assert sequence(today=TODAY) == 20

        assert_files_hold_the_log(identities)

    def test_signs_on_the_way_when_more_waits_than_it_takes_in_quickly(self, monkeypatch):
        monkeypatch.setattr(sequencing, "BATCH_LIMIT_ENTRIES", 7)
        monkeypatch.setattr(sequencing, "TAKE_IN_SECONDS", 0.0)
        identities = append_ballots(20)

        assert sequence(today=TODAY) == 20

        assert list(Checkpoint.objects.values_list("head_id", flat=True)) == [7, 14, 20]
        assert_files_hold_the_log(identities)

    def test_drops_a_second_row_of_an_entry_that_is_in_the_log(self):
        append_entry(kind="booth", body=BODIES["booth"])
        sequence(today=TODAY)
        entry = LogEntry.objects.get()
        PendingEntry.objects.create(identity=entry.identity, kind=entry.kind, body=entry.body)

        sequence(today=TODAY)

        assert LogEntry.objects.count() == 1
        assert not PendingEntry.objects.exists()

    def test_is_what_the_sweep_does(self):
        identities = append_ballots(1)

        assert sweep() == 1

        assert_files_hold_the_log(identities)

    def test_shows_no_receipt_before_the_checkpoint(self):
        (identity,) = append_ballots(1)
        assert receipt_of(identity=identity) is None
        sequencing.take_in_pending()
        assert receipt_of(identity=identity) is None
        assert receipt_of(index=0) is None

        sequence(today=TODAY)

        assert receipt_of(identity=identity) == receipt_of(index=0) is not None
        assert receipt_of(index=1) is None
        assert receipt_of(identity=bytes(32)) is None


@pytest.mark.django_db
class TestAcrossTiles:
    @pytest.mark.parametrize("sizes", [(255, 1), (256,), (1, 255, 1), (300, 300), (512, 1)])
    def test_files_and_receipts_hold_at_the_edges_of_tiles(self, sizes):
        identities = []
        for size in sizes:
            identities += append_ballots(size)
            sequence(today=TODAY)

        size = sum(sizes)
        assert Tile.objects.filter(level=0).count() == size // 256
        assert published().size == size
        entries = published_entries(size)
        assert published().root == root_of_hashes(list(map(leaf_hash, entries)))
        for identity in identities[:: max(1, size // 20)]:
            receipt = decode_receipt(receipt_of(identity=identity))
            verify_receipt(receipt, entry=receipt.extra, key=key())

    def test_a_partial_tile_goes_once_the_full_one_is_published(self):
        append_ballots(200)
        sequence(today=TODAY)
        assert read_published(TileAddress(level=0, index=0, width=200)) is not None
        assert read_published(BundleAddress(index=0, width=200)) is not None

        append_ballots(100)
        sequence(today=TODAY)

        assert read_published(TileAddress(level=0, index=0)) is not None
        assert not (folder() / "tile/0/000.p").exists()
        assert not (folder() / "tile/entries/000.p").exists()
        older = TiledTree(size=200, read_tile=read_published)
        assert older.root() == bytes(TreeHead.objects.get(size=200).root)


class Crash(Exception):
    pass


@pytest.mark.django_db
class TestAfterACrash:
    def crash(self, *args, **kwargs):
        raise Crash

    @pytest.mark.parametrize(
        ("module", "step"),
        [
            (sequencing, "latest_head"),
            (sequencing, "finish_head"),
            (sequencing, "sign_head"),
            (publishing, "publish_tiles"),
            (sequencing, "keep_checkpoint"),
            (publishing, "publish_checkpoint"),
            (publishing, "remove_superseded"),
        ],
    )
    def test_before_any_step_the_next_run_finishes_the_same_log(self, module, step, monkeypatch):
        identities = append_ballots(250)
        sequence(today=TODAY)
        before = published()
        identities += append_ballots(20)
        with monkeypatch.context() as patch:
            patch.setattr(module, step, self.crash)
            with pytest.raises(Crash):
                sequence(today=TODAY)
        assert published().size in {before.size, before.size + 20}

        sequence(today=TODAY)
        assert_files_hold_the_log(identities)

        identities += append_ballots(1)
        sequence(today=TODAY)
        assert_files_hold_the_log(identities)

    def test_in_the_middle_of_a_file_nobody_sees_half_of_it(self, monkeypatch):
        append_ballots(3)
        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", self.crash)
            with pytest.raises(Crash):
                sequence(today=TODAY)
        assert [path for path in folder().rglob("*") if path.is_file()] == []

        identities = [bytes(i) for i in LogEntry.objects.values_list("identity", flat=True)]
        sequence(today=TODAY)

        assert_files_hold_the_log(identities)

    def test_the_same_head_gets_the_same_signature(self):
        append_ballots(3)
        sequencing.take_in_pending()
        head = latest_head()

        first = sequencing.sign_head(head=head, signed_size=0)

        assert first == sequencing.sign_head(head=head, signed_size=0)

    def test_a_lost_folder_is_written_anew_with_what_older_checkpoints_need(self):
        for number in (200, 60, 5):
            append_ballots(number)
            sequence(today=TODAY)
        before = {
            p.relative_to(folder()): p.read_bytes() for p in folder().rglob("*") if p.is_file()
        }
        folder().rename(settings.DATA_DIR / "away")

        sequence(today=TODAY)

        after = {
            p.relative_to(folder()): p.read_bytes() for p in folder().rglob("*") if p.is_file()
        }
        assert after == before


@pytest.mark.django_db
class TestHalts:
    def test_a84_when_the_database_is_older_than_the_published_checkpoint(self):
        append_ballots(3)
        sequence(today=TODAY)
        longer = sign_checkpoint(size=9, root=bytes(32), key=signing_key())
        (folder() / "checkpoint").write_bytes(longer)
        append_ballots(1)

        with pytest.raises(LogHalted, match="restored from an older copy"):
            sequence(today=TODAY)

        assert (folder() / "checkpoint").read_bytes() == longer
        assert latest_checkpoint().head_id == 3
        assert LogEntry.objects.count() == 3, "the waiting entry got a place"

    def test_a84_when_the_database_is_empty_and_something_was_published(self):
        publishing.publish_checkpoint(sign_checkpoint(size=9, root=bytes(32), key=signing_key()))

        with pytest.raises(LogHalted, match="holds none"):
            sequence(today=TODAY)

    @pytest.mark.parametrize("size", [2, 3])
    def test_a43_when_the_database_is_another_log_than_the_published_one(self, size):
        append_ballots(2)
        sequence(today=TODAY)
        publishing.publish_checkpoint(sign_checkpoint(size=2, root=bytes(32), key=signing_key()))
        append_ballots(size - 2)

        with pytest.raises(LogHalted, match="does not continue"):
            sequence(today=TODAY)

    def test_when_the_published_checkpoint_is_signed_by_somebody_else(self):
        append_ballots(1)
        sequence(today=TODAY)
        path = folder() / "checkpoint"
        path.write_bytes(path.read_bytes().replace(b"\n1\n", b"\n2\n"))

        with pytest.raises(LogHalted, match="not one of this log's key"):
            sequence(today=TODAY)

    @pytest.mark.parametrize("column", ["body", "leaf_hash"])
    def test_when_a_stored_entry_is_not_what_was_committed(self, column):
        append_ballots(3)
        sequencing.take_in_pending()
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE audit_logentry DISABLE TRIGGER refuse_change")
            cursor.execute(
                f"UPDATE audit_logentry SET {column} ="
                f" set_byte({column}, 3, 255 - get_byte({column}, 3)) WHERE index = 1"
            )

        with pytest.raises(LogHalted):
            sequence(today=TODAY)

        assert latest_checkpoint() is None
        assert not folder().exists()


def in_savepoint(cursor, statement):
    with transaction.atomic():
        cursor.execute(statement)


@pytest.mark.django_db
class TestAppendOnly:
    @pytest.fixture(autouse=True)
    def a_log(self):
        append_ballots(256)
        sequence(today=TODAY)
        append_ballots(1)
        Cosignature.objects.create(
            checkpoint=latest_checkpoint(),
            witness="court.example/w",
            key_id=bytes(4),
            cosigned_at=1,
            line="a line",
        )

    @pytest.mark.parametrize(
        ("table", "name"),
        [
            ("audit_logentry", "body"),
            ("audit_tile", "root"),
            ("audit_treehead", "root"),
            ("audit_checkpoint", "note"),
            ("audit_publication", "checkpoint_id"),
            ("audit_cosignature", "line"),
            ("audit_pendingentry", "body"),
        ],
    )
    def test_nothing_is_changed_or_taken_away(self, table, name):
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute(f"SELECT count(*) FROM {table}")
            before = cursor.fetchone()
            assert before[0] >= 1
            for role in ("origin", "replica"):
                for statement in (
                    f"UPDATE {table} SET {name} = {name}",
                    f"DELETE FROM {table}",
                    f"TRUNCATE {table} CASCADE",
                ):
                    cursor.execute(f"SET session_replication_role = {role}")
                    with pytest.raises(DatabaseError, match=r"append-only|not in the log yet"):
                        in_savepoint(cursor, statement)
            cursor.execute("SET session_replication_role = origin")
            cursor.execute(f"SELECT count(*) FROM {table}")
            assert cursor.fetchone() == before

    def test_two_entries_cannot_have_one_index_nor_one_entry_two(self):
        entry = LogEntry.objects.order_by("index").last()
        other = encode_entry(kind="booth", body=BODIES["booth"])
        with pytest.raises(IntegrityError), transaction.atomic():
            LogEntry.objects.create(
                index=entry.index, identity=bytes(32), kind="booth", body=other, leaf_hash=bytes(32)
            )
        with pytest.raises(IntegrityError), transaction.atomic():
            LogEntry.objects.create(
                index=entry.index + 1,
                identity=entry.identity,
                kind="booth",
                body=other,
                leaf_hash=bytes(32),
            )


@pytest.mark.django_db(transaction=True)
class TestSeveralAtOnce:
    def test_sequencers_and_writers_make_one_log(self):
        written = []

        def write():
            for _ in range(10):
                written.extend(append_ballots(3))

        def sequence_often():
            for _ in range(15):
                sequence(today=TODAY)

        at_once(write, write, sequence_often, sequence_often, sequence_often)
        sequence(today=TODAY)

        assert LogEntry.objects.count() == len(written) == 60
        assert_files_hold_the_log(
            [
                bytes(i)
                for i in LogEntry.objects.order_by("index").values_list("identity", flat=True)
            ]
        )
        assert {entry_by_identity(i) is not None for i in written} == {True}

    def test_the_second_sequencer_leaves_the_first_alone(self):
        append_ballots(2)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [sequencing.SEQUENCER_LOCK])
            results = at_once(lambda: sequence(today=TODAY))
            cursor.execute("SELECT pg_advisory_unlock(%s)", [sequencing.SEQUENCER_LOCK])

        assert results == [0]
        assert PendingEntry.objects.count() == 2

    def test_the_lock_goes_after_a_crash(self, monkeypatch):
        def crash(**kwargs):
            raise Crash

        with monkeypatch.context() as patch:
            patch.setattr(sequencing, "finish_head", crash)
            with pytest.raises(Crash):
                sequence(today=TODAY)
        append_ballots(1)

        assert at_once(lambda: sequence(today=TODAY)) == [1]

    def test_a_caller_cannot_sequence_inside_a_transaction(self):
        append_ballots(1)
        with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
            sequence(today=TODAY)

        assert not LogEntry.objects.exists()

    def test_the_same_entry_from_two_transactions_is_one(self):
        many_at_once(lambda _number: append_entry(kind="booth", body=BODIES["booth"]), times=4)

        assert PendingEntry.objects.count() == 1
