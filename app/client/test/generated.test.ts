// The generated tables against the rules by which Anchor derives them.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { BULWARK_ERRORS } from "../src/generated/errorTable.js";
import { BULWARK_EVENTS } from "../src/generated/events.js";

test("an event's discriminator is the hash of its name", () => {
  const events = Object.entries(BULWARK_EVENTS);
  assert.ok(events.length >= 28);
  for (const [name, { discriminator }] of events) {
    const hash = createHash("sha256").update(`event:${name}`).digest();
    assert.deepEqual([...hash.subarray(0, 8)], discriminator, name);
  }
});

test("codes of errors are unique; rules begin at 6000 and accounts at 6200", () => {
  const codes = new Map(BULWARK_ERRORS.map(({ code, name }) => [code as number, name]));
  assert.equal(codes.size, BULWARK_ERRORS.length);
  assert.equal(codes.get(6000), "Overflow");
  assert.equal(codes.get(6200), "WrongProtocol");
});
