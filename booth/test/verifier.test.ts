// The second verifier: the records that other people's tool made, and records that are not finished.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { verifyRecord } from "../src/verifier/run.ts";

const VECTORS = "tests/vectors/belenios";

function caseFolders(): string[] {
  return readdirSync(VECTORS).filter((name) => name.endsWith("-ed25519"));
}

function recordOf(folder: string): Uint8Array {
  const path = join(VECTORS, folder);
  const [name] = readdirSync(path).filter((file) => file.endsWith(".bel"));
  assert.ok(name);
  return new Uint8Array(readFileSync(join(path, name)));
}

for (const folder of caseFolders()) {
  test(`${folder} is valid and complete, with the result beside it`, async () => {
    const report = await verifyRecord({ record: recordOf(folder) });
    const problems = report.steps.flatMap((step) => step.problems);
    assert.deepEqual(problems, []);
    assert.equal(report.verdict, "complete");
    const [name] = readdirSync(join(VECTORS, folder)).filter((file) => /result/.test(file));
    if (name === undefined) return;
    const expected = JSON.parse(readFileSync(join(VECTORS, folder, name), "utf8")) as { result: unknown };
    const found = report.result?.map((list) =>
      [...list].map((item) => (typeof item === "bigint" ? Number(item) : item)),
    );
    assert.deepEqual(found, expected.result);
  });
}

test("a record that stops at any event is valid so far", async () => {
  const record = recordOf("case1-homomorphic-ed25519");
  const text = Buffer.from(record).toString("latin1");
  for (const match of text.matchAll(/[0-9a-f]{64}\.event\.json/g)) {
    const size = Number.parseInt(text.slice(match.index + 124, match.index + 135), 8);
    const end = match.index + 512 + Math.ceil(size / 512) * 512;
    const { verdict } = await verifyRecord({ record: record.subarray(0, end) });
    assert.equal(verdict, end === record.length ? "complete" : "unfinished");
  }
});
