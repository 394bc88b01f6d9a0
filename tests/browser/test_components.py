import pytest
from playwright.sync_api import expect

from tests.browser.pages import (
    WIDE,
    WITHOUT_SCRIPT,
    assert_accessible,
    assert_focus_is_visible,
    assert_no_sideways_scroll,
    open_page,
)

pytestmark = pytest.mark.urls("tests.browser.gallery")


def test_axe_finds_nothing_in_any_component(page_in_every_view):
    page_in_every_view.goto("/gallery/")

    assert_accessible(page_in_every_view)
    assert_no_sideways_scroll(page_in_every_view)


def test_axe_finds_nothing_without_a_script(visit):
    page = visit(WITHOUT_SCRIPT)
    page.goto("/gallery/")

    assert_accessible(page)


def test_whatever_has_the_focus_shows_it(page):
    page.goto("/gallery/")

    assert_focus_is_visible(page, limit=80)


def test_the_error_summary_takes_the_focus_and_leads_to_the_field(page):
    page.goto("/gallery/")

    expect(page.locator(".govuk-error-summary")).to_be_focused()
    page.get_by_role("link", name="Write at most 8 characters").click()
    expect(page.locator("#id_title")).to_be_focused()


def test_a_password_can_be_shown_and_is_hidden_again_when_sent(page):
    page.goto("/gallery/")
    field = page.locator("#id_password")

    page.get_by_role("button", name="Show the password").click()

    expect(field).to_have_attribute("type", "text")
    expect(page.get_by_role("button", name="Hide the password")).to_have_text("Hide")


def test_copy_gives_the_tracker_without_spaces(page):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto("/gallery/")

    page.get_by_role("button", name="Copy the tracker").click()

    page.get_by_text("Copied").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == "cqJLsAZtdfZI9GN4sejYQ90NwTs7nMCATtAc7ADv1Vc"


def test_what_needs_a_script_is_not_shown_without_one(visit):
    page = visit(WITHOUT_SCRIPT)
    page.goto("/gallery/")

    expect(page.get_by_text("Copy the tracker")).to_be_hidden()
    expect(page.locator("button[data-show]")).to_be_hidden()


def test_htmx_swaps_a_part_under_trusted_types(page):
    page.goto("/gallery/")

    page.get_by_role("button", name="Fetch a part").click()

    page.get_by_text("The fetched part.").wait_for()


def fetch_markup_with_code(browser, base_url):
    with open_page(browser, base_url=base_url, view=WIDE) as page:
        page.goto("/gallery/")
        with page.expect_event("pageerror"):
            page.get_by_role("button", name="Fetch markup with code").click()
        expect(page.locator("#part")).to_have_text("Nothing fetched.")


def test_htmx_swaps_no_markup_that_carries_code(browser, live_server):
    with pytest.raises(AssertionError, match="this markup carries code"):
        fetch_markup_with_code(browser, live_server.url)
