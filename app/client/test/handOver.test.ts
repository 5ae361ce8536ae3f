// The upgrade authority of a running deployment goes to its guardian: migrations/lib/handOver.ts on
// the deployed bytecode, with the real loader.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Address, KeyPairSigner } from "@solana/kit";
import { deploy } from "../../../migrations/lib/deploy.js";
import { handOver } from "../../../migrations/lib/handOver.js";
import * as client from "../src/index.js";
import { Vm, keypair } from "./vm.js";
import { chainOf, prepare, standardConfig } from "./world.js";

/** A deployed venue, and the wallets of five members to be. */
async function setting() {
  const vm = await Vm.deployed();
  await prepare(vm);
  const chain = chainOf(vm);
  const lines: string[] = [];
  const print = (line: string) => void lines.push(line);
  const config = await standardConfig();
  await deploy({ chain, config, creator: vm.authority, memory: {}, print });
  const members: KeyPairSigner[] = [];
  for (let number = 1; number <= 5; number += 1) {
    const member = await keypair(`member ${number}`);
    vm.fund(member.address, 1n);
    members.push(member);
  }
  const guardian = await client.guardianAddress();
  const run = (confirmed?: Address, authority = vm.authority) =>
    handOver({
      chain,
      authority,
      ...(confirmed === undefined ? {} : { confirmed }),
      print,
      now: vm.now.unix,
    });
  return { vm, lines, members, guardian, run };
}

async function createGuardian(vm: Vm, members: readonly KeyPairSigner[]): Promise<void> {
  const deployment = await client.newDeployment(0, client.NOBODY);
  const keys = members.map(({ address }) => address);
  await vm.send(vm.authority, [await client.createGuardian(deployment, vm.authority, keys)]);
}

async function beat(vm: Vm, member: KeyPairSigner): Promise<void> {
  await vm.send(member, [await client.heartbeat(member)]);
}

async function authority(vm: Vm): Promise<Uint8Array> {
  return vm.data(await client.programDataAddress()).slice(13, 45);
}

test("the authority goes to a guardian whose members have all spoken, once", async () => {
  const { vm, lines, members, guardian, run } = await setting();
  const before = await authority(vm);
  await assert.rejects(run(guardian), /there is no guardian/);
  await createGuardian(vm, members);
  vm.advance(60);
  for (const member of members.slice(0, 4)) await beat(vm, member);
  await assert.rejects(run(guardian), new RegExp(`have their keys: ${members[4]?.address};`));
  assert.ok(members[4]);
  await beat(vm, members[4]);
  // Without the address, or with another one, nothing is sent.
  const sent = vm.sent;
  assert.equal(await run(), false);
  assert.match(lines.at(-1) ?? "", /nothing sent: say the guardian's address/);
  // The VM's program has no room to grow, which nobody could mend afterwards.
  assert.match(lines.join("\n"), /nobody may make it longer; before it: solana program extend/);
  await assert.rejects(run(client.PROGRAM), /the guardian of this program is/);
  await assert.rejects(run(guardian, members[0]), /the upgrade authority is/);
  assert.equal(vm.sent, sent);
  assert.deepEqual(await authority(vm), before);

  assert.equal(await run(guardian), true);
  assert.equal(vm.sent, sent + 1);
  assert.notDeepEqual(await authority(vm), before);
  // Again there is nothing to do, for whoever runs it.
  assert.equal(await run(guardian, members[0]), false);
  assert.match(lines.at(-1) ?? "", /nothing to do/);
  assert.equal(vm.sent, sent + 1);
});

test("members who have fallen silent are no guardian to give a program to", async () => {
  const { vm, members, guardian, run } = await setting();
  await createGuardian(vm, members);
  vm.advance(60);
  for (const member of members) await beat(vm, member);
  vm.advance(31 * 86_400);
  await assert.rejects(run(guardian), /haven't shown that they have their keys/);
});
