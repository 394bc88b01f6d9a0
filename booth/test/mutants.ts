// Verifies spoilt records, one JSON object a line, and prints the verdict of each, one a line.
//   node build/tests/mutants.mjs FILE
import { readFileSync } from "node:fs";

import { verifyRecord } from "../src/verifier/run.ts";

interface Mutant {
  readonly record: string;
  readonly companion: string | null;
  readonly accepts_legacy_threshold?: boolean;
}

const bytes = (base64: string): Uint8Array => new Uint8Array(Buffer.from(base64, "base64"));

async function verdictOf({ record, companion, accepts_legacy_threshold = false }: Mutant): Promise<string> {
  try {
    const second = companion === null ? undefined : bytes(companion);
    const input = { record: bytes(record), companion: second };
    return (await verifyRecord({ ...input, acceptsLegacyThreshold: accepts_legacy_threshold })).verdict;
  } catch (error) {
    return (error as Error).name === "NotSupported" ? "not supported" : `threw ${String(error)}`;
  }
}

for (const line of readFileSync(process.argv[2] ?? "", "utf8").trimEnd().split("\n")) {
  process.stdout.write(`${await verdictOf(JSON.parse(line) as Mutant)}\n`);
}
