/** Settling a market, closing a bank. */

import type { Address, Instruction, TransactionSigner } from "@solana/kit";
import { type Deployment, bankOf, marketOf } from "../deployment.js";
import * as generated from "../generated/instructions/index.js";
import { common, everyBank, followed } from "./build.js";

const marketAccounts = (deployment: Deployment, caller: TransactionSigner, market: number) => ({
  ...common(deployment),
  caller,
  board: deployment.board,
  market: marketOf(deployment, market).market,
});

/**
 * Announces that a market will be settled; it is reduce-only from then on. `decided`: by the
 * creator, a week ahead; else by anyone, a day ahead, because its target stands at its cap or its
 * feed is dead. Errors: `NoCause`, `NotCreator`, `Sealed`, `MarketForbids`.
 */
export function announceSettlement(
  deployment: Deployment,
  caller: TransactionSigner,
  market: number,
  decided = false,
): Instruction {
  const instruction = generated.getAnnounceSettlementInstruction({
    ...marketAccounts(deployment, caller, market),
    decided,
  });
  return decided ? followed(instruction, everyBank(deployment)) : instruction;
}

/**
 * Calls a settlement off whose cause is gone; anyone may. Errors: `CauseStands`, `MarketForbids`.
 */
export function callOffSettlement(
  deployment: Deployment,
  caller: TransactionSigner,
  market: number,
): Instruction {
  return generated.getCallOffSettlementInstruction(marketAccounts(deployment, caller, market));
}

/**
 * Settles a market whose notice is over, at the median of its latest closes; anyone may. Errors:
 * `DelayRuns`, `TooFewCloses`, `NoCause`, `OracleGate`, `MarketForbids`.
 */
export function settleMarket(
  deployment: Deployment,
  caller: TransactionSigner,
  market: number,
): Instruction {
  return generated.getSettleMarketInstruction(marketAccounts(deployment, caller, market));
}

/**
 * Closes an account's position in a settled market at the settlement price; anyone may. Errors:
 * `NoPosition`, `MarketForbids`.
 */
export function settlePosition(
  deployment: Deployment,
  caller: TransactionSigner,
  margin: Address,
  market: number,
): Instruction {
  return generated.getSettlePositionInstruction({
    ...marketAccounts(deployment, caller, market),
    book: marketOf(deployment, market).book,
    insurance: deployment.insurance,
    margin,
  });
}

/**
 * Begins to close a bank, signed by the creator: no deposits, no weight for new risk. Never quote.
 * Errors: `NotCreator`, `Sealed`, `BankForbids`.
 */
export function closeBank(
  deployment: Deployment,
  creator: TransactionSigner,
  bank: number,
): Instruction {
  const instruction = generated.getCloseBankInstruction({
    ...common(deployment),
    creator,
    board: deployment.board,
    bank: bankOf(deployment, bank).bank,
  });
  return followed(instruction, everyBank(deployment));
}
