// Amounts: exact both ways, and nothing is rounded in silence.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as unit from "../src/units.js";

test("decimals are read exactly or refused", () => {
  assert.equal(unit.usd("12.5"), 12_500_000n);
  assert.equal(unit.price("0.00000001"), 1n);
  assert.equal(unit.base("-3"), -300_000_000n);
  assert.equal(unit.tokens("1.50", 1), 15n);
  assert.throws(() => unit.usd("0.0000001"), /7 places, its unit has 6/);
  for (const text of ["", "1e3", "1,000", ".5", "0x10", "--1"]) {
    assert.throws(() => unit.usd(text), RangeError, text);
  }
});

test("what is written is read as the same number", () => {
  for (const value of [0n, 1n, -1n, 999_999n, 1_000_000n, -123_456_789n, 1n << 62n]) {
    assert.equal(unit.usd(unit.formatUsd(unit.usdE6(value))), value);
  }
  assert.equal(unit.formatPercent(unit.ratioE9(50_000_000n)), "5");
});

test("a notional is rounded down and has no sign", () => {
  assert.equal(unit.notional(unit.base("-2"), unit.price("1.5")), unit.usd("3"));
  assert.equal(unit.notional(unit.baseE8(1n), unit.priceE8(1n)), 0n);
});
