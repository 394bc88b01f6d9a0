// What a trustee's program checks in the companion file before it decrypts (PROTOCOL 2.2, 2.4, 2.8).
import { NO_PREVIOUS_BALLOT, verifyCast } from "./cast.ts";
import { type Companion, decodeCompanion } from "./companion.ts";
import { DecodeError, InvalidProof, InvalidRecord } from "./errors.ts";
import type { Breathe } from "./proofs.ts";
import { hasRanking, minimumShuffles, type Recount } from "./recount.ts";
import { verifyShuffleStatement, verifyTranscript } from "./statements.ts";
import { transcriptHash } from "./transcript_hash.ts";

/** Check the file beside a record of profile 1: the seal, every cast, every shuffle.
 *
 * Throws InvalidRecord with the place. The strong proofs of others' decryptions are not checked:
 * they change nothing about what this trustee decrypts.
 */
export async function checkBeside(input: {
  data: Uint8Array;
  found: Recount;
  breathe: Breathe;
}): Promise<void> {
  const { found, breathe } = input;
  const companion = placed("companion", () => decodeCompanion(input.data));
  const { election } = found;
  if (companion.uuid !== election.uuid || companion.fingerprint !== election.fingerprint) {
    throw new InvalidRecord("companion", "it belongs to another election");
  }
  checkSeal(companion, found);
  await checkCasts(companion, found, breathe);
  checkShuffleStatements(companion, found);
}

function checkSeal({ ceremony }: Companion, found: Recount): void {
  const { commits, transcript, signatures } = ceremony;
  const { election: { fingerprint }, trustees, trusteesData: data } = found;
  const place = "companion, ceremony";
  const own = placed(place, () => transcriptHash({ fingerprint, data, trustees, commits }));
  if (own !== transcript) throw new InvalidRecord(place, "the transcript is another");
  requireEqual(signatures.length, trustees.slots.length, place);
  trustees.slots.forEach(({ trustee: { publicKey } }, index) => {
    const proof = signatures[index];
    if (proof === undefined) throw new InvalidRecord(place, "a signature is missing");
    placed(`${place}, signature ${index + 1}`, () =>
      verifyTranscript({ fingerprint, transcript, publicKey, proof }),
    );
  });
}

/** Each ballot follows the one before it of the same credential, and its credential says so. */
async function checkCasts({ casts }: Companion, found: Recount, breathe: Breathe): Promise<void> {
  const { election: { fingerprint }, ballots } = found;
  requireEqual(casts.length, ballots.length, "companion, casts");
  const newest = new Map<string, string>();
  for (const [index, { credential, tracker }] of ballots.entries()) {
    const place = `companion, cast ${index}`;
    const cast = casts[index];
    const prev = newest.get(credential.encode()) ?? NO_PREVIOUS_BALLOT;
    if (cast?.tracker !== tracker || cast.prev !== prev) {
      throw new InvalidRecord(place, "it is not about this ballot and the one before");
    }
    placed(place, () => verifyCast({ ...cast, fingerprint, credential }));
    newest.set(credential.encode(), tracker);
    await breathe();
  }
}

/** Each shuffle is signed by whom the record names, and there are enough by different trustees. */
function checkShuffleStatements({ shuffles }: Companion, found: Recount): void {
  const { election, trustees } = found;
  requireEqual(shuffles.length, found.shuffles.length, "companion, shuffles");
  for (const [index, { owner, payload, parent }] of found.shuffles.entries()) {
    const place = `companion, shuffle ${index}`;
    const statement = shuffles[index];
    const publicKey = trustees.slots[owner - 1]?.trustee.publicKey;
    if (statement?.owner !== owner || statement.payload !== payload || publicKey === undefined) {
      throw new InvalidRecord(place, "it is about another shuffle");
    }
    const { proof } = statement;
    const { fingerprint } = election;
    placed(place, () => verifyShuffleStatement({ fingerprint, publicKey, parent, payload, proof }));
  }
  if (hasRanking(election) && found.closing !== undefined && found.shuffles.length < minimumShuffles(election)) {
    throw new InvalidRecord("record", `fewer than ${minimumShuffles(election)} trustees have shuffled`);
  }
}

function requireEqual(count: number, expected: number, place: string): void {
  if (count !== expected) throw new InvalidRecord(place, `${expected} elements expected`);
}

function placed<T>(place: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (error instanceof DecodeError || error instanceof InvalidProof) {
      throw new InvalidRecord(place, error.message);
    }
    throw error;
  }
}
