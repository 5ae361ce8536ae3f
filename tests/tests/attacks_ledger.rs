//! Attacks on the ledger: donations, late money, losers who can't pay in quote.

use bulwark::error::BulwarkError;
use bulwark_core::health::Level;
use bulwark_core::ledger;
use bulwark_svm::world::{BTC_PERP, SOL, SOL_PERP, USDC, World, ask, bid, expect_error, usdc};

const HOUR: i64 = 3_600;

#[test]
fn a01_donation_changes_nothing_but_surplus() {
    let mut world = World::new();
    world.fund("maker", 100_000.0);
    world.fund("alice", 10_000.0);
    world.deposit("alice", SOL, 3_000_000_000);
    world.fund_insurance(1_000.0);
    world.trade("alice", "maker", SOL_PERP, 10.0, 100.0);
    world.accrue().unwrap();
    for bank in [USDC, SOL] {
        let before = (*world.bank(bank), world.health("alice", Level::Initial));
        world.donate(bank, 1);
        let mut surplus = vec![0; 3];
        surplus[bank] = 1;
        assert_eq!(world.stock.surplus, surplus);
        assert_eq!(world.stock.missing, vec![0; 3]);
        // Taking stock finds no hole and no loss, and health is what it was.
        world.accrue().unwrap();
        let after = world.bank(bank);
        assert_eq!((after.totals.check_loss, after.totals.deficit), (0, 0));
        assert_eq!(after.expected, before.0.expected);
        assert_eq!(after.claims, before.0.claims);
        assert!(world.coverage(bank).is_full());
        assert_eq!(world.health("alice", Level::Initial), before.1);
        assert_eq!(world.compartment().mode.restricted.at, 0);
        // Swept, a unit of quote is insurance's; a unit of a token stays where it is.
        let insurance = world.insurance().balance;
        world.sweep(bank).unwrap();
        assert_eq!(world.bank(bank).expected, before.0.expected + 1);
        let gift = u64::from(bank == USDC);
        assert_eq!(world.insurance().balance, insurance + gift);
        assert_eq!(world.stock.surplus[bank], u128::from(1 - gift));
        expect_error(world.sweep(bank), BulwarkError::ZeroAmount);
        assert_eq!(world.insurance().balance, insurance + gift);
        if bank == SOL {
            assert_eq!(world.withdraw("alice", SOL, u64::MAX), (3_000_000_000, 0));
        }
    }
}

/// Alice leaves at half, bob stays; D = 5,000 and I = 100 stand behind a hole of 5,100.
fn robbed_quote() -> World {
    let mut world = World::new();
    world.fund("alice", 6_000.0);
    world.fund("bob", 4_000.0);
    world.fund_insurance(100.0);
    world.accrue().unwrap();
    world.steal(USDC, usdc(5_100.0));
    world.accrue().unwrap();
    let left = world.withdraw_short("alice", USDC, u64::MAX);
    assert_eq!(left, (usdc(3_000.0), 0));
    world
}

fn late(world: &mut World, unasked: bool, amount: f64) {
    if unasked {
        world.donate(USDC, usdc(amount));
        // Taking stock before the sweep must not give the residuals' part to those who stayed.
        let before = world.coverage(USDC);
        world.accrue().unwrap();
        assert_eq!(world.coverage(USDC), before, "not swept: doesn't count");
        world.sweep(USDC).unwrap();
    } else {
        world.recapitalise("giver", USDC, usdc(amount)).unwrap();
    }
}

#[test]
fn a66_late_quote_goes_to_residuals_before_insurance() {
    for unasked in [false, true] {
        let mut world = robbed_quote();
        // s = 2,000 of bob's, Res = 3,000 of alice's: 1,000 are split 400 to 600.
        late(&mut world, unasked, 1_000.0);
        let bank = world.bank(USDC);
        assert_eq!(bank.residuals.assigned, usdc(600.0));
        assert_eq!(bank.residuals.total, usdc(2_400.0));
        assert_eq!(bank.totals.check_loss, usdc(1_600.0));
        assert_eq!(world.insurance().balance, usdc(100.0));
        let first = world.collect("alice", USDC);
        assert!(first.abs_diff(usdc(600.0)) <= 1, "{first}");
        // 5,000 more: 2,400 whole to the residual, 1,700 fill the hole of 1,600 + I, 900 are left.
        late(&mut world, unasked, 5_000.0);
        let bank = world.bank(USDC);
        assert_eq!(bank.residuals.total, 0);
        assert_eq!(bank.residuals.assigned, usdc(3_000.0) - first);
        assert_eq!(world.insurance().balance, usdc(1_000.0));
        assert_eq!(world.collect("alice", USDC), usdc(3_000.0) - first);
        assert_eq!(world.withdraw("bob", USDC, u64::MAX), (usdc(4_000.0), 0));
        assert_eq!(
            world.vault(USDC),
            usdc(1_000.0),
            "what is left is insurance's"
        );
        world.close("alice").unwrap();
        world.close("bob").unwrap();
    }
}

#[test]
fn a66_a_returned_token_is_shared_with_those_who_left() {
    let mut world = World::new();
    world.deposit("alice", SOL, 5_000_000_000);
    world.deposit("bob", SOL, 5_000_000_000);
    world.steal(SOL, 4_000_000_000);
    let left = world.withdraw_short("alice", SOL, u64::MAX);
    assert_eq!(left, (3_000_000_000, 0));
    // Half comes back by a plain transfer; it counts for nobody until it is swept.
    world.donate(SOL, 2_000_000_000);
    assert_eq!(world.coverage(SOL).e9().unwrap(), 600_000_000);
    world.sweep(SOL).unwrap();
    assert_eq!(world.bank(SOL).residuals.assigned, 1_000_000_000);
    assert_eq!(world.coverage(SOL).e9().unwrap(), 800_000_000);
    assert_eq!(world.collect("alice", SOL), 1_000_000_000);
    let left = world.withdraw_short("bob", SOL, u64::MAX);
    assert_eq!(left, (4_000_000_000, 0), "both have four of five");
}

/// Loser: $100,000 of SOL, no quote, long 1 BTC from 50,000; winner: 10,000 of quote, short.
fn losing() -> World {
    let mut world = World::new();
    world.deposit("loser", SOL, 1_000_000_000_000);
    world.fund("winner", 10_000.0);
    world.accrue().unwrap();
    world.trade("loser", "winner", BTC_PERP, 1.0, 50_000.0);
    world.advance(60);
    world.crash(2, 46_000.0);
    world
}

#[test]
fn a04_a_realised_loss_pays_interest_until_convert_pays_the_winner() {
    let mut world = losing();
    world.place("loser", BTC_PERP, ask(1.0, 46_000.0).post_only());
    world.place("winner", BTC_PERP, bid(1.0, 46_000.0).ioc());
    // His fees: 25 as taker at opening, 4.6 as maker at closing.
    let debt = usdc(4_000.0 + 25.0 + 4.6);
    let (loser, winner) = (world.account("loser").quote, world.account("winner").quote);
    assert_eq!(loser.unsigned_abs(), debt);
    assert_eq!(winner, 13_972_000_000, "10,000 + 4,000 − 5 − 23");
    // He takes what the vault holds; the rest is lent to the loser and waits.
    let (paid, queued) = world.withdraw("winner", USDC, u64::MAX);
    assert_eq!(i64::try_from(paid + queued).unwrap(), winner);
    // Short of what the buckets let go beyond his own recent deposit in a minute: under $1.
    assert!(
        paid > usdc(9_999.0) && queued > usdc(3_972.0),
        "{paid}, {queued}"
    );
    assert!(world.vault(USDC) < usdc(1.0));
    // All is lent: 200 % a year on the debt, some 22 a day; nobody is paid from nothing.
    world.accrue().unwrap();
    world.advance(25 * HOUR);
    world.refresh_all();
    world.accrue().unwrap();
    let due = ledger::interest_due(&world.board(), &world.account("loser")).unwrap();
    let year = i128::from(loser) * 2 * i128::from(25 * HOUR) / 31_536_000;
    assert!(
        i128::from(due).abs_diff(year) <= 50_000,
        "{due} against {year}"
    );
    world.try_crank("winner", USDC, 0).unwrap();
    assert_eq!(world.tokens_of("winner", USDC), usdc(10_000.0));
    assert_eq!(world.vault(USDC), 0);
    // The debt is a day old: anyone brings quote in and buys the collateral near the oracle price.
    world.fund("carol", 20_000.0);
    let collateral = world.account("loser").collaterals[0].amount;
    world.convert("carol", "loser", SOL, u64::MAX).unwrap();
    let after = world.account("loser");
    assert!(after.quote.unsigned_abs() <= 1, "{}", after.quote);
    let sold = collateral - after.collaterals[0].amount;
    let owed = loser.unsigned_abs() + due.unsigned_abs();
    // At $100 and a discount of at most 0.5 %: owed/100 to owed/99.5 SOL.
    assert!(
        sold >= owed * 10 && sold <= owed * 1_000 / 99,
        "{sold} for {owed}"
    );
    world.advance(12 * HOUR);
    world.try_crank("winner", USDC, 0).unwrap();
    assert_eq!(
        i64::try_from(world.tokens_of("winner", USDC)).unwrap(),
        winner
    );
    world.close("winner").unwrap();
}

#[test]
fn a04_an_unrealised_loss_is_settled_once_the_vault_is_short() {
    let mut world = losing();
    world.deposit("other", SOL, 1_000_000_000_000);
    world.place("other", BTC_PERP, ask(1.0, 46_000.0).post_only());
    world.place("winner", BTC_PERP, bid(1.0, 46_000.0).ioc());
    world.fold().unwrap();
    let small = world.account("loser").quote;
    assert_eq!(small, -25_000_000, "only his fee so far");
    expect_error(world.settle("loser", BTC_PERP), BulwarkError::NotNeeded);
    let (paid, _) = world.withdraw("winner", USDC, usdc(8_000.0));
    assert_eq!(paid, usdc(8_000.0));
    // 4,000 of the 6,000 that the winner still has are lent: above the kink of 50 %.
    let before = [Level::Initial, Level::Maintenance].map(|level| world.health("loser", level));
    world.settle("loser", BTC_PERP).unwrap();
    let after = [Level::Initial, Level::Maintenance].map(|level| world.health("loser", level));
    assert_eq!(world.account("loser").quote, small - 4_000_000_000);
    assert_eq!(before[1], after[1], "no maintenance health changes");
    assert!(after[0].surplus().unwrap() >= before[0].surplus().unwrap());
    expect_error(world.settle("loser", BTC_PERP), BulwarkError::NothingToTake);
    expect_error(world.settle("other", BTC_PERP), BulwarkError::NothingToTake);
    // From now on it costs interest, and the winner earns it.
    world.accrue().unwrap();
    world.advance(24 * HOUR);
    world.refresh_all();
    world.accrue().unwrap();
    let board = world.board();
    let charge = ledger::interest_due(&board, &world.account("loser")).unwrap();
    let credit = ledger::interest_due(&board, &world.account("winner")).unwrap();
    assert!(charge < -1_000_000, "over $1 a day: {charge}");
    assert!(
        credit > 1_000_000 && credit <= -charge + 100_000,
        "{credit} of {charge}"
    );
}
