// What the steps leave behind for later ones. To read what no step has set is an error, and red.
import type { Companion } from "../protocol/companion.ts";
import type { AnyElection } from "../protocol/election.ts";
import type { Element } from "../protocol/group.ts";
import type { Breathe } from "../protocol/proofs.ts";
import type { File, RecordedEvent, Sizes } from "../protocol/record.ts";
import type { EncryptedTally } from "../protocol/tally.ts";
import type { Trustees } from "../protocol/trustees.ts";
import type { Ballot } from "../protocol/ballot.ts";
import { type QuestionResult, Waiting } from "./report.ts";

/** Called with the number of a step, how much of it is done, and how much there is. */
export type Progress = (step: number, done: number, total: number) => void;

/** A ballot whose proofs and signature hold. */
export interface CheckedBallot {
  readonly height: number;
  readonly ballot: Ballot;
}

export interface Decryption {
  readonly owner: number;
  readonly factors: readonly (readonly Element[])[];
}

interface Findings {
  files: readonly File[];
  events: readonly RecordedEvent[];
  election: AnyElection;
  trustees: Trustees;
  weights: ReadonlyMap<string, bigint>;
  ballots: readonly CheckedBallot[];
  /** The ballot that counts, for each credential. */
  counted: ReadonlyMap<string, CheckedBallot>;
  tally: EncryptedTally;
  sizes: Sizes;
  /** The tally as it is decrypted: with the last shuffle in the place of the ranked ballots. */
  shuffled: EncryptedTally;
  decryptions: readonly Decryption[];
  result: readonly QuestionResult[];
  companion: Companion;
}

export class State {
  private readonly findings: Partial<Findings> = {};

  constructor(
    readonly record: Uint8Array,
    readonly companionData: Uint8Array | undefined,
    readonly progress: Progress,
    readonly breathe: Breathe,
    readonly acceptsLegacyThreshold: boolean,
  ) {}

  set<Name extends keyof Findings>(name: Name, value: Findings[Name]): void {
    this.findings[name] = value;
  }

  get<Name extends keyof Findings>(name: Name): Findings[Name] {
    const value = this.findings[name];
    if (value === undefined) throw new Error(`nothing has established ${name}`);
    return value as Findings[Name];
  }

  /** The same, where the report shows it only if it is known. */
  known<Name extends keyof Findings>(name: Name): Findings[Name] | undefined {
    return this.findings[name];
  }

  ofType(type: string): RecordedEvent[] {
    return this.get("events").filter((event) => event.type === type);
  }

  /** The first event of a type; without one, the step waits for it. */
  first(type: string): RecordedEvent {
    const [event] = this.ofType(type);
    if (event === undefined) throw new Waiting();
    return event;
  }

  /** An object of an event; the chain has checked how many there are. */
  object(event: RecordedEvent, index: number): Uint8Array {
    const body = event.objects[index];
    if (body === undefined) throw new Error(`event ${event.height} has no object ${index}`);
    return body;
  }
}
