//! Money that parties bring in and take out.

use anyhow::Result;
use bulwark_client::Pubkey;
use bulwark_core::health;
use bulwark_svm::vm::pubkey;
use solana_signer::Signer;

use super::{Flows, Party, Seat, Venue};

impl Seat {
    pub(super) fn key(&self) -> Pubkey {
        pubkey(self.owner.pubkey())
    }

    pub(super) fn purse(&self, bank: usize) -> Pubkey {
        pubkey(self.purses[bank].pubkey())
    }
}

impl Venue {
    /// Deposits what is missing to `quote` (UsdE6) and to `units` of a token, into a new margin
    /// account if need be; says whether the account has it then.
    pub fn top_up(
        &mut self,
        party: Party,
        quote: u64,
        token: Option<(usize, u64)>,
    ) -> Result<bool> {
        let seat = self.seat(party);
        let held = seat.account.quote;
        let missing = i64::try_from(quote)?
            .saturating_sub(held)
            .max(0)
            .unsigned_abs();
        let (owner, margin) = (seat.key(), seat.margin);
        let mut instructions = Vec::new();
        if seat.account.version == 0 {
            let create = self
                .deployment
                .create_margin_account(owner, 0, Pubkey::default());
            instructions.push(create);
        }
        let mut brought = i64::try_from(missing)?;
        let mut wanted = vec![(0, missing)];
        if let Some((token, units)) = token {
            let units = units.saturating_sub(self.holds(party, token));
            brought += self.token_value(token, units)?;
            wanted.push((token + 1, units));
        }
        wanted.retain(|(_, units)| *units > 0);
        if wanted.is_empty() {
            return Ok(true);
        }
        for (bank, units) in wanted {
            let purse = self.seat(party).purse(bank);
            let deposit = self.deployment.deposit(owner, margin, bank, purse, units);
            instructions.push(deposit);
        }
        let done = self.try_as(party, &instructions)?.is_some();
        self.reload(party);
        if done {
            self.seat_mut(party).flows.in_e6 += brought;
        }
        Ok(done)
    }

    /// Takes everything out of a party's account, as far as it isn't queued; says whether nothing
    /// is left to ask for. A debt is paid first, where the rest is worth it.
    pub fn withdraw_all(&mut self, party: Party) -> Result<bool> {
        if self.quote_of(party) < 0 && self.worth(party)? > 0 && !self.is_liquidatable(party)? {
            self.top_up(party, 0, None)?;
        }
        let mut gone = self.quote_of(party) >= 0;
        if let Ok(amount @ 1..) = u64::try_from(self.quote_of(party)) {
            gone &= self.withdraw(party, 0, amount)?;
        }
        for token in 0..self.token_count() {
            let units = self.holds(party, token);
            if units > 0 {
                gone &= self.withdraw(party, token + 1, units)?;
            }
        }
        Ok(gone)
    }

    /// Takes units of a bank out, as far as they aren't queued; says whether the program did.
    fn withdraw(&mut self, party: Party, bank: usize, amount: u64) -> Result<bool> {
        let worth = match bank {
            0 => i64::try_from(amount)?,
            _ => self.token_value(bank - 1, amount)?,
        };
        let withdraw = self.withdrawal(party, bank, amount);
        let done = self.try_as(party, &[withdraw])?.is_some();
        self.reload(party);
        if done {
            self.seat_mut(party).flows.out_e6 += worth;
        }
        Ok(done)
    }

    /// The instruction that takes units of a bank out.
    pub(super) fn withdrawal(
        &self,
        party: Party,
        bank: usize,
        amount: u64,
    ) -> bulwark_client::Instruction {
        let seat = self.seat(party);
        let (purse, ticket) = (seat.purse(bank), seat.account.ticket_next);
        let plain = health::is_plain(&seat.account);
        let what = (bank, amount);
        self.deployment
            .withdraw(seat.key(), seat.margin, what, purse, Some(ticket), plain)
    }

    /// What a party brought in and took out so far.
    pub fn flows(&self, party: Party) -> Flows {
        self.seat(party).flows
    }
}
