// Sign the sealed setup: the trustee's program looks for its own key and certificate in it (PROTOCOL 2.4).
import { fill, onPress, part } from "../dom.ts";
import { decodeElection, type Election } from "../protocol/election.ts";
import { type Json, readObject } from "../protocol/encoding.ts";
import { DecodeError } from "../protocol/errors.ts";
import { encodeProof } from "../protocol/proofs.ts";
import { signTranscript } from "../protocol/statements.ts";
import { hashCertificates, shortFingerprint } from "../protocol/threshold.ts";
import { allCertificates, transcriptHash } from "../protocol/transcript_hash.ts";
import { combinePublicKeys, decodeTrustees, type Trustees, verifyTrustees } from "../protocol/trustees.ts";
import { Panel } from "./panel.ts";
import { askFor, askForBytes, hand, Refused } from "./server.ts";
import { type OpenSlot, openSlot } from "./slot.ts";

/** What has been checked and waits for the trustee's word. */
interface Checked {
  readonly election: Election;
  readonly open: OpenSlot;
  readonly transcript: string;
}

/** Wire the fragment `voting/trustee_sign.html`. */
export function startSigning(root: HTMLElement): void {
  const panel = new Panel(root);
  let checked: Checked | undefined;
  panel.onSubmit("load", async () => {
    checked = await check(panel);
    part(root, "load").hidden = true;
    describe(root, checked.election);
    panel.show("checked");
  });
  onPress(root, "sign", () => panel.run(async () => {
    if (checked === undefined) return;
    const { election: { fingerprint }, open: { secretKey, owner }, transcript } = checked;
    const proof = encodeProof(signTranscript({ secretKey, fingerprint, transcript }));
    await hand(`/api/elections/${panel.value("uuid")}/transcript`, { slot: owner, proof });
    checked = undefined;
    part(root, "checked").hidden = true;
    panel.show("done");
  }));
  window.addEventListener("pagehide", () => {
    checked = undefined;
  });
}

async function check(panel: Panel): Promise<Checked> {
  const [uuid, fingerprint] = [panel.value("uuid"), panel.value("fingerprint")];
  panel.begin();
  const file = await panel.check("key", () => panel.readKey());
  const election = await panel.check("election", async () => {
    const found = decodeElection(await askForBytes(`/elections/${uuid}/election.json`));
    if (found.fingerprint !== fingerprint || found.uuid !== uuid) throw new Refused("CannotOpen");
    return found;
  });
  const data = await askForBytes(`/elections/${uuid}/trustees.json`);
  const trustees = await panel.check("trustees", () => readTrustees(data, election));
  const owner = Number(panel.value("owner"));
  const open = await panel.check("slot", async () => {
    const found = await openSlot({ file, uuid, owner, trustees });
    checkOwnCertificate(found, trustees);
    return found;
  });
  const transcript = await panel.check("transcript", async () => {
    const answer = await askFor(`/api/elections/${uuid}/transcript`);
    if (answer === undefined) throw new Refused("network");
    const said = readTranscript(answer);
    const own = transcriptHash({ fingerprint, data, trustees, commits: said.commits });
    if (own !== said.transcript) throw new Refused("other-transcript");
    await checkOwnCommit(open, said.commits, trustees);
    return own;
  });
  const certificates = allCertificates(trustees);
  if (certificates.length > 0) panel.tell("trustees", shortFingerprint(hashCertificates(certificates)));
  return { election, open, transcript };
}

function readTrustees(data: Uint8Array, election: Election): Trustees {
  const trustees = decodeTrustees(data);
  verifyTrustees(trustees);
  if (!combinePublicKeys(trustees).equals(election.publicKey)) throw new Refused("other-trustees");
  return trustees;
}

/** The certificate in the member's own place must be the one that the ceremony showed. */
function checkOwnCertificate({ slot, ceremony }: OpenSlot, trustees: Trustees): void {
  const item = trustees.items[slot.item - 1];
  if (ceremony === undefined || item === undefined || !("group" in item)) return;
  const { threshold, certificates } = item.group;
  const { member, state } = ceremony;
  if (threshold !== state.shape.threshold) throw new Refused("other-trustees");
  if (!member.checkOwnCertificate({ ...state, certificates })) throw new Refused("other-trustees");
}

/** The member's own commitment must be the one of the polynomial that is in the key. */
async function checkOwnCommit(
  { slot, ceremony }: OpenSlot, commits: readonly (readonly string[])[], trustees: Trustees,
): Promise<void> {
  if (ceremony === undefined) return;
  const groups = trustees.items.flatMap((item, index) => ("group" in item ? [index + 1] : []));
  const own = commits[groups.indexOf(slot.item)];
  if (own?.[ceremony.member.index - 1] !== ceremony.member.revealedCommit(ceremony.state)) {
    throw new Refused("other-transcript");
  }
}

/** The server's T, and the commits of each threshold item. */
function readTranscript(value: Json): { transcript: string; commits: string[][] } {
  const fields = readObject(value, "transcript", ["transcript", "ceremony"], ["election", "slots"]);
  const { transcript, ceremony } = fields;
  const inner = readObject(ceremony, "transcript.ceremony", ["commits"], ["transcript", "signatures"]);
  const lists = inner["commits"];
  if (typeof transcript !== "string" || !Array.isArray(lists)) throw new DecodeError("transcript: malformed");
  return {
    transcript,
    commits: lists.map((list) => {
      if (!Array.isArray(list)) throw new DecodeError("transcript.commits: list expected");
      return list.map((hash) => {
        if (typeof hash !== "string") throw new DecodeError("transcript.commits: hash expected");
        return hash;
      });
    }),
  };
}

/** Show what the sealed election asks, so that the trustee signs what they have read. */
function describe(root: HTMLElement, election: Election): void {
  const shown = part(root, "checked");
  fill(shown, { name: election.name });
  part(shown, "questions").replaceChildren(...election.questions.map((question) => {
    const item = document.createElement("li");
    const answers = document.createElement("ul");
    answers.className = "govuk-list govuk-list--bullet";
    answers.append(...question.answers.map((answer) => {
      const line = document.createElement("li");
      line.textContent = answer;
      return line;
    }));
    item.append(question.text, answers);
    return item;
  }));
}
