//! Buys collateral of a liquidatable account against its negative quote, at a discount.
//!
//! Any owner of a healthy margin account CAN, in every mode but Recovery. Nobody CAN choose the
//! token (the one of the lowest maintenance weight goes first), nor worsen the account (INV-LIQ).
//! The buyer receives collateral in his margin account, never tokens.

use anchor_lang::prelude::*;
use bulwark_core::gate::LegUse;
use bulwark_core::liquidation;
use bulwark_core::outflow;
use bulwark_core::permits::Action;
use bulwark_state::{Board, Deltas};

use super::payment::Payment;
use crate::error::{BulwarkError, OrRefuse, ensure};
use crate::event::{self, CollateralSold, Kind};
use crate::explain::parties;
use crate::guard::Guard;
use crate::invariant;
use crate::state::{
    Access, BankState, BoardState, CompartmentState, MarginState, ProtocolState, distinct, same,
};

/// Accounts of `seize`.
#[derive(Accounts)]
pub struct Seize<'info> {
    /// Owner of the buyer's margin account.
    pub liquidator: Signer<'info>,
    /// Protocol.
    pub protocol: AccountLoader<'info, ProtocolState>,
    /// Compartment.
    pub compartment: AccountLoader<'info, CompartmentState>,
    /// Board of the compartment.
    pub board: AccountLoader<'info, BoardState>,
    /// Quote bank of the compartment.
    #[account(mut)]
    pub quote_bank: AccountLoader<'info, BankState>,
    /// CHECK: compared with the bank's vault, then read as a token account.
    #[account(mut)]
    pub quote_vault: UncheckedAccount<'info>,
    /// CHECK: compared with the bank's mint. Needed while quote's coverage is below one.
    pub quote_mint: Option<UncheckedAccount<'info>>,
    /// CHECK: compared with the bank's token program. Needed while quote's coverage is below one.
    pub token_program: Option<UncheckedAccount<'info>>,
    /// CHECK: the token program checks it. Pays while quote's coverage is below one.
    #[account(mut)]
    pub payment: Option<UncheckedAccount<'info>>,
    /// The account whose collateral is sold.
    #[account(mut)]
    pub seller: AccountLoader<'info, MarginState>,
    /// The account that buys.
    #[account(mut)]
    pub buyer: AccountLoader<'info, MarginState>,
    /// CHECK: the address is compared; signs the event's self-call.
    #[account(address = crate::EVENT_AUTHORITY_AND_BUMP.0)]
    pub event_authority: UncheckedAccount<'info>,
    /// CHECK: the address is compared; called for the event.
    #[account(address = crate::ID)]
    pub program: UncheckedAccount<'info>,
}

impl<'info> Seize<'info> {
    fn validate(&self, guard: &Guard) -> Result<()> {
        guard.board(&self.board)?;
        guard.quote_bank(&self.quote_bank)?;
        guard.margin(&self.seller)?;
        guard.margin(&self.buyer)?;
        distinct(&self.seller.key(), &self.buyer.key())?;
        let owns = same(&self.buyer.read()?.owner, self.liquidator.key);
        ensure(owns, BulwarkError::NotOwner)
    }

    fn payment(&self) -> Payment<'_, 'info> {
        Payment {
            buyer: &self.liquidator,
            vault: &self.quote_vault,
            mint: self.quote_mint.as_deref(),
            token_program: self.token_program.as_deref(),
            from: self.payment.as_deref(),
        }
    }
}

/// Buys at most `largest` units of the token of bank `bank`.
pub fn seize(ctx: Context<Seize>, bank: u8, largest: u64) -> Result<()> {
    let accounts = &*ctx.accounts;
    let mut guard = Guard::new(&accounts.protocol, &accounts.compartment)?;
    accounts.validate(&guard)?;
    ensure(largest > 0, BulwarkError::ZeroAmount)?;
    let event = {
        let board = accounts.board.read()?;
        let mut quote = accounts.quote_bank.write()?;
        outflow::carry(&mut quote, &guard.flow(), guard.now).or_refuse()?;
        let mut seller = accounts.seller.write()?;
        let mut buyer = accounts.buyer.write()?;
        let feed = bank_feed(&board, bank)?;
        guard.gate(&board, feed, LegUse::Convert)?;
        let permit = guard.permit(Action::Seize)?;
        let payment = accounts.payment();
        let around = guard.circumstances(&board, &permit, payment.uncovered(&quote)?)?;
        let mut deltas = Deltas::default();
        let sold = liquidation::seize(
            &board,
            &mut seller,
            &mut buyer,
            &mut deltas,
            bank,
            largest,
            &around,
        )
        .map_err(|rule| parties(rule, &board, (&seller, &buyer), &around))?;
        payment.fold(&mut quote, &mut deltas)?;
        payment.pay(&mut quote, sold.transfer_in)?;
        invariant::bank(&quote)?;
        invariant::margin(&seller)?;
        invariant::margin(&buyer)?;
        let sequence = event::count(&mut quote.event_sequence)?;
        let signer = accounts.liquidator.key;
        CollateralSold {
            common: CollateralSold::head(guard.now, signer, guard.compartment, sequence),
            seller: accounts.seller.key(),
            buyer: accounts.buyer.key(),
            seller_sequence: event::count(&mut seller.event_sequence)?,
            buyer_sequence: event::count(&mut buyer.event_sequence)?,
            units: sold.units,
            paid: sold.paid,
            transferred_in: sold.transfer_in,
            discount_e9: sold.discount_e9,
            seller_quote_after: seller.quote,
            buyer_quote_after: buyer.quote,
            bank: bank.into(),
            conversion: 0,
            expected_after: quote.expected,
            flagged_open: seller.flagged_open,
        }
    };
    event::emit(&accounts.event_authority, &event)
}

/// Feed of a bank on the Board.
pub(crate) fn bank_feed(board: &Board, bank: u8) -> Result<u8> {
    let listed = board
        .banks
        .get(usize::from(bank))
        .filter(|entry| entry.status != 0);
    let entry = listed.ok_or_else(|| crate::error::refusal(BulwarkError::BadIndex))?;
    Ok(entry.feed)
}
