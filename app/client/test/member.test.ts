// What members do in a bad hour, as they do it: `npm run member` against a cluster's RPC.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { getAddressEncoder } from "@solana/kit";
import { Member, readAction } from "../../../migrations/lib/member.js";
import * as client from "../src/index.js";
import { serve } from "./cluster.js";
import { Council } from "./council.js";
import { World, chainOf, refuses } from "./world.js";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const run = promisify(execFile);
const mode = (world: World) =>
  client.readCompartment(world.vm.found(world.deployment.compartment)).layout.mode;

test("a pause is proposed, approved by two, and in force once it is executed", async () => {
  const world = await World.launch();
  const council = await Council.of(world);
  const lines: string[] = [];
  const voice = async (number: number) =>
    Member.of({
      chain: chainOf(world.vm),
      compartment: 0,
      signer: council.member(number),
      confirm: async () => {},
      print: (line) => void lines.push(line),
    });
  const one = await voice(1);
  await one.heartbeat();
  const before = mode(world);
  const pause = readAction('{"kind": "pause", "scope": 0, "seconds": 3600, "reason": 1}');
  const nonce = await one.propose(pause);
  for (const number of [2, 3]) await (await voice(number)).approve(nonce);
  assert.match(lines.at(-1) ?? "", /not in force yet: anyone executes it/);
  assert.deepEqual(mode(world), before);
  await (await voice(5)).execute(nonce);
  assert.notDeepEqual(mode(world), before);
  await assert.rejects(one.approve(99n), Error);

  // Parameters go by name, and Recovery by its own instruction.
  const tighten = readAction(
    '{"kind": "tighten", "compartment": 0, "subject": {"item": "market", "index": 0},' +
      ' "setting": {"id": "market.oi_cap", "value": 0}}',
  );
  const cap = await one.propose(tighten);
  await (await voice(2)).approve(cap);
  await one.execute(cap);
  assert.equal((await council.proposal(cap)).state, "executed");
  const end = await one.propose({ kind: "announceRecovery", compartment: 0 });
  for (const number of [2, 3, 4]) await (await voice(number)).approve(end);
  await refuses("BadAction", () => council.execute(end));
  await one.execute(end);
  assert.equal((await council.proposal(end)).state, "executed");
  assert.throws(() => readAction('{"kind": "stop"}'), /"kind" is one of restrict/);
  const unknown = '{"kind": "tighten", "setting": {"id": "market.colour", "value": 0}}';
  assert.throws(() => readAction(unknown), /there is no parameter market\.colour/);
});

test("npm run member: one member restricts alone", async () => {
  const world = await World.launch();
  const council = await Council.of(world);
  const folder = mkdtempSync(join(tmpdir(), "bulwark-member-"));
  const seed = new Uint8Array(
    await crypto.subtle.digest("SHA-256", new TextEncoder().encode("member 1")),
  );
  const key = [...seed, ...getAddressEncoder().encode(council.member(1).address)];
  writeFileSync(join(folder, "wallet.json"), JSON.stringify(key));
  const { url, server } = await serve(world.vm);
  const env = { ...process.env, ANCHOR_WALLET: join(folder, "wallet.json"), NO_COLOR: "1" };
  const member = (...more: string[]) =>
    run("npm", ["run", "--silent", "member", "--", "--url", url, ...more], { cwd: ROOT, env });
  try {
    const before = mode(world);
    // No terminal, and nobody said yes.
    const sent = world.vm.sent;
    await assert.rejects(member("restrict", "3600", "7"), (error: Error & { stderr: string }) => {
      assert.match(error.stderr, /^error: nothing was sent: there is no terminal[^\n]*\n$/m);
      return true;
    });
    assert.deepEqual([mode(world), world.vm.sent], [before, sent]);
    const { stdout } = await member("restrict", "3600", "7", "--yes");
    assert.match(stdout, /^restricts compartment 0 \(now Normal\) for at most 1 h \(reason 7\): /m);
    assert.match(stdout, /for 3600 s, in force now/);
    assert.notDeepEqual(mode(world), before);
    assert.match((await member("heartbeat")).stdout, /you are here/);
    await assert.rejects(member("approve", "7", "--yes"), /error: /);
  } finally {
    server.close();
  }
});
