// The list of trustees and their slots (PROTOCOL 1.5; specification "Trustees").
import { decodeJson, encodeJson, type Json, readInteger, readList, readObject } from "./encoding.ts";
import { DecodeError, InvalidProof } from "./errors.ts";
import { ED25519, type Element, type Group } from "./group.ts";
import { encodeSigned, readSigned, type Signed, verifySignature } from "./messages.ts";
import { encodeProof, type Proof, readProof } from "./proofs.ts";
import {
  certificatesMessage, verifyCertificates, verifyCoefexps, verifyMemberKey,
} from "./threshold.ts";
import { decodeTrustee, type Trustee, trusteeFields, verifyTrustee } from "./trustee.ts";

const TRUSTEES_LIMIT_BYTES = 4_000_000;

/** n members of whom `threshold` suffice ("Pedersen"). */
export interface ThresholdTrustees {
  readonly threshold: number;
  readonly certificates: readonly Signed[];
  readonly coefexps: readonly Signed[];
  /** Undefined in the form of 2022, in which nobody signed the others' certificates (3.3). */
  readonly signatures: readonly Proof[] | undefined;
  readonly members: readonly Trustee[];
}

export type Item = { readonly single: Trustee } | { readonly group: ThresholdTrustees };

/** Where an owner stands. */
export interface Slot {
  /** 1-based place of the item in the list. */
  readonly item: number;
  /** 1-based place inside a threshold item; undefined for a single trustee. */
  readonly member: number | undefined;
  readonly trustee: Trustee;
}

export interface Trustees {
  readonly items: readonly Item[];
  /** Slot s stands at s − 1: a single trustee is one slot, a threshold item one for each member. */
  readonly slots: readonly Slot[];
}

/** Read the record's list of trustees; `verifyTrustees` checks what it claims.
 *
 * `acceptsLegacy` also takes threshold trustees in the form of 2022.
 */
export function decodeTrustees(
  data: Uint8Array, group: Group = ED25519, acceptsLegacy = false,
): Trustees {
  const value = decodeJson(data, { source: "trustees", limitBytes: TRUSTEES_LIMIT_BYTES });
  const items = readList(value, "trustees").map((item, index): Item => {
    const place = `trustees[${index}]`;
    const [kind, content] = readList(item, place, 2);
    if (kind === "Single") return { single: readSingle(content, place, group) };
    if (kind === "Pedersen") return { group: readGroup(content, place, group, acceptsLegacy) };
    throw new DecodeError(`${place}: not a trustee`);
  });
  if (items.length === 0) throw new DecodeError("trustees: empty");
  const slots = items.flatMap((item, index): Slot[] => {
    if ("single" in item) return [{ item: index + 1, member: undefined, trustee: item.single }];
    return item.group.members.map((trustee, position) => ({
      item: index + 1, member: position + 1, trustee,
    }));
  });
  return { items, slots };
}

function readSingle(value: Json | undefined, place: string, group: Group): Trustee {
  const trustee = decodeTrustee(value, place, group);
  if (trustee.signature !== undefined) throw new DecodeError(`${place}: unknown field "signature"`);
  return trustee;
}

function readGroup(
  value: Json | undefined, place: string, group: Group, acceptsLegacy: boolean,
): ThresholdTrustees {
  const isLegacy = typeof value === "object" && value !== null && !("signatures" in value);
  if (isLegacy && !acceptsLegacy) {
    throw new DecodeError(`${place}: the members did not sign each other's certificates, as in records of 2022`);
  }
  const fields = readObject(value, place, [
    "threshold", "certs", "coefexps", ...(isLegacy ? [] : ["signatures"]), "verification_keys",
  ]);
  const certificates = readList(fields["certs"], `${place}.certs`);
  const list = <T>(name: string, read: (item: Json, place: string) => T): T[] =>
    readList(fields[name], `${place}.${name}`, certificates.length).map((item, index) =>
      read(item, `${place}.${name}[${index}]`),
    );
  return {
    threshold: readInteger(fields["threshold"], `${place}.threshold`),
    certificates: list("certs", (item, at) => readSigned(item, at, group)),
    coefexps: list("coefexps", (item, at) => readSigned(item, at, group)),
    signatures: isLegacy ? undefined : list("signatures", (item, at) => readProof(item, at, group)),
    members: list("verification_keys", (item, at) => decodeTrustee(item, at, group)),
  };
}

/** The text of the list, as the record holds it. */
export function encodeTrustees({ items }: Pick<Trustees, "items">): string {
  return encodeJson(items.map((item): Json => {
    if ("single" in item) return ["Single", trusteeFields(item.single)];
    const { threshold, certificates, coefexps, signatures, members } = item.group;
    return ["Pedersen", {
      threshold,
      certs: certificates.map(encodeSigned),
      coefexps: coefexps.map(encodeSigned),
      ...(signatures === undefined ? {} : { signatures: signatures.map(encodeProof) }),
      verification_keys: members.map(trusteeFields),
    }];
  }));
}

/** Check every key, certificate and signature; no key may stand in two slots. */
export function verifyTrustees(trustees: Trustees): void {
  for (const item of trustees.items) {
    if ("single" in item) verifyTrustee(item.single);
    else verifyGroup(item.group);
  }
  const keys = trustees.slots.map(({ trustee }) => trustee.publicKey.encode());
  if (new Set(keys).size !== keys.length) throw new InvalidProof("two trustees have the same key");
}

function verifyGroup(group: ThresholdTrustees): void {
  const { threshold, coefexps, signatures, members } = group;
  const own = members[0]?.publicKey.group ?? ED25519;
  const isLegacy = signatures === undefined;
  const shape = { size: group.certificates.length, threshold, group: own, isLegacy };
  const certificates = verifyCertificates({ signed: group.certificates, shape });
  const powers = certificates.map((certificate, position) => {
    const signed = coefexps[position] as Signed;
    return verifyCoefexps({ signed, certificate, threshold, place: `coefexps ${position + 1}` });
  });
  certificates.forEach((certificate, position) => {
    if (signatures !== undefined) {
      const message = certificatesMessage(group.certificates, powers[position] as Element[]);
      const signature = signatures[position] as Proof;
      verifySignature({ message, publicKey: certificate.verification, signature });
    }
    const trustee = members[position] as Trustee;
    verifyMemberKey({ trustee, index: position + 1, certificate, powers, isSigned: !isLegacy });
  });
}

/** y: the product of what each item contributes; `verifyTrustees` must have held. */
export function combinePublicKeys({ items }: Trustees): Element {
  return items.map(subkey).reduce((total, key) => total.times(key));
}

/** A single trustee's public key, or the product of the members' first commitments. */
function subkey(item: Item): Element {
  if ("single" in item) return item.single.publicKey;
  const { group } = (item.group.members[0] as Trustee).publicKey;
  return item.group.coefexps.reduce((total, signed) => {
    const content = decodeJson(new TextEncoder().encode(signed.message), {
      source: "coefexps", limitBytes: TRUSTEES_LIMIT_BYTES,
    });
    const [first] = readList(readObject(content, "coefexps", ["coefexps"])["coefexps"], "coefexps");
    return total.times(group.decode(first, "coefexps[0]"));
  }, group.identity);
}
