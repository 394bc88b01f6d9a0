// An answer in the words of the election: for the review, and for whoever checks a challenge.
import { listOf, word } from "./dom.ts";
import type { HomomorphicQuestion, Question, RankedQuestion } from "./protocol/election.ts";
import { type RankedRule, ranksOf } from "./rules.ts";

/** What is chosen, line by line, and what is not. */
export interface AnswerInWords {
  readonly chosen: readonly string[];
  readonly others: readonly string[];
}

/** Say an answer in words; `rule` is that of its question where it is ranked. */
export function answerInWords(
  question: Question, answer: readonly number[], rule: RankedRule | undefined,
): AnswerInWords {
  if (question.kind === "homomorphic") return choicesInWords(question, answer);
  if (answer.every((number) => number === 0)) return { chosen: [word("blank-ranking")], others: [] };
  return rule?.kind === "grades"
    ? gradesInWords(question, answer, rule.grades)
    : ranksInWords(question, answer);
}

function choicesInWords(question: HomomorphicQuestion, answer: readonly number[]): AnswerInWords {
  const first = question.hasBlank ? 1 : 0;
  const isChosen = (_: string, choice: number): boolean => answer[first + choice] === 1;
  const chosen = question.answers.filter(isChosen);
  const others = question.answers.filter((text, choice) => !isChosen(text, choice));
  const isBlank = question.hasBlank && answer[0] === 1;
  return { chosen: chosen.length > 0 ? chosen : [word(isBlank ? "blank" : "none")], others };
}

function ranksInWords(question: RankedQuestion, answer: readonly number[]): AnswerInWords {
  const { ranked, unranked } = ranksOf(question, answer);
  const texts = (answers: readonly number[]): string[] =>
    answers.map((index) => question.answers[index] ?? "");
  const chosen = ranked.map(({ number, answers }) =>
    word(answers.length > 1 ? "review-rank-shared" : "review-rank", {
      place: number, answers: listOf(texts(answers)),
    }),
  );
  if (unranked.length > 0) chosen.push(word("review-unranked", { answers: listOf(texts(unranked)) }));
  return { chosen, others: [] };
}

function gradesInWords(
  question: RankedQuestion, answer: readonly number[], grades: readonly string[],
): AnswerInWords {
  const chosen = question.answers.map((text, index) => {
    const number = answer[index] ?? 0;
    const grade = grades[number - 1] ?? word("review-no-grade", { number });
    return word("review-grade", { answer: text, grade });
  });
  return { chosen, others: [] };
}
