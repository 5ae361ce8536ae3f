//! Attacks on the venue as a whole: flash money, stale prices, sandwiches, and what happened to
//! others (i01, i02, i03, i05, i08), on the bytecode, each with its bound in numbers.

use bulwark::error::BulwarkError as E;
use bulwark_client::{Instruction, Pubkey};
use bulwark_core::health::{Level, raw_value};
use bulwark_core::matching;
use bulwark_svm::vm::pubkey;
use bulwark_svm::world::{
    BTC_PERP, SOL, SOL_PERP, USDC, World, ask, base_e8, bid, expect_error, price_e8, standard_plan,
    usdc,
};
use bulwark_svm::{keys, launch, pyth};
use serde_json::Value;
use solana_keypair::Keypair;
use solana_signer::Signer;

fn raw(world: &World, name: &str) -> i64 {
    raw_value(&world.board(), &world.account(name), world.now()).unwrap()
}

/// Who signs, his key, his margin account, his token account of quote.
fn person(world: &mut World, name: &'static str) -> (Keypair, Pubkey, Pubkey, Pubkey) {
    let wallet = world.wallet(name);
    let key = pubkey(wallet.pubkey());
    let margin = world.margin_key(name);
    let tokens = pubkey(world.trader(name).tokens[USDC]);
    (wallet, key, margin, tokens)
}

fn venue() -> World {
    let mut world = World::new();
    world.fund("maker", 1_000_000.0);
    world.fund("liquidator", 200_000.0);
    world.fund_insurance(50_000.0);
    world
}

#[test]
fn flash_money_goes_as_it_came_less_fees() {
    let mut world = venue();
    let lent = usdc(50_000_000.0);
    world.give("flash", USDC, lent);
    let (flash, key, margin, tokens) = person(&mut world, "flash");
    let maker = world.margin_key("maker");
    let ours = world.deployment.clone();
    let deposit = ours.deposit(key, margin, USDC, tokens, lent);
    let all = |plain| ours.withdraw(key, margin, (USDC, u64::MAX), tokens, None, plain);
    // In and out: to the unit, and nobody's way out is longer or shorter for it.
    let bank = *world.bank(USDC);
    world
        .send(&[deposit.clone(), all(true)], &[&flash])
        .unwrap();
    assert_eq!(world.tokens_of("flash", USDC), lent);
    let after = world.bank(USDC);
    assert_eq!((after.hour, after.day), (bank.hour, bank.day));
    assert_eq!(after.mean_claims, bank.mean_claims);
    assert_eq!(after.expected, bank.expected);
    // Money that is needed for a position stays: the whole transaction is refused.
    world.place("maker", SOL_PERP, ask(1_000.0, 100.0).post_only());
    let open = ours.place_order(key, margin, SOL_PERP, bid(1_000.0, 100.0).ioc().0, &[maker]);
    let rest = ours.withdraw(key, margin, (USDC, lent), tokens, None, false);
    let outcome = world.send(&[deposit.clone(), open.clone(), rest], &[&flash]);
    expect_error(outcome, E::InsufficientBalance);
    let most = ours.withdraw(key, margin, (USDC, lent - usdc(100.0)), tokens, None, false);
    let outcome = world.send(&[deposit.clone(), open.clone(), most], &[&flash]);
    expect_error(outcome, E::BelowInitialMargin);
    assert_eq!(world.market(SOL_PERP).oi_long, 0);
    assert_eq!(world.tokens_of("flash", USDC), lent);
    // Opened and closed at one price in one transaction: two taker fees of five basis points.
    world.place("maker", SOL_PERP, bid(1_000.0, 99.99).post_only());
    let close = ours.place_order(key, margin, SOL_PERP, ask(1_000.0, 99.99).ioc().0, &[maker]);
    world
        .send(&[deposit, open, close, all(true)], &[&flash])
        .unwrap();
    assert_eq!(world.position("flash", SOL_PERP).base, 0);
    let cost = lent - world.tokens_of("flash", USDC) - world.account("flash").quote.unsigned_abs();
    // A cent a coin, and the fees of 100,000 and 99,990.
    assert_eq!(cost, usdc(10.0 + 50.0 + 49.995));
}

#[test]
fn a_stale_price_is_sniped_from_nobody() {
    let mut world = venue();
    world.fund("sniper", 10_000.0);
    world.fund("bob", 1_500.0);
    world.trade("bob", "maker", SOL_PERP, 100.0, 100.0);
    world.place("maker", SOL_PERP, ask(50.0, 100.1).post_only());
    // The true price is 103; the Board's is six seconds old: it opens nothing.
    world.advance(6);
    world.publish(
        SOL,
        price_e8(103.0),
        price_e8(103.0) / 5_000,
        price_e8(100.0),
    );
    let snipe = bid(50.0, 100.1).fill_or_kill();
    expect_error(
        world.try_place("sniper", SOL_PERP, snipe),
        E::NotFilledWhole,
    );
    // He brings the new price himself: 3 % is a jump, which opens nothing while it waits.
    world.refresh(&[SOL]).unwrap();
    assert_eq!(world.board().feeds[SOL].last.price, price_e8(100.0));
    expect_error(
        world.try_place("sniper", SOL_PERP, snipe),
        E::NotFilledWhole,
    );
    world
        .cancel("maker", SOL_PERP, bulwark::instructions::Which::All)
        .unwrap();
    assert_eq!(
        raw(&world, "sniper"),
        i64::try_from(usdc(10_000.0)).unwrap()
    );
    // Bob knows that the price falls: what he may take at a fresh price he may not at an old one.
    let mut fresh = world.fork();
    world.advance(30);
    fresh.advance(1);
    fresh.refresh_all();
    let free = usdc(500.0);
    let old = world.try_withdraw("bob", USDC, free);
    expect_error(old, E::BelowInitialMargin);
    fresh.price(SOL, 100.0);
    // And after a minute nobody takes anything over at it.
    world.advance(31);
    expect_error(
        world.take_over("liquidator", "bob", SOL_PERP, 1),
        E::OracleGate,
    );
}

/// A refresh of SOL from an account of its own with this price, published at `unix`.
fn print_of(world: &mut World, name: &str, price: f64, unix: i64) -> Instruction {
    let price = price_e8(price);
    let message = launch::message("SOL", 0, price, price / 5_000, unix);
    let key = keys::keypair(name).pubkey();
    let slot = world.now().slot;
    world.write_oracle(
        key,
        pyth::CLASSIC_RECEIVER,
        pyth::price_update(&message, slot),
    );
    let payer = pubkey(world.vm.payer.pubkey());
    world.deployment.refresh(payer, &[(1, pubkey(key), None)])
}

#[test]
fn a_liquidator_who_sandwiches_his_take_over_gains_its_premium_and_no_more() {
    let mut world = venue();
    world.fund("alice", 1_000.0);
    world.trade("alice", "maker", SOL_PERP, 100.0, 100.0);
    world.advance(30);
    world.crash(SOL, 92.0);
    world.flag("alice").unwrap();
    world.advance(60);
    world.refresh_all();
    world.advance(3);
    // Of two valid prints he brings the low one first, takes, and brings the high one after.
    let now = world.now().unix;
    let low = print_of(&mut world, "low", 91.6, now - 1);
    let high = print_of(&mut world, "high", 92.4, now);
    let (liquidator, key, own, _) = person(&mut world, "liquidator");
    let alice = world.margin_key("alice");
    let ours = world.deployment.clone();
    let take = ours.take_over(key, alice, own, SOL_PERP, base_e8(100.0));
    // Around it he sells and buys back in the book, against a maker of his own making.
    world.place("maker", SOL_PERP, bid(25.0, 91.9).post_only());
    let maker = world.margin_key("maker");
    let sell = ours.place_order(key, own, SOL_PERP, ask(25.0, 91.9).ioc().0, &[maker]);
    let before = (
        raw(&world, "liquidator"),
        raw(&world, "alice"),
        world.insurance().balance,
    );
    // The same take-over at an honest print of 92.0, for comparison.
    let mut honest = world.fork();
    let fair = print_of(&mut honest, "fair", 92.0, now);
    honest.send(&[fair, take.clone()], &[&liquidator]).unwrap();
    let fair = before.1 - raw(&honest, "alice");
    world
        .send(&[low, sell, take, high], &[&liquidator])
        .unwrap();
    assert_eq!(world.board().feeds[SOL].last.price, price_e8(92.4));
    // 25 coins changed hands, at 92.0: of the last two prints the one that favours alice.
    let moved = base_e8(100.0) - world.position("alice", SOL_PERP).base.unsigned_abs();
    assert_eq!(moved, base_e8(25.0));
    let notional = 25.0 * 92.0;
    // Alice at 92.4 would have 40 cents a coin more on what she kept: 30. She pays premium and fee.
    let lost = before.1 + i64::try_from(usdc(75.0 * 0.4)).unwrap() - raw(&world, "alice");
    let most = i64::try_from(usdc(notional * (0.015 + 0.001))).unwrap() + 2;
    println!("alice lost {lost} of at most {most}");
    assert!((0..=most).contains(&lost));
    // By the low print he has won from her less than half a dollar more than at the honest one.
    println!("{fair} at the honest print");
    assert!(lost - fair < 500_000, "{lost} against {fair}");
    // He sold at 91.9 what he took at 92.0, and paid a taker's fee for it.
    let gained = raw(&world, "liquidator") - before.0;
    let top_up = i64::try_from(before.2 - world.insurance().balance).unwrap();
    println!("the liquidator gained {gained}, {top_up} from insurance");
    assert!(gained <= most + top_up - i64::try_from(usdc(25.0 * 0.1)).unwrap());
}

#[test]
fn i01_pumped_profit_is_credited_slowly_and_never_leaves() {
    let mut world = venue();
    world.fund("long", 30_000.0);
    world.fund("short", 30_000.0);
    world.trade("long", "short", SOL_PERP, 2_000.0, 100.0);
    let deposit = usdc(30_000.0);
    let from = world.now().unix;
    // Ten per cent in five minutes, each print under the jump limit.
    for step in 1..=100 {
        world.advance(3);
        world.price(SOL, 100.0 + f64::from(step) / 10.0);
    }
    // Until nothing waits to be confirmed: then the bound is the slow price, not an adverse one.
    for _ in 0..10 {
        world.advance(15);
        world.refresh_all();
    }
    let profit = raw(&world, "long") - i64::try_from(deposit).unwrap();
    assert!(profit > i64::try_from(usdc(19_000.0)).unwrap(), "{profit}");
    // 70 % of what the slow price has followed: 20 ppm a second, a hundredth more by compounding.
    let seconds = u64::try_from(world.now().unix - from).unwrap();
    let followed = 2_000 * 100 * seconds * 20;
    let credit = i64::try_from(followed / 1_000 * 707).unwrap();
    let gained = world.health_view("long").initial_value - world.account("long").quote;
    println!("profit {profit}, credited {gained} of at most {credit}");
    assert!(0 < gained && gained <= credit && credit < profit / 10);
    // All that may leave is his own money, and not all of it.
    let mut out = 0;
    while let Ok(receipt) = world.try_withdraw("long", USDC, u64::MAX) {
        let word = |at: usize| u64::from_le_bytes(receipt.returned[at..at + 8].try_into().unwrap());
        out += word(0) + word(8);
        if word(0) + word(8) == 0 {
            break;
        }
    }
    println!("{out} of {deposit} could leave");
    assert!(out < deposit);
    expect_error(
        world.try_withdraw("long", USDC, deposit),
        E::InsufficientBalance,
    );
}

#[test]
fn i02_a_squeezed_short_is_nobodys_inheritance() {
    let mut world = venue();
    world.fund("bystander", 50_000.0);
    world.fund("btc long", 50_000.0);
    world.trade("btc long", "bystander", BTC_PERP, 1.0, 50_000.0);
    world.fund("squeezer", 100_000.0);
    world.fund("victim", 20_000.0);
    world.place("victim", SOL_PERP, ask(2_000.0, 100.0).post_only());
    world.place("squeezer", SOL_PERP, bid(2_000.0, 100.0).ioc());
    world.fund("heir", 100.0);
    world.advance(120);
    world.refresh_all();
    let insurance = world.insurance().balance;
    let own = raw(&world, "squeezer");
    let others = (
        raw(&world, "bystander"),
        raw(&world, "btc long"),
        raw(&world, "maker"),
    );
    world.advance(70);
    world.crash(SOL, 130.0);
    // Nobody is made to take it: who hasn't the margin can't, not even for the premium.
    world.advance(3);
    world.refresh_all();
    let heir = world.wind_up("heir", "victim", 1_000_000);
    expect_error(heir, E::ReceiverUnhealthy);
    let hole = -raw(&world, "victim");
    assert!(hole > i64::try_from(usdc(39_000.0)).unwrap(), "{hole}");
    let heirs = raw(&world, "liquidator");
    world.wind_up("liquidator", "victim", 1_000_000).unwrap();
    // A quarter of insurance at most; then the squeezer's own gain of the window, at most a fifth
    // of the floor of 3 %; the rest is latched. Nobody in another market, no bystander pays.
    let paid = insurance - world.insurance().balance;
    assert!(paid <= insurance / 4, "{paid} of {insurance}");
    let gained = raw(&world, "squeezer") - own;
    let full = i64::try_from(usdc(2_000.0 * 30.0)).unwrap();
    println!("insurance paid {paid}, the squeezer has {gained} of {full} on paper");
    let charged = full - gained;
    let most = i64::try_from(usdc(2_000.0 * 130.0 * 0.03 * 0.2)).unwrap();
    assert!(
        most / 2 < charged && charged <= most + 2,
        "{charged} of at most {most}"
    );
    // To the unit but for what each touch rounds up: the hole and the premium of winding it up are
    // what insurance paid, what was charged and what is latched.
    let premium = raw(&world, "liquidator") - heirs;
    let deficit = world.bank(USDC).totals.deficit.cast_signed();
    let met = paid.cast_signed() + charged + deficit;
    assert!(
        (hole + premium - met).abs() <= 4,
        "{hole} and {premium}, met {met}"
    );
    let now = (
        raw(&world, "bystander"),
        raw(&world, "btc long"),
        raw(&world, "maker"),
    );
    assert_eq!(now, others);
    // What he has is on paper: new risk of his side is closed while a deficit stands.
    assert!(world.bank(USDC).totals.deficit > 0);
    assert_eq!(
        world.account("squeezer").quote,
        i64::try_from(usdc(99_900.0)).unwrap()
    );
}

/// Every instruction that writes a margin account is signed by its owner or delegate, by whom it is
/// paid to, or by anybody: nobody has a key to it.
#[test]
fn i03_no_power_names_a_users_account() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../idl/bulwark.json");
    let idl: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let users = ["margin", "seller", "buyer", "liquidatee", "receiver"];
    let powers = [
        "member",
        "guardian",
        "proposal",
        "creator",
        "authority",
        "signer",
    ];
    let mut seen = 0;
    for instruction in idl["instructions"].as_array().unwrap() {
        let accounts = instruction["accounts"].as_array().unwrap();
        let name = |account: &Value| account["name"].as_str().unwrap().to_owned();
        let names: Vec<String> = accounts.iter().map(name).collect();
        if names.iter().any(|name| users.contains(&name.as_str())) {
            seen += 1;
            let power = names.iter().find(|name| powers.contains(&name.as_str()));
            assert_eq!(
                power, None,
                "{} acts on a user's account",
                instruction["name"]
            );
        }
    }
    assert!(seen >= 20, "{seen} instructions");
}

/// Concentration is bounded beforehand: whatever margin somebody has, the cap of open interest ends
/// his position, to the lot.
#[test]
fn i03_no_margin_buys_a_position_beyond_the_cap() {
    let mut plan = standard_plan();
    plan.markets[SOL_PERP].parameters.oi_cap = base_e8(1_000.0);
    let mut world = World::with(plan);
    world.fund("maker", 10_000_000.0);
    world.fund("whale", 10_000_000.0);
    world.place("maker", SOL_PERP, ask(2_000.0, 100.0).post_only());
    // What the margins of the hour leave of the cap, in whole lots of 0.01.
    let caps = matching::caps(&world.board(), &world.market(SOL_PERP), world.now()).unwrap();
    assert!(caps.open_interest <= base_e8(1_000.0));
    let most = (caps.open_interest / 1_000_000) as f64 / 100.0;
    assert!(most > 500.0, "{most}");
    let beyond = world.try_place("whale", SOL_PERP, bid(most + 0.01, 100.0).fill_or_kill());
    expect_error(beyond, E::NotFilledWhole);
    world.place("whale", SOL_PERP, bid(most, 100.0).fill_or_kill());
    world.place("whale", SOL_PERP, bid(1_000.0, 100.0).ioc());
    assert_eq!(
        world.position("whale", SOL_PERP).base.unsigned_abs(),
        base_e8(most)
    );
}

#[test]
fn i05_a_threshold_that_moves_by_itself_liquidates_nobody_without_notice() {
    let mut world = venue();
    world.fund("alice", 615.0);
    world.fund("watch", 10_000.0);
    world.trade("alice", "maker", SOL_PERP, 100.0, 100.0);
    world.advance(30);
    // The price goes and comes back: T_M has risen, the price is what it was.
    world.crash(SOL, 97.0);
    world.advance(10);
    world.crash(SOL, 100.0);
    for _ in 0..6 {
        world.advance(60);
        world.refresh_all();
        let after = world.health("alice", Level::Maintenance).surplus().unwrap();
        let notice = world.margin_notice("alice");
        assert_eq!(notice.surplus_now, after);
        if after >= 0 && notice.reached == 1 {
            break;
        }
    }
    // At this price she will be liquidatable, and anyone can say when: not before.
    let notice = world.margin_notice("alice");
    assert_eq!(notice.reached, 1, "{notice:?}");
    println!("liquidatable in {} s", notice.after_open);
    assert!((60..1_800).contains(&notice.after_open));
    let until = world.now().unix + i64::try_from(notice.after_open).unwrap();
    while world.now().unix < until - 20 {
        let left = until - 20 - world.now().unix;
        world.advance(left.min(50));
        world.refresh_all();
        expect_error(world.flag("alice"), E::NotLiquidatable);
    }
    world.advance(21);
    world.refresh_all();
    world.flag("alice").unwrap();
}

#[test]
fn i08_a_queue_of_liquidators_closes_what_is_needed_and_no_lot_more() {
    let mut world = venue();
    let queue = ["first", "second", "third", "fourth"];
    for name in queue {
        world.fund(name, 100_000.0);
    }
    world.fund("alice", 640.0);
    world.trade("alice", "maker", SOL_PERP, 100.0, 100.0);
    // The price comes down so slowly that margins stay where they are: little is needed.
    let mut price = 100.0;
    while world.health("alice", Level::Maintenance).surplus().unwrap() >= 0 {
        world.advance(60);
        price -= 0.04;
        world.price(SOL, price);
        world.refresh_all();
        assert!(price > 97.0, "{price}");
    }
    let all = base_e8(100.0);
    let left = |world: &World| world.position("alice", SOL_PERP).base.unsigned_abs();
    // Each wants everything. In one slot all of them together get a quarter.
    let mut done = false;
    for _ in 0..40 {
        let before = left(&world);
        let slot = world.now().slot;
        for name in queue {
            match world.take_over(name, "alice", SOL_PERP, all) {
                Ok(_) => {}
                Err(failure) if failure.code() == Some(E::SlotShare.into()) => {}
                Err(failure) if failure.code() == Some(E::NotLiquidatable.into()) => done = true,
                Err(failure) => panic!("{failure}"),
            }
        }
        assert_eq!(world.now().slot, slot);
        assert!(
            before - left(&world) <= before / 4,
            "{before} became {}",
            left(&world)
        );
        if done {
            break;
        }
        world.advance(1);
        world.refresh_all();
    }
    assert!(done, "{} are left", left(&world));
    // She ends at LiquidationEnd; with one lot less she would not have been there.
    let surplus = world
        .health("alice", Level::LiquidationEnd)
        .surplus()
        .unwrap();
    let lot = world.market(SOL_PERP).lot;
    let worth = i64::try_from(u128::from(lot) * u128::from(price_e8(price)) / 10_000_000_000);
    println!(
        "{} of {all} were closed, H_E is {surplus}",
        all - left(&world)
    );
    assert!(left(&world) > all / 4 * 3);
    assert!((0..=worth.unwrap()).contains(&surplus), "{surplus}");
}

/// The price falls at once: over half of the leg has to go, a quarter of what is left in a slot.
#[test]
fn i08_four_liquidators_in_one_slot_get_a_quarter_between_them() {
    let mut world = venue();
    let queue = ["first", "second", "third", "fourth"];
    for name in queue {
        world.fund(name, 100_000.0);
    }
    // A market in which alice is no cascade.
    world.fund("other", 200_000.0);
    world.trade("other", "maker", SOL_PERP, 3_000.0, 100.0);
    world.fund("alice", 1_000.0);
    world.trade("alice", "maker", SOL_PERP, 100.0, 100.0);
    world.advance(30);
    world.refresh_all();
    world.advance(2);
    world.crash(SOL, 92.0);
    world.advance(16);
    world.refresh_all();
    let left = |world: &World| world.position("alice", SOL_PERP).base.unsigned_abs();
    // Each asks for ten.
    for expected in [[10.0, 10.0, 5.0, 0.0], [10.0, 8.75, 0.0, 0.0]] {
        let slot = world.now().slot;
        for (name, expected) in queue.into_iter().zip(expected) {
            let before = left(&world);
            let taken = world.take_over(name, "alice", SOL_PERP, base_e8(10.0));
            if expected == 0.0 {
                expect_error(taken, E::SlotShare);
            } else {
                taken.unwrap();
            }
            assert_eq!(before - left(&world), base_e8(expected), "{name}");
        }
        assert_eq!(world.now().slot, slot);
        world.advance(1);
        world.refresh_all();
    }
    assert_eq!(left(&world), base_e8(56.25));
}
