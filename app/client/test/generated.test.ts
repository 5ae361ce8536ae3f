// The generated tables against the interface file and the rules by which Anchor derives them, and
// the hand-written builders and readers against both.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { BULWARK_ERRORS } from "../src/generated/errorTable.js";
import { BULWARK_EVENTS } from "../src/generated/events.js";
import * as client from "../src/index.js";

interface Named {
  readonly name: string;
}

const idl = JSON.parse(
  readFileSync(new URL("../../../idl/bulwark.json", import.meta.url), "utf8"),
) as Record<"instructions" | "accounts" | "events" | "errors", readonly Named[]>;
const exported = client as unknown as Record<string, unknown>;
const camel = (name: string) => name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());

test("an event's discriminator is the hash of its name, and every event is there", () => {
  const events = Object.entries(BULWARK_EVENTS);
  assert.deepEqual(events.map(([name]) => name).sort(), idl.events.map(({ name }) => name).sort());
  for (const [name, { discriminator }] of events) {
    const hash = createHash("sha256").update(`event:${name}`).digest();
    assert.deepEqual([...hash.subarray(0, 8)], discriminator, name);
  }
});

test("codes of errors are unique; rules begin at 6000 and accounts at 6200", () => {
  const codes = new Map(BULWARK_ERRORS.map(({ code, name }) => [code as number, name]));
  assert.equal(codes.size, BULWARK_ERRORS.length);
  assert.equal(codes.size, idl.errors.length);
  assert.equal(codes.get(6000), "Overflow");
  assert.equal(codes.get(6200), "WrongProtocol");
});

test("every instruction of the program has a function", () => {
  const names = idl.instructions.map(({ name }) => camel(name));
  assert.ok(names.length > 0);
  assert.deepEqual(names.filter((name) => typeof exported[name] !== "function"), []);
});

test("every account of the program has a reader and a size", () => {
  const names = idl.accounts.map(({ name }) => name.replace(/State$/, ""));
  const without = names.filter((name) => typeof exported[`read${name}`] !== "function");
  assert.deepEqual(without, []);
  assert.deepEqual(
    names.map((name) => name.toLowerCase()).sort(),
    Object.keys(client.ACCOUNT_SIZES).sort(),
  );
});
