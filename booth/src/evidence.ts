// Registering a document: it is hashed here, and only the hash, or a salted commitment, is sent.
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { find, part, word } from "./dom.ts";
import { commitTo, hashDocument, SALT_BYTES } from "./log/hashing.ts";

const HASH = /^[0-9a-f]{64}$/;
const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte"];
const PERCENT_STEP = 5;

const form = document.querySelector<HTMLFormElement>("form[data-evidence]");
if (form !== null) offerHashing(form);

function offerHashing(form: HTMLFormElement): void {
  const zone = part(form, "zone");
  const input = find<HTMLInputElement>(zone, "input");
  const byHand = part<HTMLDetailsElement>(form, "by-hand");
  let current: AbortController | undefined;

  zone.hidden = false;
  const hasError = byHand.querySelector(".govuk-error-message") !== null;
  byHand.open = hasError || field(form, "document").value !== "";
  zone.addEventListener("dragover", (event) => event.preventDefault());
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    if (event.dataTransfer === null || event.dataTransfer.files.length === 0) return;
    input.files = event.dataTransfer.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });
  input.addEventListener("change", () => {
    current?.abort();
    current = undefined;
    const [file] = input.files ?? [];
    if (file === undefined) return;
    const work = new AbortController();
    current = work;
    hash(form, file, work.signal)
      .catch(() => { if (!work.signal.aborted) say(form, word("unreadable")); })
      .finally(() => { if (current === work) current = undefined; });
  });
  form.addEventListener("submit", (event) => {
    if (current !== undefined) {
      event.preventDefault();
      say(form, word("still"));
      return;
    }
    commit(form);
  });
  // Back in the history: what was withheld from the last request is the reader's again.
  window.addEventListener("pageshow", () => {
    field(form, "document").disabled = false;
    field(form, "commitment").value = field(form, "salt").value = "";
  });
}

async function hash(form: HTMLFormElement, file: File, signal: AbortSignal): Promise<void> {
  const target = field(form, "document");
  target.value = "";
  const bar = find<HTMLProgressElement>(form, "progress");
  bar.value = 0;
  part(form, "work").hidden = false;
  if (file.size === 0) return say(form, word("empty"));
  let told = -PERCENT_STEP;
  const digest = await hashDocument({
    document: file,
    signal,
    progress: (done, total) => {
      const percent = Math.floor((100 * done) / total);
      bar.value = percent;
      if (percent < told + PERCENT_STEP) return;
      told = percent;
      say(form, word("progress", { percent, size: sizeOf(total) }));
    },
  });
  target.value = bytesToHex(digest);
  nameIt(form, file.name);
  say(form, word("done", { name: file.name }));
}

/** The file's name is a suggestion: it stays with its owner, who may change it. */
function nameIt(form: HTMLFormElement, name: string): void {
  const label = field(form, "label");
  if (label.value !== "" && label.value !== label.dataset["suggested"]) return;
  const suggestion = name.slice(0, label.maxLength > 0 ? label.maxLength : undefined);
  label.value = label.dataset["suggested"] = suggestion;
}

/** A private registration sends the commitment and its salt, and not the hash. */
function commit(form: HTMLFormElement): void {
  const target = field(form, "document");
  const chosen = form.querySelector<HTMLInputElement>('input[name="form"]:checked');
  const text = target.value.trim().toLowerCase();
  if (chosen?.value !== "commitment" || !HASH.test(text)) return;
  const salt = crypto.getRandomValues(new Uint8Array(SALT_BYTES));
  field(form, "commitment").value = bytesToHex(commitTo({ salt, digest: hexToBytes(text) }));
  field(form, "salt").value = bytesToHex(salt);
  target.disabled = true;
}

function field(form: HTMLFormElement, name: string): HTMLInputElement {
  return find<HTMLInputElement>(form, `input[name="${name}"]`);
}

function say(form: HTMLFormElement, text: string): void {
  part(form, "work").hidden = false;
  part(form, "status").textContent = text;
}

/** "52 MB", as the page's language writes it. */
function sizeOf(bytes: number): string {
  const step = Math.min(UNITS.length - 1, Math.floor(Math.log10(Math.max(bytes, 1)) / 3));
  const unit = UNITS[step];
  const rounded = Math.round(bytes / 1000 ** step);
  return new Intl.NumberFormat(document.documentElement.lang, {
    style: "unit", unit: unit ?? "byte", unitDisplay: "short",
  }).format(rounded);
}
