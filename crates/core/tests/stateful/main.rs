//! All acts in any order by anyone, against all named invariants: in a crisis with moving prices,
//! and by one person at constant prices, who must not end with more than was put in.
//!
//! `BULWARK_STEPS` sets the number of steps of both together (200,000), `BULWARK_SEED` where the
//! seeds begin. A failure names its seed: add it to [`KEPT`].

mod acts;
mod checks;
mod exchange;

use bulwark_core::Result;
use bulwark_core::book::{self, Side};
use bulwark_core::breaker::band;
use bulwark_core::health::{Measure, measured};
use bulwark_core::liquidation::not_worse;
use bulwark_core::order::{Kind, OrderRequest};
use exchange::{Exchange, MARKETS, PRICES, State, UNIT, USD};

/// Seeds that once failed.
const KEPT: &[u64] = &[];
/// Steps of one history.
const STEPS: u64 = 250;
const PEOPLE: usize = 4;
/// The account that liquidates, beside the people.
const KEEPER: usize = PEOPLE;

/// Splitmix: the same numbers from the same seed, everywhere.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }
    fn at(&mut self, n: usize) -> usize {
        self.below(n as u64) as usize
    }
    fn range(&mut self, from: i64, to: i64) -> i64 {
        from + self.below((to - from + 1) as u64) as i64
    }
    /// Small numbers as often as large ones.
    fn size(&mut self, bits: u64) -> u64 {
        let bits = self.below(bits);
        1 + self.below(1 << bits)
    }
}

/// How often each act succeeded and was tried.
type Count = std::collections::BTreeMap<&'static str, (u64, u64)>;

struct History {
    exchange: Exchange,
    dice: Dice,
    count: Count,
    /// Prices stand still, and only one person acts.
    constant: bool,
    /// What the world trades at: a jump becomes the Board's price once it is confirmed.
    worth: [u64; 3],
    step: u64,
}

impl History {
    fn new(seed: u64, constant: bool) -> Self {
        let mut dice = Dice(seed);
        // Some compartments live on tokens and run short of quote.
        let short = !constant && dice.below(2) == 0;
        let (insurance, keeper, quote, token) = if short {
            (500, 1_000, 100, 600)
        } else {
            (50_000, 2_000_000, 20_000, 200)
        };
        let mut exchange = Exchange::new(PEOPLE + 1, insurance * USD);
        let is = &mut exchange.is;
        is.deposit(KEEPER, 0, keeper * USD).expect("keeper");
        is.deposit(KEEPER, 1, 5_000 * USD).expect("keeper");
        for who in 0..PEOPLE {
            let amount = 50 * USD + dice.below(quote * USD);
            is.deposit(who, 0, amount).expect("deposit");
            let amount = 20 * USD + dice.below(token * USD);
            is.deposit(who, 1, amount).expect("deposit");
        }
        // Recent deposits leave freely: let them be old ones.
        is.now.unix += 3 * 86_400;
        let mut history = Self {
            exchange,
            dice,
            count: Count::new(),
            constant,
            worth: PRICES,
            step: 0,
        };
        history.tick(1);
        history
    }

    fn run<T>(&mut self, name: &'static str, act: impl FnOnce(&mut State) -> Result<T>) -> bool {
        let done = self.exchange.run(|state, _| act(state)).is_ok();
        let count = self.count.entry(name).or_default();
        *count = (count.0 + u64::from(done), count.1 + 1);
        done
    }

    /// Time passes, and every feed prints.
    fn tick(&mut self, seconds: i64) {
        let state = &mut self.exchange.is;
        state.now.unix += seconds;
        state.now.slot += 1 + seconds.unsigned_abs() * 5 / 2;
        for feed in 0..3u8 {
            let price = self.worth[usize::from(feed)];
            state.post(feed, price).expect("print");
        }
    }

    fn order(&mut self, who: usize, market: usize) -> OrderRequest {
        let wealth = self.exchange.is.initial(who).max(0);
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
        // Half of the orders are as large as the account can bear.
        let lots = match dice.below(2) {
            0 => dice.size(16),
            _ => {
                let worth = wealth as u64 / 100 * (1 + dice.below(3_000));
                1 + worth / (mark / 10_000)
            }
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

    fn step(&mut self) {
        self.step += 1;
        let (act, who) = (self.dice.below(100), self.dice.at(PEOPLE));
        let market = self.dice.at(MARKETS);
        let crisis = !self.constant && self.step > STEPS / 2;
        match act {
            0..=20 if crisis => self.time(),
            0..=7 => self.quote(who, market),
            8..=39 => self.place(who, market),
            40..=47 => self.cancel(who, market),
            48..=59 => self.time(),
            60..=69 => self.money(who),
            70..=74 => {
                let mut counted = false;
                self.run("fund", |state| {
                    counted = state.sample_funding(market)?;
                    Ok(())
                });
                self.count.entry("premium").or_default().0 += u64::from(counted);
            }
            75..=79 => {
                self.run("accrue", State::accrue);
            }
            80..=95 => self.liquidate(who, market),
            _ => self.odd(who, market),
        }
        self.exchange.is.check();
        if self.constant {
            let won = self.exchange.is.won(PEOPLE);
            assert!(won <= 0, "free money: {won}");
        }
    }

    fn place(&mut self, who: usize, market: usize) {
        let request = self.order(who, market);
        let exchange = &mut self.exchange;
        let done = exchange.run(|state, report| state.place(who, market, &request, report));
        let count = self.count.entry("place").or_default();
        *count = (count.0 + u64::from(done.is_ok()), count.1 + 1);
        if done.is_ok() {
            let fills = self.exchange.report.fills().len() as u64;
            self.count.entry("fill").or_default().0 += fills;
            self.exchange.is.inv_noflip(&self.exchange.was);
        }
    }

    /// Both sides around a price near the mark, for funding to have something to look at.
    fn quote(&mut self, who: usize, market: usize) {
        let mark = self.exchange.is.price(market);
        let tick = self.exchange.is.markets[market].tick;
        let middle = (mark as i64 + self.dice.range(-40, 40) * (mark / 10_000) as i64) as u64;
        for (side, price) in [
            (Side::Bid, middle - mark / 1_000),
            (Side::Ask, middle + mark / 1_000),
        ] {
            let request = OrderRequest {
                side,
                kind: Kind::PostOnlySlide,
                reduce_only: false,
                price: price / tick * tick,
                size: 500 * UNIT / (mark / UNIT) / 1_000_000 * 1_000_000,
                client_id: 9,
                expires_at: 0,
            };
            let exchange = &mut self.exchange;
            let done = exchange.run(|state, report| state.place(who, market, &request, report));
            let count = self.count.entry("quote").or_default();
            *count = (count.0 + u64::from(done.is_ok()), count.1 + 1);
        }
    }

    fn cancel(&mut self, who: usize, market: usize) {
        match self.dice.below(3) {
            0 => self.run("cancel", |state| state.cancel(who, market, None)),
            1 => self.run("cancel", |state| state.cancel(who, market, Some(Side::Bid))),
            _ => self.run("prune", |state| state.prune(who, market)),
        };
        self.exchange.is.inv_noflip(&self.exchange.was);
    }

    fn time(&mut self) {
        let seconds = match self.dice.below(12) {
            0 if !self.constant => self.dice.range(60, 40_000),
            1..=5 => self.dice.range(5, 60),
            _ => self.dice.range(0, 5),
        };
        self.exchange.was.take(&self.exchange.is);
        if !self.constant && self.dice.below(2) == 0 {
            let feed = self.dice.at(2);
            // Calm while positions are built, then a crisis.
            let widths = if self.step < STEPS / 2 { 1 } else { 4 };
            let width = [15, 300, 700, 1_500][self.dice.at(widths)];
            let state = &mut self.exchange.is;
            state.now.unix += 1;
            state.now.slot += 3;
            let price = self.worth[feed];
            let moved = price as i64 + price as i64 / 10_000 * self.dice.range(-width, width);
            let moved = (moved as u64).clamp(PRICES[feed] / 20, PRICES[feed] * 20);
            self.worth[feed] = moved;
            state.post(feed as u8, moved).expect("print");
        }
        self.exchange.is.not_risen(&self.exchange.was);
        self.tick(seconds);
        if self.constant {
            self.keep();
        }
    }

    /// A keeper takes over, at constant prices, whatever time has made liquidatable.
    fn keep(&mut self) {
        for who in 0..PEOPLE {
            for market in 0..MARKETS {
                while self
                    .exchange
                    .is
                    .standing(who)
                    .is_some_and(|health| health < 0)
                {
                    self.exchange.is.now.slot += 1;
                    let all = u64::MAX;
                    if !self.run("keep", |state| state.take_over(who, KEEPER, market, all)) {
                        break;
                    }
                }
            }
        }
    }

    fn money(&mut self, who: usize) {
        let bank = self.dice.at(2);
        let amount = self.dice.size(if bank == 0 { 34 } else { 28 });
        let ticket = self.dice.at(self.exchange.is.tickets.len().max(1));
        let some = !self.exchange.is.tickets.is_empty();
        let act = self.dice.below(10);
        match act {
            0..=2 => self.run("deposit", |state| state.deposit(who, bank, amount)),
            3..=7 => self.run("withdraw", |state| state.withdraw(who, bank, amount)),
            8 if some => self.run("serve", |state| state.serve(ticket)),
            _ => self.run("collect", |state| state.collect(who, bank)),
        };
        self.exchange.is.inv_cov(&self.exchange.was);
        // What waits counts at Maintenance until it is paid: its own ticket may flip an account.
        if act != 8 {
            self.exchange.is.inv_noflip(&self.exchange.was);
        }
    }

    /// Two accounts of which the first is rather one that can be liquidated.
    fn pair(&mut self, who: usize) -> (usize, usize) {
        let is = &self.exchange.is;
        let ill = (0..PEOPLE).find(|at| is.standing(*at).is_some_and(|health| health < 0));
        let of = ill.unwrap_or(who);
        let people = if self.constant { PEOPLE } else { PEOPLE + 1 };
        (of, (of + 1 + self.dice.at(people - 1)) % people)
    }

    fn liquidate(&mut self, who: usize, market: usize) {
        let (of, by) = self.pair(who);
        let most = self.dice.size(40);
        let (paused, now) = (self.exchange.is.paused(), self.exchange.is.now);
        let health = |state: &State, pair| {
            let measure = Measure {
                end: false,
                pair,
                paused,
            };
            measured(&state.board, &state.accounts[of], measure, now)
        };
        let spot = health(&self.exchange.is, false);
        let pair = spot.as_ref().is_ok_and(|health| !health.below_critical());
        let before = health(&self.exchange.is, pair);
        let act = self.dice.below(8);
        let part = [1_000_000, 10_000 + self.dice.below(990_000) as u32][self.dice.at(2)];
        let done = match act {
            0 => self.run("flag", |state| state.flag(of)),
            1 => self.run("unflag", |state| state.unflag(who)),
            2..=4 => self.run("take over", |state| state.take_over(of, by, market, most)),
            5 => self.run("seize", |state| state.seize(of, by, most)),
            6 => self.run("wind up", |state| state.wind_up(of, by, part)),
            _ if self.dice.below(2) == 0 => self.run("settle", |state| state.settle(who, market)),
            _ => self.run("convert", |state| state.convert(of, by)),
        };
        if done && (2..=5).contains(&act) {
            let after = health(&self.exchange.is, pair).expect("judged before");
            let before = before.expect("judged before");
            assert_eq!(not_worse(&before, &after), Ok(()), "INV-LIQ of {of}");
            assert!(self.exchange.is.initial(by) >= 0, "INV-LIQ of the receiver");
        }
        if act != 6 {
            self.exchange.is.inv_noflip(&self.exchange.was);
        }
    }

    fn odd(&mut self, who: usize, market: usize) {
        let amount = self.dice.size(30);
        let bank = self.dice.at(2);
        let seconds = self.dice.range(1, 30);
        match self.dice.below(8) {
            6 => self.settlement(who, market),
            0 if !self.constant => {
                self.run("donate", |state| {
                    state.vaults[bank] += amount;
                    state.donated[bank] += amount;
                    Ok(())
                });
            }
            1 => {
                // A sweep takes stock: what is missing shows before it, not by it.
                self.run("accrue", State::accrue);
                self.run("sweep", |state| state.sweep(bank));
                self.exchange.is.inv_cov(&self.exchange.was);
            }
            2 if !self.constant && !self.exchange.is.paused() => {
                self.run("pause", |state| {
                    state.pause(seconds);
                    Ok(())
                });
            }
            3 => {
                self.run("watch", |state| {
                    let (board, market) = (&mut state.board, &mut state.markets[market]);
                    band::watch(board, market, state.now)
                });
            }
            4 => {
                self.run("withdraw all", |state| {
                    state.withdraw(who, bank, bulwark_core::withdrawal::ALL)
                });
                self.exchange.is.inv_cov(&self.exchange.was);
            }
            _ => {
                self.run("fold", State::fold);
            }
        }
    }
}

impl History {
    /// Announcing is rare; what is announced is settled a week later, closed account by account.
    fn settlement(&mut self, who: usize, market: usize) {
        match self.exchange.is.markets[market].status {
            1 if self.dice.below(10) != 0 => return,
            5 => self.tick(7 * 86_400),
            _ => {}
        }
        let closes = self.exchange.is.markets[market].status == 6;
        self.run("settlement", |state| state.settlement(who, market));
        if closes {
            self.exchange.is.inv_noflip(&self.exchange.was);
        }
    }
}

/// Says which seed and step a failure belongs to.
struct Where(u64, u64);

impl Drop for Where {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("seed {} step {}", self.0, self.1);
        }
    }
}

fn history(seed: u64, constant: bool, count: &mut Count) {
    let mut history = History::new(seed, constant);
    let mut place = Where(seed, 0);
    for step in 0..STEPS {
        place.1 = step;
        history.step();
        // What time makes of a neglected account is another test.
        if constant && history.count.contains_key("keep") {
            break;
        }
    }
    for (name, (done, tried)) in history.count {
        let sum = count.entry(name).or_default();
        *sum = (sum.0 + done, sum.1 + tried);
    }
}

fn steps() -> u64 {
    let steps = std::env::var("BULWARK_STEPS").ok();
    steps.map_or(400_000, |steps| {
        steps.parse().expect("BULWARK_STEPS is a number")
    }) / 2
}

fn first_seed() -> u64 {
    let seed = std::env::var("BULWARK_SEED").ok();
    seed.map_or(1, |seed| seed.parse().expect("BULWARK_SEED is a number"))
}

fn prove(name: &str, constant: bool) -> Count {
    let mut count = Count::new();
    let histories = steps().div_ceil(STEPS);
    let from = first_seed();
    for seed in KEPT.iter().copied() {
        history(seed, constant, &mut count);
    }
    for done in 0..histories {
        history(from + done, constant, &mut count);
        if (done + 1) % 1_000 == 0 {
            println!(
                "{name}: {} of {} steps",
                (done + 1) * STEPS,
                histories * STEPS
            );
        }
    }
    println!("{name}: {count:?}");
    count
}

#[test]
fn all_acts_against_all_invariants() {
    let count = prove("crisis", false);
    for act in [
        "place",
        "fill",
        "cancel",
        "prune",
        "premium",
        "accrue",
        "flag",
        "take over",
        "wind up",
        "deposit",
        "withdraw",
        "serve",
        "sweep",
        "watch",
    ] {
        let done = count.get(act).map_or(0, |count| count.0);
        assert!(
            done > 0 || steps() < 100_000,
            "{act} never succeeded: {count:?}"
        );
    }
}

#[test]
fn no_free_money_for_one_person_at_constant_prices() {
    let count = prove("constant prices", true);
    assert!(count["fill"].0 > count["place"].1 / 20, "{count:?}");
    assert!(count["premium"].0 > count["fund"].1 / 100, "{count:?}");
}
