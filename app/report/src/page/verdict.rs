//! What came out, in words and a few numbers.

use maud::{Markup, html};

use super::parts::{self, Mark, value};
use crate::figures;
use crate::format::Unit;
use crate::model::{Margins, Run};
use crate::view::View;

pub fn section(view: &View) -> Markup {
    html! {
        section #verdict aria-labelledby="verdict-h" tabindex="-1" {
            h2 #verdict-h { "Result" }
            p.verdict { strong { (headline(view)) } " " (who_bore(view)) " " (ledger(view)) }
            (order(view))
            (cards(view))
        }
    }
}

fn lost(run: &Run) -> Markup {
    let bad = figures::bad_debt();
    parts::of_run(run, &bad)
}

fn headline(view: &View) -> Markup {
    let arms = (view.arm(Margins::Dynamic), view.arm(Margins::Static));
    match arms {
        (Some(dynamic), Some(fixed)) => {
            let (ours, theirs) = (dynamic.figures.bad_debt_e6, fixed.figures.bad_debt_e6);
            let (ours_shown, theirs_shown) = (lost(dynamic), lost(fixed));
            let name = fixed_name(dynamic, fixed);
            html! {
                @if ours == 0 && theirs == 0 {
                    "Neither dynamic margins (" (ours_shown) ") nor " (name) " (" (theirs_shown)
                    ") left any bad debt."
                } @else if ours < theirs {
                    "Dynamic margins left " (ours_shown) " of bad debt, " (name) " " (theirs_shown) "."
                } @else if ours > theirs {
                    "Dynamic margins left " (ours_shown) " of bad debt, more than " (name) " with "
                    (theirs_shown) "."
                } @else {
                    "Dynamic margins left " (ours_shown) " of bad debt, as much as " (name) " ("
                    (theirs_shown) ")."
                }
            }
        }
        (Some(only), None) | (None, Some(only)) => html! {
            "With " (only.margins.name()) " margins alone, " (lost(only)) " of bad debt was left."
        },
        (None, None) => html! { "Nothing was run." },
    }
}

/// Only if it is so may it be said that both are equally demanding on average.
fn fixed_name(dynamic: &Run, fixed: &Run) -> &'static str {
    let pairs = dynamic.markets.iter().zip(&fixed.markets);
    let close = pairs.into_iter().all(|(a, b)| {
        a.average_initial_margin_ppm
            .abs_diff(b.average_initial_margin_ppm)
            <= 100
    });
    if close {
        "static margins of the same average"
    } else {
        "static margins"
    }
}

fn who_bore(view: &View) -> Markup {
    let arms = view.lead();
    html! {
        @for run in arms {
            @let count = |field: &str, number: u64| {
                value(&run.key(), &format!("figures.{field}"), number.into(), Unit::Count)
            };
            "With " (run.margins.name()) " margins, "
            (count("accounts_liquidated", run.figures.accounts_liquidated)) " of "
            (count("accounts", run.figures.accounts)) " traders were liquidated"
            @if run.figures.bad_debt_e6 > 0 {
                @for (place, (path, who, money)) in payers(run).into_iter().enumerate() {
                    (if place == 0 { ": " } else { ", " })
                    (value(&run.key(), path, money.into(), Unit::Usd)) (who)
                }
            }
            ". "
        }
    }
}

/// Who bore a loss, without those who bore nothing.
fn payers(run: &Run) -> Vec<(&'static str, &'static str, i64)> {
    let paid = &run.paid;
    let all = [
        (
            "paid.insurance_e6",
            " was paid by insurance",
            paid.insurance_e6,
        ),
        (
            "paid.socialised_e6",
            " charged to the winning side",
            paid.socialised_e6,
        ),
        (
            "paid.deficit_e6",
            " is borne by nobody yet",
            paid.deficit_e6,
        ),
    ];
    all.into_iter()
        .filter(|(_, _, money)| *money != 0)
        .collect()
}

fn ledger(view: &View) -> Markup {
    let worst = view
        .report
        .runs
        .iter()
        .max_by_key(|run| run.figures.conservation_error);
    let Some(run) = worst else {
        return html! {};
    };
    let error = run.figures.conservation_error;
    let shown = value(
        &run.key(),
        "figures.conservation_error",
        error.into(),
        Unit::Count,
    );
    html! {
        @if error == 0 {
            "Every unit of money is accounted for: conservation error\u{a0}" (shown) "."
        } @else {
            span.alarm role="alert" {
                "Money is not accounted for: the ledger was off by " (shown) " in " (run.key()) "."
            }
        }
    }
}

/// A bar doesn't say whether its high or its low came first.
fn order(view: &View) -> Markup {
    let Some(lead) = view.orders.first() else {
        return html! {};
    };
    html! {
        p.muted {
            @if view.orders.len() > 1 && view.leads() {
                "Shown is " (lead.shown()) ", of both orders of a bar\u{2019}s high and low the one "
                "with the larger bad debt; the other is folded below each chart."
            } @else if view.orders.len() > 1 {
                "Both orders of a bar\u{2019}s high and low left the same bad debt; shown is "
                (lead.shown()) ", the other is folded below each chart."
            } @else {
                "Of each bar, its extremes were played " (lead.shown()) "."
            }
        }
    }
}

fn cards(view: &View) -> Markup {
    let wanted = [
        "figures.bad_debt_e6",
        "figures.accounts_liquidated",
        "paid.insurance_e6",
        "paid.socialised_e6",
        "markets.0.average_initial_margin_ppm",
        "figures.conservation_error",
    ];
    let all = figures::all(&view.report.scenario);
    let shown = wanted
        .iter()
        .filter_map(|path| all.iter().find(|one| one.path == *path));
    html! {
        div.cards {
            @for figure in shown {
                div.card {
                    h3 { (figure.name) }
                    dl {
                        @for run in view.lead() {
                            @let (ink, mark, _) = parts::arm(run.margins, Mark::Box);
                            div {
                                dt { (parts::swatch(ink, mark)) (run.margins.name()) }
                                dd { (parts::of_run(run, figure)) }
                            }
                        }
                    }
                }
            }
        }
    }
}
