// Checks receipts, one JSON object a line, and prints the step at which each fails, or "valid".
//   node build/tests/receipts.mjs FILE
import { readFileSync } from "node:fs";

import { checkReceipt } from "../src/log/checking.ts";
import { decodeVerifierKey } from "../src/log/note.ts";
import { decodePolicy } from "../src/log/policy.ts";

/** All but the keys are bytes in base64, or null. */
interface Line {
  readonly receipt: string;
  readonly keys: string[];
  readonly policy: string | null;
  readonly entry: string | null;
  readonly tracker: string | null;
  readonly document: string | null;
}

function bytes(base64: string | null): Uint8Array | undefined {
  return base64 === null ? undefined : new Uint8Array(Buffer.from(base64, "base64"));
}

function outcome({ receipt, keys, policy, entry, tracker, document }: Line): string {
  const under = bytes(policy);
  const read = under && decodePolicy(under);
  const report = checkReceipt({
    data: bytes(receipt) ?? new Uint8Array(), policy: read, keys: keys.length > 0 ? keys.map(decodeVerifierKey) : (read?.logs ?? []),
    entry: bytes(entry), tracker: bytes(tracker), document: bytes(document),
  });
  return report.failure?.step ?? "valid";
}

for (const line of readFileSync(process.argv[2] ?? "", "utf8").trimEnd().split("\n")) {
  process.stdout.write(`${outcome(JSON.parse(line) as Line)}\n`);
}
