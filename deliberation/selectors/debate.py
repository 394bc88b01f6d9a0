"""What the page of a debate asks."""

from dataclasses import dataclass

from deliberation.analysis.threads import Entry, Node, build_threads
from deliberation.models import Comment, ModerationAct, Proposal
from deliberation.selectors.hidden import removals_of_comments, visible_comments

SIDE_LIMIT = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownComment:
    """A comment, and the act that removed it, if one did."""

    comment: Comment
    removal: ModerationAct | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """The newest reasons of one side, and how many there are."""

    comments: list[Comment]
    count: int


def threads_of(
    proposal: Proposal, *, newest_first: bool, alignment: str
) -> list[Node[ShownComment]]:
    """Return the debate as threads.

    Replies always stand oldest first, because a reply is read after what it answers. With an
    `alignment`, only threads that begin with such a comment.
    """
    comments = list(
        Comment.objects.filter(proposal=proposal)
        .select_related("author")
        .order_by("posted_at", "pk")
    )
    removals = removals_of_comments(comment.pk for comment in comments)
    threads = build_threads(
        Entry(
            number=comment.pk,
            parent=comment.parent_id,
            content=ShownComment(comment=comment, removal=removals.get(comment.pk)),
        )
        for comment in comments
    )
    if alignment:
        threads = [node for node in threads if node.content.comment.alignment == alignment]
    return threads[::-1] if newest_first else threads


def side_of(proposal: Proposal, *, alignment: str) -> Side:
    """Return the first reasons given for one side, without replies and removed ones."""
    rows = visible_comments().filter(proposal=proposal, alignment=alignment, parent__isnull=True)
    shown = rows.select_related("author").order_by("posted_at", "pk")[:SIDE_LIMIT]
    return Side(comments=list(shown), count=rows.count())


def comment_count(proposal: Proposal) -> int:
    """Return how many comments stand in the debate, without removed ones."""
    return visible_comments().filter(proposal=proposal).count()
