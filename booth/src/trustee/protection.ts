// A key file behind a passphrase: PBKDF2 makes a key of it, AES-256-GCM hides the file's text.
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";

import { encodeJson, type Json, readInteger, readObject, readText, utf8 } from "../protocol/encoding.ts";
import { DecodeError } from "../protocol/errors.ts";
import { randomBlock } from "../protocol/randomness.ts";

/** Shorter ones are guessed too quickly by whoever finds the file. */
export const PASSPHRASE_CHARACTERS = 12;

const METHOD = "PBKDF2-HMAC-SHA-256, AES-256-GCM";
const ITERATIONS = 600_000;
const ITERATIONS_LIMIT = 10_000_000;
const SALT_BYTES = 16;
const VECTOR_BYTES = 12;

/** The passphrase is missing or wrong. */
export class Locked extends Error {
  override readonly name: "Locked" | "WrongPassphrase";

  constructor(name: "Locked" | "WrongPassphrase") {
    super("the key file is behind a passphrase");
    this.name = name;
  }
}

export function isProtected(value: Json): boolean {
  return typeof value === "object" && value !== null && Object.hasOwn(value, "protected");
}

/** Hide a text behind a passphrase; returns the text of the file. */
export async function protect(text: string, passphrase: string): Promise<string> {
  const block = randomBlock();
  const salt = block.slice(0, SALT_BYTES);
  const vector = block.slice(SALT_BYTES, SALT_BYTES + VECTOR_BYTES);
  const key = await deriveKey({ passphrase, salt, iterations: ITERATIONS });
  const parameters = { name: "AES-GCM", iv: new Uint8Array(vector) };
  const data = await crypto.subtle.encrypt(parameters, key, new Uint8Array(utf8(text)));
  return encodeJson({
    version: 1,
    protected: {
      method: METHOD,
      iterations: ITERATIONS,
      salt: bytesToHex(salt),
      vector: bytesToHex(vector),
      data: bytesToHex(new Uint8Array(data)),
    },
  });
}

/** The text that was hidden; throws Locked where the passphrase is missing or wrong. */
export async function unprotect(value: Json, passphrase: string): Promise<Uint8Array> {
  const outer = readObject(value, "key", ["version", "protected"]);
  const names = ["method", "iterations", "salt", "vector", "data"];
  const fields = readObject(outer["protected"], "key.protected", names);
  if (outer["version"] !== 1 || fields["method"] !== METHOD) {
    throw new DecodeError("key: protected in another way");
  }
  const iterations = readInteger(fields["iterations"], "key.iterations");
  if (iterations < 1 || iterations > ITERATIONS_LIMIT) throw new DecodeError("key.iterations: out of range");
  const salt = readHex(fields["salt"], SALT_BYTES);
  const iv = readHex(fields["vector"], VECTOR_BYTES);
  const data = readHex(fields["data"]);
  if (passphrase === "") throw new Locked("Locked");
  const key = await deriveKey({ passphrase, salt, iterations });
  try {
    return new Uint8Array(await crypto.subtle.decrypt({ name: "AES-GCM", iv }, key, data));
  } catch {
    throw new Locked("WrongPassphrase");
  }
}

/** Keyboards write the same letter in several ways: NFKC makes them one. */
async function deriveKey(input: {
  passphrase: string;
  salt: Uint8Array;
  iterations: number;
}): Promise<CryptoKey> {
  const secret = new Uint8Array(utf8(input.passphrase.normalize("NFKC")));
  const base = await crypto.subtle.importKey("raw", secret, "PBKDF2", false, ["deriveKey"]);
  const salt = new Uint8Array(input.salt);
  return crypto.subtle.deriveKey(
    { name: "PBKDF2", hash: "SHA-256", salt, iterations: input.iterations },
    base, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"],
  );
}

function readHex(value: Json | undefined, length?: number): Uint8Array<ArrayBuffer> {
  const text = readText(value, "key.protected");
  if (!/^(?:[0-9a-f]{2})+$/.test(text)) throw new DecodeError("key.protected: hex digits expected");
  const bytes = new Uint8Array(hexToBytes(text));
  if (length !== undefined && bytes.length !== length) throw new DecodeError("key.protected: wrong length");
  return bytes;
}
