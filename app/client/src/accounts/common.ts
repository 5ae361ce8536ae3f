/** What every reader of accounts needs: sizes, versions, keys. */

import {
  type Address,
  type FixedSizeDecoder,
  type ReadonlyUint8Array,
  getAddressDecoder,
} from "@solana/kit";
import * as accounts from "../generated/accounts/index.js";
import { PROGRAM } from "../addresses.js";
import type * as types from "../generated/types/index.js";

/** Newest layout version that this release reads; it reads every one since the first. */
export const LAYOUT_VERSION = 1;
/** The same of margin accounts. */
export const MARGIN_LAYOUT_VERSION = 2;

/** Bytes of each kind of account, its discriminator included. */
export const ACCOUNT_SIZES = {
  protocol: accounts.getProtocolStateDecoder().fixedSize,
  compartment: accounts.getCompartmentStateDecoder().fixedSize,
  board: accounts.getBoardStateDecoder().fixedSize,
  bank: accounts.getBankStateDecoder().fixedSize,
  market: accounts.getMarketStateDecoder().fixedSize,
  book: accounts.getBookStateDecoder().fixedSize,
  margin: accounts.getMarginStateDecoder().fixedSize,
  ticket: accounts.getTicketStateDecoder().fixedSize,
  insurance: accounts.getInsuranceStateDecoder().fixedSize,
  stake: accounts.getStakeStateDecoder().fixedSize,
  guardian: accounts.getGuardianStateDecoder().fixedSize,
  proposal: accounts.getProposalStateDecoder().fixedSize,
  recovery: accounts.getRecoveryStateDecoder().fixedSize,
} as const;

/** Bytes that aren't the account that was asked for. */
export class AccountError extends Error {
  /** Which kind of error. */
  override readonly name = "AccountError";
}

/** An account as it lies on a cluster; what kit fetches is one. */
export interface FoundAccount {
  /** Its bytes. */
  readonly data: ReadonlyUint8Array;
  /** The program that owns it, and alone can have written it. */
  readonly programAddress: Address;
}

/**
 * What a reader reads. Of a {@link FoundAccount} it refuses one that isn't the program's: anybody
 * can write the same bytes into an account of his own. Bare bytes carry no owner: pass them only
 * where you know whose they are.
 */
export type AccountSource = FoundAccount | ReadonlyUint8Array | null | undefined;

/** The bytes of an account of `owner`; `what` names it in errors. */
export function ownBytes(
  what: string,
  source: AccountSource,
  owner: Address = PROGRAM,
): ReadonlyUint8Array {
  if (!source) throw new AccountError(`there is no ${what} at this address`);
  if (!("programAddress" in source)) return source;
  if (source.programAddress !== owner) {
    const other = source.programAddress;
    throw new AccountError(`this ${what} belongs to ${other}, not to the program ${owner}`);
  }
  return source.data;
}

/** A key from its bytes. */
export const key = (bytes: ReadonlyUint8Array): Address => getAddressDecoder().decode(bytes);
/** 128 bits of two halves. */
export const wide = ({ lo, hi }: types.Wide): bigint => (hi << 64n) | lo;

/** An optional key: 32 zero bytes are none. */
export const optionalKey = (bytes: ReadonlyUint8Array): Address | null =>
  bytes.every((byte) => byte === 0) ? null : key(bytes);

/** What lies in an account of this kind, or an error that says what is wrong with it. */
export function open<T extends { readonly inner: { readonly version: number } }>(
  what: string,
  source: AccountSource,
  discriminator: ReadonlyUint8Array,
  decoder: FixedSizeDecoder<T>,
  newest = LAYOUT_VERSION,
): T["inner"] {
  const data = ownBytes(what, source);
  if (data.length === 0) throw new AccountError(`there is no ${what} at this address`);
  if (!discriminator.every((byte, place) => data[place] === byte)) {
    throw new AccountError(`this account is no ${what}: its first eight bytes are another kind's`);
  }
  if (data.length !== decoder.fixedSize) {
    throw new AccountError(`a ${what} has ${decoder.fixedSize} bytes, this account ${data.length}`);
  }
  const { inner } = decoder.decode(data);
  if (inner.version < 1 || inner.version > newest) {
    throw new AccountError(
      `this ${what} has layout version ${inner.version}, this client reads 1 to ${newest}`,
    );
  }
  return inner;
}
