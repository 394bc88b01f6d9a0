// Compiles PnyxAnchor.sol into PnyxAnchor.json, the same bytes on every machine.
// With --check it writes nothing and fails where the file differs.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import solc from "solc";

const NAME = "PnyxAnchor";
const folder = new URL(".", import.meta.url);
const source = readFileSync(new URL(`${NAME}.sol`, folder), "utf8");
const input = {
    language: "Solidity",
    sources: { [`${NAME}.sol`]: { content: source } },
    settings: {
        evmVersion: "cancun",
        metadata: { bytecodeHash: "none" },
        optimizer: { enabled: true, runs: 200 },
        outputSelection: { "*": { "*": ["abi", "evm.bytecode.object", "evm.deployedBytecode.object", "evm.methodIdentifiers"] } },
    },
};
const output = JSON.parse(solc.compile(JSON.stringify(input)));
if (output.errors?.length) {
    process.stderr.write(output.errors.map((error) => error.formattedMessage).join("\n"));
    process.exit(1);
}
const contract = output.contracts[`${NAME}.sol`][NAME];
const built = {
    contract: NAME,
    source: createHash("sha256").update(source).digest("hex"),
    compiler: solc.version(),
    settings: { evmVersion: "cancun", bytecodeHash: "none", optimizerRuns: 200 },
    abi: contract.abi,
    selectors: contract.evm.methodIdentifiers,
    bytecode: `0x${contract.evm.bytecode.object}`,
    deployed: `0x${contract.evm.deployedBytecode.object}`,
};
const text = `${JSON.stringify(built, null, 2)}\n`;
const file = new URL(`${NAME}.json`, folder);
if (process.argv.includes("--check")) {
    if (readFileSync(file, "utf8") !== text) {
        process.stderr.write(`${NAME}.json is not what ${NAME}.sol compiles to. Run: npm run build\n`);
        process.exit(1);
    }
} else {
    writeFileSync(file, text);
}
