// Ranked questions: vectors of numbers as elements, their ballots, and rankings in the making.
import assert from "node:assert/strict";
import { test } from "node:test";

import { createBallot, decodeBallot, verifyBallot } from "../src/protocol/ballot.ts";
import { decodeElection, type Election } from "../src/protocol/election.ts";
import { embedVector, extractVector } from "../src/protocol/embedding.ts";
import { encodeJson, type Json, utf8 } from "../src/protocol/encoding.ts";
import { InvalidBallot, NotSupported } from "../src/protocol/errors.ts";
import { Element, GENERATOR, randomScalar } from "../src/protocol/group.ts";
import { placeOf, type Ranking, rankingOf, ranksIn, moveTo, step } from "../src/ranking.ts";
import { checkRules, rankedRule } from "../src/rules.ts";
import { readVectors } from "./files.ts";

const CREDENTIAL = "VFZ3v-gvS7My-VnJkG-Mg4KyA";
const secretKey = randomScalar();
const RANKED = { type: "NonHomomorphic", value: { answers: ["a", "b", "c"], question: "Rank" } };

function electionWith(questions: Json[], pnyx?: Json): Election {
  const value = {
    version: 1, description: "", name: "A vote", group: "Ed25519",
    public_key: GENERATOR.power(secretKey).encode(), questions, uuid: "hfd19JUwUteUwr",
    ...(pnyx === undefined ? {} : { pnyx }),
  };
  return decodeElection(utf8(encodeJson(value)));
}

const vectors = readVectors<{
  embedded: { vector: number[]; element: string }[];
  invalid: number[][];
}>("embedding.json");

for (const { vector, element } of vectors.embedded) {
  test(`[${vector.join(",")}] is the element that the protocol says, and can be read back`, () => {
    assert.equal(embedVector(vector).encode(), element);
    assert.deepEqual(extractVector(Element.decode(element), vector.length), vector);
  });
}

test("what is no vector of bytes is not embedded, as in evote", () => {
  for (const vector of vectors.invalid) assert.throws(() => embedVector(vector), RangeError);
});

test("a vector is embedded as the protocol's own example", () => {
  assert.equal(embedVector([1, 2, 3]).encode(), "04080c009".padStart(64, "0"));
});

test("vectors of every length can be read back, also at both ends of the range", () => {
  for (let length = 1; length <= 30; length += 1) {
    for (const fill of [0, 1, 7, 255]) {
      const values = Array.from({ length }, (_, index) => (fill + index * (fill === 7 ? 31 : 0)) % 256);
      assert.deepEqual(extractVector(embedVector(values), length), values);
    }
  }
});

test("what is no vector of 1 to 30 bytes is not embedded", () => {
  const wrong = [[], [256], [-1], [0.5], [Number.NaN], new Array<number>(31).fill(1)];
  for (const values of wrong) assert.throws(() => embedVector(values), RangeError);
});

test("a ranked answer is encrypted as it is, and the sum of the trustees' keys opens it", async () => {
  const election = electionWith([RANKED]);
  const ballot = await createBallot({ election, credential: CREDENTIAL, answers: [[2, 0, 1]] });
  await verifyBallot({ ballot, election });
  const [answer] = ballot.answers;
  assert.ok(answer?.kind === "ranked");
  const { alpha, beta } = answer.choices;
  assert.deepEqual(extractVector(beta.times(alpha.power(secretKey).inverse()), 3), [2, 0, 1]);
});

test("a ranked answer of the wrong length or range is never encrypted", async () => {
  const election = electionWith([RANKED]);
  for (const answer of [[], [1, 2], [1, 2, 3, 4], [1, 2, 256], [1, 2, -1]]) {
    await assert.rejects(createBallot({ election, credential: CREDENTIAL, answers: [answer] }), RangeError);
  }
});

test("a ranked ballot whose proof, ciphertext or order of fields changes is refused", async () => {
  const election = electionWith([RANKED]);
  const made = await createBallot({ election, credential: CREDENTIAL, answers: [[1, 2, 3]] });
  const other = await createBallot({ election, credential: CREDENTIAL, answers: [[1, 2, 3]] });
  const parts = (text: string): { choices: string; proof: string } => {
    const [, choices = "", proof = ""] = /"choices":(\{.*?\}),"proof":(\{.*?\})/.exec(text) ?? [];
    return { choices, proof };
  };
  const [mine, theirs] = [parts(made.archived), parts(other.archived)];
  const forgeries = [
    made.archived.replace(mine.proof, theirs.proof),
    made.archived.replace(mine.choices, theirs.choices),
    made.archived.replace(`"choices":${mine.choices},"proof":${mine.proof}`,
      `"proof":${mine.proof},"choices":${mine.choices}`),
    made.archived.replace(`"proof":${mine.proof}`, `"proof":${mine.proof},"more":1`),
  ];
  for (const forged of forgeries) {
    assert.notEqual(forged, made.archived);
    const check = async (): Promise<void> => {
      await verifyBallot({ ballot: decodeBallot(utf8(forged), { election }), election });
    };
    await assert.rejects(check);
  }
});

test("a ranked proof of another credential does not hold", async () => {
  const election = electionWith([RANKED]);
  const mine = await createBallot({ election, credential: CREDENTIAL, answers: [[1, 2, 3]] });
  const credential = "11111-111111-11111-111111";
  const theirs = await createBallot({ election, credential, answers: [[1, 2, 3]] });
  const ballot = { ...theirs, answers: mine.answers };
  await assert.rejects(verifyBallot({ ballot, election }), InvalidBallot);
});

test("the rules of counting say what the voter may write", () => {
  const ruled = (rule: Json): Election => electionWith([RANKED], { rules: [rule] });
  assert.deepEqual(rankedRule(electionWith([RANKED]), 0), { kind: "strict" });
  assert.deepEqual(rankedRule(ruled({ method: "stv", seats: 2 }), 0), { kind: "strict" });
  for (const method of ["schulze", "ranked-pairs", "borda"]) {
    assert.deepEqual(rankedRule(ruled({ method }), 0), { kind: "weak" });
  }
  const grades = ["Good", "Bad"];
  assert.deepEqual(rankedRule(ruled({ method: "majority-judgment", grades }), 0), { kind: "grades", grades });
  assert.throws(() => checkRules(ruled({ method: "lottery" })), NotSupported);
});

/** Every ranking that two buttons can reach from an empty one. */
function reachable(allowsTies: boolean): Set<string> {
  const found = new Set<string>();
  const waiting: Ranking[] = [rankingOf([0, 0, 0])];
  for (let ranking = waiting.pop(); ranking !== undefined; ranking = waiting.pop()) {
    const key = ranksIn(ranking, 3).join("");
    if (found.has(key)) continue;
    found.add(key);
    for (const answer of [0, 1, 2]) {
      for (const direction of [-1, 1] as const) waiting.push(step({ ranking, answer, direction, allowsTies }));
    }
  }
  return found;
}

test("the buttons reach every strict order, every weak one with ties, and nothing else", () => {
  // Of three answers: 1 + 3 + 6 + 6 strict orders of none to three; weak ones 1 + 3 + 3·3 + 13.
  const strict = reachable(false);
  assert.equal(strict.size, 16);
  const weak = reachable(true);
  assert.equal(weak.size, 26);
  for (const key of strict) assert.ok(weak.has(key));
});

test("a number from the list puts an answer in that place and closes every gap", () => {
  for (const key of reachable(true)) {
    const ranking = rankingOf([...key].map(Number));
    for (const answer of [0, 1, 2]) {
      for (let place = 0; place <= ranking.places.length + 1; place += 1) {
        const moved = moveTo({ ranking, answer, place, allowsTies: true });
        const ranks = ranksIn(moved, 3);
        const given = [...new Set(ranks.filter((rank) => rank > 0))].sort();
        assert.deepEqual(given, given.map((_, index) => index + 1));
        assert.equal(placeOf(moved, answer) === 0, place === 0);
        assert.equal(moved.places.flat().length + moved.unranked.length, 3);
      }
    }
  }
});
