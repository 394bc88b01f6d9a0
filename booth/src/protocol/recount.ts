// What a trustee's program checks before it shuffles or decrypts (PROTOCOL 1.7, 2.3, 2.7): it reads the
// whole record, checks every ballot, and adds them up itself.
import { type Ballot, ciphertextsOf, decodeBallot, verifyBallot } from "./ballot.ts";
import { decodeElection, type Election } from "./election.ts";
import { decodeJson, type JsonObject, sha256Hex, utf8 } from "./encoding.ts";
import { DecodeError, InvalidBallot, InvalidProof, InvalidRecord } from "./errors.ts";
import { Element } from "./group.ts";
import { type Breathe, withoutBreath } from "./proofs.ts";
import {
  decodeCredentials, decodeOwner, decodeSizes, readRecord, type RecordedEvent, type Sizes,
} from "./record.ts";
import { verifyShuffle } from "./shuffle.ts";
import { Adder, encodeTally, type EncryptedTally, verifyPartialDecryption } from "./tally.ts";
import { combinePublicKeys, decodeTrustees, type Trustees, verifyTrustees } from "./trustees.ts";

const CREDENTIALS_LIMIT_BYTES = 200_000_000;

/** The parts of the check, in order. */
export type Stage = "record" | "trustees" | "ballots" | "tally" | "shuffles";

/** Who contributed what: an event's owner, and the hash of the object. */
export interface Contribution {
  readonly owner: number;
  /** SHA-256 of the shuffle or of the partial decryption. */
  readonly payload: string;
  /** The hash of the event before this one's. */
  readonly parent: string;
}

export interface Recount {
  readonly election: Election;
  readonly trustees: Trustees;
  /** The list of trustees as archived. */
  readonly trusteesData: Uint8Array;
  /** The ballots in the record's order; the last of each credential counts. */
  readonly ballots: readonly Ballot[];
  readonly sizes: Sizes;
  /** The ballots' sum, as its text; what a trustee decrypts once and never another. */
  readonly tallyText: string;
  /** The sum, with the ranked ballots as the last shuffle left them. */
  readonly tally: EncryptedTally;
  readonly shuffles: readonly Contribution[];
  readonly decryptions: readonly Contribution[];
  /** The type of the last event, its height and its hash. */
  readonly last: string;
  readonly height: number;
  readonly head: string;
  /** The hash of the last event before the first partial decryption, once it is there. */
  readonly closing: string | undefined;
}

/** Read and check a record up to where it stands; there must be an encrypted tally.
 *
 * `fingerprint` is the election's, which the trustee knows from elsewhere. Throws InvalidRecord
 * with the place: then nothing may be shuffled or decrypted.
 */
export async function recount(input: {
  data: Uint8Array;
  fingerprint: string;
  onStage?: (stage: Stage) => void;
  onBallot?: (done: number, total: number) => void;
  breathe?: Breathe;
}): Promise<Recount> {
  const { data, fingerprint, breathe = withoutBreath } = input;
  const onStage = input.onStage ?? (() => undefined);
  onStage("record");
  const events = await readRecord({ data, breathe });
  const [setup] = events as [RecordedEvent];
  const [electionBytes, trusteesBytes, credentialsBytes] = setup.objects as Uint8Array[];
  const election = at("event 0, election", () => decodeElection(electionBytes as Uint8Array));
  if (election.fingerprint !== fingerprint) {
    throw new InvalidRecord("event 0, election", "the fingerprint is another election's");
  }
  onStage("trustees");
  const trustees = at("event 0, trustees", () => readTrustees(trusteesBytes as Uint8Array, election));
  const weights = at("event 0, credentials", () =>
    decodeCredentials(decodeJson(credentialsBytes as Uint8Array, {
      source: "credentials", limitBytes: CREDENTIALS_LIMIT_BYTES,
    })),
  );
  onStage("ballots");
  election.publicKey.prepare();
  const ballots = await checkBallots({ ...input, breathe, events, election, weights });
  onStage("tally");
  const counted = ofType(events, "EncryptedTally")[0];
  if (counted === undefined) throw new InvalidRecord("record", "the ballots are not added up yet");
  const { tally, text, sizes } = addUp({ event: counted, ballots, election, weights });
  onStage("shuffles");
  const shuffled = await checkShuffles({ events, election, tally, breathe });
  const last = events.at(-1) as RecordedEvent;
  const closing = events.filter(({ type }) => type === "EndShuffles" || type === "EncryptedTally").at(-1);
  const isRanked = hasRanking(election);
  const isReady = closing?.type === (isRanked ? "EndShuffles" : "EncryptedTally");
  const decryptions = checkDecryptions({ events, election, trustees, tally: shuffled.tally, isReady });
  return {
    election, trustees, ballots, sizes, decryptions,
    trusteesData: trusteesBytes as Uint8Array,
    tallyText: text,
    tally: shuffled.tally,
    shuffles: shuffled.shuffles,
    last: last.type,
    height: last.height,
    head: last.hash,
    closing: isReady ? closing?.hash : undefined,
  };
}

export function hasRanking(election: Election): boolean {
  return election.questions.some(({ kind }) => kind === "ranked");
}

/** How many ballots there must be before anything is decrypted (2.7). */
export function minimumBallots(election: Election): number {
  return minimum(election.context, "minimum_ballots");
}

/** Fewer ballots were cast than the election asks for: they are not opened. */
export class TooFewBallots extends Error {
  override readonly name = "TooFewBallots";
  readonly count: number;
  readonly minimum: number;

  constructor(count: number, minimum: number) {
    super(`${count} ballots, and at least ${minimum} are asked for`);
    this.count = count;
    this.minimum = minimum;
  }
}

/** Fewer ballots than the election's smallest number are never decrypted (2.7). */
export function checkEnoughBallots({ election, sizes }: Pick<Recount, "election" | "sizes">): void {
  const required = minimumBallots(election);
  if (sizes.count < required) throw new TooFewBallots(sizes.count, required);
}

/** How many different trustees must have shuffled (2.8). */
export function minimumShuffles(election: Election): number {
  return minimum(election.context, "minimum_shuffles");
}

/** An election that names no smallest number asks for none, as the verifiers read it too. */
function minimum(context: JsonObject, name: string): number {
  const value = context[name] ?? 0;
  if (typeof value === "number" && value >= 0) return value;
  throw new InvalidRecord("event 0, election", `pnyx.${name} is not a number`);
}

// --- Setup -------------------------------------------------------------------------------

function readTrustees(data: Uint8Array, election: Election): Trustees {
  const trustees = decodeTrustees(data);
  verifyTrustees(trustees);
  if (!combinePublicKeys(trustees).equals(election.publicKey)) {
    throw new InvalidProof("the trustees' keys together are not the election's key");
  }
  return trustees;
}

/** Name the place of what is wrong. */
function at<T>(place: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw placed(place, error);
  }
}

function placed(place: string, error: unknown): unknown {
  const isKnown = error instanceof DecodeError || error instanceof InvalidProof ||
    error instanceof InvalidBallot;
  return isKnown ? new InvalidRecord(place, error.message) : error;
}

function ofType(events: readonly RecordedEvent[], type: string): RecordedEvent[] {
  return events.filter((event) => event.type === type);
}

// --- Ballots -----------------------------------------------------------------------------

/** Every ballot is valid, by a credential of the list, and copies no other's ciphertext. */
async function checkBallots(input: {
  events: readonly RecordedEvent[];
  election: Election;
  weights: ReadonlyMap<string, bigint>;
  onBallot?: (done: number, total: number) => void;
  breathe: Breathe;
}): Promise<Ballot[]> {
  const { election, weights, breathe } = input;
  const recorded = ofType(input.events, "Ballot");
  const ballots: Ballot[] = [];
  const seen = new Set<string>();
  for (const { height, objects } of recorded) {
    const place = `event ${height}, ballot`;
    try {
      const ballot = decodeBallot(objects[0] as Uint8Array, { election });
      await verifyBallot({ ballot, election, breathe });
      if (!weights.has(ballot.credential.encode())) {
        throw new InvalidProof("its credential is not on the list");
      }
      for (const { alpha } of ballot.answers.flatMap(ciphertextsOf)) {
        if (seen.has(alpha.encode())) throw new InvalidProof("one of its ciphertexts is a copy");
        seen.add(alpha.encode());
      }
      ballots.push(ballot);
    } catch (error) {
      throw placed(place, error);
    }
    input.onBallot?.(ballots.length, recorded.length);
  }
  return ballots;
}

/** Add up the last ballot of each credential, and compare with what the record says. */
function addUp(input: {
  event: RecordedEvent;
  ballots: readonly Ballot[];
  election: Election;
  weights: ReadonlyMap<string, bigint>;
}): { tally: EncryptedTally; text: string; sizes: Sizes } {
  const { event, election, weights } = input;
  const place = `event ${event.height}`;
  const last = new Map(input.ballots.map((ballot) => [ballot.credential.encode(), ballot]));
  const adder = new Adder(election);
  at(place, () => {
    for (const [credential, { answers }] of last) adder.add(answers, weights.get(credential) ?? 0n);
  });
  const { tally, count, weight } = adder.total();
  const text = encodeTally(tally);
  const [published, sizesBytes] = event.objects as [Uint8Array, Uint8Array];
  if (sha256Hex(published) !== sha256Hex(utf8(text))) {
    throw new InvalidRecord(`${place}, encrypted tally`, "it is not the sum of the ballots");
  }
  const sizes = at(`${place}, sized encrypted tally`, () => decodeSizes(sizesBytes));
  if (sizes.count !== count || sizes.weight !== weight) {
    throw new InvalidRecord(`${place}, sized encrypted tally`, "the number of ballots is another");
  }
  return { tally, text, sizes };
}

// --- Shuffles and partial decryptions ----------------------------------------------------

async function checkShuffles(input: {
  events: readonly RecordedEvent[];
  election: Election;
  tally: EncryptedTally;
  breathe: Breathe;
}): Promise<{ tally: EncryptedTally; shuffles: Contribution[] }> {
  const { events, election, breathe } = input;
  let { tally } = input;
  const shuffles: Contribution[] = [];
  for (const event of ofType(events, "Shuffle")) {
    const place = `event ${event.height}, shuffle`;
    if (!hasRanking(election)) throw new InvalidRecord(place, "there is nothing to shuffle");
    const [data, owned] = event.objects as [Uint8Array, Uint8Array];
    try {
      tally = await verifyShuffle({ data, election, tally, breathe });
    } catch (error) {
      throw placed(place, error);
    }
    shuffles.push(contribution({ events, event, owned, earlier: shuffles, data }));
  }
  return { tally, shuffles };
}

function checkDecryptions(input: {
  events: readonly RecordedEvent[];
  election: Election;
  trustees: Trustees;
  tally: EncryptedTally;
  isReady: boolean;
}): Contribution[] {
  const { events, election, trustees, tally } = input;
  const decryptions: Contribution[] = [];
  for (const event of ofType(events, "PartialDecryption")) {
    const place = `event ${event.height}, partial decryption`;
    if (!input.isReady) throw new InvalidRecord(place, "ranked ballots are decrypted without a shuffle");
    const [bytes, owned] = event.objects as [Uint8Array, Uint8Array];
    const found = contribution({ events, event, owned, earlier: decryptions, data: bytes });
    const trustee = trustees.slots[found.owner - 1]?.trustee;
    if (trustee === undefined) throw new InvalidRecord(place, "there is no such trustee");
    const data = new TextDecoder().decode(bytes);
    at(place, () => verifyPartialDecryption({ data, election, trustee, tally }));
    decryptions.push(found);
  }
  return decryptions;
}

function contribution(input: {
  events: readonly RecordedEvent[];
  event: RecordedEvent;
  owned: Uint8Array;
  data: Uint8Array;
  earlier: readonly Contribution[];
}): Contribution {
  const { events, event, earlier } = input;
  const place = `event ${event.height}`;
  const owner = at(place, () => decodeOwner(input.owned));
  if (earlier.some((one) => one.owner === owner)) {
    throw new InvalidRecord(place, `trustee ${owner} has one before`);
  }
  const parent = (events[event.height - 1] as RecordedEvent).hash;
  return { owner, payload: sha256Hex(input.data), parent };
}

/** Where a key stands among the slots, from 1; undefined where it is in none. */
export function ownerOf(trustees: Trustees, publicKey: Element): number | undefined {
  const index = trustees.slots.findIndex(({ trustee }) => trustee.publicKey.equals(publicKey));
  return index < 0 ? undefined : index + 1;
}
