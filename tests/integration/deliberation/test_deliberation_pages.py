"""Every page, for people with and without an account."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from deliberation.models import Comment, Endorsement, Phase, Proposal, Report
from deliberation.services.proposals import revise_proposal
from tests.factories.accounts import make_administrator, make_user
from tests.factories.deliberation import (
    make_comment,
    make_consultation,
    make_draft,
    make_endorsements,
    make_full_consultation,
    make_proposal,
    make_removal,
    make_shortlisted,
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


@pytest.fixture
def person(client):
    user = make_user(password=None)
    client.force_login(user)
    return user


def text_of(response):
    return " ".join(response.content.decode().split())


class TestReading:
    def test_the_home_page_stands_before_anything_happened(self, client):
        page = text_of(client.get("/"))

        assert "Nothing is open at the moment" in page
        assert "pnyx-hero__art" not in page

    def test_the_home_page_draws_one_pebble_for_each_person(self, client, proposal, now):
        make_comment(proposal=proposal, alignment="AGAINST", now=now)
        make_comment(proposal=proposal, alignment="NEUTRAL", now=now)

        page = text_of(client.get("/"))

        assert "with 3 pebbles, one for each person" in page
        assert page.count('class="pnyx-art-peb"') == 1
        assert page.count('class="pnyx-art-peb--o"') == 1
        assert page.count('class="pnyx-art-peb--3"') == 1
        assert proposal.consultation.title in page

    def test_the_list_says_what_is_open_coming_and_closed(self, client, now):
        running = make_consultation(now=now)
        past = make_consultation(now=now - timedelta(days=40))
        coming = make_consultation(now=now + timedelta(days=40))
        draft = make_draft()

        page = text_of(client.get("/consultations/"))

        places = [page.index(row.title) for row in (running, coming, past)]
        assert places == sorted(places)
        assert draft.title not in page

    def test_a_consultation_shows_phases_promise_and_figures(self, client, proposal, now):
        make_comment(proposal=proposal, now=now)
        make_endorsements(proposal, many=2, now=now)

        page = text_of(client.get(proposal.consultation.get_absolute_url()))

        assert 'aria-current="step"' in page
        assert "You are here" in page
        assert "The city council, by an open vote in its January session." in page
        assert "4 people, 1 comment, 2 endorsements" in page
        assert "Make a proposal" in page

    def test_a_draft_is_not_there_for_others(self, client):
        draft = make_draft()

        assert client.get(draft.get_absolute_url()).status_code == 404

    def test_a_draft_is_there_for_its_administrator(self, client):
        draft = make_draft()
        client.force_login(make_administrator(draft.organisation))

        assert client.get(draft.get_absolute_url()).status_code == 200

    def test_a_proposal_shows_text_sides_and_thread(self, client, proposal, now):
        first = make_comment(proposal=proposal, alignment="FOR", body="Shade is good.", now=now)
        make_comment(proposal=proposal, parent=first, alignment="AGAINST", body="Roots.", now=now)

        page = text_of(client.get(proposal.get_absolute_url()))

        assert "Plant trees on Market Square" in page
        assert page.count("Shade is good.") == 1
        assert page.count("Roots.") == 1
        assert "1 reply" in page

    def test_deep_replies_say_what_they_answer(self, client, proposal, now):
        comment = None
        for number in range(5):
            comment = make_comment(
                proposal=proposal,
                parent=comment,
                body=f"Level {number + 1}",
                now=now + timedelta(minutes=number),
            )

        page = text_of(client.get(proposal.get_absolute_url()))

        assert page.count('class="pnyx-replies"') == 2
        assert page.count("In reply to") == 2

    def test_the_newest_come_first_when_asked_for(self, client, proposal, now):
        make_comment(proposal=proposal, alignment="NEUTRAL", body="Older", now=now)
        make_comment(
            proposal=proposal, alignment="NEUTRAL", body="Newer", now=now + timedelta(seconds=1)
        )

        oldest = text_of(client.get(proposal.get_absolute_url()))
        newest = text_of(client.get(proposal.get_absolute_url(), {"sort": "newest"}))

        assert oldest.index("Older") < oldest.index("Newer")
        assert newest.index("Newer") < newest.index("Older")

    def test_a_permalink_leads_to_the_page_of_the_debate_that_has_it(self, client, proposal, now):
        comments = [
            make_comment(proposal=proposal, now=now + timedelta(seconds=number))
            for number in range(31)
        ]
        reply = make_comment(proposal=proposal, parent=comments[30], now=now)

        first = client.get(comments[0].get_absolute_url())
        last = client.get(reply.get_absolute_url())

        assert first.url == f"{proposal.get_absolute_url()}#comment-{comments[0].pk}"
        assert last.url == f"{proposal.get_absolute_url()}?page=2#comment-{reply.pk}"
        assert f'id="comment-{reply.pk}"' in text_of(client.get(last.url))

    def test_versions_show_what_changed_word_by_word(self, client, proposal, now):
        revise_proposal(
            proposal=proposal,
            author=proposal.author,
            title="Plant limes on Market Square",
            body="Because it is shady.",
            note="Limes, not just any trees",
            now=now,
        )

        page = text_of(client.get(reverse("deliberation:versions", args=[proposal.pk])))

        assert (
            '</span>trees</del><ins><span class="govuk-visually-hidden">added: </span>lime' in page
        )
        assert "Limes, not just any trees" in page

    @pytest.mark.parametrize("query", ["?from=1&to=9", "?to=x", "?from=-1", "?to=99999999999999"])
    def test_versions_that_are_not_there_are_not_found(self, client, proposal, query):
        address = reverse("deliberation:versions", args=[proposal.pk]) + query

        assert client.get(address).status_code == 404

    def test_the_hint_below_a_field_is_in_the_reader_s_language(self, client, consultation, person):
        address = f"{consultation.get_absolute_url()}proposals/new/"

        page = text_of(client.get(address, headers={"accept-language": "zh-Hans"}))

        assert "一句 8 至 80 个字符的话" in page
        assert "One sentence of 8 to 80" in text_of(client.get(address))


class TestTheList:
    @pytest.fixture
    def address(self, consultation):
        return reverse("deliberation:proposals", args=[consultation.slug])

    def test_random_order_keeps_its_seed_in_the_address(self, client, address, proposal):
        response = client.get(address)

        assert response.status_code == 302
        assert "seed=" in response.url
        assert client.get(response.url).status_code == 200

    def test_a_seed_gives_the_same_order_to_everybody(self, client, address, consultation, now):
        for _ in range(8):
            make_proposal(consultation=consultation, now=now)
        order = {
            seed: [
                row["number"]
                for row in client.get(
                    address.replace("/proposals/", "/proposals.json"),
                    {"sort": "random", "seed": seed},
                ).json()["proposals"]
            ]
            for seed in ("aa", "bb", "aa ")
        }

        assert order["aa"] == order["aa "]
        assert order["aa"] != order["bb"]
        assert sorted(order["aa"]) == sorted(order["bb"]) == list(range(1, 9))

    def test_filters_search_and_counts(self, client, address, consultation, now):
        make_proposal(consultation=consultation, title="把最终协议交付公投表决吧", now=now)
        make_shortlisted(consultation=consultation, title="Open a public inquiry", now=now)

        found = text_of(client.get(address, {"text": "协议", "sort": "newest"}))
        shortlisted = text_of(client.get(address, {"status": "SHORTLISTED", "sort": "newest"}))
        nothing = text_of(client.get(address, {"text": "zebra", "sort": "newest"}))

        assert "1 proposal</strong> with “协议”" in found
        assert "Open a public inquiry" not in found
        assert "Open a public inquiry" in shortlisted
        assert "把最终协议" not in shortlisted
        assert "Nothing fits" in nothing

    def test_most_endorsed_and_most_discussed_come_first(self, client, address, consultation, now):
        quiet = make_proposal(consultation=consultation, now=now)
        endorsed = make_proposal(consultation=consultation, now=now)
        make_endorsements(endorsed, many=2, now=now)
        discussed = make_proposal(consultation=consultation, now=now)
        make_comment(proposal=discussed, now=now)

        def numbers(sort):
            answer = client.get(address.replace("/proposals/", "/proposals.json"), {"sort": sort})
            return [row["number"] for row in answer.json()["proposals"]]

        assert numbers("endorsed")[0] == endorsed.number
        assert numbers("discussed")[0] == discussed.number
        assert numbers("newest") == [discussed.number, endorsed.number, quiet.number]

    def test_removed_comments_and_proposals_are_not_counted(
        self, client, address, consultation, now
    ):
        proposal = make_proposal(consultation=consultation, now=now)
        make_removal(make_comment(proposal=proposal, now=now), now=now)
        make_removal(make_proposal(consultation=consultation, now=now), now=now)

        rows = client.get(address.replace("/proposals/", "/proposals.json")).json()["proposals"]

        assert [(row["number"], row["comments"]) for row in rows] == [(1, 0)]

    def test_the_table_of_the_same_query_runs_nothing(self, client, address, consultation, now):
        make_proposal(consultation=consultation, title="=HYPERLINK(1) for everybody", now=now)
        make_proposal(consultation=consultation, title="Another proposal altogether", now=now)

        table = text_of(
            client.get(address.replace("/proposals/", "/proposals.csv"), {"text": "HYPERLINK"})
        )

        assert '"\'=HYPERLINK(1) for everybody"' in table
        assert "Another" not in table

    def test_nonsense_in_the_address_does_no_harm(self, client, address, proposal):
        response = client.get(
            address, {"status": "NOPE", "sort": "worst", "page": "x", "seed": "y" * 90}, follow=True
        )

        assert response.status_code == 200


class TestMakingAProposal:
    @pytest.fixture
    def start(self, consultation):
        return reverse("deliberation:new-proposal", args=[consultation.slug])

    def test_the_text_written_before_signing_in_is_there_after(self, client, consultation, start):
        client.post(start, {"title": "Plant trees on Market Square"})
        client.post(f"{start}text/", {"body": "Shade in **summer**."})
        sent = client.post(f"{start}check/")
        client.force_login(make_user(password=None))
        preview = text_of(client.get(f"{start}check/"))
        client.post(f"{start}check/")

        assert sent.status_code == 302
        assert "/accounts/login/" in sent.url
        assert "<strong>summer</strong>" in preview
        version = Proposal.objects.get().versions.get()
        assert (version.title, version.body) == (
            "Plant trees on Market Square",
            "Shade in **summer**.",
        )
        assert client.get(f"{start}check/").status_code == 302

    def test_similar_proposals_are_shown_before_the_text(self, client, proposal, start):
        response = client.post(start, {"title": "Plant a tree on the Market Square"}, follow=True)

        assert response.redirect_chain[0][0].endswith("/new/similar/")
        assert "Plant trees on Market Square" in text_of(response)

    def test_similar_proposals_are_found_in_chinese(self, client, consultation, start, now):
        make_proposal(consultation=consultation, title="在市场广场上种植更多树木", now=now)

        response = client.post(start, {"title": "希望在市场广场种树的提案"}, follow=True)

        assert "在市场广场上种植更多树木" in text_of(response)

    def test_without_similar_ones_the_text_comes_next(self, client, proposal, start):
        response = client.post(start, {"title": "Lower the fares of night buses"})

        assert response.url.endswith("/new/text/")

    @pytest.mark.parametrize(
        "title", ["", "Short", "x" * 81, "\u202e\u202e\u202e\u202e\u202e\u202e\u202e\u202e"]
    )
    def test_a_title_that_does_not_fit_says_so(self, client, start, title):
        page = text_of(client.post(start, {"title": title}))

        assert "govuk-error-summary" in page

    def test_the_form_says_when_proposals_are_closed(self, client, now):
        consultation = make_consultation(now=now, kind=Phase.Kind.DEBATE)

        response = client.get(reverse("deliberation:new-proposal", args=[consultation.slug]))

        assert response.status_code == 403
        assert "This consultation has no phase for proposals." in text_of(response)

    def test_steps_out_of_order_lead_back_to_the_first(self, client, start):
        for step in ("similar", "text", "check"):
            assert client.get(f"{start}{step}/").url == start


class TestTakingPart:
    def test_a_comment_stands_in_the_debate(self, client, proposal, person):
        response = client.post(
            reverse("deliberation:write-comment", args=[proposal.pk]),
            {"body": "Shade is good.", "alignment": "FOR"},
            follow=True,
        )

        assert "Your comment stands in the debate." in text_of(response)
        assert Comment.objects.get().author == person

    def test_a_comment_survives_signing_in(self, client, proposal):
        sent = client.post(
            reverse("deliberation:write-comment", args=[proposal.pk]),
            {"body": "Shade is good.", "alignment": "AGAINST"},
        )
        client.force_login(make_user(password=None))
        page = text_of(client.get(proposal.get_absolute_url()))

        assert "/accounts/login/" in sent.url
        assert "Your text was kept. It is not published yet." in page
        assert "Shade is good." in page
        assert not Comment.objects.exists()

    def test_a_reply_survives_signing_in_and_stands_below(self, client, proposal, now):
        parent = make_comment(proposal=proposal, now=now)
        address = reverse("deliberation:reply", args=[parent.pk])
        client.post(address, {"body": "But the roots.", "alignment": "AGAINST"})
        client.force_login(make_user(password=None))
        page = text_of(client.get(address))
        client.post(address, {"body": "But the roots.", "alignment": "AGAINST"})

        assert "But the roots." in page
        assert Comment.objects.get(parent=parent).body == "But the roots."

    def test_with_a_script_only_the_form_comes(self, client, proposal, person, now):
        parent = make_comment(proposal=proposal, now=now)
        address = reverse("deliberation:reply", args=[parent.pk])

        part = text_of(client.get(address, headers={"HX-Request": "true"}))

        assert "<html" not in part
        assert f'action="{address}"' in part

    def test_a_refused_comment_keeps_what_was_typed(self, client, proposal, person):
        body = "x" * 1001
        response = client.post(
            reverse("deliberation:write-comment", args=[proposal.pk]),
            {"body": body, "alignment": "FOR"},
        )

        assert response.status_code == 409
        assert "Write at most 1000 characters. This has 1001." in text_of(response)
        assert body in text_of(response)

    def test_endorsing_and_taking_it_back(self, client, proposal, person):
        client.post(reverse("deliberation:endorse", args=[proposal.pk]))
        endorsed = text_of(client.get(proposal.get_absolute_url()))
        client.post(reverse("deliberation:undo-endorsement", args=[proposal.pk]))

        assert "You endorse this proposal." in endorsed
        assert not Endorsement.objects.exists()

    def test_the_proposal_comes_first_then_endorsing_it_then_the_debate(
        self, client, proposal, person
    ):
        page = text_of(client.get(proposal.get_absolute_url()))

        places = [page.index(text) for text in ("<h1", "Endorse this proposal", 'id="thread"')]
        assert places == sorted(places)

    def test_who_is_not_signed_in_is_told_what_signing_in_allows(self, client, proposal):
        page = text_of(client.get(proposal.get_absolute_url()))

        assert "Sign in to endorse this proposal. Reading is open to all." in page
        assert "Sign in to write in this debate. Reading is open to all." in page

    def test_who_is_too_early_is_told_when(self, client, person, now):
        consultation = make_full_consultation(now=now)
        proposal = make_proposal(consultation=consultation, now=now)
        Phase.objects.filter(consultation=consultation, number=1).update(features=["PROPOSE"])

        page = text_of(client.get(proposal.get_absolute_url()))

        assert "You can write comments from" in page
        assert "You can endorse proposals from" in page

    def test_a_report_goes_to_the_queue(self, client, proposal, person, now):
        comment = make_comment(proposal=proposal, now=now)
        client.post(
            reverse("deliberation:report-comment", args=[comment.pk]),
            {"rule": "RESPECT", "text": "Calls me names."},
        )
        client.post(
            reverse("deliberation:report-proposal", args=[proposal.pk]),
            {"rule": "TOPIC", "text": ""},
        )

        assert set(Report.objects.values_list("rule", "reporter")) == {
            ("RESPECT", person.pk),
            ("TOPIC", person.pk),
        }

    def test_the_author_revises_after_seeing_what_changes(self, client, proposal):
        client.force_login(proposal.author)
        address = reverse("deliberation:revise", args=[proposal.pk])
        texts = {"title": "Plant limes on Market Square", "body": "Shade.", "note": "Limes"}

        preview = text_of(client.post(address, texts | {"preview": "1"}))
        before = proposal.versions.count()
        client.post(address, texts)

        assert "<ins>" in preview
        assert (before, proposal.versions.count()) == (1, 2)

    def test_others_cannot_revise(self, client, proposal, person):
        response = client.get(reverse("deliberation:revise", args=[proposal.pk]))

        assert response.status_code == 403
        assert "Only the author can change a proposal." in text_of(response)

    def test_the_author_withdraws(self, client, proposal):
        client.force_login(proposal.author)
        client.post(reverse("deliberation:withdraw", args=[proposal.pk]))

        proposal.refresh_from_db()
        assert proposal.status == Proposal.Status.WITHDRAWN
