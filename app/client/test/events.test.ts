// Events: whatever the bytecode emits is decoded to the last byte.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as client from "../src/index.js";
import { SOL, SOL_PERP, USDC, World, only, refuses } from "./world.js";

const { Side } = client;
const seen = new Set<string>();

test("a bankruptcy, insurance, gifts, tickets, residual claims", async () => {
  const world = await World.launch();
  const { vm, deployment } = world;
  const [alice, maker, liquidator] = [
    await world.trader("alice"),
    await world.trader("maker"),
    await world.trader("liquidator"),
  ];
  await world.deposit(maker, USDC, "1000000");
  await world.deposit(liquidator, USDC, "100000");
  await world.deposit(alice, USDC, "1000");
  const quote = client.bankOf(deployment, USDC);

  const gift = client.tokens("50000", 6);
  const from = maker.tokens[USDC] as (typeof maker.tokens)[number];
  await world.mint(USDC, from, gift);
  const funded = await vm.send(maker.owner, [
    client.fundInsurance(deployment, maker.owner, from, gift),
  ]);
  assert.equal(only(funded, "InsuranceFunded").balanceAfter, gift);

  await world.place(maker, Side.Ask, "150", "100", true);
  await world.place(alice, Side.Bid, "150", "100.1");
  vm.advance(30);
  await world.crash("90");
  vm.advance(3);
  await world.refreshAll();
  assert.equal((await world.health(alice)).stage, "bankrupt");
  const request = { liquidatee: alice.margin, receiver: liquidator.margin, markets: [SOL_PERP] };
  const wound = await vm.send(liquidator.owner, [
    client.windUp(deployment, liquidator.owner, request),
  ]);
  const { head, legs } = only(wound, "AccountWoundUp");
  assert.equal(head.liquidatee, alice.margin);
  assert.equal(legs.length, 1);
  assert.equal(legs[0]?.size, client.base("150"));
  assert.ok(head.insuranceAfter < head.insuranceBefore);
  const [wrong] = [await refuses("NotBankrupt", () =>
    vm.send(liquidator.owner, [
      client.windUp(deployment, liquidator.owner, { ...request, liquidatee: maker.margin }),
    ]),
  )];
  assert.match(wrong.advice, /takeOver/);

  const accrued = await vm.send(maker.owner, [client.accrue(deployment, maker.owner)]);
  assert.equal(only(accrued, "InterestAccrued").bank, quote.bank);
  const valued = await vm.send(maker.owner, [client.valueBanks(deployment, maker.owner)]);
  assert.ok(only(valued, "BanksValued").valueAfter > 0n);

  await world.mint(USDC, quote.vault, 7n);
  const swept = only(
    await vm.send(maker.owner, [client.sweep(deployment, maker.owner, USDC)]),
    "SurplusSwept",
  );
  assert.equal(swept.expectedAfter - swept.expectedBefore, 7n);

  const order = { market: SOL_PERP, side: Side.Bid, size: client.base("1") };
  const expiresAt = Number(vm.now.unix) + 2;
  const resting = { ...order, price: client.price("89"), expiresAt };
  await vm.send(maker.owner, [client.placeOrder(deployment, maker.owner, maker.margin, resting)]);
  vm.advance(10);
  const pruned = await vm.send(alice.owner, [
    client.pruneOrders(deployment, alice.owner, maker.margin, SOL_PERP),
  ]);
  assert.equal(only(pruned, "OrdersPruned").entries, 1n);
  for (const name of vm.seen) seen.add(name);
});

test("a withdrawal that waits, and what a theft leaves of it", async () => {
  const world = await World.launch();
  const { vm, deployment } = world;
  const bob = await world.trader("bob");
  const carol = await world.trader("carol");
  await world.deposit(bob, SOL, "10000");
  await world.deposit(carol, SOL, "10000");
  const keys = client.bankOf(deployment, SOL);
  vm.advance(2 * 86_400);
  await world.refreshAll();

  const destination = bob.tokens[SOL] as (typeof bob.tokens)[number];
  const amount = client.tokens("10000", 9);
  const withdrawn = only(
    await vm.send(bob.owner, [
      await client.withdraw(deployment, bob.owner, bob.margin, {
        bank: SOL,
        amount,
        destination,
        plain: true,
        ticket: world.margin(bob).ticketNext,
      }),
    ]),
    "Withdrawn",
  );
  assert.ok(withdrawn.queued > 0n && withdrawn.paid + withdrawn.queued === amount);
  const [ticket] = await client.ticketAddress(keys.bank, bob.margin, withdrawn.ticket);
  const waiting = client.readTicket(vm.data(ticket));
  assert.deepEqual([waiting.amount, waiting.destination], [withdrawn.queued, destination]);

  // Half of what lies in the vault is gone.
  const vault = vm.data(keys.vault);
  const view = new DataView(vault.buffer);
  const stolen = view.getBigUint64(64, true) / 2n;
  view.setBigUint64(64, view.getBigUint64(64, true) - stolen, true);
  vm.write(keys.vault, keys.tokenProgram, vault);

  const what = { bank: SOL, number: withdrawn.ticket, destination };
  for (let day = 0; day < 60 && vm.data(ticket).length > 0; day += 1) {
    vm.advance(86_400);
    const cranked = await vm.send(carol.owner, [
      await client.crankTicket(deployment, carol.owner, bob.owner.address, bob.margin, what),
    ]);
    only(cranked, "TicketCranked");
  }
  const [holding] = world.margin(bob).collaterals;
  assert.ok(holding && holding.residual > 0n, "half of what waited is a claim");

  const source = carol.tokens[SOL] as (typeof carol.tokens)[number];
  await world.mint(SOL, source, stolen);
  const given = await vm.send(carol.owner, [
    client.recapitalise(deployment, carol.owner, {
      bank: SOL,
      amount: client.tokenAmount(stolen),
      source,
    }),
  ]);
  assert.equal(only(given, "Recapitalised").amount, stolen);
  const collected = await vm.send(carol.owner, [
    client.collectResidual(deployment, bob.owner, bob.margin, { bank: SOL, destination }),
  ]);
  assert.ok(only(collected, "ResidualCollected").paid > 0n);
  assert.equal(client.readBank(vm.data(keys.bank)).index, SOL);
  for (const name of vm.seen) seen.add(name);
});

test("collateral is seized of an account in debt", async () => {
  const world = await World.launch();
  const { vm, deployment } = world;
  const dave = await world.trader("dave");
  const maker = await world.trader("maker");
  const liquidator = await world.trader("liquidator");
  await world.deposit(dave, SOL, "20");
  await world.deposit(maker, USDC, "1000000");
  await world.deposit(liquidator, USDC, "100000");
  await world.place(maker, Side.Ask, "100", "100", true);
  await world.place(dave, Side.Bid, "100", "100");
  vm.advance(30);
  await world.crash("92");
  vm.advance(3);
  await world.refreshAll();
  // He closes at a loss, which leaves him in debt, with SOL against it.
  const rest = world.margin(dave).positions[0]?.base;
  if (rest) {
    await world.place(maker, Side.Bid, client.formatBase(rest), "92", true);
    await world.place(dave, Side.Ask, client.formatBase(rest), "91");
  }
  assert.equal(world.margin(dave).positions[0]?.base ?? 0n, 0n);
  assert.ok(world.margin(dave).quote < 0n);
  const sale = {
    seller: dave.margin,
    buyer: liquidator.margin,
    bank: SOL,
    largest: client.tokens("5", 9),
  };
  // The debt against twenty SOL: a price at which they cover it, but not with their haircut.
  const debt = -world.margin(dave).quote;
  await world.crash(client.formatPrice(client.priceE8((debt * 102n) / 20n)));
  assert.equal((await world.health(dave)).stage, "liquidatable");
  const sold = only(
    await vm.send(liquidator.owner, [client.seize(deployment, liquidator.owner, sale)]),
    "CollateralSold",
  );
  assert.equal(sold.seller, dave.margin);
  assert.ok(sold.units > 0n && sold.paid > 0n);
  for (const name of vm.seen) seen.add(name);
});

test("each kind of event that traders, keepers and liquidators cause was seen", async () => {
  // The others of an account's life are in life.test.ts.
  const wanted = [
    ...["ProtocolCreated", "CompartmentCreated", "BoardCreated", "InsuranceCreated"],
    ...["FeedCreated", "BankCreated", "MarketCreated", "MarginAccountCreated"],
    ...["Deposited", "Withdrawn", "TicketCranked", "ResidualCollected", "Recapitalised"],
    ...["SurplusSwept", "InsuranceFunded", "InterestAccrued", "BanksValued"],
    ...["OrderPlaced", "OrdersPruned", "CollateralSold", "AccountWoundUp"],
  ];
  assert.deepEqual(wanted.filter((name) => !seen.has(name)), []);
});
