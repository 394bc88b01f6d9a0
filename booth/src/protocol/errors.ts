// The exceptions of the protocol. To verify is to return nothing or throw one of these.

/** The bytes are not what they claim to be: not canonical, too large, or nested too deep. */
export class DecodeError extends Error {
  override readonly name: string = "DecodeError";
  readonly code: "non_canonical" | "too_large" | "too_deep";

  constructor(message: string, code: "non_canonical" | "too_large" | "too_deep" = "non_canonical") {
    super(message);
    this.code = code;
  }
}

/** JSON, but with other fields, types or lengths than the object must have. */
export class ShapeError extends DecodeError {
  override readonly name: string = "ShapeError";
}

/** A feature of the protocol that this program does not have yet. */
export class NotSupported extends Error {
  override readonly name = "NotSupported";
}

/** A proof's equation does not hold. */
export class InvalidProof extends Error {
  override readonly name = "InvalidProof";
}

/** The record breaks a rule; `place` says where. */
export class InvalidRecord extends Error {
  override readonly name = "InvalidRecord";
  readonly place: string;

  constructor(place: string, message: string) {
    super(`${place}: ${message}`);
    this.place = place;
  }
}

export type InvalidBallotCode =
  | "wrong_election"
  | "bad_signature"
  | "bad_proof"
  | "wrong_shape"
  | "duplicate_ciphertext"
  | "identity_element";

/** The ballot is well formed, and must not be counted; `code` is the same as in evote. */
export class InvalidBallot extends Error {
  override readonly name = "InvalidBallot";
  readonly code: InvalidBallotCode;

  constructor(code: InvalidBallotCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** The browser's source of randomness is missing or does not give random bytes. */
export class RandomnessError extends Error {
  override readonly name = "RandomnessError";
}

/** What was typed is not a credential; `problem` says in which way. */
export class InvalidCredential extends Error {
  override readonly name = "InvalidCredential";
  readonly problem: "empty" | "length" | "alphabet";
  /** The first character that no credential has, where the problem is the alphabet. */
  readonly character: string;
  /** How many characters there are without dashes and spaces. */
  readonly count: number;

  constructor(problem: "empty" | "length" | "alphabet", found: { character?: string; count?: number } = {}) {
    super(`not a credential: ${problem}`);
    this.problem = problem;
    this.character = found.character ?? "";
    this.count = found.count ?? 0;
  }
}
