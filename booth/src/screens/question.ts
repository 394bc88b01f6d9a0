// Choose: one question a page, in the way that its kind and its rule of counting ask for.
import { rankedRule } from "../rules.ts";
import { showChoices } from "./choices.ts";
import type { QuestionInput } from "./frame.ts";
import { showGrades } from "./grades.ts";
import { showRanking } from "./ranking.ts";

export function showQuestion(input: QuestionInput): void {
  const { election } = input.sitting;
  const question = election.questions[input.index];
  if (question === undefined) throw new Error("there is no such question");
  if (question.kind === "homomorphic") {
    showChoices(input, question);
    return;
  }
  const rule = rankedRule(election, input.index);
  if (rule.kind === "grades") showGrades(input, question, rule.grades);
  else showRanking(input, question, rule.kind === "weak");
}
