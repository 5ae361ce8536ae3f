//! The third class: stakers of insurance are paid after everybody else, each his part, once.

use bulwark_core::Error;
use bulwark_core::recovery::{self as rule, JUNIOR, SENIOR, STAKERS};
use bulwark_core::staking;
use bulwark_state::Stake;
use bytemuck::Zeroable;

use crate::fixture::Dice;
use crate::histories;
use crate::venue::{BANKS, Venue};

/// A venue at the freeze with its pot open, some of whose quote was stolen.
fn opened(dice: &mut Dice, stolen: u64) -> Venue {
    let mut venue = Venue::random(dice, 20, [stolen, 0, 0, 0]).frozen();
    for who in 0..20 {
        venue.mark(who).expect("marked");
    }
    venue.open().expect("open");
    venue
}

/// What each stake was worth at the freeze.
fn worths(venue: &Venue) -> Vec<u64> {
    let worth = |stake| staking::worth(&venue.insurance, stake).expect("it fits");
    venue.stakes.iter().map(worth).collect()
}

#[test]
fn inv_claim_stakers_are_paid_last_each_his_part_and_never_more_than_he_had() {
    let (mut nothing, mut cut, mut whole) = (0, 0, 0);
    for seed in 0..histories(150) {
        let mut dice = Dice(80_000 + seed);
        let stolen = dice.below(40);
        let mut venue = opened(&mut dice, stolen);
        if venue.stakes.is_empty() {
            continue;
        }
        // What debtors and the thief have left short comes back, now more, now less.
        for _ in 0..dice.below(40) {
            venue.late(0, dice.below(8_000_000_000));
        }
        let worths = worths(&venue);
        let class = venue.recovery.classes[STAKERS];
        let (claims, assigned) = (class.claims.get(), u128::from(class.assigned[0]));
        let sum: u64 = worths.iter().sum();
        assert!(
            u128::from(sum) <= claims,
            "seed {seed}: claims cover stakes"
        );
        assert!(claims - u128::from(sum) <= 3 * worths.len() as u128 + 4);
        for (stake, worth) in worths.iter().enumerate() {
            let due = u128::from(*worth) * assigned / claims;
            let paid = venue.collect_stake(stake).unwrap_or(0);
            assert_eq!(u128::from(paid), due, "seed {seed}, {stake}");
            assert!(paid <= *worth);
            assert_eq!(venue.collect_stake(stake), Err(Error::NothingDue), "twice");
        }
        // Who is above him is whole before he has a unit of quote.
        if assigned != 0 {
            for class in [SENIOR, JUNIOR] {
                let class = &venue.recovery.classes[class];
                let parts = class.assigned.iter().take(BANKS).enumerate();
                let value: u128 = parts.map(|(bank, units)| venue.value(bank, *units)).sum();
                let unit = 2 * BANKS as u128 + venue.value(3, 1) + venue.value(2, 1);
                assert!(value + unit >= class.claims.get(), "seed {seed}");
            }
        }
        match assigned {
            0 => nothing += 1,
            _ if assigned < claims => cut += 1,
            _ => whole += 1,
        }
    }
    assert!(
        nothing > 5 && cut > 2 && whole > 5,
        "{nothing} {cut} {whole}"
    );
}

/// Late money pays the classes above first, then stakers, again by the worth of the freeze.
#[test]
fn inv_claim_late_money_pays_stakers_again_up_to_their_worth() {
    let mut again = 0;
    for seed in 0..histories(60) {
        let mut dice = Dice(81_000 + seed);
        let mut venue = opened(&mut dice, 30);
        if venue.stakes.is_empty() {
            continue;
        }
        let worths = worths(&venue);
        let mut once = venue.clone();
        for stake in 0..worths.len() {
            let _ = venue.collect_stake(stake);
        }
        let before: u64 = venue.stakes_paid.iter().sum();
        for part in 1..=4 {
            let amount = 5_000_000_000 * part;
            venue.late(0, amount);
            once.late(0, amount);
            if dice.one_in(2) {
                for stake in (0..worths.len()).rev() {
                    let _ = venue.collect_stake(stake);
                }
            }
        }
        // A flood: everybody is whole, nobody has more than he had.
        for venue in [&mut venue, &mut once] {
            venue.late(0, 900_000_000_000_000);
            for (stake, worth) in worths.iter().enumerate() {
                let _ = venue.collect_stake(stake);
                assert_eq!(venue.stakes_paid[stake], *worth, "seed {seed}");
            }
        }
        assert_eq!(
            venue.stakes_paid, once.stakes_paid,
            "once or again, the same"
        );
        again += u32::from(venue.stakes_paid.iter().sum::<u64>() > before);
    }
    assert!(again > 5, "{again}");
}

#[test]
fn a_stake_is_paid_only_once_the_pot_is_open_and_what_was_given_is_nobodys() {
    let mut dice = Dice(82_000);
    let mut venue = Venue::random(&mut dice, 5, [0; BANKS]);
    let before = rule::staked(&venue.insurance).expect("it fits");
    venue.insurance.balance += 77_000_000_000;
    venue.vaults[0] += 77_000_000_000;
    let given = staking::given(&venue.insurance).expect("it fits");
    assert!(given >= 77_000_000_000);
    let mut venue = venue.frozen();
    let claims = venue.recovery.classes[STAKERS].claims.get();
    assert_eq!(claims, before.into(), "stakers own nothing of a gift");
    let stake = &mut Stake::zeroed();
    let early = rule::pay_stake(&mut venue.recovery, &venue.insurance, stake);
    assert_eq!(early, Err(Error::RecoveryPhase));
    for who in 0..5 {
        venue.mark(who).expect("marked");
    }
    venue.open().expect("open");
    // A stake without shares, or of a generation that a loss ended, has nothing.
    let none = rule::pay_stake(&mut venue.recovery, &venue.insurance, stake);
    assert_eq!(none, Err(Error::NothingDue));
    let mut dice = Dice(82_001);
    let mut venue = opened(&mut dice, 0);
    assert!(!venue.stakes.is_empty());
    let mut gone = venue.stakes[0];
    gone.earning_generation += 1;
    gone.idle_generation += 1;
    let none = rule::pay_stake(&mut venue.recovery, &venue.insurance, &mut gone);
    assert_eq!(none, Err(Error::NothingDue));
}
