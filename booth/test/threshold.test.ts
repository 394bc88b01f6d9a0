// The threshold ceremony: it gives a key that t members share, and whatever is changed is refused.
import assert from "node:assert/strict";
import { test } from "node:test";

import { BadShare, verifyComplaint } from "../src/protocol/complaint.ts";
import { encodeJson, type Json, utf8 } from "../src/protocol/encoding.ts";
import { DecodeError, InvalidProof, ShapeError } from "../src/protocol/errors.ts";
import {
  decodeScalar, Element, encodeScalar, GENERATOR, modOrder, ORDER, randomScalar, type Scalar,
} from "../src/protocol/group.ts";
import {
  deriveKeys, isSeed, type Keys, makeSeed, receive, send, type Signed,
} from "../src/protocol/messages.ts";
import {
  commitTo, deriveCoefficients, evaluate, makeCertificate, makePolynomial,
  shortFingerprint, verifyCertificate, verifyCertificates, verifyPolynomial,
} from "../src/protocol/threshold.ts";
import { combinePublicKeys, decodeTrustees, encodeTrustees, verifyTrustees } from "../src/protocol/trustees.ts";
import { type Ceremony, complain, conclude, hold, reveal, sharesOf, UUID } from "./ceremony.ts";
import { readRecord } from "./files.ts";
import { changedAt, leafPlaces } from "./tampering.ts";

const shape = { size: 3, threshold: 2 };
const ceremony = await hold(shape);
const refusals = (error: unknown): boolean => error instanceof DecodeError || error instanceof InvalidProof;

test("a seed has 22 characters and gives the keys of the protocol", () => {
  const seed = makeSeed();
  assert.ok(isSeed(seed));
  assert.notEqual(seed, makeSeed());
  assert.deepEqual(deriveKeys(seed), deriveKeys(seed));
  assert.notEqual(deriveKeys(seed).signing, deriveKeys(seed).decryption);
  for (const wrong of ["", seed.slice(1), `${seed}1`, seed.replace(/.$/, "0")]) {
    assert.throws(() => deriveKeys(wrong), DecodeError);
  }
});

test("the coefficients are those of the seed, of the election and of the certificates", () => {
  const certificates = ceremony.certificates.map(({ signed }) => signed);
  const base = { seed: ceremony.seeds[0] as string, uuid: UUID, certificates, threshold: 2 };
  const found = deriveCoefficients(base);
  assert.deepEqual(deriveCoefficients(base), found);
  const others = [
    { ...base, seed: makeSeed() },
    { ...base, uuid: "hfd19JUwUteUws" },
    { ...base, certificates: certificates.slice(1) },
  ];
  for (const other of others) assert.notDeepEqual(deriveCoefficients(other), found);
  assert.equal(new Set(found).size, 2);
});

test("a private message reaches its recipient, and nobody else", async () => {
  const [ada, bob, eve] = ceremony.keys as [Keys, Keys, Keys];
  const recipient = GENERATOR.power(bob.decryption);
  const text = await send({ message: "Grüße", sender: ada, recipient });
  const sender = GENERATOR.power(ada.signing);
  assert.equal(await receive({ text, recipient: bob, sender, place: "x" }), "Grüße");
  await assert.rejects(receive({ text, recipient: eve, sender, place: "x" }), InvalidProof);
  const other = GENERATOR.power(eve.signing);
  await assert.rejects(receive({ text, recipient: bob, sender: other, place: "x" }), InvalidProof);
});

test("a private message that was meant for somebody else is refused", async () => {
  const [ada, bob, eve] = ceremony.keys as [Keys, Keys, Keys];
  const forged = { ...ada, decryption: bob.decryption };
  const text = await send({ message: "m", sender: ada, recipient: GENERATOR.power(eve.decryption) });
  const sender = GENERATOR.power(forged.signing);
  // Eve encrypts the signed inner text again, now for Bob: only the recipient inside gives it away.
  await assert.rejects(receive({ text, recipient: bob, sender, place: "x" }), InvalidProof);
});

for (const field of ["algorithm", "alpha", "beta", "data"]) {
  test(`a private message is refused when its ${field} is changed`, async () => {
    const [ada, bob] = ceremony.keys as [Keys, Keys, Keys];
    const recipient = GENERATOR.power(bob.decryption);
    const text = await send({ message: "m", sender: ada, recipient });
    const fields = JSON.parse(text) as Record<string, string>;
    const values: Record<string, string> = {
      algorithm: "AES-CBC",
      alpha: GENERATOR.encode(),
      beta: GENERATOR.encode(),
      data: (fields["data"] ?? "").replace(/^../, (byte) => (byte === "00" ? "01" : "00")),
    };
    const changed = encodeJson({ ...fields, [field]: values[field] ?? "" });
    const sender = GENERATOR.power(ada.signing);
    await assert.rejects(receive({ text: changed, recipient: bob, sender, place: "x" }), refusals);
  });
}

test("a ceremony gives a list of trustees that verifies and reads back", async () => {
  const group = await conclude(ceremony);
  const text = encodeTrustees({ items: [{ group }] });
  const trustees = decodeTrustees(utf8(text));
  verifyTrustees(trustees);
  assert.equal(encodeTrustees(trustees), text);
  assert.deepEqual(trustees.slots.map(({ item, member }) => [item, member]), [[1, 1], [1, 2], [1, 3]]);
});

test("any two of three members have the whole key, and one has nothing of it", async () => {
  const group = await conclude(ceremony);
  const publicKey = combinePublicKeys({ items: [{ group }], slots: [] });
  const shares = await Promise.all([1, 2, 3].map((index) => sharesOf(ceremony, index)));
  for (const chosen of [[1, 2], [1, 3], [2, 3], [1, 2, 3]]) {
    const secret = chosen.reduce((sum, index) => {
      const share = shares[index - 1] as Scalar;
      return sum + share * lagrange(index, chosen);
    }, 0n);
    assert.ok(GENERATOR.power(modOrder(secret)).equals(publicKey), chosen.join());
  }
  assert.ok(!GENERATOR.power(shares[0] as Scalar).equals(publicKey));
});

test("everyone may be needed, and a member may be alone", async () => {
  for (const size of [1, 2]) {
    const small = await hold({ size, threshold: size });
    const text = encodeTrustees({ items: [{ group: await conclude(small) }] });
    verifyTrustees(decodeTrustees(utf8(text)));
  }
});

test("one of several cannot suffice: all would have the same key", async () => {
  const small = await hold({ size: 2, threshold: 1 });
  const text = encodeTrustees({ items: [{ group: await conclude(small) }] });
  assert.throws(() => verifyTrustees(decodeTrustees(utf8(text))), InvalidProof);
});

test("the fingerprint of the certificates is short and differs for other certificates", () => {
  assert.match(shortFingerprint("0123456789abcdef".repeat(4)), /^([0-9a-f]{4} ){7}[0-9a-f]{4}$/);
});

// --- Certificates ------------------------------------------------------------------------

const certificate = makeCertificate({ keys: ceremony.keys[0] as Keys, shape, index: 1 });

for (const [comment, other] of [
  ["another place", { shape, index: 2 }],
  ["another threshold", { shape: { size: 3, threshold: 3 }, index: 1 }],
  ["another size", { shape: { size: 4, threshold: 2 }, index: 1 }],
] as const) {
  test(`a certificate is refused in ${comment}`, () => {
    assert.throws(() => verifyCertificate({ signed: certificate, ...other }), DecodeError);
  });
}

test("a certificate is refused when a key in it is changed or its signature is another's", () => {
  const changed = { ...certificate, message: certificate.message.replace(/"encryption":"[0-9a-f]{64}"/, `"encryption":"${GENERATOR.encode()}"`) };
  const other = ceremony.certificates[1]?.signed as Signed;
  for (const signed of [changed, { ...certificate, signature: other.signature }]) {
    assert.throws(() => verifyCertificate({ signed, shape, index: 1 }), InvalidProof);
  }
});

test("A-25: the same keys under two certificates are refused", () => {
  const keys = ceremony.keys[0] as Keys;
  const signed = [1, 2, 3].map((index) => makeCertificate({ keys, shape, index }));
  assert.throws(() => verifyCertificates({ signed, shape }), InvalidProof);
});

for (const threshold of [0, 4]) {
  test(`A-28: a threshold of ${threshold} of 3 is refused`, () => {
    const wrong = { size: 3, threshold };
    const signed = ceremony.keys.map((keys, position) =>
      makeCertificate({ keys, shape: wrong, index: position + 1 }),
    );
    assert.throws(() => verifyCertificates({ signed, shape: wrong }), DecodeError);
  });
}

test("a missing certificate is noticed", () => {
  const signed = ceremony.certificates.slice(1).map((one) => one.signed);
  assert.throws(() => verifyCertificates({ signed, shape }), DecodeError);
});

// --- Commits and polynomials -------------------------------------------------------------

test("A-26: a polynomial that is not the one committed to is refused", async () => {
  const keys = ceremony.keys[2] as Keys;
  const text = await makePolynomial({
    keys, certificates: ceremony.certificates, coefficients: [randomScalar(), randomScalar()],
  });
  assert.throws(() => reveal({ ...ceremony, texts: replaced(ceremony.texts, 3, text) }), InvalidProof);
});

test("a commit binds the election, the place, the certificates and the polynomial", () => {
  const certificates = ceremony.certificates.map(({ signed }) => signed);
  const coefexps = ceremony.polynomials[0]?.coefexps as Signed;
  const base = { uuid: UUID, index: 1, certificates, coefexps };
  assert.equal(commitTo(base), ceremony.commits[0]);
  const others = [
    { ...base, uuid: "hfd19JUwUteUws" },
    { ...base, index: 2 },
    { ...base, certificates: [...certificates].reverse() },
    { ...base, coefexps: ceremony.polynomials[1]?.coefexps as Signed },
  ];
  for (const other of others) assert.notEqual(commitTo(other), ceremony.commits[0]);
});

for (const count of [1, 3]) {
  test(`A-28: a polynomial of ${count} coefficients is refused where 2 are asked for`, async () => {
    const text = await makePolynomial({
      keys: ceremony.keys[0] as Keys,
      certificates: ceremony.certificates,
      coefficients: Array.from({ length: count }, randomScalar),
    });
    assert.throws(
      () => verifyPolynomial({ text, index: 1, certificates: ceremony.certificates, threshold: 2 }),
      ShapeError,
    );
  });
}

const text = ceremony.texts[0] as string;

for (const place of leafPlaces(JSON.parse(text) as Json)) {
  test(`a changed polynomial is refused or leads to a complaint: ${place.join(".")}`, async () => {
    const changed = encodeJson(changedAt(JSON.parse(text) as Json, place, changedLeaf));
    const accuse = async (): Promise<void> => {
      const tampered = reveal({ ...ceremony, texts: replaced(ceremony.texts, 1, changed) });
      for (const index of [1, 2, 3]) await sharesOf(tampered, index);
      // What nobody but the sender can read harms nobody but the sender.
      assert.equal(place[0], "polynomial");
      throw new DecodeError("only the sender's own copy");
    };
    await assert.rejects(accuse, (error) => refusals(error) || error instanceof BadShare);
  });
}

test("A-27: a polynomial signed over other certificates is refused", async () => {
  const other = await hold(shape);
  const mixed = [other.certificates[0], ...ceremony.certificates.slice(1)] as typeof ceremony.certificates;
  for (const index of [2, 3]) {
    const sent = ceremony.texts[index - 1] as string;
    assert.throws(
      () => verifyPolynomial({ text: sent, index, certificates: mixed, threshold: 2 }), InvalidProof,
    );
  }
});

// --- Shares and complaints ---------------------------------------------------------------

/** Member 1 sends member 2 something else than f(2). */
async function withShare(message: string): Promise<Ceremony> {
  const fields = JSON.parse(text) as { secrets: string[] };
  const recipient = ceremony.certificates[1]?.encryption as Element;
  const secret = await send({ message, sender: ceremony.keys[0] as Keys, recipient });
  const changed = encodeJson({ ...fields, secrets: replaced(fields.secrets, 2, secret) });
  return reveal({ ...ceremony, texts: replaced(ceremony.texts, 1, changed) });
}

const right = evaluate(
  deriveCoefficients({
    seed: ceremony.seeds[0] as string, uuid: UUID, threshold: 2,
    certificates: ceremony.certificates.map(({ signed }) => signed),
  }), 2,
);

for (const [comment, message] of [
  ["another number", encodeJson({ secret: encodeScalar(modOrder(right + 1n)) })],
  ["the share of another place", encodeJson({ secret: "1" })],
  ["a number beyond the order", encodeJson({ secret: String(right + ORDER) })],
  ["no number", encodeJson({ secret: "many" })],
  ["no share at all", "hello"],
] as const) {
  test(`A-28: a share that is ${comment} leads to a complaint that anyone can check`, async () => {
    const tampered = await withShare(message);
    await assert.rejects(sharesOf(tampered, 2), { name: "BadShare", about: 1 });
    await sharesOf(tampered, 3);
    const complaint = complain(tampered, 2, 1);
    assert.deepEqual(await verifyComplaint({ ...tampered, text: complaint }), { about: 1, by: 2 });
  });
}

test("a share encrypted to nobody leads to a complaint that anyone can check", async () => {
  const fields = JSON.parse(text) as { secrets: string[] };
  const data = (JSON.parse(fields.secrets[1] as string) as { data: string }).data;
  const other = { algorithm: "AES-GCM", alpha: GENERATOR.encode(), beta: GENERATOR.encode(), data };
  const changed = encodeJson({ ...fields, secrets: replaced(fields.secrets, 2, encodeJson(other)) });
  const tampered = reveal({ ...ceremony, texts: replaced(ceremony.texts, 1, changed) });
  await assert.rejects(sharesOf(tampered, 2), { name: "BadShare", about: 1 });
  const complaint = complain(tampered, 2, 1);
  assert.deepEqual(await verifyComplaint({ ...tampered, text: complaint }), { about: 1, by: 2 });
});

test("a complaint about a right share is unfounded", async () => {
  await assert.rejects(verifyComplaint({ ...ceremony, text: complain(ceremony, 2, 1) }), InvalidProof);
});

const bad = await withShare(encodeJson({ secret: "1" }));
const complaint = JSON.parse(complain(bad, 2, 1)) as { [name: string]: Json };

for (const [field, value] of [
  ["about", 3], ["about", 4], ["by", 3], ["by", 0],
  ["secret", (JSON.parse(bad.texts[0] as string) as { secrets: string[] }).secrets[2] as string],
  ["key", GENERATOR.encode()],
  ["proof", { challenge: "1", response: "1" }],
] as const) {
  test(`a complaint is refused when its ${field} becomes ${typeof value === "number" ? value : "another"}`, async () => {
    const forged = encodeJson({ ...complaint, [field]: value });
    await assert.rejects(verifyComplaint({ ...bad, text: forged }), refusals);
  });
}

test("a complaint of one election is refused in another", async () => {
  const forged = verifyComplaint({ ...bad, uuid: "hfd19JUwUteUws", text: encodeJson(complaint) });
  await assert.rejects(forged, InvalidProof);
});

test("a complaint by an outsider, who has another key, is refused", async () => {
  const outsider = replaced(bad.keys, 2, deriveKeys(makeSeed()));
  const forged = complain({ ...bad, keys: outsider }, 2, 1);
  await assert.rejects(verifyComplaint({ ...bad, text: forged }), InvalidProof);
});

// --- The list of trustees ----------------------------------------------------------------

const archived = encodeTrustees({ items: [{ group: await conclude(ceremony) }] });

for (const place of leafPlaces(JSON.parse(archived) as Json)) {
  test(`a changed list of trustees is refused: ${place.join(".")}`, () => {
    const changed = encodeJson(changedAt(JSON.parse(archived) as Json, place, changedLeaf));
    assert.throws(() => verifyTrustees(decodeTrustees(utf8(changed))), refusals);
  });
}

for (const name of ["certs", "coefexps", "signatures", "verification_keys"]) {
  test(`a list of trustees is refused when one of its ${name} is missing or too many`, () => {
    for (const change of [(list: Json[]) => list.slice(1), (list: Json[]) => [...list, list[0] as Json]]) {
      const [[kind, group]] = JSON.parse(archived) as [[string, { [name: string]: Json[] }]];
      const changed = encodeJson([[kind, { ...group, [name]: change(group[name] as Json[]) }]]);
      assert.throws(() => verifyTrustees(decodeTrustees(utf8(changed))), refusals);
    }
  });
}

test("belenios' list of one single and three threshold trustees verifies and reads back", () => {
  const { data, events } = readRecord("case2-threshold-ed25519");
  const setup = JSON.parse(Buffer.from(data.get(events[0]?.payload ?? "") ?? []).toString()) as { trustees: string };
  const original = data.get(setup.trustees) as Uint8Array;
  const trustees = decodeTrustees(original);
  verifyTrustees(trustees);
  assert.equal(encodeTrustees(trustees), Buffer.from(original).toString());
  assert.deepEqual(trustees.slots.map(({ item, member }) => [item, member]), [
    [1, undefined], [2, 1], [2, 2], [2, 3],
  ]);
});

test("one key in two slots is refused", () => {
  const [item] = JSON.parse(archived) as Json[];
  const twice = encodeJson([item as Json, item as Json]);
  assert.throws(() => verifyTrustees(decodeTrustees(utf8(twice))), InvalidProof);
});

function lagrange(index: number, chosen: readonly number[]): Scalar {
  return chosen.filter((other) => other !== index).reduce((product, other) => {
    const inverse = power(modOrder(BigInt(other - index)), ORDER - 2n);
    return modOrder(product * BigInt(other) * inverse);
  }, 1n);
}

function power(base: Scalar, exponent: Scalar): Scalar {
  if (exponent === 0n) return 1n;
  const half = power(modOrder(base * base), exponent / 2n);
  return exponent % 2n === 0n ? half : modOrder(half * base);
}

function replaced<T>(list: readonly T[], place: number, value: T): T[] {
  return list.map((item, position) => (position === place - 1 ? value : item));
}

function changedLeaf(value: Json): Json {
  if (typeof value === "number") return value + 1;
  if (typeof value !== "string") throw new TypeError("a text or a number expected");
  if (/^[0-9]+$/.test(value)) return encodeScalar(modOrder(decodeScalar(value) + 1n));
  if (/^[0-9a-f]{64}$/.test(value)) return Element.decode(value).times(GENERATOR).encode();
  if (value === "Pedersen") return "Single";
  // A text inside the text: its last hex digit or decimal digit becomes another.
  return value.replace(/[0-9a-f](?=[^0-9a-f]*$)/, (digit) => (digit === "1" ? "2" : "1"));
}

