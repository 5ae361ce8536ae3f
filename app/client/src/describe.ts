/** What a signature of a member would do, read from the chain before it is given. */

import { type Address, type ReadonlyUint8Array, getI64Decoder, getU64Decoder } from "@solana/kit";
import { type AccountSource, ownBytes } from "./accounts/common.js";
import {
  type GuardianView,
  type ProposalView,
  type Voice,
  readGuardian,
  readProposal,
} from "./accounts/guardian.js";
import { readCompartment } from "./accounts/protocol.js";
import { type Action, actionNumber, encodeAction } from "./actions.js";
import {
  compartmentAddress,
  guardianAddress,
  proposalAddress,
  protocolAddress,
} from "./addresses.js";
import type { FetchAccounts } from "./load.js";
import { SYSVAR_OWNER } from "./quote.js";
import { BlindError, type Moment, type SeenAccounts, type VoiceKind, loadWords } from "./words.js";

/** The veto seat where a voice's membership would be. */
const VETO = 0xffff_ffff_ffff_ffffn;
/** Sysvar with the cluster's time. */
export const CLOCK = "SysvarC1ock11111111111111111111111111111111" as Address;

/** What somebody needs to know before he signs. */
export interface Described {
  /** What is done, with the values before and after: `crates/words`, as on the command line. */
  readonly sentence: string;
  /** What it does. */
  readonly action: Action;
  /** SHA-256 of the kind's number and the action's bytes, computed here. */
  readonly hash: ReadonlyUint8Array;
  /** The moment of the cluster that it was read at. */
  readonly at: Moment;
}

/** A proposal, as whoever votes on it needs to see it. */
export interface DescribedProposal extends Described {
  /** The proposal. */
  readonly proposal: ProposalView;
  /** How it would stand after the voice that was asked about, by the program's own rules. */
  readonly after?: string;
  /** Who is for it; a membership that has ended is `null`. */
  readonly approvedBy: readonly (Address | null)[];
  /** Who is against it. */
  readonly objectedBy: readonly (Address | null)[];
}

/** What can be said beside the number. */
export interface DescribeOptions {
  /** Name of the market, bank or feed, for instance SOL-PERP. */
  readonly name?: string;
  /** The voice that is about to be given. */
  readonly voice?: { readonly act: VoiceKind; readonly by: Address };
}

/** The present of a cluster. */
export async function readMoment(fetch: FetchAccounts): Promise<Moment> {
  const [found] = await fetch([CLOCK]);
  return moment(found);
}

function moment(source: AccountSource): Moment {
  const data = ownBytes("Clock", source, SYSVAR_OWNER);
  return { slot: getU64Decoder().decode(data, 0), unix: getI64Decoder().decode(data, 32) };
}

/**
 * SHA-256 of the kind's number (two bytes, little-endian) and the action's bytes: what a proposal,
 * its events and a vote name. The same bytes are another action under another kind.
 */
export async function actionHash(kind: number, bytes: ReadonlyUint8Array): Promise<Uint8Array> {
  const named = Uint8Array.from([kind & 0xff, kind >> 8, ...bytes]);
  return new Uint8Array(await crypto.subtle.digest("SHA-256", named));
}

/** The compartment that an action is about, if it is one. */
function compartmentOf(action: Action): number | undefined {
  if ("compartment" in action) return action.compartment;
  return "scope" in action && action.scope !== "all" ? action.scope : undefined;
}

/** The accounts that values before an action are read from. */
async function seenOf(
  fetch: FetchAccounts,
  action: Action,
): Promise<SeenAccounts & { readonly at: Moment }> {
  const number = compartmentOf(action);
  const keys = [CLOCK, await protocolAddress(), await guardianAddress()];
  if (number !== undefined) keys.push(await compartmentAddress(number));
  const [clock, protocol, guardian, compartment] = await fetch(keys);
  const seen = { at: moment(clock), protocol, guardian };
  if (number === undefined) return seen;
  if (!compartment) throw new BlindError(`there is no compartment ${number}`);
  const { board, insurance, banks, markets } = readCompartment(compartment);
  const subject = "subject" in action ? action.subject : undefined;
  const wanted: [keyof SeenAccounts, Address | null | undefined][] = [
    ["board", board],
    ["insurance", insurance],
    ["market", subject?.item === "market" ? markets[subject.index] : undefined],
    ["bank", subject?.item === "bank" ? banks[subject.index] : undefined],
    ["bank", action.kind === "payTreasury" ? banks[0] : undefined],
  ];
  const there = wanted.filter((one): one is [keyof SeenAccounts, Address] => Boolean(one[1]));
  const found = await fetch(there.map(([, key]) => key));
  const accounts = there.map(([kind], place) => [kind, found[place]] as const);
  return { ...seen, compartment, ...Object.fromEntries(accounts) };
}

function givers(list: readonly Voice[], { members, veto }: GuardianView): (Address | null)[] {
  return list.map(({ membership }) => {
    if (membership === VETO) return veto;
    return members.find((member) => member.membership === membership)?.key ?? null;
  });
}

/** A proposal whose bytes are an action. */
function readable(nonce: bigint, source: AccountSource): ProposalView {
  try {
    return readProposal(source);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new BlindError(`proposal ${nonce} is unreadable (${error.message}): don't sign it`);
  }
}

/**
 * What a proposal does, with values before and after from the chain, who is for it, and how it
 * would stand after a voice.
 *
 * @throws BlindError where its bytes are no action or don't fit its hash; RuleError where the
 * program would refuse the voice.
 */
export async function describeProposal(
  fetch: FetchAccounts,
  nonce: bigint,
  { name, voice }: DescribeOptions = {},
): Promise<DescribedProposal> {
  const [source] = await fetch([await proposalAddress(nonce)]);
  const proposal = readable(nonce, source);
  const { layout, action } = proposal;
  const hash = await actionHash(layout.kind, layout.action.slice(0, layout.actionLen));
  const same = hash.every((byte, place) => layout.actionHash[place] === byte);
  if (proposal.nonce !== nonce || !same) {
    throw new BlindError(`the bytes of proposal ${nonce} don't fit its hash: don't sign it`);
  }
  const { at, ...seen } = await seenOf(fetch, action);
  const named = name === undefined ? seen : { ...seen, name };
  const words = await loadWords();
  const guardian = readGuardian(seen.guardian);
  return {
    sentence: words.proposal(source, named, at),
    ...(voice ? { after: words.after(source, voice, named, at) } : {}),
    action,
    hash,
    at,
    proposal,
    approvedBy: givers(proposal.approvals, guardian),
    objectedBy: givers(proposal.objections, guardian),
  };
}

/**
 * The sentence that a proposal of an action would have if `by` opened it now.
 *
 * @throws RuleError where the program would refuse it for what the guardian alone knows.
 */
export async function describeProposed(
  fetch: FetchAccounts,
  action: Action,
  by: Address,
  name?: string,
): Promise<Described> {
  return described(fetch, action, by, name);
}

/** What an action does that is no proposal: a restriction by one member alone. */
export async function describeAction(fetch: FetchAccounts, action: Action): Promise<Described> {
  return described(fetch, action);
}

async function described(
  fetch: FetchAccounts,
  action: Action,
  by?: Address,
  name?: string,
): Promise<Described> {
  const { at, ...seen } = await seenOf(fetch, action);
  const named = name === undefined ? seen : { ...seen, name };
  const words = await loadWords();
  return {
    sentence: by ? words.proposed(action, by, named, at) : words.action(action, named, at),
    action,
    hash: await actionHash(actionNumber(action.kind), encodeAction(action)),
    at,
  };
}
