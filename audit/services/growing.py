"""Putting entries at their places: rows, full tiles, the unsigned head. Called in a transaction."""

import hashlib
from collections.abc import Sequence

from audit.models import LogEntry, PendingEntry, Tile, TreeHead
from audit.selectors.tree import right_edge, stored_tree
from audit.services.rows import add_rows
from evote.tlog import merkle
from evote.tlog.tiles import TILE_WIDTH


def entry_of(row: PendingEntry, *, index: int) -> LogEntry:
    """Give a waiting entry its place."""
    body = bytes(row.body)
    return LogEntry(
        index=index,
        identity=bytes(row.identity),
        kind=row.kind,
        body=body,
        leaf_hash=merkle.leaf_hash(body),
        subject=None if row.subject is None else bytes(row.subject),
        about=row.about,
    )


def add_entries(entries: Sequence[LogEntry]) -> None:
    """Store entries that follow on the last one, and the tiles that became full with them."""
    add_rows(entries)  # The primary key refuses a second writer.
    _complete_tiles(old_size=entries[0].index, new_size=entries[-1].index + 1)


def add_head(size: int) -> TreeHead:
    """Store the root over everything, once all entries are there. It is not signed yet."""
    return TreeHead.objects.create(size=size, root=stored_tree(size).root())


def identity_of(body: bytes) -> bytes:
    """Return the hash by which the outbox and the log tell entries apart."""
    return hashlib.sha256(body).digest()


def _complete_tiles(*, old_size: int, new_size: int) -> None:
    """Store the tiles that became full, level by level."""
    level = 0
    while old_size // TILE_WIDTH != new_size // TILE_WIDTH:
        complete = range(old_size // TILE_WIDTH, new_size // TILE_WIDTH)
        Tile.objects.bulk_create(_full_tile(level=level, index=index) for index in complete)
        level += 1
        old_size //= TILE_WIDTH
        new_size //= TILE_WIDTH


def _full_tile(*, level: int, index: int) -> Tile:
    hashes = right_edge(level=level, index=index)
    assert len(hashes) == TILE_WIDTH
    root = merkle.root_of_hashes(hashes)
    return Tile(level=level, index=index, hashes=b"".join(hashes), root=root)
