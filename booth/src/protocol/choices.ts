// Answers to homomorphic questions (PROTOCOL 1.6): a ciphertext of 0 or 1 for each choice, with proofs.
import { answerContext } from "./context.ts";
import { type Ciphertext, encodeCiphertexts, encryptBit, product, readCiphertext } from "./elgamal.ts";
import { type Json, type JsonObject, readList, readObject } from "./encoding.ts";
import { type Element, type Group, modOrder, randomScalar, type Scalar } from "./group.ts";
import {
  blankOrEnough, blankOrNothing, type Breathe, encodeProof, type Opening, type Proof, proveBlank,
  proveInterval, readProof, verifyBlank, verifyInterval,
} from "./proofs.ts";
import { choiceCount, type HomomorphicQuestion, permittedCounts } from "./question.ts";

const BIT = [0, 1] as const;

export interface HomomorphicAnswer {
  readonly kind: "homomorphic";
  readonly choices: readonly Ciphertext[];
  readonly individualProofs: readonly (readonly Proof[])[];
  readonly overallProof: readonly Proof[];
  readonly blankProof: readonly Proof[] | undefined;
}

/** Encrypt 0 and 1 for each choice, blank first where there is one; the randomness comes beside. */
export async function encryptChoices(input: {
  question: HomomorphicQuestion;
  values: readonly number[];
  publicKey: Element;
  context: string;
  breathe: Breathe;
}): Promise<{ answer: HomomorphicAnswer; randomness: Scalar[] }> {
  const { question, publicKey, context, breathe } = input;
  const openings: Opening[] = [];
  const ciphertexts: Ciphertext[] = [];
  for (const bit of checkChoice(question, input.values)) {
    const randomness = randomScalar();
    openings.push({ randomness, plaintext: bit });
    ciphertexts.push(encryptBit({ publicKey, bit, randomness }));
    await breathe();
  }
  encodeCiphertexts(ciphertexts); // all at once: one by one they take many inversions
  const individualProofs: Proof[][] = [];
  for (const [index, ciphertext] of ciphertexts.entries()) {
    const opening = openings[index] as Opening;
    const statement = { publicKey, context, breathe, ciphertext, choices: BIT };
    individualProofs.push(await proveInterval({ ...statement, opening }));
  }
  const kind = "homomorphic" as const;
  const randomness = openings.map((opening) => opening.randomness);
  const whole = { publicKey, context: answerContext(context, ciphertexts), breathe };
  const total = product(ciphertexts.slice(question.hasBlank ? 1 : 0));
  const opening = sum(openings.slice(question.hasBlank ? 1 : 0));
  const counts = permittedCounts(question);
  const [blank, blankOpening] = [ciphertexts[0], openings[0]];
  if (!question.hasBlank || blank === undefined || blankOpening === undefined) {
    const overallProof = await proveInterval({ ...whole, ciphertext: total, opening, choices: counts });
    const answer = { kind, choices: ciphertexts, individualProofs, overallProof, blankProof: undefined };
    return { answer, randomness };
  }
  const overallProof = await proveBlank({
    ...whole,
    prefix: "bproof1",
    branches: blankOrEnough({ blank, total, choices: counts }),
    openings: [blankOpening, ...counts.map(() => opening)],
  });
  const blankProof = await proveBlank({
    ...whole,
    prefix: "bproof0",
    branches: blankOrNothing({ blank, total }),
    openings: [blankOpening, opening],
  });
  const answer = { kind, choices: ciphertexts, individualProofs, overallProof, blankProof };
  return { answer, randomness };
}

/** Check plain choices against the question's rules, as the proofs will. */
export function checkChoice(question: HomomorphicQuestion, choices: readonly number[]): (0 | 1)[] {
  const bits = choices.map((choice) => {
    if (choice !== 0 && choice !== 1) throw new RangeError("a choice is 0 or 1");
    return choice;
  });
  const chosen = bits.slice(question.hasBlank ? 1 : 0).reduce<number>((sum, bit) => sum + bit, 0);
  const isBlank = question.hasBlank && bits[0] === 1;
  const isPermitted = isBlank ? chosen === 0 : permittedCounts(question).includes(chosen);
  if (bits.length !== choiceCount(question) || !isPermitted) {
    throw new RangeError("the question does not permit this answer");
  }
  return bits;
}

/** Open the product of the ciphertexts: randomness and plaintexts add up. */
function sum(openings: readonly Opening[]): Opening {
  return {
    randomness: modOrder(openings.reduce((total, { randomness }) => total + randomness, 0n)),
    plaintext: openings.reduce((total, { plaintext }) => total + plaintext, 0),
  };
}

export function readChoices(
  value: Json | undefined, question: HomomorphicQuestion, place: string, group: Group,
): HomomorphicAnswer {
  const names = ["choices", "individual_proofs", "overall_proof"];
  const fields = readObject(value, place, question.hasBlank ? [...names, "blank_proof"] : names);
  const count = choiceCount(question);
  const list = (name: string, length: number): Json[] =>
    readList(fields[name], `${place}.${name}`, length);
  const proofs = (items: readonly Json[], name: string): Proof[] =>
    items.map((item, index) => readProof(item, `${place}.${name}[${index}]`, group));
  const branches = permittedCounts(question).length + (question.hasBlank ? 1 : 0);
  return {
    kind: "homomorphic",
    choices: list("choices", count).map((item, index) =>
      readCiphertext(item, `${place}.choices[${index}]`, group),
    ),
    individualProofs: list("individual_proofs", count).map((item, index) => {
      const name = `individual_proofs[${index}]`;
      return proofs(readList(item, `${place}.${name}`, BIT.length), name);
    }),
    overallProof: proofs(list("overall_proof", branches), "overall_proof"),
    blankProof: question.hasBlank ? proofs(list("blank_proof", BIT.length), "blank_proof") : undefined,
  };
}

export function encodeChoices(answer: HomomorphicAnswer): JsonObject {
  return {
    choices: encodeCiphertexts(answer.choices),
    individual_proofs: answer.individualProofs.map((proofs) => proofs.map(encodeProof)),
    overall_proof: answer.overallProof.map(encodeProof),
    ...(answer.blankProof === undefined ? {} : { blank_proof: answer.blankProof.map(encodeProof) }),
  };
}

/** Check every proof of an answer. */
export async function verifyChoices(input: {
  answer: HomomorphicAnswer;
  question: HomomorphicQuestion;
  context: string;
  publicKey: Element;
  breathe: Breathe;
}): Promise<void> {
  const { answer, question, context, publicKey, breathe } = input;
  for (const [index, ciphertext] of answer.choices.entries()) {
    const proofs = answer.individualProofs[index] ?? [];
    await verifyInterval({ publicKey, context, breathe, ciphertext, choices: BIT, proofs });
  }
  const whole = { publicKey, context: answerContext(context, answer.choices), breathe };
  const total = product(answer.choices.slice(question.hasBlank ? 1 : 0), publicKey.group);
  const counts = permittedCounts(question);
  const blank = answer.choices[0];
  if (!question.hasBlank || blank === undefined) {
    const proofs = answer.overallProof;
    await verifyInterval({ ...whole, ciphertext: total, choices: counts, proofs });
    return;
  }
  await verifyBlank({
    ...whole,
    prefix: "bproof1",
    branches: blankOrEnough({ blank, total, choices: counts }),
    proofs: answer.overallProof,
  });
  await verifyBlank({
    ...whole,
    prefix: "bproof0",
    branches: blankOrNothing({ blank, total }),
    proofs: answer.blankProof ?? [],
  });
}
