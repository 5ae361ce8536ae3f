//! The steps of a replay: at each second at which any series has a print, what arrives then.
//!
//! Without congestion every print arrives when it is published. In one, half of the prints are
//! lost, the others arrive late, and nothing at all happens during the halt.

use std::iter::Peekable;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::cluster::{Cluster, Congestion};
use super::csv::Series;
use super::options::Order;
use super::path::{Print, Prints};

/// Longest delay of a print in a congestion, seconds.
const DELAY_MAX: i64 = 45;
/// Stream of the seed that congestion is drawn from.
const STREAM: u64 = 2;

/// What arrives at a second.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Cluster time, unix seconds.
    pub at: i64,
    /// Series and its newest print that arrives now; none of a series whose print is lost or late.
    pub prints: Vec<(usize, Print)>,
    /// Whether the cluster restarted since the step before.
    pub restarted: bool,
}

/// What a congestion did to prints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Interference {
    pub delayed: u64,
    pub dropped: u64,
}

/// All steps of a set of series over the time that all of them cover.
pub struct Steps<'a> {
    paths: Vec<Peekable<Prints<'a>>>,
    until: i64,
    congestion: Option<Congestion>,
    rng: ChaCha8Rng,
    /// Prints that arrive later: when, of which series, what.
    late: Vec<(i64, usize, Print)>,
    /// Publish time of the newest print that arrived, by series.
    newest: Vec<i64>,
    halted: bool,
    /// What was lost and late so far.
    pub interference: Interference,
}

/// The time that all series cover, unix seconds; `None` if there is none.
pub fn common_span(series: &[&Series]) -> Option<(i64, i64)> {
    let begin = series.iter().map(|one| one.bars[0].at).max()?;
    let until = series.iter().map(|one| one.end()).min()?;
    (begin < until).then_some((begin, until))
}

impl<'a> Steps<'a> {
    /// The steps of some series between two seconds. Series before that only feed their averages.
    pub fn new(
        series: &[&'a Series],
        (begin, until): (i64, i64),
        order: Order,
        seed: u64,
        cluster: Cluster,
    ) -> Self {
        let mut paths: Vec<_> = series
            .iter()
            .map(|one| Prints::new(one, order, seed).peekable())
            .collect();
        for path in &mut paths {
            while path.next_if(|print| print.at < begin).is_some() {}
        }
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(STREAM);
        Self {
            paths,
            until,
            congestion: cluster.congestion,
            rng,
            late: Vec::new(),
            newest: vec![i64::MIN; series.len()],
            halted: false,
            interference: Interference::default(),
        }
    }

    /// Whether a print that is published now arrives now; a late one is kept for later.
    fn arrives(&mut self, series: usize, print: Print) -> bool {
        if !self.congestion.is_some_and(|c| c.covers(print.at)) {
            return true;
        }
        if self.rng.random::<bool>() {
            self.interference.dropped += 1;
            return false;
        }
        let delay = self.rng.random_range(0..=DELAY_MAX);
        if delay == 0 {
            return true;
        }
        self.interference.delayed += 1;
        self.late.push((print.at + delay, series, print));
        false
    }
}

impl Iterator for Steps<'_> {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        loop {
            let next = self.paths.iter_mut().filter_map(|p| p.peek()).map(|p| p.at);
            let at = next.min().filter(|at| *at < self.until)?;
            let mut prints = Vec::new();
            for series in 0..self.paths.len() {
                if let Some(print) = self.paths[series].next_if(|print| print.at == at)
                    && self.arrives(series, print)
                {
                    prints.push((series, print));
                }
            }
            if self.congestion.is_some_and(|c| c.halted(at)) {
                self.halted = true;
                self.interference.dropped += prints.len() as u64;
                continue;
            }
            let arrived = self.late.extract_if(.., |(due, ..)| *due <= at);
            for (_, series, print) in arrived {
                match prints.iter_mut().find(|(of, _)| *of == series) {
                    Some((_, newest)) if newest.at < print.at => *newest = print,
                    Some(_) => {}
                    None => prints.push((series, print)),
                }
            }
            prints.sort_by_key(|(series, _)| *series);
            // Nobody posts what has been overtaken.
            let (newest, interference) = (&mut self.newest, &mut self.interference);
            prints.retain(|(series, print)| {
                let overtaken = print.at <= newest[*series];
                interference.dropped += u64::from(overtaken);
                newest[*series] = newest[*series].max(print.at);
                !overtaken
            });
            let restarted = std::mem::take(&mut self.halted);
            return Some(Step {
                at,
                prints,
                restarted,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::csv::Bar;
    use super::*;

    fn series(from: i64, minutes: i64) -> Series {
        let bar = |n: i64| {
            let price = 10_000_000_000 + 1_000_000 * n.unsigned_abs();
            Bar {
                line: 2,
                at: from + 60 * n,
                open: price,
                high: price,
                low: price,
                close: price,
            }
        };
        Series {
            bars: (0..minutes).map(bar).collect(),
            interval: 60,
            unit_exp: 0,
            gaps: vec![],
        }
    }

    fn steps(series: &[&Series], congestion: Option<Congestion>) -> (Vec<Step>, Interference) {
        let span = common_span(series).unwrap();
        let cluster = Cluster { congestion };
        let mut steps = Steps::new(series, span, Order::LowFirst, 7, cluster);
        let all = steps.by_ref().collect();
        (all, steps.interference)
    }

    #[test]
    fn series_meet_in_the_time_that_all_cover() {
        let (long, short) = (series(6_000, 30), series(6_600, 10));
        let (all, interference) = steps(&[&long, &short], None);
        assert_eq!((all[0].at, all.len()), (6_600, 40));
        assert!(all.iter().all(|step| step.prints.len() == 2));
        assert_eq!(interference, Interference::default());
        assert_eq!(common_span(&[&long, &series(60_000, 5)]), None);
    }

    #[test]
    fn a_congestion_loses_and_delays_prints_and_the_halt_takes_all() {
        let calm = series(6_000, 60);
        let congestion = Congestion {
            from: 6_600,
            until: 7_800,
        };
        let (all, interference) = steps(&[&calm], Some(congestion));
        assert!(interference.delayed > 10 && interference.dropped > 20);
        assert_eq!(all.iter().filter(|step| step.restarted).count(), 1);
        let (from, until) = congestion.halt();
        assert!(all.iter().all(|step| !(from..until).contains(&step.at)));
        assert!(all.is_sorted_by_key(|step| step.at));
        let late = all
            .iter()
            .flat_map(|step| step.prints.iter().map(|(_, print)| step.at - print.at));
        let late: Vec<i64> = late.collect();
        assert!(late.iter().all(|delay| (0..=60).contains(delay)));
        assert!(late.iter().any(|delay| *delay > 0));
        assert_eq!(steps(&[&calm], Some(congestion)).0, all);
    }
}
