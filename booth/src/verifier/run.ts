// Runs the steps and sums up: the same steps, numbers and verdicts as `evote verify` (PROTOCOL 3.1).
import { isProfileOne } from "../protocol/election.ts";
import { NotSupported } from "../protocol/errors.ts";
import type { Breathe } from "../protocol/proofs.ts";
import { withoutBreath } from "../protocol/proofs.ts";
import {
  checkCasts, checkCeremony, checkCompanion, checkShuffleStatements, checkStrongProofs,
} from "./companion_steps.ts";
import {
  checkArchive, checkBallots, checkBox, checkChain, checkCredentials, checkElection, checkTrustees,
} from "./record_steps.ts";
import { NotAskedFor, type Report, type Step, StepFailed, type StepStatus, type Verdict, Waiting } from "./report.ts";
import { type Progress, State } from "./state.ts";
import { checkDecryptions, checkResult, checkShuffles, checkTally } from "./tally_steps.ts";

/** The step of the second file, on which all others of part 2 build. */
const COMPANION = 12;

interface StepCheck {
  readonly number: number;
  readonly title: string;
  /** The steps that this one builds on. */
  readonly needs: readonly number[];
  readonly check: (state: State) => Promise<string[]>;
}

/** In the order in which they are run, which is not always that of their numbers. */
const STEPS: readonly StepCheck[] = [
  { number: 1, title: "The archive", needs: [], check: checkArchive },
  { number: 2, title: "The chain of events", needs: [1], check: checkChain },
  { number: 3, title: "The election", needs: [2], check: checkElection },
  { number: 4, title: "The trustees", needs: [3], check: checkTrustees },
  { number: 5, title: "The credentials", needs: [3], check: checkCredentials },
  { number: 6, title: "The ballots, one by one", needs: [3, 5], check: checkBallots },
  { number: 7, title: "The ballot box", needs: [6], check: checkBox },
  { number: 8, title: "The encrypted tally", needs: [7], check: checkTally },
  { number: 11, title: "The shuffles", needs: [4, 8], check: checkShuffles },
  { number: 9, title: "The partial decryptions", needs: [11], check: checkDecryptions },
  { number: 10, title: "The result", needs: [9], check: checkResult },
  { number: COMPANION, title: "The second file", needs: [3], check: checkCompanion },
  { number: 13, title: "The trustees' ceremony", needs: [4, COMPANION], check: checkCeremony },
  { number: 14, title: "The cast statements", needs: [6, COMPANION], check: checkCasts },
  { number: 15, title: "The shuffle statements", needs: [11, COMPANION], check: checkShuffleStatements },
  { number: 16, title: "The strong decryption proofs", needs: [9, COMPANION], check: checkStrongProofs },
];

/** Check a whole record, byte by byte, and report every step.
 *
 * `companion` is the second file, `<uuid>.pnyx.json`, which an election of profile 1 must have.
 * Throws NotSupported where the record uses what this program cannot check: then nothing about it
 * is confirmed.
 */
export async function verifyRecord(input: {
  record: Uint8Array;
  companion?: Uint8Array | undefined;
  progress?: Progress;
  breathe?: Breathe;
  /** Also take trustees of a threshold in the form of 2022 (3.3). */
  acceptsLegacyThreshold?: boolean;
}): Promise<Report> {
  const { progress = () => undefined, breathe = withoutBreath, acceptsLegacyThreshold = false } = input;
  const state = new State(input.record, input.companion, progress, breathe, acceptsLegacyThreshold);
  const done = new Map<number, Step>();
  for (const declared of STEPS) done.set(declared.number, await run(declared, state, done));
  const steps = [...done.values()].sort((one, other) => one.number - other.number);
  const election = state.known("election");
  return {
    verdict: sumUp(steps.map(({ status }) => status)),
    steps,
    election,
    name: election?.name,
    uuid: election?.uuid,
    fingerprint: election?.fingerprint,
    profile: election === undefined ? undefined : Number(isProfileOne(election)),
    ballotsCounted: state.known("sizes")?.count,
    result: state.known("result"),
  };
}

function sumUp(statuses: readonly StepStatus[]): Verdict {
  const isFine = (status: StepStatus): boolean => status === "passed" || status === "not asked for";
  if (statuses.every(isFine)) return "complete";
  return statuses.every((status) => isFine(status) || status === "waiting") ? "unfinished" : "invalid";
}

/** Run one step. Whatever it throws, foreseen or not, it is red. */
async function run(
  declared: StepCheck, state: State, earlier: ReadonlyMap<number, Step>,
): Promise<Step> {
  const { number, title, needs, check } = declared;
  const end = (status: StepStatus, comparisons: readonly string[], problems: readonly string[]): Step => ({
    number, title, status, comparisons, problems,
  });
  const needed = needs.map((need) => earlier.get(need)?.status);
  if (needed.includes("failed") || needed.includes("not reached")) return end("not reached", [], []);
  // What belongs to the second file is not asked for where that file is not.
  if (needs.includes(COMPANION) && needed.includes("not asked for")) return end("not asked for", [], []);
  if (needed.includes("waiting")) return end("waiting", [], []);
  try {
    const comparisons = await check(state);
    return comparisons.length > 0 ? end("passed", comparisons, []) : end("failed", [], ["nothing was compared"]);
  } catch (error) {
    if (error instanceof NotSupported) throw error;
    if (error instanceof Waiting) return end("waiting", error.message ? [error.message] : [], []);
    if (error instanceof NotAskedFor) return end("not asked for", [], []);
    if (error instanceof StepFailed) return end("failed", [], error.problems);
    return end("failed", [], [error instanceof Error ? error.message : String(error)]);
  }
}

export const TITLES: readonly string[] = STEPS.map(({ title }) => title);
