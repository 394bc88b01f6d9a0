// What the trustee's tasks share: a list of checks, a bar, a key file, and a place for what went wrong.
import { breathing } from "../breath.ts";
import { fill, find, hasWord, oneLine, part, word } from "../dom.ts";
import { InvalidRecord } from "../protocol/errors.ts";
import type { Breathe } from "../protocol/proofs.ts";
import { TooFewBallots } from "../protocol/recount.ts";
import { type KeyFile, openKeyFile } from "./keyfile.ts";
import { Locked } from "./protection.ts";
import { saveKey } from "./saving.ts";
import { Refused } from "./server.ts";

export type CheckState = "later" | "wait" | "held" | "failed";

/** One task on the trustee's page. */
export class Panel {
  private isRunning = false;
  private polling: Promise<void> | undefined;
  /** What opened the key file; empty where it stands open. */
  private passphrase = "";

  constructor(readonly root: HTMLElement) {
    root.hidden = false;
  }

  /** A value that the page's template gives. */
  value(name: string): string {
    return this.root.dataset[name] ?? "";
  }

  /** Do something long, once at a time; what goes wrong is explained on the page.
   *
   * It waits for a poll that is under way: a press is never lost to one. What was on the page
   * at the moment of the press is therefore read before `act`.
   */
  run(act: () => Promise<void>): void {
    if (this.isRunning) return;
    this.isRunning = true;
    part(this.root, "problem").hidden = true;
    void this.attempt(async () => {
      await this.polling?.catch(() => undefined); // what it met is explained already
      await act();
    }).finally(() => {
      this.isRunning = false;
    });
  }

  /** Do something again and again; a lost connection is nothing to report, it comes back. */
  poll(seconds: number, act: () => Promise<void>): void {
    const timer = setInterval(() => {
      if (this.isRunning || this.polling !== undefined) return;
      this.polling = this.attempt(async () => {
        try {
          await act();
        } catch (error) {
          if (error instanceof Refused && error.reason === "network") return;
          clearInterval(timer);
          throw error;
        }
      }).finally(() => {
        this.polling = undefined;
      });
    }, seconds * 1000);
  }

  private attempt(act: () => Promise<void>): Promise<void> {
    return act().catch((error: unknown) => this.explain(error));
  }

  /** Run a form's task when it is sent; nothing is sent to the server by the form itself. */
  onSubmit(name: string, act: () => Promise<void>): void {
    const form = part<HTMLFormElement>(this.root, name);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.run(act);
    });
  }

  // --- Checks ----------------------------------------------------------------------------

  /** Show the list of checks, none of them done. */
  begin(): void {
    for (const item of this.root.querySelectorAll<HTMLElement>("[data-check]")) {
      this.mark(item.dataset["check"] ?? "", "later");
    }
    part(this.root, "checks").hidden = false;
  }

  /** Mark a check as running, held or failed. */
  mark(check: string, state: CheckState): void {
    const item = find(this.root, `[data-check="${check}"]`);
    item.className = state === "held" ? "" : `pnyx-checks__${state}`;
    fill(item, { state: word(`${this.value("states") || "check"}-${state}`) });
  }

  /** Say beside a check what was compared. */
  tell(check: string, text: string): void {
    find(this.root, `[data-check="${check}"] .pnyx-checks__how`).textContent = text;
  }

  /** Run one check of the list from beginning to end. */
  async check<T>(name: string, act: () => Promise<T> | T): Promise<T> {
    this.mark(name, "wait");
    const result = await act();
    this.mark(name, "held");
    return result;
  }

  // --- Progress --------------------------------------------------------------------------

  /** A breath that moves the bar; `total` is how many there will be, more or less. */
  progress(total: number, sentence: string): Breathe {
    this.showProgress(0, total, sentence);
    return breathing((done) => this.showProgress(done, total, sentence));
  }

  /** Show how far long work is, as a bar and in words. */
  showProgress(done: number, total: number, sentence: string): void {
    const bar = part(this.root, "progress");
    const reached = total === 0 ? 100 : Math.min(100, Math.floor((100 * done) / total));
    bar.hidden = false;
    const meter = find(bar, '[role="progressbar"]');
    meter.setAttribute("aria-valuenow", String(reached));
    find(meter, "rect:nth-child(2)").setAttribute("width", String(reached));
    fill(bar, { progress: word(sentence, { done: Math.min(done, total), total, percent: reached }) });
  }

  hideProgress(): void {
    part(this.root, "progress").hidden = true;
  }

  // --- The key ---------------------------------------------------------------------------

  /** Read the chosen key file. */
  async readKey(): Promise<KeyFile> {
    const form = part(this.root, "load");
    const file = find<HTMLInputElement>(form, 'input[type="file"]').files?.[0];
    if (file === undefined) throw new Refused("no-file");
    const passphrase = find<HTMLInputElement>(form, 'input[type="password"]').value;
    try {
      const found = await openKeyFile(new Uint8Array(await file.arrayBuffer()), passphrase);
      this.passphrase = passphrase;
      return found;
    } catch (error) {
      if (error instanceof Locked) throw error;
      throw new Refused("not-a-key");
    }
  }

  /** Save a key file again, behind the passphrase that opened it. */
  saveAgain(file: KeyFile, name: string): Promise<void> {
    return saveKey(file, name, this.passphrase);
  }

  // --- Ends ------------------------------------------------------------------------------

  /** Show one part and put the focus on its heading. */
  show(name: string): HTMLElement {
    const shown = part(this.root, name);
    shown.hidden = false;
    const heading = shown.querySelector<HTMLElement>("h3");
    heading?.focus();
    return shown;
  }

  /** Say which step failed; the sentences are the page's. */
  explain(error: unknown): void {
    const problem = part(this.root, "problem");
    fill(problem, { problem: sentenceFor(error) });
    problem.hidden = false;
    const running = this.root.querySelector<HTMLElement>(".pnyx-checks__wait[data-check]");
    // The steps of a ceremony are everybody's: one person's wrong file does not make them fail.
    if (running !== null && this.value("states") !== "step") {
      this.mark(running.dataset["check"] ?? "", "failed");
    }
    problem.focus();
    if (!isForeseen(error)) throw error;
  }
}

function isForeseen(error: unknown): boolean {
  return error instanceof Refused || (error instanceof Error && hasWord(`problem-${error.name}`));
}

/** The page's sentence for what went wrong, with the place where the record breaks a rule. */
export function sentenceFor(error: unknown): string {
  const name = error instanceof Refused ? error.reason : error instanceof Error ? error.name : "";
  const sentence = word(hasWord(`problem-${name}`) ? `problem-${name}` : "problem-other");
  return oneLine(`${sentence} ${detailOf(error)}`);
}

function detailOf(error: unknown): string {
  if (error instanceof Refused) return error.detail;
  if (error instanceof InvalidRecord) return error.message;
  if (!(error instanceof TooFewBallots)) return "";
  return word("too-few-ballots", { count: error.count, minimum: error.minimum });
}
