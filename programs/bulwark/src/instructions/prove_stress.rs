//! Proves what a margin account would lack under stress, and moves the coverage breaker (D10).
//!
//! Anybody CAN, always, for any account. Nobody CAN lower the stressed shortfall by what he proves,
//! nor touch a requirement: only leverage caps shrink, for an hour after the latest proof.

use anchor_lang::prelude::*;
use bulwark_core::permits::Action;
use bulwark_core::staking::stress;

use super::Accrue;
use crate::error::{BulwarkError, OrRefuse, refusal};
use crate::event::{self, Kind, StressProved};
use crate::guard::Guard;
use crate::invariant;
use crate::state::{Access, MarginState};
use crate::token;

/// Proves. The margin account follows the accounts of `accrue`, writable.
pub fn prove_stress<'info>(ctx: Context<'info, Accrue<'info>>) -> Result<()> {
    let accounts = &*ctx.accounts;
    let guard = Guard::new(&accounts.protocol, &accounts.compartment)?;
    guard.board(&accounts.board)?;
    guard.insurance(&accounts.insurance)?;
    guard.quote_bank(&accounts.quote_bank)?;
    token::check_vault(&*accounts.quote_bank.read()?, &accounts.quote_vault)?;
    let missing = || refusal(BulwarkError::MissingAccount);
    let info = ctx.remaining_accounts.first().ok_or_else(missing)?;
    let loader = AccountLoader::<MarginState>::try_from(info)?;
    guard.margin(&loader)?;
    guard.permit(Action::ProveStress)?;
    let event = {
        let mut board = accounts.board.write()?;
        let mut insurance = accounts.insurance.write()?;
        let mut margin = loader.write()?;
        let ease_before = stress::ease_e9(&board, guard.now);
        let key = info.key.to_bytes();
        let proved = stress::prove(&mut board, &mut insurance, (&key, &margin), guard.now);
        let proved = proved.or_refuse()?;
        invariant::insurance(&insurance)?;
        let sequence = event::count(&mut margin.event_sequence)?;
        let caller = accounts.caller.key;
        StressProved {
            common: StressProved::head(guard.now, caller, guard.compartment, sequence),
            margin: *info.key,
            shortfall: proved.shortfall,
            total: proved.total,
            insurance: insurance.balance,
            ease_before,
            ease_after: board.cover.ease_e9,
            at_risk_until: insurance.at_risk_until,
        }
    };
    event::emit(&accounts.event_authority, &event)
}
