/** Prices and orders. */

import type { Address, Instruction, TransactionSigner } from "@solana/kit";
import { PROGRAM } from "../addresses.js";
import { type Deployment, marketOf } from "../deployment.js";
import * as generated from "../generated/instructions/index.js";
import { OrderKind, Side } from "../generated/types/index.js";
import type { BaseE8, PriceE8 } from "../units.js";
import { common, followed, reads, writes } from "./build.js";

export { OrderKind, Side };

/** Bit of a feed's number in `refresh`: the account of its second source follows the first. */
const WITH_SECOND = 1 << 7;

/** A feed to refresh. */
export interface FeedUpdate {
  /** Number of the feed on the Board. */
  readonly feed: number;
  /** Its oracle account. */
  readonly oracle: Address;
  /** The oracle account of its second source, if it has one and it is to be read. */
  readonly second?: Address;
}

/**
 * Reads oracle accounts into the Board; anyone may. `copies` passes all markets and banks too, so
 * that open interest and coverage on the Board are of now.
 */
export function refresh(
  deployment: Deployment,
  caller: TransactionSigner,
  updates: readonly FeedUpdate[],
  copies = false,
): Instruction {
  const feeds = updates.map(({ feed, second }) => (second ? feed | WITH_SECOND : feed));
  const oracles = updates.flatMap(({ oracle, second }) => (second ? [oracle, second] : [oracle]));
  const instruction = generated.getRefreshInstruction({
    ...common(deployment),
    caller,
    board: deployment.board,
    program: PROGRAM,
    feeds: Uint8Array.from(feeds),
  });
  const markets = deployment.markets.map(({ market }) => market);
  const banks = deployment.banks.flatMap(({ bank, vault }) => [bank, vault]);
  return followed(instruction, reads([...oracles, ...(copies ? [...markets, ...banks] : [])]));
}

/** An order. */
export interface OrderRequest {
  /** Number of the market. */
  readonly market: number;
  /** Buys or sells. */
  readonly side: Side;
  /** Worst price: a multiple of the market's tick. */
  readonly price: PriceE8;
  /** Size: above zero, a multiple of the market's lot. */
  readonly size: BaseE8;
  /** How it may be filled; `Limit` if it isn't said. */
  readonly kind?: OrderKind;
  /** Whether it may only reduce the position. */
  readonly reduceOnly?: boolean;
  /** The client's own number for it. */
  readonly clientId?: number;
  /** Unix second through which it lives; for ever if it isn't said. */
  readonly expiresAt?: number;
  /**
   * Margin accounts that it may be filled by: those of the best opposite orders, twelve at most.
   * The best order whose account is absent ends the matching. {@link makersOf} finds them.
   */
  readonly makers?: readonly Address[];
}

/** An order as the program is told of it. */
const told = (order: OrderRequest) => ({
  side: order.side,
  kind: order.kind ?? OrderKind.Limit,
  reduceOnly: order.reduceOnly ?? false,
  price: order.price,
  size: order.size,
  clientId: order.clientId ?? 0,
  expiresAt: order.expiresAt ?? 0,
});

/** Places an order of a margin account, signed by its owner or delegate. */
export function placeOrder(
  deployment: Deployment,
  trader: TransactionSigner,
  margin: Address,
  order: OrderRequest,
): Instruction {
  const { market, book } = marketOf(deployment, order.market);
  const instruction = generated.getPlaceOrderInstruction({
    ...common(deployment),
    trader,
    board: deployment.board,
    market,
    book,
    margin,
    args: told(order),
  });
  return followed(instruction, writes(order.makers ?? []));
}

/** Replaces the order that `which` names; nothing happens where that one is gone. */
export function replaceOrder(
  deployment: Deployment,
  trader: TransactionSigner,
  margin: Address,
  which: Which,
  order: OrderRequest,
): Instruction {
  const { market, book } = marketOf(deployment, order.market);
  const instruction = generated.getReplaceOrderInstruction({
    ...common(deployment),
    trader,
    board: deployment.board,
    market,
    book,
    margin,
    which: encoded(which),
    args: told(order),
  });
  return followed(instruction, writes(order.makers ?? []));
}

/** A position to close. */
export interface Closing {
  /** Number of the market. */
  readonly market: number;
  /** The position's size, longs above zero, or more: what is beyond it isn't filled. */
  readonly base: BaseE8;
  /** Worst price. */
  readonly worst: PriceE8;
  /** Margin accounts that it may be filled by, as for {@link OrderRequest}. */
  readonly makers: readonly Address[];
}

/**
 * Closes positions as far as the books go: for each a reduce-only order that fills at once or not
 * at all. For one transaction: where one is refused, none is sent.
 */
export function closePositions(
  deployment: Deployment,
  trader: TransactionSigner,
  margin: Address,
  positions: readonly Closing[],
): Instruction[] {
  return positions.map(({ market, base, worst, makers }) =>
    placeOrder(deployment, trader, margin, {
      market,
      side: base > 0n ? Side.Ask : Side.Bid,
      price: worst,
      size: (base < 0n ? -base : base) as BaseE8,
      kind: OrderKind.ImmediateOrCancel,
      reduceOnly: true,
      makers,
    }),
  );
}

/** Which orders: one by its slot, its number in the book or the client's own, or all. */
export type Which =
  | { readonly slot: number }
  | { readonly sequence: bigint }
  | { readonly clientId: number }
  | "all";

function encoded(which: Which): generated.CancelOrdersInstructionDataArgs["which"] {
  if (which === "all") return { __kind: "All" };
  if ("slot" in which) return { __kind: "Slot", fields: [which.slot] };
  if ("sequence" in which) return { __kind: "Sequence", fields: [which.sequence] };
  return { __kind: "Client", fields: [which.clientId] };
}

/** Cancels orders of a margin account in one market. */
export function cancelOrders(
  deployment: Deployment,
  trader: TransactionSigner,
  margin: Address,
  market: number,
  which: Which = "all",
): Instruction {
  const keys = marketOf(deployment, market);
  return generated.getCancelOrdersInstruction({
    ...common(deployment),
    ...keys,
    trader,
    margin,
    which: encoded(which),
  });
}

/**
 * Cancels orders of one market by their numbers in the book and by the client's own, 32 at most;
 * those that are gone are passed over.
 */
export function cancelBatch(
  deployment: Deployment,
  trader: TransactionSigner,
  margin: Address,
  market: number,
  which: { readonly sequences?: readonly bigint[]; readonly clientIds?: readonly number[] },
): Instruction {
  const keys = marketOf(deployment, market);
  return generated.getCancelBatchInstruction({
    ...common(deployment),
    ...keys,
    trader,
    margin,
    sequences: [...(which.sequences ?? [])],
    clientIds: [...(which.clientIds ?? [])],
  });
}

/** Samples the premium of a market and moves its funding; anyone may. */
export function sampleFunding(
  deployment: Deployment,
  caller: TransactionSigner,
  market: number,
): Instruction {
  return generated.getSampleFundingInstruction({
    ...common(deployment),
    ...marketOf(deployment, market),
    caller,
    board: deployment.board,
  });
}

/** Clears void orders of a market, and those of one margin account; anyone may. */
export function pruneOrders(
  deployment: Deployment,
  cranker: TransactionSigner,
  margin: Address,
  market: number,
): Instruction {
  const keys = marketOf(deployment, market);
  return generated.getPruneOrdersInstruction({ ...common(deployment), ...keys, cranker, margin });
}
