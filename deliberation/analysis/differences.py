"""What changed between two texts, word by word."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

# Cells of the comparison table, so that no pair of texts can take longer than about 0.1 s.
MAX_CELLS = 400_000
# Words of spaced scripts, single Han characters, runs of blanks, single other marks.
_TOKEN = re.compile(r"[^\W_\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+|\s+|.", re.DOTALL)
_HAS_WORD = re.compile(r"\w")
_PARAGRAPH = re.compile(r"[^\n]+\n*|\n+")


class Change(Enum):
    """What happened to a stretch of text."""

    KEPT = "kept"
    REMOVED = "removed"
    ADDED = "added"


@dataclass(frozen=True, slots=True)
class Stretch:
    """Consecutive text that shares one fate."""

    change: Change
    text: str


def differences(before: str, after: str) -> list[Stretch]:
    """Return the stretches that lead from one text to the other.

    Kept and removed stretches together are `before`, kept and added ones are `after`, to the
    letter. Words are compared where the table stays small; else whole paragraphs, and where
    even those are too many, the changed part counts as replaced.
    """
    words = _compare(_TOKEN.findall(before), _TOKEN.findall(after), limit=MAX_CELLS)
    if words is not None:
        return _joined(words)
    paragraphs = _compare(
        _PARAGRAPH.findall(before), _PARAGRAPH.findall(after), limit=MAX_CELLS // 2
    )
    if paragraphs is None:
        return _joined([Stretch(Change.REMOVED, before), Stretch(Change.ADDED, after)])
    return _joined(_refined(_joined(paragraphs), limit=MAX_CELLS // 2))


def _refined(stretches: Sequence[Stretch], *, limit: int) -> list[Stretch]:
    """Compare each removed stretch with the added one after it by words, while cells last."""
    refined: list[Stretch] = []
    for stretch in stretches:
        previous = refined[-1] if refined else None
        if stretch.change is Change.ADDED and previous and previous.change is Change.REMOVED:
            old, new = _TOKEN.findall(previous.text), _TOKEN.findall(stretch.text)
            if (words := _compare(old, new, limit=limit)) is not None:
                limit -= len(old) * len(new)
                refined[-1:] = words
                continue
        refined.append(stretch)
    return refined


def _compare(before: Sequence[str], after: Sequence[str], *, limit: int) -> list[Stretch] | None:
    """Compare by the longest common subsequence, or return None if the table grew too large."""
    start = 0
    while start < min(len(before), len(after)) and before[start] == after[start]:
        start += 1
    end = 0
    while end < min(len(before), len(after)) - start and before[-1 - end] == after[-1 - end]:
        end += 1
    old, new = before[start : len(before) - end], after[start : len(after) - end]
    if len(old) * len(new) > limit:
        return None
    kept_first = [Stretch(Change.KEPT, token) for token in before[:start]]
    kept_last = [Stretch(Change.KEPT, token) for token in before[len(before) - end :]]
    return kept_first + _walk(old, new) + kept_last


def _walk(old: Sequence[str], new: Sequence[str]) -> list[Stretch]:
    """Follow the table of longest common subsequences from its first corner to its last.

    length[i][j] is that of old[i:] and new[j:].
    """
    length = [[0] * (len(new) + 1) for _ in range(len(old) + 1)]
    for i in range(len(old) - 1, -1, -1):
        row, below, token = length[i], length[i + 1], old[i]
        for j in range(len(new) - 1, -1, -1):
            if token == new[j]:
                row[j] = below[j + 1] + 1
            else:
                row[j] = max(row[j + 1], below[j])
    stretches = []
    i = j = 0
    while i < len(old) and j < len(new):
        if old[i] == new[j]:
            stretches.append(Stretch(Change.KEPT, old[i]))
            i, j = i + 1, j + 1
        elif length[i + 1][j] >= length[i][j + 1]:
            stretches.append(Stretch(Change.REMOVED, old[i]))
            i += 1
        else:
            stretches.append(Stretch(Change.ADDED, new[j]))
            j += 1
    stretches += [Stretch(Change.REMOVED, token) for token in old[i:]]
    return stretches + [Stretch(Change.ADDED, token) for token in new[j:]]


def _joined(stretches: Sequence[Stretch]) -> list[Stretch]:
    """Join neighbours of one fate, removals before additions between two kept stretches.

    A blank or a comma that happens to stand between two changed words has changed with them:
    else a rewritten sentence reads as a patchwork.
    """
    joined: list[Stretch] = []
    removed: list[str] = []
    added: list[str] = []
    kept: list[str] = []

    def flush_changes() -> None:
        for change, parts in ((Change.REMOVED, removed), (Change.ADDED, added)):
            if text := "".join(parts):
                joined.append(Stretch(change, text))
            parts.clear()

    def flush_kept() -> None:
        text = "".join(kept)
        kept.clear()
        if text and (removed or added) and not _HAS_WORD.search(text) and "\n" not in text:
            removed.append(text)
            added.append(text)
        elif text:
            flush_changes()
            joined.append(Stretch(Change.KEPT, text))

    for stretch in stretches:
        if stretch.change is Change.KEPT:
            kept.append(stretch.text)
        else:
            flush_kept()
            (removed if stretch.change is Change.REMOVED else added).append(stretch.text)
    last = "".join(kept)
    flush_changes()
    if last:
        joined.append(Stretch(Change.KEPT, last))
    return joined
