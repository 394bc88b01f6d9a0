// The election (PROTOCOL 1.3; specification "Elections").
import {
  b64Digest, readList, decodeJson, readObject, readText, type Json, type JsonObject,
} from "./encoding.ts";
import { DecodeError, NotSupported } from "./errors.ts";
import { ED25519, type Element, type Group } from "./group.ts";
import { type AnyQuestion, type Question, type ReadOther, readQuestion, refuseOther } from "./question.ts";

export {
  type AnyQuestion, choiceCount, type HomomorphicQuestion, type ListsQuestion, permittedCounts, plainLength, type Question, type RankedQuestion,
} from "./question.ts";

const ELECTION_LIMIT_BYTES = 4_000_000;
const ELECTION_FIELDS = ["version", "description", "name", "group", "public_key", "questions", "uuid"];

export interface Election<Asked = Question> {
  readonly uuid: string;
  readonly name: string;
  readonly description: string;
  readonly questions: readonly Asked[];
  readonly publicKey: Element;
  /** What Pnyx binds beside the protocol: the field `pnyx`, empty where there is none (part 2). */
  readonly context: JsonObject;
  /** b64 of the SHA-256 of the archived bytes. */
  readonly fingerprint: string;
}

/** An election that may ask what only the second verifier reads. */
export type AnyElection = Election<AnyQuestion>;

/** Read an election that people vote in here, from its archived bytes.
 *
 * Throws NotSupported where it asks for more than that.
 */
export function decodeElection(data: Uint8Array): Election {
  return decodeElectionWith<never>(data, { groups: [ED25519], readOther: refuseOther });
}

/** Read an election of any of these groups; the fingerprint is computed over exactly these bytes. */
export function decodeElectionWith<Other>(
  data: Uint8Array, { groups, readOther }: { groups: readonly Group[]; readOther: ReadOther<Other> },
): Election<Question | Other> {
  const value = decodeJson(data, { source: "election", limitBytes: ELECTION_LIMIT_BYTES });
  // Unknown fields are allowed here, and here only: they bind our own context.
  const known = typeof value === "object" && value !== null ? Object.keys(value) : [];
  const fields = readObject(value, "election", ELECTION_FIELDS, known);
  if (fields["version"] !== 1) throw new NotSupported("election version is not 1");
  const group = groups.find(({ name }) => name === fields["group"]);
  if (group === undefined) {
    throw new NotSupported(`the group is none of ${groups.map(({ name }) => name).join(", ")}`);
  }
  const uuid = readText(fields["uuid"], "election.uuid");
  if (!/^[1-9A-HJ-NP-Za-km-z]{14,64}$/.test(uuid)) throw new DecodeError("election.uuid: not base58");
  const questions = readList(fields["questions"], "election.questions").map((question, index) =>
    readQuestion(question, `election.questions[${index}]`, readOther, group),
  );
  if (questions.length === 0) throw new DecodeError("election.questions: empty");
  const publicKey = group.decode(fields["public_key"], "election.public_key");
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
export function isProfileOne(election: AnyElection): boolean {
  return election.context["profile"] === 1;
}

/** Whether casting asks for a permit besides the credential: what an account gets (2.6). */
export function asksForAccount(election: Election): boolean {
  return election.context["access"] === "account-and-credential";
}
