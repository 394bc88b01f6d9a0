// One voter's stay in the booth. Everything secret is here and nowhere else: no storage, no history.
import type { Ballot, Randomness } from "./protocol/ballot.ts";
import { type Election, plainLength } from "./protocol/election.ts";

/** A ballot whose fate is open: cast it, challenge it with its randomness, or throw it away. */
export interface Sealed {
  readonly ballot: Ballot;
  readonly randomness: Randomness;
}

export interface Sitting {
  readonly election: Election;
  /** The public list, where it could be fetched. */
  credentials: ReadonlySet<string> | undefined;
  /** 0 and 1 for each choice of each question, blank first; ranks or grades where it is ranked. */
  answers: number[][];
  /** Which questions the voter has seen and left with a permitted answer. */
  answered: boolean[];
  credential: string | undefined;
  /** What the link held, where it is not a credential. */
  misread: string | undefined;
  /** What an account got for one ballot, in elections that ask for one. */
  permit: string | undefined;
  isCast: boolean;
}

export function newSitting(election: Election): Sitting {
  return {
    election,
    credentials: undefined,
    answers: election.questions.map((question) => new Array<number>(plainLength(question)).fill(0)),
    answered: election.questions.map(() => false),
    credential: undefined,
    misread: undefined,
    permit: undefined,
    isCast: false,
  };
}

/** Take all choices back, and keep the credential. */
export function clearAnswers(sitting: Sitting): void {
  for (const answer of sitting.answers) answer.fill(0);
  sitting.answered.fill(false);
}

/** Forget the choices and the credential; the ballot itself is sealed and may be kept. */
export function forget(sitting: Sitting): void {
  for (const answer of sitting.answers) answer.fill(0);
  sitting.answers = [];
  sitting.answered = [];
  sitting.credential = undefined;
  sitting.misread = undefined;
  sitting.permit = undefined;
}

/** Whether leaving now would lose something: a choice is made and no ballot is cast. */
export function wouldLose(sitting: Sitting): boolean {
  return !sitting.isCast && sitting.answers.some((answer) => answer.some((number) => number !== 0));
}

/** A permit as the server writes it, in base64url; undefined where this is none. */
export function readPermit(typed: string): string | undefined {
  const permit = typed.replace(/\s/g, "");
  return PERMIT.test(permit) ? permit : undefined;
}

const PERMIT = /^[A-Za-z0-9_-]{40,200}$/;
