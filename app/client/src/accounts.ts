/**
 * Accounts of the program from their bytes.
 *
 * Each reader checks discriminator, size and layout version, and returns what is in use with its
 * units; `layout` holds every field as it lies there.
 */

import {
  type Address,
  type FixedSizeDecoder,
  type ReadonlyUint8Array,
  getAddressDecoder,
} from "@solana/kit";
import * as accounts from "./generated/accounts/index.js";
import type * as types from "./generated/types/index.js";
import * as unit from "./units.js";

/** Newest layout version that this release reads; it reads every one since the first. */
export const LAYOUT_VERSION = 1;
/** The same of margin accounts. */
export const MARGIN_LAYOUT_VERSION = 2;

/** Bytes of each kind of account, its discriminator included. */
export const ACCOUNT_SIZES = {
  protocol: accounts.getProtocolStateDecoder().fixedSize,
  compartment: accounts.getCompartmentStateDecoder().fixedSize,
  board: accounts.getBoardStateDecoder().fixedSize,
  bank: accounts.getBankStateDecoder().fixedSize,
  market: accounts.getMarketStateDecoder().fixedSize,
  book: accounts.getBookStateDecoder().fixedSize,
  margin: accounts.getMarginStateDecoder().fixedSize,
  ticket: accounts.getTicketStateDecoder().fixedSize,
  insurance: accounts.getInsuranceStateDecoder().fixedSize,
  stake: accounts.getStakeStateDecoder().fixedSize,
} as const;

/** Bytes that aren't the account that was asked for. */
export class AccountError extends Error {
  /** Which kind of error. */
  override readonly name = "AccountError";
}

const key = (bytes: ReadonlyUint8Array): Address => getAddressDecoder().decode(bytes);
const wide = ({ lo, hi }: types.Wide): bigint => (hi << 64n) | lo;

/** An optional key: 32 zero bytes are none. */
const optionalKey = (bytes: ReadonlyUint8Array): Address | null =>
  bytes.every((byte) => byte === 0) ? null : key(bytes);

function open<T extends { readonly inner: { readonly version: number } }>(
  what: string,
  data: ReadonlyUint8Array,
  discriminator: ReadonlyUint8Array,
  decoder: FixedSizeDecoder<T>,
  newest = LAYOUT_VERSION,
): T["inner"] {
  if (data.length === 0) throw new AccountError(`there is no ${what} at this address`);
  if (!discriminator.every((byte, place) => data[place] === byte)) {
    throw new AccountError(`this account is no ${what}: its first eight bytes are another kind's`);
  }
  if (data.length !== decoder.fixedSize) {
    throw new AccountError(`a ${what} has ${decoder.fixedSize} bytes, this account ${data.length}`);
  }
  const { inner } = decoder.decode(data);
  if (inner.version < 1 || inner.version > newest) {
    throw new AccountError(
      `this ${what} has layout version ${inner.version}, this client reads 1 to ${newest}`,
    );
  }
  return inner;
}

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
export function readProtocol(data: ReadonlyUint8Array): ProtocolView {
  const layout = open(
    "Protocol",
    data,
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
  /** Every field. */
  readonly layout: types.Compartment;
}

/** Reads a compartment. */
export function readCompartment(data: ReadonlyUint8Array): CompartmentView {
  const layout = open(
    "compartment",
    data,
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
    layout,
  };
}

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
export function readBoard(data: ReadonlyUint8Array): BoardView {
  const layout = open(
    "Board",
    data,
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
export function readBank(data: ReadonlyUint8Array): BankView {
  const layout = open(
    "bank",
    data,
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
export function readMarket(data: ReadonlyUint8Array): MarketView {
  const layout = open(
    "market",
    data,
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
export function readBook(data: ReadonlyUint8Array): BookView {
  const layout = open(
    "book",
    data,
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
export function readMargin(data: ReadonlyUint8Array): MarginView {
  const layout = open(
    "margin account",
    data,
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
export function readTicket(data: ReadonlyUint8Array): TicketView {
  const layout = open(
    "ticket",
    data,
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
export function readStake(data: ReadonlyUint8Array): StakeView {
  const layout = open(
    "stake",
    data,
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
export function readInsurance(data: ReadonlyUint8Array): InsuranceView {
  const layout = open(
    "insurance",
    data,
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
