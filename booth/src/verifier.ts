export { verifyRecord } from "./verifier/run.ts";
