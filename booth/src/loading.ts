// What the booth fetches before the voter begins.
import { decodeElection, type Election } from "./protocol/election.ts";
import { b64Digest, decodeJson, readList, readText } from "./protocol/encoding.ts";
import { DecodeError, NotSupported } from "./protocol/errors.ts";
import { checkRules } from "./rules.ts";

const LIST_LIMIT_BYTES = 2_000_000;

/** Why the booth cannot open. `kind` names the words that explain it. */
export class CannotOpen extends Error {
  override readonly name = "CannotOpen";
  readonly kind: "network" | "fingerprint" | "unsupported";
  readonly found: string;

  constructor(kind: "network" | "fingerprint" | "unsupported", found = "") {
    super(`the booth cannot open: ${kind}`);
    this.kind = kind;
    this.found = found;
  }
}

/** Fetch public bytes of an election, without cookies. */
export async function fetchPublic(address: string): Promise<Uint8Array> {
  let response: Response;
  try {
    response = await fetch(address, { credentials: "omit", cache: "no-cache" });
  } catch {
    throw new CannotOpen("network");
  }
  if (!response.ok) throw new CannotOpen("network");
  return new Uint8Array(await response.arrayBuffer());
}

/** Fetch the election, and accept it only if its bytes have the fingerprint that the page names. */
export async function loadElection(input: { uuid: string; fingerprint: string }): Promise<Election> {
  const data = await fetchPublic(`/elections/${input.uuid}/election.json`);
  const found = b64Digest(data);
  if (found !== input.fingerprint) throw new CannotOpen("fingerprint", found);
  let election: Election;
  try {
    election = decodeElection(data);
    checkRules(election);
  } catch (error) {
    if (error instanceof DecodeError || error instanceof NotSupported) {
      throw new CannotOpen("unsupported");
    }
    throw error;
  }
  if (election.uuid !== input.uuid) throw new CannotOpen("fingerprint", found);
  election.publicKey.prepare();
  return election;
}

/** The public credentials of the election, or undefined where the list is too long or not at hand.
 *
 * It only spares the voter a detour: whether a ballot counts is not decided here.
 */
export async function loadCredentials(uuid: string): Promise<ReadonlySet<string> | undefined> {
  try {
    const response = await fetch(`/elections/${uuid}/credentials.json`, { credentials: "omit" });
    const length = Number(response.headers.get("Content-Length") ?? 0);
    if (!response.ok || length > LIST_LIMIT_BYTES) {
      await response.body?.cancel();
      return undefined;
    }
    const data = new Uint8Array(await response.arrayBuffer());
    const list = decodeJson(data, { source: "credentials", limitBytes: LIST_LIMIT_BYTES });
    const entries = readList(list, "credentials").map((entry) => readText(entry, "credentials"));
    return new Set(entries.map((entry) => entry.slice(0, 64)));
  } catch {
    return undefined;
  }
}
