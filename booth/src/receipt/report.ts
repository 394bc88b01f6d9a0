// The report of a checked receipt, in the words of the page that the server would have sent.
import { copyOf, fill, find, hasWord, part, word } from "../dom.ts";
import { encodeBase64 } from "../log/bytes.ts";
import type { Check, Report } from "../log/checking.ts";
import type { Cosigned } from "../log/policy.ts";
import { decodeEntry } from "../log/receipt.ts";
import type { JsonObject } from "../protocol/encoding.ts";
import { DecodeError } from "../protocol/errors.ts";

/** Show what was found and lead the reader to it. */
export function showReport(root: HTMLElement, report: Report, name: string | undefined): void {
  const target = part(root, "report");
  const file = name ?? word("pasted");
  const about = report.checks.map(({ step }) => step);
  const { failure } = report;
  const title = failure === undefined ? showHeld(target, about, file) : showFailed(target, report, failure, file);
  part(target, "seal").hidden = failure !== undefined;
  part(target, "failed").hidden = failure === undefined;
  part(target, "steps").replaceChildren(...report.checks.map((check) => stepItem(check, report)));
  const isShown = failure === undefined && report.entry !== undefined;
  part(target, "entry").hidden = !isShown;
  if (isShown && report.entry !== undefined) showEntry(target, report.entry, about.includes("BALLOT"));
  target.hidden = false;
  title.tabIndex = -1;
  title.focus();
}

function showHeld(target: HTMLElement, about: readonly string[], file: string): HTMLElement {
  const seal = part(target, "seal");
  const what = about.includes("DOCUMENT") ? "document" : about.includes("BALLOT") ? "ballot" : "entry";
  const title = find(seal, ".pnyx-seal__title");
  title.textContent = word(`held-${what}`);
  find(seal, ".pnyx-seal__text").textContent = word("held-how", { file });
  return title;
}

function showFailed(target: HTMLElement, report: Report, failure: Check, file: string): HTMLElement {
  const failed = part(target, "failed");
  const number = report.checks.indexOf(failure) + 1;
  fill(failed, {
    title: word(`failed-${failure.step}`), how: word("failed-how", { file, number }), reason: failure.detail,
  });
  part(failed, "keep").hidden = failure.step === "READABLE" || failure.step === "COSIGNATURES";
  part(failed, "again").hidden = failure.step !== "COSIGNATURES";
  return find(failed, "h2");
}

function stepItem(check: Check, report: Report): HTMLElement {
  const item = copyOf("receipt-step");
  const [css, state] = check.held === undefined ? ["pnyx-checks__later", "later"]
    : check.held ? ["", "held"] : ["pnyx-checks__failed", "failed"];
  item.className = css;
  fill(item, { state: word(`state-${state}`), title: stepTitle(check, report) });
  const how = part(item, "how");
  const said = check.held === true ? heldDetail(check, report) : undefined;
  how.textContent = said ?? (check.held === undefined ? "" : check.detail);
  how.hidden = how.textContent === "";
  if (said === undefined) how.lang = "en";
  return item;
}

function stepTitle({ step }: Check, { checkpoint }: Report): string {
  if (step !== "SIGNATURE" || checkpoint === undefined) return word(`step-${step}`);
  return word("step-signed", { size: inLanguage(checkpoint.size) });
}

/** What was compared, where the page has words for it. */
function heldDetail({ step }: Check, { receipt, cosigned }: Report): string | undefined {
  if (step === "INCLUSION" && receipt !== undefined) {
    const hashes = receipt.proof.length;
    return word(hashes === 1 ? "how-one-hash" : "how-hashes", { hashes, index: inLanguage(receipt.index) });
  }
  if (step === "COSIGNATURES" && cosigned.length > 0) {
    return cosigned.map(cosignedText).join(" · ");
  }
  return hasWord(`how-${step}`) ? word(`how-${step}`) : undefined;
}

/** A number of any length as the page's language writes it. */
function inLanguage(value: bigint): string {
  return new Intl.NumberFormat(document.documentElement.lang).format(value);
}

/** A witness and the time that it gave, in UTC, so that every reader sees the same. */
function cosignedText({ name, at }: Cosigned): string {
  const time = new Date(Number(at) * 1000);
  if (Number.isNaN(time.getTime()) || time.getUTCFullYear() > 9999) return `${name}, ${at} s`;
  return `${name}, ${time.toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

// --- What the entry says --------------------------------------------------------------------

function showEntry(target: HTMLElement, entry: Uint8Array, isBallotCompared: boolean): void {
  const content = contentOf(entry);
  const kind = content["kind"];
  const isBallot = kind === "election-event" && content["type"] === "Ballot";
  fill(target, {
    kind: isBallot ? word("kind-ballot") : kindName(kind),
    json: new TextDecoder().decode(entry),
  });
  showFact(target, "election", content["election"]);
  showFact(target, "tracker", isBallot ? trackerOf(content["payload"]) : undefined);
  part(target, "mine").hidden = !isBallot || isBallotCompared;
}

/** Read an entry of our own kinds; another log's entries may be anything. */
function contentOf(entry: Uint8Array): JsonObject {
  try {
    return decodeEntry(entry);
  } catch (error) {
    if (error instanceof DecodeError) return {};
    throw error;
  }
}

function kindName(kind: unknown): string {
  return typeof kind === "string" && hasWord(`kind-${CSS.escape(kind)}`) ? word(`kind-${kind}`) : word("kind-other");
}

function showFact(target: HTMLElement, name: string, value: unknown): void {
  const row = part(target, name);
  row.hidden = typeof value !== "string";
  if (typeof value === "string") fill(row, { [name]: value });
}

function trackerOf(payload: unknown): string | undefined {
  if (typeof payload !== "string" || !/^[0-9a-f]{64}$/.test(payload)) return undefined;
  const bytes = payload.match(/../g)?.map((pair) => Number.parseInt(pair, 16)) ?? [];
  return (encodeBase64(Uint8Array.from(bytes)).replace("=", "").match(/.{1,4}/g) ?? []).join(" ");
}
