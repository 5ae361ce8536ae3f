//! What is listed, and what concerns no account.

use anyhow::{Context, Result, ensure};
use bulwark_core::ledger::fold;
use bulwark_state::Wide;
use bytemuck::allocation::zeroed_box;

use crate::event::Event;
use crate::ledger::{Compartment, Ledger, Refused, Venue, same};

/// Takes an event of listing, or of guardian and modes (which the chain proves, and which move no
/// money). Says whether it was one.
pub(super) fn take(ledger: &mut Ledger, event: &Event) -> Result<bool> {
    let id = event.common().compartment;
    match event {
        Event::CompartmentCreated(made) => {
            let old = ledger.compartments.insert(id, Compartment::new(made.key));
            ensure!(old.is_none(), "compartment {id} was created before");
        }
        Event::BankCreated(made) => {
            let compartment = ledger.compartment(id)?;
            let index = compartment.banks.len();
            same("its number", usize::from(made.index), index)?;
            let mut bank: Box<bulwark_state::Bank> = zeroed_box();
            bank.compartment = compartment.key.to_bytes();
            bank.mint = made.mint.to_bytes();
            bank.vault = made.vault.to_bytes();
            bank.index = made.index;
            bank.mean_at = made.common.unix;
            bank.residuals.factor = Wide::new(1 << 64);
            let seat = compartment.board.banks.get_mut(index);
            let seat = seat.context("more banks than seats")?;
            (seat.feed, seat.decimals) = (made.feed, made.decimals);
            compartment.banks.push((made.bank, bank));
            compartment.gone.push(0);
        }
        Event::MarketCreated(made) => {
            let compartment = ledger.compartment(id)?;
            let index = compartment.markets.len();
            same("its number", usize::from(made.index), index)?;
            let mut market: Box<bulwark_state::Market> = zeroed_box();
            market.compartment = compartment.key.to_bytes();
            market.book = made.book.to_bytes();
            market.index = made.index;
            market.feed = made.feed;
            let seat = compartment.board.markets.get_mut(index);
            seat.context("more markets than seats")?.feed = made.feed;
            let mut book: Box<bulwark_state::Book> = zeroed_box();
            book.market = made.market.to_bytes();
            let key = made.market;
            compartment.markets.push(Venue { key, market, book });
        }
        Event::FeedCreated(made) => {
            let feeds = &mut ledger.compartment(id)?.board.feeds;
            let feed = feeds.get_mut(usize::from(made.index));
            feed.context("more feeds than seats")?.unit_exp = made.unit_exp;
        }
        Event::ProtocolCreated(_)
        | Event::BoardCreated(_)
        | Event::InsuranceCreated(_)
        | Event::CreatorSealed(_)
        | Event::GuardianCreated(_)
        | Event::ProposalOpened(_)
        | Event::ProposalAnswered(_)
        | Event::ProposalExecuted(_)
        | Event::ProposalExpired(_)
        | Event::MemberRestricted(_) => {}
        _ => return Ok(false),
    }
    Ok(true)
}

impl Compartment {
    /// Folds every market into the quote bank: on chain anyone does, and it changes no sum.
    pub(super) fn fold(&mut self) -> Result<()> {
        let Some((_, quote)) = self.banks.first_mut() else {
            return Ok(());
        };
        for venue in &mut self.markets {
            let deltas = &mut venue.market.deltas;
            fold(&mut quote.totals, deltas).refused("its totals")?;
        }
        for (_, bank) in &mut self.banks {
            bank.totals.live_count = bank
                .totals
                .live_count
                .checked_add(std::mem::take(&mut bank.live_delta))
                .context("the live count")?;
        }
        Ok(())
    }
}
