// Proofs in the log's Merkle tree (RFC 9162, 2.1.3.2 and 2.1.4.2; hashes as in RFC 6962, 2.1).
import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes } from "@noble/hashes/utils.js";

import { InvalidProof } from "../protocol/errors.ts";
import { equalBytes, HASH_BYTES } from "./bytes.ts";
import { EMPTY_ROOT } from "./checkpoint.ts";

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

/** The hash of an entry. */
export function leafHash(entry: Uint8Array): Uint8Array {
  return sha256(concatBytes(LEAF, entry));
}

export function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  return sha256(concatBytes(NODE, left, right));
}

interface Inclusion {
  readonly leaf: Uint8Array;
  readonly index: bigint;
  readonly size: bigint;
  readonly proof: readonly Uint8Array[];
  readonly root: Uint8Array;
}

/** Check that the tree of `size` leaves with this root has `leaf` at `index`. */
export function verifyInclusion({ leaf, index, size, proof, root }: Inclusion): void {
  if (index < 0n || index >= size) throw new InvalidProof(`there is no entry ${index} in a log of ${size}`);
  checkLengths([leaf, root, ...proof]);
  let [place, last, result] = [index, size - 1n, leaf];
  for (const hash of proof) {
    if (last === 0n) throw new InvalidProof("the proof has more hashes than a log of this size needs");
    if (isOdd(place) || place === last) {
      result = nodeHash(hash, result);
      [place, last] = pastEvens(place, last);
    } else {
      result = nodeHash(result, hash);
    }
    [place, last] = [place >> 1n, last >> 1n];
  }
  if (last !== 0n) throw new InvalidProof("the proof has fewer hashes than a log of this size needs");
  if (!equalBytes(result, root)) throw new InvalidProof("the hashes do not lead to the signed root");
}

interface Consistency {
  readonly oldSize: bigint;
  readonly oldRoot: Uint8Array;
  readonly newSize: bigint;
  readonly newRoot: Uint8Array;
  readonly proof: readonly Uint8Array[];
}

/** Check that the log of `newSize` entries begins with the log of `oldSize`. */
export function verifyConsistency({ oldSize, oldRoot, newSize, newRoot, proof }: Consistency): void {
  checkLengths([oldRoot, newRoot, ...proof]);
  if (oldSize < 0n || oldSize > newSize) {
    throw new InvalidProof(`a log of ${oldSize} entries cannot have become one of ${newSize}`);
  }
  if (oldSize === 0n || oldSize === newSize) {
    if (proof.length > 0) throw new InvalidProof("no hash is needed to compare these two logs");
    const isKnown = oldSize !== 0n || equalBytes(oldRoot, EMPTY_ROOT);
    const isSame = oldSize !== newSize || equalBytes(oldRoot, newRoot);
    if (!isKnown || !isSame) throw new InvalidProof(`there are two different logs of ${oldSize} entries`);
    return;
  }
  const isComplete = (oldSize & (oldSize - 1n)) === 0n; // Then the old root is a part of the new tree.
  const [first, ...others] = isComplete ? [oldRoot, ...proof] : proof;
  if (first === undefined) throw new InvalidProof("the proof has fewer hashes than logs of these sizes need");
  let [place, last] = [oldSize - 1n, newSize - 1n];
  while (isOdd(place)) [place, last] = [place >> 1n, last >> 1n];
  let [old, grown] = [first, first];
  for (const hash of others) {
    if (last === 0n) throw new InvalidProof("the proof has more hashes than logs of these sizes need");
    if (isOdd(place) || place === last) {
      [old, grown] = [nodeHash(hash, old), nodeHash(hash, grown)];
      [place, last] = pastEvens(place, last);
    } else {
      grown = nodeHash(grown, hash);
    }
    [place, last] = [place >> 1n, last >> 1n];
  }
  if (last !== 0n) throw new InvalidProof("the proof has fewer hashes than logs of these sizes need");
  if (!equalBytes(old, oldRoot)) throw new InvalidProof("the hashes do not lead to the older root");
  if (!equalBytes(grown, newRoot)) throw new InvalidProof("the hashes do not lead to the newer root");
}

function checkLengths(hashes: readonly Uint8Array[]): void {
  if (hashes.some((hash) => hash.length !== HASH_BYTES)) {
    throw new InvalidProof("a hash of the proof does not have 32 bytes");
  }
}

/** Go up past the levels on which the node is the last one and has no neighbour. */
function pastEvens(place: bigint, last: bigint): [bigint, bigint] {
  while (!isOdd(place) && place !== 0n) [place, last] = [place >> 1n, last >> 1n];
  return [place, last];
}

function isOdd(value: bigint): boolean {
  return (value & 1n) === 1n;
}
