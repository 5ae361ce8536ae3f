/** The Recovery of a compartment. */

import type { Address } from "@solana/kit";
import * as accounts from "../generated/accounts/index.js";
import type * as types from "../generated/types/index.js";
import * as unit from "../units.js";
import { AccountError, type AccountSource, key, open } from "./common.js";

/** Phases of a Recovery by their numbers, from 1. */
export const RECOVERY_PHASES = ["announced", "frozen", "marking", "settled", "undone"] as const;
/** Phase of a Recovery. */
export type RecoveryPhase = (typeof RECOVERY_PHASES)[number];

/** What a Recovery pays of one bank. */
export interface RecoveryBankView {
  /** Claims at Frozen. */
  readonly claims: unit.TokenAmount;
  /** Money that they share; late money makes it grow. */
  readonly assigned: unit.TokenAmount;
  /** Paid so far. */
  readonly paid: unit.TokenAmount;
}

/** One Recovery. */
export interface RecoveryView {
  /** Compartment. */
  readonly compartment: Address;
  /** Epoch. */
  readonly epoch: number;
  /** Phase. */
  readonly phase: RecoveryPhase;
  /** When it was announced. */
  readonly announcedAt: unit.UnixSeconds;
  /** The quote pot opens then at the latest. */
  readonly deadlineAt: unit.UnixSeconds;
  /** Live accounts at Frozen. */
  readonly liveCount: bigint;
  /** Of them, those that are marked. */
  readonly marked: bigint;
  /** Announced price of each feed by its number. */
  readonly prices: readonly unit.PriceE8[];
  /** Banks by number; 0 is quote. */
  readonly banks: readonly RecoveryBankView[];
  /** Root of the commitment: hash, and the sum of all quote claims. */
  readonly root: { readonly hash: Uint8Array; readonly sum: bigint };
  /** Leaves of the commitment. */
  readonly leaves: bigint;
  /** Every field. */
  readonly layout: types.Recovery;
}

/** Reads a Recovery. */
export function readRecovery(source: AccountSource): RecoveryView {
  const layout = open(
    "Recovery",
    source,
    accounts.RECOVERY_STATE_DISCRIMINATOR,
    accounts.getRecoveryStateDecoder(),
  );
  const phase = RECOVERY_PHASES[layout.phase - 1];
  if (!phase) throw new AccountError(`a Recovery has no phase ${layout.phase}: update the client`);
  const { lo, hi } = layout.root.sum;
  return {
    compartment: key(layout.compartment),
    epoch: layout.epoch,
    phase,
    announcedAt: unit.unixSeconds(layout.announcedAt),
    deadlineAt: unit.unixSeconds(layout.deadlineAt),
    liveCount: layout.liveCount,
    marked: layout.marked,
    prices: layout.prices.map(unit.priceE8),
    banks: layout.banks.map(({ claims, assigned, paid }) => ({
      claims: unit.tokenAmount(claims),
      assigned: unit.tokenAmount(assigned),
      paid: unit.tokenAmount(paid),
    })),
    root: { hash: Uint8Array.from(layout.root.hash), sum: (BigInt(hi) << 64n) | BigInt(lo) },
    leaves: layout.leaves,
    layout,
  };
}
