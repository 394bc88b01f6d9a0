// Checks inclusion proofs with npm's @sigstore/verify, one JSON object a line; prints what it says of each.
//   node tests/interop/sigstore_inclusion.cjs FILE
const { readFileSync } = require("node:fs");
const { VerificationError } = require("@sigstore/verify");
// The package checks proofs of Rekor's entries through this module, which knows nothing of Rekor.
const { verifyMerkleInclusion } = require("../../node_modules/@sigstore/verify/dist/tlog/merkle.js");

const bytes = (text) => Buffer.from(text, "base64");

for (const line of readFileSync(process.argv[2], "utf8").trimEnd().split("\n")) {
  const { index, size, root, hashes, entry } = JSON.parse(line);
  const proof = { logIndex: String(index), treeSize: String(size), hashes: hashes.map(bytes) };
  try {
    verifyMerkleInclusion(
      { canonicalizedBody: bytes(entry), inclusionProof: proof },
      { logSize: BigInt(size), logHash: bytes(root) },
    );
    process.stdout.write("holds\n");
  } catch (error) {
    if (!(error instanceof VerificationError)) throw error;
    process.stdout.write("refused\n");
  }
}
