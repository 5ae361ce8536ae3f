//! The named invariants, looked at after every step.

use bulwark_core::conserve::{self, token_balance};
use bulwark_core::health::{self, Level};
use bulwark_core::{book, coverage, ledger, order, targets, time};
use bulwark_state::{MarginAccount, Targets, Ticket};

use super::exchange::{MARKETS, PRICES, State, key};

impl State {
    /// INV-LEDGER, INV-FUND, counters against sums, INV-BOOK, INV-MARGIN, INV-TICKET, and what must
    /// hold of each account alone.
    pub fn check(&self) {
        let sums = self.sums();
        let banks = self.banks.iter().map(|bank| &**bank);
        let markets = self.markets.iter().map(|market| &**market);
        conserve::compare(&sums, banks, markets, |wrong| panic!("counter: {wrong:?}"))
            .expect("compare");
        let balance = self.balance();
        assert_eq!(balance.owed - balance.vault, self.short[0], "INV-LEDGER");
        let token = token_balance(&self.banks[1], self.vaults[1]).expect("token");
        assert_eq!(token.owed - token.vault, self.short[1], "INV-LEDGER");
        for at in 0..MARKETS {
            assert_eq!(book::invariant(&self.books[at]), Ok(()), "INV-BOOK");
            for (number, account) in self.accounts.iter().enumerate() {
                let book = &self.books[at];
                order::consistent(book, account, &key(number), at as u8, self.now)
                    .expect("INV-BOOK with accounts");
            }
        }
        for market in &self.board.markets[..MARKETS] {
            inv_margin(&market.margin);
        }
        inv_margin(&self.board.banks[1].haircut);
        for bank in 0..2 {
            self.inv_ticket(bank);
        }
        for account in &self.accounts {
            assert_eq!(account.quote < 0, account.debt_at != 0, "age of a debt");
            assert_eq!(account.live == 1, !ledger::is_empty(account), "live");
            for leg in account.positions.iter().filter(|leg| leg.active != 0) {
                let empty = leg.base == 0 && leg.quote == 0 && leg.orders == 0;
                assert!(!empty, "an empty position keeps its slot");
            }
        }
    }

    /// Counters of the queue against its tickets, served in their order.
    fn inv_ticket(&self, bank: usize) {
        let queue = &self.banks[bank].queue;
        let here = |ticket: &&(usize, Ticket)| usize::from(ticket.1.bank[0]) == bank;
        let tickets = self.tickets.iter().filter(here);
        let unserved: u128 = tickets
            .clone()
            .map(|(_, ticket)| u128::from(ticket.amount - ticket.served))
            .sum();
        let (first, served) = (queue.q_in.get(), queue.q_served.get());
        assert_eq!(first - served, unserved, "INV-TICKET: what waits");
        assert_eq!(
            queue.waiting as usize,
            tickets.count(),
            "INV-TICKET: who waits"
        );
        assert!(queue.q_out.get() <= first, "INV-TICKET");
    }

    /// H_M of an account where it can be judged, at the prints that decide about liquidation.
    pub fn standing(&self, who: usize) -> Option<i64> {
        let (account, paused) = (&self.accounts[who], self.paused());
        let health = health::eligibility(&self.board, account, self.now, paused).ok()?;
        health.surplus().ok()
    }

    pub fn initial(&self, who: usize) -> i64 {
        let account = &self.accounts[who];
        health::health(&self.board, account, Level::Initial, self.now, false)
            .and_then(|health| health.surplus())
            .unwrap_or(i64::MIN)
    }

    /// What an account is worth at the prices that decide about bankruptcy; `None` without a price.
    pub fn worth(&self, who: usize) -> Option<i64> {
        health::raw_value(&self.board, &self.accounts[who], self.now).ok()
    }

    /// Unrealised profit of a leg at the Board's price, funding and charges included.
    pub fn open_value(&self, who: usize, market: usize) -> i64 {
        let account = &self.accounts[who];
        let Some(slot) = ledger::position_of(account, market as u8) else {
            return 0;
        };
        let (leg, seat) = (&account.positions[slot], &self.board.markets[market]);
        let due = ledger::position_due(seat, leg).expect("due");
        let Ok(mark) = health::mark(&self.board, market as u8) else {
            return 0;
        };
        let value = i128::from(leg.base) * i128::from(mark);
        value.div_euclid(10_000_000_000) as i64 + leg.quote + due
    }

    /// Whose position in a market grew has Initial health after.
    pub fn who_opens_has_initial(&self, was: &State, market: usize) {
        let size = |state: &State, who: usize| {
            let account: &MarginAccount = &state.accounts[who];
            let slot = ledger::position_of(account, market as u8);
            slot.map_or(0, |slot| account.positions[slot].base)
        };
        for who in 0..self.accounts.len() {
            let (then, now) = (size(was, who), size(self, who));
            let grew = now != 0 && (now.signum() != then.signum() || now.abs() > then.abs());
            assert!(
                !grew || self.initial(who) >= 0,
                "{who} from {then} to {now}"
            );
        }
    }

    /// What holds between two states: INV-CLOCK, INV-ONEPRICE, and that indexes of charges only
    /// grow.
    pub fn check_since(&self, was: &State) {
        let open = |state: &State| time::open_seconds(&state.board.clock, state.now.unix);
        assert!(open(self) >= open(was), "INV-CLOCK");
        let (market, bank) = (&self.board.markets[1], &self.board.banks[1]);
        let live = market.status != 6;
        let seen = (market.margin.seen_at, bank.haircut.seen_at);
        assert!(!live || seen.0 == seen.1, "INV-ONEPRICE: {seen:?}");
        for (new, old) in self.board.markets.iter().zip(&was.board.markets) {
            assert!(new.loss_long.get() >= old.loss_long.get(), "loss index");
            assert!(new.loss_short.get() >= old.loss_short.get(), "loss index");
        }
        let (new, old) = (&self.board, &was.board);
        assert!(new.debt_index.get() >= old.debt_index.get(), "debt index");
        assert!(new.lend_index.get() >= old.lend_index.get(), "lend index");
    }

    /// INV-COV: no coverage is below what it was.
    pub fn inv_cov(&self, was: &State) {
        for bank in 0..2 {
            let now = coverage::coverage(&self.banks[bank], self.vaults[bank]).expect("now");
            let then = coverage::coverage(&was.banks[bank], was.vaults[bank]).expect("then");
            assert!(now.at_least(&then), "INV-COV: {then:?} to {now:?}");
        }
    }

    /// INV-NOFLIP: whom no price and no time has touched isn't liquidatable for another's act.
    pub fn inv_noflip(&self, was: &State) {
        for who in 0..self.accounts.len() {
            if let (Some(then), Some(now)) = (was.standing(who), self.standing(who)) {
                assert!(
                    then < 0 || now >= 0,
                    "INV-NOFLIP: {who} from {then} to {now}"
                );
            }
        }
    }

    /// INV-MARGIN: at one time no applied margin stands above what it was.
    pub fn not_risen(&self, was: &State) {
        for at in 0..MARKETS {
            let (new, old) = (&self.board.markets[at], &was.board.markets[at]);
            let open = time::open_seconds_of_market(&was.clock, &old.clock, self.now.unix);
            let (now, then) = (
                targets::maintenance(&new.margin, open),
                targets::maintenance(&old.margin, open),
            );
            assert!(now <= then, "INV-MARGIN: {then} to {now}");
        }
    }

    /// What the first `people` accounts own at the constant prices beyond what they paid in, UsdE6:
    /// above zero is free money. Exact, but for the token's last unit.
    pub fn won(&self, people: usize) -> i128 {
        let mut won = 0i128;
        for who in 0..people {
            let account = &self.accounts[who];
            won += i128::from(account.quote);
            won += i128::from(ledger::interest_due(&self.board, account).expect("interest"));
            let quote = &account.quote_claims;
            won += i128::from(quote.pending + quote.residual - quote.residual_paid);
            won -= self.paid_in[who][0];
            let mut units = -self.paid_in[who][1];
            for held in account.collaterals.iter().filter(|held| held.active != 0) {
                units += i128::from(held.amount + held.pending + held.residual);
            }
            won += (units * i128::from(PRICES[1])).div_euclid(100_000_000);
            for leg in account.positions.iter().filter(|leg| leg.active != 0) {
                let market = &self.board.markets[usize::from(leg.market)];
                won += i128::from(leg.quote);
                won += i128::from(ledger::position_due(market, leg).expect("due"));
            }
        }
        let base = |at: usize| -> i128 {
            let legs = self.accounts[..people]
                .iter()
                .flat_map(|account| &account.positions);
            let here = legs.filter(|leg| leg.active != 0 && usize::from(leg.market) == at);
            here.map(|leg| i128::from(leg.base)).sum()
        };
        let value = |at: usize| (base(at) * i128::from(PRICES[at])).div_euclid(10_000_000_000);
        won + (0..MARKETS).map(value).sum::<i128>()
    }
}

fn inv_margin(targets: &Targets) {
    let range = u64::from(targets.params.floor_e9)..=u64::from(targets.params.cap_e9);
    for ratio in [targets.im, targets.mm, targets.m0.max(*range.start())] {
        assert!(range.contains(&ratio), "INV-MARGIN: {ratio}");
    }
}
