// Questions that ask for lists (PROTOCOL 1.3, 1.6, 3.3): other people's elections have them.
// Exactly one list is chosen; candidates only on it; and at least one of them.
import { answerContext } from "../protocol/context.ts";
import { type Ciphertext, encodeCiphertexts, product, readCiphertext } from "../protocol/elgamal.ts";
import { type Json, type JsonObject, readList, readObject, readText } from "../protocol/encoding.ts";
import { DecodeError, InvalidBallot, InvalidProof, NotSupported } from "../protocol/errors.ts";
import { decodeScalar, Element, encodeScalar, type Group, type Scalar } from "../protocol/group.ts";
import {
  type Breathe, encodeProof, type Proof, readProof, verifyBlank, verifyInterval,
} from "../protocol/proofs.ts";
import type { ListsAnswer, ListsQuestion } from "../protocol/question.ts";
import { challenge } from "../protocol/transcript.ts";

const BIT = [0, 1] as const;

/** Proves that a ciphertext does not encrypt zero. */
interface NonzeroProof {
  /** A0, which is the identity exactly if the plaintext is zero. */
  readonly commitment: Element;
  readonly challenge: Scalar;
  /** t1 and t2. */
  readonly response: readonly [Scalar, Scalar];
}

interface Statement {
  readonly publicKey: Element;
  readonly context: string;
  readonly breathe: Breathe;
}

/** Read a question of type "Lists"; no other type is known. */
export function readLists(type: Json | undefined, content: Json | undefined, place: string): ListsQuestion {
  if (type !== "Lists") throw new NotSupported(`${place}: this kind of question is not supported`);
  const fields = readObject(content, `${place}.value`, ["answers", "question"]);
  const lists = readList(fields["answers"], `${place}.value.answers`).map((names, index) => {
    const at = `${place}.value.answers[${index}]`;
    const list = readList(names, at).map((name) => readText(name, at));
    if (list.length === 0) throw new DecodeError(`${at}: a list has at least a name`);
    return list;
  });
  if (lists.length === 0) throw new DecodeError(`${place}: at least one list expected`);
  return new Lists(readText(fields["question"], `${place}.value.question`), lists);
}

class Lists implements ListsQuestion {
  readonly kind = "lists";

  constructor(readonly text: string, readonly lists: readonly (readonly string[])[]) {}

  flatten(value: Json | undefined, place: string): Json[] {
    const rows = readList(value, place, this.lists.length);
    return this.lists.flatMap(({ length }, index) => readList(rows[index], `${place}[${index}]`, length));
  }

  nest<T>(items: readonly T[]): T[][] {
    let start = 0;
    return this.lists.map(({ length }) => items.slice(start, (start += length)));
  }

  readAnswer(value: Json | undefined, place: string, group: Group): ListsAnswer {
    const fields = readObject(value, place, [
      "choices", "individual_proofs", "overall_proof", "list_proofs", "nonzero_proof",
    ]);
    const pair = (item: Json | undefined, at: string): Proof[] =>
      readList(item, at, BIT.length).map((proof, index) => readProof(proof, `${at}[${index}]`, group));
    const flat = (name: string): Json[] => this.flatten(fields[name], `${place}.${name}`);
    return new Answer(this, {
      choices: flat("choices").map((item, index) =>
        readCiphertext(item, `${place}.choices ${index + 1}`, group),
      ),
      individual: flat("individual_proofs").map((item, index) =>
        pair(item, `${place}.individual_proofs ${index + 1}`),
      ),
      overall: readProof(fields["overall_proof"], `${place}.overall_proof`, group),
      lists: readList(fields["list_proofs"], `${place}.list_proofs`, this.lists.length).map((item, index) =>
        pair(item, `${place}.list_proofs[${index}]`),
      ),
      nonzero: readNonzero(fields["nonzero_proof"], `${place}.nonzero_proof`, group),
    });
  }
}

interface Parts {
  /** For each list the list itself and then its candidates, one after the other. */
  readonly choices: readonly Ciphertext[];
  readonly individual: readonly (readonly Proof[])[];
  readonly overall: Proof;
  readonly lists: readonly (readonly Proof[])[];
  readonly nonzero: NonzeroProof;
}

class Answer implements ListsAnswer {
  readonly kind = "lists";
  readonly choices: readonly Ciphertext[];

  constructor(private readonly question: ListsQuestion, private readonly parts: Parts) {
    this.choices = parts.choices;
  }

  encode(): JsonObject {
    const { choices, individual, overall, lists, nonzero } = this.parts;
    return {
      choices: this.question.nest(encodeCiphertexts(choices)),
      individual_proofs: this.question.nest(individual.map((pair) => pair.map(encodeProof))),
      overall_proof: encodeProof(overall),
      list_proofs: lists.map((pair) => pair.map(encodeProof)),
      nonzero_proof: {
        commitment: nonzero.commitment.encode(),
        challenge: encodeScalar(nonzero.challenge),
        response: nonzero.response.map(encodeScalar),
      },
    };
  }

  async verify({ publicKey, context, breathe }: Statement): Promise<void> {
    const { choices, individual, overall, lists, nonzero } = this.parts;
    for (const [index, ciphertext] of choices.entries()) {
      const proofs = individual[index] ?? [];
      await verifyInterval({ publicKey, context, breathe, ciphertext, choices: BIT, proofs });
    }
    const whole = { publicKey, context: answerContext(context, choices), breathe };
    const rows = this.question.nest(choices);
    const chosen = product(rows.flatMap((row) => row.slice(0, 1)), publicKey.group);
    await verifyInterval({ ...whole, ciphertext: chosen, choices: [1], proofs: [overall] });
    for (const [index, [list, ...candidates]] of rows.entries()) {
      const branches = [
        { ciphertext: list as Ciphertext, shift: 1 },
        { ciphertext: product(candidates, publicKey.group), shift: 0 },
      ];
      await verifyBlank({ ...whole, prefix: "lproof", branches, proofs: lists[index] ?? [] });
    }
    const candidates = product(rows.flatMap((row) => row.slice(1)), publicKey.group);
    verifyNonzero({ ...whole, ciphertext: candidates, proof: nonzero });
  }
}

function readNonzero(value: Json | undefined, place: string, group: Group): NonzeroProof {
  const fields = readObject(value, place, ["commitment", "challenge", "response"]);
  const [first, second] = readList(fields["response"], `${place}.response`, 2);
  return {
    // With the check of membership: a point of small order would prove that zero is not zero.
    commitment: group.decode(fields["commitment"], `${place}.commitment`),
    challenge: decodeScalar(fields["challenge"], `${place}.challenge`, group.order),
    response: [
      decodeScalar(first, `${place}.response[0]`, group.order),
      decodeScalar(second, `${place}.response[1]`, group.order),
    ],
  };
}

/** Check A1 = α^t1·g^t2 and A2 = β^t1·y^t2·A0^c by their hash, and that A0 is not the identity. */
function verifyNonzero(input: Statement & { ciphertext: Ciphertext; proof: NonzeroProof }): void {
  const { publicKey, context, ciphertext: { alpha, beta }, proof } = input;
  const { commitment, challenge: c, response: [t1, t2] } = proof;
  if (commitment.isIdentity()) {
    throw new InvalidBallot("identity_element", "the proof that a candidate is chosen commits to none");
  }
  const first = Element.publicProduct(alpha, t1, publicKey.group.generator, t2);
  const second = Element.publicProduct(beta, t1, publicKey, t2).times(commitment.publicPower(c));
  if (challenge(`nonzero|${context}|`, [commitment, first, second]) !== c) {
    throw new InvalidProof("the proof that a candidate is chosen does not hold");
  }
}
