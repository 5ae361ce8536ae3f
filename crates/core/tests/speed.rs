//! How fast limits and haircuts move, whatever is posted, whatever clocks show and whoever proves
//! what: up by what the table of parameters states, down at once.

mod fixture;

use bulwark_core::health::bank_weights;
use bulwark_core::matching::{Caps, LEAST_E9, LEVERAGE_RISE_E9, caps};
use bulwark_core::staking::stress::{ease_e9, prove};
use bulwark_core::targets::{self, FACTOR_MAX, Measure};
use bulwark_core::{Now, congestion};
use bulwark_state::{Board, Insurance, MarginParams, Market};
use bytemuck::Zeroable;
use fixture::*;

const E9: u64 = 1_000_000_000;

/// Parameters of any speed within their bounds.
fn params(dice: &mut Dice, params: &mut MarginParams) {
    (params.k, params.horizon, params.gap_w) = (9_000, 600, 1_500);
    params.calm = 600 + dice.below(6_000) as u32;
    params.loosen_tau = 9_000 + dice.below(60_000) as u32;
}

/// Any measurement, now and then older than the last.
fn measure(dice: &mut Dice, now: Now) -> Measure {
    let bits = dice.below(47);
    let wild = dice.below(1 << bits);
    let late = i64::from(dice.one_in(9)) * 500;
    Measure {
        variance: [wild, wild / 2, dice.below(1 << 34)],
        gap: dice.below(60_000_000),
        at: now.unix - late,
        minutes: [u64::MAX; 2],
    }
}

/// Seconds and slots pass, by phases: anything at all; a steady cluster; a slow one whose late
/// slots come in bursts.
fn pass(dice: &mut Dice, now: &mut Now, phase: u64) -> u64 {
    let (seconds, slots) = match phase % 3 {
        0 => {
            let most = if dice.one_in(4) { 20_000 } else { 120 };
            let seconds = dice.below(most);
            (seconds, seconds * [0, 1, 2, 2, 3, 5, 40][dice.at(7)])
        }
        1 => (4, 10),
        _ => (4, if dice.one_in(20) { 400 } else { 1 }),
    };
    now.unix += seconds as i64;
    now.slot += slots;
    seconds
}

/// Somebody proves what some account would lack, against some insurance.
fn prove_any(dice: &mut Dice, board: &mut Board, held: &mut Insurance, now: Now) {
    held.balance = dice.below(3_000) * USD as u64;
    let mut account = account();
    account.quote = dice.range(-500, 1_500) * USD;
    account.positions[0] = position(0, dice.range(-9, 9) * UNIT, 0);
    let key = [dice.below(6) as u8; 32];
    prove(board, held, (&key, &account), now).expect("prove");
}

/// `⌊cap·a/b⌋` with room for a unit of rounding.
fn about(cap: u64, a: u64, b: u64) -> u64 {
    (u128::from(cap) * u128::from(a) / u128::from(b)) as u64 + 1
}

/// Down at once, to what margins, congestion and coverage leave now.
fn at_once(board: &Board, market: &Market, after: &Caps, rest: u64, covered: u64) {
    let asked = targets::initial(&board.markets[0].margin).max(rest);
    let least = |cap: u64| about(cap, LEAST_E9, E9);
    let oi = about(market.oi_cap, rest, asked);
    assert!(after.open_interest <= oi.max(least(market.oi_cap)));
    let factor = board.congestion.factor_e9.max(E9);
    let notional = about(about(market.slot_notional_cap, rest, asked), E9, factor);
    assert!(after.slot_notional <= notional.max(least(market.slot_notional_cap)) + 3);
    let whole = u64::from(market.leverage_cap);
    let leverage = about(about(whole, rest, asked), covered, E9);
    assert!(after.leverage <= leverage.max(least(whole)) + 3);
}

#[test]
fn no_clock_and_no_proof_moves_a_limit_faster_than_stated() {
    let (mut crowded, mut uncovered, mut stepped) = (0, 0, [false; 2]);
    for seed in 0..300 {
        let mut dice = Dice(seed);
        let (mut board, mut market) = (board(), Box::new(Market::zeroed()));
        let mut held = Box::new(Insurance::zeroed());
        params(&mut dice, &mut board.markets[0].margin.params);
        (market.oi_cap, market.slot_notional_cap) = (1_000_000_000, 2_000_000_000);
        market.leverage_cap = 30_000_000;
        let margin = board.markets[0].margin;
        let (tau, rest) = (
            f64::from(margin.params.loosen_tau),
            targets::initial(&margin),
        );
        let mut now = NOW;
        for step in 0..200 {
            let before = caps(&board, &market, now).expect("caps");
            let (g, cover) = (board.congestion.factor_e9.max(E9), ease_e9(&board, now));
            let seen = board.markets[0].margin.seen_at;
            pass(&mut dice, &mut now, step / 50 + seed);
            congestion::update(&mut board, now);
            let (factor, open) = (board.congestion.factor_e9.max(E9), now.unix as u64);
            let measure = measure(&mut dice, now);
            targets::update(&mut board.markets[0].margin, &measure, factor, open).expect("update");
            if dice.one_in(6) {
                prove_any(&mut dice, &mut board, &mut held, now);
            }
            let after = caps(&board, &market, now).expect("caps");
            let covered = ease_e9(&board, now);
            let newer = (measure.at - seen).max(0) as f64;
            let grows = if seen == 0 { 1.0 } else { 1.0 + newer / tau };
            // Up: by the time constant alone, but for one step as congestion passes and as the
            // coverage breaker ends, each within its stated factor.
            let of_notional = g as f64 / factor.min(g) as f64;
            let of_leverage = covered.max(cover) as f64 / cover as f64;
            assert!(of_notional <= FACTOR_MAX as f64 / E9 as f64);
            assert!(of_leverage <= LEVERAGE_RISE_E9 as f64 / E9 as f64);
            for (before, after, step) in [
                (before.open_interest, after.open_interest, 1.0),
                (before.slot_notional, after.slot_notional, of_notional),
                (before.leverage, after.leverage, of_leverage),
            ] {
                let most = (before as f64 + 2.0) * grows * step + 2.0;
                assert!(after as f64 <= most, "seed {seed}: {before} to {after}");
            }
            at_once(&board, &market, &after, rest, covered);
            crowded += u32::from(factor > 2 * E9);
            uncovered += u32::from(covered < E9);
            stepped[0] |= of_notional > 2.9;
            stepped[1] |= of_leverage > 4.9;
        }
    }
    // Both have been seen at their worst.
    assert!(
        crowded > 1_000 && uncovered > 1_000,
        "{crowded}, {uncovered}"
    );
    assert_eq!(stepped, [true; 2]);
}

/// Haircuts: a weight of new risk rises by its time constant and its warm-up, and falls at once; a
/// weight of maintenance falls by a cap a ramp, and while its bank closes by that ramp too.
#[test]
fn no_order_of_updates_moves_a_weight_faster_than_stated() {
    let (mut warmed, mut closed) = (0, 0);
    for seed in 0..300 {
        let mut dice = Dice(seed);
        let mut board = board();
        params(&mut dice, &mut board.banks[1].haircut.params);
        let mut now = NOW;
        let warm_up = dice.below(2) * (1 + dice.below(2_000_000));
        board.banks[1].warm_from = now.unix;
        board.banks[1].warm_until = now.unix + warm_up as i64;
        board.banks[1].closing_ramp = 1 + dice.below(3_000_000);
        let params = board.banks[1].haircut.params;
        let (tau, ramp) = (f64::from(params.loosen_tau), u64::from(params.ramp));
        let closing_ramp = board.banks[1].closing_ramp;
        let listed = bank_weights(&board, &board.banks[1], now).expect("weights");
        assert_eq!(listed.initial == 0, warm_up != 0, "from nothing");
        for step in 0..200 {
            let weights =
                |board: &Board, now| bank_weights(board, &board.banks[1], now).expect("weights");
            let before = weights(&board, now);
            let seen = board.banks[1].haircut.seen_at;
            let passed = pass(&mut dice, &mut now, step / 50 + seed);
            let measure = measure(&mut dice, now);
            // Without time, an update lowers no weight of maintenance.
            let still = weights(&board, now);
            let bank = &mut board.banks[1];
            targets::update(&mut bank.haircut, &measure, E9, now.unix as u64).expect("update");
            if step > 100 && bank.status == 1 && dice.one_in(50) {
                (bank.status, bank.closing_open) = (3, now.unix as u64);
            }
            let closes = bank.status == 3;
            let initial = targets::initial(&bank.haircut);
            let after = weights(&board, now);
            assert!(after.maintenance + 1 >= still.maintenance, "INV-MARGIN");
            assert!(after.maintenance <= E9 && after.initial <= after.end.max(after.initial));
            let newer = if seen == 0 {
                0
            } else {
                (measure.at - seen).max(0)
            };
            let by_calm = E9 as f64 * newer as f64 / tau;
            let by_warmth = match warm_up {
                0 => 0.0,
                warm_up => E9 as f64 * passed as f64 / warm_up as f64,
            };
            let most = before.initial as f64 + by_calm + by_warmth + 3.0;
            assert!(
                after.initial as f64 <= most,
                "seed {seed}: {before:?} to {after:?}"
            );
            let falls = u128::from(params.cap_e9) * u128::from(passed) / u128::from(ramp);
            let fades = match closes {
                true => u128::from(E9) * u128::from(passed) / u128::from(closing_ramp),
                false => 0,
            };
            let fell = before.maintenance.saturating_sub(after.maintenance);
            assert!(
                u128::from(fell) <= falls + fades + 4,
                "seed {seed}: {before:?} to {after:?}"
            );
            assert!(
                after.initial <= E9 - initial,
                "at once: {after:?}, {initial}"
            );
            assert!(!closes || after.initial == 0);
            warmed += u32::from(now.unix < board.banks[1].warm_until);
            closed += u32::from(closes);
        }
    }
    assert!(warmed > 5_000 && closed > 2_000, "{warmed}, {closed}");
}
