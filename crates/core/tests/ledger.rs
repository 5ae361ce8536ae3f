//! The signed ledger (D1), by hand.

mod fixture;

use bulwark_core::Error;
use bulwark_core::conserve::*;
use bulwark_core::ledger::*;
use bulwark_core::math::mul_shift64_floor;
use bulwark_core::time;
use bulwark_state::*;
use bytemuck::Zeroable;
use fixture::world::World;
use fixture::*;

fn leg(world: &World, at: usize) -> (i64, i64) {
    let position = &world.accounts[at].positions[0];
    (position.base, position.quote)
}

#[test]
fn a_fill_moves_base_quote_and_fees() {
    let mut world = World::new(2);
    world.deposit(0, 1_000_000_000);
    world.deposit(1, 1_000_000_000);
    world.fill([0, 1], 0, 3 * UNIT, HUNDRED, 1_000);
    assert_eq!(leg(&world, 0), (3 * UNIT, -300_000_000));
    assert_eq!(leg(&world, 1), (-3 * UNIT, 300_000_000));
    assert_eq!(world.accounts[0].quote, 999_999_000);
    assert_eq!(world.accounts[1].quote, 999_999_500);
    let market = &world.markets[0];
    assert_eq!(
        (market.oi_long, market.oi_short, market.quote_sum),
        (300_000_000, 300_000_000, 0)
    );
    assert_eq!(
        market.deltas,
        Deltas {
            positive: -1_500,
            fees: 1_500,
            ..Deltas::default()
        }
    );
    world.check();
    world.fold_all();
    assert_eq!(world.quote.totals.positive, 1_999_998_500);
    assert_eq!(
        (world.quote.totals.fees, world.quote.totals.live_count),
        (1_500, 2)
    );
    world.check();
}

#[test]
fn reducing_realises_its_share_rounded_down() {
    let mut world = World::new(2);
    world.fill([0, 1], 0, 3 * UNIT, 3_333_333_333, 0);
    assert_eq!(leg(&world, 0), (300_000_000, -99_999_999));
    // A third of −99,999,999 is whole; of the rest two sevenths are −19,047,618.86 and go down.
    let traded = world.side(0, 0, -UNIT, 40_000_000, 0);
    assert_eq!(
        traded,
        Traded {
            closed: 100_000_000,
            opened: 0,
            realised: 6_666_667
        }
    );
    assert_eq!(leg(&world, 0), (200_000_000, -66_666_666));
    let traded = world.side(0, 0, -57_142_858, 20_000_000, 0);
    assert_eq!(traded.realised, 20_000_000 - 19_047_620);
    assert_eq!(leg(&world, 0), (142_857_142, -47_619_046));
    // The maker's share: 99,999,999 · 4/7 and so on, also down.
    let traded = world.side(1, 0, UNIT + 57_142_858, 60_000_000, 0);
    assert_eq!(traded.realised, 52_380_952 - 60_000_000);
    world.check();
    assert_eq!(world.accounts[0].realised.amount, 6_666_667 + 952_380);
    assert_eq!(world.accounts[1].realised.amount, 0);
    assert_eq!(world.accounts[1].debt_at, NOW.unix);
}

#[test]
fn a_fill_through_zero_is_split() {
    let mut world = World::new(2);
    world.fill([0, 1], 0, 3 * UNIT, HUNDRED, 0);
    world.board.markets[0].loss_short = Wide::new(77 << 64);
    // Sell 7 for 700.000001: the closing part takes ⌊·3/7⌋ = 300.000000, the rest opens.
    let traded = world.side(0, 0, -7 * UNIT, 700_000_001, 5);
    assert_eq!(
        traded,
        Traded {
            closed: 300_000_000,
            opened: 400_000_000,
            realised: 0
        }
    );
    assert_eq!(leg(&world, 0), (-400_000_000, 400_000_001));
    assert_eq!(world.accounts[0].quote, -5);
    assert_eq!(
        world.accounts[0].positions[0].loss,
        Wide::new(77 << 64),
        "set at the flip (D8)"
    );
    assert_eq!(
        (world.markets[0].oi_long, world.markets[0].oi_short),
        (0, 700_000_000)
    );
    world.board.markets[0].loss_short = Wide::default();
    world.accounts[0].positions[0].loss = Wide::default();
    let traded = world.side(1, 0, 7 * UNIT, 700_000_001, 0);
    assert_eq!(traded.realised, 0);
    assert_eq!(leg(&world, 1), (400_000_000, -400_000_001));
    world.check();
}

#[test]
fn a_closed_position_leaves_nothing_behind() {
    let mut world = World::new(2);
    world.deposit(0, 5);
    world.fill([0, 1], 0, 7, 123_456_789_012, 0);
    world.fill([0, 1], 0, -3, 99_999_999_999, 0);
    world.fill([0, 1], 0, -4, 111_111_111_111, 0);
    assert_eq!(
        world.accounts[0].positions,
        [Position::default(); MAX_POSITIONS]
    );
    assert_eq!(
        (world.markets[0].quote_sum, world.markets[0].oi_long),
        (0, 0)
    );
    world.check();
    assert_eq!(world.accounts[0].quote + world.accounts[1].quote, 5);
}

#[test]
fn funding_and_loss_are_booked_against_the_account_and_stay_in_the_pot() {
    let mut world = World::new(3);
    world.fill([0, 1], 0, 2 * UNIT, HUNDRED, 0);
    world.fill([0, 2], 0, UNIT, HUNDRED, 0);
    // 0.1 per unit and a hair: the long pays 3 × 0.1 up, the shorts get theirs down.
    world.board.markets[0].funding = SignedWide::new((1i128 << 64) / i128::from(10 * UNIT) + 1);
    assert_eq!(
        position_due(&world.board.markets[0], &world.accounts[0].positions[0]),
        Ok(-1)
    );
    world.touch(0);
    world.touch(1);
    world.touch(2);
    assert_eq!(world.markets[0].pot, 1);
    assert_eq!(world.markets[0].quote_sum, -1);
    world.check();
    world.move_quote(1, -1_000);
    world.vault = 0;
    world.quote.totals.fees += 1_000;
    // Longs bear 1,000 of loss: one account, all of it, rounded up, and the pot gets it back.
    world.lose(1, 0, true, 1_000);
    world.check();
    world.touch(0);
    assert_eq!(world.markets[0].pot, 2, "rounded up by less than a unit");
    world.check();
}

/// Of a year in which the compartment was paused for half, half is charged.
#[test]
fn a29_interest_counts_open_seconds_alone() {
    let charged = |paused: i64| {
        let mut world = World::new(2);
        world.deposit(0, 1_000_000_000);
        world.fill([1, 0], 0, 100 * UNIT, HUNDRED, 0);
        world.fill([1, 0], 0, -100 * UNIT, 9_000_000_000, 0);
        assert_eq!(world.accounts[1].quote, -1_000_000_000);
        world.withdraw(0, 1_000_000_000);
        world.accrue();
        let from = world.now.unix + 1_000;
        time::close(&mut world.board.clock, from, from + paused);
        world.now.unix += 31_536_000;
        world.accrue();
        interest_due(&world.board, &world.accounts[1]).unwrap()
    };
    // All is lent: 200 % a year.
    assert_eq!(charged(0), -2_000_000_000);
    assert_eq!(charged(31_536_000 / 2), -1_000_000_000);
}

#[test]
fn interest_moves_from_debtors_to_lenders() {
    let mut world = World::new(3);
    world.deposit(0, 1_000_000_000);
    world.deposit(1, 3_000_000_000);
    // A loss of 4,000 that nobody paid in: the vault lends it.
    world.fill([2, 0], 0, 100 * UNIT, HUNDRED, 0);
    world.fill([2, 0], 0, -100 * UNIT, 6_000_000_000, 0);
    assert_eq!(world.accounts[2].quote, -4_000_000_000);
    world.withdraw(0, 3_000_000_000);
    assert_eq!(
        (world.vault, world.accounts[0].quote),
        (1_000_000_000, 2_000_000_000)
    );
    world.accrue();
    assert_eq!(
        world.board.debt_index,
        Wide::default(),
        "no time has passed"
    );
    world.now.unix += 31_536_000;
    world.accrue();
    // 5,000 owed, 1,000 there: 80 %, 20 % a year. 800 of 4,000; 16 % for lenders.
    assert_eq!(
        interest_due(&world.board, &world.accounts[2]),
        Ok(-800_000_000)
    );
    assert_eq!(
        interest_due(&world.board, &world.accounts[0]),
        Ok(319_999_999)
    );
    world.check();
    for at in 0..3 {
        world.touch(at);
        world.check();
    }
    assert_eq!(world.accounts[2].quote, -4_800_000_000);
    assert_eq!(world.quote.totals.interest_pot, 2);
    // Paused time accrues nothing.
    let index = world.board.debt_index;
    world.board.clock.closed_from = world.now.unix;
    world.board.clock.closed_until = world.now.unix + 1_000;
    world.now.unix += 1_000;
    world.accrue();
    assert_eq!(world.board.debt_index, index);
    // A total that is negative because something wasn't folded is refused.
    world.quote.totals.positive = -1;
    world.now.unix += 10;
    let refused = accrue_interest(
        &mut world.board,
        &mut world.quote.totals,
        &QuoteMoney::default(),
        world.now,
    );
    assert_eq!(refused, Err(Error::InvariantBroken));
}

#[test]
fn a_debt_has_an_age_from_its_first_unit_to_its_last() {
    let mut world = World::new(1);
    world.deposit(0, 1_000_000_000);
    world.board.lend_index = Wide::new(1 << 60);
    let mut deltas = Deltas::default();
    let account = &mut world.accounts[0];
    touch_quote(&world.board, account, &mut deltas).unwrap();
    let owned = account.quote;
    add_quote(&world.board, account, -owned - 1, &mut deltas, NOW).unwrap();
    assert_eq!((account.quote, account.debt_at), (-1, NOW.unix));
    add_quote(&world.board, account, 1, &mut deltas, NOW).unwrap();
    assert_eq!((account.debt_at, deltas.negative), (0, 0));
    let interest = mul_shift64_floor(1 << 60, 1_000_000_000).unwrap() as i64;
    assert_eq!(deltas.positive, -1_000_000_000);
    assert_eq!(deltas.interest_pot, -interest);
}

#[test]
fn slots_are_found_taken_and_freed() {
    let board = board();
    let mut account = account();
    for market in 0..8 {
        assert_eq!(
            open_position(&board, &mut account, market),
            Ok(usize::from(market))
        );
    }
    assert_eq!(
        open_position(&board, &mut account, 8),
        Err(Error::PositionSlotsFull)
    );
    assert_eq!(open_position(&board, &mut account, 5), Ok(5));
    assert_eq!(
        open_position(&board, &mut account, 32),
        Err(Error::BadIndex)
    );
    account.positions[2].orders = 1;
    assert!(!release_position(&mut account, 2));
    assert!(release_position(&mut account, 6));
    assert_eq!(position_of(&account, 6), None);
    assert_eq!(open_position(&board, &mut account, 31), Ok(6));
    assert_eq!(position_of(&account, 31), Some(6));
    let mut other = Market {
        index: 3,
        ..Market::zeroed()
    };
    let wrong = touch_position(&board, &mut account, 6, &mut other);
    assert_eq!(wrong, Err(Error::NoPosition));
}

#[test]
fn what_leaves_the_range_is_an_error() {
    let mut world = World::new(1);
    let account = &mut world.accounts[0];
    open_position(&world.board, account, 0).unwrap();
    let market = &mut world.markets[0];
    let mut go = |account: &mut MarginAccount, change, notional, fee| {
        trade(&world.board, account, 0, market, change, notional, fee, NOW)
    };
    assert_eq!(go(&mut account.clone(), 0, 1, 0), Err(Error::ZeroAmount));
    assert_eq!(
        go(&mut account.clone(), 1, (1 << 63) + 1, 0),
        Err(Error::Overflow)
    );
    assert_eq!(
        go(&mut account.clone(), 1, u64::MAX, 0),
        Err(Error::Overflow)
    );
    assert_eq!(
        go(&mut account.clone(), 1, 1, u64::MAX),
        Err(Error::Overflow)
    );
    account.positions[0].base = i64::MAX;
    assert_eq!(go(&mut account.clone(), 1, 1, 0), Err(Error::Overflow));
}

/// A recomputation that can't fail proves nothing: every counter, put wrong by one, is named.
#[test]
fn every_tampered_counter_is_named() {
    let world = || {
        let mut world = World::new(2);
        world.deposit(0, 1_000_000);
        world.deposit_token(1, 9);
        world.queue(0, 77);
        world.fill([0, 1], 0, UNIT, HUNDRED, 10);
        world.check();
        world
    };
    type Tamper = fn(&mut World);
    let cases: [(Item, Tamper); 11] = [
        (Item::Positive, |w| w.markets[2].deltas.positive += 1),
        (Item::Negative, |w| w.quote.totals.negative -= 1),
        (Item::Live, |w| w.token.live_delta += 1),
        (Item::Claims(1), |w| w.token.claims += 1),
        (Item::Tickets(0), |w| w.quote.tickets -= 1),
        (Item::Residuals(1), |w| w.token.residuals.total = 1),
        (Item::Long(0), |w| w.accounts[0].positions[0].base -= 1),
        (Item::Short(0), |w| w.accounts[1].positions[0].base += 1),
        (Item::OpenInterest(0), |w| w.markets[0].oi_short += 1),
        (Item::QuoteSum(0), |w| w.markets[0].quote_sum += 1),
        (Item::InterestFund, |w| w.quote.totals.interest_pot -= 1),
    ];
    for (item, tamper) in cases {
        let mut world = world();
        tamper(&mut world);
        let found = world.mismatches();
        assert!(
            found.iter().any(|mismatch| mismatch.item == item),
            "{item:?}: {found:?}"
        );
    }
    let mut robbed = world();
    robbed.vault -= 5;
    assert_eq!(
        (robbed.balance().missing(), robbed.balance().surplus()),
        (5, 0)
    );
    let mut given = world();
    given.vault += 5;
    assert_eq!(
        (given.balance().missing(), given.balance().surplus()),
        (0, 5)
    );
    let mut short = world();
    short.markets[0].pot = -1;
    assert!(
        short
            .mismatches()
            .iter()
            .any(|mismatch| mismatch.item == Item::Fund(0))
    );
}
