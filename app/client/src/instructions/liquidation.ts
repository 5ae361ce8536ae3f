/** Liquidation, wind-up, settling. */

import type { Address, Instruction, TransactionSigner } from "@solana/kit";
import { type Deployment, bankOf, marketOf } from "../deployment.js";
import * as generated from "../generated/instructions/index.js";
import type { BaseE8, TokenAmount } from "../units.js";
import { NONE, common, followed, writes } from "./build.js";

/** Starts the liquidation clock of an account that is below its maintenance; anyone may. */
export function flag(
  deployment: Deployment,
  caller: TransactionSigner,
  margin: Address,
): Instruction {
  return generated.getFlagInstruction({
    ...common(deployment),
    caller,
    board: deployment.board,
    margin,
  });
}

/** Notes that an account is healthy; the second time, a minute on, its clock ends. */
export function unflag(
  deployment: Deployment,
  caller: TransactionSigner,
  margin: Address,
): Instruction {
  return generated.getUnflagInstruction({
    ...common(deployment),
    caller,
    board: deployment.board,
    margin,
  });
}

/** Tells the stage of an account (an event) where it has changed since somebody looked last. */
export function noteStage(
  deployment: Deployment,
  caller: TransactionSigner,
  margin: Address,
): Instruction {
  return generated.getNoteStageInstruction({
    ...common(deployment),
    caller,
    board: deployment.board,
    margin,
  });
}

/** Takes at most `largest` of a position over into `receiver`, which the signer owns. */
export function takeOver(
  deployment: Deployment,
  liquidator: TransactionSigner,
  what: {
    readonly liquidatee: Address;
    readonly receiver: Address;
    readonly market: number;
    readonly largest: BaseE8;
  },
): Instruction {
  return generated.getTakeOverInstruction({
    ...common(deployment),
    liquidator,
    board: deployment.board,
    market: marketOf(deployment, what.market).market,
    insurance: deployment.insurance,
    liquidatee: what.liquidatee,
    receiver: what.receiver,
    largest: what.largest,
  });
}

/** A sale of collateral against negative quote. */
export interface SaleRequest {
  /** Margin account that sells. */
  readonly seller: Address;
  /** Margin account that buys; the signer owns it. */
  readonly buyer: Address;
  /** Number of the bank whose token is sold. */
  readonly bank: number;
  /** Tokens at most. */
  readonly largest: TokenAmount;
  /** Token account that pays; needed while quote's coverage is below one. */
  readonly payment?: Address;
}

/** Accounts of a payment in tokens, or their absence. */
function paid(deployment: Deployment, payment: Address | undefined) {
  const quote = bankOf(deployment, 0);
  return {
    board: deployment.board,
    quoteBank: quote.bank,
    quoteVault: quote.vault,
    quoteMint: payment ? quote.mint : NONE,
    tokenProgram: payment ? quote.tokenProgram : NONE,
    ...(payment ? { payment } : {}),
  };
}

/** Buys collateral of a liquidatable account. */
export function seize(
  deployment: Deployment,
  liquidator: TransactionSigner,
  what: SaleRequest,
): Instruction {
  const { seller, buyer, bank, largest, payment } = what;
  return generated.getSeizeInstruction({
    ...common(deployment),
    ...paid(deployment, payment),
    liquidator,
    seller,
    buyer,
    bank,
    largest,
  });
}

/** Buys collateral against an old or large debt. */
export function convert(
  deployment: Deployment,
  converter: TransactionSigner,
  what: SaleRequest,
): Instruction {
  const { seller, buyer, bank, largest, payment } = what;
  return generated.getConvertInstruction({
    ...common(deployment),
    ...paid(deployment, payment),
    converter,
    insurance: deployment.insurance,
    seller,
    buyer,
    bank,
    largest,
  });
}

/** A wind-up. */
export interface WindUpRequest {
  /** The bankrupt margin account. */
  readonly liquidatee: Address;
  /** Margin account that takes everything; the signer owns it. */
  readonly receiver: Address;
  /** Numbers of the markets of its positions, all of them. */
  readonly markets: readonly number[];
  /** Numbers of the banks in which withdrawals of it wait. */
  readonly ticketBanks?: readonly number[];
  /** How much of it, in parts per million; everything if it isn't said. */
  readonly fractionPpm?: number;
  /** Token account that pays; needed while quote's coverage is below one. */
  readonly payment?: Address;
}

/** Winds a bankrupt account up: positions and collateral to the receiver, the loss allocated. */
export function windUp(
  deployment: Deployment,
  liquidator: TransactionSigner,
  what: WindUpRequest,
): Instruction {
  const instruction = generated.getWindUpInstruction({
    ...common(deployment),
    ...paid(deployment, what.payment),
    liquidator,
    insurance: deployment.insurance,
    liquidatee: what.liquidatee,
    receiver: what.receiver,
    fractionPpm: what.fractionPpm ?? 1_000_000,
  });
  const markets = what.markets.map((one) => marketOf(deployment, one).market);
  const banks = (what.ticketBanks ?? []).map((one) => bankOf(deployment, one).bank);
  return followed(instruction, writes([...markets, ...banks]));
}

/** Realises an account's unrealised loss in a market while the vault is short; anyone may. */
export function settle(
  deployment: Deployment,
  caller: TransactionSigner,
  margin: Address,
  market: number,
): Instruction {
  const quote = bankOf(deployment, 0);
  return generated.getSettleInstruction({
    ...common(deployment),
    caller,
    board: deployment.board,
    quoteBank: quote.bank,
    quoteVault: quote.vault,
    insurance: deployment.insurance,
    market: marketOf(deployment, market).market,
    margin,
  });
}
