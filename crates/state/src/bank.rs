use crate::common::layout;
use crate::{Bucket, Key, Wide};
use bytemuck::{Pod, Zeroable};

/// Withdrawals that wait: cumulative counters in nominal token units. First come, first served.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct Queue {
    /// All that was ever queued.
    pub q_in: Wide,
    /// All that may be paid by now.
    pub q_out: Wide,
    /// All that was paid or voided.
    pub q_served: Wide,
    /// Base of the buckets when the oldest waiting ticket was written: a floor while it waits.
    pub held_base: u64,
    /// Unix second of the last crank.
    pub at: i64,
    /// Tickets written so far.
    pub next: u64,
    /// Tickets that wait.
    pub waiting: u64,
}
layout!(Queue, 80);

/// What withdrawals could not be paid when value was missing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct Residuals {
    /// Sum of residual claims, token units (Res_j).
    pub total: u64,
    /// Money assigned to them and not collected yet (A_j).
    pub assigned: u64,
    /// Factor σ_j of the current generation, starts at 2^64.
    pub factor: Wide,
    /// Generation.
    pub generation: u64,
}
layout!(Residuals, 40);

/// Quote only: totals of the signed ledger. Trades change them through their market's deltas.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct QuoteTotals {
    /// X⁺: Σ of positive raw quote balances (signed: markets' deltas may be ahead).
    pub positive: i64,
    /// X⁻: Σ of negative raw quote balances, as a positive number.
    pub negative: i64,
    /// F: fees collected and not paid out.
    pub fees: i64,
    /// Interest collected minus interest paid.
    pub interest_pot: i64,
    /// Explained part of the hole M.
    pub deficit: u64,
    /// D of the last check: loss that claims share.
    pub check_loss: u64,
    /// C of the last check: claims that share it (signed).
    pub check_claims: i64,
    /// Slot of the last check.
    pub check_slot: u64,
    /// Open-second clock of the last interest accrual.
    pub interest_open: u64,
    /// Accounts with anything in them (signed: markets' and banks' deltas may be ahead).
    pub live_count: i64,
    /// Yearly rate at 50 % utilisation and below, ppm.
    pub rate_low_ppm: u32,
    /// Yearly rate at 80 % utilisation, ppm.
    pub rate_kink_ppm: u32,
    /// Yearly rate at full utilisation, ppm.
    pub rate_high_ppm: u32,
    /// Utilisation up to which the rate is `rate_low`, ppm.
    pub kink_low_ppm: u32,
    /// Utilisation of the kink, ppm.
    pub kink_high_ppm: u32,
    /// Floor of F that the treasury is never paid from, quote units.
    pub fee_floor_e6: u32,
    /// Bucket in UsdE6 that binds withdrawals with positions, orders or debt: one hour.
    pub hour: Bucket,
    /// The same for 24 hours.
    pub day: Bucket,
    /// By how much the vault was below `expected` at the last check: inside `check_loss`.
    pub check_gap: u64,
    /// Value of the compartment's bucket bases at the last valuation, UsdE6.
    pub value: u64,
    /// Unix second of that valuation.
    pub value_at: i64,
    /// Largest value since the queued change that quickens exits reached its quorum, UsdE6.
    pub quick_value: u64,
    /// Age from which a debt may be converted, seconds. 0 means never by its age.
    pub convert_age: u32,
    /// Share of the own collateral above which a debt may be converted, ppm. 0 means never by it.
    pub convert_share_ppm: u32,
    /// Largest discount of a conversion, ppm.
    pub convert_discount_ppm: u32,
    /// Premium on the legs of a wind-up, from insurance, ppm of notional.
    pub wind_up_premium_ppm: u32,
    /// Discount on the collateral of a wind-up, ppm.
    pub wind_up_discount_ppm: u32,
    /// Reserved.
    pub reserved0: [u8; 4],
    /// M as far as it is known: the hole of the last check, what has gone from the vault since, and
    /// deficits booked since.
    pub check_hole: u64,
    /// F up to which stakers have had their share of fees (signed as F is).
    pub fees_shared: i64,
    /// Reserved.
    pub reserved: [u64; 7],
}
layout!(QuoteTotals, 80 + 24 + 64 + 128);

/// A token of a compartment: vault, claims, limits.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct Bank {
    /// Compartment.
    pub compartment: Key,
    /// Mint.
    pub mint: Key,
    /// Vault: token account of the vault authority.
    pub vault: Key,
    /// Token program that owns the mint.
    pub token_program: Key,
    /// K_j: claims in token units, unpaid tickets included (0 for quote: see `totals`).
    pub claims: u64,
    /// T_j: unpaid tickets in token units (inside K_j; for quote T_0).
    pub tickets: u64,
    /// Vault balance that the program last expected, moved by its own arithmetic only.
    pub expected: u64,
    /// 24-hour mean of claims, token units.
    pub mean_claims: u64,
    /// Unix second up to which the mean has been carried.
    pub mean_at: i64,
    /// Largest K_j that a deposit may reach, token units. 0 means closed.
    pub deposit_cap: u64,
    /// Largest amount per margin account, token units. 0 means closed.
    pub account_cap: u64,
    /// Smallest deposit into an account that has nothing, token units.
    pub deposit_min: u64,
    /// Smallest base of the buckets, token units.
    pub base_floor: u64,
    /// Amount up to which a ticket uses the small-exit lane, token units.
    pub small_exit: u64,
    /// Outflow of one hour.
    pub hour: Bucket,
    /// Outflow of 24 hours.
    pub day: Bucket,
    /// Part of the outflow kept for small exits.
    pub small: Bucket,
    /// New deposits in Restricted.
    pub restricted_in: Bucket,
    /// Waiting withdrawals.
    pub queue: Queue,
    /// Residual claims.
    pub residuals: Residuals,
    /// Accounts that became live or empty through this bank, not folded yet.
    pub live_delta: i64,
    /// Quote only.
    pub totals: QuoteTotals,
    /// Sequence of events that moved this token.
    pub event_sequence: u64,
    /// Capability and breaker latches with the end of each are in the compartment; this is the
    /// end of a guardian's closing for new risk.
    pub no_new_risk_until: crate::End,
    /// Number of this bank in its compartment; 0 is quote.
    pub index: u8,
    /// Decimals of the mint.
    pub decimals: u8,
    /// 1 active, 2 no new risk, 3 closing.
    pub status: u8,
    /// 1 SPL Token, 2 Token-2022.
    pub token_kind: u8,
    /// Origin class: 1 native, 2 stable, 3 liquid-stake, 4 bridged.
    pub origin: u8,
    /// Group of correlated collateral.
    pub group: u8,
    /// PDA bump.
    pub bump: u8,
    /// Layout version.
    pub version: u8,
    /// Remainder of `mean_claims`, units × seconds below 24 h.
    pub mean_remainder: u64,
    /// Largest K_j since the queued change that quickens exits reached its quorum, token units.
    pub quick_base: u64,
    /// Unix end of the quickening that `quick_base` belongs to.
    pub quick_until: i64,
    /// Lowered deposit cap.
    pub lowered_deposits: crate::Lowered,
    /// Unix seconds of the latest two closings for new risk: at most two in 30 days.
    pub closed_at: [i64; 2],
    /// Reserved.
    pub reserved: [u8; 176],
}
layout!(
    Bank,
    128 + 80 + 4 * 32 + 80 + 40 + 8 + 296 + 8 + 16 + 8 + 256
);

/// A queued withdrawal's place. Can't be cancelled.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct Ticket {
    /// Bank.
    pub bank: Key,
    /// Margin account.
    pub margin: Key,
    /// Token account that is paid, owned by the margin account's owner.
    pub destination: Key,
    /// q_in before this ticket.
    pub start: Wide,
    /// Amount, token units.
    pub amount: u64,
    /// Served so far, nominal.
    pub served: u64,
    /// Number, unique per margin account: part of the address.
    pub number: u64,
    /// Unix second of writing.
    pub at: i64,
    /// 1 if in the small-exit lane.
    pub small: u8,
    /// PDA bump.
    pub bump: u8,
    /// Layout version.
    pub version: u8,
    /// Reserved.
    pub reserved: [u8; 61],
}
layout!(Ticket, 96 + 16 + 32 + 64);
