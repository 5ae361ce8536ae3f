//! Marks margin accounts in a Recovery: what each is owed and keeps, at the frozen prices, into its
//! shadow, and a leaf of the commitment.
//!
//! Anyone CAN, any accounts in any order, as many as fit; accounts that are marked already, or have
//! nothing in them, are passed over, so that two who mark at once don't undo each other. Nobody CAN
//! change anything of an account by it. In Normal the same marks an audit's accounts.
//!
//! Who names the quote bank, its vault and a token account of his is paid a little for each account
//! that he is the first to mark in a Recovery, out of fees above their floor.
//!
//! Behind the named accounts come the margin accounts, writable.

use anchor_lang::prelude::*;
use bulwark_core::mode::Phase;
use bulwark_core::recovery;
use bulwark_state::{Board, MAX_COLLATERALS, MarginAccount, Recovery, TreeNode};
use solana_program::hash::hashv;

use crate::error::{BulwarkError, OrRefuse, ensure, refusal};
use crate::event::{self, AccountMarked, AccountsMarkedHead, Kind};
use crate::guard::Guard;
use crate::seeds::VAULT_AUTHORITY_AND_BUMP;
use crate::state::{
    Access, BankState, BoardState, CompartmentState, MarginState, ProtocolState, RecoveryState,
};
use crate::token::Movement;

/// Bank of a leaf's slot that holds nothing.
const NONE: u8 = u8::MAX;

/// Accounts of `mark_accounts`; the margin accounts follow.
#[derive(Accounts)]
pub struct MarkAccounts<'info> {
    /// Anyone.
    pub caller: Signer<'info>,
    /// Protocol.
    pub protocol: AccountLoader<'info, ProtocolState>,
    /// Compartment.
    pub compartment: AccountLoader<'info, CompartmentState>,
    /// Board of the compartment.
    pub board: AccountLoader<'info, BoardState>,
    /// The Recovery, or the audit.
    #[account(mut)]
    pub recovery: AccountLoader<'info, RecoveryState>,
    /// Quote bank: this and what follows, for a reward.
    #[account(mut)]
    pub quote_bank: Option<AccountLoader<'info, BankState>>,
    /// CHECK: compared with the quote bank's vault.
    #[account(mut)]
    pub quote_vault: Option<UncheckedAccount<'info>>,
    /// CHECK: the address is compared; signs the payment.
    #[account(address = VAULT_AUTHORITY_AND_BUMP.0)]
    pub vault_authority: Option<UncheckedAccount<'info>>,
    /// CHECK: compared with the quote bank's mint.
    pub quote_mint: Option<UncheckedAccount<'info>>,
    /// CHECK: a token account of quote, anybody's but the vault: checked in `token`.
    #[account(mut)]
    pub reward_to: Option<UncheckedAccount<'info>>,
    /// CHECK: compared with the quote bank's token program.
    pub token_program: Option<UncheckedAccount<'info>>,
    /// CHECK: the address is compared; signs the event's self-call.
    #[account(address = crate::EVENT_AUTHORITY_AND_BUMP.0)]
    pub event_authority: UncheckedAccount<'info>,
    /// CHECK: the address is compared; called for the event.
    #[account(address = crate::ID)]
    pub program: UncheckedAccount<'info>,
}

/// SHA-256, by the runtime.
pub(super) fn hash(parts: &[&[u8]]) -> [u8; 32] {
    hashv(parts).to_bytes()
}

/// Root over all leaves of a record.
#[inline(never)]
pub(super) fn root(recovery: &Recovery) -> Result<TreeNode> {
    recovery::root(&recovery.frontier, recovery.leaves, hash).or_refuse()
}

/// The leaf of an account that is marked in a Recovery or audit of this epoch.
pub(super) fn leaf(account: &MarginAccount, margin: &Pubkey, epoch: u32) -> recovery::Leaf {
    let shadow = &account.shadow;
    let mut banks = [NONE; MAX_COLLATERALS];
    for (bank, held) in banks.iter_mut().zip(&account.collaterals) {
        if held.active != 0 {
            *bank = held.bank;
        }
    }
    recovery::Leaf {
        compartment: account.compartment,
        epoch,
        number: shadow.leaf,
        margin: margin.to_bytes(),
        owner: account.owner,
        quote: shadow.quote,
        senior: shadow.senior,
        junior: shadow.junior,
        banks,
        kept: shadow.kept,
        slot: shadow.slot,
    }
}

impl MarkAccounts<'_> {
    /// Pays for first marks, where the accounts for it are given. Returns what was paid, UsdE6.
    #[inline(never)]
    fn reward(&self, guard: &Guard, recovery: &mut Recovery, marks: usize) -> Result<u64> {
        let bank = (&self.quote_bank, &self.quote_vault, &self.quote_mint);
        let (Some(bank), Some(vault), Some(mint)) = bank else {
            return Ok(0);
        };
        let to = (&self.reward_to, &self.vault_authority, &self.token_program);
        let (Some(other), Some(authority), Some(token_program)) = to else {
            return Ok(0);
        };
        guard.quote_bank(bank)?;
        let marks = u64::try_from(marks).map_err(|_| refusal(BulwarkError::Overflow))?;
        let reward = recovery::reward(recovery, marks).or_refuse()?;
        let mut quote = bank.write()?;
        let movement = Movement {
            token_program,
            mint,
            vault,
            other,
        };
        movement.pay(&quote, authority, reward)?;
        quote.expected = quote.expected.checked_sub(reward).or_refuse()?;
        Ok(reward)
    }
}

/// Marks.
pub fn mark_accounts<'info>(ctx: Context<'info, MarkAccounts<'info>>) -> Result<()> {
    let accounts = &*ctx.accounts;
    let guard = Guard::new(&accounts.protocol, &accounts.compartment)?;
    guard.board(&accounts.board)?;
    guard.marking(&accounts.compartment, &accounts.recovery)?;
    let mut list = Vec::with_capacity(ctx.remaining_accounts.len());
    let head = {
        let board = accounts.board.read()?;
        let mut recovery = accounts.recovery.write()?;
        for info in ctx.remaining_accounts {
            let loader = AccountLoader::<MarginState>::try_from(info)?;
            guard.margin(&loader)?;
            let mut account = loader.write()?;
            if account.live == 0 || recovery::marked(&recovery, &account) {
                continue;
            }
            list.push(mark_one(
                &board,
                &mut recovery,
                &mut account,
                (info.key, &guard),
            )?);
        }
        ensure(!list.is_empty(), BulwarkError::AlreadyMarked)?;
        if recovery.phase == Phase::Settled as u8 {
            // The pot is open: proofs are asked for, and lead to the root over all leaves.
            recovery.root = root(&recovery)?;
        }
        let reward = accounts.reward(&guard, &mut recovery, list.len())?;
        let caller = accounts.caller.key;
        let last = recovery.leaves;
        AccountsMarkedHead {
            common: AccountsMarkedHead::head(guard.now, caller, guard.compartment, last),
            recovery: accounts.recovery.key(),
            marked: recovery.marked,
            live_count: recovery.live_count,
            reward,
        }
    };
    event::emit_list(&accounts.event_authority, &head, &list)
}

#[inline(never)]
fn mark_one(
    board: &Board,
    recovery: &mut Recovery,
    account: &mut MarginAccount,
    (key, guard): (&Pubkey, &Guard),
) -> Result<AccountMarked> {
    let marked = recovery::mark(board, recovery, account, guard.now).or_refuse()?;
    let leaf = leaf(account, key, recovery.epoch);
    let node = leaf.node(hash).or_refuse()?;
    let Recovery {
        frontier, leaves, ..
    } = recovery;
    recovery::append(frontier, leaves, node, hash).or_refuse()?;
    Ok(AccountMarked {
        margin: *key,
        owner: Pubkey::new_from_array(account.owner),
        quote: marked.figures.quote,
        senior: leaf.senior,
        junior: leaf.junior,
        shortfall: marked.figures.shortfall,
        banks: leaf.banks,
        kept: leaf.kept,
        given: marked.figures.given,
    })
}
