//! One run: one arm under one order of the extremes, from the first print to the last.

use anyhow::Result;
use indicatif::ProgressBar;

use super::liquidator::Liquidator;
use super::makers::{MAKERS, Makers};
use super::path::Print;
use super::population::Trader;
use super::static_arm::InitialMargin;
use super::traders::Traders;
use super::venue::{Party, Venue};

/// Prints between two recomputations of the ledger out of all accounts.
const CHECK_EVERY: u64 = 1_000;
/// Prints between two accruals of interest.
const ACCRUE_EVERY: u64 = 240;

/// What a run leaves beside the accounts.
pub struct Played {
    pub margin: InitialMargin,
    pub opened_e6: u64,
    pub turned_away: u32,
    pub accounts_liquidated: u32,
    pub liquidations: u64,
    pub conservation_error: u64,
}

/// Plays all prints on a venue. Margins are averaged over the prints from `from` on.
pub fn play(
    venue: &mut Venue,
    prints: impl Iterator<Item = Print>,
    traders: Vec<Trader>,
    from: i64,
    delay: u32,
    bar: &ProgressBar,
) -> Result<Played> {
    let mut traders = Traders::new(traders);
    let mut liquidator = Liquidator::new(delay);
    let mut makers = Makers::default();
    let mut margin = InitialMargin::default();
    let mut conservation_error = 0;
    for (number, print) in (0u64..).zip(prints) {
        venue.publish(&print)?;
        if print.at >= from {
            margin.note(venue.initial_ratio());
        }
        let due = liquidator.look(venue, &watched(&traders), number)?;
        let loaded = venue.position(Party::Liquidator).unsigned_abs();
        if !due.is_empty() || loaded != 0 || traders.are_due(print.at) {
            makers.quote(venue, loaded)?;
            liquidator.unload(venue)?;
            liquidator.act(venue, due)?;
            liquidator.unload(venue)?;
        }
        traders.act(venue)?;
        if number % ACCRUE_EVERY == ACCRUE_EVERY - 1 {
            venue.accrue()?;
        }
        if number % CHECK_EVERY == CHECK_EVERY - 1 {
            conservation_error = conservation_error.max(venue.conservation_error()?);
        }
        show(bar, venue, number);
    }
    liquidator.close_out(venue, &watched(&traders))?;
    conservation_error = conservation_error.max(venue.conservation_error()?);
    bar.finish();
    Ok(Played {
        margin,
        opened_e6: traders.opened_e6,
        turned_away: traders.turned_away,
        accounts_liquidated: u32::try_from(liquidator.accounts.len()).unwrap_or(u32::MAX),
        liquidations: liquidator.liquidations,
        conservation_error,
    })
}

/// Everyone whom the liquidator watches.
fn watched(traders: &Traders) -> Vec<Party> {
    let present = traders.present().iter().map(|who| Party::Trader(*who));
    present.chain((0..MAKERS).map(Party::Maker)).collect()
}

fn show(bar: &ProgressBar, venue: &Venue, number: u64) {
    if number.is_multiple_of(64) {
        bar.set_position(number);
        let per_second = venue.transactions() as f64 / bar.elapsed().as_secs_f64().max(1e-3);
        bar.set_message(format!("{per_second:.0} transactions/s"));
    }
}
