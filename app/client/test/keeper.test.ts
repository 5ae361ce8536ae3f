// The daily audit as keepers start it: `npm run keeper -- audit` against a cluster's RPC.
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { getAddressEncoder } from "@solana/kit";
import { type AuditedChain, type Audited, audit } from "../../../migrations/lib/audit.js";
import { MARGIN_STATE_DISCRIMINATOR } from "../src/generated/index.js";
import * as client from "../src/index.js";
import { serve } from "./cluster.js";
import { type Trader, SOL, USDC, World, chainOf } from "./world.js";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const run = promisify(execFile);
const PEOPLE = 19;
type Told = Record<string, unknown> & { readonly quote: Record<string, string> };

/** A venue with more accounts than one transaction marks, one of them empty. */
async function setting() {
  const world = await World.launch();
  const people: Trader[] = [];
  for (let number = 0; number < PEOPLE; number += 1) {
    const one = await world.trader(`trader ${number}`);
    await world.deposit(one, USDC, "100");
    if (number % 2 === 0) await world.deposit(one, SOL, "1");
    people.push(one);
  }
  await world.trader("nobody");
  for (let minute = 0; minute < 31; minute += 1) {
    world.vm.advance(60);
    await world.refreshAll();
  }
  return { world, vm: world.vm, people };
}

/** The same, served, and a wallet file. */
async function served() {
  const { world, vm, people } = await setting();
  const folder = mkdtempSync(join(tmpdir(), "bulwark-keeper-"));
  const seed = new Uint8Array(
    await crypto.subtle.digest("SHA-256", new TextEncoder().encode("authority")),
  );
  const key = [...seed, ...getAddressEncoder().encode(vm.authority.address)];
  writeFileSync(join(folder, "wallet.json"), JSON.stringify(key));
  const { url, server } = await serve(vm);
  const env = { ...process.env, ANCHOR_WALLET: join(folder, "wallet.json"), NO_COLOR: "1" };
  const args = ["run", "--silent", "keeper", "--", "audit", "--url", url];
  const keeper = async (...more: string[]) => run("npm", [...args, ...more], { cwd: ROOT, env });
  // Without npm between: it would be killed alone.
  const script = join(ROOT, "migrations/lib/keeperCli.ts");
  const own = ["--import", "tsx", script, "audit", "--url", url];
  const live = (...more: string[]) => spawn("node", [...own, ...more], { cwd: ROOT, env });
  return { world, vm, people, server, keeper, live };
}

/** A VM as a cluster that a keeper works on; `before` each of his transactions. */
function cluster(world: World, before: (sent: number) => unknown = () => {}): AuditedChain {
  const chain = chainOf(world.vm);
  let sent = 0;
  return {
    ...chain,
    send: async (payer, instructions) => {
      sent += 1;
      await before(sent);
      return chain.send(payer, instructions);
    },
    margins: async () => {
      const all = world.vm.svm.getProgramAccounts(client.PROGRAM);
      const starts = Buffer.from(Uint8Array.from(MARGIN_STATE_DISCRIMINATOR));
      return all
        .filter(({ data }) => Buffer.from(data.slice(0, 8)).equals(starts))
        .map(({ address }) => address);
    },
    balance: async (of) => world.vm.svm.getBalance(of) ?? 0n,
  };
}

/** Lets so many transactions through. */
const crashes = (after: number) => (sent: number) => {
  if (sent > after) throw new Error("the keeper has crashed");
};

test("npm run keeper -- audit: an audit, none due, the next day's", async () => {
  const { world, vm, people, server, keeper } = await served();
  try {
    const sent = vm.sent;
    const first = JSON.parse((await keeper("--json")).stdout) as Told;
    // Begun, counted (banks, markets), marked in two transactions, closed.
    assert.equal(vm.sent, sent + 6);
    assert.equal(first["transactions"], 6);
    assert.equal(first["audit"], 1);
    assert.equal(first["closed"], true);
    assert.match(first["root"] as string, /^(?!0{64})[0-9a-f]{64}$/);
    assert.equal(first["marked"], String(PEOPLE));
    assert.equal(first["changed"], String(PEOPLE));
    assert.equal(first.quote["changed"], String(client.usd(String(100 * PEOPLE))));
    assert.equal(first.quote["owed"], first.quote["changed"]);
    assert.deepEqual(first["tokens"], [
      { bank: 1, counted: "10000000000", owed: "10000000000", held: "10000000000" },
    ]);
    // The record's rent and the fees.
    assert.ok(Number(first["cost"]) > 30_000);

    const again = await keeper();
    assert.match(again.stdout, /audit +1 \(the latest; none is due\)/);
    assert.match(again.stdout, new RegExp(`root +${first["root"] as string}`));
    assert.equal(vm.sent, sent + 6);

    vm.advance(20 * 3_600);
    for (let minute = 0; minute < 31; minute += 1) {
      vm.advance(60);
      await world.refreshAll();
    }
    await world.deposit(people[3] as Trader, USDC, "7");
    const before = vm.sent;
    const { stdout } = await keeper();
    assert.equal(vm.sent, before + 6);
    assert.match(stdout, /audit +2\n/);
    assert.match(stdout, /accounts +19 marked of 19, 1 changed since the last/);
    assert.match(stdout, /quote, changed +\$107/);
    assert.match(stdout, /quote, owed +\$1907/);
    assert.match(stdout, /transactions +6, 0\.0000\d\d SOL/);
  } finally {
    server.close();
  }
});

test("npm run keeper -- audit --every goes on, and says what it can't do", async () => {
  const { vm, server, keeper, live } = await served();
  const child = live("--json", "--every", "1s");
  try {
    const lines: string[] = [];
    await new Promise<void>((ready, failed) => {
      child.once("error", failed);
      child.stdout.on("data", (part: Buffer) => {
        lines.push(...part.toString().trim().split("\n"));
        if (lines.length >= 2) ready();
      });
    });
    const [first, second] = lines.map((line) => JSON.parse(line) as Told);
    assert.deepEqual([first?.["closed"], second?.["closed"]], [true, false]);
    assert.equal(first?.["root"], second?.["root"]);
    assert.ok(vm.sent > 0);
    for (const wrong of [["--every", "often"], ["--every", "0h"], ["--compartment", "x"], ["now"]]) {
      await assert.rejects(keeper(...wrong), /error: /);
    }
    await assert.rejects(keeper("--compartment", "7"), /there is no compartment 7/);
  } finally {
    child.kill();
    server.close();
  }
});

test("a keeper that crashes after any of its transactions goes on there", async () => {
  const { world, vm } = await setting();
  const told: string[] = [];
  const run = { compartment: 0, payer: vm.authority, print: (line: string) => void told.push(line) };
  let done: Audited | undefined;
  for (let life = 0; done === undefined; life += 1) {
    assert.ok(life < 7, "it comes to an end");
    // Each life sends one transaction, and the next is lost.
    const chain = cluster(world, crashes(1));
    done = await audit({ ...run, chain }).catch((error: Error) => {
      assert.match(error.message, /has crashed/);
      return undefined;
    });
  }
  assert.equal(done.marked, BigInt(PEOPLE));
  assert.equal(done.quote.owed, client.usd(String(100 * PEOPLE)));
  assert.ok(told.some((line) => /going on with audit 1/.test(line)));
  // Nothing is due now, and nothing is sent.
  const sent = vm.sent;
  const again = await audit({ ...run, chain: cluster(world) });
  assert.equal(again.closed, false);
  assert.equal(vm.sent, sent);
});

test("two keepers don't hinder one another", async () => {
  for (const step of [1, 2, 3, 4, 5, 6]) {
    const { world, vm } = await setting();
    const run = { compartment: 0, payer: vm.authority, print: () => {} };
    // Before that step of the slower one the other does everything.
    const slow = cluster(world, async (sent) => {
      if (sent === step) await audit({ ...run, chain: cluster(world) });
    });
    const done = await audit({ ...run, chain: slow });
    assert.deepEqual([done.audit, done.marked], [1, BigInt(PEOPLE)], `step ${step}`);
    assert.equal(done.transactions, step - 1);
  }
});

test("an account that empties meanwhile is waited for, for an hour", async () => {
  const { world, vm, people } = await setting();
  const run = { compartment: 0, payer: vm.authority, print: () => {} };
  // Begun and counted; then somebody leaves.
  await assert.rejects(audit({ ...run, chain: cluster(world, crashes(3)) }), /crashed/);
  const leaver = people[1] as Trader;
  const destination = leaver.tokens[USDC] as (typeof leaver.tokens)[number];
  const amount = client.tokens("100", 6);
  const what = { bank: USDC, amount, destination, plain: true };
  await vm.send(leaver.owner, [
    await client.withdraw(world.deployment, leaver.owner, leaver.margin, what),
  ]);
  await assert.rejects(audit({ ...run, chain: cluster(world) }), /1 accounts were counted and are empty/);
  vm.advance(3_600);
  await world.refreshAll();
  const done = await audit({ ...run, chain: cluster(world) });
  assert.equal(done.closed, true);
  assert.deepEqual([done.accounts, done.marked], [BigInt(PEOPLE), BigInt(PEOPLE - 1)]);
});
