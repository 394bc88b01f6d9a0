// One voter's stay in the booth. Everything secret is here and nowhere else: no storage, no history.
import type { Ballot } from "./protocol/ballot.ts";
import { choiceCount, type Election } from "./protocol/election.ts";

export interface Sitting {
  readonly election: Election;
  /** The public list, where it could be fetched. */
  credentials: ReadonlySet<string> | undefined;
  /** 0 and 1 for each choice of each question, blank first. */
  answers: number[][];
  /** Which questions the voter has seen and left with a permitted answer. */
  answered: boolean[];
  credential: string | undefined;
  /** What the link held, where it is not a credential. */
  misread: string | undefined;
  ballot: Ballot | undefined;
  isCast: boolean;
}

export function newSitting(election: Election): Sitting {
  return {
    election,
    credentials: undefined,
    answers: election.questions.map((question) => new Array<number>(choiceCount(question)).fill(0)),
    answered: election.questions.map(() => false),
    credential: undefined,
    misread: undefined,
    ballot: undefined,
    isCast: false,
  };
}

/** Forget the choices and the credential; the ballot itself is sealed and may be kept. */
export function forget(sitting: Sitting): void {
  for (const answer of sitting.answers) answer.fill(0);
  sitting.answers = [];
  sitting.answered = [];
  sitting.credential = undefined;
  sitting.misread = undefined;
}

/** Whether leaving now would lose something: a choice is made and no ballot is cast. */
export function wouldLose(sitting: Sitting): boolean {
  return !sitting.isCast && sitting.answers.some((answer) => answer.includes(1));
}
