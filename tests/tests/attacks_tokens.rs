//! Attacks by the choice of a token.

use bulwark::error::BulwarkError;
use bulwark::instructions::{BoardMarketParameters, CreateMarketArgs, MarginParameters};
use bulwark_core::params::Class;
use bulwark_svm::launch::{BankPlan, FeedPlan, MarketPlan};
use bulwark_svm::world::{SOL, SOL_PERP, USDC, World, ask, bid, expect_error, standard_plan, usdc};
use bulwark_svm::{Vm, launch, tokens};

/// Somebody.
const WHO: [u8; 32] = [8; 32];

fn data(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

/// Extensions that let somebody else decide over deposits, or make amounts ambiguous: the data of
/// the instruction that initialises each, and its length in the mint.
fn forbidden() -> Vec<(&'static str, Vec<u8>, usize)> {
    let fee = [&50_u16.to_le_bytes()[..], &1_000_u64.to_le_bytes()[..]].concat();
    vec![
        (
            "transfer fee",
            data(&[&[26, 0, 1], &WHO, &[1], &WHO, &fee]),
            108,
        ),
        ("close authority", data(&[&[25, 1], &WHO]), 32),
        ("default state: frozen", vec![28, 0, 2], 1),
        ("default state: initialised", vec![28, 0, 1], 1),
        ("non-transferable", vec![32], 0),
        (
            "interest",
            data(&[&[33, 0], &WHO, &7_i16.to_le_bytes()]),
            52,
        ),
        ("permanent delegate", data(&[&[35], &WHO]), 32),
        ("transfer hook", data(&[&[36, 0], &WHO, &WHO]), 64),
        (
            "transfer hook without a program yet",
            data(&[&[36, 0], &WHO, &[0; 32]]),
            64,
        ),
        (
            "scaled amounts",
            data(&[&[43, 0], &WHO, &2.0_f64.to_le_bytes()]),
            56,
        ),
        ("pausable", data(&[&[44, 0], &WHO]), 33),
        (
            "confidential transfers",
            data(&[&[27, 0], &WHO, &[1], &[0; 32]]),
            65,
        ),
    ]
}

fn allowed() -> Vec<(Vec<u8>, usize)> {
    [39, 40, 41]
        .iter()
        .map(|pointer| (data(&[&[*pointer, 0], &WHO, &WHO]), 64))
        .collect()
}

fn sol_2022() -> BankPlan {
    BankPlan {
        program: tokens::TOKEN_2022,
        ..standard_plan().banks[SOL]
    }
}

#[test]
fn a62_tokens_that_somebody_else_has_power_over_are_refused_at_listing() {
    let mut world = World::new();
    let args = launch::bank_args(&sol_2022(), false);
    for (name, data, len) in forbidden() {
        let mint = world.mint_with(name, 9, &[(data, len)]);
        let outcome = world.list_bank(mint, tokens::TOKEN_2022, args);
        match outcome {
            Ok(_) => panic!("{name} was listed"),
            Err(failure) => assert_eq!(
                failure.code(),
                Some(u32::from(BulwarkError::MintExtension)),
                "{name}: {failure}"
            ),
        }
    }
    // One bad among good ones.
    let mut mixed = allowed();
    mixed.push((data(&[&[35], &WHO]), 32));
    let mint = world.mint_with("mixed", 9, &mixed);
    let outcome = world.list_bank(mint, tokens::TOKEN_2022, args);
    expect_error(outcome, BulwarkError::MintExtension);
    assert_eq!(world.board().bank_count, 3);
    // Pointers change nothing about amounts.
    let mint = world.mint_with("pointers", 9, &allowed());
    // Given as a mint of the other token program it is refused.
    let refused = world.list_bank(mint, tokens::TOKEN, args).unwrap_err();
    assert!(
        format!("{:?}", refused.error).contains("IncorrectProgramId"),
        "{refused}"
    );
    world.list_bank(mint, tokens::TOKEN_2022, args).unwrap();
    assert_eq!(world.board().bank_count, 4);
    // Listed once.
    assert!(world.list_bank(mint, tokens::TOKEN_2022, args).is_err());
}

#[test]
fn a62_a_token_2022_bank_takes_and_pays_to_the_unit() {
    let mut vm = Vm::deployed(true).unwrap();
    tokens::create_mint_with(&mut vm, &launch::mint("SOL"), 9, &allowed()).unwrap();
    let mut plan = standard_plan();
    plan.banks[SOL] = sol_2022();
    let mut world = World::on(vm, plan);
    world.deposit("alice", SOL, 3_000_000_001);
    assert_eq!(world.vault(SOL), 3_000_000_001);
    assert_eq!(world.account("alice").collaterals[0].amount, 3_000_000_001);
    let (paid, queued) = world.withdraw("alice", SOL, 1_000_000_001);
    assert_eq!((paid, queued), (1_000_000_001, 0));
    assert_eq!(world.tokens_of("alice", SOL), 1_000_000_001);
    assert_eq!(world.vault(SOL), 2_000_000_000);
}

#[test]
fn a62_a_frozen_vault_says_so_and_touches_no_other_bank() {
    let mut world = World::new();
    world.deposit("alice", SOL, 5_000_000_000);
    world.fund("alice", 1_000.0);
    world.freeze_vault(SOL, true);
    expect_error(
        world.try_deposit("alice", SOL, 1_000_000_000),
        BulwarkError::VaultFrozen,
    );
    expect_error(
        world.try_withdraw("alice", SOL, 1_000_000_000),
        BulwarkError::VaultFrozen,
    );
    assert_eq!(world.account("alice").collaterals[0].amount, 5_000_000_000);
    // Quote goes in and out as before, and trading goes on.
    world.fund("alice", 100.0);
    assert_eq!(world.withdraw("alice", USDC, usdc(50.0)), (usdc(50.0), 0));
    world.fund("maker", 10_000.0);
    world.trade("alice", "maker", SOL_PERP, 1.0, 100.0);
    world.freeze_vault(SOL, false);
    let (paid, queued) = world.withdraw("alice", SOL, 1_000_000_000);
    assert_eq!(paid + queued, 1_000_000_000);
}

/// A coin of $0.00001: a price of 1,000 PriceE8 a token.
fn with_tiny_coin(unit_exp: u8) -> World {
    let mut plan = standard_plan();
    plan.feeds.push(FeedPlan {
        name: "TINY",
        class: Class::Small,
        price: 1_000 * 10_u64.pow(unit_exp.into()),
        unit_exp,
    });
    World::with(plan)
}

fn tiny_market(tick: u64) -> CreateMarketArgs {
    let mut market = launch::market_parameters(Class::Small);
    market.tick = tick;
    CreateMarketArgs {
        index: 2,
        feed: 3,
        market,
        board: BoardMarketParameters::preset(Class::Small),
        margin: MarginParameters::preset(Class::Small),
    }
}

#[test]
fn a70_a_coin_of_tiny_price_lists_per_thousand_or_not_at_all() {
    // Per token: below the smallest price.
    let mut world = with_tiny_coin(0);
    let outcome = world.list_market("tiny", tiny_market(1));
    expect_error(outcome, BulwarkError::ParameterOutOfBounds);
    // Per thousand tokens: $0.01. A tick of a fifth of a percent is 2,000, the largest is 1,000.
    let mut world = with_tiny_coin(3);
    for (name, coarse) in [("coarse", 2_000), ("a little coarse", 1_001)] {
        let outcome = world.list_market(name, tiny_market(coarse));
        expect_error(outcome, BulwarkError::ParameterOutOfBounds);
    }
    // A lot worth more than the smallest notional: $10 are 1e11 BaseE8 of a thousand tokens.
    let mut lots = tiny_market(1_000);
    lots.market.lot = 100_000_000_001;
    let outcome = world.list_market("lots", lots);
    expect_error(outcome, BulwarkError::ParameterOutOfBounds);
    world.list_market("tiny", tiny_market(1_000)).unwrap();
}

#[test]
fn a70_sizes_of_a_tiny_coin_do_not_overflow() {
    let mut plan = standard_plan();
    let feed = FeedPlan {
        name: "TINY",
        class: Class::Small,
        price: 1_000_000,
        unit_exp: 3,
    };
    plan.feeds.push(feed);
    plan.banks.push(BankPlan {
        name: "TINY",
        feed: 3,
        class: Class::Small,
        decimals: 5,
        program: tokens::TOKEN,
        parameters: launch::bank_parameters(Class::Small),
    });
    plan.markets.push(MarketPlan {
        name: "TINY-PERP",
        feed: 3,
        class: Class::Small,
        parameters: launch::market_parameters(Class::Small),
    });
    let mut world = World::with(plan);
    world.fund("maker", 1_000_000.0);
    world.fund("alice", 1_000_000.0);
    // $1,000,000 of notional: 100 million units of a thousand tokens each.
    world.trade("alice", "maker", 2, 100_000_000.0, 0.01);
    assert_eq!(world.position("alice", 2).base, 10_000_000_000_000_000);
    // A tick of 0.1 % is $1,000 on it, to the unit but for the fee of 0.1 %.
    world.advance(5);
    let before = world
        .health("alice", bulwark_core::health::Level::Maintenance)
        .value;
    world.try_price(3, 1_001_000).unwrap();
    let after = world
        .health("alice", bulwark_core::health::Level::Maintenance)
        .value;
    // Confidence is 2 bp of the price on both sides of the difference: 200 units of PriceE8.
    assert_eq!(after - before, 1_000_000_000);
    // The largest sizes end in an error of their own, never in a wrap.
    world.refresh_all();
    for size in [
        100_000_000_000_000_000,
        9_223_372_036_800_000_000_u64,
        u64::MAX - 9_551_615,
    ] {
        for order in [bid(1.0, 0.01), ask(1.0, 0.01)] {
            let mut huge = order;
            huge.0.size = size / 100_000_000 * 100_000_000;
            assert!(world.try_place("alice", 2, huge).is_err(), "{size}");
        }
    }
    // A token of 5 decimals and $0.00001: 1e18 units are 1e13 tokens, $100,000,000.
    world.deposit("alice", 3, 1_000_000_000_000_000_000);
    let value = world
        .health("alice", bulwark_core::health::Level::Maintenance)
        .value;
    assert!(
        value > 50_000_000_000_000 && value < 100_200_000_000_000,
        "{value}"
    );
}
