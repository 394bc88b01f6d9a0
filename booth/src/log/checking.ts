// The numbered checks of a receipt: the same steps, in the same order, as `evote receipt check`.
import { DecodeError, InvalidProof, NotSupported } from "../protocol/errors.ts";
import { hex } from "./bytes.ts";
import { type Checkpoint, decodeCheckpoint } from "./checkpoint.ts";
import { leafHash, verifyInclusion } from "./merkle.ts";
import { type VerifierKey, verifyNote } from "./note.ts";
import { type Cosigned, type Policy, verifyUnderPolicy } from "./policy.ts";
import { type Carried, decodeExtra, decodeReceipt, type Receipt, verifyBallot, verifyDocument } from "./receipt.ts";

export type StepName = "READABLE" | "ORIGIN" | "SIGNATURE" | "COSIGNATURES" | "INCLUSION" | "BALLOT" | "DOCUMENT";

/** One step; `held` is undefined where an earlier one failed, so that it was not run. */
export interface Check {
  readonly step: StepName;
  readonly held: boolean | undefined;
  /** What was compared, or what is wrong, in English. */
  readonly detail: string;
}

/** What is to be checked. Keys and policy come from elsewhere than the receipt; one log has one name. */
export interface Question {
  readonly data: Uint8Array;
  readonly keys: readonly VerifierKey[];
  readonly policy?: Policy | undefined;
  /** The entry, where the receipt does not carry it. */
  readonly entry?: Uint8Array | undefined;
  /** The tracker of a ballot of which the entry must be. */
  readonly tracker?: Uint8Array | undefined;
  /** The SHA-256 of a document that the entry must register. */
  readonly document?: Uint8Array | undefined;
}

/** All steps, and what was read on the way. */
export interface Report {
  readonly checks: readonly Check[];
  readonly failure: Check | undefined;
  readonly receipt: Receipt | undefined;
  readonly checkpoint: Checkpoint | undefined;
  readonly cosigned: readonly Cosigned[];
  readonly entry: Uint8Array | undefined;
}

/** Run every step and say what each found. Bad input is a step that failed, never a fault. */
export function checkReceipt(question: Question): Report {
  const inspection = new Inspection(question);
  const checks: Check[] = [];
  let failure: Check | undefined;
  for (const [step, run] of inspection.steps()) {
    let check: Check = { step, held: undefined, detail: "not run" };
    if (failure === undefined) {
      try {
        check = { step, held: true, detail: run() };
      } catch (error) {
        if (!isRefusal(error)) throw error;
        failure = check = { step, held: false, detail: error.message };
      }
    }
    checks.push(check);
  }
  const { receipt, checkpoint, cosigned, carried } = inspection;
  return { checks, failure, receipt, checkpoint, cosigned, entry: carried?.entry };
}

function isRefusal(error: unknown): error is Error {
  return error instanceof DecodeError || error instanceof InvalidProof || error instanceof NotSupported;
}

class Inspection {
  receipt: Receipt | undefined;
  checkpoint: Checkpoint | undefined;
  carried: Carried | undefined;
  cosigned: readonly Cosigned[] = [];

  constructor(private readonly question: Question) {}

  steps(): [StepName, () => string][] {
    const { policy, tracker, document } = this.question;
    return [
      ["READABLE", () => this.read()],
      ["ORIGIN", () => this.compareOrigin()],
      ["SIGNATURE", () => this.verifySignature()],
      ...optional("COSIGNATURES", policy, (given) => this.verifyCosignatures(given)),
      ["INCLUSION", () => this.verifyInclusion()],
      ...optional("BALLOT", tracker, (given) => this.compareTracker(given)),
      ...optional("DOCUMENT", document, (given) => this.compareDocument(given)),
    ];
  }

  private read(): string {
    const { data, entry } = this.question;
    this.receipt = decodeReceipt(data);
    const { extra, index, proof } = this.receipt;
    if (extra !== undefined) this.carried = decodeExtra(extra);
    if (entry !== undefined) this.carried = { entry, salt: this.carried?.salt };
    return `entry ${index}, ${proof.length} hashes`;
  }

  private compareOrigin(): string {
    this.checkpoint = decodeCheckpoint(known(this.receipt).checkpoint);
    const { origin } = this.checkpoint;
    const names = this.question.keys.map(({ name }) => name);
    if (!names.includes(origin)) throw new InvalidProof(`this is the log ${origin}, not ${names.join(", ")}`);
    return origin;
  }

  private verifySignature(): string {
    const { origin, size } = known(this.checkpoint);
    const keys = this.question.keys.filter(({ name }) => name === origin);
    const { keyId } = verifyNote(known(this.receipt).checkpoint, keys);
    return `${size} entries; Ed25519, key ${hex(keyId)}`;
  }

  private verifyCosignatures(policy: Policy): string {
    // A policy may name witnesses alone; then the log is the one whose keys are at hand.
    const whole = policy.logs.length > 0 ? policy : { ...policy, logs: this.question.keys };
    this.cosigned = verifyUnderPolicy(known(this.receipt).checkpoint, whole).cosigned;
    return this.cosigned.map(({ name }) => name).join(", ") || "the policy asks for none";
  }

  private verifyInclusion(): string {
    const { index, proof } = known(this.receipt);
    const { size, root } = known(this.checkpoint);
    if (this.carried === undefined) {
      throw new InvalidProof("the receipt does not carry the entry; give it beside the receipt");
    }
    verifyInclusion({ leaf: leafHash(this.carried.entry), index, size, proof, root });
    return `${proof.length} hashes lead from entry ${index} to the root`;
  }

  private compareTracker(tracker: Uint8Array): string {
    verifyBallot(known(this.carried).entry, tracker);
    return `its payload is ${hex(tracker)}`;
  }

  private compareDocument(digest: Uint8Array): string {
    verifyDocument(known(this.carried), digest);
    return `SHA-256 ${hex(digest)}`;
  }
}

function optional<T>(step: StepName, given: T | undefined, run: (given: T) => string): [StepName, () => string][] {
  return given === undefined ? [] : [[step, () => run(given)]];
}

/** What an earlier step has read: a step runs only when all before it held. */
function known<T>(value: T | undefined): T {
  if (value === undefined) throw new TypeError("a step ran before the one that it needs");
  return value;
}
