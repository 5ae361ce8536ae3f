// Refusals: every one says what to do next, wherever its code is found.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ADVICE } from "../src/advice.js";
import { BULWARK_ERRORS } from "../src/generated/errorTable.js";
import { explain, refusalFrom, refusalFromLogs, refusalOf } from "../src/index.js";

test("every error says what to do next", () => {
  const missing = BULWARK_ERRORS.filter(({ name }) => !ADVICE[name]).map(({ name }) => name);
  assert.deepEqual(missing, [], "write what to do next into src/advice.ts");
});

test("a code of another program is none of ours", () => {
  assert.equal(refusalOf(1), null);
  assert.equal(refusalOf(16_000), null);
  assert.equal(refusalFrom(new Error("gone")), null);
});

test("a code is found in errors of kit, in their causes, and in logs", () => {
  const inner = Object.assign(new Error("#2"), { context: { code: 6012, index: 0 } });
  const outer = new Error("the transaction failed", { cause: inner });
  assert.equal(refusalFrom(outer)?.name, "NotLiquidatable");
  const log = "Program 3udF failed: custom program error: 0x177c";
  assert.equal(refusalFromLogs(["Program 3udF invoke [1]", log])?.name, "NotLiquidatable");
  assert.equal(refusalFrom(new Error("?"), [log])?.code, 6012);
});

test("the two numbers that clashed are read, the first one with its sign", () => {
  const logs = [
    "Program log: 0x177a, 0xffffffffffffff9c, 0x64, 0x0, 0x0",
    "Program 3udF failed: custom program error: 0x177a",
  ];
  const refusal = refusalFromLogs(logs);
  assert.deepEqual(refusal?.numbers, { have: -100n, need: 100n });
  assert.match(explain(refusal as NonNullable<typeof refusal>), /has -100, needs 100/);
  assert.equal(refusalOf(6011, logs)?.numbers, undefined);
});
