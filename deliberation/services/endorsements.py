"""Giving support and taking it back."""

from datetime import datetime

from django.db import transaction

from accounts.models import User
from deliberation.models import Endorsement, Proposal
from deliberation.permissions import obstacle_to_endorsing
from deliberation.services.limits import check_endorsements, lock_person
from deliberation.services.proposals import change_status, lock_proposal
from deliberation.services.refusal import refuse_if


@transaction.atomic
def endorse_proposal(*, proposal: Proposal, user: User, now: datetime) -> Proposal:
    """Count a person's support, and shortlist the proposal that reaches its threshold.

    Doing it twice counts once.

    Raises:
        NotPermitted: the phase, the status or the person's account does not allow it.
        LimitReached: too many endorsements by this person within the hour.

    """
    refuse_if(obstacle_to_endorsing(user, proposal, now=now))
    user = lock_person(user)
    proposal = lock_proposal(proposal)
    refuse_if(obstacle_to_endorsing(user, proposal, now=now))
    if Endorsement.objects.filter(proposal=proposal, user=user).exists():
        return proposal
    check_endorsements(user, now=now)
    Endorsement.objects.create(proposal=proposal, user=user, endorsed_at=now)
    threshold = proposal.consultation.endorsement_threshold
    if (
        threshold is not None
        and proposal.status == Proposal.Status.SUBMITTED
        and proposal.endorsements.count() >= threshold
    ):
        change_status(proposal=proposal, status=Proposal.Status.SHORTLISTED, reason="", now=now)
    return proposal


@transaction.atomic
def withdraw_endorsement(*, proposal: Proposal, user: User, now: datetime) -> Proposal:
    """Take support back. A proposal that was shortlisted stays so.

    Raises:
        NotPermitted: the phase, the status or the person's account does not allow it.

    """
    proposal = lock_proposal(proposal)
    refuse_if(obstacle_to_endorsing(user, proposal, now=now))
    Endorsement.objects.filter(proposal=proposal, user=user).delete()
    return proposal
