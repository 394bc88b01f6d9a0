// Seal and cast: the tracker first, then the choice; only then the ballot leaves the device.
import { checkAddress, linkToElection, show } from "../booth.ts";
import { CAST_ATTEMPTS, type Accepted, castBallot, castBody, type Outcome } from "../casting.ts";
import { copyText, fill, fillGroups, find, hasWord, onPress, part, saveFile, word } from "../dom.ts";
import type { Ballot } from "../protocol/ballot.ts";
import { NO_PREVIOUS_BALLOT } from "../protocol/cast.ts";
import type { Election } from "../protocol/election.ts";
import { urlSafe } from "../protocol/encoding.ts";
import { drawQr } from "../qr.ts";
import { forget, type Sealed, type Sitting } from "../sitting.ts";

export interface Exits {
  /** Back to the review: the sealed ballot is thrown away. */
  readonly review: () => void;
  readonly challenge: (sealed: Sealed) => void;
  /** `prev` is the tracker of the ballot that this one replaces, if there is one. */
  readonly accepted: (ballot: Ballot, answer: Accepted, prev: string) => void;
}

/** Put a tracker in its place and let it be copied without its spaces. */
export function showTracker(screen: HTMLElement, tracker: string): void {
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

export function showSealed(sitting: Sitting, sealed: Sealed, exits: Exits): void {
  const { election } = sitting;
  const { ballot } = sealed;
  show("sealed", (screen) => {
    showTracker(screen, ballot.tracker);
    const address = `${checkAddress(election.uuid)}#tracker=${urlSafe(ballot.tracker)}`;
    drawQr(part<SVGElement>(screen, "qr"), address, "medium");
    onPress(screen, "save", () => saveTracker(election, ballot));
    onPress(screen, "cast", () => cast(sitting, ballot, NO_PREVIOUS_BALLOT, exits));
    onPress(screen, "challenge", () => exits.challenge(sealed));
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

/** The voter said "cast": sign what this ballot replaces, and send it. */
function cast(sitting: Sitting, ballot: Ballot, prev: string, exits: Exits): void {
  const { election, credential = "", permit } = sitting;
  const body = castBody({ election, ballot, prev, credential, permit });
  void send(sitting, { ballot, prev, body }, exits);
}

/** One ballot on its way: to send it again is to send the very same bytes. */
interface Sending {
  readonly ballot: Ballot;
  readonly prev: string;
  readonly body: string;
}

async function send(sitting: Sitting, sending: Sending, exits: Exits): Promise<void> {
  const { election } = sitting;
  const { ballot, body, prev } = sending;
  const screen = show("casting");
  const progress = find(screen, '[data-fill="progress"]');
  progress.setAttribute("role", "status");
  const onRetry = (number: number): void => {
    progress.textContent = word("retry", { number, total: CAST_ATTEMPTS });
  };
  const outcome: Outcome = await castBallot({ election, ballot, body, onRetry });
  if (outcome.outcome === "accepted") exits.accepted(ballot, outcome, prev);
  else if (outcome.outcome === "stale") showStale(sitting, ballot, outcome.current, exits);
  else if (outcome.outcome === "refused") showRefused(sitting, outcome.code, exits);
  else showUnanswered(sitting, sending, outcome.reason, exits);
}

/** The credential has a ballot in the box already. Never build on it without asking. */
function showStale(sitting: Sitting, ballot: Ballot, current: string, exits: Exits): void {
  show("stale", (screen) => {
    showTracker(screen, current);
    onPress(screen, "replace", () => cast(sitting, ballot, current, exits));
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
  sitting: Sitting, sending: Sending, reason: "network" | "busy", exits: Exits,
): void {
  show("unanswered", (screen) => {
    fill(screen, { text: word(`unanswered-${reason}`) });
    showTracker(screen, sending.ballot.tracker);
    onPress(screen, "resend", () => void send(sitting, sending, exits));
  });
}

const FORM_CODES = ["non_canonical", "too_deep", "wrong_shape", "identity_element", "invalid"];

const PERMIT_CODES = ["permit_needed", "bad_permit"];

function showRefused(sitting: Sitting, code: string, exits: Exits): void {
  const { election } = sitting;
  if (PERMIT_CODES.includes(code)) sitting.permit = undefined;
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
