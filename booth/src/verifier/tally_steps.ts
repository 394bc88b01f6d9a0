// Steps 8 to 11: from the ballots to the result (PROTOCOL 1.7 to 1.9, 2.7, 3.1).
import { extractVector } from "../protocol/embedding.ts";
import type { AnyElection, AnyQuestion } from "../protocol/election.ts";
import { decodeJson, type Json, readInteger, readList, readObject, utf8 } from "../protocol/encoding.ts";
import { DecodeError, InvalidProof } from "../protocol/errors.ts";
import type { Element } from "../protocol/group.ts";
import { decodeOwner, decodeSizes, readWeight } from "../protocol/record.ts";
import { verifyShuffle } from "../protocol/shuffle.ts";
import { Adder, type EncryptedTally, encodeTally, verifyPartialDecryption } from "../protocol/tally.ts";
import { combineFactors } from "../protocol/combining.ts";
import { failIfAny } from "./record_steps.ts";
import { at, atAsync, type QuestionResult, StepFailed, Waiting } from "./report.ts";
import type { Decryption, State } from "./state.ts";

const RESULT_LIMIT_BYTES = 100_000_000;

export async function checkTally(state: State): Promise<string[]> {
  const event = state.first("EncryptedTally");
  const place = `event ${event.height}`;
  const election = state.get("election");
  const counted = [...state.get("counted").values()];
  const adder = new Adder(election);
  for (const [index, { ballot }] of counted.entries()) {
    const weight = state.get("weights").get(ballot.credential.encode()) ?? 1n;
    at(`${place}, encrypted tally`, () => adder.add(ballot.answers, weight));
    state.progress(TALLY, index + 1, counted.length);
    await state.breathe();
  }
  const { tally, count, weight } = adder.total();
  const problems: string[] = [];
  if (!isSame(utf8(encodeTally(tally, election.questions)), state.object(event, 0))) {
    problems.push(`${place}, encrypted tally: this is not the sum of the last ballot of each credential`);
  }
  const sizes = at(`${place}, sized encrypted tally`, () => decodeSizes(state.object(event, 1)));
  if (sizes.count !== count) problems.push(`${place}: num_tallied says ${sizes.count}, the ballots give ${count}`);
  if (sizes.weight !== weight) {
    problems.push(`${place}: total_weight says ${sizes.weight}, the ballots give ${weight}`);
  }
  failIfAny(problems);
  state.set("tally", tally);
  state.set("sizes", sizes);
  return [
    `the sum of the last ballots of ${count} credentials is the published one`,
    `${count} ballots are counted, with a total weight of ${weight}`,
  ];
}

export async function checkShuffles(state: State): Promise<string[]> {
  const election = state.get("election");
  const events = state.ofType("Shuffle");
  const isAskedFor = election.questions.some(({ kind }) => kind === "ranked");
  if (!isAskedFor) {
    const [stray] = [...events, ...state.ofType("EndShuffles")];
    if (stray !== undefined) throw new StepFailed([`event ${stray.height}: there is nothing to shuffle`]);
    state.first("EncryptedTally");
    state.set("shuffled", state.get("tally"));
    return ["no question is ranked, so nothing is shuffled"];
  }
  state.first("EncryptedTally");
  const [early] = state.ofType("PartialDecryption");
  if (early !== undefined && events.length === 0) {
    throw new StepFailed([`event ${early.height}: ranked ballots are decrypted without a shuffle`]);
  }
  let tally: EncryptedTally = state.get("tally");
  const owners = new Set<number>();
  for (const [index, event] of events.entries()) {
    const place = `event ${event.height}`;
    readOwnerOnce(state, state.object(event, 1), owners, place, "shuffled");
    const before = tally;
    tally = await atAsync(`${place}, shuffle`, () => verifyShuffle({
      data: state.object(event, 0), election, tally: before, breathe: state.breathe,
    }));
    state.progress(SHUFFLES, index + 1, events.length);
  }
  state.first("EndShuffles");
  state.set("shuffled", tally);
  return [`${events.length} shuffles by different trustees, each proven to have changed no vote`];
}

export async function checkDecryptions(state: State): Promise<string[]> {
  state.first("EncryptedTally");
  const events = state.ofType("PartialDecryption");
  const { count } = state.get("sizes");
  const minimum = minimumBallots(state.get("election"));
  if (count < minimum) {
    if (events.length > 0) {
      throw new StepFailed([`${count} ballots were decrypted, but nothing may be below ${minimum}`]);
    }
    throw new Waiting(`${count} ballots were cast; with fewer than ${minimum} nothing is decrypted`);
  }
  if (events.length === 0) throw new Waiting();
  const { slots } = state.get("trustees");
  const owners = new Set<number>();
  const decryptions: Decryption[] = [];
  const problems: string[] = [];
  for (const [index, event] of events.entries()) {
    const place = `event ${event.height}`;
    try {
      const owner = readOwnerOnce(state, state.object(event, 1), owners, place, "decrypted");
      const trustee = slots[owner - 1]?.trustee;
      if (trustee === undefined) throw new Error("no such trustee");
      const data = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(state.object(event, 0));
      const factors = at(`${place}, partial decryption of trustee ${owner}`, () =>
        verifyPartialDecryption({ data, election: state.get("election"), trustee, tally: state.get("shuffled") }),
      );
      decryptions.push({ owner, factors });
    } catch (error) {
      // Go on, so that every trustee at fault is named.
      problems.push(...(error instanceof StepFailed ? error.problems : [`${place}: ${(error as Error).message}`]));
    }
    state.progress(DECRYPTIONS, index + 1, slots.length);
    await state.breathe();
  }
  failIfAny(problems);
  state.set("decryptions", decryptions);
  return [`${decryptions.length} of ${slots.length} trustees decrypted exactly this tally, each with the key of the list`];
}

export async function checkResult(state: State): Promise<string[]> {
  const event = state.first("Result");
  const place = `event ${event.height}, result`;
  const { weight } = state.get("sizes");
  const shuffled = state.get("shuffled");
  const { questions } = state.get("election");
  const result = at(place, () => {
    const factors = combineFactors({ trustees: state.get("trustees"), decryptions: state.get("decryptions") });
    const value = decodeJson(state.object(event, 0), { source: "result", limitBytes: RESULT_LIMIT_BYTES });
    const lists = readList(readObject(value, "result", ["result"])["result"], "result", questions.length);
    return questions.map((question, index) => {
      const plain = (shuffled[index] ?? []).map(({ beta }, position) =>
        beta.times((factors[index]?.[position] as Element).inverse()),
      );
      return readResult(lists[index], { question, plain, weight, place: `result[${index}]` });
    });
  });
  state.set("result", result);
  return ["every number of the result is the decrypted one", `no count is above ${weight}`];
}

function readResult(
  value: Json | undefined,
  expected: { question: AnyQuestion; plain: readonly Element[]; weight: bigint; place: string },
): QuestionResult {
  const { question, plain, weight, place } = expected;
  const flat = question.kind === "lists" ? question.flatten(value, place) : value;
  const items = readList(flat, place, plain.length);
  if (question.kind === "ranked") {
    return plain.map((element, index) => {
      const at = `${place}[${index}]`;
      const numbers = readList(items[index], at, question.answers.length).map((item) => readInteger(item, at));
      const found = extractVector(element, question.answers.length);
      if (numbers.some((number, position) => number !== found[position])) {
        throw new InvalidProof(`${at}: this is not what was decrypted`);
      }
      return found;
    });
  }
  const counts = plain.map((element, index) => {
    const at = `${place}[${index}]`;
    const count = readWeight(items[index], at);
    // count + q would satisfy the equation too.
    if (count > weight) throw new DecodeError(`${at}: more than the total weight`);
    if (!element.group.generator.publicPower(count).equals(element)) {
      throw new InvalidProof(`${at}: this is not what was decrypted`);
    }
    return count;
  });
  return question.kind === "lists" ? question.nest(counts) : counts;
}

function readOwnerOnce(
  state: State, data: Uint8Array, owners: Set<number>, place: string, done: string,
): number {
  const owner = at(`${place}, payload`, () => decodeOwner(data));
  const { slots } = state.get("trustees");
  if (owner > slots.length) throw new StepFailed([`${place}: there is no trustee ${owner}, only ${slots.length}`]);
  if (owners.has(owner)) throw new StepFailed([`${place}: trustee ${owner} has ${done} before`]);
  owners.add(owner);
  return owner;
}

/** Below this many ballots nothing is decrypted (2.7); 0 where the election says nothing. */
function minimumBallots(election: AnyElection): number {
  const minimum = election.context["minimum_ballots"];
  return typeof minimum === "number" ? minimum : 0;
}

function isSame(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, index) => byte === right[index]);
}

export const TALLY = 8;
export const SHUFFLES = 11;
export const DECRYPTIONS = 9;
