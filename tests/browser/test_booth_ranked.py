import json

import pytest
from playwright.sync_api import expect

from evote.ballot import decode_ballot, verify_ballot
from evote.group import ED25519, Element
from tests.browser.booth_pages import (
    DISHES,
    PRIORITIES,
    a_box,
    in_booth,
    press,
    wait_for,
)
from tests.browser.pages import (
    EVERY_VIEW,
    assert_accessible,
    assert_focus_is_visible,
    assert_no_sideways_scroll,
)

GRADES = ["Excellent", "Good", "Fair", "Poor"]
STRICT = {"rules": [{"method": "stv", "seats": 1}]}
WEAK = {"rules": [{"method": "schulze"}]}
GRADED = {"rules": [{"method": "majority-judgment", "grades": GRADES}]}


def assert_ranked(page, *lines):
    """Wait until the ranked answers stand in this order, each with its number."""
    numbers, answers = zip(*(line.split(" ", 1) for line in lines), strict=True)
    items = page.locator("[data-part=ranked] .pnyx-rank")
    expect(items.locator(".pnyx-rank__number")).to_have_text(numbers)
    expect(items.locator("[data-fill=answer]")).to_have_text(answers)


def said(page):
    return page.locator("[data-fill=said]")


def reviewed(page):
    """The lines of the review about the first question."""
    return page.locator(".govuk-summary-list__value").first.locator(".pnyx-booth__line")


def plain_answers(box, data):
    """What a ballot says, opened with the keys of all trustees."""
    ballot = decode_ballot(data, election=box.election)
    verify_ballot(ballot=ballot, election=box.election)
    opened = []
    for question, answer in zip(box.election.questions, ballot.answers, strict=True):
        alpha, element = (Element.decode(text, place="answer") for text in answer.choices[0])
        for secret_key in box.world.secret_keys:
            element = element * (alpha**secret_key) ** -1
        opened.append(list(ED25519.extract(element, len(question.answers))))
    return opened


def cast_from_review(page, credential):
    page.get_by_label("Your credential").fill(credential)
    press(page, "Seal the ballot")
    wait_for(page, "Your ballot is sealed")
    press(page, "Cast this ballot")
    wait_for(page, "Your ballot is in the box")


def test_answers_can_be_ranked_with_the_keyboard_alone(browser):
    box = a_box(DISHES, context=STRICT)

    def focused():
        return page.evaluate(
            """() => {
                const control = document.activeElement;
                return (control.labels?.[0] ?? control).innerText.trim();
            }"""
        )

    def tab_to(name):
        for _ in range(40):
            page.keyboard.press("Tab")
            if name in focused():
                return
        raise AssertionError(name)

    with in_booth(browser, box) as (page, _):
        wait_for(page, DISHES.text)
        tab_to("Add “Risotto”")
        page.keyboard.press("Enter")
        assert_ranked(page, "1. Risotto")
        expect(page.locator(":focus")).to_contain_text("Risotto")
        tab_to("Add “Dumplings”")
        page.keyboard.press("Space")
        page.keyboard.press("Enter")
        assert_ranked(page, "1. Dumplings", "2. Risotto")
        expect(said(page)).to_have_text("“Dumplings” is now number 1 of 2.")
        tab_to("Place of “Fish”")
        page.keyboard.press("2")
        assert_ranked(page, "1. Dumplings", "2. Fish", "3. Risotto")
        expect(page.get_by_label("Place of “Fish”")).to_be_focused()
        tab_to("Review your choices")
        page.keyboard.press("Enter")
        wait_for(page, "Is this what you mean?")
        tab_to("Your credential")
        page.keyboard.type(box.credentials[0])
        page.keyboard.press("Enter")
        wait_for(page, "Your ballot is sealed")
        tab_to("Cast this ballot")
        page.keyboard.press("Enter")
        wait_for(page, "Your ballot is in the box")

    assert plain_answers(box, *box.ballots.values()) == [[0, 1, 3, 2]]


def test_answers_can_be_ranked_with_buttons_and_the_review_says_it_in_words(browser):
    box = a_box(DISHES, context=STRICT)
    with in_booth(browser, box) as (page, _):
        press(page, "Add “Fish” at the end of the ranking")
        press(page, "Add “Lentil soup” at the end of the ranking")
        press(page, "Add “Dumplings” at the end of the ranking")
        press(page, "Move “Dumplings” up")
        press(page, "Move “Lentil soup” down")
        expect(said(page)).to_have_text("“Lentil soup” is now not ranked.")
        press(page, "Review your choices")

        expect(reviewed(page)).to_have_text(
            ["Number 1: Fish", "Number 2: Dumplings", "Not ranked: Lentil soup and Risotto"]
        )
        cast_from_review(page, box.credentials[0])

    assert plain_answers(box, *box.ballots.values()) == [[0, 2, 0, 1]]


def test_answers_share_a_place_where_the_rule_allows_it(browser):
    box = a_box(DISHES, context=WEAK)
    with in_booth(browser, box) as (page, _):
        page.get_by_label("Place of “Fish”").select_option("1")
        page.get_by_label("Place of “Risotto”").select_option("1")
        page.get_by_label("Place of “Dumplings”").select_option("2")
        assert_ranked(page, "1. Risotto", "1. Fish", "2. Dumplings")
        press(page, "Review your choices")

        expect(reviewed(page)).to_have_text(
            [
                "Number 1, shared: Risotto and Fish",
                "Number 2: Dumplings",
                "Not ranked: Lentil soup",
            ]
        )
        cast_from_review(page, box.credentials[0])

    assert plain_answers(box, *box.ballots.values()) == [[0, 2, 1, 1]]


def test_where_places_are_not_shared_a_taken_one_makes_room(browser):
    with in_booth(browser, a_box(DISHES, context=STRICT)) as (page, _):
        page.get_by_label("Place of “Fish”").select_option("1")
        page.get_by_label("Place of “Risotto”").select_option("1")
        assert_ranked(page, "1. Risotto", "2. Fish")
        choices = page.get_by_label("Place of “Risotto”").locator("option")
        expect(choices).to_have_text(["Not ranked", "1", "2"])
        page.get_by_label("Place of “Risotto”").select_option("Not ranked")
        assert_ranked(page, "1. Fish")


def test_the_focus_stays_with_the_answer_that_moves(browser):
    with in_booth(browser, a_box(DISHES, context=STRICT)) as (page, _):
        for name in ("Fish", "Risotto"):
            press(page, f"Add “{name}” at the end of the ranking")
        press(page, "Move “Risotto” up")
        expect(page.get_by_role("button", name="Move “Risotto” up")).to_be_focused()
        press(page, "Move “Risotto” down")
        press(page, "Move “Risotto” down")
        expect(page.get_by_role("button", name="Add “Risotto”")).to_be_focused()


def test_a_ranking_is_kept_when_the_voter_goes_back_and_can_be_empty(browser):
    box = a_box(DISHES, PRIORITIES, context={"rules": [*STRICT["rules"], {"method": "counts"}]})
    with in_booth(browser, box, fragment=f"#credential={box.credentials[0]}") as (page, _):
        press(page, "Add “Fish” at the end of the ranking")
        press(page, "Next question")
        press(page, "Previous question")
        assert_ranked(page, "1. Fish")
        press(page, "Move “Fish” down")
        press(page, "Next question")
        page.get_by_label("Plant trees").check()
        press(page, "Review your choices")
        expect(reviewed(page)).to_have_text(["Left blank"])
        press(page, "Seal the ballot")
        wait_for(page, "Your ballot is sealed")


def test_every_answer_gets_a_grade_or_the_question_stays_blank(browser):
    box = a_box(DISHES, context=GRADED)
    with in_booth(browser, box) as (page, _):
        soup = page.get_by_role("group", name="Lentil soup")
        soup.get_by_label("Good").check()
        press(page, "Review your choices")
        message = page.locator("#question-error")
        expect(message).to_contain_text("3 of 4 have none")
        expect(page.locator("[name=grade-1]:focus")).to_have_count(1)
        for dish in DISHES.answers[1:]:
            page.get_by_role("group", name=dish).get_by_label("Poor").check()
        expect(message).to_be_hidden()
        press(page, "Review your choices")
        expect(reviewed(page)).to_have_text(
            ["Lentil soup: Good", "Dumplings: Poor", "Risotto: Poor", "Fish: Poor"]
        )
        cast_from_review(page, box.credentials[0])

    assert plain_answers(box, *box.ballots.values()) == [[2, 4, 4, 4]]


def test_a_blank_graded_question_takes_all_grades_back(browser):
    box = a_box(DISHES, context=GRADED)
    with in_booth(browser, box) as (page, _):
        page.get_by_role("group", name="Fish").get_by_label("Fair").check()
        page.get_by_label("Leave this question blank").check()
        expect(page.locator("input[type=radio]:checked")).to_have_count(0)
        press(page, "Review your choices")
        expect(page.locator("h1")).to_have_text("Is this what you mean?")
        cast_from_review(page, box.credentials[0])

    assert plain_answers(box, *box.ballots.values()) == [[0, 0, 0, 0]]


@pytest.mark.parametrize("view", EVERY_VIEW, ids=str)
@pytest.mark.parametrize("context", [WEAK, GRADED], ids=["ranks", "grades"])
def test_axe_finds_nothing_on_ranked_screens(browser, view, context):
    box = a_box(DISHES, context=context)
    with in_booth(browser, box, view=view) as (page, _):
        wait_for(page, DISHES.text)
        assert_accessible(page)
        assert_no_sideways_scroll(page)
        if context is WEAK:
            for name in ("Fish", "Risotto"):
                page.get_by_label(f"Place of “{name}”").select_option("1")
        else:
            press(page, "Review your choices")
        assert_accessible(page)
        assert_no_sideways_scroll(page)
        assert_focus_is_visible(page)


def test_the_cast_of_a_ranked_ballot_holds_nothing_of_the_ranking(browser):
    box = a_box(DISHES, context=STRICT)
    with in_booth(browser, box) as (page, served):
        press(page, "Add “Fish” at the end of the ranking")
        press(page, "Review your choices")
        cast_from_review(page, box.credentials[0])
        (body,) = served.casts()

    assert set(json.loads(body)) == {"ballot", "prev"}
    assert not any(dish in body.decode() for dish in DISHES.answers)
