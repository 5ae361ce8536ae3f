//! The second drill: a stranger makes it good inside the notice, and everybody is where he was.

use anyhow::{Context, Result, ensure};
use bulwark_client::Items;
use bulwark_core::mode::Mode;
use solana_signer::Signer;

use super::watch::Watch;
use super::{Drill, Progress, Rule, Venue, seconds, until_announced};
use crate::vm::{address, pubkey};
use crate::world::{SOL, SOL_PERP, USDC, World, ask, bid, usdc};

/// Two vaults are robbed; a stranger gives what is missing, anyone undoes the announcement.
pub fn undone(venue: &Venue, progress: &Progress) -> Result<Drill> {
    let mut world = venue.fork();
    let before = bytes(&world, venue);
    let money: Vec<u64> = (0..world.deployment.banks.len())
        .map(|bank| world.vault(bank))
        .collect();
    let mut watch = Watch::new(&mut world, progress);
    let stolen = until_announced(&mut world, &mut watch)?;
    let given = make_good(&mut world, &mut watch, &stolen)?;
    let items = Items::all(&world.deployment);
    let check = world.deployment.check(watch.key(), &items, None);
    let epoch = world.epoch();
    let undo = world.deployment.undo_recovery(watch.key(), epoch);
    watch.stage(&mut world, "check, undo", 1, |world, watch| {
        world.refresh_all();
        watch.send(world, &[check, undo])
    })?;
    let after = bytes(&world, venue);
    let differ = before.iter().zip(&after).filter(|(a, b)| a != b).count();
    ensure!(
        differ == 0,
        "{differ} accounts or books aren't as they were"
    );
    let held = money.iter().enumerate();
    let error = held
        .map(|(bank, had)| had.abs_diff(world.vault(bank)))
        .sum();
    trade_again(&mut world, &mut watch, venue)?;
    let took = seconds(watch.began);
    world.audit();
    Ok(Drill {
        name: "undone",
        accounts: venue.names.len() as u64,
        rules: vec![Rule {
            who: "everybody".into(),
            rule: "accounts and books byte for byte as before",
            accounts: venue.names.len() as u64,
            owed: given.0,
            paid: given.1,
        }],
        stages: watch.stages,
        transactions: watch.transactions,
        first_quote: watch.first_quote,
        slots: watch.slots,
        seconds: took,
        owed: given.0,
        paid: given.1,
        conservation_error: error,
    })
}

/// Every margin account and book.
fn bytes(world: &World, venue: &Venue) -> Vec<Vec<u8>> {
    let accounts = venue.names.iter().map(|name| world.traders[name].margin);
    let books = world
        .deployment
        .markets
        .iter()
        .map(|keys| address(keys.book));
    accounts
        .chain(books)
        .map(|key| world.vm.data(key))
        .collect()
}

/// Somebody with money gives to each bank what is missing in it. Returns its worth and that of what
/// was given, UsdE6.
fn make_good(world: &mut World, watch: &mut Watch, stolen: &[(usize, u64)]) -> Result<(u64, u64)> {
    let count = stolen.len() as u64;
    for (bank, amount) in stolen {
        world.give("donor", *bank, *amount);
    }
    watch.stage(world, "a stranger makes it good", count, |world, watch| {
        world.advance(3_600);
        world.refresh_all();
        let (mut missing, mut given) = (0, 0);
        for (bank, amount) in stolen {
            let value = |units: u64| match *bank {
                USDC => units,
                _ => value_of_sol(units, world.prices[SOL]),
            };
            missing += value(*amount);
            let before = world.vault(*bank);
            let source = pubkey(world.traders["donor"].tokens[*bank]);
            let donor = world.wallet("donor");
            let key = pubkey(donor.pubkey());
            let give = world.deployment.recapitalise(key, *bank, source, *amount);
            let sent = world
                .send(&[give], &[&donor])
                .context("the gift is taken")?;
            given += match *bank {
                USDC => world.vault(*bank) - before,
                _ => value_of_sol(world.vault(*bank) - before, world.prices[SOL]),
            };
            watch.count(world, sent.units);
        }
        world.stock = world.read_all().stock()?;
        Ok((missing, given))
    })
}

/// Units of 1e-9 SOL at a PriceE8, UsdE6.
fn value_of_sol(amount: u64, price: u64) -> u64 {
    let value = u128::from(amount) * u128::from(price) / 100_000_000_000;
    u64::try_from(value).expect("a drill's sums fit")
}

/// How long a pause by automation lasts, seconds.
const DAY: i64 = 86_400;

/// Two trade with each other, one withdraws: nothing is held back.
fn trade_again(world: &mut World, watch: &mut Watch, venue: &Venue) -> Result<()> {
    watch.stage(world, "the pause ends, trading again", 3, |world, watch| {
        // A pause by automation lasts its day, whatever a check finds meanwhile.
        world.advance(DAY);
        world.refresh_all();
        ensure!(
            world.mode() == Mode::Normal,
            "the mode is {:?}",
            world.mode()
        );
        let (maker, taker) = (venue.names[0], venue.names[4]);
        let price = world.prices[SOL] as f64 / 1e8;
        let sold = world.try_place(maker, SOL_PERP, ask(1.0, price).post_only());
        watch.count(world, sold.context("an order rests")?.units);
        let bought = world.try_place(taker, SOL_PERP, bid(1.0, price).ioc());
        watch.count(world, bought.context("an order is filled")?.units);
        ensure!(
            world.position(taker, SOL_PERP).base != 0,
            "the order was filled"
        );
        let left = world
            .try_withdraw(taker, USDC, usdc(100.0))
            .context("an exit")?;
        ensure!(
            left.returned.get(..8) == Some(&usdc(100.0).to_le_bytes()),
            "paid whole"
        );
        watch.count(world, left.units);
        watch.paid(world, true);
        Ok(())
    })
}
