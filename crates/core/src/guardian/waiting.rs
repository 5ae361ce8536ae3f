//! What waits, and how fast everyone may leave meanwhile: delay means exit.

use bulwark_state::{Guardian, WAITING, Waiting};

use crate::error::{Error, Result};
use crate::time::Now;

/// Seconds of a delay in which nobody needs to be out yet (24 h): the rest must do.
const MARGIN: u64 = 86_400;
const PPM: u64 = 1_000_000;

/// The quickening of exits that holds now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quickening {
    /// Share of the base that leaves in 24 h, ppm; 0 while nothing waits.
    pub ppm: u64,
    /// Unix second up to which it is known to hold, 0 if none does.
    pub until: i64,
}

/// Rate at which all are out a day before `delay` ends, ppm of the base in 24 h, rounded up.
fn rate(delay: u64) -> Result<u64> {
    let days = delay.checked_sub(MARGIN).filter(|s| *s > 0);
    let seconds = days.ok_or(Error::BadValue)?;
    Ok((PPM * 86_400).div_ceil(seconds))
}

/// Notes that a proposal waits. `TooManyWaiting` when eight do: so many changes at once are a lock.
pub(super) fn note(guardian: &mut Guardian, nonce: u64, delay: u64, expires_at: i64) -> Result<()> {
    let ppm = rate(delay)?;
    let mut places = guardian.waiting.iter_mut();
    let place = places.find(|w| w.nonce == 0 || w.nonce == nonce);
    *place.ok_or(Error::TooManyWaiting)? = Waiting {
        nonce,
        expires_at,
        ppm,
    };
    Ok(())
}

/// Notes that a proposal waits no longer.
pub(super) fn forget(guardian: &mut Guardian, nonce: u64) {
    for place in guardian.waiting.iter_mut().filter(|w| w.nonce == nonce) {
        *place = Waiting::default();
    }
}

/// Whether a place is free for another.
pub(super) fn prune(guardian: &mut Guardian, now: Now) {
    for place in guardian
        .waiting
        .iter_mut()
        .filter(|w| w.expires_at <= now.unix)
    {
        *place = Waiting::default();
    }
}

/// The quickening that holds now: the fastest that any waiting proposal asks for, until the last
/// of them expires.
pub fn quickening(guardian: &Guardian, now: Now) -> Quickening {
    let mut all = Quickening::default();
    for place in guardian.waiting.iter().take(WAITING) {
        if place.nonce != 0 && now.unix < place.expires_at {
            all.ppm = all.ppm.max(place.ppm);
            all.until = all.until.max(place.expires_at);
        }
    }
    all
}
