//! One line per step: a spinner while it runs, the time it took when it is done.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use anyhow::Result;
use indicatif::{ProgressBar, ProgressStyle};

/// Runs `work` as a visible step. Off a terminal (CI, a log file) the step is two plain lines.
pub fn step<T>(title: &str, work: impl FnOnce(&ProgressBar) -> Result<T>) -> Result<T> {
    let started = Instant::now();
    let bar = ProgressBar::new_spinner();
    if std::io::stderr().is_terminal() {
        let style = ProgressStyle::with_template("{spinner} {prefix} [{elapsed}] {wide_msg:.dim}");
        bar.set_style(style.expect("a constant template"));
        bar.set_prefix(title.to_owned());
        bar.enable_steady_tick(Duration::from_millis(120));
    } else {
        eprintln!("  …    {title}");
    }
    let result = work(&bar);
    bar.finish_and_clear();
    let outcome = if result.is_ok() { "done" } else { "FAIL" };
    eprintln!("  {outcome} {title} ({})", seconds(started.elapsed()));
    result
}

/// A duration as people read it: `0.8 s`, `74 s`, `6 min 12 s`.
pub fn seconds(time: Duration) -> String {
    let whole = time.as_secs();
    match whole {
        0..10 => format!("{:.1} s", time.as_secs_f64()),
        10..120 => format!("{whole} s"),
        _ => format!("{} min {} s", whole / 60, whole % 60),
    }
}

/// Parts of a longer run that share the terminal with the tools they start.
#[derive(Default)]
pub struct Stages {
    done: Vec<(String, Duration)>,
}

impl Stages {
    pub fn run(&mut self, title: &str, work: impl FnOnce() -> Result<()>) -> Result<()> {
        let started = Instant::now();
        eprintln!("\n== {title}");
        let result = work();
        self.done.push((title.to_owned(), started.elapsed()));
        if result.is_err() {
            self.report("failed");
        }
        result
    }

    /// What each part has taken.
    pub fn report(&self, outcome: &str) {
        eprintln!("\n== {outcome}");
        for (title, time) in &self.done {
            eprintln!("  {:>12}  {title}", seconds(*time));
        }
        let total = self.done.iter().map(|(_, time)| *time).sum();
        eprintln!("  {:>12}  in all", seconds(total));
    }
}
