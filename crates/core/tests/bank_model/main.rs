//! D3 and D6 against an independent model in big integers: random deposits, withdrawals, tickets,
//! thefts, donations, recapitalisations, modes, queued changes and time, on a token and on quote.

#[path = "../fixture/mod.rs"]
mod fixture;
mod model;
mod run;
#[path = "../teller/mod.rs"]
mod teller;

use bulwark_core::outflow::{self, Flow};
use bulwark_core::withdrawal::ALL;
use bulwark_core::{Error, ledger};
use bulwark_state::{Bucket, Deltas, Fading};
use fixture::Dice;
use num_bigint::BigInt;
use run::Run;
use teller::{DAY, HOUR, Teller};

fn big(value: impl Into<BigInt>) -> BigInt {
    value.into()
}

fn run(bank: u8, seeds: core::ops::Range<u64>) {
    let mut acts = [0u64; 12];
    for seed in seeds {
        let mut run = Run::new(bank, seed);
        for step in 0..300 {
            run.step();
            run.model
                .compare(&run.teller, &format!("seed {seed} step {step}"));
        }
        for (all, one) in acts.iter_mut().zip(run.acts) {
            *all += one;
        }
    }
    let needed = if bank == 0 { 9 } else { 8 };
    let reached = acts.iter().filter(|n| **n > 50).count();
    assert!(reached >= needed, "the run is too tame: {acts:?}");
}

#[test]
fn a_token_bank_is_what_the_model_says() {
    run(1, 0..150);
}

#[test]
fn the_quote_bank_is_what_the_model_says() {
    run(0, 1_000..1_150);
}

/// INV-TICKET: whatever others do, a ticket is served within 24 h·(queued before + w)/(9 %·factor·
/// base) of its writing, given one crank at the end, as long as the bank's money is there.
#[test]
fn inv_ticket_bounds_the_time_to_exit() {
    let mut met_in_all = 0;
    for seed in 0..150u64 {
        let mut dice = Dice(seed);
        let amounts: Vec<u64> = (0..6).map(|_| 1_000_000 + dice.below(20_000_000)).collect();
        let mut teller = Teller::seasoned(1, &amounts);
        teller.flow.divisor = [1, 2, 4][dice.below(3) as usize];
        // (owner, ticket number, deadline)
        let mut due: Vec<(usize, u64, i64)> = Vec::new();
        let mut met = 0;
        for _ in 0..200 {
            match dice.below(5) {
                0 | 1 => {
                    let who = dice.below(6) as usize;
                    let held = teller.held(who);
                    if held == 0 {
                        continue;
                    }
                    let amount = dice.below(held) + 1;
                    let (plan, applied) = teller.withdraw(who, amount).unwrap();
                    if let Some(seat) = applied.seat {
                        let before = seat.start.get() - teller.bank.queue.q_served.get();
                        let ahead = before as u64 + plan.queued;
                        let base = teller.bank.queue.held_base;
                        let divisor = u64::from(teller.flow.divisor);
                        // Caps are rounded down to whole units: less than one in 9 % of the base.
                        let rate = base * 9 / 100 / divisor - 1;
                        let seconds = (ahead + 1) * DAY as u64 / rate + 1;
                        due.push((who, seat.number, teller.now.unix + seconds as i64));
                    }
                }
                2 => {
                    let who = dice.below(6) as usize;
                    let amount = dice.below(5_000_000) + 1;
                    teller.deposit(who, amount).unwrap();
                }
                3 => teller.crank().unwrap(),
                _ => {
                    // To the next deadline, or short of it.
                    let step = dice.range(1, 2 * DAY);
                    let next = due.iter().map(|d| d.2).min().unwrap_or(i64::MAX);
                    teller.now.unix = (teller.now.unix + step).min(next.max(teller.now.unix));
                }
            }
            while let Some(at) = due.iter().position(|d| d.2 <= teller.now.unix) {
                let (who, number, _) = due.remove(at);
                let open = |(owner, t): &(usize, bulwark_state::Ticket)| {
                    *owner == who && t.number == number
                };
                if let Some(n) = teller.tickets.iter().position(open) {
                    let served = teller.serve(n).unwrap();
                    assert!(served.done, "seed {seed}: late by {served:?}");
                    met += 1;
                }
            }
            teller.audit();
            assert!(outflow::base(&teller.bank).unwrap() >= teller.bank.queue.held_base);
        }
        met_in_all += met;
    }
    assert!(met_in_all > 1_000, "{met_in_all}");
}
