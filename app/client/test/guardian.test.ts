// What a member of the guardian does, through this client alone, on the deployed bytecode.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Instruction } from "@solana/kit";
import { createAccount } from "../../../migrations/lib/system.js";
import * as client from "../src/index.js";
import { Council, DAY } from "./council.js";
import { keypair } from "./vm.js";
import { SOL, USDC, World, chainOf, createMint, only, refuses } from "./world.js";

test("a proposal is voted on, waits, is carried out once, and its rent comes back", async () => {
  const world = await World.launch();
  const { vm } = world;
  const council = await Council.of(world);
  assert.equal((await council.guardian()).members.length, 5);
  const delays = { ordinary: BigInt(8 * DAY), relax: BigInt(3 * DAY), slotMs: 400 };
  const nonce = await council.propose({ kind: "setDelays", ...delays });
  assert.equal((await council.proposal(nonce)).state, "open");
  for (const number of [2, 3]) await council.approve(number, nonce);
  await refuses("AlreadyApproved", () => council.approve(3, nonce));
  await refuses("ProposalNotQueued", () => council.execute(nonce));
  await council.approve(4, nonce);
  const queued = await council.proposal(nonce);
  assert.equal(queued.state, "queued");
  assert.deepEqual(queued.action, { kind: "setDelays", ...delays });
  assert.equal(queued.approvals.length, 4);
  assert.ok(queued.eta && queued.eta.at >= vm.now.unix + BigInt(7 * DAY));
  assert.deepEqual((await council.guardian()).waiting, [nonce]);
  await refuses("DelayRuns", () => council.execute(nonce));
  vm.advance(10 * DAY);
  assert.equal(only(await council.execute(nonce), "ProposalExecuted").nonce, nonce);
  const { delay, relaxDelay } = await council.guardian();
  assert.deepEqual([delay, relaxDelay], [delays.ordinary, delays.relax]);
  await refuses("ProposalClosed", () => council.execute(nonce));

  const payer = council.member(1).address;
  const before = vm.svm.getBalance(payer) ?? 0n;
  await vm.send(vm.authority, [await client.closeProposal(vm.authority, nonce, payer)]);
  assert.ok((vm.svm.getBalance(payer) ?? 0n) > before);
  await assert.rejects(council.proposal(nonce), client.AccountError);
});

test("two of five object: the proposal is cancelled", async () => {
  const world = await World.launch();
  const council = await Council.of(world);
  const veto = (await keypair("veto")).address;
  const nonce = await council.decide({ kind: "setVeto", veto });
  await council.object(4, nonce);
  assert.equal((await council.proposal(nonce)).state, "queued");
  await council.object(5, nonce);
  const found = await council.proposal(nonce);
  assert.deepEqual([found.state, found.objections.length], ["cancelled", 2]);
});

test("an old block is no quote, and a silent member beats before he speaks", async () => {
  const world = await World.launch();
  const { vm, deployment } = world;
  const council = await Council.of(world);
  const old = await council.quote();
  vm.advance(600);
  const member = council.member(1);
  const late = await client.propose(
    deployment,
    member,
    (await council.guardian()).nonce,
    { kind: "addMember", member: vm.authority.address },
    old,
  );
  await refuses("StaleQuote", () => vm.send(member, [late]));
  vm.advance(31 * DAY);
  const pause = { kind: "pause", scope: 0, seconds: 3_600, reason: 1 } as const;
  await refuses("MemberSilent", () => council.propose(pause));
  await vm.send(member, [await client.heartbeat(member)]);
  await refuses("MemberSilent", () => council.propose(pause));
  vm.advance(2 * DAY + 1);
  assert.equal(await council.propose(pause), 1n);
});

test("a pause is decided at once and seen; one member alone restricts", async () => {
  const world = await World.launch();
  const { vm, deployment } = world;
  const council = await Council.of(world);
  const alice = await world.trader("alice");
  await world.deposit(alice, USDC, "1000");
  const member = council.member(3);
  const quote = await council.quote();
  const alone = { scope: 0, seconds: 3_600, reason: 7, quote };
  const told = await vm.send(member, [await client.restrict(deployment, member, alone)]);
  assert.ok(only(told, "MemberRestricted").until > vm.now.unix);
  const nonce = await council.decide(
    { kind: "pause", scope: 0, seconds: 7_200, reason: 1 },
    3,
  );
  await council.execute(nonce);
  await refuses("ModeForbids", () => world.place(alice, client.Side.Bid, "1", "100", true));
  // Out again: a Relax up to the act, after its 48 hours.
  const { sequence } = client.readCompartment(vm.found(deployment.compartment)).layout.mode;
  const lift = await council.decide({ kind: "relax", scope: 0, sequence });
  assert.equal((await council.proposal(lift)).state, "queued");
});

test("a decision to list names a hash; whoever shows that very listing lists it", async () => {
  const world = await World.launch();
  const { vm, deployment } = world;
  const council = await Council.of(world);
  await vm.send(vm.authority, [client.seal(deployment, vm.authority)]);
  const caller = council.member(2);
  const small = client.presets("small");
  const feed = (unitExp: number) =>
    client.createFeed(deployment, caller, {
      source: { kind: 1, id: new Uint8Array(32).fill(0x33) },
      second: { kind: 0, id: new Uint8Array(32) },
      unitExp,
      thin: true,
      volatilityE9: small.volatilityE9,
      parameters: small.feed,
    });
  await refuses("NotCreator", () => vm.send(caller, [feed(0)]));
  const hash = await client.listingHash(feed(0));
  const nonce = await council.decide({ kind: "list", compartment: 0, hash });
  vm.advance(10 * DAY);
  const other = await client.byDecision(feed(1), nonce);
  await assert.rejects(vm.send(caller, [other]));
  await vm.send(caller, [await client.byDecision(feed(0), nonce)]);
  assert.equal(world.board().feeds.length, 3);
  assert.equal((await council.proposal(nonce)).state, "executed");
  await assert.rejects(client.listingHash(client.seal(deployment, caller)), RangeError);
});

test("a bank and a market are listed by decision, and the hash holds the feeds they stand on", async () => {
  const world = await World.launch();
  const { vm } = world;
  const council = await Council.of(world);
  const caller = council.member(2);
  await vm.send(vm.authority, [client.seal(world.deployment, vm.authority)]);
  const large = client.presets("large");
  const mint = await keypair("mint JUP");
  await createMint(vm, mint, 9);
  const token = await client.createBank(world.deployment, caller, mint.address, {
    feed: SOL,
    origin: 1,
    group: 0,
    nativeFeed: 0,
    warmUp: 7 * DAY,
    bank: { ...large.bank, depositCap: 1_000n, accountCap: 100n, baseFloor: 10n, smallExit: 1n },
    board: large.boardBank,
    haircut: large.margin,
    quote: null,
  });
  const book = await keypair("book of SOL-PERP 2");
  const space = client.ACCOUNT_SIZES.book;
  const rent = await chainOf(vm).rent(space);
  /** The same whoever lists it, at whatever address its book lies. */
  const perp = async (deployment: client.Deployment) =>
    client.createMarket(deployment, caller, book.address, {
      index: 1,
      feed: SOL,
      market: { ...large.market, oiCap: 1_000n, slotNotionalCap: 1_000n },
      board: large.boardMarket,
      margin: large.margin,
    });
  const { feeds } = world.board();
  const decided = async (listing: Instruction, of: readonly client.FeedView[]) => {
    const hash = await client.listingHash(listing, of);
    return council.decide({ kind: "list", compartment: 0, hash });
  };
  // Without the Board nobody can say what it hashes; another feed's source is another hash.
  await assert.rejects(client.listingHash(token), /feed 1 isn't listed: pass the feeds/);
  const swapped = feeds.toReversed();
  const [bank, other, market] = [
    await decided(token, feeds),
    await decided(token, swapped),
    await decided(await perp(world.deployment), feeds),
  ];
  vm.advance(10 * DAY);
  await refuses("BadAction", async () => vm.send(caller, [await client.byDecision(token, other)]));
  await vm.send(caller, [await client.byDecision(token, bank)]);
  const deployment = await client.loadDeployment(world.fetch, 0);
  assert.equal(deployment.banks.length, 3);
  await world.refreshAll();
  await vm.send(caller, [
    createAccount(caller, book, rent, space, client.PROGRAM),
    await client.byDecision(await perp(deployment), market),
  ]);
  assert.equal(world.board().markets.length, 2);
});

test("an owner transfers between his accounts, and a check of everything finds nothing", async () => {
  const world = await World.launch();
  const { vm, deployment } = world;
  const alice = await world.trader("alice");
  await world.deposit(alice, USDC, "1000");
  await world.deposit(alice, SOL, "5");
  await vm.send(alice.owner, [await client.createMarginAccount(deployment, alice.owner, 1)]);
  const to = await client.marginAddress(deployment.compartment, alice.owner.address, 1);
  const what = { from: alice.margin, to, bank: USDC, amount: client.tokens("250", 6) };
  const moved = await vm.send(alice.owner, [client.transfer(deployment, alice.owner, what)]);
  assert.equal(only(moved, "Transferred").amount, what.amount);
  await vm.send(alice.owner, [
    client.transfer(deployment, alice.owner, { ...what, bank: SOL, amount: client.tokens("2", 9) }),
  ]);
  assert.equal(world.margin(alice).quote, client.usd("750"));
  const other = client.readMargin(vm.found(to));
  assert.equal(other.quote, client.usd("250"));
  assert.equal(other.collaterals[0]?.amount, client.tokens("2", 9));
  const bob = await world.trader("bob");
  await refuses("NotOwner", () =>
    vm.send(bob.owner, [client.transfer(deployment, bob.owner, what)]),
  );

  const items = { ...client.checkAll(deployment), accounts: [alice.margin, to] };
  await vm.send(bob.owner, [client.check(deployment, bob.owner, items, bob.margin)]);
  const { broken } = client.readCompartment(vm.found(deployment.compartment)).layout;
  assert.deepEqual([broken.banks, broken.markets].map(Number), [0, 0]);
  // Money that vanishes from a vault is found by whoever looks.
  const { vault } = client.bankOf(deployment, SOL);
  const short = vm.data(vault);
  new DataView(short.buffer).setBigUint64(64, client.tokens("1", 9), true);
  vm.write(vault, client.TOKEN_PROGRAM, short);
  await vm.send(bob.owner, [client.check(deployment, bob.owner)]);
  const after = client.readCompartment(vm.found(deployment.compartment)).layout.broken;
  assert.notEqual(Number(after.banks), 0);
});
