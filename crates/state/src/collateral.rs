//! What the Board keeps about kinds of collateral: pegs that are watched, and limits.

use crate::End;
use crate::common::layout;
use bytemuck::{Pod, Zeroable};

/// Where the depeg breaker stands: moved on by every refresh of a feed that it looks at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct Pegs {
    /// Quote was off its peg: the compartment is Restricted until here.
    pub quote: End,
    /// A bridged token was off what it stands for: that origin class counts for no new risk, and
    /// takes no deposits, until here.
    pub bridged: End,
    /// Sequence number of the latest trip, chained into Protocol by the next `check`.
    pub sequence: u64,
    /// Latest of them that was chained.
    pub chained: u64,
    /// Unix second of the latest trip.
    pub tripped_at: i64,
    /// Reason code of the latest trip.
    pub reason: u32,
    /// Bank that tripped it.
    pub bank: u32,
}
layout!(Pegs, 64);

/// What collateral of one origin class, or of one group of correlated tokens, may count for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct CollateralLimits {
    /// Largest value at Initial that counts in one account, UsdE6. 0 means closed.
    pub account_cap: u64,
    /// Largest value of the compartment's claims that a deposit may reach, UsdE6. 0 means closed.
    pub compartment_cap: u64,
    /// Smallest haircut for new risk, e9.
    pub haircut_e9: u32,
    /// Reserved.
    pub reserved: [u8; 4],
}
layout!(CollateralLimits, 24);
