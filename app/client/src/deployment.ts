/** Addresses of one compartment: what every instruction helper starts from. */

import type { Address } from "@solana/kit";
import * as at from "./addresses.js";

/** A token of a compartment. */
export interface BankKeys {
  /** Bank. */
  readonly bank: Address;
  /** Vault: the token account that holds the deposits. */
  readonly vault: Address;
  /** Mint. */
  readonly mint: Address;
  /** Token program that owns the mint. */
  readonly tokenProgram: Address;
}

/** A market of a compartment. */
export interface MarketKeys {
  /** Market. */
  readonly market: Address;
  /** Its book. */
  readonly book: Address;
}

/** Addresses of one compartment. */
export interface Deployment {
  /** Number of the compartment. */
  readonly id: number;
  /** Protocol. */
  readonly protocol: Address;
  /** Compartment. */
  readonly compartment: Address;
  /** Board: an account that the deployer has made. */
  readonly board: Address;
  /** Insurance. */
  readonly insurance: Address;
  /** Authority of all vaults. */
  readonly vaultAuthority: Address;
  /** Authority of the program's events. */
  readonly eventAuthority: Address;
  /** Banks by number; 0 is quote. */
  readonly banks: readonly BankKeys[];
  /** Markets by number. */
  readonly markets: readonly MarketKeys[];
}

/** A compartment without banks and markets. */
export async function newDeployment(id: number, board: Address): Promise<Deployment> {
  const compartment = await at.compartmentAddress(id);
  return {
    id,
    protocol: await at.protocolAddress(),
    compartment,
    board,
    insurance: await at.insuranceAddress(compartment),
    vaultAuthority: await at.vaultAuthorityAddress(),
    eventAuthority: await at.eventAuthorityAddress(),
    banks: [],
    markets: [],
  };
}

/** Addresses that a bank of this mint has. */
export async function bankKeys(
  deployment: Deployment,
  mint: Address,
  tokenProgram: Address = at.TOKEN_PROGRAM,
): Promise<BankKeys> {
  const bank = await at.bankAddress(deployment.compartment, mint);
  return { bank, vault: await at.vaultAddress(bank), mint, tokenProgram };
}

/** The deployment with one more bank, which has the next number. */
export async function withBank(
  deployment: Deployment,
  mint: Address,
  tokenProgram: Address = at.TOKEN_PROGRAM,
): Promise<Deployment> {
  const keys = await bankKeys(deployment, mint, tokenProgram);
  return { ...deployment, banks: [...deployment.banks, keys] };
}

/** The deployment with one more market, which has the next number. */
export async function withMarket(deployment: Deployment, book: Address): Promise<Deployment> {
  const market = await at.marketAddress(deployment.compartment, deployment.markets.length);
  return { ...deployment, markets: [...deployment.markets, { market, book }] };
}

/** A bank by its number. @throws RangeError where the compartment has none of that number. */
export function bankOf(deployment: Deployment, index: number): BankKeys {
  const keys = deployment.banks[index];
  if (!keys) {
    throw new RangeError(`the compartment has ${deployment.banks.length} banks, no #${index}`);
  }
  return keys;
}

/** A market by its number. @throws RangeError where the compartment has none of that number. */
export function marketOf(deployment: Deployment, index: number): MarketKeys {
  const keys = deployment.markets[index];
  if (!keys) {
    throw new RangeError(`the compartment has ${deployment.markets.length} markets, no #${index}`);
  }
  return keys;
}
