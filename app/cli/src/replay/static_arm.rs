//! The static arm: fixed margins at the average that the dynamic arm will have over the same
//! prices.
//!
//! The average is computed before either arm starts, by the very code that the program runs, on a
//! copy of the Board that has just been set up.

use anyhow::{Result, anyhow};
use bulwark_core::feed::Reading;
use bulwark_core::{refresh, targets};
use bulwark_state::Board;

use super::path::{Print, now_at};

/// Initial margin over the prints of a path, before size and concentration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InitialMargin {
    sum_e9: u128,
    count: u64,
    largest_e9: u64,
}

impl InitialMargin {
    /// Notes a market's initial ratio, e9.
    pub fn note(&mut self, ratio_e9: u64) {
        self.sum_e9 += u128::from(ratio_e9);
        self.count += 1;
        self.largest_e9 = self.largest_e9.max(ratio_e9);
    }

    /// Average, ppm, rounded to the nearest.
    pub fn average_ppm(&self) -> u64 {
        let count = u128::from(self.count.max(1)) * 1_000;
        u64::try_from((self.sum_e9 + count / 2) / count).unwrap_or(u64::MAX)
    }

    /// Largest, ppm, rounded up.
    pub fn largest_ppm(&self) -> u64 {
        self.largest_e9.div_ceil(1_000)
    }
}

/// The initial margin of `market` over the prints from `from` on, had they all been refreshed into
/// `board`, a copy of the one that was just set up.
pub fn along(
    mut board: Box<Board>,
    market: usize,
    prints: impl Iterator<Item = Print>,
    from: i64,
) -> Result<InitialMargin> {
    let mut margin = InitialMargin::default();
    let (clock, feed) = (board.clock, board.markets[market].feed);
    for print in prints {
        let now = now_at(print.at);
        let Print {
            at,
            price,
            conf,
            ema,
        } = print;
        let reading = Reading {
            price,
            conf,
            ema,
            publish_at: at,
        };
        let refreshed = refresh::begin(&mut board, &clock, now)
            .and_then(|_| refresh::feed(&mut board, feed, &reading, None, now));
        refreshed.map_err(|e| anyhow!("the path can't be measured at {at}: {}", e.message()))?;
        if at >= from {
            margin.note(targets::initial(&board.markets[market].margin));
        }
    }
    Ok(margin)
}

/// Fixes the margins of a market: no instruction accepts such parameters, so they are written into
/// the Board. Neither volatility nor the distance to the signed average moves them any more.
pub fn fix(board: &mut Board, market: usize, initial_ppm: u64) {
    let margin = &mut board.markets[market].margin;
    let ratio = u64::from(margin.params.im_ratio.max(1));
    let maintenance = initial_ppm * 1_000_000 / ratio;
    margin.params.floor_e9 = u32::try_from(maintenance).unwrap_or(u32::MAX);
    // Above the target, so that the market never counts as standing at its cap.
    margin.params.cap_e9 = 1_000_000_000;
    margin.params.initial_floor_e9 = u32::try_from(initial_ppm * 1_000).unwrap_or(u32::MAX);
    margin.params.k = 0;
    margin.params.gap_w = 0;
    (margin.im, margin.mm, margin.m0) = (maintenance, maintenance, maintenance);
}
