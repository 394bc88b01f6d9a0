// Credentials (PROTOCOL 1.4; specification "Credentials").
import { sha256Hex, utf8 } from "./encoding.ts";
import { DecodeError, InvalidCredential } from "./errors.ts";
import { GENERATOR, modOrder, type Scalar } from "./group.ts";

export const BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

const GROUP_LENGTHS = [5, 6, 5, 6];
const CHARACTERS = 22;
const FORM = new RegExp(`^${GROUP_LENGTHS.map((length) => `[${BASE58}]{${length}}`).join("-")}$`);

/** Read a credential as people type or paste it: dashes and spaces may be wrong or absent.
 *
 * Returns the one form that is hashed, XXXXX-XXXXXX-XXXXX-XXXXXX. Throws InvalidCredential.
 */
export function readTypedCredential(typed: string): string {
  const characters = typed.replace(/[\s\-\u2010-\u2015\u2212\u00ad\u200b-\u200d\ufeff]/gu, "");
  if (characters === "") throw new InvalidCredential("empty");
  for (const character of characters) {
    if (!BASE58.includes(character)) throw new InvalidCredential("alphabet", { character });
  }
  const count = characters.length;
  if (count !== CHARACTERS) throw new InvalidCredential("length", { count });
  let start = 0;
  return GROUP_LENGTHS.map((length) => characters.slice(start, (start += length))).join("-");
}

/** x, from the election's uuid and the credential with its dashes. */
export function deriveSecretKey(input: { uuid: string; credential: string }): Scalar {
  if (!FORM.test(input.credential)) throw new DecodeError("this is not a credential");
  const half = (index: 0 | 1): string =>
    sha256Hex(utf8(`derive_credential|${input.uuid}|${index}|${input.credential}`));
  return modOrder(BigInt(`0x${half(0)}${half(1)}`));
}

/** g^x, the public part that stands in the election's list. */
export function derivePublicCredential(input: { uuid: string; credential: string }): string {
  return GENERATOR.power(deriveSecretKey(input)).encode();
}
