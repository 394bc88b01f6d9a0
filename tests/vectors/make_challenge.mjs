// Writes challenge.json beside this file: node tests/vectors/make_challenge.mjs
// Made by the booth's own code with fresh randomness: run again, it gives other values with the same
// verdicts. The independent check is evote's (tests/unit/evote/test_challenge.py).
import { buildSync } from "esbuild";
import { writeFileSync } from "node:fs";

const ROOT = new URL("../../", import.meta.url);
const entry = ["ballot", "challenge", "election", "encoding", "group"]
  .map((name) => `export * from "./booth/src/protocol/${name}.ts";`).join("\n");
const { outputFiles: [bundle] } = buildSync({
  stdin: { contents: entry, resolveDir: ROOT.pathname, loader: "ts" },
  bundle: true, write: false, format: "esm", platform: "node", target: "node20",
});
const booth = await import(`data:text/javascript;base64,${Buffer.from(bundle.contents).toString("base64")}`);
const { decodeElection, encodeChallenge, encodeJson, GENERATOR, randomScalar, sealBallot, utf8 } = booth;

const CREDENTIAL = "VFZ3v-gvS7My-VnJkG-Mg4KyA";
const PLAIN = { answers: ["Alpha", "B,2", "投票"], min: 0, max: 2, question: "Which?" };
const BLANK = { answers: ["Yes", "No"], blank: true, min: 1, max: 1, question: "Approve?" };
const RANKED = { type: "NonHomomorphic", value: { answers: ["A", "B", "C"], question: "Rank" } };
const GRADED = { type: "NonHomomorphic", value: { answers: ["A", "B"], question: "Grade" } };
const RULES = [
  { method: "counts" }, { method: "counts" }, { method: "schulze" },
  { method: "majority-judgment", grades: ["Good", "Fair", "Bad"] },
];

function electionText(questions, pnyx) {
  return encodeJson({
    version: 1, description: "", name: "A vote", group: "Ed25519",
    public_key: GENERATOR.power(randomScalar()).encode(), questions, uuid: "hfd19JUwUteUwr",
    ...(pnyx === undefined ? {} : { pnyx }),
  });
}

async function opened(election, answers) {
  const sealed = await sealBallot({ election, credential: CREDENTIAL, answers });
  const challenge = encodeChallenge({ election, ...sealed, answers });
  return { tracker: sealed.ballot.tracker, challenge };
}

/** Everything that must be found out, each with the step that finds it. */
function forgeries({ tracker, challenge }, other) {
  const parsed = JSON.parse(challenge);
  const [bits, ...rest] = parsed.randomness;
  const raise = (number) => String(BigInt(number) + 1n);
  const forged = (comment, step, changes) => ({
    comment, step, tracker, challenge: encodeJson({ ...parsed, ...changes }),
  });
  const [first, ...answers] = parsed.answers;
  const flipped = first.map((bit) => (bit === 0 ? 1 : 0));
  return [
    forged("version 2", "form", { version: 2 }),
    forged("an unknown field", "form", { more: 1 }),
    forged("a number r with a leading zero", "form", { randomness: [[`0${bits[0]}`, ...bits.slice(1)], ...rest] }),
    forged("an answer as text", "form", { answers: [["0"], ...answers] }),
    forged("the fingerprint of another election", "election", { election_hash: "A".repeat(43) }),
    forged("a ballot with a space", "ballot", { ballot: parsed.ballot.replace(",", ", ") }),
    forged("a ballot with another signature", "ballot", {
      ballot: parsed.ballot.replace(/"response":"(\d+)"\}\}\}$/, (_, number) => `"response":"${raise(number)}"}}}`),
    }),
    forged("other choices than were encrypted", "opening", { answers: [flipped, ...answers] }),
    forged("another number r", "opening", { randomness: [[raise(bits[0]), ...bits.slice(1)], ...rest] }),
    forged("a number r too few", "opening", { randomness: [bits.slice(1), ...rest] }),
    forged("a number r too many", "opening", { randomness: [[...bits, "1"], ...rest] }),
    forged("an answer too few", "opening", { answers: [first.slice(1), ...answers] }),
    forged("an answer too many", "opening", { answers: [[...first, 0], ...answers] }),
    forged("a question too few", "opening", { answers }),
    forged("a question too many", "opening", { answers: [...parsed.answers, [0]] }),
    ...(rest.length === 0 ? [] : [
      forged("other ranks than were encrypted", "opening", {
        answers: parsed.answers.map((answer, at) => (at === 2 ? [...answer].reverse() : answer)),
      }),
      forged("a rank of 256", "opening", {
        answers: parsed.answers.map((answer, at) => (at === 2 ? [256, ...answer.slice(1)] : answer)),
      }),
      forged("a ranking's number r in a list", "opening", {
        randomness: parsed.randomness.map((one) => (typeof one === "string" ? [one] : one)),
      }),
    ]),
    { comment: "another tracker than was seen before", step: "tracker", tracker: other.tracker, challenge },
  ];
}

async function contentsOf(name, text, votes) {
  const election = decodeElection(utf8(text));
  const valid = [];
  for (const answers of votes) valid.push(await opened(election, answers));
  return { name, election: text, valid, forged: forgeries(valid[0], valid[1]) };
}

const elections = [
  await contentsOf("one question", electionText([PLAIN]), [[[0, 1, 0]], [[1, 0, 1]], [[0, 0, 0]]]),
  await contentsOf("every kind of question", electionText([PLAIN, BLANK, RANKED, GRADED], { rules: RULES }), [
    [[1, 1, 0], [0, 1, 0], [1, 2, 0], [3, 1]],
    [[0, 0, 1], [1, 0, 0], [0, 0, 0], [0, 0]],
    [[0, 0, 0], [0, 0, 1], [1, 1, 2], [2, 2]],
  ]),
];
writeFileSync(new URL("challenge.json", import.meta.url), `${JSON.stringify({ elections }, null, 1)}\n`);
