//! Replaces an order: cancels it and places another, in one.
//!
//! Whoever may cancel and place CAN, with the accounts and arguments of `place_order`: no power
//! comes with it. Nobody CAN end up with both orders, or with neither: where the old one is gone
//! (filled, evicted, cancelled) or the new one is refused, nothing happens at all.

use anchor_lang::prelude::*;

use super::cancel_orders::Which;
use super::place_order::*;
use crate::error::{BulwarkError, ensure};

/// Cancels the order that `which` names (`Which::All` is refused) and places `args`. Returns as
/// `place_order` does.
pub fn replace_order<'info>(
    ctx: Context<'info, PlaceOrder<'info>>,
    which: Which,
    args: PlaceOrderArgs,
) -> Result<()> {
    ensure(!matches!(which, Which::All), BulwarkError::BadValue)?;
    place(ctx, Some(which), args)
}
