//! Marks margin accounts in a Recovery: what each is owed and keeps, at the frozen prices, into its
//! shadow, and a leaf of the commitment.
//!
//! Anyone CAN, any accounts in any order, as many as fit; accounts that are marked already, or have
//! nothing in them, are passed over, so that two who mark at once don't undo each other. Nobody CAN
//! change anything of an account by it.
//!
//! Behind the named accounts come the margin accounts, writable.

use anchor_lang::prelude::*;
use bulwark_core::permits::Action;
use bulwark_core::recovery;
use bulwark_state::{Board, MAX_COLLATERALS, MarginAccount, Recovery};
use solana_program::hash::hashv;

use crate::error::{BulwarkError, OrRefuse, ensure};
use crate::event::{self, AccountMarked, AccountsMarkedHead, Kind};
use crate::guard::Guard;
use crate::state::{
    Access, BoardState, CompartmentState, MarginState, ProtocolState, RecoveryState,
};

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
    /// The Recovery.
    #[account(mut)]
    pub recovery: AccountLoader<'info, RecoveryState>,
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

/// The leaf of a marked account.
pub(super) fn leaf(account: &MarginAccount, margin: &Pubkey) -> recovery::Leaf {
    let shadow = &account.shadow;
    let mut banks = [NONE; MAX_COLLATERALS];
    for (bank, held) in banks.iter_mut().zip(&account.collaterals) {
        if held.active != 0 {
            *bank = held.bank;
        }
    }
    recovery::Leaf {
        compartment: account.compartment,
        epoch: shadow.epoch,
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

/// Marks.
pub fn mark_accounts<'info>(ctx: Context<'info, MarkAccounts<'info>>) -> Result<()> {
    let accounts = &*ctx.accounts;
    let guard = Guard::new(&accounts.protocol, &accounts.compartment)?;
    guard.board(&accounts.board)?;
    guard.recovery(&accounts.compartment, &accounts.recovery)?;
    guard.permit(Action::Mark)?;
    let mut list = Vec::with_capacity(ctx.remaining_accounts.len());
    let head = {
        let board = accounts.board.read()?;
        let mut recovery = accounts.recovery.write()?;
        for info in ctx.remaining_accounts {
            let loader = AccountLoader::<MarginState>::try_from(info)?;
            guard.margin(&loader)?;
            let mut account = loader.write()?;
            if account.live == 0 || account.shadow.epoch == recovery.epoch {
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
        let caller = accounts.caller.key;
        let last = recovery.leaves;
        AccountsMarkedHead {
            common: AccountsMarkedHead::head(guard.now, caller, guard.compartment, last),
            recovery: accounts.recovery.key(),
            marked: recovery.marked,
            live_count: recovery.live_count,
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
    let leaf = leaf(account, key);
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
