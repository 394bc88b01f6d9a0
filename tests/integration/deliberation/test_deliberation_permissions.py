"""Who may do what in which phase: the whole table, cell by cell."""

import itertools
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import AnonymousUser

from deliberation.models import Phase
from deliberation.permissions import (
    can_moderate,
    can_see_consultation,
    can_see_queue,
    can_set_up,
    obstacle_to_commenting,
    obstacle_to_endorsing,
    obstacle_to_proposing,
    obstacle_to_replying,
    obstacle_to_reporting,
    obstacle_to_revising,
    obstacle_to_withdrawing,
)
from deliberation.services.comments import post_comment
from deliberation.services.endorsements import endorse_proposal
from deliberation.services.proposals import submit_proposal
from deliberation.services.refusal import NotPermitted
from deliberation.services.reports import report_content
from tests.factories.accounts import (
    make_administrator,
    make_moderator,
    make_organisation,
    make_user,
)
from tests.factories.deliberation import (
    DAY,
    NOW,
    make_comment,
    make_draft,
    make_full_consultation,
    make_proposal,
    make_removal,
    make_shortlisted,
)

pytestmark = pytest.mark.django_db

# The phases of make_full_consultation, ten days each, by the days from NOW on which they run.
MOMENTS = {"before": -5.5, "PROPOSE": 0, "DEBATE": 10, "VOTE": 20, "ANSWER": 30, "after": 40}
ROLES = ["anonymous", "unconfirmed", "person", "author", "moderator", "administrator", "stranger"]
WHEN = {
    "propose": {"PROPOSE"},
    "endorse": {"PROPOSE", "DEBATE"},
    "comment": {"PROPOSE", "DEBATE"},
}
# What stands in the way where the phase does not allow it.
CLOSED = {
    ("propose", "before"): "not_yet",
    ("endorse", "before"): "not_yet",
    ("comment", "before"): "not_yet",
}


def person_of(role, proposal):
    organisation = proposal.consultation.organisation
    if role == "anonymous":
        return AnonymousUser()
    if role == "author":
        return proposal.author
    if role == "moderator":
        return make_moderator(organisation)
    if role == "administrator":
        return make_administrator(organisation)
    if role == "stranger":
        return make_moderator(make_organisation())
    user = make_user(password=None)
    if role == "unconfirmed":
        EmailAddress.objects.filter(user=user).update(verified=False)
    return user


def expected(action, phase, role):
    if phase not in WHEN[action]:
        return CLOSED.get((action, phase), "no_longer")
    if role == "anonymous":
        return "sign_in"
    if role == "unconfirmed":
        return "confirm_address"
    return None


@pytest.fixture
def proposal():
    return make_proposal(consultation=make_full_consultation())


def code_of(obstacle):
    return obstacle.code if obstacle else None


@pytest.mark.parametrize(("phase", "role"), list(itertools.product(MOMENTS, ROLES)))
def test_writing_depends_on_phase_and_account(proposal, phase, role):
    now = NOW + MOMENTS[phase] * DAY
    user = person_of(role, proposal)

    found = {
        "propose": code_of(obstacle_to_proposing(user, proposal.consultation, now=now)),
        "endorse": code_of(obstacle_to_endorsing(user, proposal, now=now)),
        "comment": code_of(obstacle_to_commenting(user, proposal, now=now)),
    }

    assert found == {action: expected(action, phase, role) for action in WHEN}


@pytest.mark.parametrize(("phase", "role"), list(itertools.product(MOMENTS, ROLES[1:])))
def test_services_refuse_what_permissions_refuse(proposal, phase, role):
    now = NOW + MOMENTS[phase] * DAY
    user = person_of(role, proposal)
    consultation = proposal.consultation
    acts = {
        "propose": lambda: submit_proposal(
            consultation=consultation, author=user, title="Plant more trees", body="b", now=now
        ),
        "endorse": lambda: endorse_proposal(proposal=proposal, user=user, now=now),
        "comment": lambda: post_comment(
            proposal=proposal, author=user, parent=None, alignment="FOR", body="b", now=now
        ),
    }

    for action, act in acts.items():
        code = expected(action, phase, role)
        if code is None:
            act()
        else:
            with pytest.raises(NotPermitted) as refusal:
                act()
            assert refusal.value.code == code


@pytest.mark.parametrize("role", ROLES)
def test_only_the_author_revises_and_withdraws(proposal, role):
    user = person_of(role, proposal)
    code = {"author": None, "anonymous": "sign_in"}.get(role, "not_yours")

    assert code_of(obstacle_to_revising(user, proposal, now=NOW)) == code
    assert code_of(obstacle_to_withdrawing(user, proposal)) == code


@pytest.mark.parametrize(
    ("phase", "code"), [("PROPOSE", None), ("DEBATE", "no_longer"), ("after", "no_longer")]
)
def test_the_author_revises_while_proposals_are_open(proposal, phase, code):
    now = NOW + MOMENTS[phase] * DAY

    assert code_of(obstacle_to_revising(proposal.author, proposal, now=now)) == code


def test_nobody_writes_about_what_is_removed(proposal):
    comment = make_comment(proposal=proposal)
    user = make_user(password=None)
    make_removal(proposal)

    found = {
        obstacle_to_commenting(user, proposal, now=NOW).code,
        obstacle_to_replying(user, comment, now=NOW).code,
        obstacle_to_endorsing(user, proposal, now=NOW).code,
        obstacle_to_revising(proposal.author, proposal, now=NOW).code,
        obstacle_to_reporting(user, proposal).code,
        obstacle_to_reporting(user, comment).code,
    }
    assert found == {"removed"}


def test_a_decided_proposal_gathers_no_endorsements(proposal):
    proposal.status = "WITHDRAWN"

    assert obstacle_to_endorsing(make_user(password=None), proposal, now=NOW).code == "decided"
    shortlisted = make_shortlisted(consultation=proposal.consultation)
    assert obstacle_to_endorsing(make_user(password=None), shortlisted, now=NOW) is None


@pytest.mark.parametrize("role", ROLES)
def test_whoever_can_write_can_report_at_any_time(proposal, role):
    user = person_of(role, proposal)
    code = {"anonymous": "sign_in", "unconfirmed": "confirm_address"}.get(role)

    assert code_of(obstacle_to_reporting(user, proposal)) == code
    if code is None:
        report_content(
            content=proposal, reporter=user, rule="LAW", text="", now=NOW + timedelta(days=99)
        )


@pytest.mark.parametrize("role", ROLES)
def test_offices_count_in_their_organisation(proposal, role):
    user = person_of(role, proposal)

    assert can_moderate(user, proposal) == (role == "moderator")
    assert can_set_up(user, proposal.consultation.organisation) == (role == "administrator")
    assert can_see_queue(user) == (role in {"moderator", "stranger"})


@pytest.mark.parametrize("role", ROLES)
def test_a_draft_is_for_administrators_alone(proposal, role):
    draft = make_draft(organisation=proposal.consultation.organisation)
    user = person_of(role, proposal)

    assert can_see_consultation(user, draft) == (role == "administrator")
    assert can_see_consultation(user, proposal.consultation)


def test_a_draft_takes_nothing_even_from_its_administrator():
    draft = make_draft()
    user = make_administrator(draft.organisation)

    assert obstacle_to_proposing(user, draft, now=NOW).code == "not_published"


def test_a_consultation_without_the_phase_says_so(proposal):
    Phase.objects.filter(consultation=proposal.consultation).update(features=[])

    obstacle = obstacle_to_commenting(make_user(password=None), proposal, now=NOW)
    assert obstacle.code == "not_in_this_consultation"


def test_an_inactive_account_may_nothing(proposal):
    user = make_moderator(proposal.consultation.organisation)
    user.is_active = False

    assert obstacle_to_commenting(user, proposal, now=NOW).code == "sign_in"
    assert not can_moderate(user, proposal)
    assert not can_see_queue(user)


def test_an_office_rests_until_there_is_a_second_factor(proposal, settings):
    settings.ROLES_NEED_SECOND_FACTOR = True
    moderator = make_moderator(proposal.consultation.organisation)
    administrator = make_administrator(proposal.consultation.organisation)

    assert not can_moderate(moderator, proposal)
    assert not can_see_queue(moderator)
    assert not can_set_up(administrator, proposal.consultation.organisation)
