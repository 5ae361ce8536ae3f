/** One audit of a compartment, as a keeper runs it every day: the marks of a Recovery rehearsed in
 * Normal, which leave a dated root and totals (docs/recovery.md). Each step looks at the chain
 * first: a run that was cut off goes on, and several keepers don't hinder one another. */

import type { Address, TransactionSigner } from "@solana/kit";
import { type Chain, sol } from "./chain.js";
import {
  AUDIT,
  type Deployment,
  type RecoveryView,
  beginAudit,
  closeAudit,
  countRecovery,
  format,
  loadDeployment,
  markAccounts,
  readMargin,
  readRecovery,
  recoveryAddress,
} from "./client.js";

/** The clock of the cluster; its seconds since 1970 lie behind four words. */
const CLOCK = "SysvarC1ock11111111111111111111111111111111" as Address;
const UNIX = 32;
/** Seconds between the beginnings of two audits (`AUDIT_EVERY`). */
const EVERY = 20n * 3_600n;
/** Banks, markets and accounts of one transaction: 31 keys at most. */
const [BANKS, MARKETS, ACCOUNTS] = [8, 16, 16] as const;
/** Accounts that are read at once. */
const READ = 100;
/** Times that the accounts are looked through: who trades meanwhile may be new. */
const ROUNDS = 20;

/** A cluster that says what accounts a compartment has. */
export interface AuditedChain extends Chain {
  /** Margin accounts of a compartment. */
  margins(compartment: Address): Promise<readonly Address[]>;
  /** Lamports of a wallet. */
  balance(of: Address): Promise<bigint>;
}

/** What an audit needs. */
export interface AuditRun {
  readonly chain: AuditedChain;
  /** Number of the compartment. */
  readonly compartment: number;
  /** Pays. */
  readonly payer: TransactionSigner;
  readonly print: (line: string) => void;
}

/** What an audit came to. */
export interface Audited {
  readonly audit: number;
  /** Whether it was run now; else it is the latest, and another isn't due. */
  readonly closed: boolean;
  readonly beganAt: string;
  readonly beganSlot: bigint;
  /** From when on another may begin. */
  readonly nextAt: string;
  readonly root: string;
  readonly accounts: bigint;
  readonly marked: bigint;
  /** Marked, and not as they stood at their mark in the audit before. */
  readonly changed: bigint;
  /** Quote in 1e-6 USD: of accounts that stood still, of the others, owed by the books, there. */
  readonly quote: {
    readonly unchanged: bigint;
    readonly changed: bigint;
    readonly owed: bigint;
    readonly held: bigint;
  };
  /** Units of each other token by its bank: counted in accounts, owed by the books, there. */
  readonly tokens: readonly {
    readonly bank: number;
    readonly counted: bigint;
    readonly owed: bigint;
    readonly held: bigint;
  }[];
  readonly transactions: number;
  /** Lamports that the payer has less: fees, and of the first audit the record's rent. */
  readonly cost: bigint;
}

/** 128 bits, signed. */
const signed = ({ lo, hi }: { readonly lo: bigint; readonly hi: bigint }) =>
  BigInt.asIntN(128, (BigInt(hi) << 64n) | BigInt(lo));

const usd = (e6: bigint) => `$${format(e6, 6)}`;

const date = (unix: bigint) => new Date(Number(unix) * 1_000).toISOString();

/** `all` in pieces of `size`. */
function pieces<T>(all: readonly T[], size: number): T[][] {
  const count = Math.ceil(all.length / size);
  return Array.from({ length: count }, (_, place) => all.slice(place * size, (place + 1) * size));
}

/** Runs one audit. */
class Audit {
  sent = 0;

  private constructor(
    readonly run: AuditRun,
    readonly deployment: Deployment,
    readonly at: Address,
  ) {}

  static async of(run: AuditRun): Promise<Audit> {
    const fetch = async (addresses: readonly Address[]) => {
      const found = await run.chain.accounts(addresses);
      return found.map((one) => one && { data: one.data, programAddress: one.owner });
    };
    const deployment = await loadDeployment(fetch, run.compartment);
    return new Audit(run, deployment, await recoveryAddress(deployment.compartment, AUDIT));
  }

  async record(): Promise<RecoveryView | null> {
    const [found] = await this.run.chain.accounts([this.at]);
    return found ? readRecovery({ data: found.data, programAddress: found.owner }) : null;
  }

  /** The record of an audit that has begun. */
  async begun(): Promise<RecoveryView> {
    const record = await this.record();
    if (!record) throw new Error(`the record of audits is gone: nothing at ${this.at}`);
    return record;
  }

  async now(): Promise<bigint> {
    const [clock] = await this.run.chain.accounts([CLOCK]);
    if (!clock) throw new Error("this cluster has no clock");
    return new DataView(Uint8Array.from(clock.data).buffer).getBigInt64(UNIX, true);
  }

  /** Sends, unless somebody else has done it meanwhile, as `done` says. */
  async send(
    make: () => ReturnType<typeof beginAudit>,
    done: () => Promise<boolean>,
  ): Promise<void> {
    const { chain, payer } = this.run;
    try {
      await chain.send(payer, [await make()]);
      this.sent += 1;
    } catch (error) {
      if (!(await done())) throw error;
    }
  }

  /** Begins, where none runs and one is due. Whether one runs now. */
  async begin(): Promise<boolean> {
    const { deployment, run } = this;
    const before = await this.record();
    if (before && before.phase !== "settled") {
      run.print(`going on with audit ${before.epoch - AUDIT}: ${before.marked} marked`);
      return true;
    }
    if (before && (await this.now()) < before.announcedAt + EVERY) return false;
    await this.send(
      async () => beginAudit(deployment, run.payer),
      async () => ((await this.record())?.epoch ?? AUDIT) !== (before?.epoch ?? AUDIT),
    );
    return true;
  }

  /** Counts the banks and markets that aren't counted yet. */
  async count(): Promise<void> {
    const { deployment, run } = this;
    const { banksCounted, marketsCounted } = (await this.begun()).layout;
    const left = (all: readonly unknown[], counted: number) =>
      [...all.keys()].filter((number) => ((counted >>> number) & 1) === 0);
    const count = async (what: { banks?: number[]; markets?: number[] }) =>
      this.send(
        async () => countRecovery(deployment, run.payer, AUDIT, what),
        async () => {
          const { layout } = await this.begun();
          const has = (numbers: number[] | undefined, counted: number) =>
            (numbers ?? []).every((number) => ((counted >>> number) & 1) === 1);
          return (
            has(what.banks, layout.banksCounted) && has(what.markets, layout.marketsCounted)
          );
        },
      );
    for (const banks of pieces(left(deployment.banks, banksCounted), BANKS)) {
      await count({ banks });
    }
    for (const markets of pieces(left(deployment.markets, marketsCounted), MARKETS)) {
      await count({ markets });
    }
  }

  /** Live accounts that this audit hasn't marked. */
  async unmarked(epoch: number, among: readonly Address[]): Promise<Address[]> {
    const left: Address[] = [];
    for (const some of pieces(among, READ)) {
      const found = await this.run.chain.accounts(some);
      for (const [place, account] of found.entries()) {
        const at = some[place];
        if (!account || !at) continue;
        const margin = readMargin({ data: account.data, programAddress: account.owner });
        const { live, shadow } = margin.layout;
        if (live !== 0 && shadow.auditEpoch !== epoch) left.push(at);
      }
    }
    return left;
  }

  /** Marks everybody. */
  async mark(): Promise<void> {
    const { deployment, run } = this;
    const { epoch } = await this.begun();
    for (let round = 0; round < ROUNDS; round += 1) {
      const all = await run.chain.margins(deployment.compartment);
      const left = await this.unmarked(epoch, all);
      if (left.length === 0) return;
      run.print(`${left.length} of ${all.length} accounts to mark`);
      for (const some of pieces(left, ACCOUNTS)) {
        await this.send(
          async () => markAccounts(deployment, run.payer, AUDIT, some),
          async () => (await this.unmarked(epoch, some)).length === 0,
        );
      }
    }
  }

  /** Closes. Who was counted and has emptied his account since is waited for an hour. */
  async close(): Promise<void> {
    const { deployment, run } = this;
    const { marked, liveCount, deadlineAt, phase } = await this.begun();
    if (phase === "settled") return;
    if (marked < liveCount && (await this.now()) < deadlineAt) {
      throw new Error(
        `${liveCount - marked} accounts were counted and are empty now: the audit closes from ` +
          `${date(deadlineAt)} on; run again then, it goes on there`,
      );
    }
    await this.send(
      async () => closeAudit(deployment, run.payer),
      async () => (await this.begun()).phase === "settled",
    );
  }
}

/** Runs an audit to its end, or goes on with one; where none is due, tells of the latest. */
export async function audit(run: AuditRun): Promise<Audited> {
  const one = await Audit.of(run);
  const before = await run.chain.balance(run.payer.address);
  const closed = await one.begin();
  if (closed) {
    await one.count();
    await one.mark();
    await one.close();
  }
  const { layout, ...record } = await one.begun();
  const [quote, ...tokens] = layout.banks;
  if (!quote) throw new Error("a record without banks: update the client");
  return {
    audit: record.epoch - AUDIT,
    closed,
    beganAt: date(record.announcedAt),
    beganSlot: layout.announcedSlot,
    nextAt: date(record.announcedAt + EVERY),
    root: Buffer.from(record.root.hash).toString("hex"),
    accounts: record.liveCount,
    marked: record.marked,
    changed: layout.changed,
    quote: {
      unchanged: signed(layout.quoteMarked),
      changed: signed(layout.changedQuote),
      owed: signed(layout.quoteFrozen),
      held: quote.assigned,
    },
    tokens: tokens.slice(0, one.deployment.banks.length - 1).map((bank, place) => ({
      bank: place + 1,
      counted: bank.paid + bank.seizedPaid,
      owed: bank.claims,
      held: bank.assigned,
    })),
    transactions: one.sent,
    cost: before - (await run.chain.balance(run.payer.address)),
  };
}

/** An audit as a table. */
export function table(of: Audited): string {
  const { quote } = of;
  const rows: [string, string][] = [
    ["audit", `${of.audit}${of.closed ? "" : " (the latest; none is due)"}`],
    ["began", `${of.beganAt}, slot ${of.beganSlot}`],
    ["root", of.root],
    ["accounts", `${of.marked} marked of ${of.accounts}, ${of.changed} changed since the last`],
    ["quote, unchanged", usd(quote.unchanged)],
    ["quote, changed", usd(quote.changed)],
    ["quote, owed", usd(quote.owed)],
    ["quote, there", usd(quote.held)],
    ...of.tokens.map(({ bank, counted, owed, held }): [string, string] => [
      `bank ${bank}`,
      `${counted} units counted, ${owed} owed, ${held} there`,
    ]),
    ["next", of.nextAt],
    ["transactions", `${of.transactions}, ${sol(of.cost)} SOL`],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join("\n");
}

/** An audit as JSON; numbers that may be large are text. */
export function json(of: Audited): string {
  return JSON.stringify(of, (_, value: unknown) =>
    typeof value === "bigint" ? value.toString() : value,
  );
}
