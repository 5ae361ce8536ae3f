//! What the treasury may be paid of F (D12).

use bulwark_core::conserve::Balance;
use bulwark_core::coverage::coverage;
use bulwark_core::params::Class;
use bulwark_core::treasury::{pay, payable};
use bulwark_core::{Error, params};
use bulwark_state::{Bank, BoardMarket, Market};
use bytemuck::Zeroable;

const VAULT: u64 = 10_000_000_000;

/// Ten thousand in the vault, of which 700 are fees; the floor is 100.
fn quote() -> (Bank, Balance) {
    let mut quote = Bank::zeroed();
    quote.expected = VAULT;
    quote.totals.positive = 9_300_000_000;
    quote.totals.fees = 700_000_000;
    quote.totals.fee_floor_e6 = 100_000_000;
    quote.totals.check_claims = 9_300_000_000;
    let balance = Balance {
        vault: VAULT.into(),
        owed: VAULT.into(),
        claims: 9_300_000_000,
    };
    (quote, balance)
}

#[test]
fn only_what_is_above_the_floor_is_payable() {
    let (mut quote, balance) = quote();
    assert_eq!(payable(&quote, &balance, VAULT), Ok(600_000_000));
    assert_eq!(pay(&mut quote, &balance, VAULT, 0), Err(Error::ZeroAmount));
    let before = quote;
    let refused = pay(&mut quote, &balance, VAULT, 600_000_001);
    assert_eq!(refused, Err(Error::InsufficientBalance));
    assert_eq!(bytemuck::bytes_of(&quote), bytemuck::bytes_of(&before));
    let full = coverage(&quote, VAULT).unwrap();
    pay(&mut quote, &balance, VAULT, 600_000_000).unwrap();
    assert_eq!(quote.totals.fees, 100_000_000);
    assert_eq!(quote.expected, VAULT - 600_000_000);
    assert_eq!(quote.totals.positive, 9_300_000_000, "nobody's claim moved");
    // INV-COV: nobody's coverage fell.
    let left = VAULT - 600_000_000;
    assert!(coverage(&quote, left).unwrap().at_least(&full));
    let after = Balance {
        vault: left.into(),
        owed: left.into(),
        ..balance
    };
    assert_eq!(payable(&quote, &after, left), Ok(0));
    for fees in [-5, 0, 100_000_000] {
        quote.totals.fees = fees;
        assert_eq!(payable(&quote, &after, left), Ok(0), "{fees}");
    }
}

#[test]
fn nothing_is_payable_while_money_is_missing() {
    let (good, balance) = quote();
    let hole = Balance {
        owed: balance.owed + 1,
        ..balance
    };
    assert_eq!(payable(&good, &hole, VAULT), Err(Error::NotCovered));
    // A hole that was known before, a deficit, money gone since the last check.
    let mut quote = good;
    quote.totals.check_hole = 1;
    assert_eq!(payable(&quote, &balance, VAULT), Err(Error::NotCovered));
    let mut quote = good;
    quote.totals.deficit = 1;
    assert_eq!(payable(&quote, &balance, VAULT), Err(Error::NotCovered));
    assert_eq!(payable(&good, &balance, VAULT - 1), Err(Error::NotCovered));
    // A surplus stops nothing.
    let surplus = Balance {
        owed: balance.owed - 5,
        ..balance
    };
    assert_eq!(payable(&good, &surplus, VAULT), Ok(600_000_000));
}

#[test]
fn who_waits_comes_first() {
    let (mut quote, balance) = quote();
    // Lent out: of the vault's money all but 50 belongs to residual claims and tickets.
    quote.residuals.assigned = 4_000_000_000;
    quote.tickets = 5_950_000_000;
    assert_eq!(payable(&quote, &balance, VAULT), Ok(50_000_000));
    quote.tickets = 6_000_000_000;
    assert_eq!(payable(&quote, &balance, VAULT), Ok(0));
    quote.index = 1;
    assert_eq!(payable(&quote, &balance, VAULT), Err(Error::BadIndex));
}

/// Maker, taker and liquidation fee have bounds, and no closing can cost more than what the initial
/// requirement holds for it.
#[test]
fn fees_are_bounded_and_inside_the_initial_requirement() {
    let mut market = Market::zeroed();
    params::market_preset(Class::Major, &mut market);
    let mut board = BoardMarket::zeroed();
    params::board_market_preset(Class::Major, &mut board);
    assert!(params::check_board_market(&board, &market).is_ok());
    for fee in [market.taker_fee_ppm, market.liquidation_fee_ppm] {
        assert!(fee > 0 && fee <= board.close_fee_ppm);
    }
    board.close_fee_ppm = market.taker_fee_ppm.max(market.liquidation_fee_ppm) - 1;
    let refused = params::check_board_market(&board, &market);
    assert_eq!(refused, Err(Error::ParameterOutOfBounds));
}
