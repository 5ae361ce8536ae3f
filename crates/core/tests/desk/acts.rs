//! What is done in a desk, and its checks.

use bulwark_core::conserve::{self, Sums};
use bulwark_core::health::{self, Health, Level, Measure, measured};
use bulwark_core::liquidation::{self, TakenOver};
use bulwark_core::loss::Allocation;
use bulwark_core::windup::{self, Moved, Sale};
use bulwark_core::{Result, ledger};
use bulwark_state::{Deltas, Insurance, MarginAccount, Market};

use super::{Desk, LOT};

/// What a transaction may change and give back.
pub struct Saved {
    accounts: Vec<Box<MarginAccount>>,
    markets: Vec<Box<Market>>,
    insurance: Box<Insurance>,
}

/// What a whole wind-up did.
#[derive(Clone, Debug, Default)]
pub struct WoundUp {
    pub moved: Vec<Moved>,
    pub sale: Sale,
    pub loss: u64,
    pub allocations: Vec<Allocation>,
}

impl WoundUp {
    pub fn premium(&self) -> u64 {
        self.moved.iter().map(|moved| moved.premium).sum()
    }
    pub fn allocated(&self) -> Allocation {
        let mut sum = Allocation::default();
        for part in &self.allocations {
            sum.insured += part.insured;
            sum.charged += part.charged;
            sum.deficit += part.deficit;
        }
        sum
    }
}

/// The account stands at LiquidationEnd or above it, and with one lot less it would not.
#[track_caller]
pub fn assert_ended(desk: &Desk, before: Desk, taken: &TakenOver, market: usize) {
    let end = desk.health(0, Level::LiquidationEnd);
    assert!(end >= 0, "not at the end: {end}");
    assert_needed(before, taken, market);
}

/// With one lot less the account would stand below LiquidationEnd.
#[track_caller]
pub fn assert_needed(mut before: Desk, taken: &TakenOver, market: usize) {
    let Ok(less) = before.take_over(0, 2, market, taken.size - LOT) else {
        assert!(taken.size <= LOT);
        return;
    };
    assert_eq!(less.size, (taken.size - LOT) / LOT * LOT);
    let short = before.health(0, Level::LiquidationEnd);
    assert!(short < 0, "over-closed: {short} with a lot less");
}

impl Desk {
    /// All that a failed transaction gives back.
    pub fn save(&self) -> Saved {
        Saved {
            accounts: self.accounts.clone(),
            markets: self.markets.clone(),
            insurance: self.insurance.clone(),
        }
    }

    pub fn restore(&mut self, saved: Saved) {
        (self.accounts, self.markets) = (saved.accounts, saved.markets);
        self.insurance = saved.insurance;
    }

    /// Health at Maintenance at the newest prints alone.
    pub fn spot(&self, number: usize) -> Health {
        let measure = Measure {
            end: false,
            pair: false,
            paused: self.around.paused,
        };
        measured(
            &self.board,
            &self.accounts[number],
            measure,
            self.around.now,
        )
        .unwrap()
    }

    pub fn health(&self, number: usize, level: Level) -> i64 {
        let around = &self.around;
        health::health(
            &self.board,
            &self.accounts[number],
            level,
            around.now,
            around.paused,
        )
        .unwrap()
        .surplus()
        .unwrap()
    }

    pub fn equity(&self, number: usize) -> i64 {
        health::raw_value(&self.board, &self.accounts[number], self.around.now).unwrap()
    }

    pub fn base(&self, number: usize, market: usize) -> i64 {
        let account = &self.accounts[number];
        ledger::position_of(account, market as u8).map_or(0, |at| account.positions[at].base)
    }

    pub fn flag(&mut self, number: usize) -> Result<()> {
        let around = self.around;
        let account = &mut self.accounts[number];
        liquidation::flag(&self.board, account, around.now, around.paused)
    }

    pub fn take_over(
        &mut self,
        of: usize,
        by: usize,
        market: usize,
        largest: u64,
    ) -> Result<TakenOver> {
        let around = self.around;
        let [liquidatee, receiver] = self.accounts.get_disjoint_mut([of, by]).unwrap();
        let before = (
            **liquidatee,
            **receiver,
            *self.markets[market],
            *self.insurance,
        );
        let done = liquidation::take_over(
            &self.board,
            &mut self.markets[market],
            liquidatee,
            receiver,
            &mut self.insurance,
            largest,
            &around,
        );
        if done.is_err() {
            // What a failed transaction does.
            (
                **liquidatee,
                **receiver,
                *self.markets[market],
                *self.insurance,
            ) = before;
        }
        done
    }

    pub fn seize(
        &mut self,
        of: usize,
        by: usize,
        bank: u8,
        largest: u64,
    ) -> Result<liquidation::Seized> {
        let around = self.around;
        let mut deltas = Deltas::default();
        let [liquidatee, buyer] = self.accounts.get_disjoint_mut([of, by]).unwrap();
        let before = (**liquidatee, **buyer);
        let done = liquidation::seize(
            &self.board,
            liquidatee,
            buyer,
            &mut deltas,
            bank,
            largest,
            &around,
        );
        match &done {
            Ok(seized) => {
                self.vault += seized.transfer_in;
                self.fold(deltas);
            }
            Err(_) => (**liquidatee, **buyer) = before,
        }
        done
    }

    /// All steps of a wind-up, as the program takes them.
    pub fn wind_up(&mut self, of: usize, by: usize, fraction_ppm: u32) -> Result<WoundUp> {
        let accounts = self.accounts.clone();
        let markets = self.markets.clone();
        let (insurance, totals) = (self.insurance.clone(), self.banks[0].totals);
        let indexes = self.board.markets;
        let done = self.wind_up_steps(of, by, fraction_ppm);
        if done.is_err() {
            (self.accounts, self.markets, self.insurance) = (accounts, markets, insurance);
            (self.banks[0].totals, self.board.markets) = (totals, indexes);
        }
        done
    }

    fn wind_up_steps(&mut self, of: usize, by: usize, fraction_ppm: u32) -> Result<WoundUp> {
        let around = self.around;
        let mut deltas = Deltas::default();
        let mut done = WoundUp::default();
        let [liquidatee, receiver] = self.accounts.get_disjoint_mut([of, by]).unwrap();
        let board = &mut self.board;
        let mut plan = windup::begin(
            board,
            liquidatee,
            receiver,
            &mut deltas,
            &self.banks[0].totals,
            fraction_ppm,
            &around,
        )?;
        let legs: Vec<u8> = plan.markets().collect();
        for &at in &legs {
            done.moved.push(windup::move_leg(
                &mut plan,
                board,
                &mut self.markets[at as usize],
                liquidatee,
                receiver,
                &mut self.insurance,
                &around,
            )?);
        }
        done.sale =
            windup::sell_collateral(&mut plan, board, liquidatee, receiver, &mut deltas, &around)?;
        done.loss = windup::close(&mut plan, board, liquidatee, &mut deltas, &around)?;
        let totals = &mut self.banks[0].totals;
        for &at in &legs {
            done.allocations.push(windup::allocate_leg(
                &mut plan,
                board,
                &mut self.markets[at as usize],
                &mut self.insurance,
                totals,
                &around,
            )?);
        }
        if legs.is_empty() {
            let insurance = &mut self.insurance;
            done.allocations.push(windup::allocate_rest(
                &mut plan, insurance, totals, &around,
            )?);
        }
        windup::finish(&plan, board, liquidatee, receiver, &mut deltas, &around)?;
        self.vault += done.sale.transfer_in;
        self.fold(deltas);
        Ok(done)
    }

    /// Counters equal sums, INV-FUND, and INV-LEDGER to the unit: the hole is the deficit.
    #[track_caller]
    pub fn check(&self) {
        let mut sums = Box::new(Sums::ZERO);
        for account in &self.accounts {
            sums.add(&self.board, account).unwrap();
        }
        let banks = self.banks.iter().map(|bank| &**bank);
        let markets = || self.markets.iter().map(|market| &**market);
        let mut wrong = Vec::new();
        conserve::compare(&sums, banks, markets(), |mismatch| wrong.push(mismatch)).unwrap();
        assert!(wrong.is_empty(), "counters: {wrong:?}");
        let quote = &self.banks[0];
        let balance =
            conserve::quote_balance(quote, self.vault, self.insurance.balance, markets()).unwrap();
        let hole = balance.owed - balance.vault;
        assert_eq!(hole, i128::from(quote.totals.deficit), "INV-LEDGER");
    }
}
