// Vectors of small numbers as elements, and back (PROTOCOL 1.1; specification "Groups").
import { DecodeError } from "./errors.ts";
import { ED25519, Element } from "./group.ts";

const PADDING_BITS = ED25519.paddingBits;

/** Encode numbers from 0 to 255 as one element; `extractVector` reads them back.
 *
 * X = ((v1·256 + v2)·256 + … + vn)·2^14, and the element is the first of X, X + 1, X + 2, … that
 * is one. How many are tried depends on the vector, so that whoever measures this device to the
 * microsecond learns something of the vote; nothing that is sent does.
 */
export function embedVector(values: readonly number[]): Element {
  const isByte = (value: number): boolean => Number.isInteger(value) && value >= 0 && value <= 255;
  if (values.length === 0 || values.length > ED25519.vectorLimit || !values.every(isByte)) {
    throw new RangeError(`1 to ${ED25519.vectorLimit} numbers from 0 to 255 expected`);
  }
  const start = values.reduce((total, value) => total * 256n + BigInt(value), 0n) << PADDING_BITS;
  for (let offset = 0n; offset < 1n << PADDING_BITS; offset += 1n) {
    const element = elementAt(start + offset);
    if (element !== undefined) return element;
  }
  throw new RangeError("no element is near this vector"); // one in 16 is: never in 2^14 attempts
}

function elementAt(integer: bigint): Element | undefined {
  try {
    return Element.decode(integer.toString(16).padStart(64, "0"), "embedded vector");
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

/** Read the vector of `length` numbers that was embedded; higher bits are ignored (1.9). */
export function extractVector(element: Element, length: number): number[] {
  let rest = element.integer() >> element.group.paddingBits;
  const values: number[] = [];
  for (let index = 0; index < length; index += 1) {
    values.unshift(Number(rest % 256n));
    rest /= 256n;
  }
  return values;
}
