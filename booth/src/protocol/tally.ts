// The encrypted tally and a trustee's share of its decryption (PROTOCOL 1.7, 1.9, 2.3).
import { type Answer, ciphertextsOf } from "./ballot.ts";
import { type Ciphertext, encodeCiphertexts, readCiphertext } from "./elgamal.ts";
import { type AnyElection, type AnyQuestion, choiceCount, type Election } from "./election.ts";
import {
  readList, decodeJson, readObject, encodeJson, type Json, type JsonObject, utf8,
} from "./encoding.ts";
import { DecodeError, InvalidProof } from "./errors.ts";
import { Element, GENERATOR, type Scalar } from "./group.ts";
import {
  type Breathe, readProof, encodeProof, type Proof, proveDecryption, verifyDecryption, withoutBreath,
} from "./proofs.ts";
import { proveStrongDecryption, verifyStrongDecryption } from "./statements.ts";
import type { Trustee } from "./trustee.ts";

const TALLY_LIMIT_BYTES = 100_000_000;

/** One list of ciphertexts for each question: one for each choice, or one for each ranked ballot.
 *
 * It is flat for every question; only as JSON are the choices of lists nested (1.7).
 */
export type EncryptedTally = readonly (readonly Ciphertext[])[];

// --- Adding up ---------------------------------------------------------------------------

/** Adds up ballots, one for each credential: the last. */
export class Adder {
  private readonly lists: Ciphertext[][];
  private count = 0;
  private weight = 0n;

  constructor(private readonly election: AnyElection) {
    const { identity } = election.publicKey.group;
    this.lists = election.questions.map((question) =>
      question.kind === "ranked"
        ? []
        : Array.from({ length: ciphertextCount(question) }, () => ({ alpha: identity, beta: identity })),
    );
  }

  add(answers: readonly Answer[], weight: bigint): void {
    const { questions } = this.election;
    if (answers.length !== questions.length) throw new DecodeError("wrong number of answers");
    for (const [index, question] of questions.entries()) {
      const ciphertexts = ciphertextsOf(answers[index] as Answer);
      const list = this.lists[index] as Ciphertext[];
      if (question.kind === "ranked") {
        if (weight !== 1n) throw new DecodeError("ranked ballots have the weight 1");
        list.push(...ciphertexts);
        continue;
      }
      if (ciphertexts.length !== list.length) throw new DecodeError("wrong number of choices");
      ciphertexts.forEach(({ alpha, beta }, choice) => {
        const total = list[choice] as Ciphertext;
        list[choice] = {
          alpha: total.alpha.times(weighted(alpha, weight)),
          beta: total.beta.times(weighted(beta, weight)),
        };
      });
    }
    this.count += 1;
    this.weight += weight;
  }

  /** The encrypted tally, with the ranked ballots in the group's order, so that nobody chose it. */
  total(): { tally: EncryptedTally; count: number; weight: bigint } {
    const tally = this.lists.map((list, index) =>
      this.election.questions[index]?.kind === "ranked" ? inOrder(list) : list,
    );
    return { tally, count: this.count, weight: this.weight };
  }
}

/** How many ciphertexts are added up for a question. */
function ciphertextCount(question: Exclude<AnyQuestion, { kind: "ranked" }>): number {
  return question.kind === "lists" ? question.lists.flat().length : choiceCount(question);
}

function weighted(element: Element, weight: bigint): Element {
  return weight === 1n ? element : element.publicPower(weight);
}

function inOrder(list: readonly Ciphertext[]): Ciphertext[] {
  Element.encodeAll(list.flatMap(({ alpha, beta }) => [alpha, beta]));
  return list
    .map((ciphertext) => ({
      ciphertext, key: ciphertext.alpha.sortKey() + ciphertext.beta.sortKey(),
    }))
    .sort((left, right) => (left.key < right.key ? -1 : left.key > right.key ? 1 : 0))
    .map(({ ciphertext }) => ciphertext);
}

export function encodeTally(tally: EncryptedTally, questions: readonly AnyQuestion[] = []): string {
  return encodeJson(tally.map((list, index) => {
    const question = questions[index];
    const items = encodeCiphertexts(list);
    return question?.kind === "lists" ? question.nest(items) : items;
  }));
}

/** Read the encrypted tally of this election; its shape must be that of the questions. */
export function decodeEncryptedTally(data: Uint8Array, context: { election: Election }): EncryptedTally {
  const value = decodeJson(data, { source: "encrypted tally", limitBytes: TALLY_LIMIT_BYTES });
  const tally = readList(value, "encrypted tally").map((answer, question) =>
    readList(answer, `encrypted tally[${question}]`).map((item, index) =>
      readCiphertext(item, `encrypted tally[${question}][${index}]`),
    ),
  );
  checkShape(tally, context.election, "encrypted tally");
  return tally;
}

function checkShape(lists: readonly (readonly unknown[])[], election: Election, place: string): void {
  const fits =
    lists.length === election.questions.length &&
    election.questions.every((question, index) =>
      question.kind === "ranked" || lists[index]?.length === choiceCount(question),
    );
  if (!fits) throw new DecodeError(`${place}: its shape is not that of the questions`);
}

// --- Decrypting --------------------------------------------------------------------------

/** A trustee's part of the decryption. */
export interface PartialDecryption {
  /** The exact text that is archived. */
  readonly text: string;
  /** The strong proofs beside it, with the same nesting. */
  readonly strong: Json[][];
}

/** Compute F = α^x for every ciphertext, each with its proof of version 1 and its strong proof.
 *
 * `closing` is the hash of the last event before the first partial decryption.
 */
export async function decryptPartially(input: {
  secretKey: Scalar;
  election: Election;
  tally: EncryptedTally;
  closing: string;
  breathe?: Breathe;
}): Promise<PartialDecryption> {
  const { secretKey, election: { fingerprint }, tally, closing, breathe = withoutBreath } = input;
  const publicKey = GENERATOR.power(secretKey);
  const factors: Json[] = [];
  const proofs: Json[] = [];
  const strong: Json[][] = [];
  for (const [question, list] of tally.entries()) {
    const own: { factors: Element[]; proofs: JsonObject[]; strong: JsonObject[] } = {
      factors: [], proofs: [], strong: [],
    };
    for (const [index, { alpha }] of list.entries()) {
      const factor = alpha.power(secretKey);
      const position = `${question}.${index}`;
      const statement = { fingerprint, position, closing, alpha, factor, secretKey };
      own.factors.push(factor);
      own.proofs.push(encodeProof(proveDecryption({ fingerprint, publicKey, alpha, secretKey })));
      own.strong.push(encodeProof(proveStrongDecryption(statement)));
      await breathe();
    }
    factors.push(Element.encodeAll(own.factors));
    proofs.push(own.proofs);
    strong.push(own.strong);
  }
  return { text: encodeJson({ decryption_factors: factors, decryption_proofs: proofs }), strong };
}

interface Claim {
  readonly data: string;
  readonly election: AnyElection;
  readonly trustee: Trustee;
  readonly tally: EncryptedTally;
}

/** Check a trustee's partial decryption against that trustee's public key; returns its factors. */
export function verifyPartialDecryption(input: Claim): Element[][] {
  const { election: { fingerprint }, trustee: { publicKey } } = input;
  const { factors, proofs } = readPartialDecryption(input);
  eachOf(input, (alpha, question, index, place) => {
    const factor = factors[question]?.[index] as Element;
    const proof = proofs[question]?.[index] as Proof;
    try {
      if (alpha.isIdentity() !== factor.isIdentity()) {
        throw new InvalidProof("the decryption factor is the identity, or ought to be");
      }
      verifyDecryption({ fingerprint, publicKey, alpha, factor, proof });
    } catch (error) {
      throw new InvalidProof(`decryption_proofs${place}: ${(error as Error).message}`);
    }
  });
  return factors;
}

/** Check the strong proofs beside a partial decryption, as they are sent (2.3). */
export function verifyStrongProofs(input: Claim & { proofs: Json; closing: string }): void {
  const { election: { fingerprint }, trustee: { publicKey }, closing } = input;
  const { factors } = readPartialDecryption(input);
  const proofs = readNested(input.proofs, "proofs", input, (item, place) => readProof(item, place, publicKey.group));
  eachOf(input, (alpha, question, index, place) => {
    const factor = factors[question]?.[index] as Element;
    const proof = proofs[question]?.[index] as Proof;
    const position = place.slice(1, -1).replaceAll("][", ".");
    try {
      verifyStrongDecryption({ fingerprint, publicKey, position, closing, alpha, factor, proof });
    } catch (error) {
      throw new InvalidProof(`proofs${place}: ${(error as Error).message}`);
    }
  });
}

function readPartialDecryption(claim: Claim): { factors: Element[][]; proofs: Proof[][] } {
  const { group } = claim.election.publicKey;
  const value = decodeJson(utf8(claim.data), { source: "partial decryption", limitBytes: TALLY_LIMIT_BYTES });
  const names = ["decryption_factors", "decryption_proofs"];
  const fields = readObject(value, "partial decryption", names);
  return {
    factors: readNested(fields["decryption_factors"], "decryption_factors", claim, (item, place) =>
      group.decode(item, place),
    ),
    proofs: readNested(fields["decryption_proofs"], "decryption_proofs", claim, (item, place) =>
      readProof(item, place, group),
    ),
  };
}

/** Read a nesting of exactly the tally's shape. */
function readNested<T>(
  value: Json | undefined, name: string, shape: Shape, read: (item: Json, place: string) => T,
): T[][] {
  const { tally, election: { questions } } = shape;
  return readList(value, name, tally.length).map((list, number) => {
    const place = `${name}[${number}]`;
    const question = questions[number];
    const flat = question?.kind === "lists" ? question.flatten(list, place) : list;
    const places = placesIn(shape, number);
    return readList(flat, place, places.length).map((item, index) => read(item, `${name}${places[index]}`));
  });
}

/** The tally, and the questions that say how it is nested. */
type Shape = Pick<Claim, "tally" | "election">;

/** Where the entries of a question stand in the nesting, as "[0][3]". */
function placesIn({ tally, election: { questions } }: Shape, number: number): string[] {
  const question = questions[number];
  const list = tally[number] ?? [];
  if (question?.kind !== "lists") return list.map((_, index) => `[${number}][${index}]`);
  return question.nest(list).flatMap((row, at) => row.map((_, index) => `[${number}][${at}][${index}]`));
}

function eachOf(
  shape: Shape,
  act: (alpha: Element, question: number, index: number, place: string) => void,
): void {
  shape.tally.forEach((list, question) => {
    const places = placesIn(shape, question);
    list.forEach(({ alpha }, index) => act(alpha, question, index, places[index] ?? ""));
  });
}
