// The trustee's key file: the secret, and what has been decrypted with it (PROTOCOL 1.5, 2.3).
// A new one holds a JSON string, as `evote trustee keygen` writes it; once the key has decrypted,
// an object that remembers of which election which tally. Either may stand behind a passphrase.
// Nothing is kept in the browser.
import {
  decodeJson, encodeJson, type Json, type JsonObject, readObject, readText,
} from "../protocol/encoding.ts";
import { DecodeError } from "../protocol/errors.ts";
import { decodeScalar, type Scalar } from "../protocol/group.ts";
import { isSeed } from "../protocol/messages.ts";
import { isProtected, protect, unprotect } from "./protection.ts";

const KEY_LIMIT_BYTES = 100_000;

export type Secret =
  | { readonly kind: "single"; readonly secretKey: Scalar }
  | { readonly kind: "member"; readonly seed: string };

export interface KeyFile {
  readonly secret: Secret;
  /** The secret as it stands in the file. */
  readonly key: string;
  /** For each election's uuid: SHA-256 of the one tally that was decrypted. */
  readonly decrypted: Readonly<Record<string, string>>;
}

/** The key has decrypted another tally of this election before. */
export class SecondTally extends Error {
  override readonly name = "SecondTally";
}

export function newKeyFile(key: string): KeyFile {
  return { key, secret: readSecret(key), decrypted: {} };
}

/** Read a key file; `passphrase` is empty where there is none. Throws Locked where it does not open it. */
export async function openKeyFile(data: Uint8Array, passphrase: string): Promise<KeyFile> {
  const value = decodeJson(data, { source: "key", limitBytes: KEY_LIMIT_BYTES });
  if (!isProtected(value)) return readKeyFile(value);
  const inner = await unprotect(value, passphrase);
  return readKeyFile(decodeJson(inner, { source: "key", limitBytes: KEY_LIMIT_BYTES }));
}

/** Write a key file, behind the passphrase unless it is empty. */
export async function sealKeyFile(file: KeyFile, passphrase: string): Promise<string> {
  const text = encodeKeyFile(file);
  return passphrase === "" ? text : protect(text, passphrase);
}

function readKeyFile(value: Json): KeyFile {
  if (typeof value === "string") return newKeyFile(value);
  const fields = readObject(value, "key", ["version", "key", "decrypted"]);
  if (fields["version"] !== 1) throw new DecodeError("key: not of version 1");
  const key = readText(fields["key"], "key.key");
  const known = fields["decrypted"] ?? null;
  if (typeof known !== "object" || known === null || Array.isArray(known)) {
    throw new DecodeError("key.decrypted: object expected");
  }
  const decrypted = Object.entries(known).map(([uuid, hash]): [string, string] => {
    if (typeof hash !== "string" || !/^[0-9a-f]{64}$/.test(hash)) {
      throw new DecodeError("key.decrypted: hashes expected");
    }
    return [uuid, hash];
  });
  return { key, secret: readSecret(key), decrypted: Object.fromEntries(decrypted) };
}

function readSecret(key: string): Secret {
  if (isSeed(key)) return { kind: "member", seed: key };
  const secretKey = decodeScalar(key, "key");
  if (secretKey === 0n) throw new DecodeError("key: zero is no secret");
  return { kind: "single", secretKey };
}

function encodeKeyFile(file: KeyFile): string {
  if (Object.keys(file.decrypted).length === 0) return encodeJson(file.key);
  const decrypted: JsonObject = { ...file.decrypted };
  return encodeJson({ version: 1, key: file.key, decrypted });
}

/** Write into the file what is decrypted now; throws SecondTally where it was something else. */
export function remember(file: KeyFile, uuid: string, tally: string): KeyFile {
  const known = Object.hasOwn(file.decrypted, uuid) ? file.decrypted[uuid] : undefined;
  if (known !== undefined && known !== tally) {
    throw new SecondTally("this key has decrypted another sum of this election before");
  }
  return { ...file, decrypted: { ...file.decrypted, [uuid]: tally } };
}

/** What the browser calls the file when it saves it. */
export function keyFileName(uuid: string, label: string): string {
  return `private-key-${uuid}-${label}.json`;
}

