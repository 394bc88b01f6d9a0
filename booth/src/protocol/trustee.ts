// A trustee's public key (PROTOCOL 1.5; specification "Verification keys").
import { encodeJson, type Json, type JsonObject, readObject, readText } from "./encoding.ts";
import { InvalidProof } from "./errors.ts";
import { ED25519, type Element, GENERATOR, type Group, type Scalar } from "./group.ts";
import {
  encodeProof, type Proof, proveKeyPossession, readProof, verifyKeyPossession,
} from "./proofs.ts";

/** The public part of a trustee's key, with the proof that the trustee knows the secret one. */
export interface Trustee {
  readonly publicKey: Element;
  readonly proof: Proof;
  /** By the certified key of a threshold ceremony's member; single trustees have none. */
  readonly signature: Proof | undefined;
  readonly name: string | undefined;
}

/** Make a trustee's public part from the secret key x. */
export function makeTrustee(input: { secretKey: Scalar; name: string | undefined }): Trustee {
  const publicKey = GENERATOR.power(input.secretKey);
  const proof = proveKeyPossession({ secretKey: input.secretKey, publicKey });
  return { publicKey, proof, signature: undefined, name: input.name };
}

/** Check that whoever made this key knows its secret part. */
export function verifyTrustee(trustee: Trustee): void {
  const { publicKey, proof } = trustee;
  if (publicKey.isIdentity()) throw new InvalidProof("the trustee's public key is the identity");
  verifyKeyPossession({ publicKey, proof });
}

export function encodeTrustee(trustee: Trustee): string {
  return encodeJson(trusteeFields(trustee));
}

/** The key as it stands in the list of trustees. */
export function trusteeFields({ proof, publicKey, signature, name }: Trustee): JsonObject {
  return {
    pok: encodeProof(proof),
    public_key: publicKey.encode(),
    ...(signature === undefined ? {} : { signature: encodeProof(signature) }),
    ...(name === undefined ? {} : { name }),
  };
}

export function decodeTrustee(
  value: Json | undefined, place = "trustee", group: Group = ED25519,
): Trustee {
  const fields = readObject(value, place, ["pok", "public_key"], ["signature", "name"]);
  const { signature, name } = fields;
  return {
    proof: readProof(fields["pok"], `${place}.pok`, group),
    publicKey: group.decode(fields["public_key"], `${place}.public_key`),
    signature: signature === undefined ? undefined : readProof(signature, `${place}.signature`, group),
    name: name === undefined ? undefined : readText(name, `${place}.name`),
  };
}
