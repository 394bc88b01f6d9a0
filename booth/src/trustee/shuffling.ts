// Shuffle the ranked ballots in the browser, prove it, sign it and hand it in (PROTOCOL 1.8, 2.8).
import { type Json, type JsonObject, sha256Hex, utf8 } from "../protocol/encoding.ts";
import { encodeProof } from "../protocol/proofs.ts";
import { checkRandomness } from "../protocol/randomness.ts";
import { checkEnoughBallots, hasRanking, type Recount } from "../protocol/recount.ts";
import { makeShuffle, verifyShuffle } from "../protocol/shuffle.ts";
import { signShuffle } from "../protocol/statements.ts";
import { part } from "../dom.ts";
import { Panel } from "./panel.ts";
import { recountOnPage } from "./recounting.ts";
import { askFor, hand, Refused } from "./server.ts";
import { type OpenSlot, openSlot } from "./slot.ts";

/** Steps of the bar for each ballot: making takes three, checking one's own work about six. */
const STEPS_PER_BALLOT = 10;
const SECONDS_BETWEEN_QUESTIONS = 2;
/** So often is the server asked again while it does not answer: some minutes. */
const TRIES = 100;

/** Wire the fragment `voting/trustee_shuffle.html`. */
export function startShuffle(root: HTMLElement): void {
  const panel = new Panel(root);
  panel.onSubmit("load", async () => {
    await shuffle(panel);
    part(root, "load").hidden = true;
    panel.show("done");
  });
}

async function shuffle(panel: Panel): Promise<void> {
  panel.begin();
  const file = await panel.check("key", () => panel.readKey());
  checkRandomness();
  const found = await recountOnPage(panel);
  const { election, trustees } = found;
  const uuid = election.uuid;
  const open = await panel.check("slot", () =>
    openSlot({ file, uuid, owner: Number(panel.value("owner")), trustees }),
  );
  checkEnoughBallots(found);
  requireTurn(found, open);
  const text = await panel.check("shuffled", () => makeAndVerify(panel, found));
  await panel.check("sent", async () => {
    const payload = sha256Hex(utf8(text));
    const { secretKey, owner } = open;
    const { fingerprint } = election;
    const proof = encodeProof(signShuffle({ secretKey, fingerprint, parent: found.head, payload }));
    await hand(`/api/elections/${uuid}/shuffles`, { owner, shuffle: text, proof });
    await waitForVerdict(panel, `/api/elections/${uuid}/shuffles/${owner}`);
  });
}

/** The server checks the proof in parts, which takes minutes where there are many ballots. */
async function waitForVerdict(panel: Panel, address: string): Promise<void> {
  for (;;) {
    const state = await askAgainWhileItFails(address);
    if (state["state"] === "accepted") break;
    if (state["state"] !== "being-checked") {
      throw new Refused("server", String(state["detail"] ?? ""), String(state["code"] ?? ""));
    }
    panel.showProgress(Number(state["parts_checked"]), Number(state["parts"]), "progress-check");
    await pause();
  }
  panel.hideProgress();
}

/** The shuffle is with the server already: a lost connection is waited for. */
async function askAgainWhileItFails(address: string): Promise<JsonObject> {
  for (let left = TRIES; ; left--) {
    try {
      return readObject(await askFor(address));
    } catch (error) {
      if (left === 0 || !(error instanceof Refused)) throw error;
      await pause();
    }
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, SECONDS_BETWEEN_QUESTIONS * 1000);
  });
}

function readObject(value: Json | undefined): JsonObject {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Refused("network");
  return value as JsonObject;
}

function requireTurn(found: Recount, { owner }: OpenSlot): void {
  if (!hasRanking(found.election) || !["EncryptedTally", "Shuffle"].includes(found.last)) {
    throw new Refused("nothing-to-shuffle");
  }
  if (found.shuffles.some((one) => one.owner === owner)) throw new Refused("has-shuffled");
}

/** What is sent has been verified here first: a fault of this browser is not the trustee's fault. */
async function makeAndVerify(panel: Panel, { election, tally }: Recount): Promise<string> {
  const ballots = tally.reduce((count, list, question) =>
    election.questions[question]?.kind === "ranked" ? count + list.length : count, 0,
  );
  const breathe = panel.progress(ballots * STEPS_PER_BALLOT, "progress-shuffle");
  const text = await makeShuffle({ election, tally, breathe });
  await verifyShuffle({ data: utf8(text), election, tally, breathe });
  panel.hideProgress();
  return text;
}
