// A ballot opened instead of cast, and the check of what it holds (PROTOCOL 2.5).
import {
  type Answer, type Ballot, ciphertextsOf, decodeBallot, type Randomness, verifyBallot,
} from "./ballot.ts";
import type { Election } from "./election.ts";
import { type Ciphertext, encryptBit } from "./elgamal.ts";
import {
  decodeJson, encodeJson, type Json, readInteger, readList, readObject, readText, utf8,
} from "./encoding.ts";
import { DecodeError, InvalidBallot, InvalidProof } from "./errors.ts";
import { decodeScalar, type Element, encodeScalar, type Scalar } from "./group.ts";
import { plainLength, type Question } from "./question.ts";
import { encryptVector } from "./ranked.ts";

const CHALLENGE_LIMIT_BYTES = 1_000_000;

/** What is checked of a challenge, in this order; evote has the same steps. */
export const CHALLENGE_STEPS = ["form", "election", "ballot", "opening", "tracker"] as const;

export type ChallengeStep = (typeof CHALLENGE_STEPS)[number];

/** A step does not hold: the challenge shows that the booth, or whoever gave the file, cheated. */
export class InvalidChallenge extends Error {
  override readonly name = "InvalidChallenge";
  readonly step: ChallengeStep;

  constructor(step: ChallengeStep, message: string) {
    super(message);
    this.step = step;
  }
}

/** What a challenge file claims; nothing of it is checked but its form. */
export interface Challenge {
  readonly fingerprint: string;
  /** The exact text of the ballot. */
  readonly ballot: string;
  readonly randomness: readonly (readonly Scalar[] | Scalar)[];
  readonly answers: readonly (readonly number[])[];
}

/** Open a ballot: r of each ciphertext and the answers, never ρ, w or the credential's secret. */
export function encodeChallenge(input: {
  election: Election;
  ballot: Ballot;
  randomness: Randomness;
  answers: readonly (readonly number[])[];
}): string {
  return encodeJson({
    version: 1,
    election_hash: input.election.fingerprint,
    ballot: input.ballot.archived,
    randomness: input.randomness.map((scalars) =>
      typeof scalars === "bigint" ? encodeScalar(scalars) : scalars.map(encodeScalar),
    ),
    answers: input.answers.map((answer) => [...answer]),
  });
}

/** Read a challenge file: its form only. */
export function decodeChallenge(data: Uint8Array): Challenge {
  const value = decodeJson(data, { source: "challenge", limitBytes: CHALLENGE_LIMIT_BYTES });
  const fields = readObject(value, "challenge", [
    "version", "election_hash", "ballot", "randomness", "answers",
  ]);
  if (fields["version"] !== 1) throw new DecodeError("challenge: version 1 expected");
  return {
    fingerprint: readText(fields["election_hash"], "challenge.election_hash"),
    ballot: readText(fields["ballot"], "challenge.ballot"),
    randomness: readList(fields["randomness"], "challenge.randomness").map(readRandomness),
    answers: readList(fields["answers"], "challenge.answers").map((answer, index) => {
      const place = `challenge.answers[${index}]`;
      return readList(answer, place).map((number) => readInteger(number, place));
    }),
  };
}

function readRandomness(value: Json, index: number): Scalar[] | Scalar {
  const place = `challenge.randomness[${index}]`;
  if (!Array.isArray(value)) return decodeScalar(value, place);
  return value.map((scalar) => decodeScalar(scalar, place));
}

/** Check an opened ballot, step by step; `noted` is the tracker seen before, if there is one.
 *
 * `credentials` is the election's public list, undefined where it is not at hand.
 * `onStep` is called for each step that holds. Throws InvalidChallenge. To return means that the
 * ballot holds the answers named; whether the voter chose those, only the voter can tell.
 */
export async function checkChallenge(input: {
  data: Uint8Array;
  election: Election;
  credentials: ReadonlySet<string> | undefined;
  noted: string | undefined;
  onStep: (step: ChallengeStep) => void;
}): Promise<{ challenge: Challenge; ballot: Ballot }> {
  const { data, election, credentials, noted, onStep } = input;
  const step = async <T>(name: ChallengeStep, act: () => T | Promise<T>): Promise<T> => {
    try {
      const result = await act();
      onStep(name);
      return result;
    } catch (error) {
      throw refusal(name, error);
    }
  };
  const challenge = await step("form", () => decodeChallenge(data));
  await step("election", () => {
    if (challenge.fingerprint !== election.fingerprint) {
      throw new InvalidProof(`the file names the fingerprint ${challenge.fingerprint}`);
    }
  });
  const ballot = await step("ballot", () => verifyChallengedBallot({ challenge, election, credentials }));
  await step("opening", () => verifyOpening({ challenge, ballot, election }));
  if (noted !== undefined) {
    await step("tracker", () => {
      if (noted === ballot.tracker) return;
      throw new InvalidProof(`noted before: ${noted}; of this ballot: ${ballot.tracker}`);
    });
  }
  return { challenge, ballot };
}

function refusal(step: ChallengeStep, error: unknown): unknown {
  const isRefusal =
    error instanceof DecodeError || error instanceof InvalidBallot || error instanceof InvalidProof;
  return isRefusal ? new InvalidChallenge(step, error.message) : error;
}

/** Check the ballot of a challenge as the server would: form, proofs and signature. */
async function verifyChallengedBallot(input: {
  challenge: Challenge;
  election: Election;
  credentials: ReadonlySet<string> | undefined;
}): Promise<Ballot> {
  const { challenge, election, credentials } = input;
  const ballot = decodeBallot(utf8(challenge.ballot), { election });
  await verifyBallot({ ballot, election });
  if (credentials?.has(ballot.credential.encode()) === false) {
    throw new InvalidProof("the credential is not on the election's list");
  }
  return ballot;
}

/** Check that every ciphertext is α = g^r and β = y^r·g^m (or y^r·ξ) of the answers named.
 *
 * Throws InvalidProof: the booth encrypted something else than it shows.
 */
function verifyOpening(input: {
  challenge: Challenge;
  ballot: Ballot;
  election: Election;
}): void {
  const { challenge: { randomness, answers }, ballot, election } = input;
  const count = election.questions.length;
  if (randomness.length !== count || answers.length !== count || ballot.answers.length !== count) {
    throw new InvalidProof("there is not one answer for each question");
  }
  for (const [index, question] of election.questions.entries()) {
    const made = encryptAgain({
      question,
      randomness: randomness[index] as Challenge["randomness"][number],
      answer: answers[index] as readonly number[],
      publicKey: election.publicKey,
      place: `answer ${index + 1}`,
    });
    const found = ciphertextsOf(ballot.answers[index] as Answer);
    if (made.length !== found.length || !made.every((one, at) => equals(one, found[at]))) {
      throw new InvalidProof(`answer ${index + 1}: the ballot does not hold what the file says`);
    }
  }
}

function encryptAgain(input: {
  question: Question;
  randomness: readonly Scalar[] | Scalar;
  answer: readonly number[];
  publicKey: Element;
  place: string;
}): Ciphertext[] {
  const { question, randomness, answer, publicKey, place } = input;
  if (answer.length !== plainLength(question)) {
    throw new InvalidProof(`${place}: there is not one number for each choice`);
  }
  if (question.kind === "ranked") {
    if (typeof randomness !== "bigint") throw new InvalidProof(`${place}: one number r expected`);
    if (answer.some((number) => number < 0 || number > 255)) {
      throw new InvalidProof(`${place}: a rank is not from 0 to 255`);
    }
    return [encryptVector({ values: answer, publicKey, randomness })];
  }
  if (typeof randomness === "bigint" || randomness.length !== answer.length) {
    throw new InvalidProof(`${place}: there is not one number r for each choice`);
  }
  return answer.map((bit, at) => {
    if (bit !== 0 && bit !== 1) throw new InvalidProof(`${place}: a choice is not 0 or 1`);
    return encryptBit({ publicKey, bit, randomness: randomness[at] as Scalar });
  });
}

function equals(one: Ciphertext, other: Ciphertext | undefined): boolean {
  return other !== undefined && one.alpha.equals(other.alpha) && one.beta.equals(other.beta);
}
