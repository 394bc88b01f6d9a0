// What trustees sign or prove beside the record (PROTOCOL 2.3, 2.4, 2.8).
// Each challenge begins with "pnyx-" and the name of its statement; what stands between two bars
// has a fixed alphabet without the bar, and is checked here.
import { DecodeError, InvalidProof } from "./errors.ts";
import { Element, type Scalar, GENERATOR } from "./group.ts";
import { areEqual, knows, type Proof, proveEquality, proveKnowledge } from "./proofs.ts";

/** A SHA-256 in lowercase hex. */
export function checkHash(text: string, place: string): void {
  if (!/^[0-9a-f]{64}$/.test(text)) throw new DecodeError(`${place}: not a hash`);
}

// --- The transcript of the ceremony (2.4) ------------------------------------------------

interface TranscriptStatement {
  readonly fingerprint: string;
  /** T: SHA-256 of everything that the ceremony fixed. */
  readonly transcript: string;
}

/** Sign, with a slot's decryption key, that one has seen the sealed election. */
export function signTranscript(input: TranscriptStatement & { secretKey: Scalar }): Proof {
  const { secretKey } = input;
  return proveKnowledge(transcriptPrefix({ ...input, publicKey: GENERATOR.power(secretKey) }), secretKey);
}

export function verifyTranscript(
  input: TranscriptStatement & { publicKey: Element; proof: Proof },
): void {
  if (!knows(transcriptPrefix(input), input)) {
    throw new InvalidProof("the signature is not by this trustee's key over this transcript");
  }
}

function transcriptPrefix(input: TranscriptStatement & { publicKey: Element }): string {
  checkHash(input.transcript, "transcript");
  return `pnyx-transcript|${input.fingerprint}|${input.publicKey.encode()}|${input.transcript}|`;
}

// --- Shuffles (2.8) ----------------------------------------------------------------------

interface ShuffleStatement {
  readonly fingerprint: string;
  /** The hash of the event before the shuffle's. */
  readonly parent: string;
  /** The hash of the shuffle's own text. */
  readonly payload: string;
}

/** Sign, with a slot's key, that one made this shuffle at this place of the record. */
export function signShuffle(input: ShuffleStatement & { secretKey: Scalar }): Proof {
  const { secretKey } = input;
  return proveKnowledge(shufflePrefix({ ...input, publicKey: GENERATOR.power(secretKey) }), secretKey);
}

export function verifyShuffleStatement(
  input: ShuffleStatement & { publicKey: Element; proof: Proof },
): void {
  if (!knows(shufflePrefix(input), input)) {
    throw new InvalidProof("the statement is not by this trustee's key over this shuffle at this place");
  }
}

function shufflePrefix(input: ShuffleStatement & { publicKey: Element }): string {
  const { fingerprint, publicKey, parent, payload } = input;
  checkHash(parent, "parent");
  checkHash(payload, "payload");
  return `pnyx-shuffle|${fingerprint}|${publicKey.encode()}|${parent}|${payload}|`;
}

// --- Decryption factors (2.3) ------------------------------------------------------------

interface StrongStatement {
  readonly fingerprint: string;
  /** The indices into `decryption_factors`, joined by dots. */
  readonly position: string;
  /** The hash of the last event before the first partial decryption. */
  readonly closing: string;
  readonly alpha: Element;
  readonly factor: Element;
}

/** Prove log_g(X) = log_α(F), with α, F and their place in the tally hashed. */
export function proveStrongDecryption(input: StrongStatement & { secretKey: Scalar }): Proof {
  const { alpha, secretKey } = input;
  const prefix = strongPrefix({ ...input, publicKey: GENERATOR.power(secretKey) });
  return proveEquality(prefix, { base: alpha, secret: secretKey });
}

/** Check that F was made of exactly this α with the key X. */
export function verifyStrongDecryption(
  input: StrongStatement & { publicKey: Element; proof: Proof },
): void {
  const { publicKey, alpha, factor, proof } = input;
  if (!areEqual(strongPrefix(input), { publicKey, base: alpha, power: factor, proof })) {
    throw new InvalidProof("the strong proof does not bind this factor to this ciphertext and trustee");
  }
  if (alpha.isIdentity() !== factor.isIdentity()) {
    throw new InvalidProof("the decryption factor is the identity, or ought to be");
  }
}

function strongPrefix(input: StrongStatement & { publicKey: Element }): string {
  const { fingerprint, publicKey, position, closing, alpha, factor } = input;
  if (!/^(0|[1-9][0-9]{0,8})(\.(0|[1-9][0-9]{0,8}))*$/.test(position)) {
    throw new DecodeError("a position is a list of indices joined by dots");
  }
  checkHash(closing, "closing");
  const pair = `${alpha.encode()},${factor.encode()}`;
  return `pnyx-decrypt|${fingerprint}|${publicKey.encode()}|${position}|${closing}|${pair}|`;
}

// --- Complaints (1.5, 2.4) ---------------------------------------------------------------

interface Disclosure {
  readonly uuid: string;
  readonly alpha: Element;
  readonly beta: Element;
  /** g^s, the key of this one message. */
  readonly key: Element;
}

/** Prove that (α, β), encrypted to g^dk, hides exactly `key`. */
export function proveDisclosure(input: Disclosure & { decryptionKey: Scalar }): Proof {
  const { alpha, decryptionKey } = input;
  const prefix = disclosurePrefix({ ...input, encryption: GENERATOR.power(decryptionKey) });
  return proveEquality(prefix, { base: alpha, secret: decryptionKey });
}

/** Check that `key` is what (α, β) hides from all but the owner of `encryption`. */
export function verifyDisclosure(input: Disclosure & { encryption: Element; proof: Proof }): void {
  const { encryption: publicKey, alpha, beta, key, proof } = input;
  const power = beta.times(key.inverse());
  if (!areEqual(disclosurePrefix(input), { publicKey, base: alpha, power, proof })) {
    throw new InvalidProof("the disclosed key is not the one that this message was encrypted with");
  }
}

function disclosurePrefix(input: Disclosure & { encryption: Element }): string {
  const { uuid, encryption, alpha, beta, key } = input;
  const elements = [alpha, beta, key].map((element) => element.encode()).join(",");
  return `pnyx-complaint|${uuid}|${encryption.encode()}|${elements}|`;
}
