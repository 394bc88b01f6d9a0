// The second verifier: the records that other people's tool made, and records that are not finished.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { decodeBallot, verifyBallot } from "../src/protocol/ballot.ts";
import { decodeElectionWith } from "../src/protocol/election.ts";
import { utf8 } from "../src/protocol/encoding.ts";
import { readLists } from "../src/verifier/lists.ts";
import { verifyRecord } from "../src/verifier/run.ts";
import { readVectors } from "./files.ts";

const VECTORS = "tests/vectors";
const FOLDERS = [
  ...readdirSync(join(VECTORS, "belenios")).filter((name) => name.endsWith("-ed25519")).map((name) => join("belenios", name)),
  "belenios-other/case9-lists-ed25519",
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
  const election = decodeElectionWith(utf8(vector.election), readLists);

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
