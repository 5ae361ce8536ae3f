// A venue's history by RPC, proved by `bulwark verify`.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { history } from "../../../migrations/lib/history.js";
import { Council } from "./council.js";
import { serve } from "./cluster.js";
import { USDC, World } from "./world.js";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const VERIFY = join(ROOT, "target/debug/bulwark");
const run = promisify(execFile);

/** A venue with a guardian, a trader, a failed transaction and a decision. */
async function served() {
  const world = await World.launch();
  const council = await Council.of(world);
  const trader = await world.trader("alice");
  await world.deposit(trader, USDC, "100");
  const nonce = await council.propose({ kind: "pause", scope: 0, seconds: 3_600, reason: 1 });
  await council.approve(2, nonce);
  await assert.rejects(council.approve(2, nonce), /AlreadyApproved/);
  await council.object(3, nonce);
  return { world, ...(await serve(world.vm)) };
}

async function read(options: Parameters<typeof history>[0]): Promise<string[]> {
  const lines = [];
  for await (const line of history(options)) lines.push(line);
  return lines;
}

test("a history is read whole, oldest first, page by page and from where one stopped", async () => {
  const { world, url, server } = await served();
  try {
    const told: number[] = [];
    const lines = await read({ url, progress: (done, all) => void told.push(done, all) });
    const failed = world.vm.history.filter(({ sent }) => "err" in sent).length;
    assert.ok(failed >= 1 && lines.length === world.vm.history.length - failed);
    assert.deepEqual(told.slice(-2), [lines.length, lines.length]);
    assert.deepEqual(await read({ url, page: 3 }), lines);
    const cut = lines.length - 2;
    const last = JSON.parse(lines[cut - 1] ?? "").transaction.signatures[0];
    assert.deepEqual(await read({ url, after: last }), lines.slice(cut));
    const slots = lines.map((line) => JSON.parse(line).slot as number);
    assert.deepEqual(slots, slots.toSorted((a, b) => a - b));
  } finally {
    server.close();
  }
  await assert.rejects(read({ url, wait: 1 }), /fetch failed/);
});

test("npm run history: bulwark verify proves it, and refutes it with a line left out", async (t) => {
  if (!existsSync(VERIFY)) return t.skip("target/debug/bulwark isn't built");
  const { url, server } = await served();
  const folder = mkdtempSync(join(tmpdir(), "bulwark-history-"));
  const [lines, accounts] = ["history.jsonl", "accounts.json"].map((name) => join(folder, name));
  const dumped = ["--url", url, "--accounts", accounts ?? ""];
  try {
    const command = ["run", "--silent", "history", "--", ...dumped];
    const { stdout, stderr } = await run("npm", command, { cwd: ROOT, maxBuffer: 1 << 26 });
    assert.match(stderr, /(\d+) of \1 transactions/);
    writeFileSync(lines ?? "", stdout);
    const proved = await run(VERIFY, ["verify", lines ?? "", "--accounts", accounts ?? ""]);
    assert.match(proved.stdout, /accounts/);
    const kept = readFileSync(lines ?? "", "utf8").trimEnd().split("\n");
    kept.splice(kept.length - 2, 1);
    writeFileSync(lines ?? "", kept.join("\n"));
    await assert.rejects(run(VERIFY, ["verify", lines ?? "", "--accounts", accounts ?? ""]));
  } finally {
    server.close();
  }
});
