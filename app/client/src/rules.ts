/**
 * The program's own rules, run here: `crates/core` as WebAssembly, so that none is written twice.
 *
 * ```ts
 * const rules = await loadRules();
 * const health = rules.health({ board, margin, unix, slot });
 * ```
 */

import { type ReadonlyUint8Array, getBase64Encoder } from "@solana/kit";
import { AccountError, type AccountSource, ownBytes } from "./accounts/common.js";
import { RuleError } from "./errors.js";
import { BOARD_STATE_DISCRIMINATOR } from "./generated/accounts/boardState.js";
import { MARGIN_STATE_DISCRIMINATOR } from "./generated/accounts/marginState.js";
import { RULES_WASM } from "./rules.wasm.js";
import * as unit from "./units.js";
import {
  type HealthView,
  type LevelView,
  type MarginNotice,
  SEVERITIES,
  type Severity,
  readHealthView,
  readMarginNotice,
} from "./view.js";

/** Bytes of an account's discriminator. */
const DISCRIMINATOR = 8;

/** What the module exports. */
interface Exports {
  readonly memory: WebAssembly.Memory;
  bulwark_board(): number;
  bulwark_board_size(): number;
  bulwark_account(): number;
  bulwark_account_size(): number;
  bulwark_figures(): number;
  bulwark_health_at(): number;
  bulwark_health_size(): number;
  bulwark_notice_at(): number;
  bulwark_notice_size(): number;
  bulwark_health_view(paused: number, unix: bigint, slot: bigint): number;
  bulwark_margin_notice(paused: number, unix: bigint, slot: bigint): number;
  bulwark_health(level: number, paused: number, unix: bigint, slot: bigint): number;
  bulwark_eligibility(paused: number, unix: bigint, slot: bigint): number;
  bulwark_mark(market: number): number;
  bulwark_ratios(market: number, base: bigint, unix: bigint, slot: bigint): number;
  bulwark_weights(bank: number, unix: bigint, slot: bigint): number;
  bulwark_token_value(bank: number, amount: bigint, unix: bigint, slot: bigint): number;
  bulwark_conditions(feed: number, unix: bigint, slot: bigint): number;
  bulwark_dues(): number;
  bulwark_is_plain(): number;
}

/** The Board at a moment. */
export interface BoardAt {
  /** The Board's account. */
  readonly board: AccountSource;
  /** Unix second of the cluster. */
  readonly unix: bigint;
  /** Slot. */
  readonly slot: bigint;
}

/** An account at a moment. */
export interface AccountAt extends BoardAt {
  /** The margin account. */
  readonly margin: AccountSource;
  /** Whether the compartment is Paused: a fifth of the requirement is spared below Initial. */
  readonly paused?: boolean;
}

/** A level of requirement: opens risk, ends a liquidation, starts one. */
export type Level = "initial" | "liquidationEnd" | "maintenance";
const LEVELS: readonly Level[] = ["initial", "liquidationEnd", "maintenance"];

/** A level with its critical requirement, below which nothing waits. */
export interface CriticalLevel extends LevelView {
  /** Critical requirement; zero at Initial. */
  readonly critical: unit.UsdE6;
}

/** A ratio at each level. */
export interface LevelRatios {
  /** Opens risk. */
  readonly initial: unit.RatioE9;
  /** Ends a liquidation. */
  readonly liquidationEnd: unit.RatioE9;
  /** Starts one. */
  readonly maintenance: unit.RatioE9;
}

/** What is wrong with a feed's price. */
export interface PriceConditions {
  /** The fault that names it. */
  readonly severity: Severity;
  /** Age in seconds. */
  readonly age: bigint;
  /** The confidence is wide. */
  readonly uncertain: boolean;
  /** A jump waits. */
  readonly unconfirmed: boolean;
  /** Older than an Ok price. */
  readonly stale: boolean;
  /** Older than a stale one. */
  readonly old: boolean;
  /** Away from the second source. */
  readonly diverged: boolean;
  /** Away from the signed average. */
  readonly averageApart: boolean;
  /** Too old for anything. */
  readonly dead: boolean;
}

/** The rules. One at a time: a call writes its accounts into the module's memory and reads back. */
export class Rules {
  readonly #wasm: Exports;

  /** @internal {@link loadRules} makes it. */
  constructor(wasm: Exports) {
    this.#wasm = wasm;
  }

  /** Health at every level, leg by leg: the bytes of the program's `healthView`, read. */
  health(at: AccountAt): HealthView {
    return readHealthView(this.healthBytes(at));
  }

  /** Health as bytes: those that the program returns. */
  healthBytes(at: AccountAt): Uint8Array {
    this.#put(at);
    this.#done(this.#wasm.bulwark_health_view(Number(at.paused ?? false), at.unix, at.slot));
    return this.#read(this.#wasm.bulwark_health_at(), this.#wasm.bulwark_health_size());
  }

  /** When rising thresholds reach the account, and at which prices it would be reached. */
  marginNotice(at: AccountAt): MarginNotice {
    return readMarginNotice(this.marginNoticeBytes(at));
  }

  /** Margin notice as bytes: those that the program returns. */
  marginNoticeBytes(at: AccountAt): Uint8Array {
    this.#put(at);
    this.#done(this.#wasm.bulwark_margin_notice(Number(at.paused ?? false), at.unix, at.slot));
    return this.#read(this.#wasm.bulwark_notice_at(), this.#wasm.bulwark_notice_size());
  }

  /** Value and requirement at one level. */
  level(at: AccountAt, level: Level): CriticalLevel {
    this.#put(at);
    const { unix, slot, paused = false } = at;
    this.#done(this.#wasm.bulwark_health(LEVELS.indexOf(level), Number(paused), unix, slot));
    return critical(this.#figures(3));
  }

  /** Health at Maintenance as it decides whether the account may be taken over: below zero. */
  eligibility(at: AccountAt): CriticalLevel {
    this.#put(at);
    this.#done(this.#wasm.bulwark_eligibility(Number(at.paused ?? false), at.unix, at.slot));
    return critical(this.#figures(3));
  }

  /** Whether the account leaves without any check of health: {@link WithdrawRequest.plain}. */
  isPlain(margin: AccountSource): boolean {
    this.#putMargin(margin);
    this.#done(this.#wasm.bulwark_is_plain());
    return this.#figures(1)[0] === 1n;
  }

  /** Interest due, then funding and loss due of each position slot; credits above zero. */
  dues(board: AccountSource, margin: AccountSource): unit.UsdE6[] {
    this.#putBoard(board);
    this.#putMargin(margin);
    this.#done(this.#wasm.bulwark_dues());
    return this.#figures(9).map(unit.usdE6);
  }

  /** The one price of a market. */
  mark(board: AccountSource, market: number): unit.PriceE8 {
    this.#putBoard(board);
    this.#done(this.#wasm.bulwark_mark(market));
    return unit.priceE8(this.#figures(1)[0] ?? 0n);
  }

  /** Margin ratios of a position of this size. */
  ratios(at: BoardAt, market: number, base: unit.BaseE8): LevelRatios {
    this.#putBoard(at.board);
    this.#done(this.#wasm.bulwark_ratios(market, base, at.unix, at.slot));
    return ratios(this.#figures(3));
  }

  /** What a bank's token counts for. */
  weights(at: BoardAt, bank: number): LevelRatios {
    this.#putBoard(at.board);
    this.#done(this.#wasm.bulwark_weights(bank, at.unix, at.slot));
    return ratios(this.#figures(3));
  }

  /** Fair value of an amount of a bank's token. */
  tokenValue(at: BoardAt, bank: number, amount: unit.TokenAmount): unit.UsdE6 {
    this.#putBoard(at.board);
    this.#done(this.#wasm.bulwark_token_value(bank, amount, at.unix, at.slot));
    return unit.usdE6(this.#figures(1)[0] ?? 0n);
  }

  /** What is wrong with a feed's price: why an act answers `OracleGate`. */
  conditions(at: BoardAt, feed: number): PriceConditions {
    this.#putBoard(at.board);
    this.#done(this.#wasm.bulwark_conditions(feed, at.unix, at.slot));
    const [age = 0n, severity = 0n, ...flags] = this.#figures(9);
    const has = (place: number) => flags[place] === 1n;
    return {
      severity: SEVERITIES[Number(severity)] ?? "dead",
      age,
      uncertain: has(0),
      unconfirmed: has(1),
      stale: has(2),
      old: has(3),
      diverged: has(4),
      averageApart: has(5),
      dead: has(6),
    };
  }

  #put(at: AccountAt): void {
    this.#putBoard(at.board);
    this.#putMargin(at.margin);
  }

  #putBoard(data: AccountSource): void {
    const size = this.#wasm.bulwark_board_size();
    this.#write("Board", data, BOARD_STATE_DISCRIMINATOR, this.#wasm.bulwark_board(), size);
  }

  #putMargin(data: AccountSource): void {
    const size = this.#wasm.bulwark_account_size();
    const at = this.#wasm.bulwark_account();
    this.#write("margin account", data, MARGIN_STATE_DISCRIMINATOR, at, size);
  }

  #write(
    what: string,
    source: AccountSource,
    discriminator: ReadonlyUint8Array,
    at: number,
    size: number,
  ): void {
    const data = ownBytes(what, source);
    if (data.length !== size + DISCRIMINATOR) {
      const bytes = size + DISCRIMINATOR;
      throw new AccountError(`a ${what} has ${bytes} bytes, this account ${data.length}`);
    }
    if (!discriminator.every((byte, place) => data[place] === byte)) {
      throw new AccountError(`this account is no ${what}`);
    }
    new Uint8Array(this.#wasm.memory.buffer, at, size).set(data.subarray(DISCRIMINATOR));
  }

  #done(code: number): void {
    if (code !== 0) throw new RuleError(code);
  }

  #read(at: number, size: number): Uint8Array {
    return new Uint8Array(this.#wasm.memory.buffer, at, size).slice();
  }

  #figures(count: number): bigint[] {
    return [...new BigInt64Array(this.#wasm.memory.buffer, this.#wasm.bulwark_figures(), count)];
  }
}

function critical([value = 0n, requirement = 0n, least = 0n]: readonly bigint[]): CriticalLevel {
  return {
    value: unit.usdE6(value),
    requirement: unit.usdE6(requirement),
    surplus: unit.usdE6(value - requirement),
    critical: unit.usdE6(least),
  };
}

function ratios([initial = 0n, end = 0n, maintenance = 0n]: readonly bigint[]): LevelRatios {
  return {
    initial: unit.ratioE9(initial),
    liquidationEnd: unit.ratioE9(end),
    maintenance: unit.ratioE9(maintenance),
  };
}

let loading: Promise<Rules> | undefined;

/** Compiles the rules, once; works in Node.js and in browsers. After a failure it tries again. */
export function loadRules(): Promise<Rules> {
  loading ??= compile().catch((error: unknown) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

async function compile(): Promise<Rules> {
  const bytes = new Uint8Array(getBase64Encoder().encode(RULES_WASM));
  const { instance } = await WebAssembly.instantiate(bytes);
  return new Rules(instance.exports as unknown as Exports);
}
