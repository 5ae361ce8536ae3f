//! Recovery on the bytecode: a vault is robbed, strangers do everything, and everyone is paid by
//! the rule, in whatever order they come.

use bulwark::error::BulwarkError;
use bulwark_core::health::{self, Level};
use bulwark_core::recovery::{Cause, DEAD_MAN, DEAD_MAN_NOTICE, DEADLINE, JUNIOR, SENIOR};
use bulwark_core::targets;
use bulwark_state::{MAX_COLLATERALS, Recovery};
use bulwark_svm::world::{
    BTC, BTC_PERP, PEOPLE, SOL, SOL_PERP, USDC, World, bid, expect_error, price_e8, scaled, usdc,
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
    world.overwrite_compartment(|compartment| {
        compartment.broken.markets = markets;
        compartment.mode.above_normal_at = at;
    });
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

/// The price of SOL walks there in eight hours, with a print of everything each minute: price, slow
/// price and average go together, and margins stay near their floors.
fn walk(world: &mut World, to: f64) {
    let (from, minutes) = (world.prices[SOL] as f64 / 1e8, 480);
    world.unaudited(|world| {
        for minute in 1..=minutes {
            let price = from * (to / from).powf(f64::from(minute) / f64::from(minutes));
            world.advance(60);
            world.prices[SOL] = price_e8(price);
            world.refresh_all();
        }
    });
    world.audit();
}

/// What an account with one leg in SOL may withdraw of its quote where the leg counts at `price`
/// and shows a loss there, by hand.
fn most_at(world: &World, name: &str, price: u64) -> u64 {
    let (board, leg) = (world.board(), world.position(name, SOL_PERP));
    let value = (i128::from(leg.base) * i128::from(price)).div_euclid(10_000_000_000);
    let value = value + i128::from(leg.quote);
    assert!(value < 0, "a loss: {value}");
    let ratio = health::leg_ratios(&board, 0, leg.base, world.now()).unwrap();
    let ppm = ratio.initial.div_ceil(1_000) + u64::from(board.markets[0].close_fee_ppm);
    let live = i128::from(board.feeds[SOL].last.price);
    let size = i128::from(leg.base.unsigned_abs());
    let required = (size * live * i128::from(ppm) + 9_999_999_999_999_999) / 10_000_000_000_000_000;
    let most = i128::from(world.account(name).quote) + value - required;
    u64::try_from(most).unwrap()
}

/// One unit above the bound is refused, the bound itself leaves; without the announcement (what no
/// instruction does) the same unit would have left.
fn leaves_no_more_than(mut world: World, name: &'static str, bank: usize, most: u64) {
    let mut live = world.fork();
    live.rewrite_board(|board| board.feeds[SOL].announced = 0);
    live.try_withdraw(name, bank, most + 1).unwrap();
    let beyond = world.try_withdraw(name, bank, most + 1);
    expect_error(beyond, BulwarkError::BelowInitialMargin);
    let (paid, queued) = world.withdraw(name, bank, most);
    assert_eq!(paid + queued, most);
    let surplus = world.health(name, Level::Initial).surplus().unwrap();
    assert!(surplus >= 0);
}

/// Alice is long, bella short, ten SOL each at $100 on $1,000. Half an hour at the announced price,
/// then eight to the live one.
fn announced_at(announced: f64, live: f64) -> World {
    let mut world = World::new();
    world.create_guardian(5).unwrap();
    world.fund("maker", 100_000.0);
    world.fund("alice", 1_000.0);
    world.fund("bella", 1_000.0);
    world.trade("alice", "maker", SOL_PERP, 10.0, 100.0);
    world.trade("maker", "bella", SOL_PERP, 10.0, 100.0);
    world.advance(60);
    world.crash(SOL, announced);
    world.post_minutes(31);
    world.announce_by_guardian().unwrap();
    assert_eq!(world.board().feeds[SOL].announced, price_e8(announced));
    walk(&mut world, live);
    world
}

#[test]
fn a67_until_the_freeze_a_withdrawal_counts_the_worse_price_after_a_rise() {
    // Announced at $90: by the live price alice's long has lost nothing, by the announced one $100.
    let world = announced_at(90.0, 145.0);
    let most = most_at(&world, "alice", price_e8(90.0));
    leaves_no_more_than(world, "alice", USDC, most);
}

#[test]
fn a67_until_the_freeze_a_withdrawal_counts_the_worse_price_after_a_fall() {
    // Announced at $110: bella's short has lost $100 there, whatever the live price says.
    let world = announced_at(110.0, 70.0);
    let most = most_at(&world, "bella", price_e8(110.0));
    leaves_no_more_than(world, "bella", USDC, most);
}

#[test]
fn a67_until_the_freeze_collateral_counts_at_the_announced_price() {
    let mut world = World::new();
    world.create_guardian(5).unwrap();
    world.fund("maker", 100_000.0);
    world.deposit("carol", SOL, scaled(40.0, 9));
    world.trade("carol", "maker", BTC_PERP, 0.5, 50_000.0);
    world.post_minutes(31);
    let now = world.now().unix;
    set_bits(&mut world, 1, now);
    world.advance(i64::try_from(DEAD_MAN).unwrap());
    world.announce(Cause::DeadMan).unwrap();
    assert_eq!(world.board().feeds[SOL].announced, price_e8(100.0));
    walk(&mut world, 145.0);
    // What her leg and her fees ask of 40 SOL, and the SOL that are worth it at $100, by hand.
    let (board, mut bare) = (world.board(), world.account("carol"));
    for token in &mut bare.collaterals {
        token.amount = 0;
    }
    let alone = health::health(&board, &bare, Level::Initial, world.now(), false).unwrap();
    let asked = u128::from((-alone.surplus().unwrap()).unsigned_abs());
    let haircut = targets::initial(&board.banks[SOL].haircut);
    let ppm = u128::from((1_000_000_000 - haircut) / 1_000);
    let stays = (asked * 10u128.pow(17)).div_ceil(u128::from(price_e8(100.0)) * ppm);
    let most = scaled(40.0, 9) - u64::try_from(stays).unwrap();
    leaves_no_more_than(world, "carol", SOL, most);
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
