/**
 * The lookup table of a deployment. Without one, an instruction that names more than about thirty
 * accounts doesn't fit a transaction.
 */

import {
  AccountRole,
  type Address,
  type AddressesByLookupTableAddress,
  type Instruction,
  type TransactionSigner,
  getAddressDecoder,
  getAddressEncoder,
  getProgramDerivedAddress,
  getStructEncoder,
  getU32Encoder,
  getU64Encoder,
  getU8Encoder,
} from "@solana/kit";
import { type AccountSource, ownBytes } from "./accounts/common.js";
import { NOBODY, PROGRAM } from "./addresses.js";
import type { Deployment } from "./deployment.js";

/** The program of lookup tables. */
export const LOOKUP_PROGRAM = "AddressLookupTab1e1111111111111111111111111" as Address;

/** Addresses that one transaction can add to a table without exceeding its size. */
export const LOOKUP_STEP = 20;

/** Bytes of a table before its addresses. */
const HEAD = 56;

/** Everything that transactions name again and again, in the order of the bytes, each once. */
export function lookupKeys(deployment: Deployment): Address[] {
  const keys = [
    deployment.protocol,
    deployment.compartment,
    deployment.board,
    deployment.insurance,
    deployment.eventAuthority,
    deployment.vaultAuthority,
    PROGRAM,
    ...deployment.banks.flatMap(({ bank, vault, mint, tokenProgram }) => [
      bank,
      vault,
      mint,
      tokenProgram,
    ]),
    ...deployment.markets.flatMap(({ market, book }) => [market, book]),
  ];
  const encoder = getAddressEncoder();
  const unique = [...new Set(keys)].map((key) => ({ key, bytes: encoder.encode(key) }));
  return unique.sort((a, b) => compare(a.bytes, b.bytes)).map(({ key }) => key);
}

function compare(a: ArrayLike<number>, b: ArrayLike<number>): number {
  for (let place = 0; place < a.length; place += 1) {
    const difference = (a[place] ?? 0) - (b[place] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Address that a table of this authority, made at this slot, has, with its bump. */
export async function lookupTableAddress(authority: Address, slot: bigint) {
  return getProgramDerivedAddress({
    programAddress: LOOKUP_PROGRAM,
    seeds: [getAddressEncoder().encode(authority), getU64Encoder().encode(slot)],
  });
}

/**
 * Makes an empty table. `slot` is a recent finished slot.
 *
 * The two instructions of this file are written here because the generated client of that program
 * doesn't accept the version of `@solana/kit` that this package stands on.
 */
export async function createLookupTable(
  authority: TransactionSigner,
  slot: bigint,
): Promise<{ readonly table: Address; readonly instruction: Instruction }> {
  const [table, bump] = await lookupTableAddress(authority.address, slot);
  const data = getStructEncoder([
    ["tag", getU32Encoder()],
    ["slot", getU64Encoder()],
    ["bump", getU8Encoder()],
  ]).encode({ tag: 0, slot, bump });
  const instruction = {
    programAddress: LOOKUP_PROGRAM,
    accounts: [
      { address: table, role: AccountRole.WRITABLE },
      { address: authority.address, role: AccountRole.READONLY_SIGNER, signer: authority },
      { address: authority.address, role: AccountRole.WRITABLE_SIGNER, signer: authority },
      { address: NOBODY, role: AccountRole.READONLY },
    ],
    data,
  };
  return { table, instruction };
}

/** Adds addresses to a table, {@link LOOKUP_STEP} at most. They count from the next slot on. */
export function extendLookupTable(
  authority: TransactionSigner,
  table: Address,
  keys: readonly Address[],
): Instruction {
  if (keys.length > LOOKUP_STEP) {
    throw new RangeError(`${keys.length} addresses don't fit one transaction: ${LOOKUP_STEP} do`);
  }
  const head = getStructEncoder([
    ["tag", getU32Encoder()],
    ["count", getU64Encoder()],
  ]).encode({ tag: 2, count: keys.length });
  const encoder = getAddressEncoder();
  const data = new Uint8Array(head.length + 32 * keys.length);
  data.set(head);
  keys.forEach((key, place) => data.set(encoder.encode(key), head.length + 32 * place));
  return {
    programAddress: LOOKUP_PROGRAM,
    accounts: [
      { address: table, role: AccountRole.WRITABLE },
      { address: authority.address, role: AccountRole.READONLY_SIGNER, signer: authority },
      { address: authority.address, role: AccountRole.WRITABLE_SIGNER, signer: authority },
      { address: NOBODY, role: AccountRole.READONLY },
    ],
    data,
  } as Instruction;
}

/** The addresses of a table from its account. */
export function readLookupTable(source: AccountSource): Address[] {
  const data = ownBytes("lookup table", source, LOOKUP_PROGRAM);
  if (data.length < HEAD || (data.length - HEAD) % 32 !== 0 || data[0] !== 1) {
    throw new RangeError("these bytes are no lookup table");
  }
  const decoder = getAddressDecoder();
  const keys: Address[] = [];
  for (let at = HEAD; at < data.length; at += 32) keys.push(decoder.decode(data, at));
  return keys;
}

/** What of the deployment a table lacks. */
export function missingKeys(deployment: Deployment, table: readonly Address[]): Address[] {
  const there = new Set(table);
  return lookupKeys(deployment).filter((key) => !there.has(key));
}

/** A table as `compressTransactionMessageUsingAddressLookupTables` of kit wants it. */
export const lookupTables = (
  table: Address,
  keys: readonly Address[],
): AddressesByLookupTableAddress => ({ [table]: [...keys] });
