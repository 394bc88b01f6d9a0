// Threshold trustees: n members, of whom any t can decrypt (PROTOCOL 1.5; specification "Threshold").
import { sha512 } from "@noble/hashes/sha2.js";
import { bytesToNumberBE } from "@noble/curves/utils.js";

import { encodeJson, type Json, readList, readObject, readText, sha256Hex, utf8 } from "./encoding.ts";
import { DecodeError, InvalidProof } from "./errors.ts";
import {
  decodeScalar, ED25519, Element, encodeScalar, GENERATOR, type Group, modOrder, type Scalar,
} from "./group.ts";
import {
  decodeEncrypted, encodeSigned, isSeed, type Keys, makeSigned, readCanonical, readSigned, send,
  type Signed, signMessage, verifySignature,
} from "./messages.ts";
import { encodeProof, type Proof, readProof } from "./proofs.ts";
import { makeTrustee, type Trustee, trusteeFields, verifyTrustee } from "./trustee.ts";

/** What the members agree on before they make keys. */
export interface Shape {
  /** n, how many members there are. */
  readonly size: number;
  /** t, how many of them suffice. */
  readonly threshold: number;
  /** Ed25519 where none is named: nothing is made in another group. */
  readonly group?: Group;
  /** In 2022 certificates did not say what they are for (3.3). */
  readonly isLegacy?: boolean;
}

// --- Certificates ------------------------------------------------------------------------

/** A member's two public keys, signed with the first of them. */
export interface Certificate {
  readonly verification: Element;
  readonly encryption: Element;
  readonly signed: Signed;
}

/** The certificate of the member at `index`, counted from 1. */
export function makeCertificate(input: { keys: Keys; shape: Shape; index: number }): Signed {
  const { keys, shape, index } = input;
  const message = encodeJson({
    context: { group: "Ed25519", size: shape.size, threshold: shape.threshold, index },
    verification: GENERATOR.power(keys.signing).encode(),
    encryption: GENERATOR.power(keys.decryption).encode(),
  });
  return makeSigned({ message, secretKey: keys.signing });
}

/** Read a certificate and check that it is for this place in this ceremony. */
export function verifyCertificate(input: { signed: Signed; shape: Shape; index: number }): Certificate {
  const { signed, shape, index } = input;
  const { group = ED25519, isLegacy = false } = shape;
  const place = `certificate ${index}`;
  const names = [...(isLegacy ? [] : ["context"]), "verification", "encryption"];
  const fields = readObject(readCanonical(signed.message, place), place, names);
  const context = { group: group.name, size: shape.size, threshold: shape.threshold, index };
  const expected = encodeJson({
    ...(isLegacy ? {} : { context }),
    verification: fields["verification"] ?? "",
    encryption: fields["encryption"] ?? "",
  });
  if (signed.message !== expected) throw new DecodeError(`${place}: made for another ceremony or place`);
  const verification = readKey(fields["verification"], `${place}.verification`, group);
  const encryption = readKey(fields["encryption"], `${place}.encryption`, group);
  verifySignature({ ...signed, publicKey: verification });
  return { verification, encryption, signed };
}

/** Check all certificates of a ceremony: one for each place, and no key twice. */
export function verifyCertificates(input: { signed: readonly Signed[]; shape: Shape }): Certificate[] {
  const { signed, shape } = input;
  if (!(1 <= shape.threshold && shape.threshold <= shape.size)) {
    throw new DecodeError("the threshold does not fit the number of members");
  }
  if (signed.length !== shape.size) throw new DecodeError(`${shape.size} certificates expected`);
  const certificates = signed.map((one, position) =>
    verifyCertificate({ signed: one, shape, index: position + 1 }),
  );
  const keys = certificates.flatMap((one) => [one.verification.encode(), one.encryption.encode()]);
  if (new Set(keys).size !== keys.length) throw new InvalidProof("two certificates have the same key");
  return certificates;
}

function readKey(value: Json | undefined, place: string, group: Group): Element {
  const element = group.decode(value, place);
  if (element.isIdentity()) throw new DecodeError(`${place}: the identity`);
  return element;
}

/** SHA-256 of the compact JSON of all certificates: what commits and the transcript are bound to. */
export function hashCertificates(certificates: readonly Signed[]): string {
  return sha256Hex(utf8(encodeJson(certificates.map(encodeSigned))));
}

/** 128 bits of that hash, for people to compare by telephone: eight groups of four.
 *
 * A server that shows each member other certificates would have to find two lists of the same
 * fingerprint, 2^64 trials.
 */
export function shortFingerprint(hash: string): string {
  return (hash.slice(0, 32).match(/.{4}/g) ?? []).join(" ");
}

// --- Polynomials -------------------------------------------------------------------------

/** f(X) = Σ a_k X^k for k < t, the same whenever the member comes back with the seed.
 *
 * Nobody but the member sees where the coefficients come from. They differ for each election and
 * each list of certificates, so that a ceremony that starts afresh shares nothing with the old one.
 */
export function deriveCoefficients(input: {
  seed: string;
  uuid: string;
  certificates: readonly Signed[];
  threshold: number;
}): Scalar[] {
  if (!isSeed(input.seed)) throw new DecodeError("this is not a seed");
  const context = `${input.uuid}|${hashCertificates(input.certificates)}`;
  return Array.from({ length: input.threshold }, (_, k) => {
    const digest = sha512(utf8(`pnyx-coefficient|${context}|${k}|${input.seed}`));
    return modOrder(bytesToNumberBE(digest));
  });
}

/** f(j) mod q: the share of the member at `index`. */
export function evaluate(coefficients: readonly Scalar[], index: number): Scalar {
  return coefficients.reduceRight((total, one) => modOrder(total * BigInt(index) + one), 0n);
}

/** Π A_k^(j^k) = g^f(j), from what the sender has published. */
export function sharePower(commitments: readonly Element[], index: number): Element {
  const { identity } = commitments[0]?.group ?? ED25519;
  return commitments.reduceRight(
    (total, one) => total.publicPower(BigInt(index)).times(one), identity,
  );
}

/** The message that commits to a polynomial: A_k = g^a_k for each coefficient. */
export function makeCoefexps(input: { keys: Keys; coefficients: readonly Scalar[] }): Signed {
  const powers = input.coefficients.map((one) => GENERATOR.power(one));
  const message = encodeJson({ coefexps: Element.encodeAll(powers) });
  return makeSigned({ message, secretKey: input.keys.signing });
}

/** Read the t elements A_k of a member. */
export function verifyCoefexps(input: {
  signed: Signed;
  certificate: Certificate;
  threshold: number;
  place: string;
}): Element[] {
  const { signed, certificate, threshold, place } = input;
  const fields = readObject(readCanonical(signed.message, place), place, ["coefexps"]);
  const items = readList(fields["coefexps"], place, threshold);
  const { group } = certificate.verification;
  const powers = items.map((item, k) => readKey(item, `${place}[${k}]`, group));
  verifySignature({ ...signed, publicKey: certificate.verification });
  return powers;
}

/** What signatures[i] signs: all certificates, and the signer's own coefexps. */
export function certificatesMessage(certificates: readonly Signed[], coefexps: readonly Element[]): string {
  const content = { certs: certificates.map(encodeSigned), coefexps: Element.encodeAll(coefexps) };
  return `certs_sig|${encodeJson(content)}`;
}

/** The commitment of 2.4, published before anyone reveals: it binds election, place and certificates. */
export function commitTo(input: {
  uuid: string;
  index: number;
  certificates: readonly Signed[];
  coefexps: Signed;
}): string {
  const { uuid, index, certificates, coefexps } = input;
  const hash = hashCertificates(certificates);
  return sha256Hex(utf8(`pnyx-dkg|${uuid}|${index}|${hash}|${coefexps.message}`));
}

/** What a member reveals: the commitments for all, and a secret for each. */
export interface Polynomial {
  /** To the member's own eyes only. */
  readonly polynomial: string;
  /** secrets[j−1] can be read by member j. */
  readonly secrets: readonly string[];
  readonly coefexps: Signed;
  /** signatures[i] of the list of trustees. */
  readonly signature: Proof;
  /** A_k, read from `coefexps`. */
  readonly powers: readonly Element[];
}

/** Make the text in which a member reveals the polynomial. */
export async function makePolynomial(input: {
  keys: Keys;
  certificates: readonly Certificate[];
  coefficients: readonly Scalar[];
}): Promise<string> {
  const { keys, certificates, coefficients } = input;
  const coefexps = makeCoefexps({ keys, coefficients });
  const powers = coefficients.map((one) => GENERATOR.power(one));
  const message = certificatesMessage(certificates.map(({ signed }) => signed), powers);
  const secrets: string[] = [];
  for (const [position, { encryption }] of certificates.entries()) {
    const share = encodeJson({ secret: encodeScalar(evaluate(coefficients, position + 1)) });
    secrets.push(await send({ message: share, sender: keys, recipient: encryption }));
  }
  return encodeJson({
    polynomial: await send({
      message: encodeJson({ polynomial: coefficients.map(encodeScalar) }),
      sender: keys,
      recipient: GENERATOR.power(keys.decryption),
    }),
    secrets,
    coefexps: encodeSigned(coefexps),
    signature: encodeProof(signMessage({ message, secretKey: keys.signing })),
  });
}

/** Check everything in a member's polynomial that is public. */
export function verifyPolynomial(input: {
  text: string;
  /** The sender's place, from 1. */
  index: number;
  certificates: readonly Certificate[];
  threshold: number;
}): Polynomial {
  const { text, index, certificates, threshold } = input;
  const place = `polynomial ${index}`;
  const certificate = certificates[index - 1];
  if (certificate === undefined) throw new DecodeError(`${place}: there is no such member`);
  const names = ["polynomial", "secrets", "coefexps", "signature"];
  const fields = readObject(readCanonical(text, place), place, names);
  if (Object.keys(fields).join() !== names.join()) {
    throw new DecodeError(`${place}: the fields are not in their order`);
  }
  const encrypted = (value: Json | undefined, name: string): string => {
    const found = readText(value, `${place}.${name}`);
    decodeEncrypted(found, `${place}.${name}`);
    return found;
  };
  const coefexps = readSigned(fields["coefexps"], `${place}.coefexps`);
  const signature = readProof(fields["signature"], `${place}.signature`);
  const secrets = readList(fields["secrets"], `${place}.secrets`, certificates.length);
  const powers = verifyCoefexps({ signed: coefexps, certificate, threshold, place: `${place}.coefexps` });
  const message = certificatesMessage(certificates.map(({ signed }) => signed), powers);
  verifySignature({ message, publicKey: certificate.verification, signature });
  return {
    polynomial: encrypted(fields["polynomial"], "polynomial"),
    secrets: secrets.map((item, position) => encrypted(item, `secrets[${position}]`)),
    coefexps, signature, powers,
  };
}

/** A revealed polynomial must be the one committed to. */
export function verifyCommit(input: {
  uuid: string;
  index: number;
  certificates: readonly Certificate[];
  commit: string;
  polynomial: Polynomial;
}): void {
  const { uuid, index, commit, polynomial: { coefexps } } = input;
  const certificates = input.certificates.map(({ signed }) => signed);
  if (commitTo({ uuid, index, certificates, coefexps }) !== commit) {
    throw new InvalidProof(`polynomial ${index}: not the one that was committed to`);
  }
}

// --- Verification keys -------------------------------------------------------------------

/** Member j's public key must be Π_i Π_k A_ik^(j^k). */
export function verificationKey(powers: readonly (readonly Element[])[], index: number): Element {
  return powers.map((one) => sharePower(one, index)).reduce((total, one) => total.times(one));
}

/** The public part of S_j, signed with the certified key. */
export function makeMemberKey(input: { keys: Keys; secretKey: Scalar }): Trustee {
  const trustee = makeTrustee({ secretKey: input.secretKey, name: undefined });
  const message = trustee.publicKey.encode();
  return { ...trustee, signature: signMessage({ message, secretKey: input.keys.signing }) };
}

/** The text with which a member says: my shares are right, and this is my key. */
export async function makeShareMessage(input: { keys: Keys; secretKey: Scalar }): Promise<string> {
  const { keys, secretKey } = input;
  const own = encodeJson({ decryption_key: encodeScalar(secretKey) });
  const recipient = GENERATOR.power(keys.decryption);
  return encodeJson({
    private_key: await send({ message: own, sender: keys, recipient }),
    public_key: trusteeFields(makeMemberKey(input)),
  });
}

/** Check a member's verification key against all published polynomials. */
export function verifyMemberKey(input: {
  trustee: Trustee;
  index: number;
  certificate: Certificate;
  powers: readonly (readonly Element[])[];
  /** False of members of 2022, who did not sign. */
  isSigned?: boolean;
}): void {
  const { trustee, index, certificate, powers, isSigned = true } = input;
  const place = `verification key ${index}`;
  verifyTrustee(trustee);
  if (!trustee.publicKey.equals(verificationKey(powers, index))) {
    throw new InvalidProof(`${place}: not what the polynomials give`);
  }
  if (!isSigned) {
    if (trustee.signature !== undefined) throw new DecodeError(`${place}: unknown field "signature"`);
    return;
  }
  if (trustee.signature === undefined) throw new InvalidProof(`${place}: it is not signed`);
  const message = trustee.publicKey.encode();
  verifySignature({ message, publicKey: certificate.verification, signature: trustee.signature });
}

/** Read the text `{"secret":"…"}` in which a share is sent. */
export function readSecret(text: string, place: string): Scalar {
  const fields = readObject(readCanonical(text, place), place, ["secret"]);
  return decodeScalar(fields["secret"], `${place}.secret`);
}

/** Read the text `{"decryption_key":"…"}` in which a member keeps S_j for themselves. */
export function readDecryptionKey(text: string, place: string): Scalar {
  const fields = readObject(readCanonical(text, place), place, ["decryption_key"]);
  return decodeScalar(fields["decryption_key"], `${place}.decryption_key`);
}
