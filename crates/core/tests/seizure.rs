//! Collateral for debt: seizing (D7), converting and settling (D1).

mod desk;

use bulwark_core::Error;
use bulwark_core::health::Level;
use bulwark_core::liquidation::Seized;
use bulwark_core::settle::{self, Strain};
use bulwark_state::Deltas;
use desk::{Desk, UNIT, USD, usd};
use proptest::prelude::*;

const ALL: u64 = u64::MAX;
const TOKEN: u64 = 1_000_000_000;

/// Account 0 owes `debt` dollars and holds `tokens` of bank 1 at $20; account 1 buys.
fn debtor(debt: i64, tokens: u64) -> Desk {
    let mut desk = Desk::new(&[100], &[20, 20]);
    desk.opens(&[0, 1_000_000]);
    desk.hold(0, 1, tokens * TOKEN);
    desk.deposit(0, -debt * USD);
    desk
}

fn units(desk: &Desk, number: usize, bank: u8) -> u64 {
    let held = &desk.accounts[number].collaterals;
    held.iter()
        .filter(|token| token.active == 1 && token.bank == bank)
        .map(|token| token.amount)
        .sum()
}

fn convert(desk: &mut Desk, bank: u8, largest: u64, utilisation: u32) -> Result<Seized, Error> {
    let around = desk.around;
    let mut deltas = Deltas::default();
    let [debtor, buyer] = desk.accounts.get_disjoint_mut([0, 1]).unwrap();
    let before = (**debtor, **buyer);
    let (board, deltas_mut) = (&desk.board, &mut deltas);
    let done = settle::convert(
        board,
        debtor,
        buyer,
        deltas_mut,
        bank,
        largest,
        Strain {
            totals: &desk.banks[0].totals,
            utilisation_ppm: utilisation,
        },
        &around,
    );
    match &done {
        Ok(sold) => {
            desk.vault += sold.transfer_in;
            desk.fold(deltas);
        }
        Err(_) => (**debtor, **buyer) = before,
    }
    done
}

#[test]
fn seize_to_the_unit() {
    // Worth 25·$20 = $500 at 0.9 = $450 against $440 of debt.
    let mut desk = debtor(440, 25);
    assert_eq!(desk.seize(0, 1, 1, ALL), Err(Error::NotLiquidatable));
    // At $19.50: 487.50·0.9 = 438.75. Raw 47.50 of 487.50: the discount is ½·10 %, the depth whole.
    desk.price(1, usd(19) + 50_000_000);
    let sold = desk.seize(0, 1, 1, ALL).unwrap();
    // w_E = 0.8875 leaves 7.34375 missing; a token brings 18.525 and counts 17.30625: 6.0256….
    let expected = Seized {
        bank: 1,
        units: 6_025_641_026,
        paid: 111_625_001,
        transfer_in: 0,
        discount_e9: 50_000_000,
    };
    assert_eq!(sold, expected);
    assert_eq!(units(&desk, 0, 1), 25 * TOKEN - expected.units);
    assert_eq!(units(&desk, 1, 1), expected.units);
    assert_eq!(desk.accounts[0].quote, -440 * USD + 111_625_001);
    assert_eq!(desk.accounts[1].quote, 1_000_000 * USD - 111_625_001);
    let end = desk.health(0, Level::LiquidationEnd);
    assert!((0..=2).contains(&end), "{end}");
    assert_ne!(desk.accounts[0].flagged_open, 0);
    desk.check();
    assert_eq!(desk.seize(0, 1, 1, ALL), Err(Error::NotLiquidatable));
}

#[test]
fn the_discount_never_makes_an_account_bankrupt() {
    let mut desk = debtor(440, 25);
    // Worth $445: raw $5 of 445.
    desk.price(1, usd(17) + 80_000_000);
    let sold = desk.seize(0, 1, 1, ALL).unwrap();
    assert_eq!(sold.discount_e9, 11_235_955);
    assert!(desk.equity(0) >= 0, "{}", desk.equity(0));
    desk.check();
    // Bankrupt accounts are wound up instead.
    let mut desk = debtor(440, 25);
    desk.price(1, usd(17));
    assert_eq!(desk.seize(0, 1, 1, ALL), Err(Error::Bankrupt));
}

#[test]
fn worst_weight_first() {
    let mut desk = debtor(400, 10);
    desk.hold(0, 2, 12 * TOKEN);
    desk.board.banks[2].haircut.mm = 200_000_000;
    desk.board.banks[2].haircut.m0 = 200_000_000;
    desk.price(1, usd(19));
    desk.price(2, usd(19));
    assert_eq!(desk.seize(0, 1, 1, ALL), Err(Error::BadValue));
    assert_eq!(desk.seize(0, 1, 3, ALL), Err(Error::BadValue));
    // Unless the gate closes it.
    desk.board.feeds[2].last.publish_at -= 100;
    assert!(desk.seize(0, 1, 1, TOKEN).is_ok());
    desk.board.feeds[2].last.publish_at += 100;
    assert_eq!(desk.seize(0, 1, 2, TOKEN).map(|sold| sold.units), Ok(TOKEN));
    desk.check();
}

#[test]
fn who_buys_pays_with_money_he_has() {
    let mut desk = debtor(440, 25);
    desk.price(1, usd(19) + 50_000_000);
    assert_eq!(desk.seize(0, 1, 1, 0), Err(Error::NothingToTake));
    let poor = desk.open(18);
    assert_eq!(
        desk.seize(0, poor, 1, TOKEN),
        Err(Error::InsufficientBalance)
    );
    desk.deposit(poor, USD);
    assert_eq!(
        desk.seize(0, poor, 1, TOKEN).map(|sold| sold.paid),
        Ok(18_525_000)
    );
    assert_eq!(desk.accounts[poor].quote, 475_000);
    desk.check();
    // While the bank is short the money must come with the instruction.
    desk.around.uncovered = true;
    let nobody = desk.open(0);
    let vault = desk.vault;
    let sold = desk.seize(0, nobody, 1, TOKEN).unwrap();
    assert_eq!(
        (sold.transfer_in, desk.vault - vault),
        (18_525_000, 18_525_000)
    );
    assert_eq!(desk.accounts[nobody].quote, 0);
    desk.check();
}

#[test]
fn without_debt_nothing_is_seized() {
    let mut desk = Desk::new(&[100], &[20]);
    desk.opens(&[200, 1_000_000]);
    desk.hold(0, 1, 25 * TOKEN);
    desk.trade(0, 1, 0, 100 * UNIT, usd(100));
    desk.price(0, usd(98));
    assert_eq!(desk.seize(0, 1, 1, ALL), Err(Error::NotLiquidatable));
    desk.price(0, usd(97));
    assert_eq!(desk.seize(0, 1, 1, ALL), Err(Error::NothingToTake));
}

#[test]
fn convert_needs_a_reason() {
    let mut desk = debtor(200, 25);
    desk.accounts[0].debt_at = desk.around.now.unix;
    assert_eq!(convert(&mut desk, 1, ALL, 800_000), Err(Error::NotNeeded));
    // A short vault: half of the way from 80 to 100 % is half of the discount.
    let sold = convert(&mut desk, 1, TOKEN, 900_000).unwrap();
    assert_eq!((sold.discount_e9, sold.paid), (2_500_000, 19_950_000));
    // An old debt.
    desk.wait(86_400);
    assert_eq!(convert(&mut desk, 1, ALL, 0), Err(Error::NotNeeded));
    desk.wait(21_600);
    let sold = convert(&mut desk, 1, TOKEN, 0).unwrap();
    assert_eq!((sold.discount_e9, sold.paid), (1_250_000, 19_975_000));
    // A large one: $160.075 of 300.
    desk.price(1, usd(13));
    let debt = 160_075_000u64;
    let share = debt * 1_000_000 / (23 * 13 * USD as u64);
    desk.accounts[0].debt_at = desk.around.now.unix;
    let sold = convert(&mut desk, 1, TOKEN, 0).unwrap();
    let pressing = (share - 500_000) * 1_000_000_000 / 500_000;
    assert_eq!(sold.discount_e9, 5_000_000 * pressing / 1_000_000_000);
    desk.check();
    // Never more than the debt.
    let sold = convert(&mut desk, 1, ALL, 1_000_000).unwrap();
    assert!((0..=1).contains(&desk.accounts[0].quote), "{sold:?}");
    assert_eq!(desk.accounts[0].debt_at, 0);
    assert_eq!(
        convert(&mut desk, 1, ALL, 1_000_000),
        Err(Error::NothingToTake)
    );
    desk.check();
}

#[test]
fn convert_refuses_the_liquidatable_and_the_gate() {
    let mut desk = debtor(440, 25);
    assert_eq!(
        convert(&mut desk, 2, ALL, 1_000_000),
        Err(Error::InsufficientBalance)
    );
    desk.board.feeds[1].last.publish_at -= 100;
    assert_eq!(
        convert(&mut desk, 1, ALL, 1_000_000),
        Err(Error::OracleGate)
    );
    desk.board.feeds[1].last.publish_at += 100;
    desk.price(1, usd(19));
    assert_eq!(
        convert(&mut desk, 1, ALL, 1_000_000),
        Err(Error::StageForbids)
    );
    desk.check();
}

#[test]
fn settle_realises_a_loss_and_changes_no_health() {
    let mut desk = Desk::new(&[100], &[]);
    desk.opens(&[100, 1_000_000]);
    desk.trade(0, 1, 0, 3 * UNIT / 2, usd(100));
    desk.print(0, usd(93) + 33_333_333);
    let settle = |desk: &mut Desk, number: usize, utilisation: u32| {
        let (account, market) = (&mut desk.accounts[number], &mut desk.markets[0]);
        let totals = &desk.banks[0].totals;
        settle::settle(
            &desk.board,
            account,
            market,
            Strain {
                totals,
                utilisation_ppm: utilisation,
            },
            desk.around.now,
        )
    };
    assert_eq!(settle(&mut desk, 0, 500_000), Err(Error::NotNeeded));
    assert_eq!(settle(&mut desk, 1, 500_001), Err(Error::NothingToTake));
    let levels = [Level::Initial, Level::LiquidationEnd, Level::Maintenance];
    let before = levels.map(|level| desk.health(0, level));
    // ⌊1.5 · 93.33333333⌋ = 139.999999 against 150.
    assert_eq!(settle(&mut desk, 0, 500_001), Ok(10_000_001));
    assert_eq!(desk.accounts[0].quote, 100 * USD - 10_000_001);
    assert_eq!(desk.accounts[0].positions[0].quote, -139_999_999);
    assert_eq!(levels.map(|level| desk.health(0, level)), before);
    desk.check();
    assert_eq!(settle(&mut desk, 0, 500_001), Err(Error::NothingToTake));
    desk.print(0, usd(90));
    desk.board.feeds[0].last.publish_at -= 61;
    assert_eq!(settle(&mut desk, 0, 500_001), Err(Error::OracleGate));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// INV-LIQ and INV-LEDGER for seizures beside a position; nobody gains by seizing from himself.
    #[test]
    fn inv_liq_of_seizures(
        standing in -10i64..100,
        size in -100i64..100,
        tokens in (1u64..200, 0u64..200),
        haircut in 20u64..400,
        waited in 0i64..70,
        bites in prop::collection::vec(1u64..80_000_000_000, 1..4),
    ) {
        let mut desk = Desk::new(&[100], &[20, 31]);
        desk.opens(&[0, 100_000_000]);
        desk.hold(0, 1, tokens.0 * TOKEN);
        if tokens.1 > 0 {
            desk.hold(0, 2, tokens.1 * TOKEN);
        }
        let haircut = haircut * 1_000_000;
        let bank = &mut desk.board.banks[2].haircut;
        (bank.mm, bank.m0, bank.im) = (haircut, haircut, haircut);
        if size > 0 {
            desk.trade(0, 1, 0, size as u64 * UNIT, usd(100));
        } else if size < 0 {
            desk.trade(1, 0, 0, size.unsigned_abs() * UNIT, usd(100));
        }
        let health = desk.spot(0);
        desk.deposit(0, health.requirement as i64 / 100 * standing - health.value - 100 * USD);
        if desk.flag(0).is_ok() {
            desk.wait(waited);
        }
        desk.check();
        for bite in bites {
            let before = desk.spot(0);
            let worth = desk.equity(0) + desk.equity(1);
            for bank in [1, 2] {
                let before = desk.spot(0);
                let raw = desk.equity(0);
                let Ok(sold) = desk.seize(0, 1, bank, bite) else { continue };
                let after = desk.spot(0);
                prop_assert!(after.surplus().unwrap() >= before.surplus().unwrap());
                prop_assert_eq!(after.requirement, before.requirement);
                prop_assert!(after.value >= before.value);
                prop_assert!(raw < 0 || desk.equity(0) >= 0, "{raw} {} {sold:?}", desk.equity(0));
                prop_assert!(desk.accounts[0].quote <= 1 + 31 * USD / TOKEN as i64);
            }
            prop_assert!(desk.spot(0).surplus().unwrap() >= before.surplus().unwrap());
            // Rounding of the two values of a token, one each.
            prop_assert!(desk.equity(0) + desk.equity(1) <= worth + 2);
            desk.check();
        }
    }
}
