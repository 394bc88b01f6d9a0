// Choose some of the answers: the whole card is the target.
import { show } from "../booth.ts";
import { copyOf, fill, find, part, word } from "../dom.ts";
import { type HomomorphicQuestion, permittedCounts } from "../protocol/election.ts";
import { frameQuestion, type QuestionInput } from "./frame.ts";

/** What the voter may do, in a sentence. */
function ruleInWords(question: HomomorphicQuestion): string {
  const { minimum, maximum } = question;
  const rule = word(ruleName(question), { minimum, maximum });
  return question.hasBlank ? word("rule-blank", { rule }) : rule;
}

function ruleName({ minimum, maximum, answers }: HomomorphicQuestion): string {
  if (maximum === 1) return minimum === 1 ? "rule-one" : "rule-one-or-none";
  if (minimum === maximum) return "rule-exactly";
  if (minimum === 0) return maximum === answers.length ? "rule-any" : "rule-up-to";
  if (minimum === 1) return maximum === 2 ? "rule-one-or-two" : "rule-from-one";
  return "rule-between";
}

/** One card: an answer, "no choice", or blank. `choice` is its place in the answer, if it has one. */
interface Card {
  readonly text: string;
  readonly more: string;
  readonly choice: number | undefined;
  readonly isApart: boolean;
}

function cardsOf(question: HomomorphicQuestion): Card[] {
  const first = question.hasBlank ? 1 : 0;
  const cards: Card[] = question.answers.map((text, index) => ({
    text, more: "", choice: first + index, isApart: false,
  }));
  if (question.hasBlank) {
    cards.push({ text: word("blank"), more: word("blank-more"), choice: 0, isApart: true });
  }
  // Radio buttons cannot be taken back, so that there "no choice" is a card of its own.
  if (isSingle(question) && question.minimum === 0) {
    cards.push({ text: word("none"), more: word("none-more"), choice: undefined, isApart: true });
  }
  return cards;
}

function isSingle(question: HomomorphicQuestion): boolean {
  return question.maximum <= 1;
}

export function showChoices(input: QuestionInput, question: HomomorphicQuestion): void {
  const { sitting, index } = input;
  const answer = [...(sitting.answers[index] ?? [])];
  show("question", (screen) => {
    const complain = (): boolean => {
      if (isPermitted(question, answer)) return false;
      explain(screen, question, answer);
      return true;
    };
    frameQuestion({ screen, question: input, rule: ruleInWords(question), complain });
    const list = part(screen, "answers");
    list.className = isSingle(question) ? "govuk-radios" : "govuk-checkboxes";
    drawCards({ list, question, answer, isNone: sitting.answered[index] === true });
    describeCount(screen, question, answer);
    list.addEventListener("change", (event) => {
      choose({ question, answer, box: event.target as HTMLInputElement });
      mirror(list, answer);
      sitting.answers[index] = [...answer];
      describeCount(screen, question, answer);
      if (isPermitted(question, answer)) withdraw(screen);
    });
  });
}

function drawCards(input: {
  list: HTMLElement;
  question: HomomorphicQuestion;
  answer: readonly number[];
  isNone: boolean;
}): void {
  const { list, question, answer } = input;
  const kind = isSingle(question) ? "answer-radio" : "answer-checkbox";
  for (const [index, card] of cardsOf(question).entries()) {
    if (card.isApart) list.append(copyOf("answer-divider"));
    const item = copyOf(kind);
    const box = find<HTMLInputElement>(item, "input");
    const label = find<HTMLLabelElement>(item, "label");
    box.id = `answer-${index}`;
    label.htmlFor = box.id;
    if (card.choice !== undefined) box.dataset["choice"] = String(card.choice);
    box.checked = card.choice === undefined
      ? input.isNone && !answer.includes(1)
      : answer[card.choice] === 1;
    fill(item, { answer: card.text, more: card.more });
    const more = find(item, '[data-fill="more"]');
    if (card.more === "") more.remove();
    list.append(item);
  }
}

function chosenCount(question: HomomorphicQuestion, answer: readonly number[]): number {
  return answer.slice(question.hasBlank ? 1 : 0).filter((bit) => bit === 1).length;
}

function isBlank(question: HomomorphicQuestion, answer: readonly number[]): boolean {
  return question.hasBlank && answer[0] === 1;
}

function isPermitted(question: HomomorphicQuestion, answer: readonly number[]): boolean {
  const isAllowed = permittedCounts(question).includes(chosenCount(question, answer));
  return isBlank(question, answer) || isAllowed;
}

/** Write one press of a card into the answer. One too many changes nothing. */
function choose(input: { question: HomomorphicQuestion; answer: number[]; box: HTMLInputElement }): void {
  const { question, answer, box } = input;
  const choice = box.dataset["choice"];
  const bit = box.checked ? 1 : 0;
  const isBlankCard = question.hasBlank && choice === "0";
  if (isSingle(question) || (isBlankCard && bit === 1)) answer.fill(0);
  if (choice === undefined) return;
  if (bit === 1 && !isBlankCard) {
    if (question.hasBlank) answer[0] = 0;
    if (chosenCount(question, answer) >= question.maximum) return;
  }
  answer[Number(choice)] = bit;
}

/** Make the cards show the answer as it is now. */
function mirror(list: HTMLElement, answer: readonly number[]): void {
  for (const box of list.querySelectorAll<HTMLInputElement>("input[data-choice]")) {
    box.checked = answer[Number(box.dataset["choice"])] === 1;
  }
}

function describeCount(screen: HTMLElement, question: HomomorphicQuestion, answer: readonly number[]): void {
  part(screen, "count").hidden = isSingle(question);
  const chosen = chosenCount(question, answer);
  const { maximum } = question;
  const isFull = chosen === maximum && maximum < question.answers.length;
  fill(screen, {
    count: isBlank(question, answer) ? word("count-blank") : word("count", { chosen, maximum }),
    full: isFull ? word("count-full") : "",
  });
}

function explain(screen: HTMLElement, question: HomomorphicQuestion, answer: readonly number[]): void {
  const error = find(screen, "#question-error");
  const rule = word(ruleName(question), { minimum: question.minimum, maximum: question.maximum });
  fill(error, {
    error: isSingle(question) ? rule : word("too-few", { rule, chosen: chosenCount(question, answer) }),
  });
  error.hidden = false;
  part(screen, "group").classList.add("govuk-form-group--error");
  find(screen, "fieldset").setAttribute("aria-describedby", "question-hint question-error");
  find<HTMLInputElement>(screen, "input").focus();
}

/** Take the complaint back: what it asked for is done. */
function withdraw(screen: HTMLElement): void {
  find(screen, "#question-error").hidden = true;
  part(screen, "group").classList.remove("govuk-form-group--error");
  find(screen, "fieldset").setAttribute("aria-describedby", "question-hint");
}
