// Orders replaced and cancelled in batches, delegates with an end, and the numbers of a refusal.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as client from "../src/index.js";
import { SOL_PERP, USDC, World, only, refuses } from "./world.js";
import { keypair } from "./vm.js";

const { Side } = client;

test("an order is replaced; several are cancelled by their numbers", async () => {
  const world = await World.launch();
  const { vm, deployment } = world;
  const maker = await world.trader("maker");
  await world.deposit(maker, USDC, "100000");
  for (const at of ["95", "94", "93"]) await world.place(maker, Side.Bid, "5", at, true);
  const { book } = client.marketOf(deployment, SOL_PERP);
  const bids = () => client.readBook(vm.data(book)).bids;
  assert.deepEqual(bids().map(({ price }) => client.formatPrice(price)), ["95", "94", "93"]);
  const best = bids()[0] as client.RestingOrder;
  const order = {
    market: SOL_PERP,
    side: Side.Bid,
    price: client.price("96"),
    size: client.base("4"),
    clientId: 77,
  };
  const replaced = await vm.send(maker.owner, [
    client.replaceOrder(deployment, maker.owner, maker.margin, { sequence: best.sequence }, order),
  ]);
  assert.equal(only(replaced, "OrderPlaced").head.replaced, 1);
  assert.deepEqual(bids().map(({ price }) => client.formatPrice(price)), ["96", "94", "93"]);
  const sequences = bids()
    .slice(1)
    .map(({ sequence }) => sequence);
  const cancelled = await vm.send(maker.owner, [
    client.cancelBatch(deployment, maker.owner, maker.margin, SOL_PERP, {
      sequences,
      clientIds: [77],
    }),
  ]);
  assert.equal(only(cancelled, "OrdersCancelled").cancelled, 3n);
  assert.deepEqual(bids(), []);
});

test("a delegate trades until his end and never withdraws", async () => {
  const world = await World.launch();
  const { vm, deployment } = world;
  const alice = await world.trader("alice");
  await world.deposit(alice, USDC, "10000");
  const delegate = await keypair("delegate");
  vm.fund(delegate.address, 10n);
  const until = client.unixSeconds(vm.now.unix + 60n);
  const named = await vm.send(alice.owner, [
    client.setDelegate(deployment, alice.owner, alice.margin, delegate.address, until),
  ]);
  assert.equal(only(named, "DelegateNamed").delegateAfter, delegate.address);
  assert.equal(world.margin(alice).delegateUntil, until);
  const place = () =>
    vm.send(delegate, [
      client.placeOrder(deployment, delegate, alice.margin, {
        market: SOL_PERP,
        side: Side.Bid,
        price: client.price("99"),
        size: client.base("1"),
      }),
    ]);
  only(await place(), "OrderPlaced");
  await refuses("NotOwner", async () =>
    vm.send(delegate, [
      await client.withdraw(deployment, delegate, alice.margin, {
        bank: USDC,
        amount: client.tokenAmount(1n),
        destination: alice.tokens[USDC] as (typeof alice.tokens)[number],
        plain: false,
      }),
    ]),
  );
  vm.advance(61);
  await world.refreshAll();
  await refuses("NotOwner", place);
  await vm.send(alice.owner, [client.migrateAccount(deployment, alice.owner, alice.margin)]);
});

test("a refusal tells the two numbers that clashed", async () => {
  const world = await World.launch();
  const { vm, deployment } = world;
  const alice = await world.trader("alice");
  await world.deposit(alice, USDC, "100");
  const refusal = await refuses("InsufficientBalance", async () =>
    vm.send(alice.owner, [
      await client.withdraw(deployment, alice.owner, alice.margin, {
        bank: USDC,
        amount: client.tokens("101", 6),
        destination: alice.tokens[USDC] as (typeof alice.tokens)[number],
        plain: true,
      }),
    ]),
  );
  assert.deepEqual(refusal.numbers, {
    have: 100_000_000n,
    need: 101_000_000n,
    unit: "tokens",
  });
});
