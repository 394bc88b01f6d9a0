// Save a key file, behind a passphrase if the trustee gives one.
import { find, part, saveFile } from "../dom.ts";
import { type KeyFile, sealKeyFile } from "./keyfile.ts";
import { PASSPHRASE_CHARACTERS } from "./protection.ts";

/** Save a key with the passphrase in the section's field; false where that is too short. */
export async function saveNewKey(section: Element, file: KeyFile, name: string): Promise<boolean> {
  const passphrase = find<HTMLInputElement>(section, 'input[type="password"]').value;
  const isShort = passphrase !== "" && passphrase.length < PASSPHRASE_CHARACTERS;
  part(section, "short").hidden = !isShort;
  if (isShort) return false;
  await saveKey(file, name, passphrase);
  return true;
}

export async function saveKey(file: KeyFile, name: string, passphrase: string): Promise<void> {
  saveFile(name, await sealKeyFile(file, passphrase), "application/json");
}
