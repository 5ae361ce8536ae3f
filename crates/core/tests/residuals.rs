//! Residual claims (D3) against exact fractions of 512 bits.

mod fixture;

use bulwark_core::Error;
use bulwark_core::residual::{add, assign, collect, due, left};
use bulwark_state::{Bank, Collateral};
use bytemuck::Zeroable;
use fixture::Dice;
use num_bigint::BigUint;

const BITS: usize = 512;

/// A claim as exact shares: every assignment of d takes d/Res of each.
struct Exact {
    claims: Vec<BigUint>,
    total: u64,
    /// Times that a claim was rounded when something was added to it.
    rounded: Vec<u64>,
}

impl Exact {
    fn add(&mut self, who: usize, amount: u64) {
        self.claims[who] += BigUint::from(amount) << BITS;
        self.total += amount;
        self.rounded[who] += 1;
    }

    fn assign(&mut self, amount: u64) {
        for claim in &mut self.claims {
            *claim = claim.clone() * (self.total - amount) / self.total;
        }
        self.total -= amount;
    }

    /// ⌈what is left⌉.
    fn left(&self, who: usize) -> BigUint {
        let one = (BigUint::from(1u8) << BITS) - 1u8;
        (self.claims[who].clone() + one) >> BITS
    }
}

fn bank() -> Box<Bank> {
    let mut bank: Box<Bank> = Box::new(Bank::zeroed());
    bank.index = 1;
    bank.expected = u64::MAX;
    bank
}

/// Σ (residual − paid) = Res + A and Σ due ≤ A at every step; what is left is the exact share, a
/// unit more for each time that the claim was added to, and the grain of σ.
#[test]
fn shares_are_exact_through_generations() {
    for seed in 0..200u64 {
        let mut dice = Dice(seed);
        let mut bank = bank();
        let mut claims = [Collateral::default(); 5];
        let mut exact = Exact {
            claims: vec![BigUint::ZERO; 5],
            total: 0,
            rounded: vec![0; 5],
        };
        let mut generations = 0;
        for step in 0..400 {
            let who = dice.below(5) as usize;
            match dice.below(6) {
                0 | 1 => {
                    let bits = dice.below(40);
                    let amount = dice.below(1 << bits) + 1;
                    collect(&mut claims[who], &mut bank, u64::MAX).unwrap();
                    add(&mut claims[who], &mut bank.residuals, amount).unwrap();
                    exact.add(who, amount);
                }
                2 | 3 if exact.total > 0 => {
                    // Often nearly all, so that σ runs through its range again and again.
                    let amount = match dice.below(4) {
                        0 => exact.total,
                        1 => exact.total - exact.total.min(dice.below(3)),
                        _ => dice.below(exact.total) + 1,
                    };
                    let before = bank.residuals.generation;
                    assign(&mut bank.residuals, amount).unwrap();
                    exact.assign(amount);
                    generations += u64::from(bank.residuals.generation != before);
                }
                _ => {
                    collect(&mut claims[who], &mut bank, u64::MAX).unwrap();
                }
            }
            assert_eq!(bank.residuals.total, exact.total);
            let open: u64 = claims.iter().map(|c| c.residual - c.residual_paid).sum();
            let residuals = &bank.residuals;
            assert_eq!(
                open,
                residuals.total + residuals.assigned,
                "seed {seed} step {step}"
            );
            let owed: u64 = claims.iter().map(|c| due(c, residuals).unwrap()).sum();
            assert!(owed <= residuals.assigned, "seed {seed} step {step}");
            for (who, claim) in claims.iter().enumerate() {
                let left = BigUint::from(left(claim, residuals).unwrap());
                let (low, grain) = (exact.left(who), claim.residual >> 20);
                let high = &low + exact.rounded[who] + grain;
                assert!(
                    low <= left && left <= high,
                    "seed {seed} step {step}: {low} {left} {high}"
                );
            }
        }
        assert!(generations > 20, "seed {seed}: {generations}");
        assign(&mut bank.residuals, exact.total).unwrap();
        for claim in &mut claims {
            collect(claim, &mut bank, u64::MAX).unwrap();
            assert_eq!(
                *claim,
                Collateral::default(),
                "nothing is left of a claim paid in full"
            );
        }
        assert_eq!(bank.residuals.assigned, 0, "and nothing of the money");
    }
}

/// Equal claims are paid equally, however often each is touched.
#[test]
fn equal_claims_are_paid_equally() {
    for seed in 0..500u64 {
        let mut dice = Dice(seed);
        let mut bank = bank();
        let mut claims = [Collateral::default(); 3];
        let amount = dice.below(1 << 40) + 1;
        for claim in &mut claims {
            add(claim, &mut bank.residuals, amount).unwrap();
        }
        let mut paid = [0u64; 3];
        for step in 0..60u64 {
            let total = bank.residuals.total;
            if total == 0 {
                break;
            }
            let part = (total >> dice.below(12)).max(1);
            assign(&mut bank.residuals, part).unwrap();
            // The first is touched always, the second at times, the third at the end.
            paid[0] += collect(&mut claims[0], &mut bank, u64::MAX).unwrap().coins;
            if dice.one_in(5) {
                paid[1] += collect(&mut claims[1], &mut bank, u64::MAX).unwrap().coins;
                assert_eq!(paid[0], paid[1], "seed {seed} step {step}");
            }
        }
        for who in [1, 2] {
            paid[who] += collect(&mut claims[who], &mut bank, u64::MAX)
                .unwrap()
                .coins;
        }
        assert_eq!(paid, [paid[0]; 3], "seed {seed}");
    }
}

/// V_j < A_j: the money assigned is itself short; each is paid the same share of it, and the rest
/// is a residual again.
#[test]
fn assigned_money_that_was_stolen_is_shared() {
    for order in [[0usize, 1, 2], [2, 1, 0]] {
        let mut bank = bank();
        let mut claims = [Collateral::default(); 3];
        for claim in &mut claims {
            add(claim, &mut bank.residuals, 1_000).unwrap();
        }
        assign(&mut bank.residuals, 1_500).unwrap();
        let mut vault = 900;
        for who in order {
            let collected = collect(&mut claims[who], &mut bank, vault).unwrap();
            assert_eq!(collected.due, 500);
            assert!(
                (299..=301).contains(&collected.coins),
                "{}",
                collected.coins
            );
            vault -= collected.coins;
            assert_eq!(
                left(&claims[who], &bank.residuals),
                Ok(1_000 - collected.coins)
            );
        }
        assert!(vault <= 2);
        assert_eq!(bank.residuals.assigned, 0);
        assert_eq!(bank.residuals.total, 2_100 + vault);
    }
}

/// The largest claims there can be keep their precision when next to nothing is left of them.
#[test]
fn extremes() {
    let mut bank = bank();
    let mut whale = Collateral::default();
    add(&mut whale, &mut bank.residuals, u64::MAX).unwrap();
    assign(&mut bank.residuals, u64::MAX - 1).unwrap();
    // σ is rounded up, too: never a unit too little is left.
    assert_eq!(left(&whale, &bank.residuals), Ok(2));
    let paid = collect(&mut whale, &mut bank, u64::MAX).unwrap();
    assert_eq!(paid.coins, u64::MAX - 2);
    let mut other = Collateral::default();
    add(&mut other, &mut bank.residuals, 1 << 62).unwrap();
    assert_eq!(
        assign(&mut bank.residuals, (1 << 62) + 2),
        Err(Error::InvariantBroken)
    );
    assign(&mut bank.residuals, 1 << 62).unwrap();
    assert_eq!(left(&other, &bank.residuals), Ok(1));
    assert!(left(&whale, &bank.residuals).unwrap() <= 2);
    assign(&mut bank.residuals, 1).unwrap();
    assert_eq!(due(&whale, &bank.residuals), Ok(2));
    assert_eq!(due(&other, &bank.residuals), Ok(1 << 62));
    assert_eq!(bank.residuals.assigned, (1 << 62) + 2);
}
