//! Who comes when, who doesn't come, who crashes: nobody's payment depends on it.

use bulwark_core::Error;

use crate::fixture::Dice;
use crate::venue::{BANKS, Venue};
use crate::{histories, settle, shuffled, thief};

#[test]
fn inv_claim_two_thousand_accounts_are_paid_the_same_in_every_order() {
    for seed in 0..histories(2).div_ceil(60) {
        let mut dice = Dice(50_000 + seed);
        let taken = thief(&mut dice);
        let venue = Venue::random(&mut dice, 2_000, taken).frozen();
        let back = std::array::from_fn(|bank| venue.vaults[bank] / 7);
        let first = settle(venue.clone(), &mut dice, back);
        let second = settle(venue, &mut dice, back);
        assert!(first.paid == second.paid, "seed {seed}");
        assert_eq!(first.stakes_paid, second.stakes_paid, "seed {seed}");
        assert_eq!(first.paid[0], first.paid[1], "equal claims, equal pay");
    }
}

/// Whoever claims of a settled venue, in whatever order, gets what he gets if all do.
#[test]
fn inv_claim_a_subset_is_paid_the_same_and_never_more_than_there_is() {
    for seed in 0..histories(120).div_ceil(2) {
        let mut dice = Dice(60_000 + seed);
        let n = 2 + dice.below(40) as usize;
        let taken = thief(&mut dice);
        let mut venue = Venue::random(&mut dice, n, taken).frozen();
        for who in shuffled(&mut dice, n) {
            venue.mark(who).expect("marked");
        }
        venue.open().expect("open");
        let mut all = venue.clone();
        for who in shuffled(&mut dice, all.claimants()) {
            all.collect_any(who);
        }
        for _ in 0..3 {
            let mut some = venue.clone();
            for who in shuffled(&mut dice, venue.claimants()) {
                if !dice.one_in(2) {
                    continue;
                }
                some.collect_any(who);
                match who.checked_sub(n) {
                    Some(stake) => assert_eq!(some.stakes_paid[stake], all.stakes_paid[stake]),
                    None => assert_eq!(some.paid[who], all.paid[who], "seed {seed}, {who}"),
                }
            }
            for bank in 0..BANKS {
                let mut paid: u64 = some.paid.iter().map(|paid| paid[bank]).sum();
                if bank == 0 {
                    paid += some.stakes_paid.iter().sum::<u64>();
                }
                assert_eq!(venue.vaults[bank] - some.vaults[bank], paid);
            }
        }
        // The last one empties it, but for less than a unit a claim and component.
        for bank in 1..BANKS {
            let seat = &all.recovery.banks[bank];
            let classes = &all.recovery.classes;
            let pot: u64 = classes.iter().map(|class| class.assigned[bank]).sum();
            let left = pot - seat.seized_paid;
            assert!(left <= 2 * n as u64, "seed {seed}, bank {bank}: {left}");
        }
    }
}

/// Runners come and go: each begins with the first account and knows nothing of those before; one
/// whose transaction is lost leaves everything as it was.
#[test]
fn every_step_goes_on_after_a_crash_of_whoever_ran_it() {
    for seed in 0..40 {
        let mut dice = Dice(70_000 + seed);
        let n = 3 + dice.below(30) as usize;
        let taken = thief(&mut dice);
        let venue = Venue::random(&mut dice, n, taken).frozen();
        let whole = settle(venue.clone(), &mut Dice(seed), [0; BANKS]);
        let mut torn = venue;
        let mut steps = 0;
        while torn.open().is_err() {
            for who in 0..n {
                match torn.mark(who) {
                    Ok(_) => steps += 1,
                    Err(error) => assert_eq!(error, Error::AlreadyMarked),
                }
                torn.collect(dice.below(n as u64) as usize);
                if dice.one_in(4) {
                    let lost = torn.clone();
                    let _ = torn.mark(dice.below(n as u64) as usize);
                    torn = lost;
                    break;
                }
            }
        }
        assert_eq!(steps, n, "as many marks as accounts");
        for _ in 0..3 {
            for who in 0..torn.claimants() {
                torn.collect_any(who);
            }
        }
        assert_eq!(torn.paid, whole.paid, "seed {seed}");
        assert_eq!(torn.vaults, whole.vaults);
    }
}
