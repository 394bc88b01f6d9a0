// A trustee without a page: reads one request for each line, and answers with one line. What the
// Python side and this one make together is tested by tests/interop/test_trustee_languages.py.
import { createInterface } from "node:readline";

import { verifyComplaint } from "../src/protocol/complaint.ts";
import { decodeElection } from "../src/protocol/election.ts";
import { decodeJson, encodeJson, type Json, type JsonObject, utf8 } from "../src/protocol/encoding.ts";
import { makeSeed, readSigned } from "../src/protocol/messages.ts";
import { makeShuffle, verifyShuffle } from "../src/protocol/shuffle.ts";
import {
  decodeEncryptedTally, decryptPartially, encodeTally, verifyPartialDecryption, verifyStrongProofs,
} from "../src/protocol/tally.ts";
import { verifyCertificates, verifyPolynomial } from "../src/protocol/threshold.ts";
import { encodeTrustee } from "../src/protocol/trustee.ts";
import { decodeTrustees, verifyTrustees } from "../src/protocol/trustees.ts";
import { newKeyFile, openKeyFile, sealKeyFile } from "../src/trustee/keyfile.ts";
import { Member, readState } from "../src/trustee/member.ts";

type Request = { readonly [name: string]: Json };

const member = (request: Request): Member =>
  new Member(text(request, "seed"), text(request, "uuid"), number(request, "index"));

const bytes = (request: Request, name: string): Uint8Array => utf8(text(request, name));

const ACTS: Readonly<Record<string, (request: Request) => Promise<Json> | Json>> = {
  seed: () => makeSeed(),
  certificate: (request) => {
    const shape = { size: number(request, "size"), threshold: number(request, "threshold") };
    return member(request).makeCertificate(shape).message;
  },
  answer: async (request) => {
    const answer = await member(request).answer(readState(request["state"] ?? null));
    return answer === undefined ? null : { step: answer.step, message: answer.message };
  },
  key: async (request) => String(await member(request).ownSecretKey(readState(request["state"] ?? null))),
  conclude: (request) => member(request).conclude(readState(request["state"] ?? null)).map(encodeTrustee),
  evidence: (request) => judge(request["evidence"] as JsonObject),
  trustees: (request) => {
    verifyTrustees(decodeTrustees(utf8(text(request, "trustees"))));
    return "valid";
  },
  shuffle: (request) => makeShuffle(place(request)),
  "open key": async (request) => {
    const file = await openKeyFile(bytes(request, "file"), text(request, "passphrase"));
    return { key: file.key, decrypted: { ...file.decrypted } };
  },
  "save key": (request) => sealKeyFile(newKeyFile(text(request, "key")), text(request, "passphrase")),
  "verify shuffle": async (request) => {
    return encodeTally(await verifyShuffle({ ...place(request), data: utf8(text(request, "shuffle")) }));
  },
  decrypt: async (request) => {
    const secretKey = BigInt(text(request, "key"));
    const made = await decryptPartially({ ...place(request), secretKey, closing: text(request, "closing") });
    return { partial: made.text, strong: made.strong };
  },
  "verify decryption": (request) => {
    const { slots } = decodeTrustees(utf8(text(request, "trustees")));
    const trustee = slots[number(request, "owner") - 1]?.trustee;
    if (trustee === undefined) throw new Error("there is no such trustee");
    const claim = { ...place(request), data: text(request, "partial"), trustee };
    verifyPartialDecryption(claim);
    verifyStrongProofs({ ...claim, proofs: request["strong"] ?? null, closing: text(request, "closing") });
    return "valid";
  },
};

function place(request: Request): {
  election: ReturnType<typeof decodeElection>;
  tally: ReturnType<typeof decodeEncryptedTally>;
} {
  const election = decodeElection(utf8(text(request, "election")));
  return { election, tally: decodeEncryptedTally(utf8(text(request, "tally")), { election }) };
}

/** Judge the file of evidence that a complaint leaves behind. */
async function judge(evidence: JsonObject): Promise<Json> {
  const signed = (evidence["certs"] as Json[]).map((one) => readSigned(one, "certs"));
  const threshold = evidence["threshold"] as number;
  const certificates = verifyCertificates({ signed, shape: { size: signed.length, threshold } });
  const complaint = readSigned(evidence["complaint"], "complaint").message;
  const { about } = JSON.parse(complaint) as { about: number };
  const revealed = readSigned(evidence["polynomial"], "polynomial").message;
  const polynomial = verifyPolynomial({ text: revealed, index: about, certificates, threshold });
  const polynomials = certificates.map(() => polynomial);
  const uuid = evidence["election"] as string;
  return { ...(await verifyComplaint({ uuid, certificates, polynomials, text: complaint })) };
}

function text(request: Request, name: string): string {
  const value = request[name];
  if (typeof value !== "string") throw new TypeError(`${name}: text expected`);
  return value;
}

function number(request: Request, name: string): number {
  const value = request[name];
  if (typeof value !== "number") throw new TypeError(`${name}: number expected`);
  return value;
}

for await (const line of createInterface({ input: process.stdin })) {
  const request = decodeJson(utf8(line), { source: "request", limitBytes: 100_000_000 }) as Request;
  try {
    console.log(encodeJson({ answer: (await ACTS[text(request, "act")]?.(request)) ?? null }));
  } catch (error) {
    console.log(encodeJson({ error: (error as Error).name }));
  }
}
