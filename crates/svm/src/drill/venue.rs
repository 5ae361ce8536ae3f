//! A running market: longs and shorts at a gain and a loss, people with tokens or quote alone,
//! debtors with collateral, resting orders, an insurance.

use anyhow::{Context, Result};
use bulwark_client::Pubkey;
use solana_signer::Signer;

use super::Progress;
use crate::vm::{Vm, address, pubkey};
use crate::world::{BTC, BTC_PERP, SOL, SOL_PERP, Trader, World, bid, scaled, standard_plan};
use crate::{keys, launch, tokens};

/// The market before anything happens to it.
pub struct Venue {
    /// The world.
    pub world: World,
    /// All live accounts.
    pub names: Vec<&'static str>,
}

impl Venue {
    /// A market of `accounts` live accounts, at least ten.
    pub fn new(accounts: usize, progress: &Progress) -> Result<Self> {
        let vm = Vm::deployed(false)?;
        let mut world = World::on(vm, standard_plan());
        // Audited at the end: an audit reads every account.
        world.audited = false;
        let accounts = accounts.max(10);
        let names: Vec<&'static str> = (0..accounts)
            .map(|number| &*Box::leak(format!("account {number:05}").into_boxed_str()))
            .collect();
        let stage = "the market fills";
        for (number, name) in names.iter().enumerate() {
            join(&mut world, name)?;
            settle_in(&mut world, &names, number);
            if number % 50 == 49 {
                world.advance(2);
                world.refresh_all();
            }
            progress(stage, number as u64 + 1, accounts as u64);
        }
        // Half of it was given, half is a staker's.
        world.fund_insurance(10.0 * accounts as f64);
        world.join("staker", 10.0 * accounts as f64);
        world.trader("donor");
        world.advance(60);
        world.price(SOL, 104.0);
        world.price(BTC, 51_000.0);
        world.post_minutes(31);
        world.fold().context("markets fold")?;
        world.check_all().context("a sound market")?;
        world.audit();
        Ok(Self { world, names })
    }

    /// The same market once more.
    pub fn fork(&self) -> World {
        self.world.fork()
    }
}

/// A person whose token accounts are the associated ones, so that anyone can push payments there.
fn join(world: &mut World, name: &'static str) -> Result<()> {
    let owner = keys::keypair(&format!("trader {name}"));
    world.vm.fund(owner.pubkey(), 100_000_000_000);
    let mut made = Vec::new();
    let mut theirs = Vec::new();
    for bank in &world.plan.banks {
        let mint = launch::mint(bank.name).pubkey();
        let create = tokens::create_associated(&world.vm, owner.pubkey(), mint, bank.program);
        theirs.push(tokens::associated(owner.pubkey(), mint, bank.program));
        made.push(create);
    }
    world.vm.send(&made, &[]).context("token accounts")?;
    let key = pubkey(owner.pubkey());
    let deployment = &world.deployment;
    let margin = address(deployment.margin(&key, 0));
    let create = deployment.create_margin_account(key, 0, Pubkey::default());
    let trader = Trader {
        owner: owner.insecure_clone(),
        margin,
        tokens: theirs,
    };
    world.traders.insert(name, trader);
    world
        .send(&[create], &[&owner])
        .context("a margin account")?;
    Ok(())
}

/// What number `number` of the market brings and does. The first makes the market for debtors.
fn settle_in(world: &mut World, names: &[&'static str], number: usize) {
    let (name, spread) = (names[number], (number % 37) as f64);
    if number == 0 {
        return world.fund(name, 600.0 * names.len() as f64);
    }
    match number % 5 {
        // Two who trade with each other, SOL or BTC.
        1 => world.fund(name, 2_000.0 + 100.0 * spread),
        2 => {
            world.fund(name, 3_000.0 + 100.0 * spread);
            let before = names[number - 1];
            match number % 2 {
                0 => world.trade(before, name, SOL_PERP, 10.0 + spread, 100.0),
                _ => world.trade(before, name, BTC_PERP, 0.1, 50_000.0),
            }
        }
        3 => {
            world.deposit(name, SOL, scaled(10.0 + spread, 9));
            world.deposit(name, BTC, scaled(0.01 + spread / 1_000.0, 8));
        }
        4 => {
            world.fund(name, 500.0 + 50.0 * spread);
            // Not more of them than a book holds.
            if number < 1_000 {
                world.place(name, SOL_PERP, bid(1.0, 90.0));
            }
        }
        // A debtor: SOL alone, short at a loss.
        _ => {
            world.deposit(name, SOL, scaled(20.0 + spread, 9));
            world.trade(names[0], name, SOL_PERP, 10.0 + spread / 4.0, 100.0);
        }
    }
}
