import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evote.errors import InvalidProof
from evote.tlog import merkle
from evote.tlog.checkpoint import Checkpoint
from evote.tlog.contradiction import verify_contradiction
from evote.tlog.signed_tree import SignedTree, WrongFile
from evote.tlog.tiles import (
    TILE_WIDTH,
    BundleAddress,
    NotServed,
    TileAddress,
    bundle_addresses,
    encode_bundle,
    encode_tile,
    tile_addresses,
)
from tests.factories.logs import FolderLog

# Around the edges of tiles, of both levels.
SIZES = [1, 2, 3, 255, 256, 257, 511, 512, 700, 65_535, 65_536, 65_537, 66_000]


class MemoryLog(FolderLog):
    """The same, in memory."""

    def __init__(self, size, *, different_from=None):
        different_from = size if different_from is None else different_from
        super().__init__(
            "/nowhere",
            entries=(f"{number} {number >= different_from}".encode() for number in range(size)),
        )
        self.files = {}
        for address in tile_addresses(old_size=0, new_size=size):
            first = address.index * TILE_WIDTH
            hashes = self.levels[address.level][first : first + address.width]
            self.files[address.path] = encode_tile(hashes)
        for address in bundle_addresses(old_size=0, new_size=size):
            first = address.index * TILE_WIDTH
            self.files[address.path] = encode_bundle(self.entries[first : first + address.width])

    def read(self, address):
        return self.files.get(address.path)

    def tree(self):
        return SignedTree(size=self.size, root=self.root(), read_tile=self.read)

    def read_whole(self):
        tree = self.tree()
        read = []
        for index in range((self.size + 255) // 256):
            read += tree.entries(index, read_bundle=self.read)
        return read

    def checkpoint(self):
        return Checkpoint(origin="log", size=self.size, root=self.root())


LOGS = {size: MemoryLog(size) for size in SIZES}


@pytest.mark.parametrize("size", SIZES)
def test_every_entry_is_read_and_proven(size):
    log = LOGS[size]
    assert log.read_whole() == log.entries
    tree = log.tree()
    for index in {0, size // 2, size - 1}:
        merkle.verify_inclusion(
            leaf=merkle.leaf_hash(log.entries[index]),
            index=index,
            size=size,
            proof=tree.inclusion_proof(index),
            root=log.root(),
        )


@pytest.mark.parametrize("size", SIZES)
def test_every_older_root_is_found(size):
    tree = LOGS[size].tree()
    for old in {0, 1, 2, size // 2, size - 1, size, *(edge for edge in SIZES if edge <= size)}:
        assert tree.root_at(old) == LOGS[size].root(old)


@pytest.mark.parametrize("size", [3, 256, 700, 65_536, 66_000])
def test_no_changed_tile_or_bundle_is_believed(size):
    log = LOGS[size]
    for path in list(log.files)[:: max(1, len(log.files) // 12)]:
        data = log.files[path]
        for changed in (data[:-1] + bytes([data[-1] ^ 1]), data[:-32], data + b"\0" * 32, b""):
            log.files[path] = changed
            with pytest.raises(WrongFile):
                log.read_whole()
        log.files[path] = data


def test_a_partial_tile_that_is_gone_is_cut_from_the_full_one():
    old, new = LOGS[257], LOGS[700]
    above = TileAddress(level=1, index=0, width=1)
    files = new.files | {above.path: old.files[above.path]}
    tree = SignedTree(size=257, root=old.root(), read_tile=lambda address: files.get(address.path))
    assert tree.entries(1, read_bundle=new.read) == old.entries[256:]


@pytest.mark.parametrize("path", [TileAddress(level=0, index=0), BundleAddress(index=1)])
def test_what_is_not_served_is_named(path):
    log = MemoryLog(700)
    del log.files[path.path]
    with pytest.raises(NotServed, match=path.path):
        log.read_whole()


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_fork_is_proven_and_an_honest_log_never_accused(data):
    new_size = data.draw(st.integers(2, 700))
    old_size = data.draw(st.integers(1, new_size - 1))
    parting = data.draw(st.integers(0, old_size))
    old = MemoryLog(old_size, different_from=parting)
    tree = MemoryLog(new_size).tree()
    newer = MemoryLog(new_size).checkpoint()
    proof = tree.growth_proof(old_size)
    statement = {"older": old.checkpoint(), "newer": newer, "proof": proof}
    if parting == old_size:
        with pytest.raises(InvalidProof, match="no contradiction"):
            verify_contradiction(**statement)
        return
    verify_contradiction(**statement)
    for number in range(len(proof)):
        forged = [*proof[:number], b"\1" * 32, *proof[number + 1 :]]
        with pytest.raises(InvalidProof):
            verify_contradiction(**statement | {"proof": forged})
    for forged in (proof[:-1], [*proof, b"\1" * 32], [b"short", *proof[1:]], []):
        with pytest.raises(InvalidProof):
            verify_contradiction(**statement | {"proof": forged})


def test_two_roots_of_one_size_contradict_each_other():
    one, other = LOGS[3].checkpoint(), MemoryLog(3, different_from=1).checkpoint()
    verify_contradiction(older=one, newer=other, proof=[])
    with pytest.raises(InvalidProof, match="or not at all"):
        verify_contradiction(older=one, newer=one, proof=[])


@pytest.mark.parametrize(
    ("older", "newer", "complaint"),
    [
        (Checkpoint(origin="x", size=3, root=b"\1" * 32), LOGS[256].checkpoint(), "two logs"),
        (LOGS[256].checkpoint(), LOGS[3].checkpoint(), "the larger one"),
        (Checkpoint(origin="log", size=0, root=merkle.EMPTY_ROOT), LOGS[3].checkpoint(), "fewer"),
    ],
)
def test_what_contradicts_nothing_is_no_evidence(older, newer, complaint):
    with pytest.raises(InvalidProof, match=complaint):
        verify_contradiction(older=older, newer=newer, proof=[])
