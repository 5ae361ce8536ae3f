// Refusals: every one says what to do next, wherever its code is found, and whose code it is.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { ADVICE } from "../src/advice.js";
import { BULWARK_ERRORS } from "../src/generated/errorTable.js";
import * as client from "../src/index.js";

const { PROGRAM, explain, refusalFrom, refusalFromLogs, refusalOf } = client;
/** Pyth's receiver, which sits in the same transaction. */
const PYTH = client.ORACLE_OWNERS["classic-receiver"];
const coded = (code: number, index: number, more: object = {}) =>
  Object.assign(new Error("#"), { context: { code, index, ...more } });
const failed = (program: string, code: number) =>
  `Program ${program} failed: custom program error: 0x${code.toString(16)}`;

test("every error says what to do next, and what it names is there", () => {
  const missing = BULWARK_ERRORS.filter(({ name }) => !ADVICE[name]).map(({ name }) => name);
  assert.deepEqual(missing, [], "write what to do next into src/advice.ts");
  const exported = client as unknown as Record<string, unknown>;
  const named = Object.values(ADVICE).flatMap((advice) =>
    [...advice.matchAll(/\b([a-z]\w+)\(\)/g)].map(([, name]) => name as string),
  );
  assert.ok(named.includes("recoveryAddress"));
  assert.deepEqual(named.filter((name) => typeof exported[name] !== "function"), []);
});

test("advice doesn't promise what no single member can do, nor deny what the guardian can", () => {
  for (const [name, advice] of Object.entries(ADVICE)) assert.doesNotMatch(advice, /veto/, name);
  assert.match(ADVICE["Sealed"] ?? "", /guardian/);
});

test("a code that the program doesn't have is none of its", () => {
  assert.equal(refusalOf(1), null);
  assert.equal(refusalOf(16_000), null);
  assert.equal(refusalFrom(new Error("gone")), null);
});

test("a code is found in errors of kit, in their causes, and in logs", () => {
  const instructions = [{ programAddress: PYTH }, { programAddress: PROGRAM }];
  const outer = new Error("the transaction failed", { cause: coded(6012, 1) });
  assert.equal(refusalFrom(outer, { instructions })?.name, "NotLiquidatable");
  const logs = [`Program ${PROGRAM} invoke [1]`, failed(PROGRAM, 6012)];
  assert.equal(refusalFromLogs(logs)?.name, "NotLiquidatable");
  assert.equal(refusalFrom(new Error("?"), { logs })?.code, 6012);
  const told = Object.assign(new Error("preflight", { cause: coded(6012, 1) }), {
    context: { logs },
  });
  assert.equal(refusalFrom(told)?.code, 6012);
});

test("code 6000 of another program is none of ours", () => {
  const instructions = [{ programAddress: PYTH }, { programAddress: PROGRAM }];
  const error = coded(6000, 0);
  assert.equal(refusalFrom(error, { instructions }), null);
  assert.equal(refusalFrom(coded(6000, 1), { instructions })?.name, "Overflow");
  // Nothing says whose it is.
  assert.equal(refusalFrom(error), null);
  const logs = [`Program ${PYTH} invoke [1]`, failed(PYTH, 6000)];
  assert.equal(refusalFromLogs(logs), null);
  assert.equal(refusalFrom(error, { logs }), null);
  assert.equal(refusalFrom(coded(6000, 1, { logs }), { instructions }), null);
});

test("of programs that call each other the one that failed first is believed", () => {
  const other = "recYErg3F6m3yh6qZN2hXGGLXU7pXQ6GQZY5KZKqgM1";
  const called = [
    `Program ${other} invoke [1]`,
    `Program ${PROGRAM} invoke [2]`,
    failed(PROGRAM, 6000),
    failed(other, 6000),
  ];
  assert.equal(refusalFromLogs(called)?.name, "Overflow");
  const calls = [
    `Program ${PROGRAM} invoke [1]`,
    `Program ${other} invoke [2]`,
    failed(other, 6000),
    failed(PROGRAM, 6000),
  ];
  assert.equal(refusalFromLogs(calls), null);
});

test("the two numbers that clashed are read with sign and unit, of this program's lines only", () => {
  const clash = "Program log: 0x177a, 0xffffffffffffff9c, 0x64, 0x0, 0x0";
  const logs = [`Program ${PROGRAM} invoke [1]`, clash, failed(PROGRAM, 6010)];
  const refusal = refusalFromLogs(logs);
  assert.ok(refusal);
  assert.deepEqual(refusal.numbers, { have: -100n, need: 100n, unit: "usdE6" });
  assert.match(explain(refusal), /\(has -0.0001 USD, needs 0.0001 USD\)/);
  assert.equal(refusalOf(6011, logs)?.numbers, undefined);
  const foreign = [
    `Program ${PYTH} invoke [1]`,
    clash,
    `Program ${PYTH} success`,
    `Program ${PROGRAM} invoke [1]`,
    failed(PROGRAM, 6010),
  ];
  assert.equal(refusalFromLogs(foreign)?.numbers, undefined);
});

test("tokens are told with the mint's decimals, or as what they are", () => {
  const entry = refusalOf(6015);
  assert.equal(entry?.name, "InsufficientBalance");
  const refusal = { ...entry, numbers: { have: 5n, need: 1_500n, unit: "tokens" } } as const;
  assert.match(explain(refusal as client.Refusal, 3), /has 0.005 tokens, needs 1.5 tokens/);
  assert.match(explain(refusal as client.Refusal), /has 5 of the token's smallest unit/);
});

test("every error that the program logs numbers for has a unit here", () => {
  const path = new URL("../../../programs/bulwark/src/explain.rs", import.meta.url);
  const rows = readFileSync(path, "utf8").split("\n").filter((line) => /^\/\/! \| `/.test(line));
  const names = rows.flatMap((row) => {
    const [, first = ""] = row.split("|");
    return [...first.matchAll(/`(\w+)`/g)].map(([, name]) => name);
  });
  assert.ok(names.length >= 8);
  assert.deepEqual(names.sort(), Object.keys(client.CLASH_UNITS).sort());
});
