import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evote.errors import InvalidProof
from evote.tlog import merkle
from evote.tlog.merkle import (
    EMPTY_ROOT,
    consistency_proof,
    consistency_ranges,
    inclusion_proof,
    inclusion_ranges,
    inclusion_sides,
    leaf_hash,
    node_hash,
    root_before,
    root_of_hashes,
    self_test,
    tree_root,
    verify_consistency,
    verify_inclusion,
)

VECTORS = Path(__file__).parents[2] / "vectors" / "tlog"
SMALL = json.loads((VECTORS / "small.json").read_text())
ENTRIES = [bytes.fromhex(entry["entry_hex"]) for entry in SMALL["entries"]]
LEAVES = [leaf_hash(entry) for entry in ENTRIES]
ROOTS = [bytes.fromhex(root) for root in SMALL["roots"]]
OTHER = hashlib.sha256(b"other").digest()


def reader(leaves):
    def read(level, index):
        return root_of_hashes(leaves[index << level : (index + 1) << level])

    return read


def hashes(texts):
    return [bytes.fromhex(text) for text in texts]


# --- Vectors by another implementation ------------------------------------------------------


def test_the_entries_are_the_described_ones():
    for number, entry in enumerate(SMALL["entries"]):
        digest = hashlib.sha256(f"tlog-vector-entry-{number}".encode()).digest()
        assert ENTRIES[number] == f"entry-{number}:{digest[: number % 33].hex()}".encode()
        assert LEAVES[number].hex() == entry["leaf_hash"]


@pytest.mark.parametrize("size", range(41))
def test_a45_every_root_is_the_vectors(size):
    assert root_of_hashes(LEAVES[:size]) == ROOTS[size]
    assert tree_root(size, read=reader(LEAVES)) == ROOTS[size]


def test_a45_every_inclusion_proof_is_the_vectors_and_holds():
    assert len(SMALL["inclusion"]) == 820
    for vector in SMALL["inclusion"]:
        index, size, proof = vector["index"], vector["size"], hashes(vector["proof"])
        assert inclusion_proof(index=index, size=size, read=reader(LEAVES)) == proof
        verify_inclusion(leaf=LEAVES[index], index=index, size=size, proof=proof, root=ROOTS[size])


def test_a45_every_consistency_proof_is_the_vectors_and_holds():
    assert len(SMALL["consistency"]) == 820
    for vector in SMALL["consistency"]:
        old, new, proof = vector["old"], vector["new"], hashes(vector["proof"])
        assert consistency_proof(old_size=old, new_size=new, read=reader(LEAVES)) == proof
        verify_consistency(
            old_size=old, old_root=ROOTS[old], new_size=new, new_root=ROOTS[new], proof=proof
        )


def test_the_empty_log_has_the_hash_of_nothing():
    assert EMPTY_ROOT == hashlib.sha256(b"").digest() == root_of_hashes([])


def test_a_last_odd_hash_is_not_doubled():
    doubled = node_hash(node_hash(LEAVES[0], LEAVES[1]), node_hash(LEAVES[2], LEAVES[2]))

    assert root_of_hashes(LEAVES[:3]) != doubled


def test_a45_an_entry_cannot_pass_for_a_join():
    forged = leaf_hash(LEAVES[0] + LEAVES[1])
    unprefixed = hashlib.sha256(LEAVES[0] + LEAVES[1]).digest()

    assert ROOTS[2] not in {forged, unprefixed}
    with pytest.raises(InvalidProof):
        verify_inclusion(leaf=ROOTS[2], index=0, size=1, proof=[], root=ROOTS[2 - 1])


def test_the_self_test_notices_a_machine_that_miscalculates(monkeypatch):
    self_test()
    monkeypatch.setattr(merkle, "leaf_hash", lambda entry: hashlib.sha256(entry).digest())
    with pytest.raises(InvalidProof, match="this machine"):
        self_test()


# --- Properties -------------------------------------------------------------------------------

many_leaves = st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=600)


@given(many_leaves, st.data())
def test_an_inclusion_proof_holds_for_its_leaf_alone(leaves, data):
    size = len(leaves)
    index = data.draw(st.integers(0, size - 1))
    proof = inclusion_proof(index=index, size=size, read=reader(leaves))
    root = root_of_hashes(leaves)
    statement = {"leaf": leaves[index], "index": index, "size": size, "root": root}
    verify_inclusion(**statement, proof=proof)
    assert len(proof) <= (size - 1).bit_length()

    forged = data.draw(
        st.sampled_from(
            [
                statement | {"leaf": OTHER},
                statement | {"root": OTHER},
                statement | {"size": index},
                statement | {"index": size},
                statement | {"index": -1},
                statement | {"leaf": leaves[index][:31]},
            ]
        )
    )
    with pytest.raises(InvalidProof):
        verify_inclusion(**forged, proof=proof)


@given(many_leaves, st.data())
def test_an_inclusion_proof_fails_when_any_hash_of_it_changes(leaves, data):
    size = len(leaves)
    index = data.draw(st.integers(0, size - 1))
    proof = inclusion_proof(index=index, size=size, read=reader(leaves))
    statement = {"leaf": leaves[index], "index": index, "size": size}
    place = data.draw(st.integers(0, len(proof)))
    forged = [[*proof[:place], OTHER, *proof[place:]]]
    if place < len(proof):
        forged.append([*proof[:place], OTHER, *proof[place + 1 :]])
        forged.append([*proof[:place], *proof[place + 1 :]])
        forged.append([*proof[:place], proof[place] + b"\0", *proof[place + 1 :]])
    if len(proof) > 1 and proof != proof[::-1]:
        forged.append(proof[::-1])
    for proof in forged:
        with pytest.raises(InvalidProof):
            verify_inclusion(**statement, proof=proof, root=root_of_hashes(leaves))


@given(st.integers(1, 3000), st.data())
def test_a_proof_for_one_index_never_holds_for_another(size, data):
    leaves = [bytes([n >> 8, n & 255]) * 16 for n in range(size)]
    index = data.draw(st.integers(0, size - 1))
    other = data.draw(st.integers(0, size - 1).filter(lambda n: n != index) | st.just(size + index))
    proof = inclusion_proof(index=index, size=size, read=reader(leaves))
    with pytest.raises(InvalidProof):
        verify_inclusion(
            leaf=leaves[index], index=other, size=size, proof=proof, root=root_of_hashes(leaves)
        )


@given(many_leaves, st.data())
def test_a_consistency_proof_holds_for_its_two_logs_alone(leaves, data):
    new = len(leaves)
    old = data.draw(st.integers(1, new))
    proof = consistency_proof(old_size=old, new_size=new, read=reader(leaves))
    statement = {
        "old_size": old,
        "old_root": root_of_hashes(leaves[:old]),
        "new_size": new,
        "new_root": root_of_hashes(leaves),
        "proof": proof,
    }
    verify_consistency(**statement)

    forgeries = [
        {"old_root": OTHER},
        {"new_root": OTHER},
        {"old_size": new + 1},
        {"old_size": -1},
        {"proof": [*proof, OTHER]},
        {"old_root": OTHER[:31]},
        {"old_root": statement["new_root"], "new_root": statement["old_root"]}
        if old < new and statement["old_root"] != statement["new_root"]
        else {"new_root": OTHER},
    ]
    for place in range(len(proof)):
        forgeries.append({"proof": [*proof[:place], *proof[place + 1 :]]})
        forgeries.append({"proof": [*proof[:place], OTHER, *proof[place + 1 :]]})
    for forgery in forgeries:
        with pytest.raises(InvalidProof):
            verify_consistency(**statement | forgery)


@pytest.mark.parametrize("new", range(1, 70))
def test_a43_a_changed_old_entry_is_never_consistent(new):
    leaves = [leaf_hash(bytes([n])) for n in range(new)]
    for old in range(1, new):
        changed = [OTHER, *leaves[1:]]
        proof = consistency_proof(old_size=old, new_size=new, read=reader(changed))
        with pytest.raises(InvalidProof):
            verify_consistency(
                old_size=old,
                old_root=root_of_hashes(leaves[:old]),
                new_size=new,
                new_root=root_of_hashes(changed),
                proof=proof,
            )


def test_the_empty_log_is_consistent_with_every_log_without_a_hash():
    statement = {"old_size": 0, "old_root": EMPTY_ROOT, "new_size": 3, "new_root": ROOTS[3]}
    verify_consistency(**statement, proof=[])
    for forgery in ({"proof": [OTHER]}, {"proof": [], "old_root": OTHER}):
        with pytest.raises(InvalidProof):
            verify_consistency(**{**statement, **forgery})


def test_an_equal_size_asks_for_an_equal_root_and_no_hash():
    statement = {"old_size": 3, "old_root": ROOTS[3], "new_size": 3, "new_root": ROOTS[3]}
    verify_consistency(**statement, proof=[])
    for forgery in ({"proof": [OTHER]}, {"proof": [], "new_root": OTHER}):
        with pytest.raises(InvalidProof):
            verify_consistency(**{**statement, **forgery})


@pytest.mark.parametrize("size", range(1, 41))
def test_joining_on_the_named_sides_leads_to_the_root(size):
    for index in range(size):
        result = LEAVES[index]
        proof = inclusion_proof(index=index, size=size, read=reader(LEAVES))
        for hash_, is_left in zip(proof, inclusion_sides(index=index, size=size), strict=True):
            result = node_hash(hash_, result) if is_left else node_hash(result, hash_)
        assert result == ROOTS[size]


@pytest.mark.parametrize("size", range(1, 40))
def test_a_proof_of_a_leaf_gives_the_root_of_those_before_it(size):
    read = reader([leaf_hash(bytes([number])) for number in range(size)])
    for index in range(size):
        proof = inclusion_proof(index=index, size=size, read=read)
        assert root_before(index=index, size=size, proof=proof) == tree_root(index, read=read)


@pytest.mark.parametrize(("index", "size"), [(0, 0), (3, 3), (-1, 3)])
def test_there_is_no_proof_of_a_leaf_outside_the_tree(index, size):
    with pytest.raises(ValueError, match="no leaf"):
        inclusion_ranges(index=index, size=size)


@pytest.mark.parametrize(("old", "new"), [(4, 3), (-1, 3)])
def test_a43_there_is_no_proof_that_a_log_grew_shorter(old, new):
    with pytest.raises(ValueError, match="cannot have become"):
        consistency_ranges(old_size=old, new_size=new)
