// Ballots (PROTOCOL 1.6; specification "Encrypted answers", "Proofs…", "Signatures", "Ballots").
import { deriveSecretKey } from "./credential.ts";
import {
  addCiphertexts, type Ciphertext, decodeCiphertext, encodeCiphertexts, encryptBit,
} from "./elgamal.ts";
import { choiceCount, type Election, type Question } from "./election.ts";
import {
  b64Digest, decodeArray, decodeJson, decodeObject, encodeJson, type Json, type JsonObject, utf8,
} from "./encoding.ts";
import { DecodeError, InvalidBallot, InvalidProof } from "./errors.ts";
import { Element, GENERATOR, modOrder, randomScalar, type Scalar } from "./group.ts";
import {
  type Branch, type Breathe, decodeProof, encodeProof, type KnownBranch, type Proof,
  proveDisjunction, proveKnowledge, verifyDisjunction, verifyKnowledge, withoutBreath,
} from "./proofs.ts";

export const BALLOT_LIMIT_BYTES = 256_000;

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

/** The bit of a choice, or an error: only 0 and 1 can be encrypted. */
function asBit(value: number | undefined): 0 | 1 {
  if (value !== 0 && value !== 1) throw new RangeError("a choice is 0 or 1");
  return value;
}

/** Check plain choices against the question's rules, as the proofs will. */
export function checkChoices(question: Question, choices: readonly number[]): void {
  if (choices.length !== choiceCount(question)) throw new RangeError("wrong number of choices");
  const bits = choices.map(asBit);
  const total = bits.slice(question.hasBlank ? 1 : 0).reduce<number>((sum, bit) => sum + bit, 0);
  const isBlank = question.hasBlank && bits[0] === 1;
  if (isBlank ? total !== 0 : total < question.minimum || total > question.maximum) {
    throw new RangeError("the choices do not fit the question");
  }
}

/** Encrypt, prove and sign a ballot.
 *
 * `answers` has a list of 0 and 1 for each question, blank first where there is a blank choice.
 * `breathe` is awaited many times, so that the page stays alive.
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
  const encrypted: JsonObject[] = [];
  for (const [index, question] of election.questions.entries()) {
    const choices = answers[index] ?? [];
    checkChoices(question, choices);
    encrypted.push(await encryptAnswer({ election, credential, question, choices, breathe }));
  }
  const unsigned = unsignedBallot(election, credential, encrypted);
  const hash = b64Digest(utf8(encodeJson(unsigned)));
  const proof = proveKnowledge({ secret: secretKey, prefix: `sig|${hash}|` });
  const archived = encodeJson({ ...unsigned, signature: { hash, proof: encodeProof(proof) } });
  return decodeBallot(utf8(archived), { election });
}

function unsignedBallot(election: Election, credential: Element, answers: Json[]): JsonObject {
  return {
    election_uuid: election.uuid,
    election_hash: election.fingerprint,
    credential: credential.encode(),
    answers,
  };
}

/** What every proof of this voter's ballot is bound to. */
function statement(election: Election, credential: Element): string {
  return `${election.fingerprint}|${credential.encode()}`;
}

/** The voter's statement with all ciphertexts of one answer. */
function answerStatement(voter: string, choices: readonly Ciphertext[]): string {
  return `${voter}|${choices.flatMap(({ alpha, beta }) => [alpha.encode(), beta.encode()]).join(",")}`;
}

function intervalPrefix(bound: string, { alpha, beta }: Ciphertext): string {
  return `prove|${bound}|${alpha.encode()},${beta.encode()}|`;
}

async function encryptAnswer(input: {
  election: Election;
  credential: Element;
  question: Question;
  choices: readonly number[];
  breathe: Breathe;
}): Promise<JsonObject> {
  const { question, breathe } = input;
  const publicKey = input.election.publicKey;
  const secrets: { value: number; randomness: Scalar; ciphertext: Ciphertext }[] = [];
  for (const choice of input.choices) {
    const bit = asBit(choice);
    const randomness = randomScalar();
    secrets.push({ value: bit, randomness, ciphertext: encryptBit({ publicKey, bit, randomness }) });
    await breathe();
  }
  const ciphertexts = secrets.map((secret) => secret.ciphertext);
  const choices = encodeCiphertexts(ciphertexts);
  const voter = statement(input.election, input.credential);
  const bound = answerStatement(voter, ciphertexts);
  const prove = async (
    prefix: string, branches: readonly KnownBranch[], trueBranch: number,
  ): Promise<Json[]> =>
    (await proveDisjunction({ prefix, publicKey, branches, trueBranch, breathe })).map(encodeProof);

  const individual: Json[] = [];
  for (const secret of secrets) {
    const branches = [{ ...secret, shift: 0 }, { ...secret, shift: 1 }];
    individual.push(await prove(intervalPrefix(voter, secret.ciphertext), branches, secret.value));
  }

  const counted = question.hasBlank ? secrets.slice(1) : secrets;
  const sum = {
    ciphertext: addCiphertexts(counted.map((secret) => secret.ciphertext)),
    value: counted.reduce((total, secret) => total + secret.value, 0),
    randomness: modOrder(counted.reduce((total, secret) => total + secret.randomness, 0n)),
  };
  const interval = shifts(question).map((shift) => ({ ...sum, shift }));
  const answer = { choices, individual_proofs: individual };
  const blank = question.hasBlank ? secrets[0] : undefined;
  if (blank === undefined) {
    const prefix = intervalPrefix(bound, sum.ciphertext);
    return { ...answer, overall_proof: await prove(prefix, interval, sum.value - question.minimum) };
  }
  // Either the blank choice or the others are all zero …
  const exclusive = [{ ...blank, shift: 0 }, { ...sum, shift: 0 }];
  const blankProof = await prove(`bproof0|${bound}|`, exclusive, blank.value);
  // … and either blank is chosen or the number of others is within the limits.
  const overall = await prove(
    `bproof1|${bound}|`,
    [{ ...blank, shift: 1 }, ...interval],
    blank.value === 1 ? 0 : 1 + sum.value - question.minimum,
  );
  return { ...answer, overall_proof: overall, blank_proof: blankProof };
}

/** minimum, minimum + 1, …, maximum. */
function shifts({ minimum, maximum }: Question): number[] {
  return Array.from({ length: maximum - minimum + 1 }, (_, index) => minimum + index);
}

/** Read a ballot of this election: size, canonical form and shape, but no proofs yet. */
export function decodeBallot(data: Uint8Array, context: { election: Election }): Ballot {
  const { election } = context;
  const value = decodeJson(data, { source: "ballot", limitBytes: BALLOT_LIMIT_BYTES });
  const archived = encodeJson(value);
  if (b64Digest(utf8(archived)) !== b64Digest(data)) throw new DecodeError("ballot: not canonical");
  const fields = decodeObject(value, "ballot", [
    "election_uuid", "election_hash", "credential", "answers", "signature",
  ]);
  if (fields["election_uuid"] !== election.uuid || fields["election_hash"] !== election.fingerprint) {
    throw new InvalidBallot("wrong_election", "this ballot belongs to another election");
  }
  const answers = decodeArray(fields["answers"], "ballot.answers");
  if (answers.length !== election.questions.length) {
    throw new InvalidBallot("wrong_shape", "a ballot has one answer for each question");
  }
  const signature = decodeObject(fields["signature"], "ballot.signature", ["hash", "proof"]);
  const ballot = {
    credential: Element.decode(fields["credential"], "ballot.credential"),
    answers: election.questions.map((question, index) =>
      decodeAnswer(answers[index], question, `ballot.answers[${index}]`),
    ),
    signature: {
      hash: typeof signature["hash"] === "string" ? signature["hash"] : "",
      proof: decodeProof(signature["proof"], "ballot.signature.proof"),
    },
    tracker: b64Digest(data),
    archived,
  };
  if (encodeJson(encodeBallot(ballot, election)) !== archived) {
    throw new DecodeError("ballot: fields are not in their order");
  }
  return ballot;
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

function decodeAnswer(value: Json | undefined, question: Question, place: string): Answer {
  const names = ["choices", "individual_proofs", "overall_proof"];
  const fields = decodeObject(value, place, question.hasBlank ? [...names, "blank_proof"] : names);
  const choices = decodeArray(fields["choices"], `${place}.choices`).map((item, index) =>
    decodeCiphertext(item, `${place}.choices[${index}]`),
  );
  const proofs = (list: Json | undefined, count: number, name: string): Proof[] => {
    const items = decodeArray(list, `${place}.${name}`);
    if (items.length !== count) throw new InvalidBallot("wrong_shape", `${place}.${name}: wrong length`);
    return items.map((item, index) => decodeProof(item, `${place}.${name}[${index}]`));
  };
  const individual = decodeArray(fields["individual_proofs"], `${place}.individual_proofs`);
  if (choices.length !== choiceCount(question) || individual.length !== choices.length) {
    throw new InvalidBallot("wrong_shape", `${place}: wrong number of choices`);
  }
  const branches = shifts(question).length + (question.hasBlank ? 1 : 0);
  return {
    choices,
    individualProofs: individual.map((item) => proofs(item, 2, "individual_proofs")),
    overallProof: proofs(fields["overall_proof"], branches, "overall_proof"),
    blankProof: question.hasBlank ? proofs(fields["blank_proof"], 2, "blank_proof") : undefined,
  };
}

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
  const unsigned = unsignedBallot(election, ballot.credential, ballot.answers.map(encodeAnswer));
  const { hash, proof } = ballot.signature;
  if (b64Digest(utf8(encodeJson(unsigned))) !== hash) {
    throw new InvalidBallot("bad_signature", "the signature is of another ballot");
  }
  checkElements(ballot);
  try {
    verifyKnowledge({ publicKey: ballot.credential, prefix: `sig|${hash}|`, proof });
  } catch (error) {
    throw refused("bad_signature", error, "signature");
  }
  const voter = statement(election, ballot.credential);
  for (const [index, question] of election.questions.entries()) {
    const answer = ballot.answers[index] as Answer;
    try {
      await verifyAnswer({ answer, question, voter, publicKey: election.publicKey, breathe });
    } catch (error) {
      throw refused("bad_proof", error, `answer ${index + 1}`);
    }
  }
}

function refused(code: "bad_signature" | "bad_proof", error: unknown, place: string): unknown {
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
  voter: string;
  publicKey: Element;
  breathe: Breathe;
}): Promise<void> {
  const { answer, question, voter, publicKey, breathe } = input;
  const verify = (
    prefix: string, branches: readonly Branch[], proofs: readonly Proof[],
  ): Promise<void> => verifyDisjunction({ prefix, publicKey, branches, proofs, breathe });

  for (const [index, ciphertext] of answer.choices.entries()) {
    const branches = [{ ciphertext, shift: 0 }, { ciphertext, shift: 1 }];
    const prefix = intervalPrefix(voter, ciphertext);
    await verify(prefix, branches, answer.individualProofs[index] ?? []);
  }
  const bound = answerStatement(voter, answer.choices);
  const blank = question.hasBlank ? answer.choices[0] : undefined;
  const sum = addCiphertexts(question.hasBlank ? answer.choices.slice(1) : answer.choices);
  const interval = shifts(question).map((shift) => ({ ciphertext: sum, shift }));
  if (blank === undefined) {
    await verify(intervalPrefix(bound, sum), interval, answer.overallProof);
    return;
  }
  const exclusive = [{ ciphertext: blank, shift: 0 }, { ciphertext: sum, shift: 0 }];
  await verify(`bproof0|${bound}|`, exclusive, answer.blankProof ?? []);
  const overall = [{ ciphertext: blank, shift: 1 }, ...interval];
  await verify(`bproof1|${bound}|`, overall, answer.overallProof);
}
