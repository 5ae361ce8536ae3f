//! Begins to close a bank: no deposits, no weight for new risk, and a weight at Maintenance that
//! falls to zero over the bank's closing ramp in open time. Withdrawals and conversions go on.
//!
//! The creator CAN until he is sealed; later the guardian, after its delay. Nobody CAN close quote,
//! and nobody becomes liquidatable by the instruction itself.

use anchor_lang::prelude::*;
use bulwark_core::permits::Action;
use bulwark_core::settlement;

use crate::error::OrRefuse;
use crate::event::{self, BankClosed, Kind};
use crate::guard::Guard;
use crate::state::{Access, BankState, BoardState, CompartmentState, ProtocolState};
use crate::{creator, invariant, lists};

/// Accounts of `close_bank`; every bank of the compartment follows, in order.
#[derive(Accounts)]
pub struct CloseBank<'info> {
    /// The creator.
    pub creator: Signer<'info>,
    /// Protocol.
    #[account(mut)]
    pub protocol: AccountLoader<'info, ProtocolState>,
    /// Compartment.
    pub compartment: AccountLoader<'info, CompartmentState>,
    /// Board of the compartment.
    #[account(mut)]
    pub board: AccountLoader<'info, BoardState>,
    /// The bank.
    #[account(mut)]
    pub bank: AccountLoader<'info, BankState>,
    /// CHECK: the address is compared; signs the event's self-call.
    #[account(address = crate::EVENT_AUTHORITY_AND_BUMP.0)]
    pub event_authority: UncheckedAccount<'info>,
    /// CHECK: the address is compared; called for the event.
    #[account(address = crate::ID)]
    pub program: UncheckedAccount<'info>,
}

/// Begins to close.
pub fn close_bank<'info>(ctx: Context<'info, CloseBank<'info>>) -> Result<()> {
    let accounts = &*ctx.accounts;
    let mut guard = Guard::new(&accounts.protocol, &accounts.compartment)?;
    guard.board(&accounts.board)?;
    guard.bank(&accounts.bank)?;
    guard.permit(Action::WindDown)?;
    creator::may_list(&guard, &accounts.protocol, accounts.creator.key)?;
    let event = {
        let mut board = accounts.board.write()?;
        {
            let compartment = accounts.compartment.read()?;
            let banks = lists::every_bank(&compartment, ctx.remaining_accounts)?;
            creator::check_deposits(&board, &banks)?;
        }
        let mut bank = accounts.bank.write()?;
        let status_before = bank.status;
        settlement::close_bank(&mut board, &mut bank, guard.now).or_refuse()?;
        let seat = board.banks.get(usize::from(bank.index)).or_refuse()?;
        invariant::board_bank(seat, bank.index)?;
        invariant::bank(&bank)?;
        let mut protocol = accounts.protocol.write()?;
        let sequence = event::next_chained(&protocol)?;
        let actor = accounts.creator.key;
        let common = BankClosed::head(guard.now, actor, guard.compartment, sequence);
        let event = BankClosed {
            common,
            bank: accounts.bank.key(),
            mint: Pubkey::new_from_array(bank.mint),
            index: bank.index,
            status_before,
            status_after: bank.status,
            reserved: [0; 5],
        };
        event::chain(&mut protocol, &common, &event)?;
        invariant::protocol(&protocol)?;
        event
    };
    event::emit(&accounts.event_authority, &event)
}
