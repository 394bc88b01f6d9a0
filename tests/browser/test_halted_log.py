"""What people see on each page while the log is halted."""

import pytest
from playwright.sync_api import expect

from audit.selectors.halting import HaltNotice, Obstacle
from audit.services.halting import forget_notice, keep_notice
from tests.browser.pages import assert_accessible, assert_no_sideways_scroll

pytestmark = pytest.mark.django_db(transaction=True)
REASON = (
    "The published checkpoint covers 300 entries and the database holds 200: it was restored "
    "from an older copy."
)


@pytest.fixture(autouse=True)
def forgotten_afterwards():
    yield
    forget_notice()


@pytest.mark.parametrize("obstacle", Obstacle)
def test_axe_finds_nothing_on_a_page_of_a_halted_log(page_in_every_view, obstacle):
    keep_notice(HaltNotice(obstacle=obstacle, reason=REASON))

    page_in_every_view.goto("/log/")
    region = page_in_every_view.get_by_role("region", name="State of the audit log")
    region.locator("summary").click()

    expect(region.get_by_text("The audit log is halted")).to_be_visible()
    expect(region.get_by_text(REASON)).to_be_visible()
    expect(region.get_by_text("manage.py recover_log")).to_have_count(
        1 if obstacle == Obstacle.CONTRADICTION else 0
    )
    assert_accessible(page_in_every_view)
    assert_no_sideways_scroll(page_in_every_view)


@pytest.mark.parametrize("path", ["/", "/elections/", "/consultations/", "/verify/receipt/"])
def test_the_other_pages_work_and_say_it_too(page, path):
    keep_notice(HaltNotice(obstacle=Obstacle.CONTRADICTION, reason=REASON))

    page.goto(path)

    expect(page.get_by_role("region", name="State of the audit log")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
