"""Ballots made by the booth in Chromium, under somebody else's verifier (PROTOCOL 3.2).

BELENIOS_TOOL_DIR names the folder with `belenios-tool-3.0` and `belenios-tool-3.3`.
"""

import os
import re
import subprocess
from pathlib import Path

import pytest

from evote.record import read_record
from evote.verify import Verdict, verify_record
from tests.browser.booth_pages import CUSTOMS, PRIORITIES, a_box, in_booth, press, wait_for
from tests.interop.test_belenios import ODD, up_to_setup

# For each vote: the voter, and the cards to press for each question.
VOTES = [
    (0, [("Mend the bridge", "Plant trees"), ("Agree",), ("B,2",)]),
    (1, [("None of these: leave it blank",), ("No choice",), ("Ä|1", "投票")]),
    (2, [("Lower the fares",), (), ("None of these: leave it blank",)]),
    (0, [("Plant trees",), ("Pass",), ("Ä|1", "B,2", "投票")]),
]
COUNTS = ((1, 0, 0, 1, 1), (0, 0, 1), (1, 2, 1, 2))


@pytest.fixture(scope="module")
def box(browser):
    """An election whose every ballot was made by the booth, one of them a second time."""
    box = a_box(PRIORITIES, CUSTOMS, ODD, voters=3)
    for voter, choices in VOTES:
        fragment = f"#credential={box.credentials[voter]}"
        with in_booth(browser, box, fragment=fragment) as (page, _):
            vote(page, choices)
    return box


def vote(page, choices):
    wait_for(page, PRIORITIES.text)
    for number, cards in enumerate(choices, start=1):
        for card in cards:
            answer = page.get_by_text(card, exact=True)
            page.locator(".pnyx-answer", has=answer).locator("input").check()
        press(page, "Next question" if number < len(choices) else "Review your choices")
    press(page, "Seal the ballot")
    press(page, "Cast this ballot")
    page.locator(".pnyx-receipt, #way-replace").wait_for()
    if page.locator("#way-replace").count():
        press(page, "Replace the earlier ballot")
    wait_for(page, "Your ballot is in the box")


def test_evote_counts_what_the_voters_chose_in_the_booth(box):
    report = verify_record(box.record(), progress=lambda *_: None)

    assert report.verdict == Verdict.COMPLETE
    assert report.result.counts == COUNTS
    assert len(box.ballots) == len(VOTES)


NEEDS_BELENIOS = pytest.mark.skipif(
    "BELENIOS_TOOL_DIR" not in os.environ,
    reason="BELENIOS_TOOL_DIR does not name a folder with belenios-tool-3.0 and -3.3",
)


def assert_belenios_accepts(box, folder, version):
    """Put the record before the peer's tool, and each ballot alone (PROTOCOL 3.2)."""
    program = Path(os.environ["BELENIOS_TOOL_DIR"]) / f"belenios-tool-{version}"
    archive = folder / f"{box.uuid}.bel"

    def accepts(*arguments):
        command = [program, "election", *arguments, "--dir", folder]
        done = subprocess.run(command, capture_output=True, cwd=folder, timeout=60, check=False)
        return done.returncode == 0

    data = box.record()
    archive.write_bytes(data)
    assert accepts("verify")
    # A ballot is judged alone, against the record as it stood right after Setup.
    archive.write_bytes(up_to_setup(data))
    ballots = [recorded.objects[0] for recorded in read_record(data).of_type("Ballot")]
    assert len(ballots) == len(box.ballots)
    for ballot in ballots:
        (folder / "ballot.json").write_bytes(ballot)
        assert accepts("verify-ballot", "--ballot", "ballot.json")
    # The tool does refuse: it is not that it takes anything.
    last_digit = re.search(rb'"response":"[0-9]+?([0-9])"', ballots[0])
    assert last_digit is not None
    at = last_digit.start(1)
    forged = ballots[0][:at] + (b"1" if last_digit[1] == b"2" else b"2") + ballots[0][at + 1 :]
    (folder / "ballot.json").write_bytes(forged)
    assert not accepts("verify-ballot", "--ballot", "ballot.json")


@NEEDS_BELENIOS
@pytest.mark.parametrize("version", ["3.0", "3.3"])
def test_belenios_accepts_the_record_and_every_ballot(box, tmp_path, version):
    assert len(box.ballots) == len(VOTES)
    assert_belenios_accepts(box, tmp_path, version)
