/** Addresses that the program derives. */

import {
  type Address,
  type ProgramDerivedAddress,
  getAddressEncoder,
  getProgramDerivedAddress,
  getU16Encoder,
  getU32Encoder,
  getU64Encoder,
} from "@solana/kit";
import { BULWARK_PROGRAM_ADDRESS } from "./generated/programs/index.js";

/** The program. */
export const PROGRAM: Address = BULWARK_PROGRAM_ADDRESS;
/** The loader of upgradeable programs. */
export const LOADER = "BPFLoaderUpgradeab1e11111111111111111111111" as Address;
/** SPL Token. */
export const TOKEN_PROGRAM = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA" as Address;
/** Token-2022. */
export const TOKEN_2022_PROGRAM = "TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb" as Address;
/** The key of nobody: 32 zero bytes. */
export const NOBODY = "11111111111111111111111111111111" as Address;

/** Pyth's programs: who owns the accounts of each kind of source. */
export const ORACLE_OWNERS = {
  "classic-receiver": "rec5EKMGg6MxZYaMdyBfgwp4d5rB9T1VQH5pJv5LtFJ" as Address,
  "pro-receiver": "rec2HHDDnjLfj4kE7VyEtFA1HPGQLK33259532cRyHp" as Address,
  "legacy-mainnet": "FsJ3A3u2vn5cTVofAjvy6y5kwABJAqYWpe4975bi2epH" as Address,
  "legacy-devnet": "gSbePebfvPy7tRqimPoVecS2UsBvYv46ynrzWocc92s" as Address,
} as const;

const bytes = (key: Address) => getAddressEncoder().encode(key);

async function derive(
  seeds: Parameters<typeof getProgramDerivedAddress>[0]["seeds"],
): Promise<ProgramDerivedAddress> {
  return getProgramDerivedAddress({ programAddress: PROGRAM, seeds });
}

/** The one Protocol. */
export async function protocolAddress(): Promise<Address> {
  return (await derive(["protocol"]))[0];
}

/** A compartment by its number. */
export async function compartmentAddress(id: number): Promise<Address> {
  return (await derive(["compartment", getU16Encoder().encode(id)]))[0];
}

/** The bank of a mint. */
export async function bankAddress(compartment: Address, mint: Address): Promise<Address> {
  return (await derive(["bank", bytes(compartment), bytes(mint)]))[0];
}

/** The vault of a bank. */
export async function vaultAddress(bank: Address): Promise<Address> {
  return (await derive(["vault", bytes(bank)]))[0];
}

/** A market by its number. */
export async function marketAddress(compartment: Address, index: number): Promise<Address> {
  return (await derive(["market", bytes(compartment), Uint8Array.of(index)]))[0];
}

/** A margin account of an owner by its number. */
export async function marginAddress(
  compartment: Address,
  owner: Address,
  index = 0,
): Promise<Address> {
  const number = getU16Encoder().encode(index);
  return (await derive(["margin", bytes(compartment), bytes(owner), number]))[0];
}

/** A ticket by the account's own number of it, with its bump, which `withdraw` wants. */
export async function ticketAddress(
  bank: Address,
  margin: Address,
  number: bigint,
): Promise<ProgramDerivedAddress> {
  return derive(["ticket", bytes(bank), bytes(margin), getU64Encoder().encode(number)]);
}

/** The one guardian. */
export async function guardianAddress(): Promise<Address> {
  return (await derive(["guardian"]))[0];
}

/** A proposal of the guardian by its number. */
export async function proposalAddress(nonce: bigint): Promise<Address> {
  return (await derive(["proposal", getU64Encoder().encode(nonce)]))[0];
}

/** Insurance of a compartment. */
export async function insuranceAddress(compartment: Address): Promise<Address> {
  return (await derive(["insurance", bytes(compartment)]))[0];
}

/** What an owner has staked into an insurance, with its bump, which `stake` wants. */
export async function stakeAddress(
  insurance: Address,
  owner: Address,
): Promise<ProgramDerivedAddress> {
  return derive(["stake", bytes(insurance), bytes(owner)]);
}

/** The epoch that stands for a compartment's record of audits; each audit's has this bit set. */
export const AUDIT = 0x8000_0000;

/** The Recovery of a compartment in an epoch; for an audit's its one record of audits. */
export async function recoveryAddress(compartment: Address, epoch: number): Promise<Address> {
  return (await recoveryAddressAndBump(compartment, epoch))[0];
}

/** The same with its bump. */
export function recoveryAddressAndBump(compartment: Address, epoch: number) {
  const seed = getU32Encoder().encode(epoch >= AUDIT ? AUDIT : epoch);
  return derive(["recovery", bytes(compartment), seed]);
}

/** Authority of all vaults. */
export async function vaultAuthorityAddress(): Promise<Address> {
  return (await derive(["vault-authority"]))[0];
}

/** Authority of the program's calls to itself, by which events go out. */
export async function eventAuthorityAddress(): Promise<Address> {
  return (await derive(["__event_authority"]))[0];
}

/** The loader's data account of the program: says who may upgrade it. */
export async function programDataAddress(): Promise<Address> {
  const [found] = await getProgramDerivedAddress({
    programAddress: LOADER,
    seeds: [bytes(PROGRAM)],
  });
  return found;
}
