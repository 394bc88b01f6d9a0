// The trustee's page: make a key, decrypt the sum. The secret key never leaves the page.
import { startDecryption } from "./trustee_decrypt.ts";
import { startKey } from "./trustee_key.ts";

const key = document.getElementById("trustee-key");
if (key !== null) startKey(key);

const decryption = document.getElementById("trustee-decrypt");
if (decryption !== null) startDecryption(decryption);
