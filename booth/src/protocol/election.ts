// The election (PROTOCOL 1.3; specification "Elections").
import {
  b64Digest, readList, decodeJson, readObject, readText, type Json, type JsonObject,
} from "./encoding.ts";
import { DecodeError, NotSupported } from "./errors.ts";
import { Element } from "./group.ts";
import { type Question, readQuestion } from "./question.ts";

export {
  choiceCount, type HomomorphicQuestion, permittedCounts, plainLength, type Question, type RankedQuestion,
} from "./question.ts";

const ELECTION_LIMIT_BYTES = 4_000_000;
const ELECTION_FIELDS = ["version", "description", "name", "group", "public_key", "questions", "uuid"];

export interface Election {
  readonly uuid: string;
  readonly name: string;
  readonly description: string;
  readonly questions: readonly Question[];
  readonly publicKey: Element;
  /** What Pnyx binds beside the protocol: the field `pnyx`, empty where there is none (part 2). */
  readonly context: JsonObject;
  /** b64 of the SHA-256 of the archived bytes. */
  readonly fingerprint: string;
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
    context: readContext(fields["pnyx"]),
    fingerprint: b64Digest(data),
  };
}

function readContext(value: Json | undefined): JsonObject {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  return isObject ? value : {};
}

/** Whether the second file of part 2 belongs to this election, and each cast is signed (2.2). */
export function isProfileOne(election: Election): boolean {
  return election.context["profile"] === 1;
}

/** Whether casting asks for a permit besides the credential: what an account gets (2.6). */
export function asksForAccount(election: Election): boolean {
  return election.context["access"] === "account-and-credential";
}
