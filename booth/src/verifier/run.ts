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

interface StepCheck {
  readonly title: string;
  /** The steps that this one builds on. */
  readonly needs: readonly number[];
  readonly check: (state: State) => Promise<string[]>;
}

/** Numbered from 1. */
const STEPS: readonly StepCheck[] = [
  { title: "The archive", needs: [], check: checkArchive },
  { title: "The chain of events", needs: [1], check: checkChain },
  { title: "The election", needs: [2], check: checkElection },
  { title: "The trustees", needs: [3], check: checkTrustees },
  { title: "The credentials", needs: [3], check: checkCredentials },
  { title: "The ballots, one by one", needs: [3, 5], check: checkBallots },
  { title: "The ballot box", needs: [6], check: checkBox },
  { title: "The encrypted tally", needs: [7], check: checkTally },
  { title: "The shuffles", needs: [4, 8], check: checkShuffles },
  { title: "The partial decryptions", needs: [4, 8, 9], check: checkDecryptions },
  { title: "The result", needs: [10], check: checkResult },
  { title: "The companion file", needs: [3], check: checkCompanion },
  { title: "The trustees' ceremony", needs: [4, 12], check: checkCeremony },
  { title: "The cast statements", needs: [6, 12], check: checkCasts },
  { title: "The shuffle statements", needs: [9, 12], check: checkShuffleStatements },
  { title: "The strong decryption proofs", needs: [9, 10, 12], check: checkStrongProofs },
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
}): Promise<Report> {
  const { progress = () => undefined, breathe = withoutBreath } = input;
  const state = new State(input.record, input.companion, progress, breathe);
  const steps: Step[] = [];
  for (const [index, declared] of STEPS.entries()) steps.push(await run(index + 1, declared, state, steps));
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
async function run(number: number, declared: StepCheck, state: State, earlier: readonly Step[]): Promise<Step> {
  const { title, needs, check } = declared;
  const end = (status: StepStatus, comparisons: readonly string[], problems: readonly string[]): Step => ({
    number, title, status, comparisons, problems,
  });
  const needed = needs.map((need) => earlier[need - 1]?.status);
  if (needed.includes("failed") || needed.includes("not reached")) return end("not reached", [], []);
  if (needed.includes("waiting")) return end("waiting", [], []);
  // What belongs to the companion is not asked for where the companion is not.
  if (needs.includes(12) && earlier[11]?.status === "not asked for") return end("not asked for", [], []);
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
