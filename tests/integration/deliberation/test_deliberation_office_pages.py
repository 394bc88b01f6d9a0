"""The pages of moderators and administrators."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from deliberation.models import Consultation, Phase, Proposal, Report
from tests.factories.accounts import make_administrator, make_moderator, make_user
from tests.factories.deliberation import (
    make_comment,
    make_consultation,
    make_draft,
    make_full_consultation,
    make_proposal,
    make_removal,
    make_report,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def consultation(now):
    return make_full_consultation(now=now)


@pytest.fixture
def proposal(consultation, now):
    return make_proposal(consultation=consultation, now=now, title="Plant trees on Market Square")


def text_of(response):
    return " ".join(response.content.decode().split())


class TestModeration:
    @pytest.fixture
    def comment(self, proposal, now):
        comment = make_comment(proposal=proposal, body="The stupidest thing.", now=now)
        make_comment(proposal=proposal, parent=comment, body="Speak to the point.", now=now)
        return comment

    def test_the_queue_is_for_moderators(self, client, comment):
        anonymous = client.get("/moderation/")
        client.force_login(make_user(password=None))
        person = client.get("/moderation/")

        assert anonymous.status_code == 302
        assert person.status_code == 403

    def test_the_queue_shows_the_oldest_case_in_its_context(self, client, proposal, comment, now):
        make_report(comment, now=now - timedelta(hours=26))
        make_report(comment, now=now)
        make_report(proposal, now=now)
        client.force_login(make_moderator(proposal.consultation.organisation))

        page = text_of(client.get("/moderation/"))

        assert page.index("The stupidest thing.") < page.index("Because it is quiet.")
        assert page.count("Remove, keep the replies") == 1
        assert "2 reports" in page
        assert "<dt>waiting</dt><dd>2</dd>" in page
        assert "<dt>older than a day</dt><dd>1</dd>" in page

    def test_cases_of_other_organisations_are_not_in_the_queue(self, client, comment, now):
        make_report(comment, now=now)
        other = make_consultation(now=now)
        client.force_login(make_moderator(other.organisation))

        page = text_of(client.get("/moderation/"))

        assert "Nothing waits" in page
        assert "The stupidest thing." not in page

    def test_removing_leaves_a_tombstone_with_date_rule_and_replies(
        self, client, proposal, comment, now
    ):
        make_report(comment, now=now)
        client.force_login(make_moderator(proposal.consultation.organisation))
        client.post(
            reverse("deliberation:moderate-comment", args=[comment.pk]),
            {"rule": "RESPECT", "explanation": "Calls another names.", "decision": "hide"},
        )
        client.logout()

        page = text_of(client.get(proposal.get_absolute_url()))
        log = text_of(client.get("/moderation/log/"))

        assert "The stupidest thing." not in page
        assert "Removed by a moderator on" in page
        assert "Reason: Rule 2: no insults or threats." in page
        assert "Speak to the point." in page
        assert "Calls another names." in log
        assert not Report.objects.filter(answered_by__isnull=True).exists()

    @pytest.mark.parametrize("missing", ["rule", "explanation"])
    def test_no_act_without_rule_and_reason(self, client, proposal, comment, missing):
        client.force_login(make_moderator(proposal.consultation.organisation))
        decision = {"rule": "RESPECT", "explanation": "Names.", "decision": "hide"}
        del decision[missing]

        response = client.post(
            reverse("deliberation:moderate-comment", args=[comment.pk]), decision
        )

        assert response.status_code == 409
        assert not comment.moderation_acts.exists()

    def test_a_removed_proposal_keeps_its_debate(self, client, proposal, comment, now):
        make_removal(proposal, now=now)

        page = text_of(client.get(proposal.get_absolute_url()))
        versions = client.get(reverse("deliberation:versions", args=[proposal.pk]))

        assert "Plant trees on Market Square" not in page
        assert "Speak to the point." in page
        assert versions.status_code == 410

    def test_the_log_of_one_consultation_has_its_acts_alone(self, client, comment, now):
        make_removal(comment, now=now, explanation="Names were called.")
        other = make_consultation(now=now)

        page = text_of(client.get("/moderation/log/", {"consultation": other.slug}))

        assert "Names were called." not in page
        assert client.get("/moderation/log/", {"consultation": "nowhere"}).status_code == 404


class TestSettingUp:
    @pytest.fixture
    def draft(self, client):
        draft = make_draft(slug="quiet-streets", title="Which streets should be quiet?")
        client.force_login(make_administrator(draft.organisation))
        return draft

    def test_from_nothing_to_a_public_page(self, client, draft, now):
        setup = "/consultations/quiet-streets/setup/"
        client.post(f"{setup}text/", {"title": draft.title, "summary": "Residents say which."})
        client.post(
            f"{setup}promise/",
            {
                "who_decides": "The council.",
                "what_is_bound": "The first two.",
                "by_when": "By January.",
                "contact_name": "The mayor",
                "contact_email": "",
                "endorsement_threshold": "5",
            },
        )
        blocked = text_of(client.get(setup))
        client.post(
            f"{setup}phases/",
            {
                "kind": "PROPOSE",
                "features": ["PROPOSE", "COMMENT"],
                "starts_at": (now - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M"),
                "ends_at": (now + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M"),
            },
        )
        client.post(f"{setup}publish/")
        client.logout()

        assert "Cannot start yet" in blocked
        published = Consultation.objects.get(slug="quiet-streets")
        assert published.is_published
        assert published.endorsement_threshold == 5
        assert "Which streets should be quiet?" in text_of(client.get("/consultations/"))

    def test_the_first_step_makes_a_draft(self, client):
        administrator = make_administrator(make_draft().organisation)
        client.force_login(administrator)
        organisation = administrator.roles.get().organisation

        response = client.post(
            "/consultations/new/",
            {"organisation": organisation.pk, "title": "Where to plant trees?", "slug": "trees"},
        )

        assert response.url == "/consultations/trees/setup/"
        assert Consultation.objects.get(slug="trees").organisation == organisation

    def test_phases_are_changed_and_removed_before_publication(self, client, draft, now):
        setup = "/consultations/quiet-streets/setup/phases/"
        dates = {
            "kind": "PROPOSE",
            "starts_at": "2027-01-01T00:00",
            "ends_at": "2027-01-10T00:00",
        }
        client.post(setup, dates)
        client.post(f"{setup}1/", dates | {"kind": "DEBATE", "features": ["COMMENT"]})
        changed = Phase.objects.get()
        overlap = text_of(client.post(setup, dates))
        client.post(f"{setup}1/remove/")

        assert (changed.kind, changed.features) == ("DEBATE", ["COMMENT"])
        assert "This overlaps the phase “Debate”." in overlap
        assert not Phase.objects.exists()

    def test_an_unready_consultation_is_not_published(self, client, draft):
        response = client.post("/consultations/quiet-streets/setup/publish/")

        assert response.status_code == 409
        assert "Write what the consultation is about first." in text_of(response)

    def test_shortlisting_and_drafting_an_election(self, client, consultation, proposal, now):
        client.force_login(make_administrator(consultation.organisation))
        setup = f"/consultations/{consultation.slug}/setup/"
        client.post(
            reverse("deliberation:shortlist", args=[proposal.pk]), {"reason": "Within our powers."}
        )
        page = text_of(client.get(f"{setup}election/"))
        response = client.post(
            f"{setup}election/",
            {
                "title": "The vote on trees",
                "proposals": [proposal.pk],
                "form": "EACH_A_QUESTION",
                "opens_at": "2027-02-01T08:00",
                "closes_at": "2027-02-08T18:00",
            },
        )

        proposal.refresh_from_db()
        assert "Plant trees on Market Square" in page
        assert proposal.status == Proposal.Status.IN_ELECTION
        election = proposal.put_to_vote_in.election
        assert response.url == reverse("voting:manage", kwargs={"uuid": election.uuid})
        assert election.consultation_url.endswith(consultation.get_absolute_url())

    def test_every_page_of_the_setup_opens(self, client, consultation, proposal):
        client.force_login(make_administrator(consultation.organisation))
        setup = f"/consultations/{consultation.slug}/setup/"

        for page in (
            "",
            "text/",
            "promise/",
            "phases/",
            "phases/2/",
            "publish/",
            "shortlist/",
            "election/",
        ):
            assert client.get(setup + page).status_code == 200
