//! What no event fixes: the bytes in which an account on chain may differ from what its events come
//! to, and why. Every other byte of every kind of account here is compared, a new one too.

use std::mem::offset_of;

use bulwark_state::{
    Bank, Board, BoardBank, Deltas, Fading, Insurance, Key, MarginAccount, Market, Stake,
    StakePool, Stress, Wide,
};

/// Bytes that no event fixes.
#[derive(Clone, Copy, Debug)]
pub struct Untold {
    /// Kind of account.
    pub account: &'static str,
    /// Field.
    pub field: &'static str,
    /// Where it begins, behind the discriminator.
    pub at: usize,
    /// How long it is, bytes.
    pub length: usize,
    /// Why.
    pub why: &'static str,
}

/// How far a limit is used up.
const LIMIT: &str = "how far a limit is used up follows from the time and from what it let through, \
    which is told; the limit itself is compared";
/// What follows time.
const TIME: &str = "a mean or a valuation that follows the time, carried on at any touch";
/// What a check saw.
const CHECK: &str = "what the last check saw: one that finds nothing says nothing";
/// Sums.
const SUM: &str = "waits to be folded: compared as a sum with what `fold` moves";
/// Bounds.
const BOUND: &str = "a check lowers it where it finds less, and says nothing if that is all: \
    compared as a bound";
/// Trips.
const TRIP: &str = "trips of breakers: a check tells them when it chains them";
/// Addresses.
const ADDRESS: &str = "how its address was found: it is derived from what is compared";
/// Parts of insurance.
const PARTS: &str = "how the balance is divided, and what was drawn of it: told where a stake or a \
    position moves; the balance itself is compared";

macro_rules! untold {
    ($($account:ident: $why:ident { $($($field:ident).+: $type:ty),+ $(,)? })+) => {
        &[$($(Untold {
            account: stringify!($account),
            field: stringify!($($field).+),
            at: offset_of!($account, $($field).+),
            length: size_of::<$type>(),
            why: $why,
        }),+),+]
    };
}

/// All of them.
pub const UNTOLD: &[Untold] = untold! {
    Board: CHECK { lend_seen: Wide, debt_seen: Wide }
    BoardBank: CHECK { coverage_e9: u64 }
    MarginAccount: ADDRESS { bump: u8 }
    Stake: ADDRESS { insurance: Key, bump: u8 }
    Market: SUM { deltas: Deltas }
    Market: LIMIT {
        slot_notional: u64, slot: u64, draws.level: u64, draws.at: i64, draws.remainder: u64,
        cascade.level: u64, cascade.at: i64, cascade.remainder: u64,
    }
    Market: TRIP { cascade_until: i64, band.sequence: u64, band.chained: u64, band.reason: u32 }
    Market: CHECK { loss_long_seen: Wide, loss_short_seen: Wide }
    Bank: LIMIT {
        hour.level: u64, hour.at: i64, hour.remainder: u64,
        day.level: u64, day.at: i64, day.remainder: u64,
        small.level: u64, small.at: i64, small.remainder: u64,
        restricted_in.level: u64, restricted_in.at: i64, restricted_in.remainder: u64,
        totals.hour.level: u64, totals.hour.at: i64, totals.hour.remainder: u64,
        totals.day.level: u64, totals.day.at: i64, totals.day.remainder: u64,
        queue.q_out: Wide, queue.at: i64, queue.held_base: u64,
    }
    Bank: TIME {
        mean_claims: u64, mean_at: i64, mean_remainder: u64, quick_base: u64, quick_until: i64,
        totals.value: u64, totals.value_at: i64, totals.quick_value: u64,
        totals.interest_open: u64, totals.fees_shared: i64,
    }
    Bank: CHECK {
        totals.check_loss: u64, totals.check_claims: i64, totals.check_slot: u64,
        totals.check_gap: u64, totals.check_hole: u64,
    }
    Bank: SUM {
        live_delta: i64, totals.positive: i64, totals.negative: i64, totals.fees: i64,
        totals.interest_pot: i64, totals.live_count: i64,
    }
    Bank: BOUND { expected: u64, totals.deficit: u64 }
    Insurance: LIMIT { draws.level: u64, draws.at: i64, draws.remainder: u64 }
    Insurance: PARTS {
        earning: StakePool, idle: StakePool, drawn_total: u64, socialised_total: u64,
        drawdown: Fading, drawdown_base: u64, stress: [Stress; 4], auction_open: u64,
        at_risk_until: i64, used_ppm: u64, earned_total: u64, sold_total: u64,
    }
};

/// Takes what no event fixes of a layout from the chain's: the rest is to be equal.
pub(crate) fn but_untold(account: &str, plain: &mut [u8], is: &[u8]) {
    for untold in UNTOLD.iter().filter(|untold| untold.account == account) {
        let range = untold.at..untold.at + untold.length;
        plain[range.clone()].copy_from_slice(&is[range]);
    }
}
