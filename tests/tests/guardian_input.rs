//! Bad input to the guardian: actions cut short, too long, out of range, numbers that wrap, seats
//! and members that can't be. Each is refused by name, and nothing has changed.

use bulwark::error::BulwarkError as E;
use bulwark::instructions::{ProposeArgs, RestrictArgs};
use bulwark_client::{AccountMeta, Instruction, Pubkey};
use bulwark_core::guardian::{
    ALL_COMPARTMENTS, Action, DELAY_MAX, Kind, MAX_SETTINGS, MAX_SUBJECTS, ORDINARY_DELAY,
    RELAX_DELAY, Setting, Subject, Successor, encode, quorum,
};
use bulwark_core::mode::Capability;
use bulwark_core::params::Group;
use bulwark_state::{ACTION_BYTES, Compartment, Guardian, Protocol};
use bulwark_svm::world::{Outcome, World, expect_error, member, member_key};

fn guarded() -> World {
    let mut world = World::new();
    world.create_guardian(5).unwrap();
    world.fund("alice", 1_000.0);
    world
}

/// One sound action of each kind, as long as it can be.
fn one_of_each(world: &World) -> Vec<Action> {
    let mut settings = [Setting::default(); MAX_SETTINGS];
    for (place, setting) in settings.iter_mut().enumerate() {
        *setting = Setting {
            id: Group::Market.id(place),
            value: 1,
        };
    }
    let mut subjects = [Successor::default(); MAX_SUBJECTS];
    for (place, subject) in subjects.iter_mut().enumerate() {
        subject.membership = world.guardian().members[place].membership;
        subject.key = member_key(21 + place).to_bytes();
    }
    let (market, key) = (Subject::Market(0), [7; 32]);
    let all = vec![
        Action::Restrict(0, 60, 1),
        Action::Tighten(0, market, settings[0]),
        Action::Pause(0, 60, 1),
        Action::Revoke(0, 0, 60),
        Action::Relax(0, 1),
        Action::SetParameters(0, market, 24, settings),
        Action::AddMember(key),
        Action::RemoveMembers(4, subjects),
        Action::SetDelays(ORDINARY_DELAY, RELAX_DELAY, 300),
        Action::SetVeto(key),
        Action::List(0, key),
        Action::SetOracle(0, 1, 1, 1, key),
        Action::WindDown(0, market),
        Action::PayTreasury(0, 1),
        Action::AnnounceRecovery(0),
        Action::Upgrade(key, key),
        Action::IncidentUpgrade(key, key),
    ];
    let kinds: Vec<Kind> = all.iter().map(Action::kind).collect();
    assert_eq!(kinds, Kind::ALL);
    all
}

fn bytes_of(action: &Action) -> Vec<u8> {
    let mut bytes = [0; ACTION_BYTES];
    let length = encode(action, &mut bytes).unwrap();
    bytes[..usize::from(length)].to_vec()
}

/// Proposes these very bytes, with these accounts behind the named ones.
fn propose_bytes(world: &mut World, nonce: u64, (kind, action): (u16, Vec<u8>)) -> Outcome {
    let quote = world.quote_block();
    let ours = world.deployment.clone();
    let sound = ours.propose(member_key(1), nonce, &Action::Pause(0, 60, 1), quote);
    let args = ProposeArgs {
        nonce,
        kind,
        action,
        quote,
    };
    let mut propose: Instruction = sound.unwrap();
    propose.data.truncate(8);
    anchor_lang::AnchorSerialize::serialize(&args, &mut propose.data).unwrap();
    world.send(&[propose], &[&member(1)])
}

#[test]
fn no_action_is_read_from_less_or_more_than_its_bytes() {
    let mut world = guarded();
    let nonce = world.guardian().nonce;
    let before = state(&world);
    let mut tried = 0;
    for action in one_of_each(&world) {
        let (kind, whole) = (action.kind() as u16, bytes_of(&action));
        for length in 0..whole.len() {
            let cut = whole[..length].to_vec();
            expect_error(propose_bytes(&mut world, nonce, (kind, cut)), E::BadAction);
            tried += 1;
        }
        let mut longer = whole.clone();
        longer.push(0);
        expect_error(
            propose_bytes(&mut world, nonce, (kind, longer)),
            E::BadAction,
        );
        // More than any action has.
        let mut oversized = whole.clone();
        oversized.resize(ACTION_BYTES + 1, 0);
        let refused = propose_bytes(&mut world, nonce, (kind, oversized));
        expect_error(refused, E::BadAction);
    }
    assert!(tried > 500, "{tried}");
    // A list of none, or of more than there can be, or of what isn't there.
    let place = |action: &Action, at: usize, byte: u8| {
        let mut bytes = bytes_of(action);
        bytes[at] = byte;
        (action.kind() as u16, bytes)
    };
    let all = one_of_each(&world);
    for (kind, at, byte) in [
        (Kind::SetParameters, 4, 0),
        (Kind::SetParameters, 4, 23),
        (Kind::SetParameters, 4, 25),
        (Kind::SetParameters, 4, 255),
        (Kind::SetParameters, 2, 4),
        (Kind::RemoveMembers, 0, 0),
        (Kind::RemoveMembers, 0, 3),
        (Kind::RemoveMembers, 0, 5),
        (Kind::WindDown, 2, 4),
        (Kind::Tighten, 2, 9),
    ] {
        let action = all.iter().find(|a| a.kind() == kind).unwrap();
        let bad = place(action, at, byte);
        expect_error(propose_bytes(&mut world, nonce, bad), E::BadAction);
    }
    assert!(before == state(&world), "nothing has changed");
}

#[test]
fn numbers_out_of_range_are_refused_when_they_are_proposed() {
    let mut world = guarded();
    let before = state(&world);
    let members = world.guardian().members;
    let removal = |list: &[(u64, [u8; 32])]| {
        let mut subjects = [Successor::default(); MAX_SUBJECTS];
        for (subject, (membership, key)) in subjects.iter_mut().zip(list) {
            (subject.membership, subject.key) = (*membership, *key);
        }
        Action::RemoveMembers(u8::try_from(list.len()).unwrap(), subjects)
    };
    let (new, newer) = (member_key(21).to_bytes(), member_key(22).to_bytes());
    let (first, second) = (members[0].membership, members[1].membership);
    let delays = |ordinary, relax, slot_ms| Action::SetDelays(ordinary, relax, slot_ms);
    let cases = [
        // Delays of nothing, below the floors, beyond the ends, in slots that can't be.
        (delays(0, 0, 300), E::ParameterOutOfBounds),
        (
            delays(ORDINARY_DELAY - 1, RELAX_DELAY, 300),
            E::ParameterOutOfBounds,
        ),
        (
            delays(ORDINARY_DELAY, RELAX_DELAY - 1, 300),
            E::ParameterOutOfBounds,
        ),
        (
            delays(DELAY_MAX + 1, RELAX_DELAY, 300),
            E::ParameterOutOfBounds,
        ),
        (delays(u64::MAX, u64::MAX, 300), E::ParameterOutOfBounds),
        (
            delays(ORDINARY_DELAY, RELAX_DELAY, 199),
            E::ParameterOutOfBounds,
        ),
        (
            delays(ORDINARY_DELAY, RELAX_DELAY, 401),
            E::ParameterOutOfBounds,
        ),
        (
            delays(ORDINARY_DELAY, RELAX_DELAY, u32::MAX),
            E::ParameterOutOfBounds,
        ),
        // Members: nobody, twice the same, one who is there, a subject who isn't.
        (Action::AddMember([0; 32]), E::BadMember),
        (Action::AddMember(members[2].key), E::BadMember),
        (Action::SetVeto(members[2].key), E::BadMember),
        (removal(&[(first, new), (first, newer)]), E::BadMember),
        (removal(&[(first, new), (second, new)]), E::BadMember),
        (removal(&[(first, members[3].key)]), E::BadMember),
        (removal(&[(first, [0; 32])]), E::BadMember),
        (removal(&[(0, new)]), E::BadMember),
        (removal(&[(u64::MAX, new)]), E::BadMember),
        (
            removal(&[(first, new), (second, newer), (3, [9; 32])]),
            E::BadAction,
        ),
        // What isn't there.
        (
            Action::Revoke(0, Capability::ALL.len() as u8, 60),
            E::BadAction,
        ),
        (Action::Revoke(0, 255, 60), E::BadAction),
        (Action::PayTreasury(0, 0), E::ZeroAmount),
    ];
    for (action, error) in cases {
        let refused = world.try_propose(1, &action);
        let code = refused.err().and_then(|failure| failure.code());
        assert_eq!(code, Some(u32::from(error)), "{action:?}");
    }
    // Numbers of proposals: the next one, and no other.
    let nonce = world.guardian().nonce;
    for wrong in [nonce - 1, nonce + 1, 0, u64::MAX] {
        let action = Action::Pause(0, 60, 1);
        let refused = propose_bytes(&mut world, wrong, (3, bytes_of(&action)));
        expect_error(refused, E::BadIndex);
    }
    assert!(before == state(&world), "nothing has changed");
}

#[test]
fn compartments_that_arent_there_are_nobodys() {
    let mut world = guarded();
    let compartment = world.deployment.compartment;
    for id in [1, 31, 32, u16::MAX - 1] {
        let nonce = world.queue(3, &Action::Pause(id, 60, 1));
        let refused = world.execute_with(nonce, &[compartment]);
        expect_error(refused, E::IncompleteSet);
        let nonce = world.queue(3, &Action::Revoke(id, 0, 60));
        expect_error(world.execute_with(nonce, &[compartment]), E::IncompleteSet);
        let args = RestrictArgs {
            scope: id,
            seconds: 60,
            reason: 1,
            quote: world.quote_block(),
        };
        let restrict = world
            .deployment
            .restrict(member_key(1), args, Some(compartment));
        let refused = world.send(&[restrict], &[&member(1)]);
        expect_error(refused, E::IncompleteSet);
    }
    // All of them are all, each once.
    let nonce = world.queue(3, &Action::Pause(ALL_COMPARTMENTS, 60, 1));
    let twice = [compartment, compartment];
    expect_error(world.execute_with(nonce, &twice), E::IncompleteSet);
    expect_error(world.execute_with(nonce, &[]), E::IncompleteSet);
    assert_eq!(world.mode(), bulwark_core::mode::Mode::Normal);
}

#[test]
fn seconds_beyond_any_power_are_cut_to_it() {
    let mut world = guarded();
    let now = world.now().unix;
    world.restrict(1, u32::MAX).unwrap();
    assert_eq!(world.compartment().mode.restricted.at, now + 6 * 3_600);
    let nonce = world.queue(3, &Action::Pause(0, u32::MAX, 1));
    world.execute(nonce).unwrap();
    assert_eq!(world.compartment().mode.paused.at, now + 72 * 3_600);
    let nonce = world.queue(3, &Action::Revoke(0, 0, u32::MAX));
    world.execute(nonce).unwrap();
    let ends = world
        .compartment()
        .revocations
        .iter()
        .map(|r| r.until.at)
        .max();
    assert_eq!(ends, Some(now + 72 * 3_600));
}

#[test]
fn a_proposal_made_anew_by_hand_is_nobodys() {
    let mut world = guarded();
    let nonce = world.queue(3, &Action::Pause(0, 60, 1));
    let caller = world.wallet("mallory");
    let execute = |key: Pubkey, world: &World| {
        let ours = &world.deployment;
        let own = bulwark_svm::vm::pubkey(solana_signer::Signer::pubkey(&caller));
        let mut act = ours.execute_proposal(own, nonce, &[ours.compartment]);
        act.accounts[3] = AccountMeta::new(key, false);
        act
    };
    // The bytes of a sound one under another program; a sound one of another guardian.
    let sound = bulwark_client::address::proposal(nonce);
    let bytes = world.vm.data(bulwark_svm::vm::address(sound));
    for (owner, change) in [(false, false), (true, true)] {
        let key = bulwark_svm::keys::keypair("forged");
        let key = solana_signer::Signer::pubkey(&key);
        let mut account = world
            .vm
            .svm
            .get_account(&bulwark_svm::vm::address(sound))
            .unwrap();
        account.data.clone_from(&bytes);
        if change {
            // The guardian that it belongs to comes first.
            account.data[8] ^= 1;
        }
        if !owner {
            account.owner = bulwark_svm::vm::address(world.deployment.banks[0].token_program);
        }
        world.vm.svm.set_account(key, account).unwrap();
        let act = execute(bulwark_svm::vm::pubkey(key), &world);
        let refused = world.send(&[act], &[&caller]);
        let code = refused.err().and_then(|failure| failure.code());
        // Anchor's own for an account of another program.
        let other = anchor_lang::error::ErrorCode::AccountOwnedByWrongProgram;
        let meant = if owner {
            u32::from(E::WrongProtocol)
        } else {
            u32::from(other)
        };
        assert_eq!(code, Some(meant));
    }
    let act = execute(sound, &world);
    world.send(std::slice::from_ref(&act), &[&caller]).unwrap();
    // Once.
    expect_error(world.send(&[act], &[&caller]), E::ProposalClosed);
}

#[test]
fn numbers_that_would_wrap_end_instead() {
    let mut world = guarded();
    let key = bulwark_client::address::guardian();
    let pause = Action::Pause(0, 60, 1);
    // The last number of a proposal: there is none after it.
    let mut last = world.fork();
    last.corrupt::<Guardian>(key, |guardian| guardian.nonce = u64::MAX);
    let before = state(&last);
    expect_error(last.try_propose(1, &pause), E::Overflow);
    assert!(before == state(&last), "nothing has changed");
    // The last membership is the veto seat's mark, and nobody's.
    let add = world.queue(4, &Action::AddMember(member_key(6).to_bytes()));
    world.advance_apart(7 * 86_400 + 1_800, 2_016_000);
    world.corrupt::<Guardian>(key, |guardian| guardian.next_membership = u64::MAX);
    let before = state(&world);
    expect_error(world.execute_with(add, &[]), E::Overflow);
    assert!(before == state(&world), "nothing has changed");
    // The last act of a mode record: a Relax could name none after it.
    world.corrupt::<Guardian>(key, |guardian| guardian.next_membership = 6);
    let compartment = world.deployment.compartment;
    world.corrupt::<Compartment>(compartment, |one| one.mode.sequence = u64::MAX);
    let before = state(&world);
    expect_error(world.restrict(1, 60), E::Overflow);
    assert!(before == state(&world), "nothing has changed");
    // The last numbered event: nothing is decided that can't be told.
    let protocol = world.deployment.protocol;
    world.corrupt::<Protocol>(protocol, |one| one.event_sequence = u64::MAX);
    let before = state(&world);
    expect_error(world.try_propose(1, &pause), E::Overflow);
    assert!(before == state(&world), "nothing has changed");
}

#[test]
fn members_are_five_to_sixteen_wallets_each_once() {
    let founders = |count: usize| (1..=count).map(member_key).collect::<Vec<_>>();
    let with = |place: usize, key: Pubkey| {
        let mut keys = founders(5);
        keys[place] = key;
        keys
    };
    let mut world = World::new();
    let protocol = bytemuck::bytes_of(&*world.protocol()).to_vec();
    let board = world.deployment.board;
    for (keys, what) in [
        (vec![], "none"),
        (founders(4), "four"),
        (founders(17), "seventeen"),
        (with(4, Pubkey::default()), "the default key"),
        (with(4, member_key(1)), "one twice"),
        (with(4, bulwark::ID), "a program"),
        (with(4, board), "an account of a program"),
    ] {
        let made = world.create_guardian_of(&keys, None);
        let code = made.err().and_then(|failure| failure.code());
        assert_eq!(code, Some(u32::from(E::BadMember)), "{what}");
    }
    let now = bytemuck::bytes_of(&*world.protocol()).to_vec();
    assert_eq!(protocol, now, "nothing has changed");

    // The same of a successor, whom a removal brings.
    world.create_guardian(5).unwrap();
    let first = world.guardian().members[4].membership;
    let before = state(&world);
    for key in [bulwark::ID, board, Pubkey::default(), member_key(1)] {
        let mut list = [Successor::default(); MAX_SUBJECTS];
        list[0] = Successor {
            membership: first,
            key: key.to_bytes(),
        };
        let refused = world.try_propose(1, &Action::RemoveMembers(1, list));
        expect_error(refused, E::BadMember);
    }
    // Quorums are compiled: nothing sets one, and five of sixteen at least are always asked.
    for (kind, members) in Kind::ALL
        .iter()
        .flat_map(|k| (5..=16).map(move |n| (*k, n)))
    {
        let needed = quorum(kind, members, 1).unwrap();
        assert!((1..=members).contains(&needed), "{kind:?} of {members}");
    }
    assert!(before == state(&world), "nothing has changed");
}

#[test]
fn a_forged_sysvar_is_no_sysvar() {
    let mut world = guarded();
    let nonce = world.propose(1, &Action::Pause(0, 60, 1));
    let quote = world.quote_block();
    let hash = world.proposal(nonce).action_hash;
    let approve = world
        .deployment
        .approve_proposal(member_key(2), nonce, hash, quote);
    // Bytes that say that no durable nonce leads, at an address of one's own, whoever owns them.
    let sysvars = anchor_lang::prelude::pubkey!("Sysvar1111111111111111111111111111111111111");
    for owner in [sysvars, bulwark::ID, Pubkey::default()] {
        let key = solana_signer::Signer::pubkey(&bulwark_svm::keys::keypair("forged sysvar"));
        let account = bulwark_svm::Account {
            lamports: 10_000_000,
            data: vec![0; 200],
            owner: bulwark_svm::vm::address(owner),
            executable: false,
            rent_epoch: u64::MAX,
        };
        world.vm.svm.set_account(key, account).unwrap();
        let mut forged = approve.clone();
        forged.accounts[4].pubkey = bulwark_svm::vm::pubkey(key);
        let before = state(&world);
        expect_error(world.send(&[forged], &[&member(2)]), E::WrongAddress);
        assert!(before == state(&world), "nothing has changed");
    }
    // Hashes of blocks are read from the runtime: no account can bring others.
    assert!(!approve.accounts.iter().any(|meta| {
        meta.pubkey == anchor_lang::prelude::pubkey!("SysvarS1otHashes111111111111111111111111111")
    }));
    world.send(&[approve], &[&member(2)]).unwrap();
}

fn state(world: &World) -> (Vec<u8>, Vec<u8>, Vec<u8>) {
    (
        bytemuck::bytes_of(&*world.guardian()).to_vec(),
        bytemuck::bytes_of(&*world.protocol()).to_vec(),
        bytemuck::bytes_of(&*world.compartment()).to_vec(),
    )
}
