// The second verifier: the records that other people's tool made, and records that are not finished.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { decodeBallot, verifyBallot } from "../src/protocol/ballot.ts";
import { decodeElection, decodeElectionWith } from "../src/protocol/election.ts";
import { encodeJson, type Json, sha256Hex, utf8 } from "../src/protocol/encoding.ts";
import { DecodeError, InvalidProof, NotSupported } from "../src/protocol/errors.ts";
import { ED25519 } from "../src/protocol/group.ts";
import { readRecord } from "../src/protocol/record.ts";
import {
  combinePublicKeys, decodeTrustees, encodeTrustees, verifyTrustees,
} from "../src/protocol/trustees.ts";
import { BELENIOS_2048, RFC_3526_2048 } from "../src/verifier/field.ts";
import { readLists } from "../src/verifier/lists.ts";
import { verifyRecord } from "../src/verifier/run.ts";
import { readVectors } from "./files.ts";
import { changedAt, leafPlaces } from "./tampering.ts";

const refusals = (error: unknown): boolean => error instanceof DecodeError || error instanceof InvalidProof;

const VECTORS = "tests/vectors";
const FOLDERS = [
  ...readdirSync(join(VECTORS, "belenios")).filter((name) => name.endsWith("-ed25519")).map((name) => join("belenios", name)),
  ...readdirSync(join(VECTORS, "belenios-other")).map((name) => join("belenios-other", name)),
];

function recordOf(folder: string): Uint8Array {
  const path = join(VECTORS, folder);
  const [name] = readdirSync(path).filter((file) => file.endsWith(".bel"));
  assert.ok(name);
  return new Uint8Array(readFileSync(join(path, name)));
}

/** Counts as the result file writes them. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  return typeof value === "bigint" ? Number(value) : value;
}

for (const folder of FOLDERS) {
  test(`${folder} is valid and complete, with the result beside it`, async () => {
    const report = await verifyRecord({ record: recordOf(folder) });
    const problems = report.steps.flatMap((step) => step.problems);
    assert.deepEqual(problems, []);
    assert.equal(report.verdict, "complete");
    const [name] = readdirSync(join(VECTORS, folder)).filter((file) => /result/.test(file));
    if (name === undefined) return;
    const expected = JSON.parse(readFileSync(join(VECTORS, folder, name), "utf8")) as { result: unknown };
    assert.deepEqual(plain(report.result), expected.result);
  });
}

test("a record that stops at any event is valid so far", async () => {
  const record = recordOf("belenios/case1-homomorphic-ed25519");
  const text = Buffer.from(record).toString("latin1");
  for (const match of text.matchAll(/[0-9a-f]{64}\.event\.json/g)) {
    const size = Number.parseInt(text.slice(match.index + 124, match.index + 135), 8);
    const end = match.index + 512 + Math.ceil(size / 512) * 512;
    const { verdict } = await verifyRecord({ record: record.subarray(0, end) });
    assert.equal(verdict, end === record.length ? "complete" : "unfinished");
  }
});

/** A record with this one object changed and everything that names it put right, up to its event. */
async function changed(input: {
  record: Uint8Array; type: string; index: number; change: (text: string) => string;
}): Promise<Uint8Array> {
  const { record, type, index, change } = input;
  const events = await readRecord({ data: record });
  const target = events.findIndex((event) => event.type === type);
  const files: Uint8Array[] = [record.subarray(0, 1024)];
  const timestamp = Buffer.from(record.subarray(136, 147)).toString();
  let parent: string | undefined;
  for (const { type: name, height, objects } of events.slice(0, target + 1)) {
    const texts = objects.map((body) => Buffer.from(body).toString());
    if (height === target) {
      const old = sha256Hex(utf8(texts[index] ?? ""));
      const text = change(texts[index] ?? "");
      assert.notEqual(text, texts[index]);
      texts[index] = text;
      const last = texts.length - 1;
      if (index !== last) texts[last] = (texts[last] ?? "").replace(old, sha256Hex(utf8(text)));
    }
    const payload = texts.at(-1);
    const event = encodeJson({
      ...(parent === undefined ? {} : { parent }), height, type: name,
      ...(payload === undefined ? {} : { payload: sha256Hex(utf8(payload)) }),
    });
    parent = sha256Hex(utf8(event));
    files.push(...texts.map((text) => member(text, "data", timestamp)), member(event, "event", timestamp));
  }
  return Buffer.concat(files);
}

function member(text: string, kind: string, timestamp: string): Uint8Array {
  const body = Buffer.from(text);
  const block = Buffer.alloc(512 + Math.ceil(body.length / 512) * 512);
  block.write(`${sha256Hex(body)}.${kind}.json`, 0);
  block.write("0000644", 100);
  block.write("0000000", 108);
  block.write("0000000", 116);
  block.write(body.length.toString(8).padStart(11, "0"), 124);
  block.write(timestamp, 136);
  block.write("        0", 148);
  const sum = block.subarray(0, 512).reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  body.copy(block, 512);
  return block;
}

const FIELD = "belenios-other/case8-mixnet-rfc3526";

for (const [type, index, step] of [
  ["Setup", 1, 4], ["Ballot", 0, 6], ["EncryptedTally", 0, 8], ["Shuffle", 0, 11], ["PartialDecryption", 0, 9],
] as const) {
  // Half of the numbers below p are in this group, so one of the two may be an element.
  for (const amount of [1n, -1n]) {
    test(`a09 a number of ${type} of an older group made ${amount} more is refused`, async () => {
      const record = await changed({
        record: recordOf(FIELD), type, index,
        change: (text) => text.replace(/"(\d{77,})"/, (_, number: string) => `"${BigInt(number) + amount}"`),
      });
      const { verdict, steps } = await verifyRecord({ record });
      assert.equal(verdict, "invalid");
      assert.deepEqual(steps.filter(({ status }) => status === "failed").map(({ number }) => number), [step]);
    });
  }
}

test("a09 a result of lists that was not decrypted is refused", async () => {
  const record = await changed({
    record: recordOf("belenios-other/case9-lists-ed25519"), type: "Result", index: 0,
    change: (text) => text.replace("[2,2,2]", "[2,2,1]"),
  });
  const { verdict, steps } = await verifyRecord({ record });
  assert.equal(verdict, "invalid");
  assert.deepEqual(steps.filter(({ status }) => status === "failed").map(({ number }) => number), [10]);
});

test("a record whose objects were only written again is as valid as before", async () => {
  const folder = "belenios-other/case7-homomorphic-belenios2048";
  const record = await changed({
    record: recordOf(folder), type: "Result", index: 0, change: (text) => ` ${text}`,
  });
  assert.equal((await verifyRecord({ record })).verdict, "complete");
});

test("a10 numbers outside an older group are no elements", () => {
  for (const group of [BELENIOS_2048, RFC_3526_2048]) {
    const { modulus, generator } = group;
    const minusOne = modulus - 1n; // of order two
    const twisted = modulus - generator.integer();
    for (const value of [0n, -1n, minusOne, modulus, modulus + 1n, twisted, generator.integer() + modulus]) {
      assert.throws(() => group.decode(value.toString()), DecodeError);
    }
    assert.throws(() => group.decode(`0${generator.encode()}`), DecodeError);
    assert.ok(group.decode(generator.encode()).equals(generator));
    assert.ok(generator.publicPower(group.order - 1n).times(generator).isIdentity());
    assert.ok(generator.inverse().times(generator).isIdentity());
    assert.throws(() => generator.times(ED25519.generator), TypeError);
    assert.throws(() => ED25519.generator.times(generator), TypeError);
    assert.throws(() => generator.power(2n), TypeError);
  }
});

test("the numbers of the older groups are those that every implementation uses", () => {
  for (const group of [BELENIOS_2048, RFC_3526_2048]) {
    const known = readVectors<Record<string, { p: string; q: string; g: string }>>("groups.json")[group.name];
    assert.deepEqual(
      [group.modulus, group.order, group.generator.integer()].map(String), [known?.p, known?.q, known?.g],
    );
  }
});

test("a second file of an older group is not supported, and nothing is confirmed", async () => {
  const spoilt = await changed({
    record: recordOf(FIELD), type: "Setup", index: 0, change: (text) => text.replace("{", '{"pnyx":{"profile":1},'),
  });
  await assert.rejects(() => verifyRecord({ record: spoilt }), NotSupported);
});

// --- Threshold trustees of older groups and in the form of 2022 (3.3) ---------------------

interface OlderTrustees {
  group: string;
  is_legacy: boolean;
  trustees: Record<string, Json>;
}

const older = readVectors<{ cases: OlderTrustees[] }>("older_trustees.json").cases;
const listOf = (trustees: Json): Uint8Array => utf8(encodeJson([["Pedersen", trustees]]));

for (const { group: name, is_legacy: isLegacy, trustees } of older) {
  const group = name === BELENIOS_2048.name ? BELENIOS_2048 : RFC_3526_2048;
  const form = isLegacy ? "in the form of 2022" : "in today's form";

  test(`threshold trustees of ${name} ${form} verify and read back`, () => {
    const read = decodeTrustees(listOf(trustees), group, isLegacy);
    verifyTrustees(read);
    assert.equal(encodeTrustees(read), new TextDecoder().decode(listOf(trustees)));
    assert.equal(combinePublicKeys(read).group, group);
  });

  test(`threshold trustees of ${name} ${form} are refused in another group, or without being asked for`, () => {
    const other = group === BELENIOS_2048 ? RFC_3526_2048 : BELENIOS_2048;
    assert.throws(() => verifyTrustees(decodeTrustees(listOf(trustees), other, isLegacy)), refusals);
    assert.throws(() => verifyTrustees(decodeTrustees(listOf(trustees), ED25519, isLegacy)), refusals);
    if (isLegacy) assert.throws(() => decodeTrustees(listOf(trustees), group), /2022/);
  });

  for (const place of leafPlaces(trustees)) {
    test(`a changed threshold of ${name} ${form} is refused: ${place.join(".")}`, () => {
      const spoilt = changedAt(trustees, place, (leaf) => (typeof leaf === "number" ? leaf + 1 : `${String(leaf)}1`));
      assert.throws(() => verifyTrustees(decodeTrustees(listOf(spoilt), group, isLegacy)), refusals);
    });
  }
}

test("the booth and the trustee's page refuse an election in an older group", async () => {
  const [setup] = await readRecord({ data: recordOf(FIELD) });
  assert.throws(() => decodeElection(setup?.objects[0] ?? new Uint8Array()), NotSupported);
});

const lists = readVectors<{
  elections: {
    name: string;
    election: string;
    valid: { ballot: string; tracker: string }[];
    forged: { comment: string; ballot: string; code: string }[];
  }[];
}>("ranked.json").elections.filter(({ election }) => election.includes('"type":"Lists"'));

test("there are vectors for lists", () => assert.ok(lists.length > 0));

for (const vector of lists) {
  const election = decodeElectionWith(utf8(vector.election), { groups: [ED25519], readOther: readLists });

  test(`${vector.name}: evote's ballots are valid and have its trackers`, async () => {
    for (const { ballot: text, tracker } of vector.valid) {
      const ballot = decodeBallot(utf8(text), { election });
      await verifyBallot({ ballot, election });
      assert.equal(ballot.tracker, tracker);
    }
  });

  for (const { comment, ballot, code } of vector.forged) {
    test(`${vector.name}: refused as ${code}: ${comment}`, async () => {
      const check = async (): Promise<void> => {
        await verifyBallot({ ballot: decodeBallot(utf8(ballot), { election }), election });
      };
      await assert.rejects(check, { code });
    });
  }
}
