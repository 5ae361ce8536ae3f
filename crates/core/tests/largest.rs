//! The largest withdrawal (D3): what a search would find, without one.

mod fixture;

use bulwark_core::health::{self, Level, is_plain};
use bulwark_core::withdrawal::{held, largest, largest_withdrawal};
use bulwark_state::*;
use fixture::*;
use proptest::prelude::*;

/// Whether `amount` of a bank may leave.
fn leaves(board: &Board, account: &MarginAccount, bank: u8, amount: u64, adverse: bool) -> bool {
    let mut after = Box::new(*account);
    if bank == 0 {
        after.quote -= amount.cast_signed();
    } else {
        let slot = after.collaterals.iter_mut();
        let mut slot = slot.filter(|held| held.active != 0 && held.bank == bank);
        slot.next().unwrap().amount -= amount;
    }
    let health = health::health(board, &after, Level::Initial, NOW, adverse).unwrap();
    health.surplus().unwrap() >= 0
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn it_is_what_a_search_finds(seed: u64, push in 0_i64..2_000_000, adverse: bool) {
        let (mut board, mut account) = any_world(seed);
        (board.debt_index, board.lend_index) = (Wide::default(), Wide::default());
        let health = health::health(&board, &account, Level::Initial, NOW, adverse).unwrap();
        account.quote += push * USD - health.surplus().unwrap();
        // One slot a bank, as the ledger keeps it.
        for at in 1..MAX_COLLATERALS {
            let bank = account.collaterals[at].bank;
            if account.collaterals[..at].iter().any(|c| c.active != 0 && c.bank == bank) {
                account.collaterals[at] = Collateral::default();
            }
        }
        for bank in 0..=3_u8 {
            let whole = held(&account, bank);
            let told = largest(&board, &account, bank, NOW, adverse).unwrap();
            prop_assert!(told <= whole);
            if is_plain(&account) || whole == 0 {
                prop_assert_eq!(told, whole);
                continue;
            }
            let may = |amount| Ok(leaves(&board, &account, bank, amount, adverse));
            let found = largest_withdrawal(whole, may).unwrap();
            prop_assert!(told <= found, "bank {}: {} of {}", bank, told, found);
            prop_assert!(told == 0 || leaves(&board, &account, bank, told, adverse));
            // What $0.000001 buys, and a unit.
            let value = health::initial_value(&board, bank.max(1), whole, NOW, adverse).unwrap();
            let least = if bank == 0 { 0 } else { whole / value.max(1) + 2 };
            prop_assert!(found - told <= least, "bank {}: {} of {}", bank, told, found);
        }
    }
}
