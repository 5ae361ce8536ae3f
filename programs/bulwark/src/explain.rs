//! The two numbers behind a refusal. Where two clash, an instruction that refuses logs one line
//! before Anchor's own: `Program log: 0x<code>, 0x<have>, 0x<need>, 0x0, 0x0`, `have` as a signed
//! 64-bit number. It costs nothing on the way of an instruction that succeeds, formats nothing, and
//! is there in a simulation as well.
//!
//! | code | have | need |
//! |---|---|---|
//! | `BelowInitialMargin`, `ReceiverUnhealthy` | value at Initial after it | requirement |
//! | `NotLiquidatable` | value at Maintenance that decides | requirement |
//! | `NotBankrupt` | raw value | 0 |
//! | `InsufficientBalance` | what the account holds | what was asked for |
//! | `DepositCap`, `AccountCap` | what would be there after | the cap |
//! | `BelowMinimumDeposit` | the deposit | the smallest |
//!
//! Money is UsdE6, tokens are in their smallest unit.

use anchor_lang::prelude::Error;
use bulwark_core::error::Error as Rule;
use bulwark_core::health::{self, Level};
use bulwark_core::liquidation::Circumstances;
use bulwark_core::math::ppm_mul_ceil;
use bulwark_core::{Now, withdrawal};
use bulwark_state::{Bank, Board, MarginAccount};
use solana_program::log::sol_log_64;

use crate::error::{BulwarkError, refusal};

/// All of a requirement.
pub const WHOLE_PPM: u32 = 1_000_000;

/// Two numbers that clashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clash {
    /// What there is.
    pub have: i64,
    /// What is asked for.
    pub need: u64,
}

/// The refusal of a rule, after its numbers are logged, if there are any.
#[cold]
#[inline(never)]
pub fn explained(rule: Rule, clash: Option<Clash>) -> Error {
    let error = BulwarkError::from(rule);
    if let Some(Clash { have, need }) = clash {
        sol_log_64(u32::from(error).into(), have.cast_unsigned(), need, 0, 0);
    }
    refusal(error)
}

/// What an account has and needs, where the rule is about its health. `scale_ppm`: what a receiver
/// needs of his initial requirement.
#[cold]
#[inline(never)]
pub fn health(
    rule: Rule,
    board: &Board,
    account: &MarginAccount,
    (now, paused): (Now, bool),
    scale_ppm: u32,
) -> Option<Clash> {
    let found = match rule {
        Rule::BelowInitialMargin | Rule::ReceiverUnhealthy => {
            health::health(board, account, Level::Initial, now, false)
        }
        Rule::NotLiquidatable => health::eligibility(board, account, now, paused),
        Rule::NotBankrupt => {
            let have = health::raw_value(board, account, now).ok()?;
            return Some(Clash { have, need: 0 });
        }
        _ => return None,
    };
    let found = found.ok()?;
    let scale = if rule == Rule::NotLiquidatable {
        WHOLE_PPM
    } else {
        scale_ppm
    };
    Some(Clash {
        have: found.value,
        need: ppm_mul_ceil(found.requirement, scale)?,
    })
}

/// The refusal of a liquidation: it is about the account that gives or about the one that receives.
#[cold]
#[inline(never)]
pub fn parties(
    rule: Rule,
    board: &Board,
    (gives, receives): (&MarginAccount, &MarginAccount),
    around: &Circumstances,
) -> Error {
    let account = if rule == Rule::ReceiverUnhealthy {
        receives
    } else {
        gives
    };
    let when = (around.now, around.paused);
    explained(
        rule,
        health(rule, board, account, when, around.receiver_scale_ppm),
    )
}

/// What an account or bank would hold after a deposit, and may.
#[cold]
#[inline(never)]
pub fn deposit(rule: Rule, account: &MarginAccount, bank: &Bank, amount: u64) -> Option<Clash> {
    let (have, need) = match rule {
        Rule::DepositCap if bank.index != 0 => (bank.claims.checked_add(amount)?, bank.deposit_cap),
        Rule::DepositCap => {
            let owed = bank.totals.positive.max(0).unsigned_abs();
            let owed = owed.checked_add(bank.tickets)?;
            (owed.checked_add(amount)?, bank.deposit_cap)
        }
        Rule::AccountCap => {
            let held = withdrawal::held(account, bank.index);
            (held.checked_add(amount)?, bank.account_cap)
        }
        Rule::BelowMinimumDeposit => (amount, bank.deposit_min),
        _ => return None,
    };
    let have = i64::try_from(have).ok()?;
    Some(Clash { have, need })
}

/// What an account holds of a bank against what is asked for.
#[cold]
#[inline(never)]
pub fn balance(rule: Rule, account: &MarginAccount, bank: u8, asked: u64) -> Option<Clash> {
    if rule != Rule::InsufficientBalance {
        return None;
    }
    let have = i64::try_from(withdrawal::held(account, bank)).ok()?;
    Some(Clash { have, need: asked })
}
