/** Protocol and compartments from their bytes. */

import type { Address } from "@solana/kit";
import * as accounts from "../generated/accounts/index.js";
import type * as types from "../generated/types/index.js";
import { type AccountSource, key, open, optionalKey } from "./common.js";

/** The Protocol: what stands above all compartments. */
export interface ProtocolView {
  /** Guardian, if there is one. */
  readonly guardian: Address | null;
  /** May list until sealed. */
  readonly creator: Address;
  /** The only account that fees are ever paid to. */
  readonly treasury: Address;
  /** Compartments so far. */
  readonly compartmentCount: number;
  /** Whether the creator's powers have ended. */
  readonly sealed: boolean;
  /** Events in the chain so far. */
  readonly eventSequence: bigint;
  /** Every field. */
  readonly layout: types.Protocol;
}

/** Reads the Protocol. */
export function readProtocol(source: AccountSource): ProtocolView {
  const layout = open(
    "Protocol",
    source,
    accounts.PROTOCOL_STATE_DISCRIMINATOR,
    accounts.getProtocolStateDecoder(),
  );
  return {
    guardian: optionalKey(layout.guardian),
    creator: key(layout.creator),
    treasury: key(layout.treasury),
    compartmentCount: layout.compartmentCount,
    sealed: layout.sealed !== 0,
    eventSequence: layout.eventSequence,
    layout,
  };
}

/** A compartment: the unit of cross margin and of loss. */
export interface CompartmentView {
  /** Number. */
  readonly id: number;
  /** Protocol. */
  readonly protocol: Address;
  /** Board, once adopted. */
  readonly board: Address | null;
  /** Insurance, once created. */
  readonly insurance: Address | null;
  /** Banks by number; 0 is quote. */
  readonly banks: readonly Address[];
  /** Markets by number. */
  readonly markets: readonly Address[];
  /** Epoch of its latest Recovery; 0 before the first. */
  readonly recoveryEpoch: number;
  /** Every field. */
  readonly layout: types.Compartment;
}

/** Reads a compartment. */
export function readCompartment(source: AccountSource): CompartmentView {
  const layout = open(
    "compartment",
    source,
    accounts.COMPARTMENT_STATE_DISCRIMINATOR,
    accounts.getCompartmentStateDecoder(),
  );
  return {
    id: layout.id,
    protocol: key(layout.protocol),
    board: optionalKey(layout.board),
    insurance: optionalKey(layout.insurance),
    banks: layout.banks.slice(0, layout.bankCount).map(key),
    markets: layout.markets.slice(0, layout.marketCount).map(key),
    recoveryEpoch: layout.recoveryEpoch,
    layout,
  };
}
