//! The makers: a few well-funded accounts that quote both sides around the oracle's price.
//!
//! Their quotes matter only when somebody trades, so they renew them just before that.

use anyhow::Result;

use super::venue::{Party, Quote, Venue};

/// Number of makers; maker n quotes n + 1 half spreads away from the price.
pub const MAKERS: usize = 3;
/// Half spread, ppm, beside the modelled confidence.
const HALF_SPREAD_PPM: u64 = 500;
/// Each quote's size in sizes of one trader.
const SIZES: u64 = 10;

/// The makers and what they last quoted around.
#[derive(Default)]
pub struct Makers {
    quoted_at: Option<i64>,
}

impl Makers {
    /// Renews all quotes, unless that has been done at this print. `least` is a size that each side
    /// of each maker must be good for.
    pub fn quote(&mut self, venue: &mut Venue, least: u64) -> Result<()> {
        let now = venue.now().unix;
        if self.quoted_at == Some(now) {
            return Ok(());
        }
        self.quoted_at = Some(now);
        let (price, conf) = venue.price();
        let half = price / 1_000_000 * HALF_SPREAD_PPM + conf;
        let one = venue.trader_size().unsigned_abs();
        let size = (one * SIZES).max(least);
        venue.cancel_quotes()?;
        for maker in 0..MAKERS {
            let away = half * (maker as u64 + 1);
            let (bid, ask) = (price.saturating_sub(away), price + away);
            venue.quote(Party::Maker(maker), &Quote { bid, ask, size }, one)?;
        }
        Ok(())
    }
}
