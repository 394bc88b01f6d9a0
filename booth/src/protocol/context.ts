// What the proofs of a ballot are bound to (PROTOCOL 1.6).
import type { Ciphertext } from "./elgamal.ts";
import type { Element } from "./group.ts";

/** S0 = φ‖"|"‖str(g^x): the election and the credential. */
export function credentialContext(fingerprint: string, credential: Element): string {
  return `${fingerprint}|${credential.encode()}`;
}

/** S = S0‖"|"‖α1,β1,α2,β2,…: also all ciphertexts of the same answer. */
export function answerContext(context: string, choices: readonly Ciphertext[]): string {
  return `${context}|${choices.flatMap(({ alpha, beta }) => [alpha.encode(), beta.encode()]).join(",")}`;
}
