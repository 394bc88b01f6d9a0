// The election and its trustees (PROTOCOL 1.3, 1.5; specification "Elections", "Verification keys").
import {
  b64Digest, readList, readInteger, decodeJson, readObject, readText, encodeJson, type Json,
} from "./encoding.ts";
import { DecodeError, InvalidProof, NotSupported } from "./errors.ts";
import { Element, GENERATOR, IDENTITY, type Scalar } from "./group.ts";
import {
  encodeProof, type Proof, proveKeyPossession, readProof, verifyKeyPossession,
} from "./proofs.ts";

const ELECTION_LIMIT_BYTES = 4_000_000;
const ELECTION_FIELDS = ["version", "description", "name", "group", "public_key", "questions", "uuid"];

export interface Question {
  readonly text: string;
  readonly answers: readonly string[];
  readonly minimum: number;
  readonly maximum: number;
  readonly hasBlank: boolean;
}

export interface Election {
  readonly uuid: string;
  readonly name: string;
  readonly description: string;
  readonly questions: readonly Question[];
  readonly publicKey: Element;
  /** b64 of the SHA-256 of the archived bytes. */
  readonly fingerprint: string;
}

/** How many ciphertexts an answer has: one for each choice, and a leading one for blank. */
export function choiceCount(question: Question): number {
  return question.answers.length + (question.hasBlank ? 1 : 0);
}

/** How many choices may be made: minimum, minimum + 1, …, maximum. */
export function permittedCounts({ minimum, maximum }: Question): number[] {
  return Array.from({ length: maximum - minimum + 1 }, (_, index) => minimum + index);
}

/** Read an election from its archived bytes; the fingerprint is computed over exactly these. */
export function decodeElection(data: Uint8Array): Election {
  const value = decodeJson(data, { source: "election", limitBytes: ELECTION_LIMIT_BYTES });
  // Unknown fields are allowed here, and here only: they bind our own context.
  const known = typeof value === "object" && value !== null ? Object.keys(value) : [];
  const fields = readObject(value, "election", ELECTION_FIELDS, known);
  if (fields["version"] !== 1) throw new NotSupported("election version is not 1");
  if (fields["group"] !== "Ed25519") throw new NotSupported("group is not Ed25519");
  const uuid = readText(fields["uuid"], "election.uuid");
  if (!/^[1-9A-HJ-NP-Za-km-z]{14,64}$/.test(uuid)) throw new DecodeError("election.uuid: not base58");
  const questions = readList(fields["questions"], "election.questions").map((question, index) =>
    readQuestion(question, `election.questions[${index}]`),
  );
  if (questions.length === 0) throw new DecodeError("election.questions: empty");
  const publicKey = Element.decode(fields["public_key"], "election.public_key");
  if (publicKey.isIdentity()) throw new DecodeError("election.public_key: the identity");
  return {
    uuid,
    name: readText(fields["name"], "election.name"),
    description: readText(fields["description"], "election.description"),
    questions,
    publicKey,
    fingerprint: b64Digest(data),
  };
}

function readQuestion(value: Json, place: string): Question {
  if (typeof value === "object" && value !== null && Object.hasOwn(value, "type")) {
    throw new NotSupported(`${place}: this kind of question is not supported yet`);
  }
  const fields = readObject(value, place, ["answers", "min", "max", "question"], ["blank"]);
  const answers = readList(fields["answers"], `${place}.answers`).map((answer) =>
    readText(answer, `${place}.answers`),
  );
  const minimum = readInteger(fields["min"], `${place}.min`);
  const maximum = readInteger(fields["max"], `${place}.max`);
  const blank = fields["blank"] ?? false;
  if (typeof blank !== "boolean") throw new DecodeError(`${place}.blank: true or false expected`);
  if (!(answers.length > 0 && 0 <= minimum && minimum <= maximum && maximum <= answers.length)) {
    throw new DecodeError(`${place}: min and max do not fit the answers`);
  }
  return {
    text: readText(fields["question"], `${place}.question`),
    answers, minimum, maximum, hasBlank: blank,
  };
}

/** The public part of a trustee's key, with the proof that the trustee knows the secret one. */
export interface Trustee {
  readonly publicKey: Element;
  readonly proof: Proof;
  readonly name: string | undefined;
}

/** Make a trustee's public part from the secret key x. */
export function makeTrustee(input: { secretKey: Scalar; name: string | undefined }): Trustee {
  const publicKey = GENERATOR.power(input.secretKey);
  const proof = proveKeyPossession({ secretKey: input.secretKey, publicKey });
  return { publicKey, proof, name: input.name };
}

/** Check that whoever made this key knows its secret part. */
export function verifyTrustee(trustee: Trustee): void {
  const { publicKey, proof } = trustee;
  if (publicKey.isIdentity()) throw new InvalidProof("the trustee's public key is the identity");
  verifyKeyPossession({ publicKey, proof });
}

export function encodeTrustee(trustee: Trustee): string {
  return encodeJson({
    pok: encodeProof(trustee.proof),
    public_key: trustee.publicKey.encode(),
    ...(trustee.name === undefined ? {} : { name: trustee.name }),
  });
}

export function decodeTrustee(value: Json | undefined, place = "trustee"): Trustee {
  const fields = readObject(value, place, ["pok", "public_key"], ["name"]);
  return {
    proof: readProof(fields["pok"], `${place}.pok`),
    publicKey: Element.decode(fields["public_key"], `${place}.public_key`),
    name: fields["name"] === undefined ? undefined : readText(fields["name"], `${place}.name`),
  };
}

/** Read the record's list of trustees; only single trustees are supported. */
export function decodeTrustees(data: Uint8Array): Trustee[] {
  const value = decodeJson(data, { source: "trustees", limitBytes: ELECTION_LIMIT_BYTES });
  return readList(value, "trustees").map((item, index) => {
    const [kind, trustee, ...rest] = readList(item, `trustees[${index}]`);
    if (kind === "Pedersen") throw new NotSupported("threshold trustees are not supported yet");
    if (kind !== "Single" || rest.length > 0) throw new DecodeError(`trustees[${index}]: not a trustee`);
    return decodeTrustee(trustee, `trustees[${index}]`);
  });
}

/** y: the product of the trustees' public keys. */
export function combinePublicKeys(trustees: readonly Trustee[]): Element {
  return trustees.reduce((total, { publicKey }) => total.times(publicKey), IDENTITY);
}
