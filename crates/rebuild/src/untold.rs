//! What no event fixes: the bytes in which an account on chain may differ from what its events come
//! to, and why. Every other byte of every kind of account here is compared, a new one too.

use std::mem::offset_of;

use bulwark_state::{Bank, Board, BoardBank, Market, Wide};

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

/// What a check saw.
const CHECK: &str = "what the last check saw: one that finds nothing says nothing";
/// Bounds.
const BOUND: &str = "a check lowers it where it finds less, and says nothing if that is all: \
    compared as a bound";
/// Trips.
const TRIP: &str = "trips of breakers: a check tells them when it chains them";

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
    Market: TRIP { band.chained: u64 }
    Market: CHECK { loss_long_seen: Wide, loss_short_seen: Wide }
    Bank: CHECK {
        totals.check_loss: u64, totals.check_claims: i64, totals.check_slot: u64,
        totals.check_gap: u64, totals.check_hole: u64,
    }
    Bank: BOUND { expected: u64, totals.deficit: u64 }
};

/// Takes what no event fixes of a layout from the chain's: the rest is to be equal.
pub(crate) fn but_untold(account: &str, plain: &mut [u8], is: &[u8]) {
    for untold in UNTOLD.iter().filter(|untold| untold.account == account) {
        let range = untold.at..untold.at + untold.length;
        plain[range.clone()].copy_from_slice(&is[range]);
    }
}
