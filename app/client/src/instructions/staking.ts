/** Stakes in insurance, and proofs of what it may have to pay. */

import type { Address, Instruction, TransactionSigner } from "@solana/kit";
import { NOBODY, recoveryAddress, stakeAddress } from "../addresses.js";
import { type Deployment, bankOf } from "../deployment.js";
import * as generated from "../generated/instructions/index.js";
import { type StakeActArgs, stakeAct } from "../generated/types/index.js";
import type { TokenAmount } from "../units.js";
import { common, followed, reads, writes } from "./build.js";

/** The largest number: everything. */
const ALL = (1n << 64n) - 1n;

/** Whose stake, and who signs. */
export interface StakeParties {
  /** The owner, but to earn anybody. */
  readonly caller: TransactionSigner;
  /** Whose stake. */
  readonly owner: Address;
}

/**
 * Does something with a stake in insurance; the functions below say it act by act. `tokens` is the
 * quote account that coins come from or go to, `first` whether the owner has no stake yet.
 */
export async function stake(
  deployment: Deployment,
  { caller, owner }: StakeParties,
  act: StakeActArgs,
  tokens?: Address,
  first = false,
): Promise<Instruction> {
  const quote = bankOf(deployment, 0);
  const [key, bump] = await stakeAddress(deployment.insurance, owner);
  const instruction = generated.getStakeInstruction({
    ...common(deployment),
    caller,
    board: deployment.board,
    insurance: deployment.insurance,
    ...(first ? {} : { stake: key }),
    quoteBank: quote.bank,
    quoteVault: quote.vault,
    vaultAuthority: deployment.vaultAuthority,
    quoteMint: quote.mint,
    tokenProgram: quote.tokenProgram,
    ...(tokens === undefined ? {} : { tokens }),
    act,
    bump,
  });
  return first ? followed(instruction, [...writes([key]), ...reads([NOBODY])]) : instruction;
}

const self = (owner: TransactionSigner): StakeParties => ({ caller: owner, owner: owner.address });

/** Quote that is brought, from which token account, and whether the owner has no stake yet. */
export interface Brought {
  /** Quote account of the owner that it comes from. */
  readonly source: Address;
  /** How much, in 1e-6 USD. */
  readonly amount: TokenAmount;
  /** Whether the owner has no stake yet. */
  readonly first: boolean;
}

/** Stakes quote. */
export function joinInsurance(
  deployment: Deployment,
  owner: TransactionSigner,
  { source, amount, first }: Brought,
): Promise<Instruction> {
  return stake(deployment, self(owner), stakeAct("Join", [amount]), source, first);
}

/** Buys a stake at a discount, as far as insurance is short and has lost. */
export function buyInsurance(
  deployment: Deployment,
  owner: TransactionSigner,
  { source, amount, first }: Brought,
): Promise<Instruction> {
  return stake(deployment, self(owner), stakeAct("Buy", [amount]), source, first);
}

/** Shares fees and lets the stake of `owner` earn once it is a day old; anyone may. */
export function earnInsurance(
  deployment: Deployment,
  caller: TransactionSigner,
  owner: Address,
): Promise<Instruction> {
  return stake(deployment, { caller, owner }, stakeAct("Earn"));
}

/** Asks to leave with `amount`, or with everything. Leave inside the window that follows. */
export function askToLeaveInsurance(
  deployment: Deployment,
  owner: TransactionSigner,
  amount: TokenAmount | "all",
): Promise<Instruction> {
  const asked = amount === "all" ? ALL : amount;
  return stake(deployment, self(owner), stakeAct("Ask", [asked]));
}

/** Leaves with what has asked, to a quote account of the owner. Put a check of all before it. */
export function leaveInsurance(
  deployment: Deployment,
  owner: TransactionSigner,
  destination: Address,
): Promise<Instruction> {
  return stake(deployment, self(owner), stakeAct("Leave"), destination);
}

/** Closes an empty stake; its rent goes to the owner. */
export function closeStake(
  deployment: Deployment,
  owner: TransactionSigner,
): Promise<Instruction> {
  return stake(deployment, self(owner), stakeAct("Close"));
}

/**
 * Pays what the Recovery of an epoch owes a stake, once its quote pot is open; anyone may. Into the
 * owner's associated token account, or where he signs into any quote account of his.
 */
export async function claimStake(
  deployment: Deployment,
  parties: StakeParties,
  epoch: number,
  destination: Address,
): Promise<Instruction> {
  const claim = await stake(deployment, parties, stakeAct("Claim"), destination);
  return followed(claim, writes([await recoveryAddress(deployment.compartment, epoch)]));
}

/**
 * Closes a stake after the freeze of a Recovery, when nothing is due to it. What comes later is not
 * the owner's any more.
 */
export async function closeRecoveredStake(
  deployment: Deployment,
  owner: TransactionSigner,
  epoch: number,
): Promise<Instruction> {
  const close = await closeStake(deployment, owner);
  return followed(close, writes([await recoveryAddress(deployment.compartment, epoch)]));
}

/**
 * Gives a stake to somebody else after the freeze of a Recovery, once and for good. It keeps its
 * address: `claimStake` goes on naming the owner who had it, with a quote account of `to`.
 */
export async function assignStake(
  deployment: Deployment,
  owner: TransactionSigner,
  to: Address,
  epoch: number,
): Promise<Instruction> {
  const assign = await stake(deployment, self(owner), stakeAct("Assign", [to]));
  return followed(assign, writes([await recoveryAddress(deployment.compartment, epoch)]));
}

/** Proves what a margin account would lack under stress; anyone may. */
export function proveStress(
  deployment: Deployment,
  caller: TransactionSigner,
  margin: Address,
): Instruction {
  const quote = bankOf(deployment, 0);
  const instruction = generated.getProveStressInstruction({
    ...common(deployment),
    caller,
    board: deployment.board,
    quoteBank: quote.bank,
    quoteVault: quote.vault,
    insurance: deployment.insurance,
  });
  return followed(instruction, writes([margin]));
}
