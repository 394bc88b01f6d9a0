"""How much one person may write, so that nobody drowns the others."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.models import User
from deliberation.models import Comment, Endorsement, Proposal, Report
from deliberation.services.refusal import Refused


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so many within so much time."""

    name: str
    many: int
    within: timedelta


COMMENTS_IN_A_ROW = Limit("comments_in_a_row", 6, timedelta(minutes=5))
COMMENTS_PER_DAY = Limit("comments_per_day", 60, timedelta(days=1))
PROPOSALS_PER_DAY = Limit("proposals_per_day", 5, timedelta(days=1))
ENDORSEMENTS_PER_HOUR = Limit("endorsements_per_hour", 60, timedelta(hours=1))
REPORTS_PER_DAY = Limit("reports_per_day", 20, timedelta(days=1))


class LimitReached(Refused):
    """The person has written as much as anybody may within that time."""


def lock_person(user: User) -> User:
    """Let one request of a person count and write at a time.

    The lock does not hinder others, nor rows that only name the person.
    """
    return User.objects.select_for_update(no_key=True).get(pk=user.pk)


def check_comments(user: User, *, now: datetime) -> None:
    """Refuse one more comment than the limits allow. The person is locked."""
    written = Comment.objects.filter(author=user)
    for limit in (COMMENTS_IN_A_ROW, COMMENTS_PER_DAY):
        _check(limit, written, "posted_at", now=now)


def check_proposals(user: User, *, now: datetime) -> None:
    """Refuse one more proposal than the limit allows. The person is locked."""
    _check(PROPOSALS_PER_DAY, Proposal.objects.filter(author=user), "submitted_at", now=now)


def check_endorsements(user: User, *, now: datetime) -> None:
    """Refuse one more endorsement than the limit allows. The person is locked."""
    _check(ENDORSEMENTS_PER_HOUR, Endorsement.objects.filter(user=user), "endorsed_at", now=now)


def check_reports(user: User, *, now: datetime) -> None:
    """Refuse one more report than the limit allows. The person is locked."""
    _check(REPORTS_PER_DAY, Report.objects.filter(reporter=user), "reported_at", now=now)


def _check(limit: Limit, rows: QuerySet, moment: str, *, now: datetime) -> None:  # type: ignore[type-arg]  # any model
    since = {f"{moment}__gt": now - limit.within, f"{moment}__lte": now}
    recent = rows.filter(**since).order_by(moment).values_list(moment, flat=True)
    times = list(recent)
    if len(times) < limit.many:
        return
    wait = times[-limit.many] + limit.within - now
    minutes = max(1, -(-int(wait.total_seconds()) // 60))
    message = _("That is as much as one person may write in so short a time. Wait %(minutes)s min.")
    raise LimitReached(message % {"minutes": minutes}, code=limit.name)
