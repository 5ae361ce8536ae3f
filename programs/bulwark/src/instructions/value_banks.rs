//! Values the compartment's outflow bases: what its USD buckets (withdrawals with positions, orders
//! or debt) are a share of for the next 24 hours. Without it they are a share of quote's own base.
//!
//! Anyone CAN, in every mode but Recovery. Nobody CAN leave a bank out, or value one above its slow
//! price.

use anchor_lang::prelude::*;
use bulwark_core::outflow::{base_value, note_value};
use bulwark_core::permits::Action;

use crate::error::OrRefuse;
use crate::event::{self, BanksValued, Kind};
use crate::guard::Guard;
use crate::state::{Access, BankState, BoardState, CompartmentState, ProtocolState};
use crate::{invariant, lists};

/// Accounts of `value_banks`; every bank of the compartment follows, in order, the quote bank (the
/// first) writable.
#[derive(Accounts)]
pub struct ValueBanks<'info> {
    /// Anyone.
    pub caller: Signer<'info>,
    /// Protocol.
    pub protocol: AccountLoader<'info, ProtocolState>,
    /// Compartment.
    pub compartment: AccountLoader<'info, CompartmentState>,
    /// Board of the compartment.
    pub board: AccountLoader<'info, BoardState>,
    /// CHECK: the address is compared; signs the event's self-call.
    #[account(address = crate::EVENT_AUTHORITY_AND_BUMP.0)]
    pub event_authority: UncheckedAccount<'info>,
    /// CHECK: the address is compared; called for the event.
    #[account(address = crate::ID)]
    pub program: UncheckedAccount<'info>,
}

/// Sum of all banks' bases at slow prices, UsdE6.
fn value<'info>(
    accounts: &ValueBanks<'info>,
    banks: &[AccountLoader<'info, BankState>],
) -> Result<u64> {
    let board = accounts.board.read()?;
    let mut sum = 0_u64;
    for bank in banks {
        let value = base_value(&board, &*bank.read()?).or_refuse()?;
        sum = sum.checked_add(value).or_refuse()?;
    }
    Ok(sum)
}

/// Values.
pub fn value_banks<'info>(ctx: Context<'info, ValueBanks<'info>>) -> Result<()> {
    let accounts = &*ctx.accounts;
    let guard = Guard::new(&accounts.protocol, &accounts.compartment)?;
    guard.board(&accounts.board)?;
    guard.permit(Action::CrankTickets)?;
    let banks = lists::every_bank(&*accounts.compartment.read()?, ctx.remaining_accounts)?;
    let value = value(accounts, &banks)?;
    let event = {
        let quote = banks.first().or_refuse()?;
        let mut bank = quote.write()?;
        let before = bank.totals.value;
        note_value(&mut bank, value, guard.now);
        invariant::bank(&bank)?;
        let sequence = event::count(&mut bank.event_sequence)?;
        let caller = accounts.caller.key;
        BanksValued {
            common: BanksValued::head(guard.now, caller, guard.compartment, sequence),
            bank: quote.key(),
            value_before: before,
            value_after: value,
        }
    };
    event::emit(&accounts.event_authority, &event)
}
