// The cast statement (PROTOCOL 2.2): "with this ballot I replace that one", signed by the credential.
import { deriveSecretKey } from "./credential.ts";
import type { Election } from "./election.ts";
import { InvalidProof } from "./errors.ts";
import { type Element, GENERATOR } from "./group.ts";
import { knows, type Proof, proveKnowledge } from "./proofs.ts";

/** `prev` of a credential's first ballot. */
export const NO_PREVIOUS_BALLOT = "A".repeat(43);

interface Statement {
  readonly fingerprint: string;
  /** Of the ballot that is cast, and of the one that it replaces. */
  readonly tracker: string;
  readonly prev: string;
}

function prefix({ fingerprint, tracker, prev }: Statement, credential: Element): string {
  return `pnyx-cast|${fingerprint}|${credential.encode()}|${tracker}|${prev}|`;
}

/** Sign the statement. Only after the voter said "cast": a challenged ballot never gets one. */
export function signCast(input: {
  election: Election;
  tracker: string;
  prev: string;
  credential: string;
}): Proof {
  const { election: { uuid, fingerprint }, credential } = input;
  const secretKey = deriveSecretKey({ uuid, credential });
  return proveKnowledge(prefix({ ...input, fingerprint }, GENERATOR.power(secretKey)), secretKey);
}

/** Check a statement against the public credential that made the ballot. */
export function verifyCast(input: Statement & { credential: Element; proof: Proof }): void {
  const { credential, proof } = input;
  if (!knows(prefix(input, credential), { publicKey: credential, proof })) {
    throw new InvalidProof("the cast statement is not by this credential about this ballot");
  }
}
