// The deployment as people start it: `npm run deploy` against a cluster, and the way `anchor
// migrate` calls migrations/deploy.ts.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { getAddressEncoder } from "@solana/kit";
import { checkConfig } from "../../../migrations/lib/config.js";
import { serve } from "./cluster.js";
import { Vm } from "./vm.js";
import { prepare, standardConfig } from "./world.js";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const run = promisify(execFile);

/** A served cluster, a wallet file and a configuration file. */
async function setting() {
  const vm = await Vm.deployed();
  await prepare(vm);
  const folder = mkdtempSync(join(tmpdir(), "bulwark-deploy-"));
  // As solana-keygen writes it: the seed, then the public key.
  const seed = new Uint8Array(
    await crypto.subtle.digest("SHA-256", new TextEncoder().encode("authority")),
  );
  const key = [...seed, ...getAddressEncoder().encode(vm.authority.address)];
  writeFileSync(join(folder, "wallet.json"), JSON.stringify(key));
  writeFileSync(join(folder, "venue.json"), JSON.stringify(await standardConfig()));
  const { url, server } = await serve(vm);
  const env = { ...process.env, ANCHOR_WALLET: join(folder, "wallet.json"), NO_COLOR: "1" };
  return { vm, folder, url, server, env };
}

test("npm run deploy: dry run, run, second run", async () => {
  const { vm, folder, url, server, env } = await setting();
  const deploy = async (...more: string[]) => {
    const args = ["run", "--silent", "deploy", "--", "--url", url, ...more];
    const { stdout } = await run("npm", [...args, join(folder, "venue.json")], { cwd: ROOT, env });
    return stdout;
  };
  try {
    const sent = vm.sent;
    const dry = await deploy("--dry-run");
    assert.match(dry, /13 steps to do, rent 1\.\d+ SOL\nthe program's account takes releases of \d+/);
    assert.equal(vm.sent, sent);
    assert.match(await deploy(), /13 steps done, rent 1\.\d+ SOL/);
    // The market's refresh found nothing newer than the first price, and was left out.
    assert.equal(vm.sent, sent + 14);
    const state = JSON.parse(readFileSync(join(folder, "venue.state.json"), "utf8")) as object;
    assert.ok("lookupTable" in state);
    assert.match(await deploy(), /nothing to do: everything is there/);
    assert.equal(vm.sent, sent + 14);
  } finally {
    server.close();
  }
});

test("anchor migrate: the exported function takes the cluster from the provider", async () => {
  const { vm, folder, url, server, env } = await setting();
  // What anchor-cli 1.2 writes into .anchor/deploy.ts, beside as much of its package as that uses.
  const anchor = [
    "exports.web3 = { Connection: class { constructor(url) { this.rpcEndpoint = url; } } };",
    "exports.Wallet = { local: () => ({}) };",
    "exports.AnchorProvider = class {",
    "  static defaultOptions() { return { commitment: 'processed' }; }",
    "  constructor(connection) { this.connection = connection; }",
    "};",
  ];
  const host = [
    "import * as anchor from '@anchor-lang/core';",
    `const userScript = require(${JSON.stringify(join(ROOT, "migrations/deploy.ts"))});`,
    "async function main() {",
    "    const connection = new anchor.web3.Connection(",
    `      "${url}",`,
    "      anchor.AnchorProvider.defaultOptions().commitment",
    "    );",
    "    const wallet = anchor.Wallet.local();",
    "    const provider = new anchor.AnchorProvider(connection, wallet);",
    "    userScript(provider);",
    "}",
    "main();",
  ];
  mkdirSync(join(ROOT, ".anchor"), { recursive: true });
  const beside = mkdtempSync(join(ROOT, ".anchor/test-"));
  const stub = join(beside, "node_modules/@anchor-lang/core");
  mkdirSync(stub, { recursive: true });
  writeFileSync(join(stub, "index.js"), anchor.join("\n"));
  writeFileSync(join(beside, "deploy.ts"), host.join("\n"));
  try {
    const script = join(beside, "deploy.ts");
    const { stdout } = await run("npm", ["run", "--silent", "ts-node", script], {
      cwd: join(ROOT, ".anchor"),
      env: { ...env, BULWARK_CONFIG: join(folder, "venue.json") },
    });
    assert.match(stdout, /13 steps done/);
    assert.ok(vm.sent > 13);
  } finally {
    server.close();
    rmSync(beside, { recursive: true });
  }
});

test("the configuration for devnet is well-formed", () => {
  const file = join(ROOT, "migrations/config/devnet.json");
  const config = checkConfig(JSON.parse(readFileSync(file, "utf8")));
  assert.equal(config.markets.length, 2);
  assert.equal(config.seal, false);
});
