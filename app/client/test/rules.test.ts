// Loading the rules: a failure isn't kept.
import assert from "node:assert/strict";
import { test } from "node:test";
import { loadRules } from "../src/index.js";

test("after a failed compilation the next call compiles again, then once for all", async (t) => {
  const real = WebAssembly.instantiate;
  const failing = t.mock.method(WebAssembly, "instantiate", () =>
    Promise.reject(new Error("out of memory")),
  );
  const both = [loadRules(), loadRules()];
  for (const one of both) await assert.rejects(one, /out of memory/);
  assert.equal(failing.mock.callCount(), 1);
  failing.mock.restore();
  assert.equal(WebAssembly.instantiate, real);
  const rules = await loadRules();
  assert.equal(await loadRules(), rules);
});
