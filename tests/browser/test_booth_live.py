from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from audit.selectors import verifier_key
from evote.encoding import hash_of_b64
from evote.tlog.note import VerifierKey
from evote.tlog.receipt import check_receipt
from tests.browser.booth_pages import press, shown_tracker, wait_for
from tests.browser.pages import assert_says
from tests.factories.accounts import make_user
from tests.factories.voting import make_election, run_log
from voting.selectors.elections import result_of
from voting.services.recording import record_waiting_ballots

pytestmark = pytest.mark.django_db(transaction=True)


def make_open_election():
    now = timezone.now()
    return make_election(opens_at=now - timedelta(hours=1), closes_at=now + timedelta(days=1))


def vote(page, made, voter, *, trees, place):
    uuid = made.election.uuid
    page.goto("about:blank")
    page.goto(f"/elections/{uuid}/booth/#credential={made.credentials[voter]}")
    wait_for(page, "Plant trees in Mill Lane?")
    page.get_by_label(trees, exact=True).check()
    press(page, "Next question")
    page.get_by_label(place, exact=True).check()
    press(page, "Review your choices")
    press(page, "Seal the ballot")
    wait_for(page, "Your ballot is sealed")
    press(page, "Cast this ballot")


def test_a_voter_gets_a_receipt_that_anyone_can_check(page):
    made = make_open_election()
    vote(page, made, 0, trees="Yes", place="Harbour")
    wait_for(page, "Your ballot is in the box")
    tracker = shown_tracker(page)
    record_waiting_ballots(election=made.election)
    run_log()
    page.locator("[data-part=place] a").wait_for()
    with page.expect_download() as download:
        press(page, "Save the receipt")

    report = check_receipt(
        download.value.path().read_bytes(),
        key=VerifierKey.decode(verifier_key()),
        entry=None,
        tracker=hash_of_b64(tracker),
    )
    assert report.is_valid
    address = page.locator("[data-part=place] a").get_attribute("href")
    assert page.request.get(address).ok
    assert page.context.cookies() == []


def test_whoever_votes_again_replaces_the_earlier_ballot(page):
    made = make_open_election()
    vote(page, made, 0, trees="Yes", place="Harbour")
    wait_for(page, "Your ballot is in the box")
    earlier = shown_tracker(page)
    vote(page, made, 0, trees="No", place="Mill Lane")
    wait_for(page, "This credential has already cast a ballot. Was it you?")
    assert shown_tracker(page) == earlier
    press(page, "Replace the earlier ballot")
    wait_for(page, "Your ballot is in the box")
    for step in (made.close, made.tally, made.decrypt, made.publish):
        step()

    questions = result_of(election=made.election)
    assert [[one.count for one in question.answers] for question in questions] == [
        [0, 1],
        [0, 1, 0, 0],
    ]


def test_voting_after_the_polls_have_closed_is_explained(page):
    made = make_open_election()
    uuid = made.election.uuid
    page.goto(f"/elections/{uuid}/booth/#credential={made.credentials[0]}")
    wait_for(page, "Plant trees in Mill Lane?")
    made.close()
    press(page, "Next question")
    page.get_by_label("Harbour").check()
    press(page, "Review your choices")
    press(page, "Seal the ballot")
    press(page, "Cast this ballot")
    wait_for(page, "The ballot was not accepted")

    assert_says(page, "Voting is not open")


def test_the_booth_is_the_same_bytes_signed_in_or_not_and_for_every_browser(page, live_server):
    made = make_open_election()
    address = f"{live_server.url}/elections/{made.election.uuid}/booth/"
    anonymous = Client().get(address)
    client = Client(headers={"user-agent": "Another/1.0", "accept-language": "zh-Hans"})
    client.force_login(make_user(password=None))
    signed_in = client.get(address)

    assert anonymous.content == signed_in.content
    assert not signed_in.cookies
