//! Liquidation (D7, INV-LIQ): nobody is made worse off by being taken over, nobody is closed
//! further than needed, and nobody earns by liquidating himself.

mod desk;

use bulwark_core::Error;
use bulwark_core::health::Level;
use bulwark_core::ledger::Traded;
use bulwark_core::liquidation::{self, TakenOver, premium};
use desk::{Desk, LIQUIDATION_FEE, LOT, MAKER_FEE, PERCENT, UNIT, USD, assert_ended, usd};

const ALL: u64 = u64::MAX;

/// Account 0 is long 100 units at $100 with `deposit` dollars, account 1 short; account 2 can
/// receive.
fn long(deposit: i64) -> Desk {
    let mut desk = Desk::new(&[100], &[]);
    desk.open(deposit);
    desk.open(1_000_000);
    desk.open(1_000_000);
    desk.trade(0, 1, 0, 100 * UNIT, usd(100));
    desk
}

#[test]
fn flag_and_unflag() {
    let mut desk = long(600);
    assert_eq!(desk.flag(0), Err(Error::NotLiquidatable));
    let unflag = |desk: &mut Desk| {
        let around = desk.around;
        liquidation::unflag(
            &desk.board,
            &mut desk.accounts[0],
            around.now,
            around.paused,
        )
    };
    assert_eq!(unflag(&mut desk), Err(Error::NotFlagged));
    // E = 600 − 250 = 350 against 4 % of 9,750 = 390.
    desk.price(0, usd(97) + 50_000_000);
    assert_eq!(desk.flag(0), Ok(()));
    let open = desk.around.now.unix as u64;
    assert_eq!(desk.accounts[0].flagged_open, open + 1);
    assert_eq!(desk.flag(0), Err(Error::AlreadyFlagged));
    assert_eq!(unflag(&mut desk), Err(Error::StageForbids));
    // H_M ≥ 0 isn't enough: r_E = 4.5 % of 9,750 = 438.75.
    desk.deposit(0, 88 * USD);
    assert_eq!(unflag(&mut desk), Err(Error::StageForbids));
    desk.deposit(0, USD);
    assert_eq!(unflag(&mut desk), Ok(false));
    desk.wait(59);
    assert_eq!(unflag(&mut desk), Err(Error::TooEarly));
    desk.wait(1);
    assert_eq!(unflag(&mut desk), Ok(true));
    assert_eq!(
        (desk.accounts[0].flagged_open, desk.accounts[0].unflag_open),
        (0, 0)
    );
}

/// a50: topping up by one unit and falling again doesn't reset the auction's clock.
#[test]
fn a50_the_clock_is_not_reset_by_topping_up() {
    let mut desk = long(600);
    desk.price(0, usd(97) + 50_000_000);
    desk.flag(0).unwrap();
    let flagged = desk.accounts[0].flagged_open;
    desk.wait(30);
    let unflag = |desk: &mut Desk| {
        let now = desk.around.now;
        liquidation::unflag(&desk.board, &mut desk.accounts[0], now, false)
    };
    assert_eq!(unflag(&mut desk), Err(Error::StageForbids));
    desk.deposit(0, 89 * USD);
    assert_eq!(desk.take_over(0, 2, 0, ALL), Err(Error::NotLiquidatable));
    assert_eq!(unflag(&mut desk), Ok(false));
    assert_eq!(unflag(&mut desk.clone()), Err(Error::TooEarly));
    desk.price(0, usd(96));
    let taken = desk.take_over(0, 2, 0, ALL).unwrap();
    assert_eq!(desk.accounts[0].flagged_open, flagged);
    // 50 s of 60 have passed since the flag.
    let health = 289 * USD;
    let standing = premium::standing(health, 384 * USD as u64);
    let urgency = premium::urgency(Some(50), 60, standing);
    assert_eq!(urgency, 833_333_333);
    let rate = 4 * PERCENT / 2 * standing / 1_000_000_000 * urgency / 1_000_000_000;
    assert!(
        taken
            .premium
            .abs_diff(taken.notional * rate / 1_000_000_000)
            <= 1 + taken.notional / 500_000_000
    );
    // And a take-over between voids the first call.
    assert_eq!(desk.accounts[0].unflag_open, 0);
}

#[test]
fn take_over_to_the_unit() {
    let mut desk = long(600);
    // E = 600 − 300 = 300, MM = 388, Req_E = 436.5.
    desk.price(0, usd(97));
    desk.flag(0).unwrap();
    desk.wait(60);
    let insured = desk.insurance.balance;
    // E/MM = 0.773195876; π = 2 % of it = 1.5463917 %; the fee of 10 bp is below its limit of 1 %
    // of it. 136.50/(4.5 % − π − 0.1 %) = $4,783, but a quarter of 100 units is 25.
    let taken = TakenOver {
        size: 25 * UNIT,
        long: true,
        price: usd(97),
        notional: 2_425_000_000,
        premium: 37_499_998,
        top_up: 0,
        fee: 2_425_000,
        received: Traded {
            closed: 0,
            opened: 25 * UNIT,
            realised: 0,
        },
    };
    assert_eq!(desk.take_over(0, 2, 0, ALL), Ok(taken));
    assert_eq!(desk.insurance.balance, insured);
    assert_eq!(
        (desk.base(0, 0), desk.base(2, 0)),
        (75 * UNIT as i64, 25 * UNIT as i64)
    );
    assert_eq!(
        desk.accounts[0].quote,
        600 * USD - 75_000_000 - 37_499_998 - 2_425_000
    );
    assert_eq!(desk.accounts[2].quote, 1_000_000 * USD + 37_499_998);
    assert_eq!(desk.markets[0].deltas.fees, 2_425_000);
    desk.check();
    // The share of this slot is gone; the next slots end it.
    assert_eq!(desk.take_over(0, 2, 0, ALL), Err(Error::SlotShare));
    desk.around.now.slot += 1;
    assert_eq!(
        desk.take_over(0, 2, 0, 10 * UNIT).map(|taken| taken.size),
        Ok(10 * UNIT)
    );
    let rest = 8 * UNIT + 75 * LOT;
    assert_eq!(
        desk.take_over(0, 2, 0, ALL).map(|taken| taken.size),
        Ok(rest)
    );
    assert_eq!(desk.take_over(0, 2, 0, ALL), Err(Error::NotLiquidatable));
    desk.check();
}

#[test]
fn who_can_not_be_taken_over() {
    let mut desk = long(600);
    assert_eq!(desk.take_over(0, 2, 0, ALL), Err(Error::NotLiquidatable));
    desk.price(0, usd(97));
    assert_eq!(desk.take_over(0, 2, 0, 0), Err(Error::NothingToTake));
    assert_eq!(desk.take_over(0, 2, 0, LOT - 1), Err(Error::NothingToTake));
    // The receiver must have his initial requirement after.
    let poor = desk.open(1);
    assert_eq!(
        desk.take_over(0, poor, 0, ALL),
        Err(Error::ReceiverUnhealthy)
    );
    // 10 units at $97 want 6.05 % of $970 and an eleventh more outside of Normal.
    let fair = desk.open(55);
    desk.around.receiver_scale_ppm = 1_100_000;
    assert_eq!(
        desk.take_over(0, fair, 0, 10 * UNIT),
        Err(Error::ReceiverUnhealthy)
    );
    desk.around.receiver_scale_ppm = 1_000_000;
    assert!(desk.take_over(0, fair, 0, 10 * UNIT).is_ok());
    // One's own second account may; the very same can't.
    desk.accounts[2].owner = desk.accounts[0].owner;
    assert_eq!(desk.take_over(0, 2, 0, ALL), Err(Error::SelfLiquidation));
    desk.accounts[2].index = 1;
    assert!(desk.take_over(0, 2, 0, ALL).is_ok());
    // Worth less than nothing: wound up instead.
    desk.price(0, usd(90));
    assert_eq!(desk.take_over(0, 2, 0, ALL), Err(Error::Bankrupt));
    desk.check();
}

#[test]
fn a_settled_leg_is_closed_there() {
    let mut desk = Desk::new(&[100, 10], &[]);
    desk.opens(&[600, 1_000_000, 1_000_000]);
    desk.trade(0, 1, 0, 100 * UNIT, usd(100));
    desk.trade(0, 1, 1, UNIT, usd(10));
    desk.board.markets[1].status = 6;
    desk.board.markets[1].settle_price = usd(10);
    desk.price(0, usd(97));
    assert_eq!(desk.take_over(0, 2, 1, ALL), Err(Error::MarketForbids));
    assert!(desk.take_over(0, 2, 0, ALL).is_ok());
}

#[test]
fn orders_are_void_first() {
    let mut desk = long(600);
    let account = &mut desk.accounts[0];
    account.positions[0].orders = 1;
    account.orders[3] = bulwark_state::OrderSlot {
        price: usd(90),
        size: UNIT,
        epoch: 1,
        ..Default::default()
    };
    desk.price(0, usd(97));
    desk.take_over(0, 2, 0, ALL).unwrap();
    let account = &desk.accounts[0];
    assert_eq!(
        (
            account.orders[3].size,
            account.positions[0].orders,
            account.order_epoch
        ),
        (0, 0, 2)
    );
}

/// a38: a caller can't pick the worse of two valid prints.
#[test]
fn a38_the_favourable_of_the_last_two_prints() {
    let mut desk = long(600);
    desk.price(0, usd(98));
    desk.print(0, usd(97));
    // At $98 alone E = 400 ≥ 392.
    assert_eq!(desk.flag(0), Err(Error::NotLiquidatable));
    assert_eq!(desk.take_over(0, 2, 0, ALL), Err(Error::NotLiquidatable));
    // At $97.50 and $97 both: at the better.
    desk.price(0, usd(97) + 50_000_000);
    desk.print(0, usd(97));
    assert_eq!(
        desk.take_over(0, 2, 0, ALL).unwrap().price,
        usd(97) + 50_000_000
    );
    // The short gets the lower one.
    let mut desk = Desk::new(&[100], &[]);
    desk.opens(&[1_000_000, 600, 1_000_000]);
    desk.trade(0, 1, 0, 100 * UNIT, usd(100));
    desk.price(0, usd(103));
    desk.print(0, usd(104));
    assert_eq!(desk.take_over(1, 2, 0, ALL).unwrap().price, usd(103));
    // Below the critical level the newest alone counts, and the whole leg may go.
    let mut desk = long(600);
    desk.price(0, usd(97));
    desk.print(0, usd(94) + 90_000_000);
    let taken = desk.take_over(0, 2, 0, ALL).unwrap();
    let whole = (usd(94) + 90_000_000, 100 * UNIT);
    assert_eq!((taken.price, taken.size), whole);
    desk.check();
}

/// a42: confidence alone takes at most a quarter of the margin.
#[test]
fn a42_confidence_alone_does_not_liquidate() {
    let mut desk = long(600);
    desk.price(0, usd(99) + 20_000_000);
    // E = 520 ≥ 1.25 × 396.8 = 496.
    for conf in [1, usd(1), usd(20), usd(99)] {
        desk.board.feeds[0].last.conf = conf;
        assert_eq!(desk.flag(0), Err(Error::NotLiquidatable), "conf {conf}");
    }
    // E = 450 < 1.25 × 394 = 492.5: half a per cent of confidence does it.
    desk.price(0, usd(98) + 50_000_000);
    desk.board.feeds[0].last.conf = 0;
    assert_eq!(desk.flag(0), Err(Error::NotLiquidatable));
    desk.board.feeds[0].last.conf = 60_000_000;
    assert_eq!(desk.flag(0), Ok(()));
    // Nor does a wide one save anybody: E = 200 + 96, a quarter of 384, is below MM.
    let mut desk = long(600);
    desk.price(0, usd(96));
    desk.board.feeds[0].last.conf = usd(90);
    assert_eq!(desk.flag(0), Ok(()));
}

/// a11: a leg whose price is old can't be taken over, the others can.
#[test]
fn a11_a_leg_with_a_bad_price_does_not_shield_the_others() {
    let mut desk = Desk::new(&[100, 10], &[]);
    desk.opens(&[600, 1_000_000, 1_000_000]);
    desk.trade(0, 1, 0, 100 * UNIT, usd(100));
    desk.trade(0, 1, 1, LOT, usd(10));
    for (age, refused) in [
        (61, Error::OracleGate),
        (599, Error::OracleGate),
        (700, Error::OracleGate),
    ] {
        let mut desk = desk.clone();
        desk.price(0, usd(97));
        desk.board.feeds[1].last.publish_at -= age;
        assert_eq!(desk.take_over(0, 2, 1, ALL), Err(refused), "age {age}");
        assert!(desk.take_over(0, 2, 0, ALL).is_ok(), "age {age}");
    }
    // Below the critical level an old price is enough, at its favourable edge.
    desk.price(0, usd(94) + 80_000_000);
    desk.board.feeds[1].last.publish_at -= 100;
    desk.board.feeds[1].last.conf = 1_000_000;
    assert_eq!(
        desk.take_over(0, 2, 1, ALL).unwrap().price,
        usd(10) + 1_000_000
    );
}

/// a28: grace holds between critical level and maintenance only, and not for who was below before.
#[test]
fn a28_grace() {
    let mut desk = long(600);
    desk.board.feeds[0].pre_closing = desk.board.feeds[0].last;
    desk.around.grace = true;
    desk.price(0, usd(97));
    assert_eq!(desk.take_over(0, 2, 0, ALL), Err(Error::GraceHolds));
    let mut was = desk.clone();
    was.board.feeds[0].pre_closing.price = usd(97) + 50_000_000;
    assert!(was.take_over(0, 2, 0, ALL).is_ok());
    desk.price(0, usd(94) + 90_000_000);
    assert!(desk.take_over(0, 2, 0, ALL).is_ok());
}

/// In Paused a fifth of the requirement is spared; the critical level stays.
#[test]
fn paused_spares_a_fifth() {
    let mut desk = long(600);
    desk.price(0, usd(97) + 50_000_000);
    desk.around.paused = true;
    // 350 ≥ 312.
    assert_eq!(desk.take_over(0, 2, 0, ALL), Err(Error::NotLiquidatable));
    desk.price(0, usd(97));
    // 300 < 310.4.
    let old = desk.clone();
    let taken = desk.take_over(0, 2, 0, ALL).unwrap();
    assert!(taken.size < 25 * UNIT);
    assert_ended(&desk, old, &taken, 0);
    desk.check();
}

/// In Paused only live legs are liquidated, even below the critical level.
#[test]
fn paused_wants_live_legs() {
    let mut desk = long(600);
    desk.price(0, usd(94) + 80_000_000);
    desk.board.feeds[0].last.publish_at -= 100;
    desk.around.paused = true;
    assert_eq!(desk.take_over(0, 2, 0, ALL), Err(Error::OracleGate));
    desk.around.paused = false;
    assert!(desk.take_over(0, 2, 0, ALL).is_ok());
}

#[test]
fn dust_goes_whole() {
    let mut desk = long(600);
    desk.markets[0].dust_notional = 8_000 * USD as u64;
    desk.price(0, usd(97));
    assert_eq!(desk.take_over(0, 2, 0, ALL).unwrap().size, 100 * UNIT);
    assert_eq!(desk.base(0, 0), 0);
    assert!(
        desk.accounts[0]
            .positions
            .iter()
            .all(|position| position.active == 0)
    );
    desk.check();
}

/// Deeper than half of maintenance insurance tops the premium up, bounded by the fees of opening
/// and closing.
#[test]
fn insurance_tops_up_deep_accounts() {
    let mut desk = long(600);
    // E = 40 of 377.6: π = 2 % · 0.106 = 0.21 %; π_min is 0.25 %.
    desk.price(0, usd(94) + 40_000_000);
    let before = desk.insurance.balance;
    let taken = desk.take_over(0, 2, 0, ALL).unwrap();
    let fees = 2 * taken.notional * u64::from(MAKER_FEE) / 1_000_000 + taken.fee;
    let missing = taken.notional / 400 - taken.premium;
    assert!(
        missing < fees && missing.abs_diff(taken.top_up) <= 1,
        "{taken:?}"
    );
    assert_eq!(before - desk.insurance.balance, taken.top_up);
    assert!(taken.fee <= taken.notional * u64::from(LIQUIDATION_FEE) / 1_000_000);
    desk.check();
    // Nothing for a shallow one, however small its premium still is: that only has to ripen.
    let mut desk = long(600);
    desk.price(0, usd(97) + 85_000_000);
    let taken = desk.take_over(0, 2, 0, ALL).unwrap();
    assert!(taken.premium < taken.notional / 400);
    assert_eq!(taken.top_up, 0);
    desk.check();
    // Nothing where insurance is empty.
    let mut desk = long(600);
    desk.vault -= desk.insurance.balance;
    desk.insurance.balance = 0;
    desk.price(0, usd(94) + 40_000_000);
    assert_eq!(desk.take_over(0, 2, 0, ALL).unwrap().top_up, 0);
    desk.check();
}

/// i08: many liquidators in one slot and over slots never close more than LiquidationEnd needs.
#[test]
fn i08_a_queue_of_liquidators_does_not_over_close() {
    let mut desk = long(600);
    desk.price(0, usd(97) + 50_000_000);
    desk.flag(0).unwrap();
    desk.wait(60);
    let mut total = 0;
    let mut last = None;
    for turn in 0..60 {
        desk.board.feeds[0].previous.publish_at = 0;
        let old = desk.clone();
        match desk.take_over(0, 2, 0, 3 * UNIT) {
            Ok(taken) => {
                total += taken.size;
                last = Some((old, taken));
            }
            Err(Error::SlotShare) => desk.wait(1),
            Err(Error::NotLiquidatable) => break,
            Err(error) => panic!("turn {turn}: {error:?}"),
        }
        desk.check();
    }
    assert!(total < 35 * UNIT, "{total}");
    assert!(desk.health(0, Level::Maintenance) >= 0);
    let (old, last) = last.unwrap();
    if last.size < 3 * UNIT {
        assert_ended(&desk, old, &last, 0);
    }
}

/// a44: what is closed of one account doesn't move another's maintenance; with the size add-on the
/// account still ends at LiquidationEnd and no further.
#[test]
fn a44_size_counts_per_account() {
    let mut desk = long(700);
    desk.board.markets[0].depth_usd = 8_000 * USD as u64;
    desk.board.markets[0].size_slope_e9 = 100_000_000;
    desk.markets[0].slot_share_ppm = 1_000_000;
    desk.price(0, usd(99));
    let other = desk.spot(1);
    let old = desk.clone();
    let taken = desk.take_over(0, 2, 0, ALL).unwrap();
    assert_ended(&desk, old, &taken, 0);
    assert_eq!(desk.spot(1), other);
    desk.check();
}

#[test]
fn a_cascade_slows_down() {
    let mut desk = long(600);
    desk.markets[0].cascade.cap_ppm = 100_000;
    desk.price(0, usd(97));
    assert_eq!(desk.take_over(0, 2, 0, ALL).unwrap().size, 25 * UNIT);
    let now = desk.around.now;
    assert_eq!(
        liquidation::cascading(&desk.board, &desk.markets[0], now),
        Ok(true)
    );
    desk.around.now.slot += 1;
    // An eighth of what is left.
    assert_eq!(
        desk.take_over(0, 2, 0, ALL).unwrap().size,
        75 * UNIT / 8 / LOT * LOT
    );
    desk.wait(300);
    let now = desk.around.now;
    assert_eq!(
        liquidation::cascading(&desk.board, &desk.markets[0], now),
        Ok(false)
    );
}
