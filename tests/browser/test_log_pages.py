"""The bulletin board, an entry, and the page that checks receipts, as people see them."""

from datetime import date

import pytest
from playwright.sync_api import expect

from audit.selectors import receipt_of
from audit.services.log import append_entry
from audit.services.sequencing import sequence
from tests.browser.pages import (
    NARROW,
    WITHOUT_SCRIPT,
    View,
    assert_accessible,
    assert_focus_is_visible,
    assert_no_sideways_scroll,
    follow,
)
from tests.factories.audit import BODIES, append_ballots, ballot_event

pytestmark = pytest.mark.django_db(transaction=True)
MINE = len(BODIES)


@pytest.fixture(autouse=True)
def log():
    for kind, body in BODIES.items():
        append_entry(kind=kind, body=body)
    append_entry(kind="election-event", body=ballot_event())
    append_ballots(60)
    sequence(today=date(2026, 11, 21))


@pytest.mark.parametrize(
    "path",
    [
        "/log/",
        "/log/?q=nothing-like-this",
        "/log/?kind=booth",
        "/log/?consultation=town-trees",
        "/log/?after=9999",
        f"/log/entries/{MINE}",
        "/log/state/",
        "/log/schemas/",
    ],
)
def test_axe_finds_nothing(page_in_every_view, path):
    page_in_every_view.goto(path)
    for summary in page_in_every_view.locator("summary").all():
        summary.click()

    assert_accessible(page_in_every_view)
    assert_no_sideways_scroll(page_in_every_view)


def check_receipt(page, content):
    page.goto("/verify/receipt/")
    page.get_by_label("Drop your receipt here").set_input_files(
        {"name": f"receipt-{MINE}.tlog-proof", "mimeType": "text/plain", "buffer": content}
    )
    page.get_by_role("button", name="Check the receipt").click()


def test_a_checked_receipt_is_accessible(page_in_every_view):
    check_receipt(page_in_every_view, receipt_of(index=MINE))

    page_in_every_view.get_by_role("heading", name="The entry is in the log").wait_for()
    assert_accessible(page_in_every_view)
    assert_no_sideways_scroll(page_in_every_view)


@pytest.mark.parametrize("view", [WITHOUT_SCRIPT, NARROW], ids=str)
def test_a_forged_receipt_is_refused_with_its_step(visit, view):
    page = visit(view)
    check_receipt(
        page, receipt_of(index=MINE).replace(b"index %d" % MINE, b"index %d" % (MINE + 1))
    )

    page.get_by_role("heading", name="The receipt does not match the log").wait_for()
    expect(page.get_by_text(f"receipt-{MINE}.tlog-proof: step 4 failed")).to_be_visible()
    assert_accessible(page)


def test_an_observer_finds_a_ballot_by_its_tracker_and_takes_its_receipt_without_a_script(visit):
    page = visit(View(javascript=False, options={"accept_downloads": True}))
    page.goto(f"/log/entries/{MINE}")
    tracker = "".join(page.locator(".pnyx-tracker span").all_inner_texts())
    page.goto("/log/")
    page.get_by_label("Find an entry").fill(tracker[:8])
    follow(page.get_by_role("button", name="Show these entries"))
    follow(page.get_by_role("link", name=str(MINE), exact=True))
    with page.expect_download() as download:
        page.get_by_role("link", name="Receipt", exact=True).click()
    receipt = download.value.path()

    page.goto("/verify/receipt/")
    page.get_by_label("Drop your receipt here").set_input_files(receipt)
    page.get_by_label("Tracker of your ballot").fill(tracker)
    page.get_by_role("button", name="Check the receipt").click()

    page.get_by_role("heading", name="This ballot is in the log").wait_for()


def test_a_reader_follows_one_consultation_without_a_script(visit):
    page = visit(WITHOUT_SCRIPT)
    page.goto(f"/log/entries/{list(BODIES).index('appeal')}")
    follow(page.get_by_role("link", name="All entries about it"))
    page.get_by_label("Show", exact=True).select_option(label="Appeal")
    follow(page.get_by_role("button", name="Show these entries"))

    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.get_by_text("Only entries about the consultation town-trees.")).to_be_visible()
    follow(page.get_by_role("link", name="Look for newer entries"))
    expect(page.get_by_role("heading", name="Nothing newer yet")).to_be_visible()
    append_entry(kind="appeal", body=BODIES["appeal"] | {"step": "overturned"})
    sequence(today=date(2026, 11, 21))
    follow(page.get_by_role("link", name="Look for newer entries"))
    told = "Another moderator looked at an appeal: the act of moderation was taken back."
    expect(page.get_by_text(told)).to_be_visible()
    feed = page.get_by_role("link", name="These entries as a feed").get_attribute("href")
    answer = page.request.get(feed)
    assert answer.headers["content-type"].startswith("application/atom+xml")
    assert told in answer.text()


def test_the_state_of_the_log_can_be_read_without_a_script_and_by_keyboard(visit):
    page = visit(WITHOUT_SCRIPT)
    page.goto("/log/")
    follow(page.get_by_role("link", name="How the log grows and who watches it"))

    expect(page.get_by_role("img", name="Length of the log, day by day")).to_be_visible()
    page.locator("summary").first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("columnheader", name="New entries")).to_be_visible()
    assert_focus_is_visible(page)
