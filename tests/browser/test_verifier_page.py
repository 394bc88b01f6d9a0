"""The second verifier as an observer meets it: on the site, and as a file without any network."""

from pathlib import Path

import pytest

from tests.browser.pages import NARROW, WIDE, View, assert_accessible, assert_no_sideways_scroll
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
    page.locator("#verdict").wait_for(timeout=60_000)
    return page.locator("#verdict").inner_text()


@pytest.mark.parametrize("record", [COUNTED, THRESHOLD, RANKED], ids=lambda path: path.stem)
def test_a_record_is_checked_in_the_browser(page, record):
    page.goto("/verify/record/")
    assert check(page, record) == VALID
    steps = page.locator("[data-part=steps] > li")
    assert steps.count() == 16
    assert steps.filter(has_text="Failed").count() == 0
    assert page.locator("#verdict").evaluate("node => node === document.activeElement")


def test_the_result_stands_beside_the_verdict(page):
    page.goto("/verify/record/")
    check(page, COUNTED)
    rows = page.locator("[data-part=results] tbody tr").all_inner_texts()
    assert [row.split("\t") for row in rows] == [
        ["Alpha", "1"],
        ["Beta", "3"],
        ["Gamma", "2"],
        ["Delta", "1"],
        ["Epsilon", "1"],
    ]


@pytest.mark.parametrize("view", [WIDE, NARROW, View(scheme="dark")], ids=str)
def test_the_report_is_accessible_and_fits(visit, view, tmp_path):
    page = visit(view)
    page.goto("/verify/record/")
    spoilt = tmp_path / "spoilt.bel"
    spoilt.write_bytes(COUNTED.read_bytes().replace(b'"Beta"', b'"Bets"', 1))
    assert check(page, spoilt).startswith("Invalid")
    assert page.locator("[data-part=results] table").count() == 0
    assert_accessible(page)
    assert_no_sideways_scroll(page)
    assert check(page, THRESHOLD) == VALID
    assert_accessible(page)
    assert_no_sideways_scroll(page)


def test_without_a_record_it_says_what_to_choose(page, tmp_path):
    page.goto("/verify/record/")
    page.get_by_role("button", name="Check these files").click()
    assert "Choose one record" in page.get_by_role("alert").inner_text()


def test_the_file_to_keep_works_from_a_disk_and_asks_nobody(browser, visit, tmp_path):
    page = visit(WIDE)
    page.goto("/verify/record/")
    with page.expect_download() as download:
        page.get_by_role("link", name="Keep the program as one file").click()
    kept = tmp_path / "pnyx-verifier.html"
    download.value.save_as(kept)
    asked, complaints = [], []
    context = browser.new_context(offline=True)
    alone = context.new_page()
    alone.on("request", lambda request: asked.append(request.url))
    alone.on("console", lambda message: complaints.append(message.text))
    alone.on("pageerror", lambda error: complaints.append(str(error)))
    alone.goto(kept.as_uri())
    assert check(alone, RANKED) == VALID
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
    page.get_by_role("link", name="Check this record in your browser").click()
    page.get_by_role("button", name="Fetch this election’s record and check it").click()
    page.locator("#verdict").wait_for(timeout=60_000)
    assert page.locator("#verdict").inner_text() == verdict
    assert "The record and its second file" in page.locator("[data-part=report]").inner_text()
