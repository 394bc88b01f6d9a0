// The ballot box: POST /api/elections/<uuid>/ballots, and asking what became of a ballot.
import type { Ballot } from "./protocol/ballot.ts";
import { signCast } from "./protocol/cast.ts";
import { type Election, isProfileOne } from "./protocol/election.ts";
import { encodeJson, urlSafe } from "./protocol/encoding.ts";
import { encodeProof } from "./protocol/proofs.ts";

export const CAST_ATTEMPTS = 4;
const ANSWER_SECONDS = 20;
const PAUSE_SECONDS = [1, 3, 6];

/** Where a ballot stands in the log. Until that is cosigned, its receipt is provisional. */
export interface Recorded {
  readonly logIndex: number;
  readonly receipt: string | undefined;
  readonly isCosigned: boolean;
}

/** What the server says of an accepted ballot. */
export interface Accepted {
  readonly outcome: "accepted";
  readonly promise: string;
  /** The place in the log and the proof of it, once the ballot is recorded. */
  readonly recorded: Recorded | undefined;
}

export type Outcome =
  | Accepted
  | { readonly outcome: "stale"; readonly current: string }
  | { readonly outcome: "refused"; readonly code: string }
  | { readonly outcome: "unanswered"; readonly reason: "network" | "busy" };

/** The bytes of one cast. With profile 1 the cast statement is signed here, and nowhere else:
 * a ballot that is challenged never gets one, so that nobody can cast it (2.2, 2.5).
 */
export function castBody(input: {
  election: Election;
  ballot: Ballot;
  prev: string;
  credential: string;
  permit: string | undefined;
}): string {
  const { election, ballot, prev, credential, permit } = input;
  const { tracker } = ballot;
  return encodeJson({
    ballot: ballot.archived,
    prev,
    ...(isProfileOne(election)
      ? { proof: encodeProof(signCast({ election, tracker, prev, credential })) }
      : {}),
    ...(permit === undefined ? {} : { permit }),
  });
}

/** Send a ballot until there is a definite answer, at most four times.
 *
 * Every attempt sends the same bytes, so that a ballot which did arrive is not cast twice.
 */
export async function castBallot(input: {
  election: Election;
  ballot: Ballot;
  body: string;
  onRetry: (attempt: number) => void;
}): Promise<Outcome> {
  const { election, ballot, body } = input;
  let outcome: Outcome = { outcome: "unanswered", reason: "network" };
  for (let attempt = 1; attempt <= CAST_ATTEMPTS; attempt += 1) {
    if (attempt > 1) {
      await seconds(PAUSE_SECONDS[attempt - 2] ?? 1);
      input.onRetry(attempt);
    }
    outcome = await exchange(`/api/elections/${election.uuid}/ballots`, ballot, election, body);
    if (outcome.outcome !== "unanswered") return outcome;
  }
  return outcome;
}

/** Ask what became of a ballot that was accepted. */
export function fetchStatus(input: { election: Election; ballot: Ballot }): Promise<Outcome> {
  const { election, ballot } = input;
  const address = `/api/elections/${election.uuid}/ballots/${urlSafe(ballot.tracker)}`;
  return exchange(address, ballot, election);
}

async function exchange(
  address: string, ballot: Ballot, election: Election, body?: string,
): Promise<Outcome> {
  const answer = await ask(address, body);
  if (answer === undefined) return { outcome: "unanswered", reason: "network" };
  return understand(answer.status, answer.body, ballot, election);
}

/** Ask the server once, without cookies; undefined where no answer came. */
export async function ask(
  address: string, body?: string,
): Promise<{ status: number; body: Record<string, unknown> } | undefined> {
  try {
    const response = await fetch(address, {
      credentials: "omit",
      cache: "no-store",
      referrerPolicy: "no-referrer",
      signal: AbortSignal.timeout(ANSWER_SECONDS * 1000),
      ...(body === undefined
        ? {}
        : { method: "POST", body, headers: { "Content-Type": "application/json" } }),
    });
    const answer: unknown = await response.json();
    return { status: response.status, body: isObject(answer) ? answer : {} };
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

/** Read an answer. A server that answers about another ballot is not believed. */
export function understand(
  status: number, answer: Record<string, unknown>, ballot: Ballot, election: Election,
): Outcome {
  const { code, current, promise, tracker, log_index: logIndex, receipt } = answer;
  if (status === 409 && code === "stale_prev" && typeof current === "string") {
    if (/^[A-Za-z0-9+/]{43}$/.test(current)) return { outcome: "stale", current };
  }
  if (status === 429 && code === "too_many_ballots") return { outcome: "refused", code };
  if (status === 429 || status >= 500) return { outcome: "unanswered", reason: "busy" };
  if (status >= 400) return { outcome: "refused", code: typeof code === "string" ? code : "other" };
  const isAboutThis =
    tracker === ballot.tracker &&
    answer["election"] === election.uuid &&
    typeof promise === "string" &&
    promise.includes(ballot.tracker);
  if (!isAboutThis) return { outcome: "refused", code: "answer" };
  const isRecorded = answer["status"] === "recorded" && Number.isSafeInteger(logIndex);
  return {
    outcome: "accepted",
    promise,
    recorded: isRecorded
      ? {
          logIndex: logIndex as number,
          receipt: typeof receipt === "string" ? receipt : undefined,
          isCosigned: answer["is_cosigned"] !== false,
        }
      : undefined,
  };
}

export function seconds(count: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, count * 1000));
}
