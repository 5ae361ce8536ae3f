//! Closes an empty margin account; its rent goes back to the owner.
//!
//! The owner CAN, in every mode but Recovery, once nothing is in it: no balance, position, order,
//! ticket, residual, flag. Nobody CAN close and recreate an account to be rid of a mark (a63), nor
//! leave orders behind that nobody could pass an account for: where orders were ever voided without
//! their books, all books must be passed and are cleared of them.

use anchor_lang::prelude::*;
use bulwark_core::order::prune;
use bulwark_core::permits::Action;
use bulwark_core::withdrawal::can_close;
use bulwark_state::MarginAccount;

use crate::error::{BulwarkError, OrRefuse, ensure};
use crate::event::{self, Kind, MarginAccountClosed};
use crate::guard::Guard;
use crate::state::{Access, BookState, CompartmentState, MarginState, ProtocolState, same};

/// Accounts of `close_margin_account`; if orders were ever voided by a liquidation, the books of
/// every market of the compartment follow, in order, writable.
#[derive(Accounts)]
pub struct CloseMarginAccount<'info> {
    /// Owner; gets the rent.
    #[account(mut)]
    pub owner: Signer<'info>,
    /// Protocol.
    pub protocol: AccountLoader<'info, ProtocolState>,
    /// Compartment.
    pub compartment: AccountLoader<'info, CompartmentState>,
    /// The margin account.
    #[account(mut)]
    pub margin: AccountLoader<'info, MarginState>,
    /// CHECK: the address is compared; signs the event's self-call.
    #[account(address = crate::EVENT_AUTHORITY_AND_BUMP.0)]
    pub event_authority: UncheckedAccount<'info>,
    /// CHECK: the address is compared; called for the event.
    #[account(address = crate::ID)]
    pub program: UncheckedAccount<'info>,
}

/// Clears every book of the compartment of the account's void orders.
fn prune_books<'info>(
    accounts: &CloseMarginAccount<'info>,
    books: &'info [AccountInfo<'info>],
    margin: &mut MarginAccount,
    guard: &Guard,
) -> Result<()> {
    let compartment = accounts.compartment.read()?;
    let count = usize::from(compartment.market_count);
    ensure(books.len() == count, BulwarkError::IncompleteSet)?;
    let key = accounts.margin.key().to_bytes();
    for ((market, index), info) in compartment.markets.iter().zip(0_u8..).zip(books) {
        let loader = AccountLoader::<BookState>::try_from(info)?;
        let mut book = loader.write()?;
        // A book names its market, and only `create_market` has ever written that name.
        ensure(book.market == *market, BulwarkError::WrongBook)?;
        prune(&mut book, margin, &key, index, guard.now).or_refuse()?;
    }
    Ok(())
}

/// Closes.
pub fn close_margin_account<'info>(ctx: Context<'info, CloseMarginAccount<'info>>) -> Result<()> {
    let accounts = &*ctx.accounts;
    let guard = Guard::new(&accounts.protocol, &accounts.compartment)?;
    guard.margin(&accounts.margin)?;
    guard.permit(Action::CloseAccount)?;
    let event = {
        let mut margin = accounts.margin.write()?;
        ensure(
            same(&margin.owner, accounts.owner.key),
            BulwarkError::NotOwner,
        )?;
        can_close(&margin).or_refuse()?;
        if margin.order_epoch != 0 {
            prune_books(accounts, ctx.remaining_accounts, &mut margin, &guard)?;
        }
        let sequence = event::count(&mut margin.event_sequence)?;
        let owner = accounts.owner.key;
        MarginAccountClosed {
            common: MarginAccountClosed::head(guard.now, owner, guard.compartment, sequence),
            margin: accounts.margin.key(),
            owner: *owner,
            index: margin.index.into(),
        }
    };
    event::emit(&accounts.event_authority, &event)?;
    accounts.margin.close(accounts.owner.to_account_info())
}
