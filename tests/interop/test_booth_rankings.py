"""Ranked and graded ballots made by the booth in Chromium, under somebody else's verifier."""

import pytest

from evote.election import RankedQuestion
from evote.verify import Verdict, verify_record
from tests.browser.booth_pages import CUSTOMS, DISHES, a_box, in_booth, press, wait_for
from tests.interop.test_booth_ballots import NEEDS_BELENIOS, assert_belenios_accepts

PLACES = RankedQuestion(text="How good is each place?", answers=("Mill Lane", "投票 „B,2“"))
RULES = {
    "rules": [
        {"method": "stv", "seats": 1},
        {"method": "majority-judgment", "grades": ["Good", "Fair", "Bad"]},
        {"method": "counts"},
    ]
}
# For each vote: the voter, the dishes in their order, and a grade for each place.
VOTES = [
    (0, ["Fish", "Risotto"], ["Good", "Bad"]),
    (1, [], []),
    (2, ["Lentil soup", "Dumplings", "Risotto", "Fish"], ["Fair", "Fair"]),
    (1, ["Risotto"], ["Bad", "Good"]),
]
RANKINGS = [
    {(0, 0, 2, 1), (1, 2, 3, 4), (0, 0, 1, 0)},
    {(1, 3), (2, 2), (3, 1)},
]


@pytest.fixture(scope="module")
def box(browser):
    """An election whose every ballot was made by the booth, one of them a second time."""
    box = a_box(DISHES, PLACES, CUSTOMS, voters=3, context=RULES)
    for voter, dishes, grades in VOTES:
        fragment = f"#credential={box.credentials[voter]}"
        with in_booth(browser, box, fragment=fragment) as (page, _):
            vote(page, dishes, grades)
    return box


def vote(page, dishes, grades):
    wait_for(page, DISHES.text)
    for dish in dishes:
        press(page, f"Add “{dish}” at the end of the ranking")
    press(page, "Next question")
    if not grades:
        page.get_by_label("Leave this question blank").check()
    for place, grade in zip(PLACES.answers, grades, strict=False):
        page.get_by_role("group", name=place).get_by_label(grade).check()
    press(page, "Next question")
    page.get_by_label("Agree", exact=True).check()
    press(page, "Review your choices")
    press(page, "Seal the ballot")
    press(page, "Cast this ballot")
    page.locator(".pnyx-receipt, #way-replace").wait_for()
    if page.locator("#way-replace").count():
        press(page, "Replace the earlier ballot")
    wait_for(page, "Your ballot is in the box")


def test_evote_finds_what_the_voters_wrote_in_the_booth(box):
    report = verify_record(box.record(), progress=lambda *_: None)

    assert report.verdict == Verdict.COMPLETE
    dishes, places, _ = report.result.rankings
    assert [set(dishes), set(places)] == RANKINGS
    assert report.result.counts[2] == (3, 0, 0)


@NEEDS_BELENIOS
@pytest.mark.parametrize("version", ["3.0", "3.3"])
def test_belenios_accepts_the_record_and_every_ballot(box, tmp_path, version):
    assert len(box.ballots) == len(VOTES)
    assert_belenios_accepts(box, tmp_path, version)
