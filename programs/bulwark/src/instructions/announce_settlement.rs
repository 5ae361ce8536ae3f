//! Announces that a market will be settled: it is reduce-only from now on.
//!
//! Anybody CAN where the market's target stands at its cap or its feed is dead, a day ahead; the
//! creator CAN decide it until he is sealed, a week ahead. Nobody else CAN, nobody CAN shorten a
//! notice, and nothing of the compartment's other markets changes.

use anchor_lang::prelude::*;
use bulwark_core::permits::Action;
use bulwark_core::settlement::{self, Cause};
use bulwark_state::Market;

use crate::error::OrRefuse;
use crate::event::{self, Kind, MarketWoundDown};
use crate::guard::Guard;
use crate::state::{Access, BoardState, CompartmentState, MarketState, ProtocolState};
use crate::{creator, invariant, lists};

/// Accounts of `announce_settlement`, `call_off_settlement` and `settle_market`. Where the creator
/// decides, every bank of the compartment follows, in order.
#[derive(Accounts)]
pub struct WindMarketDown<'info> {
    /// Anyone, or the creator.
    pub caller: Signer<'info>,
    /// Protocol.
    #[account(mut)]
    pub protocol: AccountLoader<'info, ProtocolState>,
    /// Compartment.
    pub compartment: AccountLoader<'info, CompartmentState>,
    /// Board of the compartment.
    #[account(mut)]
    pub board: AccountLoader<'info, BoardState>,
    /// The market.
    #[account(mut)]
    pub market: AccountLoader<'info, MarketState>,
    /// CHECK: the address is compared; signs the event's self-call.
    #[account(address = crate::EVENT_AUTHORITY_AND_BUMP.0)]
    pub event_authority: UncheckedAccount<'info>,
    /// CHECK: the address is compared; called for the event.
    #[account(address = crate::ID)]
    pub program: UncheckedAccount<'info>,
}

impl WindMarketDown<'_> {
    fn validate(&self, guard: &mut Guard) -> Result<()> {
        guard.board(&self.board)?;
        guard.market(&self.market)?;
        guard.permit(Action::WindDown).map(|_| ())
    }
}

/// Changes the market's status by a rule of core, and tells it.
pub(super) fn wind_down(
    accounts: &WindMarketDown,
    rule: impl FnOnce(&mut bulwark_state::Board, &mut Market, &Guard) -> Result<u64>,
) -> Result<()> {
    let mut guard = Guard::new(&accounts.protocol, &accounts.compartment)?;
    accounts.validate(&mut guard)?;
    let event = {
        let mut board = accounts.board.write()?;
        let mut market = accounts.market.write()?;
        let status_before = market.status;
        let price = rule(&mut board, &mut market, &guard)?;
        let seat = board.markets.get(usize::from(market.index)).or_refuse()?;
        invariant::board_market(seat)?;
        invariant::market(&market)?;
        let mut protocol = accounts.protocol.write()?;
        let sequence = event::next_chained(&protocol)?;
        let actor = accounts.caller.key;
        let common = MarketWoundDown::head(guard.now, actor, guard.compartment, sequence);
        let event = MarketWoundDown {
            common,
            market: accounts.market.key(),
            settle_at: market.settle_at,
            price,
            index: market.index,
            status_before,
            status_after: market.status,
            short: market.settle_short,
            reserved: [0; 4],
        };
        event::chain(&mut protocol, &common, &event)?;
        invariant::protocol(&protocol)?;
        event
    };
    event::emit(&accounts.event_authority, &event)
}

/// Announces: `decided` by the creator, else because the market is broken.
pub fn announce_settlement<'info>(
    ctx: Context<'info, WindMarketDown<'info>>,
    decided: bool,
) -> Result<()> {
    let accounts = &*ctx.accounts;
    wind_down(accounts, |board, market, guard| {
        let cause = if decided {
            creator::may_list(guard, &accounts.protocol, accounts.caller.key)?;
            let banks = lists::every_bank(&*accounts.compartment.read()?, ctx.remaining_accounts)?;
            creator::check_deposits(board, &banks)?;
            Cause::Decided
        } else {
            Cause::Broken
        };
        settlement::announce(board, market, cause, guard.now).or_refuse()?;
        Ok(0)
    })
}
