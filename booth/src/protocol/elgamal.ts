// ElGamal encryption in the exponent (PROTOCOL 1.6; specification "Encrypted answers").
import { readObject, type Json, type JsonObject } from "./encoding.ts";
import { ED25519, Element, GENERATOR, type Group, IDENTITY, type Scalar } from "./group.ts";

/** (α, β) = (g^r, y^r·g^m). */
export interface Ciphertext {
  readonly alpha: Element;
  readonly beta: Element;
}

/** Encrypt 0 or 1. The same operations are done for both, so that time tells nothing. */
export function encryptBit(input: { publicKey: Element; bit: 0 | 1; randomness: Scalar }): Ciphertext {
  const message = input.bit === 1 ? GENERATOR : IDENTITY;
  return {
    alpha: GENERATOR.power(input.randomness),
    beta: input.publicKey.power(input.randomness).times(message),
  };
}

/** The ciphertext of the sum of the plaintexts: the pointwise product. */
export function product(ciphertexts: readonly Ciphertext[], { identity }: Group = ED25519): Ciphertext {
  return ciphertexts.reduce(
    (total, { alpha, beta }) => ({ alpha: total.alpha.times(alpha), beta: total.beta.times(beta) }),
    { alpha: identity, beta: identity },
  );
}

/** α and β in their text form, for a whole list at the price of one inversion. */
export function encodeCiphertexts(ciphertexts: readonly Ciphertext[]): JsonObject[] {
  Element.encodeAll(ciphertexts.flatMap(({ alpha, beta }) => [alpha, beta]));
  return ciphertexts.map(({ alpha, beta }) => ({ alpha: alpha.encode(), beta: beta.encode() }));
}

export function readCiphertext(
  value: Json | undefined, place: string, group: Group = ED25519,
): Ciphertext {
  const fields = readObject(value, place, ["alpha", "beta"]);
  return {
    alpha: group.decode(fields["alpha"], `${place}.alpha`),
    beta: group.decode(fields["beta"], `${place}.beta`),
  };
}
