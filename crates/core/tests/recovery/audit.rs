//! Audits, markers' rewards, assigned claims: what stands beside a Recovery's payments and must not
//! change them.

use bulwark_core::Error;
use bulwark_core::assignment;
use bulwark_core::mode::{Mode, Phase};
use bulwark_core::recovery::{self as rule, AUDIT, AUDIT_EVERY, AUDIT_LASTS, Cause, MARK_REWARD};
use bulwark_state::*;
use bytemuck::Zeroable;

use crate::fixture::Dice;
use crate::venue::{BANKS, Venue};

/// The compartment's record of audits, begun and counted.
fn begun(venue: &mut Venue) -> Box<Recovery> {
    let mut record: Box<Recovery> = Box::new(Recovery::zeroed());
    record.epoch = AUDIT;
    again(venue, &mut record).expect("begun");
    record
}

fn again(venue: &mut Venue, record: &mut Recovery) -> bulwark_core::Result<()> {
    rule::begin_audit(&venue.board, record, venue.now)?;
    for (bank, vault) in venue.banks.iter_mut().zip(venue.vaults) {
        rule::freeze_bank(record, bank, vault).expect("bank");
    }
    for market in &venue.markets {
        rule::freeze_market(record, market).expect("market");
    }
    let before = venue.compartment.recovery_phase;
    assert!(rule::complete(record, &mut venue.compartment).expect("complete"));
    assert_eq!(venue.compartment.recovery_phase, before, "not its business");
    Ok(())
}

fn mark(venue: &mut Venue, record: &mut Recovery, who: usize) -> bulwark_core::Result<()> {
    let account = &mut venue.accounts[who];
    rule::mark(&venue.board, record, account, venue.now).map(|_| ())
}

/// All that an audit and a Recovery say of an account's claims.
fn claims(account: &MarginAccount) -> (i64, u64, u64, [u64; MAX_COLLATERALS]) {
    let shadow = &account.shadow;
    (shadow.quote, shadow.senior, shadow.junior, shadow.kept)
}

#[test]
fn an_audit_is_the_recovery_that_would_follow_it() {
    for seed in 0..20 {
        let mut dice = Dice(900 + seed);
        let n = 2 + dice.below(40) as usize;
        let taken = dice.below(50);
        let mut venue = Venue::random(&mut dice, n, [0, taken, 0, 0]);
        let mut record = begun(&mut venue);
        for who in 0..n {
            mark(&mut venue, &mut record, who).expect("marked");
            let twice = mark(&mut venue, &mut record, who);
            assert_eq!(twice, Err(Error::AlreadyMarked));
        }
        rule::close_audit(&mut record, venue.now).expect("closed");
        let audited: Vec<_> = venue.accounts.iter().map(claims).collect();
        // Totals are the ledger's: of tokens to the unit, of quote but for a unit a position.
        for bank in 1..BANKS {
            let seat = &record.banks[bank];
            assert_eq!(seat.paid + seat.seized_paid, seat.claims, "seed {seed}");
        }
        let told = record.quote_marked.get() + record.changed_quote.get();
        let owed = record.quote_frozen.get();
        let slack = 3 * n as i128;
        assert!(told <= owed && owed - told <= slack, "{told} of {owed}");
        // Nobody is paid by it, and the Recovery marks everybody anew, with the same result.
        for who in 0..n {
            let account = &mut venue.accounts[who];
            let due = rule::pay_token(&mut record, account, 0);
            assert!(matches!(due, Err(Error::NotMarked | Error::RecoveryPhase)));
        }
        let mut venue = venue.frozen();
        for (who, audited) in audited.iter().enumerate() {
            assert!(!venue.collect(who), "an audit's mark is no claim");
            venue.mark(who).expect("marked");
            assert_eq!(claims(&venue.accounts[who]), *audited, "seed {seed}");
        }
    }
}

#[test]
fn a24_an_audits_mark_changes_a_shadow_and_no_more() {
    let mut dice = Dice(31);
    let mut venue = Venue::random(&mut dice, 30, [30, 0, 0, 0]);
    let before = venue.clone();
    let mut record = begun(&mut venue);
    for who in 0..30 {
        mark(&mut venue, &mut record, who).expect("marked");
        let mut after = venue.accounts[who];
        assert_eq!(after.shadow.epoch, 0, "no Recovery's mark");
        assert_eq!((after.shadow.paid, after.shadow.kept_paid), (0, [0; 8]));
        after.shadow = before.accounts[who].shadow;
        let is = bytemuck::bytes_of(&after);
        assert!(is == bytemuck::bytes_of(&before.accounts[who]), "{who}");
    }
    assert_eq!(
        bytemuck::bytes_of(&*venue.board),
        bytemuck::bytes_of(&*before.board)
    );
    for (is, was) in venue.banks.iter().zip(&before.banks) {
        assert_eq!(bytemuck::bytes_of(is), bytemuck::bytes_of(was));
    }
}

#[test]
fn a24_audits_run_in_normal_without_any_recovery() {
    for mode in Mode::ALL {
        for phase in [Phase::None, Phase::Announced, Phase::Frozen, Phase::Settled] {
            let may = mode == Mode::Normal && phase == Phase::None;
            let said = rule::may_audit(mode, phase);
            let expected = if may { Ok(()) } else { Err(Error::ModeForbids) };
            assert_eq!(said, expected, "{mode:?} {phase:?}");
        }
    }
}

#[test]
fn who_has_changed_since_the_audit_before_stands_in_the_second_sum() {
    let mut dice = Dice(32);
    let mut venue = Venue::random(&mut dice, 20, [0; BANKS]);
    let mut record = begun(&mut venue);
    assert_eq!(
        rule::close_audit(&mut record, venue.now),
        Err(Error::TooEarly)
    );
    for who in 0..19 {
        mark(&mut venue, &mut record, who).expect("marked");
    }
    assert_eq!((record.changed, record.quote_marked.get()), (19, 0));
    venue.now.unix += AUDIT_LASTS as i64;
    rule::close_audit(&mut record, venue.now).expect("an hour is over");
    assert_eq!(again(&mut venue, &mut record), Err(Error::TooEarly));
    venue.now.unix += (AUDIT_EVERY - AUDIT_LASTS) as i64;
    again(&mut venue, &mut record).expect("begun");
    assert_eq!((record.epoch, record.leaves), (AUDIT | 2, 0));
    // One touches its balance and leaves it as it was; one was never marked.
    let mut deltas = Deltas::default();
    let changed = &mut venue.accounts[3];
    bulwark_core::ledger::update_live(changed, &mut deltas).expect("live");
    for who in 0..20 {
        mark(&mut venue, &mut record, who).expect("marked");
    }
    assert_eq!(record.changed, 2);
    let quote = |who: usize| i128::from(venue.accounts[who].shadow.quote);
    assert_eq!(record.changed_quote.get(), quote(3) + quote(19));
    let others: i128 = (0..19).filter(|who| *who != 3).map(quote).sum();
    assert_eq!(record.quote_marked.get(), others);
}

/// Frozen with `spare` fees above their floor.
fn with_fees(dice: &mut Dice, n: usize, spare: i64) -> Venue {
    let taken = dice.below(60);
    let mut venue = Venue::random(dice, n, [taken, 0, 0, 0]);
    let quote = &mut venue.banks[0].totals;
    quote.fee_floor_e6 = 1_000;
    quote.fees = 1_000 + spare - 700;
    venue.markets[0].deltas.fees = 700;
    venue.frozen()
}

#[test]
fn inv_claim_markers_are_paid_from_spare_fees_and_the_rest_returns() {
    for seed in 0..40 {
        let mut dice = Dice(700 + seed);
        let n = 2 + dice.below(30) as usize;
        let spare = dice.range(-2_000, 100_000);
        let mut venue = with_fees(&mut dice, n, spare);
        let most = spare.max(0).unsigned_abs().min(n as u64 * MARK_REWARD);
        let quote = venue.recovery.banks[0];
        assert_eq!(
            venue.recovery.rewards,
            most.min(venue.vaults[0]),
            "seed {seed}"
        );
        let had = quote.assigned + venue.recovery.rewards;
        let mut paid = 0;
        for who in 0..n {
            venue.mark(who).expect("marked");
            if dice.one_in(2) {
                let reward = rule::reward(&mut venue.recovery, 1).expect("a reward");
                assert!(reward <= MARK_REWARD);
                paid += reward;
            }
        }
        assert!(paid <= most);
        venue.open().expect("open");
        assert_eq!(
            rule::reward(&mut venue.recovery, 9),
            Ok(0),
            "the pot is open"
        );
        let quote = &venue.recovery.banks[0];
        assert_eq!(quote.assigned, had - paid, "what nobody was paid returns");
        assert_eq!(venue.recovery.rewarded, paid);
    }
}

#[test]
fn claims_are_assigned_once_and_only_where_there_are_any() {
    let mut dice = Dice(33);
    let mut venue = Venue::random(&mut dice, 3, [50, 0, 0, 0]).frozen();
    let (epoch, buyer) = (venue.recovery.epoch, [7; 32]);
    let account = &mut venue.accounts[0];
    account.owner = [1; 32];
    assert_eq!(
        assignment::assign(account, &buyer, epoch),
        Err(Error::NothingDue)
    );
    venue.mark(0).expect("marked");
    let account = &mut venue.accounts[0];
    for wrong in [[0; 32], [1; 32]] {
        assert_eq!(
            assignment::assign(account, &wrong, epoch),
            Err(Error::BadValue)
        );
    }
    assert_eq!(
        assignment::assign(account, &buyer, 0),
        Err(Error::NothingDue)
    );
    assert_eq!(assignment::payee(account), [1; 32]);
    assignment::assign(account, &buyer, epoch).expect("assigned");
    assert_eq!(assignment::payee(account), buyer);
    let again = assignment::assign(account, &[8; 32], epoch);
    assert_eq!(again, Err(Error::ClaimsAssigned));
    // A residual claim alone, without a Recovery; with anything beside it not.
    let mut left: MarginAccount = Zeroable::zeroed();
    left.owner = [1; 32];
    left.collaterals[2] = Collateral {
        active: 1,
        residual: 5,
        ..Collateral::default()
    };
    let spoil: [fn(&mut MarginAccount); 6] = [
        |a| a.collaterals[2].residual = 0,
        |a| a.collaterals[2].amount = 1,
        |a| a.quote_claims.pending = 1,
        |a| a.quote = -1,
        |a| a.ticket_count = 1,
        |a| a.orders[3].size = 1,
    ];
    for (case, spoil) in spoil.iter().enumerate() {
        let mut account = left;
        spoil(&mut account);
        let refused = assignment::assign(&mut account, &buyer, 0);
        assert_eq!(refused, Err(Error::NothingDue), "case {case}");
    }
    assignment::assign(&mut left, &buyer, 0).expect("assigned");
}

#[test]
fn a_recovery_is_announced_at_an_audits_prices() {
    let mut dice = Dice(34);
    let mut venue = Venue::random(&mut dice, 2, [0; BANKS]);
    let record = begun(&mut venue);
    venue.announce(Cause::Guardian).expect("announced");
    assert_eq!(record.prices, venue.recovery.prices);
}
