import { AccountRole, type AccountMeta, type Address, type Instruction } from "@solana/kit";
import { PROGRAM } from "../addresses.js";
import type { Deployment } from "../deployment.js";

/** An optional account that isn't there: Anchor takes the program's own address for none. */
export const NONE: Address = PROGRAM;

/** What nearly every instruction names. */
export function common(deployment: Deployment) {
  return {
    protocol: deployment.protocol,
    compartment: deployment.compartment,
    eventAuthority: deployment.eventAuthority,
  };
}

/** Remaining accounts, read only. */
export const reads = (keys: readonly Address[]): AccountMeta[] =>
  keys.map((address) => ({ address, role: AccountRole.READONLY }));

/** Remaining accounts, writable. */
export const writes = (keys: readonly Address[]): AccountMeta[] =>
  keys.map((address) => ({ address, role: AccountRole.WRITABLE }));

/** The instruction with further accounts behind those that have names. */
export function followed(
  instruction: Instruction & { readonly accounts?: readonly AccountMeta[] },
  rest: readonly AccountMeta[],
): Instruction {
  return { ...instruction, accounts: [...(instruction.accounts ?? []), ...rest] };
}

/** Every bank, which whatever lists or values wants. */
export const everyBank = (deployment: Deployment): AccountMeta[] =>
  reads(deployment.banks.map(({ bank }) => bank));

/** Every market, writable, which whatever takes stock of quote wants. */
export const everyMarket = (deployment: Deployment): AccountMeta[] =>
  writes(deployment.markets.map(({ market }) => market));
