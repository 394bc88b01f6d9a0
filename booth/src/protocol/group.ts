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

/** What every public check asks of a group of prime order. All that is made here is in Ed25519;
 * the second verifier brings the older groups along (3.3).
 */
export interface Group {
  /** As it stands in `election.group`. */
  readonly name: string;
  /** q. */
  readonly order: bigint;
  readonly generator: Element;
  readonly identity: Element;
  /** How an element is written; membership is left to `decode`. */
  readonly form: RegExp;
  /** How many numbers from 0 to 255 fit into one element, and how many free bits follow them. */
  readonly vectorLimit: number;
  readonly paddingBits: bigint;
  /** Read an element, with the check of membership. */
  decode(text: unknown, place?: string): Element;
  /** Π bases_i^exponents_i for public exponents; of none, the identity. */
  publicPowers(bases: readonly Element[], exponents: readonly Scalar[]): Element;
  /** generator(i): an element whose logarithm nobody knows, for i = −1, 0, 1, … (1.1). */
  shuffleGenerator(index: number): Element;
}

/** An element of a group, checked when it was decoded. Those of different groups never meet. */
export interface Element {
  readonly group: Group;
  encode(): string;
  /** The number that stands for it: a vector is read from its bits. */
  integer(): bigint;
  times(other: Element): Element;
  inverse(): Element;
  /** Raise to a secret power: the same operations for every exponent but zero. */
  power(exponent: Scalar): Element;
  /** Raise to a power that everybody may know; faster, and its time tells the exponent. */
  publicPower(exponent: Scalar): Element;
  equals(other: Element): boolean;
  isIdentity(): boolean;
  /** Build the table that makes `power` several times as fast; worth it for an election key. */
  prepare(): Element;
  /** Where an element stands in a list in the group's order (1.1). */
  sortKey(): string;
}

const FORM = /^[0-9a-f]{64}$/;

/** A point of the prime-order subgroup. `decode` is the only way in from outside, and it checks. */
class Point25519 implements Element {
  private text: string | undefined;

  private constructor(private readonly point: EdwardsPoint) {}

  /** Read 64 lowercase hex digits: the RFC 8032 encoding with its bytes reversed. */
  static decode(text: unknown, place = "element"): Point25519 {
    if (typeof text !== "string") throw new ShapeError(`${place}: text expected`);
    if (!FORM.test(text)) {
      throw new DecodeError(`${place}: 64 lowercase hex digits expected`);
    }
    let point: EdwardsPoint;
    try {
      point = Point.fromHex(reverseHex(text));
    } catch {
      throw new DecodeError(`${place}: not a point of the curve`);
    }
    if (!point.isTorsionFree()) throw new DecodeError(`${place}: not in the prime-order subgroup`);
    const element = new Point25519(point);
    element.text = text;
    return element;
  }

  static readonly generator = new Point25519(Point.BASE);
  static readonly identity = new Point25519(Point.ZERO);

  /** Encode many elements with a single inversion. */
  static encodeAll(elements: readonly Element[]): string[] {
    const points = elements.filter((element) => element instanceof Point25519);
    const open = points.filter((element) => element.text === undefined);
    const affine = normalizeZ(Point, open.map((element) => element.point));
    open.forEach((element, index) => {
      element.text = encodePoint(affine[index] as EdwardsPoint);
    });
    return elements.map((element) => element.encode());
  }

  get group(): Group {
    return ED25519;
  }

  integer(): bigint {
    return BigInt(`0x${this.encode()}`);
  }

  encode(): string {
    this.text ??= encodePoint(this.point);
    return this.text;
  }

  times(other: Element): Element {
    return new Point25519(this.point.add(pointOf(other)));
  }

  inverse(): Element {
    return new Point25519(this.point.negate());
  }

  power(exponent: Scalar): Element {
    if (exponent === 0n || this.point.is0()) return Point25519.identity;
    try {
      return new Point25519(this.point.multiply(exponent));
    } catch (error) {
      if (error instanceof RangeError) throw error;
      // noble blinds secret exponents of the generator, and draws the blind itself.
      throw new RandomnessError("the source of randomness failed");
    }
  }

  publicPower(exponent: Scalar): Element {
    return new Point25519(this.point.multiplyUnsafe(exponent));
  }

  equals(other: Element): boolean {
    return this.point.equals(pointOf(other));
  }

  isIdentity(): boolean {
    return this.point.is0();
  }

  prepare(): this {
    this.point.precompute(TABLE_WINDOW_BITS, false);
    return this;
  }

  /** Π bases_i^exponents_i for public exponents; for long lists much faster than one by one. */
  static publicPowers(bases: readonly Element[], exponents: readonly Scalar[]): Element {
    if (bases.length !== exponents.length) throw new RangeError("as many exponents as bases expected");
    if (bases.length === 0) return Point25519.identity;
    const points = bases.map(pointOf);
    const multiply = bases.length > FEW ? pippenger : mulAddUnsafe;
    return new Point25519(multiply(Point, points, [...exponents]));
  }

  /** Its bytes, the lowest first. */
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
      const found = new Point25519(point.clearCofactor());
      // A hash that leads to 1 or to g would be a sensation.
      if (!found.isIdentity() && !found.equals(Point25519.generator)) return found;
    }
  }

  static pointOf(element: Element): EdwardsPoint {
    if (element instanceof Point25519) return element.point;
    throw new TypeError("an element of another group");
  }
}

const { pointOf } = Point25519;

/** The group of everything that is made here. */
export const ED25519: Group = {
  name: "Ed25519",
  order: ORDER,
  generator: Point25519.generator,
  identity: Point25519.identity,
  form: FORM,
  vectorLimit: 30,
  paddingBits: 14n,
  decode: Point25519.decode,
  publicPowers: Point25519.publicPowers,
  shuffleGenerator: Point25519.shuffleGenerator,
};

/** Ed25519's elements; only what takes elements of any group asks their own one. */
export const Element = {
  decode: Point25519.decode,
  generator: ED25519.generator,
  identity: ED25519.identity,
  encodeAll: Point25519.encodeAll,
  publicPowers: Point25519.publicPowers,
  shuffleGenerator: Point25519.shuffleGenerator,
  /** a^s · b^t for public exponents, in one pass, in the group of a. */
  publicProduct(a: Element, s: Scalar, b: Element, t: Scalar): Element {
    return a.group.publicPowers([a, b], [s, t]);
  },
};

const TABLE_WINDOW_BITS = 6;
// Up to here a shared ladder is faster than buckets.
const FEW = 8;

export const GENERATOR = ED25519.generator;
export const IDENTITY = ED25519.identity;

/** A number modulo q, never negative. */
export function modOrder(value: bigint, order = ORDER): Scalar {
  const rest = value % order;
  return rest < 0n ? rest + order : rest;
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
export function decodeScalar(text: unknown, place = "scalar", order = ORDER): Scalar {
  if (typeof text !== "string") throw new ShapeError(`${place}: text expected`);
  if (!/^(?:0|[1-9][0-9]{0,616})$/.test(text)) {
    throw new DecodeError(`${place}: canonical decimal number expected`);
  }
  const scalar = BigInt(text);
  if (scalar >= order) throw new DecodeError(`${place}: not below the order of the group`);
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
