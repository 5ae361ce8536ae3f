//! A report for a page: traces without what no screen could show.

use super::{Cover, Fund, Point, Report, Series};

/// Parts into which a trace is cut.
const PARTS: usize = 250;

impl Report {
    /// The same report with traces of at most a few points in each of 250 parts of time: the
    /// first, the last, and each column's least and greatest. Everything else stays.
    pub fn thinned(&self) -> Self {
        let mut report = self.clone();
        for run in &mut report.runs {
            run.funds = thin(
                &run.funds,
                &[
                    |f: &Fund| f.insurance_e6.into(),
                    |f: &Fund| f.bad_debt_e6.into(),
                    |f: &Fund| f.live_accounts.into(),
                ],
            );
            run.covers = thin(
                &run.covers,
                &[
                    |c: &Cover| c.stress_e6.into(),
                    |c: &Cover| c.used_ppm.into(),
                    |c: &Cover| c.share_ppm.into(),
                ],
            );
            for market in &mut run.markets {
                market.trace = thin(
                    &market.trace,
                    &[
                        |p: &Point| p.price_e8.into(),
                        |p: &Point| p.initial_ppm.into(),
                        |p: &Point| p.applied_ppm.into(),
                        |p: &Point| p.open_interest_e6.into(),
                    ],
                );
            }
        }
        report
    }
}

fn thin<T: Copy>(rows: &Series<T>, columns: &[fn(&T) -> i128]) -> Series<T> {
    let length = rows.len().div_ceil(PARTS);
    if length <= 2 + 2 * columns.len() {
        return rows.clone();
    }
    let mut kept = Vec::new();
    for (part, rows) in rows.chunks(length).enumerate() {
        let mut places = vec![0, rows.len() - 1];
        for column in columns {
            places.extend((0..rows.len()).min_by_key(|at| column(&rows[*at])));
            places.extend((0..rows.len()).max_by_key(|at| column(&rows[*at])));
        }
        places.sort_unstable();
        places.dedup();
        kept.extend(places.into_iter().map(|at| part * length + at));
    }
    kept.into_iter().map(|at| rows[at]).collect()
}
