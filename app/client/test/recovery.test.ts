// A Recovery from its announcement to the last payment, through this client alone, on the deployed
// bytecode, with the proof of each claim.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as client from "../src/index.js";
import { Council, DAY } from "./council.js";
import { SOL, type Trader, USDC, World, refuses } from "./world.js";

const EPOCH = 1;

/** Announced by the guardian, frozen, counted. */
async function frozen() {
  const world = await World.launch();
  const { vm, deployment } = world;
  const council = await Council.of(world);
  const [alice, bob, carol] = [
    await world.trader("alice"),
    await world.trader("bob"),
    await world.trader("carol"),
  ];
  await world.deposit(alice, USDC, "1000");
  await world.deposit(alice, SOL, "5");
  await world.deposit(bob, USDC, "500");
  await world.deposit(carol, SOL, "2");
  for (let minute = 0; minute < 31; minute += 1) {
    vm.advance(60);
    await world.refreshAll();
  }
  const nonce = await council.decide({ kind: "announceRecovery", compartment: 0 });
  const caller = vm.authority;
  await refuses("NotNeeded", async () =>
    vm.send(caller, [
      await client.announceRecovery(deployment, caller, { cause: "deficit", epoch: EPOCH }),
    ]),
  );
  const decided = { cause: "guardian", epoch: EPOCH, proposal: nonce } as const;
  await vm.send(caller, [await client.announceRecovery(deployment, caller, decided)]);
  await refuses("DelayRuns", async () =>
    vm.send(caller, [await client.freezeRecovery(deployment, caller, EPOCH)]),
  );
  await refuses("ModeForbids", async () =>
    vm.send(caller, [await client.undoRecovery(deployment, caller, EPOCH)]),
  );
  vm.advance(2 * DAY);
  await vm.send(caller, [await client.freezeRecovery(deployment, caller, EPOCH)]);
  const counted = { banks: [0, 1], markets: [0] };
  await vm.send(caller, [await client.countRecovery(deployment, caller, EPOCH, counted)]);
  const recovery = async () =>
    client.readRecovery(
      vm.found(await client.recoveryAddress(deployment.compartment, EPOCH)),
    );
  const claim = async (who: Trader, bank: number) => {
    const destination = who.tokens[bank] as (typeof who.tokens)[number];
    const before = world.balance(destination);
    const what = { margin: who.margin, bank, destination };
    await vm.send(who.owner, [await client.claimRecovery(deployment, who.owner, EPOCH, what)]);
    return world.balance(destination) - before;
  };
  return { world, vm, deployment, caller, people: [alice, bob, carol], recovery, claim } as const;
}

test("everyone is marked, paid, and can prove his claim", async () => {
  const { world, vm, deployment, caller, people, recovery, claim } = await frozen();
  const [alice, bob, carol] = people;
  assert.equal((await recovery()).phase, "marking");
  assert.equal((await recovery()).liveCount, 3n);
  await refuses("NotMarked", () => claim(carol, SOL));
  const mark = async (who: readonly Trader[]) =>
    vm.send(caller, [
      await client.markAccounts(
        deployment,
        caller,
        EPOCH,
        who.map(({ margin }) => margin),
      ),
    ]);
  await mark([carol]);
  await refuses("AlreadyMarked", () => mark([carol]));
  assert.equal(await claim(carol, SOL), client.tokens("2", 9));
  await refuses("NothingDue", () => claim(carol, SOL));
  await mark([alice, bob]);
  const open = async () =>
    vm.send(caller, [await client.openQuotePot(deployment, caller, EPOCH)]);
  await open();
  assert.equal((await recovery()).phase, "settled");
  assert.equal(await claim(alice, USDC), client.tokens("1000", 6));
  assert.equal(await claim(bob, USDC), client.tokens("500", 6));
  assert.equal(await claim(alice, SOL), client.tokens("5", 9));

  const { root, leaves } = await recovery();
  assert.equal(leaves, 3n);
  assert.equal(root.sum, client.usd("1500"));
  const found = await Promise.all(
    people.map(({ margin }) => client.claimLeaf(margin, vm.found(margin))),
  );
  const ordered = [...found].sort((a, b) => Number(a.number - b.number)).map(({ node }) => node);
  for (const [place, who] of people.entries()) {
    const number = Number(found[place]?.number);
    const made = await client.proveClaim(ordered, number);
    assert.deepEqual(made.root, root);
    const verify = await client.verifyClaim(deployment, EPOCH, who.margin, made.proof);
    await vm.send(caller, [verify]);
    const other = people[(place + 1) % 3] as Trader;
    await refuses("BadValue", async () =>
      vm.send(caller, [await client.verifyClaim(deployment, EPOCH, other.margin, made.proof)]),
    );
  }
});

test("late money is booked and pays everybody again", async () => {
  const { world, vm, deployment, people, recovery } = await frozen();
  const [alice] = people;
  const quoteBank = async () => (await recovery()).banks[USDC];
  const source = alice.tokens[USDC] as (typeof alice.tokens)[number];
  await world.mint(USDC, source, client.tokens("3", 6));
  const before = await quoteBank();
  const what = { bank: USDC, amount: client.tokens("3", 6), source };
  await vm.send(alice.owner, [
    await client.addRecoveryMoney(deployment, alice.owner, EPOCH, what),
  ]);
  assert.equal(world.balance(source), 0n);
  const after = await quoteBank();
  assert.equal(after?.claims, before?.claims);
  assert.equal(after?.assigned, (before?.assigned ?? 0n) + what.amount);
});

test("trees of every size prove each leaf of theirs with the shape that the program wants", async () => {
  const nodes = Array.from({ length: 21 }, (_, place) => ({
    hash: new Uint8Array(32).fill(place + 1),
    sum: BigInt(place),
  }));
  for (let count = 1; count <= nodes.length; count += 1) {
    const leaves = nodes.slice(0, count);
    const roots = new Set<string>();
    for (let number = 0; number < count; number += 1) {
      const { proof, root } = await client.proveClaim(leaves, number);
      const trees = count.toString(2).replaceAll("0", "").length;
      const own = proof.larger.length + (proof.smaller ? 1 : 0);
      assert.ok(own < trees || trees === 1, `${number} of ${count}`);
      roots.add(`${Buffer.from(root.hash).toString("hex")} ${root.sum}`);
    }
    assert.equal(roots.size, 1);
  }
  await assert.rejects(client.proveClaim([], 0), RangeError);
});
