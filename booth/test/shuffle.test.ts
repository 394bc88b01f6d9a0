// Shuffles: what is made verifies, nothing is lost in it, and whatever is changed is refused.
import assert from "node:assert/strict";
import { test } from "node:test";

import { type Ciphertext } from "../src/protocol/elgamal.ts";
import { decodeElection } from "../src/protocol/election.ts";
import { embedVector, extractVector } from "../src/protocol/embedding.ts";
import { encodeJson, type Json, utf8 } from "../src/protocol/encoding.ts";
import { DecodeError, InvalidProof } from "../src/protocol/errors.ts";
import { Element, GENERATOR, IDENTITY, randomScalar } from "../src/protocol/group.ts";
import { encryptVector } from "../src/protocol/ranked.ts";
import { makeShuffle, verifyShuffle } from "../src/protocol/shuffle.ts";
import { changedAt, leafPlaces, listPlaces } from "./tampering.ts";

const secretKey = randomScalar();
const publicKey = GENERATOR.power(secretKey);

function electionWith(ranked: number): ReturnType<typeof decodeElection> {
  const question = { type: "NonHomomorphic", value: { answers: ["a", "b", "c"], question: "Rank" } };
  return decodeElection(utf8(encodeJson({
    version: 1, description: "", name: "A vote", group: "Ed25519", public_key: publicKey.encode(),
    questions: [
      { answers: ["a"], min: 0, max: 1, question: "plain" },
      ...Array.from({ length: ranked }, () => question),
    ],
    uuid: "hfd19JUwUteUwr",
  })));
}

const election = electionWith(1);
const nobody: Ciphertext[] = [{ alpha: IDENTITY, beta: IDENTITY }];

function ballots(count: number): Ciphertext[] {
  return Array.from({ length: count }, (_, index) =>
    encryptVector({ values: [index, 1, 2], publicKey, randomness: randomScalar() }),
  );
}

function open(list: readonly Ciphertext[]): string[] {
  return list.map(({ alpha, beta }) =>
    extractVector(beta.times(alpha.power(secretKey).inverse()), 3).join(),
  );
}

test("the generators are the published ones", () => {
  assert.equal(Element.shuffleGenerator(-1).encode(), "d6f7c1ea42e2474a28baea1141185bb7b39fe58011e5fc31d093b5c9345f18c7");
  assert.equal(Element.shuffleGenerator(0).encode(), "c95c81b40c41366b2e62e68fec3c5fa4dbb93f0c3c242ac2fe7a07c0e0fd92fe");
});

for (const count of [0, 1, 2, 3, 10, 17]) {
  test(`a shuffle of ${count} ballots holds and keeps every ballot`, async () => {
    const tally = [nobody, ballots(count)];
    const text = await makeShuffle({ election, tally });
    const shuffled = await verifyShuffle({ data: utf8(text), election, tally });
    assert.deepEqual(shuffled[0], nobody);
    assert.deepEqual(open(shuffled[1] ?? []).sort(), open(tally[1] ?? []).sort());
    const alphas = new Set((tally[1] ?? []).map(({ alpha }) => alpha.encode()));
    assert.ok((shuffled[1] ?? []).every(({ alpha }) => !alphas.has(alpha.encode())));
  });
}

test("every order comes out of shuffles of three ballots", async () => {
  const tally = [nobody, ballots(3)];
  const orders = new Set<string>();
  for (let attempt = 0; attempt < 100 && orders.size < 6; attempt += 1) {
    const text = await makeShuffle({ election, tally });
    const shuffled = await verifyShuffle({ data: utf8(text), election, tally });
    orders.add(open(shuffled[1] ?? []).join(" "));
  }
  assert.equal(orders.size, 6);
});

test("two ranked questions are shuffled each by itself, one shuffle after the other", async () => {
  const two = electionWith(2);
  let tally: readonly (readonly Ciphertext[])[] = [nobody, ballots(3), ballots(2)];
  const before = tally.slice(1).map((list) => open(list).sort());
  for (let round = 0; round < 2; round += 1) {
    const text = await makeShuffle({ election: two, tally });
    tally = await verifyShuffle({ data: utf8(text), election: two, tally });
  }
  assert.deepEqual(tally.slice(1).map((list) => open(list).sort()), before);
});

const tally = [nobody, ballots(3)];
const text = await makeShuffle({ election, tally });

for (const place of leafPlaces(JSON.parse(text) as Json)) {
  test(`A-33: a shuffle is refused when ${place.join(".")} is changed`, async () => {
    for (const change of [another, identityOrZero]) {
      const forged = encodeJson(changedAt(JSON.parse(text) as Json, place, change));
      await assert.rejects(
        verifyShuffle({ data: utf8(forged), election, tally }),
        (error) => error instanceof InvalidProof || error instanceof DecodeError,
      );
    }
  });
}

test("A-33: a shuffle is refused when a list is shorter or longer", async () => {
  for (const place of listPlaces(JSON.parse(text) as Json)) {
    for (const change of [(list: Json[]) => list.slice(1), (list: Json[]) => [...list, list[0] ?? []]]) {
      const forged = encodeJson(changedAt(JSON.parse(text) as Json, place, (value) => change(value as Json[])));
      await assert.rejects(verifyShuffle({ data: utf8(forged), election, tally }), place.join("."));
    }
  }
});

test("A-33: a shuffle of other ballots, of another election or with another key is refused", async () => {
  const data = utf8(text);
  await assert.rejects(verifyShuffle({ data, election, tally: [nobody, ballots(3)] }), InvalidProof);
  await assert.rejects(verifyShuffle({ data, election, tally: [nobody, [...(tally[1] ?? [])].reverse()] }), InvalidProof);
  const otherElection = { ...election, fingerprint: "A".repeat(43) };
  await assert.rejects(verifyShuffle({ data, election: otherElection, tally }), InvalidProof);
  const otherKey = { ...election, publicKey: GENERATOR.power(randomScalar()) };
  await assert.rejects(verifyShuffle({ data, election: otherKey, tally }), InvalidProof);
});

test("A-33: a shuffle that replaces a ballot is refused", async () => {
  const forged = JSON.parse(text) as { ciphertexts: { alpha: string; beta: string }[][] };
  const own = encryptVector({ values: [9, 9, 9], publicKey, randomness: randomScalar() });
  forged.ciphertexts[0]?.splice(0, 1, { alpha: own.alpha.encode(), beta: own.beta.encode() });
  await assert.rejects(verifyShuffle({ data: utf8(JSON.stringify(forged)), election, tally }), InvalidProof);
});

test("a vector is embedded and read back", () => {
  assert.equal(embedVector([1, 2, 3]).encode().slice(-10), "004080c009");
});

function another(value: Json): Json {
  if (typeof value !== "string") throw new TypeError("a text expected");
  if (/^[0-9a-f]{64}$/.test(value)) return Element.decode(value).times(GENERATOR).encode();
  return value === "0" ? "1" : (BigInt(value) - 1n).toString();
}

function identityOrZero(value: Json): Json {
  return /^[0-9a-f]{64}$/.test(value as string) ? IDENTITY.encode() : "0";
}
