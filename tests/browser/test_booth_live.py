import json
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from audit.selectors import verifier_key
from evote.encoding import hash_of_b64
from evote.tlog.note import VerifierKey
from evote.tlog.receipt import check_receipt
from tests.browser.booth_pages import press, shown_tracker, wait_for
from tests.browser.pages import assert_accessible, assert_no_sideways_scroll
from tests.factories.accounts import make_user
from tests.factories.voting import make_draft, make_election, run_log
from voting.models import Election, Trustee
from voting.selectors.elections import result_of
from voting.services.decrypting import publish_result
from voting.services.recording import record_waiting_ballots
from voting.services.trustees import name_trustee

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

    assert "Voting is not open" in page.locator("main").inner_text()


def test_the_booth_is_the_same_bytes_signed_in_or_not_and_for_every_browser(page, live_server):
    made = make_open_election()
    address = f"{live_server.url}/elections/{made.election.uuid}/booth/"
    anonymous = Client().get(address)
    client = Client(headers={"user-agent": "Another/1.0", "accept-language": "zh-Hans"})
    client.force_login(make_user(password=None))
    signed_in = client.get(address)

    assert anonymous.content == signed_in.content
    assert not signed_in.cookies


def test_a_trustee_makes_a_key_in_the_browser_and_later_decrypts_with_its_file(
    page, sign_in, tmp_path
):
    draft = make_draft()
    name_trustee(election=draft.election, name="Ada", email="ada@example.org")
    sign_in(page, make_user(email="ada@example.org", password=None))
    sent = []
    page.on("request", lambda request: sent.append(request.post_data or ""))
    page.goto(f"/elections/{draft.election.uuid}/trustee/")
    press(page, "Make the key in this browser")
    register = page.get_by_role("button", name="Register the public key")
    assert register.is_disabled()
    assert_accessible(page)
    assert_no_sideways_scroll(page)
    with page.expect_download() as download:
        press(page, "Save the private key")
    key_file = tmp_path / "key.json"
    download.value.save_as(key_file)
    register.click()
    page.get_by_text("Your public key is registered").wait_for()

    secret = json.loads(key_file.read_text())
    trustee = Trustee.objects.get(election=draft.election)
    assert trustee.public_key in page.content()
    assert secret.isdecimal()
    assert not any(secret in body for body in sent)
    assert secret not in page.content()


@pytest.fixture
def tallied():
    """An election of two trustees whose sum waits for them."""
    votes = [(0, ([1, 0], [0, 1, 0, 0])), (1, ([0, 1], [1, 0, 0, 0]))]
    trustees = ["ada@example.org", "bob@example.org"]
    return make_election(phase=Election.Phase.TALLIED, trustees=trustees, votes=votes)


def choose_key(page, text):
    page.get_by_label("Your private key file").set_input_files(
        {"name": "key.json", "mimeType": "application/json", "buffer": text.encode()}
    )
    press(page, "Decrypt the sum")


def test_trustees_decrypt_in_the_browser(page, sign_in, tallied):
    for email, secret_key in zip(
        ["ada@example.org", "bob@example.org"], tallied.secret_keys, strict=True
    ):
        sign_in(page, make_user(email=email, password=None))
        page.goto(f"/elections/{tallied.election.uuid}/trustee/")
        choose_key(page, json.dumps(str(secret_key.reveal())))
        page.get_by_role("heading", name="Your part is handed in").wait_for()
        assert page.locator("[data-check] [data-fill=state]").all_inner_texts() == ["Held"] * 5
        assert_accessible(page)
        assert_no_sideways_scroll(page)
    published = publish_result(election=tallied.election)

    questions = result_of(election=published)
    assert [[one.count for one in question.answers] for question in questions] == [
        [1, 1],
        [1, 1, 0, 0],
    ]


@pytest.mark.parametrize(
    ("text", "explanation"),
    [
        ("{}", "This file is not a private key."),
        ('"0"', "This file is not a private key."),
        ('"007"', "This file is not a private key."),
        ('"12345"', "This is the key of another election or of another trustee."),
    ],
)
def test_a_file_that_is_not_the_trustee_s_key_is_explained(
    page, sign_in, tallied, text, explanation
):
    sign_in(page, make_user(email="ada@example.org", password=None))
    posts = []
    page.on("request", lambda request: posts.append(request.url) if request.post_data else None)
    page.goto(f"/elections/{tallied.election.uuid}/trustee/")
    choose_key(page, text)
    page.get_by_role("alert").get_by_text(explanation).wait_for()

    assert "Failed" in page.locator("[data-check] [data-fill=state]").all_inner_texts()
    assert not posts


def test_another_trustee_s_key_is_refused_before_anything_is_sent(page, sign_in, tallied):
    sign_in(page, make_user(email="ada@example.org", password=None))
    page.goto(f"/elections/{tallied.election.uuid}/trustee/")
    choose_key(page, json.dumps(str(tallied.secret_keys[1].reveal())))

    page.get_by_role("alert").get_by_text("another trustee").wait_for()
