// A trustee's own look at the record: the published ones hold, changed ones are refused.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

import { decodeElection } from "../src/protocol/election.ts";
import { b64Digest, sha256Hex } from "../src/protocol/encoding.ts";
import { InvalidRecord } from "../src/protocol/errors.ts";
import { decodeCredentials, readRecord } from "../src/protocol/record.ts";
import { checkEnoughBallots, minimumBallots, minimumShuffles, recount, type Stage } from "../src/protocol/recount.ts";

const VECTORS = new URL("../../tests/vectors/belenios/", import.meta.url);

function recordOf(folder: string): Uint8Array {
  const place = new URL(`${folder}/`, VECTORS);
  const name = readdirSync(place).find((file) => file.endsWith(".bel")) ?? "";
  return new Uint8Array(readFileSync(new URL(name, place)));
}

async function fingerprintOf(data: Uint8Array): Promise<string> {
  const [setup] = await readRecord({ data });
  return b64Digest(setup?.objects[0] ?? new Uint8Array());
}

for (const folder of readdirSync(VECTORS)) {
  test(`belenios' record ${folder} holds, shuffles and decryptions included`, async () => {
    const data = recordOf(folder);
    const stages: Stage[] = [];
    const found = await recount({
      data, fingerprint: await fingerprintOf(data), onStage: (stage) => stages.push(stage),
    });
    assert.equal(found.last, "Result");
    assert.deepEqual(stages, ["record", "trustees", "ballots", "tally", "shuffles"]);
    assert.ok(found.sizes.count > 0);
    assert.ok(found.decryptions.length > 0);
    assert.match(found.closing ?? "", /^[0-9a-f]{64}$/);
    const isRanked = found.election.questions.some(({ kind }) => kind === "ranked");
    assert.equal(found.shuffles.length > 0, isRanked);
  });
}

const folder = "case1-homomorphic-ed25519";
const data = recordOf(folder);
const fingerprint = await fingerprintOf(data);

test("the record of another election is refused", async () => {
  const other = await fingerprintOf(recordOf("case4-blank-ed25519"));
  await assert.rejects(recount({ data, fingerprint: other }), InvalidRecord);
});

/** The archive's files: where each begins, its name and its body. */
function filesOf(archive: Uint8Array): { name: string; body: string; at: number; end: number }[] {
  const files = [];
  for (let at = 0; at < archive.length; ) {
    const text = (from: number, to: number): string =>
      Buffer.from(archive.subarray(at + from, at + to)).toString("latin1");
    const size = Number.parseInt(text(124, 135), 8);
    const end = at + 512 + Math.ceil(size / 512) * 512;
    files.push({ name: text(0, 100).replace(/\0+$/, ""), body: text(512, 512 + size), at, end });
    at = end;
  }
  return files;
}

const files = filesOf(data);

/** Write an archive anew: hashes, names, parents and payloads are made to fit again. */
function forge(folderData: Uint8Array, change: (name: string, body: string) => string): Uint8Array {
  const renamed = new Map<string, string>();
  const written: Buffer[] = [];
  for (const { name, body, at } of filesOf(folderData)) {
    let text = change(name, body);
    for (const [old, now] of renamed) text = text.replaceAll(old, now);
    const bytes = Buffer.from(text, "latin1");
    const hash = sha256Hex(bytes);
    if (name.length > 64) renamed.set(name.slice(0, 64), hash);
    const header = Buffer.from(folderData.subarray(at, at + 512));
    if (name.length > 64) header.write(hash, 0, "latin1");
    header.write(bytes.length.toString(8).padStart(11, "0"), 124, "latin1");
    header.write(" ".repeat(8), 148, "latin1");
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
    written.push(header, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512));
  }
  return new Uint8Array(Buffer.concat(written));
}

test("an archive that is written anew without a change is the same, byte for byte", () => {
  assert.deepEqual(forge(data, (_, body) => body), data);
});

test("every byte of a header is checked, and so is the padding", async () => {
  const second = files[1]?.at ?? 0;
  const places = [0, 8, 100, 107, 108, 116, 124, 136, 148, 156, 157, 257, 345, 511].map((at) => second + at);
  const padding = files.find(({ body }) => body.length % 512 !== 0);
  places.push((padding?.end ?? 0) - 1);
  for (const place of places) {
    const changed = Uint8Array.from(data);
    changed[place] = (changed[place] as number) ^ 1;
    await assert.rejects(readRecord({ data: changed }), InvalidRecord, `byte ${place}`);
  }
});

for (const { name, at, end, body } of files) {
  const title = `${name.slice(0, 8)}…${name.slice(64)}`;
  test(`a record without ${title}, or with it twice, is refused`, async () => {
    const without = Buffer.concat([data.subarray(0, at), data.subarray(end)]);
    const twice = Buffer.concat([data.subarray(0, end), data.subarray(at)]);
    for (const changed of [without, twice]) {
      const bytes = new Uint8Array(changed);
      await assert.rejects(recount({ data: bytes, fingerprint }), InvalidRecord);
    }
  });
  if (name.endsWith(".event.json")) {
    test(`an event that is not as it must be is refused: ${title}`, async () => {
      const changes = [
        (text: string) => text.replace(/"height":(\d+)/, (_, height) => `"height":${Number(height) + 1}`),
        (text: string) => text.replace("{", "{ "),
        (text: string) => text.replace(/"type":"[A-Za-z]+"/, '"type":"Result"'),
        (text: string) => text.replace("}", ',"extra":1}'),
      ];
      for (const change of changes) {
        if (change(body) === body) continue;
        const forged = forge(data, (other, text) => (other === name ? change(text) : text));
        await assert.rejects(recount({ data: forged, fingerprint }), InvalidRecord);
      }
    });
  }
}

test("A-37: an encrypted tally that is not the sum of the last ballots is refused", async () => {
  const tally = files.find(({ body }) => body.startsWith('[[{"alpha"'));
  const [first, second] = (tally?.body ?? "").match(/\{"alpha":"[0-9a-f]{64}","beta":"[0-9a-f]{64}"\}/g) ?? [];
  const forged = forge(data, (name, body) =>
    name === tally?.name ? body.replace(first ?? "", "#").replace(second ?? "", first ?? "").replace("#", second ?? "") : body,
  );
  await assert.rejects(recount({ data: forged, fingerprint }), /not the sum of the ballots/);
});

for (const field of ["num_tallied", "total_weight"]) {
  test(`a tally with another ${field} is refused`, async () => {
    const forged = forge(data, (_, body) =>
      body.replace(new RegExp(`"${field}":(\\d+)`), (__, count) => `"${field}":${Number(count) + 1}`),
    );
    await assert.rejects(recount({ data: forged, fingerprint }), /number of ballots/);
  });
}

test("A-01: a ballot that stands twice is refused though every hash fits", async () => {
  const ballots = files.filter(({ body }) => body.startsWith('{"election_uuid"'));
  const forged = forge(data, (name, body) => (name === ballots[1]?.name ? (ballots[0]?.body ?? "") : body));
  await assert.rejects(recount({ data: forged, fingerprint }), /copy/);
});

test("A-46: a ballot whose credential is not on the list is refused", async () => {
  const list = files.find(({ body }) => /^\["[0-9a-f]{64}"/.test(body));
  const forged = forge(data, (name, body) => (name === list?.name ? body.replace(/"[0-9a-f]{64}",/, "") : body));
  await assert.rejects(recount({ data: forged, fingerprint }), /not on the list/);
});

for (const [comment, list] of [
  ["the same twice", ["a".repeat(64), "a".repeat(64)]],
  ["a weight for only some", [`${"a".repeat(64)},2`, "b".repeat(64)]],
  ["a weight of zero", [`${"a".repeat(64)},0`]],
  ["capital letters", ["A".repeat(64)]],
] as const) {
  test(`a list of credentials is refused: ${comment}`, () => {
    assert.throws(() => decodeCredentials([...list]), { name: "DecodeError" });
  });
}

test("A-33: a changed shuffle is refused, and ranked ballots are not decrypted without one", async () => {
  const ranked = recordOf("case3-mixnet-ed25519");
  const own = await fingerprintOf(ranked);
  const shuffle = filesOf(ranked).find(({ body }) => body.startsWith('{"ciphertexts"'));
  const forged = forge(ranked, (name, body) =>
    name === shuffle?.name ? body.replace(/"([0-9]{70,})"/, (_, digits: string) => `"${BigInt(digits) - 1n}"`) : body,
  );
  await assert.rejects(recount({ data: forged, fingerprint: own }), InvalidRecord);
});

test("A-36: fewer ballots than the election asks for are not opened", async () => {
  const { election, sizes } = await recount({ data, fingerprint });
  const asking = (minimum: number): Parameters<typeof checkEnoughBallots>[0] => ({
    election: { ...election, context: { profile: 1, minimum_ballots: minimum } }, sizes,
  });
  checkEnoughBallots(asking(sizes.count));
  assert.throws(() => checkEnoughBallots(asking(sizes.count + 1)), { name: "TooFewBallots" });
});

test("the smallest numbers of ballots and of shuffles are the election's; where it names none, none", () => {
  const withContext = (pnyx: object | undefined): ReturnType<typeof decodeElection> => {
    const election = JSON.parse(Buffer.from(files.find(({ body }) => body.includes('"version":1,"desc'))?.body ?? "", "latin1").toString()) as object;
    return decodeElection(new TextEncoder().encode(JSON.stringify({ ...election, pnyx })));
  };
  assert.deepEqual([undefined, { profile: 0 }, { profile: 1 }].map((one) => minimumBallots(withContext(one))), [0, 0, 0]);
  assert.deepEqual([undefined, { profile: 1 }].map((one) => minimumShuffles(withContext(one))), [0, 0]);
  assert.equal(minimumBallots(withContext({ profile: 0, minimum_ballots: 5 })), 5);
  assert.throws(() => minimumBallots(withContext({ profile: 1, minimum_ballots: "none" })), InvalidRecord);
});
