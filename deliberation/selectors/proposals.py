"""What the list and the pages of proposals ask."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import (
    BinaryField,
    Count,
    DateTimeField,
    Func,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextField,
    Value,
)
from django.db.models.functions import Cast, Coalesce, Concat

from deliberation.analysis.differences import Stretch, differences
from deliberation.analysis.similarity import likeness, pieces_of
from deliberation.models import (
    Consultation,
    Endorsement,
    Proposal,
    ProposalVersion,
    StatusChange,
)
from deliberation.selectors.hidden import visible_comments, visible_proposals, with_last_action

SORTS = ("random", "newest", "endorsed", "discussed")
SIMILAR_LIMIT = 5
SIMILAR_FROM = 0.34
CANDIDATES_LIMIT = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalQuery:
    """What a reader asks of the list. `seed` decides the random order."""

    statuses: tuple[str, ...]
    text: str
    sort: str
    seed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One step in the life of a proposal."""

    kind: str
    at: datetime
    reason: str
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TextChange:
    """What changed between two versions."""

    before: ProposalVersion
    after: ProposalVersion
    title: list[Stretch]
    body: list[Stretch]


def proposals_with_texts(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Annotate proposals with their current text and with what people did.

    `title`, `body`, `version`, `revised_at`, `endorsement_count`, `comment_count` (of what is
    not removed) and `last_action`.
    """
    latest = ProposalVersion.objects.filter(proposal=OuterRef("pk")).order_by("-number")
    endorsements = (
        Endorsement.objects.filter(proposal=OuterRef("pk"))
        .order_by()
        .values("proposal")
        .annotate(many=Count("pk"))
    )
    comments = (
        visible_comments()
        .filter(proposal=OuterRef("pk"))
        .order_by()
        .values("proposal")
        .annotate(many=Count("pk"))
    )
    annotated: QuerySet[Any] = with_last_action(rows, target="proposal").annotate(
        title=Subquery(latest.values("title")[:1]),
        body=Subquery(latest.values("body")[:1]),
        version=Subquery(latest.values("number")[:1], output_field=IntegerField()),
        revised_at=Subquery(latest.values("revised_at")[:1], output_field=DateTimeField()),
        endorsement_count=Coalesce(Subquery(endorsements.values("many")[:1]), 0),
        comment_count=Coalesce(Subquery(comments.values("many")[:1]), 0),
    )
    return annotated


def listed_proposals(consultation: Consultation, query: ProposalQuery) -> QuerySet[Any]:
    """Return the proposals that the reader asked for, in the order asked for."""
    rows = proposals_with_texts(
        visible_proposals().filter(consultation=consultation).select_related("author")
    )
    if query.statuses:
        rows = rows.filter(status__in=query.statuses)
    for word in query.text.split():
        rows = rows.filter(Q(title__icontains=word) | Q(body__icontains=word))
    if query.sort == "newest":
        return rows.order_by("-submitted_at", "-pk")
    if query.sort == "endorsed":
        return rows.order_by("-endorsement_count", "pk")
    if query.sort == "discussed":
        return rows.order_by("-comment_count", "pk")
    # SHA-256 of the seed and the number: nobody can choose a place, because the number is
    # given before the reader's seed is drawn; and everybody with the seed sees this order.
    text = Concat(Value(query.seed + "\n"), Cast("pk", TextField()), output_field=TextField())
    place = Func(
        text,
        template="sha256(convert_to(%(expressions)s, 'UTF8'))",
        output_field=BinaryField(),
    )
    placed: QuerySet[Any] = rows.annotate(place=place)
    return placed.order_by("place", "pk")


def status_counts(consultation: Consultation) -> dict[str, int]:
    """Return how many visible proposals stand where."""
    rows = visible_proposals().filter(consultation=consultation)
    counted = rows.order_by().values("status").annotate(many=Count("pk", distinct=True))
    return {row["status"]: row["many"] for row in counted}


def similar_proposals(consultation: Consultation, *, title: str) -> list[Any]:
    """Return the visible proposals whose titles are most like this one, the likest first."""
    pieces = pieces_of(title)
    if not pieces:
        return []
    candidates = proposals_with_texts(
        visible_proposals().filter(consultation=consultation, title_pieces__overlap=pieces)
    ).order_by("-pk")[:CANDIDATES_LIMIT]
    ranked = sorted(
        ((likeness(title, row.title), row) for row in candidates),
        key=lambda pair: (-pair[0], pair[1].pk),
    )
    return [row for score, row in ranked if score >= SIMILAR_FROM][:SIMILAR_LIMIT]


def current_version(proposal: Proposal) -> ProposalVersion:
    """Return the latest text of the proposal."""
    return proposal.versions.order_by("-number")[0]


def timeline_of(proposal: Proposal) -> list[Moment]:
    """Return what happened to the proposal, oldest first."""
    moments = [
        Moment(
            kind="SUBMITTED" if version.number == 1 else "REVISED",
            at=version.revised_at,
            reason=version.note,
            version=version.number,
        )
        for version in proposal.versions.order_by("number")
    ]
    moments += [
        Moment(kind=change.status, at=change.changed_at, reason=change.reason, version=0)
        for change in StatusChange.objects.filter(proposal=proposal).order_by("changed_at", "pk")
    ]
    return sorted(moments, key=lambda moment: moment.at)


def text_change(before: ProposalVersion, after: ProposalVersion) -> TextChange:
    """Compare two versions word by word."""
    return TextChange(
        before=before,
        after=after,
        title=differences(before.title, after.title),
        body=differences(before.body, after.body),
    )
