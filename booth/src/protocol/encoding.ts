// JSON, hashes and their text forms (PROTOCOL 1.2; specification "Conventions", "Basic types").
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";

import { DecodeError, ShapeError } from "./errors.ts";

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
export type JsonObject = { [name: string]: Json };

const DEPTH_LIMIT = 32;
const BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

const encoder = new TextEncoder();

/** The UTF-8 bytes of a text. */
export function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/** Compact JSON in the order of the fields given: no spaces, UTF-8 and `/` unescaped, 0x7f escaped. */
export function encodeJson(value: Json): string {
  return JSON.stringify(value).replaceAll("\x7f", "\\u007f");
}

/** Read JSON strictly, as evote does.
 *
 * Refused: duplicate names, numbers that are not plain integers, nesting deeper than 32, a byte
 * order mark, NUL, lone surrogates, anything after the value. `source` names the data in errors.
 */
export function decodeJson(data: Uint8Array, limits: { source: string; limitBytes: number }): Json {
  if (data.length > limits.limitBytes) {
    throw new DecodeError(`${limits.source}: larger than ${limits.limitBytes} bytes`, "too_large");
  }
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(data);
  } catch {
    throw new DecodeError(`${limits.source}: not UTF-8`);
  }
  return new Reader(text, limits.source).document();
}

/** SHA-256 as lowercase hex. */
export function sha256Hex(data: Uint8Array): string {
  return bytesToHex(sha256(data));
}

/** SHA-256 in the standard base64 alphabet without padding: 43 characters. */
export function b64Digest(data: Uint8Array): string {
  return encodeBase64(sha256(data));
}

/** Base64 without padding. */
export function encodeBase64(bytes: Uint8Array): string {
  let text = "";
  let bits = 0;
  let held = 0;
  for (const byte of bytes) {
    held = (held << 8) | byte;
    bits += 8;
    while (bits >= 6) {
      bits -= 6;
      text += BASE64.charAt((held >> bits) & 63);
    }
    held &= (1 << bits) - 1;
  }
  return bits > 0 ? text + BASE64.charAt((held << (6 - bits)) & 63) : text;
}

/** The same digest as it stands in addresses: `-` for `+` and `_` for `/`. */
export function urlSafe(base64: string): string {
  return base64.replaceAll("+", "-").replaceAll("/", "_");
}

/** A reader of strict JSON. JSON.parse accepts duplicate names and rounds long numbers. */
class Reader {
  private at = 0;

  constructor(
    private readonly text: string,
    private readonly source: string,
  ) {}

  document(): Json {
    const value = this.value(1);
    this.space();
    if (this.at !== this.text.length) this.fail("data after the end");
    return value;
  }

  private fail(problem: string): never {
    throw new DecodeError(`${this.source}: ${problem} at character ${this.at}`);
  }

  private space(): void {
    while (" \t\n\r".includes(this.text.charAt(this.at)) && this.at < this.text.length) this.at += 1;
  }

  private skip(expected: string): boolean {
    this.space();
    if (this.text.charAt(this.at) !== expected) return false;
    this.at += 1;
    return true;
  }

  private value(depth: number): Json {
    this.space();
    const next = this.text.charAt(this.at);
    if ((next === "{" || next === "[") && depth > DEPTH_LIMIT) {
      throw new DecodeError(`${this.source}: nested deeper than ${DEPTH_LIMIT}`, "too_deep");
    }
    if (next === "{") return this.object(depth);
    if (next === "[") return this.array(depth);
    if (next === '"') return this.string();
    for (const [word, value] of [["true", true], ["false", false], ["null", null]] as const) {
      if (this.text.startsWith(word, this.at)) {
        this.at += word.length;
        return value;
      }
    }
    return this.integer();
  }

  private object(depth: number): JsonObject {
    const fields = new Map<string, Json>();
    this.at += 1;
    if (!this.skip("}")) {
      do {
        this.space();
        const name = this.string();
        if (fields.has(name)) this.fail(`the name "${name}" appears twice`);
        if (!this.skip(":")) this.fail('":" expected');
        fields.set(name, this.value(depth + 1));
      } while (this.skip(","));
      if (!this.skip("}")) this.fail('"}" expected');
    }
    // fromEntries defines own properties, so that a field named __proto__ is a field like any other.
    return Object.fromEntries(fields);
  }

  private array(depth: number): Json[] {
    const items: Json[] = [];
    this.at += 1;
    if (this.skip("]")) return items;
    do {
      items.push(this.value(depth + 1));
    } while (this.skip(","));
    if (!this.skip("]")) this.fail('"]" expected');
    return items;
  }

  private string(): string {
    const literal = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
    literal.lastIndex = this.at;
    const found = literal.exec(this.text)?.[0];
    if (found === undefined) this.fail("string expected");
    const value = JSON.parse(found) as string;
    if (value.includes("\u0000")) this.fail("NUL in a string");
    if (/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(value)) {
      this.fail("lone surrogate in a string");
    }
    this.at += found.length;
    return value;
  }

  private integer(): number {
    const literal = /-?(?:0|[1-9][0-9]*)(?![0-9.eE])/y;
    literal.lastIndex = this.at;
    const found = literal.exec(this.text)?.[0];
    if (found === undefined || found === "-0") this.fail("value expected");
    const value = Number(found);
    if (!Number.isSafeInteger(value)) this.fail("number out of range");
    this.at += found.length;
    return value;
  }
}

/** The value as an object with exactly these fields, and perhaps some of the optional ones. */
export function readObject(
  value: Json | undefined,
  place: string,
  fields: readonly string[],
  optional: readonly string[] = [],
): JsonObject {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new ShapeError(`${place}: object expected`);
  }
  for (const name of fields) {
    if (!Object.hasOwn(value, name)) throw new ShapeError(`${place}: "${name}" is missing`);
  }
  for (const name of Object.keys(value)) {
    if (!fields.includes(name) && !optional.includes(name)) {
      throw new ShapeError(`${place}: unknown field "${name}"`);
    }
  }
  return value;
}

export function readList(value: Json | undefined, place: string, length?: number): Json[] {
  if (!Array.isArray(value)) throw new ShapeError(`${place}: list expected`);
  if (length !== undefined && value.length !== length) {
    throw new ShapeError(`${place}: ${length} elements expected`);
  }
  return value;
}

export function readText(value: Json | undefined, place: string): string {
  if (typeof value !== "string") throw new ShapeError(`${place}: text expected`);
  return value;
}

export function readInteger(value: Json | undefined, place: string): number {
  if (typeof value !== "number") throw new ShapeError(`${place}: number expected`);
  return value;
}
