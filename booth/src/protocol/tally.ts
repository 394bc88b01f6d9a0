// The encrypted tally and a trustee's share of its decryption (PROTOCOL 1.7, 1.9).
import { type Ciphertext, readCiphertext } from "./elgamal.ts";
import { choiceCount, type Election } from "./election.ts";
import {
  readList, decodeJson, readObject, encodeJson, type Json, type JsonObject, utf8,
} from "./encoding.ts";
import { DecodeError, InvalidProof } from "./errors.ts";
import { Element, GENERATOR, type Scalar } from "./group.ts";
import {
  type Breathe, readProof, encodeProof, proveDecryption, verifyDecryption, withoutBreath,
} from "./proofs.ts";
import type { Trustee } from "./trustee.ts";

const TALLY_LIMIT_BYTES = 4_000_000;

/** One list of ciphertexts for each question. */
export type EncryptedTally = readonly (readonly Ciphertext[])[];

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
      question.kind === "homomorphic" && lists[index]?.length === choiceCount(question),
    );
  if (!fits) throw new DecodeError(`${place}: its shape is not that of the questions`);
}

/** Compute F = α^x for every ciphertext, each with its proof; returns the exact text to send. */
export async function decryptPartially(input: {
  secretKey: Scalar;
  election: Election;
  tally: EncryptedTally;
  breathe?: Breathe;
}): Promise<string> {
  const { secretKey, election, tally, breathe = withoutBreath } = input;
  const { fingerprint } = election;
  const publicKey = GENERATOR.power(secretKey);
  const factors: Json[] = [];
  const proofs: Json[] = [];
  for (const answer of tally) {
    const answerFactors: Element[] = [];
    const answerProofs: JsonObject[] = [];
    for (const { alpha } of answer) {
      answerFactors.push(alpha.power(secretKey));
      answerProofs.push(encodeProof(proveDecryption({ fingerprint, publicKey, alpha, secretKey })));
      await breathe();
    }
    factors.push(Element.encodeAll(answerFactors));
    proofs.push(answerProofs);
  }
  return encodeJson({ decryption_factors: factors, decryption_proofs: proofs });
}

/** Check a trustee's partial decryption against that trustee's public key. */
export function verifyPartialDecryption(input: {
  data: string;
  election: Election;
  trustee: Trustee;
  tally: EncryptedTally;
}): void {
  const { election, trustee: { publicKey }, tally } = input;
  const value = decodeJson(utf8(input.data), { source: "partial decryption", limitBytes: TALLY_LIMIT_BYTES });
  const fields = readObject(value, "partial decryption", ["decryption_factors", "decryption_proofs"]);
  const nested = (name: string): Json[][] => {
    const lists = readList(fields[name], name).map((list) => readList(list, name));
    checkShape(lists, election, name);
    return lists;
  };
  const factors = nested("decryption_factors");
  const proofs = nested("decryption_proofs");
  const { fingerprint } = election;
  tally.forEach((answer, question) => {
    answer.forEach(({ alpha }, index) => {
      const place = `[${question}][${index}]`;
      const factor = Element.decode(factors[question]?.[index], `decryption_factors${place}`);
      const proof = readProof(proofs[question]?.[index], `decryption_proofs${place}`);
      try {
        verifyDecryption({ fingerprint, publicKey, alpha, factor, proof });
      } catch (error) {
        throw new InvalidProof(`decryption_proofs${place}: ${(error as Error).message}`);
      }
    });
  });
}
