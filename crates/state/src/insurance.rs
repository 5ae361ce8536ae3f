use crate::common::layout;
use crate::{Bucket, Key, Wide};
use bytemuck::{Pod, Zeroable};

/// One of the largest proved stressed shortfalls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct Stress {
    /// Margin account.
    pub margin: Key,
    /// Shortfall, UsdE6.
    pub shortfall: u64,
    /// Unix second of the proof; it dies after an hour.
    pub at: i64,
}
layout!(Stress, 48);

/// A compartment's insurance: internal accounting of money that lies in the quote vault.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct Insurance {
    /// Compartment.
    pub compartment: Key,
    /// I: balance, UsdE6.
    pub balance: u64,
    /// Shares.
    pub shares: Wide,
    /// Shares that have asked to leave.
    pub leaving: Wide,
    /// Draws of the compartment within 24 h.
    pub draws: Bucket,
    /// Everything ever drawn, UsdE6.
    pub drawn_total: u64,
    /// Everything ever charged to the gaining side, UsdE6.
    pub socialised_total: u64,
    /// Insurance draws and index losses, fading over 24 h (drawdown breaker).
    pub drawdown: crate::Fading,
    /// Balance that the drawdown is compared with.
    pub drawdown_base: u64,
    /// The four largest proved shortfalls.
    pub stress: [Stress; 4],
    /// Cooldown of leaving, seconds.
    pub cooldown: u64,
    /// Window of leaving, seconds.
    pub window: u64,
    /// Fee share of stakers: base, ppm.
    pub share_base_ppm: u32,
    /// Fee share: slope below the kink, ppm.
    pub share_slope_ppm: u32,
    /// Fee share: slope above the kink, ppm.
    pub share_steep_ppm: u32,
    /// Fee share: kink of utilisation, ppm.
    pub share_kink_ppm: u32,
    /// Unix second of the recapitalisation auction's start, 0 if none.
    pub auction_at: i64,
    /// PDA bump.
    pub bump: u8,
    /// Layout version.
    pub version: u8,
    /// Reserved.
    pub reserved: [u8; 254],
}
layout!(
    Insurance,
    32 + 8 + 32 + 32 + 16 + 16 + 8 + 192 + 16 + 16 + 8 + 256
);
