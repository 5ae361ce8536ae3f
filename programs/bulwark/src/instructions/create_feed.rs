//! Lists a price feed on the Board. It has no price until the first refresh.
//!
//! The creator CAN until he is sealed, in Normal; so CAN anyone what the guardian decided, to the
//! byte. Nobody CAN list a source whose account another
//! program than Pyth's owns (a47): kinds name compiled-in owners. Nobody CAN list one source twice:
//! one feed, one price (a39).

use anchor_lang::prelude::*;
use bulwark_core::{params, volatility};
use bulwark_state::{Board, MAX_FEEDS, OracleSource};

use super::FeedParameters;
use crate::decided::{Word, listing_hash, written};
use crate::error::{BulwarkError, OrRefuse, ensure};
use crate::event::{self, FeedCreatedHead, Kind};
use crate::guard::Guard;
use crate::state::{
    Access, BoardState, CompartmentState, GuardianState, ProposalState, ProtocolState,
};
use crate::{invariant, lists, oracle};

/// Where a price comes from.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Source {
    /// 0 none, 1 classic receiver, 2 pro receiver, 3 legacy push mainnet, 4 legacy push devnet.
    pub kind: u8,
    /// Pyth feed id (kinds 1 and 2) or the price account's own key (kinds 3 and 4).
    pub id: [u8; 32],
}

impl From<Source> for OracleSource {
    fn from(source: Source) -> Self {
        Self {
            id: source.id,
            kind: source.kind,
            reserved: [0; 7],
        }
    }
}

/// Arguments of `create_feed`.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug)]
pub struct CreateFeedArgs {
    /// First source.
    pub source: Source,
    /// Second source, kind 0 for none: only ever compared with the first.
    pub second: Source,
    /// 0, 3, 6 or 9: prices and sizes are per `10^unit_exp` tokens.
    pub unit_exp: u8,
    /// Whether a committing print earns a reward.
    pub thin: bool,
    /// Annual volatility that its variances start from, e9.
    pub volatility_e9: u64,
    /// Parameters.
    pub parameters: FeedParameters,
}

/// Accounts of `create_feed`; every bank of the compartment follows, in order.
#[derive(Accounts)]
pub struct CreateFeed<'info> {
    /// The creator, or anyone who shows the guardian's decision.
    pub creator: Signer<'info>,
    /// Protocol.
    #[account(mut)]
    pub protocol: AccountLoader<'info, ProtocolState>,
    /// Compartment.
    pub compartment: AccountLoader<'info, CompartmentState>,
    /// Board of the compartment.
    #[account(mut)]
    pub board: AccountLoader<'info, BoardState>,
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

fn validate_sources(board: &Board, args: &CreateFeedArgs) -> Result<()> {
    oracle::owner_of(args.source.kind)?;
    let second = args.second;
    if second.kind == oracle::kind::NONE {
        ensure(second.id == [0; 32], BulwarkError::BadValue)?;
    } else {
        oracle::owner_of(second.kind)?;
        ensure(second != args.source, BulwarkError::AlreadyListed)?;
    }
    // One feed id is one price, whichever of its programs carries it.
    let listed = board
        .feeds
        .iter()
        .any(|feed| feed.active != 0 && feed.source.id == args.source.id);
    ensure(!listed, BulwarkError::AlreadyListed)?;
    ensure(
        matches!(args.unit_exp, 0 | 3 | 6 | 9),
        BulwarkError::ParameterOutOfBounds,
    )
}

/// What a new feed at place `index` begins with. Whoever replays events calls it too.
pub fn fill_feed(board: &mut Board, args: &CreateFeedArgs, index: u8) -> Result<()> {
    ensure(usize::from(index) < MAX_FEEDS, BulwarkError::TooManyFeeds)?;
    board.feed_count = index.checked_add(1).or_refuse()?;
    let feed = board.feeds.get_mut(usize::from(index)).or_refuse()?;
    feed.source = args.source.into();
    feed.second = args.second.into();
    feed.unit_exp = args.unit_exp;
    feed.thin = u8::from(args.thin);
    args.parameters.write(&mut feed.params);
    params::check_feed(&feed.params).or_refuse()?;
    let volatility = params::SEED_VOLATILITY;
    let seeded = (volatility.min..=volatility.max).contains(&args.volatility_e9);
    ensure(seeded, BulwarkError::ParameterOutOfBounds)?;
    volatility::seed(feed, args.volatility_e9).or_refuse()?;
    feed.active = 1;
    invariant::feed(feed)
}

/// Lists a feed at the next free place.
pub fn create_feed<'info>(
    ctx: Context<'info, CreateFeed<'info>>,
    args: CreateFeedArgs,
) -> Result<()> {
    let accounts = &*ctx.accounts;
    let guard = Guard::new(&accounts.protocol, &accounts.compartment)?;
    let word = Word {
        signer: accounts.creator.key,
        protocol: &accounts.protocol,
        decision: (accounts.guardian.as_ref(), accounts.proposal.as_ref()),
        event_authority: &accounts.event_authority,
    };
    let by = word.may_list(&guard, || listing_hash("feed", &args, &[]))?;
    guard.board(&accounts.board)?;
    let banks = lists::every_bank(&*accounts.compartment.read()?, ctx.remaining_accounts)?;
    let arguments = written(&args)?;
    let event = {
        let mut board = accounts.board.write()?;
        by.check_deposits(&board, &banks)?;
        validate_sources(&board, &args)?;
        let index = board.feed_count;
        fill_feed(&mut board, &args, index)?;
        invariant::board(&board)?;
        let mut protocol = accounts.protocol.write()?;
        let sequence = event::next_chained(&protocol)?;
        let actor = accounts.creator.key;
        let common = FeedCreatedHead::head(guard.now, actor, guard.compartment, sequence);
        let event = FeedCreatedHead {
            common,
            board: accounts.board.key(),
            source: args.source.id.into(),
            second: args.second.id.into(),
            index,
            source_kind: args.source.kind,
            second_kind: args.second.kind,
            unit_exp: args.unit_exp,
            reserved: [0; 4],
        };
        event::chain_list(&mut protocol, &common, &event, &arguments)?;
        invariant::protocol(&protocol)?;
        event
    };
    event::emit_list(&accounts.event_authority, &event, &arguments)
}
