"""What several requests at once cannot do."""

import pytest

from deliberation.models import (
    Comment,
    Endorsement,
    ModerationAct,
    PhaseChange,
    Proposal,
    StatusChange,
)
from deliberation.services.comments import post_comment
from deliberation.services.endorsements import endorse_proposal
from deliberation.services.limits import LimitReached
from deliberation.services.moderation import ActRefused, hide_content
from deliberation.services.phases import log_due_changes
from deliberation.services.proposals import submit_proposal
from tests.factories.accounts import make_moderator, make_user
from tests.factories.deliberation import (
    NOW,
    make_comment,
    make_consultation,
    make_full_consultation,
    make_proposal,
)
from tests.factories.threads import many_at_once

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_person_s_limit_holds_for_requests_at_once():
    proposal, author = make_proposal(), make_user(password=None)

    results = many_at_once(
        lambda number: post_comment(
            proposal=proposal,
            author=author,
            parent=None,
            alignment="FOR",
            body=f"Reason {number}",
            now=NOW,
        ),
        times=16,
        refusals=LimitReached,
    )

    assert sum(isinstance(result, LimitReached) for result in results) == 10
    assert Comment.objects.count() == 6


def test_one_person_counts_once_and_the_threshold_is_reached_once():
    proposal = make_proposal(consultation=make_consultation(threshold=3))
    people = [make_user(password=None) for _ in range(5)]

    many_at_once(
        lambda number: endorse_proposal(proposal=proposal, user=people[number % 5], now=NOW),
        times=20,
    )

    assert Endorsement.objects.count() == 5
    assert StatusChange.objects.count() == 1


def test_proposals_made_at_once_have_numbers_of_their_own():
    consultation = make_consultation()
    people = [make_user(password=None) for _ in range(8)]

    many_at_once(
        lambda number: submit_proposal(
            consultation=consultation,
            author=people[number],
            title=f"Plant tree number {number}",
            body="Shade.",
            now=NOW,
        ),
        times=8,
    )

    assert sorted(Proposal.objects.values_list("number", flat=True)) == list(range(1, 9))


def test_two_moderators_remove_a_comment_once():
    comment = make_comment()
    moderators = [make_moderator(comment.proposal.consultation.organisation) for _ in range(4)]

    results = many_at_once(
        lambda number: hide_content(
            content=comment,
            moderator=moderators[number],
            rule="RESPECT",
            explanation="Names.",
            now=NOW,
        ),
        times=4,
        refusals=ActRefused,
    )

    assert sum(isinstance(result, ActRefused) for result in results) == 3
    assert ModerationAct.objects.count() == 1


def test_a_81_the_sweep_run_eight_times_at_once_logs_each_change_once():
    make_full_consultation()

    counts = many_at_once(lambda _number: log_due_changes(now=NOW), times=8)

    assert sum(counts) == 1
    assert PhaseChange.objects.filter(kind="STARTED").count() == 1
