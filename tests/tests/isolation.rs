//! One bank's dead oracle or frozen mint leaves every account without that bank untouched, and
//! another compartment wholly: the same acts in a world where it fails and in one where it doesn't,
//! compared byte by byte.

use bulwark::instructions::Which;
use bulwark_core::health::Level;
use bulwark_svm::Signer;
use bulwark_svm::launch::{self, Plan};
use bulwark_svm::vm::{address, pubkey};
use bulwark_svm::world::{
    BTC, Outcome, SOL, SOL_PERP, USDC, World, ask, base_e8, bid, price_e8, scaled, standard_plan,
    usdc,
};

/// Who has nothing in BTC, nor in its market.
const OTHERS: [&str; 5] = ["alice", "alice again", "bob", "maker", "liquidator"];

/// What fails.
#[derive(Clone, Copy, Debug)]
enum Failure {
    /// The feed of BTC has no price any more.
    DeadFeed,
    /// The vault of BTC is frozen by the mint's authority.
    FrozenVault,
}

/// A market in SOL; dora alone has BTC, in her account and in her positions.
fn venue() -> World {
    let mut world = World::new();
    world.fund("maker", 500_000.0);
    world.fund("alice", 20_000.0);
    world.deposit("alice", SOL, scaled(20.0, 9));
    world.another_account("alice", "alice again", 1);
    world.fund("bob", 1_000.0);
    world.deposit("bob", SOL, scaled(20.0, 9));
    world.fund("liquidator", 100_000.0);
    world.fund("dora", 10_000.0);
    world.deposit("dora", BTC, scaled(1.0, 8));
    world.fund_insurance(10_000.0);
    world.trade("bob", "maker", SOL_PERP, 150.0, 100.0);
    world.trade("dora", "maker", SOL_PERP, 1.0, 100.0);
    world
}

/// A price of SOL and USDC, and of BTC where it lives; the feeds take their turns, so that those
/// that live come as often in both worlds.
fn prices(world: &mut World, sol: f64, dead: bool) {
    world.publish(USDC, price_e8(1.0), price_e8(0.0002), price_e8(1.0));
    world.publish(SOL, price_e8(sol), price_e8(sol) / 5_000, price_e8(sol));
    if !dead {
        let btc = world.prices[BTC];
        world.publish(BTC, btc, btc / 5_000, btc);
        world.refresh(&[USDC, SOL, BTC]).expect("refreshed");
    } else {
        world.refresh(&[USDC, SOL]).expect("refreshed");
    }
}

/// Every act of people without BTC, by name with its outcome.
fn acts(world: &mut World, dead: bool) -> Vec<(&'static str, Outcome)> {
    let mut done: Vec<(&'static str, Outcome)> = Vec::new();
    world.give("alice", SOL, scaled(1.0, 9));
    done.push(("deposit", world.try_deposit("alice", SOL, scaled(1.0, 9))));
    world.place("maker", SOL_PERP, ask(5.0, 100.0).post_only());
    done.push((
        "place",
        world.try_place("alice", SOL_PERP, bid(5.0, 100.0).ioc()),
    ));
    done.push((
        "rest",
        world.try_place("alice", SOL_PERP, bid(1.0, 97.0).post_only()),
    ));
    let moved = bid(1.0, 96.5).post_only();
    let replaced = world.replace("alice", SOL_PERP, Which::Slot(0), moved);
    done.push(("replace", replaced));
    done.push(("cancel", world.cancel("alice", SOL_PERP, Which::All)));
    done.push((
        "withdraw with positions",
        world.try_withdraw("alice", USDC, usdc(10.0)),
    ));
    done.push((
        "withdraw a token",
        world.try_withdraw("alice", SOL, scaled(1.0, 9)),
    ));
    let moved = world.transfer("alice", "alice again", USDC, usdc(50.0));
    done.push(("transfer", moved));
    done.push((
        "plain exit",
        world.try_withdraw("alice again", USDC, usdc(5.0)),
    ));
    world.advance(1);
    done.push(("sample", world.sample_funding(SOL_PERP)));
    done.push(("accrue", world.accrue()));
    done.push(("fold", world.fold()));
    for price in [97.0, 92.0, 88.0, 84.0] {
        world.advance(3);
        prices(world, price, dead);
        world.advance(12);
        prices(world, price, dead);
    }
    world.advance(9);
    prices(world, 84.0, dead);
    done.push(("flag", world.flag("bob")));
    let size = base_e8(20.0);
    done.push((
        "take over",
        world.take_over("liquidator", "bob", SOL_PERP, size),
    ));
    done.push((
        "seize",
        world.seize("liquidator", "bob", SOL, scaled(1.0, 9)),
    ));
    done.push(("wind up", world.wind_up("liquidator", "bob", 1_000_000)));
    done.push(("unflag", world.unflag("bob")));
    done.push(("settle", world.settle("alice", SOL_PERP)));
    done
}

/// Bytes of everything that people without BTC have a share in.
fn state(world: &World) -> Vec<(String, Vec<u8>)> {
    let keys = &world.deployment;
    let mut found: Vec<(String, _)> = Vec::new();
    for name in OTHERS {
        found.push((name.to_owned(), world.traders[name].margin));
    }
    let market = keys.markets[SOL_PERP];
    for (name, key) in [
        ("insurance", keys.insurance),
        ("market", market.market),
        ("book", market.book),
        ("quote bank", keys.banks[USDC].bank),
        ("bank of SOL", keys.banks[SOL].bank),
        ("quote vault", keys.banks[USDC].vault),
        ("vault of SOL", keys.banks[SOL].vault),
    ] {
        found.push((name.to_owned(), address(key)));
    }
    let bytes = |key| world.vm.data(key);
    found
        .into_iter()
        .map(|(name, key)| (name, bytes(key)))
        .collect()
}

/// What an act came to: units of a success, the code of a refusal.
fn told(outcome: &Outcome) -> Result<(u64, Vec<u8>), Option<u32>> {
    match outcome {
        Ok(receipt) => Ok((receipt.units, receipt.returned.clone())),
        Err(failure) => Err(failure.code()),
    }
}

fn fails(world: &mut World, failure: Failure) {
    if matches!(failure, Failure::FrozenVault) {
        world.freeze_vault(BTC, true);
    }
}

#[test]
fn who_has_none_of_a_broken_token_notices_nothing() {
    for failure in [Failure::DeadFeed, Failure::FrozenVault] {
        let dead = matches!(failure, Failure::DeadFeed);
        let mut sound = venue();
        let mut broken = sound.fork();
        fails(&mut broken, failure);
        // Long enough for the feed to be dead.
        for _ in 0..70 {
            sound.advance(10);
            broken.advance(10);
            prices(&mut sound, 100.0, false);
            prices(&mut broken, 100.0, dead);
        }
        let health = |world: &World| OTHERS.map(|name| world.health(name, Level::Initial));
        assert_eq!(health(&sound), health(&broken), "{failure:?}");
        let (expected, found) = (acts(&mut sound, false), acts(&mut broken, dead));
        let mut passed = 0;
        for ((name, expected), (_, found)) in expected.iter().zip(&found) {
            assert_eq!(told(expected), told(found), "{failure:?}: {name}");
            passed += usize::from(expected.is_ok());
        }
        assert!(passed >= 14, "{passed} acts passed");
        for ((name, expected), (_, found)) in state(&sound).iter().zip(&state(&broken)) {
            assert!(expected == found, "{failure:?}: {name} differs");
        }
        // Dora, who has it, is not trapped either.
        assert!(broken.try_withdraw("dora", USDC, usdc(1.0)).is_ok());
    }
}

#[test]
fn another_compartment_is_untouched_wholly() {
    for failure in [Failure::DeadFeed, Failure::FrozenVault] {
        let mut sound = venue();
        let plan = Plan {
            id: 1,
            ..standard_plan()
        };
        let other = launch::compartment(&mut sound.vm, &plan).expect("launched");
        let mut broken = sound.fork();
        fails(&mut broken, failure);
        let mut outcomes = Vec::new();
        for (world, dead) in [
            (&mut sound, false),
            (&mut broken, matches!(failure, Failure::DeadFeed)),
        ] {
            // In the first compartment the failure runs its course.
            for _ in 0..62 {
                world.advance(10);
                prices(world, 100.0, dead);
            }
            world.publish(BTC, price_e8(50_000.0), price_e8(10.0), price_e8(50_000.0));
            let oracle = |feed: usize| pubkey(launch::oracle(world.plan.feeds[feed].name));
            let feeds: Vec<_> = (0..3_u8)
                .map(|feed| (feed, oracle(usize::from(feed)), None))
                .collect();
            let owner = world.wallet("dora");
            let key = pubkey(owner.pubkey());
            world.give("dora", BTC, scaled(1.0, 8));
            let margin = other.margin(&key, 0);
            let source = pubkey(world.trader("dora").tokens[BTC]);
            let acts = [
                other.refresh(pubkey(world.vm.payer.pubkey()), &feeds),
                other.create_margin_account(key, 0, bulwark_client::Pubkey::default()),
                other.deposit(key, margin, BTC, source, scaled(1.0, 8)),
                other.withdraw(key, margin, (BTC, scaled(0.5, 8)), source, Some(0), true),
            ];
            let mut told_all = Vec::new();
            for act in acts {
                let outcome = world.send(&[act], &[&owner]);
                assert!(outcome.is_ok(), "{failure:?}");
                told_all.push(told(&outcome));
            }
            let keys = [
                other.board,
                other.banks[BTC].bank,
                other.banks[BTC].vault,
                margin,
            ];
            let bytes = keys.map(|key| world.vm.data(address(key)));
            outcomes.push((told_all, bytes));
        }
        assert!(outcomes[0] == outcomes[1], "{failure:?}");
    }
}
