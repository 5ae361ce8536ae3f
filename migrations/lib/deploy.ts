/**
 * Step 0: creates what a configuration says and isn't there yet.
 *
 * Every step looks at the cluster first, so a second run does nothing and a run that was cut off goes
 * on. Accounts that the client makes (Board, books) are made and adopted in one transaction: none is
 * ever left over.
 */

import {
  type Address,
  type Instruction,
  type TransactionSigner,
  generateKeyPairSigner,
  getBase16Decoder,
} from "@solana/kit";
import { type Chain, sol } from "./chain.js";
import * as client from "./client.js";
import {
  type Config,
  ConfigError,
  bankListing,
  collateralLimits,
  feedListing,
  insuranceListing,
  marketListing,
  tokenProgram,
} from "./config.js";
import { createAccount } from "./system.js";

/** Bytes of the accounts that are created. */
const SPACE = {
  protocol: client.ACCOUNT_SIZES.protocol,
  compartment: client.ACCOUNT_SIZES.compartment,
  board: client.ACCOUNT_SIZES.board,
  insurance: client.ACCOUNT_SIZES.insurance,
  bank: client.ACCOUNT_SIZES.bank,
  vault: 165,
  market: client.ACCOUNT_SIZES.market,
  book: client.ACCOUNT_SIZES.book,
};

/** What a run remembers between runs, because no account of the program says it. */
export interface Memory {
  /** Lookup table. */
  lookupTable?: Address;
}

/** How a run is made. */
export interface Run {
  readonly chain: Chain;
  readonly config: Config;
  /** Upgrade authority of the program; pays for everything and is the creator. */
  readonly creator: TransactionSigner;
  /** What earlier runs remember; changed by this one. */
  readonly memory: Memory;
  /** Whether nothing is sent. */
  readonly dry?: boolean;
  /** Where lines go. */
  readonly print: (line: string) => void;
}

/** What a run came to. */
export interface Outcome {
  /** Steps that were done, or would be. */
  readonly done: readonly string[];
  /** Rent that they cost. */
  readonly rent: bigint;
}

/** One step of a run. */
interface Step {
  readonly title: string;
  /** Bytes of accounts that it makes. */
  readonly space: readonly number[];
  /** What a dry run can say against it already. */
  readonly warning?: () => Promise<string | null>;
  /** What to do where it stands on a price and that is too old. */
  readonly tooOld?: string;
  /** Bytes by which it makes an account longer. */
  readonly grows?: () => Promise<number>;
  /** Whether it is done already. @throws ConfigError where what is there is something else. */
  done(): Promise<boolean>;
  /** What does it; `fresh`: with a newer price than the Board has, where it stands on one. */
  instructions(fresh: boolean): Promise<readonly Instruction[]>;
}

const hex = (bytes: Parameters<ReturnType<typeof getBase16Decoder>["decode"]>[0]) =>
  getBase16Decoder().decode(bytes);

/** Creates what isn't there yet. */
export async function deploy(run: Run): Promise<Outcome> {
  const work = new Work(run);
  const done: string[] = [];
  let rent = 0n;
  for (const step of work.steps()) {
    if (await step.done()) {
      run.print(`  there  ${step.title}`);
      continue;
    }
    const cost = await rentOf(run.chain, step);
    run.print(`  ${run.dry ? "would" : "make "}  ${step.title}${cost > 0n ? `, rent ${sol(cost)} SOL` : ""}`);
    const warning = run.dry && step.warning ? await step.warning() : null;
    if (warning) run.print(`   but   ${warning}`);
    if (!run.dry) await made(run, step);
    done.push(step.title);
    rent += cost;
  }
  run.print(
    done.length === 0
      ? "nothing to do: everything is there"
      : `${done.length} steps${run.dry ? " to do" : " done"}, rent ${sol(rent)} SOL`,
  );
  return { done, rent };
}

/** A refresh that found nothing newer than what the Board has: by its name, or by its code. */
const NOTHING_NEW = /NothingRefreshed|"Custom":6008\b/;

async function sent({ chain, creator }: Run, step: Step): Promise<void> {
  try {
    await chain.send(creator, await step.instructions(true));
  } catch (error) {
    if (!step.tooOld || !NOTHING_NEW.test((error as Error).message)) throw error;
    await chain.send(creator, await step.instructions(false));
  }
}

/** Sends a step, and says what to do where its price is too old. */
async function made(run: Run, step: Step): Promise<void> {
  try {
    await sent(run, step);
  } catch (error) {
    const { message } = error as Error;
    if (!step.tooOld || !message.includes("OracleGate")) throw error;
    throw new Error(`${step.title}: ${message}\n${step.tooOld}`, { cause: error });
  }
}

async function rentOf(chain: Chain, { space, grows }: Step): Promise<bigint> {
  const all = await Promise.all(space.map((one) => chain.rent(one)));
  const made = all.reduce((sum, one) => sum + one, 0n);
  if (!grows) return made;
  return made + (await chain.rent(await grows())) - (await chain.rent(0));
}

class Work {
  constructor(private readonly run: Run) {}

  steps(): Step[] {
    const { config } = this.run;
    return [
      this.protocol(),
      this.compartment(),
      this.board(),
      this.insurance(),
      ...config.feeds.flatMap((_, place) => [this.feed(place), this.price(place)]),
      ...config.banks.map((_, place) => this.bank(place)),
      ...config.markets.map((_, place) => this.market(place)),
      this.table(),
      ...this.extensions(),
      ...(config.seal ? [this.seal()] : []),
    ];
  }

  private async read<T>(
    address: Address,
    reader: (source: client.AccountSource) => T,
  ): Promise<T | null> {
    const [found] = await this.run.chain.accounts([address]);
    return found && found.data.length > 0
      ? reader({ data: found.data, programAddress: found.owner })
      : null;
  }

  private async compartmentView(): Promise<client.CompartmentView | null> {
    const address = await client.compartmentAddress(this.run.config.compartment);
    return this.read(address, client.readCompartment);
  }

  private async boardView(): Promise<client.BoardView | null> {
    const board = (await this.compartmentView())?.board;
    return board ? this.read(board, client.readBoard) : null;
  }

  /** The deployment as far as it is there. */
  private async deployment(board?: Address): Promise<client.Deployment> {
    const { chain, config } = this.run;
    const there = await this.compartmentView();
    if (!there?.board) return client.newDeployment(config.compartment, board ?? client.NOBODY);
    const fetch: client.FetchAccounts = async (addresses) =>
      (await chain.accounts(addresses)).map(
        (found) => found && { data: found.data, programAddress: found.owner },
      );
    return client.loadDeployment(fetch, config.compartment);
  }

  private protocol(): Step {
    const { config, creator } = this.run;
    return {
      title: "Protocol",
      space: [SPACE.protocol],
      done: async () => {
        const there = await this.read(await client.protocolAddress(), client.readProtocol);
        if (there && there.creator !== creator.address) {
          throw new ConfigError(
            `the Protocol's creator is ${there.creator}, the wallet ${creator.address}: use his`,
          );
        }
        return there !== null;
      },
      instructions: async () => [
        await client.createProtocol(
          await this.deployment(),
          creator,
          config.treasury ?? creator.address,
        ),
      ],
    };
  }

  private compartment(): Step {
    return {
      title: `compartment ${this.run.config.compartment}`,
      space: [SPACE.compartment],
      done: async () => (await this.compartmentView()) !== null,
      instructions: async () => [
        client.createCompartment(await this.deployment(), this.run.creator),
      ],
    };
  }

  private board(): Step {
    const { chain, creator, config } = this.run;
    return {
      title: "Board",
      space: [SPACE.board],
      done: async () => Boolean((await this.compartmentView())?.board),
      instructions: async () => {
        const key = await generateKeyPairSigner();
        const rent = await chain.rent(SPACE.board);
        const made = await this.deployment(key.address);
        return [
          createAccount(creator, key, rent, SPACE.board, client.PROGRAM),
          client.createBoard(made, creator, config.profitCreditPpm, collateralLimits(config)),
        ];
      },
    };
  }

  private insurance(): Step {
    const { creator, config } = this.run;
    return {
      title: "insurance",
      space: [SPACE.insurance],
      done: async () => Boolean((await this.compartmentView())?.insurance),
      instructions: async () => [
        client.createInsurance(await this.deployment(), creator, insuranceListing(config)),
      ],
    };
  }

  private feed(place: number): Step {
    const feed = this.run.config.feeds[place] as Config["feeds"][number];
    const listing = feedListing(feed, place);
    return {
      title: `feed ${place}, ${feed.name}`,
      space: [],
      done: async () => {
        const there = (await this.boardView())?.feeds[place];
        if (there && hex(there.sourceId) !== hex(listing.source.id)) {
          throw new ConfigError(
            `feeds[${place}].source: the Board's feed ${place} has id ${hex(there.sourceId)}; ` +
              "feeds can't be exchanged, list it at another place",
          );
        }
        return there !== undefined;
      },
      instructions: async () => [
        client.createFeed(await this.deployment(), this.run.creator, listing),
      ],
    };
  }

  private price(place: number): Step {
    const feed = this.run.config.feeds[place] as Config["feeds"][number];
    return {
      title: `first price of ${feed.name}`,
      space: [],
      done: async () => Boolean((await this.boardView())?.feeds[place]?.last),
      warning: () => this.oracleProblem(place),
      instructions: async () => [await this.refresh(place)],
    };
  }

  /** Reads a feed's price. @throws ConfigError where there is none to be read. */
  private async refresh(place: number): Promise<Instruction> {
    const problem = await this.oracleProblem(place);
    if (problem) throw new ConfigError(problem);
    const { source } = this.run.config.feeds[place] as Config["feeds"][number];
    const update = { feed: place, oracle: source.account };
    return client.refresh(await this.deployment(), this.run.creator, [update]);
  }

  /** Why no price can be read of a feed; nothing if one can. */
  private async oracleProblem(place: number): Promise<string | null> {
    const { account, kind } = (this.run.config.feeds[place] as Config["feeds"][number]).source;
    const path = `feeds[${place}].source`;
    const [oracle] = await this.run.chain.accounts([account]);
    if (!oracle) {
      return `${path}.account: there is nothing at ${account}; post a price there, then run again`;
    }
    const owner = client.ORACLE_OWNERS[kind];
    if (oracle.owner === owner) return null;
    return `${path}.kind: ${account} belongs to ${oracle.owner}, a ${kind}'s accounts to ${owner}`;
  }

  private bank(place: number): Step {
    const { config, creator } = this.run;
    const bank = config.banks[place] as Config["banks"][number];
    return {
      title: `bank ${place}, ${bank.name}`,
      space: [SPACE.bank, SPACE.vault],
      done: async () => {
        const there = (await this.compartmentView())?.banks[place];
        const view = there && (await this.read(there, client.readBank));
        if (view && view.mint !== bank.mint) {
          throw new ConfigError(
            `banks[${place}].mint: bank ${place} has mint ${view.mint}; banks can't be exchanged, ` +
              "list it at another place",
          );
        }
        return Boolean(view);
      },
      instructions: async () => [
        await client.createBank(
          await this.deployment(),
          creator,
          bank.mint,
          bankListing(config, place),
          tokenProgram(bank),
        ),
      ],
    };
  }

  private market(place: number): Step {
    const { config, creator, chain } = this.run;
    const market = config.markets[place] as Config["markets"][number];
    const listing = marketListing(config, place);
    const oracle = config.feeds[listing.feed]?.source.account;
    return {
      title: `market ${place}, ${market.name}`,
      space: [SPACE.market, SPACE.book],
      warning: () => this.oracleProblem(listing.feed),
      tooOld:
        `A market is listed at a price that was published at most 10 s ago: have prices posted to ` +
        `${oracle} every few seconds, then run again; it goes on there.`,
      done: async () => {
        const there = (await this.compartmentView())?.markets[place];
        const view = there && (await this.read(there, client.readMarket));
        if (view && view.feed !== listing.feed) {
          throw new ConfigError(
            `markets[${place}].feed: market ${place} has feed ${view.feed}; markets can't be ` +
              "exchanged, list it at another place",
          );
        }
        return Boolean(view);
      },
      instructions: async (fresh) => {
        const book = await generateKeyPairSigner();
        const rent = await chain.rent(SPACE.book);
        const made = await this.deployment();
        return [
          createAccount(creator, book, rent, SPACE.book, client.PROGRAM),
          // The first price was read many transactions ago.
          ...(fresh ? [await this.refresh(listing.feed)] : []),
          await client.createMarket(made, creator, book.address, listing),
        ];
      },
    };
  }

  private table(): Step {
    const { memory, creator, chain } = this.run;
    return {
      title: "lookup table",
      space: [56],
      done: async () => {
        if (!memory.lookupTable) return false;
        return (await this.read(memory.lookupTable, client.readLookupTable)) !== null;
      },
      instructions: async () => {
        const made = await client.createLookupTable(creator, await chain.slot());
        memory.lookupTable = made.table;
        return [made.instruction];
      },
    };
  }

  /** What the table lacks; all of it while there is no table. */
  private async lacking(): Promise<Address[]> {
    const { memory } = this.run;
    const table = memory.lookupTable;
    const keys = table ? await this.read(table, client.readLookupTable) : null;
    return client.missingKeys(await this.deployment(), keys ?? []);
  }

  private extensions(): Step[] {
    const { config, creator, dry } = this.run;
    // Seven keys of the compartment, three of a bank with its token program, two of a market.
    const programs = new Set(config.banks.map(tokenProgram)).size;
    const whole = 7 + programs + 3 * config.banks.length + 2 * config.markets.length;
    const count = Math.ceil(whole / client.LOOKUP_STEP);
    return Array.from({ length: count }, (_, place) => {
      // What a dry run would have listed by now isn't there to be counted.
      const planned = whole - place * client.LOOKUP_STEP;
      const open = async () =>
        Math.min(dry ? planned : (await this.lacking()).length, client.LOOKUP_STEP);
      return {
        title: `addresses of the lookup table, part ${place + 1}`,
        space: [],
        grows: async () => 32 * (await open()),
        done: async () =>
          this.run.memory.lookupTable !== undefined && (await this.lacking()).length === 0,
        instructions: async () => {
          const keys = (await this.lacking()).slice(0, client.LOOKUP_STEP);
          const table = this.run.memory.lookupTable as Address;
          return [client.extendLookupTable(creator, table, keys)];
        },
      };
    });
  }

  private seal(): Step {
    return {
      title: "seal: the creator's powers end",
      space: [],
      done: async () => {
        const there = await this.read(await client.protocolAddress(), client.readProtocol);
        return there?.sealed ?? false;
      },
      warning: () => this.unguarded(),
      instructions: async () => {
        const problem = await this.unguarded();
        if (problem) throw new ConfigError(problem);
        return [client.seal(await this.deployment(), this.run.creator)];
      },
    };
  }

  /** Why nobody should seal yet: without a guardian nothing could ever be changed again. */
  private async unguarded(): Promise<string | null> {
    const [guardian] = await this.run.chain.accounts([await client.guardianAddress()]);
    if (guardian?.owner === client.PROGRAM) return null;
    return (
      "seal: there is no guardian, and after the seal nobody can ever make one; make it " +
      "(create_guardian, docs/operations.md), then run again"
    );
  }
}
