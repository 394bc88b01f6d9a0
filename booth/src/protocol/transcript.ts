// Challenges by hashing (PROTOCOL, part 1, "Notation").
import { sha256Hex, utf8 } from "./encoding.ts";
import { Element, modOrder, type Scalar } from "./group.ts";

/** H(prefix; E1, …, En): SHA-256 of the prefix and the elements joined by commas, modulo q. */
export function challenge(prefix: string, elements: readonly Element[]): Scalar {
  const digest = sha256Hex(utf8(prefix + Element.encodeAll(elements).join(",")));
  return modOrder(BigInt(`0x${digest}`), elements[0]?.group.order);
}
