//! Attacks by members of the guardian, and with what it is slow at: voiding what waits, locking
//! others in, waiting for silence, burning its slots, opening the exit, voting and acting at once.

use std::collections::BTreeSet;

use bulwark::error::BulwarkError as E;
use bulwark::upgrade::digest;
use bulwark_client::address as derived;
use bulwark_core::guardian::{
    ALL_COMPARTMENTS, Action, Delay, Kind, MAX_SETTINGS, MAX_SUBJECTS, POWERS_RETURN, RELAX_DELAY,
    REMOVAL_DELAY, SILENT_AFTER, SLACK, Setting, State, Subject, Successor,
};
use bulwark_core::mode::{Mode, above_normal_since};
use bulwark_core::params::Group;
use bulwark_core::recovery::{Cause, DEAD_MAN};
use bulwark_state::{Bank, Compartment, End};
use bulwark_svm::vm::{elf_path, pubkey, read_elf};
use bulwark_svm::world::listing::classic;
use bulwark_svm::world::{
    SOL, SOL_PERP, USDC, World, base_e8, expect_error, member, member_key, usdc,
};
use serde_json::Value;
use solana_signer::Signer;

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;

fn guarded() -> World {
    let mut world = World::new();
    world.create_guardian(5).unwrap();
    world.fund("maker", 1_000_000.0);
    world.fund("alice", 10_000.0);
    world
}

fn beat(world: &mut World, number: usize) {
    let beat = world.deployment.heartbeat(member_key(number));
    world.send(&[beat], &[&member(number)]).unwrap();
}

/// A parameter of a market that is bound to no other: k of its margins.
fn k(to: u64) -> Action {
    let mut list = [Setting::default(); MAX_SETTINGS];
    list[0] = Setting {
        id: Group::Margin.id(0),
        value: to,
    };
    Action::SetParameters(0, Subject::Market(0), 1, list)
}

/// Who takes the seats of these members (by their places), from member 21 on.
fn removal(world: &World, places: &[usize]) -> Action {
    let mut list = [Successor::default(); MAX_SUBJECTS];
    for (number, (subject, place)) in list.iter_mut().zip(places).enumerate() {
        subject.membership = world.guardian().members[*place].membership;
        subject.key = member_key(21 + number).to_bytes();
    }
    Action::RemoveMembers(u8::try_from(places.len()).unwrap(), list)
}

#[test]
fn a06_no_restriction_and_no_change_of_members_voids_what_waits() {
    let mut world = guarded();
    let restricted = world.queue(2, &Action::Restrict(0, 72 * 3_600, 3));
    world.execute(restricted).unwrap();
    let sequence = world.compartment().mode.sequence;
    let relax = world.queue(4, &Action::Relax(0, sequence));
    let set = world.queue(4, &k(9_100));
    let add = world.queue(4, &Action::AddMember(member_key(6).to_bytes()));
    let etas = [relax, set, add].map(|nonce| world.proposal(nonce).eta);
    // One member moves the mode, four others have a member more: nothing that waits has changed.
    world.pass(2 * DAY + SLACK);
    world.restrict(5, 6 * 3_600).unwrap();
    world.execute(relax).unwrap();
    assert_eq!(world.mode(), Mode::Restricted, "what came after stands");
    world.pass(6 * HOUR + 60);
    assert_eq!(world.mode(), Mode::Normal, "a day of the 72 hours was left");
    world.pass(5 * DAY);
    assert_eq!([relax, set, add].map(|n| world.proposal(n).eta), etas);
    world.execute_with(add, &[]).unwrap();
    assert_eq!(world.guardian().member_count, 6);
    // Of six it takes five: the four approvals stand, one more carries it, no delay begins anew.
    expect_error(world.execute(set), E::QuorumMissing);
    assert_eq!(world.proposal(set).state, State::Queued as u8);
    world.approve(5, set).unwrap();
    assert_eq!(world.proposal(set).eta, etas[1]);
    world.execute(set).unwrap();
    assert_eq!(world.board().markets[0].margin.params.k, 9_100);
}

#[test]
fn a17_two_rogues_are_replaced_against_their_will_and_honest_ones_not_in_a_hurry() {
    let mut world = guarded();
    // Three who would remove the rest: more than a blocking minority isn't named at all.
    expect_error(
        world.try_propose(1, &removal(&world, &[2, 3, 4])),
        E::BadAction,
    );
    let rogues = removal(&world, &[3, 4]);
    let nonce = world.propose(1, &rogues);
    world.approve(2, nonce).unwrap();
    for rogue in [4, 5] {
        expect_error(world.approve(rogue, nonce), E::SubjectOfProposal);
        expect_error(world.object(rogue, nonce), E::SubjectOfProposal);
    }
    expect_error(world.execute_with(nonce, &[]), E::ProposalNotQueued);
    world.approve(3, nonce).unwrap();
    // Everybody who mistrusts the three is out a day before: every exit has quickened.
    assert!(world.protocol().quick_ppm >= 1_000_000 / 30);
    let quickened = (29, world.protocol().quick_ppm);
    assert!(quickened.0 * quickened.1 >= 1_000_000, "{quickened:?}");
    let delay = i64::try_from(REMOVAL_DELAY).unwrap();
    world.pass(delay + SLACK - 1);
    expect_error(world.execute_with(nonce, &[]), E::DelayRuns);
    world.pass(1);
    world.execute_with(nonce, &[]).unwrap();
    for (place, number) in [(3, 21), (4, 22)] {
        let seat = world.guardian().members[place];
        assert_eq!(seat.key, member_key(number).to_bytes());
    }
    expect_error(world.restrict(4, 60), E::NotMember);
    assert_eq!(world.guardian().member_count, 5);
}

#[test]
fn a27_silent_members_are_missed_and_come_back_slowly() {
    let mut world = guarded();
    for _ in 0..2 {
        world.pass(SILENT_AFTER / 2 + HOUR);
        for number in [1, 2, 3] {
            beat(&mut world, number);
        }
    }
    // Three of five are awake. They pause; they don't push a repair through: its quorum is of all.
    let pause = world.queue(3, &Action::Pause(ALL_COMPARTMENTS, 72 * 3_600, 1));
    world.execute(pause).unwrap();
    let bytes = read_elf(&elf_path("arithmetic")).unwrap();
    let ours = world.buffer("buffer", derived::guardian(), &bytes);
    let repair = Action::IncidentUpgrade(ours.to_bytes(), digest(&bytes));
    let nonce = world.queue(3, &repair);
    assert_eq!(world.proposal(nonce).state, State::Open as u8);
    assert_eq!(world.protocol().quick_ppm, 0);
    for sleeper in [4, 5] {
        expect_error(world.approve(sleeper, nonce), E::MemberSilent);
        expect_error(world.object(sleeper, nonce), E::MemberSilent);
    }
    // A sleeper's key, stolen or not, is heard of for two days before it counts.
    beat(&mut world, 4);
    world.pass(POWERS_RETURN - 1);
    expect_error(world.approve(4, nonce), E::MemberSilent);
    world.pass(1);
    assert_eq!(world.mode(), Mode::Paused);
    world.approve(4, nonce).unwrap();
    assert_eq!(world.proposal(nonce).state, State::Queued as u8);
    assert_eq!(world.protocol().quick_ppm, 1_000_000);
}

#[test]
fn a32_fifty_own_liquidations_leave_the_slots_room_for_others() {
    let mut world = World::new();
    world.fund("maker", 10_000_000.0);
    world.fund("carol", 1_000_000.0);
    world.fund("liquidator", 1_000_000.0);
    world.fund("alice", 1_000.0);
    world.trade("carol", "maker", SOL_PERP, 2_000.0, 100.0);
    world.trade("alice", "maker", SOL_PERP, 100.0, 100.0);
    let decoys: Vec<&'static str> = (0..50)
        .map(|number| &*format!("decoy {number}").leak())
        .collect();
    for decoy in &decoys {
        world.fund(decoy, 10.0);
        world.trade(decoy, "maker", SOL_PERP, 1.0, 100.0);
    }
    world.advance(30);
    world.crash(SOL, 92.0);
    world.advance(20);
    world.refresh_all();
    let slot = world.now().slot;
    for decoy in &decoys {
        let taken = world.take_over("liquidator", decoy, SOL_PERP, base_e8(1.0));
        taken.unwrap();
    }
    // In the same slot, as much of her as if nobody had been before: a quarter of the leg.
    world
        .take_over("liquidator", "alice", SOL_PERP, base_e8(100.0))
        .unwrap();
    assert_eq!(world.now().slot, slot);
    let left = world.position("alice", SOL_PERP).base;
    assert_eq!(left, base_e8(75.0) as i64);
}

fn interface() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../idl/bulwark.json");
    let text = std::fs::read_to_string(path).expect("the interface");
    serde_json::from_str(&text).expect("JSON")
}

/// Whatever writes Protocol, compartment, guardian or a proposal: what lists, what decides, and
/// what raises or settles an alarm. Not one of them trades.
const COLD: &[&str] = &[
    "announce_recovery",
    "announce_settlement",
    "approve_proposal",
    "begin_audit",
    "call_off_settlement",
    "check",
    "close_audit",
    "close_bank",
    "close_proposal",
    "count_recovery",
    "create_bank",
    "create_board",
    "create_compartment",
    "create_feed",
    "create_guardian",
    "create_insurance",
    "create_market",
    "create_protocol",
    "execute_proposal",
    "execute_upgrade",
    "expire_proposal",
    "freeze_recovery",
    "heartbeat",
    "note_deficit",
    "object_to_proposal",
    "open_quote_pot",
    "pay_treasury",
    "propose",
    "restrict",
    "seal",
    "settle_market",
    "undo_recovery",
];

/// What traders send all the time: these write no Board and no bank either.
const TRADES: &[&str] = &[
    "cancel_batch",
    "cancel_orders",
    "place_order",
    "prune_orders",
    "replace_order",
];

#[test]
fn a33_trading_locks_nothing_that_a_pause_writes() {
    let mut world = guarded();
    let nonce = world.queue(3, &Action::Pause(0, 3_600, 1));
    let ours = &world.deployment;
    let pause = ours.execute_proposal(member_key(1), nonce, &[ours.compartment]);
    let approve = ours.approve_proposal(
        member_key(1),
        nonce,
        [0; 32],
        bulwark::fresh::Quote {
            slot: 0,
            hash: [0; 32],
        },
    );
    let metas = pause.accounts.iter().chain(&approve.accounts);
    let written: BTreeSet<_> = metas.filter(|m| m.is_writable).map(|m| m.pubkey).collect();
    let cold = [
        ("protocol", ours.protocol),
        ("compartment", ours.compartment),
        ("guardian", derived::guardian()),
        ("proposal", derived::proposal(nonce)),
    ];
    assert_eq!(written, cold.iter().map(|(_, key)| *key).collect());
    let interface = interface();
    let all = interface["instructions"].as_array().expect("instructions");
    let (mut writers, mut trades) = (Vec::new(), 0);
    for instruction in all {
        let name = instruction["name"].as_str().expect("a name");
        let accounts = instruction["accounts"].as_array().expect("accounts");
        let written = accounts.iter().filter(|a| a["writable"] == true);
        let written: Vec<_> = written.filter_map(|a| a["name"].as_str()).collect();
        if cold.iter().any(|(slot, _)| written.contains(slot)) {
            writers.push(name);
        }
        if TRADES.contains(&name) {
            trades += 1;
            let shared = written
                .iter()
                .find(|w| w.contains("bank") || **w == "board");
            assert_eq!(shared, None, "{name} makes traders wait for each other");
        }
    }
    writers.sort_unstable();
    assert_eq!(writers, COLD, "what else writes what a pause writes?");
    assert_eq!(trades, TRADES.len());
    // The bytecode asks for no more than the interface says: it trades with them read-only.
    world.trade("alice", "maker", SOL_PERP, 1.0, 100.0);
}

/// All five are gone on the first day: two years later the venue is what it was.
#[test]
fn a16_a_venue_whose_guardians_are_all_gone_works_in_normal_for_ever() {
    let mut world = guarded();
    world.seal().unwrap();
    for month in 0..24 {
        world.advance(30 * DAY);
        world.refresh_all();
        world.accrue().unwrap();
        world.check_all().unwrap();
        assert_eq!(world.mode(), Mode::Normal, "month {month}");
        expect_error(world.announce(Cause::DeadMan), E::NotNeeded);
        // They come in, trade both ways, and leave.
        world.fund("alice", 100.0);
        world.trade("alice", "maker", SOL_PERP, 1.0, 100.0);
        world.advance(60);
        world.refresh_all();
        world.trade("maker", "alice", SOL_PERP, 1.0, 100.0);
        assert_eq!(world.position("alice", SOL_PERP).base, 0);
        assert_eq!(world.withdraw("alice", USDC, usdc(50.0)), (usdc(50.0), 0));
    }
    for number in 1..=5 {
        expect_error(world.restrict(number, 60), E::MemberSilent);
    }
    // Whoever falls is liquidated as ever.
    world.fund("bob", 900.0);
    world.fund("liquidator", 100_000.0);
    world.trade("bob", "maker", SOL_PERP, 100.0, 100.0);
    world.advance(60);
    world.crash(SOL, 92.0);
    world.flag("bob").unwrap();
    let lot = base_e8(10.0);
    world.take_over("liquidator", "bob", SOL_PERP, lot).unwrap();
}

#[test]
fn a73_guardians_own_acts_dont_wind_a_venue_down() {
    let mut world = guarded();
    let month = i64::try_from(DEAD_MAN).unwrap() * 2 + 3 * DAY;
    let (until, mut spent) = (world.now().unix + month, 0);
    // All that their budgets hold, for a month: one restricts whenever he may, two and three too.
    while world.now().unix < until {
        for number in 1..=5 {
            spent += usize::from(world.restrict(number, 6 * 3_600).is_ok());
        }
        for (quorum, action) in [
            (2, Action::Restrict(0, 72 * 3_600, 3)),
            (3, Action::Pause(0, 72 * 3_600, 1)),
        ] {
            let nonce = world.queue(quorum, &action);
            spent += usize::from(world.execute(nonce).is_ok());
        }
        world.check_all().unwrap();
        assert_eq!(above_normal_since(&world.compartment(), world.now()), None);
        expect_error(world.announce(Cause::DeadMan), E::NotNeeded);
        world.pass(DAY);
    }
    assert!(spent > 20, "{spent}");
    assert_eq!(world.withdraw("alice", USDC, usdc(50.0)), (usdc(50.0), 0));
}

#[test]
fn a74_a_relax_opens_no_exit() {
    let mut world = guarded();
    world.fund("whale", 900_000.0);
    // Old enough that it doesn't leave free as a deposit of today.
    world.pass(3 * DAY);
    let restricted = world.queue(2, &Action::Restrict(0, 72 * 3_600, 3));
    world.execute(restricted).unwrap();
    // More than the buckets hold: the rest waits in a ticket.
    let (_, queued) = world.withdraw("whale", USDC, usdc(800_000.0));
    assert!(queued > usdc(100_000.0), "{queued}");
    let mut without = world.fork();
    let sequence = world.compartment().mode.sequence;
    let nonce = world.queue(4, &Action::Relax(0, sequence));
    assert_eq!(world.protocol().quick_ppm, 0);
    let served = |world: &mut World| {
        world.pass(6 * HOUR);
        let before = world.tokens_of("whale", USDC);
        world.try_crank("whale", USDC, 0).unwrap();
        world.tokens_of("whale", USDC) - before
    };
    assert_eq!(served(&mut world), served(&mut without));
    // What waits for a parameter quickens it.
    let mut other = world.fork();
    other.queue(4, &k(9_100));
    assert!(served(&mut other) > served(&mut world));
    let delay = i64::try_from(RELAX_DELAY).unwrap();
    world.pass(delay - 12 * HOUR + SLACK);
    world.execute(nonce).unwrap();
    assert_eq!(world.protocol().quick_ppm, 0);
}

/// Beanstalk, April 2022: whoever holds a majority for one block holds everything.
#[test]
fn i07_nothing_that_loosens_is_voted_and_done_in_one_slot() {
    let mut world = guarded();
    world.hand_over_program();
    // There are fees to pay.
    let quote = world.deployment.banks[USDC].bank;
    world.donate(USDC, usdc(10_000.0));
    world.corrupt::<Bank>(quote, |bank| {
        bank.totals.fees += usdc(10_000.0).cast_signed();
        bank.expected += usdc(10_000.0);
    });
    let restricted = world.queue(2, &Action::Restrict(0, 3_600, 3));
    world.execute(restricted).unwrap();
    let bytes = read_elf(&elf_path("arithmetic")).unwrap();
    let ours = world.buffer("buffer", derived::guardian(), &bytes);
    let sequence = world.compartment().mode.sequence;
    let slot = world.now().slot;
    let second = classic([9; 32]);
    let loosening = [
        Action::PayTreasury(0, 1),
        Action::IncidentUpgrade(ours.to_bytes(), digest(&bytes)),
        Action::Relax(0, sequence),
        k(8_900),
        Action::AddMember(member_key(6).to_bytes()),
        removal(&world, &[4]),
        Action::SetDelays(14 * 86_400, 4 * 86_400, 300),
        Action::SetVeto([0; 32]),
        Action::List(0, [7; 32]),
        Action::SetOracle(0, 1, 1, second.kind, second.id),
        Action::WindDown(0, Subject::Market(0)),
        Action::Upgrade(ours.to_bytes(), digest(&bytes)),
    ];
    let delayed = Kind::ALL
        .iter()
        .filter(|kind| kind.row().delay != Delay::None);
    for kind in delayed {
        let tried = loosening.iter().any(|action| action.kind() == *kind);
        assert!(tried, "{kind:?} has a delay: try it here");
    }
    for action in loosening {
        // All five at once, in one slot, in the name of the law.
        let mut fork = world.fork();
        if matches!(action, Action::IncidentUpgrade(..)) {
            let pause = fork.queue(3, &Action::Pause(ALL_COMPARTMENTS, 3_600, 1));
            fork.execute(pause).unwrap();
        }
        if matches!(action, Action::PayTreasury(..)) {
            // Refused above Normal anyway; it is the delay that is asked here.
            let compartment = fork.deployment.compartment;
            fork.corrupt::<Compartment>(compartment, |compartment| {
                compartment.mode.restricted = End::default();
            });
        }
        let nonce = fork.queue(4, &action);
        let fifth = fork.approve(5, nonce);
        let reached = matches!(action, Action::RemoveMembers(..));
        assert!(fifth.is_ok() || reached, "{action:?}: {fifth:?}");
        assert_eq!(fork.proposal(nonce).state, State::Queued as u8);
        let done = match action {
            Action::PayTreasury(..) => {
                let to = fork.treasury();
                fork.pay_treasury(nonce, to)
            }
            Action::Upgrade(..) | Action::IncidentUpgrade(..) => {
                let caller = fork.wallet("stranger");
                let key = pubkey(caller.pubkey());
                let upgrade = fork
                    .deployment
                    .execute_upgrade(key, nonce, ours, member_key(1));
                fork.send(&[upgrade], &[&caller])
            }
            _ => fork.execute(nonce),
        };
        expect_error(done, E::DelayRuns);
        assert_eq!(fork.now().slot, slot);
        assert_eq!(fork.proposal(nonce).state, State::Queued as u8);
    }
}
