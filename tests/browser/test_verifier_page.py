"""The second verifier as an observer meets it: on the site, and as a file without any network."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.pages import (
    NARROW,
    PATIENCE_MILLISECONDS,
    WIDE,
    View,
    assert_accessible,
    assert_no_sideways_scroll,
    follow,
)
from tests.factories.voting import TREES, make_election
from voting.models import Election

VECTORS = Path(__file__).parents[1] / "vectors" / "belenios"
COUNTED = next((VECTORS / "case1-homomorphic-ed25519").glob("*.bel"))
THRESHOLD = next((VECTORS / "case2-threshold-ed25519").glob("*.bel"))
RANKED = next((VECTORS / "case3-mixnet-ed25519").glob("*.bel"))
VALID = "Valid and complete: the result is right"


def check(page, *records):
    page.get_by_label("The record, and its second file").set_input_files(records)
    page.get_by_role("button", name="Check these files").click()
    verdict = page.locator("#verdict")
    verdict.wait_for()
    return verdict


@pytest.mark.parametrize("record", [COUNTED, THRESHOLD, RANKED], ids=lambda path: path.stem)
def test_a_record_is_checked_in_the_browser(page, record):
    page.goto("/verify/record/")
    verdict = check(page, record)
    expect(verdict).to_have_text(VALID)
    steps = page.locator("[data-part=steps] > li")
    expect(steps).to_have_count(16)
    expect(steps.filter(has_text="Failed")).to_have_count(0)
    expect(verdict).to_be_focused()


def test_the_result_stands_beside_the_verdict(page):
    page.goto("/verify/record/")
    check(page, COUNTED)
    rows = page.locator("[data-part=results] tbody tr")
    expect(rows.locator("[data-fill=answer]")).to_have_text(
        ["Alpha", "Beta", "Gamma", "Delta", "Epsilon"]
    )
    expect(rows.locator("[data-fill=count]")).to_have_text(["1", "3", "2", "1", "1"])


@pytest.mark.parametrize("view", [WIDE, NARROW, View(scheme="dark")], ids=str)
def test_the_report_is_accessible_and_fits(visit, view, tmp_path):
    page = visit(view)
    page.goto("/verify/record/")
    spoilt = tmp_path / "spoilt.bel"
    spoilt.write_bytes(COUNTED.read_bytes().replace(b'"Beta"', b'"Bets"', 1))
    expect(check(page, spoilt)).to_have_text(re.compile("^Invalid"))
    expect(page.locator("[data-part=results] table")).to_have_count(0)
    assert_accessible(page)
    assert_no_sideways_scroll(page)
    expect(check(page, THRESHOLD)).to_have_text(VALID)
    assert_accessible(page)
    assert_no_sideways_scroll(page)


def test_without_a_record_it_says_what_to_choose(page, tmp_path):
    page.goto("/verify/record/")
    page.get_by_role("button", name="Check these files").click()
    expect(page.get_by_role("alert")).to_contain_text("Choose one record")


def test_the_file_to_keep_works_from_a_disk_and_asks_nobody(browser, visit, tmp_path):
    page = visit(WIDE)
    page.goto("/verify/record/")
    with page.expect_download() as download:
        page.get_by_role("link", name="Keep the program as one file").click()
    kept = tmp_path / "pnyx-verifier.html"
    download.value.save_as(kept)
    asked, complaints = [], []
    context = browser.new_context(offline=True)
    context.set_default_timeout(PATIENCE_MILLISECONDS)
    alone = context.new_page()
    alone.on("request", lambda request: asked.append(request.url))
    alone.on("console", lambda message: complaints.append(message.text))
    alone.on("pageerror", lambda error: complaints.append(str(error)))
    alone.goto(kept.as_uri())
    expect(check(alone, RANKED)).to_have_text(VALID)
    assert asked == [kept.as_uri()]
    assert complaints == []
    context.close()


@pytest.mark.parametrize(
    ("phase", "verdict"),
    [
        ("OPEN", "Valid so far: nothing is wrong, but the election is not finished"),
        ("PUBLISHED", VALID),
    ],
)
def test_an_election_of_this_site_is_one_press_away_with_its_second_file(
    page, transactional_db, phase, verdict
):
    made = make_election(
        phase=Election.Phase(phase), profile=1, questions=[TREES], votes=[(0, [[1, 0]])]
    )
    page.goto(f"/elections/{made.election.uuid}/")
    follow(page.get_by_role("link", name="Check this record in your browser"))
    page.get_by_role("button", name="Fetch this election’s record and check it").click()
    expect(page.locator("#verdict")).to_have_text(verdict)
    expect(page.locator("[data-part=report]")).to_contain_text("The record and its second file")
