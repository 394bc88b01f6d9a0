// Ballots that are opened instead of cast, and the statement that only a cast ballot gets.
import assert from "node:assert/strict";
import { test } from "node:test";

import { castBody } from "../src/casting.ts";
import { decodeBallot, sealBallot } from "../src/protocol/ballot.ts";
import { NO_PREVIOUS_BALLOT, signCast, verifyCast } from "../src/protocol/cast.ts";
import {
  checkChallenge, CHALLENGE_STEPS, type ChallengeStep, decodeChallenge, encodeChallenge,
} from "../src/protocol/challenge.ts";
import { decodeElection, type Election } from "../src/protocol/election.ts";
import { decodeJson, encodeJson, type Json, utf8 } from "../src/protocol/encoding.ts";
import { DecodeError, InvalidProof } from "../src/protocol/errors.ts";
import { Element, GENERATOR, randomScalar } from "../src/protocol/group.ts";
import { readProof } from "../src/protocol/proofs.ts";
import { readVectors } from "./files.ts";

const CREDENTIAL = "VFZ3v-gvS7My-VnJkG-Mg4KyA";
const QUESTIONS: Json[] = [
  { answers: ["a", "b"], blank: true, min: 1, max: 2, question: "one or two, or blank" },
  { type: "NonHomomorphic", value: { answers: ["a", "b", "c"], question: "Rank" } },
];
const ANSWERS = [[0, 1, 0], [2, 1, 0]];

function electionOf(pnyx?: Json): Election {
  const value = {
    version: 1, description: "", name: "A vote", group: "Ed25519",
    public_key: GENERATOR.power(randomScalar()).encode(), questions: QUESTIONS, uuid: "hfd19JUwUteUwr",
    ...(pnyx === undefined ? {} : { pnyx }),
  };
  return decodeElection(utf8(encodeJson(value)));
}

const election = electionOf();
const sealed = await sealBallot({ election, credential: CREDENTIAL, answers: ANSWERS });
const file = encodeChallenge({ election, ...sealed, answers: ANSWERS });

const parsed = JSON.parse(file) as {
  ballot: string;
  randomness: [string[], string];
  answers: number[][];
};

/** The steps that hold, and the one that does not. */
async function verdict(
  text: string, noted: string | undefined = sealed.ballot.tracker,
): Promise<{ held: ChallengeStep[]; failed: ChallengeStep | undefined }> {
  const held: ChallengeStep[] = [];
  const onStep = (step: ChallengeStep): unknown => held.push(step);
  try {
    await checkChallenge({ data: utf8(text), election, credentials: undefined, noted, onStep });
    return { held, failed: undefined };
  } catch (error) {
    return { held, failed: (error as { step: ChallengeStep }).step };
  }
}

async function failedStep(changes: object): Promise<ChallengeStep | undefined> {
  return (await verdict(encodeJson({ ...parsed, ...changes }))).failed;
}

test("an honest challenge holds at every step, its fields in the protocol's order", async () => {
  assert.deepEqual(await verdict(file), { held: [...CHALLENGE_STEPS], failed: undefined });
  assert.deepEqual(Object.keys(parsed), [
    "version", "election_hash", "ballot", "randomness", "answers",
  ]);
});

interface ChallengeVector {
  comment?: string;
  step?: ChallengeStep;
  tracker: string;
  challenge: string;
}

const vectors = readVectors<{
  elections: { name: string; election: string; valid: ChallengeVector[]; forged: ChallengeVector[] }[];
}>("challenge.json");

for (const { name, election: text, valid: held, forged: found } of vectors.elections) {
  for (const { comment = "as it is", step, tracker, challenge } of [...held, ...found]) {
    test(`${name}: a challenge ${step === undefined ? "holds" : `fails at "${step}"`}: ${comment}`, async () => {
      const checking = checkChallenge({
        data: utf8(challenge), election: decodeElection(utf8(text)), credentials: undefined, noted: tracker,
        onStep: () => undefined,
      });
      if (step === undefined) await checking;
      else await assert.rejects(checking, { name: "InvalidChallenge", step });
    });
  }
}

test("without a tracker seen before that step is left out", async () => {
  const onStep = (step: ChallengeStep): void => assert.notEqual(step, "tracker");
  await checkChallenge({ data: utf8(file), election, credentials: undefined, noted: undefined, onStep });
});

test("a challenge by a credential that is not on the list could not have been cast", async () => {
  const onStep = (): void => undefined;
  const input = { data: utf8(file), election, noted: undefined, onStep };
  await checkChallenge({ ...input, credentials: new Set([sealed.ballot.credential.encode()]) });
  const checking = checkChallenge({ ...input, credentials: new Set([GENERATOR.encode()]) });
  await assert.rejects(checking, { step: "ballot" });
});

test("A-48 a challenge finds out a booth that encrypts another choice than it shows", async () => {
  for (const answers of [[[0, 0, 1], [2, 1, 0]], [[1, 0, 0], [2, 1, 0]], [[0, 1, 0], [1, 2, 0]]]) {
    assert.equal(await failedStep({ answers }), "opening");
  }
});

test("a booth that opens another ballot than the one it had shown is found out", async () => {
  const other = await sealBallot({ election, credential: CREDENTIAL, answers: ANSWERS });
  assert.equal((await verdict(file, other.ballot.tracker)).failed, "tracker");
});

test("a challenge with a changed, missing or surplus number r is refused", async () => {
  const [list, single] = parsed.randomness;
  const [first = "", ...others] = list;
  const wrong = [
    [[String(BigInt(first) + 1n), ...others], single],
    [others, single], [[...list, "1"], single], [list, String(BigInt(single) + 1n)],
    [list, [single]], [single, single], [list], [list, single, single],
  ];
  for (const randomness of wrong) assert.equal(await failedStep({ randomness }), "opening");
});

test("a challenge with answers of another length or range is refused", async () => {
  const wrong = [
    [[0, 1], [2, 1, 0]], [[0, 1, 0, 0], [2, 1, 0]], [[0, 2, 0], [2, 1, 0]], [[0, 1, 0], [2, 1]],
    [[0, 1, 0], [2, 1, 0, 0]], [[0, 1, 0], [2, 1, 256]], [[0, 1, 0]], [...ANSWERS, [1]],
  ];
  for (const answers of wrong) assert.equal(await failedStep({ answers }), "opening");
});

test("a challenge whose ballot is not signed, or of another election, is refused", async () => {
  const { ballot } = parsed;
  const { proof } = (JSON.parse(ballot) as { signature: { proof: { response: string } } }).signature;
  const unsigned = ballot.replace(proof.response, String(BigInt(proof.response) ^ 1n));
  assert.notEqual(unsigned, ballot);
  assert.equal(await failedStep({ ballot: unsigned }), "ballot");
  const { fingerprint } = electionOf();
  const elsewhere = ballot.replace(election.fingerprint, fingerprint);
  assert.equal(await failedStep({ ballot: elsewhere }), "ballot");
  assert.equal(await failedStep({ election_hash: fingerprint }), "election");
});

test("a challenge file with other fields or forms is not read", () => {
  const value = decodeJson(utf8(file), { source: "test", limitBytes: 100_000 }) as { [name: string]: Json };
  const { answers, ...rest } = value;
  const wrong: Json[] = [
    { ...value, version: 2 }, rest, { ...value, more: 1 }, { ...value, randomness: [["01"], "1"] },
    { ...value, answers: [["0"]] }, { ...value, ballot: {} }, [answers ?? null],
  ];
  for (const one of wrong) assert.throws(() => decodeChallenge(utf8(encodeJson(one))), DecodeError);
});

test("a challenge reveals the randomness of the ciphertexts, and no credential", () => {
  assert.ok(!file.includes(CREDENTIAL));
  const numbers = (text: string): Set<string> => new Set(text.match(/\d{60,}/g) ?? []);
  const { randomness } = JSON.parse(file) as { randomness: (string | string[])[] };
  assert.equal(randomness.flat().length, 4);
  const proofs = numbers(sealed.ballot.archived);
  assert.ok(randomness.flat().every((number) => !proofs.has(number)));
});

interface StatementVector {
  comment?: string;
  kind: string;
  statement: { fingerprint: string; credential: string; tracker: string; prev: string };
  proof: Json;
}

const { valid, forged } = readVectors<{ valid: StatementVector[]; forged: StatementVector[] }>(
  "statements.json",
);

for (const { comment, kind, statement, proof } of [...valid, ...forged]) {
  if (kind !== "cast") continue;
  test(`evote's cast statement ${comment === undefined ? "holds" : `does not hold for ${comment}`}`, () => {
    const verify = (): void => {
      const credential = Element.decode(statement.credential);
      verifyCast({ ...statement, credential, proof: readProof(proof, "proof") });
    };
    if (comment === undefined) verify();
    else assert.throws(verify, Error);
  });
}

test("the cast statement binds election, credential, tracker and the ballot replaced", async () => {
  const [other] = [await sealBallot({ election, credential: CREDENTIAL, answers: ANSWERS })];
  const { tracker } = sealed.ballot;
  const { fingerprint } = election;
  const statement = { fingerprint, tracker, prev: NO_PREVIOUS_BALLOT };
  const proof = signCast({ ...statement, election, credential: CREDENTIAL });
  const { credential } = sealed.ballot;
  verifyCast({ ...statement, credential, proof });
  const changes = [
    { fingerprint: electionOf().fingerprint }, { tracker: other.ballot.tracker }, { prev: other.ballot.tracker },
    { credential: GENERATOR }, { proof: { ...proof, response: proof.response + 1n } },
    { proof: { ...proof, challenge: proof.challenge + 1n } },
  ];
  for (const change of changes) {
    assert.throws(() => verifyCast({ ...statement, credential, proof, ...change }), InvalidProof);
  }
});

test("a cast carries its statement with profile 1, and none without", async () => {
  const bound = electionOf({ profile: 1 });
  const { ballot } = await sealBallot({ election: bound, credential: CREDENTIAL, answers: ANSWERS });
  const input = { ballot, prev: NO_PREVIOUS_BALLOT, credential: CREDENTIAL, permit: undefined };
  const body = JSON.parse(castBody({ ...input, election: bound })) as { [name: string]: Json };
  assert.deepEqual(Object.keys(body), ["ballot", "prev", "proof"]);
  const proof = readProof(body["proof"], "proof");
  const { fingerprint } = bound;
  const { tracker, credential } = ballot;
  verifyCast({ fingerprint, tracker, prev: input.prev, credential, proof });
  const fieldsOf = (text: string): string[] => Object.keys(JSON.parse(text) as object);
  assert.deepEqual(fieldsOf(castBody({ ...input, election })), ["ballot", "prev"]);
  const permitted = castBody({ ...input, election, permit: "a permit" });
  assert.deepEqual(fieldsOf(permitted), ["ballot", "prev", "permit"]);
  assert.equal(decodeBallot(utf8(ballot.archived), { election: bound }).tracker, ballot.tracker);
});
