// The group Ed25519 (PROTOCOL 1.1; specification "Groups"), on @noble/curves.
import { mulAddUnsafe, normalizeZ, pippenger } from "@noble/curves/abstract/curve.js";
import type { EdwardsPoint } from "@noble/curves/abstract/edwards.js";
import { ed25519 } from "@noble/curves/ed25519.js";
import { bytesToNumberBE } from "@noble/curves/utils.js";
import { sha256 } from "@noble/hashes/sha2.js";

import { DecodeError, RandomnessError, ShapeError } from "./errors.ts";
import { randomBlock } from "./randomness.ts";

const Point = ed25519.Point;

/** q, the order of the group. */
export const ORDER: bigint = Point.Fn.ORDER;

/** A number modulo q. */
export type Scalar = bigint;

/** A point of the prime-order subgroup. `decode` is the only way in from outside, and it checks. */
export class Element {
  private text: string | undefined;

  private constructor(private readonly point: EdwardsPoint) {}

  /** Read 64 lowercase hex digits: the RFC 8032 encoding with its bytes reversed. */
  static decode(text: unknown, place = "element"): Element {
    if (typeof text !== "string") throw new ShapeError(`${place}: text expected`);
    if (!/^[0-9a-f]{64}$/.test(text)) {
      throw new DecodeError(`${place}: 64 lowercase hex digits expected`);
    }
    let point: EdwardsPoint;
    try {
      point = Point.fromHex(reverseHex(text));
    } catch {
      throw new DecodeError(`${place}: not a point of the curve`);
    }
    if (!point.isTorsionFree()) throw new DecodeError(`${place}: not in the prime-order subgroup`);
    const element = new Element(point);
    element.text = text;
    return element;
  }

  static readonly generator = new Element(Point.BASE);
  static readonly identity = new Element(Point.ZERO);

  /** Encode many elements with a single inversion. */
  static encodeAll(elements: readonly Element[]): string[] {
    const open = elements.filter((element) => element.text === undefined);
    const affine = normalizeZ(Point, open.map((element) => element.point));
    open.forEach((element, index) => {
      element.text = encodePoint(affine[index] as EdwardsPoint);
    });
    return elements.map((element) => element.encode());
  }

  encode(): string {
    this.text ??= encodePoint(this.point);
    return this.text;
  }

  times(other: Element): Element {
    return new Element(this.point.add(other.point));
  }

  inverse(): Element {
    return new Element(this.point.negate());
  }

  /** Raise to a secret power: the same operations for every exponent but zero. */
  power(exponent: Scalar): Element {
    if (exponent === 0n || this.point.is0()) return Element.identity;
    try {
      return new Element(this.point.multiply(exponent));
    } catch (error) {
      if (error instanceof RangeError) throw error;
      // noble blinds secret exponents of the generator, and draws the blind itself.
      throw new RandomnessError("the source of randomness failed");
    }
  }

  /** Raise to a power that everybody may know; faster, and its time tells the exponent. */
  publicPower(exponent: Scalar): Element {
    return new Element(this.point.multiplyUnsafe(exponent));
  }

  equals(other: Element): boolean {
    return this.point.equals(other.point);
  }

  isIdentity(): boolean {
    return this.point.is0();
  }

  /** Build the table that makes `power` several times as fast; worth it for an election key. */
  prepare(): this {
    this.point.precompute(TABLE_WINDOW_BITS, false);
    return this;
  }

  /** a^s · b^t for public exponents, in one pass. */
  static publicProduct(a: Element, s: Scalar, b: Element, t: Scalar): Element {
    return new Element(mulAddUnsafe(Point, [a.point, b.point], [s, t]));
  }

  /** Π bases_i^exponents_i for public exponents; for long lists much faster than one by one. */
  static publicPowers(bases: readonly Element[], exponents: readonly Scalar[]): Element {
    if (bases.length !== exponents.length) throw new RangeError("as many exponents as bases expected");
    if (bases.length === 0) return Element.identity;
    const points = bases.map((base) => base.point);
    const multiply = bases.length > FEW ? pippenger : mulAddUnsafe;
    return new Element(multiply(Point, points, [...exponents]));
  }

  /** Where an element stands in a list in the group's order: its bytes, the lowest first (1.1). */
  sortKey(): string {
    return reverseHex(this.encode());
  }

  /** generator(i): an element whose logarithm nobody knows, for i = −1, 0, 1, … (1.1). */
  static shuffleGenerator(index: number): Element {
    const digest = sha256(new TextEncoder().encode(`ggen|${index}`));
    for (let integer = bytesToNumberBE(digest) >> 2n; ; integer += 1n) {
      const text = integer.toString(16).padStart(64, "0");
      let point: EdwardsPoint;
      try {
        point = Point.fromHex(reverseHex(text));
      } catch {
        continue;
      }
      const found = new Element(point.clearCofactor());
      // A hash that leads to 1 or to g would be a sensation.
      if (!found.isIdentity() && !found.equals(Element.generator)) return found;
    }
  }
}

const TABLE_WINDOW_BITS = 6;
// Up to here a shared ladder is faster than buckets.
const FEW = 8;

export const GENERATOR = Element.generator;
export const IDENTITY = Element.identity;

/** A number modulo q, never negative. */
export function modOrder(value: bigint): Scalar {
  const rest = value % ORDER;
  return rest < 0n ? rest + ORDER : rest;
}

/** Uniform in [1, q): 512 random bits modulo q. */
export function randomScalar(): Scalar {
  const scalar = bytesToNumberBE(randomBlock()) % ORDER;
  return scalar === 0n ? randomScalar() : scalar;
}

export function encodeScalar(scalar: Scalar): string {
  return scalar.toString(10);
}

/** Read a canonical decimal number in [0, q): no sign, no leading zero. */
export function decodeScalar(text: unknown, place = "scalar"): Scalar {
  if (typeof text !== "string") throw new ShapeError(`${place}: text expected`);
  if (!/^(?:0|[1-9][0-9]{0,76})$/.test(text)) {
    throw new DecodeError(`${place}: canonical decimal number expected`);
  }
  const scalar = BigInt(text);
  if (scalar >= ORDER) throw new DecodeError(`${place}: not below the order of the group`);
  return scalar;
}

/** y, with the lowest bit of x in bit 255, as a 256-bit number in hex. */
function encodePoint(point: EdwardsPoint): string {
  const { x, y } = point.toAffine();
  return (y | ((x & 1n) << 255n)).toString(16).padStart(64, "0");
}

function reverseHex(text: string): string {
  return (text.match(/../g) ?? []).reverse().join("");
}
