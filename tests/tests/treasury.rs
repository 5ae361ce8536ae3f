//! Fees to the treasury: what was decided, to the one treasury, above the floor, while nothing is
//! missing, and nobody's claim is touched.

use bulwark::error::BulwarkError as E;
use bulwark_client::Pubkey;
use bulwark_core::guardian::{Action, SLACK, State};
use bulwark_state::Bank;
use bulwark_svm::vm::pubkey;
use bulwark_svm::world::{SOL_PERP, USDC, World, expect_error, usdc};

const DAY: i64 = 86_400;

/// A guardian of five over a venue that has earned fees; half of them are its floor.
fn earned() -> (World, u64, Pubkey) {
    let mut world = World::new();
    world.create_guardian(5).unwrap();
    world.fund("maker", 1_000_000.0);
    world.fund("alice", 100_000.0);
    for _ in 0..4 {
        world.trade("alice", "maker", SOL_PERP, 1_000.0, 100.0);
        world.trade("maker", "alice", SOL_PERP, 1_000.0, 100.0);
        world.advance(30);
        world.refresh_all();
    }
    world.fold().unwrap();
    let fees = u64::try_from(world.bank(USDC).totals.fees).unwrap();
    assert!(fees > usdc(300.0), "{fees}");
    let quote = world.deployment.banks[USDC].bank;
    let floor = u32::try_from(fees / 2).unwrap();
    world.corrupt::<Bank>(quote, |bank| bank.totals.fee_floor_e6 = floor);
    world.audited = true;
    let treasury = world.treasury();
    (world, fees - fees / 2, treasury)
}

fn held(world: &World, account: Pubkey) -> u64 {
    let data = world.vm.data(bulwark_svm::vm::address(account));
    u64::from_le_bytes(data[64..72].try_into().unwrap())
}

fn decide(world: &mut World, amount: u64) -> u64 {
    let nonce = world.queue(4, &Action::PayTreasury(0, amount));
    // Nobody needs to leave because of it.
    assert_eq!(world.protocol().quick_ppm, 0);
    nonce
}

#[test]
fn fees_above_the_floor_go_to_the_treasury_after_a_week() {
    let (mut world, payable, treasury) = earned();
    let three = world.queue(3, &Action::PayTreasury(0, payable));
    expect_error(world.pay_treasury(three, treasury), E::ProposalNotQueued);
    let nonce = decide(&mut world, payable);
    let rest = decide(&mut world, 1);
    world.pass(7 * DAY + SLACK - 1);
    expect_error(world.pay_treasury(nonce, treasury), E::DelayRuns);
    world.pass(1);
    let people = ["alice", "maker"].map(|name| world.account(name));
    let (before, coverage) = (world.bank(USDC), world.coverage(USDC));
    world.pay_treasury(nonce, treasury).unwrap();
    assert_eq!(held(&world, treasury), payable);
    let after = world.bank(USDC);
    let paid = i64::try_from(payable).unwrap();
    assert_eq!(after.totals.fees, before.totals.fees - paid);
    assert_eq!(after.totals.positive, before.totals.positive);
    assert_eq!(after.expected, before.expected - payable);
    assert!(world.coverage(USDC).at_least(&coverage));
    for (name, then) in ["alice", "maker"].iter().zip(people) {
        let now = world.account(name);
        assert_eq!(bytemuck::bytes_of(&*now), bytemuck::bytes_of(&*then));
    }
    assert_eq!(world.proposal(nonce).state, State::Executed as u8);
    expect_error(world.pay_treasury(nonce, treasury), E::ProposalClosed);
    // Not a unit below the floor; what was decided waits for more fees.
    expect_error(world.pay_treasury(rest, treasury), E::InsufficientBalance);
    world.refresh_all();
    world.trade("alice", "maker", SOL_PERP, 10.0, 100.0);
    world.pay_treasury(rest, treasury).unwrap();
    assert_eq!(held(&world, treasury), payable + 1);
    expect_error(
        world.try_propose(1, &Action::PayTreasury(0, 0)),
        E::ZeroAmount,
    );
}

#[test]
fn fees_go_nowhere_else_and_not_while_anything_is_wrong() {
    let (mut world, payable, treasury) = earned();
    let nonce = decide(&mut world, payable);
    let other = decide(&mut world, payable);
    let elsewhere = world.queue(4, &Action::PayTreasury(7, payable));
    let pause = world.queue(4, &Action::AddMember([9; 32]));
    world.pass(7 * DAY + SLACK);
    let thief = pubkey(world.trader("mallory").tokens[USDC]);
    expect_error(world.pay_treasury(nonce, thief), E::WrongTokenOwner);
    expect_error(world.pay_treasury(elsewhere, treasury), E::BadAction);
    expect_error(world.pay_treasury(pause, treasury), E::BadAction);
    // Carrying it out without a payment would use it up.
    expect_error(world.execute_with(nonce, &[]), E::BadAction);
    // More than nothing above Normal; fees bear what is missing before anybody takes them.
    let mut restricted = world.fork();
    restricted.restrict(1, 60).unwrap();
    expect_error(restricted.pay_treasury(nonce, treasury), E::ModeForbids);
    let mut robbed = world.fork();
    robbed.steal(USDC, usdc(1.0));
    expect_error(robbed.pay_treasury(nonce, treasury), E::NotCovered);
    assert_eq!(held(&robbed, treasury), 0);
    world.pay_treasury(nonce, treasury).unwrap();
    expect_error(world.pay_treasury(other, treasury), E::InsufficientBalance);
    assert_eq!(held(&world, treasury), payable);
}
