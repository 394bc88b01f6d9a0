"""The REST interface of consultations and proposals."""

import hashlib

import pytest
from allauth.account.models import EmailAddress
from django.test import Client
from django.utils import timezone

from deliberation.models import Comment, Endorsement, Phase, Proposal
from tests.factories.accounts import make_administrator, make_user
from tests.factories.deliberation import (
    make_comment,
    make_consultation,
    make_draft,
    make_proposal,
    make_removal,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def consultation(now):
    return make_consultation(now=now, slug="quiet-streets")


@pytest.fixture
def proposal(consultation, now):
    return make_proposal(consultation=consultation, now=now, title="Plant trees on the square")


@pytest.fixture
def person(client):
    user = make_user(password=None)
    client.force_login(user)
    return user


def post(client, address, body):
    return client.post(address, body, content_type="application/json")


class TestReading:
    def test_consultations_are_listed_in_pages_without_drafts(self, client, consultation, now):
        make_draft()
        make_consultation(now=now)

        page = client.get("/api/consultations", {"limit": 1, "offset": 1}).json()

        assert page["count"] == 2
        assert [row["slug"] for row in page["results"]] == ["quiet-streets"]

    def test_a_page_has_at_most_two_hundred_rows(self, client, consultation):
        page = client.get("/api/consultations", {"limit": 10**9}).json()

        assert page["next"] is None
        assert len(page["results"]) == 1

    def test_a_consultation_has_promise_phases_and_figures(self, client, proposal, now):
        make_comment(proposal=proposal, now=now)

        whole = client.get("/api/consultations/quiet-streets").json()

        assert whole["promise"]["who_decides"].startswith("The city council")
        assert [phase["kind"] for phase in whole["phases"]] == ["PROPOSE"]
        assert (whole["people"], whole["proposals"], whole["comments"]) == (2, 1, 1)
        assert whole["address"].endswith("/consultations/quiet-streets/")

    def test_a_draft_is_not_there_even_for_its_administrator(self, client):
        draft = make_draft()
        client.force_login(make_administrator(draft.organisation))

        for address in (
            f"/api/consultations/{draft.slug}",
            f"/api/consultations/{draft.slug}/proposals",
        ):
            answer = client.get(address)
            assert (answer.status_code, answer.json()["code"]) == (404, "not_found")

    def test_a_proposal_has_texts_with_what_proves_them(self, client, proposal):
        whole = client.get(f"/api/proposals/{proposal.pk}").json()

        version = whole["versions"][0]
        text = bytes.fromhex(version["salt"]) + f"{version['title']}\n{version['body']}".encode()
        assert hashlib.sha256(text).hexdigest() == version["text"]
        assert whole["title"] == version["title"] == "Plant trees on the square"

    def test_removed_things_have_no_words_and_say_why(self, client, proposal, now):
        comment = make_comment(proposal=proposal, body="Stupid.", now=now)
        reply = make_comment(proposal=proposal, parent=comment, body="Be kind.", now=now)
        make_removal(comment, now=now)

        debate = client.get(f"/api/proposals/{proposal.pk}").json()["debate"]
        make_removal(proposal, now=now)
        whole = client.get(f"/api/proposals/{proposal.pk}").json()

        assert (debate[0]["body"], debate[0]["author"]) == (None, None)
        assert debate[0]["removal"]["rule"] == "RESPECT"
        assert (debate[1]["id"], debate[1]["parent"], debate[1]["body"]) == (
            reply.pk,
            comment.pk,
            "Be kind.",
        )
        assert (whole["title"], whole["versions"]) == ("", [])
        assert whole["removal"]["explanation"] == "Calls another names."

    def test_nobody_reads_addresses_or_accounts(self, client, proposal, now):
        make_comment(proposal=proposal, now=now)
        addresses = [
            "/api/consultations",
            "/api/consultations/quiet-streets",
            "/api/consultations/quiet-streets/proposals",
            f"/api/proposals/{proposal.pk}",
        ]

        answers = "".join(client.get(address).content.decode() for address in addresses)

        assert proposal.author.email not in answers
        assert "password" not in answers


class TestWriting:
    def test_a_person_proposes_comments_and_endorses(self, client, consultation, person):
        made = post(
            client,
            "/api/consultations/quiet-streets/proposals",
            {"title": "Plant trees on the square", "body": "Shade."},
        )
        address = f"/api/proposals/{made.json()['id']}"
        first = post(client, f"{address}/comments", {"body": "Shade is good.", "alignment": "FOR"})
        second = post(
            client,
            f"{address}/comments",
            {"body": "Roots.", "alignment": "AGAINST", "parent": first.json()["id"]},
        )
        endorsed = post(client, f"{address}/endorsement", {})
        undone = client.delete(f"{address}/endorsement")

        assert (made.status_code, first.status_code, second.status_code) == (201, 201, 201)
        assert made.json()["author"] == person.display_name
        assert second.json()["parent"] == first.json()["id"]
        assert endorsed.json() == {"endorsements": 1, "is_endorsed": True}
        assert undone.json() == {"endorsements": 0, "is_endorsed": False}

    @pytest.mark.parametrize(
        ("method", "path", "body"),
        [
            (
                "post",
                "consultations/quiet-streets/proposals",
                {"title": "Plant trees", "body": "b"},
            ),
            ("post", "proposals/{}/comments", {"body": "b", "alignment": "FOR"}),
            ("post", "proposals/{}/endorsement", {}),
            ("delete", "proposals/{}/endorsement", None),
        ],
    )
    def test_writing_needs_a_signed_in_person_and_the_token(
        self, client, proposal, method, path, body
    ):
        address = "/api/" + path.format(proposal.pk)
        options = {"content_type": "application/json"} if body is not None else {}
        stranger = getattr(client, method)(address, body, **options)
        unwary = Client(enforce_csrf_checks=True)
        unwary.force_login(make_user(password=None))
        forged = getattr(unwary, method)(address, body, **options)

        assert (stranger.status_code, forged.status_code) == (403, 403)
        assert Proposal.objects.count() == 1
        assert not Comment.objects.exists()
        assert not Endorsement.objects.exists()

    def test_an_unconfirmed_address_is_named(self, client, proposal, person):
        EmailAddress.objects.filter(user=person).update(verified=False)

        answer = post(client, f"/api/proposals/{proposal.pk}/endorsement", {})

        assert (answer.status_code, answer.json()["code"]) == (403, "confirm_address")

    def test_the_phase_is_named(self, client, proposal, person):
        Phase.objects.update(features=["COMMENT"])

        answer = post(client, f"/api/proposals/{proposal.pk}/endorsement", {})

        assert (answer.status_code, answer.json()["code"]) == (403, "not_in_this_consultation")

    def test_limits_are_named(self, client, proposal, person):
        answers = [
            post(
                client,
                f"/api/proposals/{proposal.pk}/comments",
                {"body": f"Reason {number}", "alignment": "FOR"},
            )
            for number in range(7)
        ]

        assert [answer.status_code for answer in answers] == [201] * 6 + [429]
        assert answers[-1].json()["code"] == "comments_in_a_row"

    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"body": "b"},
            {"body": "b", "alignment": "SIDEWAYS"},
            {"body": ["b"], "alignment": "FOR"},
            {"body": "b", "alignment": "FOR", "parent": "x"},
            [],
            '"b"',
        ],
    )
    def test_another_form_is_refused(self, client, proposal, person, body):
        answer = post(client, f"/api/proposals/{proposal.pk}/comments", body)

        assert (answer.status_code, answer.json()["code"]) == (400, "invalid")

    def test_a_parent_from_another_debate_is_not_found(self, client, proposal, person, now):
        elsewhere = make_comment(
            proposal=make_proposal(consultation=proposal.consultation, now=now), now=now
        )

        answer = post(
            client,
            f"/api/proposals/{proposal.pk}/comments",
            {"body": "b", "alignment": "FOR", "parent": elsewhere.pk},
        )

        assert answer.status_code == 404

    @pytest.mark.parametrize(
        "field",
        ["author", "status", "number", "submitted_at", "id", "put_to_vote_in"],
    )
    def test_a_71_no_other_field_of_a_proposal_is_taken(self, client, consultation, person, field):
        body = {"title": "Plant trees on the square", "body": "Shade.", field: 1}

        answer = post(client, "/api/consultations/quiet-streets/proposals", body)

        assert answer.status_code == 400
        assert field in answer.json()["fields"]
        assert not Proposal.objects.exists()

    @pytest.mark.parametrize("field", ["author", "posted_at", "proposal", "id", "removal"])
    def test_a_71_no_other_field_of_a_comment_is_taken(self, client, proposal, person, field):
        body = {"body": "b", "alignment": "FOR", field: 1}

        answer = post(client, f"/api/proposals/{proposal.pk}/comments", body)

        assert answer.status_code == 400
        assert not Comment.objects.exists()

    def test_a_71_an_endorsement_is_one_s_own(self, client, proposal, person):
        answer = post(client, f"/api/proposals/{proposal.pk}/endorsement", {"user": 1})

        assert answer.status_code == 400
        assert not Endorsement.objects.exists()


def test_the_description_names_every_address_and_method(client):
    schema = client.get("/api/schema", headers={"accept": "application/vnd.oai.openapi+json"})
    paths = schema.json()["paths"]

    assert set(paths["/api/consultations/{slug}/proposals"]) == {"get", "post"}
    assert set(paths["/api/proposals/{number}/endorsement"]) == {"post", "delete"}
    assert set(paths["/api/proposals/{number}/comments"]) == {"post"}
    assert "/api/consultations/{slug}" in paths
    assert "/api/proposals/{number}" in paths
