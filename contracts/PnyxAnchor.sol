// SPDX-License-Identifier: AGPL-3.0-or-later
pragma solidity 0.8.37;

/// @notice The newest size and root of one log, kept where its operator cannot turn them back.
/// It moves only to a tree that, by a proof checked here, begins with the tree that it holds
/// (RFC 9162, sections 2.1.3.2 and 2.1.4.2). Only the account that made it can move it: anybody
/// could append leaves of their own to a public tree, and prove it.
contract PnyxAnchor {
    bytes32 private constant EMPTY_ROOT = sha256("");

    bytes32 public immutable origin; // SHA-256 of the log's name
    address public immutable operator;
    uint64 public size;
    bytes32 public root = EMPTY_ROOT;

    event Anchored(uint64 indexed size, bytes32 root);

    error NotTheOperator();
    error NotLonger(uint64 size);
    error NotConsistent();

    constructor(bytes32 origin_) {
        origin = origin_;
        operator = msg.sender;
    }

    /// @notice Moves to a longer tree, after checking that it continues this one.
    function advance(uint64 newSize, bytes32 newRoot, bytes32[] calldata proof) external {
        if (msg.sender != operator) revert NotTheOperator();
        if (newSize <= size) revert NotLonger(size);
        if (!isConsistent(size, root, newSize, newRoot, proof)) revert NotConsistent();
        size = newSize;
        root = newRoot;
        emit Anchored(newSize, newRoot);
    }

    /// @notice Gives everything that is held, in one answer.
    function held() external view returns (bytes32, uint64, bytes32) {
        return (origin, size, root);
    }

    /// @notice Says whether the tree that is held has this leaf at this index.
    function includes(bytes32 leaf, uint64 index, bytes32[] calldata proof) external view returns (bool) {
        return isIncluded(leaf, index, size, root, proof);
    }

    function isIncluded(bytes32 leaf, uint64 index, uint64 size_, bytes32 root_, bytes32[] calldata proof)
        public
        pure
        returns (bool)
    {
        if (index >= size_) return false;
        (uint64 place, uint64 last, bytes32 result) = (index, size_ - 1, leaf);
        for (uint256 i = 0; i < proof.length; i++) {
            if (last == 0) return false;
            if (place & 1 == 1 || place == last) {
                result = join(proof[i], result);
                (place, last) = skip(place, last);
            } else {
                result = join(result, proof[i]);
            }
            (place, last) = (place >> 1, last >> 1);
        }
        return last == 0 && result == root_;
    }

    function isConsistent(uint64 oldSize, bytes32 oldRoot, uint64 newSize, bytes32 newRoot, bytes32[] calldata proof)
        public
        pure
        returns (bool)
    {
        if (oldSize > newSize) return false;
        if (oldSize == newSize) return proof.length == 0 && oldRoot == newRoot;
        if (oldSize == 0) return proof.length == 0 && oldRoot == EMPTY_ROOT;
        (uint64 place, uint64 last) = (oldSize - 1, newSize - 1);
        while (place & 1 == 1) (place, last) = (place >> 1, last >> 1);
        // An old tree of a power of two is a whole subtree of the new one: its root is not sent.
        uint256 i = place == 0 ? 0 : 1;
        if (proof.length < i) return false;
        bytes32 fromOld = place == 0 ? oldRoot : proof[0];
        bytes32 fromNew = fromOld;
        for (; i < proof.length; i++) {
            if (last == 0) return false;
            if (place & 1 == 1 || place == last) {
                fromOld = join(proof[i], fromOld);
                fromNew = join(proof[i], fromNew);
                (place, last) = skip(place, last);
            } else {
                fromNew = join(fromNew, proof[i]);
            }
            (place, last) = (place >> 1, last >> 1);
        }
        return last == 0 && fromOld == oldRoot && fromNew == newRoot;
    }

    function skip(uint64 place, uint64 last) private pure returns (uint64, uint64) {
        while (place & 1 == 0 && place != 0) (place, last) = (place >> 1, last >> 1);
        return (place, last);
    }

    function join(bytes32 left, bytes32 right) private pure returns (bytes32) {
        return sha256(abi.encodePacked(bytes1(0x01), left, right));
    }
}
