"""Who may do what, when: the only place that decides it.

`can_…` answers yes or no. Where the answer depends on the phase or on something that a person
can do about it, `obstacle_to_…` says what stands in the way in words for that person: pages
and the REST interface show them, services refuse with them.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.utils import dateformat
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts.models import Organisation, Role, User
from accounts.permissions import has_resting_role, is_administrator, is_moderator
from accounts.selectors import Person, has_verified_email, organisations_where
from deliberation.models import Comment, Consultation, Phase, Proposal
from deliberation.selectors.consultations import last_phase_with, next_phase_with, phase_at
from deliberation.selectors.hidden import removal_of


class Code(StrEnum):
    """Why not. Stable words of the REST interface."""

    SIGN_IN = "sign_in"
    CONFIRM_ADDRESS = "confirm_address"
    NOT_PUBLISHED = "not_published"
    NOT_YET = "not_yet"
    NO_LONGER = "no_longer"
    NOT_IN_THIS_CONSULTATION = "not_in_this_consultation"
    REMOVED = "removed"
    NOT_YOURS = "not_yours"
    DECIDED = "decided"


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What stands in somebody's way, and what would remove it."""

    code: Code
    message: str

    @property
    def is_sign_in(self) -> bool:
        """Say whether signing in is the next step."""
        return self.code == Code.SIGN_IN


def can_see_consultation(user: Person, consultation: Consultation) -> bool:
    """Everybody sees what is published; drafts are for the organisation's administrators."""
    return consultation.is_published or can_set_up(user, consultation.organisation)


def can_set_up(user: Person, organisation: Organisation) -> bool:
    """Administrators set up consultations, shortlist proposals and draft elections."""
    return is_administrator(user, organisation)


def can_see_queue(user: Person) -> bool:
    """Moderators of any organisation have a queue."""
    return (
        isinstance(user, User)
        and user.is_active
        and organisations_where(user, Role.Kind.MODERATOR).exists()
        and not has_resting_role(user)
    )


def can_moderate(user: Person, content: Proposal | Comment) -> bool:
    """Moderators of the organisation decide on everything but what they wrote themselves."""
    return (
        is_moderator(user, proposal_of(content).consultation.organisation)
        and content.author_id != user.pk
    )


def can_moderate_in(user: Person, organisation: Organisation) -> bool:
    """Moderators of the organisation see the way to a decision beside every contribution."""
    return is_moderator(user, organisation)


def obstacle_to_proposing(
    user: Person, consultation: Consultation, *, now: datetime
) -> Obstacle | None:
    """Say what keeps a person from making a proposal, if anything does."""
    return _phase_obstacle(consultation, Phase.Feature.PROPOSE, now=now) or _person_obstacle(
        user, _("Sign in to make a proposal. Reading is open to all.")
    )


def obstacle_to_revising(user: Person, proposal: Proposal, *, now: datetime) -> Obstacle | None:
    """Say what keeps a person from changing a proposal's text, if anything does."""
    return (
        _author_obstacle(user, proposal)
        or _removal_obstacle(proposal)
        or _phase_obstacle(proposal.consultation, Phase.Feature.PROPOSE, now=now)
        or _person_obstacle(user, _("Sign in to revise your proposal."))
    )


def obstacle_to_withdrawing(user: Person, proposal: Proposal) -> Obstacle | None:
    """Say what keeps a person from withdrawing a proposal, if anything does."""
    return _author_obstacle(user, proposal) or _removal_obstacle(proposal)


def obstacle_to_endorsing(user: Person, proposal: Proposal, *, now: datetime) -> Obstacle | None:
    """Say what keeps a person from endorsing or from taking it back, if anything does."""
    if proposal.status in {Proposal.Status.IN_ELECTION, Proposal.Status.WITHDRAWN}:
        return Obstacle(Code.DECIDED, _("This proposal does not gather endorsements any more."))
    return (
        _removal_obstacle(proposal)
        or _phase_obstacle(proposal.consultation, Phase.Feature.ENDORSE, now=now)
        or _person_obstacle(user, _("Sign in to endorse this proposal. Reading is open to all."))
    )


def obstacle_to_commenting(user: Person, proposal: Proposal, *, now: datetime) -> Obstacle | None:
    """Say what keeps a person from writing in the debate, if anything does."""
    return (
        _removal_obstacle(proposal)
        or _phase_obstacle(proposal.consultation, Phase.Feature.COMMENT, now=now)
        or _person_obstacle(user, _("Sign in to write in this debate. Reading is open to all."))
    )


def obstacle_to_replying(user: Person, comment: Comment, *, now: datetime) -> Obstacle | None:
    """Say what keeps a person from answering a comment, if anything does."""
    return _removal_obstacle(comment) or obstacle_to_commenting(user, comment.proposal, now=now)


def obstacle_to_reporting(user: Person, content: Proposal | Comment) -> Obstacle | None:
    """Say what keeps a person from reporting a contribution, if anything does.

    Reporting does not depend on the phase: what stands on a page can be reported.
    """
    if not proposal_of(content).consultation.is_published:
        return Obstacle(Code.NOT_PUBLISHED, _("This consultation is not published yet."))
    return _removal_obstacle(content) or _person_obstacle(
        user, _("Sign in to report this. Moderators see who reports, others do not.")
    )


def proposal_of(content: Proposal | Comment) -> Proposal:
    """Return the proposal itself, or the one whose debate the comment is in."""
    return content.proposal if isinstance(content, Comment) else content


def _person_obstacle(user: Person, invitation: str) -> Obstacle | None:
    if not isinstance(user, User) or not user.is_active:
        return Obstacle(Code.SIGN_IN, invitation)
    if not has_verified_email(user, user.email):
        message = _("Confirm your e-mail address first: enter the code that we sent you.")
        return Obstacle(Code.CONFIRM_ADDRESS, message)
    return None


def _author_obstacle(user: Person, proposal: Proposal) -> Obstacle | None:
    if not isinstance(user, User):
        return Obstacle(Code.SIGN_IN, _("Sign in to change your proposal."))
    if proposal.author_id != user.pk:
        return Obstacle(Code.NOT_YOURS, _("Only the author can change a proposal."))
    if proposal.status != Proposal.Status.SUBMITTED:
        message = _("The text stands as it is: this proposal no longer gathers endorsements.")
        return Obstacle(Code.DECIDED, message)
    return None


def _removal_obstacle(content: Proposal | Comment) -> Obstacle | None:
    if removal_of(content) is not None or removal_of(proposal_of(content)) is not None:
        return Obstacle(Code.REMOVED, _("This was removed by a moderator."))
    return None


def _phase_obstacle(
    consultation: Consultation, feature: Phase.Feature, *, now: datetime
) -> Obstacle | None:
    """Say why the phase does not allow it, and when one does or did."""
    if not consultation.is_published:
        return Obstacle(Code.NOT_PUBLISHED, _("This consultation is not published yet."))
    running = phase_at(consultation, now)
    if running is not None and running.allows(feature):
        return None
    if (coming := next_phase_with(consultation, feature=feature, after=now)) is not None:
        message = {
            Phase.Feature.PROPOSE: _("You can make proposals from %(moment)s on."),
            Phase.Feature.ENDORSE: _("You can endorse proposals from %(moment)s on."),
            Phase.Feature.COMMENT: _("You can write comments from %(moment)s on."),
        }[feature]
        return Obstacle(Code.NOT_YET, message % {"moment": _in_words(coming.starts_at)})
    if (past := last_phase_with(consultation, feature=feature, before=now)) is not None:
        message = {
            Phase.Feature.PROPOSE: _("Proposals closed on %(moment)s. Reading stays open to all."),
            Phase.Feature.ENDORSE: _(
                "Endorsements closed on %(moment)s. Reading stays open to all."
            ),
            Phase.Feature.COMMENT: _("Comments closed on %(moment)s. Reading stays open to all."),
        }[feature]
        return Obstacle(Code.NO_LONGER, message % {"moment": _in_words(past.ends_at)})
    message = {
        Phase.Feature.PROPOSE: _("This consultation has no phase for proposals."),
        Phase.Feature.ENDORSE: _("This consultation has no phase for endorsements."),
        Phase.Feature.COMMENT: _("This consultation has no phase for debate."),
    }[feature]
    return Obstacle(Code.NOT_IN_THIS_CONSULTATION, message)


def _in_words(moment: datetime) -> str:
    """Return the moment in the reader's language and the installation's time zone."""
    local = localtime(moment)
    return _("%(day)s, %(time)s") % {
        "day": dateformat.format(local, pgettext("date format", "j F Y")),
        "time": dateformat.format(local, "H:i"),
    }
