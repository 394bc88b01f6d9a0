"""What is proposed, supported and put to the vote."""

import json

import pytest
from django.db import IntegrityError, transaction

from audit.models import PendingEntry
from deliberation.models import Endorsement, Proposal, ProposalVersion, StatusChange
from deliberation.services.elections import (
    ElectionNotDrafted,
    Form,
    draft_election_from_proposals,
)
from deliberation.services.endorsements import endorse_proposal, withdraw_endorsement
from deliberation.services.limits import LimitReached
from deliberation.services.proposals import (
    NothingChanged,
    WrongStatus,
    revise_proposal,
    shortlist_proposal,
    withdraw_proposal,
)
from deliberation.services.refusal import NotPermitted
from deliberation.services.texts import UnfitText
from tests.factories.accounts import make_user
from tests.factories.deliberation import (
    DAY,
    NOW,
    logged_bodies,
    make_consultation,
    make_endorsements,
    make_full_consultation,
    make_proposal,
    make_removal,
    make_shortlisted,
)

pytestmark = pytest.mark.django_db


def revise(proposal, *, title="Plant limes on Market Square", body="Shade.", note="Limes"):
    return revise_proposal(
        proposal=proposal, author=proposal.author, title=title, body=body, note=note, now=NOW
    )


class TestProposals:
    def test_proposals_count_within_their_consultation(self):
        consultation = make_consultation()

        numbers = [make_proposal(consultation=consultation).number for _ in range(3)]

        assert numbers == [1, 2, 3]
        assert make_proposal().number == 1

    def test_each_version_is_logged_without_its_text(self):
        proposal = make_proposal(title="Plant trees on Market Square")
        revise(proposal)

        entries = logged_bodies("proposal")
        assert [(entry["proposal"], entry["version"]) for entry in entries] == [
            (proposal.pk, 1),
            (proposal.pk, 2),
        ]
        assert entries[0]["text"] == proposal.versions.get(number=1).text_hash
        assert "Market" not in json.dumps(entries)

    def test_text_and_entry_are_written_together_or_not_at_all(self):
        consultation = make_consultation()
        before = PendingEntry.objects.count()
        with transaction.atomic():
            make_proposal(consultation=consultation)
            transaction.set_rollback(True)

        assert not Proposal.objects.exists()
        assert PendingEntry.objects.count() == before

    def test_the_same_text_is_no_new_version(self):
        proposal = make_proposal(title="Plant trees on Market Square", body="Shade.")

        with pytest.raises(NothingChanged):
            revise(proposal, title=" Plant  trees on Market Square ", body="Shade.\r\n")

    @pytest.mark.parametrize(
        ("title", "body", "field"),
        [
            ("Short", "Body", "title"),
            ("x" * 81, "Body", "title"),
            ("\u202e" * 20, "Body", "title"),
            ("Plant trees", "", "body"),
            ("Plant trees", " \n\x00\t ", "body"),
            ("Plant trees", "x" * 8001, "body"),
        ],
    )
    def test_texts_that_do_not_fit_are_refused(self, title, body, field):
        with pytest.raises(UnfitText) as refusal:
            make_proposal(title=title, body=body)

        assert refusal.value.field == field
        assert not Proposal.objects.exists()

    def test_marks_that_cannot_be_seen_are_dropped(self):
        title, body = "Plant\u202e trees\x07\neverywhere", "a\r\nb\x00\u2066c"
        version = make_proposal(title=title, body=body).versions.get()

        assert (version.title, version.body) == ("Plant trees everywhere", "a\nbc")

    @pytest.mark.parametrize("change", ["update", "delete"])
    def test_a_text_once_written_is_not_changed_or_dropped(self, change):
        versions = ProposalVersion.objects.filter(proposal=make_proposal())
        act = versions.delete if change == "delete" else lambda: versions.update(body="Other")

        with pytest.raises(IntegrityError, match="written once"):
            act()

    def test_shortlisting_by_hand_takes_a_reason_once(self):
        proposal = make_proposal()
        with pytest.raises(UnfitText):
            shortlist_proposal(proposal=proposal, reason="  ", now=NOW)
        shortlist_proposal(proposal=proposal, reason="Within our powers.", now=NOW)
        with pytest.raises(WrongStatus):
            shortlist_proposal(proposal=proposal, reason="Again.", now=NOW)

        assert StatusChange.objects.get().reason == "Within our powers."

    def test_a_removed_proposal_is_not_shortlisted(self):
        proposal = make_proposal()
        make_removal(proposal)

        with pytest.raises(WrongStatus):
            shortlist_proposal(proposal=proposal, reason="Why not.", now=NOW)

    def test_a_shortlisted_proposal_is_not_withdrawn_or_revised(self):
        proposal = make_shortlisted()

        with pytest.raises(NotPermitted):
            withdraw_proposal(proposal=proposal, author=proposal.author, now=NOW)
        with pytest.raises(NotPermitted):
            revise(proposal)

    def test_a_person_makes_so_many_proposals_a_day(self):
        consultation, author = make_consultation(), make_user(password=None)
        for _ in range(5):
            make_proposal(consultation=consultation, author=author)

        with pytest.raises(LimitReached) as refusal:
            make_proposal(consultation=consultation, author=author)
        assert refusal.value.code == "proposals_per_day"
        make_proposal(consultation=consultation)
        make_proposal(consultation=consultation, author=author, now=NOW + DAY)


class TestEndorsements:
    def test_the_threshold_shortlists_once(self):
        proposal = make_proposal(consultation=make_consultation(threshold=2))
        make_endorsements(proposal, many=3)

        proposal.refresh_from_db()
        assert proposal.status == Proposal.Status.SHORTLISTED
        assert StatusChange.objects.count() == 1

    def test_without_a_threshold_nothing_is_shortlisted(self):
        proposal = make_proposal(consultation=make_consultation(threshold=None))
        make_endorsements(proposal, many=3)

        proposal.refresh_from_db()
        assert proposal.status == Proposal.Status.SUBMITTED

    def test_twice_counts_once_and_taking_back_keeps_the_shortlist(self):
        proposal = make_proposal(consultation=make_consultation(threshold=1))
        user = make_user(password=None)
        endorse_proposal(proposal=proposal, user=user, now=NOW)
        endorse_proposal(proposal=proposal, user=user, now=NOW)
        count = Endorsement.objects.count()
        withdraw_endorsement(proposal=proposal, user=user, now=NOW)

        proposal.refresh_from_db()
        assert count == 1
        assert not Endorsement.objects.exists()
        assert proposal.status == Proposal.Status.SHORTLISTED


class TestElections:
    @pytest.fixture
    def consultation(self):
        return make_full_consultation()

    def draft(self, consultation, proposals, **changes):
        wanted = {
            "form": Form.EACH_A_QUESTION,
            "title": "The vote on trees",
            "question": "Which first?",
            "minimum": 0,
            "maximum": 2,
            "opens_at": NOW + 15 * DAY,
            "closes_at": NOW + 25 * DAY,
        }
        return draft_election_from_proposals(
            consultation=consultation, proposals=proposals, now=NOW, **(wanted | changes)
        )

    def test_each_proposal_becomes_a_question(self, consultation):
        proposals = [make_shortlisted(consultation=consultation) for _ in range(2)]

        link = self.draft(consultation, proposals)

        questions = list(link.election.questions.order_by("position"))
        assert [question.text for question in questions] == [
            proposal.versions.get().title for proposal in proposals
        ]
        assert questions[0].answers == ["Agree", "Disagree", "Pass"]
        assert (questions[0].minimum, questions[0].maximum) == (0, 1)
        assert link.election.consultation_url.endswith(f"/consultations/{consultation.slug}/")
        assert set(Proposal.objects.values_list("status", "put_to_vote_in")) == {
            ("IN_ELECTION", link.pk)
        }

    def test_proposals_become_the_answers_of_one_question(self, consultation):
        proposals = [make_shortlisted(consultation=consultation) for _ in range(3)]

        link = self.draft(consultation, proposals, form=Form.ONE_QUESTION)

        question = link.election.questions.get()
        assert question.text == "Which first?"
        assert question.answers == [proposal.versions.get().title for proposal in proposals]
        assert (question.minimum, question.maximum) == (0, 2)

    def test_only_shortlisted_proposals_of_the_consultation_are_put_to_the_vote(self, consultation):
        removed = make_shortlisted(consultation=consultation)
        make_removal(removed)
        others = [make_proposal(consultation=consultation)], [make_shortlisted()], [removed], []
        for proposals in others:
            with pytest.raises(ElectionNotDrafted):
                self.draft(consultation, proposals)

        assert not consultation.elections.exists()

    def test_what_voting_refuses_changes_nothing(self, consultation):
        proposal = make_shortlisted(consultation=consultation)

        with pytest.raises(ElectionNotDrafted, match="open before it closes"):
            self.draft(consultation, [proposal], closes_at=NOW)

        proposal.refresh_from_db()
        assert proposal.status == Proposal.Status.SHORTLISTED

    def test_a_proposal_is_put_to_the_vote_once(self, consultation):
        proposal = make_shortlisted(consultation=consultation)
        self.draft(consultation, [proposal])

        with pytest.raises(ElectionNotDrafted):
            self.draft(consultation, [proposal])
