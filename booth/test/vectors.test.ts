// The same files as tests/unit/evote reads: two implementations, one set of answers.
import assert from "node:assert/strict";
import { test } from "node:test";

import { createBallot, decodeBallot, verifyBallot } from "../src/protocol/ballot.ts";
import { derivePublicCredential, deriveSecretKey } from "../src/protocol/credential.ts";
import { decodeElection, type Election } from "../src/protocol/election.ts";
import { decodeJson, encodeJson, type Json, utf8 } from "../src/protocol/encoding.ts";
import { DecodeError, InvalidBallot, NotSupported } from "../src/protocol/errors.ts";
import { decodeScalar, Element, encodeScalar, GENERATOR, IDENTITY, ORDER } from "../src/protocol/group.ts";
import { decodeEncryptedTally, verifyPartialDecryption } from "../src/protocol/tally.ts";
import { challenge } from "../src/protocol/transcript.ts";
import { combinePublicKeys, decodeTrustees, encodeTrustees, verifyTrustees } from "../src/protocol/trustees.ts";
import { readRecord, readVectors } from "./files.ts";

interface GroupVectors {
  generator: string;
  identity: string;
  order: string;
  elements: { encoding: string; valid: boolean; comment: string }[];
  scalars: { text: string; valid: boolean; comment: string }[];
  powers: { base: string; scalar: string; power: string; comment: string }[];
  products: { left: string; right: string; product: string }[];
}

const group = readVectors<GroupVectors>("group.json");

test("the group has the published generator, identity and order", () => {
  assert.equal(GENERATOR.encode(), group.generator);
  assert.equal(IDENTITY.encode(), group.identity);
  assert.equal(String(ORDER), group.order);
});

for (const { encoding, valid, comment } of group.elements) {
  test(`an element is ${valid ? "taken" : "refused"}: ${comment}`, () => {
    if (valid) assert.equal(Element.decode(encoding).encode(), encoding);
    else assert.throws(() => Element.decode(encoding), DecodeError);
  });
}

for (const { text, valid, comment } of group.scalars) {
  test(`a scalar is ${valid ? "taken" : "refused"}: ${comment}`, () => {
    if (valid) assert.equal(encodeScalar(decodeScalar(text)), text);
    else assert.throws(() => decodeScalar(text), DecodeError);
  });
}

for (const { base, scalar, power, comment } of group.powers) {
  test(`secret and public powers give the published element: ${comment}`, () => {
    const exponent = decodeScalar(scalar);
    assert.equal(Element.decode(base).power(exponent).encode(), power);
    assert.equal(Element.decode(base).publicPower(exponent).encode(), power);
  });
}

test("products give the published elements", () => {
  for (const { left, right, product } of group.products) {
    assert.equal(Element.decode(left).times(Element.decode(right)).encode(), product);
  }
});

const transcript = readVectors<{
  cases: { prefix: string; elements: string[]; challenge: string; comment: string }[];
}>("transcript.json");

for (const { prefix, elements, challenge: expected, comment } of transcript.cases) {
  test(`a challenge is the published one: ${comment}`, () => {
    const decoded = elements.map((element) => Element.decode(element));
    assert.equal(encodeScalar(challenge(prefix, decoded)), expected);
  });
}

const credential = readVectors<{
  cases: { uuid: string; credential: string; secret: string; public: string }[];
  invalid: string[];
}>("credential.json");

test("credentials give the published keys", () => {
  for (const vector of credential.cases) {
    assert.equal(encodeScalar(deriveSecretKey(vector)), vector.secret);
    assert.equal(derivePublicCredential(vector), vector.public);
  }
});

for (const text of credential.invalid) {
  test(`no key is derived from ${JSON.stringify(text)}`, () => {
    assert.throws(() => deriveSecretKey({ uuid: "hfd19JUwUteUwr", credential: text }), DecodeError);
  });
}

const json = readVectors<{
  encoded: { value: Json; text: string }[];
  refused: { hex: string; code: string; comment: string }[];
}>("json.json");

test("JSON is written in the protocol's one form", () => {
  for (const { value, text } of json.encoded) assert.equal(encodeJson(value), text);
});

for (const { hex, code, comment } of json.refused) {
  test(`JSON is refused: ${comment}`, () => {
    const data = new Uint8Array(Buffer.from(hex, "hex"));
    assert.throws(() => decodeJson(data, { source: "test", limitBytes: 1_000_000 }), { code });
  });
}

interface BallotVectors {
  elections: {
    name: string;
    election: string;
    fingerprint: string;
    uuid: string;
    credential: string;
    public_credential: string;
    valid: { answers: number[][]; ballot: string; tracker: string }[];
    forged: { comment: string; ballot: string; code: string }[];
  }[];
}

const ranked = readVectors<BallotVectors>("ranked.json").elections;
const isOfLists = ({ election }: { election: string }): boolean => election.includes('"type":"Lists"');

test("an election that asks for lists is not supported, and says so", () => {
  const lists = ranked.filter(isOfLists);
  assert.ok(lists.length > 0);
  for (const { election } of lists) assert.throws(() => decodeElection(utf8(election)), NotSupported);
});

const answered = [
  ...readVectors<BallotVectors>("ballot.json").elections,
  ...ranked.filter((vector) => !isOfLists(vector)),
];

for (const vector of answered) {
  const election = decodeElection(utf8(vector.election));

  test(`${vector.name}: the fingerprint and the public credential are evote's`, () => {
    assert.equal(election.fingerprint, vector.fingerprint);
    assert.equal(derivePublicCredential(vector), vector.public_credential);
  });

  test(`${vector.name}: evote's ballots are valid and have its trackers`, async () => {
    for (const { ballot: text, tracker } of vector.valid) {
      const ballot = decodeBallot(utf8(text), { election });
      await verifyBallot({ ballot, election });
      assert.equal(ballot.tracker, tracker);
    }
  });

  test(`${vector.name}: the same answers make a valid ballot of the same shape`, async () => {
    for (const { answers, ballot: text } of vector.valid) {
      const ballot = await createBallot({ election, credential: vector.credential, answers });
      await verifyBallot({ ballot, election });
      assert.deepEqual(shapeOf(JSON.parse(ballot.archived) as Json), shapeOf(JSON.parse(text) as Json));
    }
  });

  for (const { comment, ballot, code } of vector.forged) {
    test(`${vector.name}: refused as ${code}: ${comment}`, async () => {
      const check = async (): Promise<void> => {
        const decoded = decodeBallot(utf8(ballot), { election });
        await verifyBallot({ ballot: decoded, election });
      };
      await assert.rejects(check, { code });
    });
  }
}

/** The names and lengths of an object, in order, without its texts. */
function shapeOf(value: Json): unknown {
  if (Array.isArray(value)) return value.map(shapeOf);
  if (typeof value !== "object" || value === null) return typeof value;
  return Object.entries(value).map(([name, item]) => [name, shapeOf(item)]);
}

const HOMOMORPHIC = [
  "case1-homomorphic-ed25519", "case2-threshold-ed25519", "case4-blank-ed25519",
  "case5-weights-ed25519",
];
const RANKED = ["case3-mixnet-ed25519", "case6-mj-ed25519", "case6-stv-ed25519"];

for (const folder of [...HOMOMORPHIC, ...RANKED]) {
  test(`every ballot of belenios' record ${folder} is valid`, async () => {
    const { data, events } = readRecord(folder);
    const election = electionOf(folder);
    const ballots = events.filter((event) => event.type === "Ballot");
    for (const event of ballots) {
      const ballot = decodeBallot(data.get(event.payload ?? "") as Uint8Array, { election });
      await verifyBallot({ ballot, election });
      assert.equal(Buffer.from(`${ballot.tracker}=`, "base64").toString("hex"), event.payload);
    }
    assert.ok(ballots.length > 0);
  });
}

for (const folder of HOMOMORPHIC) {
  test(`trustees and partial decryptions of ${folder} hold`, () => {
    const { data, events } = readRecord(folder);
    const election = electionOf(folder);
    const { trustees: hash } = setupOf(folder);
    const trustees = decodeTrustees(data.get(hash) as Uint8Array);
    verifyTrustees(trustees);
    assert.equal(encodeTrustees(trustees), Buffer.from(data.get(hash) as Uint8Array).toString());
    assert.ok(combinePublicKeys(trustees).equals(election.publicKey));
    const sized = objectOf(data, events, "EncryptedTally") as { encrypted_tally: string };
    const tally = decodeEncryptedTally(data.get(sized.encrypted_tally) as Uint8Array, { election });
    for (const event of events.filter(({ type }) => type === "PartialDecryption")) {
      const owned = parse(data, event.payload) as { owner: number; payload: string };
      const text = Buffer.from(data.get(owned.payload) as Uint8Array).toString();
      const trustee = trustees.slots[owned.owner - 1]?.trustee;
      assert.ok(trustee);
      verifyPartialDecryption({ data: text, election, trustee, tally });
    }
  });
}

test("a ballot of one election is refused in another", () => {
  const { data, events } = readRecord("case1-homomorphic-ed25519");
  const ballot = data.get(events.find(({ type }) => type === "Ballot")?.payload ?? "") as Uint8Array;
  const election = electionOf("case5-weights-ed25519");
  assert.throws(() => decodeBallot(ballot, { election }), InvalidBallot);
});

function parse(data: Map<string, Uint8Array>, hash: string | undefined): unknown {
  return JSON.parse(Buffer.from(data.get(hash ?? "") as Uint8Array).toString());
}

function objectOf(
  data: Map<string, Uint8Array>, events: { type: string; payload?: string }[], type: string,
): unknown {
  return parse(data, events.find((event) => event.type === type)?.payload);
}

function setupOf(folder: string): { election: string; trustees: string } {
  const { data, events } = readRecord(folder);
  return objectOf(data, events, "Setup") as { election: string; trustees: string };
}

function electionOf(folder: string): Election {
  return decodeElection(readRecord(folder).data.get(setupOf(folder).election) as Uint8Array);
}
