"""What is removed: it follows from the latest act, and from nothing else."""

from collections.abc import Iterable
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from deliberation.models import Comment, ModerationAct, Proposal

HIDE = ModerationAct.Action.HIDE
CHANGES_VISIBILITY = [ModerationAct.Action.HIDE, ModerationAct.Action.RESTORE]


def with_last_action(rows: QuerySet[Any], *, target: str) -> QuerySet[Any]:
    """Annotate proposals or comments with `last_action`: "HIDE", "RESTORE" or nothing."""
    acts = ModerationAct.objects.filter(
        **{target: OuterRef("pk")}, action__in=CHANGES_VISIBILITY
    ).order_by("-acted_at", "-pk")
    last_action = Coalesce(Subquery(acts.values("action")[:1]), Value(""))
    annotated: QuerySet[Any] = rows.annotate(last_action=last_action)
    return annotated


def visible_proposals() -> QuerySet[Any]:
    """Return the proposals that are not removed."""
    return with_last_action(Proposal.objects.all(), target="proposal").exclude(last_action=HIDE)


def visible_comments() -> QuerySet[Any]:
    """Return the comments that are not removed."""
    return with_last_action(Comment.objects.all(), target="comment").exclude(last_action=HIDE)


def removal_of(content: Proposal | Comment) -> ModerationAct | None:
    """Return the act by which the contribution is hidden now, if it is."""
    acts = content.moderation_acts.filter(action__in=CHANGES_VISIBILITY)
    latest = acts.select_related("moderator").order_by("-acted_at", "-pk").first()
    return latest if latest and latest.action == HIDE else None


def removals_of_comments(comments: Iterable[int]) -> dict[int, ModerationAct]:
    """Return the acts by which some of these comments are hidden, by the comment's number."""
    acts = ModerationAct.objects.filter(comment__in=list(comments), action__in=CHANGES_VISIBILITY)
    latest: dict[int, ModerationAct] = {}
    for act in acts.order_by("acted_at", "pk"):
        if act.comment_id is not None:
            latest[act.comment_id] = act
    return {number: act for number, act in latest.items() if act.action == HIDE}
