// The ceremony in which the members of a threshold make their keys, step by step on the page.
import { fill, fillGroups, find, listOf, onPress, part, saveFile, word } from "../dom.ts";
import { BadShare } from "../protocol/complaint.ts";
import { hashCertificates, shortFingerprint } from "../protocol/threshold.ts";
import { makeSeed } from "../protocol/messages.ts";
import { checkRandomness } from "../protocol/randomness.ts";
import { keyFileName, newKeyFile } from "./keyfile.ts";
import { type Answer, BadMessage, Member, readState, type Stage, type State } from "./member.ts";
import { Panel } from "./panel.ts";
import { saveNewKey } from "./saving.ts";
import { askFor, hand, Refused } from "./server.ts";

const POLL_SECONDS = 3;
/** The checks of the page, in the order of the ceremony. */
const STEPS: readonly Stage[] = ["certificates", "commits", "polynomials", "shares"];

/** Wire the fragment `voting/trustee_ceremony.html`. */
export function startCeremony(root: HTMLElement): void {
  new CeremonyPage(new Panel(root)).start();
}

class CeremonyPage {
  private member: Member | undefined;
  /** The certificates that the trustee has compared with the others by telephone. */
  private compared: string | undefined;
  /** The certificates whose groups the page shows, to be compared. */
  private offered: string | undefined;
  /** A complaint waits until the trustee sends it. */
  private complaint: Answer | undefined;
  private latest: State | undefined;
  private shown = "";

  constructor(private readonly panel: Panel) {}

  start(): void {
    const { root } = this.panel;
    const { panel } = this;
    onPress(root, "make", () => panel.run(async () => this.makeKey()));
    panel.onSubmit("load", () => this.loadKey());
    onPress(root, "same", () => {
      // What stood there to be compared, and not what a poll may bring meanwhile.
      const { offered } = this;
      panel.run(async () => {
        this.compared = offered;
        await this.advance();
      });
    });
    onPress(root, "complain", () => {
      const { complaint } = this;
      panel.run(async () => {
        if (complaint !== undefined) await this.send(complaint);
        this.complaint = undefined;
        await this.advance();
      });
    });
    window.addEventListener("pagehide", () => {
      this.member = undefined;
      this.complaint = undefined;
    });
    panel.begin();
    panel.run(() => this.advance());
    panel.poll(POLL_SECONDS, () => this.advance());
  }

  private get uuid(): string {
    return this.panel.value("uuid");
  }

  private get index(): number {
    return Number(this.panel.value("member"));
  }

  private get address(): string {
    return `/api/elections/${this.uuid}/ceremonies/${this.panel.value("item")}`;
  }

  private certificatesHash(): string | undefined {
    const certificates = this.latest?.certificates ?? [];
    const all = certificates.flatMap((signed) => (signed === undefined ? [] : [signed]));
    return all.length === certificates.length && all.length > 0 ? hashCertificates(all) : undefined;
  }

  // --- The key ---------------------------------------------------------------------------

  private async makeKey(): Promise<void> {
    checkRandomness();
    const seed = makeSeed();
    const member = new Member(seed, this.uuid, this.index);
    const state = this.latest;
    if (state === undefined) throw new Refused("not-begun");
    const { root } = this.panel;
    const register = find<HTMLButtonElement>(root, '[data-action="send"]');
    // The certificate cannot be sent before the key is in a file: without it the ceremony is lost.
    const save = find<HTMLButtonElement>(root, '[data-action="save"]');
    save.onclick = () => this.panel.run(async () => {
      const name = keyFileName(this.uuid, `member-${this.index}`);
      if (!(await saveNewKey(part(root, "made"), newKeyFile(seed), name))) return;
      register.disabled = false;
      register.classList.remove("govuk-button--secondary");
      save.classList.add("govuk-button--secondary");
      part(root, "saved").hidden = false;
    });
    register.onclick = () => this.panel.run(async () => {
      await this.send(member.makeCertificate(state.shape));
      this.member = member;
      await this.advance();
    });
    this.display("made");
  }

  private async loadKey(): Promise<void> {
    const { secret } = await this.panel.readKey();
    if (secret.kind !== "member") throw new Refused("other-key");
    checkRandomness();
    const member = new Member(secret.seed, this.uuid, this.index);
    if (this.latest !== undefined) member.checkOwnCertificate(this.latest);
    this.member = member;
    await this.advance();
  }

  // --- The way through -------------------------------------------------------------------

  /** Look at what the others have sent, show it, and take the next step if it is this member's. */
  private async advance(): Promise<void> {
    try {
      await this.step();
    } catch (error) {
      if (!(error instanceof BadMessage)) throw error;
      const name = this.latest?.members[(error.about ?? 0) - 1]?.name ?? "";
      throw new Refused("BadMessage", `${name}: ${error.message}`);
    }
  }

  private async step(): Promise<void> {
    const value = await askFor(this.address);
    if (value === undefined) throw new Refused("not-begun");
    const state = readState(value);
    if (this.latest !== undefined && this.latest.attempt !== state.attempt) this.forget();
    this.latest = state;
    this.showState(state);
    if (state.stage === "failed") return this.showFailure(state);
    const hasSent = state.certificates[this.index - 1] !== undefined;
    if (!hasSent) {
      if (this.shown !== "made") this.display("begin");
      return;
    }
    if (this.member === undefined) {
      this.display(state.stage === "complete" ? "complete" : "load");
      return;
    }
    this.member.checkOwnCertificate(state);
    if (state.stage === "complete") {
      const keys = this.member.conclude(state);
      await this.member.ownSecretKey(state);
      const own = this.display("complete");
      const key = keys[this.index - 1];
      if (key !== undefined) {
        part(own, "own-key").hidden = false;
        fill(own, { "public": key.publicKey.encode() });
      }
      return;
    }
    if (state.stage === "certificates") {
      this.display("waiting");
      return;
    }
    await this.answer(this.member, state);
  }

  /** A ceremony that starts afresh asks for new keys. */
  private forget(): void {
    this.member = undefined;
    this.compared = undefined;
    this.offered = undefined;
    this.complaint = undefined;
  }

  private async answer(member: Member, state: State): Promise<void> {
    member.certificates(state);
    const hash = this.certificatesHash() ?? "";
    if (this.compared !== hash && state.commits[this.index - 1] === undefined) {
      const shown = this.display("compare");
      fillGroups(part(shown, "fingerprint"), shortFingerprint(hash).replaceAll(" ", ""));
      this.offered = hash;
      return;
    }
    const answer = await member.answer(state);
    if (answer === undefined) {
      this.display("waiting");
      return;
    }
    if (answer.step === "complaint") {
      this.complaint = answer;
      await this.describe(member, state);
      return;
    }
    await this.send(answer);
    await this.advance();
  }

  /** Say whose share is wrong, before anything is said about it to others. */
  private async describe(member: Member, state: State): Promise<void> {
    try {
      await member.secretKey(state);
    } catch (error) {
      if (!(error instanceof BadShare)) throw error;
      const name = state.members[error.about - 1]?.name ?? "";
      fill(this.display("bad-share"), { accused: word("ceremony-bad-share", { name }) });
    }
  }

  private async send(answer: Answer): Promise<void> {
    const { step, message } = answer;
    const token = find<HTMLInputElement>(this.panel.root, "input[name=csrfmiddlewaretoken]").value;
    // Only a certificate needs the signed-in trustee; all else is signed with its key.
    const isCertificate = step === "certificate";
    const body = { member: this.index, step, message };
    await hand(`${this.address}/messages`, body, isCertificate ? token : undefined);
  }

  // --- What is shown ---------------------------------------------------------------------

  /** Show one of the page's parts; its heading takes the focus when it is new. */
  private display(name: string): HTMLElement {
    const { root } = this.panel;
    if (this.shown === name) return part(root, name);
    for (const other of root.querySelectorAll<HTMLElement>("[data-part][data-stage]")) {
      other.hidden = other.dataset["part"] !== name;
    }
    const isFirst = this.shown === "";
    this.shown = name;
    const shown = part(root, name);
    if (!isFirst) shown.querySelector<HTMLElement>("h3")?.focus();
    return shown;
  }

  private showState(state: State): void {
    const reached = state.stage === "complete" ? STEPS.length : STEPS.indexOf(state.stage);
    for (const [position, step] of STEPS.entries()) {
      if (state.stage === "failed") {
        this.panel.mark(step, position < STEPS.length - 1 ? "held" : "failed");
      } else {
        this.panel.mark(step, position < reached ? "held" : position === reached ? "wait" : "later");
      }
      const sent = messagesOf(state, step);
      const missing = state.members.filter((_, index) => sent[index] === undefined);
      const here = state.stage !== "failed" && position === reached;
      const names = missing.map(({ index, name }) =>
        index === this.index ? word("ceremony-you") : name,
      );
      this.panel.tell(step, here ? waitingFor(names) : "");
    }
  }

  private showFailure(state: State): void {
    const shown = this.display("failed");
    const list = part(shown, "complaints");
    if (list.childElementCount === state.complaints.length) return;
    list.replaceChildren(...state.complaints.map((complaint) => {
      const item = document.createElement("li");
      const by = state.members[complaint.by - 1]?.name ?? "";
      item.textContent = `${word("ceremony-complaint", { by, about: complaint.name })} `;
      const button = document.createElement("button");
      button.type = "button";
      button.className = "govuk-button govuk-button--secondary pnyx-button--small";
      button.textContent = word("ceremony-evidence");
      button.addEventListener("click", () => {
        const name = `evidence-${this.uuid}-${complaint.about}-${complaint.by}.json`;
        saveFile(name, complaint.evidence, "application/json");
      });
      item.append(button);
      return item;
    }));
  }
}

function messagesOf(state: State, step: Stage): readonly unknown[] {
  if (step === "certificates") return state.certificates;
  if (step === "commits") return state.commits;
  return step === "polynomials" ? state.polynomials : state.shares;
}

function waitingFor(names: readonly string[]): string {
  return word("ceremony-waiting", { names: listOf(names) });
}

