// The page that checks an opened ballot (PROTOCOL 2.5). Everything happens here; nothing is sent.
import { canScan, scanCode } from "./camera.ts";
import { copyOf, fill, find, onPress, part, word } from "./dom.ts";
import { CannotOpen, loadCredentials, loadElection } from "./loading.ts";
import {
  type Challenge, CHALLENGE_STEPS, type ChallengeStep, checkChallenge, InvalidChallenge,
} from "./protocol/challenge.ts";
import type { Election } from "./protocol/election.ts";
import { utf8 } from "./protocol/encoding.ts";
import { rankedRule } from "./rules.ts";
import { answerInWords } from "./words.ts";

type State = "held" | "later" | "failed" | "skipped";

/** The voter has to do something else first; the page has a sentence for each `reason`. */
class Problem extends Error {
  override readonly name = "Problem";

  constructor(readonly reason: string) {
    super(reason);
  }
}

function start(root: HTMLElement): void {
  root.hidden = false;
  const tracker = find<HTMLInputElement>(root, "#tracker");
  const takeTracker = (): void => {
    const scanned = new URLSearchParams(location.hash.slice(1)).get("tracker");
    if (scanned !== null) tracker.value = scanned.replaceAll("-", "+").replaceAll("_", "/");
  };
  takeTracker();
  window.addEventListener("hashchange", takeTracker);
  find<HTMLFormElement>(root, "form").addEventListener("submit", (event) => {
    event.preventDefault();
    void run(root);
  });
  if (canScan()) startCamera(root);
}

function startCamera(root: HTMLElement): void {
  const camera = part(root, "camera");
  const text = find<HTMLTextAreaElement>(root, "#challenge-text");
  let stopping: AbortController | undefined;
  find(root, '[data-action="scan"]').hidden = false;
  onPress(root, "stop", () => stopping?.abort());
  onPress(root, "scan", () => {
    if (stopping !== undefined) return;
    stopping = new AbortController();
    camera.hidden = false;
    part(root, "problem").hidden = true;
    scanCode(part<HTMLVideoElement>(root, "video"), stopping.signal)
      .then(
        (found) => {
          if (found === undefined) return;
          text.value = found;
          void run(root);
        },
        () => explain(root, "camera"),
      )
      .finally(() => {
        camera.hidden = true;
        stopping = undefined;
      });
  });
}

async function run(root: HTMLElement): Promise<void> {
  part(root, "problem").hidden = true;
  part(root, "result").hidden = true;
  try {
    const noted = readTracker(find<HTMLInputElement>(root, "#tracker").value);
    const data = await readChallenge(root);
    const { uuid = "", fingerprint = "" } = root.dataset;
    const election = await loadElection({ uuid, fingerprint });
    await check({ root, election, data, noted });
  } catch (error) {
    if (error instanceof Problem) explain(root, error.reason);
    else if (error instanceof CannotOpen) {
      explain(root, error.kind === "unsupported" ? "unsupported" : "network");
    } else {
      explain(root, "other");
      throw error;
    }
  }
}

/** Read a tracker as people type it; undefined where the field is empty. */
function readTracker(typed: string): string | undefined {
  const tracker = typed.replace(/\s/g, "");
  if (tracker === "") return undefined;
  if (!/^[A-Za-z0-9+/]{43}$/.test(tracker)) throw new Problem("tracker");
  return tracker;
}

async function readChallenge(root: HTMLElement): Promise<Uint8Array> {
  const text = find<HTMLTextAreaElement>(root, "#challenge-text").value.trim();
  const file = find<HTMLInputElement>(root, "#challenge-file").files?.[0];
  if (text !== "") return utf8(text);
  if (file === undefined) throw new Problem("nothing");
  return new Uint8Array(await file.arrayBuffer());
}

async function check(input: {
  root: HTMLElement;
  election: Election;
  data: Uint8Array;
  noted: string | undefined;
}): Promise<void> {
  const { root, election, data, noted } = input;
  for (const step of CHALLENGE_STEPS) mark(root, step, "later");
  fill(root, { tracker: "" });
  part(root, "answers").hidden = true;
  try {
    const onStep = (step: ChallengeStep): void => mark(root, step, "held");
    const credentials = await loadCredentials(election.uuid);
    const { challenge, ballot } = await checkChallenge({ data, election, credentials, noted, onStep });
    if (noted === undefined) mark(root, "tracker", "skipped");
    fill(root, { tracker: inGroups(ballot.tracker) });
    showAnswers(root, election, challenge);
    showHeld(root, noted !== undefined);
  } catch (error) {
    if (!(error instanceof InvalidChallenge)) throw error;
    mark(root, error.step, "failed");
    showFailed(root, error);
  }
}

function mark(root: HTMLElement, name: ChallengeStep, state: State): void {
  const item = find(root, `[data-check="${name}"]`);
  item.className = state === "held" ? "" : `pnyx-checks__${state === "skipped" ? "wait" : state}`;
  fill(item, { state: item.dataset[state] ?? "" });
}

/** Show the answers in the words of the election: only the voter can say whether they are right. */
function showAnswers(root: HTMLElement, election: Election, challenge: Challenge): void {
  const rows = election.questions.map((question, index) => {
    const rule = question.kind === "ranked" ? rankedRule(election, index) : undefined;
    const { chosen } = answerInWords(question, challenge.answers[index] ?? [], rule);
    const row = copyOf("check-row");
    fill(row, { key: question.text });
    part(row, "values").append(...chosen.map((text) => {
      const line = document.createElement("div");
      line.textContent = text;
      return line;
    }));
    return row;
  });
  part(root, "rows").replaceChildren(...rows);
  part(root, "answers").hidden = false;
}

function showHeld(root: HTMLElement, isCompared: boolean): void {
  const seal = part(root, "seal");
  const title = find(seal, ".pnyx-seal__title");
  title.textContent = word("verdict-held");
  find(seal, ".pnyx-seal__text").textContent = word(isCompared ? "verdict-text" : "verdict-compare");
  seal.hidden = false;
  part(root, "failed").hidden = true;
  showResult(root, title);
}

function showFailed(root: HTMLElement, failure: InvalidChallenge): void {
  const failed = part(root, "failed");
  const title = find(failed, "h2");
  fill(failed, { failed: word(`verdict-${failure.step}`), reason: failure.message });
  failed.hidden = false;
  part(root, "seal").hidden = true;
  showResult(root, title);
}

function showResult(root: HTMLElement, title: HTMLElement): void {
  for (const one of root.querySelectorAll("#verdict")) one.removeAttribute("id");
  title.id = "verdict";
  title.tabIndex = -1;
  part(root, "result").hidden = false;
  title.focus();
}

function explain(root: HTMLElement, reason: string): void {
  const problem = part(root, "problem");
  fill(problem, { problem: word(`problem-${reason}`) });
  problem.hidden = false;
  problem.focus();
}

function inGroups(tracker: string): string {
  return (tracker.match(/.{1,4}/g) ?? []).join(" ");
}

const checker = document.getElementById("checker");
if (checker !== null) start(checker);
