"""Every command that docs/verify-an-election.md gives for receipts, as a reader runs them."""

import base64
import hashlib
import os
import re
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from audit.selectors import receipt_of
from audit.services.log import append_entry
from audit.services.sequencing import sequence
from tests.factories.audit import append_ballots, ballot_event
from tests.interop.logcheck_program import MISSING, SOURCE, is_available

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "verify-an-election.md").read_text(encoding="utf-8")
SECTION = GUIDE[GUIDE.index("## 7. ") : GUIDE.index("## 8. ")]
BY_EVOTE, BY_GO, WHOLE_LOG = re.findall(r"```\n(.*?)```", SECTION, re.DOTALL)
TRACKER = "cqJLsAZtdfZI9GN4sejYQ90NwTs7nMCATtAc7ADv1Vc"
CONTRACT = b"%PDF-1.7 a contract"

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl"),
]
needs_go = pytest.mark.skipif(not is_available(), reason=MISSING)


@pytest.fixture
def desk(tmp_path, data_folder):
    """Both receipts, the contract, and the program's source where the guide has it."""
    append_ballots(12)
    digest = hashlib.sha256(CONTRACT).hexdigest()
    append_entry(kind="evidence", body={"document": digest})
    payload = base64.b64decode(TRACKER + "=").hex()
    append_entry(kind="election-event", body=ballot_event() | {"payload": payload})
    sequence(today=date(2026, 11, 21))
    folder = tmp_path / "desk"
    shutil.copytree(SOURCE, folder / "tests" / "interop" / "logcheck")
    for place in (folder, folder / "tests" / "interop" / "logcheck"):
        (place / "receipt-12.tlog-proof").write_bytes(receipt_of(index=12))
        (place / "receipt-741.tlog-proof").write_bytes(receipt_of(index=13))
        (place / "contract.pdf").write_bytes(CONTRACT)
    return folder


def run(commands, *, folder, site):
    """Run them one after the other, as typed; stop at the first that fails."""
    commands = re.sub(r"(?m)^sudo .*\n", "", commands)
    commands = commands.replace("https://vote.example.org", site)
    commands = commands.replace("checking/bin/evote", f"{sys.executable} -m evote.cli.main")
    environment = os.environ | {"PYTHONPATH": str(ROOT), "GOCACHE": str(folder.parent / "cache")}
    return subprocess.run(
        ["bash", "-ec", commands],
        cwd=folder,
        env=environment | {"no_proxy": "*"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_those_of_evote_hold(desk, live_server):
    done = run(BY_EVOTE, folder=desk, site=live_server.url)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("is in the log") == 3


def test_those_of_evote_refuse_another_document(desk, live_server):
    (desk / "contract.pdf").write_bytes(CONTRACT + b"!")
    done = run(BY_EVOTE, folder=desk, site=live_server.url)
    assert done.returncode == 1
    assert "REFUSED" in done.stdout


@needs_go
def test_those_of_the_program_in_go_hold(desk, live_server):
    done = run(BY_GO, folder=desk, site=live_server.url)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("is in the log") == 2

    place = desk / "tests" / "interop" / "logcheck"
    done = run(WHOLE_LOG, folder=place, site=live_server.url)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "audit: all 14 entries" in done.stdout
