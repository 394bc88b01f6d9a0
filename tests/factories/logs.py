"""Make signed logs in folders, as servers publish them, quickly, and forks of them."""

import hashlib
from pathlib import Path

from evote.encoding import canonical_json
from evote.tlog import merkle
from evote.tlog.checkpoint import decode_checkpoint, sign_checkpoint
from evote.tlog.note import SigningKey, decode_note
from evote.tlog.tiles import (
    TILE_HEIGHT_LEVELS,
    TILE_WIDTH,
    bundle_addresses,
    encode_bundle,
    encode_tile,
    tile_addresses,
)

ORIGIN = "log.example.org/log"
ELECTION = "hfd19JUwUteUwr"


def digest(text) -> str:
    return hashlib.sha256(str(text).encode()).hexdigest()


def event(height, *, election=ELECTION, type="Ballot", **members) -> bytes:
    """Make the entry of an event of an election."""
    entry = {
        "kind": "election-event",
        "election": election,
        "event": digest(f"{election} event {height}"),
        "height": height,
        "type": type,
    }
    if type not in {"EndBallots", "EndShuffles"}:
        entry["payload"] = digest(f"{election} payload {height}")
    return canonical_json(entry | members)


def election_events(number, *, election=ELECTION) -> list[bytes]:
    """Make the first entries of an election: its setup, then ballots."""
    setup = event(0, election=election, type="Setup")
    return [setup, *(event(height, election=election) for height in range(1, number))][:number]


class FolderLog:
    """A log in a folder: entries are appended, then published under a signed checkpoint."""

    def __init__(self, folder, *, key=None, entries=()) -> None:
        self.folder = Path(folder)
        self.key = key or SigningKey(name=ORIGIN, seed=hashlib.sha256(b"a log's key").digest())
        self.entries: list[bytes] = []
        # levels[L][i] is the root of the 256^L entries from i·256^L on.
        self.levels: list[list[bytes]] = [[]]
        self.published_size = 0
        self.append(*entries)

    @property
    def vkey(self) -> str:
        return self.key.verifier.encode()

    @property
    def size(self) -> int:
        return len(self.entries)

    def append(self, *entries) -> None:
        for entry in entries:
            self.entries.append(entry)
            self._push(0, merkle.leaf_hash(entry))

    def _push(self, level, hash_) -> None:
        if level == len(self.levels):
            self.levels.append([])
        self.levels[level].append(hash_)
        if len(self.levels[level]) % TILE_WIDTH == 0:
            self._push(level + 1, merkle.root_of_hashes(self.levels[level][-TILE_WIDTH:]))

    def node(self, level, index) -> bytes:
        """Give the root of the complete subtree of 2^level leaves number `index`."""
        tile_level, inner = divmod(level, TILE_HEIGHT_LEVELS)
        first = index << inner
        return merkle.root_of_hashes(self.levels[tile_level][first : first + (1 << inner)])

    def root(self, size=None) -> bytes:
        return merkle.tree_root(self.size if size is None else size, read=self.node)

    def note(self, size=None, *, root=None, cosigners=(), at=0) -> bytes:
        """Sign a checkpoint, of an older size or with another root too; add cosignatures."""
        size = self.size if size is None else size
        note = sign_checkpoint(size=size, root=root or self.root(size), key=self.key)
        if not cosigners:
            return note
        checkpoint = decode_checkpoint(decode_note(note))
        lines = [key.cosign(checkpoint, at=at).encode() for key in cosigners]
        return note + "".join(lines).encode()

    def publish(self, *, cosigners=(), at=0) -> None:
        """Write bundles, tiles, and the checkpoint last."""
        for address in bundle_addresses(old_size=self.published_size, new_size=self.size):
            first = address.index * TILE_WIDTH
            entries = self.entries[first : first + address.width]
            self.write(address.path, encode_bundle(entries))
        for address in tile_addresses(old_size=self.published_size, new_size=self.size):
            first = address.index * TILE_WIDTH
            hashes = self.levels[address.level][first : first + address.width]
            self.write(address.path, encode_tile(hashes))
        note = self.note(cosigners=cosigners, at=at)
        self.write(f"checkpoints/{self.size}", note)
        self.write("checkpoint", note)
        self.published_size = self.size

    def grow(self, *entries, cosigners=(), at=0) -> None:
        """Append and publish."""
        self.append(*entries)
        self.publish(cosigners=cosigners, at=at)

    def write(self, path, content) -> None:
        """Put a file where readers find it, whole or not at all."""
        place = self.folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        draft = place.with_name(f".{place.name}")
        draft.write_bytes(content)
        draft.rename(place)

    def fork(self, folder, *, size, entries=()) -> "FolderLog":
        """Begin another log of the same key with the first `size` entries; not yet published."""
        return FolderLog(folder, key=self.key, entries=[*self.entries[:size], *entries])
