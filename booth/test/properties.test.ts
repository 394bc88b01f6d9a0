// What must hold for any input: every permitted choice gives a valid ballot, every change breaks it.
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import { type Ballot, createBallot, decodeBallot, verifyBallot } from "../src/protocol/ballot.ts";
import { readTypedCredential } from "../src/protocol/credential.ts";
import { choiceCount, decodeElection, type Election } from "../src/protocol/election.ts";
import { decodeJson, encodeJson, type Json, utf8 } from "../src/protocol/encoding.ts";
import { InvalidProof, RandomnessError } from "../src/protocol/errors.ts";
import { Element, GENERATOR, IDENTITY, modOrder, ORDER, randomScalar } from "../src/protocol/group.ts";
import { randomBlock } from "../src/protocol/randomness.ts";
import { decodeEncryptedTally, decryptPartially, verifyPartialDecryption } from "../src/protocol/tally.ts";
import {
  decodeTrustee, encodeTrustee, makeTrustee, verifyTrustee,
} from "../src/protocol/trustee.ts";

const CREDENTIAL = "VFZ3v-gvS7My-VnJkG-Mg4KyA";
const secretKey = randomScalar();

function electionWith(questions: Json[]): Election {
  const value = {
    version: 1, description: "", name: "A vote", group: "Ed25519",
    public_key: GENERATOR.power(secretKey).encode(), questions, uuid: "hfd19JUwUteUwr",
  };
  return decodeElection(utf8(encodeJson(value)));
}

const QUESTIONS = [
  { answers: ["a", "b", "c"], min: 0, max: 2, question: "up to two of three" },
  { answers: ["a", "b"], blank: true, min: 1, max: 2, question: "one or two, or blank" },
  { answers: ["a"], min: 1, max: 1, question: "the only one" },
];

/** Every list of 0 and 1 of this length. */
function everyVector(length: number): number[][] {
  return Array.from({ length: 2 ** length }, (_, number) =>
    Array.from({ length }, (_unused, bit) => (number >> bit) & 1),
  );
}

for (const question of QUESTIONS) {
  test(`${question.question}: what is permitted is provable, and nothing else`, async () => {
    const election = electionWith([question]);
    const [described] = election.questions;
    assert.ok(described?.kind === "homomorphic");
    for (const answer of everyVector(choiceCount(described))) {
      const chosen = answer.slice(described.hasBlank ? 1 : 0).reduce((sum, bit) => sum + bit, 0);
      const isBlank = described.hasBlank && answer[0] === 1;
      const isPermitted = isBlank ? chosen === 0 : question.min <= chosen && chosen <= question.max;
      const made = createBallot({ election, credential: CREDENTIAL, answers: [answer] });
      if (isPermitted) await verifyBallot({ ballot: await made, election });
      else await assert.rejects(made, RangeError);
    }
  });
}

test("what is not 0 or 1 is never encrypted", async () => {
  const election = electionWith([QUESTIONS[0] ?? {}]);
  for (const answer of [[2, 0, 0], [-1, 1, 0], [0.5, 0, 0], [Number.NaN, 0, 0], [1, 0], [1, 0, 0, 0]]) {
    await assert.rejects(createBallot({ election, credential: CREDENTIAL, answers: [answer] }), RangeError);
  }
});

test("each choice takes the same number of bytes, but for the length of random numbers", async () => {
  const election = electionWith(QUESTIONS);
  const lengths: number[] = [];
  for (const answers of [[[0, 0, 0], [1, 0, 0], [1]], [[1, 1, 0], [0, 1, 1], [1]]]) {
    const ballot = await createBallot({ election, credential: CREDENTIAL, answers });
    lengths.push(ballot.archived.replace(/"\d{70,77}"/g, '"number"').length);
  }
  assert.equal(lengths[0], lengths[1]);
});

test("two ballots of the same choices share nothing that is random", async () => {
  const election = electionWith([QUESTIONS[0] ?? {}]);
  const answers = [[1, 0, 0]];
  const first = await createBallot({ election, credential: CREDENTIAL, answers });
  const second = await createBallot({ election, credential: CREDENTIAL, answers });
  const parts = (ballot: Ballot): string[] => ballot.archived.match(/"(?:[0-9a-f]{64}|\d{50,})"/g) ?? [];
  const shared = parts(first).filter((part) => parts(second).includes(part));
  assert.deepEqual(shared, [`"${first.credential.encode()}"`]);
});

/** Every place in an object where a text or number stands, with a way to change it. */
function* leaves(value: Json): Generator<(change: (leaf: string) => string) => void> {
  if (typeof value !== "object" || value === null) return;
  const holder = value as { [name: string]: Json };
  for (const [name, item] of Object.entries(holder)) {
    if (typeof item === "string") {
      yield (change) => {
        holder[name] = change(item);
      };
    } else {
      yield* leaves(item);
    }
  }
}

test("a ballot in which anything at all is changed is refused", async () => {
  const election = electionWith(QUESTIONS);
  const answers = [[1, 0, 1], [0, 0, 1], [1]];
  const { archived } = await createBallot({ election, credential: CREDENTIAL, answers });
  const count = [...leaves(JSON.parse(archived) as Json)].length;
  assert.ok(count > 60);
  for (let index = 0; index < count; index += 1) {
    const forged = JSON.parse(archived) as Json;
    [...leaves(forged)][index]?.((leaf) => otherThan(leaf));
    const check = async (): Promise<void> => {
      const ballot = decodeBallot(utf8(encodeJson(forged)), { election });
      await verifyBallot({ ballot, election });
    };
    await assert.rejects(check);
  }
});

/** Another value of the same kind: an element, a number below q, or a hash. */
function otherThan(leaf: string): string {
  if (/^[0-9a-f]{64}$/.test(leaf)) return Element.decode(leaf).times(GENERATOR).encode();
  if (/^\d+$/.test(leaf)) return String((BigInt(leaf) + 1n) % ORDER);
  return leaf.startsWith("A") ? `B${leaf.slice(1)}` : `A${leaf.slice(1)}`;
}

test("powers obey the laws of exponents", () => {
  for (let round = 0; round < 8; round += 1) {
    const [a, b] = [randomScalar(), randomScalar()];
    const base = GENERATOR.power(randomScalar());
    assert.ok(base.power(a).times(base.power(b)).equals(base.power(modOrder(a + b))));
    assert.ok(base.power(a).power(b).equals(base.publicPower(modOrder(a * b))));
    assert.ok(base.power(a).times(base.power(a).inverse()).isIdentity());
    assert.ok(Element.publicProduct(base, a, GENERATOR, b).equals(base.power(a).times(GENERATOR.power(b))));
  }
});

test("JSON that was written is read back the same", () => {
  const value = { a: [1, "é/\"\\\u007f\u2028😀", { b: true, __proto__x: null }], "": -9007199254740991 };
  const read = decodeJson(utf8(encodeJson(value)), { source: "test", limitBytes: 1000 });
  assert.deepEqual(read, value);
});

test("a trustee's public part is read back, and a changed one is refused", () => {
  const trustee = makeTrustee({ secretKey, name: "Ada" });
  const text = encodeTrustee(trustee);
  const read = decodeTrustee(JSON.parse(text) as Json);
  verifyTrustee(read);
  assert.equal(encodeTrustee(read), text);
  assert.throws(() => verifyTrustee({ ...read, publicKey: read.publicKey.times(GENERATOR) }), InvalidProof);
  assert.throws(() => verifyTrustee({ ...read, publicKey: IDENTITY }), InvalidProof);
});

const CLOSING = "0".repeat(64);

test("a partial decryption opens the sum, and a forged one is refused", async () => {
  const election = electionWith([QUESTIONS[2] ?? {}]);
  const trustee = makeTrustee({ secretKey, name: undefined });
  const randomness = randomScalar();
  const beta = trustee.publicKey.power(randomness).times(GENERATOR.power(3n));
  const sum = [[{ alpha: GENERATOR.power(randomness).encode(), beta: beta.encode() }]];
  const tally = decodeEncryptedTally(utf8(encodeJson(sum)), { election });
  const { text: data } = await decryptPartially({ secretKey, election, tally, closing: CLOSING });
  verifyPartialDecryption({ data, election, trustee, tally });
  const read = JSON.parse(data) as { decryption_factors: string[][] };
  const factor = Element.decode(read.decryption_factors[0]?.[0]);
  assert.ok(beta.times(factor.inverse()).equals(GENERATOR.power(3n)));
  const count = [...leaves(read as Json)].length;
  for (let index = 0; index < count; index += 1) {
    const forged = JSON.parse(data) as Json;
    [...leaves(forged)][index]?.((leaf) => otherThan(leaf));
    const text = encodeJson(forged);
    assert.throws(() => verifyPartialDecryption({ data: text, election, trustee, tally }));
  }
});

test("the identity in a tally is decrypted to the identity", async () => {
  const election = electionWith([QUESTIONS[2] ?? {}]);
  const trustee = makeTrustee({ secretKey, name: undefined });
  const nobody = [[{ alpha: IDENTITY.encode(), beta: IDENTITY.encode() }]];
  const tally = decodeEncryptedTally(utf8(encodeJson(nobody)), { election });
  const { text: data } = await decryptPartially({ secretKey, election, tally, closing: CLOSING });
  verifyPartialDecryption({ data, election, trustee, tally });
  assert.match(data, new RegExp(`"decryption_factors":\\[\\["${IDENTITY.encode()}"\\]\\]`));
});

for (const typed of [
  "VFZ3vgvS7MyVnJkGMg4KyA",
  " VFZ3v gvS7My VnJkG Mg4KyA\n",
  "VFZ3v–gvS7My—VnJkG‑Mg4KyA",
  "VF-Z3-vg-vS-7M-yV-nJ-kG-Mg-4K-yA",
]) {
  test(`a credential typed as ${JSON.stringify(typed)} is understood`, () => {
    assert.equal(readTypedCredential(typed), CREDENTIAL);
  });
}

for (const [typed, problem] of [
  ["", "empty"],
  [" - ", "empty"],
  ["VFZ3v-gvS7My-VnJkG-Mg4Ky", "length"],
  ["VFZ3v-gvS7My-VnJkG-Mg4KyAA", "length"],
  ["VFZ3v-gvS7My-VnJkG-Mg4Ky0", "alphabet"],
  ["VFZ3v-gvS7My-VnJkG-Mg4KyО", "alphabet"],
] as const) {
  test(`what is typed as ${JSON.stringify(typed)} is explained: ${problem}`, () => {
    assert.throws(() => readTypedCredential(typed), { problem });
  });
}

// --- The source of randomness (a repeated r would reveal votes) ---------------------------

const honest = globalThis.crypto.getRandomValues.bind(globalThis.crypto);

function withSource(getRandomValues: unknown): void {
  Object.defineProperty(globalThis.crypto, "getRandomValues", {
    value: getRandomValues, configurable: true, writable: true,
  });
}

afterEach(() => withSource(honest));

const FIXED = honest(new Uint8Array(64));

for (const [name, source] of [
  ["is missing", undefined],
  ["throws", () => { throw new Error("no entropy"); }],
  ["does nothing", (bytes: Uint8Array) => bytes],
  ["gives one byte for ever", (bytes: Uint8Array) => bytes.fill(7)],
  ["repeats a block", (bytes: Uint8Array) => { bytes.set(FIXED.subarray(0, bytes.length)); return bytes; }],
] as const) {
  test(`no ballot is made when the source of randomness ${name}`, async () => {
    const election = electionWith([QUESTIONS[0] ?? {}]);
    withSource(source);
    const made = createBallot({ election, credential: CREDENTIAL, answers: [[1, 0, 0]] });
    await assert.rejects(made, RandomnessError);
  });
}

test("a source that begins to repeat itself later is noticed", () => {
  let calls = 0;
  const blocks = [honest(new Uint8Array(64)), honest(new Uint8Array(64))];
  withSource((bytes: Uint8Array) => {
    bytes.set((blocks[calls % 2] as Uint8Array).subarray(0, bytes.length));
    calls += 1;
    return bytes;
  });
  randomBlock();
  randomBlock();
  assert.throws(() => randomBlock(), RandomnessError);
});
