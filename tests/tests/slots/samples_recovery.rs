//! Known-good transactions of Recovery.

use anchor_lang::Discriminator;
use bulwark::state::RecoveryState;
use bulwark_core::recovery::{Cause, DEAD_MAN, DEAD_MAN_NOTICE};
use bulwark_state::{Bank, Compartment, Recovery};
use bulwark_svm::hostile::Account;
use bulwark_svm::vm::address;
use bulwark_svm::world::{SOL, USDC, usdc};

use super::Make;
use super::samples::{anyones, by};
use crate::stage::Stage;

/// Our compartment has been above Normal for a fortnight.
fn stuck(stage: &mut Stage) {
    let world = &mut stage.world;
    let since = world.now().unix - DEAD_MAN.cast_signed();
    world.corrupt::<Compartment>(world.deployment.compartment, |compartment| {
        compartment.broken.markets = 1;
        compartment.mode.above_normal_at = since;
    });
}

fn announced(stage: &mut Stage) {
    stuck(stage);
    stage.world.announce(Cause::DeadMan).expect("announced");
}

fn frozen(stage: &mut Stage) {
    announced(stage);
    for _ in 0..DEAD_MAN_NOTICE / 86_400 {
        stage.world.pass_notice();
    }
    stage.world.freeze().expect("frozen");
}

fn marking(stage: &mut Stage) {
    // Fees above their floor, so that markers are paid.
    let quote = stage.world.deployment.banks[USDC].bank;
    stage.world.corrupt::<Bank>(quote, |bank| {
        bank.totals.fee_floor_e6 = 0;
        bank.totals.fees += 1_000_000;
    });
    frozen(stage);
    stage.world.count_all().expect("counted");
}

/// Everybody is marked and the quote pot is open.
pub(super) fn settled(stage: &mut Stage) {
    marking(stage);
    let everyone = ["alice", "bob", "carol", "maker", "liquidator", "mallory"];
    stage.world.mark_all(&everyone).expect("marked");
    stage.world.open_pot().expect("open");
}

/// A Recovery of the other compartment that was taken back, for the base stage.
pub fn undone(stage: &mut Stage) {
    let key = stage.other.recovery(1);
    let world = &mut stage.world;
    world.corrupt::<Compartment>(stage.other.compartment, |compartment| {
        compartment.recovery_epoch = 1;
    });
    world.audited = true;
    let mut recovery: Recovery = bytemuck::Zeroable::zeroed();
    recovery.compartment = stage.other.compartment.to_bytes();
    (recovery.epoch, recovery.phase, recovery.version) = (1, 5, bulwark_state::VERSION);
    let mut data = RecoveryState::DISCRIMINATOR.to_vec();
    data.extend_from_slice(bytemuck::bytes_of(&recovery));
    let account = Account {
        lamports: 100_000_000,
        data,
        owner: address(bulwark::ID),
        ..Account::default()
    };
    world
        .vm
        .svm
        .set_account(address(key), account)
        .expect("an account is accepted");
}

pub const SAMPLES: &[(&str, Make)] = &[
    ("note_deficit", |stage| {
        let world = &mut stage.world;
        world.corrupt::<Compartment>(world.deployment.compartment, |compartment| {
            compartment.deficit_seen_at = 1;
        });
        let act = stage.world.deployment.note_deficit(stage.anyone());
        anyones(stage, act)
    }),
    ("announce_recovery", |stage| {
        stuck(stage);
        let ours = &stage.world.deployment;
        let act = ours.announce_recovery(stage.anyone(), Cause::DeadMan, 1, None);
        anyones(stage, act)
    }),
    ("announce_recovery", |stage| {
        let action = bulwark_core::guardian::Action::AnnounceRecovery(0);
        let nonce = stage.world.propose(1, &action);
        for member in 2..=4 {
            stage.world.approve(member, nonce).expect("approved");
        }
        let ours = &stage.world.deployment;
        let act = ours.announce_recovery(stage.anyone(), Cause::Guardian, 1, Some(nonce));
        anyones(stage, act)
    }),
    ("undo_recovery", |stage| {
        announced(stage);
        let world = &mut stage.world;
        world.corrupt::<Compartment>(world.deployment.compartment, |compartment| {
            compartment.broken.markets = 0;
        });
        let act = stage.world.deployment.undo_recovery(stage.anyone(), 1);
        anyones(stage, act)
    }),
    ("freeze_recovery", |stage| {
        announced(stage);
        for _ in 0..DEAD_MAN_NOTICE / 86_400 {
            stage.world.pass_notice();
        }
        let act = stage.world.deployment.freeze_recovery(stage.anyone(), 1);
        anyones(stage, act)
    }),
    ("count_recovery", |stage| {
        frozen(stage);
        let ours = &stage.world.deployment;
        let act = ours.count_recovery(stage.anyone(), 1, 0..3, 0..2);
        anyones(stage, act)
    }),
    ("mark_accounts", |stage| {
        marking(stage);
        let margins = [
            stage.world.margin_key("alice"),
            stage.world.margin_key("maker"),
        ];
        let reward_to = stage.tokens("mallory", USDC);
        let ours = &stage.world.deployment;
        let act = ours.mark_accounts(stage.anyone(), 1, &margins, Some(reward_to));
        anyones(stage, act)
    }),
    ("begin_audit", |stage| {
        let act = stage.world.deployment.begin_audit(stage.anyone());
        anyones(stage, act)
    }),
    ("close_audit", |stage| {
        stage.world.begin_audit().expect("begun");
        stage.world.audit_count().expect("counted");
        let everyone = ["alice", "bob", "carol", "maker", "liquidator", "mallory"];
        stage.world.audit_mark(&everyone).expect("marked");
        let act = stage.world.deployment.close_audit(stage.anyone());
        anyones(stage, act)
    }),
    ("assign_claims", |stage| {
        marking(stage);
        stage.world.mark_all(&["alice"]).expect("marked");
        let margin = stage.world.margin_key("alice");
        let to = stage.anyone();
        let (alice, key) = stage.wallet("alice");
        by(stage.world.deployment.assign_claims(key, margin, to), alice)
    }),
    ("open_quote_pot", |stage| {
        marking(stage);
        let everyone = ["alice", "bob", "carol", "maker", "liquidator", "mallory"];
        stage.world.mark_all(&everyone).expect("marked");
        let act = stage.world.deployment.open_quote_pot(stage.anyone(), 1);
        anyones(stage, act)
    }),
    ("claim_recovery", |stage| {
        settled(stage);
        let destination = stage.tokens("alice", SOL);
        let margin = stage.world.margin_key("alice");
        let (alice, key) = stage.wallet("alice");
        let ours = &stage.world.deployment;
        by(ours.claim_recovery(key, 1, margin, SOL, destination), alice)
    }),
    ("add_recovery_money", |stage| {
        settled(stage);
        stage.world.audited = false;
        stage.world.give("alice", USDC, usdc(10.0));
        let source = stage.tokens("alice", USDC);
        let (alice, key) = stage.wallet("alice");
        let ours = &stage.world.deployment;
        by(
            ours.add_recovery_money(key, 1, USDC, source, usdc(10.0)),
            alice,
        )
    }),
    ("verify_claim", |stage| {
        // One account alone in the tree: its leaf is the whole of it.
        marking(stage);
        stage.world.mark_all(&["alice"]).expect("marked");
        let act = verify(stage);
        anyones(stage, act)
    }),
];

fn verify(stage: &mut Stage) -> bulwark_client::Instruction {
    let deadline = bulwark_core::recovery::DEADLINE.cast_signed();
    stage.world.advance(deadline);
    stage.world.open_pot().expect("open");
    let (margin, ours) = (stage.world.margin_key("alice"), &stage.world.deployment);
    ours.verify_claim(1, margin, Vec::new(), None, Vec::new())
}
