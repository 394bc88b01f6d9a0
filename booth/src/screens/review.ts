// Review: the choices, the credential, and sealing.
import { show } from "../booth.ts";
import { breathing } from "../breath.ts";
import { copyOf, fill, find, onPress, part, word } from "../dom.ts";
import { sealBallot, verifyBallot } from "../protocol/ballot.ts";
import { readTypedCredential, derivePublicCredential } from "../protocol/credential.ts";
import { choiceCount, type Election, permittedCounts, type Question } from "../protocol/election.ts";
import { InvalidCredential } from "../protocol/errors.ts";
import { rankedRule, type RankedRule } from "../rules.ts";
import type { Sealed, Sitting } from "../sitting.ts";
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
  });
  let isSealing = false;
  find<HTMLFormElement>(screen, "form").addEventListener("submit", (event) => {
    event.preventDefault();
    if (isSealing) return;
    try {
      if (!takeCredential(screen, sitting)) return;
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
  field.hidden = true;
  rows.append(row);
  onPress(row, "change", () => {
    sitting.credential = undefined;
    row.remove();
    field.hidden = false;
    find<HTMLInputElement>(field, "input").focus();
  });
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
    complain(screen, word("credential-unknown"));
  } catch (error) {
    if (!(error instanceof InvalidCredential)) throw error;
    complain(screen, problemInWords(error));
  }
  find(screen, '[data-part="problem"]').focus();
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
    if (error instanceof InvalidCredential) complain(screen, problemInWords(error));
  }
}

function complain(screen: HTMLElement, problem: string): void {
  const field = part(screen, "credential");
  const row = [...screen.querySelectorAll(".govuk-summary-list__row")].at(-1);
  if (field.hidden) row?.remove();
  field.hidden = false;
  field.classList.add("govuk-form-group--error");
  fill(field, { error: problem });
  find(field, "#credential-error").hidden = false;
  const typed = find(field, "input");
  typed.classList.add("govuk-input--error");
  typed.setAttribute("aria-describedby", "credential-hint credential-error");
  typed.setAttribute("aria-invalid", "true");
  const summary = part(screen, "problem");
  summary.hidden = false;
  fill(summary, { problem });
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
