"""`evote verify --log`: the record and the log hold the same events (PROTOCOL 2.1)."""

import hashlib
import json
from pathlib import Path

import pytest

from evote.cli.log_comparison import compare_with_log
from evote.cli.log_source import open_log
from evote.record import CHANGED, decode_companion, read_record
from evote.record.archive import BLOCK_BYTES
from evote.tlog.note import SigningKey
from evote.tlog.policy import Policy, PolicyLog
from evote.verify import StepStatus, Verdict, verify_record
from evote.verify.log_step import compare_entries, expected_entries
from tests.factories.logs import FolderLog, event
from tests.factories.profile import changed, write_files
from tests.factories.records import BALLOTS, COMPLETE, WORLD, voted, write
from tests.unit.evote.test_verify_companion import VOTES, WHOLE
from tests.unit.evote.test_verify_companion import WORLD as PROFILE_WORLD

ENTRIES = expected_entries(read_record(COMPLETE), election=WORLD.election, companion=None)
BOUND = str(PROFILE_WORLD.election.context["log"])
FILES = (WHOLE.record, WHOLE.companion)
OTHERS = [event(height, type="Setup" if height == 0 else "Ballot") for height in range(300)]


class ChangingFile:
    def __init__(self, content):
        self.content = content

    def __len__(self):
        return len(self.content)

    def __getitem__(self, part):
        return self.content[part]


def entries_of_files(record, companion):
    election = PROFILE_WORLD.election
    return expected_entries(
        read_record(record),
        election=election,
        companion=decode_companion(companion, election=election),
    )


@pytest.fixture
def verify(run, tmp_path):
    """Verify the complete record against a log that holds these entries."""

    def verify(*entries, record="record.bel", data=COMPLETE, options=(), key=None, signer=None):
        log = FolderLog(tmp_path / "log", key=signer)
        log.grow(*entries)
        if not Path(record).exists():
            write(record, data)
        arguments = ["--log", str(log.folder), "--key", key or log.vkey, *options]
        return run("verify", record, *arguments)

    return verify


def test_a_record_whose_events_are_all_in_the_log_passes_step_17(verify):
    status, output, errors = verify(*OTHERS[:2], *ENTRIES[:3], *OTHERS[2:], *ENTRIES[3:])

    assert (status, errors) == (0, "")
    assert "17. The log: passed" in output
    assert f"{len(ENTRIES)} entries of this election, heights 0 to {len(ENTRIES) - 1}" in output
    assert "VALID AND COMPLETE" in output


def test_the_second_file_is_compared_through_the_log_too(verify):
    companion = decode_companion(WHOLE.companion, election=PROFILE_WORLD.election)
    entries = expected_entries(
        read_record(WHOLE.record), election=PROFILE_WORLD.election, companion=companion
    )
    without = expected_entries(
        read_record(WHOLE.record), election=PROFILE_WORLD.election, companion=None
    )
    write("record.bel", WHOLE.record)
    write("record.pnyx.json", WHOLE.companion)

    signer = SigningKey(name=BOUND, seed=b"3" * 32)
    assert verify(*entries, signer=signer)[0] == 0
    assert "an event of height 0 and type 'Setup' is of this" in verify(*without, signer=signer)[1]
    assert sum(b'"companion"' in entry for entry in entries) > 3


MIDDLE = len(ENTRIES) // 2
SWAPPED = [*ENTRIES[:1], ENTRIES[2], ENTRIES[1], *ENTRIES[3:]]
EXTRA = event(len(ENTRIES), election=WORLD.election.uuid, type="Ballot")
OTHER = event(1, election=WORLD.election.uuid, type="Ballot")


@pytest.mark.parametrize(
    ("entries", "problem"),
    [
        (ENTRIES[:MIDDLE] + ENTRIES[MIDDLE + 1 :], f"the event of height {MIDDLE} should stand"),
        (ENTRIES[1:], "the event of height 0 should stand before"),
        (ENTRIES[:-1], f"the event of height {len(ENTRIES) - 1} is not in the log"),
        (ENTRIES[:-2], f"heights {len(ENTRIES) - 2} to {len(ENTRIES) - 1} is not in the log"),
        ([], f"heights 0 to {len(ENTRIES) - 1} is not in the log"),
        ([*ENTRIES, EXTRA], "is of this election, but not of this record"),
        ([*ENTRIES[:2], OTHER, *ENTRIES[2:]], "an event of height 1 and type 'Ballot' is of this"),
        (SWAPPED, "the event of height 1 stands here again or too late"),
        ([*ENTRIES[:3], ENTRIES[2], *ENTRIES[3:]], "the event of height 2 stands here again"),
        ([*ENTRIES, ENTRIES[-1]], "stands here again or too late"),
    ],
    ids=[
        "missing",
        "first missing",
        "last missing",
        "end missing",
        "nothing there",
        "one more",
        "another in between",
        "swapped",
        "twice",
        "last twice",
    ],
)
def test_a_log_that_differs_from_the_record_makes_it_invalid(verify, entries, problem):
    status, output, _ = verify(*OTHERS, *entries)

    assert status == 1
    assert "17. The log: FAILED" in output
    assert problem in " ".join(output.split())
    assert "INVALID" in output


def test_an_unfinished_record_is_compared_as_far_as_it_goes(verify):
    data = voted(*BALLOTS).data()
    entries = expected_entries(read_record(data), election=WORLD.election, companion=None)

    assert verify(*entries, data=data)[0] == 3
    assert "is of this election, but not of this record" in " ".join(
        verify(*ENTRIES, data=data)[1].split()
    )


def test_a_log_of_another_key_or_with_a_changed_entry_vouches_for_nothing(run, verify, tmp_path):
    stranger = SigningKey(name="log.example.org/log", seed=b"7" * 32).verifier.encode()
    status, output, _ = verify(*ENTRIES, key=stranger)
    assert status == 1
    assert "17. The log: FAILED" in output

    bundle = next((tmp_path / "log" / "tile" / "entries").rglob("*"))
    bundle = next(path for path in [bundle, *bundle.rglob("*")] if path.is_file())
    bundle.write_bytes(bundle.read_bytes().replace(b'"height":1', b'"height":2'))
    key = FolderLog(tmp_path / "unused").vkey
    status, output, _ = run("verify", "record.bel", "--log", tmp_path / "log", "--key", key)
    assert status == 1
    assert "is not the one that was signed" in " ".join(output.split())


def test_an_election_that_binds_another_log_is_refused(run, tmp_path):
    log = FolderLog(tmp_path / "log", key=SigningKey(name="other.example.org/log", seed=b"5" * 32))
    companion = decode_companion(WHOLE.companion, election=PROFILE_WORLD.election)
    log.grow(
        *expected_entries(
            read_record(WHOLE.record), election=PROFILE_WORLD.election, companion=companion
        )
    )
    write("record.bel", WHOLE.record)
    write("record.pnyx.json", WHOLE.companion)

    status, output, _ = run("verify", "record.bel", "--log", str(log.folder), "--key", log.vkey)

    assert status == 1
    assert f"the election binds the log {BOUND}, but this is other.example.org/log" in output


def test_json_and_the_page_have_the_step_too(verify):
    status, output, _ = verify(*ENTRIES, options=("--json", "--report", "report.html"))

    assert status == 0
    step = json.loads(output)["steps"][-1]
    assert (step["number"], step["status"]) == (17, "passed")
    assert "The log" in Path("report.html").read_text()


def test_an_invalid_record_is_not_compared(verify):
    status, output, _ = verify(*ENTRIES, data=COMPLETE[:-512])

    assert status == 1
    assert "17. The log: NOT REACHED" in output


@pytest.mark.parametrize("arguments", [("--log", "."), ("--key", "x")])
def test_a_log_is_never_read_without_a_key(run, arguments):
    status, _, errors = run("verify", write("record.bel", COMPLETE), *arguments)

    assert status == 2
    assert "--log goes with --key or --policy" in errors


def test_a_log_that_cannot_be_reached_proves_nothing(run, tmp_path):
    status, _, errors = run(
        "verify", write("record.bel", COMPLETE), "--log", str(tmp_path), "--key",
        FolderLog(tmp_path / "log").vkey,
    )  # fmt: skip

    assert status == 2
    assert "has no checkpoint" in errors


class TestFilesThatAreChangedAfterTheVerification:
    """The log must hold what was verified, not what stands there when the file is read again."""

    def compare(self, tmp_path, *, verified, later, entries):
        """Verify two files, put others in their place, and compare these with a log."""
        data, companion = map(ChangingFile, verified)
        report = verify_record(data, companion=companion, progress=lambda *_: None)
        assert report.verdict == Verdict.COMPLETE
        data.content, companion.content = later
        log = FolderLog(tmp_path / "log", key=SigningKey(name=BOUND, seed=b"3" * 32))
        log.grow(*entries)
        logs = (PolicyLog(key=log.key.verifier, url=None),)
        policy = Policy(logs=logs, witnesses=(), groups=(), quorum=None)
        return compare_with_log(
            report, data=data, companion=companion, log=open_log(str(log.folder)), policy=policy
        )

    def assert_refused(self, report):
        assert report.verdict == Verdict.INVALID
        assert report.steps[-1].status == StepStatus.FAILED
        assert [str(problem) for problem in report.steps[-1].problems] == [CHANGED]

    def test_the_same_files_pass(self, tmp_path):
        report = self.compare(
            tmp_path, verified=FILES, later=FILES, entries=entries_of_files(*FILES)
        )
        assert report.verdict == Verdict.COMPLETE
        assert report.read.record_sha256 == hashlib.sha256(WHOLE.record).hexdigest()

    @pytest.mark.parametrize("place", [10, 3000, len(WHOLE.record) // 2, len(WHOLE.record) - 600])
    def test_a_byte_changed_in_the_record_is_seen(self, tmp_path, place):
        byte = bytes([WHOLE.record[place] ^ 1])
        record = WHOLE.record[:place] + byte + WHOLE.record[place + 1 :]
        later = (record, WHOLE.companion)
        self.assert_refused(
            self.compare(tmp_path, verified=FILES, later=later, entries=entries_of_files(*FILES))
        )

    def test_a_record_that_is_shorter_now_is_refused(self, tmp_path):
        later = (WHOLE.record[:-BLOCK_BYTES], WHOLE.companion)
        self.assert_refused(
            self.compare(tmp_path, verified=FILES, later=later, entries=entries_of_files(*FILES))
        )

    @pytest.mark.parametrize(
        ("path", "value"),
        [(("casts", 0, "proof", "response"), "2"), (("ceremony", "transcript"), "0" * 64)],
    )
    def test_another_second_file_does_not_pass_for_the_one_verified(self, tmp_path, path, value):
        later = (WHOLE.record, changed(WHOLE.companion, *path, to=value))
        self.assert_refused(
            self.compare(tmp_path, verified=FILES, later=later, entries=entries_of_files(*later))
        )

    def test_another_record_does_not_pass_for_the_one_verified(self, tmp_path):
        other = write_files(PROFILE_WORLD, VOTES[:2], owners={1, 2, 4})
        verified = (other.record, other.companion)
        self.assert_refused(
            self.compare(tmp_path, verified=verified, later=FILES, entries=entries_of_files(*FILES))
        )


def test_whatever_else_a_log_holds_is_passed_over():
    entries = [b"nonsense " + WORLD.election.uuid.encode(), b'["' + b"x" * 9 + b'"]', *ENTRIES]

    problems, indexes = compare_entries(
        ENTRIES, uuid=WORLD.election.uuid, entries=enumerate(entries)
    )

    assert problems == []
    assert indexes == list(range(2, len(entries)))
