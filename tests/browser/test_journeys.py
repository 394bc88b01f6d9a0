"""One journey for each kind of person, through the real site, in Chromium."""

import json
import subprocess
import sys
from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone
from playwright.sync_api import expect

from audit.selectors import verifier_key
from evote.election import encode_trustee, make_trustee
from evote.group import random_scalar
from tests.browser.booth_pages import press, shown_tracker, wait_for
from tests.browser.pages import WITHOUT_SCRIPT, assert_accessible, assert_says, follow
from tests.factories.accounts import make_administrator, make_organisation, make_user
from tests.factories.deliberation import (
    make_full_consultation,
    make_proposal,
    make_shortlisted,
)
from tests.factories.voting import LINK, MadeElection, make_election, run_log
from voting.models import Election
from voting.services.credentials import send_credential_batch
from voting.services.recording import record_waiting_ballots
from voting.services.trustees import register_public_key
from voting.services.verification import verify_published_record

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

VOTES = [(0, ([1, 0], [0, 1, 0, 0])), (1, ([0, 1], [0, 1, 1, 0])), (0, ([0, 1], [1, 0, 0, 0]))]


def click(page, name) -> None:
    follow(page.get_by_role("button", name=name, exact=True))


def test_an_administrator_takes_a_debate_to_a_sealed_election_without_a_script(
    visit, sign_in, tmp_path
):
    organisation = make_organisation(name="Northfield City Council")
    consultation = make_full_consultation(now=timezone.now(), organisation=organisation)
    for title in ("Stay in the Single Market", "Put the deal to a referendum"):
        make_shortlisted(consultation=consultation, title=title, now=timezone.now())
    page = visit(WITHOUT_SCRIPT)
    sign_in(page, make_administrator(organisation))

    page.goto(f"{consultation.get_absolute_url()}setup/election/")
    page.get_by_label("Title").fill("Which way for Northfield?")
    opens = timezone.localtime() + timedelta(days=1)
    page.get_by_label("Voting opens").fill(f"{opens:%Y-%m-%dT%H:%M}")
    page.get_by_label("Voting closes").fill(f"{opens + timedelta(days=7):%Y-%m-%dT%H:%M}")
    click(page, "Draft the election")
    expect(page.locator("h1")).to_contain_text("Set up an election")
    election = Election.objects.get()

    rolls = tmp_path / "roll.csv"
    rolls.write_text("email,name\nada@example.org,Ada\nalan@example.org,Alan\n")
    page.goto(f"/accounts/organisations/{organisation.slug}/rolls/upload/")
    page.get_by_label("Name of the roll").fill("Residents")
    page.get_by_label("File").set_input_files(rolls)
    click(page, "Check the file")
    click(page, "Make the roll")
    page.goto(f"/elections/{election.uuid}/manage/roll/")
    page.get_by_label("Residents").check()
    click(page, "Choose this roll")

    follow(page.get_by_role("link", name="Go on with: Credentials"))
    click(page, "Send credentials to 2 people")
    election.refresh_from_db()
    while send_credential_batch(election=election):
        pass
    assert {message.to[0] for message in mail.outbox} >= {"ada@example.org", "alan@example.org"}

    page.goto(f"/elections/{election.uuid}/manage/trustees/")
    page.get_by_label("Name").fill("City Ombudsman")
    page.get_by_label("E-mail address").fill("ombudsman@example.org")
    click(page, "Invite this trustee")
    secret_key = random_scalar()
    key = encode_trustee(make_trustee(secret_key=secret_key, name=None))
    register_public_key(trustee=election.trustees.get(), data=key)

    page.goto(f"/elections/{election.uuid}/manage/")
    assert_says(page, "6 of 7 tasks are done.")
    follow(page.get_by_role("link", name="Go on with: Seal the election"))
    click(page, "Seal the election")

    expect(page.locator("h1")).to_contain_text("An election on its way")
    assert_says(page, "have still to sign")
    election.refresh_from_db()
    assert election.phase == Election.Phase.SIGNING
    MadeElection(election, secret_keys=[secret_key]).sign()
    run_log()
    page.goto(consultation.get_absolute_url())
    expect(page.locator("body")).to_contain_text("Which way for Northfield?")


def test_a_citizen_reads_argues_votes_and_checks_the_receipt(page, sign_in, tmp_path):
    now = timezone.now()
    consultation = make_full_consultation(now=now)
    proposal = make_proposal(
        consultation=consultation, title="Put the final deal to a referendum", now=now
    )
    citizen = make_user(email="ada@example.org", display_name="Participant 12")
    made = make_election(
        emails=["ada@example.org", "alan@example.org"],
        opens_at=now - timedelta(hours=1),
        closes_at=now + timedelta(days=1),
    )
    sign_in(page, citizen)

    page.goto("/")
    follow(page.get_by_role("link", name=consultation.title).first)
    page.goto(proposal.get_absolute_url())
    click(page, "Endorse this proposal")
    assert_says(page, "You endorse this proposal.")

    letter = next(message for message in mail.outbox if message.to == ["ada@example.org"])
    credential = LINK.search(letter.body)[1]
    page.goto("about:blank")
    page.goto(f"/elections/{made.election.uuid}/booth/#credential={credential}")
    wait_for(page, "Plant trees in Mill Lane?")
    expect(page).to_have_url(f"/elections/{made.election.uuid}/booth/")
    page.get_by_label("Yes", exact=True).check()
    press(page, "Next question")
    page.get_by_label("Harbour", exact=True).check()
    press(page, "Review your choices")
    press(page, "Seal the ballot")
    wait_for(page, "Your ballot is sealed")
    press(page, "Cast this ballot")
    wait_for(page, "Your ballot is in the box")
    tracker = shown_tracker(page)
    record_waiting_ballots(election=made.election)
    run_log()

    page.goto(f"/elections/{made.election.uuid}/ballots/")
    page.get_by_label("Tracker").fill(tracker)
    click(page, "Find the ballot")
    expect(page.locator("h1")).to_contain_text("This ballot is in the box")
    assert_accessible(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the receipt").click()
    receipt = tmp_path / "ballot.tlog-proof"
    download.value.save_as(receipt)

    checked = subprocess.run(
        [
            *(sys.executable, "-m", "evote.cli.main", "receipt", "check", str(receipt)),
            *("--key", verifier_key(), "--tracker", tracker.replace(" ", "")),
        ],
        capture_output=True,
        text=True,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_an_observer_reads_the_result_and_verifies_the_record(page, tmp_path):
    made = make_election(phase=Election.Phase.PUBLISHED, votes=VOTES)
    verify_published_record(election=made.election, now=timezone.now())
    page.goto("/elections/")
    follow(page.get_by_role("link", name=made.election.title))
    assert_says(page, "Verified: 15 of 15 steps")

    for name in (f"{made.election.uuid}.bel", f"{made.election.uuid}.pnyx.json"):
        with page.expect_download() as download:
            page.get_by_role("link", name=name).click()
        download.value.save_as(tmp_path / name)
    record = tmp_path / f"{made.election.uuid}.bel"

    checked = subprocess.run(
        [sys.executable, "-m", "evote.cli.main", "verify", str(record), "--json"],
        capture_output=True,
        text=True,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
    report = json.loads(checked.stdout)
    assert report["verdict"] == "complete"
    assert report["result"] == [[0, 2], [1, 1, 1, 0]]
    follow(page.get_by_role("link", name="Entry").first)
    assert_accessible(page)


def test_a_voter_with_an_account_takes_a_permit_and_votes_with_a_credential(page, sign_in):
    now = timezone.now()
    made = make_election(
        emails=["ada@example.org", "alan@example.org"],
        access=Election.Access.ACCOUNT_AND_CREDENTIAL,
        opens_at=now - timedelta(hours=1),
        closes_at=now + timedelta(days=1),
    )
    sign_in(page, make_user(email="ada@example.org"))

    page.goto(f"/elections/{made.election.uuid}/")
    follow(page.get_by_role("link", name="Sign in and vote"))
    assert_says(page, "no ballot was cast")
    click(page, "Take a permit")
    assert_accessible(page)
    page.get_by_role("link", name="Enter the voting booth").click()
    wait_for(page, "Plant trees in Mill Lane?")
    expect(page).to_have_url(f"/elections/{made.election.uuid}/booth/")
    page.get_by_label("Yes", exact=True).check()
    press(page, "Next question")
    page.get_by_label("Harbour", exact=True).check()
    press(page, "Review your choices")
    page.get_by_label("Your credential").fill(made.credentials[0])
    press(page, "Seal the ballot")
    wait_for(page, "Your ballot is sealed")
    press(page, "Cast this ballot")
    wait_for(page, "Your ballot is in the box")

    assert made.record() == 1
    page.goto(f"/elections/{made.election.uuid}/permit/")
    assert_says(page, "a credential was used")
