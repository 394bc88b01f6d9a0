// Documents are hashed in pieces, and give the hash that node gives of the whole.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";

import { commitTo, hashDocument, Unreadable } from "../src/log/hashing.ts";

const MEGABYTE = 1 << 20;

const bytes = (length: number): Uint8Array<ArrayBuffer> =>
  Uint8Array.from({ length }, (_, index) => (index * 31 + (index >> 8)) & 0xff);

const sha256 = (...parts: Uint8Array[]): string => createHash("sha256").update(Buffer.concat(parts)).digest("hex");

const hex = (value: Uint8Array): string => Buffer.from(value).toString("hex");

for (const size of [0, 1, 64, MEGABYTE - 1, MEGABYTE, MEGABYTE + 1, 3 * MEGABYTE + 7]) {
  test(`a document of ${size} bytes has the hash that others compute`, async () => {
    const content = bytes(size);
    assert.equal(hex(await hashDocument({ document: new Blob([content]) })), sha256(content));
  });
}

test("progress only grows, and ends at the document's size", async () => {
  const told: number[] = [];
  const size = 2 * MEGABYTE + 5;
  await hashDocument({
    document: new Blob([bytes(size)]),
    progress: (done, total) => {
      assert.equal(total, size);
      told.push(done);
    },
  });
  assert.deepEqual(told, [MEGABYTE, 2 * MEGABYTE, size]);
});

test("no more than one piece is asked for at a time", async () => {
  const asked: number[] = [];
  class Watched extends Blob {
    override slice(start?: number, end?: number): Blob {
      asked.push((end ?? 0) - (start ?? 0));
      return super.slice(start, end);
    }
  }
  await hashDocument({ document: new Watched([bytes(5 * MEGABYTE)]) });
  assert.deepEqual(asked, Array.from({ length: 5 }, () => MEGABYTE));
});

test("a document that shrinks while it is read is not given a hash", async () => {
  class Shrunk extends Blob {
    override slice(start?: number): Blob {
      return super.slice(start, (start ?? 0) + 10);
    }
  }
  await assert.rejects(hashDocument({ document: new Shrunk([bytes(100)]) }), Unreadable);
});

test("a reader can stop the work", async () => {
  const stopping = new AbortController();
  const work = hashDocument({
    document: new Blob([bytes(3 * MEGABYTE)]),
    progress: () => stopping.abort(),
    signal: stopping.signal,
  });
  await assert.rejects(work, { name: "AbortError" });
});

test("a commitment is the hash of the salt and the document's hash", () => {
  const salt = bytes(32);
  const digest = bytes(40).subarray(8);
  assert.equal(hex(commitTo({ salt, digest })), sha256(salt, digest));
  assert.throws(() => commitTo({ salt: bytes(31), digest }), RangeError);
  assert.throws(() => commitTo({ salt, digest: bytes(33) }), RangeError);
});
