// The trustee's page: keys, the ceremony, the seal, shuffles, decryption. Secrets never leave the page.
import { startCeremony } from "./trustee/ceremony.ts";
import { startDecryption } from "./trustee/decrypting.ts";
import { startShuffle } from "./trustee/shuffling.ts";
import { startSigning } from "./trustee/sign.ts";
import { startKey } from "./trustee/single_key.ts";

const TASKS: Readonly<Record<string, (root: HTMLElement) => void>> = {
  "trustee-key": startKey,
  "trustee-ceremony": startCeremony,
  "trustee-sign": startSigning,
  "trustee-shuffle": startShuffle,
  "trustee-decrypt": startDecryption,
};

for (const [id, start] of Object.entries(TASKS)) {
  const root = document.getElementById(id);
  if (root !== null) start(root);
}
