//! Recovery (D9): who is paid what, in every order of everything that strangers do.

mod audit;
mod entry;
#[path = "../fixture/mod.rs"]
mod fixture;
mod orders;
mod stakers;
mod tree;
mod venue;

use bulwark_core::Error;
use bulwark_core::recovery::{self as rule, Cause, JUNIOR, SENIOR, STAKERS};
use bulwark_state::*;
use fixture::Dice;
use venue::{BANKS, Venue};

const HOUR: u64 = 3_600;

fn shuffled(dice: &mut Dice, n: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..n).collect();
    for i in (1..n).rev() {
        order.swap(i, dice.below(i as u64 + 1) as usize);
    }
    order
}

/// Marks, late money and claims in an order of the dice's. `late`: what comes, per bank, in two
/// halves, the first before the pot opens.
fn settle(mut venue: Venue, dice: &mut Dice, late: [u64; BANKS]) -> Venue {
    let n = venue.accounts.len();
    let mut early = late.map(|amount| amount / 2);
    for who in shuffled(dice, n) {
        venue.mark(who).expect("marked");
        assert_eq!(venue.mark(who), Err(Error::AlreadyMarked));
        if dice.one_in(3) {
            venue.collect(who);
        }
        if dice.one_in(n as u64) {
            let bank = dice.below(BANKS as u64) as usize;
            venue.late(bank, std::mem::take(&mut early[bank]));
        }
    }
    for (bank, amount) in early.iter().enumerate() {
        venue.late(bank, *amount);
    }
    venue.open().expect("open");
    let all = venue.claimants();
    for who in shuffled(dice, all) {
        if dice.one_in(2) {
            venue.collect_any(who);
        }
    }
    for (bank, amount) in late.iter().enumerate() {
        venue.late(bank, amount - amount / 2);
    }
    for who in shuffled(dice, all) {
        venue.collect_any(who);
        assert!(!venue.collect_any(who), "nothing twice");
    }
    venue
}

fn thief(dice: &mut Dice) -> [u64; BANKS] {
    std::array::from_fn(|_| if dice.one_in(2) { dice.below(95) } else { 0 })
}

/// Histories of the ordinary test run; `BULWARK_RECOVERIES` asks for more.
fn histories(default: u64) -> u64 {
    let asked = std::env::var("BULWARK_RECOVERIES").ok();
    asked.and_then(|n| n.parse().ok()).unwrap_or(default)
}

#[test]
fn inv_claim_every_order_pays_everyone_the_same_to_the_unit() {
    let mut cut = [0u32; 3];
    for seed in 0..histories(120) {
        let mut dice = Dice(seed);
        let n = 2 + dice.below(60) as usize;
        let taken = thief(&mut dice);
        let venue = Venue::random(&mut dice, n, taken).frozen();
        let back = std::array::from_fn(|bank| {
            let gone = venue.vaults[bank] / 100 * taken[bank];
            if dice.one_in(2) {
                dice.below(gone + 1)
            } else {
                0
            }
        });
        let before = venue.vaults;
        let first = settle(venue.clone(), &mut dice, back);
        let second = settle(venue, &mut dice, back);
        assert_eq!(
            first.paid, second.paid,
            "seed {seed}: order changes nothing"
        );
        assert_eq!(first.stakes_paid, second.stakes_paid, "seed {seed}");
        assert_eq!(first.vaults, second.vaults);
        for bank in 0..BANKS {
            let mut paid: u64 = first.paid.iter().map(|paid| paid[bank]).sum();
            if bank == 0 {
                paid += first.stakes_paid.iter().sum::<u64>();
            }
            assert!(
                paid <= before[bank] + back[bank],
                "seed {seed}, bank {bank}"
            );
        }
        assert_eq!(
            first.paid[0], first.paid[1],
            "seed {seed}: equal claims, equal pay"
        );
        cut[class_cut(&first, seed)] += 1;
    }
    // The histories reach every case: nobody cut, juniors cut, seniors cut.
    assert!(cut.iter().all(|n| *n > 5), "{cut:?}");
}

/// Asserts the order of the classes and that nothing payable stays. Which class was cut.
fn class_cut(venue: &Venue, seed: u64) -> usize {
    let (n, stakes) = (venue.accounts.len() as u128, venue.stakes.len() as u128);
    let recovery = &venue.recovery;
    let worth = |class: usize| -> (u128, u128) {
        let class = &recovery.classes[class];
        let parts = class.assigned.iter().take(BANKS).enumerate();
        let sum = parts.map(|(bank, amount)| venue.value(bank, *amount)).sum();
        (sum, class.claims.get())
    };
    // A bundle of four components is rounded down four times, by a unit of token each.
    let unit = 2 * BANKS as u128 + venue.value(3, 1) + venue.value(2, 1);
    let ((senior, seniors), (junior, juniors)) = (worth(SENIOR), worth(JUNIOR));
    assert!(
        senior <= seniors && junior <= juniors,
        "never above the claims"
    );
    if junior > unit {
        assert!(
            senior + unit >= seniors,
            "seed {seed}: juniors only after seniors"
        );
    }
    if recovery.classes[STAKERS].assigned[0] > 0 {
        let above = junior + unit >= juniors && senior + unit >= seniors;
        assert!(above, "seed {seed}: stakers last");
    }
    // What is assigned is paid out to the last claimant, but for a unit an account and component.
    for bank in 0..BANKS {
        let assigned: u64 = rule::CLASSES
            .iter()
            .map(|class| recovery.classes[*class].assigned[bank])
            .sum();
        let seat = &recovery.banks[bank];
        let paid = if bank == 0 {
            seat.paid
        } else {
            seat.seized_paid
        };
        assert!(
            paid <= assigned && u128::from(assigned - paid) <= 2 * n + 3 * stakes,
            "seed {seed}"
        );
    }
    if senior + unit < seniors {
        2
    } else if junior + unit < juniors {
        1
    } else {
        0
    }
}

#[test]
fn accounts_without_positions_lose_nothing_while_profit_is_uncut() {
    for seed in 0..histories(60) {
        let mut dice = Dice(1_000_000 + seed);
        let taken = [dice.below(30), 0, 0, 0];
        let venue = Venue::random(&mut dice, 40, taken).frozen();
        let done = settle(venue, &mut dice, [0; BANKS]);
        let juniors = &done.recovery.classes[JUNIOR];
        if juniors.assigned.iter().all(|amount| *amount == 0) {
            continue;
        }
        for who in [0, 1] {
            let account = &done.accounts[who];
            let worth: u128 = (0..BANKS)
                .map(|bank| {
                    let kept = (0..MAX_COLLATERALS)
                        .filter(|slot| usize::from(account.collaterals[*slot].bank) == bank)
                        .map(|slot| account.shadow.kept_paid[slot])
                        .sum::<u64>();
                    done.value(bank, done.paid[who][bank] - kept)
                })
                .sum();
            let slack = 4 * BANKS as u128 + done.value(3, 2) + done.value(2, 2);
            assert!(worth + slack >= account.shadow.senior.into(), "seed {seed}");
        }
    }
}

#[test]
fn a_debtor_gives_up_what_covers_his_debt_and_keeps_the_rest() {
    let mut dice = Dice(7);
    let mut venue = Venue::random(&mut dice, 60, [0, 50, 0, 0]).frozen();
    let (mut covered, mut short) = (0, 0);
    for who in 0..60 {
        let figures = venue.mark(who).expect("marked").figures;
        if figures.quote >= 0 {
            assert_eq!(figures.given, [0; MAX_COLLATERALS]);
            assert_eq!(
                figures.senior + figures.junior,
                figures.quote.unsigned_abs()
            );
            continue;
        }
        let debt = u128::from(figures.quote.unsigned_abs());
        let given: u128 = (0..MAX_COLLATERALS)
            .map(|slot| {
                let bank = usize::from(venue.accounts[who].collaterals[slot].bank);
                let units = figures.given[slot] / if bank == 1 { 2 } else { 1 };
                venue.value(bank, units)
            })
            .sum();
        if figures.shortfall == 0 {
            covered += 1;
            assert!(given + 10 >= debt, "{given} for {debt}");
        } else {
            short += 1;
            assert_eq!(figures.kept, [0; MAX_COLLATERALS]);
            assert!(given + 10 + u128::from(figures.shortfall) >= debt);
        }
        assert_eq!((figures.senior, figures.junior), (0, 0));
    }
    assert!(covered > 2 && short > 2, "{covered} {short}");
}

#[test]
fn a15_nobody_chooses_what_he_is_paid_in() {
    // Two alike, one first and one last: the same bundle, whatever has been claimed between.
    let mut bundles = 0;
    for seed in 15..25 {
        let mut dice = Dice(seed);
        let mut venue = Venue::random(&mut dice, 30, [60, 0, 0, 0]).frozen();
        for who in 0..30 {
            venue.mark(who).expect("marked");
        }
        venue.open().expect("open");
        for who in (0..30).filter(|who| *who != 1) {
            venue.collect(who);
        }
        venue.collect(1);
        assert_eq!(venue.paid[0], venue.paid[1]);
        bundles += u32::from(venue.paid[0][0] > 0);
    }
    assert!(bundles > 2, "who is owed quote is paid some: {bundles}");
}

#[test]
fn a20_profit_taken_late_is_junior_and_the_guardians_word_is_final() {
    let mut dice = Dice(20);
    let mut venue = Venue::random(&mut dice, 3, [0; BANKS]);
    let account = &mut venue.accounts[2];
    account.quote = account.quote.abs() + 10_000_000_000;
    // Realised after the announcement: it counts whole although a day passes before the freeze.
    account.realised = Fading {
        amount: 4_000_000_000,
        at: venue.now.unix + 60,
    };
    account.positions = [Position::default(); MAX_POSITIONS];
    let mut frozen = venue.clone().frozen();
    assert_eq!(
        frozen.mark(2).expect("marked").figures.junior,
        4_000_000_000
    );

    venue.announce(Cause::Guardian).expect("announced");
    assert_eq!(venue.undo(), Err(Error::ModeForbids));
    assert_eq!(venue.announce(Cause::Guardian), Err(Error::RecoveryPhase));
}

#[test]
fn everything_is_counted_once_before_anyone_is_marked() {
    let mut dice = Dice(26);
    let mut venue = Venue::random(&mut dice, 2, [0; BANKS]);
    let mut bank = venue.banks[1];
    let early = rule::freeze_bank(&mut venue.recovery, &mut bank, 1);
    assert_eq!(early, Err(Error::RecoveryPhase));
    assert_eq!(venue.mark(0), Err(Error::RecoveryPhase));
    venue.announce(Cause::Guardian).expect("announced");
    venue.wait(rule::NOTICE);
    venue.freeze().expect("frozen");
    for (bank, vault) in venue.banks.clone().iter_mut().zip(venue.vaults) {
        let late = rule::late_money(&mut venue.recovery, bank, 1);
        assert_eq!(late, Err(Error::RecoveryPhase), "not before it is counted");
        let done = rule::complete(&mut venue.recovery, &mut venue.compartment);
        assert_eq!(done, Ok(false));
        rule::freeze_bank(&mut venue.recovery, bank, vault).expect("bank");
        let twice = rule::freeze_bank(&mut venue.recovery, bank, vault);
        assert_eq!(twice, Err(Error::AlreadyMarked));
    }
    assert_eq!(venue.mark(0), Err(Error::RecoveryPhase));
    for market in venue.markets.clone() {
        rule::freeze_market(&mut venue.recovery, &market).expect("market");
        let twice = rule::freeze_market(&mut venue.recovery, &market);
        assert_eq!(twice, Err(Error::AlreadyMarked));
    }
    assert_eq!(
        rule::complete(&mut venue.recovery, &mut venue.compartment),
        Ok(true)
    );
    venue.mark(0).expect("marked");
    assert_eq!(venue.open(), Err(Error::TooEarly));
    assert!(!venue.collect(1), "an unmarked account is paid nothing");
}

#[test]
fn a63_an_empty_account_is_not_marked_and_a_mark_cannot_be_reset() {
    let mut dice = Dice(27);
    let mut venue = Venue::random(&mut dice, 3, [0; BANKS]).frozen();
    venue.accounts.push(bytemuck::Zeroable::zeroed());
    venue.paid.push([0; BANKS]);
    assert_eq!(venue.mark(3), Err(Error::NotNeeded));
    venue.mark(0).expect("marked");
    let closed = bulwark_core::withdrawal::can_close(&venue.accounts[0]);
    assert_eq!(closed, Err(Error::AccountNotEmpty));
}

#[test]
fn unmarked_accounts_hold_nobody_up_beyond_the_deadline_and_lose_nothing_by_it() {
    for seed in 0..40 {
        let mut dice = Dice(28 + seed);
        let taken = [dice.below(60), 0, 0, 0];
        let mut venue = Venue::random(&mut dice, 30, taken).frozen();
        let late = 3 + dice.below(5) as usize;
        for who in late..30 {
            venue.mark(who).expect("marked");
        }
        assert_eq!(venue.open(), Err(Error::TooEarly));
        venue.wait(rule::DEADLINE);
        venue.open().expect("open");
        let before = venue.vaults;
        // The marked are paid first, to the last: what is left still pays the others.
        for who in (0..30).rev() {
            if who < late {
                venue.mark(who).expect("late");
                assert_eq!(venue.mark(who), Err(Error::AlreadyMarked));
            }
            venue.collect(who);
        }
        for who in 0..30 {
            venue.collect(who);
        }
        for bank in 0..BANKS {
            let paid: u64 = venue.paid.iter().map(|paid| paid[bank]).sum();
            assert!(paid <= before[bank]);
        }
        let seniors = &venue.recovery.classes[SENIOR];
        for who in 0..late {
            let claim = u128::from(venue.accounts[who].shadow.senior);
            let got = venue.accounts[who].pot_paid[0];
            let ratio = claim * u128::from(seniors.assigned[0]) / seniors.claims.get().max(1);
            assert_eq!(
                u128::from(got),
                ratio,
                "at the ratio of the marked, never above"
            );
        }
    }
}
