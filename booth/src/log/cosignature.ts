// Cosignatures (c2sp.org/tlog-cosignature): what a witness says under a checkpoint, and when.
import { concatBytes } from "@noble/hashes/utils.js";
import { ml_dsa44 } from "@noble/post-quantum/ml-dsa.js";

import { utf8 } from "../protocol/encoding.ts";
import { DecodeError, InvalidProof, NotSupported } from "../protocol/errors.ts";
import { bigEndian, hex, SIZE_LIMIT } from "./bytes.ts";
import { type Checkpoint, encodeCheckpoint } from "./checkpoint.ts";
import { decodeKey, isLineOf, type NoteSignature } from "./note.ts";
import { verifyEd25519 } from "./signature.ts";

const TIME_BYTES = 8;
const NAME_LIMIT_BYTES = 255;
const SUBTREE_LABEL = utf8("subtree/v1\n\0");

const ALGORITHMS = {
  0x04: { name: "Ed25519", keyBytes: 32, signatureBytes: 64 },
  0x06: { name: "ML-DSA-44", keyBytes: 1312, signatureBytes: 2420 },
} as const;

export type AlgorithmType = keyof typeof ALGORITHMS;

/** The key of a witness, with the name under which it signs. */
export interface CosignerKey {
  readonly name: string;
  readonly algorithm: AlgorithmType;
  readonly keyId: Uint8Array;
  readonly public: Uint8Array;
}

/** Read the key of a witness. */
export function decodeCosignerKey(text: string): CosignerKey {
  const { kind, ...key } = decodeKey(text, "the cosigner's key");
  if (kind !== 0x04 && kind !== 0x06) {
    throw new NotSupported(`the key ${key.name} is of type ${kind}; cosigners' are 0x04 and 0x06`);
  }
  const { name, keyBytes } = ALGORITHMS[kind];
  if (key.public.length !== keyBytes) {
    throw new DecodeError(`the cosigner's key has ${key.public.length} bytes; ${name} has ${keyBytes}`);
  }
  if (kind === 0x06) short(key.name);
  return { ...key, algorithm: kind };
}

/** Check that the cosigner signed this checkpoint. Gives when, in seconds since 1970, by its own word. */
export function verifyCosignature(line: NoteSignature, input: { checkpoint: Checkpoint; key: CosignerKey }): bigint {
  const { checkpoint, key } = input;
  const { name, signatureBytes } = ALGORITHMS[key.algorithm];
  if (!isLineOf(line, key)) throw new InvalidProof(`the line by ${line.name} is not of the key ${key.name}`);
  if (line.signature.length !== TIME_BYTES + signatureBytes) {
    throw new InvalidProof(`the cosignature by ${key.name} does not have the length of ${name}`);
  }
  const at = BigInt(`0x${hex(line.signature.subarray(0, TIME_BYTES))}`);
  if (at === 0n || at > SIZE_LIMIT) {
    throw new InvalidProof(`the cosignature by ${key.name} does not say when it was made`);
  }
  const signature = line.signature.subarray(TIME_BYTES);
  if (!fits(signature, { checkpoint, key, at })) {
    throw new InvalidProof(`the cosignature by ${key.name} (${hex(key.keyId)}) does not fit the checkpoint`);
  }
  return at;
}

function fits(signature: Uint8Array, signed: { checkpoint: Checkpoint; key: CosignerKey; at: bigint }): boolean {
  const { checkpoint, key, at } = signed;
  try {
    if (key.algorithm === 0x06) {
      return ml_dsa44.verify(signature, subtreeMessage(checkpoint, { name: key.name, at }), key.public);
    }
    const text = utf8(`cosignature/v1\ntime ${at}\n${encodeCheckpoint(checkpoint)}`);
    verifyEd25519({ signature, text, key: key.public });
    return true;
  } catch (error) {
    if (error instanceof InvalidProof || error instanceof DecodeError) return false;
    throw error;
  }
}

/** What ML-DSA-44 signs: who, when, and the whole tree from entry 0. */
function subtreeMessage({ origin, size, root }: Checkpoint, by: { name: string; at: bigint }): Uint8Array {
  return concatBytes(
    SUBTREE_LABEL, short(by.name), bigEndian(by.at), short(origin), bigEndian(0n), bigEndian(size), root,
  );
}

/** A name after its length in one byte. */
function short(name: string): Uint8Array {
  const bytes = utf8(name);
  if (bytes.length < 1 || bytes.length > NAME_LIMIT_BYTES) {
    throw new DecodeError(`ML-DSA-44 cosignatures have names of 1 to 255 bytes; this has ${bytes.length}`);
  }
  return concatBytes(Uint8Array.of(bytes.length), bytes);
}
