"""Ranked, signed and account-bound votes, from the booth through the real server."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.browser.booth_pages import press, shown_tracker, wait_for
from tests.browser.pages import WIDE
from tests.factories.accounts import make_user
from tests.factories.voting import make_election
from voting.models import Ballot, Election, Question, Registration
from voting.selectors.elections import result_of
from voting.services.elections import QuestionDraft

pytestmark = pytest.mark.django_db(transaction=True)

DISHES = QuestionDraft(
    text="What shall the canteen cook?",
    answers=["Lentil soup", "Dumplings", "Risotto"],
    minimum=0,
    maximum=1,
    has_blank=False,
    kind=Question.Kind.RANKED,
    rule={"method": "schulze"},
)


def make_open_election(**options):
    now = timezone.now()
    return make_election(
        questions=[DISHES],
        opens_at=now - timedelta(hours=1),
        closes_at=now + timedelta(days=1),
        **options,
    )


def rank_and_cast(page, made, voter, dishes, *, fragment=""):
    page.goto("about:blank")
    credential = made.credentials[voter]
    page.goto(f"/elections/{made.election.uuid}/booth/#credential={credential}{fragment}")
    wait_for(page, DISHES.text)
    for dish in dishes:
        press(page, f"Add “{dish}” at the end of the ranking")
    press(page, "Review your choices")
    press(page, "Seal the ballot")
    wait_for(page, "Your ballot is sealed")
    press(page, "Cast this ballot")


@pytest.mark.parametrize("profile", [0, 1])
def test_ranked_ballots_are_cast_cast_again_shuffled_and_counted(page, profile):
    made = make_open_election(profile=profile)
    rank_and_cast(page, made, 0, ["Dumplings", "Risotto"])
    wait_for(page, "Your ballot is in the box")
    earlier = shown_tracker(page)
    rank_and_cast(page, made, 1, ["Risotto"])
    wait_for(page, "Your ballot is in the box")
    rank_and_cast(page, made, 0, ["Risotto", "Lentil soup"])
    wait_for(page, "This credential has already cast a ballot. Was it you?")
    assert shown_tracker(page) == earlier
    press(page, "Replace the earlier ballot")
    wait_for(page, "Your ballot is in the box")
    assert [bool(ballot.statement) for ballot in Ballot.objects.all()] == [profile == 1] * 3
    for step in (
        made.record,
        made.close,
        made.tally,
        made.shuffle_all,
        made.decrypt,
        made.publish,
    ):
        step()

    (question,) = result_of(election=made.election)
    assert sorted(question.rankings) == [(0, 0, 1), (2, 0, 1)]


def test_an_account_takes_a_permit_and_the_booth_casts_with_it(visit, sign_in):
    made = make_open_election(
        access=Election.Access.ACCOUNT_AND_CREDENTIAL, emails=["ada@example.org"], voters=0
    )
    page = visit(WIDE)
    sign_in(page, make_user(email="ada@example.org", password=None))
    page.goto(f"/elections/{made.election.uuid}/permit/")
    press(page, "Take a permit")
    page.get_by_role("link", name="Enter the voting booth").click()
    wait_for(page, DISHES.text)
    press(page, "Add “Risotto” at the end of the ranking")
    press(page, "Review your choices")
    page.get_by_label("Your credential").fill(made.credentials[0])
    press(page, "Seal the ballot")
    wait_for(page, "Your ballot is sealed")
    press(page, "Cast this ballot")
    wait_for(page, "Your ballot is in the box")

    assert Ballot.objects.count() == 1
    assert Registration.objects.count() == 1
