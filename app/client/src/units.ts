/**
 * Amounts with their units, as `bigint`: a price can't be passed where a size is wanted.
 *
 * Values are those of the program, exact and in its smallest unit. {@link parse} reads decimals
 * that people write and refuses what would be rounded; {@link format} writes them.
 */

declare const unit: unique symbol;

/** A `bigint` of a unit that has a name. */
export type Unit<Name extends string> = bigint & { readonly [unit]: Name };

/** USD or quote tokens, in 1e-6. Signed. */
export type UsdE6 = Unit<"UsdE6">;
/** USD per `10^unitExp` tokens, in 1e-8. */
export type PriceE8 = Unit<"PriceE8">;
/** Size of a position or an order, in 1e-8 of the market's coin. Signed: shorts are below zero. */
export type BaseE8 = Unit<"BaseE8">;
/** A ratio, in 1e-9. */
export type RatioE9 = Unit<"RatioE9">;
/** Tokens of a bank in the smallest unit of its mint. */
export type TokenAmount = Unit<"TokenAmount">;
/** Seconds since 1970 as the cluster counts them. */
export type UnixSeconds = Unit<"UnixSeconds">;

/** USD or quote in 1e-6 from its number. */
export const usdE6 = (value: bigint): UsdE6 => value as UsdE6;
/** A price in 1e-8 from its number. */
export const priceE8 = (value: bigint): PriceE8 => value as PriceE8;
/** A size in 1e-8 from its number. */
export const baseE8 = (value: bigint): BaseE8 => value as BaseE8;
/** A ratio in 1e-9 from its number. */
export const ratioE9 = (value: bigint): RatioE9 => value as RatioE9;
/** Tokens in their smallest unit from their number. */
export const tokenAmount = (value: bigint): TokenAmount => value as TokenAmount;
/** A unix second from its number. */
export const unixSeconds = (value: bigint): UnixSeconds => value as UnixSeconds;

/** Reads USD as people write it: `usd("12.5")`. */
export const usd = (text: string): UsdE6 => usdE6(parse(text, 6));
/** Reads a price in USD. */
export const price = (text: string): PriceE8 => priceE8(parse(text, 8));
/** Reads a size in coins. */
export const base = (text: string): BaseE8 => baseE8(parse(text, 8));
/** Reads tokens of a mint with `decimals` places. */
export const tokens = (text: string, decimals: number): TokenAmount =>
  tokenAmount(parse(text, decimals));

/**
 * Reads a decimal number into an integer with `decimals` places.
 *
 * @throws RangeError where it isn't a plain decimal number or has more places than the unit.
 */
export function parse(text: string, decimals: number): bigint {
  const found = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text.trim());
  if (!found) throw new RangeError(`"${text}" is no plain decimal number: write it as 12.5`);
  const [, sign, whole = "0", rest = ""] = found;
  const places = rest.replace(/0+$/, "");
  if (places.length > decimals) {
    throw new RangeError(`"${text}" has ${places.length} places, its unit has ${decimals}`);
  }
  const value = BigInt(whole + places.padEnd(decimals, "0"));
  return sign === "-" ? -value : value;
}

/** Writes an integer with `decimals` places as a decimal number, without trailing zeros. */
export function format(value: bigint, decimals: number): string {
  const sign = value < 0n ? "-" : "";
  const digits = (value < 0n ? -value : value).toString().padStart(decimals + 1, "0");
  const whole = digits.slice(0, digits.length - decimals);
  const rest = digits.slice(digits.length - decimals).replace(/0+$/, "");
  return `${sign}${whole}${rest === "" ? "" : `.${rest}`}`;
}

/** Writes USD: `formatUsd(usd("12.5"))` is `"12.5"`. */
export const formatUsd = (value: UsdE6): string => format(value, 6);
/** Writes a price in USD. */
export const formatPrice = (value: PriceE8): string => format(value, 8);
/** Writes a size in coins. */
export const formatBase = (value: BaseE8): string => format(value, 8);
/** Writes a ratio in percent. */
export const formatPercent = (value: RatioE9): string => format(value, 7);

/** What a size is worth at a price, rounded down: USD in 1e-6 of |size| · price. */
export function notional(size: BaseE8, at: PriceE8): UsdE6 {
  const absolute = size < 0n ? -size : size;
  return usdE6((absolute * at) / 10_000_000_000n);
}
