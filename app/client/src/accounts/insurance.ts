/** Insurance of a compartment. */

import type { Address } from "@solana/kit";
import * as accounts from "../generated/accounts/index.js";
import type * as types from "../generated/types/index.js";
import * as unit from "../units.js";
import { type AccountSource, key, open } from "./common.js";

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
