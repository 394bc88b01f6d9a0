"""Tiles: the log as static files that any web server can hand out (c2sp.org/tlog-tiles).

A tile is 256 neighbouring hashes of one level; a level of tiles is eight levels of the binary
tree. An entry bundle is the 256 entries under one tile of level 0. The last tile of each level
may be partial: it then has a name of its own for each width, so that no file ever changes.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from evote.errors import DecodeError
from evote.tlog import merkle
from evote.tlog.merkle import HASH_SIZE_BYTES

TILE_HEIGHT_LEVELS = 8
TILE_WIDTH = 1 << TILE_HEIGHT_LEVELS
TILE_LEVEL_LIMIT = 63
ENTRY_LIMIT_BYTES = 0xFFFF
_LENGTH_BYTES = 2
_PATH = re.compile(
    r"tile/(?P<level>entries|0|[1-9][0-9]?)/(?P<index>(?:x[0-9]{3}/)*[0-9]{3})"
    r"(?:\.p/(?P<width>[1-9][0-9]{0,2}))?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TileAddress:
    """Which tile: hash j of it is the root of the entries from (256·index + j)·256^level on."""

    level: int
    index: int
    width: int = TILE_WIDTH

    @property
    def path(self) -> str:
        """The file's path under the log's address."""
        return f"tile/{self.level}/{_index_path(self.index)}{_width_path(self.width)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleAddress:
    """Which entries: `width` of them, from 256·index on."""

    index: int
    width: int = TILE_WIDTH

    @property
    def path(self) -> str:
        """The file's path under the log's address."""
        return f"tile/entries/{_index_path(self.index)}{_width_path(self.width)}"


def _index_path(index: int) -> str:
    groups = [f"{index % 1000:03}"]
    while index >= 1000:
        index //= 1000
        groups.append(f"x{index % 1000:03}")
    return "/".join(reversed(groups))


def _width_path(width: int) -> str:
    return "" if width == TILE_WIDTH else f".p/{width}"


def decode_path(path: str) -> TileAddress | BundleAddress:
    """Read a path, and refuse any second spelling of the same one.

    Raises:
        DecodeError: it is not the path of a tile or of an entry bundle.
    """
    match = _PATH.fullmatch(path)
    if match is not None and len(match["index"]) <= 5 * 6:
        index = int(match["index"].replace("x", "").replace("/", ""))
        width = int(match["width"] or TILE_WIDTH)
        address: TileAddress | BundleAddress = (
            BundleAddress(index=index, width=width)
            if match["level"] == "entries"
            else TileAddress(level=int(match["level"]), index=index, width=width)
        )
        is_level_known = isinstance(address, BundleAddress) or address.level <= TILE_LEVEL_LIMIT
        if is_level_known and width <= TILE_WIDTH and address.path == path:
            return address
    msg = f"this is not the path of a tile: {path!r:.80}"
    raise DecodeError(msg)


def tile_addresses(*, old_size: int, new_size: int) -> Iterator[TileAddress]:
    """Name the tiles of a log of `new_size` entries that a log of `old_size` does not have."""
    for level in range(TILE_LEVEL_LIMIT + 1):
        old = old_size >> (TILE_HEIGHT_LEVELS * level)
        new = new_size >> (TILE_HEIGHT_LEVELS * level)
        if new == old:
            return
        for index in range(old // TILE_WIDTH, new // TILE_WIDTH):
            yield TileAddress(level=level, index=index)
        if new % TILE_WIDTH:
            yield TileAddress(level=level, index=new // TILE_WIDTH, width=new % TILE_WIDTH)


def bundle_addresses(*, old_size: int, new_size: int) -> Iterator[BundleAddress]:
    """Name the bundles of a log of `new_size` entries that a log of `old_size` does not have."""
    for address in tile_addresses(old_size=old_size, new_size=new_size):
        if address.level:
            return
        yield BundleAddress(index=address.index, width=address.width)


# --- Contents -----------------------------------------------------------------------------


def encode_tile(hashes: Sequence[bytes]) -> bytes:
    """Write the hashes of a tile."""
    return b"".join(hashes)


def decode_tile(data: bytes, *, width: int) -> list[bytes]:
    """Read the hashes of a tile.

    Raises:
        DecodeError: these are not `width` hashes.
    """
    if len(data) != width * HASH_SIZE_BYTES:
        msg = f"the tile has {len(data)} bytes, not {width} times {HASH_SIZE_BYTES}"
        raise DecodeError(msg)
    return [data[i : i + HASH_SIZE_BYTES] for i in range(0, len(data), HASH_SIZE_BYTES)]


def encode_bundle(entries: Sequence[bytes]) -> bytes:
    """Write entries one after the other, each after its length in two bytes.

    Raises:
        DecodeError: an entry is longer than two bytes can say.
    """
    if any(len(entry) > ENTRY_LIMIT_BYTES for entry in entries):
        msg = f"an entry of a log has at most {ENTRY_LIMIT_BYTES} bytes"
        raise DecodeError(msg, code="too_large")
    return b"".join(len(entry).to_bytes(_LENGTH_BYTES, "big") + entry for entry in entries)


def decode_bundle(data: bytes, *, width: int) -> list[bytes]:
    """Read the entries of a bundle.

    Raises:
        DecodeError: these are not `width` entries.
    """
    entries = []
    place = 0
    while place < len(data):
        start = place + _LENGTH_BYTES
        place = start + int.from_bytes(data[place:start], "big")
        entries.append(data[start:place])
    if place != len(data) or len(entries) != width:
        msg = f"the bundle does not hold {width} whole entries"
        raise DecodeError(msg)
    return entries


# --- Reading a log by its tiles -------------------------------------------------------------

# Gives the content of a tile, or None when there is no such file.
ReadTile = Callable[[TileAddress], bytes | None]


class NotServed(DecodeError):
    """A file that the log's size promises is not there."""


def read_hashes(*, size: int, level: int, index: int, read_tile: ReadTile) -> list[bytes]:
    """Read the hashes that a log of `size` entries has in a tile, unchecked.

    Raises:
        NotServed: neither the tile is there nor the full one that took its place.
        DecodeError: it does not hold as many hashes as it should.
    """
    width = min(TILE_WIDTH, (size >> (TILE_HEIGHT_LEVELS * level)) - index * TILE_WIDTH)
    address = TileAddress(level=level, index=index, width=width)
    data = read_tile(address)
    if data is None and width < TILE_WIDTH:
        full = read_tile(TileAddress(level=level, index=index))
        data = None if full is None else full[: width * HASH_SIZE_BYTES]
    if data is None:
        msg = f"the log does not serve {address.path}"
        raise NotServed(msg)
    try:
        return decode_tile(data, width=width)
    except DecodeError as error:
        raise DecodeError(error.message, place=address.path) from error


class TiledTree:
    """A log of known size, read by its tiles.

    Nothing here is believed: proofs made from tiles are checked against a signed root, like
    any other. A partial tile that is gone is cut from the full one that took its place.
    """

    def __init__(self, *, size: int, read_tile: ReadTile) -> None:
        self.size = size
        self._read_tile = read_tile
        self._tiles: dict[tuple[int, int], list[bytes]] = {}

    def node(self, level: int, index: int) -> bytes:
        """Give the root of the complete subtree of 2^level leaves number `index`."""
        tile_level, inner_level = divmod(level, TILE_HEIGHT_LEVELS)
        first = index << inner_level
        tile = self._tile(tile_level, first // TILE_WIDTH)
        offset = first % TILE_WIDTH
        return merkle.root_of_hashes(tile[offset : offset + (1 << inner_level)])

    def root(self) -> bytes:
        """Give the root over the whole log."""
        return merkle.tree_root(self.size, read=self.node)

    def inclusion_proof(self, index: int) -> list[bytes]:
        """Prove that the log holds entry `index`."""
        return merkle.inclusion_proof(index=index, size=self.size, read=self.node)

    def consistency_proof(self, old_size: int) -> list[bytes]:
        """Prove that the log began as one of `old_size` entries."""
        return merkle.consistency_proof(old_size=old_size, new_size=self.size, read=self.node)

    def _tile(self, level: int, index: int) -> list[bytes]:
        if (level, index) not in self._tiles:
            self._tiles[level, index] = read_hashes(
                size=self.size, level=level, index=index, read_tile=self._read_tile
            )
        return self._tiles[level, index]
