//! One instruction, one file, read from top to bottom: who CAN and who CANNOT, arguments, accounts,
//! `validate`, handler.
//!
//! A handler reads the present and the tables ([`crate::guard::Guard`]), links the accounts it was
//! given to one another, asks for its permit, opens the accounts ([`crate::state::Access`]), makes
//! one call into core, checks [`crate::invariant`] of everything that changed, moves tokens
//! ([`crate::token`]) and emits one event ([`crate::event`]).
//!
//! Named accounts end with `event_authority` and `program` (the self-call of events). What follows
//! them in lists is said at the accounts struct, and read with [`crate::lists`].

mod accrue;
mod announce_settlement;
mod approve_proposal;
mod call_off_settlement;
mod cancel_batch;
mod cancel_orders;
mod check;
mod close_bank;
mod close_margin_account;
mod close_proposal;
mod collect_residual;
mod convert;
mod council;
mod crank_ticket;
mod create_bank;
mod create_board;
mod create_compartment;
mod create_feed;
mod create_guardian;
mod create_insurance;
mod create_margin_account;
mod create_market;
mod create_protocol;
mod deposit;
mod execute_proposal;
mod execute_upgrade;
mod expire_proposal;
mod flag;
mod fold;
mod fund_insurance;
mod health_view;
mod heartbeat;
mod margin_notice;
mod migrate_account;
mod object_to_proposal;
mod parameters;
mod payment;
mod place_order;
mod propose;
mod prune_orders;
mod recapitalise;
mod refresh;
mod replace_order;
mod restrict;
mod sample_funding;
mod seal;
mod seize;
mod set_delegate;
mod settle;
mod settle_market;
mod settle_position;
mod sweep;
mod take_over;
mod transfer;
mod unflag;
mod value_banks;
mod wind_up;
mod withdraw;

pub use accrue::*;
pub use announce_settlement::*;
pub use approve_proposal::*;
pub use call_off_settlement::*;
pub use cancel_batch::*;
pub use cancel_orders::*;
pub use check::*;
pub use close_bank::*;
pub use close_margin_account::*;
pub use close_proposal::*;
pub use collect_residual::*;
pub use convert::*;
pub use council::*;
pub use crank_ticket::*;
pub use create_bank::*;
pub use create_board::*;
pub use create_compartment::*;
pub use create_feed::*;
pub use create_guardian::*;
pub use create_insurance::*;
pub use create_margin_account::*;
pub use create_market::*;
pub use create_protocol::*;
pub use deposit::*;
pub use execute_proposal::*;
pub use execute_upgrade::*;
pub use expire_proposal::*;
pub use flag::*;
pub use fold::*;
pub use fund_insurance::*;
pub use health_view::*;
pub use heartbeat::*;
pub use margin_notice::*;
pub use migrate_account::*;
pub use object_to_proposal::*;
pub use parameters::*;
pub use place_order::*;
pub use propose::*;
pub use prune_orders::*;
pub use recapitalise::*;
pub use refresh::*;
pub use replace_order::*;
pub use restrict::*;
pub use sample_funding::*;
pub use seal::*;
pub use seize::*;
pub use set_delegate::*;
pub use settle::*;
pub use settle_market::*;
pub use settle_position::*;
pub use sweep::*;
pub use take_over::*;
pub use transfer::*;
pub use unflag::*;
pub use value_banks::*;
pub use wind_up::*;
pub use withdraw::*;
