//! What every instruction asks before it acts: what time it is, whether the accounts belong to one
//! another, and what the tables of permission say.
//!
//! An instruction builds [`Guard`] from Protocol and Compartment, links its other accounts through
//! it, adds to [`Guard::context`] what it touches (market and bank status, oracle cell, stage,
//! grace) and asks [`Guard::permit`]. A status that was not added counts as refused (INV-SUBSET).

use std::cell::Cell;

use anchor_lang::prelude::*;
use bulwark_core::breaker::{self, restart};
use bulwark_core::liquidation::Circumstances;
use bulwark_core::mode::{Capability, Grace, Mode};
use bulwark_core::outflow::Flow;
use bulwark_core::permits::{Action, BankStatus, Context as Tables, MarketStatus, Permit, permits};
use bulwark_core::recovery::{is_audit, may_audit};
use bulwark_core::{Now, gate};
use bulwark_state::{Bank, Board, Market, OpenClock};
use solana_program::sysvar::Sysvar;
use solana_program::sysvar::last_restart_slot::LastRestartSlot;

use crate::error::{BulwarkError, OrRefuse, ensure, refusal};
use crate::probe::Question;
use crate::state::{
    Access, BankState, BoardState, BookState, CompartmentState, InsuranceState, MarginState,
    MarketState, ProtocolState, RecoveryState, same,
};

/// The present, read once per instruction.
pub fn now() -> Result<Now> {
    let clock = Clock::get()?;
    Ok(Now {
        unix: clock.unix_timestamp,
        slot: clock.slot,
    })
}

/// Slot of the cluster's latest restart, 0 if there was none.
pub fn last_restart() -> Result<u64> {
    let seen = LastRestartSlot::get().map_err(|_| refusal(BulwarkError::Overflow))?;
    Ok(seen.last_restart_slot)
}

/// A compartment's permissions at one moment.
pub struct Guard {
    /// The present.
    pub now: Now,
    /// Number of the compartment.
    pub compartment: u16,
    /// Seconds that it has been closed.
    pub clock: OpenClock,
    /// What the tables are asked with.
    pub context: Tables,
    flow: Flow,
    /// The Board says that quote is off its peg: as in Restricted, but for the outflow, which the
    /// mode record alone slows.
    off_peg: Cell<bool>,
    grace: Grace,
    key: Pubkey,
    board: Pubkey,
    insurance: Pubkey,
}

impl Guard {
    /// Reads Protocol and Compartment and checks that they belong together.
    pub fn new(
        protocol: &AccountLoader<ProtocolState>,
        compartment: &AccountLoader<CompartmentState>,
    ) -> Result<Self> {
        let now = now()?;
        let stored = compartment.read()?;
        ensure(
            same(&stored.protocol, &protocol.key()),
            BulwarkError::WrongProtocol,
        )?;
        let protocol = protocol.read()?;
        let _question = Question::begins();
        let context = Tables::new(&protocol, &stored, now).or_refuse()?;
        Ok(Self {
            flow: Flow::new(context.mode, &protocol, now),
            off_peg: Cell::new(false),
            now,
            compartment: stored.id,
            clock: stored.clock,
            context,
            grace: Grace::of(&stored),
            key: compartment.key(),
            board: Pubkey::new_from_array(stored.board),
            insurance: Pubkey::new_from_array(stored.insurance),
        })
    }

    /// The tables' answer for an action.
    pub fn permit(&self, action: Action) -> Result<Permit> {
        self.ask(action).or_refuse()
    }

    /// Whether an action is permitted at all.
    pub fn may(&self, action: Action) -> bool {
        self.ask(action).is_ok()
    }

    fn ask(&self, action: Action) -> bulwark_core::Result<Permit> {
        let _question = Question::begins();
        if self.off_peg.get() {
            let mode = self.context.mode.max(Mode::Restricted);
            let context = Tables {
                mode,
                ..self.context
            };
            return permits(action, &context);
        }
        permits(action, &self.context)
    }

    /// The Board is this compartment's; what it says of the quote's peg holds from here on.
    pub fn board(&self, board: &AccountLoader<BoardState>) -> Result<()> {
        ensure(board.key() == self.board, BulwarkError::WrongBoard)?;
        let _question = Question::begins();
        let restricts = breaker::depeg::restricts(&*board.read()?, self.now);
        self.off_peg.set(restricts);
        Ok(())
    }

    /// The insurance is this compartment's.
    pub fn insurance(&self, insurance: &AccountLoader<InsuranceState>) -> Result<()> {
        ensure(
            insurance.key() == self.insurance,
            BulwarkError::WrongInsurance,
        )
    }

    /// The Recovery is this compartment's present one.
    pub fn recovery(
        &self,
        compartment: &AccountLoader<CompartmentState>,
        recovery: &AccountLoader<RecoveryState>,
    ) -> Result<()> {
        let recovery = recovery.read()?;
        let present = same(&recovery.compartment, &self.key)
            && recovery.epoch == compartment.read()?.recovery_epoch;
        ensure(present, BulwarkError::WrongRecovery)
    }

    /// The record is this compartment's audit, which runs in Normal alone.
    pub fn audit(&self, record: &AccountLoader<RecoveryState>) -> Result<()> {
        let record = record.read()?;
        let ours = same(&record.compartment, &self.key) && is_audit(&record);
        ensure(ours, BulwarkError::WrongRecovery)?;
        may_audit(self.context.mode, self.context.phase).or_refuse()
    }

    /// The record is this compartment's present Recovery, which has come to counting and marking,
    /// or its audit.
    pub fn marking(
        &self,
        compartment: &AccountLoader<CompartmentState>,
        recovery: &AccountLoader<RecoveryState>,
    ) -> Result<()> {
        if is_audit(&*recovery.read()?) {
            return self.audit(recovery);
        }
        self.recovery(compartment, recovery)?;
        self.permit(Action::Mark).map(|_| ())
    }

    /// The margin account is this compartment's.
    pub fn margin(&self, margin: &AccountLoader<MarginState>) -> Result<()> {
        ensure(
            same(&margin.read()?.compartment, &self.key),
            BulwarkError::WrongCompartment,
        )
    }

    /// The bank is this compartment's quote bank.
    pub fn quote_bank(&self, bank: &AccountLoader<BankState>) -> Result<()> {
        self.is_quote(&*bank.read()?)
    }

    /// The same of a bank that is being read or written.
    pub fn is_quote(&self, bank: &Bank) -> Result<()> {
        ensure(
            same(&bank.compartment, &self.key),
            BulwarkError::WrongCompartment,
        )?;
        ensure(bank.index == 0, BulwarkError::WrongBank)
    }

    /// The market is this compartment's; its status goes into the context.
    pub fn market(&mut self, market: &AccountLoader<MarketState>) -> Result<()> {
        let market = market.read()?;
        ensure(
            same(&market.compartment, &self.key),
            BulwarkError::WrongCompartment,
        )?;
        let _question = Question::begins();
        self.context.market = Some(market_status(&market, self.now)?);
        Ok(())
    }

    /// The market's status by its breakers goes into the context: for whatever trades.
    pub fn trades(&mut self, board: &Board, market: &Market) -> Result<()> {
        let _question = Question::begins();
        self.context.market = Some(breaker::watched(board, market, self.now).or_refuse()?);
        Ok(())
    }

    /// The book is the market's.
    pub fn book(
        &self,
        market: &AccountLoader<MarketState>,
        book: &AccountLoader<BookState>,
    ) -> Result<()> {
        ensure(
            same(&market.read()?.book, &book.key()),
            BulwarkError::WrongBook,
        )
    }

    /// Puts the oracle gate's cell for a use of a feed into the context.
    pub fn gate(&mut self, board: &Board, feed: u8, usage: gate::LegUse) -> Result<()> {
        let _question = Question::begins();
        let feed = board.feeds.get(usize::from(feed)).or_refuse()?;
        self.context.gate = Some(gate::cell(feed, usage, self.now));
        Ok(())
    }

    /// What holds around a liquidation that was permitted. `uncovered`: cov_0 < 1.
    pub fn circumstances(
        &self,
        board: &Board,
        permit: &Permit,
        uncovered: bool,
    ) -> Result<Circumstances> {
        let _question = Question::begins();
        let factor = board.congestion.factor_e9;
        let grace = self.grace.runs(factor, self.now)
            || restart::grace(last_restart()?, self.now.slot, factor);
        Ok(Circumstances {
            now: self.now,
            paused: self.context.mode == Mode::Paused,
            grace,
            receiver_scale_ppm: permit.receiver_ppm,
            uncovered,
        })
    }

    /// New risk waits for a while after a restart of the cluster.
    pub fn wait_after_restart(&mut self) -> Result<()> {
        let _question = Question::begins();
        if restart::waits(last_restart()?, self.now.slot) {
            self.context.revoked |= Capability::NewRisk.bit();
        }
        Ok(())
    }

    /// The bank is this compartment's; its status goes into the context.
    pub fn bank(&mut self, bank: &AccountLoader<BankState>) -> Result<()> {
        let bank = bank.read()?;
        let ours = same(&bank.compartment, &self.key);
        ensure(ours, BulwarkError::WrongCompartment)?;
        let _question = Question::begins();
        self.context.bank = Some(bank_status(&bank, self.now)?);
        Ok(())
    }

    /// A bank whose origin class is closed for new risk takes no deposits.
    pub fn class(&mut self, board: &Board, bank: &Bank) {
        let _question = Question::begins();
        let closed = breaker::depeg::class_closed(board, bank.origin, self.now);
        if closed && self.context.bank == Some(BankStatus::Active) {
            self.context.bank = Some(BankStatus::NoNewRisk);
        }
    }

    /// What the mode and queued changes make of the outflow.
    pub const fn flow(&self) -> Flow {
        self.flow
    }

    /// Key of the compartment.
    pub fn key(&self) -> &Pubkey {
        &self.key
    }
}

/// Status of a market now: its own, or reduce-only while a guardian keeps it closed for new risk.
pub fn market_status(market: &Market, now: Now) -> Result<MarketStatus> {
    let status = MarketStatus::from_u8(market.status).or_refuse()?;
    let closed = now.unix < market.closed_until.at && now.slot < market.closed_until.slot;
    Ok(if closed && status == MarketStatus::Open {
        MarketStatus::ReduceOnly
    } else {
        status
    })
}

/// Status of a bank now: its own, or no new risk while a guardian keeps it closed for it.
pub fn bank_status(bank: &Bank, now: Now) -> Result<BankStatus> {
    let status = BankStatus::from_u8(bank.status).or_refuse()?;
    let until = &bank.no_new_risk_until;
    let closed = now.unix < until.at && now.slot < until.slot;
    Ok(if closed && status == BankStatus::Active {
        BankStatus::NoNewRisk
    } else {
        status
    })
}
