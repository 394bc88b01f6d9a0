// Receipts (c2sp.org/tlog-proof): the offline proof that an entry is in a log, and what it is about.
import { decodeJson, type Json, type JsonObject, utf8 } from "../protocol/encoding.ts";
import { DecodeError, InvalidProof } from "../protocol/errors.ts";
import { decodeBase64, decodeDecimal, decodeHash, hex } from "./bytes.ts";
import { commitTo, SALT_BYTES } from "./hashing.ts";
import { decodeNote, type Note } from "./note.ts";

export const RECEIPT_LIMIT_BYTES = 1_200_000;
export const ENTRY_LIMIT_BYTES = 0xffff;
const PROOF_LIMIT_HASHES = 63;
const VERSION_LINE = "c2sp.org/tlog-proof@v1";

/** What a receipt says. */
export interface Receipt {
  readonly extra: Uint8Array | undefined;
  readonly index: bigint;
  readonly proof: readonly Uint8Array[];
  readonly checkpoint: Note;
}

/** Take a receipt apart. */
export function decodeReceipt(data: Uint8Array): Receipt {
  if (data.length > RECEIPT_LIMIT_BYTES) {
    throw new DecodeError(
      `the receipt has ${data.length} bytes; at most ${RECEIPT_LIMIT_BYTES} are allowed`, "too_large",
    );
  }
  const end = emptyLine(data);
  const head = data.subarray(0, end);
  if (head.some((byte) => byte > 0x7f)) throw new DecodeError("the receipt does not begin with lines of ASCII");
  const [version, ...lines] = new TextDecoder().decode(head).split("\n");
  if (version !== VERSION_LINE) {
    throw new DecodeError(`the file is not a receipt: its first line is not ${VERSION_LINE}`);
  }
  if (end === data.length) throw new DecodeError("the receipt ends before its checkpoint");
  const extra = lines[0]?.startsWith("extra ") ? decodeBase64(lines.shift()?.slice(6) ?? "", "the line 'extra'") : undefined;
  const index = lines.shift();
  if (index === undefined || !index.startsWith("index ")) {
    throw new DecodeError("the receipt has no line 'index' where it should be");
  }
  if (lines.length > PROOF_LIMIT_HASHES) {
    throw new DecodeError(`the receipt has ${lines.length} hashes; at most ${PROOF_LIMIT_HASHES} make sense`);
  }
  return {
    extra,
    index: decodeDecimal(index.slice(6), "the line 'index'"),
    proof: lines.map((line, number) => decodeHash(line, `hash ${number + 1} of the proof`)),
    checkpoint: decodeNote(data.subarray(end + 2)),
  };
}

/** Where the first empty line begins; the length of the data where there is none. */
function emptyLine(data: Uint8Array): number {
  const LINE_FEED = 10;
  for (let at = data.indexOf(LINE_FEED); at >= 0; at = data.indexOf(LINE_FEED, at + 1)) {
    if (data[at + 1] === LINE_FEED) return at;
  }
  return data.length;
}

// --- What the receipt carries ---------------------------------------------------------------

/** The entry that a receipt brings along, and the salt of private evidence. */
export interface Carried {
  readonly entry: Uint8Array;
  readonly salt: Uint8Array | undefined;
}

/** Read the line `extra`: the entry's bytes, or {"entry": …, "salt": …} for private evidence. */
export function decodeExtra(extra: Uint8Array): Carried {
  let value: Json;
  try {
    value = decodeJson(extra, { source: "the line 'extra'", limitBytes: 2 * ENTRY_LIMIT_BYTES });
  } catch (error) {
    if (error instanceof DecodeError) return { entry: extra, salt: undefined };
    throw error;
  }
  if (!isObject(value) || Object.keys(value).sort().join() !== "entry,salt") {
    return { entry: extra, salt: undefined };
  }
  const { entry, salt } = value;
  if (!isObject(entry) || typeof salt !== "string" || !/^[0-9a-f]{64}$/.test(salt)) {
    throw new DecodeError("the receipt's private part is not an entry and a salt of 32 bytes");
  }
  if (canonicalJson(value) !== new TextDecoder().decode(extra)) {
    throw new DecodeError("the receipt's private part is not canonical JSON");
  }
  const bytes = Array.from({ length: SALT_BYTES }, (_, at) => Number.parseInt(salt.slice(2 * at, 2 * at + 2), 16));
  return { entry: utf8(canonicalJson(entry)), salt: Uint8Array.from(bytes) };
}

/** Canonical JSON (RFC 8785) of what `decodeJson` reads: names in the order of UTF-16, integers only. */
export function canonicalJson(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const members = Object.keys(value).sort().map((name) => `${JSON.stringify(name)}:${canonicalJson(value[name] ?? null)}`);
  return `{${members.join(",")}}`;
}

/** Read an entry of one of our logs: an object in canonical JSON. */
export function decodeEntry(entry: Uint8Array): JsonObject {
  const value = decodeJson(entry, { source: "the entry", limitBytes: ENTRY_LIMIT_BYTES });
  if (!isObject(value) || canonicalJson(value) !== new TextDecoder().decode(entry)) {
    throw new DecodeError("the entry is not an object in canonical JSON");
  }
  return value;
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

// --- What the entry is about --------------------------------------------------------------

/** Check that the entry records the ballot with this tracker, 32 bytes. */
export function verifyBallot(entry: Uint8Array, tracker: Uint8Array): void {
  const value = decodeEntry(entry);
  if (value["kind"] !== "election-event" || value["type"] !== "Ballot") {
    throw new InvalidProof("the entry records no ballot");
  }
  if (value["payload"] !== hex(tracker)) throw new InvalidProof("the entry records another ballot");
}

/** Check that the entry registers the document with this SHA-256. */
export function verifyDocument({ entry, salt }: Carried, digest: Uint8Array): void {
  const value = decodeEntry(entry);
  if (value["kind"] !== "evidence") throw new InvalidProof("the entry registers no document");
  if (value["commitment"] === undefined) {
    if (value["document"] !== hex(digest)) throw new InvalidProof("the entry registers another document");
    return;
  }
  if (salt === undefined) throw new InvalidProof("the document is registered privately, and the receipt lacks its salt");
  if (value["commitment"] !== hex(commitTo({ salt, digest }))) {
    throw new InvalidProof("the entry registers another document");
  }
}
