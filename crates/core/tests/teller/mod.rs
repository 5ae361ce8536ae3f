//! A bank, its vault and some accounts, with verbs, for tests of D3 and D6. Every verb keeps the
//! books a second time, as sums of what was done, and [`Teller::audit`] compares them.
// Each test file is a binary of its own and takes what it needs of this.
#![allow(dead_code)]

use bulwark_core::coverage::{self, Coverage};
use bulwark_core::outflow::{self, Flow};
use bulwark_core::withdrawal::{
    self, Applied, Deposit, Plan, Request, Served, apply, collect_residual, deposit, plan_withdraw,
    reclaim_quote, reclaim_token, serve, write_ticket,
};
use bulwark_core::{Now, Result, residual};
use bulwark_state::{Bank, Board, Bucket, MarginAccount, Ticket};
use bytemuck::Zeroable;

pub const HOUR: i64 = 3_600;
pub const DAY: i64 = 86_400;

/// What an account did with this bank, in all.
#[derive(Clone, Copy, Debug, Default)]
pub struct Book {
    pub deposited: u128,
    /// Coins received for claims and for residuals.
    pub coins: u128,
    /// Residuals that came into being, nominal.
    pub residuals: u128,
    /// Coins received for residuals.
    pub collected: u128,
    /// Nominal that left the claims.
    pub left: u128,
}

pub struct Teller {
    pub bank: Box<Bank>,
    pub board: Box<Board>,
    pub vault: u64,
    pub accounts: Vec<MarginAccount>,
    pub books: Vec<Book>,
    /// Open tickets with their owner.
    pub tickets: Vec<(usize, Ticket)>,
    pub flow: Flow,
    pub now: Now,
    pub insurance: u64,
    /// Moved by others than the program.
    pub stolen: u128,
    pub donated: u128,
    pub given: u128,
}

pub fn bucket(cap_ppm: u32, period: i64) -> Bucket {
    Bucket {
        cap_ppm,
        period: period as u32,
        ..Bucket::default()
    }
}

/// A bank with the defaults of D6, no caps, and no floor to speak of.
pub fn bank(index: u8) -> Bank {
    Bank {
        index,
        status: 1,
        decimals: 6,
        deposit_cap: u64::MAX,
        account_cap: u64::MAX,
        base_floor: 1_000,
        hour: bucket(10_000, HOUR),
        day: bucket(100_000, DAY),
        small: bucket(100_000, DAY),
        restricted_in: bucket(10_000, DAY),
        ..Bank::zeroed()
    }
}

impl Teller {
    pub fn new(index: u8, accounts: usize) -> Self {
        Self {
            bank: Box::new(bank(index)),
            board: Box::new(Board::zeroed()),
            vault: 0,
            accounts: vec![MarginAccount::zeroed(); accounts],
            books: vec![Book::default(); accounts],
            tickets: Vec::new(),
            flow: Flow {
                divisor: 1,
                quick_ppm: 0,
                quick_until: 0,
            },
            now: Now {
                unix: 1_700_000_000,
                slot: 1,
            },
            insurance: 0,
            stolen: 0,
            donated: 0,
            given: 0,
        }
    }

    /// A bank with `amount` in each account, old enough to count in full and to be nobody's recent
    /// deposit.
    pub fn seasoned(index: u8, amounts: &[u64]) -> Self {
        let mut teller = Self::new(index, amounts.len());
        for (who, amount) in amounts.iter().enumerate() {
            if *amount > 0 {
                teller.deposit(who, *amount).unwrap();
            }
        }
        teller.wait(3 * DAY);
        teller.crank().unwrap();
        teller.wait(DAY);
        teller.crank().unwrap();
        teller
    }

    pub fn wait(&mut self, seconds: i64) {
        self.now.unix += seconds;
        self.now.slot += 1;
    }

    pub fn coverage(&self) -> Coverage {
        coverage::coverage(&self.bank, self.vault).unwrap()
    }

    pub fn deposit(&mut self, who: usize, amount: u64) -> Result<()> {
        self.deposit_limited(who, amount, false)
    }

    pub fn deposit_limited(&mut self, who: usize, amount: u64, limited: bool) -> Result<()> {
        let (mut bank, mut account) = (self.bank.clone(), self.accounts[who]);
        let wish = Deposit {
            amount,
            vault: self.vault,
            flow: &self.flow,
            limited,
        };
        deposit(&mut account, &mut bank, Some(&self.board), &wish, self.now)?;
        (self.bank, self.accounts[who]) = (bank, account);
        self.vault += amount;
        self.books[who].deposited += u128::from(amount);
        Ok(())
    }

    /// Withdraws and says what was planned and done. On refusal nothing has changed.
    pub fn withdraw(&mut self, who: usize, amount: u64) -> Result<(Plan, Applied)> {
        let (mut bank, mut account) = (self.bank.clone(), self.accounts[who]);
        let request = Request {
            amount,
            vault: self.vault,
            flow: &self.flow,
            limit: None,
        };
        let plan = plan_withdraw(&account, &mut bank, &request, self.now)?;
        let applied = apply(&mut account, &mut bank, &plan, self.now)?;
        (self.bank, self.accounts[who]) = (bank, account);
        self.vault -= applied.coins;
        let book = &mut self.books[who];
        book.coins += u128::from(applied.coins);
        book.collected += u128::from(plan.collected);
        book.residuals += u128::from(plan.residual);
        book.left += u128::from(plan.paid + plan.residual);
        if let Some(seat) = applied.seat {
            let mut ticket = Ticket::zeroed();
            let keys = ([1; 32], [who as u8; 32], [3; 32]);
            write_ticket(&mut ticket, keys, &seat, self.now);
            self.tickets.push((who, ticket));
        }
        Ok((plan, applied))
    }

    /// Serves the n-th open ticket.
    pub fn serve(&mut self, n: usize) -> Result<Served> {
        let (who, mut ticket) = self.tickets[n];
        let (mut bank, mut account) = (self.bank.clone(), self.accounts[who]);
        let place = (self.vault, &self.flow);
        let served = serve(&mut ticket, &mut account, &mut bank, place, self.now)?;
        (self.bank, self.accounts[who]) = (bank, account);
        self.vault -= served.coins;
        let book = &mut self.books[who];
        book.coins += u128::from(served.coins);
        let own = served.nominal - served.residual;
        book.collected += u128::from(served.coins - own);
        book.residuals += u128::from(served.residual);
        book.left += u128::from(served.nominal);
        if served.done {
            self.tickets.remove(n);
        } else {
            self.tickets[n].1 = ticket;
        }
        Ok(served)
    }

    pub fn collect(&mut self, who: usize) -> Result<u64> {
        let (mut bank, mut account) = (self.bank.clone(), self.accounts[who]);
        let coins = collect_residual(&mut account, &mut bank, self.vault, false)?;
        (self.bank, self.accounts[who]) = (bank, account);
        self.vault -= coins;
        self.books[who].coins += u128::from(coins);
        self.books[who].collected += u128::from(coins);
        Ok(coins)
    }

    /// As a wind-up does: takes an account's unpaid tickets back.
    pub fn reclaim(&mut self, who: usize) -> Result<u64> {
        let account = &mut self.accounts[who];
        if self.bank.index == 0 {
            reclaim_quote(&self.board, account, &mut self.bank, self.now)
        } else {
            reclaim_token(account, &mut self.bank)
        }
    }

    pub fn crank(&mut self) -> Result<()> {
        withdrawal::crank(&mut self.bank, self.vault, &self.flow, self.now)
    }

    pub fn steal(&mut self, amount: u64) {
        let amount = amount.min(self.vault);
        self.vault -= amount;
        self.stolen += u128::from(amount);
    }

    pub fn donate(&mut self, amount: u64) {
        self.vault += amount;
        self.donated += u128::from(amount);
    }

    /// What INV-LEDGER asks for, and C.
    pub fn balance(&self) -> bulwark_core::conserve::Balance {
        let none = core::iter::empty();
        let (bank, vault) = (&self.bank, self.vault);
        if bank.index == 0 {
            bulwark_core::conserve::quote_balance(bank, vault, self.insurance, none).unwrap()
        } else {
            bulwark_core::conserve::token_balance(bank, vault).unwrap()
        }
    }

    pub fn check(&mut self) -> coverage::Checked {
        if self.bank.index != 0 {
            return coverage::check_token(&self.bank, self.vault).unwrap();
        }
        let balance = self.balance();
        let (i, v) = (self.insurance, self.vault);
        coverage::check_quote(&mut self.bank, &balance, i, v, self.now).unwrap()
    }

    pub fn sweep(&mut self) -> Result<withdrawal::NewMoney> {
        if self.bank.index != 0 {
            return withdrawal::sweep(&mut self.bank, self.vault);
        }
        let balance = self.balance();
        let (i, v) = (&mut self.insurance, self.vault);
        withdrawal::sweep_quote(&mut self.bank, &balance, i, v, self.now)
    }

    pub fn recapitalise(&mut self, amount: u64) -> Result<withdrawal::NewMoney> {
        let before = self.vault;
        let money = if self.bank.index != 0 {
            withdrawal::recapitalise(&mut self.bank, before, amount)?
        } else {
            let balance = self.balance();
            let (i, gift) = (&mut self.insurance, (before, amount));
            withdrawal::recapitalise_quote(&mut self.bank, &balance, i, gift, self.now)?
        };
        self.vault += amount;
        self.given += u128::from(amount);
        Ok(money)
    }

    /// Serves whatever is payable, in the order of the queue, until nothing more is.
    pub fn serve_all(&mut self) -> u64 {
        let mut coins = 0;
        let mut n = 0;
        while n < self.tickets.len() {
            let before = self.tickets.len();
            coins += self.serve(n).unwrap().coins;
            if self.tickets.len() == before {
                n += 1;
            }
        }
        coins
    }

    pub fn held(&self, who: usize) -> u64 {
        withdrawal::held(&self.accounts[who], self.bank.index)
    }

    pub fn claim(&self, who: usize) -> bulwark_state::Collateral {
        withdrawal::claim(&self.accounts[who], self.bank.index)
            .copied()
            .unwrap_or_default()
    }

    /// What is left of an account's residual and what it can collect.
    pub fn residual(&self, who: usize) -> (u64, u64) {
        let claim = self.claim(who);
        let left = residual::left(&claim, &self.bank.residuals).unwrap();
        (left, residual::due(&claim, &self.bank.residuals).unwrap())
    }

    /// Everything that must hold after every act.
    pub fn audit(&self) {
        let bank = &self.bank;
        let sum = |f: &dyn Fn(usize) -> u128| (0..self.accounts.len()).map(f).sum::<u128>();
        let pending = sum(&|i| self.claim(i).pending.into());
        let held = sum(&|i| self.held(i).into());
        let claims = u128::from(outflow::claims(bank).unwrap());
        // K_j = Σ c + Σ pending, T_j = Σ pending ⊆ K_j.
        assert_eq!(u128::from(bank.tickets), pending, "T_j");
        assert_eq!(claims, held + pending, "K_j");
        // Res_j + A_j = Σ (residual − paid), exactly.
        let open = sum(&|i| {
            let claim = self.claim(i);
            u128::from(claim.residual - claim.residual_paid)
        });
        let residuals = &bank.residuals;
        assert_eq!(
            u128::from(residuals.total) + u128::from(residuals.assigned),
            open,
            "Res + A"
        );
        // What accounts can collect is never more than was assigned.
        assert!(
            sum(&|i| self.residual(i).1.into()) <= residuals.assigned.into(),
            "Σ due ≤ A"
        );
        // The vault moved by nothing but what was done.
        let total = |f: &dyn Fn(&Book) -> u128| self.books.iter().map(f).sum::<u128>();
        let came = total(&|b| b.deposited) + self.donated + self.given;
        let went = total(&|b| b.coins) + self.stolen;
        assert_eq!(u128::from(self.vault) + went, came, "V_j");
        // Queue.
        let queue = &bank.queue;
        assert!(queue.q_served.get() <= queue.q_in.get());
        assert!(queue.q_out.get() <= queue.q_in.get());
        assert_eq!(queue.waiting as usize, self.tickets.len());
        let unserved: u128 = self
            .tickets
            .iter()
            .map(|(_, t)| u128::from(t.amount - t.served))
            .sum();
        assert_eq!(
            queue.q_in.get() - queue.q_served.get(),
            unserved,
            "q_in − q_served"
        );
        for (who, account) in self.accounts.iter().enumerate() {
            let open = self
                .tickets
                .iter()
                .filter(|(owner, _)| *owner == who)
                .count();
            assert_eq!(account.ticket_count as usize, open);
            let empty = bulwark_core::ledger::is_empty(account);
            assert_eq!(account.live, u8::from(!empty), "live of {who}");
        }
        let live = self.accounts.iter().filter(|a| a.live == 1).count();
        assert_eq!(
            bank.live_delta + bank.totals.live_count,
            live as i64,
            "live count"
        );
    }
}
