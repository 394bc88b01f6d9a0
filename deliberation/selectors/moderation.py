"""What the moderators' queue and the public log of their acts ask."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from django.db.models import F, Q, QuerySet

from accounts.models import Role, User
from accounts.selectors import organisations_where
from audit.models import LogEntry
from deliberation.models import (
    Comment,
    ModerationAct,
    PhaseChange,
    Proposal,
    ProposalVersion,
    Report,
)
from deliberation.selectors.proposals import current_version
from evote.encoding import canonical_json

OLD_AFTER = timedelta(hours=24)
# An entry that the log has not taken in within this time is missing, not waiting.
LOGGED_WITHIN = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A contribution with the reports that wait for an answer, oldest first."""

    content: Proposal | Comment
    proposal: Proposal
    kind: str
    title: str
    text: str
    context: str
    reports: list[Report]
    contributions: int
    removed_before: int

    @property
    def name(self) -> str:
        """What tells it from the others on a page."""
        return f"{self.kind}-{self.content.pk}"

    @property
    def reported_at(self) -> datetime:
        """When the first waiting report came in."""
        return self.reports[0].reported_at


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueCounts:
    """The figures above the queue."""

    waiting: int
    old: int
    done: int
    median_time: timedelta | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedAct:
    """An act with its place in the log; `is_altered` if the row is not what was logged."""

    act: ModerationAct
    index: int | None
    is_altered: bool


def waiting_reports(user: User) -> QuerySet[Report]:
    """Return the unanswered reports in the organisations that a person moderates."""
    return Report.objects.filter(_moderated_by(user), answered_by__isnull=True)


def queue_of(user: User, *, kinds: frozenset[str], text: str) -> list[Case]:
    """Return the cases that wait, oldest first."""
    reports = waiting_reports(user).select_related(
        "proposal__consultation", "proposal__author", "comment__proposal__consultation",
        "comment__author", "comment__parent",
    )  # fmt: skip
    grouped: dict[tuple[str, int], list[Report]] = {}
    for report in reports.order_by("reported_at", "pk"):
        kind = "comment" if report.comment_id else "proposal"
        grouped.setdefault((kind, report.comment_id or report.proposal_id or 0), []).append(report)
    cases = [case_of(found) for (kind, _), found in grouped.items() if kind in kinds]
    wanted = text.casefold()
    return [case for case in cases if wanted in f"{case.title}\n{case.text}".casefold()]


def case_of(reports: list[Report]) -> Case:
    """Return the case that these reports of one contribution make."""
    content = reports[0].comment or reports[0].proposal
    assert content is not None
    return describe_case(content, reports=reports)


def describe_case(content: Proposal | Comment, *, reports: list[Report]) -> Case:
    """Return a contribution with what a moderator has to know of it."""
    if isinstance(content, Comment):
        proposal, kind, text = content.proposal, "comment", content.body
        title = current_version(proposal).title
        context = content.parent.body if content.parent else ""
    else:
        version = current_version(content)
        proposal, kind, title, text, context = content, "proposal", version.title, version.body, ""
    author = content.author_id
    removals = ModerationAct.objects.filter(
        Q(comment__author=author) | Q(proposal__author=author), action=ModerationAct.Action.HIDE
    )
    written = Comment.objects.filter(author=author).count()
    return Case(
        content=content,
        proposal=proposal,
        kind=kind,
        title=title,
        text=text,
        context=context,
        reports=reports,
        contributions=written + Proposal.objects.filter(author=author).count(),
        removed_before=removals.count(),
    )


def queue_counts(user: User, *, now: datetime) -> QueueCounts:
    """Return the figures above the queue: contributions, not reports."""
    waiting = waiting_reports(user)
    old = waiting.filter(reported_at__lt=now - OLD_AFTER)
    answered = Report.objects.filter(_moderated_by(user), answered_by__isnull=False)
    times = answered.annotate(took=F("answered_by__acted_at") - F("reported_at"))
    spans = list(times.values_list("took", flat=True))
    return QueueCounts(
        waiting=waiting.order_by().values("proposal", "comment").distinct().count(),
        old=old.order_by().values("proposal", "comment").distinct().count(),
        done=public_acts().filter(_moderated_by(user)).count(),
        median_time=median(spans) if spans else None,
    )


def public_acts() -> QuerySet[ModerationAct]:
    """Return every act of every moderator, the latest first."""
    return ModerationAct.objects.select_related(
        "moderator", "proposal__consultation", "comment__proposal__consultation"
    ).order_by("-acted_at", "-pk")


def acts_in(consultation_slug: str) -> QuerySet[ModerationAct]:
    """Return the acts in one consultation, the latest first."""
    return public_acts().filter(
        Q(proposal__consultation__slug=consultation_slug)
        | Q(comment__proposal__consultation__slug=consultation_slug)
    )


def with_log_places(acts: list[ModerationAct], *, now: datetime) -> list[LoggedAct]:
    """Return the acts with their places in the log, and say which rows were altered since."""
    identities = {act.pk: identity_of(kind="moderation", body=act.log_body()) for act in acts}
    places = {
        bytes(entry.identity): entry.index
        for entry in LogEntry.objects.filter(identity__in=list(identities.values()))
    }
    logged = []
    for act in acts:
        identity = identities[act.pk]
        index = places.get(identity)
        is_late = index is None and act.acted_at < now - LOGGED_WITHIN
        altered = identity != bytes(act.entry) or is_late
        logged.append(LoggedAct(act=act, index=index, is_altered=altered))
    return logged


def identity_of(*, kind: str, body: dict[str, object]) -> bytes:
    """Return the identity that the log gives to an entry: the SHA-256 of its bytes."""
    return hashlib.sha256(canonical_json({"kind": kind, **body})).digest()


def altered_records(*, now: datetime) -> list[str]:
    """Compare every text and act with what the log says of it, and name those that differ.

    Whoever can write to the database can change a row; they cannot change the log (A-87).
    """
    checked: list[tuple[str, str, dict[str, object], bytes, datetime]] = []
    for version in ProposalVersion.objects.order_by("pk").iterator():
        name = f"proposal {version.proposal_id} version {version.number}"
        entry = bytes(version.entry)
        checked.append((name, "proposal", version.log_body(), entry, version.revised_at))
    for act in public_acts().order_by("pk").iterator():
        entry = bytes(act.entry)
        checked.append((f"act {act.reference}", "moderation", act.log_body(), entry, act.acted_at))
    changes = PhaseChange.objects.select_related("phase__consultation").order_by("pk")
    for change in changes.iterator():
        name = f"phase {change.phase.log_name} of {change.phase.consultation.slug}: {change.kind}"
        entry = bytes(change.entry)
        body = change.log_body()
        checked.append((name, "consultation-phase", body, entry, change.recorded_at))

    logged = {
        bytes(identity)
        for identity in LogEntry.objects.filter(
            kind__in=["proposal", "moderation", "consultation-phase"]
        ).values_list("identity", flat=True)
    }
    altered = []
    for name, kind, body, entry, written_at in checked:
        identity = identity_of(kind=kind, body=body)
        is_late = identity not in logged and written_at < now - LOGGED_WITHIN
        if identity != entry or is_late:
            altered.append(name)
    return altered


def _moderated_by(user: User) -> Q:
    """Return the filter for contributions in the organisations that a person moderates."""
    organisations = organisations_where(user, Role.Kind.MODERATOR)
    return Q(proposal__consultation__organisation__in=organisations) | Q(
        comment__proposal__consultation__organisation__in=organisations
    )
