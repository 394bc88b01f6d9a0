// Answers to ranked questions (PROTOCOL 1.6, "NonHomomorphic"): one ciphertext of a whole vector.
import { type Ciphertext, encodeCiphertexts, readCiphertext } from "./elgamal.ts";
import { embedVector } from "./embedding.ts";
import { type Json, type JsonObject, readObject } from "./encoding.ts";
import { InvalidProof } from "./errors.ts";
import { type Element, GENERATOR, type Group, randomScalar, type Scalar } from "./group.ts";
import { encodeProof, knows, type Proof, proveKnowledge, readProof } from "./proofs.ts";
import type { RankedQuestion } from "./question.ts";

export interface RankedAnswer {
  readonly kind: "ranked";
  readonly choices: Ciphertext;
  readonly proof: Proof;
}

/** What the proof speaks of: S0, the election's key and the ciphertext. */
interface Statement {
  readonly publicKey: Element;
  readonly context: string;
  readonly ciphertext: Ciphertext;
}

/** Encrypt a vector, (α, β) = (g^r, y^r·ξ), and prove that r is known.
 *
 * No proof says that the vector is a well-formed ranking: whoever counts decides that.
 */
export function encryptRanking(input: {
  question: RankedQuestion;
  values: readonly number[];
  publicKey: Element;
  context: string;
}): { answer: RankedAnswer; randomness: Scalar } {
  const { question, values, publicKey, context } = input;
  if (values.length !== question.answers.length) {
    throw new RangeError("the question does not permit this answer");
  }
  const randomness = randomScalar();
  const choices = encryptVector({ values, publicKey, randomness });
  const proof = proveKnowledge(prefix({ publicKey, context, ciphertext: choices }), randomness);
  return { answer: { kind: "ranked", choices, proof }, randomness };
}

export function encryptVector(input: {
  values: readonly number[];
  publicKey: Element;
  randomness: Scalar;
}): Ciphertext {
  return {
    alpha: GENERATOR.power(input.randomness),
    beta: input.publicKey.power(input.randomness).times(embedVector(input.values)),
  };
}

function prefix({ publicKey, context, ciphertext: { alpha, beta } }: Statement): string {
  return `raweg|${context}|${publicKey.encode()},${alpha.encode()},${beta.encode()}|`;
}

export function verifyRanking(input: {
  answer: RankedAnswer;
  publicKey: Element;
  context: string;
}): void {
  const { answer, publicKey, context } = input;
  const ciphertext = answer.choices;
  const statement = { publicKey: ciphertext.alpha, proof: answer.proof };
  if (!knows(prefix({ publicKey, context, ciphertext }), statement)) {
    throw new InvalidProof("the proof that the randomness is known does not hold");
  }
}

export function readRanking(value: Json | undefined, place: string, group: Group): RankedAnswer {
  const fields = readObject(value, place, ["choices", "proof"]);
  return {
    kind: "ranked",
    choices: readCiphertext(fields["choices"], `${place}.choices`, group),
    proof: readProof(fields["proof"], `${place}.proof`, group),
  };
}

export function encodeRanking(answer: RankedAnswer): JsonObject {
  const [choices] = encodeCiphertexts([answer.choices]);
  return { choices: choices ?? {}, proof: encodeProof(answer.proof) };
}
