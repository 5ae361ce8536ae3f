//! Recovery on the bytecode: a vault is robbed, strangers do everything, and everyone is paid by
//! the rule, in whatever order they come.

use bulwark::error::BulwarkError;
use bulwark_core::recovery::{Cause, DEAD_MAN, DEAD_MAN_NOTICE, DEADLINE, JUNIOR, SENIOR};
use bulwark_state::{MAX_COLLATERALS, Recovery};
use bulwark_svm::world::{
    BTC, PEOPLE, SOL, SOL_PERP, USDC, World, bid, expect_error, scaled, usdc,
};
use solana_signer::Signer;

/// Alice at a gain, Bella in debt.
fn venue() -> World {
    let mut world = World::recorded().people(&["mallory", "donor"]);
    world.advance(60);
    world.price(SOL, 104.0);
    world
}

/// Announced by the guardian, frozen and counted.
fn frozen() -> World {
    let mut world = venue();
    world.post_minutes(31);
    world.announce_by_guardian().unwrap();
    world.pass_notice();
    world.freeze().unwrap();
    world.count_all().unwrap();
    world
}

/// A market's broken bit, as a check would set it.
fn set_bits(world: &mut World, markets: u64, at: i64) {
    let mut compartment = world.compartment();
    compartment.broken.markets = markets;
    compartment.mode.above_normal_at = at;
    let key = bulwark_svm::vm::address(world.deployment.compartment);
    world.vm.overwrite(key, &*compartment).unwrap();
}

fn assigned(recovery: &Recovery, class: usize, bank: usize) -> u64 {
    recovery.classes[class].assigned[bank]
}

#[test]
fn strangers_settle_a_robbed_venue_and_everyone_is_paid_by_the_rule() {
    let mut world = venue();
    world.post_minutes(31);
    world.steal(USDC, usdc(60_000.0));
    world.steal(SOL, scaled(70.0, 9));
    world.announce_by_guardian().unwrap();
    world.pass_notice();
    world.freeze().unwrap();
    world.count_all().unwrap();
    assert_eq!(world.recovery().live_count, 5);

    // Tokens are paid in the moment of the mark, at the bank's coverage: 70 of 140 SOL.
    world.mark_all(&["carol"]).unwrap();
    assert_eq!(world.claim("carol", SOL), scaled(20.0, 9));
    assert_eq!(world.claim("carol", BTC), scaled(0.5, 8));
    expect_error(world.try_claim("carol", SOL), BulwarkError::NothingDue);
    expect_error(world.try_claim("alice", USDC), BulwarkError::NotMarked);
    expect_error(world.open_pot(), BulwarkError::TooEarly);

    // Marked are passed over; a call that marks nobody is refused.
    world.mark_all(&["carol", "alice", "bella"]).unwrap();
    expect_error(world.mark_all(&["carol"]), BulwarkError::AlreadyMarked);
    world.mark_all(&["maker", "plain"]).unwrap();
    let alice = world.account("alice").shadow;
    assert!(alice.junior > usdc(700.0), "her gain: {}", alice.junior);
    let plain = world.account("plain").shadow;
    assert_eq!((plain.senior, plain.junior), (usdc(8_000.0), 0));
    world.open_pot().unwrap();
    expect_error(world.open_pot(), BulwarkError::NothingDue);

    let recovery = world.recovery();
    let seniors = recovery.classes[SENIOR].claims.get();
    assert_eq!(assigned(&recovery, JUNIOR, USDC), 0, "seniors aren't whole");
    let expected = |claim: u64| {
        let quote = u128::from(assigned(&recovery, SENIOR, USDC));
        u64::try_from(u128::from(claim) * quote / seniors).unwrap()
    };
    for name in ["maker", "plain", "alice"] {
        let due = expected(world.account(name).shadow.senior);
        assert_eq!(world.claim(name, USDC), due, "{name}");
    }
    // Late money pays everybody again; whoever was first has no more of it than whoever was last.
    world.add_money("donor", USDC, usdc(10_000.0)).unwrap();
    let recovery = world.recovery();
    let share = u128::from(plain.senior) * u128::from(assigned(&recovery, SENIOR, USDC)) / seniors;
    let before = world.account("plain").pot_paid[USDC];
    assert_eq!(u128::from(world.claim("plain", USDC) + before), share);
}

#[test]
fn nothing_but_recovery_moves_a_frozen_compartment_and_the_others_trade_on() {
    let mut world = frozen();
    world.mark_all(&PEOPLE).unwrap();
    let refused = BulwarkError::ModeForbids;
    world.give("plain", USDC, usdc(1.0));
    expect_error(world.try_withdraw("plain", USDC, usdc(1.0)), refused);
    expect_error(world.try_deposit("plain", USDC, usdc(1.0)), refused);
    expect_error(world.try_place("alice", SOL_PERP, bid(1.0, 90.0)), refused);
    world.publish(SOL, 9_000_000_000, 1_000, 9_000_000_000);
    assert!(world.refresh(&[SOL]).is_err(), "prices stand still");
    expect_error(world.recapitalise("donor", USDC, usdc(1.0)), refused);
    let sweep = world.by_stranger(|world, key| world.deployment.sweep(key, SOL));
    expect_error(sweep, refused);
    let fold = world.by_stranger(|world, _| world.deployment.fold(&[SOL_PERP]));
    expect_error(fold, refused);
    // Another compartment of the same protocol doesn't notice.
    let plan = bulwark_svm::launch::Plan {
        id: 1,
        ..bulwark_svm::world::standard_plan()
    };
    let mut other = World::on(
        std::mem::replace(&mut world.vm, bulwark_svm::Vm::deployed(true).unwrap()),
        plan,
    );
    other.fund("dora", 1_000.0);
    other.fund("erik", 1_000.0);
    other.trade("dora", "erik", SOL_PERP, 1.0, 100.0);
    assert_eq!(other.withdraw("dora", USDC, usdc(100.0)).0, usdc(100.0));
}

#[test]
fn a20_the_guardians_announcement_pauses_at_once_and_is_final() {
    let mut world = venue();
    world.post_minutes(31);
    expect_error(
        world.announce(Cause::Guardian),
        BulwarkError::MissingAccount,
    );
    world.announce_by_guardian().unwrap();
    assert_eq!(world.mode(), bulwark_core::mode::Mode::Paused);
    expect_error(world.undo(), BulwarkError::ModeForbids);
    expect_error(world.announce(Cause::DeadMan), BulwarkError::RecoveryPhase);
    // The exit stays open in the meantime.
    assert_eq!(world.withdraw("plain", USDC, usdc(100.0)), (usdc(100.0), 0));
    expect_error(world.freeze(), BulwarkError::DelayRuns);
    world.pass_notice();
    world.freeze().unwrap();
    expect_error(world.freeze(), BulwarkError::RecoveryPhase);
}

#[test]
fn a20_the_proposal_announces_its_own_compartment_once_and_nowhere_else() {
    let mut world = venue();
    let action = bulwark_core::guardian::Action::AnnounceRecovery(1);
    let nonce = world.propose(1, &action);
    for member in 2..=4 {
        world.approve(member, nonce).unwrap();
    }
    let elsewhere = world.by_stranger(|world, key| {
        let deployment = &world.deployment;
        deployment.announce_recovery(key, Cause::Guardian, 1, Some(nonce))
    });
    expect_error(elsewhere, BulwarkError::BadAction);
    expect_error(world.execute(nonce), BulwarkError::BadAction);
}

#[test]
fn a21_the_freeze_is_at_the_announced_median_whatever_comes_after() {
    let mut world = venue();
    world.post_minutes(31);
    // A wick in the very minute of the announcement.
    world.advance(20);
    for _ in 0..4 {
        world.try_price(SOL, 8_000_000_000).unwrap();
        world.advance(3);
    }
    assert_eq!(world.board().feeds[SOL].last.price, 8_000_000_000);
    world.announce_by_guardian().unwrap();
    let price = world.board().feeds[SOL].announced;
    assert_eq!(price, 10_400_000_000);
    world.pass_notice();
    world.crash(SOL, 60.0);
    world.freeze().unwrap();
    assert_eq!(world.recovery().prices[SOL], price);
}

#[test]
fn a16_a_fortnight_above_normal_lets_anyone_announce() {
    let mut world = venue();
    world.post_minutes(31);
    expect_error(world.announce(Cause::DeadMan), BulwarkError::NotNeeded);
    let now = world.now().unix;
    set_bits(&mut world, 1, now);
    let days = i64::try_from(DEAD_MAN).unwrap();
    world.advance(days - 10);
    expect_error(world.announce(Cause::DeadMan), BulwarkError::NotNeeded);
    world.advance(10);
    world.announce(Cause::DeadMan).unwrap();
    world.pass_notice();
    expect_error(world.freeze(), BulwarkError::DelayRuns);
    for _ in 0..DEAD_MAN_NOTICE / 86_400 {
        world.pass_notice();
    }
    // Back at Normal: no freeze, and anyone takes it back; everybody is where he was.
    let before = world.account("alice");
    set_bits(&mut world, 0, 0);
    expect_error(world.freeze(), BulwarkError::NotNeeded);
    world.undo().unwrap();
    assert_eq!(
        bytemuck::bytes_of(&*before),
        bytemuck::bytes_of(&*world.account("alice"))
    );
    world.refresh_all();
    assert_eq!(world.withdraw("plain", USDC, usdc(100.0)), (usdc(100.0), 0));
}

#[test]
fn a24_a_mark_changes_nothing_of_an_account_but_its_shadow() {
    let mut world = frozen();
    let before = PEOPLE.map(|name| world.account(name));
    world.mark_all(&PEOPLE).unwrap();
    for (name, before) in PEOPLE.iter().zip(before) {
        let mut after = world.account(name);
        assert_eq!(after.shadow.epoch, 1);
        after.shadow = before.shadow;
        assert_eq!(
            bytemuck::bytes_of(&*before),
            bytemuck::bytes_of(&*after),
            "{name}"
        );
    }
}

#[test]
fn a67_until_the_freeze_a_withdrawal_counts_the_worse_price() {
    let mut world = venue();
    world.post_minutes(31);
    world.announce_by_guardian().unwrap();
    // Alice's long has doubled live; at the announced price it hasn't.
    let before = world
        .health("alice", bulwark_core::health::Level::Initial)
        .surplus()
        .unwrap();
    world.advance(20);
    world.crash(SOL, 150.0);
    let after = world
        .health("alice", bulwark_core::health::Level::Initial)
        .surplus()
        .unwrap();
    assert!(after <= before, "{after} {before}");
}

#[test]
fn a65_empty_accounts_are_not_waited_for() {
    let mut world = venue();
    world.trader("empty");
    world.post_minutes(31);
    world.announce_by_guardian().unwrap();
    world.pass_notice();
    world.freeze().unwrap();
    world.count_all().unwrap();
    expect_error(world.mark_all(&["empty"]), BulwarkError::AlreadyMarked);
    world.mark_all(&PEOPLE).unwrap();
    world.open_pot().unwrap();
}

#[test]
fn an_unmarked_account_holds_nobody_up_beyond_the_deadline() {
    let mut world = frozen();
    world
        .mark_all(&["carol", "alice", "bella", "maker"])
        .unwrap();
    expect_error(world.open_pot(), BulwarkError::TooEarly);
    world.advance(i64::try_from(DEADLINE).unwrap());
    world.open_pot().unwrap();
    assert!(world.claim("maker", USDC) > 0);
    world.mark_all(&["plain"]).unwrap();
    assert_eq!(world.claim("plain", USDC), usdc(8_000.0));
}

#[test]
fn a_claim_goes_to_its_owner_alone() {
    let mut world = frozen();
    world.mark_all(&PEOPLE).unwrap();
    let epoch = world.epoch();
    let carol = world.margin_key("carol");
    let theirs = bulwark_svm::vm::pubkey(world.trader("mallory").tokens[SOL]);
    let thief = world.wallet("mallory");
    let key = bulwark_svm::vm::pubkey(thief.pubkey());
    let stolen = world
        .deployment
        .claim_recovery(key, epoch, carol, SOL, theirs);
    expect_error(
        world.send(&[stolen], &[&thief]),
        BulwarkError::WrongTokenAccount,
    );
    // To Carol's own account, but not where she said or her associated one.
    let hers = bulwark_svm::vm::pubkey(world.trader("carol").tokens[SOL]);
    let pushed = world
        .deployment
        .claim_recovery(key, epoch, carol, SOL, hers);
    expect_error(
        world.send(&[pushed], &[&thief]),
        BulwarkError::WrongTokenAccount,
    );
    let held: u64 = (0..MAX_COLLATERALS)
        .map(|slot| world.account("carol").shadow.kept[slot])
        .sum();
    assert_eq!(held, scaled(40.0, 9) + scaled(0.5, 8));
}
