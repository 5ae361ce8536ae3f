// A whole life on the deployed bytecode, through this client alone: create, deposit, two traders,
// refresh, crash, liquidation, withdraw. After each act health and margin notice, computed by the
// rules in WebAssembly, are the bytes that the program's own views return.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as client from "../src/index.js";
import { SOL, SOL_PERP, USDC, World, only, refuses } from "./world.js";

const { Side } = client;

test("two traders, a crash, a liquidation by the client, and an exit", async () => {
  const world = await World.launch();
  const { vm, deployment, rules } = world;
  const alice = await world.trader("alice");
  const maker = await world.trader("maker");
  const liquidator = await world.trader("liquidator");

  const deposited = only(await world.deposit(alice, USDC, "1000"), "Deposited");
  assert.equal(deposited.amount, 1_000_000_000n);
  assert.equal(deposited.margin, alice.margin);
  assert.equal(deposited.common.actor, alice.owner.address);
  await world.deposit(alice, SOL, "1");
  await world.deposit(maker, USDC, "1000000");
  await world.deposit(liquidator, USDC, "100000");
  const before = await world.health(alice);
  assert.equal(before.stage, "healthy");
  assert.ok(before.plain && rules.isPlain(vm.data(alice.margin)));
  assert.equal(before.rawValue, client.usd("1100"));
  assert.equal((await world.notice(alice)).reached, "never");

  await world.place(maker, Side.Ask, "100", "100", true);
  const placed = only(await world.place(alice, Side.Bid, "100", "100.1"), "OrderPlaced");
  assert.equal(placed.fills.length, 1);
  assert.equal(placed.fills[0]?.maker, maker.margin);
  assert.equal(placed.head.filled, client.base("100"));
  assert.deepEqual(
    world.margin(alice).positions.map(({ market, base }) => [market, base]),
    [[SOL_PERP, client.base("100")]],
  );
  const market = client.readMarket(vm.data(client.marketOf(deployment, SOL_PERP).market));
  assert.equal(market.openInterest, client.base("100"));

  vm.advance(20);
  await world.refreshAll();
  const long = await world.health(alice);
  assert.equal(long.legs[0]?.mark, client.price("100"));
  assert.equal(rules.mark(vm.data(deployment.board), SOL_PERP), client.price("100"));
  const notice = await world.notice(alice);
  const reached = notice.legs[0]?.priceNow;
  assert.ok(reached && reached < client.price("97") && reached > client.price("85"), `${reached}`);
  const { refusal } = { refusal: await refuses("NotLiquidatable", () => flag()) };
  assert.match(client.explain(refusal), /^NotLiquidatable \(6012\): .*maintenance/);

  await world.crash("91.5");
  const hurt = await world.health(alice);
  assert.ok(hurt.liquidatable && hurt.maintenance.surplus < 0n, client.formatUsd(hurt.maintenance.surplus));
  assert.equal((await world.notice(alice)).reached, "now");
  assert.ok(rules.eligibility(world.at(alice)).surplus < 0n);

  const flagged = only(await flag(), "AccountFlagged");
  assert.equal(flagged.margin, alice.margin);
  assert.equal(flagged.value, hurt.maintenance.value);
  assert.equal(flagged.requirement, hurt.maintenance.requirement);
  assert.ok((await world.health(alice)).flagged);
  const taken = await takeOverUntilHealthy();
  const left = world.margin(alice).positions[0]?.base ?? 0n;
  assert.equal(left + taken, client.base("100"));
  assert.equal(world.margin(liquidator).positions[0]?.base, taken);
  await refuses("NotLiquidatable", () => takeOver());

  await closeRest();
  await endClock();
  await leave();

  async function flag() {
    return vm.send(liquidator.owner, [
      client.flag(deployment, liquidator.owner, alice.margin),
    ]);
  }

  /** A share of the position a slot, until the account is above its requirement. */
  async function takeOverUntilHealthy(): Promise<bigint> {
    let taken = 0n;
    for (let tries = 0; tries < 40; tries += 1) {
      vm.advance(5);
      await world.refreshAll();
      if ((await world.health(alice)).maintenance.surplus >= 0n) return taken;
      const event = only(await takeOver(), "PositionTakenOver");
      assert.equal(event.liquidatee, alice.margin);
      assert.equal(event.receiver, liquidator.margin);
      assert.ok(event.size > 0n);
      taken += event.size;
    }
    return assert.fail("the account never became healthy");
  }

  async function takeOver() {
    return vm.send(liquidator.owner, [
      client.takeOver(deployment, liquidator.owner, {
        liquidatee: alice.margin,
        receiver: liquidator.margin,
        market: SOL_PERP,
        largest: client.base("100"),
      }),
    ]);
  }

  /** Alice sells what is left to the maker, and takes an order back. */
  async function closeRest() {
    const rest = world.margin(alice).positions[0]?.base;
    if (rest) {
      const size = client.formatBase(rest);
      await world.place(maker, Side.Bid, size, "91.4", true);
      await world.place(alice, Side.Ask, size, "91");
    }
    assert.equal(world.margin(alice).positions[0]?.base ?? 0n, 0n);
    await world.place(maker, Side.Bid, "3", "90", true);
    assert.equal(world.margin(maker).orders.length, 1);
    const cancelled = await vm.send(maker.owner, [
      client.cancelOrders(deployment, maker.owner, maker.margin, SOL_PERP),
    ]);
    assert.equal(only(cancelled, "OrdersCancelled").cancelled, 1n);
    assert.deepEqual(world.margin(maker).orders, []);
  }

  /** The liquidation clock ends after two healthy looks a minute apart. */
  async function endClock() {
    const look = () =>
      vm.send(alice.owner, [client.unflag(deployment, alice.owner, alice.margin)]);
    assert.equal(only(await look(), "AccountUnflagged").cleared, 0n);
    await refuses("TooEarly", look);
    vm.advance(61);
    await world.refreshAll();
    assert.equal(only(await look(), "AccountUnflagged").cleared, 1n);
    assert.equal(world.margin(alice).flaggedAt, null);
  }

  /** Alice takes everything out and closes her account. */
  async function leave() {
    await vm.send(liquidator.owner, [client.accrue(deployment, liquidator.owner)]);
    await world.refreshAll();
    for (const bank of [SOL, USDC]) {
      const { quote, collaterals } = world.margin(alice);
      const held = bank === USDC ? quote : (collaterals[0]?.amount ?? 0n);
      const plain = rules.isPlain(vm.data(alice.margin));
      const destination = alice.tokens[bank] as (typeof alice.tokens)[number];
      const out = await vm.send(alice.owner, [
        await client.withdraw(deployment, alice.owner, alice.margin, {
          bank,
          amount: client.tokenAmount(held),
          destination,
          plain,
          ticket: world.margin(alice).ticketNext,
        }),
      ]);
      const withdrawn = only(out, "Withdrawn");
      assert.equal(withdrawn.paid + withdrawn.queued, held);
      assert.equal(world.balance(destination), withdrawn.paid);
    }
    await refuses("NotOwner", () =>
      vm.send(maker.owner, [client.closeMarginAccount(deployment, maker.owner, alice.margin, true)]),
    );
    const closed = await vm.send(alice.owner, [
      client.closeMarginAccount(deployment, alice.owner, alice.margin, true),
    ]);
    assert.equal(only(closed, "MarginAccountClosed").owner, alice.owner.address);
    assert.throws(() => world.margin(alice), client.AccountError);
  }
});
