"""What is said, reported and removed."""

import json
from datetime import timedelta

import pytest
from django.db import IntegrityError

from deliberation.models import Comment, ModerationAct, Report, Rule
from deliberation.selectors.hidden import removal_of
from deliberation.services.comments import SaidBefore, WrongThread
from deliberation.services.limits import LimitReached
from deliberation.services.moderation import (
    ActRefused,
    dismiss_reports,
    hide_content,
    restore_content,
)
from deliberation.services.refusal import NotPermitted
from deliberation.services.reports import ReportedBefore
from deliberation.services.texts import UnfitText
from tests.factories.accounts import make_moderator, make_organisation, make_user
from tests.factories.deliberation import (
    NOW,
    logged_bodies,
    make_comment,
    make_consultation,
    make_proposal,
    make_removal,
    make_report,
)

pytestmark = pytest.mark.django_db


class TestComments:
    def test_a_reply_belongs_to_the_same_debate(self):
        comment = make_comment()

        with pytest.raises(WrongThread):
            make_comment(parent=comment)

    def test_a_removed_comment_is_not_answered(self):
        comment = make_comment()
        make_removal(comment)

        with pytest.raises(NotPermitted):
            make_comment(proposal=comment.proposal, parent=comment)

    def test_the_same_words_are_said_once_by_a_person(self):
        comment = make_comment(body="Shade is good.")
        again = {"proposal": comment.proposal, "body": " Shade is good.\r\n"}

        with pytest.raises(SaidBefore):
            make_comment(author=comment.author, **again)
        make_comment(**again)

    @pytest.mark.parametrize(
        ("body", "alignment"), [("x" * 1001, "FOR"), ("\n", "FOR"), ("a", "?")]
    )
    def test_what_does_not_fit_is_refused(self, body, alignment):
        proposal = make_proposal()
        with pytest.raises(UnfitText):
            make_comment(proposal=proposal, body=body, alignment=alignment)

        assert not Comment.objects.exists()

    def test_a_person_writes_so_many_comments_in_a_row(self):
        proposal, author = make_proposal(), make_user(password=None)
        for second in range(6):
            make_comment(proposal=proposal, author=author, now=NOW + timedelta(seconds=second))

        with pytest.raises(LimitReached) as refusal:
            make_comment(proposal=proposal, author=author, now=NOW + timedelta(minutes=4))
        assert refusal.value.code == "comments_in_a_row"
        assert "Wait 1 min." in str(refusal.value)
        make_comment(proposal=proposal, author=author, now=NOW + timedelta(minutes=6))

    @pytest.mark.parametrize("change", ["update", "delete"])
    def test_a_comment_once_written_is_not_changed_or_dropped(self, change):
        comments = Comment.objects.filter(pk=make_comment().pk)
        act = comments.delete if change == "delete" else lambda: comments.update(body="Other")

        with pytest.raises(IntegrityError, match="written once"):
            act()


class TestReportsAndModeration:
    def test_a_person_reports_a_thing_once_until_it_is_answered(self):
        comment, reporter = make_comment(), make_user(password=None)
        moderator = make_moderator(comment.proposal.consultation.organisation)
        make_report(comment, reporter=reporter)
        with pytest.raises(ReportedBefore):
            make_report(comment, reporter=reporter)
        dismiss_reports(
            content=comment, moderator=moderator, rule=Rule.RESPECT, explanation="Fair.", now=NOW
        )
        make_report(comment, reporter=reporter)

        assert Report.objects.filter(answered_by__isnull=True).count() == 1

    def test_a_report_names_a_published_rule(self):
        comment = make_comment()
        with pytest.raises(UnfitText):
            make_report(comment, rule="TASTE")

    def test_a_report_is_of_one_contribution(self):
        comment = make_comment()
        with pytest.raises(IntegrityError):
            Report.objects.create(
                comment=comment,
                proposal=comment.proposal,
                reporter=comment.author,
                rule=Rule.LAW,
                reported_at=NOW,
            )

    def test_a_person_reports_so_much_a_day(self):
        reporter, proposal = make_user(password=None), make_proposal()
        for _ in range(20):
            make_report(make_comment(proposal=proposal), reporter=reporter)
        comment = make_comment(proposal=proposal)

        with pytest.raises(LimitReached):
            make_report(comment, reporter=reporter)

    def test_an_act_answers_all_reports_and_is_logged_without_words(self):
        comment = make_comment(body="The stupidest thing.")
        make_report(comment)
        make_report(comment)
        act = make_removal(comment, explanation="Calls another names.")

        entry = logged_bodies("moderation")[0]
        assert set(Report.objects.values_list("answered_by", flat=True)) == {act.pk}
        assert entry == {"kind": "moderation", **act.log_body()}
        assert (entry["act"], entry["target"], entry["reference"], entry["rule"]) == (
            "hide",
            "comment",
            comment.pk,
            "RESPECT",
        )
        assert "stupid" not in json.dumps(entry)
        assert "names" not in json.dumps(entry)

    def test_acts_fit_what_stands_there(self):
        comment = make_comment()
        moderator = make_moderator(comment.proposal.consultation.organisation)
        act = {"content": comment, "moderator": moderator, "rule": Rule.LAW, "now": NOW}

        with pytest.raises(ActRefused):
            restore_content(explanation="Why.", **act)
        with pytest.raises(ActRefused):
            dismiss_reports(explanation="Why.", **act)
        hide_content(explanation="Why.", **act)
        with pytest.raises(ActRefused):
            hide_content(explanation="Why.", **act)
        restore_content(explanation="It was a quotation.", **act)

        assert removal_of(comment) is None
        assert [entry["act"] for entry in logged_bodies("moderation")] == ["hide", "restore"]

    @pytest.mark.parametrize(("rule", "explanation"), [("TASTE", "Why."), (Rule.LAW, " ")])
    def test_no_act_without_a_published_rule_and_a_reason(self, rule, explanation):
        comment = make_comment()
        moderator = make_moderator(comment.proposal.consultation.organisation)

        with pytest.raises(UnfitText):
            hide_content(
                content=comment, moderator=moderator, rule=rule, explanation=explanation, now=NOW
            )
        assert not ModerationAct.objects.exists()
        assert not logged_bodies("moderation")

    def test_nobody_moderates_their_own_words(self):
        comment = make_comment()
        moderator = make_moderator(comment.proposal.consultation.organisation)
        own = make_comment(proposal=comment.proposal, author=moderator)

        with pytest.raises(NotPermitted):
            make_removal(own, moderator=moderator)

    def test_nobody_moderates_another_organisation(self):
        comment = make_comment()
        stranger = make_moderator(make_organisation())

        with pytest.raises(NotPermitted):
            make_removal(comment, moderator=stranger)

    def test_a_moderator_above_decides_below(self):
        above = make_organisation()
        consultation = make_consultation(organisation=make_organisation(parent=above))
        comment = make_comment(proposal=make_proposal(consultation=consultation))

        make_removal(comment, moderator=make_moderator(above))

        assert removal_of(comment) is not None
