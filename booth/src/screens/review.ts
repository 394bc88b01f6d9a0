// Review: the choices, the credential, and sealing.
import { electionAddress, show } from "../booth.ts";
import { breathing } from "../breath.ts";
import { copyOf, fill, find, onPress, part, word } from "../dom.ts";
import { sealBallot, verifyBallot } from "../protocol/ballot.ts";
import { readTypedCredential, derivePublicCredential } from "../protocol/credential.ts";
import {
  asksForAccount, choiceCount, type Election, permittedCounts, type Question,
} from "../protocol/election.ts";
import { InvalidCredential } from "../protocol/errors.ts";
import { rankedRule, type RankedRule } from "../rules.ts";
import { readPermit, type Sealed, type Sitting } from "../sitting.ts";
import { answerInWords } from "../words.ts";

const ENDING_CHARACTERS = 3;

/** Show the review; `change` opens a question again, `sealed` follows the encryption. */
export function showReview(input: {
  sitting: Sitting;
  change: (index: number) => void;
  sealed: (sealed: Sealed) => void;
  failed: (error: unknown) => void;
}): void {
  const { sitting } = input;
  const screen = show("review", (draft) => {
    const rows = part(draft, "rows");
    sitting.election.questions.forEach((question, index) => {
      rows.append(...rowsOf({ sitting, question, index, change: input.change }));
    });
    if (sitting.credential === undefined) {
      if (sitting.misread !== undefined) explain(draft, sitting.misread);
    } else {
      hideField({ draft, rows, sitting });
    }
    if (asksForAccount(sitting.election)) showPermit(draft, rows, sitting);
  });
  let isSealing = false;
  find<HTMLFormElement>(screen, "form").addEventListener("submit", (event) => {
    event.preventDefault();
    if (isSealing) return;
    try {
      if (!takeCredential(screen, sitting) || !takePermit(screen, sitting)) return;
    } catch (error) {
      input.failed(error);
      return;
    }
    isSealing = true;
    screen.setAttribute("aria-busy", "true");
    for (const control of screen.querySelectorAll<HTMLButtonElement | HTMLInputElement>("button, input")) {
      control.disabled = true;
    }
    seal({ screen, sitting }).then(input.sealed, input.failed);
  });
}

function rowsOf(input: {
  sitting: Sitting;
  question: Question;
  index: number;
  change: (index: number) => void;
}): HTMLElement[] {
  const { question, index } = input;
  const { election, answers } = input.sitting;
  const rule = question.kind === "ranked" ? rankedRule(election, index) : undefined;
  const { chosen, others } = answerInWords(question, answers[index] ?? [], rule);
  const isOnly = election.questions.length === 1;
  const key = isOnly ? word(keyOf(question, rule)) : question.text;
  const row = copyOf("review-row");
  fill(row, { key, what: ` ${key}` });
  part(row, "values").append(...lines(chosen));
  onPress(row, "change", () => input.change(index));
  if (!isOnly || others.length === 0) return [row];
  const rest = copyOf("review-row");
  fill(rest, { key: word("not-chosen") });
  part(rest, "values").classList.add("pnyx-soft");
  part(rest, "values").append(...lines(others));
  find(rest, "button").remove();
  return [row, rest];
}

function keyOf(question: Question, rule: RankedRule | undefined): string {
  if (rule !== undefined) return rule.kind === "grades" ? "your-grades" : "your-ranking";
  return question.kind === "homomorphic" && question.maximum > 1 ? "your-choices" : "your-choice";
}

function lines(texts: readonly string[]): HTMLElement[] {
  return texts.map((text) => {
    const line = document.createElement("div");
    line.className = "pnyx-booth__line";
    line.textContent = text;
    return line;
  });
}

/** The credential is known, from the link or from before: show how it ends, let it be changed. */
function hideField(input: { draft: HTMLElement; rows: HTMLElement; sitting: Sitting }): void {
  const { draft, rows, sitting } = input;
  const field = part(draft, "credential");
  const row = copyOf("review-row");
  const ending = (sitting.credential ?? "").slice(-ENDING_CHARACTERS);
  fill(row, { key: word("your-credential"), what: ` ${word("your-credential")}` });
  part(row, "values").append(...lines([word("credential-known", { ending })]));
  row.dataset["known"] = "credential";
  field.hidden = true;
  rows.append(row);
  onPress(row, "change", () => {
    sitting.credential = undefined;
    row.remove();
    field.hidden = false;
    find<HTMLInputElement>(field, "input").focus();
  });
}

/** The permit came with the link, or has its own field and the way to the page that gives one. */
function showPermit(draft: HTMLElement, rows: HTMLElement, sitting: Sitting): void {
  const field = part(draft, "permit");
  if (sitting.permit === undefined) {
    field.hidden = false;
    const { uuid } = sitting.election;
    find<HTMLAnchorElement>(field, "a").href = `${electionAddress(uuid)}permit/`;
    return;
  }
  const row = copyOf("review-row");
  fill(row, { key: word("your-permit") });
  part(row, "values").append(...lines([word("permit-known")]));
  find(row, "button").remove();
  rows.append(row);
}

/** Read the permit from its field unless it is known or not asked for; explain a wrong one. */
function takePermit(screen: HTMLElement, sitting: Sitting): boolean {
  if (!asksForAccount(sitting.election)) return true;
  sitting.permit ??= readPermit(find<HTMLInputElement>(screen, "#permit").value);
  if (sitting.permit !== undefined) return true;
  complain(screen, "permit", word("permit-missing"));
  return false;
}

/** Read the credential from its field unless it is known; explain what is wrong with it. */
function takeCredential(screen: HTMLElement, sitting: Sitting): boolean {
  const typed = find<HTMLInputElement>(screen, "#credential");
  try {
    const credential = sitting.credential ?? readTypedCredential(typed.value);
    const { uuid } = sitting.election;
    const isListed = sitting.credentials?.has(derivePublicCredential({ uuid, credential })) ?? true;
    if (isListed) {
      sitting.credential = credential;
      return true;
    }
    sitting.credential = undefined;
    complain(screen, "credential", word("credential-unknown"));
  } catch (error) {
    if (!(error instanceof InvalidCredential)) throw error;
    complain(screen, "credential", problemInWords(error));
  }
  return false;
}

function problemInWords(error: InvalidCredential): string {
  const { character, count } = error;
  return word(`credential-${error.problem}`, { character, count });
}

/** Explain a link whose credential cannot be read. */
function explain(screen: HTMLElement, misread: string): void {
  find<HTMLInputElement>(screen, "#credential").value = misread;
  try {
    readTypedCredential(misread);
  } catch (error) {
    if (error instanceof InvalidCredential) {
      point(screen, "credential", problemInWords(error));
    }
  }
}

/** Point out what is wrong with a field, and put the focus on the summary. */
function complain(screen: HTMLElement, name: "credential" | "permit", problem: string): void {
  const field = part(screen, name);
  if (field.hidden) screen.querySelector(`[data-known="${name}"]`)?.remove();
  point(screen, name, problem);
  part(screen, "problem").focus();
}

function point(screen: HTMLElement, name: "credential" | "permit", problem: string): void {
  const field = part(screen, name);
  field.hidden = false;
  field.classList.add("govuk-form-group--error");
  fill(field, { error: problem });
  find(field, `#${name}-error`).hidden = false;
  const typed = find(field, "input");
  typed.classList.add("govuk-input--error");
  typed.setAttribute("aria-describedby", `${name}-hint ${name}-error`);
  typed.setAttribute("aria-invalid", "true");
  const summary = part(screen, "problem");
  summary.hidden = false;
  fill(summary, { problem });
  find<HTMLAnchorElement>(summary, "a").href = `#${name}`;
  find(summary, "a").onclick = (event) => {
    event.preventDefault();
    typed.focus();
  };
}

/** Encrypt, prove, sign; then read the ballot back and check all of it, as the server will. */
async function seal(input: { screen: HTMLElement; sitting: Sitting }): Promise<Sealed> {
  const { election, answers, credential } = input.sitting;
  const progress = find(input.screen, '[data-fill="progress"]');
  const total = stepCount(election);
  const breathe = breathing((done) => {
    progress.hidden = false;
    progress.textContent = word("sealing", { done: Math.min(done, total), total });
  });
  performance.mark("seal");
  const sealed = await sealBallot({ election, credential: credential ?? "", answers, breathe });
  performance.measure("encrypt", "seal");
  await verifyBallot({ ballot: sealed.ballot, election, breathe });
  performance.measure("encrypt and check", "seal");
  return sealed;
}

/** How often `breathe` is called: each choice and each branch, made and checked. */
function stepCount(election: Election): number {
  return election.questions.reduce((total, question) => {
    if (question.kind === "ranked") return total + 1;
    const branches = permittedCounts(question).length + (question.hasBlank ? 3 : 0);
    return total + 1 + 5 * choiceCount(question) + 2 * branches;
  }, 0);
}
