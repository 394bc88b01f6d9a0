// What every question's screen has: its place among the questions, its rule, the way on and back.
import { fill, find, onPress, word } from "../dom.ts";
import type { Sitting } from "../sitting.ts";

/** One question on its way from the voter: `done` is called with the answer stored, `back` without. */
export interface QuestionInput {
  readonly sitting: Sitting;
  readonly index: number;
  readonly isChange: boolean;
  readonly done: () => void;
  readonly back: (() => void) | undefined;
}

/** Fill the frame of a question; `complain` says what is wrong, and whether anything is. */
export function frameQuestion(input: {
  screen: HTMLElement;
  question: QuestionInput;
  rule: string;
  complain: () => boolean;
}): void {
  const { screen, question: { sitting, index, isChange, done, back } } = input;
  const { election } = sitting;
  const total = election.questions.length;
  fill(screen, {
    caption: word(total > 1 ? "caption-many" : "caption-one", {
      election: election.name, number: index + 1, total,
    }),
    question: election.questions[index]?.text ?? "",
    rule: input.rule,
    next: word(isChange || index === total - 1 ? "next-review" : "next-question"),
  });
  if (back === undefined) find(screen, '[data-action="previous"]').remove();
  else onPress(screen, "previous", back);
  find<HTMLFormElement>(screen, "form").addEventListener("submit", (event) => {
    event.preventDefault();
    if (input.complain()) return;
    sitting.answered[index] = true;
    done();
  });
}
