import pytest
from playwright.sync_api import expect

from tests.browser.pages import (
    WITHOUT_SCRIPT,
    View,
    assert_accessible,
    assert_focus_is_visible,
    assert_no_sideways_scroll,
    follow,
)

PAGES = [
    "/how-it-works/",
    "/phases/",
    "/rules/",
    "/verify/",
    "/verify/record/",
    "/open-data/",
    "/help/",
    "/accessibility/",
    "/privacy/",
    "/source/",
]


@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing(page_in_every_view, path):
    page_in_every_view.goto(path)

    assert_accessible(page_in_every_view)
    assert_no_sideways_scroll(page_in_every_view)


def test_whatever_has_the_focus_shows_it(page):
    page.goto("/verify/")

    assert_focus_is_visible(page)


def test_a_page_that_does_not_exist_is_accessible_too(page_in_every_view):
    answer = page_in_every_view.goto("/nothing-here/")

    assert answer.status == 404
    assert_accessible(page_in_every_view)


@pytest.mark.parametrize("javascript", [True, False])
def test_the_language_stays_chosen(visit, javascript):
    page = visit(View(javascript=javascript))
    page.goto("/verify/")

    follow(page.get_by_role("link", name="中文"))

    expect(page).to_have_url("/verify/")
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
    expect(page.get_by_role("link", name="English")).to_have_attribute("hreflang", "en")


def test_the_colours_stay_chosen_without_a_script(visit):
    page = visit(WITHOUT_SCRIPT)
    page.goto("/help/")

    follow(page.get_by_role("link", name="dark", exact=True))

    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    follow(page.get_by_role("link", name="as on this device", exact=True))
    expect(page.locator("html[data-theme]")).to_have_count(0)
