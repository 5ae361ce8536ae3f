//! Measured over a path, and the static arm: fixed margins at the average that the dynamic arm will
//! have over the same prices.
//!
//! The average is computed before either arm starts, by the very code that the program runs, on a
//! copy of the Board that has just been set up.

use anyhow::{Context, Result, anyhow};
use bulwark_core::feed::Reading;
use bulwark_core::{refresh, targets};
use bulwark_state::{Board, Targets};

use super::cluster::Cluster;
use super::path::Print;
use super::steps::Step;
use super::venue::Venue;

/// Initial margin over the prints of a path, before size and concentration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InitialMargin {
    sum_e9: u128,
    count: u64,
    largest_e9: u64,
}

impl InitialMargin {
    /// Notes an initial ratio, e9.
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

/// Initial margins of all markets, and haircuts for new risk of all tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measured {
    pub markets: Vec<InitialMargin>,
    pub tokens: Vec<InitialMargin>,
}

impl Measured {
    /// Nothing noted yet.
    pub fn of(markets: usize, tokens: usize) -> Self {
        Self {
            markets: vec![InitialMargin::default(); markets],
            tokens: vec![InitialMargin::default(); tokens],
        }
    }

    /// Notes what holds on a Board.
    fn note<'a>(
        &mut self,
        markets: impl Iterator<Item = &'a Targets>,
        tokens: impl Iterator<Item = &'a Targets>,
    ) {
        for (noted, rule) in self.markets.iter_mut().zip(markets) {
            noted.note(targets::initial(rule));
        }
        for (noted, rule) in self.tokens.iter_mut().zip(tokens) {
            noted.note(targets::initial(rule));
        }
    }

    /// Notes what holds at a venue now.
    pub fn note_venue(&mut self, venue: &Venue) {
        let markets = (0..venue.market_count()).map(|at| venue.margin(at));
        let tokens = (0..venue.token_count()).map(|at| venue.haircut(at));
        self.note(markets, tokens);
    }

    fn note_board(&mut self, board: &Board) {
        let markets = board.markets.iter().map(|market| &market.margin);
        let tokens = board.banks[1..].iter().map(|bank| &bank.haircut);
        self.note(markets, tokens);
    }

    /// The averages, to be fixed.
    pub fn averages(&self) -> Fixed {
        let averages = |of: &[InitialMargin]| of.iter().map(InitialMargin::average_ppm).collect();
        Fixed {
            markets: averages(&self.markets),
            tokens: averages(&self.tokens),
        }
    }
}

/// Fixed initial margins of markets and haircuts of tokens, ppm.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fixed {
    pub markets: Vec<u64>,
    pub tokens: Vec<u64>,
}

/// The margins over the steps from `from` on, had they all been refreshed into `board`, a copy of
/// the one that was just set up.
pub fn along(
    mut board: Box<Board>,
    steps: impl Iterator<Item = Step>,
    feeds: &[u8],
    cluster: Cluster,
    from: i64,
) -> Result<Measured> {
    let (markets, banks) = (board.market_count, board.bank_count);
    let mut margins = Measured::of(usize::from(markets), usize::from(banks).saturating_sub(1));
    let clock = board.clock;
    for step in steps {
        let now = cluster.now_at(step.at);
        if !step.prints.is_empty() {
            let mut refreshed = refresh::begin(&mut board, &clock, now).map(|_| ());
            for (series, print) in &step.prints {
                let feed = feeds.get(*series).context("a series without a feed")?;
                let taken = |()| refresh::feed(&mut board, *feed, &reading(print), None, now);
                refreshed = refreshed.and_then(taken).map(|_| ());
            }
            refreshed.map_err(|e| {
                anyhow!("the path can't be measured at {}: {}", step.at, e.message())
            })?;
        }
        if step.at >= from {
            margins.note_board(&board);
        }
    }
    Ok(margins)
}

fn reading(print: &Print) -> Reading {
    Reading {
        price: print.price,
        conf: print.conf,
        ema: print.ema,
        publish_at: print.at,
    }
}

/// Fixes margins and haircuts: no instruction accepts such parameters, so they are written into the
/// Board. Neither volatility nor the distance to the signed average moves them any more.
pub fn fix(board: &mut Board, fixed: &Fixed) {
    for (market, ppm) in board.markets.iter_mut().zip(&fixed.markets) {
        fix_rule(&mut market.margin, *ppm);
    }
    for (bank, ppm) in board.banks[1..].iter_mut().zip(&fixed.tokens) {
        fix_rule(&mut bank.haircut, *ppm);
    }
}

fn fix_rule(margin: &mut Targets, initial_ppm: u64) {
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
