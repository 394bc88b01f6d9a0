"""Comments in, threads out."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Content = TypeVar("Content")

MAX_LEVELS = 3


@dataclass(frozen=True, slots=True)
class Entry(Generic[Content]):
    """A comment before it has its place: its number, that of its parent, and itself."""

    number: int
    parent: int | None
    content: Content


@dataclass(slots=True)
class Node(Generic[Content]):
    """A comment in its place.

    `level` is 1 to MAX_LEVELS. `in_reply_to` is set where the place does not say it: on
    comments deeper than that, which stand among their ancestor's replies.
    """

    content: Content
    level: int
    in_reply_to: Content | None = None
    replies: "list[Node[Content]]" = field(default_factory=list)
    count: int = 0


def build_threads(entries: Iterable[Entry[Content]]) -> list[Node[Content]]:
    """Arrange comments in threads of at most MAX_LEVELS levels.

    Siblings keep the order in which they come; a parent may come after its replies. `count`
    is the number of comments below a node. There is no recursion: a chain of replies may be
    as long as people like.
    """
    listed = list(entries)
    known = {entry.number: entry for entry in listed}
    children: dict[int | None, list[Entry[Content]]] = {}
    for entry in listed:
        parent = entry.parent if entry.parent in known else None
        children.setdefault(parent, []).append(entry)

    roots: list[Node[Content]] = []
    # (entry, the node under which it goes, its depth): the last one is placed next.
    waiting: list[tuple[Entry[Content], list[Node[Content]], int]] = [
        (entry, [], 1) for entry in reversed(children.get(None, []))
    ]
    while waiting:
        entry, ancestors, depth = waiting.pop()
        node = Node(content=entry.content, level=min(depth, MAX_LEVELS))
        if depth > MAX_LEVELS and entry.parent is not None:
            node.in_reply_to = known[entry.parent].content
        (ancestors[-1].replies if ancestors else roots).append(node)
        for ancestor in ancestors:
            ancestor.count += 1
        below = [*ancestors, node] if depth < MAX_LEVELS else ancestors
        waiting += [(child, below, depth + 1) for child in reversed(children.get(entry.number, []))]
    return roots
