// A venue in the embedded VM, made by the same steps as on a cluster, and its people.
import assert from "node:assert/strict";
import type { Address, KeyPairSigner } from "@solana/kit";
import { getCreateAccountInstruction } from "@solana-program/system";
import {
  getInitializeAccount3Instruction,
  getInitializeMint2Instruction,
  getMintToInstruction,
} from "@solana-program/token";
import type { Chain } from "../../../migrations/lib/chain.js";
import { type Config, checkConfig } from "../../../migrations/lib/config.js";
import { type Memory, deploy } from "../../../migrations/lib/deploy.js";
import * as client from "../src/index.js";
import { publish } from "./pyth.js";
import { type Receipt, Refused, Vm, keypair } from "./vm.js";

export const USDC = 0;
export const SOL = 1;
export const SOL_PERP = 0;
const DECIMALS = [6, 9];

/** Feeds of the standard venue: name, feed id, first price. */
export const FEEDS = [
  { name: "USDC", id: "11".repeat(32), price: client.price("1") },
  { name: "SOL", id: "22".repeat(32), price: client.price("100") },
] as const;

/** A VM as a cluster that a deployment runs on. */
export function chainOf(vm: Vm): Chain {
  return {
    accounts: async (addresses) =>
      addresses.map((at) => {
        const found = vm.svm.getAccount(at);
        return found.exists
          ? { data: new Uint8Array(found.data), owner: found.programAddress }
          : null;
      }),
    rent: async (space) => vm.svm.minimumBalanceForRentExemption(BigInt(space)),
    slot: async () => vm.now.slot - 1n,
    send: async (payer, instructions) => {
      await vm.send(payer, instructions);
      vm.advance(1);
    },
  };
}

/** Makes a mint of the test's own authority. */
export async function createMint(vm: Vm, key: KeyPairSigner, decimals: number): Promise<void> {
  const payer = vm.authority;
  await vm.send(payer, [
    getCreateAccountInstruction({
      payer,
      newAccount: key,
      lamports: vm.svm.minimumBalanceForRentExemption(82n),
      space: 82,
      programAddress: client.TOKEN_PROGRAM,
    }),
    getInitializeMint2Instruction({ mint: key.address, decimals, mintAuthority: payer.address }),
  ]);
}

/** The configuration of the standard venue. */
export async function standardConfig(): Promise<Config> {
  const oracle = async (name: string) => (await keypair(`oracle ${name}`)).address;
  const feed = async (place: 0 | 1, of: client.CoinClass) => {
    const { name, id } = FEEDS[place];
    const source = { kind: "classic-receiver" as const, id, account: await oracle(name) };
    return { name, class: of, source };
  };
  const bank = async (name: "USDC" | "SOL", place: number) => ({
    name,
    mint: (await keypair(`mint ${name}`)).address,
    decimals: DECIMALS[place] ?? 0,
    feed: name,
    class: (place === 0 ? "stable" : "large") as client.CoinClass,
    origin: (place === 0 ? "stable" : "native") as "stable" | "native",
    depositCap: "100000000",
    accountCap: "100000000",
    baseFloor: place === 0 ? "100000" : "1000",
    smallExit: place === 0 ? "1000" : "5",
  });
  return checkConfig({
    compartment: 0,
    insurance: { class: "major" },
    feeds: [await feed(0, "stable"), await feed(1, "large")],
    banks: [await bank("USDC", 0), await bank("SOL", 1)],
    markets: [
      {
        name: "SOL-PERP",
        feed: "SOL",
        class: "large",
        openInterestCap: "1000000",
        slotNotionalCap: "10000000",
      },
    ],
  });
}

/** Makes what a deployment finds on a cluster: mints, and prices that somebody posts. */
export async function prepare(vm: Vm): Promise<void> {
  await createMint(vm, await keypair("mint USDC"), 6);
  await createMint(vm, await keypair("mint SOL"), 9);
  await publishFirst(vm);
}

/** Posts the first prices, published now. */
export async function publishFirst(vm: Vm): Promise<void> {
  for (const { name, id, price } of FEEDS) {
    publish(vm, (await keypair(`oracle ${name}`)).address, id, price);
  }
}

/** How this client reads the accounts of a VM. */
const fetchOf =
  (vm: Vm): client.FetchAccounts =>
  async (addresses) =>
    addresses.map((at) => vm.found(at));

/** Somebody with a margin account. */
export interface Trader {
  readonly owner: KeyPairSigner;
  readonly margin: Address;
  /** Token accounts by bank. */
  readonly tokens: readonly Address[];
}

/** The venue. */
export class World {
  readonly prices: bigint[] = FEEDS.map(({ price }) => price);

  private constructor(
    readonly vm: Vm,
    readonly deployment: client.Deployment,
    readonly rules: client.Rules,
    private readonly oracles: readonly Address[],
  ) {}

  static async launch(): Promise<World> {
    const vm = await Vm.deployed();
    await prepare(vm);
    const memory: Memory = {};
    const config = await standardConfig();
    const run = { chain: chainOf(vm), config, creator: vm.authority, memory, print: () => {} };
    await deploy(run);
    assert.ok(memory.lookupTable);
    vm.useTable(memory.lookupTable);
    const deployment = await client.loadDeployment(fetchOf(vm), 0);
    const oracles = config.feeds.map(({ source }) => source.account);
    const world = new World(vm, deployment, await client.loadRules(), oracles);
    await world.refreshAll();
    return world;
  }

  get fetch(): client.FetchAccounts {
    return fetchOf(this.vm);
  }

  async trader(name: string): Promise<Trader> {
    const owner = await keypair(`trader ${name}`);
    this.vm.fund(owner.address, 100n);
    const tokens: Address[] = [];
    for (const [place, { mint, tokenProgram }] of this.deployment.banks.entries()) {
      const key = await keypair(`tokens ${name} ${place}`);
      await this.vm.send(owner, [
        getCreateAccountInstruction({
          payer: owner,
          newAccount: key,
          lamports: this.vm.svm.minimumBalanceForRentExemption(165n),
          space: 165,
          programAddress: tokenProgram,
        }),
        getInitializeAccount3Instruction({ account: key.address, mint, owner: owner.address }),
      ]);
      tokens.push(key.address);
    }
    await this.vm.send(owner, [await client.createMarginAccount(this.deployment, owner)]);
    const margin = await client.marginAddress(this.deployment.compartment, owner.address);
    return { owner, margin, tokens };
  }

  /** Mints tokens to somebody, who deposits them. */
  async deposit(who: Trader, bank: number, text: string): Promise<Receipt> {
    const amount = client.tokens(text, DECIMALS[bank] ?? 0);
    const source = who.tokens[bank] as Address;
    await this.mint(bank, source, amount);
    return this.vm.send(who.owner, [
      client.deposit(this.deployment, who.owner, who.margin, { bank, amount, source }),
    ]);
  }

  async mint(bank: number, to: Address, amount: bigint): Promise<void> {
    const { mint } = client.bankOf(this.deployment, bank);
    const mintAuthority = this.vm.authority;
    const minted = getMintToInstruction({ mint, token: to, mintAuthority, amount });
    await this.vm.send(mintAuthority, [minted]);
  }

  balance(of: Address): bigint {
    return Buffer.from(this.vm.data(of)).readBigUInt64LE(64);
  }

  async place(who: Trader, side: client.Side, size: string, at: string, resting = false) {
    const { book } = client.marketOf(this.deployment, SOL_PERP);
    const { bids, asks } = client.readBook(this.vm.data(book));
    const makers = client.makersOf(side === client.Side.Bid ? asks : bids, who.margin);
    return this.vm.send(who.owner, [
      client.placeOrder(this.deployment, who.owner, who.margin, {
        market: SOL_PERP,
        side,
        size: client.base(size),
        price: client.price(at),
        kind: resting ? client.OrderKind.PostOnly : client.OrderKind.Limit,
        makers: resting ? [] : makers,
      }),
    ]);
  }

  /** Publishes the prices as they are, and refreshes with copies. */
  async refreshAll(): Promise<void> {
    this.publishAll();
    const updates = this.oracles.map((oracle, feed) => ({ feed, oracle }));
    await this.vm.send(this.vm.authority, [client.refresh(this.deployment, this.vm.authority, updates, true)]);
  }

  private publishAll(): void {
    for (const [place, { id }] of FEEDS.entries()) {
      publish(this.vm, this.oracles[place] as Address, id, this.prices[place] as bigint);
    }
  }

  /** Moves SOL's price so that it counts: the jump, and its confirmation a few seconds on. */
  async crash(to: string): Promise<void> {
    const wanted = client.price(to);
    this.prices[SOL] = wanted;
    for (let tries = 0; tries < 12; tries += 1) {
      await this.refreshAll();
      if (this.board().feeds[SOL]?.last?.price === wanted) {
        // Of the last two prints the one that favours the account decides.
        this.vm.advance(1);
        return this.refreshAll();
      }
      this.vm.advance(3);
    }
    assert.fail("the price never counted");
  }

  board(): client.BoardView {
    return client.readBoard(this.vm.data(this.deployment.board));
  }

  margin(who: Trader): client.MarginView {
    return client.readMargin(this.vm.data(who.margin));
  }

  /** What the rules are asked with. */
  at(who: Trader): client.AccountAt {
    const { unix, slot } = this.vm.now;
    const board = this.vm.data(this.deployment.board);
    return { board, margin: this.vm.data(who.margin), unix, slot };
  }

  /** Health of somebody: computed here, and by the program, which must agree to the byte. */
  async health(who: Trader): Promise<client.HealthView> {
    const told = await this.vm.send(this.vm.authority, [
      client.healthView(this.deployment, who.margin),
    ]);
    const computed = this.rules.healthBytes(this.at(who));
    assert.deepEqual(padded(told.returned, computed.length), computed);
    return client.readHealthView(told.returned);
  }

  /** Margin notice of somebody, in the same way. */
  async notice(who: Trader): Promise<client.MarginNotice> {
    const told = await this.vm.send(this.vm.authority, [
      client.marginNotice(this.deployment, who.margin),
    ]);
    const computed = this.rules.marginNoticeBytes(this.at(who));
    assert.deepEqual(padded(told.returned, computed.length), computed);
    return client.readMarginNotice(told.returned);
  }
}

function padded(data: Uint8Array, size: number): Uint8Array {
  const whole = new Uint8Array(size);
  whole.set(data);
  return whole;
}

/** Asserts by what name the program refuses. */
export async function refuses(
  name: client.BulwarkErrorName,
  act: () => Promise<unknown>,
): Promise<client.Refusal> {
  try {
    await act();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    assert.equal(error.refusal?.name, name, error.message);
    return error.refusal as client.Refusal;
  }
  assert.fail(`succeeded where ${name} was expected`);
}

/** The only event of that name in a receipt. */
export function only<Name extends keyof client.BulwarkEvents>(
  receipt: Receipt,
  name: Name,
): client.BulwarkEvents[Name] {
  const found = receipt.events.filter((event) => event.name === name);
  assert.equal(found.length, 1, `one ${name} among ${receipt.events.map((e) => e.name).join()}`);
  return found[0]?.data as client.BulwarkEvents[Name];
}
