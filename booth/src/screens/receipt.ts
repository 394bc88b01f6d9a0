// The receipt: what the voter takes away. The booth itself keeps nothing.
import { show } from "../booth.ts";
import { type Accepted, fetchStatus, seconds } from "../casting.ts";
import { fill, fillGroups, find, onPress, part, saveFile, word } from "../dom.ts";
import type { Ballot } from "../protocol/ballot.ts";
import { NO_PREVIOUS_BALLOT } from "../protocol/cast.ts";
import type { Election } from "../protocol/election.ts";
import { urlSafe } from "../protocol/encoding.ts";
import { drawQr } from "../qr.ts";
import { fileWord } from "./casting.ts";

// About two minutes in all; then the voter asks.
const POLL_SECONDS = [1, 1, 2, 2, 3, 3, 5, 5, 8, 10, 15, 20, 20, 30];

/** Show the receipt and follow the ballot until its place in the log is cosigned. */
export function showReceipt(input: {
  election: Election;
  ballot: Ballot;
  answer: Accepted;
  prev: string;
}): void {
  const { election, ballot, prev } = input;
  let answer = input.answer;
  const screen = show("receipt", (draft) => {
    const { lang } = document.documentElement;
    const date = new Intl.DateTimeFormat(lang === "en" ? "en-GB" : lang, { dateStyle: "long" });
    fill(draft, {
      date: word("receipt-date", { date: date.format(new Date()) }),
      election: election.name,
      fingerprint: election.fingerprint,
    });
    fillGroups(part(draft, "tracker"), ballot.tracker);
    drawQr(part<SVGElement>(draft, "qr"), ballotAddress(election, ballot), "medium");
    showWhatCounts(draft, prev);
    onPress(draft, "save", () => saveReceipt(ballot, answer));
    onPress(draft, "promise", () => savePromise(election, ballot, answer));
    onPress(draft, "print", () => window.print());
    showPlace(draft, answer, "place-waiting");
  });
  const again = find<HTMLButtonElement>(screen, '[data-action="look"]');
  const follow = async (): Promise<void> => {
    again.hidden = true;
    for (const pause of POLL_SECONDS) {
      if (answer.recorded?.isCosigned) return;
      await seconds(pause);
      if (!screen.isConnected) return;
      const outcome = await fetchStatus({ election, ballot });
      if (outcome.outcome === "accepted" && outcome.recorded !== undefined) {
        answer = outcome;
        showPlace(screen, answer, "place-waiting");
      }
    }
    if (answer.recorded?.isCosigned) return;
    showPlace(screen, answer, "place-late");
    again.hidden = false;
  };
  again.addEventListener("click", () => void follow());
  void follow();
}

/** Say which ballot of this credential counts now. */
function showWhatCounts(screen: HTMLElement, prev: string): void {
  const isFirst = prev === NO_PREVIOUS_BALLOT;
  fill(screen, { counts: word(isFirst ? "counts-first" : "counts-again") });
  const replaced = part(screen, "replaced");
  if (isFirst) replaced.remove();
  else fillGroups(replaced, prev);
}

function showPlace(screen: HTMLElement, answer: Accepted, waiting: string): void {
  const place = part(screen, "place");
  if (answer.recorded === undefined) {
    place.textContent = word(waiting);
    fill(screen, { proves: word("proves-promise") });
    return;
  }
  const link = document.createElement("a");
  link.className = "govuk-link";
  link.href = `/log/entries/${answer.recorded.logIndex}`;
  link.textContent = word("place-entry", { index: answer.recorded.logIndex });
  place.replaceChildren(link);
  if (!answer.recorded.isCosigned) place.append(". ", word("place-provisional"));
  find(screen, '[data-action="save"]').hidden = answer.recorded.receipt === undefined;
  const proves = answer.recorded.isCosigned ? "proves-record" : "proves-provisional";
  fill(screen, { proves: word(proves) });
}

/** Where anybody can look whether the ballot is there. */
function ballotAddress(election: Election, ballot: Ballot): string {
  return `${location.origin}/elections/${election.uuid}/ballots/${urlSafe(ballot.tracker)}/`;
}

/** The proof that the ballot is in the log: a file that any checker of such logs can read. */
function saveReceipt(ballot: Ballot, answer: Accepted): void {
  const receipt = answer.recorded?.receipt ?? "";
  saveFile(`receipt-${fileWord(ballot)}.tlog-proof`, receipt, "text/plain");
}

/** What the server has signed, with all that is needed to hold it to its word. */
function savePromise(election: Election, ballot: Ballot, answer: Accepted): void {
  const promise = {
    version: 1,
    election: election.uuid,
    name: election.name,
    fingerprint: election.fingerprint,
    tracker: ballot.tracker,
    address: ballotAddress(election, ballot),
    promise: answer.promise,
    ...(answer.recorded === undefined ? {} : { log_index: answer.recorded.logIndex }),
  };
  const text = `${JSON.stringify(promise, null, 2)}\n`;
  saveFile(`promise-${fileWord(ballot)}.json`, text, "application/json");
}
