// The trustees of an election (PROTOCOL 1.5; specification "Verification keys", "Trustees").
import { decodeJson, encodeJson, type Json, readList, readObject, readText } from "./encoding.ts";
import { DecodeError, InvalidProof, NotSupported } from "./errors.ts";
import { Element, GENERATOR, IDENTITY, type Scalar } from "./group.ts";
import {
  encodeProof, type Proof, proveKeyPossession, readProof, verifyKeyPossession,
} from "./proofs.ts";

const TRUSTEES_LIMIT_BYTES = 4_000_000;

/** The public part of a trustee's key, with the proof that the trustee knows the secret one. */
export interface Trustee {
  readonly publicKey: Element;
  readonly proof: Proof;
  readonly name: string | undefined;
}

/** Make a trustee's public part from the secret key x. */
export function makeTrustee(input: { secretKey: Scalar; name: string | undefined }): Trustee {
  const publicKey = GENERATOR.power(input.secretKey);
  const proof = proveKeyPossession({ secretKey: input.secretKey, publicKey });
  return { publicKey, proof, name: input.name };
}

/** Check that whoever made this key knows its secret part. */
export function verifyTrustee(trustee: Trustee): void {
  const { publicKey, proof } = trustee;
  if (publicKey.isIdentity()) throw new InvalidProof("the trustee's public key is the identity");
  verifyKeyPossession({ publicKey, proof });
}

export function encodeTrustee(trustee: Trustee): string {
  return encodeJson({
    pok: encodeProof(trustee.proof),
    public_key: trustee.publicKey.encode(),
    ...(trustee.name === undefined ? {} : { name: trustee.name }),
  });
}

export function decodeTrustee(value: Json | undefined, place = "trustee"): Trustee {
  const fields = readObject(value, place, ["pok", "public_key"], ["name"]);
  return {
    proof: readProof(fields["pok"], `${place}.pok`),
    publicKey: Element.decode(fields["public_key"], `${place}.public_key`),
    name: fields["name"] === undefined ? undefined : readText(fields["name"], `${place}.name`),
  };
}

/** Read the record's list of trustees; only single trustees are supported. */
export function decodeTrustees(data: Uint8Array): Trustee[] {
  const value = decodeJson(data, { source: "trustees", limitBytes: TRUSTEES_LIMIT_BYTES });
  return readList(value, "trustees").map((item, index) => {
    const [kind, trustee, ...rest] = readList(item, `trustees[${index}]`);
    if (kind === "Pedersen") throw new NotSupported("threshold trustees are not supported yet");
    if (kind !== "Single" || rest.length > 0) throw new DecodeError(`trustees[${index}]: not a trustee`);
    return decodeTrustee(trustee, `trustees[${index}]`);
  });
}

/** y: the product of the trustees' public keys. */
export function combinePublicKeys(trustees: readonly Trustee[]): Element {
  return trustees.reduce((total, { publicKey }) => total.times(publicKey), IDENTITY);
}
