// A document's SHA-256, read piece by piece: a file of gigabytes takes no more memory than a short one.
import { sha256 } from "@noble/hashes/sha2.js";

const PIECE_BYTES = 1 << 20;
export const DIGEST_BYTES = 32;
export const SALT_BYTES = 32;

/** The document could not be read to its end: moved, changed or on a disk that failed. */
export class Unreadable extends Error {
  override readonly name = "Unreadable";
}

export interface Hashing {
  readonly document: Blob;
  /** Told after every piece how many of the document's bytes are done. */
  readonly progress?: (done: number, total: number) => void;
  /** Ends the work early; the promise is then rejected with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** Hash a document without sending it anywhere. Every piece is read apart, so the page stays awake. */
export async function hashDocument({ document, progress, signal }: Hashing): Promise<Uint8Array> {
  const hash = sha256.create();
  const total = document.size;
  for (let start = 0; start < total; start += PIECE_BYTES) {
    signal?.throwIfAborted();
    const end = Math.min(start + PIECE_BYTES, total);
    const piece = await readPiece(document, start, end);
    hash.update(piece);
    progress?.(end, total);
  }
  signal?.throwIfAborted();
  return hash.digest();
}

async function readPiece(document: Blob, start: number, end: number): Promise<Uint8Array> {
  let piece: Uint8Array;
  try {
    piece = new Uint8Array(await document.slice(start, end).arrayBuffer());
  } catch (error) {
    throw new Unreadable(`the document could not be read at byte ${start}`, { cause: error });
  }
  if (piece.length !== end - start) throw new Unreadable(`the document ends before byte ${end}`);
  return piece;
}

/** SHA-256(salt ‖ SHA-256 of the document): says nothing about the document to whoever lacks the salt. */
export function commitTo(input: { salt: Uint8Array; digest: Uint8Array }): Uint8Array {
  const { salt, digest } = input;
  if (salt.length !== SALT_BYTES || digest.length !== DIGEST_BYTES) {
    throw new RangeError("a salt and a digest have 32 bytes each");
  }
  return sha256.create().update(salt).update(digest).digest();
}
