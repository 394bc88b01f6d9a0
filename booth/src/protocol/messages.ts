// Signed and private messages between trustees (PROTOCOL 1.5; specification "Public key infrastructure").
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";

import { BASE58 } from "./credential.ts";
import {
  decodeJson, encodeJson, type Json, type JsonObject, readObject, readText, sha256Hex, utf8,
} from "./encoding.ts";
import { DecodeError, InvalidProof } from "./errors.ts";
import {
  ED25519, Element, GENERATOR, type Group, modOrder, randomScalar, type Scalar,
} from "./group.ts";
import { encodeProof, knows, type Proof, proveKnowledge, readProof } from "./proofs.ts";
import { randomBlock } from "./randomness.ts";

const MESSAGE_LIMIT_BYTES = 4_000_000;
const SEED_CHARACTERS = 22;
const SEED_FORM = new RegExp(`^[${BASE58}]{${SEED_CHARACTERS}}$`);

/** What a trustee can do that nobody else can: sign, and read what is sent to them. */
export interface Keys {
  /** sk, whose public part stands in the certificate as `verification`. */
  readonly signing: Scalar;
  /** dk, whose public part stands there as `encryption`. */
  readonly decryption: Scalar;
}

/** A text with the signature of whoever vouches for it. */
export interface Signed {
  readonly message: string;
  readonly signature: Proof;
}

// --- Keys --------------------------------------------------------------------------------

/** A fresh seed: 22 uniform base58 characters, 128 bits. Everything else follows from it. */
export function makeSeed(): string {
  let seed = "";
  while (seed.length < SEED_CHARACTERS) {
    for (const byte of randomBlock()) {
      // 232 = 4 · 58: without this the first characters of the alphabet would be likelier.
      if (byte < 232 && seed.length < SEED_CHARACTERS) seed += BASE58.charAt(byte % BASE58.length);
    }
  }
  return seed;
}

export function isSeed(text: string): boolean {
  return SEED_FORM.test(text);
}

/** sk and dk from the seed. */
export function deriveKeys(seed: string): Keys {
  if (!isSeed(seed)) throw new DecodeError("this is not a seed");
  const derive = (tag: string): Scalar => modOrder(BigInt(`0x${sha256Hex(utf8(`${tag}|${seed}`))}`));
  return { signing: derive("sk"), decryption: derive("dk") };
}

// --- Signatures --------------------------------------------------------------------------

/** Sign a text: challenge = H("sigmsg|"‖M‖"|"; A). */
export function signMessage(input: { message: string; secretKey: Scalar }): Proof {
  return proveKnowledge(`sigmsg|${input.message}|`, input.secretKey);
}

export function verifySignature(input: { message: string; publicKey: Element; signature: Proof }): void {
  const { message, publicKey, signature: proof } = input;
  if (!knows(`sigmsg|${message}|`, { publicKey, proof })) {
    throw new InvalidProof("the signature does not belong to the message and its sender");
  }
}

/** Sign a text and keep both together. */
export function makeSigned(input: { message: string; secretKey: Scalar }): Signed {
  return { message: input.message, signature: signMessage(input) };
}

export function encodeSigned(signed: Signed): JsonObject {
  return { message: signed.message, signature: encodeProof(signed.signature) };
}

/** Read a signed text, without checking whose it is. */
export function readSigned(value: Json | undefined, place: string, group: Group = ED25519): Signed {
  const fields = readObject(value, place, ["message", "signature"]);
  return {
    message: readText(fields["message"], `${place}.message`),
    signature: readProof(fields["signature"], `${place}.signature`, group),
  };
}

/** Read JSON that must stand in the protocol's one form. */
export function readCanonical(text: string, place: string): Json {
  const value = decodeJson(utf8(text), { source: place, limitBytes: MESSAGE_LIMIT_BYTES });
  if (encodeJson(value) !== text) throw new DecodeError(`${place}: not canonical`);
  return value;
}

/** Read a signed text that was sent as a text itself. */
export function decodeSigned(text: string, place: string): Signed {
  const signed = readSigned(readCanonical(text, place), place);
  if (encodeJson(encodeSigned(signed)) !== text) {
    throw new DecodeError(`${place}: the fields are not in their order`);
  }
  return signed;
}

// --- Private messages --------------------------------------------------------------------

/** A message that only the owner of `encryption` can read. */
export interface Encrypted {
  readonly alpha: Element;
  readonly beta: Element;
  /** AES-256-GCM: ciphertext and tag. */
  readonly data: Uint8Array;
}

/** Sign a text for one recipient, and encrypt both. Returns the text that is sent. */
export async function send(input: {
  message: string;
  sender: Keys;
  /** ek: the recipient's certified key. */
  recipient: Element;
}): Promise<string> {
  const { message, sender, recipient } = input;
  const inner = encodeJson({ recipient: recipient.encode(), message });
  const plaintext = encodeJson(encodeSigned(makeSigned({ message: inner, secretKey: sender.signing })));
  const r = randomScalar();
  const key = GENERATOR.power(randomScalar());
  const alpha = GENERATOR.power(r);
  const data = await crypto.subtle.encrypt(
    parameters(alpha), await symmetricKey(key, "encrypt"), new Uint8Array(utf8(plaintext)),
  );
  return encodeJson({
    algorithm: "AES-GCM",
    alpha: alpha.encode(),
    beta: recipient.power(r).times(key).encode(),
    data: bytesToHex(new Uint8Array(data)),
  });
}

/** Read the outer form of an encrypted message, which anyone can check. */
export function decodeEncrypted(text: string, place: string): Encrypted {
  const names = ["algorithm", "alpha", "beta", "data"];
  const fields = readObject(readCanonical(text, place), place, names);
  if (fields["algorithm"] !== "AES-GCM") throw new DecodeError(`${place}.algorithm: AES-GCM expected`);
  const data = readText(fields["data"], `${place}.data`);
  if (!/^(?:[0-9a-f]{2}){16,}$/.test(data)) throw new DecodeError(`${place}.data: hex digits expected`);
  if (Object.keys(fields).join() !== names.join()) {
    throw new DecodeError(`${place}: the fields are not in their order`);
  }
  const element = (name: string): Element => {
    const found = Element.decode(fields[name], `${place}.${name}`);
    if (found.isIdentity()) throw new DecodeError(`${place}.${name}: the identity`);
    return found;
  };
  return { alpha: element("alpha"), beta: element("beta"), data: hexToBytes(data) };
}

/** g^s: what the recipient finds, and may publish to prove what they were sent. */
export function messageKey(encrypted: Encrypted, decryptionKey: Scalar): Element {
  return encrypted.beta.times(encrypted.alpha.power(decryptionKey).inverse());
}

/** Decrypt with g^s and check that the sender meant this recipient.
 *
 * Throws InvalidProof or DecodeError: the sender is to blame, since anyone with g^s sees the same.
 */
export async function openMessage(input: {
  encrypted: Encrypted;
  key: Element;
  /** The sender's certified `verification` key. */
  sender: Element;
  recipient: Element;
  place: string;
}): Promise<string> {
  const { encrypted, key, sender, recipient, place } = input;
  const secret = await symmetricKey(key, "decrypt");
  let plaintext: string;
  try {
    const data = new Uint8Array(encrypted.data);
    const bytes = await crypto.subtle.decrypt(parameters(encrypted.alpha), secret, data);
    plaintext = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new InvalidProof(`${place}: cannot be decrypted`);
  }
  const signed = decodeSigned(plaintext, place);
  verifySignature({ ...signed, publicKey: sender });
  const names = ["recipient", "message"];
  const fields = readObject(readCanonical(signed.message, place), place, names);
  if (Object.keys(fields).join() !== names.join()) {
    throw new DecodeError(`${place}: the fields are not in their order`);
  }
  if (fields["recipient"] !== recipient.encode()) {
    throw new InvalidProof(`${place}: meant for somebody else`);
  }
  return readText(fields["message"], place);
}

/** Read what was sent to the owner of these keys. */
export async function receive(input: {
  text: string;
  recipient: Keys;
  sender: Element;
  place: string;
}): Promise<string> {
  const { recipient, sender, place } = input;
  const encrypted = decodeEncrypted(input.text, place);
  const key = messageKey(encrypted, recipient.decryption);
  const own = GENERATOR.power(recipient.decryption);
  return openMessage({ encrypted, key, sender, recipient: own, place });
}

/** The initialisation vector is the whole hash, 32 bytes. */
function parameters(alpha: Element): AesGcmParams {
  const iv = new Uint8Array(sha256(utf8(`iv|${alpha.encode()}`)));
  return { name: "AES-GCM", iv, tagLength: 128 };
}

function symmetricKey(key: Element, use: "encrypt" | "decrypt"): Promise<CryptoKey> {
  const bytes = new Uint8Array(sha256(utf8(`key|${key.encode()}`)));
  return crypto.subtle.importKey("raw", bytes, "AES-GCM", false, [use]);
}
