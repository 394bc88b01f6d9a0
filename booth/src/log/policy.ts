// Trust policies (c2sp.org/tlog-policy): which logs are believed, and which witnesses have to agree.
import { DecodeError, InvalidProof } from "../protocol/errors.ts";
import { decodeUtf8, hex } from "./bytes.ts";
import { type Checkpoint, decodeCheckpoint } from "./checkpoint.ts";
import { type CosignerKey, decodeCosignerKey, verifyCosignature } from "./cosignature.ts";
import { decodeVerifierKey, isLineOf, type Note, type VerifierKey, verifyNote } from "./note.ts";

const POLICY_LIMIT_BYTES = 1_000_000;
const LIMIT_OF_EACH_KIND = 256;
const NO_QUORUM = "none";

interface Group {
  readonly name: string;
  readonly threshold: number;
  readonly members: readonly string[];
}

/** A witness, under the name that the policy gives it. */
export interface Witness {
  readonly name: string;
  readonly key: CosignerKey;
}

/** Every group stands after its members. Without `quorum` no witness is needed. */
export interface Policy {
  readonly logs: readonly VerifierKey[];
  readonly witnesses: readonly Witness[];
  readonly groups: readonly Group[];
  readonly quorum: string | undefined;
}

/** A verified cosignature: by which witness of the policy, and when it says it was. */
export interface Cosigned {
  readonly name: string;
  readonly at: bigint;
}

// --- Reading -----------------------------------------------------------------------------

/** Read a policy. The message of a refusal begins with the line's number. */
export function decodePolicy(data: Uint8Array): Policy {
  if (data.length > POLICY_LIMIT_BYTES) throw new DecodeError("the policy is too long", "too_large");
  const rows = decodeUtf8(data, "the policy").split("\n");
  if (rows.pop() !== "") throw new DecodeError("the last line of the policy does not end with a line feed");
  const reader = new Reader();
  rows.forEach((row, index) => {
    try {
      if (/[\x00-\x08\x0b-\x1f\x7f]/.test(row)) throw new DecodeError("a control character");
      const words = row.split(/[ \t]+/).filter((word) => word !== "");
      if (words[0] !== undefined && !words[0].startsWith("#")) reader.read(words[0], words.slice(1));
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      throw new DecodeError(`line ${index + 1}: ${error.message}`);
    }
  });
  return reader.policy();
}

class Reader {
  private readonly logs: VerifierKey[] = [];
  private readonly witnesses: Witness[] = [];
  private readonly groups: Group[] = [];
  private readonly names = new Set<string>();
  private readonly members = new Set<string>();
  private readonly keys = new Set<string>();
  private quorum: string | undefined;

  read(kind: string, words: readonly string[]): void {
    if (kind === "log" && (words.length === 1 || words.length === 2)) this.readLog(words[0] ?? "");
    else if (kind === "witness" && (words.length === 2 || words.length === 3)) {
      this.readWitness(words[0] ?? "", words[1] ?? "");
    } else if (kind === "group" && words.length >= 3) this.readGroup(words);
    else if (kind === "quorum" && words.length === 1) this.readQuorum(words[0] ?? "");
    else throw new DecodeError("neither log KEY, witness NAME KEY, group NAME RULE MEMBERS nor quorum NAME");
  }

  policy(): Policy {
    if (this.quorum === undefined) throw new DecodeError('the policy has no line "quorum"');
    const { logs, witnesses, groups } = this;
    return { logs, witnesses, groups, quorum: this.quorum === NO_QUORUM ? undefined : this.quorum };
  }

  private readLog(text: string): void {
    const key = decodeVerifierKey(text);
    this.claimKey(key);
    add(this.logs, key);
  }

  private readWitness(name: string, text: string): void {
    const key = decodeCosignerKey(text);
    this.claimKey(key);
    this.claimName(name);
    add(this.witnesses, { name, key });
  }

  private readGroup([name = "", rule = "", ...members]: readonly string[]): void {
    for (const member of members) {
      if (!this.names.has(member)) throw new DecodeError(`the member ${member} is not defined above`);
      if (this.members.has(member)) throw new DecodeError(`${member} is a member already`);
      this.members.add(member);
    }
    const threshold = thresholdOf(rule, members.length);
    this.claimName(name);
    add(this.groups, { name, threshold, members });
  }

  private readQuorum(name: string): void {
    if (this.quorum !== undefined) throw new DecodeError("there is a quorum already");
    if (name !== NO_QUORUM && !this.names.has(name)) throw new DecodeError(`${name} is not defined above`);
    this.quorum = name;
  }

  private claimName(name: string): void {
    if (name === NO_QUORUM || this.names.has(name)) throw new DecodeError(`nobody can be named ${name} here`);
    this.names.add(name);
  }

  /** Refuse one key twice, whatever its names, and two that signature lines cannot tell apart. */
  private claimKey(key: { name: string; keyId: Uint8Array; public: Uint8Array }): void {
    const claims = [hex(key.public), `${key.name} ${hex(key.keyId)}`];
    if (claims.some((claim) => this.keys.has(claim))) {
      throw new DecodeError(`the key of ${key.name} is in the policy already`);
    }
    for (const claim of claims) this.keys.add(claim);
  }
}

function add<T>(items: T[], item: T): void {
  if (items.length === LIMIT_OF_EACH_KIND) throw new DecodeError(`more than ${LIMIT_OF_EACH_KIND} lines of a kind`);
  items.push(item);
}

function thresholdOf(rule: string, members: number): number {
  if (rule === "all") return members;
  if (rule === "any") return 1;
  if (!/^[1-9][0-9]{0,3}$/.test(rule) || Number(rule) > members) {
    throw new DecodeError(`of ${members} members, all, any or a number of them agree, not ${rule}`);
  }
  return Number(rule);
}

// --- Checking ----------------------------------------------------------------------------

/** Say whether the witnesses with these names of the policy suffice. */
export function isQuorumMet(policy: Policy, names: ReadonlySet<string>): boolean {
  if (policy.quorum === undefined) return true;
  const agreed = new Set(policy.witnesses.map(({ name }) => name).filter((name) => names.has(name)));
  for (const { name, threshold, members } of policy.groups) {
    if (members.filter((member) => agreed.has(member)).length >= threshold) agreed.add(name);
  }
  return agreed.has(policy.quorum);
}

/** Check that a log of the policy signed, and that its quorum of witnesses cosigned. */
export function verifyUnderPolicy(note: Note, policy: Policy): {
  checkpoint: Checkpoint; cosigned: readonly Cosigned[];
} {
  const checkpoint = decodeCheckpoint(note);
  const keys = policy.logs.filter(({ name }) => name === checkpoint.origin);
  if (keys.length === 0) throw new InvalidProof(`the policy knows no log ${checkpoint.origin}`);
  verifyNote(note, keys);
  const newest = new Map<string, bigint>();
  for (const line of note.signatures) {
    const witness = policy.witnesses.find(({ key }) => isLineOf(line, key));
    if (witness === undefined) continue;
    const at = verifyCosignature(line, { checkpoint, key: witness.key });
    if (at > (newest.get(witness.name) ?? 0n)) newest.set(witness.name, at);
  }
  if (!isQuorumMet(policy, new Set(newest.keys()))) {
    const names = [...newest.keys()].join(", ") || "nobody";
    throw new InvalidProof(`the quorum ${policy.quorum} is not met: cosigned by ${names}`);
  }
  return { checkpoint, cosigned: [...newest].map(([name, at]) => ({ name, at })) };
}
