// What the log's files are made of: base64, numbers, hashes. Each has one spelling; others are refused.
import { DecodeError } from "../protocol/errors.ts";

export const HASH_BYTES = 32;
export const SIZE_LIMIT = 2n ** 63n - 1n;

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const DECIMAL = /^(?:0|[1-9][0-9]{0,18})$/;

/** Read standard base64 with padding, and no second spelling of the same bytes. */
export function decodeBase64(text: string, source: string): Uint8Array {
  const body = text.replace(/={1,2}$/, "");
  if (text.length % 4 !== 0 || body.length % 4 === 1 || !/^[A-Za-z0-9+/]*$/.test(body)) {
    throw new DecodeError(`${source} is not base64`);
  }
  const bytes = new Uint8Array((body.length * 3) >> 2);
  let held = 0;
  let bits = 0;
  let place = 0;
  for (const letter of body) {
    held = (held << 6) | ALPHABET.indexOf(letter);
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes[place] = held >> bits;
    held &= (1 << bits) - 1;
    place += 1;
  }
  if (held !== 0) throw new DecodeError(`${source} is not base64 in its one spelling`);
  return bytes;
}

export function encodeBase64(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 3) {
    const [one = 0, two = 0, three = 0] = bytes.subarray(at, at + 3);
    const held = (one << 16) | (two << 8) | three;
    const letters = [18, 12, 6, 0].map((shift) => ALPHABET.charAt((held >> shift) & 63));
    text += letters.slice(0, Math.min(3, bytes.length - at) + 1).join("").padEnd(4, "=");
  }
  return text;
}

/** Read a number without sign or leading zero, below 2^63. */
export function decodeDecimal(text: string, source: string): bigint {
  if (!DECIMAL.test(text) || BigInt(text) > SIZE_LIMIT) {
    throw new DecodeError(`${source} is not a decimal number without leading zeros: ${text.slice(0, 40)}`);
  }
  return BigInt(text);
}

/** Read a hash in base64. */
export function decodeHash(text: string, source: string): Uint8Array {
  const hash = decodeBase64(text, source);
  if (hash.length !== HASH_BYTES) throw new DecodeError(`${source} has ${hash.length} bytes, not ${HASH_BYTES}`);
  return hash;
}

export function equalBytes(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}

/** A number in eight bytes, the highest first. */
export function bigEndian(value: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, value);
  return bytes;
}

export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Read UTF-8; a byte order mark is a character like any other. */
export function decodeUtf8(data: Uint8Array, source: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(data);
  } catch {
    throw new DecodeError(`${source} is not UTF-8`);
  }
}
