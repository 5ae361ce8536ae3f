use bytemuck::{Pod, Zeroable};

/// A 32-byte address.
pub type Key = [u8; 32];

/// Asserts size and alignment of a layout at compile time.
macro_rules! layout {
    ($type:ty, $size:expr) => {
        const _: () = assert!(core::mem::size_of::<$type>() == $size);
        const _: () = assert!(core::mem::align_of::<$type>() <= 8);
    };
}
pub(crate) use layout;

/// An unsigned 128-bit number as two words of alignment 8.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct Wide {
    /// Low 64 bits.
    pub lo: u64,
    /// High 64 bits.
    pub hi: u64,
}
layout!(Wide, 16);

impl Wide {
    /// The number as `u128`.
    pub const fn get(self) -> u128 {
        ((self.hi as u128) << 64) | self.lo as u128
    }
    /// From a `u128`.
    pub const fn new(v: u128) -> Self {
        Self {
            lo: v as u64,
            hi: (v >> 64) as u64,
        }
    }
}

/// A signed 128-bit number (two's complement) as two words of alignment 8.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct SignedWide {
    /// Low 64 bits.
    pub lo: u64,
    /// High 64 bits.
    pub hi: u64,
}
layout!(SignedWide, 16);

impl SignedWide {
    /// The number as `i128`.
    pub const fn get(self) -> i128 {
        (((self.hi as u128) << 64) | self.lo as u128) as i128
    }
    /// From an `i128`.
    pub const fn new(v: i128) -> Self {
        Self {
            lo: v as u64,
            hi: ((v as u128) >> 64) as u64,
        }
    }
}

/// One of the two ends of something that lasts: it ends when unix time reaches `at`, or when the
/// slot reaches `slot` (twice the time in slots), whichever is first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct End {
    /// Unix seconds.
    pub at: i64,
    /// Slot.
    pub slot: u64,
}
layout!(End, 16);

/// Seconds during which trading was closed: `closed_sum` of all finished closings, and the current
/// or next one. Open seconds are a pure function of these three and the time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct OpenClock {
    /// Seconds closed before `closed_from`.
    pub closed_sum: u64,
    /// Unix second at which the latest closing began.
    pub closed_from: i64,
    /// Unix second at which the latest closing ends.
    pub closed_until: i64,
}
layout!(OpenClock, 24);

/// A leaky bucket: `level` units may leave now, refilled with time up to its cap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct Bucket {
    /// Units that may leave now.
    pub level: u64,
    /// Remainder of the refill in units × seconds.
    pub remainder: u64,
    /// Unix second of the last refill.
    pub at: i64,
    /// Cap as share of the base, ppm. Zero means closed.
    pub cap_ppm: u32,
    /// Period over which an empty bucket fills, seconds.
    pub period: u32,
}
layout!(Bucket, 32);

/// An amount that fades linearly to nothing over a fixed window after `at`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct Fading {
    /// Amount at `at`.
    pub amount: u64,
    /// Unix second of the last change.
    pub at: i64,
}
layout!(Fading, 16);

/// Mode record: two ends that only grow (Relax alone lowers `restricted`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct ModeRecord {
    /// Restricted until here.
    pub restricted: End,
    /// Paused until here. Ends by expiry alone.
    pub paused: End,
    /// Restricted by automation alone until here: counts for the dead-man rule.
    pub automatic: End,
    /// Sequence number of the latest change, named by Relax.
    pub sequence: u64,
    /// Unix second since when bits and breakers have kept the mode above Normal, 0 if they don't.
    pub above_normal_at: i64,
    /// Reason code of the latest restriction.
    pub restricted_reason: u16,
    /// Reason code of the latest pause.
    pub paused_reason: u16,
    /// 1 if the running pause was set by guardians, 2 if by automation.
    pub paused_by: u8,
    /// Reserved.
    pub reserved: [u8; 3],
    /// Sequence number of the act that `restricted` comes from.
    pub restricted_sequence: u64,
    /// Restricted until here by acts newer than that one: what a Relax that names it leaves.
    pub newer: End,
}
layout!(ModeRecord, 96);

/// One granted pause, kept for the rolling budgets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct Span {
    /// First unix second.
    pub from: i64,
    /// First unix second after it.
    pub until: i64,
}
layout!(Span, 16);

/// Spans whose sum within a rolling window is limited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "idl-build", derive(anchor_lang::AnchorSerialize))]
#[repr(C)]
pub struct Budget {
    /// The latest spans, oldest overwritten first once it has left the window.
    pub spans: [Span; 12],
}
layout!(Budget, 192);
