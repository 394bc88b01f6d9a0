// The groups of integers modulo a prime that other people's elections use (PROTOCOL 1.1, 3.3).
// They are read and checked, never written: nothing here takes the same time for every exponent.
import { sha256Hex, utf8 } from "../protocol/encoding.ts";
import { DecodeError, ShapeError } from "../protocol/errors.ts";
import { type Element, type Group, modOrder, type Scalar } from "../protocol/group.ts";

const FORM = /^[1-9][0-9]{0,616}$/;
// Bits below an embedded vector, free for the search for a member of the group.
const PADDING_BITS = 8n;
const BITS_PER_DIGIT = 4;

/** The subgroup of prime order q of the integers modulo the prime p. */
class FieldGroup implements Group {
  readonly name: string;
  readonly modulus: bigint;
  readonly order: bigint;
  readonly generator: Element;
  readonly identity: Element = new FieldElement(1n, this);
  readonly form = FORM;
  readonly vectorLimit: number;
  readonly paddingBits = PADDING_BITS;

  constructor(values: { name: string; modulus: bigint; order: bigint; generator: bigint }) {
    this.name = values.name;
    this.modulus = values.modulus;
    this.order = values.order;
    this.generator = new FieldElement(values.generator, this);
    this.vectorLimit = Math.floor((values.modulus.toString(2).length - 1 - Number(PADDING_BITS)) / 8);
  }

  /** Read canonical decimal, with the check that x^q = 1. */
  decode(text: unknown, place = "element"): Element {
    if (typeof text !== "string") throw new ShapeError(`${place}: text expected`);
    if (!FORM.test(text)) throw new DecodeError(`${place}: canonical decimal number expected`);
    const value = BigInt(text);
    if (value >= this.modulus || this.raise(value, this.order) !== 1n) {
      throw new DecodeError(`${place}: not an element of the group ${this.name}`);
    }
    return new FieldElement(value, this);
  }

  publicPowers(bases: readonly Element[], exponents: readonly Scalar[]): Element {
    if (bases.length !== exponents.length) throw new RangeError("as many exponents as bases expected");
    return bases.reduce(
      (total, base, index) => total.times(base.publicPower(exponents[index] as Scalar)), this.identity,
    );
  }

  shuffleGenerator(index: number): Element {
    const hash = BigInt(`0x${sha256Hex(utf8(`ggen|${index}`))}`);
    const found = new FieldElement(this.raise(hash, (this.modulus - 1n) / this.order), this);
    // A hash that leads to 1 or to g would be a sensation.
    if (found.isIdentity() || found.equals(this.generator)) throw new Error("not a generator");
    return found;
  }

  /** base^exponent mod p, four bits of the exponent at a time. */
  raise(base: bigint, exponent: bigint): bigint {
    const { modulus } = this;
    const powers = [1n];
    while (powers.length < 1 << BITS_PER_DIGIT) powers.push(((powers.at(-1) ?? 1n) * base) % modulus);
    let result = 1n;
    for (const digit of exponent.toString(1 << BITS_PER_DIGIT)) {
      for (let bit = 0; bit < BITS_PER_DIGIT; bit += 1) result = (result * result) % modulus;
      result = (result * (powers[Number.parseInt(digit, 1 << BITS_PER_DIGIT)] as bigint)) % modulus;
    }
    return result;
  }
}

class FieldElement implements Element {
  constructor(private readonly value: bigint, readonly group: FieldGroup) {}

  encode(): string {
    return this.value.toString(10);
  }

  integer(): bigint {
    return this.value;
  }

  times(other: Element): Element {
    return new FieldElement((this.value * this.numberOf(other)) % this.group.modulus, this.group);
  }

  inverse(): Element {
    return this.publicPower(this.group.order - 1n);
  }

  power(): never {
    throw new TypeError(`nothing secret is computed in the group ${this.group.name}`);
  }

  publicPower(exponent: Scalar): Element {
    const { group } = this;
    return new FieldElement(group.raise(this.value, modOrder(exponent, group.order)), group);
  }

  equals(other: Element): boolean {
    return this.value === this.numberOf(other);
  }

  isIdentity(): boolean {
    return this.value === 1n;
  }

  prepare(): this {
    return this;
  }

  /** Digits that sort as the numbers do. */
  sortKey(): string {
    return this.encode().padStart(this.group.modulus.toString(10).length, "0");
  }

  private numberOf(other: Element): bigint {
    if (other instanceof FieldElement && other.group === this.group) return other.value;
    throw new TypeError("an element of another group");
  }
}

function hex(digits: string): bigint {
  return BigInt(`0x${digits}`);
}

/** The default group of Belenios' records before Ed25519. */
export const BELENIOS_2048 = new FieldGroup({
  name: "BELENIOS-2048",
  modulus: hex(
    "a3ef2d011fefb1b6e39e568fccdffb0fb7dc7ef3a791b6862791811d21fc35f21e6d36856b428030421f514e" +
    "d40bfd4c06e092a495af8d79a2f85e0fb11c0ede07dd973f9c53e50930c6e82ac36de1ae3fb8c3aabfff12ce" +
    "27a5022ddd8912d107435012768a2cdd0a4091d8fa447f6c7ebc15a349fa318a6b4fe17d8d47e843a3e14dfa" +
    "9b2162f4d7229abe93a188b46b006517d6f6747ebbb29c9ec3099b607f18fb1a8bc858279aa8599411d998d3" +
    "e3fada9e010840d082d8c31911acdd4a0e7992d0f18cc759cb5de0acf66a3882555bc810941e021b6a4ccfa0" +
    "4ee4008f878affa2375e2999b44f6cef17d707301e59e0e6351e051ed9cec4157646e64f",
  ),
  order: hex("adb6066a73522565f4daa0f2579db7f2f0fa90c2168bc709e20263387d55c491"),
  generator: hex(
    "1307c1ab5f295885d7caa3a78a42415e31fd1c5807b61fb1e781878a52230a51988b98c259597f9c5a9dfd00" +
    "1d26ba31d9d8976f01d95a1c8262ee68a0e92cea541e5219e0d0d094301b894236823fe1d4bc04e29f3748ae" +
    "fd4f10d5b1a356a8643e673fd9d215fc8fe5fb9cf9fdb8ea88fdb1a3381a697fdf9c2458570b06d26aef1be3" +
    "65fdd90165f397c6b870df8c1b9e519edcee8bb0f74b7a1615a274ba60a7ea574a61f552d2dde0ce514e0927" +
    "c4ff49b1964c4a913731ae4268d60d7f22127b6cbba44d453ac8b72fd04e0991b7aeff04867d8724ac638f5f" +
    "34100d2d47aa680d43771902743d663f42d853c041e1c91fe3823f4bcf284308f1d7e653",
  ),
});

/** p is a safe prime, and 2 generates the squares. */
const RFC_3526_MODULUS = hex(
  "ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74020bbea63b139b22514a0879" +
  "8e3404ddef9519b3cd3a431b302b0a6df25f14374fe1356d6d51c245e485b576625e7ec6f44c42e9a637ed6b" +
  "0bff5cb6f406b7edee386bfb5a899fa5ae9f24117c4b1fe649286651ece45b3dc2007cb8a163bf0598da4836" +
  "1c55d39a69163fa8fd24cf5f83655d23dca3ad961c62f356208552bb9ed529077096966d670c354e4abc9804" +
  "f1746c08ca18217c32905e462e36ce3be39e772c180e86039b2783a2ec07a28fb5c55df06f4c52c9de2bcbf6" +
  "955817183995497cea956ae515d2261898fa051015728e5a8aacaa68ffffffffffffffff",
);

/** The 2048-bit group of RFC 3526, section 3. */
export const RFC_3526_2048 = new FieldGroup({
  name: "RFC-3526-2048",
  modulus: RFC_3526_MODULUS,
  order: (RFC_3526_MODULUS - 1n) / 2n,
  generator: 2n,
});
