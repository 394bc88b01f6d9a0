// The vectors of statements, thresholds and shuffles that evote reads too.
import assert from "node:assert/strict";
import { test } from "node:test";

import { verifyCast } from "../src/protocol/cast.ts";
import { verifyComplaint } from "../src/protocol/complaint.ts";
import { decodeElection } from "../src/protocol/election.ts";
import { encodeJson, type Json, sha256Hex, utf8 } from "../src/protocol/encoding.ts";
import { encodeScalar, Element, GENERATOR } from "../src/protocol/group.ts";
import { deriveKeys, readSigned, receive } from "../src/protocol/messages.ts";
import { readProof } from "../src/protocol/proofs.ts";
import { verifyShuffle } from "../src/protocol/shuffle.ts";
import {
  verifyDisclosure, verifyShuffleStatement, verifyStrongDecryption, verifyTranscript,
} from "../src/protocol/statements.ts";
import { decodeEncryptedTally, encodeTally } from "../src/protocol/tally.ts";
import {
  deriveCoefficients, hashCertificates, shortFingerprint, verifyCertificates, verifyPolynomial,
} from "../src/protocol/threshold.ts";
import { transcriptHash } from "../src/protocol/transcript_hash.ts";
import { combinePublicKeys, decodeTrustees, verifyTrustees } from "../src/protocol/trustees.ts";
import { Member, readState } from "../src/trustee/member.ts";
import { readVectors } from "./files.ts";

// --- Statements --------------------------------------------------------------------------

interface Statement {
  kind: string;
  statement: { [name: string]: string };
  proof: Json;
}

const statements = readVectors<{
  valid: Statement[];
  forged: (Statement & { comment: string })[];
}>("statements.json");

function check({ kind, statement, proof: value }: Statement): void {
  const proof = readProof(value, "proof");
  const text = (name: string): string => statement[name] ?? "";
  const element = (name: string): Element => Element.decode(statement[name], name);
  const fingerprint = text("fingerprint");
  if (kind === "cast") {
    const credential = element("credential");
    verifyCast({ fingerprint, tracker: text("tracker"), prev: text("prev"), credential, proof });
  } else if (kind === "transcript") {
    const publicKey = element("public_key");
    verifyTranscript({ fingerprint, transcript: text("transcript"), publicKey, proof });
  } else if (kind === "shuffle") {
    const publicKey = element("public_key");
    verifyShuffleStatement({ fingerprint, parent: text("parent"), payload: text("payload"), publicKey, proof });
  } else if (kind === "decryption") {
    verifyStrongDecryption({
      fingerprint, position: text("position"), closing: text("closing"), alpha: element("alpha"),
      factor: element("factor"), publicKey: element("public_key"), proof,
    });
  } else {
    assert.equal(kind, "disclosure");
    verifyDisclosure({
      uuid: text("uuid"), encryption: element("encryption_key"), alpha: element("alpha"),
      beta: element("beta"), key: element("key"), proof,
    });
  }
}

for (const [index, vector] of statements.valid.entries()) {
  test(`a statement holds: ${vector.kind} (${index})`, () => check(vector));
}

for (const [index, vector] of statements.forged.entries()) {
  test(`a forged statement is refused: ${vector.kind}, ${vector.comment} (${index})`, () => {
    assert.throws(() => check(vector));
  });
}

// --- Thresholds --------------------------------------------------------------------------

interface CeremonyVector {
  uuid: string;
  threshold: number;
  seeds: string[];
  coefficients: string[][];
  certs: Json[];
  certs_hash: string;
  certs_fingerprint: string;
  commits: Json[];
  commit_hashes: string[];
  polynomials: Json[];
  shares: Json[];
  secret_keys: string[];
  trustees: Json;
  public_key: string;
  transcript: { election_hash: string; trustees: string; commits: string[][]; transcript: string };
}

const threshold = readVectors<{
  keys: { seed: string; signing: string; decryption: string; verification: string; encryption: string }[];
  private_messages: { sender: string; recipient: string; message: string; encrypted: string }[];
  ceremonies: CeremonyVector[];
  founded_complaints: { comment: string; about: number; by: number; evidence: string }[];
  unfounded_complaints: { comment: string; evidence: string }[];
}>("threshold.json");

test("seeds give the published keys", () => {
  for (const { seed, signing, decryption, verification, encryption } of threshold.keys) {
    const keys = deriveKeys(seed);
    assert.equal(encodeScalar(keys.signing), signing);
    assert.equal(encodeScalar(keys.decryption), decryption);
    assert.equal(GENERATOR.power(keys.signing).encode(), verification);
    assert.equal(GENERATOR.power(keys.decryption).encode(), encryption);
  }
});

test("evote's private messages are read", async () => {
  for (const { sender, recipient, message, encrypted } of threshold.private_messages) {
    const from = GENERATOR.power(deriveKeys(sender).signing);
    const read = receive({ text: encrypted, recipient: deriveKeys(recipient), sender: from, place: "m" });
    assert.equal(await read, message);
  }
});

for (const vector of threshold.ceremonies) {
  const size = vector.seeds.length;
  const title = `${vector.threshold} of ${size}`;
  const certificates = vector.certs.map((one) => readSigned(one, "cert"));
  const state = (step: string): ReturnType<typeof readState> => readState({
    election: vector.uuid, item: 1, attempt: 1, threshold: vector.threshold, step, complaints: [],
    members: vector.seeds.map((_, at) => ({ index: at + 1, name: `Member ${at + 1}`, step: "" })),
    certs: vector.certs, commits: vector.commits, polynomials: vector.polynomials, shares: vector.shares,
  });

  test(`${title}: certificates, their hash and the coefficients are the published ones`, () => {
    verifyCertificates({ signed: certificates, shape: { size, threshold: vector.threshold } });
    assert.equal(hashCertificates(certificates), vector.certs_hash);
    assert.equal(shortFingerprint(vector.certs_hash), vector.certs_fingerprint);
    vector.seeds.forEach((seed, at) => {
      const { uuid } = vector;
      const own = deriveCoefficients({ seed, uuid, certificates, threshold: vector.threshold });
      assert.deepEqual(own.map(encodeScalar), vector.coefficients[at]);
    });
  });

  test(`${title}: every member finds the published share and key`, async () => {
    for (const [at, seed] of vector.seeds.entries()) {
      const member = new Member(seed, vector.uuid, at + 1);
      assert.equal(encodeScalar(await member.secretKey(state("shares"))), vector.secret_keys[at]);
      assert.equal(encodeScalar(await member.ownSecretKey(state("complete"))), vector.secret_keys[at]);
      assert.equal(member.revealedCommit(state("complete")), vector.commit_hashes[at]);
      const keys = member.conclude(state("complete"));
      const own = GENERATOR.power(BigInt(vector.secret_keys[at] ?? "0"));
      assert.ok(keys[at]?.publicKey.equals(own));
    }
  });

  test(`${title}: the list of trustees verifies and gives the published key and transcript`, () => {
    const list = decodeTrustees(utf8(encodeJson([["Pedersen", vector.trustees]])));
    verifyTrustees(list);
    assert.equal(combinePublicKeys(list).encode(), vector.public_key);
    const { election_hash: fingerprint, trustees, commits, transcript } = vector.transcript;
    const data = utf8(trustees);
    const found = transcriptHash({ fingerprint, data, trustees: decodeTrustees(data), commits });
    assert.equal(found, transcript);
  });
}

/** Judge a file of evidence; the certificates' fingerprint says of which ceremony it is. */
async function judge(text: string): Promise<{ about: number; by: number }> {
  const evidence = JSON.parse(text) as { [name: string]: Json };
  const signed = (evidence["certs"] as Json[]).map((one) => readSigned(one, "cert"));
  const shape = { size: signed.length, threshold: evidence["threshold"] as number };
  const certificates = verifyCertificates({ signed, shape });
  const complaint = readSigned(evidence["complaint"], "complaint").message;
  const { about } = JSON.parse(complaint) as { about: number };
  const polynomial = verifyPolynomial({
    text: readSigned(evidence["polynomial"], "polynomial").message,
    index: about, certificates, threshold: shape.threshold,
  });
  const polynomials = certificates.map(() => polynomial);
  return verifyComplaint({ uuid: evidence["election"] as string, certificates, polynomials, text: complaint });
}

for (const { comment, about, by, evidence } of threshold.founded_complaints) {
  test(`a complaint is founded: ${comment}`, async () => {
    assert.deepEqual(await judge(evidence), { about, by });
  });
}

for (const { comment, evidence } of threshold.unfounded_complaints) {
  test(`a complaint is unfounded: ${comment}`, async () => {
    await assert.rejects(judge(evidence));
  });
}

// --- Shuffles ----------------------------------------------------------------------------

for (const vector of readVectors<{
  cases: {
    name: string;
    election: string;
    tally: string;
    shuffles: string[];
    tally_after: string[];
    forged: { comment: string; shuffle: string }[];
  }[];
}>("shuffle.json").cases) {
  const election = decodeElection(utf8(vector.election));
  const first = decodeEncryptedTally(utf8(vector.tally), { election });

  test(`${vector.name}: evote's shuffles hold, one after the other`, async () => {
    let tally = first;
    for (const [index, shuffle] of vector.shuffles.entries()) {
      tally = await verifyShuffle({ data: utf8(shuffle), election, tally });
      const expected = vector.tally_after[index] ?? "";
      assert.equal(sha256Hex(utf8(encodeTally(tally))), sha256Hex(utf8(expected)));
    }
  });

  test(`${vector.name}: forged shuffles are refused`, async () => {
    for (const { comment, shuffle } of vector.forged) {
      await assert.rejects(verifyShuffle({ data: utf8(shuffle), election, tally: first }), comment);
    }
  });
}
