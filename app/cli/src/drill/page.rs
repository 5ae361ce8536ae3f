//! Drills as the data of a page.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use bulwark_report as report;
use bulwark_svm::drill::{Drill, Rule, Stage};

use super::table;

/// Writes the page into a folder, and returns its path.
pub fn write(folder: &Path, drills: &[Drill]) -> Result<PathBuf> {
    let shown = || folder.display().to_string();
    std::fs::create_dir_all(folder).with_context(shown)?;
    let page = folder.join("index.html");
    let data = report::Drills {
        program: format!("bulwark {}", env!("CARGO_PKG_VERSION")),
        drills: drills.iter().map(drill).collect(),
    };
    std::fs::write(&page, report::render_drills(&data)).with_context(shown)?;
    Ok(page)
}

fn drill(of: &Drill) -> report::Drill {
    report::Drill {
        name: of.name.into(),
        title: table::title(of),
        accounts: of.accounts,
        first_payout: of.transactions.first_payout,
        last_payout: of.transactions.last_payout,
        owed_e6: of.owed,
        paid_e6: of.paid,
        conservation_error: of.conservation_error,
        rules: of.rules.iter().map(rule).collect(),
        stages: of.stages.iter().map(stage).collect(),
    }
}

fn rule(of: &Rule) -> report::DrillRule {
    report::DrillRule {
        who: of.who.clone(),
        rule: of.rule.into(),
        accounts: of.accounts,
        owed_e6: of.owed,
        paid_e6: of.paid,
    }
}

fn stage(of: &Stage) -> report::DrillStage {
    report::DrillStage {
        name: of.name.into(),
        transactions: of.transactions,
        slots: of.slots,
        units: of.units,
        micros: (of.seconds * 1e6) as u64,
    }
}
