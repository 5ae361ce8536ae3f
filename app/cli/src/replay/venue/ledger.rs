//! Money, as the accounts have it.

use anchor_lang::Discriminator;
use anchor_lang::event::EVENT_IX_TAG_LE;
use anyhow::{Context, Result, anyhow};
use bulwark::event::{AccountWoundUpHead, CollateralSold, LegWoundUp, PositionTakenOver};
use bulwark_state::{Bank, Insurance, Market};
use bulwark_svm::vm::address;
use bulwark_svm::{Audit, Receipt};
use bytemuck::Pod;

use super::{Party, Venue};

/// How an account was liquidated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    TakeOver,
    Seizure,
    WindUp,
}

/// One liquidation, as its event says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Liquidation {
    /// Unix second.
    pub at: i64,
    pub kind: Kind,
    pub party: Party,
    /// Market of the leg; of a seizure the number of the token.
    pub market: usize,
    /// Of what was taken over, seized, or (of a wind-up) left, UsdE6.
    pub notional_e6: i64,
    /// PriceE8.
    pub price: u64,
    /// Loss that it booked, UsdE6.
    pub loss_e6: i64,
}

/// What liquidations came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Books {
    pub liquidations: Vec<Liquidation>,
    /// Losses that wind-ups booked, UsdE6.
    pub lost_e6: i64,
    /// From liquidated accounts to the liquidator, UsdE6.
    pub premium_e6: i64,
    /// From liquidated accounts to the venue, UsdE6.
    pub fee_e6: i64,
    /// Collateral sold at the price paid, UsdE6.
    pub seized_e6: i64,
    /// Whether a loss stands that nobody has covered.
    pub short: bool,
}

/// What losses have cost, UsdE6.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Money {
    /// What accounts that were wound up could not pay.
    pub bad_debt_e6: i64,
    /// Drawn from insurance, for losses and for premiums to the liquidator.
    pub insurance_e6: i64,
    /// Charged to the gaining side.
    pub socialised_e6: i64,
    /// Covered by nobody yet.
    pub deficit_e6: i64,
}

/// Bytes of events of a kind that a transaction emitted, without their head.
fn events<E: Discriminator>(receipt: &Receipt) -> impl Iterator<Item = &[u8]> {
    let calls = receipt.meta.inner_instructions.iter().flatten();
    calls.filter_map(|call| {
        let fields = call.instruction.data.strip_prefix(EVENT_IX_TAG_LE)?;
        fields.strip_prefix(E::DISCRIMINATOR)
    })
}

/// The first fixed part of an event.
fn fixed<T: Pod>(bytes: &[u8]) -> Option<T> {
    bytes
        .get(..size_of::<T>())
        .map(bytemuck::pod_read_unaligned)
}

impl Venue {
    /// Books a liquidation by the event that its transaction emitted.
    pub(super) fn note_liquidation(
        &mut self,
        party: Party,
        kind: Kind,
        market: usize,
        receipt: &Receipt,
    ) -> Result<()> {
        let missing = "a liquidation without its event";
        let mut noted = Liquidation {
            at: self.now.unix,
            kind,
            party,
            market,
            notional_e6: 0,
            price: 0,
            loss_e6: 0,
        };
        let books = &mut self.books;
        match kind {
            Kind::TakeOver => {
                let bytes = events::<PositionTakenOver>(receipt).next();
                let event: PositionTakenOver = bytes.and_then(fixed).context(missing)?;
                noted.notional_e6 = i64::try_from(event.notional)?;
                noted.price = event.price;
                books.premium_e6 += i64::try_from(event.premium)?;
                books.fee_e6 += i64::try_from(event.fee)?;
            }
            Kind::Seizure => {
                let bytes = events::<CollateralSold>(receipt).next();
                let event: CollateralSold = bytes.and_then(fixed).context(missing)?;
                noted.notional_e6 = i64::try_from(event.paid)?;
                books.seized_e6 += noted.notional_e6;
            }
            Kind::WindUp => {
                let bytes = events::<AccountWoundUpHead>(receipt).next();
                let bytes = bytes.context(missing)?;
                let head: AccountWoundUpHead = fixed(bytes).context(missing)?;
                noted.loss_e6 = i64::try_from(head.loss)?;
                let legs = bytes.get(size_of::<AccountWoundUpHead>() + 4..);
                for leg in legs
                    .unwrap_or_default()
                    .chunks_exact(size_of::<LegWoundUp>())
                {
                    let leg: LegWoundUp = fixed(leg).context(missing)?;
                    noted.notional_e6 += i64::try_from(leg.notional)?;
                    if leg.market == market as u64 {
                        noted.price = leg.price;
                    }
                }
                books.lost_e6 += noted.loss_e6;
                books.short |= head.deficit_after > 0;
            }
        }
        if kind == Kind::Seizure {
            let feed = self.board.banks[market + 1].feed;
            noted.price = self.board.feeds[usize::from(feed)].last.price;
        } else if noted.price == 0 {
            noted.price = self.price(market).0;
        }
        self.books.liquidations.push(noted);
        Ok(())
    }

    /// What liquidations came to so far.
    pub fn books(&self) -> &Books {
        &self.books
    }

    /// Open interest of a market (longs), BaseE8.
    pub fn open_interest(&self, market: usize) -> Result<u64> {
        let key = address(self.deployment.markets[market].market);
        Ok(self.vm.read::<Market>(key).context("no market")?.oi_long)
    }

    /// Reads the figures from the accounts.
    pub fn money(&self) -> Result<Money> {
        let insurance = self
            .vm
            .read::<Insurance>(address(self.deployment.insurance));
        let quote = self.vm.read::<Bank>(address(self.deployment.banks[0].bank));
        let (insurance, quote) = insurance
            .zip(quote)
            .context("no insurance or no quote bank")?;
        let signed = |e6: u64| i64::try_from(e6).map_err(|_| anyhow!("{e6} is out of range"));
        Ok(Money {
            bad_debt_e6: self.books.lost_e6,
            insurance_e6: signed(insurance.drawn_total)?,
            socialised_e6: signed(insurance.socialised_total)?,
            deficit_e6: signed(quote.totals.deficit)?,
        })
    }

    /// By how much INV-LEDGER is missed, recomputed from every account and the vaults (D1): holes
    /// that no booked loss explains and surpluses of each bank in its smallest unit (nobody steals
    /// or donates here), and one for each counter or invariant that the accounts contradict.
    pub fn conservation_error(&self) -> Result<u64> {
        let margins: Vec<_> = self
            .parties()
            .map(|party| address(self.seat(party).margin))
            .collect();
        let audit = Audit::read(&self.vm, &self.deployment, &margins)?;
        let problems = audit.problems()?;
        for problem in &problems {
            eprintln!("{problem}");
        }
        let stock = audit.stock()?;
        let off: u128 = stock.missing.iter().chain(&stock.surplus).sum();
        u64::try_from(off + problems.len() as u128)
            .context("the ledger is off by more than can be said")
    }
}
