"""Two signed checkpoints that cannot both be true: the proof that a log has lied."""

from collections.abc import Sequence

from evote.errors import InvalidProof
from evote.tlog import merkle
from evote.tlog.checkpoint import Checkpoint


def verify_contradiction(*, older: Checkpoint, newer: Checkpoint, proof: Sequence[bytes]) -> None:
    """Check that no log can have been what both checkpoints say. Returning at all means: it lied.

    Both signatures have been checked already. Two roots of one size need no proof. Of two sizes,
    the hashes lead to the newer root and to an older one that is not the signed one: what the
    newer log began with is not what was signed as the older log. (The proof is
    `SignedTree.growth_proof`, which never leaves the first hash out.)

    Raises:
        InvalidProof: they can both be true, or the hashes do not show that they cannot.
    """
    if older.origin != newer.origin:
        msg = f"these are two logs, {older.origin} and {newer.origin}"
        raise InvalidProof(msg)
    if older.size > newer.size:
        msg = "the older checkpoint is the larger one"
        raise InvalidProof(msg)
    if any(len(hash_) != merkle.HASH_SIZE_BYTES for hash_ in proof):
        msg = "a hash of the proof does not have 32 bytes"
        raise InvalidProof(msg)
    if older.size == newer.size:
        old_root, new_root = older.root, newer.root
        if proof or old_root == new_root:
            msg = "two checkpoints of one size contradict each other by their roots, or not at all"
            raise InvalidProof(msg)
        return
    old_root, new_root = merkle.fold_consistency(proof, old_size=older.size, new_size=newer.size)
    if new_root != newer.root:
        msg = "the hashes do not lead to the newer root, so they show nothing about it"
        raise InvalidProof(msg)
    if old_root == older.root:
        msg = "the newer log continues the older one: there is no contradiction"
        raise InvalidProof(msg)
