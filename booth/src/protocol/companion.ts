// The companion file: what Pnyx publishes beside a record (PROTOCOL, part 2).
import { decodeJson, encodeJson, type Json, type JsonObject, readInteger, readList, readObject, readText, utf8 } from "./encoding.ts";
import { DecodeError } from "./errors.ts";
import { encodeProof, type Proof, readProof } from "./proofs.ts";

const COMPANION_LIMIT_BYTES = 1_000_000_000;

export interface Companion {
  readonly uuid: string;
  readonly fingerprint: string;
  readonly ceremony: Ceremony;
  readonly casts: readonly CastStatement[];
  readonly shuffles: readonly SignedShuffle[];
  readonly decryptions: readonly StrongDecryption[];
}

/** The commitments of each threshold item, the transcript T, and every slot's signature of it. */
export interface Ceremony {
  readonly commits: readonly (readonly string[])[];
  readonly transcript: string;
  readonly signatures: readonly Proof[];
}

export interface CastStatement {
  readonly tracker: string;
  readonly prev: string;
  readonly proof: Proof;
}

export interface SignedShuffle {
  readonly owner: number;
  readonly payload: string;
  readonly proof: Proof;
}

export interface StrongDecryption {
  readonly owner: number;
  readonly payload: string;
  /** With the nesting of the decryption factors; its shape is checked with them. */
  readonly proofs: Json;
}

/** Read the companion file: the one spelling of it, byte for byte. */
export function decodeCompanion(data: Uint8Array): Companion {
  const value = decodeJson(data, { source: "companion", limitBytes: COMPANION_LIMIT_BYTES });
  const companion = readCompanion(value);
  const text = utf8(encodeJson(companionToJson(companion)));
  if (text.length !== data.length || text.some((byte, index) => byte !== data[index])) {
    throw new DecodeError("companion: not in its one canonical form");
  }
  return companion;
}

function readCompanion(value: Json): Companion {
  const fields = readObject(value, "companion", [
    "version", "election", "election_hash", "ceremony", "casts", "shuffles", "decryptions",
  ]);
  if (fields["version"] !== 1) throw new DecodeError("companion.version: not 1");
  const owned = (item: Json, place: string, more: string): [JsonObject, number, string] => {
    const own = readObject(item, place, ["owner", "payload", more]);
    return [own, readOwner(own["owner"], place), readHash(own["payload"], `${place}.payload`)];
  };
  return {
    uuid: readText(fields["election"], "companion.election"),
    fingerprint: readText(fields["election_hash"], "companion.election_hash"),
    ceremony: readCeremony(fields["ceremony"]),
    casts: readList(fields["casts"], "casts").map((item, index) => {
      const place = `casts[${index}]`;
      const own = readObject(item, place, ["tracker", "prev", "proof"]);
      return {
        tracker: readTracker(own["tracker"], `${place}.tracker`),
        prev: readTracker(own["prev"], `${place}.prev`),
        proof: readProof(own["proof"], `${place}.proof`),
      };
    }),
    shuffles: readList(fields["shuffles"], "shuffles").map((item, index) => {
      const place = `shuffles[${index}]`;
      const [own, owner, payload] = owned(item, place, "proof");
      return { owner, payload, proof: readProof(own["proof"], `${place}.proof`) };
    }),
    decryptions: readList(fields["decryptions"], "decryptions").map((item, index) => {
      const place = `decryptions[${index}]`;
      const [own, owner, payload] = owned(item, place, "proofs");
      return { owner, payload, proofs: canonicalProofs(own["proofs"] ?? null, `${place}.proofs`) };
    }),
  };
}

function readCeremony(value: Json | undefined): Ceremony {
  const fields = readObject(value, "ceremony", ["commits", "transcript", "signatures"]);
  return {
    commits: readList(fields["commits"], "ceremony.commits").map((item, index) =>
      readList(item, `ceremony.commits[${index}]`).map((hash) =>
        readHash(hash, `ceremony.commits[${index}]`),
      ),
    ),
    transcript: readHash(fields["transcript"], "ceremony.transcript"),
    signatures: readList(fields["signatures"], "ceremony.signatures").map((item, index) =>
      readProof(item, `ceremony.signatures[${index}]`),
    ),
  };
}

function companionToJson(companion: Companion): JsonObject {
  const { uuid, fingerprint, ceremony, casts, shuffles, decryptions } = companion;
  return {
    version: 1,
    election: uuid,
    election_hash: fingerprint,
    ceremony: {
      commits: ceremony.commits.map((hashes) => [...hashes]),
      transcript: ceremony.transcript,
      signatures: ceremony.signatures.map(encodeProof),
    },
    casts: casts.map(({ tracker, prev, proof }) => ({ tracker, prev, proof: encodeProof(proof) })),
    shuffles: shuffles.map(({ owner, payload, proof }) => ({ owner, payload, proof: encodeProof(proof) })),
    decryptions: decryptions.map(({ owner, payload, proofs }) => ({ owner, payload, proofs })),
  };
}

/** The proofs with their fields in order: a list of lists, nested as the factors are. */
function canonicalProofs(value: Json, place: string): Json {
  if (Array.isArray(value)) return value.map((item, index) => canonicalProofs(item, `${place}[${index}]`));
  return encodeProof(readProof(value, place));
}

function readOwner(value: Json | undefined, place: string): number {
  const owner = readInteger(value, `${place}.owner`);
  if (owner < 1) throw new DecodeError(`${place}.owner: from 1 expected`);
  return owner;
}

function readHash(value: Json | undefined, place: string): string {
  const text = readText(value, place);
  if (!/^[0-9a-f]{64}$/.test(text)) throw new DecodeError(`${place}: not a hash`);
  return text;
}

/** 43 characters of base64 that spell 32 bytes: the last one has two bits of nothing. */
function readTracker(value: Json | undefined, place: string): string {
  const text = readText(value, place);
  if (!/^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]$/.test(text)) throw new DecodeError(`${place}: not a tracker`);
  return text;
}
