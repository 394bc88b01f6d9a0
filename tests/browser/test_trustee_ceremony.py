"""The ceremony of a threshold in Chromium, and what goes wrong in it."""

import json

import pytest
from playwright.sync_api import expect

from evote.threshold import derive_keys, generate_seed
from evote.threshold.complaints import judge_evidence
from tests.browser.booth_pages import press, shown_tracker
from tests.browser.pages import (
    NARROW,
    WIDE,
    assert_accessible,
    assert_focus_is_visible,
    assert_no_sideways_scroll,
    assert_says,
)
from tests.browser.trustee_pages import (
    NAMES,
    choose_key,
    press_with_keyboard,
    save_key,
    states,
    trustees_in_browsers,
    wait_for_part,
    watch_what_is_sent,
)
from tests.factories.accounts import make_user
from tests.factories.ceremonies import make_ceremony, reveal_with_bad_share
from tests.factories.voting import make_draft
from voting.models import Trustee
from voting.services.groups import begin_ceremony, make_group
from voting.services.trustees import name_trustee

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ceremony():
    """A draft in whose ceremony two of three members will suffice."""
    draft = make_draft()
    group = make_group(election=draft.election, threshold=2)
    for name in NAMES[:3]:
        name_trustee(
            election=draft.election, name=name, email=f"{name.lower()}@example.org", group=group
        )
    begin_ceremony(group=group)
    draft.election.refresh_from_db()
    return draft


def test_three_trustees_make_a_common_key_in_three_browsers(
    browser, live_server, sign_in, ceremony, tmp_path
):
    views = {"Ada": WIDE, "Bob": NARROW, "Carla": WIDE}
    with trustees_in_browsers(
        browser, base_url=live_server.url, sign_in=sign_in, views=views
    ) as pages:
        keys = {}
        for name, page in pages.items():
            page.goto(f"/elections/{ceremony.election.uuid}/trustee/")
            press(page, "Make the keys in this browser")
            wait_for_part(page, "The keys are made. Save them now")
            expect(page.get_by_role("button", name="Show the public part")).to_be_disabled()
            keys[name] = save_key(page, button="Save the private key", folder=tmp_path)
            press(page, "Show the public part to the others")
            page.locator("[data-check=certificates]").wait_for()
        # Bob has closed his page, and comes back with his file.
        bob = pages["Bob"]
        bob.reload()
        choose_key(bob, keys["Bob"], button="Go on with this key")
        fingerprints = set()
        for page in pages.values():
            wait_for_part(page, "Compare these eight groups by telephone")
            fingerprints.add(shown_tracker(page))
            assert_accessible(page)
            assert_no_sideways_scroll(page)
            assert_focus_is_visible(page)
            press(page, "All of us see the same groups")
        assert len(fingerprints) == 1
        for page in pages.values():
            wait_for_part(page, "The common key is made")
            expect(states(page)).to_have_text(["Done"] * 4)
            assert_accessible(page)

    trustees = Trustee.objects.filter(election=ceremony.election).order_by("position")
    assert all(trustee.has_key for trustee in trustees)
    seeds = {json.loads(file.read_text()) for file in keys.values()}
    assert len(seeds) == 3


@pytest.fixture
def cheated():
    """A ceremony in which member 2 sent member 3 a wrong share, and the seed of member 3."""
    draft = make_draft()
    made = make_ceremony(election=draft.election)
    seed = generate_seed()
    made.keys[2] = derive_keys(seed)
    made.run(until="commit")
    made.send("polynomial", 1)
    made.send("polynomial", 2, reveal_with_bad_share(made, by=2, to=3))
    made.send("polynomial", 3)
    return made, seed


def open_as_member(page, sign_in, made, *, member):
    trustee = made.group.members.get(member=member)
    sign_in(page, make_user(email=trustee.email, password=None))
    page.goto(f"/elections/{made.group.election.uuid}/trustee/")
    return trustee


def test_a_28_a_bad_share_is_named_and_proven_and_the_ceremony_begins_again(
    page, sign_in, cheated, tmp_path
):
    made, seed = cheated
    open_as_member(page, sign_in, made, member=3)
    culprit = made.group.members.get(member=2)
    choose_key(page, json.dumps(seed), button="Go on with this key")
    wait_for_part(page, "A share is wrong")
    expect(page.locator("[data-fill=accused]")).to_contain_text(culprit.name)
    assert_accessible(page)
    assert_no_sideways_scroll(page)
    assert_focus_is_visible(page)
    press(page, "Send the complaint")
    wait_for_part(page, "This ceremony has ended with a complaint")
    expect(page.locator("[data-part=complaints]")).to_contain_text(
        f"sent by {culprit.name} was wrong"
    )
    expect(states(page)).to_have_text(["Done", "Done", "Done", "Failed"])
    assert_accessible(page)
    evidence = save_key(page, button="Save the evidence", folder=tmp_path)
    _ceremony, verdict = judge_evidence(evidence.read_bytes())
    assert (verdict.about, verdict.by) == (2, 3)

    begin_ceremony(group=made.group)
    wait_for_part(page, "Your turn: make your keys")


def test_a_27_a_swapped_certificate_stops_the_member_whose_place_it_takes(page, sign_in, cheated):
    made, seed = cheated
    open_as_member(page, sign_in, made, member=1)
    sent = watch_what_is_sent(page)
    choose_key(page, json.dumps(seed), button="Go on with this key")

    page.get_by_role("alert").get_by_text("a key that is not yours").wait_for()
    assert not any(sent)


def test_a_ceremony_that_has_not_begun_says_who_begins_it(page, sign_in):
    draft = make_draft()
    group = make_group(election=draft.election, threshold=2)
    name_trustee(election=draft.election, name="Ada", email="ada@example.org", group=group)
    sign_in(page, make_user(email="ada@example.org", password=None))
    page.goto(f"/elections/{draft.election.uuid}/trustee/")

    page.get_by_text("When the organisers have named all of them").wait_for()
    assert_accessible(page)


def test_a_member_takes_the_first_steps_with_the_keyboard_alone(page, sign_in, ceremony, tmp_path):
    sign_in(page, make_user(email="ada@example.org", password=None))
    page.goto(f"/elections/{ceremony.election.uuid}/trustee/")
    press_with_keyboard(page, "Make the keys in this browser")
    wait_for_part(page, "The keys are made. Save them now")
    expect(page.locator(":focus")).to_have_text("The keys are made. Save them now")
    with page.expect_download() as download:
        press_with_keyboard(page, "Save the private key")
    download.value.save_as(tmp_path / "key.json")
    press_with_keyboard(page, "Show the public part to the others")
    wait_for_part(page, "Your step is taken")
    assert_says(page, "Waiting for Bob and Carla")


def test_a_press_counts_while_the_page_asks_for_news(page, sign_in, ceremony):
    sign_in(page, make_user(email="ada@example.org", password=None))
    page.goto(f"/elections/{ceremony.election.uuid}/trustee/")
    expect(page.get_by_role("button", name="Make the keys in this browser")).to_be_visible()
    unanswered = []
    with page.expect_request("**/ceremonies/*"):
        page.route("**/ceremonies/*", lambda route: unanswered.append(route))
    press(page, "Make the keys in this browser")
    for route in unanswered:
        route.continue_()
    page.unroute("**/ceremonies/*")

    wait_for_part(page, "The keys are made. Save them now")


def test_a_key_file_behind_a_passphrase_opens_with_it_alone(page, sign_in, ceremony, tmp_path):
    sign_in(page, make_user(email="ada@example.org", password=None))
    page.goto(f"/elections/{ceremony.election.uuid}/trustee/")
    press(page, "Make the keys in this browser")
    field = page.get_by_label("A passphrase for the file, if you like")
    field.fill("too short")
    press(page, "Save the private key")
    page.get_by_text("The passphrase is too short.").wait_for()
    expect(page.get_by_role("button", name="Show the public part")).to_be_disabled()
    assert_accessible(page)
    field.fill("correct horse battery staple")
    key = save_key(page, button="Save the private key", folder=tmp_path)
    assert list(json.loads(key.read_text())) == ["version", "protected"]
    press(page, "Show the public part to the others")
    wait_for_part(page, "Your step is taken")

    page.reload()
    choose_key(page, key, button="Go on with this key")
    page.get_by_role("alert").get_by_text("This file is behind a passphrase.").wait_for()
    page.get_by_label("Its passphrase, if it has one").fill("correct horse battery stable")
    press(page, "Go on with this key")
    page.get_by_role("alert").get_by_text("does not open this file").wait_for()
    expect(states(page)).to_have_text(["Now", "Not yet", "Not yet", "Not yet"])
    assert_accessible(page)
    assert_no_sideways_scroll(page)
    page.get_by_label("Its passphrase, if it has one").fill("correct horse battery staple")
    press(page, "Go on with this key")
    wait_for_part(page, "Your step is taken")
