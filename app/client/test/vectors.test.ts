// Addresses and instructions against those that crates/client makes (its test writes vectors.json).
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import {
  AccountRole,
  type Address,
  type Instruction,
  createNoopSigner,
  getAddressDecoder,
  getBase16Decoder,
} from "@solana/kit";
import * as client from "../src/index.js";

interface Vectors {
  readonly addresses: {
    readonly protocol: string;
    readonly compartment: string;
    readonly insurance: string;
    readonly banks: readonly { readonly bank: string; readonly vault: string }[];
    readonly markets: readonly string[];
    readonly margin: string;
    readonly ticket: string;
    readonly guardian: string;
    readonly proposal: string;
    readonly recovery: string;
    readonly vaultAuthority: string;
    readonly eventAuthority: string;
    readonly programData: string;
    readonly lookup: readonly string[];
  };
  readonly instructions: Record<
    string,
    { readonly program: string; readonly accounts: readonly string[]; readonly data: string }
  >;
}

const vectors = JSON.parse(
  readFileSync(new URL("./vectors.json", import.meta.url), "utf8"),
) as Vectors;

const key = (number: number): Address =>
  getAddressDecoder().decode(new Uint8Array(32).fill(number));
const signer = (number: number) => createNoopSigner(key(number));

async function deployment(): Promise<client.Deployment> {
  let made = await client.newDeployment(7, key(1));
  made = await client.withBank(made, key(2));
  made = await client.withBank(made, key(3));
  made = await client.withBank(made, key(4), client.TOKEN_2022_PROGRAM);
  made = await client.withMarket(made, key(5));
  return client.withMarket(made, key(6));
}

test("every address is the one that the program derives", async () => {
  const made = await deployment();
  const margin = await client.marginAddress(made.compartment, key(8), 513);
  const quote = client.bankOf(made, 0).bank;
  const [ticket] = await client.ticketAddress(quote, margin, 1n << 40n);
  assert.deepEqual(
    {
      protocol: made.protocol,
      compartment: made.compartment,
      insurance: made.insurance,
      banks: made.banks.map(({ bank, vault }) => ({ bank, vault })),
      markets: made.markets.map(({ market }) => market),
      margin,
      ticket,
      guardian: await client.guardianAddress(),
      proposal: await client.proposalAddress(1n << 40n),
      recovery: await client.recoveryAddress(made.compartment, 1 << 20),
      vaultAuthority: made.vaultAuthority,
      eventAuthority: made.eventAuthority,
      programData: await client.programDataAddress(),
      lookup: client.lookupKeys(made),
    },
    vectors.addresses,
  );
});

function shown(instruction: Instruction) {
  const marks = {
    [AccountRole.READONLY]: "",
    [AccountRole.WRITABLE]: "w",
    [AccountRole.READONLY_SIGNER]: "s",
    [AccountRole.WRITABLE_SIGNER]: "sw",
  };
  return {
    program: instruction.programAddress,
    accounts: (instruction.accounts ?? []).map(({ address, role }) => `${address} ${marks[role]}`),
    data: getBase16Decoder().decode(instruction.data ?? new Uint8Array()),
  };
}

async function creations(d: client.Deployment, margin: Address) {
  const [major, large, small, stable] = [
    client.presets("major"),
    client.presets("large"),
    client.presets("small"),
    client.presets("stable"),
  ];
  const bank: client.BankListing = {
    feed: 2,
    origin: 1,
    group: 3,
    nativeFeed: 0,
    warmUp: 86_400,
    bank: large.bank,
    board: large.boardBank,
    haircut: large.margin,
    quote: null,
  };
  const source = (kind: number, id: number) => ({ kind, id: new Uint8Array(32).fill(id) });
  return {
    createProtocol: await client.createProtocol(d, signer(20), key(21)),
    createCompartment: client.createCompartment(d, signer(20)),
    createBoard: client.createBoard(d, signer(20)),
    createInsurance: client.createInsurance(d, signer(20), major.insurance),
    createFeed: client.createFeed(d, signer(20), {
      source: source(1, 9),
      second: source(3, 10),
      unitExp: 3,
      thin: true,
      volatilityE9: small.volatilityE9,
      parameters: small.feed,
    }),
    createBank: await client.createBank(d, signer(20), key(22), bank),
    createQuote: await client.createBank(d, signer(20), key(22), { ...bank, quote: stable.quote }),
    createMarket: await client.createMarket(d, signer(20), key(23), {
      index: 2,
      feed: 1,
      market: major.market,
      board: major.boardMarket,
      margin: major.margin,
    }),
    seal: client.seal(d, signer(20)),
    sealShown: client.seal(d, signer(20), true),
    createMarginAccount: await client.createMarginAccount(d, signer(8), 513, key(24)),
    setDelegate: client.setDelegate(d, signer(8), margin, key(24), client.unixSeconds(77n)),
    migrateAccount: client.migrateAccount(d, signer(41), margin),
  };
}

function trading(d: client.Deployment, margin: Address) {
  const updates = [
    { feed: 0, oracle: key(30) },
    { feed: 2, oracle: key(31), second: key(32) },
  ];
  const order: client.OrderRequest = {
    market: 1,
    side: client.Side.Ask,
    kind: client.OrderKind.ImmediateOrCancel,
    reduceOnly: true,
    price: client.priceE8(100n << 32n),
    size: client.baseE8(7n),
    clientId: 9,
    expiresAt: 11,
    makers: [key(33), key(34)],
  };
  const closing = {
    market: 0,
    base: client.baseE8(-7n),
    worst: client.priceE8(9n),
    makers: [key(33), key(34)],
  };
  const [closePosition] = client.closePositions(d, signer(8), margin, [closing]);
  const cancel = (which: client.Which) => client.cancelOrders(d, signer(8), margin, 1, which);
  return {
    refresh: client.refresh(d, signer(8), updates),
    refreshCopies: client.refresh(d, signer(8), updates, true),
    placeOrder: client.placeOrder(d, signer(8), margin, order),
    replaceOrder: client.replaceOrder(d, signer(8), margin, { sequence: 5n }, order),
    cancelBatch: client.cancelBatch(d, signer(8), margin, 0, {
      sequences: [1n, 1n << 40n],
      clientIds: [9],
    }),
    closePosition: closePosition as Instruction,
    cancelSlot: cancel({ slot: 3 }),
    cancelSequence: cancel({ sequence: 1n << 40n }),
    cancelClient: cancel({ clientId: 9 }),
    cancelAll: cancel("all"),
    sampleFunding: client.sampleFunding(d, signer(8), 1),
    pruneOrders: client.pruneOrders(d, signer(8), margin, 0),
    healthView: client.healthView(d, margin),
    marginNotice: client.marginNotice(d, margin),
  };
}

async function money(d: client.Deployment, margin: Address) {
  const amount = client.tokenAmount(77n);
  const withdraw = (bank: number, plain: boolean, ticket?: bigint) =>
    client.withdraw(d, signer(8), margin, {
      bank,
      amount,
      destination: key(40),
      plain,
      ...(ticket === undefined ? {} : { ticket }),
    });
  const brought = (first: boolean) => ({ source: key(40), amount, first });
  const given = (bank: number) => ({ bank, amount, source: key(40) });
  return {
    transfer: client.transfer(d, signer(8), { from: margin, to: key(51), bank: 1, amount }),
    fold: client.fold(d, [1, 0]),
    accrue: client.accrue(d, signer(8)),
    fundInsurance: client.fundInsurance(d, signer(8), key(40), amount),
    stakeFirst: await client.joinInsurance(d, signer(8), brought(true)),
    stakeJoin: await client.joinInsurance(d, signer(8), brought(false)),
    stakeBuy: await client.buyInsurance(d, signer(8), brought(false)),
    stakeEarn: await client.earnInsurance(d, signer(41), key(8)),
    stakeAsk: await client.askToLeaveInsurance(d, signer(8), amount),
    stakeAskAll: await client.askToLeaveInsurance(d, signer(8), "all"),
    stakeLeave: await client.leaveInsurance(d, signer(8), key(40)),
    stakeClose: await client.closeStake(d, signer(8)),
    stakeClaim: await client.claimStake(d, { caller: signer(41), owner: key(8) }, 7, key(40)),
    stakeAssigned: await client.assignStake(d, signer(8), key(51), 7),
    stakeCloseRecovered: await client.closeRecoveredStake(d, signer(8), 7),
    proveStress: client.proveStress(d, signer(41), margin),
    deposit: client.deposit(d, signer(8), margin, given(2)),
    withdrawPlain: await withdraw(0, true),
    withdrawQuote: await withdraw(0, false, 5n),
    withdrawToken: await withdraw(1, false, 5n),
    crankTicket: await client.crankTicket(d, signer(41), key(8), margin, {
      bank: 1,
      number: 5n,
      destination: key(40),
    }),
    collectResidual: client.collectResidual(d, signer(41), margin, {
      bank: 1,
      destination: key(40),
    }),
    sweepQuote: client.sweep(d, signer(41), 0),
    sweepToken: client.sweep(d, signer(41), 1),
    recapitaliseQuote: client.recapitalise(d, signer(41), given(0)),
    recapitaliseToken: client.recapitalise(d, signer(41), given(1)),
    valueBanks: client.valueBanks(d, signer(41)),
    closeMarginAccount: client.closeMarginAccount(d, signer(8), margin),
    closeWithBooks: client.closeMarginAccount(d, signer(8), margin, true),
  };
}

function liquidation(d: client.Deployment, margin: Address) {
  const sale = { seller: margin, buyer: key(51), bank: 1, largest: client.tokenAmount(99n) };
  const paid = { ...sale, payment: key(40) };
  const wound = { liquidatee: margin, receiver: key(51) };
  return {
    flag: client.flag(d, signer(50), margin),
    unflag: client.unflag(d, signer(50), margin),
    noteStage: client.noteStage(d, signer(50), margin),
    takeOver: client.takeOver(d, signer(50), { ...wound, market: 1, largest: client.baseE8(99n) }),
    seize: client.seize(d, signer(50), sale),
    seizePaid: client.seize(d, signer(50), paid),
    convert: client.convert(d, signer(50), sale),
    convertPaid: client.convert(d, signer(50), paid),
    windUp: client.windUp(d, signer(50), {
      ...wound,
      markets: [0, 1],
      ticketBanks: [1, 2],
      fractionPpm: 500_000,
    }),
    windUpPaid: client.windUp(d, signer(50), {
      ...wound,
      markets: [1],
      fractionPpm: 1,
      payment: key(40),
    }),
    settle: client.settle(d, signer(50), margin, 1),
  };
}

const filled = (number: number) => new Uint8Array(32).fill(number);

/** The actions of the Rust side, by the names that it gives them. */
function actions(): Record<string, client.Action> {
  const [market, compartment] = [{ item: "market", index: 1 }, 7] as const;
  const settings = [
    { id: 3, value: 1n << 40n },
    { id: 4, value: 5n },
  ];
  const successors = [
    { membership: 1n << 33n, key: key(60) },
    { membership: 2n, key: key(61) },
  ];
  const replacement = { buffer: key(65), hash: filled(66) };
  const setting = { id: 2, value: 0n };
  const bank = { item: "bank", index: 2 } as const;
  const id = filled(64);
  return {
    restrict: { kind: "restrict", scope: 7, seconds: 3_600, reason: 9 },
    restrictAll: { kind: "restrict", scope: "all", seconds: 259_200, reason: 300 },
    tighten: { kind: "tighten", compartment, subject: market, setting },
    pause: { kind: "pause", scope: 7, seconds: 60, reason: 1 },
    revoke: { kind: "revoke", compartment, capability: "positionWithdrawal", seconds: 600 },
    relax: { kind: "relax", scope: 7, sequence: 1n << 40n },
    setParameters: { kind: "setParameters", compartment, subject: bank, settings },
    setInsurance: {
      kind: "setParameters",
      compartment,
      subject: { item: "compartment" },
      settings: settings.slice(0, 1),
    },
    addMember: { kind: "addMember", member: key(60) },
    removeMembers: { kind: "removeMembers", successors },
    setDelays: { kind: "setDelays", ordinary: 700_000n, relax: 200_000n, slotMs: 250 },
    setVeto: { kind: "setVeto", veto: key(62) },
    list: { kind: "list", compartment, hash: filled(63) },
    setOracle: { kind: "setOracle", compartment, feed: 2, seat: "second", source: 3, id },
    windDown: { kind: "windDown", compartment, subject: market },
    payTreasury: { kind: "payTreasury", compartment, amount: client.usdE6(1n << 40n) },
    announceRecovery: { kind: "announceRecovery", compartment },
    upgrade: { kind: "upgrade", ...replacement },
    incidentUpgrade: { kind: "incidentUpgrade", ...replacement },
  };
}

async function guardian(d: client.Deployment, market: Instruction) {
  const quote = { slot: 1n << 40n, hash: filled(70) };
  const members = [60, 61, 62, 63, 64].map(key);
  const all = actions();
  const spoken = client.spokenOf(d, all["windDown"] as client.Action);
  const lone = { seconds: 3_600, reason: 9, quote };
  const proposals = Object.entries(all).map(
    async ([name, action]) =>
      [`propose.${name}`, await client.propose(d, signer(60), 5n, action, quote)] as const,
  );
  return {
    createGuardian: await client.createGuardian(d, signer(20), members, key(69)),
    heartbeat: await client.heartbeat(signer(60)),
    approveProposal: await client.approveProposal(d, signer(60), 5n, new Uint8Array(32).fill(7), quote),
    objectToProposal: await client.objectToProposal(d, signer(60), 5n, quote),
    executeProposal: await client.executeProposal(d, signer(41), 5n, spoken),
    executeUpgrade: await client.executeUpgrade(d, signer(41), 5n, {
      buffer: key(65),
      payer: key(60),
    }),
    payTreasury: await client.payTreasury(d, signer(41), 5n, key(40)),
    createMarketDecided: await client.byDecision(market, 5n),
    expireProposal: await client.expireProposal(d, signer(41), 5n),
    closeProposal: await client.closeProposal(signer(41), 5n, key(60)),
    restrict: await client.restrict(d, signer(60), { ...lone, scope: 7 }),
    restrictAll: await client.restrict(d, signer(60), { ...lone, scope: "all" }),
    ...Object.fromEntries(await Promise.all(proposals)),
  };
}

async function recovery(d: client.Deployment, margin: Address) {
  const node = (number: number, sum: bigint) => ({ hash: filled(number), sum });
  const path = [node(80, 1n << 40n), node(81, 2n)];
  const caller = signer(41);
  const amount = client.tokenAmount(77n);
  return {
    noteDeficit: client.noteDeficit(d, caller),
    announceRecovery: await client.announceRecovery(d, caller, { cause: "deficit", epoch: 3 }),
    announceDecided: await client.announceRecovery(d, caller, {
      cause: "guardian",
      epoch: 3,
      proposal: 5n,
    }),
    undoRecovery: await client.undoRecovery(d, caller, 3),
    freezeRecovery: await client.freezeRecovery(d, caller, 3),
    countRecovery: await client.countRecovery(d, caller, 3, { banks: [2, 0], markets: [1] }),
    markAccounts: await client.markAccounts(d, caller, 3, [margin, key(51)]),
    markPaid: await client.markAccounts(d, caller, 3, [margin], key(40)),
    beginAudit: await client.beginAudit(d, caller),
    closeAudit: await client.closeAudit(d, caller),
    assignClaims: client.assignClaims(d, caller, margin, key(51)),
    openQuotePot: await client.openQuotePot(d, caller, 3),
    claimRecovery: await client.claimRecovery(d, caller, 3, {
      margin,
      bank: 1,
      destination: key(40),
    }),
    addRecoveryMoney: await client.addRecoveryMoney(d, caller, 3, {
      bank: 1,
      amount,
      source: key(40),
    }),
    verifyClaim: await client.verifyClaim(d, 3, margin, {
      path,
      smaller: node(82, 3n),
      larger: [node(83, 4n)],
    }),
    verifyClaimLast: await client.verifyClaim(d, 3, margin, { path, smaller: null, larger: [] }),
  };
}

function winding(d: client.Deployment, margin: Address) {
  const some = { markets: [1], banks: [2], accounts: [margin] };
  return {
    check: client.check(d, signer(41), client.checkAll(d), margin),
    checkSome: client.check(d, signer(41), some),
    announceSettlement: client.announceSettlement(d, signer(41), 1),
    announceDecision: client.announceSettlement(d, signer(20), 1, true),
    callOffSettlement: client.callOffSettlement(d, signer(41), 1),
    settleMarket: client.settleMarket(d, signer(41), 1),
    settlePosition: client.settlePosition(d, signer(41), margin, 1),
    closeBank: client.closeBank(d, signer(20), 2),
  };
}

test("an action is read back from its bytes, and from no others", async () => {
  const made = await deployment();
  const all = Object.values(actions());
  assert.deepEqual(
    client.ACTION_KINDS.filter((kind) => !all.some((action) => action.kind === kind)),
    [],
  );
  for (const action of all) {
    const number = client.actionNumber(action.kind);
    const bytes = client.encodeAction(action);
    assert.deepEqual(client.decodeAction(number, bytes), action);
    assert.throws(() => client.decodeAction(number, Uint8Array.of(...bytes, 0)), RangeError);
    assert.throws(() => client.decodeAction(number, bytes.slice(0, -1)));
  }
  const elsewhere = { kind: "pause", scope: 3, seconds: 60, reason: 1 } as const;
  assert.throws(() => client.spokenOf(made, elsewhere), /about compartment 3, the deployment is of 7/);
  assert.throws(() => client.spokenOf(made, { ...elsewhere, scope: "all" }), /pass them/);
  assert.throws(() => client.decodeAction(18, new Uint8Array()), /update the client/);
});

test("every instruction is the one that the Rust client makes", async () => {
  const made = await deployment();
  const margin = await client.marginAddress(made.compartment, key(8), 513);
  const created = await creations(made, margin);
  const all: Record<string, Instruction> = {
    ...created,
    ...(await guardian(made, created.createMarket)),
    ...(await recovery(made, margin)),
    ...winding(made, margin),
    ...trading(made, margin),
    ...(await money(made, margin)),
    ...liquidation(made, margin),
  };
  assert.deepEqual(Object.keys(all).sort(), Object.keys(vectors.instructions).sort());
  for (const [name, instruction] of Object.entries(all)) {
    assert.deepEqual(shown(instruction), vectors.instructions[name], name);
  }
});
