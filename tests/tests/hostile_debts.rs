//! A thief among those who bring quote in: settling, converting, seizing, winding up, valuing.

mod stage;

use bulwark_client::{Instruction, Items};
use bulwark_svm::hostile::Instead::{self, *};
use bulwark_svm::world::{SOL, SOL_PERP, USDC, World, usdc};
use solana_keypair::Keypair;
use stage::{Stage, in_debt};

const COIN: u64 = 1_000_000_000;

/// Bella owes; the liquidator has quote in his account and tokens outside.
fn debts() -> Stage {
    let mut stage = Stage::new();
    in_debt(&mut stage.world);
    let (bella, mallory) = (
        stage.world.margin_key("bella"),
        stage.world.margin_key("mallory"),
    );
    stage.thief.sibling(bella, mallory);
    stage.world.give("liquidator", USDC, usdc(10_000.0));
    stage.world.give("mallory", USDC, usdc(10_000.0));
    stage.world.accrue().unwrap();
    stage
}

/// Of every hundred of quote `percent` are gone.
fn rob(world: &mut World, percent: u64) {
    let loot = world.vault(USDC) / 100 * percent;
    world.steal(USDC, loot);
}

/// What stands in three places that aren't looked at: anything, in the last (the paying token
/// account, writable) anything but what the transaction only reads.
fn unread(from: usize, count: usize, readable: &[usize]) -> Vec<(usize, Instead)> {
    let mut legal = Vec::new();
    for slot in from..=from + 2 {
        let open = |s: &usize| !(from..=from + 2).contains(s) && *s != count - 1;
        let others = (0..count).filter(open);
        let others = others.filter(|s| slot != from + 2 || !readable.contains(s));
        legal.extend(others.map(|s| (slot, Slot(s))));
        legal.extend(
            (slot != from + 2)
                .then_some([(slot, Alien), (slot, Empty)])
                .into_iter()
                .flatten(),
        );
    }
    legal
}

/// An act of the liquidator's own, in which nothing may be replaced but `legal`.
#[track_caller]
fn his(stage: &mut Stage, what: &str, act: &Instruction, legal: &[(usize, Instead)]) {
    let signer: Keypair = stage.world.wallet("liquidator");
    stage.refuses_all_but(what, act, &[&signer], legal);
}

#[test]
fn a_loss_is_settled_in_its_own_market_and_account() {
    let mut stage = Stage::new();
    stage.world.accrue().unwrap();
    stage.world.advance(30);
    stage.world.crash(SOL, 95.0);
    rob(&mut stage.world, 60);
    let alice = stage.world.margin_key("alice");
    let settle = stage
        .world
        .deployment
        .settle(stage.anyone(), alice, SOL_PERP);
    stage.anybodys("settle", &settle, &[]);
    stage.world.settle("alice", SOL_PERP).unwrap();
    let quote = stage.world.account("alice").quote;
    // 2,000 less 2.5 of fees, less five dollars a coin.
    assert_eq!(quote, (usdc(2_000.0 - 2.5 - 250.0)).cast_signed());
}

#[test]
fn a_conversion_takes_from_the_debtor_to_the_signers_own() {
    for robbed in [0, 20] {
        let mut stage = debts();
        rob(&mut stage.world, robbed);
        let (_, key) = stage.wallet("liquidator");
        let (bella, own) = (
            stage.world.margin_key("bella"),
            stage.world.margin_key("liquidator"),
        );
        let payment = stage.world.payment("liquidator");
        assert_eq!(payment.is_some(), robbed != 0);
        let what = (u8::try_from(SOL).unwrap(), COIN);
        let ours = stage.world.deployment.clone();
        let convert = ours.convert(key, bella, own, what, payment);
        let legal = match payment {
            Some(_) => Vec::new(),
            None => unread(6, convert.accounts.len(), &[0, 1, 2, 3, 9, 12]),
        };
        his(&mut stage, "convert", &convert, &legal);
    }
}

#[test]
fn a_seizure_takes_from_the_liquidatable_to_the_signers_own() {
    for robbed in [0, 20] {
        let mut stage = debts();
        stage.world.advance(60);
        stage.world.crash(SOL, 69.0);
        rob(&mut stage.world, robbed);
        let (_, key) = stage.wallet("liquidator");
        let (bella, own) = (
            stage.world.margin_key("bella"),
            stage.world.margin_key("liquidator"),
        );
        let payment = stage.world.payment("liquidator");
        let what = (u8::try_from(SOL).unwrap(), COIN);
        let ours = stage.world.deployment.clone();
        let seize = ours.seize(key, bella, own, what, payment);
        let legal = match payment {
            Some(_) => Vec::new(),
            None => unread(6, seize.accounts.len(), &[0, 1, 2, 3, 11]),
        };
        his(&mut stage, "seize", &seize, &legal);
    }
}

#[test]
fn a_wind_up_is_paid_by_the_receiver_himself() {
    let mut stage = debts();
    stage.world.trade("bella", "maker", SOL_PERP, 5.0, 100.0);
    stage.world.advance(60);
    stage.world.crash(SOL, 66.0);
    rob(&mut stage.world, 20);
    let (_, key) = stage.wallet("liquidator");
    let (bella, own) = (
        stage.world.margin_key("bella"),
        stage.world.margin_key("liquidator"),
    );
    let payment = stage.world.payment("liquidator");
    assert!(payment.is_some());
    let ours = stage.world.deployment.clone();
    let wind = ours.wind_up(key, bella, own, (&[SOL_PERP], &[]), 1_000_000, payment);
    his(&mut stage, "wind_up", &wind, &[]);
}

#[test]
fn banks_are_valued_whole_and_their_own() {
    let mut stage = Stage::new();
    let value = stage.world.deployment.value_banks(stage.anyone());
    stage.anybodys("value_banks", &value, &[]);
}

#[test]
fn a_check_takes_items_of_its_own_compartment_alone() {
    let mut stage = Stage::new();
    let mut items = Items::all(&stage.world.deployment);
    items.accounts = vec![stage.world.margin_key("alice")];
    let reward = stage.world.margin_key("alice");
    let check = stage
        .world
        .deployment
        .check(stage.anyone(), &items, Some(reward));
    // Whom a reward goes to is the caller's choice, or nobody's; fewer or other items are another
    // check.
    let (reward, market, token, account) = (7, 10, 12, 16);
    let legal = [
        (reward, Sibling),
        (reward, Slot(9)),
        (token, Cut),
        (token + 2, Cut),
        (account, Sibling),
        (account, Slot(market)),
        (account, Slot(market + 1)),
        (account, Cut),
    ];
    stage.anybodys("check", &check, &legal);
}
