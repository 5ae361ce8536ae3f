//! The figures of a run in the order in which they are shown.

use crate::format::Unit;
use crate::model::{Covered, Figures, Paid, Run, Scenario};

/// A figure and how to get it.
pub struct Figure {
    /// Where it lies in the JSON of a run; `derived.` where it is computed from it.
    pub path: String,
    pub name: String,
    pub unit: Unit,
    /// Belongs to the figure above it.
    pub inner: bool,
    get: Box<dyn Fn(&Run) -> i128>,
}

impl Figure {
    pub fn of(&self, run: &Run) -> i128 {
        (self.get)(run)
    }
}

/// All figures, for runs of this scenario.
pub fn all(scenario: &Scenario) -> Vec<Figure> {
    let mut all = margins(scenario);
    all.extend(sums());
    all.extend(payments());
    all.extend(cover());
    all.extend(work());
    all
}

fn margins(scenario: &Scenario) -> Vec<Figure> {
    let mut all = Vec::new();
    for (at, market) in scenario.markets.iter().enumerate() {
        let mut add = |field: &str, word: &str, get: Box<dyn Fn(&Run) -> i128>| {
            all.push(Figure {
                path: format!("markets.{at}.{field}_initial_margin_ppm"),
                name: format!("Initial margin of {}, {word}", market.symbol),
                unit: Unit::Percent,
                inner: word != "average",
                get,
            });
        };
        let average = move |run: &Run| {
            run.markets
                .get(at)
                .map_or(0, |m| m.average_initial_margin_ppm)
        };
        let most = move |run: &Run| run.markets.get(at).map_or(0, |m| m.max_initial_margin_ppm);
        add(
            "average",
            "average",
            Box::new(move |run| average(run).into()),
        );
        add("max", "largest", Box::new(move |run| most(run).into()));
    }
    all
}

fn sums() -> Vec<Figure> {
    let one = |field: &str, name: &str, unit, get: fn(&Figures) -> i128| {
        figure(&format!("figures.{field}"), name, unit, move |run| {
            get(&run.figures)
        })
    };
    vec![
        one("accounts", "Traders with a position", Unit::Count, |f| {
            f.accounts.into()
        }),
        one("turned_away", "Could not open", Unit::Count, |f| {
            f.turned_away.into()
        })
        .inner(),
        one("notional_e6", "Notional opened", Unit::Usd, |f| {
            f.notional_e6.into()
        }),
        one(
            "accounts_liquidated",
            "Accounts liquidated",
            Unit::Count,
            |f| f.accounts_liquidated.into(),
        ),
        figure(
            "derived.liquidated_ppm",
            "Of all traders",
            Unit::Percent,
            |run| {
                share(
                    run.figures.accounts_liquidated.into(),
                    run.figures.accounts.into(),
                )
            },
        )
        .inner(),
        one("liquidations", "Liquidations", Unit::Count, |f| {
            f.liquidations.into()
        }),
        one("bad_debt_e6", "Bad debt", Unit::Usd, |f| {
            f.bad_debt_e6.into()
        }),
        figure(
            "derived.bad_debt_ppm",
            "Of notional",
            Unit::BasisPoints,
            |run| {
                share(
                    run.figures.bad_debt_e6.into(),
                    run.figures.notional_e6.into(),
                )
            },
        )
        .inner(),
    ]
}

/// Who paid, also for the chart of it.
pub fn payments() -> Vec<Figure> {
    let one = |field: &str, name: &str, get: fn(&Paid) -> i64| {
        figure(&format!("paid.{field}"), name, Unit::Usd, move |run| {
            get(&run.paid).into()
        })
    };
    vec![
        one("insurance_e6", "Paid by insurance", |p| p.insurance_e6),
        one("socialised_e6", "Charged to the winning side", |p| {
            p.socialised_e6
        }),
        one("deficit_e6", "Left as deficit", |p| p.deficit_e6),
        one("premium_e6", "Premiums to the liquidator", |p| p.premium_e6),
        one("liquidation_fee_e6", "Liquidation fees", |p| {
            p.liquidation_fee_e6
        }),
    ]
}

/// What insurance came to.
fn cover() -> Vec<Figure> {
    let one = |field: &str, name: &str, unit, get: fn(&Covered) -> i128| {
        figure(&format!("cover.{field}"), name, unit, move |run| {
            get(&run.cover)
        })
    };
    vec![
        one(
            "most_stress_e6",
            "Stressed shortfall, largest",
            Unit::Usd,
            |c| c.most_stress_e6.into(),
        ),
        one(
            "most_used_ppm",
            "Of insurance, largest",
            Unit::Percent,
            |c| c.most_used_ppm.into(),
        )
        .inner(),
        one("premium_e6", "Paid for cover", Unit::Usd, |c| {
            c.premium_e6.into()
        }),
        one("fees_e6", "Fees to stakers", Unit::Usd, |c| {
            c.fees_e6.into()
        }),
        one("insurance_e6", "Insurance at the end", Unit::Usd, |c| {
            c.insurance_e6.into()
        }),
        one("share_ppm", "A stake is worth", Unit::Percent, |c| {
            c.share_ppm.into()
        })
        .inner(),
    ]
}

fn work() -> Vec<Figure> {
    let one = |field: &str, name: &str, unit, get: fn(&Figures) -> u64| {
        figure(&format!("figures.{field}"), name, unit, move |run| {
            get(&run.figures).into()
        })
    };
    vec![
        one("transactions", "Transactions", Unit::Count, |f| {
            f.transactions
        }),
        one("transactions_failed", "Refused", Unit::Count, |f| {
            f.transactions_failed
        })
        .inner(),
        figure("derived.per_second", "Per second", Unit::Count, |run| {
            let figures = &run.figures;
            i128::from(figures.transactions) * 1_000 / i128::from(figures.milliseconds.max(1))
        })
        .inner(),
        one("compute_units_total", "Compute units", Unit::Units, |f| {
            f.compute_units_total
        }),
        one("milliseconds", "Wall time", Unit::Milliseconds, |f| {
            f.milliseconds
        }),
        one(
            "conservation_error",
            "Conservation error",
            Unit::Count,
            |f| f.conservation_error,
        ),
    ]
}

/// Whose bad debt, or none, is shown first on the page.
pub fn bad_debt() -> Figure {
    figure("figures.bad_debt_e6", "Bad debt", Unit::Usd, |run| {
        run.figures.bad_debt_e6.into()
    })
}

fn figure(path: &str, name: &str, unit: Unit, get: impl Fn(&Run) -> i128 + 'static) -> Figure {
    Figure {
        path: path.to_owned(),
        name: name.to_owned(),
        unit,
        inner: false,
        get: Box::new(get),
    }
}

impl Figure {
    fn inner(mut self) -> Self {
        self.inner = true;
        self
    }
}

/// `part / whole`, ppm, rounded down; 0 of nothing.
fn share(part: i128, whole: i128) -> i128 {
    part * 1_000_000 / whole.max(1)
}
