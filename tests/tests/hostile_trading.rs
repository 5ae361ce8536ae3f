//! A thief among the traders and liquidators.

mod stage;

use bulwark::error::BulwarkError as E;
use bulwark::instructions::Which;
use bulwark_svm::hostile::Instead::*;
use bulwark_svm::vm::{address, pubkey};
use bulwark_svm::world::{SOL, SOL_PERP, USDC, ask, base_e8, bid, expect_error, price_e8, usdc};
use bulwark_svm::{keys, launch, pyth};
use solana_signer::Signer;
use stage::{Stage, crossing};

#[test]
fn orders_touch_their_own_market_book_and_account() {
    let mut stage = Stage::new();
    let args = crossing(&mut stage, 1.0);
    let ours = stage.world.deployment.clone();
    let (alice, key) = stage.wallet("alice");
    let (margin, maker) = (
        stage.world.margin_key("alice"),
        stage.world.margin_key("maker"),
    );
    let place = ours.place_order(key, margin, SOL_PERP, args, &[maker]);
    stage.refuses_all_but("place_order", &place, &[&alice], &[]);
    // A maker's account that is left out is no order that may be jumped.
    let mut resting = args;
    resting.kind = bulwark::instructions::OrderKind::Limit;
    let place = ours.place_order(key, margin, SOL_PERP, resting, &[]);
    stage.world.send(&[place], &[&alice]).unwrap();
    assert_eq!(stage.world.book(SOL_PERP).bid_count, 0);

    stage.world.place("alice", SOL_PERP, bid(1.0, 99.0));
    let cancel = ours.cancel_orders(key, margin, SOL_PERP, Which::All);
    stage.refuses_all_but("cancel_orders", &cancel, &[&alice], &[]);
    let now = u32::try_from(stage.world.now().unix).unwrap();
    stage
        .world
        .place("alice", SOL_PERP, bid(1.0, 98.0).until(now + 10));
    let prune = ours.prune_orders(stage.anyone(), margin, SOL_PERP);
    let anyone = stage.anyone.insecure_clone();
    expect_error(
        stage.world.send(std::slice::from_ref(&prune), &[&anyone]),
        E::NoSuchOrder,
    );
    stage.world.advance(11);
    // Expired orders are anybody's, through whichever account of the compartment.
    stage.anybodys("prune_orders", &prune, &[(5, Sibling)]);
}

#[test]
fn nobody_cancels_or_trades_for_another() {
    let mut stage = Stage::new();
    stage.world.place("alice", SOL_PERP, bid(1.0, 99.0));
    let ours = stage.world.deployment.clone();
    let (mallory, thief) = stage.wallet("mallory");
    let margin = stage.world.margin_key("alice");
    let cancel = ours.cancel_orders(thief, margin, SOL_PERP, Which::All);
    expect_error(stage.world.send(&[cancel], &[&mallory]), E::NotOwner);
    let sell = ours.place_order(thief, margin, SOL_PERP, ask(1.0, 90.0).0, &[]);
    expect_error(stage.world.send(&[sell], &[&mallory]), E::NotOwner);
    // A maker of another compartment under a maker's place: he isn't in this book.
    let (_, key) = stage.wallet("alice");
    let theirs = stage.other.margin(&key, 0);
    let own = stage.world.margin_key("mallory");
    let sell = ours.place_order(
        thief,
        own,
        SOL_PERP,
        ask(1.0, 99.0).fill_or_kill().0,
        &[theirs],
    );
    expect_error(stage.world.send(&[sell], &[&mallory]), E::NotFilledWhole);
    // Sizes and prices at the edge of their type.
    for (size, price, error) in [
        (0, price_e8(99.0), E::BadLot),
        (u64::MAX, price_e8(99.0), E::BadLot),
        (base_e8(1.0), 0, E::BadTick),
        (base_e8(1.0), u64::MAX, E::BadTick),
    ] {
        let mut args = bid(1.0, 99.0).0;
        (args.size, args.price) = (size, price);
        let place = ours.place_order(thief, own, SOL_PERP, args, &[]);
        expect_error(stage.world.send(&[place], &[&mallory]), error);
    }
}

/// Alice is below her maintenance requirement, not bankrupt.
fn liquidatable() -> Stage {
    let mut stage = Stage::new();
    stage.world.fund("bella", 1_000.0);
    stage.world.trade("bella", "maker", SOL_PERP, 100.0, 100.0);
    stage.world.advance(30);
    stage.world.crash(SOL, 92.0);
    stage
}

#[test]
fn liquidations_take_from_the_liquidatable_to_the_signers_own() {
    let mut stage = liquidatable();
    let ours = stage.world.deployment.clone();
    let bella = stage.world.margin_key("bella");
    let flag = ours.flag(stage.anyone(), bella);
    stage.anybodys("flag", &flag, &[]);
    stage.world.flag("bella").unwrap();
    expect_error(stage.world.flag("bella"), E::AlreadyFlagged);
    expect_error(stage.world.flag("maker"), E::NotLiquidatable);
    expect_error(stage.world.unflag("maker"), E::NotFlagged);
    stage.world.advance(5);
    stage.world.refresh_all();
    let (liquidator, key) = stage.wallet("liquidator");
    let own = stage.world.margin_key("liquidator");
    let take = ours.take_over(key, bella, own, SOL_PERP, base_e8(100.0));
    stage.refuses_all_but("take_over", &take, &[&liquidator], &[]);
    let mallory = stage.world.margin_key("mallory");
    for (act, error) in [
        (ours.take_over(key, bella, own, SOL_PERP, 0), E::ZeroAmount),
        (
            ours.take_over(key, own, own, SOL_PERP, 1),
            E::DuplicateAccount,
        ),
        (
            ours.take_over(key, bella, mallory, SOL_PERP, 1),
            E::NotOwner,
        ),
        (
            ours.take_over(key, bella, stage.other.margin(&key, 0), SOL_PERP, 1),
            E::WrongCompartment,
        ),
        (
            stage.other.take_over(key, bella, own, SOL_PERP, 1),
            E::WrongCompartment,
        ),
        (ours.seize(key, bella, own, (1, 0), None), E::ZeroAmount),
        (ours.seize(key, own, own, (1, 1), None), E::DuplicateAccount),
        (ours.seize(key, bella, mallory, (1, 1), None), E::NotOwner),
        (ours.seize(key, bella, own, (9, 1), None), E::BadIndex),
        (ours.seize(key, bella, own, (255, 1), None), E::BadIndex),
        (
            ours.convert(key, own, own, (1, 1), None),
            E::DuplicateAccount,
        ),
        (ours.convert(key, bella, mallory, (1, 1), None), E::NotOwner),
        (
            ours.wind_up(key, own, own, (&[SOL_PERP], &[]), 1_000_000, None),
            E::DuplicateAccount,
        ),
        (
            ours.wind_up(key, bella, mallory, (&[SOL_PERP], &[]), 1_000_000, None),
            E::NotOwner,
        ),
        (
            ours.wind_up(key, bella, own, (&[SOL_PERP], &[]), 1_000_000, None),
            E::NotBankrupt,
        ),
        (
            ours.wind_up(key, bella, own, (&[SOL_PERP], &[]), 0, None),
            E::BadValue,
        ),
    ] {
        expect_error(stage.world.send(&[act], &[&liquidator]), error);
    }
}

#[test]
fn an_end_of_liquidation_is_noted_for_the_account_itself() {
    let mut stage = liquidatable();
    stage.world.flag("bella").unwrap();
    stage.world.fund("bella", 5_000.0);
    let bella = stage.world.margin_key("bella");
    let unflag = stage.world.deployment.unflag(stage.anyone(), bella);
    stage.anybodys("unflag", &unflag, &[]);
    stage.world.unflag("bella").unwrap();
    expect_error(stage.world.unflag("bella"), E::TooEarly);
}

#[test]
fn a_bankrupt_account_is_wound_up_whole_and_once() {
    let mut stage = Stage::new();
    stage.world.fund("bella", 1_000.0);
    stage.world.trade("bella", "maker", SOL_PERP, 150.0, 100.0);
    stage.world.advance(30);
    stage.world.crash(SOL, 90.0);
    stage.world.advance(3);
    stage.world.refresh_all();
    let ours = stage.world.deployment.clone();
    let (liquidator, key) = stage.wallet("liquidator");
    let (bella, own) = (
        stage.world.margin_key("bella"),
        stage.world.margin_key("liquidator"),
    );
    let wind = ours.wind_up(key, bella, own, (&[SOL_PERP], &[]), 1_000_000, None);
    // The three accounts of a payment aren't looked at while nothing is paid.
    let rest = wind.accounts.len() - 1;
    let mut legal = Vec::new();
    for slot in 6..=8 {
        // The paying token account is writable, so none that this transaction only reads.
        let readable = |s: usize| slot != 8 || !matches!(s, 0..=2 | 12);
        let others = (0..=rest).filter(|s| !(6..=8).contains(s) && *s != 13 && readable(*s));
        legal.extend(others.map(|s| (slot, Slot(s))));
        legal.push((slot, Alien));
        legal.extend((slot != 8).then_some((slot, Empty)));
    }
    stage.refuses_all_but("wind_up", &wind, &[&liquidator], &legal);
    // Without its market, with another one, with one twice: no leg can be left out or doubled.
    let none = ours.wind_up(key, bella, own, (&[], &[]), 1_000_000, None);
    expect_error(stage.world.send(&[none], &[&liquidator]), E::MissingAccount);
    let both = (&[SOL_PERP, SOL_PERP][..], &[][..]);
    let twice = ours.wind_up(key, bella, own, both, 1_000_000, None);
    expect_error(
        stage.world.send(&[twice], &[&liquidator]),
        E::DuplicateAccount,
    );
    stage.world.send(&[wind], &[&liquidator]).unwrap();
    let again = ours.wind_up(key, bella, own, (&[SOL_PERP], &[]), 1_000_000, None);
    expect_error(stage.world.send(&[again], &[&liquidator]), E::NotBankrupt);
}

#[test]
fn what_anybody_may_do_is_done_to_the_compartments_own() {
    let mut stage = Stage::new();
    stage.world.trade("alice", "maker", SOL_PERP, 1.0, 100.0);
    stage.world.advance(60);
    stage.world.refresh_all();
    let ours = stage.world.deployment.clone();
    let accrue = ours.accrue(stage.anyone());
    stage.anybodys("accrue", &accrue, &[]);
    // The prices of this slot are not sampled.
    stage.world.advance(1);
    let funding = ours.sample_funding(stage.anyone(), SOL_PERP);
    stage.anybodys("sample_funding", &funding, &[]);
    let fold = ours.fold(&[0, 1]);
    // Any markets of the compartment, in any order, twice or not at all.
    let legal = [
        (5, Sibling),
        (5, Slot(6)),
        (6, Sibling),
        (6, Slot(5)),
        (6, Cut),
    ];
    stage.refuses_all_but("fold", &fold, &[], &legal);
    let mut short = ours.accrue(stage.anyone());
    short.accounts.pop();
    let anyone = stage.anyone.insecure_clone();
    expect_error(stage.world.send(&[short], &[&anyone]), E::IncompleteSet);
    let mut twice = ours.accrue(stage.anyone());
    let last = twice.accounts.len() - 1;
    twice.accounts[last] = twice.accounts[last - 1].clone();
    expect_error(stage.world.send(&[twice], &[&anyone]), E::IncompleteSet);
    let mut foreign = ours.fold(&[0]);
    foreign.accounts[5].pubkey = stage.other.markets[0].market;
    expect_error(stage.world.send(&[foreign], &[]), E::WrongCompartment);
}

#[test]
fn the_board_reads_its_own_oracles_only() {
    let mut stage = Stage::new();
    stage.world.advance(10);
    for feed in 0..3 {
        let price = stage.world.prices[feed];
        stage.world.publish(feed, price, price / 5_000, price);
    }
    let ours = stage.world.deployment.clone();
    let oracle = |name| pubkey(launch::oracle(name));
    let payer = pubkey(stage.world.vm.payer.pubkey());
    let copies = ours.refresh_with(stage.anyone(), &[(1, oracle("SOL"), None)], true);
    // Behind the oracle: two markets, then three banks with their vaults. Any of them may be left
    // out, come in another order or twice, but a bank only with its vault.
    let sets = [(7, 8), (8, 7)];
    let mut legal = vec![(7, Sibling), (8, Sibling)];
    legal.extend(sets.map(|(at, other)| (at, Slot(other))));
    legal.extend([7, 8, 9, 11, 13].map(|at| (at, Cut)));
    stage.anybodys("refresh", &copies, &legal);

    let with = |account| ours.refresh(payer, &[(1, account, None)]);
    let now = stage.world.now();
    let message = launch::message("SOL", 0, price_e8(1.0), 0, now.unix);
    let mut put = |name: &str, owner, data: Vec<u8>| {
        let key = keys::keypair(name).pubkey();
        pyth::write(&mut stage.world.vm.svm, key, owner, data);
        pubkey(key)
    };
    let good = pyth::price_update(&message, now.slot);
    let mut partial = good.clone();
    partial[40] = 0;
    let mut negative = message;
    negative.price = -1;
    let mut huge = message;
    huge.exponent = 30;
    let acts = [
        (put("pro", pyth::PRO_RECEIVER, good.clone()), E::OracleOwner),
        (
            put("own", keys::keypair("own program").pubkey(), good.clone()),
            E::OracleOwner,
        ),
        (
            put("ours", address(bulwark::ID), good.clone()),
            E::OracleOwner,
        ),
        (
            put("partial", pyth::CLASSIC_RECEIVER, partial),
            E::OracleVerification,
        ),
        (
            put("short", pyth::CLASSIC_RECEIVER, good[..100].to_vec()),
            E::OracleData,
        ),
        (
            put("empty", pyth::CLASSIC_RECEIVER, Vec::new()),
            E::OracleData,
        ),
        (
            put(
                "negative",
                pyth::CLASSIC_RECEIVER,
                pyth::price_update(&negative, 1),
            ),
            E::BadPrice,
        ),
        (
            put("huge", pyth::CLASSIC_RECEIVER, pyth::price_update(&huge, 1)),
            E::BadPrice,
        ),
        (oracle("BTC"), E::OracleFeed),
    ];
    for (account, error) in acts {
        expect_error(stage.world.send(&[with(account)], &[]), error);
    }
    let act = ours.refresh(payer, &[(9, oracle("SOL"), None)]);
    expect_error(stage.world.send(&[act], &[]), E::BadIndex);
    let mut missing = with(oracle("SOL"));
    missing.accounts.pop();
    expect_error(stage.world.send(&[missing], &[]), E::MissingAccount);
    // A message of a minute ago after one of now: not news.
    stage.world.send(&[with(oracle("SOL"))], &[]).unwrap();
    let old = launch::message("SOL", 0, price_e8(50.0), 0, now.unix - 60);
    let old = pyth::price_update(&old, now.slot);
    pyth::write(
        &mut stage.world.vm.svm,
        launch::oracle("SOL"),
        pyth::CLASSIC_RECEIVER,
        old,
    );
    expect_error(
        stage.world.send(&[with(oracle("SOL"))], &[]),
        E::NothingRefreshed,
    );
    assert_eq!(stage.world.board().feeds[SOL].last.price, price_e8(100.0));
}

#[test]
fn a_stale_price_opens_nothing() {
    let mut stage = Stage::new();
    stage
        .world
        .place("maker", SOL_PERP, ask(1.0, 100.0).post_only());
    stage.world.advance(1_800);
    let order = bid(1.0, 100.0).fill_or_kill();
    let outcome = stage.world.try_place("alice", SOL_PERP, order);
    expect_error(outcome, E::NotFilledWhole);
    // Half an hour after the feed has died its market halts: nothing is even placed.
    stage.world.advance(1_800);
    let outcome = stage.world.try_place("alice", SOL_PERP, order);
    expect_error(outcome, E::MarketForbids);
    expect_error(
        stage.world.take_over("liquidator", "alice", SOL_PERP, 1),
        E::OracleGate,
    );
    expect_error(
        stage.world.seize("liquidator", "alice", SOL, 1),
        E::OracleGate,
    );
    expect_error(
        stage.world.convert("liquidator", "alice", SOL, 1),
        E::OracleGate,
    );
    expect_error(stage.world.flag("alice"), E::NotLiquidatable);
    expect_error(stage.world.settle("alice", SOL_PERP), E::NotNeeded);
    // She may withdraw with every leg at its adverse bound: 1,500 of her 2,000 are free at fresh
    // prices, and not before.
    let out = stage.world.try_withdraw("alice", USDC, usdc(1_500.0));
    expect_error(out, E::BelowInitialMargin);
    stage.world.refresh_all();
    stage
        .world
        .try_withdraw("alice", USDC, usdc(1_500.0))
        .unwrap();
}
