//! What the oracle, keepers and the liquidator do, as transactions.

use anyhow::{Context, Result};
use bulwark_svm::pyth::{self, PriceMessage};
use bulwark_svm::vm::pubkey;
use solana_last_restart_slot::LastRestartSlot;
use solana_signer::Signer;

use super::{Kind, Party, Venue};
use crate::replay::path::Print;
use crate::replay::steps::Step;

impl Venue {
    /// Time goes on to a step, the oracles publish what arrives, and one refresh takes it into the
    /// Board.
    pub fn arrive(&mut self, step: &Step) -> Result<()> {
        self.go_on(step.at);
        if step.restarted {
            let slot = LastRestartSlot {
                last_restart_slot: self.now.slot,
            };
            self.vm.svm.set_sysvar(&slot);
            self.restart_slot = self.now.slot;
        }
        if step.prints.is_empty() {
            return Ok(());
        }
        let mut feeds = Vec::with_capacity(step.prints.len());
        for (series, print) in &step.prints {
            // An actor may have posted in this very second.
            if self.board.feeds[usize::from(self.oracles[*series].feed)]
                .last
                .publish_at
                < print.at
            {
                feeds.push(self.write_oracle(*series, print)?);
            }
        }
        if feeds.is_empty() {
            return Ok(());
        }
        let payer = pubkey(self.vm.payer.pubkey());
        let refresh = self.deployment.refresh(payer, &feeds);
        self.must(&[refresh], &[]).context("refresh")?;
        self.reload_board()
    }

    /// Sets clock and slot to a second, unless it has passed.
    pub fn go_on(&mut self, unix: i64) {
        if unix > self.now.unix {
            let now = self.cluster.now_at(unix);
            self.now.unix = unix;
            self.now.slot = self.now.slot.max(now.slot);
        }
        self.vm.set_time(self.now.unix, self.now.slot);
    }

    /// Writes the oracle account of a series; returns what a refresh names it by.
    pub(super) fn write_oracle(
        &mut self,
        series: usize,
        print: &Print,
    ) -> Result<(u8, bulwark_client::Pubkey, Option<bulwark_client::Pubkey>)> {
        let oracle = self.oracles[series];
        let Print {
            at,
            price,
            conf,
            ema,
        } = *print;
        let message = PriceMessage {
            price: i64::try_from(price)?,
            conf,
            publish_at: at,
            ema_price: i64::try_from(ema)?,
            ema_conf: conf,
            ..oracle.message
        };
        let (key, slot) = (oracle.key, self.now.slot);
        let data = pyth::price_update(&message, slot);
        pyth::write(&mut self.vm.svm, key, pyth::CLASSIC_RECEIVER, data);
        Ok((oracle.feed, pubkey(key), None))
    }

    /// The next slot of the same second.
    pub fn next_slot(&mut self) {
        self.now.slot += 1;
        self.vm.set_time(self.now.unix, self.now.slot);
    }

    /// Starts the liquidation clock of an account, if it doesn't run.
    pub fn flag(&mut self, party: Party) -> Result<()> {
        let seat = self.seat(party);
        if seat.account.flagged_open != 0 {
            return Ok(());
        }
        let flag = self.deployment.flag(self.liquidator.key(), seat.margin);
        self.try_as(Party::Liquidator, &[flag])?;
        self.reload(party);
        Ok(())
    }

    /// The liquidator takes over what it may of a leg; says whether it did.
    pub fn take_over(&mut self, party: Party, market: usize) -> Result<bool> {
        let (to, from) = (&self.liquidator, self.seat(party).margin);
        let (key, into) = (to.key(), to.margin);
        let take = self.deployment.take_over(key, from, into, market, u64::MAX);
        let receipt = self.try_as(Party::Liquidator, &[take])?;
        if let Some(receipt) = &receipt {
            self.note_liquidation(party, Kind::TakeOver, market, receipt)?;
        }
        self.reload(party);
        self.reload(Party::Liquidator);
        Ok(receipt.is_some())
    }

    /// The liquidator buys collateral of an account that owes; says whether it did.
    pub fn seize(&mut self, party: Party) -> Result<bool> {
        let Some(token) = self
            .worst_token(party)?
            .filter(|_| self.quote_of(party) < 0)
        else {
            return Ok(false);
        };
        let (to, from) = (&self.liquidator, self.seat(party).margin);
        let payment = self.payment(Party::Liquidator);
        let bank = (u8::try_from(token + 1)?, u64::MAX);
        let seize = self
            .deployment
            .seize(to.key(), from, to.margin, bank, payment);
        let receipt = self.try_as(Party::Liquidator, &[seize])?;
        if let Some(receipt) = &receipt {
            self.note_liquidation(party, Kind::Seizure, token, receipt)?;
        }
        self.reload(party);
        self.reload(Party::Liquidator);
        Ok(receipt.is_some())
    }

    /// The liquidator winds a bankrupt account up; says whether it did.
    pub fn wind_up(&mut self, party: Party) -> Result<bool> {
        let legs = self.legs(party);
        let (to, from) = (&self.liquidator, self.seat(party).margin);
        let payment = self.payment(Party::Liquidator);
        let whole = 1_000_000;
        let wind_up =
            self.deployment
                .wind_up(to.key(), from, to.margin, (&legs, &[]), whole, payment);
        let receipt = self.try_as(Party::Liquidator, &[wind_up])?;
        if let Some(receipt) = &receipt {
            let market = legs.first().copied().unwrap_or(0);
            self.note_liquidation(party, Kind::WindUp, market, receipt)?;
        }
        self.reload(party);
        self.reload(Party::Liquidator);
        // A loss that insurance doesn't pay moves an index on the Board.
        self.reload_board()?;
        Ok(receipt.is_some())
    }

    /// Token account that pays where the program wants quote from outside: while quote is short.
    pub(super) fn payment(&self, party: Party) -> Option<bulwark_client::Pubkey> {
        let purse = &self.seat(party).purses[0];
        self.books.short.then(|| pubkey(purse.pubkey()))
    }

    /// Folds the markets' totals, accrues interest, copies open interest and coverage.
    pub fn accrue(&mut self) -> Result<()> {
        let payer = pubkey(self.vm.payer.pubkey());
        let accrue = [
            self.deployment.accrue(payer),
            self.deployment.refresh_with(payer, &[], true),
        ];
        self.attempt(&accrue, &[])?;
        self.reload_board()
    }
}
