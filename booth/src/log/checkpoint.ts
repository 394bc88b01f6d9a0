// Checkpoints (c2sp.org/tlog-checkpoint): origin, number of entries and root, in three lines of a note.
import { sha256 } from "@noble/hashes/sha2.js";

import { DecodeError } from "../protocol/errors.ts";
import { decodeDecimal, decodeHash, encodeBase64, equalBytes } from "./bytes.ts";
import type { Note } from "./note.ts";

/** SHA-256 of nothing: the root of a log without entries. */
export const EMPTY_ROOT = sha256(new Uint8Array(0));

/** Only a checked signature vouches for it. */
export interface Checkpoint {
  readonly origin: string;
  readonly size: bigint;
  readonly root: Uint8Array;
}

/** Read the text of a note as a checkpoint. Further lines are refused: nobody could check them. */
export function decodeCheckpoint(note: Note): Checkpoint {
  const lines = note.text.split("\n");
  const [origin = "", size = "", root = ""] = lines;
  if (lines.length !== 4 || origin === "") {
    throw new DecodeError("a checkpoint has three lines: origin, size, root");
  }
  const checkpoint = {
    origin,
    size: decodeDecimal(size, "the size of the checkpoint"),
    root: decodeHash(root, "the root of the checkpoint"),
  };
  if (checkpoint.size === 0n && !equalBytes(checkpoint.root, EMPTY_ROOT)) {
    throw new DecodeError("the root of the empty log is not SHA-256 of nothing");
  }
  return checkpoint;
}

/** The text that is signed. */
export function encodeCheckpoint({ origin, size, root }: Checkpoint): string {
  return `${origin}\n${size}\n${encodeBase64(root)}\n`;
}
