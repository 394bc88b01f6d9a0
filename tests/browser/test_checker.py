import json
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from tests.browser.booth_pages import press, shown_tracker, wait_for
from tests.browser.pages import (
    EVERY_VIEW,
    WITHOUT_SCRIPT,
    View,
    assert_accessible,
    assert_focus_is_visible,
    assert_no_sideways_scroll,
    assert_says,
)
from tests.factories.voting import make_election
from voting.models import Ballot, Challenge

pytestmark = pytest.mark.django_db(transaction=True)

HELD = "The booth encrypted what it shows"
PHONE = View(width=360)
# A camera that always shows the code, and a browser that can read it.
CAMERA = """
    window.BarcodeDetector = class {
        async detect() { return [{ rawValue: scanned }]; }
    };
    navigator.mediaDevices.getUserMedia = async () =>
        document.createElement("canvas").captureStream();
    HTMLMediaElement.prototype.play = async () => undefined;
"""


@pytest.fixture
def made():
    """An open election of the questions about trees."""
    now = timezone.now()
    return make_election(opens_at=now - timedelta(hours=1), closes_at=now + timedelta(days=1))


def seal(page, made):
    page.goto(f"/elections/{made.election.uuid}/booth/#credential={made.credentials[0]}")
    wait_for(page, "Plant trees in Mill Lane?")
    page.get_by_label("Yes", exact=True).check()
    press(page, "Next question")
    page.get_by_label("Harbour", exact=True).check()
    press(page, "Review your choices")
    press(page, "Seal the ballot")
    wait_for(page, "Your ballot is sealed")


def open_ballot(page):
    """Challenge the sealed ballot and return the text of its file."""
    press(page, "Challenge this ballot")
    wait_for(page, "Your ballot is open: check it on another device")
    with page.expect_download() as download:
        press(page, "Save the opened ballot")
    return download.value.path().read_text()


def give(page, text):
    page.get_by_label("The opened ballot, as a file").set_input_files(
        {"name": "challenge.json", "mimeType": "application/json", "buffer": text.encode()}
    )
    press(page, "Check the opened ballot")


def states(page):
    return page.locator("[data-check] [data-fill=state]")


def test_a_challenge_is_checked_on_a_second_device_that_scanned_the_tracker_before(visit, made):
    booth, phone = visit(View()), visit(PHONE)
    seal(booth, made)
    tracker = shown_tracker(booth)
    in_address = tracker.replace("+", "-").replace("/", "_")
    phone.goto(f"/elections/{made.election.uuid}/check/#tracker={in_address}")
    expect(phone.get_by_label("The tracker that you saw")).to_have_value(tracker)
    text = open_ballot(booth)
    sent = []
    phone.on("request", lambda request: sent.append(request.post_data))
    give(phone, text)
    phone.get_by_role("heading", name=HELD).wait_for()

    expect(states(phone)).to_have_text(["Held"] * 5)
    expect(phone.locator("dl [data-part=values]")).to_have_text(["Yes", "Harbour"])
    assert not any(sent)
    expect(phone.locator("#verdict")).to_be_focused()
    assert Challenge.objects.count() == 1
    assert not Ballot.objects.exists()
    press(booth, "Choose anew")
    wait_for(booth, "Plant trees in Mill Lane?")


def test_a48_a_booth_that_encrypts_another_choice_is_found_out(visit, made):
    booth, phone = visit(View()), visit(PHONE)
    seal(booth, made)
    opened = json.loads(open_ballot(booth))
    opened["answers"][0].reverse()
    phone.goto(f"/elections/{made.election.uuid}/check/")
    give(phone, json.dumps(opened, separators=(",", ":")))
    verdict = "The booth cheated: the ballot does not hold what the file says"
    phone.get_by_role("heading", name=verdict).wait_for()

    expect(states(phone)).to_have_text(["Held", "Held", "Held", "Failed", "Not yet"])
    expect(phone.locator("dl [data-part=values]:visible")).to_have_count(0)
    assert_accessible(phone)


def test_a48_a_booth_that_opens_another_ballot_than_it_had_shown_is_found_out(visit, made):
    booth, phone = visit(View()), visit(PHONE)
    seal(booth, made)
    shown = shown_tracker(booth)
    press(booth, "Throw it away and change")
    press(booth, "Seal the ballot")
    wait_for(booth, "Your ballot is sealed")
    text = open_ballot(booth)
    phone.goto(f"/elections/{made.election.uuid}/check/")
    phone.get_by_label("The tracker that you saw").fill(f"{shown[:4]} {shown[4:]}")
    phone.get_by_label("Or as text").fill(text)
    press(phone, "Check the opened ballot")
    verdict = "The booth cheated: it opened another ballot than the one it had shown"
    phone.get_by_role("heading", name=verdict).wait_for()

    expect(states(phone)).to_have_text(["Held"] * 4 + ["Failed"])


def test_without_a_tracker_the_voter_is_told_to_compare_it(visit, made):
    booth, phone = visit(View()), visit(PHONE)
    seal(booth, made)
    tracker = shown_tracker(booth)
    text = open_ballot(booth)
    phone.goto(f"/elections/{made.election.uuid}/check/")
    give(phone, text)
    phone.get_by_role("heading", name=HELD).wait_for()

    expect(states(phone).last).to_have_text("Not compared")
    expect(phone.locator(".pnyx-seal")).to_contain_text("the tracker with the one that you noted")
    shown = " ".join(tracker[at : at + 4] for at in range(0, len(tracker), 4))
    expect(phone.locator("[data-check=tracker] [data-fill=tracker]")).to_have_text(shown)


@pytest.mark.parametrize(
    ("tracker", "text", "explanation"),
    [
        ("", "", "Choose the file with the opened ballot, or paste its text."),
        ("cqJL sAZt", "{}", "A tracker has 43 characters"),
    ],
    ids=["nothing", "half a tracker"],
)
def test_what_is_missing_is_said(visit, made, tracker, text, explanation):
    page = visit(PHONE)
    page.goto(f"/elections/{made.election.uuid}/check/")
    page.get_by_label("The tracker that you saw").fill(tracker)
    page.get_by_label("Or as text").fill(text)
    press(page, "Check the opened ballot")

    page.get_by_role("alert").get_by_text(explanation).wait_for()


@pytest.mark.parametrize("text", ["{}", "[", '{"version":1}', "<script>alert(1)</script>"])
def test_what_is_no_opened_ballot_is_refused_at_the_first_step(visit, made, text):
    page = visit(PHONE)
    page.goto(f"/elections/{made.election.uuid}/check/")
    page.get_by_label("Or as text").fill(text)
    press(page, "Check the opened ballot")
    page.get_by_role("heading", name="This is not an opened ballot").wait_for()

    expect(states(page)).to_have_text(["Failed"] + ["Not yet"] * 4)


def test_the_camera_reads_the_code_where_the_browser_can(visit, made):
    booth, phone = visit(View()), visit(PHONE)
    seal(booth, made)
    text = open_ballot(booth)
    phone.add_init_script(f"const scanned = {json.dumps(text)}; {CAMERA}")
    phone.goto(f"/elections/{made.election.uuid}/check/")
    press(phone, "Scan its QR code")
    phone.get_by_role("heading", name=HELD).wait_for()


def test_the_checker_may_use_the_camera_and_no_other_page_may(client, made):
    address = f"/elections/{made.election.uuid}/"
    allowed = client.get(f"{address}check/").headers["Permissions-Policy"]

    assert "camera=(self)" in allowed
    assert "microphone=()" in allowed
    assert "camera=()" in client.get(address).headers["Permissions-Policy"]


def test_without_a_script_the_page_says_how_else(visit, made):
    page = visit(WITHOUT_SCRIPT)
    page.goto(f"/elections/{made.election.uuid}/check/")

    assert_says(page, "This page needs JavaScript", "evote ballot check")
    expect(page.get_by_role("button", name="Check the opened ballot")).to_have_count(0)


@pytest.mark.parametrize("view", EVERY_VIEW, ids=str)
def test_axe_finds_nothing_on_the_checker(visit, made, view):
    booth, page = visit(View()), visit(view)
    seal(booth, made)
    text = open_ballot(booth)
    page.goto(f"/elections/{made.election.uuid}/check/")
    assert_accessible(page)
    assert_no_sideways_scroll(page)
    assert_focus_is_visible(page)
    give(page, text)
    page.get_by_role("heading", name=HELD).wait_for()
    assert_accessible(page)
    assert_no_sideways_scroll(page)
