//! `bulwark drill`: disasters in the embedded VM, ended by strangers.

mod json;
mod page;
mod table;

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, Result};
use bulwark_svm::drill::{self, Drill, Venue};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

/// Rehearse disasters: a market is robbed in an embedded VM, strangers alone end it.
///
/// A market of longs, shorts, debtors and people with tokens or quote alone loses 30 % of its quote
/// vault and 40 % of its SOL vault. First drill: a check latches it, the predicate announces a
/// Recovery, everyone is marked and paid by the rule. Second drill: two days later somebody brings
/// 60 % of the loot, and everyone is paid again. Third drill: a stranger makes it good
/// within the notice, anyone takes the announcement back, and everyone is where he was. Exits with
/// another code than 0 if a unit was lost, anyone was overpaid or the first payment took 100
/// transactions per 1,000 accounts or more.
#[derive(Args, Clone, Debug)]
pub struct Options {
    /// Live accounts of the market
    #[arg(long, value_name = "N", default_value_t = 1_000,
          value_parser = clap::value_parser!(u32).range(10..=20_000))]
    pub accounts: u32,

    /// Write the figures as JSON: moments since the theft, owed and paid in millionths of a dollar
    /// at frozen prices
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,

    /// Write a page with pictures, index.html, into this folder
    #[arg(long, value_name = "DIR")]
    pub report: Option<PathBuf>,
}

/// Plays all drills and shows them. `Ok(false)` if one didn't hold what it must.
pub fn run(options: &Options) -> Result<bool> {
    let began = Instant::now();
    let bar = progress();
    let show = |stage: &str, done: u64, of: u64| {
        bar.set_length(of);
        bar.set_position(done);
        if bar.message() != stage {
            bar.set_message(stage.to_string());
        }
    };
    let accounts = usize::try_from(options.accounts).context("a market that fits")?;
    let venue = Venue::new(accounts, &show)?;
    let filled = began.elapsed();
    let drills = drill::all(&venue, &show)?;
    bar.finish_and_clear();
    if let Some(path) = &options.json {
        let text = serde_json::to_string_pretty(&json::Outcome::of(&drills))?;
        std::fs::write(path, text + "\n").with_context(|| path.display().to_string())?;
    }
    let page = options.report.as_deref();
    let page = page
        .map(|folder| page::write(folder, &drills))
        .transpose()?;
    for one in &drills {
        println!("{}", table::title(one));
        println!("{}", table::stages(one));
        println!("{}", table::rules(one));
        println!("{}\n", table::summary(one));
    }
    println!(
        "{:.1} s in all, {:.1} s of them to fill the market",
        began.elapsed().as_secs_f64(),
        filled.as_secs_f64()
    );
    if let Some(page) = page {
        println!("Report: {}", page.display());
    }
    Ok(drills.iter().all(held))
}

/// Nothing was lost, nobody overpaid, and the first payment came in time.
fn held(drill: &Drill) -> bool {
    drill.conservation_error == 0 && drill.paid <= drill.owed && drill.within_goal()
}

fn progress() -> ProgressBar {
    let style = ProgressStyle::with_template("{msg:28} {wide_bar} {pos}/{len}  {elapsed}");
    let bar = ProgressBar::new(0);
    style
        .map(|style| bar.clone().with_style(style))
        .unwrap_or(bar)
}
