// From the trustees' factors to what takes the mask off a ciphertext (PROTOCOL 1.9, "Election result").
import { InvalidProof } from "./errors.ts";
import { type Element, modOrder, type Scalar } from "./group.ts";
import type { Trustees } from "./trustees.ts";

type Nested = readonly (readonly Element[])[];

/** Multiply the factors of all items: a single trustee's as they are, of a threshold item the
 * first t that are there, each raised to its Lagrange coefficient.
 *
 * Throws InvalidProof where too few have decrypted.
 */
export function combineFactors(input: {
  trustees: Trustees;
  decryptions: readonly { readonly owner: number; readonly factors: Nested }[];
}): Element[][] {
  const { trustees, decryptions } = input;
  const { group } = trustees.slots[0]?.trustee.publicKey ?? {};
  if (group === undefined) throw new InvalidProof("there are no trustees");
  const byOwner = new Map(decryptions.map(({ owner, factors }) => [owner, factors]));
  const shares: { factors: Nested; exponent: Scalar }[] = [];
  let owner = 0;
  for (const item of trustees.items) {
    if ("single" in item) {
      owner += 1;
      const factors = byOwner.get(owner);
      if (factors === undefined) throw new InvalidProof(`trustee ${owner} has not decrypted`);
      shares.push({ factors, exponent: 1n });
      continue;
    }
    const { threshold, members } = item.group;
    const first = owner;
    owner += members.length;
    const present = members.map((_, index) => index + 1).filter((index) => byOwner.has(first + index));
    const chosen = present.slice(0, threshold);
    if (chosen.length < threshold) {
      throw new InvalidProof(`only ${present.length} of ${threshold} needed trustees have decrypted`);
    }
    for (const index of chosen) {
      shares.push({ factors: byOwner.get(first + index) as Nested, exponent: lagrange(index, chosen, group.order) });
    }
  }
  const { identity } = group;
  const shape = shares[0]?.factors ?? [];
  return shape.map((list, question) =>
    list.map((_, position) =>
      shares.reduce((total, { factors, exponent }) => {
        const factor = factors[question]?.[position] as Element;
        return total.times(exponent === 1n ? factor : factor.publicPower(exponent));
      }, identity),
    ),
  );
}

/** λ_δ = Π_{k≠δ} k/(k − δ) mod q: the weight of share δ at 0. */
function lagrange(index: number, chosen: readonly number[], order: bigint): Scalar {
  let numerator = 1n;
  let denominator = 1n;
  for (const other of chosen) {
    if (other === index) continue;
    numerator = modOrder(numerator * BigInt(other), order);
    denominator = modOrder(denominator * BigInt(other - index), order);
  }
  return modOrder(numerator * inverse(denominator, order), order);
}

/** a^(q−2) mod q: Fermat; public numbers only. */
function inverse(value: Scalar, order: bigint): Scalar {
  let result = 1n;
  let base = modOrder(value, order);
  for (let exponent = order - 2n; exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) result = (result * base) % order;
    base = (base * base) % order;
  }
  return result;
}
