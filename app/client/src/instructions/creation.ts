/** Creating and listing. */

import type { Address, Instruction, TransactionSigner } from "@solana/kit";
import {
  NOBODY,
  TOKEN_PROGRAM,
  marginAddress,
  marketAddress,
  programDataAddress,
} from "../addresses.js";
import { type Deployment, bankKeys } from "../deployment.js";
import * as generated from "../generated/instructions/index.js";
import { type UnixSeconds, unixSeconds } from "../units.js";
import { common, everyBank, followed } from "./build.js";

/** Arguments of {@link createBank}. */
export interface BankListing
  extends Omit<generated.CreateBankInstructionDataArgs, "bank" | "board"> {
  /** Parameters of the bank. */
  readonly bank: generated.CreateBankInstructionDataArgs["bank"];
  /** Parameters on the Board. */
  readonly board: generated.CreateBankInstructionDataArgs["board"];
}

/** Arguments of {@link createMarket}. */
export type MarketListing = generated.CreateMarketInstructionDataArgs;
/** Arguments of {@link createFeed}. */
export type FeedListing = generated.CreateFeedInstructionDataArgs;
/** Arguments of {@link createInsurance}. */
export type InsuranceListing = generated.CreateInsuranceInstructionDataArgs;

/** Creates the Protocol, signed by the program's upgrade authority. Fees go to `treasury` alone. */
export async function createProtocol(
  deployment: Deployment,
  authority: TransactionSigner,
  treasury: Address,
): Promise<Instruction> {
  return generated.getCreateProtocolInstruction({
    authority,
    protocol: deployment.protocol,
    programData: await programDataAddress(),
    eventAuthority: deployment.eventAuthority,
    treasury,
  });
}

/** Creates the compartment of the deployment. */
export function createCompartment(deployment: Deployment, creator: TransactionSigner): Instruction {
  return generated.getCreateCompartmentInstruction({
    ...common(deployment),
    creator,
    id: deployment.id,
  });
}

/** Limits of origin classes and groups of collateral. */
export type CollateralLimits = generated.CreateBoardInstructionDataArgs["limits"];

/**
 * Adopts the Board, which is there already: zeroed, of its size, owned by the program. The share of
 * unrealised profit that counts for new risk is in parts per million; classes and groups of
 * collateral that aren't named have no limits.
 */
export function createBoard(
  deployment: Deployment,
  creator: TransactionSigner,
  profitCreditPpm = 700_000,
  limits: CollateralLimits = [],
): Instruction {
  return generated.getCreateBoardInstruction({
    ...common(deployment),
    creator,
    board: deployment.board,
    profitCreditPpm,
    limits,
  });
}

/** Creates the insurance. */
export function createInsurance(
  deployment: Deployment,
  creator: TransactionSigner,
  parameters: InsuranceListing,
): Instruction {
  return generated.getCreateInsuranceInstruction({
    ...common(deployment),
    ...parameters,
    creator,
    insurance: deployment.insurance,
  });
}

/** Lists a price feed at the next number. */
export function createFeed(
  deployment: Deployment,
  creator: TransactionSigner,
  feed: FeedListing,
): Instruction {
  const instruction = generated.getCreateFeedInstruction({
    ...common(deployment),
    ...feed,
    creator,
    board: deployment.board,
  });
  return followed(instruction, everyBank(deployment));
}

/** Lists a token at the next number. The first one is quote: `listing.quote` is its alone. */
export async function createBank(
  deployment: Deployment,
  creator: TransactionSigner,
  mint: Address,
  listing: BankListing,
  tokenProgram: Address = TOKEN_PROGRAM,
): Promise<Instruction> {
  const keys = await bankKeys(deployment, mint, tokenProgram);
  const { bank, board, ...rest } = listing;
  const instruction = generated.getCreateBankInstruction({
    ...common(deployment),
    ...rest,
    creator,
    board: deployment.board,
    bank: keys.bank,
    mint,
    vault: keys.vault,
    vaultAuthority: deployment.vaultAuthority,
    tokenProgram,
    bankArg: bank,
    boardArg: board,
  });
  return followed(instruction, everyBank(deployment));
}

/** Lists a market at `listing.index`, which is the next number, and adopts its book. */
export async function createMarket(
  deployment: Deployment,
  creator: TransactionSigner,
  book: Address,
  listing: MarketListing,
): Promise<Instruction> {
  const { market, board, ...rest } = listing;
  const instruction = generated.getCreateMarketInstruction({
    ...common(deployment),
    ...rest,
    creator,
    board: deployment.board,
    market: await marketAddress(deployment.compartment, listing.index),
    book,
    marketArg: market,
    boardArg: board,
  });
  return followed(instruction, everyBank(deployment));
}

/**
 * Ends the creator's powers for ever. `shown`: by anyone, against deposits above the compiled sum,
 * which all banks prove.
 */
export function seal(
  deployment: Deployment,
  signer: TransactionSigner,
  shown = false,
): Instruction {
  const instruction = generated.getSealInstruction({
    ...common(deployment),
    signer,
    board: deployment.board,
  });
  return shown ? followed(instruction, everyBank(deployment)) : instruction;
}

/** Until the owner ends it: the `until` of a delegate without an end. */
export const FOR_GOOD = unixSeconds((1n << 63n) - 1n);

/** Names who may trade for a margin account through unix second `until`; `NOBODY` ends it. */
export function setDelegate(
  deployment: Deployment,
  owner: TransactionSigner,
  margin: Address,
  named: Address,
  until: UnixSeconds = FOR_GOOD,
): Instruction {
  return generated.getSetDelegateInstruction({
    ...common(deployment),
    owner,
    margin,
    named,
    until,
  });
}

/** Writes a margin account as the newest layout version has it; anyone may. */
export function migrateAccount(
  deployment: Deployment,
  caller: TransactionSigner,
  margin: Address,
): Instruction {
  return generated.getMigrateAccountInstruction({ ...common(deployment), caller, margin });
}

/** Creates margin account `index` of its owner. A delegate may trade, never withdraw. */
export async function createMarginAccount(
  deployment: Deployment,
  owner: TransactionSigner,
  index = 0,
  delegate: Address = NOBODY,
): Promise<Instruction> {
  return generated.getCreateMarginAccountInstruction({
    ...common(deployment),
    owner,
    margin: await marginAddress(deployment.compartment, owner.address, index),
    index,
    delegate,
  });
}
