//! Settling a market and closing a bank (D12): when, at which price, exactly, and touching nothing
//! else.

mod desk;

use bulwark_core::health::{Level, bank_weights};
use bulwark_core::settlement::{self, Cause, Closed, NOTICE, SHORT_NOTICE};
use bulwark_core::{Error, Result};
use bulwark_state::{Book, Mark};
use bytemuck::Zeroable;
use desk::{Desk, UNIT, USD, usd};

const WEEK: i64 = NOTICE as i64;
const DAY: i64 = SHORT_NOTICE as i64;

fn announce(desk: &mut Desk, cause: Cause) -> Result<i64> {
    let now = desk.around.now;
    settlement::announce(&mut desk.board, &mut desk.markets[0], cause, now)
}

fn close(desk: &mut Desk) -> Result<u64> {
    let now = desk.around.now;
    settlement::close(&mut desk.board, &mut desk.markets[0], now)
}

fn close_position(desk: &mut Desk, who: usize) -> Result<Closed> {
    let now = desk.around.now;
    let insurance = &mut desk.insurance;
    let account = (&[9; 32], &mut *desk.accounts[who]);
    let mut book: Box<Book> = Box::new(Book::zeroed());
    let market = (&mut *desk.markets[0], &mut *book);
    settlement::close_position(&desk.board, account, market, insurance, now)
}

/// Thirty minutes of closes around a price, ending now.
fn closes(desk: &mut Desk, price: u64) {
    let now = desk.around.now.unix;
    let feed = &mut desk.board.feeds[0];
    for back in 0..30u64 {
        let at = now - 60 * back as i64;
        feed.closes[(at / 60) as usize % 30] = Mark {
            price: price + (back % 5) * 1_000_000 - 2_000_000,
            at,
        };
    }
}

/// Three on one market at odd sizes, two of them on another one too.
fn traded() -> Desk {
    let mut desk = Desk::new(&[100, 10], &[20]);
    desk.opens(&[100_000, 100_000, 100_000]);
    desk.hold(0, 1, 5_000_000_000);
    desk.trade(0, 1, 0, 100 * UNIT + 1, usd(100));
    desk.trade(2, 1, 0, 33 * UNIT + 7, usd(101) + 12_345);
    desk.trade(1, 0, 1, 1_000 * UNIT, usd(10));
    desk
}

#[test]
fn a_decided_settlement_waits_a_week() {
    let mut desk = traded();
    assert_eq!(close(&mut desk), Err(Error::MarketForbids));
    let at = announce(&mut desk, Cause::Decided).expect("announced");
    assert_eq!(at, desk.around.now.unix + WEEK);
    assert_eq!(
        (desk.markets[0].status, desk.board.markets[0].status),
        (5, 5)
    );
    assert_eq!(
        announce(&mut desk, Cause::Decided),
        Err(Error::MarketForbids)
    );
    desk.wait(WEEK - 1);
    closes(&mut desk, usd(120));
    assert_eq!(close(&mut desk), Err(Error::DelayRuns));
    assert_eq!(close_position(&mut desk, 0), Err(Error::MarketForbids));
    desk.wait(1);
    assert_eq!(close(&mut desk), Ok(usd(120)));
    assert_eq!(
        (desk.markets[0].status, desk.board.markets[0].status),
        (6, 6)
    );
    assert_eq!(close(&mut desk), Err(Error::MarketForbids));
}

#[test]
fn a_short_notice_needs_a_cap_or_a_dead_feed_twice() {
    let mut desk = traded();
    assert_eq!(announce(&mut desk, Cause::Broken), Err(Error::NoCause));
    let stop: [fn(&mut Desk); 2] = [
        |desk| {
            let margin = &mut desk.board.markets[0].margin;
            margin.im = u64::from(margin.params.cap_e9);
        },
        |desk| desk.around.now.unix += 601,
    ];
    for stop in stop {
        let mut desk = traded();
        closes(&mut desk, usd(70));
        stop(&mut desk);
        let at = announce(&mut desk, Cause::Broken).expect("announced");
        assert_eq!(at, desk.around.now.unix + DAY);
        let mut better = desk.clone();
        desk.around.now.unix += DAY;
        assert_eq!(close(&mut desk), Ok(usd(70)), "the last thirty closes");
        // What has mended is called off by anyone, and never settled.
        better.wait(DAY);
        better.board.markets[0].margin.im = 1;
        assert_eq!(close(&mut better), Err(Error::NoCause));
        let now = better.around.now;
        settlement::call_off(&mut better.board, &mut better.markets[0], now).expect("off");
        assert_eq!(
            (better.markets[0].status, better.board.markets[0].status),
            (1, 1)
        );
    }
    // A decided one is not called off by anyone.
    announce(&mut desk, Cause::Decided).expect("announced");
    let now = desk.around.now;
    let off = settlement::call_off(&mut desk.board, &mut desk.markets[0], now);
    assert_eq!(off, Err(Error::MarketForbids));
}

/// Every order of closing gives everyone the same, keeps the ledger to the unit at each step,
/// changes no health but for the credit of open profit, and leaves dust to insurance.
#[test]
fn a69_a_market_settles_alone_in_any_order() {
    let orders = [
        [0, 1, 2],
        [2, 1, 0],
        [1, 0, 2],
        [1, 2, 0],
        [0, 2, 1],
        [2, 0, 1],
    ];
    let mut outcomes = Vec::new();
    for order in orders {
        let mut desk = traded();
        announce(&mut desk, Cause::Decided).expect("announced");
        desk.wait(WEEK - 1);
        assert_eq!(close(&mut desk), Err(Error::DelayRuns));
        desk.wait(1);
        closes(&mut desk, usd(87) + 1_234_567);
        let price = close(&mut desk).expect("settled");
        desk.check();
        let insured = desk.insurance.balance;
        let other = desk.markets[1].clone();
        for who in order {
            let before =
                [Level::LiquidationEnd, Level::Maintenance].map(|level| desk.health(who, level));
            let closed = close_position(&mut desk, who).expect("closes");
            desk.check();
            let after =
                [Level::LiquidationEnd, Level::Maintenance].map(|level| desk.health(who, level));
            assert_eq!(before, after);
            assert_eq!(desk.base(who, 0), 0);
            assert!(closed.base != 0);
            assert_eq!(close_position(&mut desk, who), Err(Error::NoPosition));
        }
        let market = &desk.markets[0];
        assert_eq!((market.oi_long, market.oi_short), (0, 0));
        assert_eq!((market.quote_sum, market.pot), (0, 0));
        let dust = desk.insurance.balance - insured;
        assert!(dust <= 3, "{dust}");
        assert_eq!(
            bytemuck::bytes_of(&*desk.markets[1]),
            bytemuck::bytes_of(&*other),
            "another market"
        );
        let quotes: Vec<_> = desk.accounts.iter().map(|account| account.quote).collect();
        assert!(price == usd(87) + 1_234_567);
        outcomes.push((quotes, dust));
    }
    assert!(outcomes.windows(2).all(|pair| pair[0] == pair[1]));
    // Who was long at $100 lost $12.99 a unit.
    assert!(outcomes[0].0[0] < 100_000 * USD - 1_200 * USD);
}

#[test]
fn a_position_closes_with_its_orders_and_what_is_due() {
    let mut desk = traded();
    let at = bulwark_core::ledger::position_of(&desk.accounts[0], 0).expect("position");
    for slot in [3, 9] {
        desk.accounts[0].orders[slot] = bulwark_state::OrderSlot {
            price: usd(90),
            size: UNIT,
            position: at as u8,
            epoch: 1,
            ..Default::default()
        };
        desk.accounts[0].positions[at].orders += 1;
    }
    // Longs pay a dollar a unit before the end.
    desk.board.markets[0].funding = bulwark_state::SignedWide::new((1i128 << 64) / 100);
    announce(&mut desk, Cause::Decided).expect("announced");
    desk.wait(WEEK);
    closes(&mut desk, usd(100));
    close(&mut desk).expect("settled");
    let closed = close_position(&mut desk, 0).expect("closes");
    desk.check();
    assert_eq!((closed.base, closed.orders), ((100 * UNIT + 1) as i64, 2));
    assert_eq!(closed.realised, -100 * USD - 1);
    assert!(desk.accounts[0].orders.iter().all(|slot| slot.size == 0));
}

#[test]
fn a_closing_bank_takes_no_one_by_surprise() {
    let mut desk = traded();
    let now = desk.around.now;
    desk.board.banks[1].closing_ramp = 86_400;
    let before = desk.health(0, Level::Maintenance);
    settlement::close_bank(&mut desk.board, &mut desk.banks[1], now).expect("closing");
    assert_eq!(desk.health(0, Level::Maintenance), before, "INV-NOFLIP");
    let again = settlement::close_bank(&mut desk.board, &mut desk.banks[1], now);
    assert_eq!(again, Err(Error::BankForbids));
    let quote = settlement::close_bank(&mut desk.board, &mut desk.banks[0], now);
    assert_eq!(quote, Err(Error::BankForbids));
    for (seconds, wanted) in [(0, 900_000_000), (43_200, 450_000_000), (43_200, 0)] {
        desk.wait(seconds);
        let weights = bank_weights(&desk.board, &desk.board.banks[1], desk.around.now);
        let weights = weights.expect("weights");
        assert_eq!((weights.initial, weights.maintenance), (0, wanted));
    }
}

/// Who calls can't choose the price by posting one print: half of the thirty minutes had one,
/// unless the feed is dead, which is nobody's choice.
#[test]
fn a_settlement_price_has_fifteen_minutes_behind_it() {
    let mut desk = traded();
    announce(&mut desk, Cause::Decided).expect("announced");
    desk.wait(WEEK);
    closes(&mut desk, usd(87));
    let newest = desk.around.now.unix / 60;
    let forget = |desk: &mut Desk, keep: i64| {
        for close in &mut desk.board.feeds[0].closes {
            if newest - close.at / 60 >= keep {
                *close = Mark::default();
            }
        }
    };
    let mut lonely = desk.clone();
    forget(&mut lonely, 14);
    assert_eq!(close(&mut lonely), Err(Error::TooFewCloses));
    lonely.around.now.unix += 601;
    assert_eq!(close(&mut lonely), Ok(usd(87)), "a dead feed's last closes");
    forget(&mut desk, 15);
    assert_eq!(close(&mut desk), Ok(usd(87)));
}
