//! Outflow (D6): buckets, queue, lane, quickened exits; attacks and bounds in numbers.

mod fixture;
mod teller;

use bulwark_core::Error;
use bulwark_core::mode;
use bulwark_core::outflow::{self, UsdLimit};
use bulwark_core::withdrawal::{ALL, Request, plan_withdraw};
use bulwark_state::{Collateral, Position, Protocol};
use bytemuck::Zeroable;
use teller::{DAY, HOUR, Teller};

const M: u64 = 1_000_000;

/// a09: fifty times the bank deposited in one transaction does not open the outflow.
#[test]
fn a09_a_deposit_does_not_inflate_the_buckets() {
    let mut teller = Teller::seasoned(1, &[500_000, 500_000, 0]);
    teller.deposit(2, 50 * M).unwrap();
    // Somebody with half of the bank's claims, however he came by them.
    let (plan, _) = teller.withdraw(0, ALL).unwrap();
    assert_eq!(plan.free, 0);
    assert_eq!(plan.now, 9_000, "1 % of the old million, less the lane");
    assert_eq!(plan.queued, 491_000);
    // His own recent money leaves free, and nothing else with it.
    let (plan, _) = teller.withdraw(2, ALL).unwrap();
    assert_eq!((plan.free, plan.now, plan.queued), (50 * M, 0, 0));
    teller.audit();
    // Nor does the bucket fill faster while it lies there: ten minutes move the mean by 0.7 %.
    let mut teller = Teller::seasoned(1, &[500_000, 500_000, 0]);
    teller.deposit(2, 50 * M).unwrap();
    teller.wait(600);
    let (plan, _) = teller.withdraw(0, ALL).unwrap();
    assert!((9_000..13_000).contains(&plan.now), "{}", plan.now);
}

/// a10: depositing and withdrawing the same money every hour uses up nothing.
#[test]
fn a10_bucket_griefing_leaves_the_buckets_full() {
    let mut teller = Teller::seasoned(1, &[M, 0]);
    for _ in 0..48 {
        teller.deposit(1, 10_000).unwrap();
        teller.wait(60);
        let (plan, _) = teller.withdraw(1, ALL).unwrap();
        // 60 of 86,400 seconds have faded: 7 units of 10,000 go through the bucket.
        assert_eq!((plan.free, plan.now, plan.queued), (9_993, 7, 0));
        teller.wait(HOUR - 60);
    }
    let (plan, _) = teller.withdraw(0, 9_000).unwrap();
    assert_eq!(
        (plan.now, plan.queued),
        (9_000, 0),
        "an honest exit is paid at once"
    );
    teller.audit();
}

/// a68: leaving slowly does not make the queue endless: the base is held while a ticket waits.
#[test]
fn a68_the_base_is_held_while_a_ticket_waits() {
    for (divisor, served_daily) in [(1, false), (2, false), (4, false), (1, true), (4, true)] {
        let mut teller = Teller::seasoned(1, &[900_000, 100_000]);
        teller.flow.divisor = divisor;
        teller.withdraw(0, ALL).unwrap();
        let queued = teller.tickets[0].1.amount;
        // 24 h·w/(9 %·factor·base), with one crank at the end, or with one a day.
        let bound = DAY as u64 * queued * u64::from(divisor) / 90_000 + 1;
        if served_daily {
            for _ in 0..bound as i64 / DAY {
                teller.wait(DAY);
                teller.serve(0).unwrap();
                assert_eq!(teller.bank.queue.held_base, M);
            }
            teller.wait(bound as i64 % DAY);
        } else {
            teller.wait(bound as i64);
        }
        let served = teller.serve(0).unwrap();
        assert!(served.done, "divisor {divisor}: {served:?}");
        assert_eq!(teller.books[0].coins, 900_000);
        teller.audit();
    }
}

#[test]
fn tickets_are_served_in_their_order() {
    let mut teller = Teller::seasoned(1, &[400_000, 300_000, 300_000]);
    teller.withdraw(0, ALL).unwrap();
    teller.withdraw(1, 200_000).unwrap();
    teller.withdraw(2, 100).unwrap();
    let amounts: Vec<u64> = teller.tickets.iter().map(|(_, t)| t.amount).collect();
    assert_eq!(amounts, [391_000, 200_000, 100]);
    teller.wait(4 * DAY);
    assert_eq!(teller.serve(2).unwrap().nominal, 0);
    assert_eq!(teller.serve(1).unwrap().nominal, 0);
    // Four days at 9 % of a million.
    assert_eq!(teller.serve(0).unwrap().nominal, 360_000);
    teller.wait(DAY / 2);
    assert_eq!(teller.serve(1).unwrap().nominal, 14_000);
    assert_eq!(teller.serve(0).unwrap().nominal, 31_000);
    teller.audit();
    // Nobody passes while one waits, however small, without the lane.
    let (plan, _) = teller.withdraw(2, 1).unwrap();
    assert_eq!((plan.now, plan.queued), (0, 1));
    // And whoever waits has left his balance, not the bank's claims.
    assert_eq!(outflow::claims(&teller.bank), Ok(teller.bank.claims));
    assert_eq!(teller.held(2), 299_899);
}

#[test]
fn the_lane_lets_small_exits_pass_once_a_day() {
    let mut teller = Teller::seasoned(1, &[900_000, 60_000, 40_000]);
    teller.bank.small_exit = 600;
    teller.withdraw(0, ALL).unwrap();
    assert_eq!(teller.bank.small.level, 1_000, "a tenth of the hour's 1 %");
    let (plan, _) = teller.withdraw(1, 601).unwrap();
    assert_eq!(
        (plan.lane, plan.queued, plan.small),
        (0, 601, false),
        "too large"
    );
    let (plan, _) = teller.withdraw(1, 600).unwrap();
    assert_eq!((plan.lane, plan.paid, plan.queued), (600, 600, 0));
    let (plan, _) = teller.withdraw(1, 10).unwrap();
    assert_eq!(
        (plan.lane, plan.queued, plan.small),
        (0, 10, false),
        "once a day"
    );
    // The lane holds 400 more: a small ticket waits for it, ahead of the queue.
    let (plan, _) = teller.withdraw(2, 500).unwrap();
    assert_eq!((plan.lane, plan.queued, plan.small), (0, 500, true));
    let last = teller.tickets.len() - 1;
    assert_eq!(teller.serve(last).unwrap().nominal, 400);
    // It fills at a tenth of 10 % a day: 1 % of a million in 24 h, 100 in 864 s.
    teller.wait(864);
    let served = teller.serve(last).unwrap();
    assert_eq!((served.nominal, served.done), (10 + 90, true));
    teller.audit();
}

#[test]
fn compiled_minima_hold_after_the_factor() {
    let mut teller = Teller::seasoned(1, &[M]);
    teller.flow.divisor = 4;
    // A parameter of next to nothing.
    (teller.bank.hour.cap_ppm, teller.bank.day.cap_ppm) = (1, 1);
    let rates = outflow::rates(&teller.bank, &teller.flow, M).unwrap();
    assert_eq!(
        (rates.hour.cap, rates.lane.cap),
        (2_250, 250),
        "0.25 % with the lane"
    );
    assert_eq!(
        (rates.day.cap, rates.lane.refill),
        (22_500, 2_500),
        "2.5 % with the lane"
    );
    teller.flow.divisor = 1;
    (teller.bank.hour.cap_ppm, teller.bank.day.cap_ppm) = (10_000, 100_000);
    let rates = outflow::rates(&teller.bank, &teller.flow, M).unwrap();
    assert_eq!((rates.hour.cap, rates.lane.cap), (9_000, 1_000));
    assert_eq!((rates.day.cap, rates.lane.refill), (90_000, 10_000));
    // The lane never takes more than a tenth, whatever its parameter.
    teller.bank.small.cap_ppm = 900_000;
    assert_eq!(outflow::rates(&teller.bank, &teller.flow, M), Ok(rates));
}

/// Delay means exit: while a change waits, all that want out are out a day before it lands, in
/// every mode; and the last who asks is no worse off than the first.
#[test]
fn a_waiting_change_quickens_every_exit() {
    for mode in mode::Mode::ALL {
        let mut protocol = Protocol::zeroed();
        let mut teller = Teller::seasoned(1, &[400_000, 300_000, 300_000]);
        // 7 d: 100 % in six days.
        protocol.quick_until = teller.now.unix + 7 * DAY;
        protocol.quick_ppm = 166_667;
        for who in 0..3 {
            teller.flow = outflow::Flow::new(mode, &protocol, teller.now);
            teller.withdraw(who, ALL).unwrap();
            teller.wait(60);
        }
        for _ in 0..12 {
            teller.wait(DAY / 2);
            teller.flow = outflow::Flow::new(mode, &protocol, teller.now);
            teller.serve_all();
            teller.audit();
        }
        assert!(teller.tickets.is_empty(), "{mode:?}");
        assert!(
            teller.now.unix < protocol.quick_until - DAY + 1_000,
            "{mode:?}"
        );
        let coins: Vec<u128> = teller.books.iter().map(|b| b.coins).collect();
        assert_eq!(coins, [400_000, 300_000, 300_000], "{mode:?}");
    }
    // Executed, cancelled or expired: the ordinary rate again.
    let protocol = Protocol::zeroed();
    let flow = outflow::Flow::new(mode::Mode::Paused, &protocol, Teller::new(1, 0).now);
    assert_eq!((flow.divisor, flow.quick_ppm), (4, 0));
}

/// With positions, orders or debt the compartment's buckets bind as well.
#[test]
fn positions_draw_on_the_compartments_buckets() {
    let mut teller = Teller::seasoned(1, &[M]);
    teller.accounts[0].positions[0] = Position {
        active: 1,
        base: 5,
        ..Position::default()
    };
    let (now, vault, flow) = (teller.now, teller.vault, teller.flow);
    let mut request = Request {
        amount: 9_000,
        vault,
        flow: &flow,
        limit: None,
    };
    let bank = &mut teller.bank;
    let refused = plan_withdraw(&teller.accounts[0], bank, &request, now);
    assert_eq!(refused.err(), Some(Error::BadValue), "it can't be left out");
    // $0.70 a token of six decimals; $2,100 are left: 3,000 whole tokens, here 1e-6 of each.
    request.limit = Some(UsdLimit {
        level: 2_100,
        price: 70_000_000,
        exponent: 8,
    });
    let plan = plan_withdraw(&teller.accounts[0], bank, &request, now).unwrap();
    assert_eq!((plan.now, plan.queued, plan.charge), (3_000, 6_000, 2_100));
    request.amount = 100;
    let plan = plan_withdraw(&teller.accounts[0], bank, &request, now).unwrap();
    assert_eq!((plan.now, plan.queued, plan.charge), (100, 0, 70));
    // A token without a price leaves nothing at once.
    request.limit = Some(UsdLimit {
        level: 2_100,
        price: 0,
        exponent: 8,
    });
    let plan = plan_withdraw(&teller.accounts[0], bank, &request, now).unwrap();
    assert_eq!((plan.now, plan.queued), (0, 100));
}

#[test]
fn the_compartments_buckets_follow_the_quote_base_or_the_noted_value() {
    let mut teller = Teller::seasoned(0, &[M]);
    let (now, flow) = (teller.now, teller.flow);
    let (board, quote) = (teller.board.clone(), &mut teller.bank);
    quote.totals.hour = teller::bucket(10_000, HOUR);
    quote.totals.day = teller::bucket(100_000, DAY);
    let limit = outflow::usd_limit(&board, quote, None, &flow, now).unwrap();
    assert_eq!(
        (limit.level, limit.tokens(), limit.value(7)),
        (10_000, Ok(10_000), Ok(7))
    );
    outflow::charge(quote, 9_000).unwrap();
    assert_eq!(outflow::charge(quote, 1_001), Err(Error::BudgetExhausted));
    outflow::note_value(quote, 3 * M, now);
    let soon = bulwark_core::Now {
        unix: now.unix + 60,
        ..now
    };
    let limit = outflow::usd_limit(&board, quote, None, &flow, soon).unwrap();
    assert_eq!(limit.level, 1_000 + 30_000 / 60);
    let late = bulwark_core::Now {
        unix: now.unix + DAY,
        ..now
    };
    let limit = outflow::usd_limit(&board, quote, None, &flow, late).unwrap();
    assert_eq!(limit.level, 10_000, "a value of yesterday counts no more");
}

/// A short quote vault: what it can't pay waits, and is paid as money comes in.
#[test]
fn an_empty_quote_vault_queues_instead_of_refusing() {
    let mut teller = Teller::seasoned(0, &[M, M]);
    // Account 1 has lost a million and a half to account 0 and owes half of it.
    teller.accounts[0].quote += 1_500_000;
    teller.accounts[1].quote -= 1_500_000;
    teller.bank.totals.positive = 2_500_000;
    teller.bank.totals.negative = 500_000;
    assert_eq!(teller.check().hole, 0);
    teller.withdraw(0, ALL).unwrap();
    for _ in 0..80 {
        teller.wait(DAY);
        teller.serve_all();
    }
    assert_eq!(
        (teller.vault, teller.books[0].coins),
        (0, 2 * u128::from(M))
    );
    assert_eq!(teller.serve(0).unwrap().nominal, 0);
    assert_eq!(
        teller.bank.residuals.total, 0,
        "coverage is one: nothing is lost"
    );
    teller.deposit(1, 400_000).unwrap();
    for _ in 0..8 {
        teller.wait(DAY);
        teller.serve_all();
    }
    assert_eq!((teller.vault, teller.books[0].coins), (0, 2_400_000));
    assert_eq!(teller.claim(0).pending, 100_000);
}

/// D6: a bankrupt owner's unpaid tickets cover his debt; the tickets are voided when served.
#[test]
fn a_wind_up_takes_tickets_back() {
    for bank in [0, 1] {
        let mut teller = Teller::seasoned(bank, &[500_000, 500_000]);
        teller.withdraw(0, 300_000).unwrap();
        teller.withdraw(1, 100_000).unwrap();
        teller.withdraw(0, 100_000).unwrap();
        let pending = teller.claim(0).pending;
        assert_eq!(pending, 391_000);
        assert_eq!(teller.reclaim(0), Ok(pending));
        assert_eq!((teller.held(0), teller.claim(0).pending), (491_000, 0));
        // The owner ends with nothing here: even the place of the token goes.
        if bank == 1 {
            teller.accounts[0].collaterals[0] = Collateral::default();
            teller.bank.claims -= 491_000;
        }
        for (n, voided) in [(0, 291_000), (1, 100_000)] {
            let served = teller.serve(n).unwrap();
            assert_eq!(
                (served.voided, served.coins, served.done),
                (voided, 0, true)
            );
        }
        teller.wait(5 * DAY);
        assert_eq!(teller.serve(0).unwrap().coins, 100_000);
        assert!(!outflow::is_waiting(&teller.bank));
    }
}

/// A token draws on the compartment at the higher of slow and last price, and adds to its base at
/// the slow one: a price pushed either way opens nothing.
#[test]
fn a_pushed_price_opens_no_usd_bucket() {
    let mut board = fixture::board();
    let mut quote = Teller::seasoned(0, &[M]);
    let (now, flow) = (quote.now, quote.flow);
    // A million units of nine decimals at $100: $0.10.
    let mut token = Teller::seasoned(1, &[M]).bank;
    token.decimals = 9;
    assert_eq!(outflow::base_value(&board, &token), Ok(100_000));
    let at = |board: &_, quote: &mut _, bank| {
        outflow::usd_limit(board, quote, bank, &flow, now).unwrap()
    };
    let limit = at(&board, &mut quote.bank, Some(&token));
    assert_eq!(
        (limit.price, limit.value(M), limit.value(1)),
        (fixture::HUNDRED, Ok(100_000), Ok(1))
    );
    // The compiled minimum of an hour is a quarter of a per cent of the quote bank's million.
    assert_eq!((limit.level, limit.tokens()), (2_500, Ok(25_000)));
    for (last, slow, counts, adds) in [(50, 100, 100, 100), (300, 100, 300, 100), (90, 40, 90, 40)]
    {
        board.feeds[0].last.price = last * fixture::ONE;
        board.feeds[0].slow = slow * fixture::ONE;
        let limit = at(&board, &mut quote.bank, Some(&token));
        assert_eq!(limit.price, counts * fixture::ONE);
        assert_eq!(outflow::base_value(&board, &token), Ok(adds * 1_000));
    }
}

/// a09: claims that a fold makes known count from the fold on. Carried after it, a day-old mean
/// would take them for a day old.
#[test]
fn a09_what_a_fold_brings_counts_from_the_fold_on() {
    let folded = |carried: bool| {
        let mut teller = Teller::seasoned(0, &[M, 0]);
        teller.wait(DAY / 2);
        if carried {
            outflow::carry(&mut teller.bank, &teller.flow, teller.now).unwrap();
        }
        let mut deltas = bulwark_state::Deltas {
            positive: 50 * M as i64,
            ..Default::default()
        };
        bulwark_core::ledger::fold(&mut teller.bank.totals, &mut deltas).unwrap();
        teller.wait(1);
        outflow::mean(&teller.bank, teller.now).unwrap().0
    };
    assert!((M..M + 1_000).contains(&folded(true)), "{}", folded(true));
    assert!(folded(false) > 20 * M);
}
