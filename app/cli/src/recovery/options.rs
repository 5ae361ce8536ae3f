//! What `bulwark recovery` can be told.

use std::path::PathBuf;

use anchor_lang::prelude::Pubkey;
use bulwark_core::recovery::AUDIT;
use clap::{Args, Subcommand};

/// Prove a claim of a Recovery, or prove or refute its commitment.
///
/// Rebuilds the tree of all marks from events alone (--history), from accounts alone (--accounts),
/// or from both, which then have to agree. Needs nothing of anybody else's.
#[derive(Args, Clone, Debug)]
pub struct Options {
    /// What to do
    #[command(subcommand)]
    pub act: Act,
}

/// What to do.
#[derive(Subcommand, Clone, Debug)]
pub enum Act {
    /// Rebuild tree and totals and compare them with what the chain says; with --proof, check a
    /// proof instead. Exits with another code than 0 at the first mismatch, which it names
    Verify {
        /// Where the marks come from
        #[command(flatten)]
        source: Source,
        /// A proof as `prove` prints it. Of accounts the Recovery alone is then needed
        #[arg(long, value_name = "FILE")]
        proof: Vec<PathBuf>,
    },
    /// Print the proof of a margin account's claim as JSON: what `verify_claim` takes on chain, and
    /// `verify --proof` here
    Prove {
        /// The margin account
        margin: Pubkey,
        /// Where the marks come from
        #[command(flatten)]
        source: Source,
    },
}

/// Where the marks come from.
#[derive(Args, Clone, Debug, Default)]
pub struct Source {
    /// Transactions from the announcement on, one a line as JSON, as for `verify`; - for standard
    /// input. Others among them are passed over
    #[arg(long, value_name = "FILE", required_unless_present = "accounts")]
    pub history: Option<PathBuf>,

    /// The Recovery and the marked margin accounts as they lie on chain: JSON as for `verify`; may
    /// be repeated
    #[arg(long, value_name = "FILE")]
    pub accounts: Vec<PathBuf>,

    /// Number of the compartment
    #[arg(long, default_value_t = 0)]
    pub compartment: u16,

    /// Epoch of the Recovery; the latest that is found if left out
    #[arg(long)]
    pub epoch: Option<u32>,

    /// The latest audit instead of a Recovery
    #[arg(long, conflicts_with = "epoch")]
    pub audit: bool,
}

impl Source {
    /// Compartment, and the epoch that is meant.
    #[must_use]
    pub fn of(&self) -> (u16, Option<u32>) {
        let epoch = if self.audit { Some(AUDIT) } else { self.epoch };
        (self.compartment, epoch)
    }
}
