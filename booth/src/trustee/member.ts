// What one member of a threshold does next, given what all have sent (PROTOCOL 1.5, 2.4).
// No page and no network: everything that others sent is checked here before it is answered.
import { BadShare, makeComplaint, takeShares } from "../protocol/complaint.ts";
import { encodeJson, type Json, readInteger, readList, readObject, readText } from "../protocol/encoding.ts";
import { DecodeError, InvalidProof } from "../protocol/errors.ts";
import { Element, GENERATOR, type Scalar } from "../protocol/group.ts";
import {
  deriveKeys, encodeSigned, type Keys, makeSigned, readCanonical, readSigned, receive, type Signed,
  verifySignature,
} from "../protocol/messages.ts";
import { checkHash } from "../protocol/statements.ts";
import {
  type Certificate, commitTo, deriveCoefficients, hashCertificates, makeCertificate, makeCoefexps,
  makePolynomial, makeShareMessage, type Polynomial, readDecryptionKey, type Shape,
  verifyCertificates, verifyCommit, verifyMemberKey, verifyPolynomial,
} from "../protocol/threshold.ts";
import { decodeTrustee, type Trustee } from "../protocol/trustee.ts";

export type MessageStep = "certificate" | "commit" | "polynomial" | "share" | "complaint";

const STAGES = ["certificates", "commits", "polynomials", "shares", "complete", "failed"] as const;
export type Stage = (typeof STAGES)[number];

/** The public state of a ceremony, as the server gives it; a missing message is undefined. */
export interface State {
  readonly attempt: number;
  readonly shape: Shape;
  readonly stage: Stage;
  readonly members: readonly { readonly index: number; readonly name: string }[];
  readonly certificates: readonly (Signed | undefined)[];
  readonly commits: readonly (Signed | undefined)[];
  readonly polynomials: readonly (Signed | undefined)[];
  readonly shares: readonly (Signed | undefined)[];
  readonly complaints: readonly Accusation[];
}

export interface Accusation {
  readonly by: number;
  readonly about: number;
  readonly name: string;
  /** A file with which anybody can check the complaint. */
  readonly evidence: string;
}

/** What the member sends now. */
export interface Answer {
  readonly step: MessageStep;
  /** {message, signature} as text. */
  readonly message: string;
}

export function readState(value: Json): State {
  const fields = readObject(value, "ceremony", [
    "election", "item", "attempt", "threshold", "step", "members", "certs", "commits", "polynomials",
    "shares", "complaints",
  ]);
  const stage = STAGES.find((one) => one === fields["step"]);
  if (stage === undefined) throw new DecodeError("ceremony.step: unknown");
  const members = readList(fields["members"], "ceremony.members").map((item, position) => {
    const place = `ceremony.members[${position}]`;
    const member = readObject(item, place, ["index", "name", "step"]);
    if (member["index"] !== position + 1) throw new DecodeError(`${place}: out of order`);
    return { index: position + 1, name: readText(member["name"], `${place}.name`) };
  });
  const sent = (name: string): (Signed | undefined)[] =>
    readList(fields[name], `ceremony.${name}`, members.length).map((item, position) =>
      item === null ? undefined : readSigned(item, `ceremony.${name}[${position}]`),
    );
  return {
    attempt: readInteger(fields["attempt"], "ceremony.attempt"),
    shape: { size: members.length, threshold: readInteger(fields["threshold"], "ceremony.threshold") },
    stage, members,
    certificates: sent("certs"),
    commits: sent("commits"),
    polynomials: sent("polynomials"),
    shares: sent("shares"),
    complaints: readList(fields["complaints"], "ceremony.complaints").map((item, position) => {
      const place = `ceremony.complaints[${position}]`;
      const own = readObject(item, place, ["by", "about", "name", "evidence"]);
      return {
        by: readInteger(own["by"], `${place}.by`),
        about: readInteger(own["about"], `${place}.about`),
        name: readText(own["name"], `${place}.name`),
        evidence: readText(own["evidence"], `${place}.evidence`),
      };
    }),
  };
}

/** Something that a member sent does not hold; `about` is their place, or undefined for the server. */
export class BadMessage extends Error {
  override readonly name = "BadMessage";
  readonly about: number | undefined;

  constructor(about: number | undefined, problem: string) {
    super(problem);
    this.about = about;
  }
}

/** Someone else's certificate stands where this member's must stand. */
export class ForeignCertificate extends Error {
  override readonly name = "ForeignCertificate";
}

/** One member with the seed. */
export class Member {
  readonly keys: Keys;
  /** The hash of the certificates that this member has seen first; they must not change. */
  private seen: { attempt: number; hash: string } | undefined;

  constructor(
    private readonly seed: string,
    private readonly uuid: string,
    readonly index: number,
  ) {
    this.keys = deriveKeys(seed);
  }

  makeCertificate(shape: Shape): Answer {
    const signed = makeCertificate({ keys: this.keys, shape, index: this.index });
    return { step: "certificate", message: encodeJson(encodeSigned(signed)) };
  }

  /** Check that the certificate in this member's place is this member's; undefined where none is. */
  checkOwnCertificate(state: State): boolean {
    const signed = state.certificates[this.index - 1];
    if (signed === undefined) return false;
    const fields = readObject(readCanonical(signed.message, "certificate"), "certificate", [
      "context", "verification", "encryption",
    ]);
    const isOwn =
      fields["verification"] === GENERATOR.power(this.keys.signing).encode() &&
      fields["encryption"] === GENERATOR.power(this.keys.decryption).encode();
    if (!isOwn) throw new ForeignCertificate("the certificate in this place is somebody else's");
    return true;
  }

  /** All certificates, once everyone has sent one; they may not change afterwards. */
  certificates(state: State): Certificate[] {
    this.checkOwnCertificate(state);
    const signed = complete(state.certificates, "certificate");
    const certificates = blame(undefined, () => verifyCertificates({ signed, shape: state.shape }));
    const hash = hashCertificates(signed);
    if (this.seen !== undefined && this.seen.attempt === state.attempt && this.seen.hash !== hash) {
      throw new ForeignCertificate("the server shows other certificates than before");
    }
    this.seen = { attempt: state.attempt, hash };
    return certificates;
  }

  /** The next message, or undefined where this member has to wait for others.
   *
   * In the stage "shares" it is either the share's confirmation, or a complaint about the first
   * member whose share is wrong.
   */
  async answer(state: State): Promise<Answer | undefined> {
    const own = this.index - 1;
    if (state.stage === "commits" && state.commits[own] === undefined) return this.commit(state);
    if (state.stage === "polynomials" && state.polynomials[own] === undefined) return this.reveal(state);
    if (state.stage === "shares" && state.shares[own] === undefined) {
      try {
        return await this.confirm(state);
      } catch (error) {
        if (error instanceof BadShare) return this.complain(state, error.about);
        throw error;
      }
    }
    return undefined;
  }

  private coefficients(state: State): Scalar[] {
    const certificates = complete(state.certificates, "certificate");
    const { threshold } = state.shape;
    return deriveCoefficients({ seed: this.seed, uuid: this.uuid, certificates, threshold });
  }

  private ownCommit(state: State): string {
    const certificates = this.certificates(state).map(({ signed }) => signed);
    const coefexps = makeCoefexps({ keys: this.keys, coefficients: this.coefficients(state) });
    return commitTo({ uuid: this.uuid, index: this.index, certificates, coefexps });
  }

  private commit(state: State): Answer {
    return this.sign("commit", encodeJson({ commit: this.ownCommit(state) }));
  }

  /** The hashes that all members committed to, none of them twice. */
  private commits(state: State, certificates: readonly Certificate[]): string[] {
    const hashes = complete(state.commits, "commit").map((signed, position) =>
      blame(position + 1, () => readCommit(signed, certificates[position] as Certificate)),
    );
    const twice = hashes.findIndex((hash, position) => hashes.indexOf(hash) !== position);
    if (twice >= 0) throw new BadMessage(twice + 1, "the commitment repeats somebody else's");
    return hashes;
  }

  private async reveal(state: State): Promise<Answer> {
    const certificates = this.certificates(state);
    if (this.commits(state, certificates)[this.index - 1] !== this.ownCommit(state)) {
      throw new ForeignCertificate("the commitment in this place is somebody else's");
    }
    const coefficients = this.coefficients(state);
    return this.sign("polynomial", await makePolynomial({ keys: this.keys, certificates, coefficients }));
  }

  private polynomials(state: State, certificates: readonly Certificate[]): Polynomial[] {
    const commits = this.commits(state, certificates);
    const { threshold } = state.shape;
    return complete(state.polynomials, "polynomial").map((signed, position) => {
      const index = position + 1;
      return blame(index, () => {
        const publicKey = (certificates[position] as Certificate).verification;
        verifySignature({ ...signed, publicKey });
        const polynomial = verifyPolynomial({ text: signed.message, index, certificates, threshold });
        const commit = commits[position] as string;
        verifyCommit({ uuid: this.uuid, index, certificates, commit, polynomial });
        return polynomial;
      });
    });
  }

  /** S_j: what all members' shares add up to. Throws BadShare. */
  async secretKey(state: State): Promise<Scalar> {
    const certificates = this.certificates(state);
    const polynomials = this.polynomials(state, certificates);
    const { uuid, keys, index } = this;
    return takeShares({ uuid, keys, index, certificates, polynomials });
  }

  private async confirm(state: State): Promise<Answer> {
    const secretKey = await this.secretKey(state);
    return this.sign("share", await makeShareMessage({ keys: this.keys, secretKey }));
  }

  private complain(state: State, about: number): Answer {
    const certificates = this.certificates(state);
    const polynomials = this.polynomials(state, certificates);
    const { uuid, keys, index: by } = this;
    return this.sign("complaint", makeComplaint({ uuid, keys, by, about, certificates, polynomials }));
  }

  /** Check everything once more when all is there; returns the members' public keys. */
  conclude(state: State): Trustee[] {
    const certificates = this.certificates(state);
    const powers = this.polynomials(state, certificates).map((polynomial) => polynomial.powers);
    return complete(state.shares, "share").map((signed, position) =>
      blame(position + 1, () => {
        const certificate = certificates[position] as Certificate;
        verifySignature({ ...signed, publicKey: certificate.verification });
        const fields = readObject(readCanonical(signed.message, "share"), "share", [
          "private_key", "public_key",
        ]);
        const trustee = decodeTrustee(fields["public_key"], "share.public_key");
        verifyMemberKey({ trustee, index: position + 1, certificate, powers });
        return trustee;
      }),
    );
  }

  /** S_j as this member sent it to themselves at the end of the ceremony. */
  async ownSecretKey(state: State): Promise<Scalar> {
    const place = "share";
    const signed = state.shares[this.index - 1];
    if (signed === undefined) throw new DecodeError("the ceremony is not over");
    const fields = readObject(readCanonical(signed.message, place), place, ["private_key", "public_key"]);
    const text = readText(fields["private_key"], `${place}.private_key`);
    const sender = GENERATOR.power(this.keys.signing);
    return readDecryptionKey(await receive({ text, recipient: this.keys, sender, place }), place);
  }

  /** The hash that all commits must have had, by what this member has revealed and signed. */
  revealedCommit(state: State): string {
    const certificates = this.certificates(state);
    const { uuid, index } = this;
    const own = this.polynomials(state, certificates)[index - 1] as Polynomial;
    const signed = certificates.map((certificate) => certificate.signed);
    return commitTo({ uuid, index, certificates: signed, coefexps: own.coefexps });
  }

  private sign(step: MessageStep, message: string): Answer {
    const signed = makeSigned({ message, secretKey: this.keys.signing });
    return { step, message: encodeJson(encodeSigned(signed)) };
  }
}

/** Read the hash in a member's commit, and check who signed it. */
export function readCommit(signed: Signed, { verification }: { verification: Element }): string {
  verifySignature({ ...signed, publicKey: verification });
  const fields = readObject(readCanonical(signed.message, "commit"), "commit", ["commit"]);
  const commit = readText(fields["commit"], "commit");
  checkHash(commit, "commit");
  return commit;
}

function complete(messages: readonly (Signed | undefined)[], kind: string): Signed[] {
  return messages.map((signed, position) => {
    if (signed === undefined) throw new BadMessage(position + 1, `the ${kind} is missing`);
    return signed;
  });
}

/** Name the member whose message does not hold. */
function blame<T>(about: number | undefined, act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (error instanceof DecodeError || error instanceof InvalidProof) {
      throw new BadMessage(about, error.message);
    }
    throw error;
  }
}
