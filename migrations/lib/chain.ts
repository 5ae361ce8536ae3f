/** What a deployment needs of a cluster, whether it is a real one or embedded in a test. */

import type { Address, Instruction, ReadonlyUint8Array, TransactionSigner } from "@solana/kit";

/** An account as it lies on the cluster. */
export interface FoundAccount {
  readonly data: ReadonlyUint8Array;
  readonly owner: Address;
}

/** A cluster. */
export interface Chain {
  /** Reads accounts. */
  accounts(addresses: readonly Address[]): Promise<readonly (FoundAccount | null)[]>;
  /** Lamports that an account of this size has to hold. */
  rent(space: number): Promise<bigint>;
  /** A recent finished slot. */
  slot(): Promise<bigint>;
  /** Sends one transaction, paid by `payer`, and waits until it is confirmed. */
  send(payer: TransactionSigner, instructions: readonly Instruction[]): Promise<void>;
}

/** Lamports of a SOL. */
const SOL = 1_000_000_000n;

/** Lamports as SOL. */
export function sol(lamports: bigint): string {
  const rest = (lamports % SOL).toString().padStart(9, "0").slice(0, 6);
  return `${lamports / SOL}.${rest}`;
}
