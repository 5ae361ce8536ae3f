/** Recovery: entry, freeze, marks, payments. `epoch` is that of the compartment's Recovery. */

import type { Address, Instruction, TransactionSigner } from "@solana/kit";
import {
  AUDIT,
  guardianAddress,
  proposalAddress,
  recoveryAddress,
  recoveryAddressAndBump,
} from "../addresses.js";
import { type Deployment, bankOf, marketOf } from "../deployment.js";
import * as generated from "../generated/instructions/index.js";
import type { ClaimProof } from "../proof.js";
import type { TokenAmount } from "../units.js";
import { common, followed, reads, writes } from "./build.js";

/** Why a Recovery is announced, by its number. */
export const RECOVERY_CAUSES = { guardian: 1, missing: 2, deadMan: 3, deficit: 4 } as const;
/**
 * Why a Recovery is announced: the guardian's decision; value missing for a day; a fortnight above
 * Normal; a deficit beyond insurance and fees.
 */
export type RecoveryCause = keyof typeof RECOVERY_CAUSES;

async function entry(deployment: Deployment, caller: TransactionSigner, epoch: number) {
  return {
    ...common(deployment),
    caller,
    board: deployment.board,
    recovery: await recoveryAddress(deployment.compartment, epoch),
    quoteBank: bankOf(deployment, 0).bank,
    insurance: deployment.insurance,
  };
}

async function counting(deployment: Deployment, caller: TransactionSigner, epoch: number) {
  const recovery = await recoveryAddress(deployment.compartment, epoch);
  return { ...common(deployment), caller, recovery };
}

/**
 * Notes a deficit beyond insurance and fees: the first of two sights, an hour apart; anyone may.
 * Errors: `RecoveryPhase`, `TooEarly`.
 */
export function noteDeficit(deployment: Deployment, caller: TransactionSigner): Instruction {
  return generated.getNoteDeficitInstruction({
    ...common(deployment),
    caller,
    quoteBank: bankOf(deployment, 0).bank,
    insurance: deployment.insurance,
  });
}

/**
 * Announces a Recovery; `epoch` is the compartment's plus one ({@link readCompartment}). Anyone may
 * who shows the cause on chain; for the guardian's own, `proposal` is the number of its decision.
 * Errors: `NotNeeded` where the cause doesn't hold, `RecoveryPhase`, `BadIndex`, `BudgetExhausted`,
 * for the guardian's those of {@link executeProposal}.
 */
export async function announceRecovery(
  deployment: Deployment,
  caller: TransactionSigner,
  what: {
    readonly cause: RecoveryCause;
    readonly epoch: number;
    readonly proposal?: bigint;
  },
): Promise<Instruction> {
  const { cause, epoch, proposal } = what;
  return generated.getAnnounceRecoveryInstruction({
    ...(await entry(deployment, caller, epoch)),
    ...(proposal === undefined
      ? {}
      : { guardian: await guardianAddress(), proposal: await proposalAddress(proposal) }),
    cause: RECOVERY_CAUSES[cause],
    epoch,
  });
}

/**
 * Takes an announcement back whose cause is gone; never the guardian's. Anyone may. Errors:
 * `NotNeeded` while the cause holds, `ModeForbids` for the guardian's, `RecoveryPhase`.
 */
export async function undoRecovery(
  deployment: Deployment,
  caller: TransactionSigner,
  epoch: number,
): Promise<Instruction> {
  return generated.getUndoRecoveryInstruction(await entry(deployment, caller, epoch));
}

/**
 * Freezes an announced Recovery after its notice; anyone may. Errors: `DelayRuns`, `RecoveryPhase`,
 * `NotNeeded` where the cause is gone.
 */
export async function freezeRecovery(
  deployment: Deployment,
  caller: TransactionSigner,
  epoch: number,
): Promise<Instruction> {
  return generated.getFreezeRecoveryInstruction(await entry(deployment, caller, epoch));
}

/**
 * Counts banks and markets, by number, into a frozen Recovery: each once, in any order, as many as
 * fit; anyone may. Errors: `AlreadyMarked` for one that is counted, `RecoveryPhase`, `WrongVault`.
 */
export async function countRecovery(
  deployment: Deployment,
  caller: TransactionSigner,
  epoch: number,
  what: { readonly banks?: readonly number[]; readonly markets?: readonly number[] },
): Promise<Instruction> {
  const banks = (what.banks ?? []).map((one) => bankOf(deployment, one));
  const markets = (what.markets ?? []).map((one) => marketOf(deployment, one).market);
  return followed(
    generated.getCountRecoveryInstruction(await counting(deployment, caller, epoch)),
    [
      ...banks.flatMap(({ bank, vault }) => [...writes([bank]), ...reads([vault])]),
      ...reads(markets),
    ],
  );
}

/**
 * Marks margin accounts: what each is owed and keeps, at the frozen prices. Anyone may, any of them
 * in any order; those that are marked already are passed over. `rewardTo` is a quote token account
 * that is paid a little for each first mark of a Recovery. Errors: `AlreadyMarked` where all are,
 * `RecoveryPhase`.
 */
export async function markAccounts(
  deployment: Deployment,
  caller: TransactionSigner,
  epoch: number,
  margins: readonly Address[],
  rewardTo?: Address,
): Promise<Instruction> {
  const quote = bankOf(deployment, 0);
  const instruction = generated.getMarkAccountsInstruction({
    ...(await counting(deployment, caller, epoch)),
    board: deployment.board,
    ...(rewardTo === undefined
      ? {}
      : {
          quoteBank: quote.bank,
          quoteVault: quote.vault,
          vaultAuthority: deployment.vaultAuthority,
          quoteMint: quote.mint,
          rewardTo,
          tokenProgram: quote.tokenProgram,
        }),
  });
  return followed(instruction, writes(margins));
}

/**
 * Begins an audit, a rehearsal of Recovery in Normal that leaves a dated root and totals; the first
 * makes its record, paid by `caller`. {@link countRecovery} and {@link markAccounts} with the epoch
 * {@link AUDIT} follow, then {@link closeAudit}. Anyone may. Errors: `ModeForbids` outside of
 * Normal, `TooEarly` within 20 hours of the one before.
 */
export async function beginAudit(
  deployment: Deployment,
  caller: TransactionSigner,
): Promise<Instruction> {
  const [recovery, bump] = await recoveryAddressAndBump(deployment.compartment, AUDIT);
  return generated.getBeginAuditInstruction({
    ...common(deployment),
    caller,
    board: deployment.board,
    recovery,
    bump,
  });
}

/**
 * Closes an audit once all are marked or an hour has passed; anyone may. Errors: `TooEarly`,
 * `RecoveryPhase`, `ModeForbids`.
 */
export async function closeAudit(
  deployment: Deployment,
  caller: TransactionSigner,
): Promise<Instruction> {
  return generated.getCloseAuditInstruction({
    ...(await counting(deployment, caller, AUDIT)),
    board: deployment.board,
  });
}

/**
 * Gives what the owner's account is owed to `to`, once and for good: all claims of a marked
 * account, or residual claims of one that holds nothing else. Errors: `ClaimsAssigned`,
 * `NothingDue`, `BadValue`, `NotOwner`.
 */
export function assignClaims(
  deployment: Deployment,
  owner: TransactionSigner,
  margin: Address,
  to: Address,
): Instruction {
  return generated.getAssignClaimsInstruction({ ...common(deployment), owner, margin, to });
}

/**
 * Opens the quote pot once every live account is marked or its time has come, or assigns what has
 * come since; anyone may. Errors: `TooEarly`, `RecoveryPhase`, `NothingDue`.
 */
export async function openQuotePot(
  deployment: Deployment,
  caller: TransactionSigner,
  epoch: number,
): Promise<Instruction> {
  return generated.getOpenQuotePotInstruction({
    ...(await counting(deployment, caller, epoch)),
    board: deployment.board,
  });
}

/**
 * Pays a marked account what is due to it in one bank's token: anyone may, to the owner's
 * associated token account; he himself to any of his. Errors: `NotMarked`, `NothingDue`,
 * `WrongTokenOwner`.
 */
export async function claimRecovery(
  deployment: Deployment,
  caller: TransactionSigner,
  epoch: number,
  what: { readonly margin: Address; readonly bank: number; readonly destination: Address },
): Promise<Instruction> {
  const { bank, vault, mint, tokenProgram } = bankOf(deployment, what.bank);
  return generated.getClaimRecoveryInstruction({
    ...(await counting(deployment, caller, epoch)),
    bank,
    margin: what.margin,
    vault,
    vaultAuthority: deployment.vaultAuthority,
    mint,
    destination: what.destination,
    tokenProgram,
  });
}

/**
 * Brings tokens into a Recovery and books what lies in the vault unbooked; an amount of 0 does the
 * latter alone. Anyone may, and gets nothing for it. Errors: `RecoveryPhase`, `ZeroAmount`.
 */
export async function addRecoveryMoney(
  deployment: Deployment,
  giver: TransactionSigner,
  epoch: number,
  what: { readonly bank: number; readonly amount: TokenAmount; readonly source: Address },
): Promise<Instruction> {
  const { bank, vault, mint, tokenProgram } = bankOf(deployment, what.bank);
  return generated.getAddRecoveryMoneyInstruction({
    ...common(deployment),
    giver,
    board: deployment.board,
    recovery: await recoveryAddress(deployment.compartment, epoch),
    bank,
    vault,
    mint,
    source: what.source,
    tokenProgram,
    amount: what.amount,
  });
}

/**
 * Verifies that a marked account's leaf is in the commitment of a Recovery; changes nothing.
 * {@link proveClaim} makes the proof. Errors: `NotMarked`, `BadValue` where it doesn't lead there.
 */
export async function verifyClaim(
  deployment: Deployment,
  epoch: number,
  margin: Address,
  proof: ClaimProof,
): Promise<Instruction> {
  const { path, smaller, larger } = proof;
  return generated.getVerifyClaimInstruction({
    recovery: await recoveryAddress(deployment.compartment, epoch),
    margin,
    path: [...path],
    smaller,
    larger: [...larger],
  });
}
