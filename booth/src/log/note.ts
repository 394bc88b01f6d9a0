// Signed notes (c2sp.org/signed-note): a text, an empty line, and signatures under it.
import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes } from "@noble/hashes/utils.js";

import { utf8 } from "../protocol/encoding.ts";
import { DecodeError, InvalidProof, NotSupported } from "../protocol/errors.ts";
import { decodeBase64, decodeUtf8, equalBytes, hex } from "./bytes.ts";
import { verifyEd25519 } from "./signature.ts";

const NOTE_LIMIT_BYTES = 1_000_000;
const SIGNATURE_LIMIT_LINES = 100;
const KEY_ID_BYTES = 4;
const ED25519 = 0x01;

// What Unicode counts as white space, the separators of ASCII and NEL among it; and the plus sign.
const NAME = "[^\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000+]+";
const KEY_NAME = new RegExp(`^${NAME}$`, "u");
const SIGNATURE_LINE = new RegExp(`^— (${NAME}) ([A-Za-z0-9+/]+={0,2})$`, "u");
const CONTROL = /[\x00-\x09\x0b-\x1f]/;

export interface NoteSignature {
  readonly name: string;
  readonly keyId: Uint8Array;
  /** What follows the key's id. */
  readonly signature: Uint8Array;
}

/** To have one says nothing about the truth of its signatures. */
export interface Note {
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

/** A key by which a log signs notes. */
export interface VerifierKey {
  readonly name: string;
  readonly keyId: Uint8Array;
  readonly public: Uint8Array;
}

/** Take a note apart without looking at its signatures. */
export function decodeNote(data: Uint8Array): Note {
  if (data.length > NOTE_LIMIT_BYTES) {
    throw new DecodeError(`the note has ${data.length} bytes; at most ${NOTE_LIMIT_BYTES} are allowed`, "too_large");
  }
  const whole = decodeUtf8(data, "the note");
  if (!whole.endsWith("\n")) throw new DecodeError("the text of a note ends with a line feed");
  if (CONTROL.test(whole)) throw new DecodeError("a note holds no control character but the line feed");
  const place = whole.lastIndexOf("\n\n");
  if (place < 0) throw new DecodeError("the note has no empty line between its text and its signatures");
  const rows = whole.slice(place + 2).split("\n");
  rows.pop(); // The whole ends with a line feed.
  if (rows.length === 0 || rows.length > SIGNATURE_LIMIT_LINES) {
    throw new DecodeError(`there are ${rows.length} signatures, not 1 to ${SIGNATURE_LIMIT_LINES}`);
  }
  return { text: whole.slice(0, place + 1), signatures: rows.map(decodeSignature) };
}

function decodeSignature(row: string): NoteSignature {
  const [, name, text] = SIGNATURE_LINE.exec(row) ?? [];
  if (name === undefined || text === undefined) {
    throw new DecodeError(`this is not a line of a signature: ${row.slice(0, 60)}`);
  }
  const blob = decodeBase64(text, "a signature");
  if (blob.length <= KEY_ID_BYTES) throw new DecodeError("a signature is shorter than the id of its key");
  return { name, keyId: blob.subarray(0, KEY_ID_BYTES), signature: blob.subarray(KEY_ID_BYTES) };
}

/** Read `name+id+base64`: the name, the id, the type of key, and the key. */
export function decodeKey(text: string, source: string): VerifierKey & { readonly kind: number } {
  const [, name = "", id = "", blob = ""] = /^([^+]*)\+([^+]*)\+(.*)$/su.exec(text) ?? [];
  const material = decodeBase64(blob, source);
  if (material.length === 0 || !/^[0-9a-f]{8}$/.test(id)) {
    throw new DecodeError(`${source} is not of the form name+id+base64`);
  }
  if (!KEY_NAME.test(name) || CONTROL.test(name)) {
    throw new DecodeError(`a key cannot be named ${name.slice(0, 60)}: no space, no plus sign, not empty`);
  }
  const keyId = sha256(concatBytes(utf8(`${name}\n`), material)).subarray(0, KEY_ID_BYTES);
  if (hex(keyId) !== id) throw new DecodeError(`the id in ${source} does not belong to it; was it copied whole?`);
  return { name, keyId, kind: material[0] ?? 0, public: material.subarray(1) };
}

/** Read the key of a log. */
export function decodeVerifierKey(text: string): VerifierKey {
  const { kind, ...key } = decodeKey(text, "the verifier key");
  if (kind !== ED25519) {
    throw new NotSupported(`the key ${key.name} is of type ${kind}; only Ed25519 (0x01) is supported`);
  }
  if (key.public.length !== 32) throw new DecodeError("the verifier key does not hold 32 bytes");
  return key;
}

export function isLineOf(line: NoteSignature, key: { name: string; keyId: Uint8Array }): boolean {
  return line.name === key.name && equalBytes(line.keyId, key.keyId);
}

/** Check that one of the keys signed at least, and that every line by one of them holds. Gives the first that did. */
export function verifyNote(note: Note, keys: readonly VerifierKey[]): VerifierKey {
  const text = utf8(note.text);
  let signer: VerifierKey | undefined;
  for (const line of note.signatures) {
    const key = keys.find((known) => isLineOf(line, known));
    if (key === undefined) continue;
    try {
      verifyEd25519({ signature: line.signature, text, key: key.public });
    } catch (error) {
      if (!(error instanceof InvalidProof)) throw error;
      throw new InvalidProof(`the signature by ${key.name} (${hex(key.keyId)}) does not fit the text`);
    }
    signer ??= key;
  }
  if (signer === undefined) {
    const names = keys.map((key) => `${key.name} (${hex(key.keyId)})`).join(", ");
    throw new InvalidProof(`the note is not signed by ${names}`);
  }
  return signer;
}
