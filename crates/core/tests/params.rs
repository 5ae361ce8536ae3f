//! The table of parameters: presets within bounds, coupled relations, and the page in step with it.

mod oracle;

use bulwark_core::Error;
use bulwark_core::params::*;
use bulwark_state::{Bank, Board, BoardBank, BoardMarket, Insurance, Market, QuoteTotals};
use bytemuck::Zeroable;

const REFUSED: bulwark_core::Result<()> = Err(Error::ParameterOutOfBounds);

fn all() -> impl Iterator<Item = &'static Row> {
    let groups = [
        FEED,
        MARGIN,
        MARKET,
        BOARD_MARKET,
        BANK,
        BOARD_BANK,
        QUOTE,
        INSURANCE,
        BOARD,
    ];
    groups.into_iter().flatten().chain([&SEED_VOLATILITY])
}

#[test]
fn every_row_is_whole() {
    let mut keys = std::collections::BTreeSet::new();
    for row in all() {
        assert!(keys.insert(row.key), "{} twice", row.key);
        assert!(row.min <= row.max, "{}", row.key);
        for preset in row.presets {
            assert!((row.min..=row.max).contains(&preset), "{}", row.key);
        }
    }
    for row in COMPILED {
        assert!(keys.insert(row.key), "{} twice", row.key);
    }
    // The enumerated powers without delay, and no others (D12).
    let instant: Vec<_> = all()
        .filter(|row| row.delay == Delay::InstantDown)
        .map(|row| row.key)
        .collect();
    assert_eq!(
        instant,
        [
            "market.oi_cap",
            "market.slot_notional_cap",
            "market.leverage_cap",
            "bank.deposit_cap"
        ]
    );
}

/// Figures of the margin model's section 2 and of the definitions.
#[test]
fn defaults_are_the_studied_ones() {
    let feed = feed_preset(Class::Major);
    assert_eq!(feed.tau, [5_194, 20_775, 872_541]);
    assert_eq!((feed.grid, feed.clamp_e9), (300, 100_000_000));
    let ages = [
        feed.age_open,
        feed.age_ok,
        feed.age_stale,
        feed.age_old,
        feed.age_pair,
    ];
    assert_eq!(ages, [5, 10, 60, 600, 15]);
    for (class, floor, cap) in [
        (Class::Major, 20_000_000, 300_000_000),
        (Class::Large, 30_000_000, 400_000_000),
        (Class::Small, 60_000_000, 666_700_000),
        (Class::Stable, 20_000_000, 666_700_000),
    ] {
        let margin = margin_preset(class);
        assert_eq!((margin.floor_e9, margin.cap_e9), (floor, cap));
        assert_eq!(
            (margin.k, margin.im_ratio, margin.gap_w),
            (9_000, 1_500, 1_500)
        );
        assert_eq!((margin.horizon, margin.ramp), (600, 1_800));
        assert_eq!((margin.calm, margin.loosen_tau), (1_800, 18_000));
    }
    let vols = Class::ALL.map(seed_volatility);
    assert_eq!(
        vols,
        [600_000_000, 1_000_000_000, 1_500_000_000, 30_000_000]
    );
}

#[test]
fn presets_pass_their_checks() {
    let mut board: Box<Board> = Box::new(Board::zeroed());
    board_preset(Class::Major, &mut board);
    assert_eq!(board.profit_credit_ppm, 700_000);
    assert_eq!(check_board(&board), Ok(()));
    for class in Class::ALL {
        let (feed, margin) = (feed_preset(class), margin_preset(class));
        assert_eq!(check_feed(&feed), Ok(()));
        assert_eq!(check_margin_on(&margin, &feed), Ok(()));
        let (mut market, mut on_board) = (Market::zeroed(), BoardMarket::zeroed());
        market_preset(class, &mut market);
        board_market_preset(class, &mut on_board);
        assert_eq!(check_market(&market), Ok(()));
        assert_eq!(check_board_market(&on_board, &market), Ok(()));
        let (mut bank, mut on_board) = (Bank::zeroed(), BoardBank::zeroed());
        bank_preset(class, &mut bank);
        board_bank_preset(class, &mut on_board);
        assert_eq!(check_bank(&bank), Ok(()));
        assert_eq!(check_board_bank(&on_board), Ok(()));
        let (mut quote, mut insurance) = (QuoteTotals::zeroed(), Insurance::zeroed());
        quote_preset(class, &mut quote);
        insurance_preset(class, &mut insurance);
        assert_eq!(check_quote(&quote), Ok(()));
        assert_eq!(check_insurance(&insurance), Ok(()));
    }
    assert_eq!(check_market(&Market::zeroed()), REFUSED);
    assert_eq!(check_bank(&Bank::zeroed()), REFUSED);
    assert_eq!(check_quote(&QuoteTotals::zeroed()), REFUSED);
    assert_eq!(check_insurance(&Insurance::zeroed()), REFUSED);
}

#[test]
fn coupled_relations_of_feeds() {
    let good = feed_preset(Class::Major);
    type Change = fn(&mut bulwark_state::FeedParams);
    let bad: [Change; 9] = [
        |p| p.tau = [10_388, 10_388, 872_541],
        |p| p.tau = [5_194, 20_775, 86_399],
        |p| p.tau[0] = 1_297,
        |p| p.grid = 59,
        |p| p.age_open = 11,
        |p| p.age_ok = 60,
        |p| (p.age_stale, p.age_old) = (300, 300),
        |p| (p.age_stale, p.age_pair) = (20, 21),
        |p| p.clamp_e9 = 200_000_001,
    ];
    for (at, change) in bad.into_iter().enumerate() {
        let mut params = good;
        change(&mut params);
        assert_eq!(check_feed(&params), REFUSED, "case {at}");
    }
}

/// a40: a margin's horizon spans the protocol's own halts and the Stale age.
#[test]
fn a40_horizons_span_the_halts() {
    let (mut feed, mut margin) = (feed_preset(Class::Major), margin_preset(Class::Major));
    margin.horizon = 435;
    assert_eq!(check_margin_on(&margin, &feed), Ok(()));
    feed.age_stale = 61;
    assert_eq!(check_margin_on(&margin, &feed), REFUSED);
    margin.horizon = 436;
    assert_eq!(check_margin_on(&margin, &feed), Ok(()));
    margin.horizon = 434;
    assert_eq!(check_margin(&margin), REFUSED);
    margin.horizon = 3_601;
    assert_eq!(check_margin(&margin), REFUSED);
}

#[test]
fn a_cap_is_at_least_twice_the_floor() {
    let mut margin = margin_preset(Class::Major);
    (margin.floor_e9, margin.cap_e9) = (150_000_000, 300_000_000);
    assert_eq!(check_margin(&margin), Ok(()));
    margin.floor_e9 += 1;
    assert_eq!(check_margin(&margin), REFUSED);
    (margin.floor_e9, margin.cap_e9) = (200_000_000, 666_700_001);
    assert_eq!(check_margin(&margin), REFUSED);
}

/// a70: steps must be small against the price they list at.
#[test]
fn a70_steps_fit_the_price() {
    let mut market = Market::zeroed();
    market_preset(Class::Large, &mut market);
    // $0.01 on $142: fine; on $9.99 it is more than 0.1 %.
    assert_eq!(check_listing(&market, 14_200_000_000), Ok(()));
    assert_eq!(check_listing(&market, 999_000_000), REFUSED);
    // A lot of 0.01 at $1,000 is worth the smallest notional.
    assert_eq!(check_listing(&market, 100_000_000_000), Ok(()));
    assert_eq!(check_listing(&market, 100_000_000_001), REFUSED);
    market.tick = 1;
    assert_eq!(check_listing(&market, 1_000_000), Ok(()));
    assert_eq!(check_listing(&market, 999_999), REFUSED);
}

#[test]
fn coupled_relations_of_money() {
    let mut market = Market::zeroed();
    market_preset(Class::Major, &mut market);
    market.dust_notional = market.min_notional - 1;
    assert_eq!(check_market(&market), REFUSED);
    market_preset(Class::Major, &mut market);
    let mut on_board = BoardMarket::zeroed();
    board_market_preset(Class::Major, &mut on_board);
    on_board.close_fee_ppm = 999;
    assert_eq!(check_board_market(&on_board, &market), REFUSED);

    let mut quote = QuoteTotals::zeroed();
    quote_preset(Class::Major, &mut quote);
    (quote.kink_low_ppm, quote.kink_high_ppm) = (700_000, 700_000);
    assert_eq!(check_quote(&quote), REFUSED);
    quote_preset(Class::Major, &mut quote);
    (quote.rate_kink_ppm, quote.rate_high_ppm) = (1_000_000, 999_999);
    assert_eq!(check_quote(&quote), REFUSED);

    let mut insurance = Insurance::zeroed();
    insurance_preset(Class::Major, &mut insurance);
    insurance.share_base_ppm = 500_000;
    // 0.5 + 0.2·0.5 + s₂·0.5 = 1 at s₂ = 0.8.
    insurance.share_steep_ppm = 800_000;
    assert_eq!(check_insurance(&insurance), Ok(()));
    insurance.share_steep_ppm = 800_001;
    assert_eq!(check_insurance(&insurance), REFUSED);
}

#[test]
fn steps_are_limited() {
    let row = |key: &str| all().find(|row| row.key == key).unwrap();
    let k = row("margin.k");
    assert_eq!(k.limit().step(9_000, 11_250), Ok(()));
    assert_eq!(k.limit().step(9_000, 11_251), REFUSED);
    assert_eq!(k.limit().step(9_000, 6_750), Ok(()));
    assert_eq!(k.limit().step(9_000, 6_749), REFUSED);
    assert_eq!(k.limit().step(15_000, 16_001), REFUSED);
    let cap = row("market.oi_cap");
    assert_eq!(cap.limit().step(500, 1_000), Ok(()));
    assert_eq!(cap.limit().step(500, 1_001), REFUSED);
    assert_eq!(cap.limit().step(500, 0), Ok(()));
    assert_eq!(
        cap.limit().step(0, 1 << 60),
        Ok(()),
        "what is closed may open"
    );
    let small = row("feed.age_open");
    assert_eq!(small.limit().step(3, 4), Ok(()), "never less than one unit");
    let fixed = row("bank.day_period");
    assert_eq!(fixed.limit().step(86_400, 86_399), REFUSED);
}

/// docs/parameters.md says what the table says.
#[test]
fn the_page_is_in_step_with_the_table() {
    let page =
        std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/parameters.md");
    let mut expected = String::new();
    write_markdown(&mut expected).unwrap();
    if std::env::var_os("BULWARK_WRITE").is_some() {
        std::fs::write(&page, &expected).unwrap();
    }
    let found = std::fs::read_to_string(&page).unwrap_or_default();
    assert!(found == expected, "docs/parameters.md is stale: {}", HINT);
}

const HINT: &str = "BULWARK_WRITE=1 cargo test -p bulwark-core --test params";
