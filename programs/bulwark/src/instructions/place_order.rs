//! Places an order: fills what crosses, rests what may rest.
//!
//! The owner or the delegate CAN place in Normal, and in Restricted as far as open interest doesn't
//! rise; a delegate CANNOT fill outside the price band, nor rest where he gives more than it away.
//! Nobody CAN place while Paused, in a halted market, or below the maintenance requirement. Makers
//! are the margin accounts that follow the named accounts, writable; the best opposite order whose
//! account is absent ends the matching, and what remains never rests across it (a13).

use anchor_lang::prelude::*;
use bulwark_core::book::Side as CoreSide;
use bulwark_core::error::Error as Rule;
use bulwark_core::gate::{Cell, LegUse};
use bulwark_core::matching::{self, Came, Makers, Placer, Report, Rules, Venue};
use bulwark_core::math::ppm_mul_floor;
use bulwark_core::order::{Kind as CoreKind, OrderRequest};
use bulwark_core::permits::{Action, MarketStatus, Permit};
use bulwark_core::{book, breaker, delegate, health};
use bulwark_state::{Board, Book, Key as StoredKey, MarginAccount, Market};

use super::cancel_orders::{Which, cancel};
use crate::error::{BulwarkError, OrRefuse, ensure, refusal};
use crate::event::{self, Kind, OrderFill, OrderPlacedHead};
use crate::explain;
use crate::guard::Guard;
use crate::invariant;
use crate::state::{
    Access, BoardState, BookState, CompartmentState, MarginState, MarketState, ProtocolState, same,
};

/// Side of an order.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Buys.
    Bid,
    /// Sells.
    Ask,
}

/// How an order may be filled.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderKind {
    /// Fills what crosses, rests with what remains.
    Limit,
    /// Rests, or is refused if it would fill anything.
    PostOnly,
    /// Fills what crosses, the rest is cancelled.
    ImmediateOrCancel,
    /// Fills whole or is refused.
    FillOrKill,
    /// Rests; where it would fill anything, one tick behind that.
    PostOnlySlide,
}

impl OrderKind {
    /// Whether something of the order may rest.
    const fn rests(self) -> bool {
        !matches!(self, Self::ImmediateOrCancel | Self::FillOrKill)
    }
}

/// What is asked for.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug)]
pub struct PlaceOrderArgs {
    /// Side.
    pub side: Side,
    /// How it may be filled.
    pub kind: OrderKind,
    /// Whether it may only reduce the position.
    pub reduce_only: bool,
    /// Worst price, PriceE8: a multiple of the market's tick.
    pub price: u64,
    /// Size, BaseE8: a multiple of the market's lot.
    pub size: u64,
    /// The client's own number for it.
    pub client_id: u32,
    /// Unix second through which it lives, 0 for ever.
    pub expires_at: u32,
}

impl PlaceOrderArgs {
    fn request(&self) -> OrderRequest {
        OrderRequest {
            side: match self.side {
                Side::Bid => CoreSide::Bid,
                Side::Ask => CoreSide::Ask,
            },
            kind: match self.kind {
                OrderKind::Limit => CoreKind::Limit,
                OrderKind::PostOnly => CoreKind::PostOnly,
                OrderKind::PostOnlySlide => CoreKind::PostOnlySlide,
                OrderKind::ImmediateOrCancel => CoreKind::ImmediateOrCancel,
                OrderKind::FillOrKill => CoreKind::FillOrKill,
            },
            reduce_only: self.reduce_only,
            price: self.price,
            size: self.size,
            client_id: self.client_id,
            expires_at: self.expires_at,
        }
    }
}

/// Accounts of `place_order`; the makers' margin accounts follow, writable.
#[derive(Accounts)]
pub struct PlaceOrder<'info> {
    /// Owner or delegate of the margin account.
    pub trader: Signer<'info>,
    /// Protocol.
    pub protocol: AccountLoader<'info, ProtocolState>,
    /// Compartment.
    pub compartment: AccountLoader<'info, CompartmentState>,
    /// Board of the compartment.
    pub board: AccountLoader<'info, BoardState>,
    /// Market.
    #[account(mut)]
    pub market: AccountLoader<'info, MarketState>,
    /// Book of the market.
    #[account(mut)]
    pub book: AccountLoader<'info, BookState>,
    /// The trader's margin account.
    #[account(mut)]
    pub margin: AccountLoader<'info, MarginState>,
    /// CHECK: the address is compared; signs the event's self-call.
    #[account(address = crate::EVENT_AUTHORITY_AND_BUMP.0)]
    pub event_authority: UncheckedAccount<'info>,
    /// CHECK: the address is compared; called for the event.
    #[account(address = crate::ID)]
    pub program: UncheckedAccount<'info>,
}

impl PlaceOrder<'_> {
    fn validate(&self, guard: &mut Guard) -> Result<()> {
        guard.board(&self.board)?;
        guard.market(&self.market)?;
        guard.book(&self.market, &self.book)?;
        guard.margin(&self.margin)
    }
}

/// The makers' accounts of an instruction, found by address.
pub(crate) struct Remaining<'a, 'info> {
    /// What followed the named accounts.
    pub infos: &'info [AccountInfo<'info>],
    /// The compartment that they must belong to.
    pub compartment: &'a Pubkey,
}

impl Makers for Remaining<'_, '_> {
    fn with(
        &mut self,
        margin: &StoredKey,
        act: &mut dyn FnMut(&mut MarginAccount) -> bulwark_core::Result<()>,
    ) -> bulwark_core::Result<Came> {
        let found = self.infos.iter().find(|info| same(margin, info.key));
        let Some(info) = found else {
            return Ok(Came::Absent);
        };
        if *info.owner != crate::ID {
            return Ok(Came::Closed);
        }
        // Read-only is absent: it can't be filled.
        if !info.is_writable {
            return Ok(Came::Absent);
        }
        let loader =
            AccountLoader::<MarginState>::try_from(info).map_err(|_| Rule::InvariantBroken)?;
        let mut account = loader.write().map_err(|_| Rule::InvariantBroken)?;
        if !same(&account.compartment, self.compartment) {
            return Err(Rule::InvariantBroken);
        }
        act(&mut account)?;
        Ok(Came::Lent)
    }
}

/// Places the order. Returns its sequence number in the book as return data, 0 if nothing rests.
pub fn place_order<'info>(
    ctx: Context<'info, PlaceOrder<'info>>,
    args: PlaceOrderArgs,
) -> Result<()> {
    place(ctx, None, args)
}

/// Places the order, after cancelling another one where it replaces one.
pub(super) fn place<'info>(
    ctx: Context<'info, PlaceOrder<'info>>,
    instead_of: Option<Which>,
    args: PlaceOrderArgs,
) -> Result<()> {
    let accounts = &*ctx.accounts;
    let mut guard = Guard::new(&accounts.protocol, &accounts.compartment)?;
    accounts.validate(&mut guard)?;
    let request = args.request();
    let mut report = Box::<Report>::default();
    let event = {
        let board = accounts.board.read()?;
        let mut market = accounts.market.write()?;
        let mut book = accounts.book.write()?;
        let mut margin = accounts.margin.write()?;
        guard.trades(&board, &market)?;
        let by_delegate = signed_by_delegate(&margin, accounts.trader.key, &guard)?;
        let place = guard.permit(match args.reduce_only {
            true => Action::PlaceReduceOnly,
            false => Action::Place,
        })?;
        let rules = rules(&mut guard, &board, &market, place, by_delegate)?;
        within(by_delegate, &args, &board, &market)?;
        let replaced = match instead_of {
            Some(which) => replace(
                accounts,
                &guard,
                &mut book,
                &mut margin,
                (market.index, which),
            )?,
            None => 0,
        };
        let mut makers = Remaining {
            infos: ctx.remaining_accounts,
            compartment: guard.key(),
        };
        let placed = {
            let mut venue = Venue {
                board: &board,
                market: &mut market,
                book: &mut book,
            };
            let key = accounts.margin.key();
            let mut placer = Placer {
                margin: key.as_array(),
                account: &mut margin,
            };
            matching::place(
                &mut venue,
                &mut placer,
                &request,
                &rules,
                &mut makers,
                &mut report,
            )
        };
        placed.map_err(|rule| lacking(rule, &board, &margin, &rules))?;
        invariant::market(&market)?;
        invariant::margin(&margin)?;
        book::uncrossed(&book).or_refuse()?;
        let placed = record(accounts, &guard, &args, &report, &mut market, &mut margin)?;
        OrderPlacedHead { replaced, ..placed }
    };
    event::emit_list(&accounts.event_authority, &event, &met(&report))?;
    let rests = report.posted.as_ref().map_or(0, |posted| posted.sequence);
    anchor_lang::solana_program::program::set_return_data(&rests.to_le_bytes());
    Ok(())
}

/// What the order met: its fills, then what it removed in passing.
fn met(report: &Report) -> Vec<OrderFill> {
    let (fills, removed) = (report.fills(), report.removed());
    let mut met = Vec::with_capacity(fills.len().saturating_add(removed.len()));
    met.extend(fills.iter().map(OrderFill::from));
    met.extend(removed.iter().map(OrderFill::from));
    met
}

/// Whether the delegate signs, not the owner; refuses everybody else, and delegates while they may
/// not.
fn signed_by_delegate(margin: &MarginAccount, trader: &Pubkey, guard: &Guard) -> Result<bool> {
    if same(&margin.owner, trader) {
        return Ok(false);
    }
    let acts = delegate::acts(margin, trader.as_array(), guard.now);
    ensure(acts, BulwarkError::NotOwner)?;
    guard.permit(Action::PlaceByDelegate).map(|_| true)
}

/// What a delegate's order rests at gives no more than the band away.
fn within(delegated: bool, args: &PlaceOrderArgs, board: &Board, market: &Market) -> Result<()> {
    if !delegated || !args.kind.rests() {
        return Ok(());
    }
    let request = args.request();
    delegate::may_rest(request.side, request.price, near(board, market)?).or_refuse()
}

/// The refusal of an order, with what the account has and needs.
#[cold]
fn lacking(rule: Rule, board: &Board, margin: &MarginAccount, rules: &Rules) -> Error {
    let when = (rules.now, false);
    let clash = explain::health(rule, board, margin, when, rules.requirement_ppm);
    explain::explained(rule, clash)
}

/// Cancels the order that is replaced; its slots, one bit each.
fn replace(
    accounts: &PlaceOrder,
    guard: &Guard,
    book: &mut Book,
    margin: &mut MarginAccount,
    (market, which): (u8, Which),
) -> Result<u32> {
    guard.permit(Action::Cancel)?;
    let key = accounts.margin.key();
    let freed = cancel(book, margin, &key, market, which, guard.now)?;
    u32::try_from(freed).map_err(|_| refusal(BulwarkError::BadIndex))
}

/// What the tables leave of the permission to match.
fn rules(
    guard: &mut Guard,
    board: &Board,
    market: &Market,
    place: Permit,
    delegate: bool,
) -> Result<Rules> {
    guard.wait_after_restart()?;
    guard.gate(board, market.feed, LegUse::OpenInterestUp)?;
    let open_interest_up = guard.may(Action::OpenInterestUp);
    guard.gate(board, market.feed, LegUse::Reduce)?;
    let transfer = guard.permit(Action::TransferIn);
    let reduce = guard.permit(Action::Reduce);
    // The gate asks for the band at a price that is uncertain or stale.
    let doubtful = |permit: &Permit| permit.gate == Some(Cell::InBand);
    let narrow =
        delegate || transfer.as_ref().is_ok_and(doubtful) || reduce.as_ref().is_ok_and(doubtful);
    // Where nothing may be matched a band that no price lies in lets an order rest, and no more.
    let band = match reduce {
        Err(_) => Some((u64::MAX, 0)),
        Ok(_) => band(guard, board, market, narrow)?,
    };
    let requirement_ppm = transfer.map_or(place.receiver_ppm, |permit| permit.receiver_ppm);
    Ok(Rules {
        now: guard.now,
        open_interest_up,
        band,
        requirement_ppm,
    })
}

/// Prices that a fill may have, if not any: in the Limit state those inside the band around the
/// reference; at a price that is uncertain or stale, and for a delegate, those near it. Where both
/// hold, what lies in both.
fn band(guard: &Guard, board: &Board, market: &Market, narrow: bool) -> Result<Option<(u64, u64)>> {
    let limit = guard.context.market == Some(MarketStatus::Limit);
    let mut range = (0, u64::MAX);
    if limit {
        let entry = board.markets.get(usize::from(market.index)).or_refuse()?;
        range = breaker::band::range(&entry.watch);
    }
    if narrow {
        let (low, high) = near(board, market)?;
        range = (low.max(range.0), high.min(range.1));
    }
    Ok((limit || narrow).then_some(range))
}

/// Prices within the smallest band around the oracle price.
fn near(board: &Board, market: &Market) -> Result<(u64, u64)> {
    let mark = health::mark(board, market.index).or_refuse()?;
    let width = ppm_mul_floor(mark, market.band.min_ppm).or_refuse()?;
    let low = mark.checked_sub(width).or_refuse()?;
    let high = mark.checked_add(width).or_refuse()?;
    Ok((low, high))
}

fn record(
    accounts: &PlaceOrder,
    guard: &Guard,
    args: &PlaceOrderArgs,
    report: &Report,
    market: &mut Market,
    margin: &mut MarginAccount,
) -> Result<OrderPlacedHead> {
    let sequence = event::count(&mut market.event_sequence)?;
    let account_sequence = event::count(&mut margin.event_sequence)?;
    let trader = accounts.trader.key;
    let leg = bulwark_core::ledger::position_of(margin, market.index)
        .and_then(|at| margin.positions.get(at));
    let posted = report.posted.as_ref();
    Ok(OrderPlacedHead {
        common: OrderPlacedHead::head(guard.now, trader, guard.compartment, sequence),
        market: accounts.market.key(),
        margin: accounts.margin.key(),
        account_sequence,
        fill_sequence: market.fill_sequence,
        price: posted.map_or(args.price, |posted| posted.price),
        size: args.size,
        filled: report.base,
        notional: report.notional,
        fee: report.fee,
        rests: posted.map_or(0, |posted| posted.size),
        rests_sequence: match posted {
            Some(posted) => posted.sequence,
            None if report.crowded => u64::MAX,
            None => 0,
        },
        cancelled: report.cancelled,
        base_after: leg.map_or(0, |leg| leg.base),
        quote_leg_after: leg.map_or(0, |leg| leg.quote),
        quote_after: margin.quote,
        oi_after: market.oi_long,
        client_id: args.client_id,
        side: args.side as u8,
        kind: args.kind as u8,
        ended: report.ended as u8,
        reduce_only: u8::from(args.reduce_only),
        expires_at: args.expires_at,
        replaced: 0,
    })
}
