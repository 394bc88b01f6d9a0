"""The Merkle tree of a log: roots, and proofs that lead to them.

Hashes are RFC 6962 section 2.1's (RFC 9162 section 2.1 has the same): an entry is hashed after a
zero byte, two hashes are joined after a one, so that no entry can pass for a join. A tree whose
size is not a power of two is split at the largest power of two below it; nothing is ever doubled.
"""

import hashlib
from collections.abc import Callable, Sequence

from evote.errors import InvalidProof

HASH_SIZE_BYTES = 32
# The root of a log without entries: SHA-256 of nothing.
EMPTY_ROOT = hashlib.sha256().digest()

# Gives the root of the complete subtree of 2^level leaves number `index`.
ReadNode = Callable[[int, int], bytes]


def leaf_hash(entry: bytes) -> bytes:
    """Hash one entry."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Join two neighbouring hashes."""
    return hashlib.sha256(b"\x01" + left + right).digest()


# --- Which nodes a root or a proof is made of ---------------------------------------------


def complete_subtrees(start: int, end: int) -> list[tuple[int, int]]:
    """Cut the leaves from `start` to `end` into complete subtrees (level, index), left to right.

    `start` must be a multiple of the largest power of two that fits: so it is for every
    range that RFC 6962 asks for.
    """
    nodes = []
    while start < end:
        level = (end - start).bit_length() - 1
        nodes.append((level, start >> level))
        start += 1 << level
    return nodes


def inclusion_ranges(*, index: int, size: int) -> list[tuple[int, int]]:
    """List the ranges of leaves whose roots prove leaf `index`, from the leaf's sibling up."""
    if not 0 <= index < size:
        msg = f"there is no leaf {index} in a tree of {size}"
        raise ValueError(msg)
    ranges = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start = middle
    return ranges[::-1]


def consistency_ranges(*, old_size: int, new_size: int) -> list[tuple[int, int]]:
    """List the ranges of leaves whose roots prove that the tree of `old_size` only grew."""
    if not 0 <= old_size <= new_size:
        msg = f"a tree of {old_size} cannot have become one of {new_size}"
        raise ValueError(msg)
    if old_size in {0, new_size}:
        return []
    ranges = []
    start, end, is_old_root = 0, new_size, True
    while end != old_size:
        middle = start + _split(end - start)
        if old_size <= middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start, is_old_root = middle, False
    if not is_old_root:  # The verifier knows the old root, but not a part of it.
        ranges.append((start, end))
    return ranges[::-1]


def _split(size: int) -> int:
    """Give the largest power of two below `size`, which is at least 2."""
    return 1 << ((size - 1).bit_length() - 1)


# --- Roots and proofs ---------------------------------------------------------------------


def range_root(start: int, end: int, *, read: ReadNode) -> bytes:
    """Give the root over the leaves from `start` to `end`, out of its complete subtrees."""
    hashes = [read(level, index) for level, index in complete_subtrees(start, end)]
    root = hashes.pop()
    while hashes:
        root = node_hash(hashes.pop(), root)
    return root


def tree_root(size: int, *, read: ReadNode) -> bytes:
    """Give the root of a tree of `size` leaves."""
    return range_root(0, size, read=read) if size else EMPTY_ROOT


def root_of_hashes(hashes: Sequence[bytes]) -> bytes:
    """Give the root over a whole list of leaf hashes, or over the hashes of one tile."""
    if not hashes:
        return EMPTY_ROOT
    level = list(hashes)
    # Joining pairs and carrying a last odd one upwards gives RFC 6962's tree: the carried hash
    # is the root of the ragged right part, which is never doubled.
    while len(level) > 1:
        joined = [node_hash(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)]
        level = joined + level[len(joined) * 2 :]
    return level[0]


def inclusion_proof(*, index: int, size: int, read: ReadNode) -> list[bytes]:
    """Prove that leaf `index` is in the tree of `size` leaves: hashes, the leaf's sibling first."""
    ranges = inclusion_ranges(index=index, size=size)
    return [range_root(start, end, read=read) for start, end in ranges]


def inclusion_sides(*, index: int, size: int) -> list[bool]:
    """Say of each hash of an inclusion proof whether it is joined from the left."""
    return [start < index for start, _ in inclusion_ranges(index=index, size=size)]


def root_before(*, index: int, size: int, proof: Sequence[bytes]) -> bytes:
    """Give the root over the leaves before `index`, out of a checked proof of leaf `index`.

    What is joined from the left are the complete subtrees of those leaves, the last one first.
    """
    sides = inclusion_sides(index=index, size=size)
    lefts = [hash_ for hash_, is_left in zip(proof, sides, strict=True) if is_left]
    if not lefts:
        return EMPTY_ROOT
    root, *others = lefts
    for hash_ in others:
        root = node_hash(hash_, root)
    return root


def consistency_proof(*, old_size: int, new_size: int, read: ReadNode) -> list[bytes]:
    """Prove that the tree of `new_size` leaves begins with the tree of `old_size`."""
    ranges = consistency_ranges(old_size=old_size, new_size=new_size)
    return [range_root(start, end, read=read) for start, end in ranges]


# --- Verification (RFC 9162, sections 2.1.3.2 and 2.1.4.2, step by step) ---------------------


def verify_inclusion(
    *, leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> None:
    """Check that the tree of `size` leaves with this root has `leaf` at `index`.

    `size` and `root` come from a checkpoint whose signature has been checked.

    Raises:
        InvalidProof: the hashes do not lead from the leaf to the root.
    """
    if not 0 <= index < size:
        msg = f"there is no entry {index} in a log of {size}"
        raise InvalidProof(msg)
    if any(len(hash_) != HASH_SIZE_BYTES for hash_ in (leaf, root, *proof)):
        msg = "a hash of the proof does not have 32 bytes"
        raise InvalidProof(msg)
    place, last, result = index, size - 1, leaf
    for hash_ in proof:
        if last == 0:
            msg = "the proof has more hashes than a log of this size needs"
            raise InvalidProof(msg)
        if place & 1 or place == last:
            result = node_hash(hash_, result)
            while not place & 1 and place != 0:
                place >>= 1
                last >>= 1
        else:
            result = node_hash(result, hash_)
        place >>= 1
        last >>= 1
    if last != 0:
        msg = "the proof has fewer hashes than a log of this size needs"
        raise InvalidProof(msg)
    if result != root:
        msg = "the hashes do not lead to the signed root"
        raise InvalidProof(msg)


def verify_consistency(
    *, old_size: int, old_root: bytes, new_size: int, new_root: bytes, proof: Sequence[bytes]
) -> None:
    """Check that the log of `new_size` entries begins with the log of `old_size`.

    Raises:
        InvalidProof: it does not, or the proof does not show it.
    """
    if any(len(hash_) != HASH_SIZE_BYTES for hash_ in (old_root, new_root, *proof)):
        msg = "a hash of the proof does not have 32 bytes"
        raise InvalidProof(msg)
    if not 0 <= old_size <= new_size:
        msg = f"a log of {old_size} entries cannot have become one of {new_size}"
        raise InvalidProof(msg)
    if old_size in {0, new_size}:
        _verify_trivial_consistency(
            old_size=old_size, old_root=old_root, new_size=new_size, new_root=new_root, proof=proof
        )
        return
    hashes = list(proof)
    if old_size & (old_size - 1) == 0:  # A complete subtree: the verifier knows its root already.
        hashes.insert(0, old_root)
    old_result, new_result = fold_consistency(hashes, old_size=old_size, new_size=new_size)
    if old_result != old_root:
        msg = "the hashes do not lead to the older root: the log was changed"
        raise InvalidProof(msg)
    if new_result != new_root:
        msg = "the hashes do not lead to the newer root"
        raise InvalidProof(msg)


def _verify_trivial_consistency(
    *, old_size: int, old_root: bytes, new_size: int, new_root: bytes, proof: Sequence[bytes]
) -> None:
    if proof:
        msg = "no hash is needed to compare a log with itself or with the empty one"
        raise InvalidProof(msg)
    if old_size == 0 and old_root != EMPTY_ROOT:
        msg = "the root of the empty log is not SHA-256 of nothing"
        raise InvalidProof(msg)
    if old_size == new_size and old_root != new_root:
        msg = f"there are two different logs of {old_size} entries"
        raise InvalidProof(msg)


def fold_consistency(
    hashes: Sequence[bytes], *, old_size: int, new_size: int
) -> tuple[bytes, bytes]:
    """Give the two roots, the older first, to which the hashes of a consistency proof lead.

    For 0 < old_size < new_size. The first hash is never left out here, as it is in a proof when
    `old_size` is a power of two.

    Raises:
        InvalidProof: there are too many or too few hashes for these sizes.
    """
    if not hashes or not 0 < old_size < new_size:
        msg = "the proof has fewer hashes than logs of these sizes need"
        raise InvalidProof(msg)
    place, last = old_size - 1, new_size - 1
    while place & 1:
        place >>= 1
        last >>= 1
    old_result = new_result = hashes[0]
    for hash_ in hashes[1:]:
        if last == 0:
            msg = "the proof has more hashes than logs of these sizes need"
            raise InvalidProof(msg)
        if place & 1 or place == last:
            old_result = node_hash(hash_, old_result)
            new_result = node_hash(hash_, new_result)
            while not place & 1 and place != 0:
                place >>= 1
                last >>= 1
        else:
            new_result = node_hash(new_result, hash_)
        place >>= 1
        last >>= 1
    if last != 0:
        msg = "the proof has fewer hashes than logs of these sizes need"
        raise InvalidProof(msg)
    return old_result, new_result


# --- Start-up self-test -------------------------------------------------------------------

# The roots over the first eight test entries of Certificate Transparency (RFC 6962's reference
# implementation, merkletree/merkle_tree_test): sizes 1, 3 and 8.
_KNOWN_ENTRIES = (
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
)
_KNOWN_ROOTS = {
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}


def self_test() -> None:
    """Compare three known roots; a machine that miscalculates must not keep a log.

    Raises:
        InvalidProof: a root is wrong.
    """
    leaves = [leaf_hash(bytes.fromhex(entry)) for entry in _KNOWN_ENTRIES]
    for size, root in _KNOWN_ROOTS.items():
        if root_of_hashes(leaves[:size]).hex() != root:
            msg = f"this machine computes a wrong Merkle root over {size} entries"
            raise InvalidProof(msg)
