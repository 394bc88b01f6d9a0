// The page that checks a receipt here, in the reader's browser: nothing of it is sent to anybody.
import { asNumber, byId, copyOf, fill, find, onPress, part, word } from "./dom.ts";
import { checkReceipt } from "./log/checking.ts";
import { Unreadable } from "./log/hashing.ts";
import { Problem, readForm } from "./receipt/form.ts";
import { showReport } from "./receipt/report.ts";

const root = byId("receipt-checker");
const form = find<HTMLFormElement>(root, "form");
const { keys = "", policy = "", trusted = "" } = root.dataset;
let running: AbortController | undefined;

part(root, "place").append(copyOf("receipt-report"));
for (const element of document.querySelectorAll<HTMLElement>("[data-by]")) {
  element.hidden = element.dataset["by"] === "server";
}
for (const zone of root.querySelectorAll<HTMLElement>("[data-drop]")) acceptDrop(zone);
onPress(root, "stop", () => running?.abort());
form.addEventListener("submit", (event) => {
  event.preventDefault();
  running?.abort();
  const own = new AbortController();
  running = own;
  check(own.signal)
    .catch((error: unknown) => { if (!own.signal.aborted) explain(error); })
    .finally(() => { if (running === own || running === undefined) part(root, "running").hidden = true; });
});

async function check(signal: AbortSignal): Promise<void> {
  part(root, "problem").hidden = true;
  part(root, "report").hidden = true;
  const bar = find<HTMLProgressElement>(root, "progress");
  const progress = (done: number, total: number): void => {
    part(root, "running").hidden = false;
    bar.max = total;
    bar.value = done;
    const percent = Math.floor((100 * done) / total);
    fill(root, { running: word("running", { percent, size: megabytes(total) }) });
  };
  const { question, name } = await readForm({ form, own: { keys, policy, trusted }, progress, signal });
  showReport(root, checkReceipt(question), name);
}

function megabytes(bytes: number): string {
  return `${asNumber(Math.max(0.1, Math.round(bytes / 100_000) / 10))} MB`;
}

function explain(error: unknown): void {
  const problem = part(root, "problem");
  const [reason, field, detail] = error instanceof Problem ? [error.reason, error.field, error.detail]
    : error instanceof Unreadable ? ["unreadable", "file", ""] : ["fault", "receipt", String(error)];
  const link = find<HTMLAnchorElement>(problem, "a");
  link.textContent = word(`problem-${reason}`, { detail });
  const input = find(form, `[name="${field}"]`);
  link.href = `#${input.id}`;
  // A field out of sight cannot be reached by its link.
  input.closest("details")?.setAttribute("open", "");
  problem.hidden = false;
  problem.focus();
}

/** Let a file be dropped anywhere on the zone around its input. */
function acceptDrop(zone: HTMLElement): void {
  const input = find<HTMLInputElement>(zone, "input[type=file]");
  zone.addEventListener("dragover", (event) => event.preventDefault());
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    if (event.dataTransfer?.files.length) input.files = event.dataTransfer.files;
  });
}
