// Proofs of knowledge (PROTOCOL 1.5, 1.6, 1.9; specification "Proofs…", "Signatures").
// Convention everywhere: response = w − secret·challenge; a verifier recomputes the commitment.
import type { Ciphertext } from "./elgamal.ts";
import { type Json, type JsonObject, readObject } from "./encoding.ts";
import { InvalidProof } from "./errors.ts";
import {
  decodeScalar, ED25519, Element, encodeScalar, GENERATOR, type Group, IDENTITY, modOrder, randomScalar,
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

export function encodeProof(proof: Proof): JsonObject {
  return { challenge: encodeScalar(proof.challenge), response: encodeScalar(proof.response) };
}

export function readProof(value: Json | undefined, place: string, { order }: Group = ED25519): Proof {
  const fields = readObject(value, place, ["challenge", "response"]);
  return {
    challenge: decodeScalar(fields["challenge"], `${place}.challenge`, order),
    response: decodeScalar(fields["response"], `${place}.response`, order),
  };
}

// --- Knowledge of a discrete logarithm ---------------------------------------------------

/** Prove that one knows x with X = g^x: the `pok` of a trustee (1.5). */
export function proveKeyPossession(input: { secretKey: Scalar; publicKey: Element }): Proof {
  return proveKnowledge(`pok|Ed25519|${input.publicKey.encode()}|`, input.secretKey);
}

export function verifyKeyPossession(input: { publicKey: Element; proof: Proof }): void {
  const { publicKey } = input;
  if (!knows(`pok|${publicKey.group.name}|${publicKey.encode()}|`, input)) {
    throw new InvalidProof("the proof of possession does not match the public key");
  }
}

/** Sign a ballot's hash (base64, 43 characters) with the credential (1.6). */
export function signHash(input: { digest: string; secretKey: Scalar }): Proof {
  return proveKnowledge(`sig|${input.digest}|`, input.secretKey);
}

export function verifyHashSignature(input: {
  publicKey: Element;
  proof: Proof;
  digest: string;
}): void {
  if (!knows(`sig|${input.digest}|`, input)) {
    throw new InvalidProof("the signature is not by this credential over this ballot");
  }
}

/** Prove that one knows x with X = g^x; `prefix` binds the proof to all it stands for. */
export function proveKnowledge(prefix: string, secret: Scalar): Proof {
  const w = randomScalar();
  const c = challenge(prefix, [GENERATOR.power(w)]);
  return { challenge: c, response: modOrder(w - secret * c) };
}

/** Say whether the proof shows knowledge of the logarithm of `publicKey`. */
export function knows(prefix: string, { publicKey, proof }: { publicKey: Element; proof: Proof }): boolean {
  const { generator } = publicKey.group;
  const commitment = Element.publicProduct(generator, proof.response, publicKey, proof.challenge);
  return challenge(prefix, [commitment]) === proof.challenge;
}

// --- One of several plaintexts -----------------------------------------------------------

/** The claim that this ciphertext encrypts the number `shift`. */
export interface Branch {
  readonly ciphertext: Ciphertext;
  readonly shift: number;
}

/** What the maker of a ciphertext knows about it: α = g^r and β = y^r·g^m. */
export interface Opening {
  readonly randomness: Scalar;
  readonly plaintext: number;
}

interface Statement {
  readonly publicKey: Element;
  /** S0 for a single choice, S for what concerns a whole answer. */
  readonly context: string;
  readonly breathe: Breathe;
}

interface IntervalStatement extends Statement {
  readonly ciphertext: Ciphertext;
  readonly choices: readonly number[];
}

interface BlankStatement extends Statement {
  /** "bproof0" for `blankOrNothing`, "bproof1" for `blankOrEnough`, "lproof" for a list (1.6). */
  readonly prefix: "bproof0" | "bproof1" | "lproof";
  readonly branches: readonly Branch[];
}

/** Prove that the plaintext is one of `choices`, without saying which (iprove in 1.6). */
export function proveInterval(input: IntervalStatement & { opening: Opening }): Promise<Proof[]> {
  const branches = input.choices.map((shift) => ({ ciphertext: input.ciphertext, shift }));
  const openings = branches.map(() => input.opening);
  return proveDisjunction({ ...input, prefix: intervalPrefix(input), branches, openings });
}

export function verifyInterval(
  input: IntervalStatement & { proofs: readonly Proof[] },
): Promise<void> {
  const branches = input.choices.map((shift) => ({ ciphertext: input.ciphertext, shift }));
  return verifyDisjunction({ ...input, prefix: intervalPrefix(input), branches });
}

function intervalPrefix({ context, ciphertext: { alpha, beta } }: IntervalStatement): string {
  return `prove|${context}|${alpha.encode()},${beta.encode()}|`;
}

/** The branches of `blank_proof`: the vote is not blank, or it chooses nothing else. */
export function blankOrNothing(input: { blank: Ciphertext; total: Ciphertext }): Branch[] {
  return [{ ciphertext: input.blank, shift: 0 }, { ciphertext: input.total, shift: 0 }];
}

/** The branches of `overall_proof` beside a blank choice: blank, or one of the numbers allowed. */
export function blankOrEnough(input: {
  blank: Ciphertext;
  total: Ciphertext;
  choices: readonly number[];
}): Branch[] {
  const enough = input.choices.map((shift) => ({ ciphertext: input.total, shift }));
  return [{ ciphertext: input.blank, shift: 1 }, ...enough];
}

/** Prove one of the two statements about a question with a blank choice (1.6). */
export function proveBlank(
  input: BlankStatement & { openings: readonly Opening[] },
): Promise<Proof[]> {
  return proveDisjunction({ ...input, prefix: `${input.prefix}|${input.context}|` });
}

export function verifyBlank(input: BlankStatement & { proofs: readonly Proof[] }): Promise<void> {
  return verifyDisjunction({ ...input, prefix: `${input.prefix}|${input.context}|` });
}

/** Prove that at least one branch holds without telling which (Cramer et al. 1994).
 *
 * A true branch has A = g^w and B = y^w. A simulated one draws c and e first, and has
 * A = g^ρ·α^c and B = y^ρ·(β/g^shift)^c with ρ = e − r·c. As r and m of the ciphertext are known,
 * that is A = g^e and B = y^e·g^((m − shift)·c): powers of fixed bases only. The true branch
 * computes a power of g too, and drops it, so that every choice takes the same operations.
 */
async function proveDisjunction(input: {
  prefix: string;
  publicKey: Element;
  branches: readonly Branch[];
  openings: readonly Opening[];
  breathe: Breathe;
}): Promise<Proof[]> {
  const drafts = input.branches.map((branch, index) => {
    const { randomness, plaintext } = input.openings[index] as Opening;
    const difference = BigInt(plaintext - branch.shift);
    return { e: randomScalar(), c: randomScalar(), r: randomness, difference };
  });
  const trueIndex = drafts.findIndex((draft) => draft.difference === 0n);
  if (trueIndex < 0) throw new RangeError("a false statement cannot be proven");
  const commitments: Element[] = [];
  for (const { e, c, difference } of drafts) {
    const offset = modOrder(difference * c);
    const raised = GENERATOR.power(offset === 0n ? c : offset);
    const shifted = offset === 0n ? IDENTITY : raised;
    commitments.push(GENERATOR.power(e), input.publicKey.power(e).times(shifted));
    await input.breathe();
  }
  const total = challenge(input.prefix, commitments);
  const others = drafts.reduce((sum, { c }, index) => (index === trueIndex ? sum : sum + c), 0n);
  return drafts.map(({ e, c, r }, index) => {
    const own = index === trueIndex ? modOrder(total - others) : c;
    return { challenge: own, response: modOrder(e - r * own) };
  });
}

/** Check that Σ c_j = H(prefix; A_0, B_0, …): all but one of the challenges were free. */
async function verifyDisjunction(input: {
  prefix: string;
  publicKey: Element;
  branches: readonly Branch[];
  proofs: readonly Proof[];
  breathe: Breathe;
}): Promise<void> {
  const { branches, proofs, publicKey } = input;
  const { generator, order } = publicKey.group;
  if (branches.length !== proofs.length) throw new InvalidProof("wrong number of branches");
  const commitments: Element[] = [];
  for (const [index, { ciphertext, shift }] of branches.entries()) {
    const proof = proofs[index] as Proof;
    const beta = ciphertext.beta.times(generator.publicPower(BigInt(shift)).inverse());
    commitments.push(
      Element.publicProduct(generator, proof.response, ciphertext.alpha, proof.challenge),
      Element.publicProduct(publicKey, proof.response, beta, proof.challenge),
    );
    await input.breathe();
  }
  const claimed = proofs.reduce((sum, proof) => sum + proof.challenge, 0n) % order;
  if (claimed !== challenge(input.prefix, commitments)) {
    throw new InvalidProof("the proof of the permitted choices does not hold");
  }
}

// --- Correct decryption ------------------------------------------------------------------

interface DecryptionStatement {
  readonly fingerprint: string;
  readonly publicKey: Element;
  readonly alpha: Element;
}

function decryptionPrefix({ fingerprint, publicKey }: DecryptionStatement): string {
  return `decrypt|${fingerprint}|${publicKey.encode()}|`;
}

/** Prove that the factor F = α^x was made with the x of X = g^x (1.9). */
export function proveDecryption(input: DecryptionStatement & { secretKey: Scalar }): Proof {
  return proveEquality(decryptionPrefix(input), { base: input.alpha, secret: input.secretKey });
}

/** Check that log_g(X) = log_α(F). */
export function verifyDecryption(
  input: DecryptionStatement & { factor: Element; proof: Proof },
): void {
  const { publicKey, alpha, factor, proof } = input;
  if (!areEqual(decryptionPrefix(input), { publicKey, base: alpha, power: factor, proof })) {
    throw new InvalidProof("the decryption factor does not match the trustee's public key");
  }
}

/** Prove that the same x gives g^x and base^x; `prefix` binds the proof to all it stands for. */
export function proveEquality(prefix: string, input: { base: Element; secret: Scalar }): Proof {
  const w = randomScalar();
  const c = challenge(prefix, [GENERATOR.power(w), input.base.power(w)]);
  return { challenge: c, response: modOrder(w - input.secret * c) };
}

/** Say whether the proof shows that log_g(publicKey) = log_base(power). */
export function areEqual(
  prefix: string,
  input: { publicKey: Element; base: Element; power: Element; proof: Proof },
): boolean {
  const { publicKey, base, power, proof } = input;
  const commitments = [
    Element.publicProduct(publicKey.group.generator, proof.response, publicKey, proof.challenge),
    Element.publicProduct(base, proof.response, power, proof.challenge),
  ];
  return challenge(prefix, commitments) === proof.challenge;
}
