from dataclasses import replace

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from tests.browser.pages import (
    NARROW,
    NARROW_WITHOUT_SCRIPT,
    assert_accessible,
    assert_focus_is_visible,
    assert_no_sideways_scroll,
    assert_says,
    follow,
)
from tests.factories.accounts import make_administrator, make_organisation
from tests.factories.voting import TREES, make_draft, make_election
from voting.models import Election

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.urls("tests.browser.outcomes"),
]


def test_every_outcome_holds_in_every_view(page_in_every_view):
    page = page_in_every_view

    page.goto("/outcomes/")

    expect(page.locator(".pnyx-outcome")).to_have_count(8)
    assert_accessible(page)
    assert_no_sideways_scroll(page)


def test_the_rules_hold_in_every_view(page_in_every_view):
    page = page_in_every_view

    page.goto(reverse("voting:counting"))

    expect(page.locator("section h2")).to_have_count(7)
    assert_accessible(page)
    assert_no_sideways_scroll(page)


def test_the_tables_can_be_reached_by_keyboard(visit):
    page = visit(NARROW)
    page.goto("/outcomes/")
    page.evaluate("document.querySelectorAll('details').forEach((box) => { box.open = true })")

    assert_focus_is_visible(page)


def test_the_pages_of_an_election_with_rules_hold(visit):
    rule = {"method": "plurality", "quorum": "1/2", "majority": "1/2", "majority_of": "votes"}
    made = make_election(
        phase=Election.Phase.PUBLISHED,
        questions=[replace(TREES, rule=rule)],
        votes=[(0, [[1, 0]]), (1, [[1, 0]]), (2, [[0, 1]])],
    )
    page = visit(NARROW)

    for name in ("election", "result"):
        page.goto(reverse(f"voting:{name}", args=[made.election.uuid]))
        assert_accessible(page)
        assert_no_sideways_scroll(page)
    expect(page.locator(".pnyx-outcome__who")).to_contain_text("Yes")


def test_an_administrator_chooses_a_rule_without_a_script(visit, sign_in):
    organisation = make_organisation()
    made = make_draft(organisation=organisation, questions=())
    page = visit(NARROW_WITHOUT_SCRIPT)
    sign_in(page, make_administrator(organisation))
    page.goto(reverse("voting:questions", args=[made.election.uuid]))

    page.get_by_label("Question", exact=True).fill("Who shall sit on the board?")
    page.get_by_label("Answers").fill("Ada\nBo\nCy")
    page.get_by_label("Counting rule").select_option("Single transferable vote")
    page.get_by_label("Seats").fill("2")
    follow(page.get_by_role("button", name="Add this question"))

    assert_says(page, "Counted by: Single transferable vote")
    follow(page.get_by_role("link", name="Change Who shall sit on the board?"))
    expect(page.get_by_label("Counting rule")).to_have_value("stv")
    expect(page.get_by_label("Seats")).to_have_value("2")
    assert_accessible(page)
    assert_no_sideways_scroll(page)
