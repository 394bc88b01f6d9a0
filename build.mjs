// static/src and booth/src -> static/dist. Same input, same bytes; prints each file's size and hash.
//   node build.mjs           the style sheet, the scripts, the icon, and manifest.json with their hashes
//   node build.mjs --tests   booth/test/*.test.ts and its programs -> build/tests/*.mjs, for node
import { buildSync, transformSync } from "esbuild";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { compile } from "sass";

process.chdir(dirname(fileURLToPath(import.meta.url)));
const DIST = "static/dist";
const BROWSERS = ["chrome111", "firefox113", "safari16.4"];
const SCRIPTS = {
  "site.js": "static/src/site.ts",
  "booth.js": "booth/src/main.ts",
  "trustee.js": "booth/src/trustee.ts",
  "verifier.js": "booth/src/verifier.ts",
  "checker.js": "booth/src/checker.ts",
  "receipt.js": "booth/src/receipt.ts",
  "evidence.js": "booth/src/evidence.ts",
  "webauthn.js": "static/src/webauthn.ts",
};
// The government's typeface and emblems are not ours to use, and a sheet that fetches nothing needs no url().
const FORBIDDEN_IN_STYLE = ["GDS Transport", "crest", "crown", "url(/", "url(http"];

// govuk-frontend still says margin-left; we say margin-inline-start, so that one sheet serves both directions.
const side = (value) => value.replace("left", "start").replace("right", "end");
const logical = (css) => css
  .replace(/\b(margin|padding)-(left|right)(?=\s*:)/g, (_, box, edge) => `${box}-inline-${side(edge)}`)
  .replace(/\bborder-(left|right)(-\w+)?(?=\s*:)/g, (_, edge, rest = "") => `border-inline-${side(edge)}${rest}`)
  .replace(/(?<=[{;\s])(left|right)(?=\s*:)/g, (_, edge) => `inset-inline-${side(edge)}`)
  .replace(/\btext-align\s*:\s*(left|right)/g, (_, edge) => `text-align:${side(edge)}`)
  .replace(/\b(float|clear)\s*:\s*(left|right)/g, (_, name, edge) => `${name}:inline-${side(edge)}`);

function style() {
  const sheet = compile("static/src/scss/pnyx.scss", { loadPaths: ["node_modules"], quietDeps: true });
  const { code } = transformSync(logical(sheet.css), { loader: "css", minify: true, target: BROWSERS });
  const found = FORBIDDEN_IN_STYLE.filter((words) => code.includes(words));
  if (found.length) throw new Error(`pnyx.css mentions ${found.join(", ")}`);
  return Buffer.from(code);
}

function script(entry) {
  const { outputFiles } = buildSync({
    entryPoints: [entry], bundle: true, minify: true, write: false, format: "esm", platform: "browser",
    target: BROWSERS, charset: "utf8", legalComments: "eof", logLevel: "error",
  });
  return Buffer.from(outputFiles[0].contents);
}

function build() {
  const files = { "favicon.svg": readFileSync("static/src/favicon.svg"), "pnyx.css": style() };
  for (const [name, entry] of Object.entries(SCRIPTS)) if (existsSync(entry)) files[name] = script(entry);

  mkdirSync(DIST, { recursive: true });
  const manifest = {};
  for (const name of Object.keys(files).sort()) {
    const digest = createHash("sha256").update(files[name]).digest();
    manifest[name] = { sha256: digest.toString("hex"), integrity: `sha256-${digest.toString("base64")}` };
    writeFileSync(join(DIST, name), files[name]);
  }
  writeFileSync(join(DIST, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  for (const [name, { sha256 }] of Object.entries(manifest)) {
    console.log(`${name.padEnd(12)}${String(files[name].length).padStart(8)} bytes  sha256 ${sha256}`);
  }
}

const isProgram = (name) => name.endsWith(".test.ts") || ["mutants.ts", "receipts.ts", "trustee_program.ts"].includes(name);

function buildTests() {
  const tests = existsSync("booth/test") ? readdirSync("booth/test").filter(isProgram).sort() : [];
  rmSync("build/tests", { recursive: true, force: true });
  mkdirSync("build/tests", { recursive: true });
  for (const name of tests) {
    buildSync({
      entryPoints: [`booth/test/${name}`], bundle: true, format: "esm", platform: "node", target: "node20",
      outfile: `build/tests/${name.replace(/\.ts$/, ".mjs")}`, logLevel: "error",
    });
  }
}

process.argv.includes("--tests") ? buildTests() : build();
