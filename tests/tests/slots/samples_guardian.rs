//! Known-good transactions of the guardian and of those who carry out what it decided.

use bulwark::instructions::RestrictArgs;
use bulwark::upgrade::digest;
use bulwark_client::{Deployment, address as derived};
use bulwark_core::guardian::{ALL_COMPARTMENTS, Action, MAX_SUBJECTS, Setting, Subject, Successor};
use bulwark_core::params::Group;
use bulwark_svm::vm::{address, elf_path, pubkey, read_elf};
use bulwark_svm::world::{member, member_key};
use solana_signer::Signer;

use super::samples::{anyones, by};
use super::{Act, Make};
use crate::stage::Stage;

/// Proposals of the base stage.
pub const QUEUED: u64 = 1;
pub const VOTING: u64 = 2;

pub const SAMPLES: &[(&str, Make)] = &[
    ("approve_proposal", |stage| {
        let quote = stage.world.quote_block();
        let hash = stage.world.proposal(VOTING).action_hash;
        let ours = &stage.world.deployment;
        by(
            ours.approve_proposal(member_key(2), VOTING, hash, quote),
            member(2),
        )
    }),
    ("close_proposal", |stage| {
        stage.world.execute(QUEUED).expect("executed");
        let ours = &stage.world.deployment;
        let act = ours.close_proposal(stage.anyone(), QUEUED, member_key(1));
        anyones(stage, act)
    }),
    ("create_guardian", |stage| {
        gone(stage, derived::guardian());
        let key = address(stage.world.deployment.protocol);
        let mut protocol = stage.world.protocol();
        protocol.guardian = [0; 32];
        stage
            .world
            .vm
            .overwrite(key, &*protocol)
            .expect("it is there");
        let creator = stage.world.vm.authority.insecure_clone();
        let members: Vec<_> = (1..=5).map(member_key).collect();
        let ours = &stage.world.deployment;
        by(
            ours.create_guardian(pubkey(creator.pubkey()), &members, None),
            creator,
        )
    }),
    ("execute_proposal", |stage| {
        let ours = &stage.world.deployment;
        let act = ours.execute_proposal(stage.anyone(), QUEUED, &[ours.compartment]);
        anyones(stage, act)
    }),
    ("execute_proposal", |stage| {
        let all = Action::Pause(ALL_COMPARTMENTS, 3_600, 1);
        let nonce = stage.world.queue(3, &all);
        let both = [stage.world.deployment.compartment, stage.other.compartment];
        let ours = &stage.world.deployment;
        let act = ours.execute_proposal(stage.anyone(), nonce, &both);
        anyones(stage, act)
    }),
    ("execute_proposal", |stage| {
        let closing = Setting {
            id: Group::Switch.id(0),
            value: 1,
        };
        let action = Action::Tighten(0, Subject::Bank(1), closing);
        let nonce = stage.world.queue(2, &action);
        let ours = &stage.world.deployment;
        let keys = ours.decided(&action).expect("the item is listed");
        let act = ours.execute_proposal(stage.anyone(), nonce, &keys);
        anyones(stage, act)
    }),
    ("execute_upgrade", |stage| {
        let bytes = read_elf(&elf_path("arithmetic")).expect("it is built");
        let buffer = stage.world.buffer("buffer", derived::guardian(), &bytes);
        stage.world.hand_over_program();
        let action = Action::Upgrade(buffer.to_bytes(), digest(&bytes));
        let nonce = stage.world.queue(4, &action);
        stage.world.advance_apart(8 * 86_400, 2_500_000);
        let ours = &stage.world.deployment;
        let act = ours.execute_upgrade(stage.anyone(), nonce, buffer, member_key(1));
        anyones(stage, act)
    }),
    ("expire_proposal", |stage| {
        stage.world.advance(8 * 86_400);
        let act = stage
            .world
            .deployment
            .expire_proposal(stage.anyone(), VOTING);
        anyones(stage, act)
    }),
    ("heartbeat", |stage| {
        by(stage.world.deployment.heartbeat(member_key(2)), member(2))
    }),
    ("object_to_proposal", |stage| {
        let quote = stage.world.quote_block();
        let ours = &stage.world.deployment;
        by(
            ours.object_to_proposal(member_key(2), VOTING, quote),
            member(2),
        )
    }),
    ("pay_treasury", |stage| {
        let mut bank = stage.world.bank(0);
        bank.totals.fees += 50_000_000;
        bank.totals.fee_floor_e6 = 0;
        bank.totals.positive -= 50_000_000;
        let key = address(stage.world.deployment.banks[0].bank);
        stage.world.vm.overwrite(key, &*bank).expect("it is there");
        let to = stage.world.treasury();
        let nonce = stage.world.queue(4, &Action::PayTreasury(0, 40_000_000));
        stage.world.advance_apart(8 * 86_400, 2_500_000);
        let ours = &stage.world.deployment;
        let act = ours.pay_treasury(stage.anyone(), nonce, to);
        anyones(stage, act)
    }),
    ("propose", |stage| {
        let quote = stage.world.quote_block();
        let guardian = stage.world.guardian();
        let mut list = [Successor::default(); MAX_SUBJECTS];
        list[0].membership = guardian.members[4].membership;
        list[0].key = member_key(6).to_bytes();
        let removal = Action::RemoveMembers(1, list);
        let ours = &stage.world.deployment;
        let act = ours.propose(member_key(1), guardian.nonce, &removal, quote);
        by(act.expect("the list fits"), member(1))
    }),
    ("restrict", |stage| restrict(stage, 0)),
    ("restrict", |stage| restrict(stage, ALL_COMPARTMENTS)),
];

fn restrict(stage: &mut Stage, scope: u16) -> Act {
    let args = RestrictArgs {
        scope,
        seconds: 60,
        reason: 1,
        quote: stage.world.quote_block(),
    };
    let ours: &Deployment = &stage.world.deployment;
    let compartment = (scope == 0).then_some(ours.compartment);
    by(ours.restrict(member_key(2), args, compartment), member(2))
}

/// As if it had never been made.
pub fn gone(stage: &mut Stage, key: bulwark_client::Pubkey) {
    let none = bulwark_svm::hostile::Account::default();
    let svm = &mut stage.world.vm.svm;
    svm.set_account(address(key), none).expect("it is removed");
}
