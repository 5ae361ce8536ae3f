/**
 * The block that a member of the guardian quotes: his signature counts only while SlotHashes still
 * has it, for about three minutes, so it can't be collected beforehand.
 */

import { type Address, type ReadonlyUint8Array, getU64Decoder } from "@solana/kit";
import { AccountError, type AccountSource, ownBytes } from "./accounts/common.js";
import type { FetchAccounts } from "./load.js";

/** Sysvar with the hashes of the latest 512 blocks. */
export const SLOT_HASHES = "SysvarS1otHashes111111111111111111111111111" as Address;
/** Who owns sysvars. */
export const SYSVAR_OWNER = "Sysvar1111111111111111111111111111111111111" as Address;
/** Bytes before the first entry; slot and hash of an entry. */
const HEAD = 8;
const ENTRY = 40;

/** A block of the last 512. */
export interface BlockQuote {
  /** Slot. */
  readonly slot: bigint;
  /** Hash of its bank, 32 bytes. */
  readonly hash: ReadonlyUint8Array;
}

/** The newest block that SlotHashes has. */
export function newestBlock(source: AccountSource): BlockQuote {
  const data = ownBytes("SlotHashes", source, SYSVAR_OWNER);
  if (data.length < HEAD + ENTRY || getU64Decoder().decode(data) === 0n) {
    throw new AccountError("these bytes hold no slot hashes");
  }
  const slot = getU64Decoder().decode(data, HEAD);
  return { slot, hash: data.slice(HEAD + 8, HEAD + ENTRY) };
}

/** Reads the newest block of a cluster, to be quoted at once. */
export async function quoteBlock(fetch: FetchAccounts): Promise<BlockQuote> {
  const [found] = await fetch([SLOT_HASHES]);
  return newestBlock(found);
}
