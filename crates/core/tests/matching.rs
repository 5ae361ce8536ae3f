//! Matching by hand-made scenarios.

mod venue;

use bulwark_core::Error;
use bulwark_core::book::Side::{Ask, Bid};
use bulwark_core::health::Level;
use bulwark_core::matching::{Class, Ended, Reason, STRICT_PPM};
use bulwark_core::order::{Kind, OrderRequest};
use venue::*;

#[test]
fn fill_moves_both_sides_at_the_makers_price() {
    let mut world = World::new(&[10_000, 10_000]);
    world.rest(0, Ask, usd(101), 2 * UNIT);
    world
        .place(1, &limit(Bid, usd(103), 3 * UNIT))
        .expect("fills");
    assert_eq!(world.fills(), [(0, usd(101), 2 * UNIT)]);
    let fill = world.report.fills()[0];
    assert_eq!(
        (fill.notional, fill.maker_fee, fill.taker_fee),
        (202_000_000, 40_400, 101_000)
    );
    assert_eq!(fill.class, Class::Up);
    assert_eq!(
        (world.base(0), world.base(1)),
        (-2 * UNIT as i64, 2 * UNIT as i64)
    );
    assert_eq!(world.fees(), 141_400);
    assert_eq!(world.resting(Bid), [(1, usd(103), UNIT)]);
    assert_eq!(world.resting(Ask), []);
    assert_eq!(
        (world.report.ended, world.report.cancelled),
        (Ended::NothingCrosses, 0)
    );
    assert_eq!(world.market.fill_sequence, 1);
    assert_eq!(world.market.slot_notional, 202_000_000);
}

#[test]
fn best_price_then_earliest_order_fills_first() {
    let mut world = World::new(&[10_000; 4]);
    world.rest(0, Ask, usd(102), UNIT);
    world.rest(1, Ask, usd(101), UNIT);
    world.rest(2, Ask, usd(101), UNIT);
    world
        .place(3, &take(Bid, usd(102), 5 * UNIT / 2))
        .expect("fills");
    let wanted = [
        (1, usd(101), UNIT),
        (2, usd(101), UNIT),
        (0, usd(102), UNIT / 2),
    ];
    assert_eq!(world.fills(), wanted);
    assert_eq!(world.resting(Ask), [(0, usd(102), UNIT / 2)]);
    assert_eq!(world.report.ended, Ended::Filled);
}

#[test]
fn kinds_do_what_they_say() {
    let mut world = World::new(&[10_000; 2]);
    world.rest(0, Ask, usd(101), UNIT);
    let of = |kind, price, size| OrderRequest {
        kind,
        ..limit(Bid, price, size)
    };
    world.error(1, &of(Kind::PostOnly, usd(101), UNIT), Error::WouldCross);
    world.error(
        1,
        &of(Kind::FillOrKill, usd(101), 2 * UNIT),
        Error::NotFilledWhole,
    );
    world
        .place(1, &of(Kind::ImmediateOrCancel, usd(100), UNIT))
        .expect("nothing");
    assert_eq!((world.report.cancelled, world.report.base), (UNIT, 0));
    assert_eq!(world.accounts[1].positions[0].active, 0);
    world
        .place(1, &of(Kind::PostOnly, usd(100), UNIT))
        .expect("rests");
    world
        .place(1, &of(Kind::FillOrKill, usd(101), UNIT))
        .expect("whole");
    assert_eq!(world.base(1), UNIT as i64);
    assert_eq!(world.resting(Bid), [(1, usd(100), UNIT)]);
}

#[test]
fn reduce_only_is_clipped_at_the_fill_on_both_sides() {
    let mut world = World::new(&[10_000; 4]);
    world.rest(1, Bid, usd(100), 5 * UNIT);
    world
        .place(0, &take(Ask, usd(100), 5 * UNIT))
        .expect("0 short 5");
    let reduce = |side, price, size| OrderRequest {
        reduce_only: true,
        ..limit(side, price, size)
    };
    // Taker: 8 wanted, 5 held; what remains beyond the position is given up.
    world.rest(2, Ask, usd(101), 2 * UNIT);
    world
        .place(0, &reduce(Bid, usd(101), 8 * UNIT))
        .expect("clipped");
    assert_eq!(world.fills(), [(2, usd(101), 2 * UNIT)]);
    assert_eq!(world.report.posted.expect("rests").size, 3 * UNIT);
    assert_eq!(world.report.cancelled, 3 * UNIT);
    assert_eq!(world.base(0), -3 * UNIT as i64);
    // Maker: his position shrinks to 1 meanwhile, so his resting 3 fill only 1, then go.
    world.rest(2, Ask, usd(102), 2 * UNIT);
    world
        .place(0, &take(Bid, usd(102), 2 * UNIT))
        .expect("shrinks");
    world.rest(3, Bid, usd(101), UNIT);
    world
        .place(2, &take(Ask, usd(101), 5 * UNIT))
        .expect("clipped");
    assert_eq!(world.fills(), [(0, usd(101), UNIT), (3, usd(101), UNIT)]);
    assert_eq!(world.report.removed()[0].reason, Reason::NotReducing);
    assert_eq!(world.base(0), 0);
    assert_eq!(world.accounts[0].positions[0].active, 0);
    world.error(0, &reduce(Bid, usd(101), UNIT), Error::NotReducing);
    world.error(3, &reduce(Bid, usd(101), UNIT), Error::NotReducing);
}

#[test]
fn open_interest_rises_only_where_it_may() {
    let mut world = World::new(&[10_000; 4]);
    world.rest(1, Bid, usd(100), 5 * UNIT);
    world
        .place(0, &take(Ask, usd(100), 5 * UNIT))
        .expect("0 short 5, 1 long 5");
    world.rules.open_interest_up = false;
    world.rules.requirement_ppm = STRICT_PPM;
    // Two flat accounts may not meet; the order stays, the new one does not rest across it.
    world.rest(2, Ask, usd(101), 3 * UNIT);
    world
        .place(3, &limit(Bid, usd(101), UNIT))
        .expect("nothing");
    assert_eq!(
        (world.report.ended, world.report.cancelled),
        (Ended::InterestClosed, UNIT)
    );
    assert_eq!(world.resting(Ask), [(2, usd(101), 3 * UNIT)]);
    // A transfer: 0 closes 3 and 2 takes them over.
    world
        .place(0, &take(Bid, usd(101), 4 * UNIT))
        .expect("transfer");
    assert_eq!(world.fills(), [(2, usd(101), 3 * UNIT)]);
    assert_eq!(world.report.fills()[0].class, Class::Transfer);
    assert_eq!(world.market.oi_long, 5 * UNIT);
    // Through zero: short 2 and wants 10 from long 5; 7 close on either side, no more is filled.
    world.rest(1, Ask, usd(102), 10 * UNIT);
    world
        .place(0, &take(Bid, usd(102), 10 * UNIT))
        .expect("clipped");
    assert_eq!(world.fills(), [(1, usd(102), 7 * UNIT)]);
    assert_eq!(
        (world.base(0), world.base(1)),
        (5 * UNIT as i64, -2 * UNIT as i64)
    );
    assert_eq!(world.market.oi_long, 5 * UNIT);
    assert_eq!(world.report.ended, Ended::InterestClosed);
}

#[test]
fn receiver_outside_of_normal_has_a_tenth_more() {
    let mut world = World::new(&[10_000, 10_000, 105, 105]);
    world.rest(1, Bid, usd(100), 10 * UNIT);
    world
        .place(0, &take(Ask, usd(100), 10 * UNIT))
        .expect("0 short 10");
    world.rules.requirement_ppm = STRICT_PPM;
    // $105 carry 10 units at Initial (10.05 %), not at 1.1 times that.
    world.rules.requirement_ppm = bulwark_core::matching::NORMAL_PPM;
    world.rest(2, Ask, usd(100), 10 * UNIT);
    world.rules.requirement_ppm = STRICT_PPM;
    world.error(
        3,
        &limit(Bid, usd(99), 10 * UNIT),
        Error::BelowInitialMargin,
    );
    world
        .place(0, &take(Bid, usd(100), 10 * UNIT))
        .expect("removed");
    assert_eq!(world.report.removed()[0].reason, Reason::Unfillable);
    assert_eq!(world.base(0), -10 * UNIT as i64);
}

#[test]
fn caps_cut_a_fill_to_whole_lots() {
    let mut world = World::new(&[100_000; 3]);
    world.market.oi_cap = 3 * UNIT + LOT / 2;
    world.rest(0, Ask, usd(100), 10 * UNIT);
    world
        .place(1, &take(Bid, usd(100), 10 * UNIT))
        .expect("cut");
    assert_eq!(world.fills(), [(0, usd(100), 3 * UNIT)]);
    assert_eq!(world.report.ended, Ended::InterestCap);
    world.market.oi_cap = 100 * UNIT;
    world.market.slot_notional_cap = 500 * USD as u64;
    // $300 of this slot are used.
    world
        .place(1, &take(Bid, usd(100), 10 * UNIT))
        .expect("cut");
    assert_eq!(world.fills(), [(0, usd(100), 2 * UNIT)]);
    assert_eq!(world.report.ended, Ended::SlotCap);
    world.pass(1);
    world
        .place(1, &take(Bid, usd(100), 10 * UNIT))
        .expect("a new slot");
    assert_eq!(world.fills(), [(0, usd(100), 5 * UNIT)]);
    // Closing is never counted against the caps.
    world.rest(1, Ask, usd(101), 10 * UNIT);
    world
        .place(0, &take(Bid, usd(101), 10 * UNIT))
        .expect("closes");
    assert_eq!(world.fills(), [(1, usd(101), 10 * UNIT)]);
    assert_eq!(world.report.fills()[0].class, Class::Reduce);
    for closed in [
        &mut world.market.slot_notional_cap,
        &mut world.market.oi_cap,
    ] {
        *closed = 0;
    }
    world.rest(1, Ask, usd(101), UNIT);
    world.place(0, &take(Bid, usd(101), UNIT)).expect("nothing");
    assert_eq!((world.report.base, world.report.cancelled), (0, UNIT));
}

#[test]
fn lowered_caps_hold_until_they_lapse() {
    let mut world = World::new(&[100_000; 2]);
    let now = world.rules.now;
    world.market.lowered_oi.value = UNIT;
    world.market.lowered_oi.until = bulwark_state::End {
        at: now.unix + 10,
        slot: now.slot + 1_000,
    };
    world.rest(0, Ask, usd(100), 10 * UNIT);
    world
        .place(1, &take(Bid, usd(100), 10 * UNIT))
        .expect("cut");
    assert_eq!(world.fills(), [(0, usd(100), UNIT)]);
    world.pass(10);
    world
        .place(1, &take(Bid, usd(100), 9 * UNIT))
        .expect("lapsed");
    assert_eq!(world.fills(), [(0, usd(100), 9 * UNIT)]);
}

#[test]
fn band_ends_the_pass() {
    let mut world = World::new(&[10_000; 2]);
    world.rest(0, Ask, usd(101), UNIT);
    world.rest(0, Ask, usd(103), UNIT);
    world.rules.band = Some((usd(98), usd(102)));
    world
        .place(1, &limit(Bid, usd(105), 2 * UNIT))
        .expect("inside only");
    assert_eq!(world.fills(), [(0, usd(101), UNIT)]);
    assert_eq!(
        (world.report.ended, world.report.cancelled),
        (Ended::Band, UNIT)
    );
}

#[test]
fn leverage_cap_binds_who_takes_on_risk() {
    let mut world = World::new(&[1_000, 1_000, 10_000]);
    world.market.leverage_cap = 5_000;
    world.rest(0, Ask, usd(100), 60 * UNIT);
    // Maker 0 would have six times: removed at the fill.
    world
        .place(2, &take(Bid, usd(100), 60 * UNIT))
        .expect("removed");
    assert_eq!(world.report.removed()[0].reason, Reason::Unfillable);
    world.rest(2, Ask, usd(100), 60 * UNIT);
    world.error(
        1,
        &take(Bid, usd(100), 60 * UNIT),
        Error::BelowInitialMargin,
    );
    world
        .place(1, &take(Bid, usd(100), 49 * UNIT))
        .expect("4.9 times");
    // Closed: nobody takes on risk, and nobody's order is removed for it.
    world.market.leverage_cap = 0;
    world
        .place(1, &take(Ask, usd(100), 60 * UNIT))
        .expect("nothing there");
    world.rest_closed();
}

impl World {
    fn rest_closed(&mut self) {
        let before = self.resting(Ask);
        self.place(1, &take(Bid, usd(100), UNIT)).expect("nothing");
        assert_eq!(self.report.ended, Ended::InterestClosed);
        assert_eq!(self.resting(Ask), before);
    }
}

#[test]
fn expired_orders_go_in_passing_even_without_their_account() {
    let mut world = World::new(&[10_000; 3]);
    let until = u32::try_from(world.rules.now.unix + 10).expect("small");
    let brief = OrderRequest {
        expires_at: until,
        ..limit(Ask, usd(100), UNIT)
    };
    world.place(0, &brief).expect("rests");
    world.place(0, &brief).expect("rests");
    world.rest(1, Ask, usd(101), UNIT);
    world.pass(10);
    world
        .place(2, &take(Bid, usd(100), LOT))
        .expect("lives through its second");
    assert_eq!(world.fills(), [(0, usd(100), LOT)]);
    world.pass(1);
    world
        .place_with(2, &take(Bid, usd(101), UNIT), !1)
        .expect("passes them");
    assert_eq!(world.fills(), [(1, usd(101), UNIT)]);
    assert_eq!(world.report.removed().len(), 2);
    assert!(
        world
            .report
            .removed()
            .iter()
            .all(|gone| gone.reason == Reason::ExpiredUnseen)
    );
    // The slots stay reserved until the account comes along.
    assert_eq!(world.unpruned(), 2 * UNIT - LOT);
    world.error(
        2,
        &OrderRequest {
            expires_at: until,
            ..brief
        },
        Error::OrderExpired,
    );
}

#[test]
fn liquidatable_account_places_nothing() {
    let mut world = World::new(&[105, 10_000]);
    world.rest(1, Bid, usd(100), 10 * UNIT);
    world
        .place(0, &take(Ask, usd(100), 10 * UNIT))
        .expect("short");
    world.price(usd(106));
    assert!(world.surplus(0, Level::Maintenance) < 0);
    world.rest(1, Ask, usd(106), 10 * UNIT);
    let close = OrderRequest {
        reduce_only: true,
        ..take(Bid, usd(106), 10 * UNIT)
    };
    world.error(0, &close, Error::StageForbids);
}
