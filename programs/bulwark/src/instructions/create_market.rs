//! Lists a perpetual market: Market, its book (an account of the book's size that the client has
//! made for this program, still all zero), and its seat on the Board.
//!
//! The creator CAN until he is sealed, in Normal; so CAN anyone what the guardian decided, to the
//! byte. Nobody CAN list at a price that is stale, too
//! small, or too coarse for the tick and the lot (a70).

use anchor_lang::prelude::*;
use bulwark_core::gate::{self, Severity};
use bulwark_core::time::open_seconds_of_market;
use bulwark_core::{Now, params, targets};
use bulwark_state::{Board, Market};

use super::{BoardMarketParameters, MarginParameters, MarketParameters};
use crate::decided::{By, Word, feed_source, listing_hash, written};
use crate::error::{BulwarkError, OrRefuse, ensure};
use crate::event::{self, Kind, MarketCreatedHead};
use crate::guard::Guard;
use crate::state::{
    Access, BoardState, BookState, CompartmentState, GuardianState, Layout, MarketState,
    ProposalState, ProtocolState, adopt,
};
use crate::{invariant, lists, seeds};

/// Status of a new market.
const OPEN: u8 = 1;

/// Arguments of `create_market`.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug)]
pub struct CreateMarketArgs {
    /// Number of the market: the compartment's next.
    pub index: u8,
    /// Feed that prices it.
    pub feed: u8,
    /// Parameters of the market.
    pub market: MarketParameters,
    /// Parameters of its seat on the Board.
    pub board: BoardMarketParameters,
    /// Parameters of its margins.
    pub margin: MarginParameters,
}

/// Accounts of `create_market`; every bank of the compartment follows, in order.
#[derive(Accounts)]
#[instruction(args: CreateMarketArgs)]
pub struct CreateMarket<'info> {
    /// The creator, or anyone who shows the guardian's decision; pays.
    #[account(mut)]
    pub creator: Signer<'info>,
    /// Protocol.
    #[account(mut)]
    pub protocol: AccountLoader<'info, ProtocolState>,
    /// Compartment.
    #[account(mut)]
    pub compartment: AccountLoader<'info, CompartmentState>,
    /// Board of the compartment.
    #[account(mut)]
    pub board: AccountLoader<'info, BoardState>,
    /// Market, to be made.
    #[account(
        init,
        payer = creator,
        space = MarketState::SPACE,
        seeds = [seeds::MARKET, compartment.key().as_ref(), &[args.index]],
        bump
    )]
    pub market: AccountLoader<'info, MarketState>,
    /// Book, to be adopted.
    #[account(zero)]
    pub book: AccountLoader<'info, BookState>,
    /// System program.
    pub system_program: Program<'info, System>,
    /// CHECK: the address is compared; signs the event's self-call.
    #[account(address = crate::EVENT_AUTHORITY_AND_BUMP.0)]
    pub event_authority: UncheckedAccount<'info>,
    /// CHECK: the address is compared; called for the event.
    #[account(address = crate::ID)]
    pub program: UncheckedAccount<'info>,
    /// Guardian, where it decided this.
    #[account(mut)]
    pub guardian: Option<AccountLoader<'info, GuardianState>>,
    /// Proposal, where the guardian decided this.
    #[account(mut)]
    pub proposal: Option<AccountLoader<'info, ProposalState>>,
}

/// Parameters of a new market. Whoever replays events calls it too.
pub fn fill_market(market: &mut Market, args: &CreateMarketArgs) -> Result<()> {
    market.index = args.index;
    market.feed = args.feed;
    market.status = OPEN;
    // `draws` and `cascade` were last refilled at no time at all: they start full.
    args.market.write(market);
    params::check_market(market).or_refuse()
}

/// The market's seat on the Board. Whoever replays events calls it too.
pub fn fill_market_seat(
    board: &mut Board,
    market: &Market,
    args: &CreateMarketArgs,
    now: Now,
) -> Result<()> {
    let feed = board
        .feeds
        .get(usize::from(args.feed))
        .filter(|feed| feed.active != 0);
    let feed = feed.ok_or(BulwarkError::BadIndex)?;
    ensure(
        gate::severity(feed, now) == Severity::Ok,
        BulwarkError::OracleGate,
    )?;
    params::check_listing(market, feed.last.price).or_refuse()?;
    let seat = board.markets.get_mut(usize::from(args.index)).or_refuse()?;
    let open = open_seconds_of_market(&board.clock, &seat.clock, now.unix);
    seat.feed = args.feed;
    seat.status = OPEN;
    seat.funding_open = open;
    args.board.write(seat);
    (seat.watch.k, seat.watch.min_ppm) = (market.band.k, market.band.min_ppm);
    params::check_board_market(seat, market).or_refuse()?;
    args.margin.write(&mut seat.margin.params);
    params::check_margin_on(&seat.margin.params, &feed.params).or_refuse()?;
    let variance = feed.variance.iter().copied().max().or_refuse()?;
    targets::start(&mut seat.margin, variance, feed.last.publish_at, open).or_refuse()?;
    invariant::board_market(seat)
}

/// Open interest of what the guardian lists rises from nothing.
pub fn warm_up(board: &mut Board, index: u8, now: Now) -> Result<()> {
    let seat = board.markets.get_mut(usize::from(index)).or_refuse()?;
    let until = now.unix.checked_add(i64::from(params::LISTING_WARM_UP));
    (seat.warm_from, seat.warm_until) = (now.unix, until.or_refuse()?);
    Ok(())
}

/// Lists a market at the next free number.
pub fn create_market<'info>(
    ctx: Context<'info, CreateMarket<'info>>,
    args: CreateMarketArgs,
) -> Result<()> {
    let accounts = &*ctx.accounts;
    let guard = Guard::new(&accounts.protocol, &accounts.compartment)?;
    let word = Word {
        signer: accounts.creator.key,
        protocol: &accounts.protocol,
        decision: (accounts.guardian.as_ref(), accounts.proposal.as_ref()),
        event_authority: &accounts.event_authority,
    };
    guard.board(&accounts.board)?;
    let by = word.may_list(&guard, || {
        let source = feed_source(&*accounts.board.read()?, args.feed)?;
        listing_hash("market", &args, &[source])
    })?;
    adopt(&accounts.book)?;
    let arguments = written(&args)?;
    let event = {
        let mut compartment = accounts.compartment.write()?;
        let banks = lists::every_bank(&compartment, ctx.remaining_accounts)?;
        let mut board = accounts.board.write()?;
        by.check_deposits(&board, &banks)?;
        ensure(
            args.index == compartment.market_count,
            BulwarkError::BadIndex,
        )?;
        let place = compartment.markets.get_mut(usize::from(args.index));
        *place.ok_or(BulwarkError::TooManyMarkets)? = accounts.market.key().to_bytes();
        compartment.market_count = args.index.checked_add(1).or_refuse()?;
        board.market_count = compartment.market_count;
        let mut market = accounts.market.write_new()?;
        market.compartment = accounts.compartment.key().to_bytes();
        market.book = accounts.book.key().to_bytes();
        market.bump = ctx.bumps.market;
        fill_market(&mut market, &args)?;
        fill_market_seat(&mut board, &market, &args, guard.now)?;
        if by == By::Guardian {
            warm_up(&mut board, args.index, guard.now)?;
        }
        let mut book = accounts.book.write_new()?;
        book.market = accounts.market.key().to_bytes();
        invariant::compartment(&compartment)?;
        invariant::board(&board)?;
        invariant::market(&market)?;
        let mut protocol = accounts.protocol.write()?;
        let sequence = event::next_chained(&protocol)?;
        let actor = accounts.creator.key;
        let common = MarketCreatedHead::head(guard.now, actor, guard.compartment, sequence);
        let event = MarketCreatedHead {
            common,
            market: accounts.market.key(),
            book: accounts.book.key(),
            oi_cap: market.oi_cap,
            index: args.index,
            feed: args.feed,
            decided: u8::from(by == By::Guardian),
            reserved: [0; 5],
        };
        event::chain_list(&mut protocol, &common, &event, &arguments)?;
        invariant::protocol(&protocol)?;
        event
    };
    event::emit_list(&accounts.event_authority, &event, &arguments)
}
