// The page of the second verifier: reads a record here, in the reader's browser, and needs nobody.
import { breathing } from "./breath.ts";
import { asNumber, byId, copyOf, fill, find, oneLine, part, word } from "./dom.ts";
import { fetchPublic } from "./loading.ts";
import type { AnyElection, ListsQuestion, Question } from "./protocol/election.ts";
import { NotSupported } from "./protocol/errors.ts";
import type { QuestionResult, Report, Step } from "./verifier/report.ts";
import { TITLES, verifyRecord } from "./verifier/run.ts";

interface Source {
  readonly acceptsLegacyThreshold: boolean;
  readonly record: Uint8Array;
  readonly companion: Uint8Array | undefined;
}

const root = byId("verifier");
let isRunning = false;

root.hidden = false;
find<HTMLFormElement>(root, "form").addEventListener("submit", (event) => {
  event.preventDefault();
  start(() => chosenFiles());
});
const { uuid } = root.dataset;
if (uuid !== undefined && uuid !== "") {
  const button = find<HTMLButtonElement>(root, '[data-action="fetch"]');
  button.addEventListener("click", () => start(() => publishedFiles(uuid)));
}

/** Run one verification at a time, and tell whatever goes wrong. */
function start(read: () => Promise<Source>): void {
  if (isRunning) return;
  isRunning = true;
  part(root, "problem").hidden = true;
  part(root, "report").hidden = true;
  verify(read)
    .catch((error: unknown) => explain(error))
    .finally(() => {
      isRunning = false;
      part(root, "running").hidden = true;
    });
}

/** What the reader can do something about; the page has a sentence for each. */
class Refused extends Error {
  override readonly name = "Refused";
}

async function chosenFiles(): Promise<Source> {
  const files = [...(find<HTMLInputElement>(root, 'input[type="file"]').files ?? [])];
  const records = files.filter(({ name }) => !name.endsWith(".json"));
  const companions = files.filter(({ name }) => name.endsWith(".json"));
  const [record] = records;
  if (record === undefined || records.length > 1 || companions.length > 1) throw new Refused("no-record");
  const bytes = async (file: File): Promise<Uint8Array> => new Uint8Array(await file.arrayBuffer());
  return {
    record: await bytes(record),
    companion: companions[0] === undefined ? undefined : await bytes(companions[0]),
    acceptsLegacyThreshold: find<HTMLInputElement>(root, "#legacy-threshold").checked,
  };
}

async function publishedFiles(election: string): Promise<Source> {
  const address = `/elections/${encodeURIComponent(election)}/${encodeURIComponent(election)}`;
  try {
    const record = await fetchPublic(`${address}.bel`);
    // An election without profile 1 has no second file; one that needs it is refused without.
    // Both grow while voting is open: ask for the one that belongs to the record at hand.
    const beside = `${address}.pnyx.json?height=${lastHeight(record)}`;
    const companion = await fetchPublic(beside).catch(() => undefined);
    return { record, companion, acceptsLegacyThreshold: false };
  } catch {
    throw new Refused("not-fetched");
  }
}

/** The height of the record's last event: one less than how many there are. */
function lastHeight(record: Uint8Array): number {
  let events = 0;
  for (let offset = 0; offset + BLOCK_BYTES <= record.length; ) {
    const latin = (from: number, to: number): string =>
      String.fromCharCode(...record.subarray(offset + from, offset + to));
    if (latin(64, 76) === ".event.json\0") events += 1;
    const size = Number.parseInt(latin(124, 135), 8);
    if (!Number.isInteger(size)) break; // no record: the verifier says what is wrong with it
    offset += BLOCK_BYTES + Math.ceil(size / BLOCK_BYTES) * BLOCK_BYTES;
  }
  return Math.max(0, events - 1);
}

const BLOCK_BYTES = 512;

async function verify(read: () => Promise<Source>): Promise<void> {
  const { record, companion, acceptsLegacyThreshold } = await read();
  part(root, "running").hidden = false;
  const bar = find<HTMLProgressElement>(root, "progress");
  const report = await verifyRecord({
    record,
    companion,
    acceptsLegacyThreshold,
    breathe: breathing(() => undefined),
    progress: (step, done, total) => {
      bar.max = total;
      bar.value = done;
      const title = word(`step-${step}`);
      fill(root, { running: word("running", { step, steps: TITLES.length, title, done, total }) });
    },
  });
  show(report);
}

function explain(error: unknown): void {
  const reason = error instanceof Refused ? error.message : error instanceof NotSupported ? "not-supported" : "fault";
  const detail = error instanceof Error && reason !== error.message ? error.message : "";
  fill(root, { problem: word(reason, { detail }) });
  const problem = part(root, "problem");
  problem.hidden = false;
  problem.focus();
}

// --- The report --------------------------------------------------------------------------

function show(report: Report): void {
  const target = part(root, "report");
  const { verdict, steps, ballotsCounted: ballots = 0 } = report;
  fill(target, {
    verdict: word(`verdict-${verdict}`),
    name: report.name ?? "",
    uuid: report.uuid ?? "–",
    fingerprint: report.fingerprint ?? "–",
    ballots: report.ballotsCounted === undefined ? "–" : asNumber(ballots),
    profile: report.profile === undefined ? "–" : word(`profile-${report.profile}`),
  });
  part(target, "verdict-box").className = `pnyx-verdict pnyx-verdict--${verdict}`;
  part(target, "steps").replaceChildren(...steps.map(stepItem));
  const isShown = verdict === "complete" && report.result !== undefined;
  part(target, "results").replaceChildren(...(isShown ? results(report) : []));
  target.hidden = false;
  find(target, "h2").focus();
}

function stepItem(step: Step): HTMLElement {
  const item = copyOf("verifier-step");
  const styles: Readonly<Record<string, string>> = {
    "waiting": "pnyx-checks__wait", "failed": "pnyx-checks__failed",
    "not reached": "pnyx-checks__later", "not asked for": "pnyx-checks__later",
  };
  item.className = styles[step.status] ?? "";
  fill(item, {
    state: word(`status-${step.status.replaceAll(" ", "-")}`),
    title: word(`step-${step.number}`),
  });
  // What was compared is said as `evote verify` says it, in English.
  const lines = [...step.comparisons, ...step.problems].map((line) => {
    const text = document.createElement("span");
    text.className = "pnyx-checks__how";
    text.lang = "en";
    text.textContent = oneLine(line);
    return text;
  });
  item.append(...lines);
  return item;
}

function results({ election, result }: { election?: AnyElection | undefined; result: Report["result"] }): HTMLElement[] {
  return (result ?? []).map((answers, index) => {
    const question = election?.questions[index];
    if (question === undefined) throw new Error("a result without its question");
    if (question.kind === "lists") return listsResult(question, answers);
    return question.kind === "ranked" ? rankedResult(question, answers) : countedResult(question, answers);
  });
}

function countedResult(question: Question & { kind: "homomorphic" }, counts: QuestionResult): HTMLElement {
  const table = copyOf("verifier-result");
  fill(table, { question: question.text });
  const names = question.hasBlank ? [word("blank"), ...question.answers] : question.answers;
  part(table, "rows").replaceChildren(...names.map((name, index) => {
    const row = copyOf("verifier-row");
    fill(row, { answer: name, count: asNumber(Number(counts[index])) });
    return row;
  }));
  return table;
}

/** Every list with its number, followed by its candidates with theirs. */
function listsResult(question: ListsQuestion, counts: QuestionResult): HTMLElement {
  const table = copyOf("verifier-result");
  fill(table, { question: question.text });
  const names = question.lists.flatMap(([list = "", ...candidates]) =>
    [list, ...candidates.map((name) => `${list} · ${name}`)],
  );
  part(table, "rows").replaceChildren(...names.map((answer, index) => {
    const row = copyOf("verifier-row");
    fill(row, { answer, count: asNumber(Number(counts.flat()[index])) });
    return row;
  }));
  return table;
}

/** Ranked ballots, each vector once with how many gave it, the most frequent first. */
function rankedResult(question: Question, vectors: QuestionResult): HTMLElement {
  const table = copyOf("verifier-result");
  fill(table, { question: `${question.text} (${question.answers.join(" · ")})` });
  const counts = new Map<string, number>();
  for (const vector of vectors) {
    const text = (vector as readonly number[]).join(" · ");
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  const ordered = [...counts].sort(([, one], [, other]) => other - one);
  part(table, "rows").replaceChildren(...ordered.map(([answer, count]) => {
    const row = copyOf("verifier-row");
    fill(row, { answer, count: asNumber(count) });
    return row;
  }));
  return table;
}
