// Shuffle the ranked ballots in the browser, prove it, sign it and hand it in (PROTOCOL 1.8, 2.8).
import { sha256Hex, utf8 } from "../protocol/encoding.ts";
import { encodeProof } from "../protocol/proofs.ts";
import { checkRandomness } from "../protocol/randomness.ts";
import { checkEnoughBallots, hasRanking, type Recount } from "../protocol/recount.ts";
import { makeShuffle, verifyShuffle } from "../protocol/shuffle.ts";
import { signShuffle } from "../protocol/statements.ts";
import { part } from "../dom.ts";
import { Panel } from "./panel.ts";
import { recountOnPage } from "./recounting.ts";
import { hand, Refused } from "./server.ts";
import { type OpenSlot, openSlot } from "./slot.ts";

/** Steps of the bar for each ballot: making takes three, checking one's own work about six. */
const STEPS_PER_BALLOT = 10;

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
  await panel.check("sent", () => {
    const payload = sha256Hex(utf8(text));
    const { secretKey, owner } = open;
    const { fingerprint } = election;
    const proof = encodeProof(signShuffle({ secretKey, fingerprint, parent: found.head, payload }));
    return hand(`/api/elections/${uuid}/shuffles`, { owner, shuffle: text, proof });
  });
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
