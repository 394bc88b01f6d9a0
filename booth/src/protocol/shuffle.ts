// Shuffles of ranked ballots (PROTOCOL 1.8; specification "Shuffles").
// Terelius and Wikström's proof as CHVote's specification 1.3.2 writes it: a list is permuted and
// encrypted anew, and the proof shows that nothing was added, dropped or changed.
import { type Ciphertext, encodeCiphertexts, readCiphertext } from "./elgamal.ts";
import type { AnyElection, Election } from "./election.ts";
import {
  decodeJson, encodeJson, type Json, readList, readObject, sha256Hex, utf8,
} from "./encoding.ts";
import { DecodeError, InvalidProof } from "./errors.ts";
import {
  decodeScalar, ED25519, Element, encodeScalar, GENERATOR, type Group, IDENTITY, modOrder, randomScalar, type Scalar,
} from "./group.ts";
import { type Breathe, withoutBreath } from "./proofs.ts";
import { randomBlock } from "./randomness.ts";
import type { EncryptedTally } from "./tally.ts";

const SHUFFLE_LIMIT_BYTES = 200_000_000;

interface Context {
  readonly fingerprint: string;
  readonly publicKey: Element;
  readonly breathe: Breathe;
}

/** What proves that `output` is a shuffle of `input`. */
interface ShuffleProof {
  /** t1, t2, t3, t41, t42. */
  readonly t: readonly Element[];
  readonly tChain: readonly Element[];
  /** s1, s2, s3, s4. */
  readonly s: readonly Scalar[];
  readonly sChain: readonly Scalar[];
  readonly sPermuted: readonly Scalar[];
  /** c: the commitment to the permutation. */
  readonly commitments: readonly Element[];
  /** ĉ: the chain of the permuted challenges. */
  readonly chain: readonly Element[];
}

interface ShuffledList {
  readonly output: readonly Ciphertext[];
  readonly proof: ShuffleProof;
}

// --- Whole elections ---------------------------------------------------------------------

/** Shuffle every ranked question of the tally; returns the exact text to send.
 *
 * `tally` is the encrypted tally, or what the last shuffle made of it.
 */
export async function makeShuffle(input: {
  election: Election;
  tally: EncryptedTally;
  breathe?: Breathe;
}): Promise<string> {
  const { election: { fingerprint, publicKey }, breathe = withoutBreath } = input;
  const ciphertexts: Json[] = [];
  const proofs: Json[] = [];
  for (const { list } of rankedLists(input)) {
    const { output, proof } = await shuffleList({ fingerprint, publicKey, breathe, input: list });
    ciphertexts.push(encodeCiphertexts(output));
    proofs.push(encodeShuffleProof(proof));
  }
  return encodeJson({ ciphertexts, proofs });
}

/** Check a shuffle of this tally; returns the tally with the shuffled lists in their places. */
export async function verifyShuffle(input: {
  data: Uint8Array;
  election: AnyElection;
  tally: EncryptedTally;
  breathe?: Breathe;
}): Promise<EncryptedTally> {
  const { data, election: { fingerprint, publicKey }, tally, breathe = withoutBreath } = input;
  const value = decodeJson(data, { source: "shuffle", limitBytes: SHUFFLE_LIMIT_BYTES });
  const fields = readObject(value, "shuffle", ["ciphertexts", "proofs"]);
  const lists = rankedLists(input);
  const ciphertexts = readList(fields["ciphertexts"], "shuffle.ciphertexts", lists.length);
  const proofs = readList(fields["proofs"], "shuffle.proofs", lists.length);
  const shuffled = new Map<number, readonly Ciphertext[]>();
  for (const [number, { question, list }] of lists.entries()) {
    const place = `shuffle.ciphertexts[${number}]`;
    const output: Ciphertext[] = [];
    for (const [index, item] of readList(ciphertexts[number], place, list.length).entries()) {
      const ciphertext = readCiphertext(item, `${place}[${index}]`, publicKey.group);
      if (ciphertext.alpha.isIdentity() || ciphertext.beta.isIdentity()) {
        throw new DecodeError(`${place}[${index}]: the identity`);
      }
      output.push(ciphertext);
      await breathe();
    }
    const proof = await readShuffleProof({
      value: proofs[number], place: `shuffle.proofs[${number}]`, length: list.length, breathe,
      group: publicKey.group,
    });
    await verifyList({ fingerprint, publicKey, breathe, input: list, output, proof, number });
    shuffled.set(question, output);
  }
  return tally.map((list, question) => shuffled.get(question) ?? list);
}

function rankedLists(input: {
  election: AnyElection;
  tally: EncryptedTally;
}): { question: number; list: readonly Ciphertext[] }[] {
  const { election: { questions }, tally } = input;
  if (tally.length !== questions.length) throw new DecodeError("the tally has other questions");
  return questions.flatMap(({ kind }, question) =>
    kind === "ranked" ? [{ question, list: tally[question] ?? [] }] : [],
  );
}

// --- Making ------------------------------------------------------------------------------

async function shuffleList(
  context: Context & { input: readonly Ciphertext[] },
): Promise<ShuffledList> {
  const { fingerprint, publicKey, breathe, input } = context;
  const length = input.length;
  const psi = drawPermutation(length);
  const [h, generators] = await shuffleGenerators(ED25519, length, breathe);
  h.prepare();

  // e'_i = ReEnc(e_ψ(i)), with the randomness r'_k kept at the source's place k.
  const reencryption = Array.from({ length }, randomScalar);
  const output: Ciphertext[] = [];
  for (const source of psi) {
    const { alpha, beta } = input[source] as Ciphertext;
    const r = reencryption[source] as Scalar;
    output.push({
      alpha: alpha.times(GENERATOR.power(r)),
      beta: beta.times(publicKey.power(r)),
    });
    await breathe();
  }
  // c_ψ(i) = g^r_ψ(i) · h_i.
  const openings = Array.from({ length }, randomScalar);
  const commitments: Element[] = Array.from({ length }, () => IDENTITY);
  for (const [index, source] of psi.entries()) {
    commitments[source] = GENERATOR.power(openings[source] as Scalar)
      .times(generators[index] as Element);
    await breathe();
  }
  const lists = encodeLists(input, output, commitments);
  const u = challenges(fingerprint, lists, length, ED25519);
  const permuted = psi.map((source) => u[source] as Scalar);

  // ĉ_i = g^r̂_i · ĉ_{i−1}^u'_i from h on. As ĉ_i = g^R_i · h^U_i, fixed bases do; the same for t̂.
  const chainOpenings = Array.from({ length }, randomScalar);
  const chainW = Array.from({ length }, randomScalar);
  const permutedW = Array.from({ length }, randomScalar);
  const chain: Element[] = [];
  const tChain: Element[] = [];
  let [R, U] = [0n, 1n];
  for (const index of psi.keys()) {
    const [own, w, w2] = [chainOpenings[index], chainW[index], permutedW[index]] as [Scalar, Scalar, Scalar];
    tChain.push(GENERATOR.power(modOrder(w + w2 * R)).times(h.power(modOrder(w2 * U))));
    const next = permuted[index] as Scalar;
    [R, U] = [modOrder(own + next * R), modOrder(next * U)];
    chain.push(GENERATOR.power(R).times(h.power(U)));
    await breathe();
  }
  const [w1, w2, w3, w4] = [randomScalar(), randomScalar(), randomScalar(), randomScalar()];
  let t3 = GENERATOR.power(w3);
  let t41 = publicKey.power(w4).inverse();
  let t42 = GENERATOR.power(w4).inverse();
  for (const [index, { alpha, beta }] of output.entries()) {
    const w = permutedW[index] as Scalar;
    t3 = t3.times((generators[index] as Element).power(w));
    t41 = t41.times(beta.power(w));
    t42 = t42.times(alpha.power(w));
    await breathe();
  }
  const t = [GENERATOR.power(w1), GENERATOR.power(w2), t3, t41, t42];
  const c = mainChallenge({ fingerprint, publicKey, t, tChain, lists, chain });

  const v = suffixProducts(permuted);
  const s = [
    w1 + c * sum(openings),
    w2 + c * inner(chainOpenings, v),
    w3 + c * inner(openings, u),
    w4 + c * inner(reencryption, u),
  ].map((one) => modOrder(one));
  return {
    output,
    proof: {
      t, tChain, s, commitments, chain,
      sChain: chainOpenings.map((one, index) => modOrder((chainW[index] as Scalar) + c * one)),
      sPermuted: permuted.map((one, index) => modOrder((permutedW[index] as Scalar) + c * one)),
    },
  };
}

/** A uniform permutation ψ of 0, …, length − 1 (Fisher and Yates). */
function drawPermutation(length: number): number[] {
  const psi = Array.from({ length }, (_, index) => index);
  for (let last = length - 1; last > 0; last -= 1) {
    const other = drawBelow(last + 1);
    [psi[last], psi[other]] = [psi[other] as number, psi[last] as number];
  }
  return psi;
}

/** Uniform in [0, bound): 48 random bits, drawn again where they would favour the small numbers. */
function drawBelow(bound: number): number {
  const range = 2 ** 48;
  const limit = range - (range % bound);
  for (;;) {
    const block = randomBlock();
    for (let at = 0; at + 6 <= block.length; at += 6) {
      const value = block.subarray(at, at + 6).reduce((total, byte) => total * 256 + byte, 0);
      if (value < limit) return value % bound;
    }
  }
}

// --- Checking ----------------------------------------------------------------------------

async function verifyList(
  context: Context & ShuffledList & { input: readonly Ciphertext[]; number: number },
): Promise<void> {
  const { fingerprint, publicKey, breathe, input, output, proof, number } = context;
  const { t, tChain, s, sChain, sPermuted, commitments, chain } = proof;
  const [s1, s2, s3, s4] = s as [Scalar, Scalar, Scalar, Scalar];
  const { group } = publicKey;
  const { generator, order } = group;
  const [h, generators] = await shuffleGenerators(group, input.length, breathe);
  const lists = encodeLists(input, output, commitments);
  const u = challenges(fingerprint, lists, input.length, group);
  const c = mainChallenge({ fingerprint, publicKey, t, tChain, lists, chain });
  const minus = modOrder(-c, order);

  const all = product(commitments, group).times(product(generators, group).inverse());
  const last = chain.at(-1) ?? h;
  const u1 = u.reduce((total, one) => modOrder(total * one, order), 1n);
  const end = last.times(h.publicPower(u1).inverse());
  const weighted = group.publicPowers(commitments, u);
  const alpha = group.publicPowers(input.map((one) => one.alpha), u);
  await breathe();
  const beta = group.publicPowers(input.map((one) => one.beta), u);
  await breathe();
  const expected = [
    Element.publicProduct(all, minus, generator, s1),
    Element.publicProduct(end, minus, generator, s2),
    Element.publicProduct(weighted, minus, generator, s3)
      .times(group.publicPowers(generators, sPermuted)),
    Element.publicProduct(beta, minus, publicKey, modOrder(-s4, order))
      .times(group.publicPowers(output.map((one) => one.beta), sPermuted)),
    Element.publicProduct(alpha, minus, generator, modOrder(-s4, order))
      .times(group.publicPowers(output.map((one) => one.alpha), sPermuted)),
  ];
  const refuse = (what: string): never => {
    throw new InvalidProof(`shuffle ${number + 1}: ${what} does not hold`);
  };
  ["t1", "t2", "t3", "t4,1", "t4,2"].forEach((name, index) => {
    if (!(expected[index] as Element).equals(t[index] as Element)) refuse(name);
  });
  for (const [index, commitment] of tChain.entries()) {
    const before = index === 0 ? h : (chain[index - 1] as Element);
    const found = group.publicPowers(
      [chain[index] as Element, generator, before],
      [minus, sChain[index] as Scalar, sPermuted[index] as Scalar],
    );
    if (!found.equals(commitment)) refuse(`the chain at ${index}`);
    await breathe();
  }
}

// --- What both sides compute -------------------------------------------------------------

const generatorsKnown = new Map<Group, Element[]>();

/** h = generator(−1), and h_0, …, h_{N−1}. */
async function shuffleGenerators(
  group: Group, length: number, breathe: Breathe,
): Promise<[Element, Element[]]> {
  const known = generatorsKnown.get(group) ?? [];
  generatorsKnown.set(group, known);
  for (let index = known.length - 1; index < length; index += 1) {
    known.push(group.shuffleGenerator(index));
    await breathe();
  }
  return [known[0] as Element, known.slice(1, length + 1)];
}

/** ⟦e⟧⟦e'⟧⟦c⟧: every element followed by a comma. */
function encodeLists(
  input: readonly Ciphertext[], output: readonly Ciphertext[], commitments: readonly Element[],
): string {
  const pairs = (list: readonly Ciphertext[]): Element[] => list.flatMap(({ alpha, beta }) => [alpha, beta]);
  return joined([...pairs(input), ...pairs(output), ...commitments]);
}

function joined(elements: readonly Element[]): string {
  return Element.encodeAll(elements).map((text) => `${text},`).join("");
}

/** u_i, one for each ciphertext of the input. */
function challenges(fingerprint: string, lists: string, length: number, { order }: Group): Scalar[] {
  const seed = sha256Hex(utf8(`shuffle-challenges|${fingerprint}|${lists}`));
  return Array.from({ length }, (_, index) =>
    modOrder(BigInt(`0x${sha256Hex(utf8(seed + sha256Hex(utf8(String(index)))))}`), order),
  );
}

function mainChallenge(input: {
  fingerprint: string;
  publicKey: Element;
  t: readonly Element[];
  tChain: readonly Element[];
  lists: string;
  chain: readonly Element[];
}): Scalar {
  const { fingerprint, publicKey, t, tChain, lists, chain } = input;
  const text = `shuffle-challenge|${fingerprint}|${joined(t)}${joined(tChain)}${lists}${joined(chain)}`;
  return modOrder(BigInt(`0x${sha256Hex(utf8(text + publicKey.encode()))}`), publicKey.group.order);
}

/** v_i = Π_{j>i} u'_j. */
function suffixProducts(factors: readonly Scalar[]): Scalar[] {
  const products: Scalar[] = factors.map(() => 1n);
  for (let index = factors.length - 2; index >= 0; index -= 1) {
    products[index] = modOrder((factors[index + 1] as Scalar) * (products[index + 1] as Scalar));
  }
  return products;
}

function sum(values: readonly Scalar[]): Scalar {
  return modOrder(values.reduce((total, one) => total + one, 0n));
}

function inner(left: readonly Scalar[], right: readonly Scalar[]): Scalar {
  return sum(left.map((one, index) => one * (right[index] as Scalar)));
}

function product(elements: readonly Element[], { identity }: Group): Element {
  return elements.reduce((total, one) => total.times(one), identity);
}

// --- Text --------------------------------------------------------------------------------

/** [t, s, c, ĉ], with the nesting of 1.8. */
function encodeShuffleProof(proof: ShuffleProof): Json {
  const { t, tChain, s, sChain, sPermuted, commitments, chain } = proof;
  const [t1, t2, t3, t41, t42] = Element.encodeAll(t) as [string, string, string, string, string];
  return [
    [t1, t2, t3, [t41, t42], Element.encodeAll(tChain)],
    [...s.map(encodeScalar), sChain.map(encodeScalar), sPermuted.map(encodeScalar)],
    Element.encodeAll(commitments),
    Element.encodeAll(chain),
  ];
}

async function readShuffleProof(input: {
  value: Json | undefined;
  place: string;
  length: number;
  breathe: Breathe;
  group: Group;
}): Promise<ShuffleProof> {
  const { place, length, breathe, group } = input;
  const [ts, ss, cs, chains] = readList(input.value, place, 4);
  const element = (value: Json | undefined, at: string): Element => {
    const found = group.decode(value, at);
    if (found.isIdentity()) throw new DecodeError(`${at}: the identity`);
    return found;
  };
  const elements = async (value: Json | undefined, at: string): Promise<Element[]> => {
    const found: Element[] = [];
    for (const [index, item] of readList(value, at, length).entries()) {
      found.push(element(item, `${at}[${index}]`));
      await breathe();
    }
    return found;
  };
  const scalars = (value: Json | undefined, at: string): Scalar[] =>
    readList(value, at, length).map((item, index) => decodeScalar(item, `${at}[${index}]`, group.order));
  const [t1, t2, t3, t4, tChain] = readList(ts, `${place}[0]`, 5);
  const pair = readList(t4, `${place}[0][3]`, 2);
  const s = readList(ss, `${place}[1]`, 6);
  return {
    t: [t1, t2, t3, ...pair].map((item, index) => element(item, `${place}[0] t${index + 1}`)),
    tChain: await elements(tChain, `${place}[0][4]`),
    s: s.slice(0, 4).map((item, index) => decodeScalar(item, `${place}[1][${index}]`, group.order)),
    sChain: scalars(s[4], `${place}[1][4]`),
    sPermuted: scalars(s[5], `${place}[1][5]`),
    commitments: await elements(cs, `${place}[2]`),
    chain: await elements(chains, `${place}[3]`),
  };
}
