import json
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from evote.credential import derive_public_credential, encode_credentials, generate_credential
from tests.browser.pages import (
    WITHOUT_SCRIPT,
    assert_accessible,
    assert_no_sideways_scroll,
    assert_says,
    follow,
)
from tests.factories.accounts import make_administrator, make_roll, make_user
from tests.factories.voting import DRAFTED, TREES, make_draft, make_election, tracker_of
from voting.models import Credential, Election
from voting.selectors.trackers import encode_in_address
from voting.services.challenging import challenge_ballot
from voting.services.credential_lists import upload_credentials
from voting.services.credentials import choose_access
from voting.services.elections import choose_roll

pytestmark = pytest.mark.django_db(transaction=True)

VOTERS = ["ada@example.org", "alan@example.org"]


def assert_good(page) -> None:
    expect(page.locator("h1")).not_to_be_empty()
    assert_accessible(page)
    assert_no_sideways_scroll(page)


def make_open(**fields):
    now = timezone.now()
    return make_election(
        emails=VOTERS,
        trustees=1,
        questions=[TREES],
        opens_at=now - timedelta(hours=1),
        closes_at=now + timedelta(days=1),
        **fields,
    )


def publics_of(election):
    return [
        derive_public_credential(uuid=election.uuid, credential=generate_credential())
        for _ in VOTERS
    ]


@pytest.fixture
def draft():
    """A draft for two voters whose credentials a registrar makes."""
    made = make_draft(questions=[TREES])
    roll = make_roll(organisation=made.election.organisation, emails=VOTERS, sealed_at=DRAFTED)
    made.election = choose_roll(election=made.election, roll=roll)
    return choose_access(
        election=made.election,
        access=Election.Access.ACCOUNT_AND_CREDENTIAL,
        credentials_by=Election.CredentialsBy.REGISTRAR,
    )


def test_the_permits_page_holds_in_every_view(page_in_every_view, sign_in):
    made = make_open(access=Election.Access.ACCOUNT_AND_CREDENTIAL)
    page = page_in_every_view
    sign_in(page, make_user(email=VOTERS[0]))
    page.goto(reverse("voting:election", args=[made.election.uuid]))
    assert_good(page)
    page.goto(reverse("voting:permit", args=[made.election.uuid]))
    assert_good(page)
    follow(page.get_by_role("button", name="Take a permit", exact=True))
    page.get_by_text("Is the booth open already").click()

    assert_says(page, "Your permit is ready")
    assert_good(page)


def test_a_challenged_ballots_page_and_the_check_hold_in_every_view(page_in_every_view):
    made = make_open()
    ballot = made.ballot(0, [[1, 0]])
    alphas = [choice["alpha"] for choice in json.loads(ballot)["answers"][0]["choices"]]
    challenge_ballot(
        election=made.election,
        tracker=tracker_of(ballot),
        alphas=[bytes.fromhex(alpha) for alpha in alphas],
        received_at=timezone.now(),
    )
    page = page_in_every_view
    tracker = encode_in_address(tracker_of(ballot))
    page.goto(reverse("voting:ballot", args=[made.election.uuid, tracker]))
    expect(page.locator("h1")).to_contain_text("This ballot was challenged")
    assert_good(page)
    page.goto(reverse("voting:check", args=[made.election.uuid]))
    assert_good(page)


def test_the_registrars_side_of_a_draft_holds_in_every_view(page_in_every_view, sign_in, draft):
    upload_credentials(election=draft, data=encode_credentials(publics_of(draft)))
    page = page_in_every_view
    sign_in(page, make_administrator(draft.organisation))
    page.goto(reverse("voting:credentials", args=[draft.uuid]))

    assert_says(page, "A registrar makes them")
    assert_good(page)


def test_an_administrator_takes_a_registrars_list_without_a_script(visit, sign_in, draft, tmp_path):
    page = visit(WITHOUT_SCRIPT)
    sign_in(page, make_administrator(draft.organisation))
    publics = publics_of(draft)
    wrong, right = tmp_path / "wrong.json", tmp_path / "right.json"
    wrong.write_bytes(encode_credentials(publics[:1]))
    right.write_bytes(encode_credentials(publics))
    address = reverse("voting:credentials", args=[draft.uuid])

    page.goto(address)
    page.get_by_label("Public list of credentials").set_input_files(wrong)
    follow(page.get_by_role("button", name="Upload the public list"))
    assert_says(page, "Credentials on the list: 1. People on the roll: 2.")
    page.get_by_label("Public list of credentials").set_input_files(right)
    follow(page.get_by_role("button", name="Upload the public list"))
    page.goto(address)
    assert_says(page, "It has 2 credentials")
    new = publics_of(draft)[0]
    page.get_by_label("Public part of the lost credential").fill(publics[0])
    page.get_by_label("Public part of the new credential").fill(new)
    follow(page.get_by_role("button", name="Replace the credential"))

    assert set(Credential.objects.values_list("public", flat=True)) == {new, publics[1]}
