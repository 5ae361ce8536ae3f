//! Every account of every guardian instruction replaced by what a thief could pass instead.

mod stage;

use bulwark::instructions::RestrictArgs;
use bulwark_core::guardian::{ALL_COMPARTMENTS, Action, MAX_SUBJECTS, Setting, Subject, Successor};
use bulwark_core::params::Group;
use bulwark_svm::hostile::Instead;
use bulwark_svm::vm::pubkey;
use bulwark_svm::world::{member, member_key};
use solana_signer::Signer;
use stage::Stage;

/// Two compartments, and a guardian of five over both.
fn guarded() -> Stage {
    let mut stage = Stage::new();
    stage.world.create_guardian(5).unwrap();
    stage
}

#[test]
fn making_a_guardian_refuses_each_wrong_account() {
    let mut stage = Stage::new();
    let creator = stage.world.vm.authority.insecure_clone();
    for number in 1..=5 {
        stage.world.vm.fund(member(number).pubkey(), 1_000_000);
    }
    let members: Vec<_> = (1..=5).map(member_key).collect();
    let create = stage
        .world
        .deployment
        .create_guardian(pubkey(creator.pubkey()), &members, None);
    // Whom the creator names is his business, as long as the system program owns it and it has no
    // data: himself, or an address that nobody can sign for and whose seat stays silent.
    let legal: Vec<_> = (6..11)
        .flat_map(|slot| {
            let others = [Instead::Empty, Instead::Slot(0), Instead::Slot(4)];
            others.map(|instead| (slot, instead))
        })
        .collect();
    stage.refuses_all_but("create_guardian", &create, &[&creator], &legal);
}

#[test]
fn members_speak_only_for_themselves_and_about_their_own_proposal() {
    let mut stage = guarded();
    let ours = stage.world.deployment.clone();
    let quote = stage.world.quote_block();
    let nonce = stage.world.guardian().nonce;
    let mut list = [Successor::default(); MAX_SUBJECTS];
    list[0].membership = stage.world.guardian().members[4].membership;
    list[0].key = member_key(6).to_bytes();
    let removal = Action::RemoveMembers(1, list);
    let propose = ours.propose(member_key(1), nonce, &removal, quote).unwrap();
    stage.refuses_all_but("propose", &propose, &[&member(1)], &[]);
    stage.world.send(&[propose], &[&member(1)]).unwrap();

    let hash = stage.world.proposal(nonce).action_hash;
    let approve = ours.approve_proposal(member_key(2), nonce, hash, quote);
    stage.refuses_all_but("approve_proposal", &approve, &[&member(2)], &[]);
    let object = ours.object_to_proposal(member_key(2), nonce, quote);
    stage.refuses_all_but("object_to_proposal", &object, &[&member(2)], &[]);
    let beat = ours.heartbeat(member_key(2));
    stage.refuses_all_but("heartbeat", &beat, &[&member(2)], &[]);
    let args = RestrictArgs {
        scope: 0,
        seconds: 60,
        reason: 1,
        quote,
    };
    let restrict = ours.restrict(member_key(2), args, Some(ours.compartment));
    stage.refuses_all_but("restrict", &restrict, &[&member(2)], &[]);
}

#[test]
fn what_anyone_carries_out_is_what_was_decided() {
    let mut stage = guarded();
    let ours = stage.world.deployment.clone();
    let one = stage.world.queue(3, &Action::Pause(0, 3_600, 1));
    let caller = stage.anyone();
    let execute = ours.execute_proposal(caller, one, &[ours.compartment]);
    stage.anybodys("execute_proposal", &execute, &[]);
    let all = stage
        .world
        .queue(3, &Action::Pause(ALL_COMPARTMENTS, 3_600, 1));
    let both = [ours.compartment, stage.other.compartment];
    let execute = ours.execute_proposal(caller, all, &both);
    stage.anybodys("execute_proposal of all", &execute, &[]);

    let closing = Setting {
        id: Group::Switch.id(0),
        value: 1,
    };
    let (market, bank) = (Subject::Market(0), Subject::Bank(1));
    for action in [market, bank].map(|subject| Action::Tighten(0, subject, closing)) {
        let keys = ours.decided(&action).unwrap();
        let nonce = stage.world.queue(2, &action);
        let tighten = ours.execute_proposal(caller, nonce, &keys);
        // The compartment is only read.
        let legal = [(6, Instead::ReadOnly)];
        stage.anybodys("execute_proposal of one item", &tighten, &legal);
    }

    let anyone = stage.anyone.insecure_clone();
    stage.world.send(&[execute], &[&anyone]).unwrap();
    let close = ours.close_proposal(caller, all, member_key(1));
    stage.anybodys("close_proposal", &close, &[]);
    let late = stage.world.propose(1, &Action::Pause(0, 3_600, 1));
    stage.world.advance(8 * 86_400);
    let expire = ours.expire_proposal(caller, late);
    stage.anybodys("expire_proposal", &expire, &[]);
}
