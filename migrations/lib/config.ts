/** A deployment's file: checked against config/schema.json, then turned into arguments. */

import { type Address, getAddressEncoder, getBase16Encoder } from "@solana/kit";
import { Ajv, type ErrorObject } from "ajv";
import { readFileSync } from "node:fs";
import * as client from "./client.js";

type Overrides = Readonly<Record<string, number | string>>;

/** Where a price comes from. */
export interface SourceConfig {
  readonly kind: "classic-receiver" | "pro-receiver" | "legacy-mainnet" | "legacy-devnet";
  readonly id?: string;
  readonly account: Address;
}

/** A price feed. */
export interface FeedConfig {
  readonly name: string;
  readonly class: client.CoinClass;
  readonly source: SourceConfig;
  readonly second?: SourceConfig;
  readonly unitExp?: number;
  readonly thin?: boolean;
  readonly parameters?: Overrides;
}

/** A token. */
export interface BankConfig {
  readonly name: string;
  readonly mint: Address;
  readonly decimals: number;
  readonly tokenProgram?: "token" | "token-2022";
  readonly feed: string;
  readonly class: client.CoinClass;
  readonly origin: "native" | "stable" | "liquid-stake" | "bridged";
  readonly group?: number;
  /** Feed of what a bridged token stands for. */
  readonly native?: string;
  readonly warmUpSeconds?: number;
  readonly depositCap: string;
  readonly accountCap: string;
  /** Least base of the outflow buckets, tokens. */
  readonly baseFloor: string;
  /** Largest withdrawal that may pass the queue, once a day and account, tokens. */
  readonly smallExit: string;
  readonly parameters?: Overrides;
  readonly haircut?: Overrides;
}

/** A market. */
export interface MarketConfig {
  readonly name: string;
  readonly feed: string;
  readonly class: client.CoinClass;
  readonly openInterestCap: string;
  readonly slotNotionalCap: string;
  readonly parameters?: Overrides;
  readonly margin?: Overrides;
}

/** What collateral of an origin class or a group may count for. */
export interface LimitsConfig {
  /** An origin class, or `group-1` to `group-8`. */
  readonly of: string;
  /** Largest value at Initial in one account, USD. */
  readonly accountCap: string;
  /** Largest value of the compartment's claims that a deposit may reach, USD. */
  readonly compartmentCap: string;
  readonly haircutPpm?: number;
}

/** A deployment. */
export interface Config {
  readonly compartment: number;
  readonly treasury?: Address;
  readonly profitCreditPpm?: number;
  readonly limits?: readonly LimitsConfig[];
  readonly insurance: { readonly class: client.CoinClass; readonly parameters?: Overrides };
  readonly feeds: readonly FeedConfig[];
  readonly banks: readonly BankConfig[];
  readonly markets: readonly MarketConfig[];
  readonly seal?: boolean;
}

/** Something in the file that has to be mended: its path, and what to do. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

const schema: unknown = JSON.parse(
  readFileSync(new URL("../config/schema.json", import.meta.url), "utf8"),
);
const validate = new Ajv({ allErrors: true, strict: false }).compile<Config>(schema as object);

/** `/banks/0/mint` as people write it: `banks[0].mint`. */
const shown = (path: string): string =>
  path === ""
    ? "the file"
    : path.slice(1).replace(/\/(\d+)/g, "[$1]").replaceAll("/", ".");

function advice(error: ErrorObject): string {
  const at = shown(error.instancePath);
  const params = error.params as Readonly<Record<string, unknown>>;
  switch (error.keyword) {
    case "required":
      return `${at}: add "${String(params["missingProperty"])}"`;
    case "additionalProperties":
      return `${at}: remove "${String(params["additionalProperty"])}", it isn't known`;
    case "enum":
      return `${at}: choose one of ${(params["allowedValues"] as unknown[]).join(", ")}`;
    case "pattern":
      return `${at}: write it so that it matches ${String(params["pattern"])}`;
    default:
      return `${at}: ${error.message ?? error.keyword}`;
  }
}

/** Checks a deployment's file. @throws ConfigError that names every path with what to do. */
export function checkConfig(value: unknown): Config {
  if (!validate(value)) {
    throw new ConfigError([...new Set((validate.errors ?? []).map(advice))].join("\n"));
  }
  const problems = [...sources(value), ...references(value)];
  if (problems.length > 0) throw new ConfigError(problems.join("\n"));
  return value;
}

function* sources({ feeds }: Config): Iterable<string> {
  for (const [place, feed] of feeds.entries()) {
    for (const which of ["source", "second"] as const) {
      const source = feed[which];
      if (!source) continue;
      const receiver = source.kind.endsWith("receiver");
      if (receiver && !source.id) yield `feeds[${place}].${which}: add "id", a receiver's feed id`;
      if (!receiver && source.id) yield `feeds[${place}].${which}: remove "id", the account says it`;
    }
  }
}

function* references(config: Config): Iterable<string> {
  const names = config.feeds.map(({ name }) => name);
  for (const list of ["feeds", "banks", "markets"] as const) {
    for (const [place, { name }] of config[list].entries()) {
      const first = config[list].findIndex((one) => one.name === name);
      if (first !== place) yield `${list}[${place}].name: ${name} is that of ${list}[${first}] already`;
    }
  }
  for (const [place, { of }] of (config.limits ?? []).entries()) {
    const first = config.limits?.findIndex((one) => one.of === of);
    if (first !== place) yield `limits[${place}].of: ${of} has its limits in limits[${first}] already`;
  }
  for (const list of ["banks", "markets"] as const) {
    for (const [place, { feed }] of config[list].entries()) {
      if (!names.includes(feed)) yield `${list}[${place}].feed: ${feed} is none of ${names.join(", ")}`;
    }
  }
  for (const [place, { origin, native }] of config.banks.entries()) {
    if (native === undefined ? origin === "bridged" : origin !== "bridged" || !names.includes(native)) {
      yield `banks[${place}].native: a bridged token, and no other, names the feed of what it stands for`;
    }
  }
}

/** The class's parameters with what the file says instead. */
function overridden<T extends object>(path: string, preset: T, overrides: Overrides = {}): T {
  const found = { ...preset } as Record<string, unknown>;
  for (const [name, value] of Object.entries(overrides)) {
    const before = found[name];
    if (typeof before !== "number" && typeof before !== "bigint") {
      throw new ConfigError(`${path}.${name}: choose one of ${Object.keys(preset).join(", ")}`);
    }
    found[name] = typeof before === "bigint" ? BigInt(value) : Number(value);
  }
  return found as T;
}

const KINDS = { "classic-receiver": 1, "pro-receiver": 2, "legacy-mainnet": 3, "legacy-devnet": 4 };
const ORIGINS = { native: 1, stable: 2, "liquid-stake": 3, bridged: 4 };

function source(from: SourceConfig | undefined) {
  if (!from) return { kind: 0, id: new Uint8Array(32) };
  const id = from.id ? getBase16Encoder().encode(from.id) : getAddressEncoder().encode(from.account);
  return { kind: KINDS[from.kind], id };
}

/** Number of a feed by its name. */
export const feedNumber = (config: Config, name: string): number =>
  config.feeds.findIndex((feed) => feed.name === name);

/** Limits of origin classes and groups, as the Board is made with them. */
export const collateralLimits = ({ limits = [] }: Config): client.CollateralLimits =>
  limits.map(({ of, accountCap, compartmentCap, haircutPpm = 0 }, place) => ({
    kind:
      of in ORIGINS
        ? { __kind: "Origin", fields: [ORIGINS[of as keyof typeof ORIGINS]] }
        : { __kind: "Group", fields: [Number(of.slice("group-".length))] },
    accountCap: amount(`limits[${place}].accountCap`, accountCap, 6),
    compartmentCap: amount(`limits[${place}].compartmentCap`, compartmentCap, 6),
    haircutE9: haircutPpm * 1_000,
  }));

/** Arguments that create insurance. */
export const insuranceListing = ({ insurance }: Config): client.InsuranceListing =>
  overridden(
    "insurance.parameters",
    client.presets(insurance.class).insurance,
    insurance.parameters,
  );

/** Arguments that list a feed. */
export function feedListing(feed: FeedConfig, place: number): client.FeedListing {
  const preset = client.presets(feed.class);
  return {
    source: source(feed.source),
    second: source(feed.second),
    unitExp: feed.unitExp ?? 0,
    thin: feed.thin ?? false,
    volatilityE9: preset.volatilityE9,
    parameters: overridden(`feeds[${place}].parameters`, preset.feed, feed.parameters),
  };
}

/** The token program of a bank. */
export const tokenProgram = ({ tokenProgram }: BankConfig): Address =>
  tokenProgram === "token-2022" ? client.TOKEN_2022_PROGRAM : client.TOKEN_PROGRAM;

/** Arguments that list a bank. */
export function bankListing(config: Config, place: number): client.BankListing {
  const bank = config.banks[place] as BankConfig;
  const preset = client.presets(bank.class);
  const path = `banks[${place}]`;
  return {
    feed: feedNumber(config, bank.feed),
    origin: ORIGINS[bank.origin],
    group: bank.group ?? 0,
    nativeFeed: bank.native === undefined ? 0 : feedNumber(config, bank.native),
    warmUp: bank.warmUpSeconds ?? 0,
    bank: {
      ...overridden(`${path}.parameters`, preset.bank, bank.parameters),
      depositCap: amount(`${path}.depositCap`, bank.depositCap, bank.decimals),
      accountCap: amount(`${path}.accountCap`, bank.accountCap, bank.decimals),
      baseFloor: amount(`${path}.baseFloor`, bank.baseFloor, bank.decimals),
      smallExit: amount(`${path}.smallExit`, bank.smallExit, bank.decimals),
    },
    board: preset.boardBank,
    haircut: overridden(`${path}.haircut`, preset.margin, bank.haircut),
    quote: place === 0 ? preset.quote : null,
  };
}

/** Arguments that list a market. */
export function marketListing(config: Config, place: number): client.MarketListing {
  const market = config.markets[place] as MarketConfig;
  const preset = client.presets(market.class);
  const path = `markets[${place}]`;
  return {
    index: place,
    feed: feedNumber(config, market.feed),
    market: {
      ...overridden(`${path}.parameters`, preset.market, market.parameters),
      oiCap: amount(`${path}.openInterestCap`, market.openInterestCap, 8),
      slotNotionalCap: amount(`${path}.slotNotionalCap`, market.slotNotionalCap, 6),
    },
    board: preset.boardMarket,
    margin: overridden(`${path}.margin`, preset.margin, market.margin),
  };
}

function amount(path: string, text: string, decimals: number): bigint {
  try {
    return client.parse(text, decimals);
  } catch (error) {
    throw new ConfigError(`${path}: ${(error as Error).message}`);
  }
}
