"""Attacks of SECURITY.md on the debate. Their numbers are in the tests' names."""

import logging
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from audit.services.sequencing import sequence
from deliberation.models import Comment, Consultation, Endorsement, ModerationAct, Proposal
from deliberation.services.endorsements import endorse_proposal
from deliberation.services.refusal import NotPermitted
from deliberation.tasks import compare_with_log, log_phase_changes
from deliberation.urls import urlpatterns
from tests.factories.accounts import (
    make_administrator,
    make_moderator,
    make_organisation,
    make_user,
)
from tests.factories.deliberation import (
    make_comment,
    make_draft,
    make_full_consultation,
    make_proposal,
    make_removal,
    make_shortlisted,
)
from tests.unit.deliberation.test_markdown import ATTACKS, Elements

pytestmark = pytest.mark.django_db


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def consultation(now):
    return make_full_consultation(now=now)


@pytest.fixture
def proposal(consultation, now):
    return make_proposal(consultation=consultation, now=now)


class TestA63StoredScripts:
    ALLOWED_SOURCES = ("/static/",)

    def assert_page_is_inert(self, page):
        for tag, attributes in Elements(page).found:
            assert tag not in {"iframe", "object", "embed", "base", "style", "math", "img"}
            assert not [name for name in attributes if name.startswith("on") or name == "style"]
            assert not (attributes.get("href") or "").lower().startswith(("javascript:", "data:"))
            if tag == "script":
                assert attributes["src"].startswith(self.ALLOWED_SOURCES)

    @pytest.mark.parametrize("attack", ATTACKS)
    def test_a_63_texts_names_and_reasons_stay_inert(self, client, consultation, now, attack):
        author = make_user(password=None, display_name=f"{attack[:70]} n")
        proposal = make_proposal(
            consultation=consultation,
            author=author,
            title=f"{attack[:60]} as title"[:80],
            body=attack,
            now=now,
        )
        comment = make_comment(
            proposal=proposal, author=author, body=attack, alignment="FOR", now=now
        )
        make_comment(proposal=proposal, author=author, parent=comment, body=f"{attack} 2", now=now)
        removed = make_comment(proposal=proposal, body="Out.", now=now)
        make_removal(removed, explanation=attack, now=now)
        pages = [
            "/",
            consultation.get_absolute_url(),
            reverse("deliberation:proposals", args=[consultation.slug]) + "?sort=newest&text=<b>",
            proposal.get_absolute_url(),
            reverse("deliberation:versions", args=[proposal.pk]),
            reverse("deliberation:reply", args=[comment.pk]),
            "/moderation/log/",
        ]

        for address in pages:
            self.assert_page_is_inert(client.get(address).content.decode())


# Who gets what from every page, by the route's name. A new route without a line here fails.
# Visitors: nobody signed in, a person, the moderator and the administrator of the organisation,
# the administrator and moderator of another one.
VISITORS = ["nobody", "person", "moderator", "administrator", "stranger"]
EVERYBODY = [200, 200, 200, 200, 200]
MODERATORS = [302, 403, 200, 403, 403]
ADMINISTRATORS = [302, 403, 403, 200, 403]
ONLY_POST = [405, 405, 405, 405, 405]
GET_POLICY = {
    "home": EVERYBODY,
    "consultations": EVERYBODY,
    "consultation": EVERYBODY,
    "proposals": [302, 302, 302, 302, 302],  # to the same address with a seed
    "proposals-csv": EVERYBODY,
    "proposals-json": EVERYBODY,
    "new-proposal": EVERYBODY,
    "new-similar": [302, 302, 302, 302, 302],  # to the first step
    "new-text": [302, 302, 302, 302, 302],
    "new-check": [302, 302, 302, 302, 302],
    "proposal": EVERYBODY,
    "versions": EVERYBODY,
    "revise": [302, 403, 403, 403, 403],
    "withdraw": [302, 403, 403, 403, 403],
    "endorse": ONLY_POST,
    "undo-endorsement": ONLY_POST,
    "write-comment": ONLY_POST,
    "report-proposal": EVERYBODY,
    "shortlist": ADMINISTRATORS,
    "comment": [302, 302, 302, 302, 302],  # to its place in the debate
    "reply": EVERYBODY,
    "report-comment": EVERYBODY,
    "moderation": [302, 403, 200, 403, 200],  # a stranger sees the stranger's own queue
    "moderation-log": EVERYBODY,
    "moderate-proposal": MODERATORS,
    "moderate-comment": MODERATORS,
    "setup-new": [302, 403, 403, 200, 200],
    "setup": ADMINISTRATORS,
    "setup-text": ADMINISTRATORS,
    "setup-promise": ADMINISTRATORS,
    "setup-phases": ADMINISTRATORS,
    "setup-phase": ADMINISTRATORS,
    "setup-drop-phase": ONLY_POST,
    "setup-publish": ADMINISTRATORS,
    "candidates": ADMINISTRATORS,
    "draft-election": ADMINISTRATORS,
    "api-consultations": EVERYBODY,
    "api-consultation": EVERYBODY,
    "api-proposals": EVERYBODY,
    "api-proposal": EVERYBODY,
    "api-comments": ONLY_POST,
    "api-endorsement": ONLY_POST,
}
# Posting an empty form: what a person without the right must get, and that nothing changes.
POSTS_OF_OFFICERS = [
    "moderate-proposal", "moderate-comment", "shortlist", "setup-text", "setup-promise",
    "setup-phases", "setup-phase", "setup-drop-phase", "setup-publish", "draft-election",
]  # fmt: skip


def address_of(name, proposal, comment):
    consultation = proposal.consultation
    numbers = {"reply", "comment", "report-comment", "moderate-comment"}
    route = next(pattern for pattern in urlpatterns if pattern.name == name)
    values = {}
    if "slug" in route.pattern.converters:
        values["slug"] = consultation.slug
    if "number" in route.pattern.converters:
        values["number"] = comment.pk if name in numbers else proposal.pk
        if name.startswith("setup-"):
            values["number"] = 2
    return reverse(f"deliberation:{name}", kwargs=values)


def sign_in(client, visitor, organisation):
    makers = {
        "person": lambda: make_user(password=None),
        "moderator": lambda: make_moderator(organisation),
        "administrator": lambda: make_administrator(organisation),
    }
    if visitor == "stranger":
        other = make_organisation()
        stranger = make_administrator(other)
        stranger.roles.create(organisation=other, kind="MODERATOR")
        client.force_login(stranger)
    elif visitor in makers:
        client.force_login(makers[visitor]())


class TestA70OtherPeoplesThings:
    def test_a_70_every_route_has_a_policy(self):
        assert {pattern.name for pattern in urlpatterns} == set(GET_POLICY)

    @pytest.mark.parametrize("visitor", VISITORS)
    def test_a_70_every_page_answers_as_the_policy_says(self, client, proposal, visitor, now):
        comment = make_comment(proposal=proposal, now=now)
        sign_in(client, visitor, proposal.consultation.organisation)

        found = {
            name: client.get(address_of(name, proposal, comment)).status_code for name in GET_POLICY
        }

        column = VISITORS.index(visitor)
        assert found == {name: statuses[column] for name, statuses in GET_POLICY.items()}

    @pytest.mark.parametrize("visitor", VISITORS)
    def test_a_70_a_draft_is_a_draft_on_every_route(self, client, consultation, now, visitor):
        draft = make_draft(organisation=consultation.organisation)
        sign_in(client, visitor, consultation.organisation)
        routes = [
            pattern.name
            for pattern in urlpatterns
            if "slug" in pattern.pattern.converters and GET_POLICY[pattern.name] is not ONLY_POST
        ]

        for name in routes:
            values = {"slug": draft.slug} | ({"number": 1} if name == "setup-phase" else {})
            status = client.get(reverse(f"deliberation:{name}", kwargs=values)).status_code
            if name.startswith("api-") or visitor in {"person", "moderator", "stranger"}:
                assert status == 404, name
            elif visitor == "nobody":
                assert status in {302, 404}, name

    @pytest.mark.parametrize("visitor", ["nobody", "person", "stranger"])
    @pytest.mark.parametrize("name", POSTS_OF_OFFICERS)
    def test_a_70_what_officers_do_others_cannot(self, client, proposal, now, visitor, name):
        comment = make_comment(proposal=proposal, now=now)
        sign_in(client, visitor, proposal.consultation.organisation)
        before = Consultation.objects.values().get()
        form = {"rule": "LAW", "explanation": "x", "decision": "hide", "reason": "x", "title": "x"}

        status = client.post(address_of(name, proposal, comment), form).status_code

        assert status == (302 if visitor == "nobody" else 403)
        assert Consultation.objects.values().get() == before
        assert Proposal.objects.get().status == "SUBMITTED"
        assert proposal.consultation.phases.count() == 4
        assert not ModerationAct.objects.exists()

    def test_a_70_a_phase_is_reached_through_its_own_consultation_alone(self, client, now):
        own, other = make_draft(), make_full_consultation(now=now)
        client.force_login(make_administrator(own.organisation))

        address = reverse("deliberation:setup-phase", args=[own.slug, 2])

        assert client.get(address).status_code == 404
        assert other.phases.filter(number=2).exists()

    def test_a_70_an_election_takes_no_proposals_of_others(self, client, consultation, now):
        foreign = make_shortlisted(consultation=make_full_consultation(now=now), now=now)
        make_shortlisted(consultation=consultation, now=now)
        client.force_login(make_administrator(consultation.organisation))

        response = client.post(
            reverse("deliberation:draft-election", args=[consultation.slug]),
            {
                "title": "The vote",
                "proposals": [foreign.pk],
                "form": "EACH_A_QUESTION",
                "opens_at": "2027-02-01T08:00",
                "closes_at": "2027-02-08T18:00",
            },
        )

        foreign.refresh_from_db()
        assert response.status_code == 200
        assert foreign.status == "SHORTLISTED"


class TestA71MassAssignment:
    def test_a_71_pages_take_what_they_ask_for_and_nothing_else(self, client, proposal, now):
        author, other = make_user(password=None), make_user(password=None)
        client.force_login(author)
        client.post(
            reverse("deliberation:write-comment", args=[proposal.pk]),
            {
                "body": "b",
                "alignment": "FOR",
                "author": other.pk,
                "posted_at": "2001-01-01T00:00",
                "proposal": 1,
                "parent": 1,
            },
        )

        comment = Comment.objects.get()
        assert (comment.author, comment.proposal, comment.parent) == (author, proposal, None)
        assert comment.posted_at > now - timedelta(minutes=1)

    def test_a_71_a_revision_changes_no_status(self, client, proposal):
        client.force_login(proposal.author)
        client.post(
            reverse("deliberation:revise", args=[proposal.pk]),
            {
                "title": "Plant limes on the square",
                "body": "b",
                "note": "n",
                "status": "SHORTLISTED",
                "number": 99,
                "author": 1,
            },
        )

        assert proposal.versions.count() == 2
        after = Proposal.objects.get()
        assert (after.status, after.number, after.author) == ("SUBMITTED", 1, proposal.author)


class TestA87SilentModeration:
    def change_behind_the_back(self, table, column, value, key):
        """What somebody with the owner's password can do."""
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER refuse_change")
            cursor.execute(f"UPDATE {table} SET {column} = %s WHERE id = %s", [value, key])
            cursor.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER refuse_change")

    @pytest.fixture
    def past(self, now):
        return now - timedelta(hours=1)

    def test_a_87_every_act_is_public_with_rule_reason_and_place_in_the_log(
        self, client, proposal, now
    ):
        comment = make_comment(proposal=proposal, now=now)
        act = make_removal(comment, explanation="Calls another names.", now=now)
        sequence(today=now.date())

        page = " ".join(client.get("/moderation/log/").content.decode().split())

        assert "Rule 2: no insults or threats." in page
        assert "Calls another names." in page
        assert f'id="act-{act.reference}"' in page
        assert "in the log </a>" in page
        assert "differs from what the log says" not in page

    @pytest.mark.parametrize(
        ("table", "column", "value"),
        [
            ("moderationact", "explanation", "It was nothing."),
            ("moderationact", "rule", "TOPIC"),
            ("moderationact", "action", "DISMISS"),
            ("proposalversion", "title", "Fell trees on Market Square"),
            ("proposalversion", "body", "Another text."),
            ("phasechange", "ends_at", "2030-01-01T00:00Z"),
        ],
    )
    def test_a_87_a_row_changed_in_the_database_is_found(
        self, proposal, now, past, caplog, table, column, value
    ):
        act = make_removal(make_comment(proposal=proposal, now=now), now=past)
        log_phase_changes()
        sequence(today=now.date())
        keys = {
            "moderationact": act.pk,
            "proposalversion": proposal.versions.get().pk,
            "phasechange": proposal.consultation.phases.first().changes.first().pk,
        }
        assert compare_with_log() == []

        self.change_behind_the_back(f"deliberation_{table}", column, value, keys[table])
        with caplog.at_level(logging.ERROR):
            found = compare_with_log()

        assert len(found) == 1
        assert found[0] in caplog.text

    def test_a_87_the_public_log_says_that_an_act_was_altered(self, client, proposal, now, past):
        act = make_removal(make_comment(proposal=proposal, now=now), now=past)
        sequence(today=now.date())
        self.change_behind_the_back(
            "deliberation_moderationact", "explanation", "It was nothing.", act.pk
        )

        assert "differs from what the log says" in client.get("/moderation/log/").content.decode()

    def test_a_87_an_act_that_never_reached_the_log_is_found(self, proposal, now, past):
        make_removal(make_comment(proposal=proposal, now=now), now=past)

        assert any(name.startswith("act ") for name in compare_with_log())


class TestA88Brigades:
    def test_a_88_support_counts_only_with_a_confirmed_address(self, proposal, now):
        for _ in range(3):
            user = make_user(password=None)
            EmailAddress.objects.filter(user=user).update(verified=False)
            with pytest.raises(NotPermitted):
                endorse_proposal(proposal=proposal, user=user, now=now)

        assert not Endorsement.objects.exists()
        proposal.refresh_from_db()
        assert proposal.status == "SUBMITTED"
