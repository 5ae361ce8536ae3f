/**
 * Health and margin notice as the program returns them and as the rules compute them here: the same
 * bytes, so one reader.
 */

import {
  type FixedSizeDecoder,
  type ReadonlyUint8Array,
  fixDecoderSize,
  getArrayDecoder,
  getBytesDecoder,
  getI64Decoder,
  getStructDecoder,
  getU64Decoder,
  getU8Decoder,
} from "@solana/kit";
import * as unit from "./units.js";

/** Version of these layouts. */
const VERSION = 1;
const MAX_POSITIONS = 8;
const MAX_COLLATERALS = 8;
/** `after_open` of an account that isn't reached. */
const NEVER = 0xffff_ffff_ffff_ffffn;

const CRITICAL = 1;
const FLAGGED = 1 << 1;
const LIQUIDATABLE = 1 << 2;
const PAUSED = 1 << 3;
const PLAIN = 1 << 4;

/** Where an account stands, worst last. */
export const STAGES = ["healthy", "reduceOnly", "warned", "liquidatable", "bankrupt"] as const;
/** Where an account stands. */
export type Stage = (typeof STAGES)[number];

/** What is wrong with a price, worst last. */
export const SEVERITIES = [
  "ok",
  "uncertain",
  "unconfirmed",
  "stale",
  "old",
  "diverged",
  "dead",
] as const;
/** What is wrong with a price. */
export type Severity = (typeof SEVERITIES)[number];

/** Value against requirement at one level. */
export interface LevelView {
  /** Value. */
  readonly value: unit.UsdE6;
  /** Requirement. */
  readonly requirement: unit.UsdE6;
  /** Value less requirement. */
  readonly surplus: unit.UsdE6;
}

/** A position as health counts it. */
export interface LegHealth {
  /** Place in the account. */
  readonly slot: number;
  /** Number of the market. */
  readonly market: number;
  /** Its price. */
  readonly severity: Severity;
  /** Size: longs above zero. */
  readonly base: unit.BaseE8;
  /** Newest accepted price. */
  readonly mark: unit.PriceE8;
  /** Price that it counts at for new risk. */
  readonly worst: unit.PriceE8;
  /** What it adds at Initial. */
  readonly initial: LevelView;
  /** What it adds at Maintenance. */
  readonly maintenance: LevelView;
}

/** Collateral as health counts it. */
export interface CollateralHealth {
  /** Place in the account. */
  readonly slot: number;
  /** Number of the bank. */
  readonly bank: number;
  /** Its price. */
  readonly severity: Severity;
  /** Held, without what waits in tickets. */
  readonly amount: unit.TokenAmount;
  /** What it adds to the value at Initial. */
  readonly initialValue: unit.UsdE6;
  /** What it adds to the value at Maintenance. */
  readonly maintenanceValue: unit.UsdE6;
}

/** Health of an account at one moment. */
export interface HealthView {
  /** Where it stands. */
  readonly stage: Stage;
  /** Below the critical level: nothing waits. */
  readonly critical: boolean;
  /** Its liquidation clock runs. */
  readonly flagged: boolean;
  /** May be taken over now; grace may still hold it. */
  readonly liquidatable: boolean;
  /** Measured as in mode Paused. */
  readonly paused: boolean;
  /** Neither position nor order nor debt: leaves without any check of health. */
  readonly plain: boolean;
  /** Computed for this second. */
  readonly unix: unit.UnixSeconds;
  /** Computed for this slot. */
  readonly slot: bigint;
  /** Quote balance with the interest due. */
  readonly quote: unit.UsdE6;
  /** Quote that waits in tickets. */
  readonly quotePending: unit.UsdE6;
  /** What opens risk and withdraws. */
  readonly initial: LevelView;
  /** Where a liquidation stops. */
  readonly end: LevelView;
  /** Where a liquidation starts. */
  readonly maintenance: LevelView;
  /** The critical level. */
  readonly criticalRequirement: unit.UsdE6;
  /** Value without haircut and confidence: bankrupt below zero. */
  readonly rawValue: unit.UsdE6;
  /** Positions. */
  readonly legs: readonly LegHealth[];
  /** Collateral. */
  readonly collaterals: readonly CollateralHealth[];
}

/** Prices of a market that would make the account liquidatable, all others as they are. */
export interface LegNotice {
  /** Place in the account. */
  readonly slot: number;
  /** Number of the market. */
  readonly market: number;
  /** Newest accepted price. */
  readonly mark: unit.PriceE8;
  /** At today's thresholds; none where no price does. */
  readonly priceNow: unit.PriceE8 | null;
  /** Once all thresholds stand at their targets. */
  readonly priceThen: unit.PriceE8 | null;
}

/** What the thresholds that rise now will do to an account at today's prices. */
export interface MarginNotice {
  /** Whether it will be liquidatable, or is. */
  readonly reached: "never" | "later" | "now";
  /** Measured as in mode Paused. */
  readonly paused: boolean;
  /** Computed for this second. */
  readonly unix: unit.UnixSeconds;
  /** Computed for this slot. */
  readonly slot: bigint;
  /** Open seconds until it is liquidatable. */
  readonly afterOpen: bigint | null;
  /** Unix second of that if trading stays open. */
  readonly reachedAt: unit.UnixSeconds | null;
  /** Open seconds until every threshold stands at its target. */
  readonly risingOpen: bigint;
  /** Surplus at Maintenance now. */
  readonly surplusNow: unit.UsdE6;
  /** Surplus at Maintenance then. */
  readonly surplusThen: unit.UsdE6;
  /** Positions. */
  readonly legs: readonly LegNotice[];
}

const u8 = getU8Decoder();
const u64 = getU64Decoder();
const i64 = getI64Decoder();
const reserved = (size: number) => fixDecoderSize(getBytesDecoder(), size);

const LEG = getStructDecoder([
  ["active", u8],
  ["market", u8],
  ["severity", u8],
  ["reserved", reserved(5)],
  ["base", i64],
  ["mark", u64],
  ["worst", u64],
  ["initialValue", i64],
  ["initialRequirement", u64],
  ["maintenanceValue", i64],
  ["maintenanceRequirement", u64],
]);

const COLLATERAL = getStructDecoder([
  ["active", u8],
  ["bank", u8],
  ["severity", u8],
  ["reserved", reserved(5)],
  ["amount", u64],
  ["initialValue", i64],
  ["maintenanceValue", i64],
]);

const HEALTH = getStructDecoder([
  ["version", u8],
  ["stage", u8],
  ["flags", u8],
  ["reserved", reserved(5)],
  ["unix", i64],
  ["slot", u64],
  ["quote", i64],
  ["quotePending", u64],
  ["initialValue", i64],
  ["initialRequirement", u64],
  ["endValue", i64],
  ["endRequirement", u64],
  ["maintenanceValue", i64],
  ["maintenanceRequirement", u64],
  ["critical", u64],
  ["rawValue", i64],
  ["legs", getArrayDecoder(LEG, { size: MAX_POSITIONS })],
  ["collaterals", getArrayDecoder(COLLATERAL, { size: MAX_COLLATERALS })],
]);

const NOTICE = getStructDecoder([
  ["version", u8],
  ["reached", u8],
  ["flags", u8],
  ["reserved", reserved(5)],
  ["unix", i64],
  ["slot", u64],
  ["afterOpen", u64],
  ["reachedAt", i64],
  ["risingOpen", u64],
  ["surplusNow", i64],
  ["surplusThen", i64],
  [
    "legs",
    getArrayDecoder(
      getStructDecoder([
        ["active", u8],
        ["market", u8],
        ["reserved", reserved(6)],
        ["mark", u64],
        ["priceNow", u64],
        ["priceThen", u64],
      ]),
      { size: MAX_POSITIONS },
    ),
  ],
]);

/** Bytes of a health view. */
export const HEALTH_VIEW_SIZE = 872;
/** Bytes of a margin notice. */
export const MARGIN_NOTICE_SIZE = 320;

/** Decodes a view; a cluster drops the zeros at the end of return data, so they are put back. */
function open<T extends { readonly version: number }>(
  what: string,
  decoder: FixedSizeDecoder<T>,
  data: ReadonlyUint8Array,
): T {
  if (data.length > decoder.fixedSize) {
    throw new RangeError(`a ${what} has ${decoder.fixedSize} bytes, not ${data.length}`);
  }
  const whole = new Uint8Array(decoder.fixedSize);
  whole.set(data);
  const found = decoder.decode(whole);
  if (found.version !== VERSION) {
    throw new RangeError(`this ${what} has version ${found.version}, this client reads ${VERSION}`);
  }
  return found;
}

const level = (value: bigint, requirement: bigint): LevelView => ({
  value: unit.usdE6(value),
  requirement: unit.usdE6(requirement),
  surplus: unit.usdE6(value - requirement),
});

function named<Name extends string>(names: readonly Name[], number: number): Name {
  const name = names[number];
  if (name === undefined) throw new RangeError(`${number} is none of ${names.join(", ")}`);
  return name;
}

/** Reads the return data of `healthView`. */
export function readHealthView(data: ReadonlyUint8Array): HealthView {
  const found = open("health view", HEALTH, data);
  const has = (bit: number) => (found.flags & bit) !== 0;
  return {
    stage: named(STAGES, found.stage - 1),
    critical: has(CRITICAL),
    flagged: has(FLAGGED),
    liquidatable: has(LIQUIDATABLE),
    paused: has(PAUSED),
    plain: has(PLAIN),
    unix: unit.unixSeconds(found.unix),
    slot: found.slot,
    quote: unit.usdE6(found.quote),
    quotePending: unit.usdE6(found.quotePending),
    initial: level(found.initialValue, found.initialRequirement),
    end: level(found.endValue, found.endRequirement),
    maintenance: level(found.maintenanceValue, found.maintenanceRequirement),
    criticalRequirement: unit.usdE6(found.critical),
    rawValue: unit.usdE6(found.rawValue),
    legs: found.legs.flatMap((leg, slot) =>
      leg.active === 0
        ? []
        : {
            slot,
            market: leg.market,
            severity: named(SEVERITIES, leg.severity),
            base: unit.baseE8(leg.base),
            mark: unit.priceE8(leg.mark),
            worst: unit.priceE8(leg.worst),
            initial: level(leg.initialValue, leg.initialRequirement),
            maintenance: level(leg.maintenanceValue, leg.maintenanceRequirement),
          },
    ),
    collaterals: found.collaterals.flatMap((token, slot) =>
      token.active === 0
        ? []
        : {
            slot,
            bank: token.bank,
            severity: named(SEVERITIES, token.severity),
            amount: unit.tokenAmount(token.amount),
            initialValue: unit.usdE6(token.initialValue),
            maintenanceValue: unit.usdE6(token.maintenanceValue),
          },
    ),
  };
}

const priceOrNone = (value: bigint) => (value === 0n ? null : unit.priceE8(value));

/** Reads the return data of `marginNotice`. */
export function readMarginNotice(data: ReadonlyUint8Array): MarginNotice {
  const found = open("margin notice", NOTICE, data);
  return {
    reached: named(["never", "later", "now"], found.reached),
    paused: (found.flags & PAUSED) !== 0,
    unix: unit.unixSeconds(found.unix),
    slot: found.slot,
    afterOpen: found.afterOpen === NEVER ? null : found.afterOpen,
    reachedAt: found.reachedAt === 0n ? null : unit.unixSeconds(found.reachedAt),
    risingOpen: found.risingOpen,
    surplusNow: unit.usdE6(found.surplusNow),
    surplusThen: unit.usdE6(found.surplusThen),
    legs: found.legs.flatMap((leg, slot) =>
      leg.active === 0
        ? []
        : {
            slot,
            market: leg.market,
            mark: unit.priceE8(leg.mark),
            priceNow: priceOrNone(leg.priceNow),
            priceThen: priceOrNone(leg.priceThen),
          },
    ),
  };
}
