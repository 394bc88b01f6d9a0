"""What the pages of consultations ask."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, F, Max, Min, OuterRef, Q, QuerySet, Subquery

from accounts.models import Role, User
from accounts.selectors import organisations_where
from deliberation.models import (
    Comment,
    Consultation,
    ConsultationElection,
    Endorsement,
    Phase,
    Proposal,
)
from deliberation.selectors.hidden import visible_comments, visible_proposals
from voting.models import Election


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One phase as the page shows it at one moment."""

    phase: Phase
    is_over: bool
    is_current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """How many took part, and what they did."""

    people: int
    proposals: int
    comments: int
    endorsements: int


def published_consultations() -> QuerySet[Any]:
    """Return what everybody may read, with the first start and the last end of its phases."""
    return (
        Consultation.objects.filter(published_at__isnull=False)
        .select_related("organisation")
        .annotate(starts_at=Min("phases__starts_at"), ends_at=Max("phases__ends_at"))
    )


def open_consultations(*, now: datetime) -> QuerySet[Any]:
    """Return the consultations in which a phase runs now, the one that changes next first.

    Each row has `phase_kind` and `phase_ends_at` of the running phase.
    """
    running = Phase.objects.filter(consultation=OuterRef("pk"), starts_at__lte=now, ends_at__gt=now)
    rows: QuerySet[Any] = (
        published_consultations()
        .annotate(
            phase_kind=Subquery(running.values("kind")[:1]),
            phase_ends_at=Subquery(running.values("ends_at")[:1]),
        )
        .filter(phase_kind__isnull=False)
        .order_by("phase_ends_at", "pk")
    )
    return rows


def coming_consultations(*, now: datetime) -> QuerySet[Any]:
    """Return the consultations that run no phase now and will run one, the nearest first."""
    coming = Phase.objects.filter(consultation=OuterRef("pk"), starts_at__gt=now)
    running = Q(phases__starts_at__lte=now, phases__ends_at__gt=now)
    rows: QuerySet[Any] = (
        published_consultations()
        .annotate(
            next_starts_at=Subquery(coming.order_by("starts_at").values("starts_at")[:1]),
            next_kind=Subquery(coming.order_by("starts_at").values("kind")[:1]),
            running=Count("phases", filter=running),
        )
        .filter(running=0, next_starts_at__isnull=False)
        .order_by("next_starts_at", "pk")
    )
    return rows


def finished_consultations(*, now: datetime) -> QuerySet[Any]:
    """Return the consultations whose last phase is over, the latest first."""
    return published_consultations().filter(ends_at__lte=now).order_by("-ends_at", "-pk")


def steps_of(consultation: Consultation, *, now: datetime) -> list[Step]:
    """Return the phases in their order, each with where it stands."""
    return [
        Step(phase=phase, is_over=phase.ends_at <= now, is_current=phase.is_active_at(now))
        for phase in consultation.phases.order_by("starts_at")
    ]


def running_phase(steps: Sequence[Step]) -> Phase | None:
    """Return the phase that runs now, if any."""
    return next((step.phase for step in steps if step.is_current), None)


def phase_at(consultation: Consultation, moment: datetime) -> Phase | None:
    """Return the phase of the consultation that runs at `moment`, if any."""
    return consultation.phases.filter(starts_at__lte=moment, ends_at__gt=moment).first()


def next_phase_with(consultation: Consultation, *, feature: str, after: datetime) -> Phase | None:
    """Return the next phase in which people will be able to do this, if any."""
    later = consultation.phases.filter(starts_at__gt=after, features__contains=[feature])
    return later.order_by("starts_at").first()


def last_phase_with(consultation: Consultation, *, feature: str, before: datetime) -> Phase | None:
    """Return the last phase in which people were able to do this, if any."""
    earlier = consultation.phases.filter(ends_at__lte=before, features__contains=[feature])
    return earlier.order_by("-starts_at").first()


def activity_of(consultation: Consultation) -> Activity:
    """Count what stands on the pages: removed contributions are not counted."""
    proposals = Proposal.objects.filter(consultation=consultation)
    comments = Comment.objects.filter(proposal__consultation=consultation)
    endorsements = Endorsement.objects.filter(proposal__consultation=consultation)
    people = proposals.values("author").union(
        comments.values("author"), endorsements.values("user")
    )
    return Activity(
        people=people.count(),
        proposals=visible_proposals().filter(consultation=consultation).count(),
        comments=visible_comments().filter(proposal__consultation=consultation).count(),
        endorsements=endorsements.count(),
    )


def participant_sides() -> dict[str, int]:
    """Return how many people took part in the published consultations, by the side they took.

    Endorsing, proposing and writing for a proposal count for agreement, writing against one for
    disagreement; who did as much of both, or only asked, counts as passed. Keys: `agree`,
    `disagree`, `passed`. It is the picture of the home page, and each person is in it once.
    """
    public = Q(proposal__consultation__published_at__isnull=False)
    leaning: Counter[int] = Counter()
    weights = {Comment.Alignment.FOR: 1, Comment.Alignment.AGAINST: -1}
    comments = Comment.objects.filter(public).values_list("author", "alignment")
    for author, alignment, many in comments.annotate(many=Count("pk")).order_by():
        leaning[author] += weights.get(Comment.Alignment(alignment), 0) * many
    endorsements = Endorsement.objects.filter(public).values_list("user")
    for user, many in endorsements.annotate(many=Count("pk")).order_by():
        leaning[user] += many
    in_public = Proposal.objects.filter(consultation__published_at__isnull=False)
    for author, many in in_public.values_list("author").annotate(many=Count("pk")).order_by():
        leaning[author] += many
    agree = sum(1 for value in leaning.values() if value > 0)
    disagree = sum(1 for value in leaning.values() if value < 0)
    return {"agree": agree, "disagree": disagree, "passed": len(leaning) - agree - disagree}


def elections_of(consultation: Consultation) -> QuerySet[ConsultationElection]:
    """Return the elections that came out of the debate and may be seen, the latest first."""
    return (
        ConsultationElection.objects.filter(consultation=consultation)
        .exclude(election__phase__in=Election.UNSEALED)
        .select_related("election")
        .order_by("-drafted_at")
    )


def administered_consultations(user: User) -> QuerySet[Consultation]:
    """Return the consultations that a person may set up, drafts first."""
    return (
        Consultation.objects.filter(
            organisation__in=organisations_where(user, Role.Kind.ADMINISTRATOR)
        )
        .select_related("organisation")
        .order_by(F("published_at").desc(nulls_first=True), "-pk")
    )
