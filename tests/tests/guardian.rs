//! The guardian on the bytecode: one restricts, three pause, four relax and change after a delay;
//! nobody else does anything, and users leave meanwhile.

use bulwark::decided::action_hash;
use bulwark::error::BulwarkError;
use bulwark::instructions::RestrictArgs;
use bulwark::upgrade::digest;
use bulwark_client::{Instruction, Items};
use bulwark_core::guardian::{
    ALL_COMPARTMENTS, Action, Kind, MAX_SUBJECTS, ORDINARY_DELAY, SLACK, State, Successor,
};
use bulwark_core::mode::{self, Capability, Mode};
use bulwark_state::{Bank, Market};
use bulwark_svm::keys::keypair;
use bulwark_svm::vm::pubkey;
use bulwark_svm::world::{
    SOL, SOL_PERP, USDC, World, ask, base_e8, bid, expect_error, member, member_key, usdc,
};
use solana_signer::Signer;

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;

/// The standard world with a guardian of five.
fn guarded() -> World {
    let mut world = World::new();
    world.create_guardian(5).unwrap();
    world.fund("alice", 10_000.0);
    world.fund("maker", 1_000_000.0);
    world
}

fn pause(hours: u32) -> Action {
    Action::Pause(0, hours * 3_600, 1)
}

#[test]
fn only_the_creator_makes_a_guardian_once_and_before_the_seal() {
    let mut world = World::new();
    let members: Vec<_> = (1..=5).map(member_key).collect();
    let stranger = world.wallet("mallory");
    let stranger_key = pubkey(stranger.pubkey());
    let create = world
        .deployment
        .create_guardian(stranger_key, &members, None);
    expect_error(
        world.send(&[create], &[&stranger]),
        BulwarkError::NotCreator,
    );
    // Too few, twice the same, a program, the veto seat as a member.
    let four = world.create_guardian_of(&members[..4], None);
    expect_error(four, BulwarkError::BadMember);
    let mut twice = members.clone();
    twice[4] = members[0];
    expect_error(
        world.create_guardian_of(&twice, None),
        BulwarkError::BadMember,
    );
    let mut program = members.clone();
    program[4] = bulwark::ID;
    expect_error(
        world.create_guardian_of(&program, None),
        BulwarkError::BadMember,
    );
    let double = world.create_guardian_of(&members, Some(members[2]));
    expect_error(double, BulwarkError::BadMember);
    world.create_guardian(5).unwrap();
    assert_eq!(world.guardian().member_count, 5);
    assert_eq!(
        world.protocol().guardian,
        bulwark_client::address::guardian().to_bytes()
    );
    // The account is there: the system program refuses a second.
    assert!(world.create_guardian(5).is_err());

    let mut sealed = World::new();
    sealed.seal().unwrap();
    expect_error(sealed.create_guardian(5), BulwarkError::Sealed);
}

#[test]
fn a18_one_member_restricts_for_six_hours_twice_a_week() {
    let mut world = guarded();
    world.place("maker", SOL_PERP, ask(1.0, 100.0));
    world.restrict(2, 7 * 86_400).unwrap();
    assert_eq!(world.mode(), Mode::Restricted);
    // Nothing raises open interest.
    world.place("alice", SOL_PERP, bid(1.0, 100.0));
    assert_eq!(world.position("alice", SOL_PERP).base, 0);
    // Who has nothing open leaves.
    assert_eq!(world.withdraw("alice", USDC, usdc(100.0)), (usdc(100.0), 0));
    world.pass(6 * HOUR - 60);
    assert_eq!(world.mode(), Mode::Restricted);
    world.pass(120);
    assert_eq!(world.mode(), Mode::Normal);
    world.restrict_all(2, 60).unwrap();
    assert_eq!(world.mode(), Mode::Restricted);
    world.pass(DAY);
    expect_error(world.restrict(2, 60), BulwarkError::BudgetExhausted);
    world.restrict(3, 60).unwrap();
    let stranger = member(9);
    let args = bulwark::instructions::RestrictArgs {
        scope: 0,
        seconds: 60,
        reason: 1,
        quote: world.quote_block(),
    };
    let key = Some(world.deployment.compartment);
    let restrict = world.deployment.restrict(member_key(9), args, key);
    expect_error(
        world.send(&[restrict], &[&stranger]),
        BulwarkError::NotMember,
    );
}

#[test]
fn three_of_five_pause_and_time_alone_ends_it() {
    let mut world = guarded();
    let nonce = world.propose(1, &pause(1_000));
    world.approve(2, nonce).unwrap();
    expect_error(world.execute(nonce), BulwarkError::ProposalNotQueued);
    expect_error(world.approve(2, nonce), BulwarkError::AlreadyApproved);
    expect_error(world.approve(9, nonce), BulwarkError::NotMember);
    world.approve(5, nonce).unwrap();
    expect_error(world.execute_with(nonce, &[]), BulwarkError::IncompleteSet);
    world.execute(nonce).unwrap();
    assert_eq!(world.mode(), Mode::Paused);
    expect_error(world.execute(nonce), BulwarkError::ProposalClosed);
    // i06: the exit stays open, at a quarter of the rate.
    assert_eq!(world.withdraw("alice", USDC, usdc(100.0)), (usdc(100.0), 0));
    expect_error(
        world.try_place("alice", SOL_PERP, bid(1.0, 99.0)),
        BulwarkError::ModeForbids,
    );
    // A Relax doesn't end it.
    let sequence = world.compartment().mode.sequence;
    let relax = world.queue(4, &Action::Relax(0, sequence));
    world.pass(2 * DAY + SLACK + 60);
    world.execute(relax).unwrap();
    assert_eq!(world.mode(), Mode::Paused);
    world.pass(DAY - SLACK - 120);
    assert_eq!(world.mode(), Mode::Paused, "72 h, whatever was asked");
    world.pass(120);
    assert_eq!(world.mode(), Mode::Normal);
    // 24 h of the month's 96 are left, and then none.
    let again = world.queue(3, &pause(1_000));
    world.execute(again).unwrap();
    world.pass(DAY + 60);
    assert_eq!(world.mode(), Mode::Normal);
    let third = world.queue(3, &pause(1_000));
    expect_error(world.execute(third), BulwarkError::BudgetExhausted);
}

#[test]
fn a_pause_of_everything_is_charged_to_every_compartment() {
    let mut world = guarded();
    let all = Action::Pause(ALL_COMPARTMENTS, 3_600, 1);
    let nonce = world.queue(3, &all);
    expect_error(world.execute_with(nonce, &[]), BulwarkError::IncompleteSet);
    world.execute(nonce).unwrap();
    assert_eq!(world.mode(), Mode::Paused);
    assert!(world.protocol().mode.paused.at > 0);
    let spans = world.compartment().guardian_budget.spans;
    let charged: i64 = spans.iter().map(|s| s.until - s.from).sum();
    assert_eq!(charged, 3_600);
    world.pass(HOUR + 1);
    assert_eq!(world.mode(), Mode::Normal);
}

#[test]
fn four_of_five_relax_after_two_days_in_both_clocks() {
    let mut world = guarded();
    let restrict = world.queue(2, &Action::Restrict(0, 72 * 3_600, 3));
    world.execute(restrict).unwrap();
    let sequence = world.compartment().mode.sequence;
    let relax = world.queue(4, &Action::Relax(0, sequence));
    expect_error(world.execute(relax), BulwarkError::DelayRuns);
    // The clock alone, without the slots.
    world.advance_apart(2 * DAY + SLACK, 10);
    expect_error(world.execute(relax), BulwarkError::DelayRuns);
    world.advance_apart(1, 2 * 86_400 * 10 / 3);
    assert_eq!(world.mode(), Mode::Restricted);
    world.execute(relax).unwrap();
    assert_eq!(world.mode(), Mode::Normal);
}

#[test]
fn a_revoked_capability_comes_back_by_itself() {
    let mut world = guarded();
    world.place("maker", SOL_PERP, ask(1.0, 100.0));
    // Capability 0: new risk.
    let revoke = world.queue(3, &Action::Revoke(0, 0, 3_600));
    world.execute(revoke).unwrap();
    assert_eq!(world.mode(), Mode::Normal);
    world.place("alice", SOL_PERP, bid(1.0, 100.0));
    assert_eq!(world.position("alice", SOL_PERP).base, 0);
    assert_eq!(world.withdraw("alice", USDC, usdc(100.0)), (usdc(100.0), 0));
    world.pass(HOUR + 1);
    world.refresh_all();
    world.place("alice", SOL_PERP, bid(1.0, 100.0));
    assert_eq!(world.position("alice", SOL_PERP).base, base_e8(1.0) as i64);
    // The plain exit has no capability that could be named.
    for number in [Capability::ALL.len(), 15, 16, 255].map(|n| u8::try_from(n).unwrap()) {
        let none = world.try_propose(1, &Action::Revoke(0, number, 3_600));
        expect_error(none, BulwarkError::BadAction);
    }
}

/// Everything that a majority can revoke at once: no exit is shut, no claim is lost, alarms sound.
#[test]
fn with_every_capability_revoked_everyone_can_still_leave() {
    let mut world = guarded();
    world.deposit("carol", SOL, 1_000_000_000);
    world.fund("bob", 1_000.0);
    world.trade("bob", "maker", SOL_PERP, 1.0, 100.0);
    world.place("bob", SOL_PERP, bid(1.0, 90.0).post_only());
    for number in 0..u8::try_from(Capability::ALL.len()).unwrap() {
        let nonce = world.queue(3, &Action::Revoke(0, number, 72 * 3_600));
        world.execute(nonce).unwrap();
    }
    let compartment = world.compartment();
    assert_eq!(mode::revoked(&compartment, world.now()), 0xfff);
    world.pass(1);
    world.refresh_all();
    // Tops up, cancels, leaves; what shuts is refused.
    world.fund("bob", 100.0);
    world.cancel_all("bob", SOL_PERP).unwrap();
    assert_eq!(world.withdraw("alice", USDC, usdc(100.0)), (usdc(100.0), 0));
    assert_eq!(world.withdraw("carol", SOL, 10_000_000), (10_000_000, 0));
    expect_error(
        world.try_withdraw("bob", USDC, usdc(1.0)),
        BulwarkError::CapabilityRevoked,
    );
    // A check latches; the reward for it waits.
    let market = world.deployment.markets[SOL_PERP].market;
    let quote = world.deployment.banks[USDC].bank;
    world.corrupt::<Market>(market, |market| market.oi_long += 1);
    world.corrupt::<Bank>(quote, |bank| bank.totals.fees += 2_000_000_000);
    let items = Items {
        markets: vec![SOL_PERP],
        ..Items::default()
    };
    let mut later = world.fork();
    world.check_for_reward("alice", &items).unwrap();
    assert_eq!(world.mode(), Mode::Restricted);
    let (before, after) = (later.account("alice").quote, world.account("alice").quote);
    assert_eq!(before, after);
    later.pass(72 * HOUR);
    assert_eq!(mode::revoked(&later.compartment(), later.now()), 0);
    later.check_for_reward("alice", &items).unwrap();
    assert_eq!(later.account("alice").quote - before, 5_000_000);
}

#[test]
fn a08_exits_quicken_from_quorum_until_the_change_is_gone() {
    let mut world = guarded();
    let nonce = world.propose(1, &Action::AddMember(member_key(6).to_bytes()));
    world.approve(2, nonce).unwrap();
    world.approve(3, nonce).unwrap();
    assert_eq!(world.protocol().quick_ppm, 0);
    world.approve(4, nonce).unwrap();
    assert_eq!(world.protocol().quick_ppm, 166_667);
    let waiting = world.proposal(nonce);
    assert_eq!(world.protocol().quick_until, waiting.expires_at);
    // One voice does nothing, the second cancels.
    world.object(5, nonce).unwrap();
    assert_eq!(world.protocol().quick_ppm, 166_667);
    world.object(1, nonce).unwrap();
    assert_eq!(world.protocol().quick_ppm, 0);
    assert_eq!(world.proposal(nonce).state, State::Cancelled as u8);
    world.pass(8 * DAY);
    expect_error(world.execute_with(nonce, &[]), BulwarkError::ProposalClosed);
}

#[test]
fn members_change_after_their_delays() {
    let mut world = guarded();
    let add = world.queue(4, &Action::AddMember(member_key(6).to_bytes()));
    let delay = i64::try_from(ORDINARY_DELAY).unwrap();
    world.pass(delay + SLACK - 1);
    expect_error(world.execute_with(add, &[]), BulwarkError::DelayRuns);
    world.pass(1);
    world.execute_with(add, &[]).unwrap();
    assert_eq!(world.guardian().member_count, 6);

    let mut list = [Successor::default(); MAX_SUBJECTS];
    list[0].membership = world.guardian().members[1].membership;
    list[0].key = member_key(7).to_bytes();
    let removal = Action::RemoveMembers(1, list);
    let nonce = world.propose(1, &removal);
    expect_error(world.approve(2, nonce), BulwarkError::SubjectOfProposal);
    expect_error(world.object(2, nonce), BulwarkError::SubjectOfProposal);
    for number in [3, 4, 5, 6] {
        world.approve(number, nonce).unwrap();
    }
    world.pass(30 * DAY + SLACK);
    world.execute_with(nonce, &[]).unwrap();
    assert_eq!(world.guardian().members[1].key, member_key(7).to_bytes());
    expect_error(world.restrict(2, 60), BulwarkError::NotMember);
    // Thirty days of silence: the new one alone is awake.
    expect_error(world.restrict(3, 60), BulwarkError::MemberSilent);
    world.restrict(7, 60).unwrap();
    let stranger = world.wallet("mallory");
    let beat = world.deployment.heartbeat(pubkey(stranger.pubkey()));
    expect_error(world.send(&[beat], &[&stranger]), BulwarkError::NotMember);
    let beat = world.deployment.heartbeat(member_key(3));
    world.send(&[beat], &[&member(3)]).unwrap();
    expect_error(world.restrict(3, 60), BulwarkError::MemberSilent);
    world.pass(2 * DAY);
    world.restrict(3, 60).unwrap();
}

#[test]
fn a_program_cannot_be_proposed_as_a_member() {
    let mut world = guarded();
    for (key, error) in [
        (bulwark::ID, BulwarkError::BadMember),
        (world.deployment.board, BulwarkError::BadMember),
        (member_key(3), BulwarkError::BadMember),
    ] {
        let refused = world.try_propose(1, &Action::AddMember(key.to_bytes()));
        expect_error(refused, error);
    }
    // The veto seat may be an address that a program signs for, but no member's.
    let seat = world.try_propose(1, &Action::SetVeto(member_key(3).to_bytes()));
    expect_error(seat, BulwarkError::BadMember);
}

#[test]
fn what_is_no_action_cannot_be_proposed() {
    let mut world = guarded();
    let nonce = world.guardian().nonce;
    let quote = world.quote_block();
    let ours = &world.deployment;
    let sound = ours.propose(member_key(1), nonce, &pause(1), quote);
    let sound = sound.unwrap();
    // Discriminator, number, then the kind.
    let kind = 16..18;
    for number in [0_u16, 18, u16::MAX] {
        let mut changed = sound.clone();
        changed.data[kind.clone()].copy_from_slice(&number.to_le_bytes());
        let refused = world.send(&[changed], &[&member(1)]);
        expect_error(refused, BulwarkError::BadAction);
    }
    // Another kind than its bytes are of.
    let mut changed = sound.clone();
    changed.data[kind].copy_from_slice(&16_u16.to_le_bytes());
    expect_error(
        world.send(&[changed], &[&member(1)]),
        BulwarkError::BadAction,
    );
    world.send(&[sound], &[&member(1)]).unwrap();
}

#[test]
fn a_closed_proposal_gives_its_rent_back_and_is_never_made_again() {
    let mut world = guarded();
    let nonce = world.queue(3, &pause(1));
    let mallory = world.wallet("mallory");
    let mallory_key = pubkey(mallory.pubkey());
    let early = world
        .deployment
        .close_proposal(mallory_key, nonce, member_key(1));
    expect_error(
        world.send(&[early], &[&mallory]),
        BulwarkError::ProposalOpen,
    );
    world.execute(nonce).unwrap();
    let theft = world
        .deployment
        .close_proposal(mallory_key, nonce, mallory_key);
    expect_error(
        world.send(&[theft], &[&mallory]),
        BulwarkError::WrongAddress,
    );
    let before = world.vm.svm.get_balance(&member(1).pubkey()).unwrap();
    let close = world
        .deployment
        .close_proposal(mallory_key, nonce, member_key(1));
    world.send(&[close], &[&mallory]).unwrap();
    assert!(world.vm.svm.get_balance(&member(1).pubkey()).unwrap() > before);
    let quote = world.quote_block();
    let again = world
        .deployment
        .propose(member_key(1), nonce, &pause(1), quote);
    let again = world.send(&[again.unwrap()], &[&member(1)]);
    expect_error(again, BulwarkError::BadIndex);
}

#[test]
fn an_unanswered_proposal_expires() {
    let mut world = guarded();
    let nonce = world.propose(1, &pause(1));
    expect_error(world.expire(nonce), BulwarkError::DelayRuns);
    world.pass(7 * DAY);
    expect_error(world.approve(2, nonce), BulwarkError::ProposalClosed);
    world.expire(nonce).unwrap();
    expect_error(world.expire(nonce), BulwarkError::ProposalClosed);
}

/// Everything that a member says in person, with this quote: a vote on another's proposal, one of
/// his own, and a restriction.
fn said(world: &World, proposal: u64, quote: bulwark::fresh::Quote) -> [Instruction; 4] {
    let (ours, who) = (&world.deployment, member_key(2));
    let args = RestrictArgs {
        scope: 0,
        seconds: 60,
        reason: 1,
        quote,
    };
    let next = world.guardian().nonce;
    let hash = world.proposal(proposal).action_hash;
    let propose = ours.propose(who, next, &pause(1), quote);
    [
        ours.approve_proposal(who, proposal, hash, quote),
        ours.object_to_proposal(who, proposal, quote),
        propose.expect("it fits"),
        ours.restrict(who, args, Some(ours.compartment)),
    ]
}

#[test]
fn i04_a_signature_collected_beforehand_is_worthless() {
    let mut world = guarded();
    let nonce = world.propose(1, &pause(1));
    let quote = world.quote_block();
    // Another hash for a slot that is there; a slot that is not; one from the future.
    let mut forged = quote;
    forged.hash[9] ^= 1;
    let slots = [quote.slot - 1, quote.slot + 1, 0, u64::MAX];
    let missing = slots.map(|slot| bulwark::fresh::Quote { slot, ..quote });
    for bad in missing.into_iter().chain([forged]) {
        for act in said(&world, nonce, bad) {
            let stale = world.send(&[act], &[&member(2)]);
            expect_error(stale, BulwarkError::StaleQuote);
        }
    }
    // 512 blocks later the same quote has left.
    let collected = said(&world, nonce, quote);
    for _ in 0..512 {
        world.advance_apart(0, 1);
        world.quote_block();
    }
    for act in collected {
        let stale = world.send(&[act], &[&member(2)]);
        expect_error(stale, BulwarkError::StaleQuote);
    }
    // A block before skipped slots is still found.
    let older = world.quote_block();
    world.advance_apart(4, 40);
    world.quote_block();
    for act in said(&world, nonce, older) {
        world.fork().send(&[act], &[&member(2)]).unwrap();
    }
}

#[test]
fn i04_a_durable_nonce_keeps_no_approval_alive() {
    let mut world = guarded();
    let nonce = world.propose(1, &pause(1));
    let advance = world.durable_nonce(&member(2));
    let quote = world.quote_block();
    for act in said(&world, nonce, quote) {
        let durable = world.send(&[advance.clone(), act.clone()], &[&member(2)]);
        expect_error(durable, BulwarkError::DurableNonce);
        // Only the first instruction makes a transaction durable.
        let second = world.fork().send(&[act, advance.clone()], &[&member(2)]);
        second.unwrap();
    }
}

/// One short of its quorum nothing is carried out: two of five revoke nothing, one of five
/// restricts nothing by a proposal.
#[test]
fn one_short_of_the_quorum_revokes_and_restricts_nothing() {
    let mut world = guarded();
    for (action, quorum) in [
        (Action::Revoke(0, 0, 3_600), 3),
        (Action::Restrict(0, 3_600, 1), 2),
    ] {
        let nonce = world.propose(1, &action);
        for member in 2..quorum {
            world.approve(member, nonce).unwrap();
        }
        expect_error(world.execute(nonce), BulwarkError::ProposalNotQueued);
        assert_eq!(world.proposal(nonce).state, State::Open as u8);
        world.approve(quorum, nonce).unwrap();
        world.execute(nonce).unwrap();
    }
    assert_eq!(world.mode(), Mode::Restricted);
    assert!(world.compartment().revocations[0].until.at > world.now().unix);
}

/// A pause and a restriction of the same numbers have the same bytes: the kind is hashed too.
#[test]
fn an_approval_is_of_the_action_that_was_meant() {
    let mut world = guarded();
    let nonce = world.propose(1, &pause(1));
    let hash = world.proposal(nonce).action_hash;
    let stored = world.proposal(nonce);
    let bytes = &stored.action[..usize::from(stored.action_len)];
    assert_eq!(hash, action_hash(stored.kind, bytes));
    let restricts = action_hash(Kind::Restrict as u16, bytes);
    for other in [restricts, [0; 32], digest(bytes)] {
        let quote = world.quote_block();
        let ours = &world.deployment;
        let approve = ours.approve_proposal(member_key(2), nonce, other, quote);
        let sent = world.send(&[approve], &[&member(2)]);
        expect_error(sent, BulwarkError::AnotherAction);
    }
    assert_eq!(world.proposal(nonce).approvals, stored.approvals);
    world.approve(2, nonce).unwrap();
}

#[test]
fn a_heartbeat_signed_beforehand_keeps_nobody_awake() {
    let mut world = guarded();
    let advance = world.durable_nonce(&member(2));
    world.advance(10);
    let before = world.guardian().members[1].heartbeat_at;
    let beat = world.deployment.heartbeat(member_key(2));
    let durable = world.send(&[advance.clone(), beat.clone()], &[&member(2)]);
    expect_error(durable, BulwarkError::DurableNonce);
    let mut blind = beat.clone();
    blind.accounts[3].pubkey = member_key(2);
    let blind = world.send(&[blind], &[&member(2)]);
    expect_error(blind, BulwarkError::WrongAddress);
    assert_eq!(world.guardian().members[1].heartbeat_at, before);
    world.send(&[beat, advance], &[&member(2)]).unwrap();
    assert_eq!(world.guardian().members[1].heartbeat_at, world.now().unix);
}

#[test]
fn the_veto_seat_objects_and_nothing_else() {
    let mut world = guarded();
    let veto = keypair("veto");
    let veto_key = pubkey(veto.pubkey());
    let nonce = world.queue(4, &Action::AddMember(member_key(6).to_bytes()));
    let quote = world.quote_block();
    let hash = world.proposal(nonce).action_hash;
    let ours = &world.deployment;
    let approve = ours.approve_proposal(veto_key, nonce, hash, quote);
    expect_error(world.send(&[approve], &[&veto]), BulwarkError::NotMember);
    // It may speak through a program, so it quotes nothing.
    let empty = bulwark::fresh::Quote {
        slot: 0,
        hash: [0; 32],
    };
    let object = world.deployment.object_to_proposal(veto_key, nonce, empty);
    world.send(&[object], &[&veto]).unwrap();
    assert_eq!(world.proposal(nonce).state, State::Queued as u8);
    world.object(5, nonce).unwrap();
    assert_eq!(world.proposal(nonce).state, State::Cancelled as u8);
}
