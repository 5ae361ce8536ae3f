/** The self-check. */

import type { Address, Instruction, TransactionSigner } from "@solana/kit";
import { type Deployment, bankOf, marketOf } from "../deployment.js";
import * as generated from "../generated/instructions/index.js";
import { common, everyMarket, followed, reads, writes } from "./build.js";

/** What a check looks at, beside the Board and the modes' budgets. */
export interface CheckItems {
  /** The quote bank, with every market. */
  readonly quote?: boolean;
  /** Numbers of markets, where `quote` doesn't bring all of them. */
  readonly markets?: readonly number[];
  /** Numbers of tokens' banks (never 0), with their vaults. */
  readonly banks?: readonly number[];
  /** Margin accounts. */
  readonly accounts?: readonly Address[];
}

/** Everything of a compartment but its margin accounts. */
export const checkAll = (deployment: Deployment): CheckItems => ({
  quote: true,
  banks: deployment.banks.map((_, index) => index).slice(1),
});

/**
 * Recomputes invariants from what lies on chain: sets the broken bit of each item that fails,
 * clears that of each that holds, latches and chains what breakers saw. Anyone may; who latches a
 * bit first is paid a little (USD in 1e-6) into margin account `rewardTo`, if he names one. It
 * succeeds whatever it finds. Errors: `IncompleteSet`, `DuplicateAccount`.
 */
export function check(
  deployment: Deployment,
  caller: TransactionSigner,
  items: CheckItems = checkAll(deployment),
  rewardTo?: Address,
): Instruction {
  const quote = items.quote || rewardTo ? bankOf(deployment, 0) : undefined;
  const instruction = generated.getCheckInstruction({
    ...common(deployment),
    caller,
    board: deployment.board,
    insurance: deployment.insurance,
    ...(quote ? { quoteBank: quote.bank, quoteVault: quote.vault } : {}),
    ...(rewardTo ? { rewardTo } : {}),
    quote: items.quote ?? false,
  });
  const markets = (items.markets ?? []).map((one) => marketOf(deployment, one).market);
  const banks = (items.banks ?? []).map((one) => bankOf(deployment, one));
  return followed(instruction, [
    ...(items.quote ? everyMarket(deployment) : []),
    ...writes(markets),
    ...reads(banks.flatMap(({ bank, vault }) => [bank, vault])),
    ...reads(items.accounts ?? []),
  ]);
}
