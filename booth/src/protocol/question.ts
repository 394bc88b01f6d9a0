// Questions (PROTOCOL 1.3; specification "Elections").
import { type Json, type JsonObject, readInteger, readList, readObject, readText } from "./encoding.ts";
import type { Ciphertext } from "./elgamal.ts";
import { DecodeError, NotSupported } from "./errors.ts";
import type { Element, Group } from "./group.ts";
import type { Breathe } from "./proofs.ts";

/** Choose some of the answers: each is a ciphertext of 0 or 1, and ciphertexts are added. */
export interface HomomorphicQuestion {
  readonly kind: "homomorphic";
  readonly text: string;
  readonly answers: readonly string[];
  readonly minimum: number;
  readonly maximum: number;
  readonly hasBlank: boolean;
}

/** Give each answer a number from 0 to 255, a rank or a grade: one ciphertext, which is shuffled. */
export interface RankedQuestion {
  readonly kind: "ranked";
  readonly text: string;
  readonly answers: readonly string[];
}

export type Question = HomomorphicQuestion | RankedQuestion;

/** Choose one list, and candidates on it: other people's elections, which only the second verifier
 * reads (3.3). The question brings what it takes, so that no other program carries it.
 */
export interface ListsQuestion {
  readonly kind: "lists";
  readonly text: string;
  /** The name of each list, followed by its candidates. */
  readonly lists: readonly (readonly string[])[];
  readAnswer(value: Json | undefined, place: string, group: Group): ListsAnswer;
  /** The items of a nesting like that of `lists`, one after the other. */
  flatten(value: Json | undefined, place: string): Json[];
  /** The same items nested again. */
  nest<T>(items: readonly T[]): T[][];
}

/** An answer to such a question, its ciphertexts one after the other. */
export interface ListsAnswer {
  readonly kind: "lists";
  readonly choices: readonly Ciphertext[];
  encode(): JsonObject;
  verify(input: { publicKey: Element; context: string; breathe: Breathe }): Promise<void>;
}

export type AnyQuestion = Question | ListsQuestion;

/** Reads the content of a question of another type than the two that are voted on here. */
export type ReadOther<Other> = (type: Json | undefined, content: Json | undefined, place: string) => Other;

export function refuseOther(_type: Json | undefined, _content: Json | undefined, place: string): never {
  throw new NotSupported(`${place}: this kind of question is not supported`);
}

/** How many ciphertexts an answer has: one for each choice, and a leading one for blank. */
export function choiceCount(question: HomomorphicQuestion): number {
  return question.answers.length + (question.hasBlank ? 1 : 0);
}

/** How many numbers a plain answer has. */
export function plainLength(question: Question): number {
  return question.kind === "ranked" ? question.answers.length : choiceCount(question);
}

/** How many choices may be made: minimum, minimum + 1, …, maximum. */
export function permittedCounts({ minimum, maximum }: HomomorphicQuestion): number[] {
  return Array.from({ length: maximum - minimum + 1 }, (_, index) => minimum + index);
}

export function readQuestion<Other>(
  value: Json, place: string, readOther: ReadOther<Other>, { vectorLimit }: Group,
): Question | Other {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, "type")) {
    return readHomomorphicQuestion(value, place);
  }
  const { type, value: content } = readObject(value, place, ["type", "value"], ["extra"]);
  if (type !== "NonHomomorphic") return readOther(type, content, place);
  const fields = readObject(content, `${place}.value`, ["answers", "question"]);
  const answers = readAnswers(fields["answers"], `${place}.value.answers`);
  if (answers.length === 0 || answers.length > vectorLimit) {
    throw new DecodeError(`${place}: 1 to ${vectorLimit} answers expected`);
  }
  return { kind: "ranked", text: readText(fields["question"], `${place}.value.question`), answers };
}

function readHomomorphicQuestion(value: Json, place: string): HomomorphicQuestion {
  const fields = readObject(value, place, ["answers", "min", "max", "question"], ["blank"]);
  const answers = readAnswers(fields["answers"], `${place}.answers`);
  const minimum = readInteger(fields["min"], `${place}.min`);
  const maximum = readInteger(fields["max"], `${place}.max`);
  const blank = fields["blank"] ?? false;
  if (typeof blank !== "boolean") throw new DecodeError(`${place}.blank: true or false expected`);
  if (!(answers.length > 0 && 0 <= minimum && minimum <= maximum && maximum <= answers.length)) {
    throw new DecodeError(`${place}: min and max do not fit the answers`);
  }
  return {
    kind: "homomorphic",
    text: readText(fields["question"], `${place}.question`),
    answers, minimum, maximum, hasBlank: blank,
  };
}

function readAnswers(value: Json | undefined, place: string): string[] {
  return readList(value, place).map((answer) => readText(answer, place));
}
