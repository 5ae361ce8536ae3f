/** The guardian and its proposals. */

import type { Address } from "@solana/kit";
import { type Action, decodeAction } from "../actions.js";
import * as accounts from "../generated/accounts/index.js";
import type * as types from "../generated/types/index.js";
import * as unit from "../units.js";
import { AccountError, type AccountSource, key, open, optionalKey } from "./common.js";

/** A member of the guardian. */
export interface MemberView {
  /** Wallet. */
  readonly key: Address;
  /** Number of the membership: never used twice. */
  readonly membership: bigint;
  /** Since when. */
  readonly joinedAt: unit.UnixSeconds;
  /** Last heartbeat: after 30 days of silence he has no powers. */
  readonly heartbeatAt: unit.UnixSeconds;
  /** Who fell silent has his powers back from then on. */
  readonly powersAt: unit.UnixSeconds;
}

/** The guardian. */
export interface GuardianView {
  /** Protocol. */
  readonly protocol: Address;
  /** Members. */
  readonly members: readonly MemberView[];
  /** Veto seat, if there is one. */
  readonly veto: Address | null;
  /** Number of the next proposal. */
  readonly nonce: bigint;
  /** Ordinary delay, seconds. */
  readonly delay: bigint;
  /** Delay of a Relax, seconds. */
  readonly relaxDelay: bigint;
  /** Numbers of the proposals that wait with exits quickened. */
  readonly waiting: readonly bigint[];
  /** Every field. */
  readonly layout: types.Guardian;
}

/** Reads the guardian. */
export function readGuardian(source: AccountSource): GuardianView {
  const layout = open(
    "guardian",
    source,
    accounts.GUARDIAN_STATE_DISCRIMINATOR,
    accounts.getGuardianStateDecoder(),
  );
  return {
    protocol: key(layout.protocol),
    members: layout.members.slice(0, layout.memberCount).map((member) => ({
      key: key(member.key),
      membership: member.membership,
      joinedAt: unit.unixSeconds(member.joinedAt),
      heartbeatAt: unit.unixSeconds(member.heartbeatAt),
      powersAt: unit.unixSeconds(member.powersAt),
    })),
    veto: optionalKey(layout.veto),
    nonce: layout.nonce,
    delay: layout.delay,
    relaxDelay: layout.relaxDelay,
    waiting: layout.waiting.map(({ nonce }) => nonce).filter((nonce) => nonce !== 0n),
    layout,
  };
}

/** States of a proposal by their numbers, from 1; the last three are final. */
export const PROPOSAL_STATES = ["open", "queued", "executed", "cancelled", "void"] as const;
/** State of a proposal. */
export type ProposalState = (typeof PROPOSAL_STATES)[number];

/** A voice for or against a proposal. */
export interface Voice {
  /** Membership that gave it; the largest 64-bit number is the veto seat. */
  readonly membership: bigint;
  /** When. */
  readonly at: unit.UnixSeconds;
}

/** A proposal of the guardian. */
export interface ProposalView {
  /** Number. */
  readonly nonce: bigint;
  /** Who pays, and gets back, the rent. */
  readonly payer: Address;
  /** What it does. */
  readonly action: Action;
  /** State. An open or queued one may have expired: see `expiresAt`. */
  readonly state: ProposalState;
  /** Members that it needed when it was proposed. */
  readonly quorum: number;
  /** Voices for it. */
  readonly approvals: readonly Voice[];
  /** Voices against it. */
  readonly objections: readonly Voice[];
  /** Executable once both have passed; nothing before the quorum. */
  readonly eta: { readonly at: unit.UnixSeconds; readonly slot: bigint } | null;
  /** After this second it is void. */
  readonly expiresAt: unit.UnixSeconds;
  /** Every field. */
  readonly layout: types.Proposal;
}

const voices = (list: readonly types.Approval[]): Voice[] =>
  list
    .filter(({ membership }) => membership !== 0n)
    .map(({ membership, at }) => ({ membership, at: unit.unixSeconds(at) }));

/** Reads a proposal. */
export function readProposal(source: AccountSource): ProposalView {
  const layout = open(
    "proposal",
    source,
    accounts.PROPOSAL_STATE_DISCRIMINATOR,
    accounts.getProposalStateDecoder(),
  );
  const state = PROPOSAL_STATES[layout.state - 1];
  if (!state) throw new AccountError(`a proposal has no state ${layout.state}: update the client`);
  return {
    nonce: layout.nonce,
    payer: key(layout.payer),
    action: decodeAction(layout.kind, layout.action.slice(0, layout.actionLen)),
    state,
    quorum: layout.quorum,
    approvals: voices(layout.approvals),
    objections: voices(layout.objections),
    eta:
      layout.eta.slot === 0n
        ? null
        : { at: unit.unixSeconds(layout.eta.at), slot: layout.eta.slot },
    expiresAt: unit.unixSeconds(layout.expiresAt),
    layout,
  };
}
