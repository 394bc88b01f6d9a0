// Decrypt the sum: check the record, compute the factors with their proofs, save what was decrypted
// in the key file, and only then hand it in (PROTOCOL 1.9, 2.3, 2.7).
import { find, onPress, part } from "../dom.ts";
import { isProfileOne } from "../protocol/election.ts";
import { type Json, sha256Hex, utf8 } from "../protocol/encoding.ts";
import { checkRandomness } from "../protocol/randomness.ts";
import { checkEnoughBallots, type Recount } from "../protocol/recount.ts";
import {
  decryptPartially, encodeTally, type PartialDecryption, verifyPartialDecryption, verifyStrongProofs,
} from "../protocol/tally.ts";
import { type KeyFile, keyFileName, remember } from "./keyfile.ts";
import { Panel } from "./panel.ts";
import { recountOnPage } from "./recounting.ts";
import { hand, Refused } from "./server.ts";
import { type OpenSlot, openSlot } from "./slot.ts";

/** Decrypted and proven, but not yet sent. */
interface Ready {
  readonly owner: number;
  readonly body: Json;
  /** The key file with what it has decrypted now. */
  readonly file: KeyFile;
}

/** Wire the fragment `voting/trustee_decrypt.html`. */
export function startDecryption(root: HTMLElement): void {
  const panel = new Panel(root);
  const send = find<HTMLButtonElement>(root, '[data-action="send"]');
  let ready: Ready | undefined;
  panel.onSubmit("load", async () => {
    ready = await decrypt(panel);
    part(root, "load").hidden = true;
    panel.show("ready");
  });
  onPress(root, "save", () => panel.run(async () => {
    if (ready === undefined) return;
    const name = keyFileName(panel.value("uuid"), `trustee-${ready.owner}-decrypted`);
    await panel.saveAgain(ready.file, name);
    send.disabled = false;
    send.classList.remove("govuk-button--secondary");
    find(root, '[data-action="save"]').classList.add("govuk-button--secondary");
    part(root, "saved").hidden = false;
  }));
  onPress(root, "send", () => panel.run(async () => {
    const { body } = ready ?? {};
    if (body === undefined) return;
    await panel.check("sent", () =>
      hand(`/api/elections/${panel.value("uuid")}/partial-decryptions`, body),
    );
    ready = undefined;
    part(root, "ready").hidden = true;
    panel.show("done");
  }));
  window.addEventListener("pagehide", () => {
    ready = undefined;
  });
}

async function decrypt(panel: Panel): Promise<Ready> {
  panel.begin();
  const file = await panel.check("key", () => panel.readKey());
  checkRandomness();
  const found = await recountOnPage(panel);
  const { election, trustees } = found;
  const { uuid } = election;
  const open = await panel.check("slot", () =>
    openSlot({ file, uuid, owner: Number(panel.value("owner")), trustees }),
  );
  checkEnoughBallots(found);
  const { closing } = found;
  if (closing === undefined || !["EncryptedTally", "EndShuffles", "PartialDecryption"].includes(found.last)) {
    throw new Refused("nothing-to-decrypt");
  }
  const remembered = remember(file, uuid, sha256Hex(utf8(encodeTally(found.tally))));
  const { text, strong } = await panel.check("proofs", () => prove(panel, found, open, closing));
  const { owner } = open;
  const proofs = isProfileOne(election) ? { proofs: strong } : {};
  return { owner, body: { owner, partial_decryption: text, ...proofs }, file: remembered };
}

/** What is sent has been verified here first: a fault of this browser is not the trustee's fault. */
async function prove(
  panel: Panel, found: Recount, open: OpenSlot, closing: string,
): Promise<PartialDecryption> {
  const { election, tally } = found;
  const { secretKey, slot: { trustee } } = open;
  const total = tally.reduce((count, list) => count + list.length, 0);
  const breathe = panel.progress(total, "progress-decrypt");
  const made = await decryptPartially({ secretKey, election, tally, closing, breathe });
  const claim = { data: made.text, election, trustee, tally };
  verifyPartialDecryption(claim);
  verifyStrongProofs({ ...claim, proofs: made.strong, closing });
  panel.hideProgress();
  return made;
}
