// Ballots (PROTOCOL 1.6; specification "Encrypted answers", "Proofs…", "Signatures", "Ballots").
import {
  encodeChoices, encryptChoices, type HomomorphicAnswer, readChoices, verifyChoices,
} from "./choices.ts";
import { credentialContext } from "./context.ts";
import { deriveSecretKey } from "./credential.ts";
import type { AnyElection, Election } from "./election.ts";
import type { Ciphertext } from "./elgamal.ts";
import {
  b64Digest, decodeJson, encodeJson, type Json, type JsonObject, readList, readObject, utf8,
} from "./encoding.ts";
import { DecodeError, InvalidBallot, InvalidProof, ShapeError } from "./errors.ts";
import { type Element, GENERATOR, type Group, type Scalar } from "./group.ts";
import {
  type Breathe, encodeProof, type Proof, readProof, signHash, verifyHashSignature, withoutBreath,
} from "./proofs.ts";
import type { AnyQuestion, ListsAnswer } from "./question.ts";
import {
  encodeRanking, encryptRanking, type RankedAnswer, readRanking, verifyRanking,
} from "./ranked.ts";

export const BALLOT_LIMIT_BYTES = 256 * 1024;

export type Answer = HomomorphicAnswer | RankedAnswer | ListsAnswer;

/** r of each ciphertext, nested as `choices` is: a list for each question, one number if ranked. */
export type Randomness = readonly (readonly Scalar[] | Scalar)[];

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
 * `answers` has a list for each question: 0 and 1 for each choice, blank first where there is a
 * blank choice; ranks or grades where the question is ranked. Fresh randomness on every call. It
 * is handed out so that the voter can challenge the ballot (2.5), never for a ballot that is cast.
 * `breathe` is awaited many times, so that the page stays alive. Throws RangeError where a
 * question does not permit its answer.
 */
export async function sealBallot(input: {
  election: Election;
  credential: string;
  answers: readonly (readonly number[])[];
  breathe?: Breathe;
}): Promise<{ ballot: Ballot; randomness: Randomness }> {
  const { election, answers, breathe = withoutBreath } = input;
  if (answers.length !== election.questions.length) throw new RangeError("wrong number of answers");
  const secretKey = deriveSecretKey({ uuid: election.uuid, credential: input.credential });
  const credential = GENERATOR.power(secretKey);
  const statement = {
    publicKey: election.publicKey,
    context: credentialContext(election.fingerprint, credential),
    breathe,
  };
  const encrypted: JsonObject[] = [];
  const randomness: (readonly Scalar[] | Scalar)[] = [];
  for (const [index, question] of election.questions.entries()) {
    const values = answers[index] ?? [];
    const sealed = question.kind === "ranked"
      ? encryptRanking({ ...statement, question, values })
      : await encryptChoices({ ...statement, question, values });
    encrypted.push(encodeAnswer(sealed.answer));
    randomness.push(sealed.randomness);
    await breathe();
  }
  const unsigned = unsignedBallot(election, credential, encrypted);
  const digest = b64Digest(utf8(encodeJson(unsigned)));
  const proof = encodeProof(signHash({ digest, secretKey }));
  const archived = encodeJson({ ...unsigned, signature: { hash: digest, proof } });
  return { ballot: decodeBallot(utf8(archived), { election }), randomness };
}

/** The same where nobody will challenge the ballot: the randomness is forgotten at once. */
export async function createBallot(input: Parameters<typeof sealBallot>[0]): Promise<Ballot> {
  return (await sealBallot(input)).ballot;
}

function unsignedBallot(election: AnyElection, credential: Element, answers: Json[]): JsonObject {
  return {
    election_uuid: election.uuid,
    election_hash: election.fingerprint,
    credential: credential.encode(),
    answers,
  };
}

// --- Reading -----------------------------------------------------------------------------

/** Read a ballot of this election: size, canonical form and shape, but no proofs yet. */
export function decodeBallot(data: Uint8Array, context: { election: AnyElection }): Ballot {
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

function readBallot(value: Json, election: AnyElection): Omit<Ballot, "archived" | "tracker"> {
  const fields = readObject(value, "ballot", [
    "election_uuid", "election_hash", "credential", "answers", "signature",
  ]);
  if (fields["election_uuid"] !== election.uuid || fields["election_hash"] !== election.fingerprint) {
    throw new InvalidBallot("wrong_election", "this ballot belongs to another election");
  }
  const { group } = election.publicKey;
  const answers = readList(fields["answers"], "ballot.answers", election.questions.length);
  const signature = readObject(fields["signature"], "ballot.signature", ["hash", "proof"]);
  return {
    credential: group.decode(fields["credential"], "ballot.credential"),
    answers: election.questions.map((question, index) =>
      readAnswer(answers[index], question, `ballot.answers[${index}]`, group),
    ),
    signature: {
      hash: typeof signature["hash"] === "string" ? signature["hash"] : "",
      proof: readProof(signature["proof"], "ballot.signature.proof", group),
    },
  };
}

function readAnswer(value: Json | undefined, question: AnyQuestion, place: string, group: Group): Answer {
  if (question.kind === "lists") return question.readAnswer(value, place, group);
  return question.kind === "ranked"
    ? readRanking(value, place, group)
    : readChoices(value, question, place, group);
}

function encodeAnswer(answer: Answer): JsonObject {
  if (answer.kind === "lists") return answer.encode();
  return answer.kind === "ranked" ? encodeRanking(answer) : encodeChoices(answer);
}

/** The ciphertexts of an answer as one list, whatever the kind of its question. */
export function ciphertextsOf(answer: Answer): readonly Ciphertext[] {
  return answer.kind === "ranked" ? [answer.choices] : answer.choices;
}

function encodeBallot(ballot: Ballot, election: AnyElection): JsonObject {
  const { hash, proof } = ballot.signature;
  const answers = ballot.answers.map(encodeAnswer);
  return {
    ...unsignedBallot(election, ballot.credential, answers),
    signature: { hash, proof: encodeProof(proof) },
  };
}

// --- Checking ----------------------------------------------------------------------------

/** Check the signature and every proof of a ballot that `decodeBallot` has read.
 *
 * Throws InvalidBallot. Returning at all means that the ballot may be cast.
 */
export async function verifyBallot(input: {
  ballot: Ballot;
  election: AnyElection;
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
  const context = credentialContext(election.fingerprint, ballot.credential);
  const { publicKey } = election;
  for (const [index, question] of election.questions.entries()) {
    const answer = ballot.answers[index] as Answer;
    try {
      if (question.kind === "homomorphic" && answer.kind === "homomorphic") {
        await verifyChoices({ answer, question, context, publicKey, breathe });
      } else if (question.kind === "ranked" && answer.kind === "ranked") {
        verifyRanking({ answer, context, publicKey });
      } else if (question.kind === "lists" && answer.kind === "lists") {
        await answer.verify({ context, publicKey, breathe });
      } else {
        throw new InvalidProof("the answer is not of the question's kind");
      }
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
  const choices = ballot.answers.flatMap(ciphertextsOf);
  const elements = choices.flatMap(({ alpha, beta }) => [alpha, beta]);
  if ([ballot.credential, ...elements].some((element) => element.isIdentity())) {
    throw new InvalidBallot("identity_element", "an element of the ballot is the identity");
  }
  if (new Set(choices.map(({ alpha }) => alpha.encode())).size !== choices.length) {
    throw new InvalidBallot("duplicate_ciphertext", "a ciphertext stands twice in the ballot");
  }
}

