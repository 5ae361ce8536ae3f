//! Adopts the Board of a compartment: an account of the Board's size that the client has made for
//! this program and that is still all zero.
//!
//! The creator CAN, once per compartment, until he is sealed; nobody else CAN.

use anchor_lang::prelude::*;
use bulwark_core::params;

use crate::creator;
use crate::error::{BulwarkError, OrRefuse, ensure};
use crate::event::{self, BoardCreated, Kind};
use crate::guard::Guard;
use crate::invariant;
use crate::state::{Access, BoardState, CompartmentState, ProtocolState, adopt};

/// Arguments of `create_board`.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug)]
pub struct CreateBoardArgs {
    /// Share of unrealised profit that counts for new risk (ψ), ppm.
    pub profit_credit_ppm: u32,
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
    let event = {
        let mut compartment = accounts.compartment.write()?;
        ensure(compartment.board == [0; 32], BulwarkError::AlreadyListed)?;
        compartment.board = accounts.board.key().to_bytes();
        let mut board = accounts.board.write_new()?;
        board.compartment = accounts.compartment.key().to_bytes();
        board.clock = compartment.clock;
        board.profit_credit_ppm = args.profit_credit_ppm;
        params::check_board(&board).or_refuse()?;
        let mut protocol = accounts.protocol.write()?;
        let sequence = event::next_chained(&protocol)?;
        let actor = accounts.creator.key;
        let common = BoardCreated::head(guard.now, actor, guard.compartment, sequence);
        let event = BoardCreated {
            common,
            board: accounts.board.key(),
            profit_credit_ppm: args.profit_credit_ppm.into(),
        };
        event::chain(&mut protocol, &common, &event)?;
        invariant::protocol(&protocol)?;
        invariant::compartment(&compartment)?;
        invariant::board(&board)?;
        event
    };
    event::emit(&accounts.event_authority, &event)
}
