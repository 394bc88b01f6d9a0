"""Reads a log of known size and signed root, and believes no tile before the root vouches for it.

The tiles at the right edge make the root together. Every other tile is full, and its own root is
one of the hashes of the tile above it. So a tile costs one look at the tile above, of which the
last one of each level is kept: a log is read from end to end in memory that does not grow.
"""

from collections.abc import Callable

from evote.errors import DecodeError, InvalidProof
from evote.tlog import merkle
from evote.tlog.tiles import (
    TILE_HEIGHT_LEVELS,
    TILE_WIDTH,
    BundleAddress,
    NotServed,
    ReadTile,
    TileAddress,
    decode_bundle,
    encode_tile,
    read_hashes,
)

# Gives the content of an entry bundle, or None when there is no such file.
ReadBundle = Callable[[BundleAddress], bytes | None]


class WrongFile(InvalidProof):
    """What is served is not what was signed. `files` holds it: path -> bytes."""

    def __init__(self, message: str, *, files: dict[str, bytes]) -> None:
        super().__init__(message)
        self.files = files


class SignedTree:
    """The tree of a checkpoint that has been verified."""

    def __init__(self, *, size: int, root: bytes, read_tile: ReadTile) -> None:
        """Read the right edge and compare it with the root.

        Raises:
            NotServed: a tile is not there.
            WrongFile: the tiles do not lead to the root.
        """
        self.size = size
        self.root = root
        self._read_tile = read_tile
        # The tiles at the edge, for good, and the last other one of each level.
        self._edge: dict[int, list[bytes]] = {}
        self._last: dict[int, tuple[int, list[bytes]]] = {}
        self._read_edge()

    def tile(self, level: int, index: int) -> list[bytes]:
        """Give the hashes of a tile, checked.

        Raises:
            NotServed: it is not there.
            WrongFile: it is not the one that was signed.
        """
        if index == self._full_tiles(level):
            return self._edge[level]
        kept = self._last.get(level)
        if kept is not None and kept[0] == index:
            return kept[1]
        expected = self.tile(level + 1, index // TILE_WIDTH)[index % TILE_WIDTH]
        hashes = self._read(level, index)
        if merkle.root_of_hashes(hashes) != expected:
            path = TileAddress(level=level, index=index).path
            msg = f"{path} does not lead to the signed root"
            raise WrongFile(msg, files={path: encode_tile(hashes)})
        self._last[level] = index, hashes
        return hashes

    def node(self, level: int, index: int) -> bytes:
        """Give the root of the complete subtree of 2^level leaves number `index`, checked."""
        tile_level, inner_level = divmod(level, TILE_HEIGHT_LEVELS)
        first = index << inner_level
        tile = self.tile(tile_level, first // TILE_WIDTH)
        offset = first % TILE_WIDTH
        return merkle.root_of_hashes(tile[offset : offset + (1 << inner_level)])

    def root_at(self, size: int) -> bytes:
        """Give the root that this log had when it had `size` entries, at most as many as now."""
        return merkle.tree_root(size, read=self.node)

    def growth_proof(self, old_size: int) -> list[bytes]:
        """Give the hashes that `merkle.fold_consistency` takes: from there to here."""
        proof = merkle.consistency_proof(old_size=old_size, new_size=self.size, read=self.node)
        if 0 < old_size < self.size and old_size & (old_size - 1) == 0:
            proof.insert(0, self.root_at(old_size))
        return proof

    def inclusion_proof(self, index: int) -> list[bytes]:
        """Prove that the log holds entry `index`."""
        return merkle.inclusion_proof(index=index, size=self.size, read=self.node)

    def entries(self, index: int, *, read_bundle: ReadBundle) -> list[bytes]:
        """Give the entries of bundle `index`, each checked against its leaf hash in the tile.

        Raises:
            NotServed: the bundle or a tile is not there.
            WrongFile: these are not the entries that were signed.
        """
        leaves = self.tile(0, index)
        address = BundleAddress(index=index, width=len(leaves))
        data = read_bundle(address)
        if data is None and address.width < TILE_WIDTH:
            data = read_bundle(BundleAddress(index=index))
        if data is None:
            msg = f"the log does not serve {address.path}"
            raise NotServed(msg)
        return check_bundle(data, leaves=leaves, address=address)

    def _full_tiles(self, level: int) -> int:
        return self.size >> (TILE_HEIGHT_LEVELS * (level + 1))

    def _read(self, level: int, index: int) -> list[bytes]:
        try:
            return read_hashes(size=self.size, level=level, index=index, read_tile=self._read_tile)
        except NotServed:
            raise
        except DecodeError as error:
            raise WrongFile(str(error), files={}) from error

    def _read_edge(self) -> None:
        level = 0
        while hashes := self.size >> (TILE_HEIGHT_LEVELS * level):
            if hashes % TILE_WIDTH:
                self._edge[level] = self._read(level, hashes // TILE_WIDTH)
            level += 1
        if self.root_at(self.size) != self.root:
            files = {
                TileAddress(
                    level=level, index=self._full_tiles(level), width=len(hashes)
                ).path: encode_tile(hashes)
                for level, hashes in self._edge.items()
            }
            msg = f"the tiles of the log of {self.size} entries do not lead to the signed root"
            raise WrongFile(msg, files=files)


def check_bundle(data: bytes, *, leaves: list[bytes], address: BundleAddress) -> list[bytes]:
    """Read a bundle whose leaf hashes are known; a full one may stand for a partial one.

    Raises:
        WrongFile: an entry is not the one of its hash.
    """
    try:
        entries = _first_entries(data, width=len(leaves))
    except DecodeError as error:
        msg = f"{address.path}: {error}"
        raise WrongFile(msg, files={address.path: data}) from error
    for number, (entry, leaf) in enumerate(zip(entries, leaves, strict=True)):
        if merkle.leaf_hash(entry) != leaf:
            index = address.index * TILE_WIDTH + number
            msg = f"{address.path}: entry {index} is not the one that was signed"
            raise WrongFile(msg, files={address.path: data})
    return entries


def _first_entries(data: bytes, *, width: int) -> list[bytes]:
    try:
        return decode_bundle(data, width=width)
    except DecodeError:
        return decode_bundle(data, width=TILE_WIDTH)[:width]
