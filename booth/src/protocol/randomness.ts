// Random bytes from the browser, distrusted: a source that is missing, throws, gives constant
// bytes or repeats itself stops the booth (a repeated r would reveal the votes that share it).
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";

import { RandomnessError } from "./errors.ts";

const BLOCK_BYTES = 64;

/** Digests of the blocks drawn so far: enough to notice a repetition, useless to find a block. */
const drawn = new Set<string>();

/** Draw one block of 64 random bytes.
 *
 * Throws RandomnessError where the source fails or repeats itself.
 */
export function randomBlock(): Uint8Array {
  const source: Crypto | undefined = globalThis.crypto;
  if (typeof source?.getRandomValues !== "function") {
    throw new RandomnessError("there is no source of randomness");
  }
  const block = new Uint8Array(BLOCK_BYTES);
  try {
    source.getRandomValues(block);
  } catch {
    throw new RandomnessError("the source of randomness failed");
  }
  const first = block[0];
  const digest = bytesToHex(sha256(block));
  if (block.every((byte) => byte === first) || drawn.has(digest)) {
    throw new RandomnessError("the source of randomness repeats itself");
  }
  drawn.add(digest);
  return block;
}

/** Ask the source twice, before anybody relies on it. */
export function checkRandomness(): void {
  randomBlock();
  randomBlock();
}
