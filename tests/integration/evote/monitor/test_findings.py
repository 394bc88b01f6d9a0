"""Evidence that shows nothing convicts nobody."""

import hashlib
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from evote.cli.findings import NEWER, OLDER, PROOF, Finding, Kind, keep_finding
from evote.cli.log_history import encode_proof
from evote.cli.log_source import open_log
from evote.encoding import canonical_json
from evote.tlog import merkle
from evote.tlog.note import SigningKey, sign_note
from evote.tlog.receipt import Receipt
from evote.tlog.signed_tree import SignedTree
from tests.factories.logs import ORIGIN, FolderLog, digest, event

OUTCOME = canonical_json(
    {
        "kind": "election-outcome",
        "election": "hfd19JUwUteUwr",
        "fingerprint": "53KNlIhNVc/QsIVMKYREKvJsWfjn6oyi5NZ922v7qNo",
        "outcome": "below-minimum",
    }
)


@pytest.fixture
def keep(log):
    """Keep files as a finding of a kind; give the folder."""
    return lambda kind, files: keep_finding(
        Finding(kind, "so it is said", files=files),
        keys=[log.key.verifier],
        folder=Path("kept"),
        at=datetime(2026, 11, 21, 9, tzinfo=UTC),
    )


@pytest.fixture
def verdict(run, log):
    return lambda folder, *more: run("finding", folder, "--key", log.vkey, *more)[:2]


def receipt(log, index):
    proof = merkle.inclusion_proof(index=index, size=log.size, read=log.node)
    return Receipt(
        index=index, proof=tuple(proof), checkpoint=log.note(), extra=log.entries[index]
    ).encode()


class TestForks:
    @pytest.fixture
    def fork(self, log, tmp_path):
        other = log.fork(tmp_path / "f", size=299, entries=[event(299, payload=digest("x"))] * 9)
        other.publish()
        tree = SignedTree(size=308, root=other.root(), read_tile=open_log(str(other.folder)).tile)
        return {OLDER: log.note(), NEWER: other.note(), PROOF: encode_proof(tree.growth_proof(300))}

    def test_the_true_one_is_proven(self, keep, verdict, fork):
        assert verdict(keep(Kind.FORK, fork))[0] == 0

    def test_under_another_key_it_is_not(self, keep, run, fork):
        stranger = SigningKey(name=ORIGIN, seed=b"\3" * 32).verifier.encode()
        assert run("finding", keep(Kind.FORK, fork), "--key", stranger)[0] == 1

    @pytest.mark.parametrize("name", [OLDER, NEWER, PROOF])
    def test_with_any_file_changed_it_is_not(self, keep, verdict, fork, name):
        data = fork[name]
        half = len(data) // 2
        for changed in (b"", data[:half], data + data, data[:9] + b"x" + data[10:]):
            assert verdict(keep(Kind.FORK, fork | {name: changed}))[0] == 1

    def test_with_a_file_missing_it_cannot_be_read(self, keep, verdict, fork):
        for name in (OLDER, NEWER, PROOF, "finding.json"):
            folder = keep(Kind.FORK, fork)
            (folder / name).unlink()
            assert verdict(folder)[0] == 2
            shutil.rmtree(folder)

    def test_two_checkpoints_of_an_honest_log_are_none(self, keep, verdict, log):
        tree = SignedTree(size=300, root=log.root(), read_tile=open_log(str(log.folder)).tile)
        for old in (1, 128, 256, 257):
            files = {
                OLDER: log.note(old),
                NEWER: log.note(),
                PROOF: encode_proof(tree.growth_proof(old)),
            }
            status, output = verdict(keep(Kind.FORK, files))
            assert status == 1
            assert "NOT SHOWN" in output


class TestEntries:
    def judged(self, keep, verdict, log, *, entry, earlier=None):
        files = {NEWER: log.note(), f"entry-{entry}.tlog-proof": receipt(log, entry)}
        if earlier is not None:
            files[f"earlier-{earlier}.tlog-proof"] = receipt(log, earlier)
        folder = keep(Kind.ENTRY, files)
        return verdict(folder)[0], verdict(folder, "--copy", log.folder)[0]

    @pytest.mark.parametrize(
        ("entry", "earlier", "expected"),
        [
            (0, None, (1, 1)),  # a setup, where it should be
            (17, None, (3, 1)),  # said to be its election's first; a copy shows others
            (17, 16, (1, 1)),  # neighbours
            (17, 9, (3, 1)),  # others stand between them
            (9, 17, (1, 1)),  # the wrong way round
            (300, 17, (1, 1)),  # an outcome after an event
            (301, 300, (1, 1)),  # an event after an outcome
            (300, None, (1, 1)),  # the only outcome
        ],
    )
    def test_entries_that_may_stand_there_convict_nobody(
        self, keep, verdict, log, entry, earlier, expected
    ):
        log.grow(OUTCOME, event(300))
        assert self.judged(keep, verdict, log, entry=entry, earlier=earlier) == expected

    def test_an_entry_that_is_not_in_the_log_convicts_nobody(self, keep, verdict, log):
        forged = Receipt(
            index=299,
            proof=tuple(merkle.inclusion_proof(index=299, size=300, read=log.node)),
            checkpoint=log.note(),
            extra=b"no JSON",
        )
        assert verdict(keep(Kind.ENTRY, {"entry-299.tlog-proof": forged.encode()}))[0] == 1

    def test_a_folder_without_an_entry_convicts_nobody(self, keep, verdict, log):
        assert verdict(keep(Kind.ENTRY, {NEWER: log.note()}))[0] == 1


class TestOthers:
    def test_a_well_formed_checkpoint_is_not_malformed(self, keep, verdict, log):
        assert verdict(keep(Kind.MALFORMED, {NEWER: log.note()}))[0] == 1

    def test_a_promise_that_was_kept_convicts_nobody(self, keep, verdict, log):
        identity = hashlib.sha256(log.entries[7]).hexdigest()
        text = f"pnyx promise 1\nentry {identity}\nbefore 2026-01-01T00:00:00Z\n"
        files = {"promise.note": sign_note(text=text, key=log.key), NEWER: log.note()}
        folder = keep(Kind.PROMISE, files)
        assert verdict(folder)[0] == 3
        assert verdict(folder, "--copy", log.folder)[0] == 1

    def test_a_promise_by_another_key_convicts_nobody(self, keep, verdict, log):
        stranger = SigningKey(name=ORIGIN, seed=b"\3" * 32)
        note = sign_note(text="pnyx promise 1\nentry 00\n", key=stranger)
        assert verdict(keep(Kind.PROMISE, {"promise.note": note, NEWER: log.note()}))[0] == 1

    def test_what_is_no_folder_of_evidence_cannot_be_read(self, verdict, tmp_path):
        assert verdict(tmp_path)[0] == 2
        (tmp_path / "finding.json").write_text('{"finding": "lottery"}')
        assert verdict(tmp_path)[0] == 2

    def test_an_unknown_kind_of_finding_is_not_shown(self, verdict, tmp_path):
        (tmp_path / "finding.json").write_text(
            '{"finding": "lottery", "message": "x", "found_at": "x"}'
        )
        assert verdict(tmp_path)[0] == 1

    def test_a_message_cannot_move_the_cursor(self, keep, verdict, log):
        folder = keep_finding(
            Finding(Kind.STALE, "\x1b[2J\x1b[HPROVEN", files={NEWER: log.note()}),
            keys=[log.key.verifier],
            folder=Path("kept"),
            at=datetime(2026, 11, 21, 9, tzinfo=UTC),
        )
        status, output = verdict(folder)
        assert status == 3
        assert "\x1b" not in output

    def test_evidence_of_another_logs_receipt_is_not_shown(self, keep, verdict, log, tmp_path):
        other = FolderLog(tmp_path / "o", key=SigningKey(name=ORIGIN, seed=b"\3" * 32))
        other.append(b"no JSON")
        files = {"entry-0.tlog-proof": receipt(other, 0)}
        assert verdict(keep(Kind.ENTRY, files))[0] == 1
