//! Who may announce a Recovery, when, and at which prices.

use bulwark_core::Error;
use bulwark_core::mode::Finding;
use bulwark_core::recovery::{self as rule, Cause};
use bulwark_state::{CLOSES, Mark};

use super::HOUR;
use super::fixture::Dice;
use super::venue::{BANKS, Venue};

#[test]
fn a20_the_guardian_announces_once_in_thirty_days() {
    let mut dice = Dice(21);
    let mut venue = Venue::random(&mut dice, 2, [0; BANKS]);
    venue.compartment.guardian_recovery_at = venue.now.unix - 86_400 * 29;
    assert_eq!(venue.announce(Cause::Guardian), Err(Error::BudgetExhausted));
    venue.wait(86_400);
    assert!(venue.announce(Cause::Guardian).is_ok());
}

#[test]
fn a21_the_price_is_the_median_before_the_announcement_whenever_it_is_frozen() {
    let mut dice = Dice(22);
    let mut venue = Venue::random(&mut dice, 2, [0; BANKS]);
    let price = venue.board.feeds[1].last.price;
    // The running minute and whatever comes later is far off.
    let minute = (venue.now.unix / 60) as usize % CLOSES;
    venue.board.feeds[1].closes[minute] = Mark {
        price: price * 2,
        at: venue.now.unix,
    };
    venue.board.feeds[1].last.price = price * 2;
    venue.announce(Cause::Guardian).expect("announced");
    assert_eq!(venue.board.feeds[1].announced, price);
    venue.board.feeds[1].last.price = price / 3;
    venue.wait(rule::NOTICE - 1);
    assert_eq!(venue.freeze(), Err(Error::DelayRuns));
    venue.wait(HOUR * 100);
    venue.freeze().expect("frozen");
    assert_eq!(venue.recovery.prices[1], price);
    assert_eq!(venue.board.locked, 1);
}

#[test]
fn a22_only_value_missing_for_a_day_seen_twice_announces() {
    let mut dice = Dice(23);
    let mut venue = Venue::random(&mut dice, 2, [50, 0, 0, 0]);
    assert_eq!(venue.announce(Cause::Missing), Err(Error::NotNeeded));
    let bits = &mut venue.compartment.broken;
    bits.banks_missing = 1;
    bits.missing_at = venue.now.unix;
    bits.bank_checked_slot[0] = venue.now.slot;
    assert_eq!(venue.announce(Cause::Missing), Err(Error::NotNeeded));
    venue.wait(rule::STANDS);
    venue.compartment.broken.missing_again_at = venue.now.unix - 10;
    // Not by an old look: a check of this very slot must have seen it.
    assert_eq!(venue.announce(Cause::Missing), Err(Error::NotNeeded));
    venue.compartment.broken.bank_checked_slot[0] = venue.now.slot;
    venue.announce(Cause::Missing).expect("announced");
    // Made good before the freeze: no freeze, and anyone takes it back.
    venue.wait(rule::NOTICE);
    venue.compartment.broken.banks_missing = 0;
    assert_eq!(venue.freeze(), Err(Error::NotNeeded));
    let accounts = venue.accounts.clone();
    venue.undo().expect("undone");
    assert_eq!(venue.compartment.recovery_phase, 0);
    assert!(venue.board.feeds.iter().all(|feed| feed.announced == 0));
    assert!(
        accounts
            .iter()
            .zip(&venue.accounts)
            .all(|(a, b)| { bytemuck::bytes_of(a) == bytemuck::bytes_of(b) })
    );
    assert_eq!(venue.undo(), Err(Error::RecoveryPhase));
}

#[test]
fn a22_a_deficit_beyond_insurance_is_seen_twice_an_hour_apart() {
    let mut dice = Dice(24);
    let mut venue = Venue::random(&mut dice, 2, [0; BANKS]);
    venue.insurance.balance = 5_000_000;
    venue.banks[0].totals.fees = 1_000_000;
    venue.banks[0].totals.deficit = 6_000_000;
    assert_eq!(venue.note_deficit(), Err(Error::NotNeeded), "not beyond");
    venue.compartment.deficit_seen_at = 1;
    venue.note_deficit().expect("forgets");
    assert_eq!(venue.compartment.deficit_seen_at, 0, "not beyond");
    venue.banks[0].totals.deficit = 6_000_001;
    assert_eq!(venue.announce(Cause::Deficit), Err(Error::NotNeeded));
    venue.note_deficit().expect("seen");
    assert_eq!(venue.note_deficit(), Err(Error::TooEarly));
    venue.wait(HOUR - 1);
    assert_eq!(venue.announce(Cause::Deficit), Err(Error::NotNeeded));
    // Two days later the first look has lapsed: another is the first one.
    venue.wait(2 * 86_400);
    assert_eq!(venue.announce(Cause::Deficit), Err(Error::NotNeeded));
    venue.note_deficit().expect("seen anew");
    venue.wait(HOUR);
    venue.announce(Cause::Deficit).expect("announced");
    assert_eq!(venue.note_deficit(), Err(Error::RecoveryPhase));
    venue.banks[0].totals.deficit = 6_000_000;
    venue.undo().expect("undone");
}

#[test]
fn a16_a_fortnight_above_normal_announces_with_a_weeks_notice() {
    let mut dice = Dice(25);
    let mut venue = Venue::random(&mut dice, 2, [0; BANKS]);
    venue.compartment.broken.markets = 1;
    venue.compartment.mode.above_normal_at = venue.now.unix;
    venue.wait(rule::DEAD_MAN - 1);
    assert_eq!(venue.announce(Cause::DeadMan), Err(Error::NotNeeded));
    venue.wait(1);
    venue.announce(Cause::DeadMan).expect("announced");
    venue.wait(rule::NOTICE);
    assert_eq!(venue.freeze(), Err(Error::DelayRuns), "a week");
    venue.wait(6 * 86_400);
    let mut mended = venue.clone();
    mended.compartment.broken.markets = 0;
    assert_eq!(mended.freeze(), Err(Error::NotNeeded));
    mended.undo().expect("undone");
    venue.freeze().expect("frozen");
}

/// The second arm: twenty days of thirty, breaks or not, when announced and when the week is over.
#[test]
fn a16_twenty_days_of_thirty_with_breaks_announce_too() {
    let mut venue = Venue::random(&mut Dice(27), 2, [0; BANKS]);
    let day = rule::DEAD_MAN / 14;
    venue.wait(31 * day);
    // Ten days, a break of three, ten days less a second.
    venue.market(Finding::Broken);
    venue.wait(10 * day);
    venue.market(Finding::Sound);
    venue.wait(3 * day);
    venue.market(Finding::Broken);
    venue.wait(10 * day - 1);
    assert_eq!(venue.announce(Cause::DeadMan), Err(Error::NotNeeded));
    venue.wait(1);
    venue.announce(Cause::DeadMan).expect("announced");
    // A look that finds the market sound at last takes nothing back yet: that would be a way to
    // put it off for ever. Whoever keeps it sound has it undone when the first days have left.
    let mut healed = venue.clone();
    venue.wait(6 * day);
    venue.market(Finding::Sound);
    assert_eq!(venue.undo(), Err(Error::NotNeeded));
    venue.wait(day);
    venue.freeze().expect("20 of the last 30 days");
    healed.market(Finding::Sound);
    healed.wait(6 * day);
    assert_eq!(healed.undo(), Err(Error::NotNeeded));
    healed.wait(day + day / 2);
    assert_eq!(healed.freeze(), Err(Error::NotNeeded));
    healed.undo().expect("less than 20 of 30");
}
