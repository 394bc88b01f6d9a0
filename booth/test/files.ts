// The vectors that evote reads too, and just enough of the archive's form to find ballots in a record.
import { readdirSync, readFileSync } from "node:fs";

const VECTORS = new URL("../../tests/vectors/", import.meta.url);

export function readVectors<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(name, VECTORS), "utf8")) as T;
}

/** The objects of a record: each data file by its hash, and the events in order. */
export function readRecord(folder: string): {
  data: Map<string, Uint8Array>;
  events: { type: string; payload?: string }[];
} {
  const place = new URL(`belenios/${folder}/`, VECTORS);
  const name = readdirSync(place).find((file) => file.endsWith(".bel")) ?? "";
  const archive = readFileSync(new URL(name, place));
  const data = new Map<string, Uint8Array>();
  const events: { type: string; payload?: string }[] = [];
  for (let at = 0; at < archive.length; ) {
    const member = archive.toString("latin1", at, at + 100).replace(/\0+$/, "");
    const size = Number.parseInt(archive.toString("latin1", at + 124, at + 135), 8);
    const body = archive.subarray(at + 512, at + 512 + size);
    if (member.endsWith(".event.json")) {
      events.push(JSON.parse(body.toString()) as { type: string; payload?: string });
    } else {
      data.set(member.split(".")[0] ?? "", body);
    }
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return { data, events };
}
