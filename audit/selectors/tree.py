"""The stored tree, read by its tiles."""

from audit.models import LogEntry, Tile, TreeHead
from evote.tlog.tiles import (
    TILE_WIDTH,
    BundleAddress,
    TileAddress,
    TiledTree,
    encode_bundle,
    encode_tile,
)


def latest_head() -> TreeHead | None:
    """Return the newest size and root, signed or not; None while the log is empty."""
    return TreeHead.objects.order_by("-size").first()


def stored_tile(address: TileAddress) -> bytes | None:
    """Return a tile from the database, or None: it does not hold that many hashes yet."""
    if address.width == TILE_WIDTH:
        hashes = (
            Tile.objects.filter(level=address.level, index=address.index)
            .values_list("hashes", flat=True)
            .first()
        )
        return None if hashes is None else bytes(hashes)
    edge = right_edge(level=address.level, index=address.index)[: address.width]
    return encode_tile(edge) if len(edge) == address.width else None


def right_edge(*, level: int, index: int) -> list[bytes]:
    """Return the hashes that a tile has so far: the leaves', or the roots of the tiles below."""
    first, end = index * TILE_WIDTH, (index + 1) * TILE_WIDTH
    if level == 0:
        return stored_leaf_hashes(first, end)
    rows = (
        Tile.objects.filter(level=level - 1, index__gte=first, index__lt=end)
        .order_by("index")
        .values_list("root", flat=True)
    )
    return [bytes(row) for row in rows]


def stored_leaf_hashes(start: int, end: int) -> list[bytes]:
    """Return the leaf hashes of the entries from `start` to `end`."""
    rows = (
        LogEntry.objects.filter(index__gte=start, index__lt=end)
        .order_by("index")
        .values_list("leaf_hash", flat=True)
    )
    return [bytes(row) for row in rows]


def stored_bundle(address: BundleAddress) -> bytes | None:
    """Return the entries of a bundle from the database, or None: there are not that many yet."""
    first = address.index * TILE_WIDTH
    entries = stored_entries(first, first + address.width)
    return encode_bundle(entries) if len(entries) == address.width else None


def stored_entries(start: int, end: int) -> list[bytes]:
    """Return the bytes of the entries from `start` to `end`."""
    rows = (
        LogEntry.objects.filter(index__gte=start, index__lt=end)
        .order_by("index")
        .values_list("body", flat=True)
    )
    return [bytes(row) for row in rows]


def stored_tree(size: int) -> TiledTree:
    """Return the tree that the log was when it had `size` entries."""
    return TiledTree(size=size, read_tile=stored_tile)
