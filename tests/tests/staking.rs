//! Stakes in insurance on the bytecode (D10): who joins, earns, asks, leaves; what freezes him;
//! what nobody gains; and the coverage breaker.

use bulwark::error::BulwarkError as E;
use bulwark::instructions::StakeAct;
use bulwark_client::Items;
use bulwark_core::breaker::Breaker;
use bulwark_core::ledger::DAY;
use bulwark_core::staking::{self, CHECKED_SLOTS, LEAST, stress};
use bulwark_core::{health, matching};
use bulwark_state::{Board, Compartment, End};
use bulwark_svm::Signer;
use bulwark_svm::vm::pubkey;
use bulwark_svm::world::{SOL, SOL_PERP, USDC, World, expect_error, usdc};

const A_DAY: i64 = DAY.cast_signed();
const COOLDOWN: i64 = 14 * A_DAY;
const HOUR: i64 = 3_600;

/// A venue that earns fees, with what was given to its insurance.
fn venue(given: f64) -> World {
    let mut world = World::recorded();
    for name in ["maker", "alice", "liquidator"] {
        world.fund(name, 1_000_000.0);
    }
    if given > 0.0 {
        world.fund_insurance(given);
    }
    world
}

/// Fees come into F. Returns them.
fn fees(world: &mut World) -> u64 {
    let before = world.bank(USDC).totals.fees;
    wait(world, 1);
    world.trade("alice", "maker", SOL_PERP, 1_000.0, 100.0);
    world.trade("maker", "alice", SOL_PERP, 1_000.0, 100.0);
    world.fold().unwrap();
    u64::try_from(world.bank(USDC).totals.fees - before).unwrap()
}

fn wait(world: &mut World, seconds: i64) {
    world.advance(seconds);
    world.refresh_all();
}

fn lamports(world: &World, key: bulwark_client::Pubkey) -> u64 {
    let account = world.vm.svm.get_account(&bulwark_svm::vm::address(key));
    account.map_or(0, |account| account.lamports)
}

#[test]
fn a_stake_joins_earns_asks_leaves_and_closes() {
    let mut world = venue(1_000.0);
    world.join("sam", 1_000.0);
    assert_eq!(world.staked("sam"), usdc(1_000.0));
    fees(&mut world);
    wait(&mut world, A_DAY);
    world.earn("sam").unwrap();
    assert_eq!(world.insurance().earned_total, 0, "a day old, and no older");
    let came = fees(&mut world);
    let before = (world.bank(USDC).totals.fees, world.insurance().balance);
    world.earn("sam").unwrap();
    // A tenth at least, as nothing is used, by his half of insurance.
    let earned = world.insurance().earned_total;
    assert!(
        (came / 20 - 1..=came / 20 + came / 200).contains(&earned),
        "{earned} of {came}"
    );
    assert!((usdc(1_000.0) + earned - 2..=usdc(1_000.0) + earned).contains(&world.staked("sam")));
    let after = (world.bank(USDC).totals.fees, world.insurance().balance);
    assert_eq!(before.0 - after.0, earned as i64);
    assert_eq!(after.1 - before.1, earned);
    expect_error(world.stake("sam", StakeAct::Close), E::AccountNotEmpty);
    world.stake("sam", StakeAct::Ask(u64::MAX)).unwrap();
    let asked = world.stake_of("sam").unwrap().asked_value;
    wait(&mut world, COOLDOWN - 1);
    world.check_all().unwrap();
    expect_error(world.stake("sam", StakeAct::Leave), E::TooEarly);
    wait(&mut world, 1);
    let paid = world.leave("sam").unwrap();
    assert_eq!(paid, asked);
    assert_eq!(
        world.insurance().balance,
        usdc(1_000.0) + (usdc(1_000.0) + earned - paid)
    );
    expect_error(world.stake("sam", StakeAct::Leave), E::NothingAsked);
    let owner = pubkey(world.wallet("sam").pubkey());
    let key = world.deployment.stake_key(&owner);
    let rent = lamports(&world, key);
    let had = lamports(&world, owner);
    world.stake("sam", StakeAct::Close).unwrap();
    assert_eq!(
        (lamports(&world, key), lamports(&world, owner)),
        (0, had + rent)
    );
    // And he may come again.
    world.join("sam", 10.0);
    assert_eq!(world.staked("sam"), usdc(10.0));
}

#[test]
fn gifts_and_donations_move_nobodys_stake() {
    let mut world = venue(50_000.0);
    world.join("sam", 10.0);
    assert_eq!(world.staked("sam"), LEAST, "the first owns what he brought");
    world.donate(USDC, usdc(777.0));
    world.sweep(USDC).unwrap();
    world.fund_insurance(333.0);
    let given = staking::given(&world.insurance()).unwrap();
    assert_eq!(given, usdc(50_000.0 + 777.0 + 333.0));
    assert_eq!(world.staked("sam"), LEAST);
    world.give("tim", USDC, usdc(9.0));
    expect_error(
        world.stake("tim", StakeAct::Join(usdc(9.0))),
        E::StakeTooSmall,
    );
    world.join("tim", 5_000.0);
    assert_eq!(
        (world.staked("sam"), world.staked("tim")),
        (LEAST, usdc(5_000.0))
    );
}

#[test]
fn only_the_owner_moves_a_stake_and_only_while_nothing_is_wrong() {
    let mut world = venue(1_000.0);
    world.join("sam", 1_000.0);
    let sam = pubkey(world.wallet("sam").pubkey());
    let thief = world.wallet("alice");
    let key = pubkey(thief.pubkey());
    let tokens = pubkey(world.trader("alice").tokens[USDC]);
    let acts = [StakeAct::Ask(u64::MAX), StakeAct::Leave, StakeAct::Close];
    for act in acts.into_iter().chain([StakeAct::Join(usdc(10.0))]) {
        let act = world.deployment.stake(key, &sam, act, Some(tokens));
        expect_error(world.send(&[act], &[&thief]), E::NotOwner);
    }
    world.stake("sam", StakeAct::Ask(u64::MAX)).unwrap();
    wait(&mut world, COOLDOWN);
    // Nobody has checked for two weeks.
    expect_error(world.stake("sam", StakeAct::Leave), E::Unchecked);
    world.check_all().unwrap();
    world.advance_apart(60, CHECKED_SLOTS + 1);
    expect_error(world.stake("sam", StakeAct::Leave), E::Unchecked);
    let without = Items {
        banks: vec![SOL],
        quote: true,
        ..Items::default()
    };
    world.check(&without).unwrap();
    expect_error(world.stake("sam", StakeAct::Leave), E::Unchecked);
    world.check_all().unwrap();
    // He leaves with what he owns alone, to a token account that he owns.
    let own = world.wallet("sam");
    let leave = world
        .deployment
        .stake(sam, &sam, StakeAct::Leave, Some(tokens));
    expect_error(world.send(&[leave], &[&own]), E::WrongTokenOwner);
    let mut frozen = world.fork();
    let compartment = frozen.deployment.compartment;
    frozen.corrupt::<Compartment>(compartment, |compartment| {
        compartment.mode.restricted = End {
            at: i64::MAX,
            slot: u64::MAX,
        };
    });
    expect_error(frozen.stake("sam", StakeAct::Leave), E::ModeForbids);
    expect_error(frozen.stake("sam", StakeAct::Ask(1)), E::ModeForbids);
    let mut short = world.fork();
    let board = short.deployment.board;
    short.corrupt::<Board>(board, |board| board.banks[SOL].coverage_e9 -= 1);
    expect_error(short.stake("sam", StakeAct::Leave), E::NotCovered);
    // A theft of quote in the same minute, which no check has seen.
    let mut robbed = world.fork();
    robbed.steal(USDC, 1);
    expect_error(robbed.stake("sam", StakeAct::Leave), E::NotCovered);
    let paid = world.leave("sam").unwrap();
    assert_eq!(paid, usdc(1_000.0));
}

/// Three accounts of $20,000 each on a fifteenth, one of which will break at $92.
fn before_a_crash() -> World {
    let mut world = venue(0.0);
    for name in ["sam", "tim"] {
        world.join(name, 10_000.0);
    }
    world.fund("ada", 200.0 * 100.0 / 15.0);
    world.trade("ada", "maker", SOL_PERP, 200.0, 100.0);
    world
}

fn crash(world: &mut World) -> u64 {
    let before = world.insurance().balance;
    world.advance(2);
    world.crash(SOL, 92.0);
    world.advance(3);
    world.refresh_all();
    world.wind_up("liquidator", "ada", 1_000_000).unwrap();
    before - world.insurance().balance
}

#[test]
fn a54_leaving_at_a_crash_or_joining_after_it_gains_nothing() {
    let mut world = before_a_crash();
    wait(&mut world, A_DAY);
    for name in ["sam", "tim"] {
        world.earn(name).unwrap();
    }
    let worth = [world.staked("sam"), world.staked("tim")];
    // sam asks while prices fall, tim stays; the loss comes three days later, and una after it.
    world.stake("sam", StakeAct::Ask(u64::MAX)).unwrap();
    wait(&mut world, 3 * A_DAY);
    let lost = crash(&mut world);
    assert!(lost > usdc(100.0), "{lost}");
    world.join("una", 10_000.0);
    let (sam, tim, una) = (
        world.staked("sam"),
        world.staked("tim"),
        world.staked("una"),
    );
    for (before, after) in worth.into_iter().zip([sam, tim]) {
        assert!(
            (lost / 2..=lost / 2 + 2).contains(&(before - after)),
            "{before} {after}"
        );
    }
    assert!(una <= usdc(10_000.0), "who joins after it gains {una}");
    world.check_all().unwrap();
    wait(&mut world, COOLDOWN - 3 * A_DAY);
    world.check_all().unwrap();
    let paid = world.leave("sam").unwrap();
    assert!(paid <= sam && paid + 2 >= sam, "{paid} of {sam}");
    // Of a second crash una bears her part at once: she is no safer than who was there.
    assert!(world.staked("una").abs_diff(una) <= 1);
}

#[test]
fn a53_a52_what_stakers_lose_is_what_was_drawn_however_it_is_split() {
    let mut world = before_a_crash();
    let lost = crash(&mut world);
    let (sam, tim) = (world.staked("sam"), world.staked("tim"));
    let borne = usdc(20_000.0) - sam - tim;
    assert!((lost..=lost + 3).contains(&borne), "{borne} of {lost}");
    assert!(staking::given(&world.insurance()).unwrap() <= 3, "rounding");
}

#[test]
fn a63_closing_and_coming_again_resets_no_clock() {
    let mut world = venue(0.0);
    world.join("sam", 1_000.0);
    wait(&mut world, A_DAY - 10);
    // More money makes young again what is young.
    world.join("sam", 1_000.0);
    wait(&mut world, 20);
    world.earn("sam").unwrap();
    assert_eq!(world.insurance().earning.value, 0);
    world.stake("sam", StakeAct::Ask(u64::MAX)).unwrap();
    expect_error(world.stake("sam", StakeAct::Close), E::AccountNotEmpty);
    wait(&mut world, COOLDOWN - 10);
    // Asking again begins the wait again.
    world.stake("sam", StakeAct::Ask(u64::MAX)).unwrap();
    wait(&mut world, 10);
    world.check_all().unwrap();
    expect_error(world.stake("sam", StakeAct::Leave), E::TooEarly);
}

/// ada's account is liquidatable and could take more than a tenth of insurance.
#[test]
fn a_large_liquidatable_account_keeps_stakers_in_for_an_hour() {
    let mut world = before_a_crash();
    world.stake("sam", StakeAct::Ask(u64::MAX)).unwrap();
    wait(&mut world, COOLDOWN);
    world.advance(2);
    world.crash(SOL, 94.5);
    let (board, ada) = (world.board(), world.account("ada"));
    let health = health::eligibility(&board, &ada, world.now(), false).unwrap();
    assert!(health.surplus().unwrap() < 0, "{health:?}");
    world.prove_stress("ada").unwrap();
    let lacks = world.insurance().stress[0].shortfall;
    let small = lacks < world.insurance().balance / 10;
    world.check_all().unwrap();
    let mut leaves = world.fork();
    if small {
        assert_eq!(leaves.insurance().at_risk_until, 0);
        leaves.leave("sam").unwrap();
        // The same with a tenth of the insurance.
        let insurance = world.deployment.insurance;
        world.corrupt::<bulwark_state::Insurance>(insurance, |held| {
            for pool in [&mut held.earning, &mut held.idle] {
                pool.value /= 20;
            }
            held.balance /= 20;
        });
        world.prove_stress("ada").unwrap();
    }
    expect_error(world.stake("sam", StakeAct::Leave), E::InsuranceAtRisk);
    world.advance(HOUR);
    world.refresh_all();
    world.check_all().unwrap();
    assert!(world.insurance().at_risk_until <= world.now().unix);
}

#[test]
fn insurance_below_the_stressed_shortfall_shrinks_leverage_and_nothing_else() {
    let mut world = venue(100.0);
    world.trade("alice", "maker", SOL_PERP, 5_000.0, 100.0);
    wait(&mut world, 2);
    world.copy_all();
    let caps = |world: &World| {
        let market = world.market(SOL_PERP);
        matching::caps(&world.board(), &market, world.now()).unwrap()
    };
    let (before, alice) = (caps(&world), world.account("alice"));
    let healths = |world: &World| {
        let levels = [health::Level::Initial, health::Level::Maintenance];
        levels
            .map(|level| health::health(&world.board(), &alice, level, world.now(), false).unwrap())
    };
    let requirements = healths(&world);
    world.prove_stress("dora").unwrap();
    let (board, insurance) = (world.board(), world.insurance());
    let total = stress::total(&board, &insurance, world.now()).unwrap();
    assert!(total > insurance.balance, "{total}");
    let ease = stress::ease_e9(&board, world.now());
    let wanted = (insurance.balance * 1_000_000_000 / total).max(matching::LEAST_E9);
    assert_eq!(ease, wanted);
    let after = caps(&world);
    let least = u64::from(world.market(SOL_PERP).leverage_cap) / 5;
    let left = before.leverage * ease / 1_000_000_000;
    assert_eq!(after.leverage, left.max(least));
    assert_eq!(
        (after.open_interest, after.slot_notional),
        (before.open_interest, before.slot_notional)
    );
    assert_eq!(healths(&world), requirements, "INV-NOFLIP");
    assert_eq!((board.cover.sequence, board.cover.chained), (1, 0));
    let chained = world.protocol().event_sequence;
    world.check(&Items::default()).unwrap();
    assert_eq!(world.protocol().event_sequence, chained + 1);
    assert_eq!(
        (world.board().cover.chained, stress::REASON),
        (1, Breaker::Coverage.reason())
    );
    // It is one trip however often it is proved, ends an hour after the last proof, and at once
    // when insurance is enough.
    world.prove_stress("dora").unwrap();
    assert_eq!(world.board().cover.sequence, 1);
    let mut funded = world.fork();
    funded.fund_insurance(1_000_000.0);
    funded.prove_stress("dora").unwrap();
    assert_eq!(caps(&funded).leverage, before.leverage);
    world.advance(HOUR - 1);
    assert!(caps(&world).leverage < before.leverage);
    world.advance(1);
    assert_eq!(caps(&world).leverage, before.leverage);
}

/// Insurance has lost and is short: what it lost is sold again, the later the cheaper.
#[test]
fn a_recapitalisation_sells_what_was_lost_at_a_discount_that_rises() {
    let mut world = venue(0.0);
    world.join("sam", 3_000.0);
    world.fund("ada", 200.0 * 100.0 / 15.0);
    world.trade("ada", "maker", SOL_PERP, 200.0, 100.0);
    world.trade("alice", "maker", SOL_PERP, 5_000.0, 100.0);
    let lost = crash(&mut world);
    world.give("una", USDC, usdc(10_000.0));
    // Nobody has shown that it is short.
    expect_error(
        world.stake("una", StakeAct::Buy(usdc(50.0))),
        E::NothingForSale,
    );
    wait(&mut world, 2);
    world.copy_all();
    world.prove_stress("dora").unwrap();
    let sale = staking::sale(&world.board(), &world.insurance(), world.now()).unwrap();
    assert_eq!((sale.most, sale.discount_ppm), (lost, 0));
    world.stake("una", StakeAct::Buy(usdc(50.0))).unwrap();
    let una = world.staked("una");
    assert!(una.abs_diff(usdc(50.0)) <= 1, "no discount at once: {una}");
    let sam = world.staked("sam");
    for _ in 0..48 {
        wait(&mut world, HOUR / 2);
        world.prove_stress("dora").unwrap();
    }
    let sale = staking::sale(&world.board(), &world.insurance(), world.now()).unwrap();
    assert_eq!((sale.most, sale.discount_ppm), (lost - usdc(50.0), 50_000));
    // Nothing is sold once a Recovery is announced: a discount is for a fortnight's losses.
    let mut ending = world.fork();
    let compartment = ending.deployment.compartment;
    ending.corrupt::<Compartment>(compartment, |compartment| compartment.recovery_phase = 1);
    expect_error(
        ending.stake("una", StakeAct::Buy(usdc(50.0))),
        E::RecoveryPhase,
    );
    // Whoever asks for more gets what there is.
    let (before, had) = (world.insurance().balance, world.tokens_of("una", USDC));
    world.stake("una", StakeAct::Buy(usdc(9_000.0))).unwrap();
    let paid = had - world.tokens_of("una", USDC);
    assert_eq!(paid, lost - usdc(50.0));
    let una = world.staked("una") - usdc(50.0);
    assert!(
        una <= paid + paid / 20 && una + 5 >= paid + paid / 20 - paid / 500,
        "{una} of {paid}"
    );
    assert_eq!(world.insurance().balance, before + paid);
    let borne = sam - world.staked("sam");
    assert!(
        borne <= paid / 20 + 2,
        "{borne}: those who were there bear it, alike"
    );
    expect_error(
        world.stake("una", StakeAct::Buy(usdc(10.0))),
        E::NothingForSale,
    );
}
