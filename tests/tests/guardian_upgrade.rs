//! The program's upgrade through the guardian, with the real upgradeable loader: the decided buffer
//! with the decided bytes after its delay, and in no other way.

use bulwark::error::BulwarkError;
use bulwark::upgrade::{LOADER, digest};
use bulwark_client::{AccountMeta, Instruction, Pubkey, address as derived};
use bulwark_core::guardian::{ALL_COMPARTMENTS, Action, ORDINARY_DELAY, SLACK, State};
use bulwark_core::mode::Mode;
use bulwark_svm::Vm;
use bulwark_svm::vm::{address, elf_path, pubkey, read_elf};
use bulwark_svm::world::{Outcome, USDC, World, expect_error, member, member_key, usdc};
use solana_signer::Signer;

const DAY: i64 = 86_400;

/// A guardian of five that is the program's upgrade authority.
fn guarded() -> World {
    let mut world = World::new();
    world.create_guardian(5).unwrap();
    world.fund("alice", 10_000.0);
    world.hand_over_program();
    world
}

fn other_program() -> Vec<u8> {
    read_elf(&elf_path("arithmetic")).unwrap()
}

fn execute(world: &mut World, nonce: u64, buffer: Pubkey) -> Outcome {
    let caller = world.wallet("stranger");
    let payer = member_key(1);
    let key = pubkey(caller.pubkey());
    let upgrade = world.deployment.execute_upgrade(key, nonce, buffer, payer);
    world.unaudited(|world| world.send(&[upgrade], &[&caller]))
}

/// Bytes of the program as it is deployed.
fn deployed(world: &World) -> Vec<u8> {
    let key = Vm::program_data(address(bulwark::ID));
    world.vm.data(key)[45..].to_vec()
}

#[test]
fn a25_the_decided_bytes_and_no_others_replace_the_program() {
    let mut world = guarded();
    let bytes = other_program();
    let ours = world.buffer("buffer", derived::guardian(), &bytes);
    let upgrade = Action::Upgrade(ours.to_bytes(), digest(&bytes));
    let nonce = world.queue(4, &upgrade);
    // a08: whoever doesn't like it leaves meanwhile.
    assert_eq!(world.protocol().quick_ppm, 166_667);
    expect_error(execute(&mut world, nonce, ours), BulwarkError::DelayRuns);
    let delay = i64::try_from(ORDINARY_DELAY).unwrap();
    world.pass(delay + SLACK - 1);
    expect_error(execute(&mut world, nonce, ours), BulwarkError::DelayRuns);
    world.pass(1);
    // Another buffer, the same with one byte changed, the same in somebody's hands.
    let twin = world.buffer("twin", derived::guardian(), &bytes);
    expect_error(execute(&mut world, nonce, twin), BulwarkError::WrongBuffer);
    let mut swapped = bytes.clone();
    *swapped.last_mut().unwrap() ^= 1;
    world.buffer("buffer", derived::guardian(), &swapped);
    expect_error(execute(&mut world, nonce, ours), BulwarkError::WrongBuffer);
    world.buffer("buffer", member_key(1), &bytes);
    expect_error(execute(&mut world, nonce, ours), BulwarkError::WrongBuffer);
    world.buffer("buffer", derived::guardian(), &bytes);
    // Carrying it out without an upgrade would use it up.
    let spoken = world.execute_with(nonce, &[ours]);
    expect_error(spoken, BulwarkError::BadAction);
    // What the buffer holds goes to who paid for the proposal.
    let mallory = world.wallet("mallory");
    let key = pubkey(mallory.pubkey());
    let theft = world.deployment.execute_upgrade(key, nonce, ours, key);
    let theft = world.unaudited(|world| world.send(&[theft], &[&mallory]));
    expect_error(theft, BulwarkError::WrongAddress);

    let before = world.vm.svm.get_balance(&member(1).pubkey()).unwrap();
    let done = execute(&mut world, nonce, ours).unwrap();
    let ceiling = 50_000 + bytes.len() as u64 / 2;
    assert!(done.units <= ceiling, "{} of {ceiling}", done.units);
    assert!(deployed(&world).starts_with(&bytes));
    assert_eq!(world.proposal(nonce).state, State::Executed as u8);
    assert_eq!(world.protocol().quick_ppm, 0);
    assert!(world.vm.svm.get_balance(&member(1).pubkey()).unwrap() > before);
}

#[test]
fn a_program_of_full_size_fits_one_transaction() {
    let mut world = guarded();
    let bytes = read_elf(&elf_path("bulwark")).unwrap();
    let ours = world.buffer("buffer", derived::guardian(), &bytes);
    let nonce = world.queue(4, &Action::Upgrade(ours.to_bytes(), digest(&bytes)));
    world.pass(7 * DAY + SLACK);
    let done = execute(&mut world, nonce, ours).unwrap();
    let ceiling = 50_000 + bytes.len() as u64 / 2;
    println!("upgrade: {} units for {} bytes", done.units, bytes.len());
    assert!(done.units <= ceiling, "{} of {ceiling}", done.units);
    // The program of the next slot is the new one: it goes on.
    world.advance(1);
    assert_eq!(world.withdraw("alice", USDC, usdc(50.0)), (usdc(50.0), 0));
}

#[test]
fn a25_a_buffer_that_somebody_can_still_write_is_not_proposed() {
    let mut world = guarded();
    let bytes = other_program();
    let hash = digest(&bytes);
    let hands = world.buffer("hands", member_key(1), &bytes);
    let refused = world.try_propose(1, &Action::Upgrade(hands.to_bytes(), hash));
    expect_error(refused, BulwarkError::WrongBuffer);
    // An account of another program, or of nobody.
    for key in [world.deployment.board, member_key(2)] {
        let refused = world.try_propose(1, &Action::Upgrade(key.to_bytes(), hash));
        expect_error(refused, BulwarkError::WrongBuffer);
    }
    // Its owner hands it over by the loader, for good: he can't take it back.
    let owner = member(1);
    world.hand_over(hands, &owner, derived::guardian()).unwrap();
    world.propose(1, &Action::Upgrade(hands.to_bytes(), hash));
    assert!(world.hand_over(hands, &owner, member_key(1)).is_err());
}

#[test]
fn a25_nobody_upgrades_beside_the_guardian() {
    let mut world = guarded();
    let former = world.vm.authority.insecure_clone();
    let data = derived::program_data();
    // The former authority has no word any more: not to hand on, not to upgrade.
    assert!(
        world
            .hand_over(data, &former, pubkey(former.pubkey()))
            .is_err()
    );
    let bytes = other_program();
    let by = pubkey(former.pubkey());
    let own = world.buffer("own", by, &bytes);
    let upgrade = Instruction {
        program_id: LOADER,
        accounts: vec![
            AccountMeta::new(data, false),
            AccountMeta::new(bulwark::ID, false),
            AccountMeta::new(own, false),
            AccountMeta::new(by, false),
            AccountMeta::new_readonly(sysvar("SysvarRent111111111111111111111111111111111"), false),
            AccountMeta::new_readonly(sysvar("SysvarC1ock11111111111111111111111111111111"), false),
            AccountMeta::new_readonly(by, true),
        ],
        data: vec![3, 0, 0, 0],
    };
    assert!(world.send(&[upgrade], &[&former]).is_err());
    assert!(!deployed(&world).starts_with(&bytes));
}

fn sysvar(key: &str) -> Pubkey {
    key.parse().unwrap()
}

/// a07, a27: in a pause four of five have a repair in after two days; one who objects makes it
/// seven, from the same start, and voids nothing.
#[test]
fn a07_an_incident_upgrade_takes_two_days_or_one_objection_longer() {
    for objected in [false, true] {
        let mut world = guarded();
        let bytes = other_program();
        let ours = world.buffer("buffer", derived::guardian(), &bytes);
        let repair = Action::IncidentUpgrade(ours.to_bytes(), digest(&bytes));
        // Outside of Paused its quorum isn't reached.
        let early = world.propose(1, &repair);
        world.approve(2, early).unwrap();
        world.approve(3, early).unwrap();
        expect_error(world.approve(4, early), BulwarkError::ModeForbids);
        let pause = world.queue(3, &Action::Pause(ALL_COMPARTMENTS, 72 * 3_600, 1));
        world.execute(pause).unwrap();
        assert_eq!(world.mode(), Mode::Paused);
        world.approve(4, early).unwrap();
        assert_eq!(world.protocol().quick_ppm, 1_000_000);
        if objected {
            world.object(5, early).unwrap();
            assert_eq!(world.proposal(early).state, State::Queued as u8);
            assert_eq!(world.protocol().quick_ppm, 166_667);
        }
        world.pass(2 * DAY + SLACK);
        if objected {
            expect_error(execute(&mut world, early, ours), BulwarkError::DelayRuns);
            world.pass(5 * DAY);
        }
        execute(&mut world, early, ours).unwrap();
        assert!(deployed(&world).starts_with(&bytes));
    }
}

/// a72: neither the clock alone nor the slots alone end a delay.
#[test]
fn a72_an_upgrade_waits_for_both_clocks() {
    let mut world = guarded();
    let bytes = other_program();
    let ours = world.buffer("buffer", derived::guardian(), &bytes);
    let nonce = world.queue(4, &Action::Upgrade(ours.to_bytes(), digest(&bytes)));
    let mut jumped = world.fork();
    jumped.advance_apart(8 * DAY, 100);
    expect_error(execute(&mut jumped, nonce, ours), BulwarkError::DelayRuns);
    world.advance_apart(1_000, 8 * 86_400 * 10 / 3);
    expect_error(execute(&mut world, nonce, ours), BulwarkError::DelayRuns);
    world.advance_apart(7 * DAY + SLACK, 1);
    execute(&mut world, nonce, ours).unwrap();
}
