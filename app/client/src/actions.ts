/** Actions of the guardian and their bytes, as crates/core/src/guardian/action.rs has them. */

import {
  type Address,
  type Codec,
  type ReadonlyUint8Array,
  fixCodecSize,
  getAddressCodec,
  getArrayCodec,
  getBytesCodec,
  getStructCodec,
  getU16Codec,
  getU32Codec,
  getU64Codec,
  getU8Codec,
  transformCodec,
} from "@solana/kit";
import { accountsOfItem } from "./decided.js";
import type { Deployment } from "./deployment.js";
import { PARAMETER_IDS } from "./parameters.data.js";
import { type UsdE6, usdE6 } from "./units.js";

/** A compartment by its number, or all of them. */
export type Scope = number | "all";

/** What an action is about inside a compartment. */
export type Subject =
  | { readonly item: "compartment" }
  | { readonly item: "feed" | "bank" | "market"; readonly index: number };

/** One parameter and its new value. */
export interface Setting {
  /** Number of the parameter: {@link parameterId}. */
  readonly id: number;
  /** New value, in the parameter's unit. */
  readonly value: bigint;
}

/** Name of a parameter that an action can set, as docs/parameters.md has it. */
export type ParameterName = keyof typeof PARAMETER_IDS;

/** Number of a parameter by its name: `parameterId("market.oi_cap")`. */
export const parameterId = (name: ParameterName): number => PARAMETER_IDS[name];

/** Name of a parameter by its number, if there is one. */
export function parameterName(id: number): ParameterName | undefined {
  const names = Object.keys(PARAMETER_IDS) as ParameterName[];
  return names.find((name) => PARAMETER_IDS[name] === id);
}

/** A member to be removed, and who takes the seat. */
export interface Successor {
  /** Membership that ends. */
  readonly membership: bigint;
  /** Key of the successor, a wallet. */
  readonly key: Address;
}

/** What can be revoked, in the order of its numbers. */
export const CAPABILITIES = [
  "newRisk",
  "deposit",
  "matching",
  "positionWithdrawal",
  "insurance",
  "listing",
  "unstaking",
  "transfer",
  "delegation",
  "treasury",
  "auction",
  "rewards",
] as const;
/** What can be revoked. */
export type Capability = (typeof CAPABILITIES)[number];

/** Seats of a feed's sources. */
const SEATS = ["first", "second"] as const;
/** Items in the order of their numbers. */
const ITEMS = ["compartment", "feed", "bank", "market"] as const;
/** Compartment number that means all of them. */
export const ALL_COMPARTMENTS = 0xffff;

/** A limit to modes: which compartments, for how long, and why. */
export interface TimedAct {
  /** Compartment, or all. */
  readonly scope: Scope;
  /** For so many seconds: at most 72 h, and as far as the budget goes. */
  readonly seconds: number;
  /** Reason code, of the members' choice. */
  readonly reason: number;
}

/** A program that replaces this one. */
export interface Replacement {
  /** Buffer of the loader; the guardian is its authority. */
  readonly buffer: Address;
  /** SHA-256 of the buffer's bytes behind its head. */
  readonly hash: ReadonlyUint8Array;
}

/** Fields of each kind of action. */
export interface ActionFields {
  /** No new risk, exits at half their rate. */
  readonly restrict: TimedAct;
  /** Close an item for new risk, or lower one of its caps. Lapses after 72 h. */
  readonly tighten: {
    readonly compartment: number;
    readonly subject: Subject;
    readonly setting: Setting;
  };
  /** No trading, exits at a quarter of their rate. */
  readonly pause: TimedAct;
  /** Revoke a capability, for at most 72 h. */
  readonly revoke: {
    readonly compartment: number;
    readonly capability: Capability;
    readonly seconds: number;
  };
  /** Lift restrictions, revocations and latches up to a sequence number. */
  readonly relax: { readonly scope: Scope; readonly sequence: bigint };
  /** Set parameters of one subject, together: 1 to 24. */
  readonly setParameters: {
    readonly compartment: number;
    readonly subject: Subject;
    readonly settings: readonly Setting[];
  };
  /** Add a member: a wallet. */
  readonly addMember: { readonly member: Address };
  /** Replace members, at most four. */
  readonly removeMembers: { readonly successors: readonly Successor[] };
  /** Delays in seconds; the length of a slot that they are counted with, milliseconds. */
  readonly setDelays: {
    readonly ordinary: bigint;
    readonly relax: bigint;
    readonly slotMs: number;
  };
  /** Give the veto seat; `NOBODY` for none. */
  readonly setVeto: { readonly veto: Address };
  /** Let anyone list what has this hash: {@link listingHash}. */
  readonly list: { readonly compartment: number; readonly hash: ReadonlyUint8Array };
  /** Give a feed a source: its kind (1 to 4), and price account or feed id of 32 bytes. */
  readonly setOracle: {
    readonly compartment: number;
    readonly feed: number;
    readonly seat: (typeof SEATS)[number];
    readonly source: number;
    readonly id: ReadonlyUint8Array;
  };
  /** Settle a market or close a bank. */
  readonly windDown: { readonly compartment: number; readonly subject: Subject };
  /** Pay fees to the treasury. */
  readonly payTreasury: { readonly compartment: number; readonly amount: UsdE6 };
  /** Announce the Recovery of a compartment: final. */
  readonly announceRecovery: { readonly compartment: number };
  /** Replace the program after the ordinary delay. */
  readonly upgrade: Replacement;
  /** Replace the program after 48 h, where the quorum is reached in a pause and nobody objects. */
  readonly incidentUpgrade: Replacement;
}

/** Name of a kind of action. */
export type ActionKind = keyof ActionFields;

/** What a proposal does: its kind and that kind's fields. */
export type Action = {
  readonly [Kind in ActionKind]: { readonly kind: Kind } & ActionFields[Kind];
}[ActionKind];

/** Kinds by their numbers, from 1. */
export const ACTION_KINDS = [
  "restrict",
  "tighten",
  "pause",
  "revoke",
  "relax",
  "setParameters",
  "addMember",
  "removeMembers",
  "setDelays",
  "setVeto",
  "list",
  "setOracle",
  "windDown",
  "payTreasury",
  "announceRecovery",
  "upgrade",
  "incidentUpgrade",
] as const satisfies readonly ActionKind[];

const u8 = getU8Codec();
const u16 = getU16Codec();
const u32 = getU32Codec();
const u64 = getU64Codec();
const key = getAddressCodec();
const hash = fixCodecSize(getBytesCodec(), 32);

/** One of a list of names, as its number. */
function named<const Names extends readonly string[]>(names: Names, what: string) {
  return transformCodec(
    u8,
    (name: Names[number]) => names.indexOf(name),
    (number): Names[number] => {
      const name = names[number];
      if (name === undefined) throw new RangeError(`there is no ${what} of number ${number}`);
      return name;
    },
  );
}

const scope = transformCodec(
  u16,
  (of: Scope) => (of === "all" ? ALL_COMPARTMENTS : of),
  (number): Scope => (number === ALL_COMPARTMENTS ? "all" : number),
);
const subject = transformCodec(
  getStructCodec([
    ["item", named(ITEMS, "item")],
    ["index", u8],
  ]),
  (of: Subject) => ({ item: of.item, index: of.item === "compartment" ? 0 : of.index }),
  ({ item, index }): Subject => (item === "compartment" ? { item } : { item, index }),
);
const amount = transformCodec(u64, (value: UsdE6) => value as bigint, usdE6);
const whole = transformCodec(u64, (value: bigint) => value, (value): bigint => value);
const setting = getStructCodec([
  ["id", u16],
  ["value", whole],
]);
const successor = getStructCodec([
  ["membership", whole],
  ["key", key],
]);

/** A count of at least one, then so many. */
function list<Item extends object>(item: Codec<Item>) {
  return transformCodec(
    getArrayCodec(item, { size: u8 }),
    (items: readonly Item[]) => [...items],
    (items): readonly Item[] => {
      if (items.length === 0) throw new RangeError("an action's list has one entry or more");
      return items;
    },
  );
}

const timed = getStructCodec([
  ["scope", scope],
  ["seconds", u32],
  ["reason", u16],
]);
const replacement = getStructCodec([
  ["buffer", key],
  ["hash", hash],
]);

const CODECS: { readonly [Kind in ActionKind]: Codec<ActionFields[Kind]> } = {
  restrict: timed,
  tighten: getStructCodec([
    ["compartment", u16],
    ["subject", subject],
    ["setting", setting],
  ]),
  pause: timed,
  revoke: getStructCodec([
    ["compartment", u16],
    ["capability", named(CAPABILITIES, "capability")],
    ["seconds", u32],
  ]),
  relax: getStructCodec([
    ["scope", scope],
    ["sequence", whole],
  ]),
  setParameters: getStructCodec([
    ["compartment", u16],
    ["subject", subject],
    ["settings", list(setting)],
  ]),
  addMember: getStructCodec([["member", key]]),
  removeMembers: getStructCodec([["successors", list(successor)]]),
  setDelays: getStructCodec([
    ["ordinary", whole],
    ["relax", whole],
    ["slotMs", u32],
  ]),
  setVeto: getStructCodec([["veto", key]]),
  list: getStructCodec([
    ["compartment", u16],
    ["hash", hash],
  ]),
  setOracle: getStructCodec([
    ["compartment", u16],
    ["feed", u8],
    ["seat", named(SEATS, "seat")],
    ["source", u8],
    ["id", hash],
  ]),
  windDown: getStructCodec([
    ["compartment", u16],
    ["subject", subject],
  ]),
  payTreasury: getStructCodec([
    ["compartment", u16],
    ["amount", amount],
  ]),
  announceRecovery: getStructCodec([["compartment", u16]]),
  upgrade: replacement,
  incidentUpgrade: replacement,
};

/** Number of a kind, which fixes quorum and delay. */
export const actionNumber = (kind: ActionKind): number => ACTION_KINDS.indexOf(kind) + 1;

/** An action's bytes, as `propose` takes them. */
export function encodeAction(action: Action): ReadonlyUint8Array {
  const { kind, ...fields } = action;
  return (CODECS[kind] as Codec<object>).encode(fields);
}

/**
 * Reads an action of a kind from exactly its bytes.
 *
 * @throws RangeError for an unknown kind, an empty list, or bytes left over.
 */
export function decodeAction(number: number, bytes: ReadonlyUint8Array): Action {
  const kind = ACTION_KINDS[number - 1];
  if (!kind) throw new RangeError(`there is no action of kind ${number}: update the client`);
  const [fields, end] = (CODECS[kind] as Codec<object>).read(bytes, 0);
  if (end !== bytes.length) throw new RangeError(`${kind}: ${bytes.length - end} bytes left over`);
  return { kind, ...fields } as Action;
}

/** The wallets that an action would make members, in its order. */
function wallets(action: Action): Address[] {
  if (action.kind === "addMember") return [action.member];
  if (action.kind === "removeMembers") return action.successors.map((one) => one.key);
  return [];
}

/**
 * That an act is on this deployment's compartment, or on all.
 *
 * @throws RangeError where it is on another one.
 */
export function checkScope(deployment: Deployment, scope: Scope): void {
  if (scope === "all" || scope === deployment.id) return;
  throw new RangeError(`this is about compartment ${scope}, the deployment is of ${deployment.id}`);
}

/** The accounts of what an action changes on one item; nothing for other actions. */
function changed(deployment: Deployment, action: Action): Address[] | undefined {
  if ("compartment" in action) checkScope(deployment, action.compartment);
  if ("scope" in action) checkScope(deployment, action.scope);
  switch (action.kind) {
    case "setParameters":
    case "tighten":
    case "windDown":
      return accountsOfItem(deployment, action.subject);
    case "setOracle":
      return accountsOfItem(deployment, { item: "feed", index: action.feed });
    case "upgrade":
    case "incidentUpgrade":
      return [action.buffer];
    default:
      return undefined;
  }
}

/** The accounts that a proposal of an action shows, in their order. */
export const shownWith = (deployment: Deployment, action: Action): Address[] =>
  changed(deployment, action) ?? wallets(action);

/**
 * The accounts that carrying an action out wants, in their order. `compartments`: those of the
 * Protocol by number, for an action on all of them.
 *
 * @throws RangeError where the action is on all compartments and they aren't given.
 */
export function spokenOf(
  deployment: Deployment,
  action: Action,
  compartments: readonly Address[] = [],
): Address[] {
  const accounts = changed(deployment, action);
  if (accounts) return accounts;
  switch (action.kind) {
    case "restrict":
    case "pause":
    case "relax":
      if (action.scope !== "all") return [deployment.compartment];
      if (compartments.length > 0) return [...compartments];
      throw new RangeError(`${action.kind} is on all compartments: pass them in their order`);
    case "revoke":
      return [deployment.compartment];
    default:
      return [];
  }
}
