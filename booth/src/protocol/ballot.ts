// Ballots (PROTOCOL 1.6; specification "Encrypted answers", "Proofs…", "Signatures", "Ballots").
import { deriveSecretKey } from "./credential.ts";
import { choiceCount, type Election, permittedCounts, type Question } from "./election.ts";
import { type Ciphertext, encodeCiphertexts, encryptBit, product, readCiphertext } from "./elgamal.ts";
import {
  b64Digest, decodeJson, encodeJson, type Json, type JsonObject, readList, readObject, utf8,
} from "./encoding.ts";
import { DecodeError, InvalidBallot, InvalidProof, ShapeError } from "./errors.ts";
import { Element, GENERATOR, modOrder, randomScalar } from "./group.ts";
import {
  blankOrEnough, blankOrNothing, type Breathe, encodeProof, type Opening, type Proof, proveBlank,
  proveInterval, readProof, signHash, verifyBlank, verifyHashSignature, verifyInterval, withoutBreath,
} from "./proofs.ts";

export const BALLOT_LIMIT_BYTES = 256_000;

const BIT = [0, 1] as const;

interface Answer {
  readonly choices: readonly Ciphertext[];
  readonly individualProofs: readonly (readonly Proof[])[];
  readonly overallProof: readonly Proof[];
  readonly blankProof: readonly Proof[] | undefined;
}

export interface Ballot {
  readonly credential: Element;
  readonly answers: readonly Answer[];
  readonly signature: { readonly hash: string; readonly proof: Proof };
  /** b64 of the SHA-256 of the archived bytes: what the voter keeps. */
  readonly tracker: string;
  /** The exact text that is cast. */
  readonly archived: string;
}

// --- Making ------------------------------------------------------------------------------

/** Encrypt, prove and sign a voter's answers.
 *
 * `answers` has a list of 0 and 1 for each question, blank first where there is a blank choice.
 * Fresh randomness on every call, and none of it leaves this function. `breathe` is awaited many
 * times, so that the page stays alive. Throws RangeError where a question does not permit its answer.
 */
export async function createBallot(input: {
  election: Election;
  credential: string;
  answers: readonly (readonly number[])[];
  breathe?: Breathe;
}): Promise<Ballot> {
  const { election, answers, breathe = withoutBreath } = input;
  if (answers.length !== election.questions.length) throw new RangeError("wrong number of answers");
  const secretKey = deriveSecretKey({ uuid: election.uuid, credential: input.credential });
  const credential = GENERATOR.power(secretKey);
  const context = credentialContext(election, credential);
  const encrypted: JsonObject[] = [];
  for (const [index, question] of election.questions.entries()) {
    const bits = checkChoice(question, answers[index] ?? []);
    const publicKey = election.publicKey;
    encrypted.push(await encryptAnswer({ question, bits, publicKey, context, breathe }));
  }
  const unsigned = unsignedBallot(election, credential, encrypted);
  const digest = b64Digest(utf8(encodeJson(unsigned)));
  const proof = encodeProof(signHash({ digest, secretKey }));
  const archived = encodeJson({ ...unsigned, signature: { hash: digest, proof } });
  return decodeBallot(utf8(archived), { election });
}

/** Check plain choices against the question's rules, as the proofs will. */
function checkChoice(question: Question, choices: readonly number[]): (0 | 1)[] {
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

async function encryptAnswer(input: {
  question: Question;
  bits: readonly (0 | 1)[];
  publicKey: Element;
  context: string;
  breathe: Breathe;
}): Promise<JsonObject> {
  const { question, publicKey, context, breathe } = input;
  const openings: Opening[] = [];
  const ciphertexts: Ciphertext[] = [];
  for (const bit of input.bits) {
    const randomness = randomScalar();
    openings.push({ randomness, plaintext: bit });
    ciphertexts.push(encryptBit({ publicKey, bit, randomness }));
    await breathe();
  }
  const choices = encodeCiphertexts(ciphertexts);
  const individual: Json[] = [];
  for (const [index, ciphertext] of ciphertexts.entries()) {
    const opening = openings[index] as Opening;
    const statement = { publicKey, context, breathe, ciphertext, choices: BIT };
    individual.push((await proveInterval({ ...statement, opening })).map(encodeProof));
  }
  const answer = { choices, individual_proofs: individual };
  const whole = { publicKey, context: answerContext(context, ciphertexts), breathe };
  const total = product(ciphertexts.slice(question.hasBlank ? 1 : 0));
  const opening = sum(openings.slice(question.hasBlank ? 1 : 0));
  const counts = permittedCounts(question);
  const [blank, blankOpening] = [ciphertexts[0], openings[0]];
  if (!question.hasBlank || blank === undefined || blankOpening === undefined) {
    const overall = await proveInterval({ ...whole, ciphertext: total, opening, choices: counts });
    return { ...answer, overall_proof: overall.map(encodeProof) };
  }
  const enough = await proveBlank({
    ...whole,
    prefix: "bproof1",
    branches: blankOrEnough({ blank, total, choices: counts }),
    openings: [blankOpening, ...counts.map(() => opening)],
  });
  const nothing = await proveBlank({
    ...whole,
    prefix: "bproof0",
    branches: blankOrNothing({ blank, total }),
    openings: [blankOpening, opening],
  });
  return {
    ...answer,
    overall_proof: enough.map(encodeProof),
    blank_proof: nothing.map(encodeProof),
  };
}

/** Open the product of the ciphertexts: randomness and plaintexts add up. */
function sum(openings: readonly Opening[]): Opening {
  return {
    randomness: modOrder(openings.reduce((total, { randomness }) => total + randomness, 0n)),
    plaintext: openings.reduce((total, { plaintext }) => total + plaintext, 0),
  };
}

// --- What the proofs are bound to --------------------------------------------------------

/** S0 = φ‖"|"‖str(g^x): the election and the credential. */
function credentialContext(election: Election, credential: Element): string {
  return `${election.fingerprint}|${credential.encode()}`;
}

/** S = S0‖"|"‖α1,β1,α2,β2,…: also all ciphertexts of the same answer. */
function answerContext(context: string, choices: readonly Ciphertext[]): string {
  return `${context}|${choices.flatMap(({ alpha, beta }) => [alpha.encode(), beta.encode()]).join(",")}`;
}

function unsignedBallot(election: Election, credential: Element, answers: Json[]): JsonObject {
  return {
    election_uuid: election.uuid,
    election_hash: election.fingerprint,
    credential: credential.encode(),
    answers,
  };
}

// --- Reading -----------------------------------------------------------------------------

/** Read a ballot of this election: size, canonical form and shape, but no proofs yet. */
export function decodeBallot(data: Uint8Array, context: { election: Election }): Ballot {
  const { election } = context;
  const value = decodeJson(data, { source: "ballot", limitBytes: BALLOT_LIMIT_BYTES });
  const archived = encodeJson(value);
  const tracker = b64Digest(data);
  if (b64Digest(utf8(archived)) !== tracker) throw new DecodeError("ballot: not canonical");
  let ballot: Ballot;
  try {
    ballot = { ...readBallot(value, election), archived, tracker };
  } catch (error) {
    if (error instanceof ShapeError) throw new InvalidBallot("wrong_shape", error.message);
    throw error;
  }
  if (encodeJson(encodeBallot(ballot, election)) !== archived) {
    throw new DecodeError("ballot: the fields are not in their order");
  }
  return ballot;
}

function readBallot(value: Json, election: Election): Omit<Ballot, "archived" | "tracker"> {
  const fields = readObject(value, "ballot", [
    "election_uuid", "election_hash", "credential", "answers", "signature",
  ]);
  if (fields["election_uuid"] !== election.uuid || fields["election_hash"] !== election.fingerprint) {
    throw new InvalidBallot("wrong_election", "this ballot belongs to another election");
  }
  const answers = readList(fields["answers"], "ballot.answers", election.questions.length);
  const signature = readObject(fields["signature"], "ballot.signature", ["hash", "proof"]);
  return {
    credential: Element.decode(fields["credential"], "ballot.credential"),
    answers: election.questions.map((question, index) =>
      readAnswer(answers[index], question, `ballot.answers[${index}]`),
    ),
    signature: {
      hash: typeof signature["hash"] === "string" ? signature["hash"] : "",
      proof: readProof(signature["proof"], "ballot.signature.proof"),
    },
  };
}

function readAnswer(value: Json | undefined, question: Question, place: string): Answer {
  const names = ["choices", "individual_proofs", "overall_proof"];
  const fields = readObject(value, place, question.hasBlank ? [...names, "blank_proof"] : names);
  const count = choiceCount(question);
  const list = (name: string, length: number): Json[] =>
    readList(fields[name], `${place}.${name}`, length);
  const proofs = (items: readonly Json[], name: string): Proof[] =>
    items.map((item, index) => readProof(item, `${place}.${name}[${index}]`));
  const branches = permittedCounts(question).length + (question.hasBlank ? 1 : 0);
  return {
    choices: list("choices", count).map((item, index) =>
      readCiphertext(item, `${place}.choices[${index}]`),
    ),
    individualProofs: list("individual_proofs", count).map((item, index) => {
      const name = `individual_proofs[${index}]`;
      return proofs(readList(item, `${place}.${name}`, BIT.length), name);
    }),
    overallProof: proofs(list("overall_proof", branches), "overall_proof"),
    blankProof: question.hasBlank ? proofs(list("blank_proof", BIT.length), "blank_proof") : undefined,
  };
}

function encodeBallot(ballot: Ballot, election: Election): JsonObject {
  const { hash, proof } = ballot.signature;
  const answers = ballot.answers.map(encodeAnswer);
  return {
    ...unsignedBallot(election, ballot.credential, answers),
    signature: { hash, proof: encodeProof(proof) },
  };
}

function encodeAnswer(answer: Answer): JsonObject {
  return {
    choices: encodeCiphertexts(answer.choices),
    individual_proofs: answer.individualProofs.map((proofs) => proofs.map(encodeProof)),
    overall_proof: answer.overallProof.map(encodeProof),
    ...(answer.blankProof === undefined ? {} : { blank_proof: answer.blankProof.map(encodeProof) }),
  };
}

// --- Checking ----------------------------------------------------------------------------

/** Check the signature and every proof of a ballot that `decodeBallot` has read.
 *
 * Throws InvalidBallot. Returning at all means that the ballot may be cast.
 */
export async function verifyBallot(input: {
  ballot: Ballot;
  election: Election;
  breathe?: Breathe;
}): Promise<void> {
  const { ballot, election, breathe = withoutBreath } = input;
  checkElements(ballot);
  const unsigned = unsignedBallot(election, ballot.credential, ballot.answers.map(encodeAnswer));
  const { hash, proof } = ballot.signature;
  if (b64Digest(utf8(encodeJson(unsigned))) !== hash) {
    throw new InvalidBallot("bad_signature", "the signature is of another ballot");
  }
  try {
    verifyHashSignature({ publicKey: ballot.credential, digest: hash, proof });
  } catch (error) {
    throw refusal("bad_signature", error, "signature");
  }
  const context = credentialContext(election, ballot.credential);
  for (const [index, question] of election.questions.entries()) {
    const answer = ballot.answers[index] as Answer;
    try {
      await verifyAnswer({ answer, question, context, publicKey: election.publicKey, breathe });
    } catch (error) {
      throw refusal("bad_proof", error, `answer ${index + 1}`);
    }
  }
}

function refusal(code: "bad_signature" | "bad_proof", error: unknown, place: string): unknown {
  return error instanceof InvalidProof ? new InvalidBallot(code, `${place}: ${error.message}`) : error;
}

/** No element may be the identity, and no α may stand twice. */
function checkElements(ballot: Ballot): void {
  const choices = ballot.answers.flatMap((answer) => answer.choices);
  const elements = choices.flatMap(({ alpha, beta }) => [alpha, beta]);
  if ([ballot.credential, ...elements].some((element) => element.isIdentity())) {
    throw new InvalidBallot("identity_element", "an element of the ballot is the identity");
  }
  if (new Set(choices.map(({ alpha }) => alpha.encode())).size !== choices.length) {
    throw new InvalidBallot("duplicate_ciphertext", "a ciphertext stands twice in the ballot");
  }
}

async function verifyAnswer(input: {
  answer: Answer;
  question: Question;
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
  const total = product(answer.choices.slice(question.hasBlank ? 1 : 0));
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
