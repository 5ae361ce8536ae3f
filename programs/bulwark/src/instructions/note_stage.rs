//! Notes the stage of an account (Healthy, ReduceOnly, Warned, Liquidatable, Bankrupt) and tells it
//! where it has changed since somebody looked last.
//!
//! Anybody CAN, in every mode. Nothing on chain decides by what is noted: permission, flag and
//! wind-up work their stage out anew.

use anchor_lang::prelude::*;
use bulwark_core::health;
use bulwark_core::mode::Mode;
use bulwark_core::permits::Action;

use super::unflag::*;
use crate::error::OrRefuse;
use crate::event::{self, Kind, StageChanged};
use crate::guard::Guard;
use crate::invariant;
use crate::state::Access;

/// Notes the stage, with the accounts of `unflag`. No event where it is the one noted before.
pub fn note_stage(ctx: Context<Unflag>) -> Result<()> {
    let accounts = &*ctx.accounts;
    let guard = Guard::new(&accounts.protocol, &accounts.compartment)?;
    guard.board(&accounts.board)?;
    guard.margin(&accounts.margin)?;
    guard.permit(Action::Flag)?;
    let event = {
        let board = accounts.board.read()?;
        let mut margin = accounts.margin.write()?;
        let paused = guard.context.mode == Mode::Paused;
        let changed = health::note_stage(&board, &mut margin, guard.now, paused).or_refuse()?;
        let Some((before, after)) = changed else {
            return Ok(());
        };
        let lowest = health::Level::Maintenance;
        let health = health::health(&board, &margin, lowest, guard.now, paused).or_refuse()?;
        invariant::margin(&margin)?;
        let sequence = event::count(&mut margin.event_sequence)?;
        let actor = accounts.caller.key;
        StageChanged {
            common: StageChanged::head(guard.now, actor, guard.compartment, sequence),
            margin: accounts.margin.key(),
            before: before.into(),
            after: after.into(),
            value: health.value,
            requirement: health.requirement,
        }
    };
    event::emit(&accounts.event_authority, &event)
}
