// Telling the server of a challenge, so that what is opened can never be cast (PROTOCOL 2.5).
import { ask, CAST_ATTEMPTS, seconds } from "./casting.ts";
import { type Ballot, ciphertextsOf } from "./protocol/ballot.ts";
import type { Election } from "./protocol/election.ts";
import { encodeJson } from "./protocol/encoding.ts";

const PAUSE_SECONDS = [1, 2, 4];

export type Told =
  | { readonly outcome: "told" }
  | { readonly outcome: "refused"; readonly code: string }
  | { readonly outcome: "unanswered" };

/** Tell the server the tracker and every α, and no randomness; at most four times. */
export async function reportChallenge(input: {
  election: Election;
  ballot: Ballot;
  onRetry: (attempt: number) => void;
}): Promise<Told> {
  const { election, ballot } = input;
  const alphas = ballot.answers.flatMap(ciphertextsOf).map(({ alpha }) => alpha.encode());
  const body = encodeJson({ tracker: ballot.tracker, alphas });
  for (let attempt = 1; attempt <= CAST_ATTEMPTS; attempt += 1) {
    if (attempt > 1) {
      await seconds(PAUSE_SECONDS[attempt - 2] ?? 1);
      input.onRetry(attempt);
    }
    const answer = await ask(`/api/elections/${election.uuid}/challenges`, body);
    const told = answer === undefined ? undefined : understand(answer.status, answer.body, ballot);
    if (told !== undefined) return told;
  }
  return { outcome: "unanswered" };
}

/** Read an answer; undefined where it is worth asking again. */
function understand(
  status: number, answer: Record<string, unknown>, ballot: Ballot,
): Told | undefined {
  const { code, tracker } = answer;
  if (status === 429 && code === "too_many_challenges") return { outcome: "refused", code };
  if (status === 429 || status >= 500) return undefined;
  if (status >= 400) return { outcome: "refused", code: typeof code === "string" ? code : "other" };
  const isTold = tracker === ballot.tracker && answer["status"] === "challenged";
  return isTold ? { outcome: "told" } : { outcome: "refused", code: "answer" };
}
