// Challenge: the booth opens the sealed ballot, so that another device can check it (PROTOCOL 2.5).
import { checkAddress, linkToElection, show } from "../booth.ts";
import { CAST_ATTEMPTS } from "../casting.ts";
import { reportChallenge } from "../challenging.ts";
import { fill, find, hasWord, onPress, part, saveFile, word } from "../dom.ts";
import { encodeChallenge } from "../protocol/challenge.ts";
import type { Election } from "../protocol/election.ts";
import { drawQr } from "../qr.ts";
import type { Sealed, Sitting } from "../sitting.ts";
import { fileWord, showTracker } from "./casting.ts";

// Beyond this a code is too fine for the camera of a common phone.
const QR_LIMIT_CHARACTERS = 2_000;

export interface ChallengeExits {
  /** Back to the review: the sealed ballot is thrown away. */
  readonly review: () => void;
  /** Choose anew, once the ballot is open. */
  readonly again: () => void;
}

/** Tell the server first: what is opened must not be cast. Only then open the ballot. */
export async function challengeBallot(
  sitting: Sitting, sealed: Sealed, exits: ChallengeExits,
): Promise<void> {
  const { election } = sitting;
  const screen = show("challenging");
  const progress = find(screen, '[data-fill="progress"]');
  progress.setAttribute("role", "status");
  const onRetry = (number: number): void => {
    progress.textContent = word("retry-challenge", { number, total: CAST_ATTEMPTS });
  };
  const told = await reportChallenge({ election, ballot: sealed.ballot, onRetry });
  if (told.outcome === "told") showOpened(sitting, sealed, exits);
  else if (told.outcome === "refused") showRefused(election, sealed, told.code, exits);
  else showUnanswered(sitting, sealed, exits);
}

function showOpened(sitting: Sitting, sealed: Sealed, exits: ChallengeExits): void {
  const { election, answers } = sitting;
  const { ballot, randomness } = sealed;
  const text = encodeChallenge({ election, ballot, randomness, answers });
  show("challenge", (screen) => {
    showTracker(screen, ballot.tracker);
    part(screen, "address").textContent = checkAddress(election.uuid);
    const fits = text.length <= QR_LIMIT_CHARACTERS;
    part(screen, "scan").hidden = !fits;
    part(screen, "too-long").hidden = fits;
    if (fits) drawQr(part<SVGElement>(screen, "qr"), text, "low");
    onPress(screen, "save", () => {
      saveFile(`challenge-${fileWord(ballot)}.json`, text, "application/json");
    });
    onPress(screen, "again", exits.again);
  });
}

function showUnanswered(sitting: Sitting, sealed: Sealed, exits: ChallengeExits): void {
  show("challenge-unanswered", (screen) => {
    onPress(screen, "resend", () => void challengeBallot(sitting, sealed, exits));
    onPress(screen, "review", exits.review);
  });
}

function showRefused(
  election: Election, sealed: Sealed, code: string, exits: ChallengeExits,
): void {
  const name = `challenge-error-${code}`;
  show("challenge-refused", (screen) => {
    showTracker(screen, sealed.ballot.tracker);
    fill(screen, {
      text: word(hasWord(name) ? name : "challenge-error-other"),
      code: word("code", { code }),
    });
    linkToElection(screen, election.uuid);
    onPress(screen, "review", exits.review);
  });
}
