import base64
import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evote.errors import DecodeError
from evote.tlog.merkle import (
    leaf_hash,
    root_of_hashes,
    verify_consistency,
    verify_inclusion,
)
from evote.tlog.tiles import (
    BundleAddress,
    TileAddress,
    TiledTree,
    bundle_addresses,
    decode_bundle,
    decode_path,
    decode_tile,
    encode_bundle,
    encode_tile,
    tile_addresses,
)

VECTORS = Path(__file__).parents[2] / "vectors" / "tlog"
PATHS = json.loads((VECTORS / "paths.json").read_text())
NOTES = json.loads((VECTORS / "notes.json").read_text())


def address_of(vector):
    if vector["level"] == -1:
        return BundleAddress(index=vector["index"], width=vector["width"])
    return TileAddress(level=vector["level"], index=vector["index"], width=vector["width"])


class Files(dict):
    """The tiles of a log by their paths, as a web server has them."""

    def __init__(self, leaves, sizes):
        super().__init__()
        levels = [list(leaves)]
        while len(levels[-1]) >= 256:
            below = levels[-1]
            levels.append(
                [root_of_hashes(below[i : i + 256]) for i in range(0, len(below) - 255, 256)]
            )
        old = 0
        for size in sizes:
            for address in tile_addresses(old_size=old, new_size=size):
                start = address.index * 256
                hashes = levels[address.level][start : start + address.width]
                assert len(hashes) == address.width
                assert address.path not in self
                self[address.path] = encode_tile(hashes)
            old = size

    def tree(self, size):
        return TiledTree(size=size, read_tile=lambda address: self.get(address.path))


@pytest.mark.parametrize("vector", PATHS, ids=lambda v: v["path"])
def test_paths_are_the_vectors(vector):
    assert address_of(vector).path == vector["path"]
    assert decode_path(vector["path"]) == address_of(vector)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "tile",
        "tile/0/",
        "tile/0/5",
        "tile/0/05",
        "tile/0/0005",
        "tile/0/x000/005",
        "tile/0/1000",
        "tile/0/x1/000",
        "tile/0/001/000",
        "tile/00/000",
        "tile/64/000",
        "tile/-1/000",
        "tile/+1/000",
        "tile/data/000",
        "tile/0/000.p",
        "tile/0/000.p/",
        "tile/0/000.p/0",
        "tile/0/000.p/01",
        "tile/0/000.p/256",
        "tile/0/000.p/999",
        "tile/0/000.p/1/",
        "tile/0/000/",
        "/tile/0/000",
        "tile/0/../000",
        "tile/0/000\n",
        "tile/0/٠٠٠",
        "tile/entries",
        "tile/entries/000.p/256",
        "tile/0/" + "x999/" * 7 + "999",
        "tile/0/" + "x999/" * 100_000 + "999",
        "checkpoint",
    ],
)
def test_a_path_has_one_spelling(path):
    with pytest.raises(DecodeError):
        decode_path(path)


@given(st.integers(0, 63), st.integers(0, 10**17), st.integers(1, 256))
def test_every_path_comes_back_as_its_address(level, index, width):
    tile = TileAddress(level=level, index=index, width=width)
    bundle = BundleAddress(index=index, width=width)

    assert decode_path(tile.path) == tile
    assert decode_path(bundle.path) == bundle


def paths(size):
    return [address.path for address in tile_addresses(old_size=0, new_size=size)]


def test_a_log_of_70000_has_the_tiles_of_the_specifications_example():
    found = paths(70_000)

    assert len([path for path in found if path.startswith("tile/0/")]) == 274
    assert "tile/0/273.p/112" in found
    assert "tile/1/000" in found
    assert "tile/1/001.p/17" in found
    assert found[-1] == "tile/2/000.p/1"
    bundles = [address.path for address in bundle_addresses(old_size=0, new_size=70_000)]
    assert (bundles[0], bundles[-1], len(bundles)) == (
        "tile/entries/000",
        "tile/entries/273.p/112",
        274,
    )


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (0, []),
        (1, ["tile/0/000.p/1"]),
        (255, ["tile/0/000.p/255"]),
        (256, ["tile/0/000", "tile/1/000.p/1"]),
        (257, ["tile/0/000", "tile/0/001.p/1", "tile/1/000.p/1"]),
    ],
)
def test_small_logs_have_these_tiles(size, expected):
    assert paths(size) == expected


@pytest.mark.parametrize("size", [65_535, 65_536, 65_537, 65_792, 2**24, 2**24 + 1])
def test_partial_tiles_have_the_width_of_the_specification(size):
    for level in range(4):
        partial = [p for p in paths(size) if p.startswith(f"tile/{level}/") and ".p/" in p]
        width = (size >> (8 * level)) % 256
        assert [int(p.rsplit("/", 1)[1]) for p in partial] == ([width] if width else [])


@given(st.integers(0, 70_000), st.integers(0, 70_000))
def test_what_is_new_is_what_the_old_log_lacked(one, two):
    old, new = sorted((one, two))

    before = set(paths(old))

    assert [a.path for a in tile_addresses(old_size=old, new_size=new)] == [
        path for path in paths(new) if path not in before
    ]


def test_proofs_from_tiles_hold_at_every_size_up_to_600():
    leaves = [leaf_hash(str(number).encode()) for number in range(600)]
    files = Files(leaves, range(1, 601))
    for size in range(1, 601):
        tree = files.tree(size)
        root = tree.root()
        assert root == root_of_hashes(leaves[:size])
        for index in {0, size // 3, size // 2, size - 1}:
            proof = tree.inclusion_proof(index)
            verify_inclusion(leaf=leaves[index], index=index, size=size, proof=proof, root=root)
        for old in {1, size // 2, size - 1, size} - {0}:
            verify_consistency(
                old_size=old,
                old_root=root_of_hashes(leaves[:old]),
                new_size=size,
                new_root=root,
                proof=tree.consistency_proof(old),
            )


@pytest.fixture(scope="module")
def large():
    sizes = (1, 256, 513, 65_535, 65_536, 65_537, 70_000)
    leaves = []
    for number in range(70_000):
        seed = f"tlog-vector-entry-{number}".encode()
        digest = hashlib.sha256(seed).digest()
        leaves.append(leaf_hash(f"entry-{number}:{digest[: number % 33].hex()}".encode()))
    return leaves, Files(leaves, sizes)


@pytest.mark.parametrize("vector", NOTES["checkpoints"], ids=lambda v: str(v["size"]))
def test_roots_from_tiles_are_the_vectors_up_to_70000(vector, large):
    _, files = large
    root = base64.b64encode(files.tree(vector["size"]).root()).decode()

    assert root == vector["body"].split("\n")[2]


@pytest.mark.parametrize("vector", NOTES["add_checkpoint"], ids=lambda v: f"{v['old']}-{v['new']}")
def test_consistency_proofs_from_tiles_are_the_vectors(vector, large):
    _, files = large
    old, new = vector["old"], vector["new"]
    proof = vector["body"].split("\n\n", 1)[0].split("\n")[1:]

    assert [base64.b64encode(h).decode() for h in files.tree(new).consistency_proof(old)] == proof
    verify_consistency(
        old_size=old,
        old_root=base64.b64decode(vector["old_root_b64"]),
        new_size=new,
        new_root=files.tree(new).root(),
        proof=[base64.b64decode(line) for line in proof],
    )


@pytest.mark.parametrize("size", [65_535, 65_536, 65_537, 70_000])
def test_proofs_hold_at_the_boundaries_of_the_second_level(size, large):
    leaves, files = large
    tree = files.tree(size)
    root = tree.root()
    for index in (0, 255, 256, 65_279, 65_534, size - 1):
        proof = tree.inclusion_proof(index)
        verify_inclusion(leaf=leaves[index], index=index, size=size, proof=proof, root=root)
        assert len(proof) <= 17


def test_a_partial_tile_that_is_gone_is_cut_from_the_full_one():
    leaves = [leaf_hash(bytes([number & 255, number >> 8])) for number in range(512)]
    files = Files(leaves, (200, 512))
    del files["tile/0/000.p/200"]

    assert files.tree(200).root() == root_of_hashes(leaves[:200])


def test_a_tile_that_is_nowhere_is_named():
    files = Files([leaf_hash(b"")] * 300, (300,))
    del files["tile/0/000"]
    with pytest.raises(DecodeError, match="tile/0/000"):
        files.tree(300).inclusion_proof(3)


@given(st.lists(st.binary(max_size=80), max_size=300))
def test_every_bundle_comes_back_as_it_was(entries):
    assert decode_bundle(encode_bundle(entries), width=len(entries)) == entries


def test_a_bundle_is_each_entry_after_its_length():
    assert encode_bundle([b"ab", b"", b"c" * 300]) == b"\0\2ab\0\0\x01\x2c" + b"c" * 300


@pytest.mark.parametrize("data", [b"\0", b"\0\2a", b"\0\1ab", b"\0\1a", b"\0\1a\0\1b\0\0"])
def test_a_bundle_that_does_not_hold_its_entries_is_refused(data):
    with pytest.raises(DecodeError):
        decode_bundle(data, width=2)


def test_an_entry_that_two_bytes_cannot_measure_is_refused():
    assert decode_bundle(encode_bundle([b"x" * 65_535]), width=1) == [b"x" * 65_535]
    with pytest.raises(DecodeError) as error:
        encode_bundle([b"x" * 65_536])

    assert error.value.code == "too_large"


@pytest.mark.parametrize("size", [0, 31, 33, 64])
def test_a_tile_of_another_size_is_refused(size):
    with pytest.raises(DecodeError):
        decode_tile(bytes(size), width=1)
