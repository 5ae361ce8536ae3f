//! What parties do, as transactions.

use anyhow::{Context, Result};
use bulwark_client::{Instruction, Pubkey};
use bulwark_core::health;
use bulwark_svm::pyth::{self, PriceMessage};
use bulwark_svm::vm::pubkey;
use bulwark_svm::{Receipt, launch, vm};
use solana_keypair::Keypair;
use solana_signer::Signer;

use super::ledger::booked_loss;
use super::setup::{ASSET, ASSET_FEED};
use super::{MARKET, Party, Seat, Venue};
use crate::replay::path::{Print, now_at};

impl Seat {
    pub(super) fn key(&self) -> Pubkey {
        pubkey(self.owner.pubkey())
    }
}

impl Venue {
    /// Time goes on to a print, the oracle publishes it, and one refresh takes it into the Board.
    pub fn publish(&mut self, print: &Print) -> Result<()> {
        self.now = now_at(print.at);
        self.vm.set_time(self.now.unix, self.now.slot);
        let Print {
            at,
            price,
            conf,
            ema,
        } = *print;
        let message = PriceMessage {
            ema_price: i64::try_from(ema)?,
            ..launch::message(ASSET, self.unit_exp, price, conf, at)
        };
        let (oracle, slot) = (launch::oracle(ASSET), self.now.slot);
        let data = pyth::price_update(&message, slot);
        pyth::write(&mut self.vm.svm, oracle, pyth::CLASSIC_RECEIVER, data);
        let refresh = self
            .deployment
            .refresh(&[(ASSET_FEED, pubkey(oracle), None)]);
        self.must(&[refresh], &[]).context("refresh")?;
        self.reload_board()
    }

    /// The next slot of the same second.
    pub fn next_slot(&mut self) {
        self.now.slot += 1;
        self.vm.set_time(self.now.unix, self.now.slot);
    }

    /// Deposits what is missing to `amount` of quote, into a new margin account if need be; says
    /// whether the account has it then.
    pub fn top_up(&mut self, party: Party, amount: u64) -> Result<bool> {
        let seat = self.seat(party);
        let held = u64::try_from(seat.account.quote).unwrap_or(0);
        if held >= amount {
            return Ok(true);
        }
        let (owner, margin) = (seat.key(), seat.margin);
        let purse = pubkey(seat.purse.pubkey());
        let mut instructions = Vec::new();
        if seat.account.version == 0 {
            let create = self
                .deployment
                .create_margin_account(owner, 0, Pubkey::default());
            instructions.push(create);
        }
        instructions.push(
            self.deployment
                .deposit(owner, margin, 0, purse, amount - held),
        );
        let done = self.try_as(party, &instructions)?.is_some();
        self.reload(party)?;
        Ok(done)
    }

    /// Starts the liquidation clock of an account, if it doesn't run.
    pub fn flag(&mut self, party: Party) -> Result<()> {
        let seat = self.seat(party);
        if seat.account.flagged_open != 0 {
            return Ok(());
        }
        let flag = self.deployment.flag(self.liquidator.key(), seat.margin);
        self.try_as(Party::Liquidator, &[flag])?;
        self.reload(party)
    }

    /// The liquidator takes over what it may of an account; says whether it did.
    pub fn take_over(&mut self, party: Party) -> Result<bool> {
        let (to, from) = (&self.liquidator, self.seat(party).margin);
        let take =
            self.deployment
                .take_over(to.key(), from, to.margin, usize::from(MARKET), u64::MAX);
        let done = self.try_as(Party::Liquidator, &[take])?.is_some();
        self.reload(party)?;
        self.reload(Party::Liquidator)?;
        Ok(done)
    }

    /// The liquidator winds a bankrupt account up; says whether it did.
    pub fn wind_up(&mut self, party: Party) -> Result<bool> {
        let (to, from) = (&self.liquidator, self.seat(party).margin);
        let whole = 1_000_000;
        let wind_up = self.deployment.wind_up(
            to.key(),
            from,
            to.margin,
            &[usize::from(MARKET)],
            whole,
            None,
        );
        let receipt = self.try_as(Party::Liquidator, &[wind_up])?;
        if let Some(receipt) = &receipt {
            self.lost_e6 += booked_loss(receipt).context("a wind-up without its event")?;
        }
        self.reload(party)?;
        self.reload(Party::Liquidator)?;
        // A loss that insurance doesn't pay moves an index on the Board.
        self.reload_board()?;
        Ok(receipt.is_some())
    }

    /// Takes a party's quote out, as far as it isn't queued; says whether nothing is left to ask
    /// for.
    pub fn withdraw_all(&mut self, party: Party) -> Result<bool> {
        let seat = self.seat(party);
        let Ok(amount @ 1..) = u64::try_from(seat.account.quote) else {
            return Ok(true);
        };
        let (purse, ticket) = (pubkey(seat.purse.pubkey()), seat.account.ticket_next);
        let plain = health::is_plain(&seat.account);
        let (owner, margin, what) = (seat.key(), seat.margin, (0, amount));
        let withdraw = self
            .deployment
            .withdraw(owner, margin, what, purse, Some(ticket), plain);
        let done = self.try_as(party, &[withdraw])?.is_some();
        self.reload(party)?;
        Ok(done)
    }

    /// Folds the market's totals, accrues interest, copies open interest and coverage.
    pub fn accrue(&mut self) -> Result<()> {
        let payer = pubkey(self.vm.payer.pubkey());
        let accrue = [
            self.deployment.accrue(payer),
            self.deployment.refresh_with(&[], true),
        ];
        self.attempt(&accrue, &[])?;
        self.reload_board()
    }

    /// Sends a transaction that a party signs; `None` if the program refuses it.
    pub(super) fn try_as(
        &mut self,
        party: Party,
        instructions: &[Instruction],
    ) -> Result<Option<Receipt>> {
        let owner = self.seat(party).owner.insecure_clone();
        self.attempt(instructions, &[&owner])
    }

    pub(super) fn attempt(
        &mut self,
        instructions: &[Instruction],
        signers: &[&Keypair],
    ) -> Result<Option<Receipt>> {
        let instructions: Vec<_> = instructions.iter().map(vm::instruction).collect();
        match self.vm.send(&instructions, signers) {
            Ok(receipt) => Ok(Some(receipt)),
            Err(failure) => match failure.code() {
                Some(code) => {
                    *self.refusals.entry(code).or_default() += 1;
                    Ok(None)
                }
                None => Err((*failure).into()),
            },
        }
    }

    /// Sends a transaction that the program must not refuse.
    pub(super) fn must(
        &mut self,
        instructions: &[Instruction],
        signers: &[&Keypair],
    ) -> Result<()> {
        let instructions: Vec<_> = instructions.iter().map(vm::instruction).collect();
        self.vm.send(&instructions, signers)?;
        Ok(())
    }
}
