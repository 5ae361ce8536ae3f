//! Bulwark: a margin engine for Solana derivatives that keeps its users safe through its own failures.
#[cfg(target_arch = "bpf")]
use bulwark_sbf_builtins as _;

use anchor_lang::prelude::*;

pub mod creator;
pub mod error;
pub mod event;
pub mod guard;
#[cfg(all(feature = "heap-log", target_os = "solana"))]
mod heap;
pub mod instructions;
pub mod invariant;
pub mod lists;
pub mod oracle;
pub mod seeds;
pub mod state;
pub mod token;

use instructions::*;

declare_id!("3udFVZtUM5abGCw5s78RiEwfaxZqkcQtB4Wr8Cex47eM");

#[program]
pub mod bulwark {
    use super::*;

    pub fn create_margin_account(
        ctx: Context<CreateMarginAccount>,
        index: u16,
        delegate: Pubkey,
    ) -> Result<()> {
        instructions::create_margin_account(ctx, index, delegate)
    }

    pub fn create_protocol(ctx: Context<CreateProtocol>, args: CreateProtocolArgs) -> Result<()> {
        instructions::create_protocol(ctx, args)
    }

    pub fn create_compartment(ctx: Context<CreateCompartment>, id: u16) -> Result<()> {
        instructions::create_compartment(ctx, id)
    }

    pub fn create_board(ctx: Context<CreateBoard>, args: CreateBoardArgs) -> Result<()> {
        instructions::create_board(ctx, args)
    }

    pub fn create_insurance(
        ctx: Context<CreateInsurance>,
        parameters: InsuranceParameters,
    ) -> Result<()> {
        instructions::create_insurance(ctx, parameters)
    }

    pub fn create_feed<'info>(
        ctx: Context<'info, CreateFeed<'info>>,
        args: CreateFeedArgs,
    ) -> Result<()> {
        instructions::create_feed(ctx, args)
    }

    pub fn create_bank<'info>(
        ctx: Context<'info, CreateBank<'info>>,
        args: CreateBankArgs,
    ) -> Result<()> {
        instructions::create_bank(ctx, args)
    }

    pub fn create_market<'info>(
        ctx: Context<'info, CreateMarket<'info>>,
        args: CreateMarketArgs,
    ) -> Result<()> {
        instructions::create_market(ctx, args)
    }

    pub fn seal<'info>(ctx: Context<'info, Seal<'info>>) -> Result<()> {
        instructions::seal(ctx)
    }
}
