// Ed25519 as libsodium checks it. The library's own check allows what libsodium does not.
import { ed25519 } from "@noble/curves/ed25519.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { concatBytes } from "@noble/hashes/utils.js";

import { InvalidProof } from "../protocol/errors.ts";
import { equalBytes } from "./bytes.ts";

const Point = ed25519.Point;
const { ORDER } = Point.Fn;

/** Check that s·B − H(R, A, text)·A is R, byte for byte (RFC 8032, 5.1.7, without the cofactor).
 *
 * With the cofactor two checkers could differ over one signature; without it there is one answer.
 */
export function verifyEd25519(input: { signature: Uint8Array; text: Uint8Array; key: Uint8Array }): void {
  const { signature, text, key } = input;
  if (signature.length !== 64 || key.length !== 32 || !holds(signature, text, key)) {
    throw new InvalidProof("the signature does not fit the text");
  }
}

function holds(signature: Uint8Array, text: Uint8Array, key: Uint8Array): boolean {
  const commitment = signature.subarray(0, 32);
  const response = littleEndian(signature.subarray(32));
  if (response >= ORDER) return false;
  try {
    const [A, R] = [Point.fromBytes(key), Point.fromBytes(commitment)];
    if (A.isSmallOrder() || R.isSmallOrder()) return false;
    const challenge = littleEndian(sha512(concatBytes(commitment, key, text))) % ORDER;
    const found = times(Point.BASE, response).subtract(times(A, challenge));
    return equalBytes(found.toBytes(), commitment);
  } catch {
    return false; // The key or R is no point of the curve.
  }
}

/** Everything here is public, so the faster multiplication may be used; it refuses zero. */
function times(point: typeof Point.BASE, factor: bigint): typeof Point.BASE {
  return factor === 0n ? Point.ZERO : point.multiplyUnsafe(factor);
}

function littleEndian(bytes: Uint8Array): bigint {
  return bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
}
