// What a trustee's page asks the server, and what its answers mean.
import { decodeJson, encodeJson, type Json } from "../protocol/encoding.ts";

const ANSWER_LIMIT_BYTES = 50_000_000;
const ANSWER_SECONDS = 120;

/** A step that did not hold; the page has a sentence for each `reason`. */
export class Refused extends Error {
  override readonly name = "Refused";
  readonly reason: string;
  /** What the server says, in the page's language. */
  readonly detail: string;
  /** The server's stable code. */
  readonly code: string;

  constructor(reason: string, detail = "", code = "") {
    super(reason);
    this.reason = reason;
    this.detail = detail;
    this.code = code;
  }
}

/** Ask for JSON that changes from one moment to the next; undefined where there is none yet. */
export async function askFor(address: string): Promise<Json | undefined> {
  const response = await reach(address, { credentials: "same-origin", cache: "no-store" });
  if (response.status === 404) return undefined;
  if (!response.ok) throw new Refused("network");
  return readAnswer(response);
}

/** Ask for public bytes, without cookies. */
export async function askForBytes(address: string): Promise<Uint8Array> {
  const response = await reach(address, { credentials: "omit", cache: "no-cache" });
  if (!response.ok) throw new Refused("network");
  return new Uint8Array(await response.arrayBuffer());
}

/** Send an object. `token` stands for the signed-in person; without it no cookie is sent. */
export async function hand(address: string, body: Json, token?: string): Promise<void> {
  const response = await reach(address, {
    method: "POST",
    body: encodeJson(body),
    headers: {
      "Content-Type": "application/json",
      ...(token === undefined ? {} : { "X-CSRFToken": token }),
    },
    credentials: token === undefined ? "omit" : "same-origin",
  });
  if (response.ok) return;
  const answer: unknown = await response.json().catch(() => ({}));
  throw new Refused("server", textIn(answer, "detail"), textIn(answer, "code"));
}

async function reach(address: string, options: RequestInit): Promise<Response> {
  try {
    return await fetch(address, { ...options, signal: AbortSignal.timeout(ANSWER_SECONDS * 1000) });
  } catch {
    throw new Refused("network");
  }
}

async function readAnswer(response: Response): Promise<Json> {
  const data = new Uint8Array(await response.arrayBuffer());
  return decodeJson(data, { source: "the server's answer", limitBytes: ANSWER_LIMIT_BYTES });
}

function textIn(answer: unknown, name: string): string {
  const value = typeof answer === "object" && answer !== null ? (answer as Record<string, unknown>)[name] : "";
  return typeof value === "string" ? value : "";
}
