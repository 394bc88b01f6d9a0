"""What the pages of elections say, and where they lead."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.urls import reverse
from django.utils import timezone

from tests.factories.accounts import make_administrator, make_organisation, make_user
from tests.factories.voting import make_draft, make_election
from voting.models import Election
from voting.selectors.overview import trusteeships_of
from voting.selectors.trackers import encode_tracker
from voting.services.trustees import name_trustee
from voting.services.verification import verify_published_record

pytestmark = pytest.mark.django_db(transaction=True)

VOTES = [(0, ([1, 0], [0, 1, 0, 0])), (1, ([0, 1], [0, 1, 1, 0]))]


def text_of(response):
    return " ".join(response.content.decode().split())


def page_of(client, name, election, **headers):
    return text_of(client.get(reverse(f"voting:{name}", args=[election.uuid]), headers=headers))


class TestTrusteeships:
    def test_are_the_elections_without_a_result_that_name_a_person_s_address(self, client):
        trustee = make_user(email="ines@example.org")
        made = make_draft(title="Trees for Northfield")
        name_trustee(election=made.election, name="Ines", email="ines@example.org")
        others = make_draft(title="Somebody else is trustee")
        name_trustee(election=others.election, name="Bo", email="bo@example.org")

        assert list(trusteeships_of(trustee)) == [made.election]
        client.force_login(trustee)
        address = reverse("voting:trustee", args=[made.election.uuid])
        assert address in text_of(client.get("/elections/"))

    def test_are_none_for_strangers_and_without_signing_in(self, client):
        make_election(phase=Election.Phase.SEALED, trustees=["ines@example.org"])

        assert not trusteeships_of(make_user()).exists()
        assert not trusteeships_of(AnonymousUser()).exists()
        assert "You are a trustee of" not in text_of(client.get("/elections/"))

    def test_end_with_the_result(self):
        make_election(phase=Election.Phase.PUBLISHED, votes=VOTES, trustees=["ines@example.org"])

        assert not trusteeships_of(make_user(email="ines@example.org")).exists()


class TestFindingABallot:
    def test_the_start_of_a_tracker_leads_to_the_board(self, client):
        made = make_election(phase=Election.Phase.OPEN, votes=VOTES[:1])
        tracker = encode_tracker(bytes(made.election.ballots.get().tracker))
        address = reverse("voting:find-ballot", args=[made.election.uuid])

        answer = client.get(address, {"tracker": f"{tracker[:4]} {tracker[4:8]}"}, follow=True)

        assert answer.redirect_chain[0][0].startswith("/log/?q=")
        assert text_of(answer).count("A ballot was cast in the election") == 1


class TestTheResult:
    def test_says_what_its_shares_are_of(self, client):
        made = make_election(phase=Election.Phase.PUBLISHED, votes=VOTES)

        page = page_of(client, "result", made.election)

        assert "of 2 ballots (50.0%)" in page
        assert "Share of 2 ballots" in page

    def test_marks_the_program_s_own_words_as_english_on_a_chinese_page(self, client):
        made = make_election(phase=Election.Phase.PUBLISHED, votes=VOTES)
        verify_published_record(election=made.election, now=timezone.now())

        page = page_of(client, "result", made.election, **{"accept-language": "zh-Hans"})

        assert "记录是一份完整的文件" in page
        assert page.count('<span class="pnyx-checks__how" lang="en">') == page.count(
            'class="pnyx-checks__how"'
        )


class TestATaskThatMustWait:
    @pytest.mark.parametrize(("name", "leads_to"), [("credentials", "roll"), ("seal", "manage")])
    def test_leads_to_what_comes_first(self, client, name, leads_to):
        organisation = make_organisation()
        made = make_draft(organisation=organisation, questions=())
        client.force_login(make_administrator(organisation))

        page = page_of(client, name, made.election)

        address = reverse(f"voting:{leads_to}", args=[made.election.uuid])
        assert f'<a class="govuk-link" href="{address}">' in page
