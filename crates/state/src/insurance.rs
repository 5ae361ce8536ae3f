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

/// Money of stakers behind shares. Only what the rules book moves it: coins sent to a vault don't.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct StakePool {
    /// Part of the insurance's balance that is theirs, UsdE6.
    pub value: u64,
    /// Shares.
    pub shares: Wide,
    /// How often losses have used it up: shares of an earlier generation are worth nothing.
    pub generation: u64,
}
layout!(StakePool, 32);

/// A compartment's insurance: internal accounting of money that lies in the quote vault.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct Insurance {
    /// Compartment.
    pub compartment: Key,
    /// I: balance, UsdE6.
    pub balance: u64,
    /// Stakers who earn a part of fees. What of the balance belongs to neither pool was given.
    pub earning: StakePool,
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
    /// Open-second clock at which a proof first found insurance short: the sale of stakes began.
    pub auction_open: u64,
    /// PDA bump.
    pub bump: u8,
    /// Layout version.
    pub version: u8,
    /// Reserved.
    pub reserved0: [u8; 6],
    /// Stakers who bear losses and earn nothing: for their first day, and while they leave.
    pub idle: StakePool,
    /// Until here an account is known that is liquidatable and could take a tenth of insurance:
    /// nobody leaves, unix seconds.
    pub at_risk_until: i64,
    /// U when fees were last shared: stressed shortfall over balance, ppm, at most one.
    pub used_ppm: u64,
    /// Fees that stakers have ever earned, UsdE6.
    pub earned_total: u64,
    /// What sales of stakes have ever brought, UsdE6.
    pub sold_total: u64,
    /// Price of cover while all of insurance is used, ppm of stress a year.
    pub premium_ppm: u64,
    /// U when premium was last charged, ppm, at most one.
    pub premium_used_ppm: u64,
    /// Premium that positions have ever been charged, UsdE6.
    pub premium_total: u64,
    /// Reserved.
    pub reserved: [u64; 20],
}
layout!(
    Insurance,
    32 + 8 + 32 + 32 + 16 + 16 + 8 + 192 + 16 + 16 + 8 + 256
);

/// What one owner has staked into an insurance: shares of its two pools.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct Stake {
    /// Insurance.
    pub insurance: Key,
    /// Owner.
    pub owner: Key,
    /// Shares of the earning pool.
    pub earning: Wide,
    /// Shares of the idle pool that will earn once they are a day old.
    pub young: Wide,
    /// Shares of the idle pool that have asked to leave.
    pub leaving: Wide,
    /// Generation of the earning pool that `earning` belongs to.
    pub earning_generation: u64,
    /// Generation of the idle pool that `young` and `leaving` belong to.
    pub idle_generation: u64,
    /// Unix second since when `young` are idle.
    pub young_at: i64,
    /// Unix second at which `leaving` asked, 0 if none has.
    pub asked_at: i64,
    /// What they were worth then, UsdE6: they are never paid more.
    pub asked_value: u64,
    /// Sequence of events of this account.
    pub event_sequence: u64,
    /// PDA bump.
    pub bump: u8,
    /// Layout version.
    pub version: u8,
    /// Reserved.
    pub reserved0: [u8; 6],
    /// What a Recovery has paid for it, UsdE6.
    pub recovered: u64,
    /// 1 once it was assigned: not again.
    pub assigned: u64,
    /// Reserved.
    pub reserved: [u64; 10],
}
layout!(Stake, 64 + 48 + 48 + 8 + 96);
