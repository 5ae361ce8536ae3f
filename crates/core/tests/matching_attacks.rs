//! Attacks on matching, by their ids, each with its bound in numbers.

mod venue;

use bulwark_core::Error;
use bulwark_core::book::Side::{Ask, Bid};
use bulwark_core::health::Level;
use bulwark_core::matching::{Ended, MAX_FILLS, Reason};
use bulwark_core::order::{Kind, OrderRequest};
use venue::*;

#[test]
fn a13_absent_maker_never_leaves_the_book_crossed() {
    let mut world = World::new(&[10_000; 3]);
    world.rest(0, Ask, usd(101), UNIT);
    world.rest(1, Ask, usd(102), UNIT);
    // Maker 0, the best, is left out: not skipped for maker 1, and nothing rests across him.
    world
        .place_with(2, &limit(Bid, usd(105), 2 * UNIT), !1)
        .expect("cancelled");
    assert_eq!(world.fills(), []);
    assert_eq!(
        (world.report.ended, world.report.cancelled),
        (Ended::MakerAbsent, 2 * UNIT)
    );
    assert_eq!(world.report.posted, None);
    // Left out behind a fill: the rest is cancelled too.
    world
        .place_with(2, &limit(Bid, usd(105), 2 * UNIT), !2)
        .expect("first fills");
    assert_eq!(world.fills(), [(0, usd(101), UNIT)]);
    assert_eq!(
        (world.report.ended, world.report.cancelled),
        (Ended::MakerAbsent, UNIT)
    );
    // What does not reach him rests.
    world
        .place_with(2, &limit(Bid, usd(101), UNIT), 0)
        .expect("rests");
    assert_eq!(world.resting(Bid), [(2, usd(101), UNIT)]);
    world.error(
        0,
        &OrderRequest {
            kind: Kind::PostOnly,
            ..limit(Ask, usd(101), UNIT)
        },
        Error::WouldCross,
    );
}

#[test]
fn a14_maker_without_margin_is_removed_and_otherwise_unchanged() {
    // $100 carry an ask of 9 units at $100 by Initial; then the price walks away from it, or the
    // money does (an account with nothing left in it does not count as live).
    for left in [100, 0] {
        let mut world = World::new(&[100, 10_000, 10_000]);
        world.rest(0, Ask, usd(100), 9 * UNIT);
        world.rest(1, Ask, usd(101), UNIT);
        world.deposit(0, (left - 100) * USD);
        world.pass(60);
        world.price(usd(108));
        let (poor, market) = (world.accounts[0], world.market.clone());
        world
            .place(2, &take(Bid, usd(108), 10 * UNIT))
            .expect("fills behind");
        assert_eq!(world.fills(), [(1, usd(101), UNIT)]);
        let gone = world.report.removed()[0];
        assert_eq!((number(&gone.maker), gone.size), (0, 9 * UNIT));
        assert_eq!(gone.reason, Reason::Unfillable);
        // The account is the same to the last bit, but for the order and the place it held.
        let mut wanted = poor;
        wanted.orders[0] = Default::default();
        wanted.positions[0] = Default::default();
        assert_eq!(
            bytemuck::bytes_of(&world.accounts[0]),
            bytemuck::bytes_of(&wanted)
        );
        assert_eq!(world.market.oi_long - market.oi_long, UNIT);
        assert_eq!(world.base(0), 0);
    }
}

/// An account whose health can't be told at all must not stand in front of others either.
#[test]
fn a14_maker_whose_health_is_unknown_is_removed() {
    let mut world = World::new(&[10_000; 3]);
    world.rest(0, Ask, usd(100), UNIT);
    world.rest(1, Ask, usd(101), UNIT);
    let held = &mut world.accounts[0].collaterals[0];
    (held.active, held.bank, held.amount) = (1, 5, 1);
    (world.board.banks[5].status, world.board.banks[5].feed) = (1, 99);
    world
        .place(2, &take(Bid, usd(101), UNIT))
        .expect("fills behind");
    assert_eq!(world.report.removed()[0].reason, Reason::Unfillable);
    assert_eq!(world.fills(), [(1, usd(101), UNIT)]);
}

/// Interest, funding, a socialised loss, debt that a fill would end, profit that it would fade:
/// all of it is booked by the fill, and all of it is undone.
#[test]
fn a14_undoing_a_fill_is_exact() {
    for (quote, side, limit_at, mark) in [
        (-30 * USD, Ask, 100, 103),
        (80 * USD, Ask, 100, 103),
        (-30 * USD, Bid, 100, 97),
        (-30 * USD, Ask, 96, 97),
    ] {
        let mut world = World::new(&[1_000, 100_000, 100_000]);
        world.rest(1, side.opposite(), usd(100), 10 * UNIT);
        world
            .place(0, &take(side, usd(100), 10 * UNIT))
            .expect("opens");
        world.rest(0, side.opposite(), usd(limit_at), 40 * UNIT);
        // Money leaves him, the price runs against him, indexes move, a day half passes.
        let have = world.accounts[0].quote;
        world.deposit(0, quote - have);
        world.accounts[0].realised.amount = 5_000_000;
        world.accounts[0].realised.at = world.rules.now.unix;
        world.pass(40_000);
        world.board.debt_index = bulwark_state::Wide::new(1 << 58);
        world.board.markets[0].funding = bulwark_state::SignedWide::new(-(1 << 50));
        let longs = &mut world.board.markets[0].loss_long;
        *longs = bulwark_state::Wide::new(1 << 49);
        world.board.markets[0].loss_short = bulwark_state::Wide::new(1 << 49);
        world.market.pot += 10_000_000;
        world.vault += 10_000_000;
        world.price(usd(mark));
        assert!(world.surplus(0, Level::Initial) < 0);
        let (poor, market) = (world.accounts[0], world.market.clone());
        world
            .place(2, &take(side, usd(limit_at), 40 * UNIT))
            .expect("removed");
        assert_eq!(world.report.removed()[0].reason, Reason::Unfillable);
        let mut wanted = poor;
        wanted.orders[0] = Default::default();
        wanted.positions[0].orders = 0;
        assert_eq!(
            bytemuck::bytes_of(&world.accounts[0]),
            bytemuck::bytes_of(&wanted)
        );
        assert_eq!(
            bytemuck::bytes_of(&*world.market),
            bytemuck::bytes_of(&*market)
        );
    }
}

/// Who stays below Maintenance gives nothing away, even where his health would rise by it: he is
/// to be taken over.
#[test]
fn liquidatable_maker_is_removed_unless_the_price_is_fair() {
    for (price, fills) in [(usd(106), true), (usd(106) + TICK, false)] {
        let mut world = World::new(&[106, 10_000, 10_000]);
        world.market.maker_fee_ppm = 0;
        world.rest(1, Bid, usd(100), 10 * UNIT);
        world
            .place(0, &take(Ask, usd(100), 10 * UNIT))
            .expect("short");
        let close = OrderRequest {
            reduce_only: true,
            ..limit(Bid, price, UNIT)
        };
        world.place(0, &close).expect("rests");
        world.price(usd(106));
        assert!(world.surplus(0, Level::Maintenance) < 0);
        world.place(2, &take(Ask, price, UNIT)).expect("met");
        assert_eq!(world.report.base > 0, fills);
    }
}

/// Two accounts of one thief: the one short and nearly under water buys back at a price far above
/// the mark from the other. A reduction, but what it loses others would pay.
#[test]
fn a14_reduction_at_a_ruinous_price_is_refused_on_both_sides() {
    for thief_makes in [true, false] {
        let mut world = World::new(&[120, 10_000, 10_000]);
        world.rest(1, Bid, usd(100), 10 * UNIT);
        world
            .place(0, &take(Ask, usd(100), 10 * UNIT))
            .expect("short");
        world.pass(60);
        world.price(usd(104));
        assert!(world.surplus(0, Level::Maintenance) > 0);
        assert!(world.surplus(0, Level::Initial) < 0);
        let buy = OrderRequest {
            reduce_only: true,
            ..limit(Bid, usd(140), 10 * UNIT)
        };
        if thief_makes {
            world
                .place(0, &buy)
                .expect("a reduce-only order needs no margin");
            world
                .place(2, &take(Ask, usd(140), 10 * UNIT))
                .expect("nothing");
            assert_eq!(world.fills(), []);
            assert_eq!(world.report.removed()[0].reason, Reason::Unfillable);
        } else {
            world.rest(2, Ask, usd(140), 10 * UNIT);
            world.error(0, &buy, Error::BelowInitialMargin);
        }
        assert_eq!(world.base(0), -10 * UNIT as i64);
        // At the mark he may.
        world.rest(1, Ask, usd(104), 10 * UNIT);
        let fair = OrderRequest {
            kind: Kind::ImmediateOrCancel,
            price: usd(104),
            ..buy
        };
        world.place(0, &fair).expect("closes");
        assert_eq!(world.base(0), 0);
    }
}

#[test]
fn reduction_below_initial_may_not_lower_the_maintenance_surplus() {
    let mut world = World::new(&[120, 10_000, 10_000]);
    world.rest(1, Bid, usd(100), 10 * UNIT);
    world
        .place(0, &take(Ask, usd(100), 10 * UNIT))
        .expect("short");
    world.price(usd(104));
    let before = world.surplus(0, Level::Maintenance);
    // A fill of β at P frees 5 % of β·p: up to 5 % beyond the mark H rises, further it falls.
    world.rest(2, Ask, usd(108), UNIT);
    let close = OrderRequest {
        reduce_only: true,
        ..take(Bid, usd(112), UNIT)
    };
    world.place(0, &close).expect("H rises");
    let after = world.surplus(0, Level::Maintenance);
    assert!(after > before, "{before} to {after}");
    world.rest(2, Ask, usd(110), UNIT);
    world.error(0, &close, Error::BelowInitialMargin);
}

#[test]
fn a58_same_owner_never_trades_and_the_older_order_goes() {
    let mut world = World::new(&[10_000; 3]);
    world.accounts[1].owner = world.accounts[0].owner;
    world.accounts[0].delegate = key(77);
    world.rest(0, Ask, usd(100), UNIT);
    world.rest(1, Ask, usd(101), UNIT);
    world.rest(2, Ask, usd(102), UNIT);
    // Across two accounts of one owner, and within one account.
    world
        .place(1, &limit(Bid, usd(102), 2 * UNIT))
        .expect("fills behind");
    let removed: Vec<_> = world
        .report
        .removed()
        .iter()
        .map(|gone| (number(&gone.maker), gone.reason))
        .collect();
    assert_eq!(removed, [(0, Reason::SelfTrade), (1, Reason::SelfTrade)]);
    assert_eq!(world.fills(), [(2, usd(102), UNIT)]);
    assert_eq!(world.resting(Bid), [(1, usd(102), UNIT)]);
    assert_eq!(world.accounts[0].positions[0].active, 0);
    assert_eq!(world.unpruned(), 0);
}

#[test]
fn a57_every_order_counts_its_own_loss() {
    let mut world = World::new(&[300, 10_000]);
    // Nine good bids hide one that gives away $40 a unit: the mean limit is below the price.
    world.price(usd(150));
    world.rest(0, Bid, usd(140), UNIT);
    world.price(usd(100));
    for _ in 0..9 {
        world.rest(0, Bid, usd(60), UNIT);
    }
    // 10 units at $100: 10 % and 500 ppm of closing, and 40 for the one bad order.
    let health = bulwark_core::health::health(
        &world.board,
        &world.accounts[0],
        Level::Initial,
        world.rules.now,
        false,
    )
    .expect("health");
    assert_eq!(health.requirement, 100_500_000 + 40 * USD as u64);
    // One more of the bad kind passes, and the next one would need the 300 that are there.
    let mut world = World::new(&[139, 10_000]);
    world.price(usd(150));
    world.rest(0, Bid, usd(140), UNIT);
    world.price(usd(100));
    for _ in 0..8 {
        world.rest(0, Bid, usd(60), UNIT);
    }
    world.error(0, &limit(Bid, usd(60), UNIT), Error::BelowInitialMargin);
    world.deposit(0, 2 * USD);
    world
        .place(0, &limit(Bid, usd(60), UNIT))
        .expect("141 suffice");
}

#[test]
fn s05_fills_and_removals_of_one_order_are_bounded() {
    let mut world = World::new(&[100_000; 3]);
    for _ in 0..14 {
        world.rest(0, Ask, usd(100), UNIT);
    }
    world
        .place(1, &limit(Bid, usd(100), 14 * UNIT))
        .expect("twelve");
    assert_eq!(world.fills().len(), MAX_FILLS);
    assert_eq!(
        (world.report.ended, world.report.cancelled),
        (Ended::TooMany, 2 * UNIT)
    );
    assert_eq!(world.resting(Bid), []);
    assert!(core::mem::size_of::<bulwark_core::matching::Report>() <= 4_096);
    // Twelve who can't be filled, then a good one: the second order reaches it.
    let mut world = World::new(&[100_000; 3]);
    let until = u32::try_from(world.rules.now.unix).expect("small");
    for _ in 0..14 {
        let brief = OrderRequest {
            expires_at: until,
            ..limit(Ask, usd(100), UNIT)
        };
        world.place(0, &brief).expect("rests");
    }
    world.rest(1, Ask, usd(101), UNIT);
    world.pass(1);
    world.place(2, &take(Bid, usd(101), UNIT)).expect("clears");
    assert_eq!(
        (world.report.removed().len(), world.report.ended),
        (12, Ended::TooMany)
    );
    world.place(2, &take(Bid, usd(101), UNIT)).expect("reaches");
    assert_eq!(world.fills(), [(1, usd(101), UNIT)]);
}

#[test]
fn dust_fills_gain_nothing() {
    // Ten thousand fills of one lot at a price where every notional is rounded.
    for taker_buys in [true, false] {
        let mut world = World::new(&[1_000, 1_000]);
        world.market.lot = 1;
        world.market.tick = 1;
        let price = usd(100) + 33_333;
        let (taker, maker) = if taker_buys { (Bid, Ask) } else { (Ask, Bid) };
        let dust = 10_003;
        let mut filled = 0u64;
        while filled < 10_000 {
            let batch = 1_000.min(10_000 - filled);
            world.rest(0, maker, price, batch * dust);
            for _ in 0..batch {
                world.place_quietly(1, &take(taker, price, dust));
            }
            filled += batch;
        }
        world.audit();
        // Exact value of the position at the fill price, 1e-10 of UsdE6, against what it cost.
        let base = i128::from(world.base(1));
        assert_eq!(base.unsigned_abs(), u128::from(10_000 * dust));
        let value = base * i128::from(price);
        for (who, sign) in [(1, 1), (0, -1)] {
            let account = &world.accounts[who];
            let money = i128::from(account.quote) + i128::from(account.positions[0].quote)
                - i128::from(1_000 * USD);
            let gain = sign * value + money * 10_000_000_000;
            assert!(gain < 0, "account {who} gained {gain}");
        }
    }
}

impl World {
    /// Places and expects a fill, without the audit.
    fn place_quietly(&mut self, who: usize, request: &OrderRequest) {
        let (first, second) = self.accounts.split_at_mut(1);
        let margin = key(who);
        let mut venue = bulwark_core::matching::Venue {
            board: &self.board,
            market: &mut self.market,
            book: &mut self.book,
        };
        let mut placer = bulwark_core::matching::Placer {
            margin: &margin,
            account: &mut second[0],
        };
        let mut makers = Lender {
            accounts: vec![(0, &mut first[0])],
            present: u64::MAX,
        };
        let report = &mut self.report;
        bulwark_core::matching::place(
            &mut venue,
            &mut placer,
            request,
            &self.rules,
            &mut makers,
            report,
        )
        .expect("fills");
        assert_eq!(report.fills().len(), 1);
    }
}
