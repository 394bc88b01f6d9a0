// Proofs of knowledge (PROTOCOL 1.5, 1.6, 1.9; specification "Proofs…", "Signatures").
// Convention everywhere: response = w − secret·challenge; a verifier recomputes the commitment.
import { decodeObject, type Json, type JsonObject } from "./encoding.ts";
import type { Ciphertext } from "./elgamal.ts";
import { InvalidProof } from "./errors.ts";
import {
  decodeScalar, Element, encodeScalar, GENERATOR, IDENTITY, modOrder, ORDER, randomScalar,
  type Scalar,
} from "./group.ts";
import { challenge } from "./transcript.ts";

export interface Proof {
  readonly challenge: Scalar;
  readonly response: Scalar;
}

/** Lets the page draw between two steps of long work. */
export type Breathe = () => Promise<void>;

export const withoutBreath: Breathe = async () => undefined;

/** One claim of a disjunction: this ciphertext encrypts `shift`. */
export interface Branch {
  readonly ciphertext: Ciphertext;
  readonly shift: number;
}

/** What only the prover knows about a branch: the plain value, and r. */
export interface KnownBranch extends Branch {
  readonly value: number;
  readonly randomness: Scalar;
}

/** Prove that one branch holds without telling which.
 *
 * Branch j is claimed by A = g^ρ·α^c and B = y^ρ·(β/g^shift)^c. As the prover knows α = g^r and
 * β = y^r·g^value, both are powers of fixed bases: with e = ρ + r·c, A = g^e and
 * B = y^e·g^((value − shift)·c). The true branch has e = w and the shift's exponent zero; a power of
 * g is computed and dropped there, so that every choice takes the same operations.
 *
 * `prefix` is hashed before the commitments; exactly the challenges' sum is bound by it.
 */
export async function proveDisjunction(input: {
  prefix: string;
  publicKey: Element;
  branches: readonly KnownBranch[];
  trueBranch: number;
  breathe: Breathe;
}): Promise<Proof[]> {
  const { branches, trueBranch } = input;
  const drafts: { challenge: Scalar; response: Scalar; commitments: [Element, Element] }[] = [];
  for (const [index, branch] of branches.entries()) {
    const response = randomScalar();
    const guess = randomScalar();
    const isTrue = index === trueBranch;
    const exponent = isTrue ? response : modOrder(response + branch.randomness * guess);
    const offset = isTrue ? 0n : modOrder(BigInt(branch.value - branch.shift) * guess);
    const raised = GENERATOR.power(offset === 0n ? guess : offset);
    const shifted = offset === 0n ? IDENTITY : raised;
    drafts.push({
      challenge: isTrue ? 0n : guess,
      response,
      commitments: [GENERATOR.power(exponent), input.publicKey.power(exponent).times(shifted)],
    });
    await input.breathe();
  }
  const total = challenge(input.prefix, drafts.flatMap((draft) => draft.commitments));
  const simulated = drafts.reduce((sum, draft) => sum + draft.challenge, 0n);
  const truth = modOrder(total - simulated);
  return drafts.map((draft, index) => {
    if (index !== trueBranch) return { challenge: draft.challenge, response: draft.response };
    const secret = branches[index]?.randomness ?? 0n;
    return { challenge: truth, response: modOrder(draft.response - secret * truth) };
  });
}

/** Check a disjunction: as many proofs as branches, and challenges that add up to the hash. */
export async function verifyDisjunction(input: {
  prefix: string;
  publicKey: Element;
  branches: readonly Branch[];
  proofs: readonly Proof[];
  breathe: Breathe;
}): Promise<void> {
  const { branches, proofs } = input;
  if (branches.length !== proofs.length) throw new InvalidProof("wrong number of branches");
  const commitments: Element[] = [];
  for (const [index, branch] of branches.entries()) {
    const proof = proofs[index] as Proof;
    const { alpha, beta } = branch.ciphertext;
    const shifted = beta.times(GENERATOR.publicPower(BigInt(branch.shift)).inverse());
    commitments.push(
      Element.publicProduct(GENERATOR, proof.response, alpha, proof.challenge),
      Element.publicProduct(input.publicKey, proof.response, shifted, proof.challenge),
    );
    await input.breathe();
  }
  const claimed = proofs.reduce((sum, proof) => sum + proof.challenge, 0n) % ORDER;
  if (claimed !== challenge(input.prefix, commitments)) {
    throw new InvalidProof("the challenges do not add up to the hash");
  }
}

/** Prove knowledge of x in g^x; the signature of a ballot and the proof of a trustee's key. */
export function proveKnowledge(input: { secret: Scalar; prefix: string }): Proof {
  const w = randomScalar();
  const c = challenge(input.prefix, [GENERATOR.power(w)]);
  return { challenge: c, response: modOrder(w - input.secret * c) };
}

export function verifyKnowledge(input: { publicKey: Element; prefix: string; proof: Proof }): void {
  const { proof } = input;
  const commitment = Element.publicProduct(
    GENERATOR, proof.response, input.publicKey, proof.challenge,
  );
  if (challenge(input.prefix, [commitment]) !== proof.challenge) {
    throw new InvalidProof("the prover does not know the secret key");
  }
}

/** Prove that log_g(X) = log_α(F), where X = g^x and F = α^x. */
export function proveDecryption(input: { secret: Scalar; alpha: Element; prefix: string }): Proof {
  const w = randomScalar();
  const c = challenge(input.prefix, [GENERATOR.power(w), input.alpha.power(w)]);
  return { challenge: c, response: modOrder(w - input.secret * c) };
}

export function verifyDecryption(input: {
  publicKey: Element;
  alpha: Element;
  factor: Element;
  prefix: string;
  proof: Proof;
}): void {
  const { proof } = input;
  const commitments = [
    Element.publicProduct(GENERATOR, proof.response, input.publicKey, proof.challenge),
    Element.publicProduct(input.alpha, proof.response, input.factor, proof.challenge),
  ];
  if (challenge(input.prefix, commitments) !== proof.challenge) {
    throw new InvalidProof("the decryption factor does not match the trustee's public key");
  }
}

export function encodeProof(proof: Proof): JsonObject {
  return { challenge: encodeScalar(proof.challenge), response: encodeScalar(proof.response) };
}

export function decodeProof(value: Json | undefined, place: string): Proof {
  const fields = decodeObject(value, place, ["challenge", "response"]);
  return {
    challenge: decodeScalar(fields["challenge"], `${place}.challenge`),
    response: decodeScalar(fields["response"], `${place}.response`),
  };
}
