import pytest
from django.urls import reverse

from tests.browser.pages import (
    NARROW,
    assert_accessible,
    assert_focus_is_visible,
    assert_no_sideways_scroll,
)

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.urls("tests.browser.outcomes"),
]


def test_every_outcome_holds_in_every_view(page_in_every_view):
    page = page_in_every_view

    page.goto("/outcomes/")

    assert page.locator(".pnyx-outcome").count() == 8
    assert_accessible(page)
    assert_no_sideways_scroll(page)


def test_the_rules_hold_in_every_view(page_in_every_view):
    page = page_in_every_view

    page.goto(reverse("voting:counting"))

    assert page.locator("section h2").count() == 7
    assert_accessible(page)
    assert_no_sideways_scroll(page)


def test_the_tables_can_be_reached_by_keyboard(visit):
    page = visit(NARROW)
    page.goto("/outcomes/")
    page.evaluate("document.querySelectorAll('details').forEach((box) => { box.open = true })")

    assert_focus_is_visible(page)
