//! Winding up (D7, D8): in one instruction, whole or by an equal part, every unit of the loss
//! allocated.

mod desk;

use bulwark_core::health::Level;
use bulwark_core::ledger;
use bulwark_core::loss::Allocation;
use bulwark_core::{Error, windup, withdrawal};
use bulwark_state::{Deltas, Print};
use desk::{Desk, UNIT, USD, usd};
use proptest::prelude::*;

const WHOLE: u32 = 1_000_000;
const TOKEN: u64 = 1_000_000_000;

/// Account 0 is long 100 units at $100 with $600, account 1 short; account 2 receives. The closes
/// of the last half hour are there, and the price is `price` now.
fn crashed(price: u64) -> Desk {
    let mut desk = Desk::new(&[100], &[20]);
    desk.opens(&[600, 1_000_000, 1_000_000]);
    desk.trade(0, 1, 0, 100 * UNIT, usd(100));
    desk.minute(0);
    desk.wait(1_800);
    desk.print(0, price);
    desk
}

fn empty(desk: &Desk, number: usize) {
    let account = &desk.accounts[number];
    assert!(ledger::is_empty(account), "{:?}", account.quote);
    assert!(
        account
            .positions
            .iter()
            .all(|position| position.active == 0)
    );
    assert_eq!(
        (account.flagged_open, account.unflag_open, account.live),
        (0, 0, 0)
    );
}

#[test]
fn whole_to_the_unit() {
    let mut desk = crashed(usd(93));
    let insured = desk.insurance.balance;
    let done = desk.wind_up(0, 2, WHOLE).unwrap();
    // 600 − 700: $100 are missing; half a per cent of $9,300 is the premium.
    assert_eq!(done.loss, 100 * USD as u64);
    assert_eq!(done.premium(), 46_500_000);
    let allocated = Allocation {
        insured: 100 * USD as u64,
        charged: 0,
        deficit: 0,
    };
    assert_eq!(done.allocated(), allocated);
    assert_eq!(insured - desk.insurance.balance, 146_500_000);
    assert_eq!(desk.base(2, 0), 100 * UNIT as i64);
    assert_eq!(desk.accounts[2].quote, 1_000_000 * USD + 46_500_000);
    empty(&desk, 0);
    desk.check();
    assert_eq!(
        desk.wind_up(0, 2, WHOLE).map(|done| done.loss),
        Err(Error::NotBankrupt)
    );
}

/// a53: the gaining side is charged in the instruction that finds the loss; the rest is deficit.
#[test]
fn a53_the_loss_is_spread_in_the_same_instruction() {
    let mut desk = crashed(usd(93));
    desk.vault -= desk.insurance.balance;
    desk.insurance.balance = 0;
    let done = desk.wind_up(0, 2, WHOLE).unwrap();
    assert_eq!(done.premium(), 0);
    // A fifth of 2 % of $93 a unit.
    let charged = 37_200_000 - 1;
    let deficit = 100 * USD as u64 - charged;
    assert_eq!(
        done.allocated(),
        Allocation {
            insured: 0,
            charged,
            deficit
        }
    );
    assert_eq!(desk.banks[0].totals.deficit, deficit);
    let equity = desk.equity(1);
    assert_eq!(equity, 1_000_700 * USD - 37_200_000);
    empty(&desk, 0);
    desk.check();
}

/// The loss is split by r_M·N before, the last leg takes the rest.
#[test]
fn legs_share_a_loss_by_their_margin() {
    let mut desk = Desk::new(&[100, 10], &[]);
    desk.opens(&[0, 1_000_000, 1_000_000]);
    desk.board.markets[1].margin.mm = 8 * desk::PERCENT;
    desk.board.markets[1].margin.m0 = 8 * desk::PERCENT;
    desk.trade(0, 1, 0, 100 * UNIT, usd(100));
    desk.trade(1, 0, 1, 250 * UNIT, usd(10));
    desk.deposit(0, -90_000_001);
    // 4 % of $10,000 against 8 % of $2,500.
    let done = desk.wind_up(0, 2, WHOLE).unwrap();
    let shares: Vec<u64> = done.allocations.iter().map(|part| part.insured).collect();
    assert_eq!(
        (done.loss, shares),
        (90_000_001, vec![60_000_000, 30_000_001])
    );
    desk.check();
}

/// The receiver closes his own short with it: then there is nobody left to charge.
#[test]
fn open_interest_falls_where_the_receiver_is_opposite() {
    let mut desk = crashed(usd(93));
    desk.vault -= desk.insurance.balance;
    desk.insurance.balance = 0;
    let done = desk.wind_up(0, 1, WHOLE).unwrap();
    assert_eq!((desk.markets[0].oi_long, desk.markets[0].oi_short), (0, 0));
    assert_eq!(done.allocated().deficit, 100 * USD as u64);
    desk.check();
}

#[test]
fn collateral_is_sold_and_debt_repaid() {
    let mut desk = crashed(usd(93));
    desk.hold(0, 1, 4 * TOKEN);
    let done = desk.wind_up(0, 2, WHOLE).unwrap();
    // 4 tokens at $20 less half a per cent.
    assert_eq!(done.sale.paid, 79_600_000);
    assert_eq!(done.loss, 20_400_000);
    empty(&desk, 0);
    desk.check();
    // While quote is short the buyer's money comes with the instruction.
    let mut desk = crashed(usd(93));
    desk.hold(0, 1, 4 * TOKEN);
    desk.around.uncovered = true;
    let vault = desk.vault;
    assert_eq!(
        desk.wind_up(0, 2, WHOLE).unwrap().sale.transfer_in,
        79_600_000
    );
    assert_eq!(desk.vault - vault, 79_600_000);
    desk.check();
}

#[test]
fn a_debt_without_a_leg() {
    let mut desk = Desk::new(&[100], &[20]);
    desk.opens(&[0, 1_000_000]);
    desk.hold(0, 1, 30 * TOKEN);
    desk.deposit(0, -500 * USD);
    assert_eq!(
        desk.wind_up(0, 1, WHOLE).map(|_| ()),
        Err(Error::NotBankrupt)
    );
    desk.price(1, usd(10));
    desk.insurance.draws.cap_ppm = 1_000;
    let done = desk.wind_up(0, 1, WHOLE).unwrap();
    assert_eq!((done.sale.paid, done.loss), (298_500_000, 201_500_000));
    let insured = 100 * USD as u64;
    let deficit = 101_500_000;
    assert_eq!(
        done.allocated(),
        Allocation {
            insured,
            charged: 0,
            deficit
        }
    );
    empty(&desk, 0);
    desk.check();
}

#[test]
fn by_an_equal_part() {
    let mut desk = crashed(usd(93));
    desk.hold(0, 1, 4 * TOKEN);
    let before = desk.health(0, Level::Maintenance);
    let done = desk.wind_up(0, 2, 250_000).unwrap();
    assert_eq!(done.moved[0].size, 25 * UNIT);
    assert_eq!(done.sale.paid, 19_900_000);
    // A quarter of 600 − 700 + 79.60.
    assert_eq!(done.loss, 5_100_000);
    assert_eq!(desk.base(0, 0), 75 * UNIT as i64);
    assert_eq!(desk.accounts[0].quote, 450 * USD);
    assert_eq!(desk.accounts[0].collaterals[0].amount, 3 * TOKEN);
    assert!(desk.health(0, Level::Maintenance) > before);
    desk.check();
    let rest = desk.wind_up(0, 2, WHOLE).unwrap();
    assert_eq!(rest.loss, 15_300_000);
    empty(&desk, 0);
    desk.check();
    for part in [0, 9_999, 1_000_001] {
        let mut desk = crashed(usd(93));
        assert_eq!(
            desk.wind_up(0, 2, part).map(|_| ()),
            Err(Error::BadValue),
            "{part}"
        );
    }
}

#[test]
fn who_can_not_be_wound_up() {
    let mut desk = crashed(usd(95));
    assert_eq!(
        desk.wind_up(0, 2, WHOLE).map(|_| ()),
        Err(Error::NotBankrupt)
    );
    let mut desk = crashed(usd(93));
    let poor = desk.open(1);
    assert_eq!(
        desk.wind_up(0, poor, WHOLE).map(|_| ()),
        Err(Error::ReceiverUnhealthy)
    );
    desk.hold(0, 1, 4 * TOKEN);
    assert_eq!(
        desk.wind_up(0, poor, WHOLE).map(|_| ()),
        Err(Error::InsufficientBalance)
    );
    desk.check();
    desk.accounts[2].owner = desk.accounts[0].owner;
    assert_eq!(
        desk.wind_up(0, 2, WHOLE).map(|_| ()),
        Err(Error::SelfLiquidation)
    );
    desk.accounts[0].index = 1;
    desk.accounts[0].quote_claims.pending = 1;
    assert_eq!(
        desk.wind_up(0, 2, WHOLE).map(|_| ()),
        Err(Error::TicketsWait)
    );
    desk.accounts[0].quote_claims.pending = 0;
    desk.board.markets[0].status = 6;
    desk.board.markets[0].settle_price = usd(93);
    assert_eq!(
        desk.wind_up(0, 2, WHOLE).map(|_| ()),
        Err(Error::MarketForbids)
    );
    desk.board.markets[0].status = 3;
    assert!(desk.wind_up(0, 2, WHOLE).is_ok());
}

#[test]
fn no_step_can_be_left_out_or_taken_twice() {
    let mut desk = crashed(usd(93));
    desk.hold(0, 1, TOKEN);
    let around = desk.around;
    let mut deltas = Deltas::default();
    let [liquidatee, receiver] = desk.accounts.get_disjoint_mut([0, 2]).unwrap();
    let board = &mut desk.board;
    let (market, insurance) = (&mut desk.markets[0], &mut desk.insurance);
    let totals = &mut desk.banks[0].totals;
    let mut plan = windup::begin(
        board,
        liquidatee,
        receiver,
        &mut deltas,
        totals,
        WHOLE,
        &around,
    )
    .unwrap();
    assert_eq!(core::mem::size_of_val(&plan), 136);
    let bad = Err(Error::BadValue);
    let again = |plan: &mut windup::Plan, liquidatee: &mut _, deltas: &mut _, board: &_| {
        windup::close(plan, board, liquidatee, deltas, &around)
    };
    assert_eq!(again(&mut plan, liquidatee, &mut deltas, board), bad);
    let left = windup::finish(&plan, board, liquidatee, receiver, &mut deltas, &around);
    assert_eq!(left, Err(Error::BadValue));
    windup::move_leg(
        &mut plan, board, market, liquidatee, receiver, insurance, &around,
    )
    .unwrap();
    let twice = windup::move_leg(
        &mut plan, board, market, liquidatee, receiver, insurance, &around,
    );
    assert_eq!(twice, Err(Error::NoPosition));
    assert_eq!(again(&mut plan, liquidatee, &mut deltas, board), bad);
    windup::sell_collateral(&mut plan, board, liquidatee, receiver, &mut deltas, &around).unwrap();
    let twice =
        windup::sell_collateral(&mut plan, board, liquidatee, receiver, &mut deltas, &around);
    assert_eq!(twice, Err(Error::BadValue));
    let early = windup::allocate_leg(&mut plan, board, market, insurance, totals, &around);
    assert_eq!(early, Err(Error::BadValue));
    again(&mut plan, liquidatee, &mut deltas, board).unwrap();
    assert_eq!(again(&mut plan, liquidatee, &mut deltas, board), bad);
    let left = windup::finish(&plan, board, liquidatee, receiver, &mut deltas, &around);
    assert_eq!(left, Err(Error::BadValue));
    assert_eq!(
        windup::allocate_rest(&mut plan, insurance, totals, &around),
        Err(Error::BadValue)
    );
    windup::allocate_leg(&mut plan, board, market, insurance, totals, &around).unwrap();
    let twice = windup::allocate_leg(&mut plan, board, market, insurance, totals, &around);
    assert_eq!(twice, Err(Error::NoPosition));
    let done = windup::finish(&plan, board, liquidatee, receiver, &mut deltas, &around);
    assert_eq!(done, Ok(()));
}

/// a11: one lot of a dead market, or a token whose price is old, holds no wind-up up, and what is
/// left behind keeps the debt that it can bear.
#[test]
fn a11_what_has_no_price_stays_behind() {
    let mut desk = Desk::new(&[100, 10], &[20]);
    desk.opens(&[600, 1_000_000, 1_000_000]);
    desk.trade(0, 1, 0, 100 * UNIT, usd(100));
    desk.trade(0, 1, 1, 10 * UNIT, usd(8));
    desk.hold(0, 1, TOKEN);
    desk.price(0, usd(90));
    desk.board.feeds[2].last.publish_at -= 100;
    desk.board.feeds[1].last.publish_at -= 700;
    assert_eq!(
        desk.wind_up(0, 2, 500_000).map(|_| ()),
        Err(Error::OracleGate)
    );
    let worth = desk.equity(0);
    let done = desk.wind_up(0, 2, WHOLE).unwrap();
    assert_eq!(done.loss, worth.unsigned_abs());
    // The dead leg and the token, and debt for as much: worth nothing together.
    assert_eq!(desk.base(0, 0), 0);
    assert_eq!(desk.base(0, 1), 10 * UNIT as i64);
    assert_eq!(desk.accounts[0].collaterals[0].amount, TOKEN);
    assert!(desk.accounts[0].quote < 0);
    assert_eq!(desk.equity(0), 0);
    desk.check();
    // Alone they aren't bankrupt, and nothing can be taken twice.
    assert_eq!(
        desk.wind_up(0, 2, WHOLE).map(|_| ()),
        Err(Error::NotBankrupt)
    );
    // Once the prices are back and lower, the rest goes.
    desk.wait(20);
    desk.print(1, usd(7));
    assert!(desk.equity(0) < 0);
    let rest = desk.wind_up(0, 2, WHOLE).unwrap();
    assert!(rest.loss > 0);
    empty(&desk, 0);
    desk.check();
}

/// D6: what a bankrupt owner's tickets have not been paid covers his debt first.
#[test]
fn what_waits_in_tickets_covers_the_debt() {
    let mut desk = crashed(usd(93));
    desk.hold(0, 1, 4 * TOKEN);
    let account = &mut desk.accounts[0];
    (
        account.collaterals[0].amount,
        account.collaterals[0].pending,
    ) = (TOKEN, 3 * TOKEN);
    desk.banks[1].tickets = 3 * TOKEN;
    account.quote_claims.pending = 50_000_000;
    account.quote -= 50_000_000;
    let quote = &mut desk.banks[0];
    quote.tickets = 50_000_000;
    quote.totals.positive -= 50_000_000;
    assert_eq!(
        desk.wind_up(0, 2, WHOLE).map(|_| ()),
        Err(Error::TicketsWait)
    );
    let (board, now) = (&desk.board, desk.around.now);
    let (account, quote) = (&mut desk.accounts[0], &mut desk.banks[0]);
    assert_eq!(
        withdrawal::reclaim_quote(board, account, quote, now),
        Ok(50_000_000)
    );
    assert_eq!(
        desk.wind_up(0, 2, WHOLE).map(|_| ()),
        Err(Error::TicketsWait)
    );
    let (account, bank) = (&mut desk.accounts[0], &mut desk.banks[1]);
    assert_eq!(withdrawal::reclaim_token(account, bank), Ok(3 * TOKEN));
    desk.check();
    // As if nothing had waited.
    let done = desk.wind_up(0, 2, WHOLE).unwrap();
    assert_eq!((done.sale.paid, done.loss), (79_600_000, 20_400_000));
    empty(&desk, 0);
    desk.check();
}

#[test]
fn a_jump_that_waits_holds_it_up() {
    let mut desk = crashed(usd(93));
    desk.board.feeds[0].pending = Print {
        price: usd(92),
        ..desk.board.feeds[0].last
    };
    assert_eq!(
        desk.wind_up(0, 2, WHOLE).map(|_| ()),
        Err(Error::OracleGate)
    );
    desk.board.feeds[0].pending = Print::default();
    assert!(desk.wind_up(0, 2, WHOLE).is_ok());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// Whatever the account holds: what was lost is allocated to the unit, nothing is left, the
    /// others lose no more than what the pots collect, and parts add up to the whole.
    #[test]
    fn losses_are_conserved(
        legs in [
            (-200i64..200, -40i64..40),
            (-2_000i64..2_000, -40i64..40),
            (-500i64..500, -40i64..40),
        ],
        tokens in (0u64..50_000_000_000, 0u64..5_000_000_000),
        deficit in 1i64..500_000_000,
        insured in 0u64..2_000_000_000,
        part in prop::option::of(10_000u32..1_000_000),
        opposite in any::<bool>(),
    ) {
        let mut desk = Desk::new(&[100, 10, 50], &[20, 1]);
        desk.opens(&[0, 100_000_000, 100_000_000]);
        desk.vault -= desk.insurance.balance;
        desk.insurance.balance = insured;
        desk.vault += insured;
        for (bank, units) in [(1, tokens.0), (2, tokens.1)] {
            if units > 0 {
                desk.hold(0, bank, units);
            }
        }
        for (at, (size, _)) in legs.iter().enumerate() {
            let price = desk.board.feeds[at].last.price;
            let units = size.unsigned_abs() * UNIT / 3;
            match size.signum() {
                1 => desk.trade(0, 1, at, units, price),
                -1 => desk.trade(1, 0, at, units, price),
                _ => {}
            }
            desk.minute(at);
        }
        desk.wait(1_800);
        for (at, (_, percent)) in legs.iter().enumerate() {
            let price = desk.board.feeds[at].last.price as i64;
            desk.print(at, (price + price / 100 * percent) as u64);
        }
        desk.deposit(0, -deficit - desk.equity(0));
        let receiver = if opposite { 1 } else { 2 };
        desk.check();
        let worth: i64 = (0..3).map(|number| desk.equity(number)).sum();
        let insurance = desk.insurance.balance;
        let mut parts = Vec::new();
        if let Some(part) = part {
            let before = desk.health(0, Level::Maintenance);
            let done = desk.wind_up(0, receiver, part);
            if let Ok(done) = done {
                prop_assert!(desk.health(0, Level::Maintenance) >= before);
                desk.check();
                parts.push(done);
            }
        }
        let whole = desk.equity(0) < 0;
        if whole {
            parts.push(desk.wind_up(0, receiver, WHOLE).unwrap());
            desk.check();
        }
        let (mut lost, mut paid) = (Allocation::default(), 0);
        for done in &parts {
            let sum = done.allocated();
            prop_assert_eq!(done.loss, sum.insured + sum.charged + sum.deficit);
            lost.insured += sum.insured;
            lost.charged += sum.charged;
            lost.deficit += sum.deficit;
            paid += done.premium();
        }
        // Dust of a pot comes back where nobody is left in the market.
        let drawn = insurance as i64 - desk.insurance.balance as i64;
        let dust = (lost.insured + paid) as i64 - drawn;
        prop_assert!((0..=6).contains(&dust), "{dust}");
        prop_assert_eq!(desk.banks[0].totals.deficit, lost.deficit);
        // A part of a tiny loss, rounded up, can be the whole of it: then the rest is sound.
        if whole {
            let account = &desk.accounts[0];
            prop_assert!(account.quote >= 0);
            prop_assert!(account.positions.iter().all(|position| position.active == 0));
            prop_assert!(account.collaterals.iter().all(|token| token.amount == 0));
        }
        // All together have got what insurance paid and what became deficit, and lost what was
        // charged; rounding of charges and values costs a few units.
        let after: i64 = (0..3).map(|number| desk.equity(number)).sum();
        let gained = after - worth - (lost.insured + lost.deficit + paid) as i64;
        prop_assert!((-20..=20).contains(&gained), "{gained} {parts:?}");
    }
}
