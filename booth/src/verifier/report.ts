// What a verification found: numbered steps, each with what it compared.
import type { AnyElection } from "../protocol/election.ts";

export type Verdict = "complete" | "unfinished" | "invalid";

/** `not asked for`: this election has nothing of the kind, so there is nothing to check. */
export type StepStatus = "passed" | "failed" | "waiting" | "not reached" | "not asked for";

/** One step, numbered and named as in `evote verify`. */
export interface Step {
  readonly number: number;
  readonly title: string;
  readonly status: StepStatus;
  readonly comparisons: readonly string[];
  readonly problems: readonly string[];
}

/** One question's decrypted result: counts, counts list by list, or the numbers of each ranked ballot. */
export type QuestionResult = readonly bigint[] | readonly (readonly bigint[])[] | readonly (readonly number[])[];

export interface Report {
  readonly verdict: Verdict;
  readonly steps: readonly Step[];
  /** What the record says, as far as its step passed. */
  readonly election: AnyElection | undefined;
  readonly name: string | undefined;
  readonly uuid: string | undefined;
  readonly fingerprint: string | undefined;
  /** 1 where the companion file was asked for and checked, else 0. */
  readonly profile: number | undefined;
  readonly ballotsCounted: number | undefined;
  readonly result: readonly QuestionResult[] | undefined;
}

/** The step is valid so far, but the record has not come to it. */
export class Waiting extends Error {
  override readonly name = "Waiting";
}

/** This election has nothing that the step would check. */
export class NotAskedFor extends Error {
  override readonly name = "NotAskedFor";
}

/** The step found these problems. */
export class StepFailed extends Error {
  override readonly name = "StepFailed";

  constructor(readonly problems: readonly string[]) {
    super(problems.join("; "));
  }
}

/** Run what may throw, and name the place of whatever is thrown. */
export function at<T>(place: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw named(place, error);
  }
}

export async function atAsync<T>(place: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw named(place, error);
  }
}

function named(place: string, error: unknown): unknown {
  const isOwn = error instanceof StepFailed || error instanceof Waiting || error instanceof NotAskedFor;
  if (isOwn || !(error instanceof Error) || error.name === "NotSupported") return error;
  return new StepFailed([`${place}: ${error.message}`]);
}
