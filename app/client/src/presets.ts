/** Default parameters by class of coin, as `crates/core` has them. */

import { type FixedSizeDecoder, getBase16Encoder } from "@solana/kit";
import {
  type CreateInsuranceInstructionDataArgs,
  getCreateInsuranceInstructionDataDecoder,
} from "./generated/instructions/createInsurance.js";
import * as types from "./generated/types/index.js";
import { PRESET_BYTES } from "./presets.data.js";

/** What kind of coin: the two deepest, deep ones, small ones, stablecoins. */
export type CoinClass = keyof typeof PRESET_BYTES;

/** Every class. */
export const COIN_CLASSES = Object.keys(PRESET_BYTES) as readonly CoinClass[];

/** Default parameters of a class. Caps are zero, which means closed: a listing sets them. */
export interface Presets {
  /** Annual volatility that a feed starts from, in 1e-9. */
  readonly volatilityE9: bigint;
  /** Of a feed. */
  readonly feed: types.FeedParameters;
  /** Of a margin rule: a market's margins or a bank's haircuts. */
  readonly margin: types.MarginParameters;
  /** Of a bank. */
  readonly bank: types.BankParameters;
  /** Of a bank, on the Board. */
  readonly boardBank: types.BoardBankParameters;
  /** Of the quote bank alone. */
  readonly quote: types.QuoteParameters;
  /** Of a market. */
  readonly market: types.MarketParameters;
  /** Of a market, on the Board. */
  readonly boardMarket: types.BoardMarketParameters;
  /** Of insurance. */
  readonly insurance: CreateInsuranceInstructionDataArgs;
}

function decoded<T>(decoder: FixedSizeDecoder<T>, hex: string): T {
  return decoder.decode(getBase16Encoder().encode(hex));
}

/** The default parameters of a class. */
export function presets(of: CoinClass): Presets {
  const bytes = PRESET_BYTES[of];
  return {
    volatilityE9: bytes.volatilityE9,
    feed: decoded(types.getFeedParametersDecoder(), bytes.feed),
    margin: decoded(types.getMarginParametersDecoder(), bytes.margin),
    bank: decoded(types.getBankParametersDecoder(), bytes.bank),
    boardBank: decoded(types.getBoardBankParametersDecoder(), bytes.boardBank),
    quote: decoded(types.getQuoteParametersDecoder(), bytes.quote),
    market: decoded(types.getMarketParametersDecoder(), bytes.market),
    boardMarket: decoded(types.getBoardMarketParametersDecoder(), bytes.boardMarket),
    insurance: insurance(bytes.insurance),
  };
}

/** The generator has no type of these arguments alone: they are the whole of an instruction. */
function insurance(hex: string): CreateInsuranceInstructionDataArgs {
  const decoder = getCreateInsuranceInstructionDataDecoder();
  const { discriminator: _, ...parameters } = decoded(decoder, `${"00".repeat(8)}${hex}`);
  return parameters;
}
