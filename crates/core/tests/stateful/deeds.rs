//! Steps of traders and of time.

use bulwark_core::book::{self, Side};
use bulwark_core::health::leg_ratios;
use bulwark_core::order::{Kind, OrderRequest};

use super::exchange::{PRICES, State, UNIT, USD};
use super::history::{History, KEEPER};

impl History {
    /// Time passes, and every feed prints.
    pub fn tick(&mut self, seconds: i64) {
        let state = &mut self.exchange.is;
        state.now.unix += seconds;
        state.now.slot += 1 + seconds.unsigned_abs() * 5 / 2;
        for feed in 0..3u8 {
            let price = self.worth[usize::from(feed)];
            state.post(feed, price).expect("print");
        }
    }

    /// The largest position in a market that an account's initial margin carries, in lots of
    /// 0.01, more or less.
    fn carried(&mut self, who: usize, market: usize) -> u64 {
        let state = &self.exchange.is;
        let wealth = state.initial(who).max(0).unsigned_abs();
        let ratios = leg_ratios(&state.board, market as u8, 0, state.now);
        let ratio = ratios.map_or(1_000_000_000, |ratios| ratios.initial);
        let notional = u128::from(wealth) * 1_000_000_000 / u128::from(ratio);
        let lots = notional * 10_000 / u128::from(state.price(market));
        u64::try_from(lots).expect("lots") * u64::from(self.dice.below(120) as u32) / 100
    }

    fn order(&mut self, who: usize, market: usize) -> OrderRequest {
        let carried = self.carried(who, market);
        let dice = &mut self.dice;
        let mark = self.exchange.is.price(market);
        let tick = self.exchange.is.markets[market].tick;
        let away = [3, 10, 200][dice.at(3)];
        let price = (mark as i64 + dice.range(-away, away) * (mark / 10_000) as i64) as u64;
        let kinds = [
            Kind::Limit,
            Kind::Limit,
            Kind::ImmediateOrCancel,
            Kind::PostOnly,
            Kind::PostOnlySlide,
            Kind::FillOrKill,
        ];
        // Most orders are about as large as the account can bear.
        let lots = match dice.below(4) {
            0 => dice.size(16),
            _ => 1 + carried,
        };
        let side = [Side::Bid, Side::Ask][dice.at(2)];
        let book = &self.exchange.is.books[market];
        // Every other order takes the best one, if there is one.
        let best = book::best(book, side.opposite()).map(|best| best.price);
        let best = best.filter(|_| dice.below(2) == 0);
        OrderRequest {
            side,
            kind: best.map_or(kinds[dice.at(6)], |_| Kind::ImmediateOrCancel),
            reduce_only: dice.below(8) == 0,
            price: best.unwrap_or(price / tick * tick),
            size: lots * UNIT / 100,
            client_id: dice.below(4) as u32,
            expires_at: match dice.below(4) {
                0 => (self.exchange.is.now.unix + dice.range(0, 120)) as u32,
                _ => 0,
            },
        }
    }

    fn send(&mut self, name: &'static str, who: usize, market: usize, request: &OrderRequest) {
        let exchange = &mut self.exchange;
        let done = exchange.run(|state, report| state.place(who, market, request, report));
        self.counted(name, done.is_ok());
        if done.is_err() {
            return;
        }
        let fills = self.exchange.report.fills().len() as u64;
        self.count.entry("fill").or_default().0 += fills;
        let is = &self.exchange.is;
        is.inv_noflip(&self.exchange.was);
        is.who_opens_has_initial(&self.exchange.was, market);
    }

    pub fn place(&mut self, who: usize, market: usize) {
        let request = self.order(who, market);
        self.send("place", who, market, &request);
    }

    /// Both sides around a price near the mark, for funding to have something to look at.
    pub fn quote(&mut self, who: usize, market: usize) {
        let mark = self.exchange.is.price(market);
        let tick = self.exchange.is.markets[market].tick;
        let middle = (mark as i64 + self.dice.range(-40, 40) * (mark / 10_000) as i64) as u64;
        let worth = if who == KEEPER {
            500 << self.dice.below(6)
        } else {
            500
        };
        for (side, price) in [
            (Side::Bid, middle - mark / 1_000),
            (Side::Ask, middle + mark / 1_000),
        ] {
            let request = OrderRequest {
                side,
                kind: Kind::PostOnlySlide,
                reduce_only: false,
                price: price / tick * tick,
                size: worth * USD * 10_000 / mark * 1_000_000,
                client_id: 9,
                expires_at: 0,
            };
            self.send("quote", who, market, &request);
        }
    }

    pub fn cancel(&mut self, who: usize, market: usize) {
        match self.dice.below(3) {
            0 => self
                .run("cancel", |state| state.cancel(who, market, None))
                .map(drop),
            1 => self
                .run("cancel", |state| state.cancel(who, market, Some(Side::Bid)))
                .map(drop),
            _ => self.run("prune", |state| state.prune(who, market)),
        };
        self.exchange.is.inv_noflip(&self.exchange.was);
    }

    pub fn sample(&mut self, market: usize) {
        let counted = self.run("fund", |state| state.sample_funding(market));
        self.count.entry("premium").or_default().0 += u64::from(counted == Some(true));
    }

    pub fn time(&mut self) {
        let seconds = match self.dice.below(12) {
            0 if !self.constant() || self.neglected => self.dice.range(60, 40_000),
            1..=8 if self.steady && self.storm() => self.dice.range(30, 200),
            1..=5 => self.dice.range(5, 60),
            _ => self.dice.range(0, 5),
        };
        self.exchange.was.take(&self.exchange.is);
        if !self.constant() && self.dice.below(3) != 0 {
            self.shock();
        }
        self.exchange.is.not_risen(&self.exchange.was);
        self.tick(seconds);
        if self.constant() && !self.neglected {
            self.keep();
        }
    }

    /// A price moves: little while positions are built, then by up to a seventh, mostly one way
    /// in each history, and now and then back to where it began.
    fn shock(&mut self) {
        let feed = self.dice.at(2);
        let storm = self.storm();
        let width = match (storm, self.steady) {
            (false, _) => 15,
            (true, true) => [30, 100, 200][self.dice.at(3)],
            (true, false) => [300, 700, 1_500][self.dice.at(3)],
        };
        let lean = if storm && self.dice.below(3) != 0 {
            width
        } else {
            0
        };
        let steps = self.dice.range(-width, width) + if self.falls { -lean } else { lean };
        let price = self.worth[feed];
        let moved = (price as i64 + price as i64 / 10_000 * steps) as u64;
        let moved = match self.dice.below(10) {
            0 if storm && !self.steady => PRICES[feed],
            _ => moved.clamp(PRICES[feed] / 20, PRICES[feed] * 20),
        };
        self.worth[feed] = moved;
        let state = &mut self.exchange.is;
        state.now.unix += 1;
        state.now.slot += 3;
        state.post(feed as u8, moved).expect("print");
    }

    /// A keeper takes over, at constant prices, whatever time has made liquidatable.
    fn keep(&mut self) {
        for who in 0..super::history::PEOPLE {
            for market in 0..super::exchange::MARKETS {
                while self
                    .exchange
                    .is
                    .standing(who)
                    .is_some_and(|health| health < 0)
                {
                    self.exchange.is.now.slot += 1;
                    let all = u64::MAX;
                    let taken = self.run("keep", |state: &mut State| {
                        state.take_over(who, KEEPER, market, all)
                    });
                    if taken.is_none() {
                        break;
                    }
                }
            }
        }
    }
}
