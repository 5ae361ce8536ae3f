//! Random acts on a bank, each against the model.

use super::model::*;
use super::*;

pub struct Run {
    pub teller: Teller,
    pub model: Model,
    dice: Dice,
    seed: u64,
    pub acts: [u64; 12],
}

impl Run {
    pub fn new(bank: u8, seed: u64) -> Self {
        let mut dice = Dice(seed);
        let amounts: Vec<u64> = (0..5).map(|_| dice.below(50_000_000)).collect();
        let mut teller = Teller::seasoned(bank, &amounts);
        teller.bank.small_exit = 20_000;
        let model = Model::of(&teller);
        Self {
            teller,
            model,
            dice,
            seed,
            acts: [0; 12],
        }
    }

    fn amount(&mut self, most: u64) -> u64 {
        let bits = self.dice.below(24);
        match self.dice.below(4) {
            0 => self.dice.below(1 << bits) + 1,
            _ => self.dice.below(most.max(1)) + 1,
        }
    }

    /// Brings the model up to now; returns its base.
    fn begin(&mut self) -> BigInt {
        let (_, affordable) = money(&self.teller);
        let (claims, floor) = (claims(&self.teller), self.teller.bank.base_floor);
        let (flow, now) = (self.teller.flow, self.teller.now.unix);
        self.model.begin(&claims, affordable, floor, &flow, now)
    }

    /// D6: free, then the buckets if nobody waits, then the lane, then the queue. `wish`: amount,
    /// own recent deposit, last use of the lane.
    fn split(&self, wish: (u64, u64, i64), affordable: Option<BigInt>) -> [BigInt; 4] {
        let (amount, recent, lane_at) = wish;
        let bound = affordable.unwrap_or_else(|| big(u64::MAX));
        let free = big(recent);
        let free = free.min(big(amount)).min(bound.clone());
        let mut rest = big(amount) - &free;
        let mut paid = big(0);
        if !self.model.waiting() {
            let levels = (&self.model.hour.scaled / HOUR).min(&self.model.day.scaled / DAY);
            paid = rest.clone().min(levels).min(&bound - &free);
            rest -= &paid;
        }
        let small = rest > big(0)
            && rest <= big(self.teller.bank.small_exit)
            && (lane_at == 0 || self.teller.now.unix - lane_at >= DAY);
        let mut lane = big(0);
        let room = (&self.model.lane.scaled / DAY).min(bound - &free - &paid);
        if small && rest <= room {
            lane = rest.clone();
            rest = big(0);
        }
        [free, paid, lane, rest]
    }

    fn withdraw(&mut self) {
        let who = self.dice.below(5) as usize;
        let held = self.teller.held(who);
        let amount = if self.dice.one_in(5) {
            ALL
        } else {
            self.amount(held.max(1) / 3)
        };
        let recent: Fading = self.teller.claim(who).recent;
        let lane_at = self.teller.claim(who).small_exit_at;
        let (num, den) = coverage(&self.teller);
        let (_, affordable) = money(&self.teller);
        let now = self.teller.now;
        let (before, kept) = (self.model.clone(), self.teller.residual(who));
        let model_base = self.begin();
        let result = self.teller.withdraw(who, amount);
        let amount = if amount == ALL { held } else { amount };
        if amount == 0 || amount > held {
            let error = if amount == 0 {
                Error::ZeroAmount
            } else {
                Error::InsufficientBalance
            };
            assert_eq!(result.err(), Some(error));
            self.model = before;
            return;
        }
        let (plan, applied) = result.unwrap();
        self.acts[0] += 1;
        let wish = (
            amount,
            ledger::fading_left(&recent, now, DAY as u64).unwrap(),
            lane_at,
        );
        let [free, paid, lane, rest] = self.split(wish, affordable);
        let leaves = &free + &paid + &lane;
        let coins = &leaves * &num / &den;
        assert_eq!(
            [plan.free, plan.now, plan.lane, plan.queued, plan.paid].map(big),
            [
                free,
                paid.clone(),
                lane.clone(),
                rest.clone(),
                coins.clone()
            ],
            "seed {}: plan",
            self.seed
        );
        assert_eq!(big(plan.residual), &leaves - &coins);
        assert_eq!(big(applied.coins), coins + plan.collected);
        if self.teller.bank.residuals.assigned > 0 || plan.collected > 0 {
            assert!(plan.collected <= kept.1);
        }
        self.model.hour.scaled -= &paid * HOUR;
        self.model.day.scaled -= paid * DAY;
        self.model.lane.scaled -= lane * DAY;
        if plan.queued > 0 {
            self.model.enqueue(plan.queued, model_base, now.unix);
        }
    }

    fn serve(&mut self) {
        if self.teller.tickets.is_empty() {
            return;
        }
        let n = self.dice.below(self.teller.tickets.len() as u64) as usize;
        let (who, ticket) = self.teller.tickets[n];
        let (num, den) = coverage(&self.teller);
        let (_, affordable) = money(&self.teller);
        self.begin();
        let pending = self.teller.claim(who).pending;
        let open = ticket.amount - ticket.served;
        let voided = open.saturating_sub(pending);
        let amount = ticket.amount - voided;
        self.model.count(voided, self.teller.now.unix);
        // clamp(q_out − start, 0, amount) − served, then the lane, as far as the money goes.
        let reached = (&self.model.q_out - ticket.start.get())
            .max(big(0))
            .min(big(amount));
        let bound = affordable.unwrap_or_else(|| big(u64::MAX));
        let queue = (reached - ticket.served).max(big(0)).min(bound.clone());
        let mut lane = big(0);
        if ticket.small == 1 {
            let rest = big(amount - ticket.served).min(bound) - &queue;
            lane = rest.min(&self.model.lane.scaled / DAY);
        }
        let nominal = queue + &lane;
        let served = self.teller.serve(n).unwrap();
        assert_eq!(big(served.nominal), nominal, "seed {}: served", self.seed);
        assert_eq!(served.voided, voided);
        assert_eq!(big(served.residual), &nominal - &nominal * num / den);
        self.model.lane.scaled -= lane * DAY;
        self.model.count(served.nominal, self.teller.now.unix);
        self.acts[1] += u64::from(served.nominal > 0);
    }

    /// D1's new money: assigned = ⌊min(d, s + Res)·Res/(s + Res)⌋.
    fn give(&mut self) {
        let bank = &self.teller.bank;
        let res = big(bank.residuals.total);
        let amount = self.dice.below(3_000_000) + 1;
        let seen = self.teller.vault.min(bank.expected);
        let short = if bank.index == 0 {
            let hole = big(u64::try_from(self.teller.balance().missing()).unwrap());
            (hole - self.teller.insurance - bank.totals.fees).max(big(0))
        } else {
            (big(bank.claims) + bank.residuals.assigned - seen).max(big(0))
        };
        let sum = &short + &res;
        let part = if sum == big(0) {
            big(0)
        } else {
            big(amount).min(sum.clone()) * &res / sum
        };
        let (hole, insurance) = (self.teller.balance().missing(), self.teller.insurance);
        let money = self.teller.recapitalise(amount).unwrap();
        assert_eq!(big(money.assigned), part, "seed {}: assigned", self.seed);
        let rest = u128::from(amount - money.assigned);
        let over = if self.teller.bank.index == 0 {
            rest.saturating_sub(hole)
        } else {
            0
        };
        assert_eq!(u128::from(self.teller.insurance - insurance), over);
        if self.teller.bank.index == 0 {
            assert_eq!(self.teller.balance().missing(), hole.saturating_sub(rest));
        }
        self.acts[2] += u64::from(money.assigned > 0);
    }

    /// A loss of one account is another's gain, as trading realises it (quote).
    fn realise(&mut self) {
        let (from, to) = (self.dice.below(5) as usize, self.dice.below(5) as usize);
        if from == to || self.teller.bank.index != 0 {
            return;
        }
        let amount = self.dice.below(2_000_000) as i64;
        let teller = &mut self.teller;
        let mut deltas = Deltas::default();
        for (who, change) in [(from, -amount), (to, amount)] {
            let account = &mut teller.accounts[who];
            ledger::add_quote(&teller.board, account, change, &mut deltas, teller.now).unwrap();
            ledger::update_live(account, &mut deltas).unwrap();
        }
        ledger::fold(&mut teller.bank.totals, &mut deltas).unwrap();
        let checked = teller.check();
        assert_eq!(checked.missing, checked.hole);
        self.acts[3] += 1;
    }

    fn deposit(&mut self) {
        let who = self.dice.below(5) as usize;
        let amount = self.amount(20_000_000);
        let (saved, (num, den)) = (self.model.clone(), coverage(&self.teller));
        self.begin();
        match self.teller.deposit(who, amount) {
            Ok(()) => self.acts[4] += 1,
            Err(error) => {
                assert_eq!(error, Error::NotCovered);
                // Where nobody has a claim, stolen money of residuals is the hole.
                let hole = self.teller.balance().missing() > 0;
                assert!(num < den || hole);
                self.model = saved;
            }
        }
    }

    /// Another mode, a change that waits or none, and some time.
    fn turn(&mut self) {
        let quick = self.dice.one_in(6);
        let until = self.teller.now.unix + 7 * DAY;
        self.teller.flow = Flow {
            divisor: [1, 2, 4][self.dice.below(3) as usize],
            quick_ppm: if quick { 166_667 } else { 0 },
            quick_until: if quick { until } else { 0 },
        };
        let seconds = match self.dice.below(5) {
            0 => self.dice.range(-30, 30),
            1 => self.dice.range(0, 3 * DAY),
            _ => self.dice.range(0, 2 * HOUR),
        };
        self.teller.wait(seconds);
    }

    /// Does one of the acts; whether it is one that must not lower a coverage.
    fn act(&mut self, act: u64) -> bool {
        let who = self.dice.below(5) as usize;
        match act {
            0..=5 => self.withdraw(),
            6..=9 => self.serve(),
            10 | 11 => self.deposit(),
            12 => {
                self.begin();
                self.teller.crank().unwrap();
            }
            13 => self.give(),
            14 => {
                let amount = self.dice.below(500_000) * self.dice.below(2);
                self.teller.donate(amount);
                self.acts[5] += u64::from(self.teller.sweep().is_ok());
            }
            15 => self.acts[6] += u64::from(self.teller.collect(who).is_ok()),
            16 if self.dice.one_in(3) => {
                let amount = self.amount(self.teller.vault / 4);
                self.teller.steal(amount);
                self.acts[7] += 1;
                return false;
            }
            17 if self.dice.one_in(2) => {
                // Part of a wind-up: a debtor's ticket is set off against his debt in full.
                let debtor = self.teller.bank.index == 0 && self.teller.accounts[who].quote < 0;
                self.acts[8] += u64::from(self.teller.reclaim(who).unwrap() > 0);
                return !debtor;
            }
            18 => {
                self.realise();
                if self.dice.one_in(2) {
                    self.teller.check();
                }
                return false;
            }
            _ => self.turn(),
        }
        true
    }

    pub fn step(&mut self) {
        let (num, den) = coverage(&self.teller);
        let act = self.dice.below(20);
        let keeps = self.act(act);
        // INV-COV.
        let (after, whole) = coverage(&self.teller);
        let fell = &after * &den < &num * &whole;
        assert!(
            !keeps || !fell,
            "seed {}: act {act} lowered the coverage from {num}/{den} to {after}/{whole}",
            self.seed
        );
        // The production code's coverage is the model's.
        let paid = big(self.teller.coverage().pay(1_000_000_007).unwrap());
        assert_eq!(paid, big(1_000_000_007) * after / whole);
        self.teller.audit();
        let total: u64 = self.teller.bank.tickets;
        assert!(big(total) <= claims(&self.teller), "Σ pending ⊆ K");
    }
}
