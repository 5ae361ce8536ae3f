/** A venue's history by RPC: what `bulwark verify` proves or refutes. */

import { type Address, type Signature, createSolanaRpc } from "@solana/kit";
import { setTimeout as pause } from "node:timers/promises";
import { PROGRAM } from "./client.js";

/** Most signatures that an RPC answers at once. */
const PAGE = 1_000;
/** How often a question is asked before it has failed; each wait is twice the one before. */
const TRIES = 6;
/** The first wait, milliseconds. */
const WAIT = 500;

/** How a history is read. */
export interface HistoryOptions {
  /** RPC of the cluster; it must keep all transactions of the program. */
  readonly url: string;
  /** Signature after which to begin; from the program's first transaction without. */
  readonly after?: string;
  /** Signatures asked for at once, at most 1,000. */
  readonly page?: number;
  /** First wait before a question is asked again, milliseconds. */
  readonly wait?: number;
  /** Told after each transaction: how many of how many were read. */
  readonly progress?: (read: number, all: number) => void;
}

/** Asks again where an RPC is busy or doesn't have an answer yet. */
async function patient<T>(wait: number, ask: () => Promise<T | null>, what: string): Promise<T> {
  for (let tried = 1; ; tried += 1) {
    try {
      const answer = await ask();
      if (answer !== null) return answer;
      if (tried === TRIES) throw new Error(`the RPC doesn't have ${what}: ask one with an archive`);
    } catch (error) {
      if (tried === TRIES) throw error;
    }
    await pause(wait * 2 ** (tried - 1));
  }
}

/** As an RPC writes it: numbers, which `bigint`s of the client were. */
function text(value: unknown): string {
  return JSON.stringify(value, (_, one: unknown) => (typeof one === "bigint" ? Number(one) : one));
}

/**
 * Each transaction of the program that succeeded, oldest first, as `getTransaction` returns it: a
 * line of what `bulwark verify` reads.
 *
 * @throws Error where the RPC doesn't answer, or lacks a transaction.
 */
export async function* history(options: HistoryOptions): AsyncGenerator<string> {
  const { url, after, page = PAGE, wait = WAIT, progress } = options;
  const rpc = createSolanaRpc(url);
  const found: Signature[] = [];
  const until = after === undefined ? {} : { until: after as Signature };
  for (let last: Signature | undefined; ; ) {
    const before = last === undefined ? {} : { before: last };
    const range = { commitment: "finalized", limit: page, ...before, ...until } as const;
    const ask = () => rpc.getSignaturesForAddress(PROGRAM, range).send();
    const batch = await patient(wait, ask, "the program's signatures");
    found.push(...batch.filter(({ err }) => err === null).map(({ signature }) => signature));
    last = batch.at(-1)?.signature;
    if (batch.length < page) break;
  }
  for (const [place, signature] of found.toReversed().entries()) {
    const how = {
      commitment: "finalized",
      encoding: "json",
      maxSupportedTransactionVersion: 0,
    } as const;
    const ask = () => rpc.getTransaction(signature, how).send();
    yield text(await patient(wait, ask, `transaction ${signature}`));
    progress?.(place + 1, found.length);
  }
}

/** The program's accounts now: the dump that a rebuilt history is compared with. */
export async function dump(url: string, of: Address = PROGRAM): Promise<string> {
  const how = { commitment: "finalized", encoding: "base64" } as const;
  return text(await createSolanaRpc(url).getProgramAccounts(of, how).send());
}
