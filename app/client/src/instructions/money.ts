/** Deposits, withdrawals, interest, insurance. */

import type { Address, Instruction, TransactionSigner } from "@solana/kit";
import { NOBODY, ticketAddress } from "../addresses.js";
import { type Deployment, bankOf, marketOf } from "../deployment.js";
import * as generated from "../generated/instructions/index.js";
import type { TokenAmount } from "../units.js";
import { NONE, common, everyBank, everyMarket, followed, reads, writes } from "./build.js";

/** Address of the system program, which is also the key of nobody. */
const SYSTEM = NOBODY;

/** Folds markets' changes into the quote bank; anyone may. */
export function fold(deployment: Deployment, markets: readonly number[]): Instruction {
  const instruction = generated.getFoldInstruction({
    protocol: deployment.protocol,
    compartment: deployment.compartment,
    quoteBank: bankOf(deployment, 0).bank,
    eventAuthority: deployment.eventAuthority,
  });
  return followed(instruction, writes(markets.map((one) => marketOf(deployment, one).market)));
}

/** Accrues quote interest and takes stock of the quote bank; anyone may. */
export function accrue(deployment: Deployment, caller: TransactionSigner): Instruction {
  const quote = bankOf(deployment, 0);
  const instruction = generated.getAccrueInstruction({
    ...common(deployment),
    caller,
    board: deployment.board,
    quoteBank: quote.bank,
    quoteVault: quote.vault,
    insurance: deployment.insurance,
  });
  return followed(instruction, everyMarket(deployment));
}

/** Gives quote to insurance. It is a gift: nobody gets it back. */
export function fundInsurance(
  deployment: Deployment,
  funder: TransactionSigner,
  source: Address,
  amount: TokenAmount,
): Instruction {
  const quote = bankOf(deployment, 0);
  return generated.getFundInsuranceInstruction({
    ...common(deployment),
    giver: funder,
    bank: quote.bank,
    insurance: deployment.insurance,
    vault: quote.vault,
    mint: quote.mint,
    source,
    tokenProgram: quote.tokenProgram,
    amount,
  });
}

/**
 * Deposits from the token account `source` into a margin account of the signer. Every bank is shown
 * where `shown` says so: the program wants it while limits bind the token's class or group.
 */
export function deposit(
  deployment: Deployment,
  owner: TransactionSigner,
  margin: Address,
  what: {
    readonly bank: number;
    readonly amount: TokenAmount;
    readonly source: Address;
    readonly shown?: boolean;
  },
): Instruction {
  const { bank, vault, mint, tokenProgram } = bankOf(deployment, what.bank);
  const made = generated.getDepositInstruction({
    ...common(deployment),
    owner,
    board: deployment.board,
    bank,
    margin,
    vault,
    mint,
    source: what.source,
    tokenProgram,
    amount: what.amount,
  });
  return what.shown ? followed(made, everyBank(deployment)) : made;
}

/** A move between two margin accounts of one owner. */
export interface TransferRequest {
  /** Margin account that gives. */
  readonly from: Address;
  /** Margin account that receives; of the same owner and compartment. */
  readonly to: Address;
  /** Number of the bank. */
  readonly bank: number;
  /** Tokens, or quote in 1e-6. */
  readonly amount: TokenAmount;
}

/**
 * Moves a token, or positive quote, between two margin accounts of the signer. No outflow limit is
 * asked, as nothing leaves a vault. Errors: `NotOwner`, `InsufficientBalance`,
 * `BelowInitialMargin`, `DuplicateAccount`, `ModeForbids`.
 */
export function transfer(
  deployment: Deployment,
  owner: TransactionSigner,
  what: TransferRequest,
): Instruction {
  const { bank, vault } = bankOf(deployment, what.bank);
  return generated.getTransferInstruction({
    ...common(deployment),
    owner,
    board: deployment.board,
    bank,
    vault,
    from: what.from,
    to: what.to,
    amount: what.amount,
  });
}

/** A withdrawal. */
export interface WithdrawRequest {
  /** Number of the bank. */
  readonly bank: number;
  /** Tokens. */
  readonly amount: TokenAmount;
  /** Token account that is paid; it belongs to the margin account's owner. */
  readonly destination: Address;
  /**
   * Number of the account's next ticket (`ticketNext` of the account). With it, what the outflow
   * limits don't pay at once waits; without it the withdrawal is refused instead.
   */
  readonly ticket?: bigint;
  /**
   * Whether the account has neither positions nor orders nor debt: then nothing but bank and vault
   * is needed to leave. {@link Rules.isPlain} tells.
   */
  readonly plain: boolean;
}

/** Withdraws from a margin account of the signer. */
export async function withdraw(
  deployment: Deployment,
  owner: TransactionSigner,
  margin: Address,
  what: WithdrawRequest,
): Promise<Instruction> {
  const { bank, vault, mint, tokenProgram } = bankOf(deployment, what.bank);
  const quote = bankOf(deployment, 0);
  const place =
    what.ticket === undefined ? undefined : await ticketAddress(bank, margin, what.ticket);
  const other = !what.plain && what.bank !== 0;
  return generated.getWithdrawInstruction({
    ...common(deployment),
    owner,
    bank,
    margin,
    vault,
    vaultAuthority: deployment.vaultAuthority,
    mint,
    destination: what.destination,
    tokenProgram,
    ...(what.plain ? {} : { board: deployment.board }),
    ...(other ? { quoteBank: quote.bank, quoteVault: quote.vault } : {}),
    ...(place ? { ticket: place[0] } : {}),
    systemProgram: place ? SYSTEM : NONE,
    amount: what.amount,
    ticketBump: place ? place[1] : 0,
  });
}

/** A ticket: what waits of a withdrawal. */
export interface TicketRequest {
  /** Number of the bank. */
  readonly bank: number;
  /** The account's own number of the ticket. */
  readonly number: bigint;
  /** Token account that the ticket names. */
  readonly destination: Address;
}

/** Moves a bank's queue on and pays a ticket as far as it goes; anyone may. */
export async function crankTicket(
  deployment: Deployment,
  caller: TransactionSigner,
  owner: Address,
  margin: Address,
  what: TicketRequest,
): Promise<Instruction> {
  const { bank, vault, mint, tokenProgram } = bankOf(deployment, what.bank);
  const [ticket] = await ticketAddress(bank, margin, what.number);
  return generated.getCrankTicketInstruction({
    ...common(deployment),
    caller,
    bank,
    ticket,
    margin,
    owner,
    vault,
    vaultAuthority: deployment.vaultAuthority,
    mint,
    destination: what.destination,
    tokenProgram,
  });
}

/**
 * Pays what was assigned to an account's residual claim: anyone may, to the owner's associated
 * token account; he himself to any of his.
 */
export function collectResidual(
  deployment: Deployment,
  caller: TransactionSigner,
  margin: Address,
  what: { readonly bank: number; readonly destination: Address },
): Instruction {
  const { bank, vault, mint, tokenProgram } = bankOf(deployment, what.bank);
  return generated.getCollectResidualInstruction({
    ...common(deployment),
    caller,
    bank,
    margin,
    vault,
    vaultAuthority: deployment.vaultAuthority,
    mint,
    destination: what.destination,
    tokenProgram,
  });
}

/** Books money that came into a vault without an instruction; anyone may. */
export function sweep(
  deployment: Deployment,
  caller: TransactionSigner,
  bank: number,
): Instruction {
  const keys = bankOf(deployment, bank);
  const instruction = generated.getSweepInstruction({
    ...common(deployment),
    caller,
    bank: keys.bank,
    vault: keys.vault,
    ...(bank === 0 ? { insurance: deployment.insurance } : {}),
  });
  return bank === 0 ? followed(instruction, everyMarket(deployment)) : instruction;
}

/** Gives money to a bank that is short. */
export function recapitalise(
  deployment: Deployment,
  giver: TransactionSigner,
  what: { readonly bank: number; readonly amount: TokenAmount; readonly source: Address },
): Instruction {
  const { bank, vault, mint, tokenProgram } = bankOf(deployment, what.bank);
  const instruction = generated.getRecapitaliseInstruction({
    ...common(deployment),
    giver,
    bank,
    ...(what.bank === 0 ? { insurance: deployment.insurance } : {}),
    vault,
    mint,
    source: what.source,
    tokenProgram,
    amount: what.amount,
  });
  return what.bank === 0 ? followed(instruction, everyMarket(deployment)) : instruction;
}

/** Notes the value that the compartment's outflow limits stand on; anyone may. */
export function valueBanks(deployment: Deployment, caller: TransactionSigner): Instruction {
  const instruction = generated.getValueBanksInstruction({
    ...common(deployment),
    caller,
    board: deployment.board,
  });
  const [quote, ...others] = deployment.banks.map(({ bank }) => bank);
  return followed(instruction, [...writes(quote ? [quote] : []), ...reads(others)]);
}

/**
 * Closes an empty margin account; its rent goes to the owner. `books`: a liquidation has voided
 * orders of it once, so every book is cleared of them.
 */
export function closeMarginAccount(
  deployment: Deployment,
  owner: TransactionSigner,
  margin: Address,
  books = false,
): Instruction {
  const instruction = generated.getCloseMarginAccountInstruction({
    ...common(deployment),
    owner,
    margin,
  });
  const all = books ? deployment.markets.map(({ book }) => book) : [];
  return followed(instruction, writes(all));
}
