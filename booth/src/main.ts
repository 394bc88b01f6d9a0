// The booth: load, choose, review, seal, cast, receipt.
import { show, stop } from "./booth.ts";
import type { Accepted } from "./casting.ts";
import { byId, word } from "./dom.ts";
import { CannotOpen, loadCredentials, loadElection } from "./loading.ts";
import type { Ballot } from "./protocol/ballot.ts";
import { readTypedCredential } from "./protocol/credential.ts";
import { asksForAccount } from "./protocol/election.ts";
import { InvalidCredential, RandomnessError } from "./protocol/errors.ts";
import { checkRandomness } from "./protocol/randomness.ts";
import { showSealed } from "./screens/casting.ts";
import { challengeBallot } from "./screens/challenge.ts";
import { showQuestion } from "./screens/question.ts";
import { showReceipt } from "./screens/receipt.ts";
import { showReview } from "./screens/review.ts";
import { clearAnswers, forget, newSitting, readPermit, type Sealed, type Sitting, wouldLose } from "./sitting.ts";

let sitting: Sitting | undefined;
let fromLink: string | undefined;
let permitFromLink: string | undefined;

/** Take credential and permit out of the address before anything else can see or keep them. */
function takeFragment(): void {
  const found = new URLSearchParams(location.hash.slice(1));
  if (location.hash !== "") history.replaceState(null, "", location.pathname + location.search);
  fromLink = found.get("credential") ?? fromLink;
  permitFromLink = found.get("permit") ?? permitFromLink;
  if (sitting !== undefined) useLink(sitting);
}

/** Another link was opened in the same tab: go on with its credential, or begin anew. */
function takeLink(): void {
  takeFragment();
  const isNew = fromLink !== undefined || permitFromLink !== undefined;
  if (sitting === undefined && isNew) open().catch(fail);
}

function useLink(current: Sitting): void {
  if (current.isCast) return;
  if (permitFromLink !== undefined && asksForAccount(current.election)) {
    current.permit = readPermit(permitFromLink);
  }
  permitFromLink = undefined;
  if (fromLink === undefined) return;
  try {
    current.credential = readTypedCredential(fromLink);
    current.misread = undefined;
  } catch (error) {
    if (!(error instanceof InvalidCredential)) throw error;
    current.misread = fromLink;
  }
  fromLink = undefined;
}

async function open(): Promise<void> {
  show("load");
  byId("languages").hidden = false;
  byId("leave").textContent = word("leave-before");
  const { uuid = "", fingerprint = "" } = byId("booth").dataset;
  checkRandomness();
  const election = await loadElection({ uuid, fingerprint });
  const current = newSitting(election);
  sitting = current;
  useLink(current);
  void loadCredentials(uuid).then((credentials) => {
    current.credentials = credentials;
  });
  ask(current, 0);
}

/** Ask question after question; the review follows the last. */
function ask(current: Sitting, index: number): void {
  const isLast = index === current.election.questions.length - 1;
  showQuestion({
    sitting: current,
    index,
    isChange: false,
    done: () => (isLast ? review(current) : ask(current, index + 1)),
    back: index === 0 ? undefined : () => ask(current, index - 1),
  });
}

function review(current: Sitting): void {
  showReview({
    sitting: current,
    change: (index) => {
      const done = (): void => review(current);
      showQuestion({ sitting: current, index, isChange: true, done, back: undefined });
    },
    sealed: (sealed) => {
      const exits = { review: () => review(current), challenge, accepted };
      showSealed(current, sealed, exits);
    },
    failed: fail,
  });

  /** Open the ballot, and begin anew: the next one has fresh randomness and its own choices. */
  function challenge(sealed: Sealed): void {
    void challengeBallot(current, sealed, {
      review: () => review(current),
      again: () => {
        clearAnswers(current);
        ask(current, 0);
      },
    });
  }

  function accepted(ballot: Ballot, answer: Accepted, prev: string): void {
    const { election } = current;
    current.isCast = true;
    forget(current);
    sitting = undefined;
    byId("languages").hidden = true;
    byId("leave").textContent = word("leave-after");
    showReceipt({ election, ballot, answer, prev });
  }
}

/** Close the booth and say why. What is not foreseen is a fault of the booth. */
function fail(error: unknown): void {
  if (sitting !== undefined) forget(sitting);
  sitting = undefined;
  const expected = byId("booth").dataset["fingerprint"] ?? "";
  if (error instanceof CannotOpen) stop(error.kind, { expected, found: error.found });
  else if (error instanceof RandomnessError) stop("randomness");
  else {
    stop("fault");
    throw error;
  }
}

/** Leave nothing behind: not for the back button, and not for whoever sits down next. */
function clear(): void {
  if (sitting !== undefined) forget(sitting);
  sitting = undefined;
  fromLink = undefined;
  permitFromLink = undefined;
  byId("booth").replaceChildren();
}

/** Change the language without writing a secret into the history: it is taken over at once. */
function changeLanguage(event: Event): void {
  const link = event.target;
  const secrets = new URLSearchParams();
  const credential = sitting?.credential ?? fromLink;
  if (credential !== undefined) secrets.set("credential", credential);
  const permit = sitting?.permit ?? permitFromLink;
  if (permit !== undefined) secrets.set("permit", permit);
  if (!(link instanceof HTMLAnchorElement) || secrets.toString() === "") return;
  event.preventDefault();
  location.replace(`${link.href}#${secrets.toString()}`);
}

takeFragment();
byId("languages").addEventListener("click", changeLanguage);
window.addEventListener("hashchange", takeLink);
window.addEventListener("pagehide", clear);
window.addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});
window.addEventListener("beforeunload", (event) => {
  if (sitting !== undefined && wouldLose(sitting)) event.preventDefault();
});
open().catch(fail);
