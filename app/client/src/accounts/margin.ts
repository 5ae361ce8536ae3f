/** Margin accounts and tickets. */

import type { Address } from "@solana/kit";
import * as accounts from "../generated/accounts/index.js";
import type * as types from "../generated/types/index.js";
import * as unit from "../units.js";
import {
  type AccountSource,
  MARGIN_LAYOUT_VERSION,
  key,
  open,
  optionalKey,
  wide,
} from "./common.js";

/** Collateral of a margin account. */
export interface CollateralHolding {
  /** Number of the bank. */
  readonly bank: number;
  /** Held. */
  readonly amount: unit.TokenAmount;
  /** Waits in tickets. */
  readonly pending: unit.TokenAmount;
  /** Residual claim. */
  readonly residual: unit.TokenAmount;
}

/** A position. */
export interface PositionView {
  /** Place in the account: 0 to 7. */
  readonly slot: number;
  /** Number of the market. */
  readonly market: number;
  /** Size: longs above zero. */
  readonly base: unit.BaseE8;
  /** Quote leg: what was received for the base, below zero for a long. */
  readonly quote: unit.UsdE6;
  /** Open orders in this market. */
  readonly orders: number;
}

/** An open order as its account knows it. */
export interface OrderView {
  /** Place in the account: 0 to 31. */
  readonly slot: number;
  /** Number of the market. */
  readonly market: number;
  /** Whether it sells. */
  readonly ask: boolean;
  /** Whether it may only reduce. */
  readonly reduceOnly: boolean;
  /** Limit price. */
  readonly price: unit.PriceE8;
  /** What is left of it. */
  readonly size: unit.BaseE8;
  /** The client's own number. */
  readonly clientId: number;
  /** Unix second through which it lives; 0 for ever. */
  readonly expiresAt: number;
}

/** A margin account. */
export interface MarginView {
  /** Compartment. */
  readonly compartment: Address;
  /** Owner. */
  readonly owner: Address;
  /** May trade, never withdraw. */
  readonly delegate: Address | null;
  /** Unix second through which he may; none for good. */
  readonly delegateUntil: unit.UnixSeconds | null;
  /** Number of the account for its owner. */
  readonly index: number;
  /** Quote balance without the interest due: below zero it is a debt. */
  readonly quote: unit.UsdE6;
  /** Quote that waits in tickets. */
  readonly quotePending: unit.UsdE6;
  /** Interest index at the last touch, in 2^-64. */
  readonly interest: bigint;
  /** Collateral in use. */
  readonly collaterals: readonly CollateralHolding[];
  /** Positions in use. */
  readonly positions: readonly PositionView[];
  /** Open orders that aren't void. */
  readonly orders: readonly OrderView[];
  /** Unix second since when it is flagged. */
  readonly flaggedAt: unit.UnixSeconds | null;
  /** Number of the next ticket. */
  readonly ticketNext: bigint;
  /** Tickets that wait. */
  readonly ticketCount: bigint;
  /** Every field. */
  readonly layout: types.MarginAccount;
}

/** Bit of an order slot that sells. */
const ASK = 1 << 7;

function ordersOf(layout: types.MarginAccount): OrderView[] {
  return layout.orders.flatMap((order, slot) => {
    const lives = order.size !== 0n && order.epoch === (layout.orderEpoch & 0xffff);
    const position = layout.positions[order.position];
    if (!lives || !position) return [];
    return {
      slot,
      market: position.market,
      ask: (order.flags & ASK) !== 0,
      reduceOnly: (order.flags & 1) !== 0,
      price: unit.priceE8(order.price),
      size: unit.baseE8(order.size),
      clientId: order.clientId,
      expiresAt: order.expiresAt,
    };
  });
}

/** The end of a delegate's power; accounts of version 1 and the largest number have none. */
function delegateEnd({ version, delegateUntil }: types.MarginAccount): unit.UnixSeconds | null {
  const endless = version < 2 || delegateUntil === (1n << 63n) - 1n;
  return endless ? null : unit.unixSeconds(delegateUntil);
}

/** Reads a margin account. */
export function readMargin(source: AccountSource): MarginView {
  const layout = open(
    "margin account",
    source,
    accounts.MARGIN_STATE_DISCRIMINATOR,
    accounts.getMarginStateDecoder(),
    MARGIN_LAYOUT_VERSION,
  );
  return {
    compartment: key(layout.compartment),
    owner: key(layout.owner),
    delegate: optionalKey(layout.delegate),
    delegateUntil: delegateEnd(layout),
    index: layout.index,
    quote: unit.usdE6(layout.quote),
    quotePending: unit.usdE6(layout.quoteClaims.pending),
    interest: wide(layout.interest),
    collaterals: layout.collaterals
      .filter(({ active }) => active !== 0)
      .map(({ bank, amount, pending, residual }) => ({
        bank,
        amount: unit.tokenAmount(amount),
        pending: unit.tokenAmount(pending),
        residual: unit.tokenAmount(residual),
      })),
    positions: layout.positions.flatMap((position, slot) =>
      position.active === 0
        ? []
        : {
            slot,
            market: position.market,
            base: unit.baseE8(position.base),
            quote: unit.usdE6(position.quote),
            orders: position.orders,
          },
    ),
    orders: ordersOf(layout),
    flaggedAt: layout.flaggedOpen === 0n ? null : unit.unixSeconds(layout.flaggedAt),
    ticketNext: layout.ticketNext,
    ticketCount: layout.ticketCount,
    layout,
  };
}

/** A withdrawal that waits. */
export interface TicketView {
  /** Bank. */
  readonly bank: Address;
  /** Margin account. */
  readonly margin: Address;
  /** Token account that is paid. */
  readonly destination: Address;
  /** Number of the account's own count. */
  readonly number: bigint;
  /** Asked for. */
  readonly amount: unit.TokenAmount;
  /** Served so far. */
  readonly served: unit.TokenAmount;
  /** Since when. */
  readonly at: unit.UnixSeconds;
  /** Every field. */
  readonly layout: types.Ticket;
}

/** Reads a ticket. */
export function readTicket(source: AccountSource): TicketView {
  const layout = open(
    "ticket",
    source,
    accounts.TICKET_STATE_DISCRIMINATOR,
    accounts.getTicketStateDecoder(),
  );
  return {
    bank: key(layout.bank),
    margin: key(layout.margin),
    destination: key(layout.destination),
    number: layout.number,
    amount: unit.tokenAmount(layout.amount),
    served: unit.tokenAmount(layout.served),
    at: unit.unixSeconds(layout.at),
    layout,
  };
}
