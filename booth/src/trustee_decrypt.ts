// Decrypt the sum: check what is asked, compute the factors with their proofs, hand them in.
import { breathing } from "./breath.ts";
import { fill, find, oneLine, part } from "./dom.ts";
import { fetchPublic, loadElection } from "./loading.ts";
import type { Election } from "./protocol/election.ts";
import { decodeJson, encodeJson } from "./protocol/encoding.ts";
import { decodeScalar, GENERATOR, type Scalar } from "./protocol/group.ts";
import { checkRandomness } from "./protocol/randomness.ts";
import {
  decodeEncryptedTally, decryptPartially, type EncryptedTally, verifyPartialDecryption,
} from "./protocol/tally.ts";
import type { Trustee } from "./protocol/trustee.ts";
import { combinePublicKeys, decodeTrustees } from "./protocol/trustees.ts";

const KEY_LIMIT_BYTES = 1_000;
const ANSWER_SECONDS = 60;

/** A step that did not hold; the page has a sentence for each `reason`. */
class Refused extends Error {
  override readonly name = "Refused";
  readonly reason: string;
  readonly detail: string;

  constructor(reason: string, detail = "") {
    super(reason);
    this.reason = reason;
    this.detail = detail;
  }
}

/** Wire the fragment `voting/trustee_decrypt.html`. */
export function startDecryption(root: HTMLElement): void {
  root.hidden = false;
  const form = find<HTMLFormElement>(root, "form");
  let isRunning = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (isRunning) return;
    isRunning = true;
    part(root, "problem").hidden = true;
    decrypt(root)
      .then(() => finish(root), (error: unknown) => explain(root, error))
      .finally(() => {
        isRunning = false;
      });
  });
}

/** Mark a step of the list as held, or as the one that runs. */
function mark(root: HTMLElement, step: string, state: "later" | "wait" | "held" | "failed"): void {
  const item = find(root, `[data-check="${step}"]`);
  item.className = state === "held" ? "" : `pnyx-checks__${state}`;
  fill(item, { state: item.dataset[state] ?? "" });
}

async function decrypt(root: HTMLElement): Promise<void> {
  const { uuid = "", fingerprint = "", owner = "" } = root.dataset;
  for (const step of ["key", "election", "slot", "proofs", "sent"]) mark(root, step, "later");
  part(root, "checks").hidden = false;
  mark(root, "key", "wait");
  const secretKey = await readKey(find<HTMLInputElement>(root, 'input[type="file"]'));
  checkRandomness();
  mark(root, "key", "held");

  mark(root, "election", "wait");
  const election = await loadElection({ uuid, fingerprint });
  mark(root, "election", "held");

  mark(root, "slot", "wait");
  const trustee = await findSlot({ election, secretKey, owner: Number(owner) });
  mark(root, "slot", "held");

  mark(root, "proofs", "wait");
  const data = await fetchPublic(`/elections/${uuid}/encrypted-tally.json`);
  const tally = decodeEncryptedTally(data, { election });
  const text = await prove({ root, election, secretKey, trustee, tally });
  mark(root, "proofs", "held");

  mark(root, "sent", "wait");
  await handIn({ uuid, owner: Number(owner), text });
  mark(root, "sent", "held");
}

/** The private key file holds one JSON string, the secret in decimal. */
async function readKey(field: HTMLInputElement): Promise<Scalar> {
  const file = field.files?.[0];
  if (file === undefined) throw new Refused("no-file");
  try {
    const data = new Uint8Array(await file.arrayBuffer());
    const value = decodeJson(data, { source: "key", limitBytes: KEY_LIMIT_BYTES });
    const secretKey = decodeScalar(value, "key");
    if (secretKey === 0n) throw new Refused("not-a-key");
    return secretKey;
  } catch {
    throw new Refused("not-a-key");
  }
}

/** The key must be that of the slot, and all slots together must give the election's key. */
async function findSlot(input: {
  election: Election;
  secretKey: Scalar;
  owner: number;
}): Promise<Trustee> {
  const { election } = input;
  const trustees = decodeTrustees(await fetchPublic(`/elections/${election.uuid}/trustees.json`));
  const trustee = trustees.slots[input.owner - 1]?.trustee;
  const publicKey = GENERATOR.power(input.secretKey);
  if (trustee === undefined || !trustee.publicKey.equals(publicKey)) throw new Refused("other-key");
  if (!combinePublicKeys(trustees).equals(election.publicKey)) throw new Refused("other-trustees");
  return trustee;
}

async function prove(input: {
  root: HTMLElement;
  election: Election;
  secretKey: Scalar;
  trustee: Trustee;
  tally: EncryptedTally;
}): Promise<string> {
  const { root, election, secretKey, trustee, tally } = input;
  const total = tally.reduce((count, answer) => count + answer.length, 0);
  const progress = find(root, '[data-fill="progress"]');
  const breathe = breathing((done) => {
    progress.textContent = `${done} / ${total}`;
  });
  // Profile 0: the strong proofs, and with them the closing event, are not asked for.
  const closing = "0".repeat(64);
  const { text } = await decryptPartially({ secretKey, election, tally, closing, breathe });
  verifyPartialDecryption({ data: text, election, trustee, tally });
  progress.textContent = `${total} / ${total}`;
  return text;
}

async function handIn(input: { uuid: string; owner: number; text: string }): Promise<void> {
  const body = encodeJson({ owner: input.owner, partial_decryption: input.text });
  let response: Response;
  try {
    response = await fetch(`/api/elections/${input.uuid}/partial-decryptions`, {
      method: "POST",
      body,
      headers: { "Content-Type": "application/json" },
      credentials: "omit",
      signal: AbortSignal.timeout(ANSWER_SECONDS * 1000),
    });
  } catch {
    throw new Refused("network");
  }
  if (response.ok) return;
  const answer: unknown = await response.json().catch(() => ({}));
  const detail = typeof answer === "object" && answer !== null && "detail" in answer ? answer.detail : "";
  throw new Refused("server", typeof detail === "string" ? detail : "");
}

function finish(root: HTMLElement): void {
  find<HTMLFormElement>(root, "form").hidden = true;
  find<HTMLFormElement>(root, "form").reset();
  const done = part(root, "done");
  done.hidden = false;
  find(done, "h3").focus();
}

/** Say which step failed; the sentences are the page's. */
function explain(root: HTMLElement, error: unknown): void {
  const problem = part(root, "problem");
  const name = error instanceof Refused ? error.reason : error instanceof Error ? error.name : "";
  const sentences = part<HTMLTemplateElement>(root, "reasons").content;
  const sentence = sentences.querySelector(`[data-word="${name}"]`)
    ?? sentences.querySelector('[data-word="other"]');
  const detail = error instanceof Refused ? error.detail : "";
  fill(problem, { problem: oneLine(`${sentence?.textContent ?? ""} ${detail}`) });
  problem.hidden = false;
  const running = root.querySelector<HTMLElement>(".pnyx-checks__wait");
  if (running !== null) mark(root, running.dataset["check"] ?? "", "failed");
  problem.focus();
}
