//! One run: one arm under one order of the extremes, from the first print to the last.

use std::collections::BTreeSet;

use anyhow::Result;
use indicatif::ProgressBar;

use super::attack::{self, Script, Stage};
use super::breakers::Watch;
use bulwark_report::Held;

use super::liquidator::Liquidator;
use super::makers::Makers;
use super::measure::Measured;
use super::population::Trader;
use super::steps::{Interference, Steps};
use super::trace::{self, Trace};
use super::traders::Traders;
use super::venue::{Cover, Flows, Party, Venue};

/// Steps between two recomputations of the ledger out of all accounts.
const CHECK_EVERY: u64 = 1_000;
/// Steps between two accruals of interest, and between two checks of a keeper, who comes when a
/// breaker trips too.
const ACCRUE_EVERY: u64 = 240;
/// Steps between two rounds of a keeper for insurance: proofs of stress, fees shared.
const COVER_EVERY: u64 = 60;

/// How a run is played.
pub struct Rules<'a> {
    /// What attackers do.
    pub attack: &'a Script,
    /// Unix second from which margins are averaged.
    pub from: i64,
    /// Prints after which the liquidator acts.
    pub delay: u32,
    /// Whether every step is kept.
    pub traced: bool,
}

/// What a run leaves beside the accounts.
pub struct Played {
    pub margins: Measured,
    /// Weights of the tokens for new risk at the first step, ppm.
    pub weights: Vec<u64>,
    pub opened_e6: Vec<u64>,
    pub turned_away: u32,
    pub accounts_liquidated: u32,
    pub liquidations: u64,
    pub conservation_error: u64,
    pub trace: Trace,
    /// What each trader brought in, and got out or is worth at the end.
    pub equity: Vec<Flows>,
    pub attack: Option<attack::Outcome>,
    pub interference: Interference,
    /// Spans in which a market's makers were away.
    pub away: Vec<(usize, i64, i64)>,
    /// What breakers and modes held back.
    pub held: Vec<Held>,
    pub cover: Covered,
}

/// What insurance came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Covered {
    /// Largest stressed shortfall, UsdE6.
    pub most_stress_e6: u64,
    /// Largest share of insurance that it was, ppm.
    pub most_used_ppm: u64,
    /// At the last step.
    pub last: Cover,
}

impl Covered {
    fn note(&mut self, now: Cover) {
        self.most_stress_e6 = self.most_stress_e6.max(now.stress_e6);
        self.most_used_ppm = self.most_used_ppm.max(now.used_ppm);
        self.last = now;
    }
}

/// Plays all steps on a venue.
pub fn play(
    venue: &mut Venue,
    mut steps: Steps,
    drawn: Vec<Trader>,
    mut makers: Makers,
    rules: &Rules,
    bar: &ProgressBar,
) -> Result<Played> {
    let count = drawn.len();
    let mut traders = Traders::new(drawn, venue.market_count());
    let mut liquidator = Liquidator::new(rules.delay);
    let mut margins = Measured::of(venue.market_count(), venue.token_count());
    let mut trace = Trace::new();
    let mut weights = Vec::new();
    let mut conservation_error = 0;
    let mut attack = Stage::new(rules.attack);
    let mut watch = Watch::default();
    let mut cover = Covered::default();
    for (number, step) in (0u64..).zip(steps.by_ref()) {
        attack.go_on(venue, &mut makers, step.at, traders.present())?;
        venue.arrive(&step)?;
        watch.look(venue)?;
        if number == 0 {
            weights = venue.weights();
        }
        if step.at >= rules.from {
            margins.note_venue(venue);
        }
        makers.look(venue)?;
        let due = liquidator.look(venue, &watched(venue, &traders), number)?;
        let busy = busy(venue, &traders, &due)?;
        if !busy.is_empty() || !due.is_empty() {
            for market in &busy {
                let loaded = venue.position(Party::Liquidator, *market).unsigned_abs();
                makers.quote(venue, *market, loaded)?;
            }
            liquidator.unload(venue)?;
            liquidator.act(venue, due)?;
            liquidator.unload(venue)?;
        }
        traders.act(venue)?;
        if number % ACCRUE_EVERY == ACCRUE_EVERY - 1 {
            venue.accrue()?;
        }
        if number % ACCRUE_EVERY == ACCRUE_EVERY - 1 || venue.wants_check() {
            venue.check()?;
        }
        if number % COVER_EVERY == COVER_EVERY - 1 {
            venue.keep_cover(&watched(venue, &traders))?;
        }
        let now = venue.cover()?;
        cover.note(now);
        if number % CHECK_EVERY == CHECK_EVERY - 1 {
            conservation_error = conservation_error.max(venue.conservation_error()?);
        }
        if rules.traced {
            trace.push(trace::moment(venue, traders.live(), now)?);
        }
        show(bar, venue, number);
    }
    attack.go_on(venue, &mut makers, i64::MAX, traders.present())?;
    liquidator.close_out(venue, &watched(venue, &traders))?;
    conservation_error = conservation_error.max(venue.conservation_error()?);
    traders.end();
    bar.finish();
    Ok(Played {
        margins,
        weights,
        opened_e6: std::mem::take(&mut traders.opened_e6),
        turned_away: traders.turned_away,
        accounts_liquidated: u32::try_from(liquidator.accounts.len()).unwrap_or(u32::MAX),
        liquidations: venue.books().liquidations.len() as u64,
        conservation_error,
        trace,
        equity: equity(venue, count)?,
        attack: attack.end(venue)?,
        interference: steps.interference,
        away: makers.away(),
        held: watch.end(),
        cover,
    })
}

/// Everyone whom the liquidator watches.
fn watched(venue: &Venue, traders: &Traders) -> Vec<Party> {
    let present = traders.present().iter().map(|who| Party::Trader(*who));
    present
        .chain(venue.makers())
        .chain(venue.actors())
        .collect()
}

/// Markets in which something will happen at this step.
fn busy(venue: &Venue, traders: &Traders, due: &[Party]) -> Result<BTreeSet<usize>> {
    let mut busy = traders.due_markets(venue)?;
    busy.extend(venue.legs(Party::Liquidator));
    busy.extend(due.iter().flat_map(|party| venue.legs(*party)));
    Ok(busy)
}

/// What each trader brought in, and what he took out or his account is worth.
fn equity(venue: &Venue, count: usize) -> Result<Vec<Flows>> {
    (0..count)
        .map(|who| {
            let party = Party::Trader(who);
            let mut flows = venue.flows(party);
            flows.out_e6 += venue.worth_without_tickets(party)?;
            Ok(flows)
        })
        .collect()
}

fn show(bar: &ProgressBar, venue: &Venue, number: u64) {
    if number.is_multiple_of(64) {
        bar.set_position(number);
        let per_second = venue.transactions() as f64 / bar.elapsed().as_secs_f64().max(1e-3);
        bar.set_message(format!("{per_second:.0} transactions/s"));
    }
}
