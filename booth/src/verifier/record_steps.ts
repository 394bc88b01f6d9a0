// Steps 1 to 7: the form of the record, who may vote, and what lies in the box (PROTOCOL 3.1).
import { ciphertextsOf, decodeBallot, verifyBallot } from "../protocol/ballot.ts";
import { decodeElectionWith, isProfileOne } from "../protocol/election.ts";
import { decodeJson } from "../protocol/encoding.ts";
import { NotSupported } from "../protocol/errors.ts";
import { ED25519 } from "../protocol/group.ts";
import { decodeCredentials, readArchive, readChain } from "../protocol/record.ts";
import { combinePublicKeys, decodeTrustees, verifyTrustees } from "../protocol/trustees.ts";
import { BELENIOS_2048, RFC_3526_2048 } from "./field.ts";
import { readLists } from "./lists.ts";
import { at, StepFailed } from "./report.ts";
import type { CheckedBallot, State } from "./state.ts";

const CREDENTIALS_LIMIT_BYTES = 1_000_000_000;
// A record with a thousand bad ballots is not more invalid than one with twenty.
const PROBLEMS_SHOWN = 20;
const GROUPS = [ED25519, BELENIOS_2048, RFC_3526_2048];

export async function checkArchive(state: State): Promise<string[]> {
  const { record: data, breathe } = state;
  const files = await readArchive({ data, breathe });
  state.set("files", files);
  return [
    `${data.length} bytes are exactly ${files.length + 1} files`,
    "every file's name is the SHA-256 of its content",
    "every header is as the format writes it, with one time in all of them",
  ];
}

export async function checkChain(state: State): Promise<string[]> {
  const events = readChain(state.get("files"));
  state.set("events", events);
  return [
    `${events.length} events with heights 0 to ${events.length - 1}, without a gap`,
    "every event names the hash of the one before it and of its payload",
    `the order of events is permitted; the last one is ${events.at(-1)?.type}`,
    "Setup, tally, shuffles and decryptions name the hashes of the objects beside them",
  ];
}

export async function checkElection(state: State): Promise<string[]> {
  const election = at("event 0, election", () => decodeElectionWith(setupObject(state, 0), { groups: GROUPS, readOther: readLists }));
  const { group } = election.publicKey;
  if (isProfileOne(election) && group !== ED25519) {
    throw new NotSupported(`the second file beside a record is read for ${ED25519.name} only`);
  }
  state.set("election", election);
  return [
    `uuid ${election.uuid}, version 1, group ${group.name}, ${election.questions.length} questions`,
    `the fingerprint is ${election.fingerprint}`,
    "the public key is an element of the prime-order group and not the identity",
  ];
}

export async function checkTrustees(state: State): Promise<string[]> {
  const place = "event 0, trustees";
  const trustees = at(place, () => {
    const { group } = state.get("election").publicKey;
    const read = decodeTrustees(setupObject(state, 1), group, state.acceptsLegacyThreshold);
    verifyTrustees(read);
    return read;
  });
  if (!combinePublicKeys(trustees).equals(state.get("election").publicKey)) {
    throw new StepFailed([`${place}: the election's public key is not the product of the trustees' keys`]);
  }
  state.set("trustees", trustees);
  const groups = trustees.items.flatMap((item) => ("group" in item ? [item.group] : []));
  return [
    `${trustees.slots.length} trustees, all with different keys, each proven to know its secret`,
    ...groups.map((group) =>
      group.signatures === undefined
        ? `${group.threshold} of ${group.members.length} suffice, in the form of 2022: certificates and commitments hold`
        : `${group.threshold} of ${group.members.length} suffice: certificates, commitments and signatures hold`,
    ),
    "the product of their keys is the election's public key",
  ];
}

export async function checkCredentials(state: State): Promise<string[]> {
  const { group } = state.get("election").publicKey;
  const weights = at("event 0, credentials", () =>
    decodeCredentials(decodeJson(setupObject(state, 2), {
      source: "credentials", limitBytes: CREDENTIALS_LIMIT_BYTES,
    }), group),
  );
  let done = 0;
  for (const credential of weights.keys()) {
    const place = `event 0, credentials[${done}]`;
    if (at(place, () => group.decode(credential)).isIdentity()) {
      throw new StepFailed([`${place}: the identity is nobody's credential`]);
    }
    done += 1;
    state.progress(CREDENTIALS, done, weights.size);
    await state.breathe();
  }
  state.set("weights", weights);
  const total = [...weights.values()].reduce((sum, weight) => sum + weight, 0n);
  return [
    `${weights.size} credentials, all different, each an element of the prime-order group`,
    `their weights sum to ${total}`,
  ];
}

export async function checkBallots(state: State): Promise<string[]> {
  const election = state.get("election");
  election.publicKey.prepare();
  const events = state.ofType("Ballot");
  const weights = state.get("weights");
  const ballots: CheckedBallot[] = [];
  const problems: string[] = [];
  for (const [index, event] of events.entries()) {
    const place = `event ${event.height}, ballot`;
    try {
      const ballot = decodeBallot(state.object(event, 0), { election });
      await verifyBallot({ ballot, election, breathe: state.breathe });
      ballots.push({ height: event.height, ballot });
      if (!weights.has(ballot.credential.encode())) {
        problems.push(`${place}, credential: it is not on the list of credentials`);
      }
    } catch (error) {
      problems.push(`${place}: ${(error as Error).message}`);
    }
    state.progress(BALLOTS, index + 1, events.length);
  }
  failIfAny(problems);
  state.set("ballots", ballots);
  return [
    `${ballots.length} ballots, each in its one canonical form and for this election`,
    "each is signed by a credential of the list",
    "each proves that what it encrypts is permitted",
  ];
}

export async function checkBox(state: State): Promise<string[]> {
  const trackers = new Map<string, number>();
  const alphas = new Map<string, number>();
  const counted = new Map<string, CheckedBallot>();
  const problems: string[] = [];
  for (const checked of state.get("ballots")) {
    const { height, ballot } = checked;
    const place = `event ${height}, ballot`;
    const earlier = trackers.get(ballot.tracker);
    if (earlier !== undefined) problems.push(`${place}: the same ballot stands at event ${earlier}`);
    trackers.set(ballot.tracker, height);
    for (const { alpha } of ballot.answers.flatMap(ciphertextsOf)) {
      const seen = alphas.get(alpha.encode());
      if (seen !== undefined && earlier === undefined) {
        problems.push(`${place}: a ciphertext stands at event ${seen} already`);
      }
      alphas.set(alpha.encode(), height);
    }
    counted.set(ballot.credential.encode(), checked);
    await state.breathe();
  }
  failIfAny(problems);
  state.first("Setup");
  state.set("counted", counted);
  return [
    `${trackers.size} trackers and ${alphas.size} ciphertexts, none of them twice`,
    `${counted.size} credentials voted; ${trackers.size - counted.size} ballots were replaced later`,
  ];
}

function setupObject(state: State, index: number): Uint8Array {
  return state.object(state.first("Setup"), index);
}

export function failIfAny(problems: readonly string[]): void {
  if (problems.length === 0) return;
  const more = problems.length - PROBLEMS_SHOWN;
  throw new StepFailed([...problems.slice(0, PROBLEMS_SHOWN), ...(more > 0 ? [`and ${more} more`] : [])]);
}

export const CREDENTIALS = 5;
export const BALLOTS = 6;
