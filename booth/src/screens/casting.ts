// Seal and cast: the tracker first, then the ballot leaves the device.
import { linkToElection, show } from "../booth.ts";
import { CAST_ATTEMPTS, castBallot, NO_PREVIOUS_BALLOT, type Accepted, type Outcome } from "../casting.ts";
import { copyText, fill, fillGroups, find, hasWord, onPress, part, saveFile, word } from "../dom.ts";
import type { Ballot } from "../protocol/ballot.ts";
import type { Election } from "../protocol/election.ts";
import { urlSafe } from "../protocol/encoding.ts";
import { forget, type Sitting } from "../sitting.ts";

export interface Exits {
  /** Back to the review: the sealed ballot is thrown away. */
  readonly review: () => void;
  readonly accepted: (answer: Accepted) => void;
}

/** Put a tracker in its place and let it be copied without its spaces. */
function showTracker(screen: HTMLElement, tracker: string): void {
  const place = part(screen, "tracker");
  fillGroups(place, tracker);
  if (screen.querySelector('[data-action="copy"]') === null) return;
  const copied = find(screen, '[data-fill="copied"]');
  copied.setAttribute("role", "status");
  onPress(screen, "copy", () => {
    void copyText(tracker, place).then((isCopied) => {
      copied.textContent = word(isCopied ? "copied" : "not-copied");
    });
  });
}

export function showSealed(sitting: Sitting, exits: Exits): void {
  const { ballot, election } = sitting;
  if (ballot === undefined) throw new Error("nothing is sealed");
  show("sealed", (screen) => {
    showTracker(screen, ballot.tracker);
    onPress(screen, "save", () => saveTracker(election, ballot));
    onPress(screen, "cast", () => void send(sitting, ballot, NO_PREVIOUS_BALLOT, exits));
    onPress(screen, "change", exits.review);
  });
}

function saveTracker(election: Election, ballot: Ballot): void {
  const lines = [election.name, election.uuid, election.fingerprint, ballot.tracker, ""];
  saveFile(`tracker-${fileWord(ballot)}.txt`, lines.join("\n"), "text/plain");
}

/** The first letters of a tracker as they may stand in a file's name. */
export function fileWord(ballot: Ballot): string {
  return urlSafe(ballot.tracker).slice(0, 8);
}

async function send(sitting: Sitting, ballot: Ballot, prev: string, exits: Exits): Promise<void> {
  const { election } = sitting;
  const screen = show("casting");
  const progress = find(screen, '[data-fill="progress"]');
  progress.setAttribute("role", "status");
  const onRetry = (number: number): void => {
    progress.textContent = word("retry", { number, total: CAST_ATTEMPTS });
  };
  const outcome: Outcome = await castBallot({ election, ballot, prev, onRetry });
  if (outcome.outcome === "accepted") exits.accepted(outcome);
  else if (outcome.outcome === "stale") showStale(sitting, ballot, outcome.current, exits);
  else if (outcome.outcome === "refused") showRefused(election, outcome.code, exits);
  else showUnanswered(sitting, ballot, prev, outcome.reason, exits);
}

/** The credential has a ballot in the box already. Never build on it without asking. */
function showStale(sitting: Sitting, ballot: Ballot, current: string, exits: Exits): void {
  show("stale", (screen) => {
    showTracker(screen, current);
    onPress(screen, "replace", () => void send(sitting, ballot, current, exits));
    onPress(screen, "stop", () => {
      forget(sitting);
      show("stopped", (stopped) => {
        showTracker(stopped, current);
        linkToElection(stopped, sitting.election.uuid);
      });
    });
  });
}

function showUnanswered(
  sitting: Sitting, ballot: Ballot, prev: string, reason: "network" | "busy", exits: Exits,
): void {
  show("unanswered", (screen) => {
    fill(screen, { text: word(`unanswered-${reason}`) });
    showTracker(screen, ballot.tracker);
    onPress(screen, "resend", () => void send(sitting, ballot, prev, exits));
  });
}

const FORM_CODES = ["non_canonical", "too_deep", "wrong_shape", "identity_element", "invalid"];

function showRefused(election: Election, code: string, exits: Exits): void {
  const name = FORM_CODES.includes(code) ? "form" : code;
  show("refused", (screen) => {
    fill(screen, {
      text: word(hasWord(`error-${name}`) ? `error-${name}` : "error-other"),
      code: word("code", { code }),
    });
    linkToElection(screen, election.uuid);
    onPress(screen, "review", exits.review);
  });
}
