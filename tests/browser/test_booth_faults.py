import json

import pytest

from tests.browser.booth_pages import (
    a_box,
    cast,
    in_booth,
    in_faulty_booth,
    press,
    shown_tracker,
    wait_for,
)
from tests.browser.pages import assert_says

# The booth waits 1, 3 and 6 seconds before it sends again; tests do not.
IMPATIENT = """
    const wait = window.setTimeout;
    window.setTimeout = (act, milliseconds) => wait(act, milliseconds > 500 ? 5 : milliseconds);
"""


def test_when_the_answer_is_lost_the_same_bytes_are_sent_again(browser):
    box = a_box()
    with in_faulty_booth(browser, box) as (page, served):
        page.add_init_script(IMPATIENT)
        served.faults = ["lost"]
        page.goto(served.booth)
        cast(page, box.credentials[0])
        wait_for(page, "Your ballot is in the box")

    first, second = served.casts()
    assert first == second
    assert len(box.ballots) == 1


def test_when_nothing_answers_the_voter_sends_the_same_ballot_again(browser):
    box = a_box()
    with in_faulty_booth(browser, box) as (page, served):
        page.add_init_script(IMPATIENT)
        served.faults = ["unheard"] * 100  # Chromium sends again by itself too
        page.goto(served.booth)
        cast(page, box.credentials[0])
        wait_for(page, "No answer came")
        tracker = shown_tracker(page)
        assert_says(page, "It may be in the box already, or it may not.")
        served.faults.clear()
        press(page, "Send the same ballot again")
        wait_for(page, "Your ballot is in the box")

    assert list(box.ballots) == [tracker]
    assert len(set(served.casts())) == 1


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_a_server_in_trouble_is_asked_again(browser, status):
    box = a_box()
    with in_faulty_booth(browser, box) as (page, served):
        page.add_init_script(IMPATIENT)
        served.faults = [status, status]
        page.goto(served.booth)
        cast(page, box.credentials[0])
        wait_for(page, "Your ballot is in the box")

    assert len(served.casts()) == 3
    assert len(set(served.casts())) == 1


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("not_open", "Voting is not open"),
        ("unknown_credential", "Your credential is not on the list"),
        ("too_many_ballots", "This credential has cast too many ballots"),
        ("wrong_election", "It belongs to another election"),
        ("bad_signature", "Its signature does not fit"),
        ("bad_proof", "A proof in it does not hold"),
        ("non_canonical", "It does not have the form of a ballot"),
        ("too_deep", "It does not have the form of a ballot"),
        ("wrong_shape", "It does not have the form of a ballot"),
        ("identity_element", "It does not have the form of a ballot"),
        ("too_large", "It is larger than"),
        ("duplicate_ciphertext", "A part of it is already in the box"),
        ("not_found", "The server does not know this election"),
        ("moon_phase", "The server refused it and gave no reason"),
    ],
)
def test_a_refusal_is_explained_in_our_words(browser, code, sentence):
    box = a_box()
    with in_booth(browser, box) as (page, served):
        served.faults = [{"status": 429 if code == "too_many_ballots" else 400, "code": code}]
        cast(page, box.credentials[0])
        wait_for(page, "The ballot was not accepted")

        assert_says(page, sentence, "It is not in the box.", f"Code: {code}")
        assert len(served.casts()) == 1


def test_after_a_refusal_a_new_ballot_can_be_sealed(browser):
    box = a_box()
    with in_booth(browser, box) as (page, served):
        served.faults = [{"status": 400, "code": "duplicate_ciphertext"}]
        cast(page, box.credentials[0])
        wait_for(page, "The ballot was not accepted")
        press(page, "Back to the review")
        press(page, "Seal the ballot")
        press(page, "Cast this ballot")
        wait_for(page, "Your ballot is in the box")

    refused, accepted = (json.loads(body)["ballot"] for body in served.casts())
    assert refused != accepted


@pytest.mark.parametrize(
    "forged",
    [
        {"tracker": "A" * 43},
        {"election": "11111111111111"},
        {"promise": "about nothing"},
        {"promise": None},
    ],
    ids=["tracker", "election", "promise", "no promise"],
)
def test_an_answer_about_another_ballot_is_not_believed(browser, forged):
    box = a_box()
    with in_booth(browser, box) as (page, served):
        honest = {"tracker": "A" * 43, "election": box.uuid, "promise": "A" * 43}
        served.faults = [{"status": 201} | honest | forged]
        cast(page, box.credentials[0])
        wait_for(page, "The ballot was not accepted")

        assert_says(page, "Code: answer")


def test_a_current_ballot_that_is_no_tracker_is_not_built_on(browser):
    box = a_box()
    with in_booth(browser, box) as (page, served):
        served.faults = [{"status": 409, "code": "stale_prev", "current": "<b>first</b>"}]
        cast(page, box.credentials[0])
        wait_for(page, "The ballot was not accepted")


def test_a_ballot_that_waits_long_for_the_log_can_be_asked_about_again(browser):
    box = a_box()
    with in_faulty_booth(browser, box) as (page, served):
        page.add_init_script(IMPATIENT)
        page.goto(served.booth)
        cast(page, box.credentials[0])
        wait_for(page, "Your ballot is in the box")
        page.get_by_text("Accepted, and not in the log yet").wait_for()
        asked = len(served.questions())
        page.wait_for_timeout(100)
        assert len(served.questions()) == asked
        box.recorded[shown_tracker(page)] = 7
        press(page, "Look again")
        page.get_by_role("link", name="Entry 7").wait_for()
