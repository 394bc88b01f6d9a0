// The record's form: archive, hashes, chain and order of events (PROTOCOL 1.10; "Public data").
import {
  decodeJson, encodeJson, type Json, type JsonObject, readInteger, readObject, readText, sha256Hex, utf8,
} from "./encoding.ts";
import { DecodeError, InvalidRecord, ShapeError } from "./errors.ts";
import { ED25519, type Group } from "./group.ts";
import { type Breathe, withoutBreath } from "./proofs.ts";

const BLOCK_BYTES = 512;
const SMALL_BYTES = 10_000;

const FOLLOWERS: Readonly<Record<string, readonly string[]>> = {
  "": ["Setup"],
  Setup: ["Ballot", "EndBallots"],
  Ballot: ["Ballot", "EndBallots"],
  EndBallots: ["EncryptedTally"],
  EncryptedTally: ["Shuffle", "PartialDecryption"],
  Shuffle: ["Shuffle", "EndShuffles"],
  EndShuffles: ["PartialDecryption"],
  PartialDecryption: ["PartialDecryption", "Result"],
  Result: [],
};

/** How many objects stand before an event; the last of them is its payload. */
const OBJECT_COUNTS: Readonly<Record<string, readonly number[]>> = {
  Setup: [4, 5], Ballot: [1], EndBallots: [0], EncryptedTally: [2], Shuffle: [2], EndShuffles: [0],
  PartialDecryption: [2], Result: [1],
};

/** The fields of a payload: those that are values, and those that name the objects before it. */
const PAYLOADS: Readonly<Record<string, readonly [readonly string[], readonly string[]]>> = {
  Setup: [[], ["election", "trustees", "credentials", "credentials_certificate"]],
  EncryptedTally: [["num_tallied", "total_weight"], ["encrypted_tally"]],
  Shuffle: [["owner"], ["payload"]],
  PartialDecryption: [["owner"], ["payload"]],
};

/** An event of the record with the objects that stand before it, the payload last. */
export interface RecordedEvent {
  readonly type: string;
  readonly height: number;
  /** SHA-256 of the event's own bytes: what the next event names. */
  readonly hash: string;
  readonly objects: readonly Uint8Array[];
}

/** One file of the archive, without its header. */
export interface File {
  readonly name: string;
  readonly hash: string;
  readonly body: Uint8Array;
  readonly place: string;
}

/** Read a record and check every byte of its form, but not what its objects mean.
 *
 * Throws InvalidRecord with the place and the reason.
 */
export async function readRecord(input: {
  data: Uint8Array;
  breathe?: Breathe;
}): Promise<RecordedEvent[]> {
  return readChain(await readArchive(input));
}

/** Cut the archive into its files, and check every header, name and padding. */
export async function readArchive(input: {
  data: Uint8Array;
  breathe?: Breathe;
}): Promise<File[]> {
  const { data, breathe = withoutBreath } = input;
  const files: File[] = [];
  for await (const file of readFiles(data, breathe)) files.push(file);
  if (files.length === 0) throw new InvalidRecord("byte 0", "there is no event in the record");
  return files;
}

/** Put the files together as events, and check their chain and their order. */
export function readChain(files: readonly File[]): RecordedEvent[] {
  const events: RecordedEvent[] = [];
  let objects: File[] = [];
  for (const file of files) {
    if (file.name.endsWith(".data.json")) objects.push(file);
    else {
      events.push(readEvent(file, objects, events));
      objects = [];
    }
  }
  if (objects.length > 0) throw new InvalidRecord(objects[0]?.place ?? "", "no event follows this object");
  return events;
}

// --- The archive -------------------------------------------------------------------------

async function* readFiles(data: Uint8Array, breathe: Breathe): AsyncGenerator<File> {
  let timestamp: number | undefined;
  for (let offset = 0; offset < data.length; ) {
    const { name, body, end } = cutFile(data, offset);
    const place = `byte ${offset}, ${name.slice(0, 12)}`;
    if (timestamp === undefined) timestamp = readTimestamp(name, body);
    const expected = tarHeader(name, body.length, timestamp);
    if (!sameBytes(expected, data.subarray(offset, offset + BLOCK_BYTES))) {
      throw new InvalidRecord(place, "the header of the file is not as it must be");
    }
    if (offset > 0) {
      const hash = sha256Hex(body);
      if (name !== `${hash}.data.json` && name !== `${hash}.event.json`) {
        throw new InvalidRecord(place, "the name is not the SHA-256 of the content");
      }
      yield { name, hash, body, place };
    }
    offset = end;
    await breathe();
  }
}

function cutFile(data: Uint8Array, offset: number): { name: string; body: Uint8Array; end: number } {
  const latin = (from: number, to: number): string =>
    String.fromCharCode(...data.subarray(offset + from, offset + to));
  const size = latin(124, 135);
  if (offset + BLOCK_BYTES > data.length || !/^[0-7]{11}$/.test(size)) {
    throw new InvalidRecord(`byte ${offset}`, "here should be the header of a file of the archive");
  }
  const start = offset + BLOCK_BYTES;
  const stop = start + Number.parseInt(size, 8);
  const end = start + Math.ceil((stop - start) / BLOCK_BYTES) * BLOCK_BYTES;
  if (end > data.length) throw new InvalidRecord(`byte ${offset}`, "the archive ends in the middle of a file");
  if (data.subarray(stop, end).some((byte) => byte !== 0)) {
    throw new InvalidRecord(`byte ${stop}`, "the padding of a file is not all zero");
  }
  return { name: latin(0, 100).replace(/\0+$/, ""), body: data.subarray(start, stop), end };
}

function readTimestamp(name: string, body: Uint8Array): number {
  const place = "byte 0, BELENIOS";
  if (name !== "BELENIOS") throw new InvalidRecord("byte 0", "the archive does not begin with BELENIOS");
  const fields = readSmall(body, place, ["version", "timestamp"]);
  const { version, timestamp } = fields;
  const isTime = typeof timestamp === "string" && /^(0|[1-9][0-9]{0,9})$/.test(timestamp);
  if (version !== 1 || !isTime) throw new InvalidRecord(place, "not a record of version 1");
  const time = Number(timestamp);
  if (time >= 8 ** 11) throw new InvalidRecord(place, "the timestamp is not a number of seconds");
  requireText(body, encodeJson({ version, timestamp }), place);
  return time;
}

/** The header block of a v7 tar archive, byte for byte. */
function tarHeader(name: string, size: number, timestamp: number): Uint8Array {
  const block = new Uint8Array(BLOCK_BYTES);
  const write = (at: number, text: string): void => block.set(utf8(text), at);
  const octal = (value: number, digits: number): string => value.toString(8).padStart(digits, "0");
  if (name.length > 100 || !/^[\x21-\x7e]*$/.test(name)) return block;
  write(0, name);
  write(100, "0000644");
  write(108, "0000000");
  write(116, "0000000");
  write(124, octal(size, 11));
  write(136, octal(timestamp, 11));
  write(148, " ".repeat(8)); // the checksum counts as spaces while it is computed
  write(156, "0");
  write(148, `${octal(block.reduce((total, byte) => total + byte, 0), 6)}\0 `);
  return block;
}

function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, index) => byte === right[index]);
}

// --- The chain ---------------------------------------------------------------------------

function readEvent(file: File, objects: readonly File[], earlier: readonly RecordedEvent[]): RecordedEvent {
  const height = earlier.length;
  const place = `event ${height}`;
  const previous = earlier.at(-1);
  const fields = readSmall(file.body, place, ["height", "type"], ["parent", "payload"]);
  const type = asText(fields["type"]);
  const followers = FOLLOWERS[previous?.type ?? ""] ?? [];
  if (!followers.includes(type)) {
    throw new InvalidRecord(place, `an event of type ${type} cannot stand after ${previous?.type ?? "nothing"}`);
  }
  if (!OBJECT_COUNTS[type]?.includes(objects.length)) {
    throw new InvalidRecord(place, `${objects.length} objects stand before this event`);
  }
  const payload = objects.at(-1)?.hash;
  // The one spelling of this event at this place: height, parent, type and payload at once.
  const expected: JsonObject = {
    ...(previous === undefined ? {} : { parent: previous.hash }),
    height, type,
    ...(payload === undefined ? {} : { payload }),
  };
  requireText(file.body, encodeJson(expected), place);
  checkPayload(type, objects, place);
  return { type, height, hash: file.hash, objects: objects.map(({ body }) => body) };
}

/** A payload names exactly the objects before it, in order. */
function checkPayload(type: string, objects: readonly File[], place: string): void {
  const named = PAYLOADS[type];
  const payload = objects.at(-1);
  if (named === undefined || payload === undefined) return;
  const [values, names] = named;
  const others = objects.slice(0, -1);
  const expected = names.slice(0, others.length);
  const fields = readSmall(payload.body, `${place}, payload`, [...values, ...expected]);
  for (const [index, name] of expected.entries()) {
    if (fields[name] !== others[index]?.hash) {
      throw new InvalidRecord(`${place}, payload`, `${name} is not the object that stands before it`);
    }
  }
}

function asText(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}

function requireText(body: Uint8Array, text: string, place: string): void {
  if (!sameBytes(body, utf8(text))) throw new InvalidRecord(place, "not what must stand at this place");
}

function readSmall(
  body: Uint8Array, place: string, fields: readonly string[], optional: readonly string[] = [],
): JsonObject {
  try {
    const value = decodeJson(body, { source: place, limitBytes: SMALL_BYTES });
    return readObject(value, place, fields, optional);
  } catch (error) {
    if (error instanceof DecodeError) throw new InvalidRecord(place, error.message);
    throw error;
  }
}

// --- Small objects -----------------------------------------------------------------------

/** How many credentials were counted, and their weight. */
export interface Sizes {
  readonly count: number;
  readonly weight: bigint;
}

/** Read the payload of the event EncryptedTally (1.7). */
export function decodeSizes(data: Uint8Array): Sizes {
  const place = "sized encrypted tally";
  const names = ["num_tallied", "total_weight", "encrypted_tally"];
  const fields = readObject(decodeJson(data, { source: place, limitBytes: SMALL_BYTES }), place, names);
  const count = readInteger(fields["num_tallied"], `${place}.num_tallied`);
  if (count < 0) throw new DecodeError(`${place}.num_tallied: negative`);
  return { count, weight: readWeight(fields["total_weight"], `${place}.total_weight`) };
}

/** An integer up to 2^30 − 1, beyond that a decimal text (1.2). */
export function readWeight(value: Json | undefined, place: string): bigint {
  const limit = 2n ** 30n;
  if (typeof value === "number" && value >= 0 && BigInt(value) < limit) return BigInt(value);
  if (typeof value === "string" && /^[1-9][0-9]{0,15}$/.test(value) && BigInt(value) >= limit && BigInt(value) < 2n ** 53n) {
    return BigInt(value);
  }
  throw new DecodeError(`${place}: not a weight`);
}

/** Read whose shuffle or partial decryption it is, from 1. */
export function decodeOwner(data: Uint8Array): number {
  const fields = readObject(
    decodeJson(data, { source: "owned", limitBytes: SMALL_BYTES }), "owned", ["owner", "payload"],
  );
  const owner = readInteger(fields["owner"], "owned.owner");
  if (owner < 1) throw new ShapeError("owned.owner: from 1 expected");
  return owner;
}

/** The list of credentials with the weight of each; all have one or none has (1.4). */
export function decodeCredentials(value: Json, { form }: Group = ED25519): Map<string, bigint> {
  if (!Array.isArray(value)) throw new ShapeError("credentials: list expected");
  const weights = new Map<string, bigint>();
  const hasWeight = value.length > 0 && asText(value[0]).includes(",");
  for (const [index, item] of value.entries()) {
    const place = `credentials[${index}]`;
    const match = /^([0-9a-f]+)(?:,([1-9][0-9]{0,15}))?$/.exec(readText(item, place));
    if (match === null || !form.test(match[1] ?? "") || (match[2] !== undefined) !== hasWeight) {
      throw new DecodeError(`${place}: not a credential like the first`);
    }
    const credential = match[1] ?? "";
    if (weights.has(credential)) throw new DecodeError(`${place}: stands twice`);
    weights.set(credential, BigInt(match[2] ?? "1"));
  }
  return weights;
}
