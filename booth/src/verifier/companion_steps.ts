// Steps 12 to 16: what Pnyx adds beside the record (PROTOCOL, part 2).
import { verifyCast, NO_PREVIOUS_BALLOT } from "../protocol/cast.ts";
import { decodeCompanion } from "../protocol/companion.ts";
import { isProfileOne } from "../protocol/election.ts";
import { encodeJson, sha256Hex, utf8 } from "../protocol/encoding.ts";
import { decodeOwner } from "../protocol/record.ts";
import { verifyShuffleStatement, verifyTranscript } from "../protocol/statements.ts";
import { verifyStrongProofs } from "../protocol/tally.ts";
import { commitTo, hashCertificates } from "../protocol/threshold.ts";
import type { ThresholdTrustees } from "../protocol/trustees.ts";
import { failIfAny } from "./record_steps.ts";
import { at, NotAskedFor, StepFailed, Waiting } from "./report.ts";
import type { State } from "./state.ts";

export async function checkCompanion(state: State): Promise<string[]> {
  const election = state.get("election");
  if (!isProfileOne(election)) throw new NotAskedFor();
  if (state.companionData === undefined) {
    throw new StepFailed([`the election asks for its second file, ${election.uuid}.pnyx.json, which is missing`]);
  }
  const data = state.companionData;
  const companion = at("companion", () => decodeCompanion(data));
  const problems: string[] = [];
  if (companion.uuid !== election.uuid) problems.push("companion: it belongs to another election");
  if (companion.fingerprint !== election.fingerprint) problems.push("companion: the fingerprint is another");
  for (const [name, list, type] of [
    ["casts", companion.casts, "Ballot"],
    ["shuffles", companion.shuffles, "Shuffle"],
    ["decryptions", companion.decryptions, "PartialDecryption"],
  ] as const) {
    const count = state.ofType(type).length;
    if (list.length !== count) problems.push(`companion, ${name}: ${list.length} for ${count} events of type ${type}`);
  }
  failIfAny(problems);
  state.set("companion", companion);
  return [
    `${data.length} bytes in their one canonical form, for this election`,
    "one statement for each ballot, each shuffle and each partial decryption",
  ];
}

export async function checkCeremony(state: State): Promise<string[]> {
  const { commits, transcript, signatures } = state.get("companion").ceremony;
  const { fingerprint, uuid } = state.get("election");
  const { items, slots } = state.get("trustees");
  const groups = items.flatMap((item) => ("group" in item ? [item.group] : []));
  if (commits.length !== groups.length) {
    throw new StepFailed([`ceremony, commits: ${commits.length} lists for ${groups.length} groups of trustees`]);
  }
  groups.forEach((group, index) => checkCommits(uuid, group, commits[index] ?? [], `ceremony, commits[${index}]`));
  const expected = sha256Hex(utf8(encodeJson({
    election_hash: fingerprint,
    trustees: sha256Hex(state.object(state.first("Setup"), 1)),
    certs: hashCertificates(groups.flatMap(({ certificates }) => certificates)),
    commits: commits.map((hashes) => [...hashes]),
  })));
  if (transcript !== expected) throw new StepFailed(["ceremony, transcript: it is not the hash of what the ceremony fixed"]);
  if (signatures.length !== slots.length) {
    throw new StepFailed([`ceremony, signatures: ${signatures.length} for ${slots.length} trustees`]);
  }
  slots.forEach(({ trustee: { publicKey } }, index) => {
    const proof = signatures[index];
    if (proof === undefined) throw new Error("lengths were compared");
    at(`ceremony, signature of trustee ${index + 1}`, () =>
      verifyTranscript({ fingerprint, transcript, publicKey, proof }),
    );
  });
  return [
    ...groups.map(() => "every member committed to their part of the key before anybody showed theirs"),
    `all ${slots.length} trustees signed that they have seen this election with their key in it`,
  ];
}

/** Every member's commitment must be of what they revealed, and no two the same (2.4). */
function checkCommits(
  uuid: string, group: ThresholdTrustees, commits: readonly string[], place: string,
): void {
  const { certificates, coefexps } = group;
  if (commits.length !== certificates.length) {
    throw new StepFailed([`${place}: ${commits.length} commitments for ${certificates.length} members`]);
  }
  failIfAny(coefexps.flatMap((revealed, index) =>
    commitTo({ uuid, index: index + 1, certificates, coefexps: revealed }) === commits[index]
      ? []
      : [`${place}[${index}]: member ${index + 1} revealed something else`],
  ));
  if (new Set(commits).size !== commits.length) throw new StepFailed([`${place}: two members committed to the same`]);
}

export async function checkCasts(state: State): Promise<string[]> {
  const { casts } = state.get("companion");
  const { fingerprint } = state.get("election");
  const ballots = state.get("ballots");
  const newest = new Map<string, string>();
  const problems: string[] = [];
  for (const [index, { height, ballot }] of ballots.entries()) {
    const cast = casts[index];
    if (cast === undefined) throw new Error("lengths were compared");
    const place = `casts[${index}], event ${height}`;
    const key = ballot.credential.encode();
    if (cast.tracker !== ballot.tracker) problems.push(`${place}: it is about another ballot`);
    if (cast.prev !== (newest.get(key) ?? NO_PREVIOUS_BALLOT)) {
      problems.push(`${place}: it does not follow the ballot that its credential cast before`);
    }
    newest.set(key, ballot.tracker);
    try {
      verifyCast({ ...cast, fingerprint, credential: ballot.credential });
    } catch (error) {
      problems.push(`${place}: ${(error as Error).message}`);
    }
    await state.breathe();
  }
  failIfAny(problems);
  return [`${casts.length} ballots, each signed by its credential as the one after the last, without fork or gap`];
}

export async function checkShuffleStatements(state: State): Promise<string[]> {
  const { shuffles } = state.get("companion");
  const election = state.get("election");
  if (!election.questions.some(({ kind }) => kind === "ranked")) throw new NotAskedFor();
  const events = state.ofType("Shuffle");
  const { slots } = state.get("trustees");
  const problems: string[] = [];
  events.forEach((event, index) => {
    const place = `shuffles[${index}], event ${event.height}`;
    const statement = shuffles[index];
    if (statement === undefined) throw new Error("lengths were compared");
    const { owner, payload, proof } = statement;
    const publicKey = slots[owner - 1]?.trustee.publicKey;
    const hash = sha256Hex(state.object(event, 0));
    if (publicKey === undefined || payload !== hash || owner !== ownerOf(event.objects[1])) {
      problems.push(`${place}: it is about another shuffle`);
      return;
    }
    const parent = state.get("events")[event.height - 1]?.hash ?? "";
    try {
      verifyShuffleStatement({ fingerprint: election.fingerprint, publicKey, parent, payload, proof });
    } catch (error) {
      problems.push(`${place}: ${(error as Error).message}`);
    }
  });
  failIfAny(problems);
  state.first("EndShuffles");
  const minimum = requiredShuffles(election.context["minimum_shuffles"]);
  if (events.length < minimum) {
    throw new StepFailed([`${events.length} shuffles, but the election asks for ${minimum}`]);
  }
  return [`${events.length} shuffles, each signed by the trustee who made it; at least ${minimum} were asked for`];
}

export async function checkStrongProofs(state: State): Promise<string[]> {
  const { decryptions } = state.get("companion");
  const events = state.ofType("PartialDecryption");
  const [first] = events;
  if (first === undefined) throw new Waiting();
  const closing = state.get("events")[first.height - 1]?.hash ?? "";
  const { slots } = state.get("trustees");
  const problems: string[] = [];
  for (const [index, event] of events.entries()) {
    const statement = decryptions[index];
    if (statement === undefined) throw new Error("lengths were compared");
    const { owner, payload, proofs } = statement;
    const place = `decryptions[${index}], trustee ${owner}`;
    const trustee = slots[owner - 1]?.trustee;
    const body = state.object(event, 0);
    if (trustee === undefined || payload !== sha256Hex(body) || owner !== ownerOf(event.objects[1])) {
      problems.push(`${place}: it is about another partial decryption`);
      continue;
    }
    try {
      verifyStrongProofs({
        data: new TextDecoder().decode(body), election: state.get("election"), trustee,
        tally: state.get("shuffled"), proofs, closing,
      });
    } catch (error) {
      problems.push(`${place}: ${(error as Error).message}`);
    }
    await state.breathe();
  }
  failIfAny(problems);
  return [`${decryptions.length} partial decryptions, each factor bound to its ciphertext and its place`];
}

function ownerOf(payload: Uint8Array | undefined): number {
  if (payload === undefined) throw new Error("the event has no payload");
  return decodeOwner(payload);
}

/** How many the sealed election asks for (2.8). */
function requiredShuffles(value: unknown): number {
  return typeof value === "number" ? value : 0;
}
