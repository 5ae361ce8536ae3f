//! Random compartments that are conserved to the unit but for what a thief took, and everything
//! that strangers do with them in Recovery.

use crate::fixture::{Dice, NOW, feed};
use bulwark_core::Now;
use bulwark_core::mode::{Finding, Item, observe};
use bulwark_core::recovery::{self as rule, Cause, Evidence};
use bulwark_core::staking;
use bulwark_state::*;
use bytemuck::Zeroable;

pub const BANKS: usize = 4;
pub const MARKETS: usize = 3;
/// Prices of the feeds: quote, three tokens that are markets too.
const PRICES: [u64; BANKS] = [100_000_000, 15_000_000_000, 2_345_678, 6_000_000_000_000];
const DECIMALS: [u8; BANKS] = [6, 9, 5, 8];

/// A compartment, its vaults, and what was paid out of them.
pub struct Venue {
    pub board: Box<Board>,
    pub compartment: Box<Compartment>,
    pub recovery: Box<Recovery>,
    pub banks: Vec<Bank>,
    pub markets: Vec<Market>,
    pub vaults: [u64; BANKS],
    pub insurance: Box<Insurance>,
    /// Of stakers: some earn, some are on their first day, some have asked to leave.
    pub stakes: Vec<Stake>,
    /// Paid to each.
    pub stakes_paid: Vec<u64>,
    pub accounts: Vec<MarginAccount>,
    /// Paid to each account, per bank.
    pub paid: Vec<[u64; BANKS]>,
    pub now: Now,
}

impl Clone for Venue {
    fn clone(&self) -> Self {
        Self {
            board: self.board.clone(),
            compartment: self.compartment.clone(),
            recovery: self.recovery.clone(),
            banks: self.banks.clone(),
            markets: self.markets.clone(),
            vaults: self.vaults,
            insurance: self.insurance.clone(),
            stakes: self.stakes.clone(),
            stakes_paid: self.stakes_paid.clone(),
            accounts: self.accounts.clone(),
            paid: self.paid.clone(),
            now: self.now,
        }
    }
}

fn board() -> Box<Board> {
    let mut board: Box<Board> = Box::new(Board::zeroed());
    (board.feed_count, board.bank_count) = (BANKS as u8, BANKS as u8);
    board.market_count = MARKETS as u8;
    for (index, price) in PRICES.iter().enumerate() {
        board.feeds[index] = feed(*price);
        for back in 1..=30u64 {
            let at = NOW.unix - 60 * back as i64;
            let minute = (at / 60) as usize % CLOSES;
            board.feeds[index].closes[minute] = Mark { price: *price, at };
        }
        board.banks[index].feed = index as u8;
        board.banks[index].decimals = DECIMALS[index];
        board.banks[index].status = 1;
    }
    for market in 0..MARKETS {
        board.markets[market].feed = market as u8 + 1;
        board.markets[market].status = 1;
    }
    board
}

fn evidence<'a>(quote: &'a Bank, insurance: &Insurance) -> Evidence<'a> {
    Evidence {
        quote,
        insurance: insurance.balance,
        staked: rule::staked(insurance).expect("it fits"),
    }
}

impl Venue {
    /// `accounts` random accounts. `thief`: shares in percent of the vaults that a thief takes.
    pub fn random(dice: &mut Dice, accounts: usize, thief: [u64; BANKS]) -> Self {
        let mut compartment: Box<Compartment> = Box::new(Compartment::zeroed());
        (compartment.bank_count, compartment.market_count) = (BANKS as u8, MARKETS as u8);
        let mut venue = Self {
            board: board(),
            compartment,
            recovery: Box::new(Recovery::zeroed()),
            banks: (0..BANKS).map(|_| Bank::zeroed()).collect(),
            markets: (0..MARKETS).map(|_| Market::zeroed()).collect(),
            vaults: [0; BANKS],
            insurance: Box::new(Insurance::zeroed()),
            stakes: Vec::new(),
            stakes_paid: Vec::new(),
            accounts: vec![MarginAccount::zeroed(); accounts],
            paid: vec![[0; BANKS]; accounts],
            now: NOW,
        };
        for (index, bank) in venue.banks.iter_mut().enumerate() {
            bank.index = index as u8;
        }
        for (index, market) in venue.markets.iter_mut().enumerate() {
            market.index = index as u8;
        }
        venue.insure(dice);
        for who in 0..accounts {
            venue.fill(dice, who);
        }
        for _ in 0..accounts * 2 {
            venue.trade(dice);
        }
        venue.count(thief);
        venue
    }

    /// What was given, and up to six stakes; the pools have borne a loss.
    fn insure(&mut self, dice: &mut Dice) {
        let held = &mut *self.insurance;
        for _ in 0..dice.below(7) {
            let mut stake = Stake::zeroed();
            staking::begin(&mut stake, held, [0; 32], [0; 32]);
            let amount = staking::LEAST + dice.below(9_000_000_000);
            staking::join(held, &mut stake, amount, NOW).expect("joins");
            if dice.one_in(2) {
                let later = Now {
                    unix: NOW.unix + staking::YOUNG as i64,
                    ..NOW
                };
                staking::ripen(held, &mut stake, later).expect("earns");
            }
            if dice.one_in(3) {
                staking::ask(held, &mut stake, u64::MAX, NOW).expect("asks");
            }
            self.stakes.push(stake);
        }
        self.stakes_paid = vec![0; self.stakes.len()];
        for pool in [&mut held.earning, &mut held.idle] {
            let borne = pool.value / 100 * dice.below(60);
            pool.value -= borne;
            held.balance -= borne;
        }
        held.balance += dice.below(50_000_000_000);
    }

    fn fill(&mut self, dice: &mut Dice, who: usize) {
        let account = &mut self.accounts[who];
        account.live = 1;
        account.quote = dice.range(-20_000_000_000, 60_000_000_000);
        if dice.one_in(3) {
            account.quote_claims.pending = dice.below(5_000_000_000);
        }
        account.realised = Fading {
            amount: if dice.one_in(3) {
                dice.below(9_000_000_000)
            } else {
                0
            },
            at: NOW.unix - dice.below(90_000) as i64,
        };
        let mut slot = 0;
        for bank in 1..BANKS {
            if dice.one_in(2) {
                continue;
            }
            let most =
                40_000 * 10u64.pow(DECIMALS[bank].into()) / (PRICES[bank] / 1_000_000).max(1);
            account.collaterals[slot] = Collateral {
                active: 1,
                bank: bank as u8,
                amount: dice.below(most * 100) + 1,
                pending: if dice.one_in(4) {
                    dice.below(most * 10)
                } else {
                    0
                },
                ..Collateral::default()
            };
            slot += 1;
        }
        // The first two are alike in everything: equal claims.
        if who == 1 {
            self.accounts[1] = self.accounts[0];
        }
    }

    /// Two accounts stand against each other in a market, at a price off today's.
    fn trade(&mut self, dice: &mut Dice) {
        let (n, market) = (
            self.accounts.len() as u64,
            dice.below(MARKETS as u64) as usize,
        );
        let (a, b) = (dice.below(n) as usize, dice.below(n) as usize);
        if a == b || a < 2 || b < 2 {
            return;
        }
        let price = PRICES[market + 1];
        let at = price / 100 * (70 + dice.below(60));
        // Up to $20,000 a side.
        let base = dice.range(1, (2_000_000_000_000_000_000 / price as i128) as i64);
        let cost = (i128::from(base) * i128::from(at) / 10_000_000_000) as i64;
        for (who, sign) in [(a, 1), (b, -1)] {
            let leg = &mut self.accounts[who].positions[market];
            (leg.active, leg.market) = (1, market as u8);
            leg.base += sign * base;
            leg.quote -= sign * cost;
        }
        self.markets[market].oi_long += base as u64;
    }

    /// Sets every counter and vault to what the accounts say, less what the thief takes.
    fn count(&mut self, thief: [u64; BANKS]) {
        let mut quote_owed = i128::from(self.insurance.balance);
        for account in &self.accounts {
            let totals = &mut self.banks[0].totals;
            totals.positive += account.quote.max(0);
            totals.negative += -account.quote.min(0);
            totals.live_count += 1;
            self.banks[0].tickets += account.quote_claims.pending;
            quote_owed += i128::from(account.quote) + i128::from(account.quote_claims.pending);
            for held in account.collaterals.iter().filter(|held| held.active != 0) {
                self.banks[usize::from(held.bank)].claims += held.amount + held.pending;
            }
            for leg in account.positions.iter().filter(|leg| leg.active != 0) {
                self.markets[usize::from(leg.market)].quote_sum += leg.quote;
                quote_owed += i128::from(leg.quote);
            }
        }
        self.vaults[0] = quote_owed.max(0) as u64;
        for bank in 1..BANKS {
            self.vaults[bank] = self.banks[bank].claims;
        }
        for (bank, share) in thief.iter().enumerate() {
            self.vaults[bank] -= self.vaults[bank] / 100 * share;
            self.banks[bank].expected = self.vaults[bank];
        }
    }

    pub fn announce(&mut self, cause: Cause) -> bulwark_core::Result<i64> {
        let quote = self.banks[0];
        let held = self.insurance.clone();
        let evidence = evidence(&quote, &held);
        rule::announce(
            &mut self.board,
            &mut self.compartment,
            &mut self.recovery,
            (cause, &evidence),
            self.now,
        )
    }

    pub fn note_deficit(&mut self) -> bulwark_core::Result<()> {
        let quote = self.banks[0];
        let held = self.insurance.clone();
        let evidence = evidence(&quote, &held);
        rule::note_deficit(&mut self.compartment, &evidence, self.now)
    }

    pub fn undo(&mut self) -> bulwark_core::Result<()> {
        let quote = self.banks[0];
        let held = self.insurance.clone();
        let evidence = evidence(&quote, &held);
        rule::undo(
            &mut self.board,
            &mut self.compartment,
            &mut self.recovery,
            &evidence,
            self.now,
        )
    }

    pub fn freeze(&mut self) -> bulwark_core::Result<()> {
        let quote = self.banks[0];
        let held = self.insurance.clone();
        let evidence = evidence(&quote, &held);
        rule::freeze(
            &mut self.board,
            &mut self.compartment,
            &mut self.recovery,
            &evidence,
            self.now,
        )
    }

    /// A check of the first market finds this.
    pub fn market(&mut self, finding: Finding) {
        let item = Item::Market(0);
        observe(&mut self.compartment, item, finding, self.now).expect("observed");
    }

    pub fn wait(&mut self, seconds: u64) {
        self.now.unix += seconds as i64;
        self.now.slot += seconds * 1_000 / 300 + 1;
    }

    /// Announced, frozen and counted: marking may begin.
    pub fn frozen(mut self) -> Self {
        self.announce(Cause::Guardian).expect("announced");
        self.wait(rule::NOTICE);
        self.freeze().expect("frozen");
        for (bank, vault) in self.banks.iter_mut().zip(self.vaults) {
            rule::freeze_bank(&mut self.recovery, bank, vault).expect("bank");
        }
        for market in &self.markets {
            rule::freeze_market(&mut self.recovery, market).expect("market");
        }
        assert!(rule::complete(&mut self.recovery, &mut self.compartment).expect("complete"));
        self
    }

    pub fn mark(&mut self, who: usize) -> bulwark_core::Result<rule::Marked> {
        let account = &mut self.accounts[who];
        rule::mark(&self.board, &mut self.recovery, account, self.now)
    }

    /// Money comes into a vault late.
    pub fn late(&mut self, bank: usize, amount: u64) {
        if amount == 0 {
            return;
        }
        let bank_account = &mut self.banks[bank];
        rule::late_money(&mut self.recovery, bank_account, amount).expect("late");
        self.vaults[bank] += amount;
        if self.recovery.phase == 4 {
            self.assign();
        }
    }

    pub fn open(&mut self) -> bulwark_core::Result<()> {
        rule::open_pot(&mut self.recovery, &mut self.compartment, self.now)?;
        self.assign();
        Ok(())
    }

    fn assign(&mut self) {
        rule::assign(&self.board, &mut self.recovery).expect("assigned");
        let again = rule::assign(&self.board, &mut self.recovery);
        assert_eq!(again, Ok(false), "one pass assigns all");
    }

    /// Accounts, then stakes.
    pub fn claimants(&self) -> usize {
        self.accounts.len() + self.stakes.len()
    }

    /// Pays a claimant everything that is due to him now; whether anything was.
    pub fn collect_any(&mut self, who: usize) -> bool {
        match who.checked_sub(self.accounts.len()) {
            Some(stake) => self.collect_stake(stake).is_ok(),
            None => self.collect(who),
        }
    }

    /// Pays a staker what is due to him now.
    pub fn collect_stake(&mut self, stake: usize) -> bulwark_core::Result<u64> {
        let (recovery, place) = (&mut self.recovery, &mut self.stakes[stake]);
        let units = rule::pay_stake(recovery, &self.insurance, place)?;
        let left = self.vaults[0].checked_sub(units);
        self.vaults[0] = left.expect("vault holds it");
        self.stakes_paid[stake] += units;
        Ok(units)
    }

    /// Pays an account everything that is due to it now; whether anything was.
    pub fn collect(&mut self, who: usize) -> bool {
        let mut any = false;
        for slot in 0..MAX_COLLATERALS {
            let bank = usize::from(self.accounts[who].collaterals[slot].bank);
            let account = &mut self.accounts[who];
            if let Ok(units) = rule::pay_token(&mut self.recovery, account, slot) {
                self.paid_out(who, bank, units);
                any = true;
            }
        }
        for bank in 0..BANKS {
            let account = &mut self.accounts[who];
            if let Ok(units) = rule::pay_pot(&mut self.recovery, account, bank) {
                self.paid_out(who, bank, units);
                any = true;
            }
        }
        any
    }

    fn paid_out(&mut self, who: usize, bank: usize, units: u64) {
        self.vaults[bank] = self.vaults[bank]
            .checked_sub(units)
            .expect("vault holds it");
        self.paid[who][bank] += units;
    }

    /// Value of units of a bank at the frozen price, UsdE6.
    pub fn value(&self, bank: usize, units: u64) -> u128 {
        if bank == 0 {
            return units.into();
        }
        let price = u128::from(self.recovery.prices[bank]);
        u128::from(units) * price / 10u128.pow(DECIMALS[bank].into()) / 100
    }
}
