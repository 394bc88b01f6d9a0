// The secret key of a trustee's slot, whether it stands alone or is a member's share.
import type { Scalar } from "../protocol/group.ts";
import { GENERATOR } from "../protocol/group.ts";
import type { Slot, Trustees } from "../protocol/trustees.ts";
import type { KeyFile } from "./keyfile.ts";
import { Member, readState, type State } from "./member.ts";
import { askFor, Refused } from "./server.ts";

/** The key file opened for one election: x, and the slot whose public key is g^x. */
export interface OpenSlot {
  readonly owner: number;
  readonly slot: Slot;
  readonly secretKey: Scalar;
  /** The member and the ceremony, where the slot belongs to a threshold. */
  readonly ceremony: { readonly member: Member; readonly state: State } | undefined;
}

/** Find the secret key of a slot; throws Refused where the file is another's. */
export async function openSlot(input: {
  file: KeyFile;
  uuid: string;
  owner: number;
  trustees: Trustees;
}): Promise<OpenSlot> {
  const { file: { secret }, uuid, owner, trustees } = input;
  const slot = trustees.slots[owner - 1];
  if (slot === undefined) throw new Refused("other-key");
  let ceremony: OpenSlot["ceremony"];
  let secretKey: Scalar;
  if (secret.kind === "single") {
    secretKey = secret.secretKey;
  } else {
    if (slot.member === undefined) throw new Refused("other-key");
    const value = await askFor(`/api/elections/${uuid}/ceremonies/${slot.item}`);
    if (value === undefined) throw new Refused("network");
    ceremony = { member: new Member(secret.seed, uuid, slot.member), state: readState(value) };
    secretKey = await ownSecretKey(ceremony.member, ceremony.state);
  }
  if (!GENERATOR.power(secretKey).equals(slot.trustee.publicKey)) throw new Refused("other-key");
  return { owner, slot, secretKey, ceremony };
}

async function ownSecretKey(member: Member, state: State): Promise<Scalar> {
  try {
    return await member.ownSecretKey(state);
  } catch {
    throw new Refused("other-key");
  }
}
