// The package as it is published: built, packed, and loaded by Node.js without any tool.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const PACKAGE = fileURLToPath(new URL("../", import.meta.url));
const run = promisify(execFile);

test("the package builds, holds what it exports, and loads", async () => {
  await run("npm", ["run", "--silent", "build"], { cwd: PACKAGE });
  try {
    const { stdout } = await run("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], {
      cwd: PACKAGE,
    });
    const [{ files }] = JSON.parse(stdout) as [{ files: { path: string }[] }];
    const paths = files.map(({ path }) => path);
    for (const path of ["README.md", "dist/index.js", "dist/index.d.ts", "dist/generated/index.js"]) {
      assert.ok(paths.includes(path), path);
    }
    assert.deepEqual(paths.filter((path) => /^(test|scripts)\//.test(path)), []);
    const script = [
      'import { loadRules, loadWords, protocolAddress, usd } from "@bulwark/client";',
      'import { getFlagInstruction } from "@bulwark/client/generated";',
      "const rules = await loadRules();",
      "const words = await loadWords();",
      "let refused = '';",
      "try { rules.isPlain(new Uint8Array(1)); } catch (error) { refused = error.name; }",
      "console.log(await protocolAddress(), usd('1'), typeof getFlagInstruction, refused,",
      "typeof words.proposal);",
    ].join("\n");
    const loaded = await run("node", ["--input-type=module", "--eval", script], { cwd: PACKAGE });
    assert.match(loaded.stdout, /^\w{32,44} 1000000n function AccountError function$/m);
  } finally {
    rmSync(join(PACKAGE, "dist"), { recursive: true, force: true });
  }
});
