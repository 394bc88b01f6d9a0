// What stands in the form: read here, in the reader's browser. Nothing of it is sent.
import { sha256 } from "@noble/hashes/sha2.js";

import { find } from "../dom.ts";
import { decodeBase64 } from "../log/bytes.ts";
import type { Question } from "../log/checking.ts";
import { hashDocument } from "../log/hashing.ts";
import { decodeVerifierKey, type VerifierKey } from "../log/note.ts";
import { decodePolicy, type Policy } from "../log/policy.ts";
import { ENTRY_LIMIT_BYTES, RECEIPT_LIMIT_BYTES } from "../log/receipt.ts";
import { utf8 } from "../protocol/encoding.ts";

const BALLOT_LIMIT_BYTES = 256_000;
const POLICY_LIMIT_BYTES = 1_000_000;

/** Something in the form has to be changed; the page has a sentence for each `reason`. */
export class Problem extends Error {
  override readonly name = "Problem";

  constructor(readonly reason: string, readonly field: string, readonly detail: string | number = "") {
    super(reason);
  }
}

/** The form's question, and what the reader calls the receipt. */
export interface Asked {
  readonly question: Question;
  readonly name: string | undefined;
}

export interface Reading {
  readonly form: HTMLFormElement;
  /**
   * The keys and the policy of the installation that made the page, as texts; and as JSON the
   * policies of other logs that it trusts, by the names of the logs.
   */
  readonly own: { readonly keys: string; readonly policy: string; readonly trusted: string };
  readonly progress: (done: number, total: number) => void;
  readonly signal: AbortSignal;
}

/** Read the form; the document last, because it may be long. */
export async function readForm({ form, own, progress, signal }: Reading): Promise<Asked> {
  const { data, name } = await readReceipt(form);
  const tracker = await readTracker(form);
  const entry = await readFile(form, "entry", ENTRY_LIMIT_BYTES);
  const { keys, policy } = await readTrust(form, trustedFor(data, own));
  const document = fileOf(form, "file");
  const digest = document && await hashDocument({ document, progress, signal });
  return { name, question: { data, keys, policy, tracker, entry, document: digest } };
}

/** What the page trusts for the log of this receipt; only a checked receipt proves whose it is. */
function trustedFor(data: Uint8Array, own: Reading["own"]): Reading["own"] {
  const checkpoint = new TextDecoder().decode(data).split("\n\n")[1] ?? "";
  const [origin = ""] = checkpoint.split("\n");
  const trusted: unknown = own.trusted === "" ? {} : JSON.parse(own.trusted);
  const known = new Map(Object.entries(trusted as Record<string, string>)).get(origin);
  return known === undefined ? own : { ...own, keys: "", policy: known };
}

async function readReceipt(form: HTMLFormElement): Promise<{ data: Uint8Array; name: string | undefined }> {
  const file = fileOf(form, "receipt");
  const pasted = textOf(form, "pasted");
  if (file !== undefined && pasted.trim() !== "") throw new Problem("two-receipts", "pasted");
  const data = await readFile(form, "receipt", RECEIPT_LIMIT_BYTES);
  if (file !== undefined && data !== undefined) return { data, name: file.name };
  if (pasted.trim() === "") throw new Problem("no-receipt", "receipt");
  // A text area loses the last line feed when a text is copied without it.
  const text = pasted.replaceAll("\r\n", "\n").replace(/^\n+|\n+$/g, "");
  return { data: utf8(`${text}\n`), name: undefined };
}

async function readTracker(form: HTMLFormElement): Promise<Uint8Array | undefined> {
  const typed = textOf(form, "tracker").replace(/\s/g, "");
  const ballot = await readFile(form, "ballot", BALLOT_LIMIT_BYTES);
  if (typed !== "" && ballot !== undefined) throw new Problem("tracker-and-ballot", "ballot");
  if (ballot !== undefined) return sha256(ballot);
  if (typed === "") return undefined;
  try {
    const tracker = decodeBase64(`${typed.replaceAll("-", "+").replaceAll("_", "/")}=`, "the tracker");
    if (tracker.length === 32) return tracker;
  } catch {
    // Said below.
  }
  throw new Problem("tracker", "tracker");
}

/** The keys and the policy that were given; the installation's own where nothing was. */
async function readTrust(
  form: HTMLFormElement, own: Reading["own"],
): Promise<{ keys: readonly VerifierKey[]; policy: Policy | undefined }> {
  const typedKeys = textOf(form, "key").trim();
  const file = await readFile(form, "policy", POLICY_LIMIT_BYTES);
  const isOwn = typedKeys === "" && file === undefined;
  const policy = readPolicy(file ?? (isOwn && own.policy !== "" ? utf8(own.policy) : undefined));
  const written = isOwn ? own.keys : typedKeys;
  const keys = written === "" ? (policy?.logs ?? []) : readKeys(written);
  return { keys, policy };
}

function readKeys(text: string): VerifierKey[] {
  try {
    return text.split(/\s+/).filter((word) => word !== "").map(decodeVerifierKey);
  } catch {
    throw new Problem("key", "key");
  }
}

function readPolicy(data: Uint8Array | undefined): Policy | undefined {
  if (data === undefined) return undefined;
  try {
    return decodePolicy(data);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new Problem("policy", "policy", error.message);
  }
}

async function readFile(form: HTMLFormElement, name: string, limit: number): Promise<Uint8Array | undefined> {
  const file = fileOf(form, name);
  if (file === undefined) return undefined;
  if (file.size > limit) throw new Problem("too-large", name, Math.floor(limit / 1000));
  try {
    return new Uint8Array(await file.arrayBuffer());
  } catch {
    throw new Problem("unreadable", name);
  }
}

function fileOf(form: HTMLFormElement, name: string): File | undefined {
  return find<HTMLInputElement>(form, `[name="${name}"]`).files?.[0];
}

function textOf(form: HTMLFormElement, name: string): string {
  return find<HTMLInputElement | HTMLTextAreaElement>(form, `[name="${name}"]`).value;
}
