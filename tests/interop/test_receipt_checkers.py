"""Our two checkers of receipts, and the independent one in Go, agree about every spoilt one."""

import base64
import os
import re
import subprocess

import pytest

from config.front_end import ROOT, node_folder
from evote.tlog.note import VerifierKey
from evote.tlog.policy import decode_policy
from evote.tlog.receipt import check_receipt
from tests.factories.receipts import DEED, DOCUMENT, ED25519_ALONE, CosignedLog, cases
from tests.interop.logcheck_program import MISSING, is_available, logcheck

# Of the ballot's receipt: the log's and three witnesses'.
SIGNATURE_LINES = range(12, 16)
PROGRAM = ROOT / "build" / "tests" / "receipts.mjs"
FLIPS = int(os.environ.get("PNYX_TEST_MUTANTS", "150"))


@pytest.fixture(scope="module")
def every_case(tmp_path_factory):
    return list(cases(CosignedLog(tmp_path_factory.mktemp("log")), flips=FLIPS))


def by_python(case):
    report = check_receipt(
        case.receipt,
        key=VerifierKey.decode(case.keys[0]) if case.keys else None,
        policy=decode_policy(case.policy) if case.policy else None,
        entry=None,
        tracker=case.tracker,
        document=case.document,
    )
    return report.failure.step.name if report.failure else "valid"


def by_typescript(cases, path):
    node = str(node_folder() / "node")
    if not PROGRAM.exists():
        subprocess.run([node, "build.mjs", "--tests"], cwd=ROOT, check=True)
    path.write_text("".join(f"{case.to_json()}\n" for case in cases))
    command = [node, str(PROGRAM), str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()


def by_go(case, folder):
    document = DEED if case.document == DOCUMENT else b"another"
    files = {"receipt": case.receipt, "policy": case.policy or b"", "document": document}
    for name, content in files.items():
        (folder / name).write_bytes(content)
    trust = ["-policy", folder / "policy"] if case.policy else []
    trust += ["-key", *case.keys] if case.keys else []
    tracker = base64.b64encode(case.tracker or b"").decode().rstrip("=")
    about = ["-tracker", tracker] if case.tracker else []
    about += ["-document", folder / "document"] if case.document else []
    outcome = logcheck("receipt", *trust, *about, folder / "receipt")
    assert outcome.status in {0, 1}
    return outcome.status == 0


def test_both_checkers_agree_on_the_step_at_which_each_receipt_fails(every_case, tmp_path):
    python = [by_python(case) for case in every_case]
    typescript = by_typescript(every_case, tmp_path / "cases.jsonl")
    assert len(typescript) == len(every_case) > 500
    differences = [
        (case.name, ours, theirs)
        for case, ours, theirs in zip(every_case, python, typescript, strict=True)
        if ours != theirs
    ]
    assert differences == []
    assert set(python) == {
        *("valid", "READABLE", "ORIGIN", "SIGNATURE"),
        *("COSIGNATURES", "INCLUSION", "BALLOT", "DOCUMENT"),
    }


def test_no_spoilt_receipt_holds(every_case):
    assert [case.name for case in every_case if case.is_honest and by_python(case) != "valid"] == []
    survivors = {
        case.name for case in every_case if not case.is_honest and by_python(case) == "valid"
    }
    # The order of signatures means nothing, nor does the same one twice.
    assert survivors == {
        *(f"line {number} twice" for number in SIGNATURE_LINES),
        *(f"line {number} swapped" for number in SIGNATURE_LINES[:-1]),
    }


@pytest.mark.slow
@pytest.mark.skipif(not is_available(), reason=MISSING)
def test_the_program_in_go_says_the_same(tmp_path):
    # It knows no ML-DSA-44, so all witnesses of this log sign with Ed25519.
    log = CosignedLog(tmp_path / "log", algorithms=ED25519_ALONE)
    differences = [
        case.name
        for case in cases(log, flips=FLIPS)
        # golang.org/x/mod reads the first line by a key and skips others.
        if not re.search("beside a good one|a bad second one", case.name)
        if by_go(case, tmp_path) != (by_python(case) == "valid")
    ]
    assert differences == []
