//! What goes into the banks and out of them, thefts included.

use bulwark_core::health::{self, Level};
use bulwark_core::ledger;
use bulwark_core::withdrawal::{self, Deposit, Request, Transfer};
use bulwark_core::{Error, Result, outflow};
use bulwark_state::{Deltas, Ticket};
use bytemuck::Zeroable;

use super::exchange::{State, key};

impl State {
    pub fn deposit(&mut self, who: usize, bank: usize, amount: u64) -> Result<()> {
        let flow = self.flow();
        let wish = Deposit {
            amount,
            vault: self.vaults[bank],
            flow: &flow,
            limited: false,
        };
        let (account, board) = (&mut self.accounts[who], Some(&*self.board));
        withdrawal::deposit(account, &mut self.banks[bank], board, &wish, self.now)?;
        self.vaults[bank] += amount;
        self.paid_in[who][bank] += i128::from(amount);
        Ok(())
    }

    pub fn withdraw(&mut self, who: usize, bank: usize, amount: u64) -> Result<()> {
        let (flow, now, paused) = (self.flow(), self.now, self.paused());
        let plain = health::is_plain(&self.accounts[who]);
        let assigned = self.banks[bank].residuals.assigned;
        let account = &mut self.accounts[who];
        let mut limit = None;
        if !plain {
            if bank == 0 {
                let mut deltas = Deltas::default();
                ledger::touch_quote(&self.board, account, &mut deltas)?;
                ledger::fold(&mut self.banks[0].totals, &mut deltas)?;
            }
            let [quote, token] = &mut self.banks;
            let other = (bank == 1).then_some(&**token);
            limit = Some(outflow::usd_limit(&self.board, quote, other, &flow, now)?);
        }
        let vault = self.vaults[bank];
        let request = Request {
            amount,
            vault,
            flow: &flow,
            limit,
        };
        let plan = withdrawal::plan_withdraw(account, &mut self.banks[bank], &request, now)?;
        let done = withdrawal::apply(account, &mut self.banks[bank], &plan, now)?;
        if plan.charge > 0 {
            outflow::charge(&mut self.banks[0], plan.charge)?;
        }
        if let Some(seat) = done.seat {
            let mut ticket = Ticket::zeroed();
            let keys = ([bank as u8; 32], key(who), [3; 32]);
            withdrawal::write_ticket(&mut ticket, keys, &seat, now);
            self.tickets.push((who, ticket));
        }
        self.pay(who, bank, done.coins, plan.leaves()?, assigned);
        if plain {
            return Ok(());
        }
        self.keeps_initial(who, paused)
    }

    fn keeps_initial(&self, who: usize, paused: bool) -> Result<()> {
        let account = &self.accounts[who];
        let after = health::health(&self.board, account, Level::Initial, self.now, paused)?;
        if after.surplus()? < 0 {
            return Err(Error::BelowInitialMargin);
        }
        Ok(())
    }

    /// From one account to another, as between two of one owner.
    pub fn transfer(&mut self, from: usize, to: usize, bank: usize, amount: u64) -> Result<()> {
        let (flow, now, paused) = (self.flow(), self.now, self.paused());
        let plain = health::is_plain(&self.accounts[from]);
        let wish = Transfer {
            amount,
            vault: self.vaults[bank],
            flow: &flow,
        };
        let [giver, receiver] = self
            .accounts
            .get_disjoint_mut([from, to])
            .map_err(|_| Error::BadValue)?;
        let board = Some(&*self.board);
        withdrawal::transfer((giver, receiver), &mut self.banks[bank], board, &wish, now)?;
        let moved = i128::from(amount);
        self.paid_in[from][bank] -= moved;
        self.paid_in[to][bank] += moved;
        if plain {
            return Ok(());
        }
        self.keeps_initial(from, paused)
    }

    pub fn serve(&mut self, at: usize) -> Result<()> {
        let (who, mut ticket) = self.tickets[at];
        let bank = usize::from(ticket.bank[0]);
        let (flow, vault) = (self.flow(), self.vaults[bank]);
        let account = &mut self.accounts[who];
        let (place, assigned) = ((vault, &flow), self.banks[bank].residuals.assigned);
        let served =
            withdrawal::serve(&mut ticket, account, &mut self.banks[bank], place, self.now)?;
        self.pay(who, bank, served.coins, served.nominal, assigned);
        self.tickets[at].1 = ticket;
        if served.done {
            self.tickets.remove(at);
        }
        Ok(())
    }

    /// Coins leave the vault for `nominal` claims and what was assigned to residuals: what they
    /// fall short of it is owed to nobody.
    fn pay(&mut self, who: usize, bank: usize, coins: u64, nominal: u64, assigned: u64) {
        let collected = assigned - self.banks[bank].residuals.assigned;
        self.vaults[bank] -= coins;
        self.paid_in[who][bank] -= i128::from(coins);
        self.short[bank] -= i128::from(nominal + collected) - i128::from(coins);
    }

    pub fn sweep(&mut self, bank: usize) -> Result<()> {
        let vault = self.vaults[bank];
        let money = if bank == 1 {
            withdrawal::sweep(&mut self.banks[1], vault)?
        } else {
            self.fold()?;
            let balance = self.balance();
            let insurance = &mut self.insurance.balance;
            withdrawal::sweep_quote(&mut self.banks[0], &balance, insurance, vault, self.now)?
        };
        self.short[bank] += i128::from(money.assigned + money.insurance);
        Ok(())
    }

    /// Somebody gives to a bank by its instruction.
    pub fn recapitalise(&mut self, bank: usize, amount: u64) -> Result<()> {
        let vault = self.vaults[bank];
        let money = if bank == 1 {
            withdrawal::recapitalise(&mut self.banks[1], vault, amount)?
        } else {
            self.fold()?;
            let (balance, insurance) = (self.balance(), &mut self.insurance.balance);
            let quote = &mut self.banks[0];
            let given = (vault, amount);
            withdrawal::recapitalise_quote(quote, &balance, insurance, given, self.now)?
        };
        self.vaults[bank] += amount;
        self.short[bank] += i128::from(money.assigned + money.insurance) - i128::from(amount);
        Ok(())
    }

    /// Somebody gives to insurance.
    pub fn insure(&mut self, amount: u64) -> Result<()> {
        self.insurance.balance += amount;
        self.vaults[0] += amount;
        withdrawal::expect_in(&mut self.banks[0], amount)
    }

    /// Money comes into a vault without an instruction, or is gone from it.
    pub fn move_vault(&mut self, bank: usize, change: i64) -> Result<()> {
        let vault = self.vaults[bank].checked_add_signed(change);
        self.vaults[bank] = vault.ok_or(Error::Overflow)?;
        self.short[bank] -= i128::from(change);
        Ok(())
    }

    pub fn collect(&mut self, who: usize, bank: usize) -> Result<()> {
        let (account, vault) = (&mut self.accounts[who], self.vaults[bank]);
        let assigned = self.banks[bank].residuals.assigned;
        let coins = withdrawal::collect_residual(account, &mut self.banks[bank], vault, false)?;
        self.pay(who, bank, coins, 0, assigned);
        Ok(())
    }
}
