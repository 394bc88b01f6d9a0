// Grade: one group of radio buttons for each answer (majority judgment).
import { show } from "../booth.ts";
import { copyOf, fill, find, part, word } from "../dom.ts";
import type { RankedQuestion } from "../protocol/election.ts";
import { frameQuestion, type QuestionInput } from "./frame.ts";

export function showGrades(
  input: QuestionInput, question: RankedQuestion, grades: readonly string[],
): void {
  const { sitting, index } = input;
  const answer = [...(sitting.answers[index] ?? [])];
  show("grades", (screen) => {
    const blank = find<HTMLInputElement>(screen, "#blank");
    const missing = (): number => answer.filter((grade) => grade === 0).length;
    const complain = (): boolean => {
      if (blank.checked || missing() === 0) return false;
      explain({ screen, missing: missing(), total: answer.length, first: answer.indexOf(0) });
      return true;
    };
    frameQuestion({ screen, question: input, rule: word("rule-grades"), complain });
    const list = part(screen, "answers");
    list.append(...question.answers.map((text, number) =>
      groupOf({ text, number, grades, chosen: answer[number] ?? 0 }),
    ));
    blank.checked = sitting.answered[index] === true && answer.every((grade) => grade === 0);
    const store = (): void => {
      sitting.answers[index] = [...answer];
      const given = answer.length - missing();
      fill(screen, {
        count: blank.checked
          ? word("count-blank")
          : word("count-grades", { given, total: answer.length }),
      });
      if (blank.checked || missing() === 0) withdraw(screen);
    };
    list.addEventListener("change", (event) => {
      const button = event.target as HTMLInputElement;
      answer[Number(button.dataset["answer"])] = Number(button.value);
      blank.checked = false;
      store();
    });
    blank.addEventListener("change", () => {
      if (blank.checked) {
        answer.fill(0);
        for (const button of list.querySelectorAll("input")) button.checked = false;
      }
      store();
    });
    store();
  });
}

function groupOf(input: {
  text: string;
  number: number;
  grades: readonly string[];
  chosen: number;
}): HTMLElement {
  const group = copyOf("grades-group");
  fill(group, { answer: input.text });
  const list = part(group, "grades");
  input.grades.forEach((grade, index) => {
    const item = copyOf("grades-choice");
    const button = find<HTMLInputElement>(item, "input");
    button.id = `grade-${input.number}-${index + 1}`;
    button.name = `grade-${input.number}`;
    button.value = String(index + 1);
    button.dataset["answer"] = String(input.number);
    button.checked = input.chosen === index + 1;
    find<HTMLLabelElement>(item, "label").htmlFor = button.id;
    fill(item, { grade });
    list.append(item);
  });
  return group;
}

function explain(input: { screen: HTMLElement; missing: number; total: number; first: number }): void {
  const { screen, missing, total } = input;
  const error = find(screen, "#question-error");
  fill(error, { error: word("too-few-grades", { missing, total }) });
  error.hidden = false;
  part(screen, "group").classList.add("govuk-form-group--error");
  find(screen, `#grade-${input.first}-1`).focus();
}

function withdraw(screen: HTMLElement): void {
  find(screen, "#question-error").hidden = true;
  part(screen, "group").classList.remove("govuk-form-group--error");
}
