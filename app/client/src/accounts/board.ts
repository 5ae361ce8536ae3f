/** The Board: prices, targets and haircuts. */

import { type Address, type ReadonlyUint8Array } from "@solana/kit";
import * as accounts from "../generated/accounts/index.js";
import type * as types from "../generated/types/index.js";
import * as unit from "../units.js";
import { type AccountSource, key, open } from "./common.js";

/** One accepted price. */
export interface PrintView {
  /** Price. */
  readonly price: unit.PriceE8;
  /** Confidence. */
  readonly conf: unit.PriceE8;
  /** Signed exponential average. */
  readonly ema: unit.PriceE8;
  /** When Pyth published it. */
  readonly publishAt: unit.UnixSeconds;
  /** Slot in which it was accepted. */
  readonly slot: bigint;
}

/** A price feed. */
export interface FeedView {
  /** Number. */
  readonly index: number;
  /** Prices and sizes are per `10^unitExp` tokens. */
  readonly unitExp: number;
  /** 1 classic receiver, 2 pro receiver, 3 legacy mainnet, 4 legacy devnet. */
  readonly sourceKind: number;
  /** Pyth's feed id, or the legacy price account's bytes. */
  readonly sourceId: ReadonlyUint8Array;
  /** Whether there is a second source. */
  readonly hasSecond: boolean;
  /** Newest accepted price; none before the first refresh. */
  readonly last: PrintView | null;
  /** A jump that waits for confirmation. */
  readonly pending: PrintView | null;
  /** Slow price. */
  readonly slow: unit.PriceE8;
  /** Every field. */
  readonly layout: types.Feed;
}

/** Margin targets as they stand on the Board, without the walk since. */
export interface TargetsView {
  /** Target for new risk. */
  readonly initial: unit.RatioE9;
  /** Target for open positions. */
  readonly maintenance: unit.RatioE9;
  /** Applied maintenance when the target last moved. */
  readonly applied: unit.RatioE9;
}

/** What the Board knows of a market. */
export interface BoardMarketView {
  /** Number. */
  readonly index: number;
  /** Number of its feed. */
  readonly feed: number;
  /** 1 open, 2 limit, 3 halted, 4 reduce-only, 5 settling, 6 settled. */
  readonly status: number;
  /** Margin targets. */
  readonly targets: TargetsView;
  /** Open interest at the last refresh that copied it. */
  readonly openInterest: unit.BaseE8;
  /** Every field. */
  readonly layout: types.BoardMarket;
}

/** What the Board knows of a bank. */
export interface BoardBankView {
  /** Number. */
  readonly index: number;
  /** Number of its feed. */
  readonly feed: number;
  /** 1 active, 2 no new risk, 3 closing. */
  readonly status: number;
  /** Haircut targets. */
  readonly haircut: TargetsView;
  /** Coverage at the last refresh that copied it. */
  readonly coverage: unit.RatioE9;
  /** Every field. */
  readonly layout: types.BoardBank;
}

/** The Board: the one place of prices. */
export interface BoardView {
  /** Compartment. */
  readonly compartment: Address;
  /** Refreshes so far. */
  readonly sequence: bigint;
  /** Unix second of the last refresh. */
  readonly refreshAt: unit.UnixSeconds;
  /** Slot of the last refresh. */
  readonly refreshSlot: bigint;
  /** Feeds by number. */
  readonly feeds: readonly FeedView[];
  /** Banks by number. */
  readonly banks: readonly BoardBankView[];
  /** Markets by number. */
  readonly markets: readonly BoardMarketView[];
  /** Every field. */
  readonly layout: types.Board;
}

function print(layout: types.Print): PrintView | null {
  if (layout.price === 0n) return null;
  return {
    price: unit.priceE8(layout.price),
    conf: unit.priceE8(layout.conf),
    ema: unit.priceE8(layout.ema),
    publishAt: unit.unixSeconds(layout.publishAt),
    slot: layout.slot,
  };
}

const targets = ({ im, mm, m0 }: types.Targets): TargetsView => ({
  initial: unit.ratioE9(im),
  maintenance: unit.ratioE9(mm),
  applied: unit.ratioE9(m0),
});

const feed = (layout: types.Feed, index: number): FeedView => ({
  index,
  unitExp: layout.unitExp,
  sourceKind: layout.source.kind,
  sourceId: layout.source.id,
  hasSecond: layout.second.kind !== 0,
  last: print(layout.last),
  pending: print(layout.pending),
  slow: unit.priceE8(layout.slow),
  layout,
});

/** Reads a Board. */
export function readBoard(source: AccountSource): BoardView {
  const layout = open(
    "Board",
    source,
    accounts.BOARD_STATE_DISCRIMINATOR,
    accounts.getBoardStateDecoder(),
  );
  return {
    compartment: key(layout.compartment),
    sequence: layout.sequence,
    refreshAt: unit.unixSeconds(layout.refreshAt),
    refreshSlot: layout.refreshSlot,
    feeds: layout.feeds.slice(0, layout.feedCount).map(feed),
    banks: layout.banks.slice(0, layout.bankCount).map((bank, index) => ({
      index,
      feed: bank.feed,
      status: bank.status,
      haircut: targets(bank.haircut),
      coverage: unit.ratioE9(bank.coverageE9),
      layout: bank,
    })),
    markets: layout.markets.slice(0, layout.marketCount).map((market, index) => ({
      index,
      feed: market.feed,
      status: market.status,
      targets: targets(market.margin),
      openInterest: unit.baseE8(market.openInterest),
      layout: market,
    })),
    layout,
  };
}
