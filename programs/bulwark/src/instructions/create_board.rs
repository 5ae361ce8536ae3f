//! Adopts the Board of a compartment: an account of the Board's size that the client has made for
//! this program and that is still all zero.
//!
//! The creator CAN, once per compartment, until he is sealed; nobody else CAN.

use anchor_lang::prelude::*;
use bulwark_core::contagion::{self, Kind as Collateral};
use bulwark_core::params::{self, Class};
use bulwark_state::{Board, CollateralLimits};

use crate::creator;
use crate::decided::written;
use crate::error::{BulwarkError, OrRefuse, ensure};
use crate::event::{self, BoardCreatedHead, Kind};
use crate::guard::Guard;
use crate::invariant;
use crate::state::{Access, BoardState, CompartmentState, ProtocolState, adopt};

/// Arguments of `create_board`.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Debug, Default)]
pub struct CreateBoardArgs {
    /// Share of unrealised profit that counts for new risk (ψ), ppm.
    pub profit_credit_ppm: u32,
    /// Limits of origin classes and groups of collateral; those that aren't named have none.
    pub limits: Vec<LimitsArgs>,
}

/// What collateral of one kind may count for.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug)]
pub struct LimitsArgs {
    /// Of which kind.
    pub kind: CollateralKind,
    /// Largest value at Initial that counts in one account, UsdE6. 0 means closed.
    pub account_cap: u64,
    /// Largest value of the compartment's claims that a deposit may reach, UsdE6. 0 means closed.
    pub compartment_cap: u64,
    /// Smallest haircut for new risk, e9.
    pub haircut_e9: u32,
}

/// An origin class or a group.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug)]
pub enum CollateralKind {
    /// An origin class: 1 native, 2 stable, 3 liquid-stake, 4 bridged.
    Origin(u8),
    /// A group of correlated tokens, 1 to 8.
    Group(u8),
}

/// Accounts of `create_board`.
#[derive(Accounts)]
pub struct CreateBoard<'info> {
    /// The creator.
    pub creator: Signer<'info>,
    /// Protocol.
    #[account(mut)]
    pub protocol: AccountLoader<'info, ProtocolState>,
    /// Compartment.
    #[account(mut)]
    pub compartment: AccountLoader<'info, CompartmentState>,
    /// Board, to be adopted.
    #[account(zero)]
    pub board: AccountLoader<'info, BoardState>,
    /// CHECK: the address is compared; signs the event's self-call.
    #[account(address = crate::EVENT_AUTHORITY_AND_BUMP.0)]
    pub event_authority: UncheckedAccount<'info>,
    /// CHECK: the address is compared; called for the event.
    #[account(address = crate::ID)]
    pub program: UncheckedAccount<'info>,
}

/// Adopts the Board.
pub fn create_board(ctx: Context<CreateBoard>, args: CreateBoardArgs) -> Result<()> {
    let accounts = &*ctx.accounts;
    let guard = Guard::new(&accounts.protocol, &accounts.compartment)?;
    creator::may_list(&guard, &accounts.protocol, accounts.creator.key)?;
    adopt(&accounts.board)?;
    let arguments = written(&args)?;
    let event = {
        let mut compartment = accounts.compartment.write()?;
        ensure(compartment.board == [0; 32], BulwarkError::AlreadyListed)?;
        compartment.board = accounts.board.key().to_bytes();
        let mut board = accounts.board.write_new()?;
        board.compartment = accounts.compartment.key().to_bytes();
        board.clock = compartment.clock;
        fill_board(&mut board, &args)?;
        let mut protocol = accounts.protocol.write()?;
        let sequence = event::next_chained(&protocol)?;
        let actor = accounts.creator.key;
        let common = BoardCreatedHead::head(guard.now, actor, guard.compartment, sequence);
        let event = BoardCreatedHead {
            common,
            board: accounts.board.key(),
            closed_sum: board.clock.closed_sum,
            closed_from: board.clock.closed_from,
            closed_until: board.clock.closed_until,
        };
        event::chain_list(&mut protocol, &common, &event, &arguments)?;
        invariant::protocol(&protocol)?;
        invariant::compartment(&compartment)?;
        invariant::board(&board)?;
        event
    };
    event::emit_list(&accounts.event_authority, &event, &arguments)
}

/// Parameters of a new Board. Whoever replays events calls it too.
pub fn fill_board(board: &mut Board, args: &CreateBoardArgs) -> Result<()> {
    params::board_preset(Class::Major, board);
    board.profit_credit_ppm = args.profit_credit_ppm;
    for limits in &args.limits {
        limit(board, limits)?;
    }
    params::check_board(board).or_refuse()
}

fn limit(board: &mut Board, args: &LimitsArgs) -> Result<()> {
    let kind = match args.kind {
        CollateralKind::Origin(number) => Collateral::Origin(number),
        CollateralKind::Group(number) => Collateral::Group(number),
    };
    let limits = CollateralLimits {
        account_cap: args.account_cap,
        compartment_cap: args.compartment_cap,
        haircut_e9: args.haircut_e9,
        ..CollateralLimits::default()
    };
    contagion::set_limits(board, kind, &limits).or_refuse()
}
