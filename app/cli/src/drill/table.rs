//! What a person reads of a drill.

use bulwark_svm::drill::{Drill, Moments};
use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{Cell, CellAlignment, Table};

use crate::replay::grouped;

/// What the drill is.
pub fn title(drill: &Drill) -> String {
    let what = match drill.name {
        "returned" => "the same, and 60 % of the loot comes back when all are paid",
        "robbed" => "two vaults are robbed, everyone is paid by the rule",
        _ => "made good within the notice, and taken back",
    };
    format!(
        "{}: {what} ({} accounts)",
        drill.name,
        grouped(drill.accounts)
    )
}

fn empty(heads: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED);
    table.set_header(heads);
    table
}

fn right(text: String) -> Cell {
    Cell::new(text).set_alignment(CellAlignment::Right)
}

/// Stage by stage: transactions of strangers, prints of prices, slots, compute units, wall time.
pub fn stages(drill: &Drill) -> Table {
    let heads = [
        "stage",
        "transactions",
        "price prints",
        "slots",
        "compute units",
        "seconds",
    ];
    let mut table = empty(&heads);
    for stage in &drill.stages {
        table.add_row([
            Cell::new(stage.name),
            right(grouped(stage.transactions)),
            right(grouped(stage.prints)),
            right(grouped(stage.slots)),
            right(grouped(stage.units)),
            right(format!("{:.2}", stage.seconds)),
        ]);
    }
    table
}

/// Who lost what under which rule.
pub fn rules(drill: &Drill) -> Table {
    let mut table = empty(&["who", "rule", "accounts", "owed", "paid", "lost"]);
    for rule in &drill.rules {
        table.add_row([
            Cell::new(&rule.who),
            Cell::new(rule.rule),
            right(match rule.accounts {
                0 => String::new(),
                accounts => grouped(accounts),
            }),
            right(dollars(rule.owed)),
            right(dollars(rule.paid)),
            right(dollars(rule.owed.saturating_sub(rule.paid))),
        ]);
    }
    table
}

/// The moments against the goal, and the sums.
pub fn summary(drill: &Drill) -> String {
    let Moments {
        restricted,
        first_payout,
        last_payout,
    } = drill.transactions;
    format!(
        "transactions to: restricted {restricted}, first payment {first_payout} (goal: fewer than \
         {}), in quote {}, last {}\n\
         slots to: restricted {}, first payment {}, last {}; {:.1} s\n\
         owed {}, paid {}, conservation error {}",
        drill.goal(),
        drill.first_quote,
        grouped(last_payout),
        grouped(drill.slots.restricted),
        grouped(drill.slots.first_payout),
        grouped(drill.slots.last_payout),
        drill.seconds,
        dollars(drill.owed),
        dollars(drill.paid),
        drill.conservation_error,
    )
}

/// UsdE6 as dollars and cents.
fn dollars(usd_e6: u64) -> String {
    let cents = usd_e6 / 10_000;
    format!("${}.{:02}", grouped(cents / 100), cents % 100)
}
