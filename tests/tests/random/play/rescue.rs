//! What liquidators do, and rare things.

use bulwark_core::health;
use bulwark_svm::vm::pubkey;
use bulwark_svm::world::usdc;
use solana_signer::Signer;

use super::{Game, KEEPER, PEOPLE};
use crate::twin;

impl Game {
    pub(super) fn liquidate(&mut self, who: usize, market: usize) {
        let (board, now) = (self.world.board(), self.world.now());
        let ill = |who: &usize| {
            let account = self.world.account(PEOPLE[*who]);
            let health = health::eligibility(&board, &account, now, false);
            health.and_then(|health| health.surplus()).unwrap_or(0) < 0
        };
        let turns = (0..KEEPER).map(|more| (who + more) % KEEPER);
        let of = turns.clone().find(ill).unwrap_or(who);
        let owes = |who: &usize| self.world.account(PEOPLE[*who]).quote < 0;
        let debtor = turns.clone().find(owes).unwrap_or(who);
        let by = if self.dice.below(4) == 0 {
            (of + 1 + self.dice.at(KEEPER)) % PEOPLE.len()
        } else {
            KEEPER
        };
        let most = self.dice.size(44);
        let key = pubkey(self.wallets[by].pubkey());
        let (from, to, payer) = (self.margins[of], self.margins[by], self.payer());
        let short = !self.world.coverage(0).is_full();
        let payment = short.then(|| twin::tokens(&self.world, by, 0));
        if short {
            self.world.give(PEOPLE[by], 0, usdc(100_000.0));
        }
        let ours = self.world.deployment.clone();
        match self.dice.below(16) {
            0 => {
                let flag = ours.flag(payer, from);
                self.act("flag", None, &flag, |core| core.flag(of));
            }
            1 => {
                let unflag = ours.unflag(payer, self.margins[who]);
                self.act("unflag", None, &unflag, |core| core.unflag(who).map(drop));
            }
            2..=6 => {
                let take = ours.take_over(key, from, to, market, most);
                self.act("take over", Some(by), &take, |core| {
                    core.take_over(of, by, market, most).map(drop)
                });
            }
            7..=8 => {
                let seize = ours.seize(key, from, to, (1, most), payment);
                self.act("seize", Some(by), &seize, |core| {
                    core.seize_some(of, by, most)
                });
            }
            9..=11 => {
                let part = [1_000_000, self.dice.below(1_100_000) as u32][self.dice.at(2)];
                let account = self.world.account(PEOPLE[of]);
                let legs = account.positions.iter();
                let legs = legs.filter(|leg| leg.active != 0 && leg.base != 0);
                let legs: Vec<usize> = legs.map(|leg| leg.market.into()).collect();
                let wind = ours.wind_up(key, from, to, (&legs, &[]), part, payment);
                self.act("wind up", Some(by), &wind, |core| {
                    core.wind_up_part(of, by, part)
                });
            }
            12..=13 => {
                let loses = |who: &usize| self.loses(*who, market);
                let who = turns.clone().find(loses).unwrap_or(who);
                let settle = ours.settle(payer, self.margins[who], market);
                self.act("settle", None, &settle, |core| core.settle_one(who, market));
            }
            _ => {
                let by = if debtor == by { KEEPER } else { by };
                let key = pubkey(self.wallets[by].pubkey());
                let (from, to) = (self.margins[debtor], self.margins[by]);
                let payment = short.then(|| twin::tokens(&self.world, by, 0));
                let convert = ours.convert(key, from, to, (1, most), payment);
                self.act("convert", Some(by), &convert, |core| {
                    core.convert_some(debtor, by, most)
                });
            }
        }
    }

    /// Whether the position of a person in a market is worth less than nothing.
    fn loses(&self, who: usize, market: usize) -> bool {
        let leg = self.world.position(PEOPLE[who], market);
        let mark = self.world.board().feeds[market].last.price;
        let value = i128::from(leg.base) * i128::from(mark) / 10_000_000_000;
        value + i128::from(leg.quote) < 0
    }

    /// A theft: what is gone from a vault is gone without an instruction.
    fn rob(&mut self, bank: usize) {
        let vault = self.world.vault(bank);
        let stolen = vault / 100 * self.dice.below(60);
        self.world.steal(bank, stolen);
        let count = self.count.entry("rob").or_default();
        *count = (count.0 + 1, count.1 + 1);
    }

    pub(super) fn odd(&mut self, who: usize) {
        let amount = self.dice.size(30);
        let bank = self.dice.at(2);
        let key = pubkey(self.wallets[who].pubkey());
        let tokens = twin::tokens(&self.world, who, bank);
        let ours = self.world.deployment.clone();
        match self.dice.below(8) {
            0 => self.world.donate(bank, amount),
            6 if self.robbed => self.rob(bank),
            1..=2 => {
                let sweep = ours.sweep(self.payer(), bank);
                self.act("sweep", None, &sweep, |core| core.sweep_bank(bank));
            }
            3 => {
                self.world.give(PEOPLE[who], bank, amount);
                let give = ours.recapitalise(key, bank, tokens, amount);
                self.act("recapitalise", Some(who), &give, |core| {
                    core.recapitalise_bank(bank, amount)
                });
            }
            4 => {
                self.world.give(PEOPLE[who], 0, amount);
                let tokens = twin::tokens(&self.world, who, 0);
                let insure = ours.fund_insurance(key, tokens, amount);
                self.act("insure", Some(who), &insure, |core| core.insure(amount));
            }
            _ => {
                let fold = ours.fold(&[0, 1]);
                self.act("fold", None, &fold, |core| core.fold_these(&[0, 1]));
            }
        }
    }
}
