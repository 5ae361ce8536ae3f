/** Insurance of a compartment, and stakes in it. */

import type { Address } from "@solana/kit";
import * as accounts from "../generated/accounts/index.js";
import type * as types from "../generated/types/index.js";
import * as unit from "../units.js";
import { type AccountSource, key, open, wide } from "./common.js";

/** Insurance of a compartment. */
export interface InsuranceView {
  /** Compartment. */
  readonly compartment: Address;
  /** What it holds. */
  readonly balance: unit.UsdE6;
  /** Everything that was ever drawn. */
  readonly drawnTotal: unit.UsdE6;
  /** Everything that was ever charged to the side that gained. */
  readonly socialisedTotal: unit.UsdE6;
  /** Every field. */
  readonly layout: types.Insurance;
}

/** Reads insurance. */
export function readInsurance(source: AccountSource): InsuranceView {
  const layout = open(
    "insurance",
    source,
    accounts.INSURANCE_STATE_DISCRIMINATOR,
    accounts.getInsuranceStateDecoder(),
  );
  return {
    compartment: key(layout.compartment),
    balance: unit.usdE6(layout.balance),
    drawnTotal: unit.usdE6(layout.drawnTotal),
    socialisedTotal: unit.usdE6(layout.socialisedTotal),
    layout,
  };
}

/** What an owner has staked into an insurance. */
export interface StakeView {
  /** Insurance. */
  readonly insurance: Address;
  /** Owner. */
  readonly owner: Address;
  /** When what has asked to leave did so; null if nothing has. */
  readonly askedAt: unit.UnixSeconds | null;
  /** What that was worth then: no more is paid. */
  readonly askedValue: unit.UsdE6;
  /** Every field. */
  readonly layout: types.Stake;
}

/** Reads a stake. */
export function readStake(source: AccountSource): StakeView {
  const layout = open(
    "stake",
    source,
    accounts.STAKE_STATE_DISCRIMINATOR,
    accounts.getStakeStateDecoder(),
  );
  return {
    insurance: key(layout.insurance),
    owner: key(layout.owner),
    askedAt: layout.askedAt === 0n ? null : unit.unixSeconds(layout.askedAt),
    askedValue: unit.usdE6(layout.askedValue),
    layout,
  };
}

/** What a stake is worth now, rounded down as the program does. */
export function stakeWorth(insurance: InsuranceView, stake: StakeView): unit.UsdE6 {
  const worth = (pool: types.StakePool, generation: bigint, shares: bigint) =>
    pool.generation === generation
      ? (shares * (pool.value + 1n)) / (wide(pool.shares) + 1_000n)
      : 0n;
  const { earning, idle } = insurance.layout;
  const { layout } = stake;
  const waiting = wide(layout.young) + wide(layout.leaving);
  return unit.usdE6(
    worth(earning, layout.earningGeneration, wide(layout.earning)) +
      worth(idle, layout.idleGeneration, waiting),
  );
}
