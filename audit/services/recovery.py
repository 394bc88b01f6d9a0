"""Bringing a log back that is behind what the world has seen: from a mirror, and only forward.

The missing entries come back at the same indexes, and only if they lead to a checkpoint that our
own key signed, from exactly what the database has, and at least as far as every mark that can be
read. Everything happens in one transaction, or nothing does. Nothing is ever sequenced anew.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Protocol

from django.db import DatabaseError, transaction

from audit.models import Checkpoint, LogEntry, PendingEntry, TreeHead
from audit.selectors.key import own_keys
from audit.selectors.schemas import ENTRY_KINDS
from audit.selectors.tree import latest_head, stored_tree
from audit.services.growing import add_entries, add_head, identity_of
from audit.services.log import about_of, subject_of
from audit.services.marks import ForeignMark, LogHalted, read_mark, refuse_contradiction
from audit.services.sequencing import only_sequencer
from audit.services.witness_marks import seen_marks
from evote.encoding import decode_json
from evote.errors import DecodeError, EvoteError
from evote.tlog import merkle
from evote.tlog.checkpoint import Checkpoint as CheckpointText
from evote.tlog.checkpoint import decode_checkpoint
from evote.tlog.note import Note, decode_note
from evote.tlog.tiles import (
    ENTRY_LIMIT_BYTES,
    TILE_WIDTH,
    BundleAddress,
    TileAddress,
    TiledTree,
    decode_bundle,
)

Progress = Callable[[int, int], None]


class RecoveryRefused(Exception):
    """Nothing was changed. The message says why, for operators."""


class LogCopy(Protocol):
    """A copy of the log somewhere else: a mirror's folder or address. Nobody believes it."""

    name: str

    def checkpoint(self) -> bytes:
        """Give its newest checkpoint."""

    def tile(self, address: TileAddress) -> bytes | None:
        """Give a tile; None: it has none under this address."""

    def bundle(self, address: BundleAddress) -> bytes | None:
        """Give an entry bundle; None: it has none under this address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """What the other tables lack: so many entries of a kind, about one election or other thing.

    `heights` are those of an election's events.
    """

    kind: str
    about: str
    entries: int
    heights: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """What came back, how many rows left the outbox, and what the other tables therefore lack.

    An entry and what it is about are written in one transaction. So an entry that came back and
    did not wait in the outbox is about something that the restored database has lost.
    """

    old_size: int
    new_size: int
    released: int
    losses: tuple[Loss, ...]


def recover_log(*, copy: LogCopy, today: date, progress: Progress) -> Recovery:
    """Take the missing entries back from a copy.

    Raises:
        RecoveryRefused: see there.
    """
    return _recover(copy=copy, today=today, progress=progress, is_rehearsal=False)


def rehearse_recovery(*, copy: LogCopy, today: date, progress: Progress) -> Recovery:
    """Do everything that `recover_log` does, and then take it back.

    Raises:
        RecoveryRefused: see there.
    """
    return _recover(copy=copy, today=today, progress=progress, is_rehearsal=True)


def _recover(*, copy: LogCopy, today: date, progress: Progress, is_rehearsal: bool) -> Recovery:
    with only_sequencer() as is_ours:
        if not is_ours:
            msg = "The sequencer is at work: stop the worker first, or try again."
            raise RecoveryRefused(msg)
        with transaction.atomic(durable=True):
            try:
                recovery = _take_back(copy=copy, today=today, progress=progress)
            except (EvoteError, ForeignMark, LogHalted) as error:
                raise RecoveryRefused(str(error)) from error
            except (DatabaseError, ValueError) as error:
                msg = f"The entries of {copy.name} are not those of a log of Pnyx: {error}"
                raise RecoveryRefused(msg) from error
            transaction.set_rollback(is_rehearsal)
        return recovery


def _take_back(*, copy: LogCopy, today: date, progress: Progress) -> Recovery:
    note = copy.checkpoint()
    claimed = decode_checkpoint(decode_note(note))
    head = latest_head()
    old_size = head.size if head is not None else 0
    _refuse_other_log(copy, claimed=claimed, head=head)
    lost = Lost()
    for rows in missing_rows(copy, start=old_size, end=claimed.size):
        lost.note(rows)
        add_entries(rows)
        progress(rows[-1].index + 1, claimed.size)
    if claimed.size > old_size:
        head = add_head(claimed.size)
    # Only now: the entries that came back may hold a change of our key.
    if head is None or read_mark(note, keys=own_keys()).root != bytes(head.root):
        msg = f"The entries of {copy.name} do not lead to the root of its checkpoint."
        raise RecoveryRefused(msg)
    refuse_contradiction(head=head, marks=seen_marks())
    _keep_checkpoint(head, note=note, today=today)
    return Recovery(
        old_size=old_size,
        new_size=head.size,
        released=_release_logged(first=old_size),
        losses=lost.losses(),
    )


def _refuse_other_log(copy: LogCopy, *, claimed: CheckpointText, head: TreeHead | None) -> None:
    """See that the copy is longer, whole, and begins as the database does, by its tiles.

    Raises:
        RecoveryRefused: one of it is not so.
        evote.errors.EvoteError: a tile is missing or broken.
    """
    if claimed.size < (head.size if head is not None else 1):
        msg = (
            f"{copy.name} holds {claimed.size} entries and the database "
            f"{head.size if head is not None else 0}: there is nothing to take from it."
        )
        raise RecoveryRefused(msg)
    tree = TiledTree(size=claimed.size, read_tile=copy.tile)
    if tree.root() != claimed.root:
        msg = f"The tiles of {copy.name} do not have the root of its checkpoint."
        raise RecoveryRefused(msg)
    if head is None:
        return
    beginning = merkle.tree_root(head.size, read=tree.node)
    if not beginning == bytes(head.root) == stored_tree(head.size).root():
        msg = (
            f"The {head.size} entries of the database are not the beginning of {copy.name}: the "
            "database is of another log, or entries were sequenced anew after it was set back. "
            "Restore an older dump."
        )
        raise RecoveryRefused(msg)


# --- Entries ------------------------------------------------------------------------------------


def missing_rows(copy: LogCopy, *, start: int, end: int) -> Iterator[list[LogEntry]]:
    """Read a copy's entries from `start` to `end`, a bundle at a time. They are not checked yet.

    Raises:
        evote.errors.EvoteError: one is not there, or is none of a log of Pnyx.
    """
    for index in range(start // TILE_WIDTH, -(-end // TILE_WIDTH)):
        first = index * TILE_WIDTH
        entries = _bundle(copy, index=index, width=min(TILE_WIDTH, end - first))
        rows = [_row(body, index=at) for at, body in enumerate(entries, first) if at >= start]
        if rows:
            yield rows


def _bundle(copy: LogCopy, *, index: int, width: int) -> list[bytes]:
    """Read a bundle. A partial one that is gone is cut from the full one that took its place."""
    data = copy.bundle(BundleAddress(index=index, width=width))
    if data is not None:
        return decode_bundle(data, width=width)
    full = copy.bundle(BundleAddress(index=index)) if width < TILE_WIDTH else None
    if full is None:
        msg = f"{copy.name} has no {BundleAddress(index=index, width=width).path}"
        raise DecodeError(msg)
    return decode_bundle(full, width=TILE_WIDTH)[:width]


def _row(body: bytes, *, index: int) -> LogEntry:
    content = decode_json(body, source=f"entry {index}", limit_bytes=ENTRY_LIMIT_BYTES)
    kind = content.get("kind") if isinstance(content, dict) else None
    if not isinstance(content, dict) or not isinstance(kind, str):
        msg = f"entry {index} is not one of a log of Pnyx"
        raise DecodeError(msg)
    return LogEntry(
        index=index,
        identity=identity_of(body),
        kind=kind,
        body=body,
        leaf_hash=merkle.leaf_hash(body),
        subject=subject_of(kind=kind, body=content) if kind in ENTRY_KINDS else None,
        about=about_of(content),
    )


def _keep_checkpoint(head: TreeHead, *, note: bytes, today: date) -> None:
    """Keep the checkpoint as the log signed it; the witnesses' lines come anew."""
    whole = decode_note(note)
    ours = {(key.name, key.key_id) for key in own_keys()}
    lines = tuple(line for line in whole.signatures if (line.name, line.key_id) in ours)
    own = Note(text=whole.text, signatures=lines).encode()
    Checkpoint.objects.bulk_create(
        [Checkpoint(head=head, note=own, signed_date=today)], ignore_conflicts=True
    )


def _release_logged(*, first: int) -> int:
    """Take out of the outbox what has its place now; a trigger checks each row."""
    logged = LogEntry.objects.filter(index__gte=first).values("identity")
    return PendingEntry.objects.filter(identity__in=logged).delete()[0]


class Lost:
    """Counts the entries that came back and did not wait in the outbox."""

    def __init__(self) -> None:
        self._entries: Counter[tuple[str, str]] = Counter()
        self._heights: dict[tuple[str, str], list[int]] = defaultdict(list)

    def note(self, rows: Sequence[LogEntry]) -> None:
        """Count what of these entries the other tables lack."""
        waiting = {
            bytes(identity)
            for identity in PendingEntry.objects.filter(
                identity__in=[row.identity for row in rows]
            ).values_list("identity", flat=True)
        }
        for row in rows:
            if row.identity not in waiting:
                self._entries[row.kind, row.about] += 1
                height = row.content.get("height")
                if isinstance(height, int):
                    self._heights[row.kind, row.about].append(height)

    def losses(self) -> tuple[Loss, ...]:
        """Give the counts, by kind and by what they are about."""
        return tuple(
            Loss(
                kind=kind,
                about=about,
                entries=count,
                heights=tuple(sorted(self._heights.get((kind, about), ()))),
            )
            for (kind, about), count in sorted(self._entries.items())
        )


def loss_sentence(loss: Loss) -> str:
    """Say what is missing elsewhere, in one line."""
    about = f" of {loss.about.replace('/', ' ', 1)}" if loss.about else ""
    heights = f", heights {_ranges(loss.heights)}" if loss.heights else ""
    return f"{loss.kind}{about}: {loss.entries}{heights}"


def _ranges(numbers: Sequence[int]) -> str:
    starts = [numbers[0], *(b for a, b in pairwise(numbers) if b > a + 1)]
    ends = [*(a for a, b in pairwise(numbers) if b > a + 1), numbers[-1]]
    return ", ".join(
        str(start) if start == end else f"{start}-{end}"
        for start, end in zip(starts, ends, strict=True)
    )
