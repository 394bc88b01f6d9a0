// How a ranked question is counted, and so what a voter may write: `pnyx.rules`, bound by the fingerprint.
import { type Json, readList, readText } from "./protocol/encoding.ts";
import { NotSupported } from "./protocol/errors.ts";
import type { Election, RankedQuestion } from "./protocol/election.ts";

/** What the numbers of a ranked answer mean.
 *
 * "strict": the ranks 1, 2, 3, … each once and without a gap, 0 is not ranked. "weak": 1 is best,
 * equal ranks are equal, 0 stands below them all. "grades": each answer has a grade, 1 is the
 * best. An answer of nothing but 0 is blank under every rule.
 */
export type RankedRule =
  | { readonly kind: "strict" | "weak" }
  | { readonly kind: "grades"; readonly grades: readonly string[] };

const WEAK_METHODS = ["schulze", "ranked-pairs", "borda"];
const STRICT_METHODS = ["stv"];

/** The rule of question `index`. Without one (absent, or "counts") a strict order is asked for.
 *
 * Every method can count a strict order. Throws NotSupported where a rule stands that this program does not know.
 */
export function rankedRule(election: Election, index: number): RankedRule {
  const rules = election.context["rules"];
  if (rules === undefined) return { kind: "strict" };
  const rule = readList(rules, "election.pnyx.rules", election.questions.length)[index];
  const { method, grades } = isObject(rule) ? rule : {};
  if (method === "counts") return { kind: "strict" };
  if (STRICT_METHODS.includes(String(method))) return { kind: "strict" };
  if (WEAK_METHODS.includes(String(method))) return { kind: "weak" };
  if (method !== "majority-judgment") throw new NotSupported("an unknown rule of counting");
  return {
    kind: "grades",
    grades: readList(grades, "election.pnyx.rules").map((grade) => readText(grade, "grades")),
  };
}

function isObject(value: Json | undefined): value is { [name: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Check that every rule is known, before the voter begins. */
export function checkRules(election: Election): void {
  for (const [index, question] of election.questions.entries()) {
    if (question.kind === "ranked") rankedRule(election, index);
  }
}

/** Which answers share each rank that is given, the best first; and which have none. */
export function ranksOf(
  question: RankedQuestion, answer: readonly number[],
): { ranked: { number: number; answers: number[] }[]; unranked: number[] } {
  const numbers = [...new Set(answer.filter((number) => number > 0))].sort((a, b) => a - b);
  const having = (number: number): number[] =>
    question.answers.flatMap((_, index) => (answer[index] === number ? [index] : []));
  return { ranked: numbers.map((number) => ({ number, answers: having(number) })), unranked: having(0) };
}
