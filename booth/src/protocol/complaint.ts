// A share that does not fit, and a complaint that names its sender (PROTOCOL 1.5, 2.4).
// Anyone can check a complaint: it discloses the key of one private message, with a proof that it is
// the right one, so that everybody sees what the sender had written.
import { encodeJson, readInteger, readObject, readText } from "./encoding.ts";
import { DecodeError, InvalidProof, ShapeError } from "./errors.ts";
import { Element, GENERATOR, modOrder, type Scalar } from "./group.ts";
import { decodeEncrypted, type Keys, messageKey, openMessage, readCanonical } from "./messages.ts";
import { encodeProof, readProof } from "./proofs.ts";
import { proveDisclosure, verifyDisclosure } from "./statements.ts";
import { type Certificate, type Polynomial, readSecret, sharePower } from "./threshold.ts";

/** One of the shares is not what its sender published; `about` is the sender's place. */
export class BadShare extends Error {
  override readonly name = "BadShare";
  readonly about: number;

  constructor(about: number, problem: string) {
    super(`the share of member ${about} is wrong: ${problem}`);
    this.about = about;
  }
}

interface Ceremony {
  readonly uuid: string;
  readonly certificates: readonly Certificate[];
  /** All members' polynomials, after `verifyPolynomial` and `verifyCommit`. */
  readonly polynomials: readonly Polynomial[];
}

/** S_j = Σ_i f_i(j): read the share of every member, and check each against what was published.
 *
 * Throws BadShare for the first that is wrong; nothing of the others is lost.
 */
export async function takeShares(input: Ceremony & { keys: Keys; index: number }): Promise<Scalar> {
  const { keys, index, certificates, polynomials } = input;
  if (polynomials.length !== certificates.length) throw new DecodeError("a polynomial is missing");
  let secretKey = 0n;
  for (const position of polynomials.keys()) {
    const about = position + 1;
    const encrypted = decodeEncrypted(sentSecret(input, about, index), `share ${about}`);
    const key = messageKey(encrypted, keys.decryption);
    secretKey += await readShare({ ...input, about, by: index, key });
  }
  return modOrder(secretKey);
}

/** The text that `about` has sent to `by`. */
function sentSecret({ polynomials }: Ceremony, about: number, by: number): string {
  const secret = polynomials[about - 1]?.secrets[by - 1];
  if (secret === undefined) throw new DecodeError("there is no such member");
  return secret;
}

/** Open one share with the key of its message; throws BadShare where the sender is to blame. */
async function readShare(
  input: Ceremony & { about: number; by: number; key: Element },
): Promise<Scalar> {
  const { certificates, polynomials, about, by, key } = input;
  const sender = certificates[about - 1]?.verification;
  const recipient = certificates[by - 1]?.encryption;
  const powers = polynomials[about - 1]?.powers;
  if (sender === undefined || recipient === undefined || powers === undefined) {
    throw new DecodeError("there is no such member");
  }
  const place = `share ${about}`;
  let share: Scalar;
  try {
    const encrypted = decodeEncrypted(sentSecret(input, about, by), place);
    share = readSecret(await openMessage({ encrypted, key, sender, recipient, place }), place);
  } catch (error) {
    if (error instanceof DecodeError || error instanceof InvalidProof) {
      throw new BadShare(about, error.message);
    }
    throw error;
  }
  if (!GENERATOR.power(share).equals(sharePower(powers, by))) {
    throw new BadShare(about, "it does not match the published commitments");
  }
  return share;
}

/** Make the text of a complaint by the member `by` about the member `about`. */
export function makeComplaint(input: Ceremony & { keys: Keys; by: number; about: number }): string {
  const { uuid, keys, by, about } = input;
  const secret = sentSecret(input, about, by);
  const { alpha, beta, data } = decodeEncrypted(secret, `share ${about}`);
  const key = messageKey({ alpha, beta, data }, keys.decryption);
  const proof = proveDisclosure({ uuid, alpha, beta, key, decryptionKey: keys.decryption });
  return encodeJson({ about, by, secret, key: key.encode(), proof: encodeProof(proof) });
}

/** Check a complaint; returning means that the member whose place is returned is to blame.
 *
 * Throws InvalidProof where the complaint is unfounded: then whoever complains is to blame.
 */
export async function verifyComplaint(
  input: Ceremony & { text: string },
): Promise<{ about: number; by: number }> {
  const { uuid, certificates, text } = input;
  const names = ["about", "by", "secret", "key", "proof"];
  const fields = readObject(readCanonical(text, "complaint"), "complaint", names);
  if (Object.keys(fields).join() !== names.join()) {
    throw new ShapeError("complaint: the fields are not in their order");
  }
  const about = readInteger(fields["about"], "complaint.about");
  const by = readInteger(fields["by"], "complaint.by");
  const secret = readText(fields["secret"], "complaint.secret");
  if (secret !== sentSecret(input, about, by)) throw new InvalidProof("complaint: nobody sent this share");
  const encryption = (certificates[by - 1] as Certificate).encryption;
  const { alpha, beta } = decodeEncrypted(secret, "complaint.secret");
  const key = Element.decode(fields["key"], "complaint.key");
  const proof = readProof(fields["proof"], "complaint.proof");
  verifyDisclosure({ uuid, alpha, beta, key, encryption, proof });
  try {
    await readShare({ ...input, about, by, key });
  } catch (error) {
    if (error instanceof BadShare) return { about, by };
    throw error;
  }
  throw new InvalidProof("complaint: the share is right");
}
