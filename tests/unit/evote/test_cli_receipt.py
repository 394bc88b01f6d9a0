import base64
import hashlib

import pytest

from evote.cli.main import main
from evote.encoding import canonical_json
from tests.unit.evote.test_tlog_receipts import BALLOT, FILE, KEY, RECEIPT, TRACKER, make_receipt

TRACKER_TEXT = base64.b64encode(TRACKER).decode().rstrip("=")


@pytest.fixture
def receipt(tmp_path):
    path = tmp_path / "receipt.tlog-proof"
    path.write_bytes(FILE)
    return path


def run(*arguments):
    return main(["receipt", "check", *map(str, arguments)])


def test_numbers_the_checks_that_held(receipt, capsys):
    assert run(receipt, "--key", KEY.encode()) == 0

    output = capsys.readouterr().out
    assert "1. The file is a receipt: yes" in output
    assert "4. The entry is under that checkpoint: yes" in output
    assert "entry 11 is in the log log.example.gov/audit" in output
    assert "19 entries" in output


def test_takes_the_key_from_a_file(receipt, tmp_path):
    key = tmp_path / "key"
    key.write_text(KEY.encode() + "\n")

    assert run(receipt, "--key", key) == 0


def test_checks_the_ballot_by_its_tracker_or_by_itself(tmp_path, receipt):
    assert run(receipt, "--key", KEY.encode(), "--tracker", TRACKER_TEXT) == 0
    assert run(receipt, "--key", KEY.encode(), "--tracker", "A" * 43) == 1
    ballot = tmp_path / "ballot.json"
    ballot.write_bytes(b'{"ballot":1}')
    assert run(receipt, "--key", KEY.encode(), "--ballot", ballot) == 1
    payload = hashlib.sha256(ballot.read_bytes()).hexdigest()
    entry = canonical_json({"kind": "election-event", "payload": payload, "type": "Ballot"})
    receipt.write_bytes(make_receipt(entry=entry).encode())
    assert run(receipt, "--key", KEY.encode(), "--ballot", ballot) == 0


def test_takes_the_entry_from_a_file_rather_than_from_the_receipt(receipt, tmp_path, capsys):
    entry = tmp_path / "entry.json"
    entry.write_bytes(BALLOT)
    assert run(receipt, "--key", KEY.encode(), "--entry", entry) == 0
    entry.write_bytes(BALLOT + b"\n")
    assert run(receipt, "--key", KEY.encode(), "--entry", entry) == 1

    output = capsys.readouterr().out
    assert "4. The entry is under that checkpoint: NO" in output
    assert "the hashes do not lead to the signed root" in output
    assert "REFUSED" in output


def test_says_which_checks_were_not_run(receipt, capsys):
    receipt.write_bytes(FILE.replace(b"\n19\n", b"\n20\n"))

    assert run(receipt, "--key", KEY.encode()) == 1
    output = capsys.readouterr().out
    assert "3. The log signed the checkpoint: NO" in output
    assert "4. The entry is under that checkpoint: not run" in output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--key", "nonsense"], "--key"),
        (["--key", KEY.encode()[:-2]], "--key"),
        (["--key", KEY.encode(), "--tracker", "short"], "--tracker"),
        (["--key", KEY.encode(), "--entry", "/nowhere/entry.json"], "/nowhere/entry.json"),
    ],
)
def test_wrong_usage_exits_2_and_names_the_place(receipt, arguments, message, capsys):
    assert run(receipt, *arguments) == 2
    assert message in capsys.readouterr().err


def test_a_file_that_is_no_receipt_exits_2(receipt, capsys):
    receipt.write_text("hello")

    assert run(receipt, "--key", KEY.encode()) == 2
    assert "1. The file is a receipt: NO" in capsys.readouterr().out


def test_a_missing_file_exits_2(tmp_path, capsys):
    assert run(tmp_path / "none", "--key", KEY.encode()) == 2
    assert "none" in capsys.readouterr().err


def test_the_receipt_needs_no_entry_beside_it():
    assert RECEIPT.extra == BALLOT
