//! Known-good transactions of traders, liquidators and of what anybody may do.

use bulwark::instructions::Which;
use bulwark_client::{Instruction, Items};
use bulwark_core::guardian::Action;
use bulwark_svm::Vm;
use bulwark_svm::vm::pubkey;
use bulwark_svm::world::{
    BTC_PERP, SOL, SOL_PERP, USDC, World, base_e8, bid, scaled, standard_plan, usdc,
};
use solana_keypair::Keypair;

use super::samples_guardian::{QUEUED, VOTING};
use super::{Act, Make};
use crate::stage::{Stage, in_debt};

/// A venue with an account of every kind: two compartments, a guardian with proposals, tickets.
pub fn base() -> Stage {
    let vm = Vm::deployed(false).expect("the VM starts");
    let mut world = World::on(vm, standard_plan());
    world.create_guardian(5).expect("a guardian is made");
    world.fund("bob", 200_000.0);
    world.deposit("carol", SOL, scaled(2_000.0, 9));
    world.advance(2 * 86_400);
    world.refresh_all();
    let mut stage = Stage::on(world);
    let world = &mut stage.world;
    world.another_account("alice", "alice's second", 1);
    world.join("alice", 500.0);
    world.trader("dave");
    let (_, queued) = world.withdraw("bob", USDC, usdc(150_000.0));
    assert!(queued > 0, "bob's ticket");
    let (_, queued) = world.withdraw("carol", SOL, scaled(1_500.0, 9));
    assert!(queued > 0, "carol's ticket");
    let queued = world.queue(3, &Action::Pause(0, 3_600, 1));
    let voting = world.propose(1, &Action::Pause(0, 3_600, 1));
    assert_eq!((queued, voting), (QUEUED, VOTING));
    super::samples_recovery::undone(&mut stage);
    stage
}

pub fn by(instruction: Instruction, signer: Keypair) -> Act {
    Act {
        instruction,
        signers: vec![signer],
    }
}

/// An act that anybody may sign.
pub fn anyones(stage: &Stage, instruction: Instruction) -> Act {
    by(instruction, stage.anyone.insecure_clone())
}

pub const SAMPLES: &[(&str, Make)] = &[
    ("accrue", |stage| {
        let act = stage.world.deployment.accrue(stage.anyone());
        anyones(stage, act)
    }),
    ("cancel_batch", |stage| {
        let sequence = stage.world.place("alice", SOL_PERP, bid(1.0, 99.0));
        let (alice, key) = stage.wallet("alice");
        let margin = stage.world.margin_key("alice");
        let ours = &stage.world.deployment;
        by(
            ours.cancel_batch(key, margin, SOL_PERP, &[sequence], &[]),
            alice,
        )
    }),
    ("cancel_orders", |stage| {
        stage.world.place("alice", SOL_PERP, bid(1.0, 99.0));
        let (alice, key) = stage.wallet("alice");
        let margin = stage.world.margin_key("alice");
        let ours = &stage.world.deployment;
        by(ours.cancel_orders(key, margin, SOL_PERP, Which::All), alice)
    }),
    ("check", |stage| {
        let mut items = Items::all(&stage.world.deployment);
        items.accounts = vec![stage.world.margin_key("alice")];
        let reward = stage.world.margin_key("dave");
        let ours = &stage.world.deployment;
        let act = ours.check(stage.anyone(), &items, Some(reward));
        anyones(stage, act)
    }),
    ("close_margin_account", |stage| {
        let (dave, key) = stage.wallet("dave");
        let margin = stage.world.margin_key("dave");
        by(
            stage
                .world
                .deployment
                .close_margin_account(key, margin, false),
            dave,
        )
    }),
    ("collect_residual", |stage| {
        let half = stage.world.vault(SOL) / 2;
        stage.world.steal(SOL, half);
        stage.world.withdraw_short("alice", SOL, scaled(5.0, 9));
        stage
            .world
            .recapitalise("maker", SOL, scaled(30.0, 9))
            .expect("given");
        let (alice, key) = stage.wallet("alice");
        let margin = stage.world.margin_key("alice");
        let destination = stage.tokens("alice", SOL);
        by(
            stage
                .world
                .deployment
                .collect_residual(key, margin, SOL, destination),
            alice,
        )
    }),
    ("convert", |stage| {
        debts(stage, 0, |stage| purchase(stage, true))
    }),
    ("convert", |stage| {
        debts(stage, 20, |stage| purchase(stage, true))
    }),
    ("crank_ticket", |stage| {
        stage.world.advance(3_600);
        stage.world.refresh_all();
        let (_, owner) = stage.wallet("bob");
        let margin = stage.world.margin_key("bob");
        let to = stage.tokens("bob", USDC);
        let ours = &stage.world.deployment;
        let act = ours.crank_ticket(stage.anyone(), owner, margin, USDC, 0, to);
        anyones(stage, act)
    }),
    ("deposit", |stage| deposit(stage, USDC, usdc(50.0))),
    ("deposit", |stage| deposit(stage, SOL, scaled(2.0, 9))),
    ("flag", |stage| {
        let bella = liquidatable(stage);
        let act = stage.world.deployment.flag(stage.anyone(), bella);
        anyones(stage, act)
    }),
    ("fold", |stage| {
        let act = stage.world.deployment.fold(&[SOL_PERP, BTC_PERP]);
        anyones(stage, act)
    }),
    ("fund_insurance", |stage| {
        stage.world.give("maker", USDC, usdc(500.0));
        let (maker, key) = stage.wallet("maker");
        let source = stage.tokens("maker", USDC);
        by(
            stage
                .world
                .deployment
                .fund_insurance(key, source, usdc(100.0)),
            maker,
        )
    }),
    ("health_view", |stage| {
        let margin = stage.world.margin_key("alice");
        let act = stage.world.deployment.health_view(margin);
        anyones(stage, act)
    }),
    ("margin_notice", |stage| {
        let margin = stage.world.margin_key("alice");
        let act = stage.world.deployment.margin_notice(margin);
        anyones(stage, act)
    }),
    ("migrate_account", |stage| {
        stage.world.rewrite("alice", |account| account.version = 1);
        let margin = stage.world.margin_key("alice");
        let act = stage
            .world
            .deployment
            .migrate_account(stage.anyone(), margin);
        anyones(stage, act)
    }),
    ("place_order", |stage| {
        let args = crate::stage::crossing(stage, 1.0);
        let (alice, key) = stage.wallet("alice");
        let (own, maker) = margins(stage, "alice", "maker");
        by(
            stage
                .world
                .deployment
                .place_order(key, own, SOL_PERP, args, &[maker]),
            alice,
        )
    }),
    ("prune_orders", |stage| {
        let now = u32::try_from(stage.world.now().unix).expect("fits");
        let order = bid(1.0, 98.0).until(now + 10);
        stage.world.place("alice", SOL_PERP, order);
        stage.world.advance(11);
        let margin = stage.world.margin_key("alice");
        let ours = &stage.world.deployment;
        let act = ours.prune_orders(stage.anyone(), margin, SOL_PERP);
        anyones(stage, act)
    }),
    ("recapitalise", |stage| {
        recapitalise(stage, USDC, usdc(100.0))
    }),
    ("recapitalise", |stage| {
        let half = stage.world.vault(SOL) / 2;
        stage.world.steal(SOL, half);
        recapitalise(stage, SOL, scaled(30.0, 9))
    }),
    ("refresh", |stage| {
        stage.world.advance(10);
        for feed in 0..3 {
            let price = stage.world.prices[feed];
            stage.world.publish(feed, price, price / 5_000, price);
        }
        let oracle = pubkey(bulwark_svm::launch::oracle("SOL"));
        let payer = stage.anyone();
        let deployment = &stage.world.deployment;
        let act = deployment.refresh_with(payer, &[(1, oracle, None)], true);
        anyones(stage, act)
    }),
    ("replace_order", |stage| {
        stage
            .world
            .place("alice", SOL_PERP, bid(1.0, 99.0).numbered(7));
        let args = crate::stage::crossing(stage, 1.0);
        let (alice, key) = stage.wallet("alice");
        let (own, maker) = margins(stage, "alice", "maker");
        let which = Which::Client(7);
        let ours = &stage.world.deployment;
        by(
            ours.replace_order(key, own, SOL_PERP, (which, args), &[maker]),
            alice,
        )
    }),
    ("sample_funding", |stage| {
        stage.world.trade("alice", "maker", SOL_PERP, 1.0, 100.0);
        stage.world.advance(60);
        stage.world.refresh_all();
        stage.world.advance(1);
        let act = stage
            .world
            .deployment
            .sample_funding(stage.anyone(), SOL_PERP);
        anyones(stage, act)
    }),
    ("seize", |stage| {
        debts(stage, 0, |stage| purchase(stage, false))
    }),
    ("seize", |stage| {
        debts(stage, 20, |stage| purchase(stage, false))
    }),
    ("set_delegate", |stage| {
        let (alice, key) = stage.wallet("alice");
        let margin = stage.world.margin_key("alice");
        let (_, bob) = stage.wallet("bob");
        by(
            stage
                .world
                .deployment
                .set_delegate(key, margin, bob, i64::MAX),
            alice,
        )
    }),
    ("settle", |stage| {
        stage.world.accrue().expect("accrued");
        stage.world.advance(30);
        stage.world.crash(SOL, 95.0);
        rob(stage, 60);
        let margin = stage.world.margin_key("alice");
        let act = stage
            .world
            .deployment
            .settle(stage.anyone(), margin, SOL_PERP);
        anyones(stage, act)
    }),
    ("sweep", |stage| {
        stage.world.donate(USDC, usdc(10.0));
        let act = stage.world.deployment.sweep(stage.anyone(), USDC);
        anyones(stage, act)
    }),
    ("sweep", |stage| {
        stage.world.donate(SOL, scaled(1.0, 9));
        let act = stage.world.deployment.sweep(stage.anyone(), SOL);
        anyones(stage, act)
    }),
    ("take_over", |stage| {
        let bella = liquidatable(stage);
        stage.world.flag("bella").expect("flagged");
        stage.world.advance(5);
        stage.world.refresh_all();
        let (liquidator, key) = stage.wallet("liquidator");
        let own = stage.world.margin_key("liquidator");
        let ours = &stage.world.deployment;
        by(
            ours.take_over(key, bella, own, SOL_PERP, base_e8(100.0)),
            liquidator,
        )
    }),
    ("unflag", |stage| {
        let bella = liquidatable(stage);
        stage.world.flag("bella").expect("flagged");
        stage.world.fund("bella", 5_000.0);
        let act = stage.world.deployment.unflag(stage.anyone(), bella);
        anyones(stage, act)
    }),
    ("note_stage", |stage| {
        let bella = liquidatable(stage);
        let act = stage.world.deployment.note_stage(stage.anyone(), bella);
        anyones(stage, act)
    }),
    ("value_banks", |stage| {
        let act = stage.world.deployment.value_banks(stage.anyone());
        anyones(stage, act)
    }),
    ("wind_up", |stage| {
        stage.world.fund("bella", 1_000.0);
        stage.world.trade("bella", "maker", SOL_PERP, 100.0, 100.0);
        stage.world.advance(30);
        stage.world.crash(SOL, 89.0);
        stage.world.advance(3);
        stage.world.refresh_all();
        wind_up(stage)
    }),
    ("wind_up", |stage| {
        debts(stage, 0, |stage| {
            stage.world.trade("bella", "maker", SOL_PERP, 2.0, 100.0);
            stage.world.advance(60);
            stage.world.crash(SOL, 66.0);
            rob(stage, 20);
            wind_up(stage)
        })
    }),
    ("withdraw", |stage| {
        let (dave, key) = stage.wallet("dave");
        stage.world.fund("dave", 100.0);
        let margin = stage.world.margin_key("dave");
        let to = stage.tokens("dave", USDC);
        let ours = &stage.world.deployment;
        by(
            ours.withdraw(key, margin, (USDC, usdc(50.0)), to, None, true),
            dave,
        )
    }),
    ("withdraw", |stage| {
        // Into the queue, with a ticket.
        let (carol, key) = stage.wallet("carol");
        let margin = stage.world.margin_key("carol");
        let to = stage.tokens("carol", SOL);
        let ours = &stage.world.deployment;
        let some = (SOL, scaled(100.0, 9));
        by(ours.withdraw(key, margin, some, to, Some(1), true), carol)
    }),
    ("withdraw", |stage| {
        let (alice, key) = stage.wallet("alice");
        let margin = stage.world.margin_key("alice");
        let to = stage.tokens("alice", SOL);
        let ours = &stage.world.deployment;
        let some = (SOL, scaled(1.0, 9));
        by(ours.withdraw(key, margin, some, to, None, false), alice)
    }),
];

fn margins(
    stage: &mut Stage,
    a: &'static str,
    b: &'static str,
) -> (bulwark_client::Pubkey, bulwark_client::Pubkey) {
    (stage.world.margin_key(a), stage.world.margin_key(b))
}

fn deposit(stage: &mut Stage, bank: usize, amount: u64) -> Act {
    stage.world.give("alice", bank, amount);
    let (alice, key) = stage.wallet("alice");
    let margin = stage.world.margin_key("alice");
    let source = stage.tokens("alice", bank);
    by(
        stage
            .world
            .deployment
            .deposit(key, margin, bank, source, amount),
        alice,
    )
}

fn recapitalise(stage: &mut Stage, bank: usize, amount: u64) -> Act {
    stage.world.give("maker", bank, amount);
    let (maker, key) = stage.wallet("maker");
    let source = stage.tokens("maker", bank);
    by(
        stage
            .world
            .deployment
            .recapitalise(key, bank, source, amount),
        maker,
    )
}

/// Bella is below her maintenance requirement, not bankrupt.
fn liquidatable(stage: &mut Stage) -> bulwark_client::Pubkey {
    stage.world.fund("bella", 1_000.0);
    stage.world.trade("bella", "maker", SOL_PERP, 100.0, 100.0);
    stage.world.advance(30);
    stage.world.crash(SOL, 92.0);
    stage.world.margin_key("bella")
}

/// Of every hundred of quote `percent` are gone.
fn rob(stage: &mut Stage, percent: u64) {
    let loot = stage.world.vault(USDC) / 100 * percent;
    stage.world.steal(USDC, loot);
}

/// Bella owes; `percent` of quote are gone, so purchases are paid in tokens.
fn debts(stage: &mut Stage, percent: u64, act: fn(&mut Stage) -> Act) -> Act {
    in_debt(&mut stage.world);
    stage.world.give("liquidator", USDC, usdc(10_000.0));
    stage.world.accrue().expect("accrued");
    rob(stage, percent);
    act(stage)
}

/// The liquidator buys one of Bella's coins: by `convert`, or by `seize` after a fall.
fn purchase(stage: &mut Stage, convert: bool) -> Act {
    if !convert {
        stage.world.advance(60);
        stage.world.crash(SOL, 69.0);
    }
    let (liquidator, key) = stage.wallet("liquidator");
    let (bella, own) = margins(stage, "bella", "liquidator");
    let payment = stage.world.payment("liquidator");
    let what = (u8::try_from(SOL).expect("fits"), scaled(1.0, 9));
    let ours = &stage.world.deployment;
    let act = if convert {
        ours.convert(key, bella, own, what, payment)
    } else {
        ours.seize(key, bella, own, what, payment)
    };
    by(act, liquidator)
}

fn wind_up(stage: &mut Stage) -> Act {
    let (liquidator, key) = stage.wallet("liquidator");
    let (bella, own) = margins(stage, "bella", "liquidator");
    let payment = stage.world.payment("liquidator");
    let ours = &stage.world.deployment;
    let markets = [SOL_PERP];
    by(
        ours.wind_up(key, bella, own, (&markets, &[]), 1_000_000, payment),
        liquidator,
    )
}
