/** The guardian: heartbeats, proposals, votes, and what was decided. */

import type { Address, Instruction, ReadonlyUint8Array, TransactionSigner } from "@solana/kit";
import { getAddressEncoder } from "@solana/kit";
import type { FeedView } from "../accounts/board.js";
import {
  type Action,
  ALL_COMPARTMENTS,
  type Scope,
  actionNumber,
  checkScope,
  encodeAction,
  shownWith,
} from "../actions.js";
import {
  LOADER,
  NOBODY,
  PROGRAM,
  eventAuthorityAddress,
  guardianAddress,
  programDataAddress,
  proposalAddress,
  protocolAddress,
} from "../addresses.js";
import { type Deployment, bankOf } from "../deployment.js";
import * as generated from "../generated/instructions/index.js";
import type { BlockQuote } from "../quote.js";
import { common, everyMarket, followed, reads, writes } from "./build.js";

/** Sysvar with the instructions of a transaction. */
const INSTRUCTIONS = "Sysvar1nstructions1111111111111111111111111" as Address;
const RENT = "SysvarRent111111111111111111111111111111111" as Address;
const CLOCK = "SysvarC1ock11111111111111111111111111111111" as Address;

/** Protocol, guardian and one proposal of it. */
async function council(deployment: Deployment, nonce: bigint) {
  return {
    protocol: deployment.protocol,
    guardian: await guardianAddress(),
    proposal: await proposalAddress(nonce),
    eventAuthority: deployment.eventAuthority,
  };
}

/**
 * Creates the guardian of `members`, 5 to 16 wallets, with a veto seat or none; signed by the
 * creator, once. Errors: `NotCreator`, `Sealed`, `BadMember`.
 */
export async function createGuardian(
  deployment: Deployment,
  creator: TransactionSigner,
  members: readonly Address[],
  veto: Address = NOBODY,
): Promise<Instruction> {
  const instruction = generated.getCreateGuardianInstruction({
    creator,
    protocol: deployment.protocol,
    guardian: await guardianAddress(),
    eventAuthority: deployment.eventAuthority,
    veto,
  });
  return followed(instruction, reads(members));
}

/**
 * A member, or the veto seat, says that he is there. Who stays silent for 30 days has no powers
 * until 48 hours after his next heartbeat. A member's is no durable nonce's and no program's.
 * Errors: `NotMember`, `DurableNonce`, `CalledByProgram`.
 */
export async function heartbeat(member: TransactionSigner): Promise<Instruction> {
  return generated.getHeartbeatInstruction({
    member,
    protocol: await protocolAddress(),
    guardian: await guardianAddress(),
    instructions: INSTRUCTIONS,
    eventAuthority: await eventAuthorityAddress(),
  });
}

/**
 * Proposes an action, which its proposer approves by it. `nonce` is the guardian's next
 * ({@link readGuardian}), `quote` a block of the last 512 ({@link quoteBlock}). Errors:
 * `NotMember`, `MemberSilent`, `BadIndex` (another proposal took the number), `StaleQuote`,
 * `DurableNonce`, `CalledByProgram`, `BadAction`, `BadMember`, `TooManyWaiting`.
 */
export async function propose(
  deployment: Deployment,
  member: TransactionSigner,
  nonce: bigint,
  action: Action,
  quote: BlockQuote,
): Promise<Instruction> {
  const instruction = generated.getProposeInstruction({
    ...(await council(deployment, nonce)),
    member,
    instructions: INSTRUCTIONS,
    nonce,
    kind: actionNumber(action.kind),
    action: encodeAction(action),
    quote,
  });
  return followed(instruction, reads(shownWith(deployment, action)));
}

/**
 * Approves a proposal; the one that makes its quorum starts its delay. `actionHash`: of the action
 * that the member means, as `describeProposal` shows it or `actionHash` makes it; another action
 * under this number isn't approved. Errors: `NotMember`, `MemberSilent`, `AlreadyApproved`,
 * `SubjectOfProposal`, `ProposalClosed`, `AnotherAction`, `StaleQuote`, `DurableNonce`.
 */
export async function approveProposal(
  deployment: Deployment,
  member: TransactionSigner,
  nonce: bigint,
  actionHash: ReadonlyUint8Array,
  quote: BlockQuote,
): Promise<Instruction> {
  return generated.getApproveProposalInstruction({
    ...(await council(deployment, nonce)),
    member,
    instructions: INSTRUCTIONS,
    actionHash,
    quote,
  });
}

/**
 * Objects to a proposal: a blocking minority cancels one that has a delay, one voice alone makes an
 * incident upgrade wait the ordinary delay. Errors: those of {@link approveProposal}.
 */
export async function objectToProposal(
  deployment: Deployment,
  member: TransactionSigner,
  nonce: bigint,
  quote: BlockQuote,
): Promise<Instruction> {
  return generated.getObjectToProposalInstruction({
    ...(await council(deployment, nonce)),
    member,
    instructions: INSTRUCTIONS,
    quote,
  });
}

/**
 * Carries a proposal out; anyone may. `accounts`: what it speaks of ({@link spokenOf}). Decisions
 * with an instruction of their own go by that: {@link executeUpgrade}, {@link payTreasury},
 * {@link announceRecovery}, {@link byDecision}. Errors: `ProposalNotQueued`, `DelayRuns`,
 * `QuorumMissing`, `ProposalClosed`, `IncompleteSet`, `BadAction`.
 */
export async function executeProposal(
  deployment: Deployment,
  caller: TransactionSigner,
  nonce: bigint,
  accounts: readonly Address[],
): Promise<Instruction> {
  const instruction = generated.getExecuteProposalInstruction({
    ...(await council(deployment, nonce)),
    caller,
  });
  return followed(instruction, writes(accounts));
}

/**
 * Upgrades the program as proposal `nonce` decided; anyone may. `payer`: who paid for the proposal;
 * he gets what the buffer holds. Errors: those of {@link executeProposal}, `WrongBuffer`.
 */
export async function executeUpgrade(
  deployment: Deployment,
  caller: TransactionSigner,
  nonce: bigint,
  what: { readonly buffer: Address; readonly payer: Address },
): Promise<Instruction> {
  return generated.getExecuteUpgradeInstruction({
    ...(await council(deployment, nonce)),
    ...what,
    caller,
    programData: await programDataAddress(),
    rent: RENT,
    clock: CLOCK,
    loader: LOADER,
  });
}

/**
 * Pays the fees that proposal `nonce` decided to `destination`, a quote token account of the
 * treasury; anyone may. Errors: those of {@link executeProposal}, `ModeForbids`, `NotCovered`,
 * `InsufficientBalance`, `WrongTokenOwner`.
 */
export async function payTreasury(
  deployment: Deployment,
  caller: TransactionSigner,
  nonce: bigint,
  destination: Address,
): Promise<Instruction> {
  const quote = bankOf(deployment, 0);
  const instruction = generated.getPayTreasuryInstruction({
    ...common(deployment),
    ...(await council(deployment, nonce)),
    caller,
    bank: quote.bank,
    insurance: deployment.insurance,
    vault: quote.vault,
    vaultAuthority: deployment.vaultAuthority,
    mint: quote.mint,
    destination,
    tokenProgram: quote.tokenProgram,
  });
  return followed(instruction, everyMarket(deployment));
}

/**
 * Ends a proposal that expired, so that exits slow down again; anyone may. Errors: `DelayRuns`,
 * `ProposalClosed`.
 */
export async function expireProposal(
  deployment: Deployment,
  caller: TransactionSigner,
  nonce: bigint,
): Promise<Instruction> {
  return generated.getExpireProposalInstruction({
    ...(await council(deployment, nonce)),
    caller,
  });
}

/**
 * Closes the account of a proposal that is final; anyone may. `payer`, who paid for it, gets its
 * rent back. Errors: `ProposalOpen`.
 */
export async function closeProposal(
  caller: TransactionSigner,
  nonce: bigint,
  payer: Address,
): Promise<Instruction> {
  return generated.getCloseProposalInstruction({
    caller,
    protocol: await protocolAddress(),
    proposal: await proposalAddress(nonce),
    payer,
    eventAuthority: await eventAuthorityAddress(),
  });
}

/**
 * One member restricts alone, for six hours at most, twice in seven days: `scope` is the
 * deployment's compartment or all of them. Errors: `NotMember`, `MemberSilent`, `BudgetExhausted`,
 * `StaleQuote`, `DurableNonce`.
 */
export async function restrict(
  deployment: Deployment,
  member: TransactionSigner,
  what: {
    readonly scope: Scope;
    readonly seconds: number;
    readonly reason: number;
    readonly quote: BlockQuote;
  },
): Promise<Instruction> {
  checkScope(deployment, what.scope);
  const all = what.scope === "all";
  const instruction = generated.getRestrictInstruction({
    protocol: deployment.protocol,
    guardian: await guardianAddress(),
    eventAuthority: deployment.eventAuthority,
    member,
    instructions: INSTRUCTIONS,
    scope: what.scope === "all" ? ALL_COMPARTMENTS : what.scope,
    seconds: what.seconds,
    reason: what.reason,
    quote: what.quote,
  });
  return followed(instruction, all ? [] : writes([deployment.compartment]));
}

/**
 * A listing ({@link createFeed}, {@link createBank}, {@link createMarket}) on the word of proposal
 * `nonce` instead of the creator's: anyone may sign it once the decision's delay is over.
 */
export async function byDecision(listing: Instruction, nonce: bigint): Promise<Instruction> {
  const keys = [await guardianAddress(), await proposalAddress(nonce)];
  const accounts = listing.accounts ?? [];
  const own = accounts.findIndex(({ address }) => address === PROGRAM);
  const put = accounts.map((meta, place) => {
    // The program's own address is passed once as itself, then for what is left out.
    const key = meta.address === PROGRAM && place > own ? keys.shift() : undefined;
    return key ? (writes([key])[0] ?? meta) : meta;
  });
  return { ...listing, accounts: put };
}

/** Bytes of an instruction's discriminator. */
const DISCRIMINATOR = 8;

/** What an instruction lists, and the keys that it stands on besides its arguments. */
function listed(listing: Instruction, feeds: readonly Pick<FeedView, "sourceId">[]) {
  const { data } = listing;
  const is = (tag: ReadonlyUint8Array) => tag.every((byte, place) => data?.[place] === byte);
  const source = (number: number): ReadonlyUint8Array => {
    const found = feeds[number]?.sourceId;
    if (found) return found;
    throw new RangeError(`feed ${number} isn't listed: pass the feeds of a newly read Board`);
  };
  if (is(generated.CREATE_FEED_DISCRIMINATOR)) return ["feed", []] as const;
  if (is(generated.CREATE_BANK_DISCRIMINATOR)) {
    const { accounts, data } = generated.parseCreateBankInstruction(
      listing as Parameters<typeof generated.parseCreateBankInstruction>[0],
    );
    const keys = [accounts.mint, accounts.tokenProgram].map(({ address }) =>
      getAddressEncoder().encode(address),
    );
    return ["bank", [...keys, source(data.feed), source(data.nativeFeed)]] as const;
  }
  if (is(generated.CREATE_MARKET_DISCRIMINATOR)) {
    const { data } = generated.parseCreateMarketInstruction(
      listing as Parameters<typeof generated.parseCreateMarketInstruction>[0],
    );
    return ["market", [source(data.feed)]] as const;
  }
  throw new RangeError("this instruction lists neither feed nor bank nor market");
}

/**
 * What a decision to list names: the hash of the listing's kind and arguments, then for a bank of
 * its mint, its token program and the source ids of its feed and of `nativeFeed` (feed 0 where the
 * token isn't bridged), for a market of its feed's source id. `feeds`: those of the Board as it is
 * now ({@link readBoard}); a feed's own listing needs none.
 *
 * @throws RangeError where the instruction lists nothing, or names a feed that isn't among `feeds`.
 */
export async function listingHash(
  listing: Instruction,
  feeds: readonly Pick<FeedView, "sourceId">[] = [],
): Promise<ReadonlyUint8Array> {
  const [what, keys] = listed(listing, feeds);
  const args = (listing.data ?? new Uint8Array()).slice(DISCRIMINATOR);
  const parts = [new TextEncoder().encode(what), args, ...keys];
  const bytes = Uint8Array.from(parts.flatMap((part) => [...part]));
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}
