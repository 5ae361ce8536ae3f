/** Banks, markets and their books. */

import type { Address } from "@solana/kit";
import * as accounts from "../generated/accounts/index.js";
import type * as types from "../generated/types/index.js";
import * as unit from "../units.js";
import { type AccountSource, key, open } from "./common.js";

/** A bank: a token of a compartment. */
export interface BankView {
  /** Number; 0 is quote. */
  readonly index: number;
  /** Compartment. */
  readonly compartment: Address;
  /** Mint. */
  readonly mint: Address;
  /** Vault. */
  readonly vault: Address;
  /** Token program of the mint. */
  readonly tokenProgram: Address;
  /** Decimals of the mint. */
  readonly decimals: number;
  /** 1 active, 2 no new risk, 3 closing. */
  readonly status: number;
  /** What depositors are owed; for quote see `layout.totals`. */
  readonly claims: unit.TokenAmount;
  /** Of it, what waits in tickets. */
  readonly tickets: unit.TokenAmount;
  /** What the vault is expected to hold. */
  readonly expected: unit.TokenAmount;
  /** Largest claims that a deposit may reach. */
  readonly depositCap: unit.TokenAmount;
  /** Largest amount of one account. */
  readonly accountCap: unit.TokenAmount;
  /** What those who left are owed still. */
  readonly residuals: unit.TokenAmount;
  /** Every field. */
  readonly layout: types.Bank;
}

/** Reads a bank. */
export function readBank(source: AccountSource): BankView {
  const layout = open(
    "bank",
    source,
    accounts.BANK_STATE_DISCRIMINATOR,
    accounts.getBankStateDecoder(),
  );
  return {
    index: layout.index,
    compartment: key(layout.compartment),
    mint: key(layout.mint),
    vault: key(layout.vault),
    tokenProgram: key(layout.tokenProgram),
    decimals: layout.decimals,
    status: layout.status,
    claims: unit.tokenAmount(layout.claims),
    tickets: unit.tokenAmount(layout.tickets),
    expected: unit.tokenAmount(layout.expected),
    depositCap: unit.tokenAmount(layout.depositCap),
    accountCap: unit.tokenAmount(layout.accountCap),
    residuals: unit.tokenAmount(layout.residuals.total),
    layout,
  };
}

/** A perpetual market. */
export interface MarketView {
  /** Number. */
  readonly index: number;
  /** Compartment. */
  readonly compartment: Address;
  /** Book. */
  readonly book: Address;
  /** Number of its feed. */
  readonly feed: number;
  /** 1 open, 2 limit, 3 halted, 4 reduce-only, 5 settling, 6 settled. */
  readonly status: number;
  /** Open interest: sum of the longs, which equals that of the shorts. */
  readonly openInterest: unit.BaseE8;
  /** Largest open interest. */
  readonly openInterestCap: unit.BaseE8;
  /** Step of prices. */
  readonly tick: unit.PriceE8;
  /** Step of sizes. */
  readonly lot: unit.BaseE8;
  /** Smallest notional that rests. */
  readonly minNotional: unit.UsdE6;
  /** Maker fee, parts per million of notional. */
  readonly makerFeePpm: number;
  /** Taker fee, parts per million of notional. */
  readonly takerFeePpm: number;
  /** Every field. */
  readonly layout: types.Market;
}

/** Reads a market. */
export function readMarket(source: AccountSource): MarketView {
  const layout = open(
    "market",
    source,
    accounts.MARKET_STATE_DISCRIMINATOR,
    accounts.getMarketStateDecoder(),
  );
  return {
    index: layout.index,
    compartment: key(layout.compartment),
    book: key(layout.book),
    feed: layout.feed,
    status: layout.status,
    openInterest: unit.baseE8(layout.oiLong),
    openInterestCap: unit.baseE8(layout.oiCap),
    tick: unit.priceE8(layout.tick),
    lot: unit.baseE8(layout.lot),
    minNotional: unit.usdE6(layout.minNotional),
    makerFeePpm: layout.makerFeePpm,
    takerFeePpm: layout.takerFeePpm,
    layout,
  };
}

/** A resting order. */
export interface RestingOrder {
  /** Limit price. */
  readonly price: unit.PriceE8;
  /** What is left of it. */
  readonly size: unit.BaseE8;
  /** Margin account. */
  readonly margin: Address;
  /** Number in the book: earlier is better at one price. */
  readonly sequence: bigint;
  /** Unix second through which it lives; 0 for ever. */
  readonly expiresAt: number;
  /** Whether it may only reduce. */
  readonly reduceOnly: boolean;
}

/** A book. */
export interface BookView {
  /** Market. */
  readonly market: Address;
  /** Bids, the best first. */
  readonly bids: readonly RestingOrder[];
  /** Asks, the best first. */
  readonly asks: readonly RestingOrder[];
}

const resting = (order: types.Order): RestingOrder => ({
  price: unit.priceE8(order.price),
  size: unit.baseE8(order.size),
  margin: key(order.margin),
  sequence: order.sequence,
  expiresAt: order.expiresAt,
  reduceOnly: (order.flags & 1) !== 0,
});

/** Reads a book. */
export function readBook(source: AccountSource): BookView {
  const layout = open(
    "book",
    source,
    accounts.BOOK_STATE_DISCRIMINATOR,
    accounts.getBookStateDecoder(),
  );
  return {
    market: key(layout.market),
    bids: layout.bids.slice(0, layout.bidCount).reverse().map(resting),
    asks: layout.asks.slice(0, layout.askCount).reverse().map(resting),
  };
}

/** Orders that one instruction fills at most. */
export const MAX_FILLS = 12;

/**
 * Margin accounts of the orders that an order would meet first: what `placeOrder` wants as makers.
 * `own` is the taker's own account, which is never passed.
 */
export function makersOf(
  opposite: readonly RestingOrder[],
  own: Address,
  most = MAX_FILLS,
): Address[] {
  const makers = opposite.slice(0, MAX_FILLS).map(({ margin }) => margin);
  return [...new Set(makers)].filter((margin) => margin !== own).slice(0, most);
}
