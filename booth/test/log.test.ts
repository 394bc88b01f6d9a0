// The log's formats in the browser: the same vectors as evote's, made by golang.org/x/mod.
import assert from "node:assert/strict";
import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { test } from "node:test";

import { ed25519 } from "@noble/curves/ed25519.js";
import { ml_dsa44 } from "@noble/post-quantum/ml-dsa.js";

import { decodeBase64, decodeDecimal, encodeBase64 } from "../src/log/bytes.ts";
import { checkReceipt } from "../src/log/checking.ts";
import { decodeCheckpoint, encodeCheckpoint } from "../src/log/checkpoint.ts";
import { decodeCosignerKey, verifyCosignature } from "../src/log/cosignature.ts";
import { leafHash, nodeHash, verifyConsistency, verifyInclusion } from "../src/log/merkle.ts";
import { decodeNote, decodeVerifierKey, isLineOf, verifyNote } from "../src/log/note.ts";
import { decodePolicy, verifyUnderPolicy } from "../src/log/policy.ts";
import { canonicalJson, decodeExtra, decodeReceipt } from "../src/log/receipt.ts";
import { verifyEd25519 } from "../src/log/signature.ts";
import { utf8 } from "../src/protocol/encoding.ts";
import { DecodeError, InvalidProof } from "../src/protocol/errors.ts";
import { readVectors } from "./files.ts";

interface Key { name: string; vkey: string; seed_hex: string; public_hex: string }
interface Notes {
  log_key: Key;
  witness_keys: Key[];
  checkpoints: { size: number; body: string; signed: string; cosigned: string }[];
  must_reject: { why: string; note: string }[];
  spec_example: { note: string; vkey: string };
  tlog_proofs: { index: number; size: number; entry_hex: string; tlog_proof: string }[];
  add_checkpoint: { old: number; new: number; old_root_b64: string; body: string }[];
}
interface Small {
  entries: { entry_hex: string; leaf_hash: string }[];
  roots: string[];
  inclusion: { index: number; size: number; proof: string[] }[];
  consistency: { old: number; new: number; proof: string[] }[];
}

const notes = readVectors<Notes>("tlog/notes.json");
const small = readVectors<Small>("tlog/small.json");
const KEY = decodeVerifierKey(notes.log_key.vkey);
const unhex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "hex"));
const changed = (bytes: Uint8Array): Uint8Array => bytes.map((byte, at) => (at === 7 ? byte ^ 1 : byte));
const policyText = (quorum: string): Uint8Array => utf8([
  `log ${notes.log_key.vkey} https://log.example`,
  ...notes.witness_keys.map(({ name, vkey }) => `witness ${name} ${vkey}`),
  `group all-of-them all ${notes.witness_keys.map(({ name }) => name).join(" ")}`, `quorum ${quorum}`, "",
].join("\n"));

/** The proof with each hash changed, and with each left out. */
const spoiltProofs = (proof: readonly Uint8Array[]): { proof: Uint8Array[] }[] => proof.flatMap((hash, place) => {
  const [before, after] = [proof.slice(0, place), proof.slice(place + 1)];
  return [{ proof: [...before, changed(hash), ...after] }, { proof: [...before, ...after] }];
});

// --- Trees -------------------------------------------------------------------------------

test("a45 leaf hashes and every proof of the vectors hold", () => {
  const roots = small.roots.map(unhex);
  for (const { entry_hex, leaf_hash } of small.entries) {
    assert.deepEqual(leafHash(unhex(entry_hex)), unhex(leaf_hash));
  }
  for (const { index, size, proof } of small.inclusion) {
    const leaf = unhex(small.entries[index]?.leaf_hash ?? "");
    const given = { leaf, index: BigInt(index), size: BigInt(size), proof: proof.map(unhex), root: roots[size] ?? leaf };
    verifyInclusion(given);
    const forgeries = [
      { index: given.index + 1n }, { index: given.index + given.size }, { index: -1n }, { size: 0n },
      { leaf: changed(leaf) }, { root: changed(given.root) }, { root: given.root.subarray(1) },
      { proof: [...given.proof, leaf] }, ...spoiltProofs(given.proof),
    ];
    for (const forgery of forgeries) assert.throws(() => verifyInclusion({ ...given, ...forgery }), InvalidProof);
  }
  for (const { old, new: grown, proof } of small.consistency) {
    const [oldRoot, newRoot] = [roots[old], roots[grown]];
    assert.ok(oldRoot && newRoot);
    const given = { oldSize: BigInt(old), oldRoot, newSize: BigInt(grown), newRoot, proof: proof.map(unhex) };
    verifyConsistency(given);
    const forgeries = [
      { oldRoot: changed(oldRoot) }, { newRoot: changed(newRoot) }, { oldSize: given.newSize + 1n }, { oldSize: -1n },
      { proof: [...given.proof, oldRoot] }, ...spoiltProofs(given.proof),
    ];
    for (const forgery of forgeries) assert.throws(() => verifyConsistency({ ...given, ...forgery }), InvalidProof);
  }
});

test("a45 a proof that fits another size is none", () => {
  for (const { index, size, proof } of small.inclusion) {
    const leaf = unhex(small.entries[index]?.leaf_hash ?? "");
    const root = unhex(small.roots[size + 1] ?? small.roots[0] ?? "");
    const given = { leaf, index: BigInt(index), size: BigInt(size + 1), proof: proof.map(unhex), root };
    assert.throws(() => verifyInclusion(given), InvalidProof);
  }
});

test("a45 every log grew out of the empty one, and of nothing else without entries", () => {
  const [empty = "", one = "", two = ""] = small.roots;
  const given = { oldSize: 0n, oldRoot: unhex(empty), newSize: 2n, newRoot: unhex(two), proof: [] };
  verifyConsistency(given);
  for (const forgery of [{ oldRoot: unhex(one) }, { proof: [unhex(one)] }, { newSize: 0n }]) {
    assert.throws(() => verifyConsistency({ ...given, ...forgery }), InvalidProof);
  }
});

// --- Notes, checkpoints and cosignatures --------------------------------------------------

test("the specification's own example holds", () => {
  const note = decodeNote(utf8(notes.spec_example.note));
  verifyNote(note, [decodeVerifierKey(notes.spec_example.vkey)]);
  assert.throws(() => verifyNote(note, [KEY]), InvalidProof);
});

for (const { size, body, signed, cosigned } of notes.checkpoints) {
  test(`the checkpoint of ${size} entries holds, signed and cosigned`, () => {
    const note = decodeNote(utf8(signed));
    verifyNote(note, [KEY]);
    assert.equal(encodeCheckpoint(decodeCheckpoint(note)), body);
    const policy = decodePolicy(policyText("all-of-them"));
    const under = verifyUnderPolicy(decodeNote(utf8(cosigned)), policy);
    assert.deepEqual(under.cosigned.map(({ name }) => name), notes.witness_keys.map(({ name }) => name));
    assert.throws(() => verifyUnderPolicy(note, policy), /quorum/);
    assert.deepEqual(verifyUnderPolicy(note, decodePolicy(policyText("none"))).cosigned, []);
  });
}

for (const { why, note } of notes.must_reject) {
  test(`refused: ${why}`, () => {
    const policy = decodePolicy(policyText("none"));
    const isRefusal = (error: unknown): boolean => error instanceof DecodeError || error instanceof InvalidProof;
    assert.throws(() => verifyUnderPolicy(decodeNote(utf8(note)), policy), isRefusal);
  });
}

test("an ML-DSA-44 cosignature holds for its checkpoint, name and time alone", () => {
  const { size, signed } = notes.checkpoints[3] ?? assert.fail();
  const checkpoint = decodeCheckpoint(decodeNote(utf8(signed)));
  const { publicKey, secretKey } = ml_dsa44.keygen(new Uint8Array(32).fill(9));
  const material = Buffer.concat([Uint8Array.of(6), publicKey]);
  const vkey = (name: string): string => {
    const id = createHash("sha256").update(`${name}\n`).update(material).digest("hex").slice(0, 8);
    return `${name}+${id}+${material.toString("base64")}`;
  };
  const key = decodeCosignerKey(vkey("w.example"));
  const message = (name: string, time: number): Buffer => {
    const numbers = Buffer.alloc(16);
    numbers.writeBigUInt64BE(BigInt(size), 8);
    const at = Buffer.alloc(8);
    at.writeBigUInt64BE(BigInt(time));
    const origin = Buffer.from(checkpoint.origin);
    return Buffer.concat([
      Buffer.from("subtree/v1\n\0"), Uint8Array.of(name.length), Buffer.from(name), at,
      Uint8Array.of(origin.length), origin, numbers, checkpoint.root,
    ]);
  };
  const line = (name: string, time: number, said = time): Parameters<typeof verifyCosignature>[0] => {
    const at = Buffer.alloc(8);
    at.writeBigUInt64BE(BigInt(said));
    return { name: key.name, keyId: key.keyId, signature: Buffer.concat([at, ml_dsa44.sign(message(name, time), secretKey)]) };
  };
  assert.equal(verifyCosignature(line("w.example", 1_795_248_000), { checkpoint, key }), 1_795_248_000n);
  for (const forged of [line("v.example", 1), line("w.example", 1, 2), line("w.example", 0)]) {
    assert.throws(() => verifyCosignature(forged, { checkpoint, key }), InvalidProof);
  }
  const others = [{ size: checkpoint.size + 1n }, { origin: "other" }, { root: changed(checkpoint.root) }];
  for (const other of others) {
    const check = (): unknown => verifyCosignature(line("w.example", 5), { checkpoint: { ...checkpoint, ...other }, key });
    assert.throws(check, InvalidProof);
  }
  assert.throws(() => decodeCosignerKey(vkey("w".repeat(256))), DecodeError);
});

test("an Ed25519 cosignature does not hold for another checkpoint", () => {
  const [first, second] = notes.checkpoints.slice(2);
  assert.ok(first && second);
  const checkpoint = decodeCheckpoint(decodeNote(utf8(second.signed)));
  for (const line of decodeNote(utf8(first.cosigned)).signatures) {
    const vkey = notes.witness_keys.map((one) => decodeCosignerKey(one.vkey)).find((key) => isLineOf(line, key));
    if (vkey !== undefined) assert.throws(() => verifyCosignature(line, { checkpoint, key: vkey }), InvalidProof);
  }
});

// --- Ed25519 -----------------------------------------------------------------------------

test("signatures that openssl made hold, and no changed ones", () => {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const key = new Uint8Array(publicKey.export({ format: "der", type: "spki" }).subarray(-32));
  for (let number = 0; number < 20; number += 1) {
    const text = utf8("x".repeat(number));
    const signature = new Uint8Array(sign(null, text, privateKey));
    verifyEd25519({ signature, text, key });
    for (const forgery of [
      { signature: changed(signature) }, { text: utf8("y") }, { key: changed(key) }, { key: key.subarray(1) },
      { signature: signature.subarray(0, 63) }, { signature: new Uint8Array([...signature, 0]) },
    ]) assert.throws(() => verifyEd25519({ signature, text, key, ...forgery }), InvalidProof);
  }
});

test("what libsodium refuses is refused: points of small order, and responses beyond the order", () => {
  const { Point } = ed25519;
  const text = utf8("any text at all");
  const ofSmallOrder = [
    Point.ZERO.toBytes(), unhex(`ecff${"ff".repeat(29)}7f`), new Uint8Array(32),
    unhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
  ];
  for (const key of ofSmallOrder) {
    for (const commitment of [...ofSmallOrder, Point.BASE.toBytes()]) {
      const signature = new Uint8Array([...commitment, ...new Uint8Array(32)]);
      assert.throws(() => verifyEd25519({ signature, text, key }), InvalidProof);
    }
  }
  const secret = new Uint8Array(32).fill(3);
  const key = ed25519.getPublicKey(secret);
  const signature = ed25519.sign(text, secret);
  verifyEd25519({ signature, text, key });
  // A key with a part of small order: the equation with the cofactor holds, and libsodium refuses.
  const torsion = Point.fromBytes(unhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"));
  const scalar = 12_345n;
  const mixed = Point.BASE.multiply(scalar).add(torsion).toBytes();
  const R = Point.BASE.multiply(777n).toBytes();
  const hash = createHash("sha512").update(R).update(mixed).update(text).digest();
  const challenge = BigInt(`0x${Buffer.from(hash).reverse().toString("hex")}`) % Point.Fn.ORDER;
  const answer = ((777n + challenge * scalar) % Point.Fn.ORDER).toString(16).padStart(64, "0");
  const loose = new Uint8Array([...R, ...Buffer.from(answer, "hex").reverse()]);
  assert.ok(ed25519.verify(loose, text, mixed));
  assert.equal(challenge % 8n === 0n, false);
  assert.throws(() => verifyEd25519({ signature: loose, text, key: mixed }), InvalidProof);
  const response = BigInt(`0x${Buffer.from(signature.subarray(32)).reverse().toString("hex")}`) + Point.Fn.ORDER;
  const written = Buffer.from(response.toString(16).padStart(64, "0"), "hex").reverse();
  const twin = new Uint8Array([...signature.subarray(0, 32), ...written]);
  assert.throws(() => verifyEd25519({ signature: twin, text, key }), InvalidProof);
});

// --- Receipts ----------------------------------------------------------------------------

for (const { index, entry_hex, tlog_proof } of notes.tlog_proofs) {
  test(`the receipt of entry ${index} of the vectors holds for its entry alone`, () => {
    const [data, entry] = [utf8(tlog_proof), unhex(entry_hex)];
    const report = checkReceipt({ data, keys: [KEY], entry });
    assert.equal(report.failure, undefined);
    assert.equal(report.receipt?.index, BigInt(index));
    const other = checkReceipt({ data, keys: [KEY], entry: new Uint8Array([...entry, 0]) });
    assert.equal(other.failure?.step, "INCLUSION");
    const policy = decodePolicy(policyText("all-of-them"));
    assert.equal(checkReceipt({ data, keys: [KEY], entry, policy }).failure, undefined);
    const uncosigned = utf8(tlog_proof.replace(/— witness.*\n/g, ""));
    assert.equal(checkReceipt({ data: uncosigned, keys: [KEY], entry, policy }).failure?.step, "COSIGNATURES");
    const ofNobody = decodeVerifierKey(notes.spec_example.vkey);
    assert.equal(checkReceipt({ data, keys: [ofNobody], entry }).failure?.step, "ORIGIN");
  });
}

test("steps after a failed one are not run", () => {
  const report = checkReceipt({ data: utf8("nothing"), keys: [KEY], tracker: new Uint8Array(32) });
  assert.deepEqual(report.checks.map(({ step, held }) => [step, held]), [
    ["READABLE", false], ["ORIGIN", undefined], ["SIGNATURE", undefined], ["INCLUSION", undefined], ["BALLOT", undefined],
  ]);
});

test("private evidence is rebuilt from the receipt, and an entry that looks similar is not", () => {
  const salt = "ab".repeat(32);
  const entry = { kind: "evidence", commitment: "00".repeat(32) };
  const carried = decodeExtra(utf8(canonicalJson({ salt, entry })));
  assert.equal(Buffer.from(carried.entry).toString(), `{"commitment":"${"00".repeat(32)}","kind":"evidence"}`);
  assert.equal(Buffer.from(carried.salt ?? []).toString("hex"), salt);
  for (const plain of ["no JSON", '{"entry":1}', '{"a":1,"entry":{},"salt":""}', "[]", "1.5"]) {
    assert.deepEqual(decodeExtra(utf8(plain)), { entry: utf8(plain), salt: undefined });
  }
  for (const spoilt of [
    canonicalJson({ entry, salt: "ab" }), canonicalJson({ entry: 5, salt }), canonicalJson({ entry, salt: salt.toUpperCase() }),
    JSON.stringify({ salt, entry }),
  ]) assert.throws(() => decodeExtra(utf8(spoilt)), DecodeError);
});

test("canonical JSON sorts by UTF-16 and escapes no more than it must", () => {
  const value = { "\u{1f600}": 1, "\uffff": 2, b: [true, null, "\u0007\b\"\\\u2028/é"], a: {} };
  assert.equal(canonicalJson(value), '{"a":{},"b":[true,null,"\\u0007\\b\\"\\\\\u2028/é"],"\u{1f600}":1,"\uffff":2}');
});

// --- Parts ---------------------------------------------------------------------------------

test("base64 has one spelling", () => {
  for (let length = 0; length < 70; length += 1) {
    const bytes = Uint8Array.from({ length }, (_, at) => (at * 67 + length) & 255);
    const text = Buffer.from(bytes).toString("base64");
    assert.equal(encodeBase64(bytes), text);
    assert.deepEqual(decodeBase64(text, "it"), bytes);
  }
  for (const text of ["A", "AA", "AAA", "AA=", "A===", "====", "AB==", "AAB=", "AA==AAAA", "AA-_", "AA A", "AAA=\n", " AAA="]) {
    assert.throws(() => decodeBase64(text, "it"), DecodeError);
  }
});

test("numbers have one spelling", () => {
  assert.equal(decodeDecimal("9223372036854775807", "it"), 2n ** 63n - 1n);
  for (const text of ["", "00", "01", "+1", "-1", "1 ", "1.0", "0x1", "٣", "9223372036854775808", "1".repeat(20)]) {
    assert.throws(() => decodeDecimal(text, "it"), DecodeError);
  }
});

test("a policy that breaks a rule is refused with its line", () => {
  const good = new TextDecoder().decode(policyText("all-of-them"));
  const [witness] = notes.witness_keys;
  assert.ok(witness);
  for (const spoilt of [
    good.slice(0, -1), good.replace("quorum all-of-them\n", ""), `${good}quorum none\n`, `${good}log\n`,
    good.replace("quorum all-of-them", "quorum nobody"), good.replace(" all ", " 9 "), good.replace(" all ", " 0 "),
    `${good}witness again ${witness.vkey}\n`, `${good}log ${notes.log_key.vkey}\n`, `${good}nonsense\n`, `${good}\x7f\n`,
    `${good}group more any ${witness.name}\n`, `${good}group none any all-of-them\n`, good.replace("log ", "log  x"),
    good.replace("witness ", "witness none "),
  ]) assert.throws(() => decodePolicy(utf8(spoilt)), DecodeError, spoilt);
  assert.equal(decodePolicy(utf8(`\n# a comment\n \t${good}`)).logs.length, 1);
});

test("groups count their members, and the quorum may be one witness", () => {
  const [signed] = notes.checkpoints.slice(3).map(({ cosigned }) => decodeNote(utf8(cosigned)));
  const [first] = notes.witness_keys;
  assert.ok(signed && first);
  verifyUnderPolicy(signed, decodePolicy(policyText(first.name)));
  const text = new TextDecoder().decode(policyText("none")).replace("quorum none", "group both 1 all-of-them\nquorum both");
  verifyUnderPolicy(signed, decodePolicy(utf8(text)));
});

test("nobody's bytes crash a reader", () => {
  const texts = ["", "\n", "\n\n", "c2sp.org/tlog-proof@v1", "c2sp.org/tlog-proof@v1\nindex 0\n\n", "\ufeff", "— a b\n"];
  for (const text of texts) {
    assert.throws(() => decodeReceipt(utf8(text)), DecodeError);
    assert.throws(() => decodeNote(utf8(text)), DecodeError);
  }
  assert.throws(() => decodeNote(Uint8Array.of(0xff, 10, 10, 10)), DecodeError);
  assert.deepEqual(nodeHash(new Uint8Array(32), new Uint8Array(32)).length, 32);
});
