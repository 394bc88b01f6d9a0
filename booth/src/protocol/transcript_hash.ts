// T: everything that the ceremony and the seal fixed, in one hash (PROTOCOL 2.4).
import { encodeJson, sha256Hex, utf8 } from "./encoding.ts";
import { InvalidProof } from "./errors.ts";
import type { Signed } from "./messages.ts";
import { hashCertificates } from "./threshold.ts";
import type { Trustees } from "./trustees.ts";

export function transcriptHash(input: {
  fingerprint: string;
  /** The list of trustees as archived. */
  data: Uint8Array;
  trustees: Trustees;
  /** One list for each threshold item, one hash for each member. */
  commits: readonly (readonly string[])[];
}): string {
  const { fingerprint, data, trustees, commits } = input;
  const sizes = trustees.items.flatMap((item) => ("group" in item ? [item.group.members.length] : []));
  if (commits.length !== sizes.length || commits.some((list, index) => list.length !== sizes[index])) {
    throw new InvalidProof("the commitments are not one for each member");
  }
  return sha256Hex(utf8(encodeJson({
    election_hash: fingerprint,
    trustees: sha256Hex(data),
    certs: hashCertificates(allCertificates(trustees)),
    commits: commits.map((list) => [...list]),
  })));
}

/** The certificates of all threshold items, in order. */
export function allCertificates(trustees: Trustees): readonly Signed[] {
  return trustees.items.flatMap((item) => ("group" in item ? item.group.certificates : []));
}
