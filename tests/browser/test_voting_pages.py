import pytest
from django.urls import reverse
from playwright.sync_api import expect

from tests.browser.pages import (
    NARROW,
    WITHOUT_SCRIPT,
    assert_accessible,
    assert_focus_is_visible,
    assert_no_sideways_scroll,
    assert_says,
    follow,
)
from tests.factories.accounts import make_administrator, make_organisation, make_user
from tests.factories.voting import (
    PHASES,
    add_trustees,
    make_draft,
    make_election,
    send_credentials,
)
from voting.models import Election
from voting.selectors.trackers import encode_in_address
from voting.services.trustees import name_trustee
from voting.services.verification import verify_published_record

pytestmark = pytest.mark.django_db(transaction=True)

VOTES = [(0, ([1, 0], [0, 1, 0, 0])), (1, ([0, 1], [0, 1, 1, 0])), (0, ([0, 0], [1, 0, 0, 0]))]


def assert_good(page) -> None:
    assert_accessible(page)
    assert_no_sideways_scroll(page)


@pytest.mark.parametrize("phase", PHASES[1:])
def test_the_pages_of_an_election_hold_in_every_view(page_in_every_view, phase):
    made = make_election(phase=phase, votes=VOTES if phase != Election.Phase.SEALED else ())
    page = page_in_every_view
    names = ["election", "find-ballot"]
    if phase == Election.Phase.PUBLISHED:
        verify_published_record(election=made.election, now=made.election.closes_at)
        names.append("result")
    for name in names:
        page.goto(reverse(f"voting:{name}", args=[made.election.uuid]))
        expect(page.locator("h1")).not_to_be_empty()
        assert_good(page)


def test_the_list_holds_in_every_view(page_in_every_view):
    make_election(phase=Election.Phase.OPEN)

    page_in_every_view.goto(reverse("voting:elections"))

    assert_good(page_in_every_view)


def test_a_ballot_s_page_shows_its_receipt_without_a_script(visit):
    made = make_election(phase=Election.Phase.OPEN, votes=VOTES[:1])
    tracker = bytes(made.election.ballots.get().tracker)
    page = visit(WITHOUT_SCRIPT)
    page.goto(reverse("voting:find-ballot", args=[made.election.uuid]))

    page.get_by_label("Tracker").fill(encode_in_address(tracker))
    follow(page.get_by_role("button", name="Find the ballot"))

    expect(page.locator("h1")).to_contain_text("This ballot is in the box")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the receipt").click()
    assert download.value.suggested_filename.endswith(".tlog-proof")


def test_the_ballot_s_page_holds_in_every_view(page_in_every_view):
    made = make_election(phase=Election.Phase.OPEN, votes=VOTES[:1])
    tracker = encode_in_address(bytes(made.election.ballots.get().tracker))

    page_in_every_view.goto(reverse("voting:ballot", args=[made.election.uuid, tracker]))

    assert_good(page_in_every_view)


def test_a_wrong_tracker_is_explained(visit):
    made = make_election(phase=Election.Phase.OPEN)
    page = visit(NARROW)

    page.goto(reverse("voting:find-ballot", args=[made.election.uuid]) + "?tracker=abc")

    expect(page.get_by_role("alert")).to_contain_text("A tracker has 43 letters")
    assert_good(page)


@pytest.mark.parametrize(
    "name", ["manage", "details", "questions", "roll", "trustees", "credentials", "seal"]
)
def test_the_administration_of_a_draft_holds_in_every_view(page_in_every_view, sign_in, name):
    organisation = make_organisation()
    made = make_draft(organisation=organisation)
    name_trustee(election=made.election, name="Ombudsman", email="ombudsman@example.org")
    send_credentials(made, voters=2)
    page = page_in_every_view
    sign_in(page, make_administrator(organisation))

    page.goto(reverse(f"voting:{name}", args=[made.election.uuid]))

    expect(page.locator("h1")).not_to_be_empty()
    assert_good(page)


def test_the_administration_can_be_walked_by_keyboard(page, sign_in):
    organisation = make_organisation()
    made = make_draft(organisation=organisation)
    sign_in(page, make_administrator(organisation))

    page.goto(reverse("voting:manage", args=[made.election.uuid]))

    assert_focus_is_visible(page)


def test_an_administrator_goes_from_an_empty_draft_to_the_seal_without_a_script(visit, sign_in):
    organisation = make_organisation()
    made = make_draft(organisation=organisation, questions=())
    page = visit(WITHOUT_SCRIPT)
    sign_in(page, make_administrator(organisation))
    page.goto(reverse("voting:manage", args=[made.election.uuid]))

    follow(page.get_by_role("link", name="Go on with: Questions and answers"))
    page.get_by_label("Question", exact=True).fill("Where shall the bench stand?")
    page.get_by_label("Answers").fill("By the river\nUnder the oak")
    follow(page.get_by_role("button", name="Add this question"))
    assert_says(page, "Where shall the bench stand?")
    send_credentials(made, voters=2)
    page.goto(reverse("voting:trustees", args=[made.election.uuid]))
    page.get_by_label("Name").fill("Ombudsman")
    page.get_by_label("E-mail address").fill("ombudsman@example.org")
    follow(page.get_by_role("button", name="Invite this trustee"))
    expect(page.locator(".pnyx-trustees")).to_contain_text("Waiting")
    follow(page.get_by_role("button", name="Remove Ombudsman"))
    add_trustees(made, emails=["ombudsman@example.org"])

    page.goto(reverse("voting:manage", args=[made.election.uuid]))
    follow(page.get_by_role("link", name="Go on with: Seal the election"))

    assert_says(page, "There is no way back")


@pytest.mark.parametrize("phase", [Election.Phase.SEALED, Election.Phase.TALLIED])
def test_the_page_of_a_sealed_election_s_administration_holds(visit, sign_in, phase):
    organisation = make_organisation()
    made = make_election(phase=phase, organisation=organisation)
    page = visit(NARROW)
    sign_in(page, make_administrator(organisation))

    page.goto(reverse("voting:manage", args=[made.election.uuid]))

    expect(page.locator("h1")).to_contain_text("An election on its way")
    assert_good(page)


def test_a_draft_is_hidden_from_others(page):
    made = make_draft()

    answer = page.goto(reverse("voting:election", args=[made.election.uuid]))

    assert answer.status == 404


def test_a_stranger_cannot_administer(page, sign_in):
    made = make_draft()
    sign_in(page, make_user())

    answer = page.goto(reverse("voting:manage", args=[made.election.uuid]))

    assert answer.status == 403
