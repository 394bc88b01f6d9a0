// Rank: a number for each answer, by a list to choose from or by buttons. Nothing is dragged.
import { show } from "../booth.ts";
import { copyOf, fill, find, listOf, part, word } from "../dom.ts";
import type { RankedQuestion } from "../protocol/election.ts";
import { lastPlaceFor, moveTo, placeOf, type Ranking, rankingOf, ranksIn, step } from "../ranking.ts";
import { frameQuestion, type QuestionInput } from "./frame.ts";

type Control = "up" | "down" | "place";

/** One question's screen as it is being used. */
interface Work {
  readonly screen: HTMLElement;
  readonly question: RankedQuestion;
  readonly allowsTies: boolean;
  /** One item for each answer, made once and moved about, so that it keeps its focus. */
  readonly items: readonly HTMLElement[];
  readonly store: (ranks: number[]) => void;
  ranking: Ranking;
}

export function showRanking(input: QuestionInput, question: RankedQuestion, allowsTies: boolean): void {
  const { sitting, index } = input;
  show("ranking", (screen) => {
    const rule = word(allowsTies ? "rule-rank-ties" : "rule-rank");
    frameQuestion({ screen, question: input, rule, complain: () => false });
    const work: Work = {
      screen, question, allowsTies,
      items: question.answers.map((text, answer) => itemOf(text, answer)),
      store: (ranks) => {
        sitting.answers[index] = ranks;
      },
      ranking: rankingOf(sitting.answers[index] ?? []),
    };
    work.items.forEach((item, answer) => listen(work, item, answer));
    draw(work);
  });
}

function itemOf(text: string, answer: number): HTMLElement {
  const item = copyOf("ranking-item");
  const place = find<HTMLSelectElement>(item, "select");
  place.id = `place-${answer}`;
  find<HTMLLabelElement>(item, "label").htmlFor = place.id;
  fill(item, {
    answer: text,
    label: word("rank-place", { answer: text }),
    down: word("rank-down", { answer: text }),
  });
  return item;
}

function listen(work: Work, item: HTMLElement, answer: number): void {
  const { allowsTies } = work;
  const steps: [Control, -1 | 1][] = [["up", -1], ["down", 1]];
  for (const [control, direction] of steps) {
    controlOf(item, control).addEventListener("click", () => {
      change(work, answer, control, step({ ranking: work.ranking, answer, direction, allowsTies }));
    });
  }
  const select = find<HTMLSelectElement>(item, "select");
  select.addEventListener("change", () => {
    const place = Number(select.value);
    change(work, answer, "place", moveTo({ ranking: work.ranking, answer, place, allowsTies }));
  });
}

function controlOf(item: HTMLElement, control: Control): HTMLElement {
  return find(item, `[data-action="${control}"]`);
}

/** Take over a changed ranking: show it, keep the focus where it was, and say what happened. */
function change(work: Work, answer: number, control: Control, ranking: Ranking): void {
  work.ranking = ranking;
  work.store(ranksIn(ranking, work.question.answers.length));
  draw(work);
  const item = work.items[answer] as HTMLElement;
  const used = controlOf(item, control);
  (used.hidden ? controlOf(item, "up") : used).focus();
  fill(work.screen, { said: inWords(work, answer) });
}

/** What the list says of one answer now. */
function inWords({ ranking, question }: Work, answer: number): string {
  const place = placeOf(ranking, answer);
  const text = question.answers[answer] ?? "";
  if (place === 0) return word("rank-said-none", { answer: text });
  const sharing = ranking.places[place - 1] ?? [];
  const answers = listOf(sharing.map((one) => question.answers[one] ?? ""));
  if (sharing.length > 1) return word("rank-said-shared", { answers, place });
  return word("rank-said", { answer: text, place, total: ranking.places.length });
}

function draw(work: Work): void {
  const { screen, ranking, items } = work;
  const item = (answer: number): HTMLElement => items[answer] as HTMLElement;
  part(screen, "ranked").replaceChildren(...ranking.places.flat().map(item));
  part(screen, "unranked").replaceChildren(...ranking.unranked.map(item));
  part(screen, "nothing-ranked").hidden = ranking.places.length > 0;
  part(screen, "ranked").hidden = ranking.places.length === 0;
  part(screen, "rest").hidden = ranking.unranked.length === 0;
  items.forEach((each, answer) => drawItem(work, each, answer));
}

function drawItem({ ranking }: Work, item: HTMLElement, answer: number): void {
  const place = placeOf(ranking, answer);
  const isShared = (ranking.places[place - 1]?.length ?? 0) > 1;
  fill(item, { number: place === 0 ? "" : word("rank-number", { place }) });
  item.classList.toggle("pnyx-rank--shared", isShared);
  part(item, "shared").hidden = !isShared;
  const select = find<HTMLSelectElement>(item, "select");
  const last = lastPlaceFor(ranking, answer);
  select.replaceChildren(
    optionOf(0, word("rank-none")),
    ...Array.from({ length: last }, (_, index) => optionOf(index + 1, String(index + 1))),
  );
  select.value = String(place);
  // Not `disabled`: that would take the focus away from under the voter's finger.
  const isFirst = place === 1 && !isShared;
  controlOf(item, "up").setAttribute("aria-disabled", String(isFirst));
  controlOf(item, "down").hidden = place === 0;
  const text = find(item, '[data-fill="answer"]').textContent ?? "";
  fill(item, {
    "up-word": word(place === 0 ? "rank-add-word" : "rank-up-word"),
    up: word(place === 0 ? "rank-add" : "rank-up", { answer: text }),
  });
}

function optionOf(value: number, text: string): HTMLOptionElement {
  const option = document.createElement("option");
  option.value = String(value);
  option.textContent = text;
  return option;
}
