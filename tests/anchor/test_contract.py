"""The contract against every vector of another implementation, and against forgeries."""

import ast
import json

import pytest

from evote.errors import InvalidProof
from evote.tlog.merkle import (
    consistency_proof,
    leaf_hash,
    node_hash,
    root_of_hashes,
    tree_root,
    verify_consistency,
)
from tests.architecture.tree import ROOT

SMALL = json.loads((ROOT / "tests" / "vectors" / "tlog" / "small.json").read_text())
LEAVES = [leaf_hash(bytes.fromhex(entry["entry_hex"])) for entry in SMALL["entries"]]
ROOTS = [bytes.fromhex(root) for root in SMALL["roots"]]
OTHER = bytes(range(32))
# What moving costs at most, by the number of entries: measured, with a little room.
GAS_LIMITS = {1: 60_000, 256: 60_000, 1_000_000: 80_000, 10_000_000: 90_000}


def hashes(texts):
    return [bytes.fromhex(text) for text in texts]


def reader(leaves):
    def read(level, index):
        return root_of_hashes(leaves[index << level : (index + 1) << level])

    return read


def proof(old, new):
    return consistency_proof(old_size=old, new_size=new, read=reader(LEAVES))


@pytest.fixture
def advance(anchor, chain):
    """Move the contract; return the receipt, or fail with the contract's own error."""

    def move(size, root, path, *, sender=chain.operator):
        sent = anchor.functions.advance(size, root, path).transact({"from": sender})
        return chain.client.eth.wait_for_transaction_receipt(sent)

    return move


@pytest.fixture
def refused(advance, chain, artefact):
    """Say by which of its errors the contract refuses."""
    from eth_tester.exceptions import TransactionFailed

    names = {
        chain.client.keccak(text=f"{entry['name']}({','.join(types)})")[:4]: entry["name"]
        for entry in artefact["abi"]
        if entry["type"] == "error"
        for types in [[member["type"] for member in entry["inputs"]]]
    }

    def refuse(*arguments, **options):
        with pytest.raises(TransactionFailed) as caught:
            advance(*arguments, **options)
        data = ast.literal_eval(str(caught.value).removeprefix("execution reverted: "))
        return names[data[:4]]

    return refuse


# --- Vectors ------------------------------------------------------------------------------------


def test_a45_the_contract_accepts_every_consistency_proof_of_the_vectors(anchor):
    check = anchor.functions.isConsistent
    for vector in SMALL["consistency"]:
        old, new = vector["old"], vector["new"]
        held = check(old, ROOTS[old], new, ROOTS[new], hashes(vector["proof"])).call()
        assert held, (old, new)


def test_a45_the_contract_accepts_every_inclusion_proof_of_the_vectors(anchor):
    check = anchor.functions.isIncluded
    for vector in SMALL["inclusion"]:
        index, size = vector["index"], vector["size"]
        held = check(LEAVES[index], index, size, ROOTS[size], hashes(vector["proof"])).call()
        assert held, (index, size)


@pytest.mark.parametrize(("old", "new"), [(1, 2), (3, 7), (6, 8), (7, 8), (8, 13), (21, 40)])
def test_a45_a_consistency_proof_fails_when_anything_of_it_changes(anchor, old, new):
    def holds(old_size=old, old_root=ROOTS[old], new_size=new, new_root=ROOTS[new], path=None):
        path = proof(old, new) if path is None else path
        call = anchor.functions.isConsistent(old_size, old_root, new_size, new_root, path)
        return call.call()

    def is_right(old_size=old, old_root=ROOTS[old], new_size=new, new_root=ROOTS[new], path=None):
        try:
            verify_consistency(
                old_size=old_size,
                old_root=old_root,
                new_size=new_size,
                new_root=new_root,
                proof=proof(old, new) if path is None else path,
            )
        except InvalidProof:
            return False
        return True

    path = proof(old, new)
    assert holds()
    assert not holds(old_root=OTHER)
    assert not holds(new_root=OTHER)
    assert not holds(path=[*path, OTHER])
    assert not holds(path=path[:-1])
    assert not holds(path=path[1:])
    assert not holds(path=[])
    for place in range(len(path)):
        assert not holds(path=[*path[:place], OTHER, *path[place + 1 :]])
    # A proof says nothing of the sizes beyond its shape; there the two have to agree.
    for size in range(old):
        assert holds(old_size=size) == is_right(old_size=size)
    for size in range(old + 1, len(ROOTS)):
        assert holds(new_size=size) == is_right(new_size=size)


@pytest.mark.parametrize(("index", "size"), [(0, 1), (0, 2), (4, 7), (6, 7), (20, 33), (39, 40)])
def test_a45_an_inclusion_proof_fails_when_anything_of_it_changes(anchor, index, size):
    (path,) = [
        hashes(vector["proof"])
        for vector in SMALL["inclusion"]
        if (vector["index"], vector["size"]) == (index, size)
    ]

    def holds(leaf=LEAVES[index], at=index, of=size, root=ROOTS[size], hashes_=None):
        hashes_ = path if hashes_ is None else hashes_
        return anchor.functions.isIncluded(leaf, at, of, root, hashes_).call()

    assert holds()
    assert not holds(leaf=OTHER)
    assert not holds(root=OTHER)
    assert not holds(at=size)
    assert not holds(at=index + 1)
    assert not holds(of=0)
    assert not holds(hashes_=[*path, OTHER])
    for place in range(len(path)):
        assert not holds(hashes_=[*path[:place], OTHER, *path[place + 1 :]])
        assert not holds(hashes_=[*path[:place], *path[place + 1 :]])


@pytest.mark.parametrize(
    ("old", "old_root", "new", "new_root", "path", "is_right"),
    [
        (0, ROOTS[0], 5, ROOTS[5], [], True),
        (0, ROOTS[0], 0, ROOTS[0], [], True),
        (5, ROOTS[5], 5, ROOTS[5], [], True),
        (0, OTHER, 5, ROOTS[5], [], False),
        (0, ROOTS[0], 5, ROOTS[5], [OTHER], False),
        (5, ROOTS[5], 5, ROOTS[5], [OTHER], False),
        (5, ROOTS[5], 5, ROOTS[6], [], False),
        (6, ROOTS[6], 5, ROOTS[5], [], False),
        (2**64 - 2, ROOTS[5], 2**64 - 1, ROOTS[6], [OTHER], False),
    ],
)
def test_a45_the_edges_are_judged_as_the_standard_says(
    anchor, old, old_root, new, new_root, path, is_right
):
    assert anchor.functions.isConsistent(old, old_root, new, new_root, path).call() is is_right


# --- Moving -------------------------------------------------------------------------------------


def test_a_new_contract_holds_the_empty_tree_and_names_its_log(deploy, chain):
    contract = deploy(origin=OTHER)

    assert contract.functions.size().call() == 0
    assert bytes(contract.functions.root().call()) == ROOTS[0]
    assert bytes(contract.functions.origin().call()) == OTHER
    assert contract.functions.operator().call() == chain.operator
    assert contract.functions.held().call() == [OTHER, 0, ROOTS[0]]


def test_it_follows_a_log_that_only_grows(anchor, advance):
    size = 0
    for new in (1, 2, 3, 7, 8, 21, 40):
        advance(new, ROOTS[new], proof(size, new))
        size = new
        assert anchor.functions.size().call() == new
        assert bytes(anchor.functions.root().call()) == ROOTS[new]
    events = anchor.events.Anchored().get_logs(from_block=0)
    assert [event["args"]["size"] for event in events] == [1, 2, 3, 7, 8, 21, 40]


def test_it_answers_whether_an_entry_is_in_the_tree_that_it_holds(anchor, advance):
    advance(40, ROOTS[40], [])
    paths = {
        vector["index"]: hashes(vector["proof"])
        for vector in SMALL["inclusion"]
        if vector["size"] == 40
    }

    for index in (0, 7, 38, 39):
        assert anchor.functions.includes(LEAVES[index], index, paths[index]).call()
        assert not anchor.functions.includes(OTHER, index, paths[index]).call()


def test_a84_it_never_goes_back(advance, refused, anchor):
    advance(8, ROOTS[8], [])

    assert refused(5, ROOTS[5], []) == "NotLonger"
    assert refused(8, ROOTS[8], []) == "NotLonger"
    assert refused(0, ROOTS[0], []) == "NotLonger"
    assert anchor.functions.size().call() == 8


def test_a43_it_refuses_a_fork_of_the_same_size_and_a_longer_one(advance, refused, anchor):
    advance(8, ROOTS[8], [])
    fork = [OTHER, *LEAVES[1:9], OTHER, *LEAVES[10:13]]
    forked_root = root_of_hashes(fork)
    own_proof = consistency_proof(old_size=8, new_size=13, read=reader(fork))

    assert refused(8, root_of_hashes(fork[:8]), []) == "NotLonger"
    assert refused(13, forked_root, own_proof) == "NotConsistent"
    assert refused(13, forked_root, proof(8, 13)) == "NotConsistent"
    assert refused(13, ROOTS[13], own_proof) == "NotConsistent"
    assert bytes(anchor.functions.root().call()) == ROOTS[8]


def test_it_refuses_a_wrong_proof(advance, refused):
    advance(7, ROOTS[7], [])
    path = proof(7, 13)

    for wrong in ([], path[:-1], [*path, OTHER], [OTHER, *path[1:]], proof(7, 12), path[::-1]):
        assert refused(13, ROOTS[13], wrong) == "NotConsistent"


def test_only_the_operator_moves_it(refused, chain):
    assert refused(1, ROOTS[1], [], sender=chain.stranger) == "NotTheOperator"


# --- What it costs ------------------------------------------------------------------------------


def equal_leaves(level, _index):
    """The root of a complete subtree whose leaves are all the same."""
    result = OTHER
    for _ in range(level):
        result = node_hash(result, result)
    return result


@pytest.mark.parametrize("size", sorted(GAS_LIMITS))
def test_moving_it_costs_little_at_any_size(anchor, advance, size, record_property):
    old = max(size - 100, 0)
    if old:
        advance(old, tree_root(old, read=equal_leaves), [])
    path = consistency_proof(old_size=old, new_size=size, read=equal_leaves)

    receipt = advance(size, tree_root(size, read=equal_leaves), path)

    record_property("gas", receipt["gasUsed"])
    assert receipt["gasUsed"] < GAS_LIMITS[size]
    print(f"{size} entries: {receipt['gasUsed']} gas, {len(path)} hashes")  # noqa: T201
