//! Bulwark: a margin engine for Solana derivatives that keeps its users safe through its own failures.
#[cfg(target_arch = "bpf")]
use bulwark_sbf_builtins as _;

use anchor_lang::prelude::*;

pub mod error;
pub mod event;
#[cfg(all(feature = "heap-log", target_os = "solana"))]
mod heap;
pub mod oracle;
pub mod seeds;
pub mod state;
pub mod token;

declare_id!("3udFVZtUM5abGCw5s78RiEwfaxZqkcQtB4Wr8Cex47eM");

#[program]
pub mod bulwark {
    use super::*;

    pub fn ping(_ctx: Context<Ping>) -> Result<()> {
        Ok(())
    }
}

#[derive(Accounts)]
pub struct Ping<'info> {
    pub signer: Signer<'info>,
}
