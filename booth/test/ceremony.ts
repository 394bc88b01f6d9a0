// A threshold ceremony whose members all sit in this program; each step can be tampered with.
import { makeComplaint, takeShares } from "../src/protocol/complaint.ts";
import type { Scalar } from "../src/protocol/group.ts";
import { deriveKeys, type Keys, makeSeed } from "../src/protocol/messages.ts";
import {
  type Certificate, commitTo, deriveCoefficients, makeCertificate, makeCoefexps, makeMemberKey,
  makePolynomial, type Polynomial, type Shape, verifyCertificates, verifyCommit, verifyPolynomial,
} from "../src/protocol/threshold.ts";
import type { ThresholdTrustees } from "../src/protocol/trustees.ts";

export const UUID = "hfd19JUwUteUwr";

export interface Ceremony {
  readonly uuid: string;
  readonly shape: Shape;
  readonly seeds: readonly string[];
  readonly keys: readonly Keys[];
  readonly certificates: readonly Certificate[];
  readonly commits: readonly string[];
  /** The revealed texts. */
  readonly texts: readonly string[];
  readonly polynomials: readonly Polynomial[];
}

/** Run the ceremony up to the revealed polynomials. */
export async function hold(shape: Shape): Promise<Ceremony> {
  const seeds = Array.from({ length: shape.size }, makeSeed);
  const keys = seeds.map(deriveKeys);
  const signed = keys.map((one, position) => makeCertificate({ keys: one, shape, index: position + 1 }));
  const certificates = verifyCertificates({ signed, shape });
  const coefficients = seeds.map((seed) =>
    deriveCoefficients({ seed, uuid: UUID, certificates: signed, threshold: shape.threshold }),
  );
  const commits = keys.map((one, position) => {
    const coefexps = makeCoefexps({ keys: one, coefficients: coefficients[position] as Scalar[] });
    return commitTo({ uuid: UUID, index: position + 1, certificates: signed, coefexps });
  });
  const texts: string[] = [];
  for (const [position, one] of keys.entries()) {
    texts.push(await makePolynomial({
      keys: one, certificates, coefficients: coefficients[position] as Scalar[],
    }));
  }
  return reveal({ uuid: UUID, shape, seeds, keys, certificates, commits, texts, polynomials: [] });
}

/** Check what was revealed, as every member's program does. */
export function reveal(ceremony: Ceremony): Ceremony {
  const { uuid, shape: { threshold }, certificates, commits, texts } = ceremony;
  const polynomials = texts.map((text, position) => {
    const index = position + 1;
    const polynomial = verifyPolynomial({ text, index, certificates, threshold });
    verifyCommit({ uuid, index, certificates, commit: commits[position] ?? "", polynomial });
    return polynomial;
  });
  return { ...ceremony, polynomials };
}

export function sharesOf(ceremony: Ceremony, index: number): Promise<Scalar> {
  return takeShares({ ...ceremony, keys: ceremony.keys[index - 1] as Keys, index });
}

export function complain(ceremony: Ceremony, by: number, about: number): string {
  return makeComplaint({ ...ceremony, keys: ceremony.keys[by - 1] as Keys, by, about });
}

/** The item of the list of trustees that the ceremony gives. */
export async function conclude(ceremony: Ceremony): Promise<ThresholdTrustees> {
  const members = [];
  for (const [position, keys] of ceremony.keys.entries()) {
    members.push(makeMemberKey({ keys, secretKey: await sharesOf(ceremony, position + 1) }));
  }
  return {
    threshold: ceremony.shape.threshold,
    certificates: ceremony.certificates.map(({ signed }) => signed),
    coefexps: ceremony.polynomials.map(({ coefexps }) => coefexps),
    signatures: ceremony.polynomials.map(({ signature }) => signature),
    members,
  };
}
