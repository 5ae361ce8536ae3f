//! Deposits, withdrawals, tickets, residuals and new money (D1, D3, D6): attacks and bounds in
//! numbers.

mod teller;

use bulwark_core::Error;
use bulwark_core::outflow;
use bulwark_core::permits::Action;
use bulwark_core::withdrawal::{self, ALL, can_close, deposit_action, largest_withdrawal};
use bulwark_state::{Collateral, MarginAccount, OrderSlot, Position};
use bytemuck::Zeroable;
use teller::{DAY, Teller};

const M: u64 = 1_000_000;

/// a01: a unit given to a vault changes nothing but the surplus.
#[test]
fn a01_a_donated_unit_breaks_nothing() {
    let mut token = Teller::seasoned(1, &[M, M]);
    token.donate(1);
    assert_eq!(token.check().missing, 0);
    assert!(token.coverage().is_full());
    let (plan, _) = token.withdraw(0, 10).unwrap();
    assert_eq!((plan.paid, plan.residual), (10, 0));
    let money = token.sweep().unwrap();
    assert_eq!((money.amount, money.assigned, money.insurance), (1, 0, 0));
    assert_eq!(token.sweep(), Err(Error::ZeroAmount));
    assert_eq!(token.balance().surplus(), 1);

    let mut quote = Teller::seasoned(0, &[M, M]);
    quote.donate(1);
    assert_eq!(quote.check().missing, 0);
    assert_eq!(quote.sweep().unwrap().insurance, 1);
    assert_eq!(quote.balance().surplus(), 0);
    quote.audit();

    // It doesn't count before it is swept, or its sweep would lower coverage for residual claims.
    for index in [0, 1] {
        let mut short = Teller::seasoned(index, &[M, M]);
        short.steal(M);
        short.withdraw(0, 10_000).unwrap();
        let before = short.coverage();
        short.donate(M / 2);
        assert_eq!(short.coverage(), before, "bank {index}");
        short.sweep().unwrap();
        assert!(short.coverage().at_least(&before), "bank {index}");
        short.audit();
    }
}

/// Everybody leaves, in an order, over as many days as it takes; returns what each got.
fn all_leave(mut teller: Teller, order: &[usize]) -> (Teller, Vec<u64>) {
    for who in order {
        teller.withdraw(*who, ALL).unwrap();
        teller.audit();
    }
    for _ in 0..30 {
        teller.wait(DAY);
        teller.crank().unwrap();
        teller.serve_all();
        teller.audit();
    }
    assert!(teller.tickets.is_empty());
    let coins = (0..order.len())
        .map(|who| teller.books[who].coins as u64)
        .collect();
    (teller, coins)
}

/// a03: value is missing; who leaves first is paid what who leaves last is paid.
#[test]
fn a03_leaving_first_gains_nothing() {
    for bank in [0, 1] {
        for order in [[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1]] {
            let mut teller = Teller::seasoned(bank, &[250_000; 4]);
            teller.steal(400_000);
            teller.check();
            let (mut teller, coins) = all_leave(teller, &order);
            for (who, coins) in coins.iter().enumerate() {
                // Each of a handful of payments is rounded down by less than a unit.
                assert!(
                    (149_970..=150_030).contains(coins),
                    "bank {bank} {who}: {coins}"
                );
            }
            // Late money is shared in proportion to what each was not paid.
            teller.recapitalise(200_000).unwrap();
            for who in order {
                let coins = teller.collect(who).unwrap();
                assert!(
                    (49_990..=50_010).contains(&coins),
                    "bank {bank} {who}: {coins}"
                );
                teller.audit();
            }
            assert_eq!(teller.bank.residuals.assigned, 0);
        }
    }
}

/// a66: late money goes to those who were not paid before it goes to insurance.
#[test]
fn a66_late_money_is_the_residuals_before_insurance() {
    let mut teller = Teller::seasoned(0, &[600_000, 400_000]);
    teller.steal(250_000);
    let checked = teller.check();
    assert_eq!(
        (checked.hole, checked.missing, checked.coverage_e9),
        (250_000, 250_000, 750_000_000)
    );
    let (plan, _) = teller.withdraw(0, 8_000).unwrap();
    assert_eq!((plan.paid, plan.residual), (6_000, 2_000));
    // s = 248,000 and Res = 2,000: one part in 125 is theirs, also of what the thief gives back.
    teller.donate(125_000);
    assert_eq!(teller.check().coverage_e9, 750_000_000, "not swept yet");
    let money = teller.sweep().unwrap();
    assert_eq!((money.assigned, money.insurance), (1_000, 0));
    assert_eq!(
        teller.check().coverage_e9,
        1_000_000_000 * 868_000 / 992_000
    );
    let money = teller.recapitalise(62_500).unwrap();
    // s = 124,000: ⌊62,500 · 1,000/125,000⌋.
    assert_eq!((money.assigned, money.insurance), (500, 0));
    assert_eq!(teller.collect(0), Ok(1_500));
    let money = teller.recapitalise(62_600).unwrap();
    assert_eq!(
        (money.assigned, money.insurance),
        (500, 100),
        "then insurance"
    );
    assert_eq!(teller.check().hole, 0);
    assert_eq!(teller.insurance, 100);
    teller.audit();
}

#[test]
fn a_claim_not_covered_refuses_deposits_but_not_repayment() {
    let mut teller = Teller::seasoned(0, &[500_000, 500_000, 0]);
    teller.steal(100_000);
    assert_eq!(teller.deposit(1, 5), Err(Error::NotCovered));
    // Insurance stands before claims: with enough of it they are covered again once checked.
    teller.insurance = 100_000;
    assert_eq!(
        teller.check().coverage_e9,
        900_000_000,
        "money of insurance was not in the vault"
    );
    teller.vault += 100_000;
    teller.donated += 100_000;
    withdrawal::expect_in(&mut teller.bank, 100_000).unwrap();
    let checked = teller.check();
    assert_eq!(
        (checked.missing, checked.coverage_e9),
        (100_000, 1_000_000_000)
    );
    assert_eq!(teller.deposit(1, 5), Ok(()));
    // A debtor may repay at any coverage, and not more than that.
    teller.accounts[2].quote = -700;
    teller.bank.totals.negative += 700;
    teller.steal(200_000);
    teller.accounts[2].live = 1;
    teller.bank.live_delta += 1;
    assert_eq!(deposit_action(&teller.accounts[2], 0), Action::Repay);
    assert_eq!(teller.deposit(2, 701), Err(Error::NotCovered));
    assert_eq!(teller.deposit(2, 700), Ok(()));
    assert_eq!(teller.accounts[2].quote, 0);

    let mut token = Teller::seasoned(1, &[M]);
    token.steal(1);
    assert_eq!(token.deposit(0, 1), Err(Error::NotCovered));
    token.recapitalise(1).unwrap();
    assert_eq!(token.deposit(0, 1), Ok(()));
}

/// With no claims coverage is one by definition; a depositor must not fill the hole in money that
/// was assigned to residuals and stolen.
#[test]
fn a_deposit_never_pays_for_stolen_assigned_money() {
    let mut teller = Teller::new(1, 2);
    teller.deposit(0, M).unwrap();
    teller.steal(M / 2);
    teller.withdraw(0, ALL).unwrap();
    assert_eq!(outflow::claims(&teller.bank), Ok(0));
    teller.recapitalise(M / 2).unwrap();
    teller.steal(1_000);
    assert!(teller.coverage().is_full());
    assert_eq!(teller.deposit(1, 5_000), Err(Error::NotCovered));
    teller.collect(0).unwrap();
    assert_eq!(
        teller.deposit(1, 5_000),
        Ok(()),
        "the loss is a residual again"
    );
    assert_eq!(teller.residual(0), (1_000, 0));
    assert_eq!(teller.withdraw(1, ALL).unwrap().1.coins, 5_000);
    teller.audit();
}

/// A donation is nobody's until it is swept, and never makes an exit fail.
#[test]
fn unswept_money_is_not_paid_out() {
    let mut teller = Teller::seasoned(0, &[M, M]);
    teller.accounts[0].quote += 2_000_000;
    teller.accounts[1].quote -= 2_000_000;
    teller.bank.totals.positive = 3_000_000;
    teller.bank.totals.negative = 1_000_000;
    teller.check();
    teller.withdraw(0, ALL).unwrap();
    for _ in 0..80 {
        teller.wait(DAY);
        teller.serve_all();
    }
    assert_eq!(teller.vault, 0);
    teller.donate(500);
    teller.wait(DAY);
    assert_eq!(teller.serve(0).unwrap().nominal, 0);
    assert_eq!(teller.sweep().unwrap().insurance, 500);
    teller.wait(DAY);
    assert_eq!(teller.serve(0).unwrap().nominal, 500);
    teller.audit();
}

#[test]
fn caps_and_minima_bind_new_money_and_never_a_quote_top_up() {
    let mut teller = Teller::new(1, 3);
    (teller.bank.deposit_cap, teller.bank.account_cap) = (1_000, 600);
    teller.bank.deposit_min = 10;
    assert_eq!(teller.deposit(0, 0), Err(Error::ZeroAmount));
    assert_eq!(teller.deposit(0, 9), Err(Error::BelowMinimumDeposit));
    assert_eq!(teller.deposit(0, 600), Ok(()));
    assert_eq!(teller.deposit(0, 1), Err(Error::AccountCap));
    assert_eq!(teller.deposit(1, 401), Err(Error::DepositCap));
    assert_eq!(teller.deposit(1, 400), Ok(()));
    teller.bank.deposit_cap = 0;
    assert_eq!(
        teller.deposit(2, 10),
        Err(Error::DepositCap),
        "zero is closed"
    );
    let mut quote = Teller::seasoned(0, &[M, M]);
    quote.accounts[0].positions[0] = Position {
        active: 1,
        base: 5,
        ..Position::default()
    };
    (quote.bank.deposit_cap, quote.bank.account_cap) = (0, 0);
    assert_eq!(quote.deposit(1, 10), Err(Error::DepositCap));
    assert_eq!(quote.deposit(0, 10), Ok(()), "closing a bank traps nobody");
    assert_eq!(deposit_action(&quote.accounts[0], 0), Action::TopUpQuote);
    assert_eq!(deposit_action(&quote.accounts[0], 1), Action::TopUp);
    assert_eq!(deposit_action(&quote.accounts[1], 1), Action::NewDeposit);
}

/// Restricted: new deposits at most 1 % of the 24-hour mean per day.
#[test]
fn restricted_takes_one_per_cent_a_day() {
    let mut teller = Teller::seasoned(1, &[M, 0]);
    assert_eq!(
        teller.deposit_limited(1, 10_001, true),
        Err(Error::ModeForbids)
    );
    assert_eq!(teller.deposit_limited(1, 9_000, true), Ok(()));
    assert_eq!(
        teller.deposit_limited(1, 1_001, true),
        Err(Error::ModeForbids)
    );
    assert_eq!(teller.deposit_limited(1, 1_000, true), Ok(()));
    teller.wait(DAY / 2);
    assert_eq!(
        teller.deposit_limited(1, 5_026, true),
        Err(Error::ModeForbids)
    );
    assert_eq!(
        teller.deposit_limited(1, 5_025, true),
        Ok(()),
        "half a day of 1,005,000"
    );
    teller.audit();
}

/// a63: an account with anything in it, or owed to it, can't be closed.
#[test]
fn a63_close_is_refused_while_anything_is_left() {
    let empty = MarginAccount::zeroed;
    assert_eq!(can_close(&empty()), Ok(()));
    let spoil: &[fn(&mut MarginAccount)] = &[
        |a| a.quote = 1,
        |a| a.quote = -1,
        |a| a.quote_claims.pending = 1,
        |a| a.quote_claims.residual = 1,
        |a| a.ticket_count = 1,
        |a| a.live = 1,
        |a| a.flagged_open = 1,
        |a| a.unflag_open = 1,
        |a| {
            a.collaterals[7] = Collateral {
                active: 1,
                ..Collateral::default()
            }
        },
        |a| a.collaterals[3].residual = 1,
        |a| a.collaterals[3].pending = 1,
        |a| a.collaterals[3].amount = 1,
        |a| a.positions[7].active = 1,
        |a| a.positions[0].base = -1,
        |a| a.positions[0].quote = 1,
        |a| {
            a.orders[31] = OrderSlot {
                size: 1,
                ..OrderSlot::default()
            }
        },
        |a| (a.shadow.epoch, a.shadow.senior, a.shadow.paid) = (1, 5, 4),
        |a| (a.shadow.epoch, a.shadow.junior) = (1, 1),
        |a| (a.shadow.epoch, a.shadow.kept[2], a.shadow.kept_paid[2]) = (1, 9, 8),
    ];
    for (n, spoil) in spoil.iter().enumerate() {
        let mut account = empty();
        spoil(&mut account);
        assert_eq!(can_close(&account), Err(Error::AccountNotEmpty), "case {n}");
    }
    // Shadows of an audit epoch, and a Recovery paid in full, don't matter.
    let mut account = empty();
    (account.shadow.audit_epoch, account.shadow.senior) = (4, 9);
    assert_eq!(can_close(&account), Ok(()));
    (account.shadow.epoch, account.shadow.paid) = (1, 9);
    assert_eq!(can_close(&account), Ok(()));
}

#[test]
fn withdrawals_take_what_is_held_and_no_more() {
    let mut teller = Teller::seasoned(1, &[M]);
    assert_eq!(teller.withdraw(0, 0).err(), Some(Error::ZeroAmount));
    assert_eq!(
        teller.withdraw(0, M + 1).err(),
        Some(Error::InsufficientBalance)
    );
    let mut quote = Teller::seasoned(0, &[M, M]);
    quote.accounts[0].quote = -5;
    assert_eq!(quote.withdraw(0, 1).err(), Some(Error::InsufficientBalance));
    assert_eq!(quote.withdraw(0, ALL).err(), Some(Error::ZeroAmount));
}

#[test]
fn the_largest_withdrawal_is_found_exactly() {
    for limit in [0u64, 1, 2, 999, 1_000, 1_001, u64::MAX - 1, u64::MAX] {
        for held in [0u64, 1, 1_000, u64::MAX] {
            let found = largest_withdrawal(held, |w| Ok(w <= limit));
            assert_eq!(found, Ok(held.min(limit)));
        }
    }
    assert_eq!(largest_withdrawal(10, |_| Ok(false)), Ok(0));
    assert_eq!(
        largest_withdrawal(10, |_| Err(Error::Overflow)),
        Err(Error::Overflow)
    );
}
