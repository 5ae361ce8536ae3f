//! What of a report is shown first, and what both arms have in common.

use crate::model::{Margins, Order, Report, Run};

/// A report as it is laid out: one order of extremes leads, the others follow.
pub struct View<'a> {
    pub report: &'a Report,
    /// Orders that were run; the first is shown open. It is the one with the larger bad debt.
    pub orders: Vec<Order>,
}

impl<'a> View<'a> {
    pub fn of(report: &'a Report) -> Self {
        let mut orders: Vec<Order> = Vec::new();
        for run in &report.runs {
            if !orders.contains(&run.order) {
                orders.push(run.order);
            }
        }
        // Stable: among equals the first that was run stays first.
        orders.sort_by_key(|order| std::cmp::Reverse(lost(report, *order)));
        Self { report, orders }
    }

    /// Whether the first order lost more than the next.
    pub fn leads(&self) -> bool {
        let mut all = self.orders.iter().map(|order| lost(self.report, *order));
        all.next() > all.next()
    }

    /// The arms of an order, dynamic first.
    pub fn arms(&self, order: Order) -> Vec<&'a Run> {
        let runs = self.report.runs.iter();
        let mut arms: Vec<_> = runs.filter(|run| run.order == order).collect();
        arms.sort_by_key(|run| run.margins);
        arms
    }

    /// The arms that lead.
    pub fn lead(&self) -> Vec<&'a Run> {
        self.orders
            .first()
            .map_or(Vec::new(), |order| self.arms(*order))
    }

    /// The arm with these margins that leads.
    pub fn arm(&self, margins: Margins) -> Option<&'a Run> {
        self.lead().into_iter().find(|run| run.margins == margins)
    }

    /// The symbol of a market.
    pub fn symbol(&self, market: usize) -> &'a str {
        let found = self.report.scenario.markets.get(market);
        found.map_or("?", |market| &market.symbol)
    }
}

/// Bad debt of all arms of an order, UsdE6.
fn lost(report: &Report, order: Order) -> i128 {
    let runs = report.runs.iter().filter(|run| run.order == order);
    runs.map(|run| i128::from(run.figures.bad_debt_e6)).sum()
}

impl Order {
    /// As it is shown.
    pub(crate) fn shown(self) -> &'static str {
        match self {
            Self::HighFirst => "high first",
            Self::LowFirst => "low first",
        }
    }
}

impl Run {
    /// Its name on the page and for programs: `dynamic/low-first`.
    pub fn key(&self) -> String {
        format!("{}/{}", self.margins.name(), self.order.name())
    }
}
