//! `bulwark verify`: proves or refutes a history of transactions.

mod accounts;
mod history;
mod options;

use std::fs::File;
use std::io::{BufRead, BufReader, stdin};

use anyhow::{Context, Result, ensure};
use bulwark::event::Common;
use bulwark_rebuild::{Chain, Ledger, Link, Raw};

pub use accounts::Accounts;
pub use history::{Transaction, line};
pub use options::{Head, Options};

/// Where a history breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Break {
    /// Line of the history, from 1; 0 for its end.
    pub line: usize,
    /// What is wrong.
    pub why: String,
}

/// What became of a history.
#[derive(Debug)]
pub struct Verdict {
    /// Transactions and events read.
    pub transactions: usize,
    /// Events read.
    pub events: u64,
    /// The chain as far as it was read.
    pub chain: Chain,
    /// Accounts that were compared with the chain's.
    pub compared: usize,
    /// Slot and unix second of the event before.
    time: (u64, i64),
    /// The first break.
    pub broken: Option<Break>,
}

/// Reads a history and stops at its first break: the chain against `known` heads and those that
/// `accounts` show; unless `chain_only` every event against those before it, and at the end every
/// account that was rebuilt against `accounts`.
///
/// # Errors
/// Only of the reader.
pub fn check(
    history: impl BufRead,
    mut known: Vec<Link>,
    accounts: &Accounts,
    chain_only: bool,
) -> Result<Verdict> {
    known.extend(accounts.links());
    let mut ledger = (!chain_only).then(Ledger::default);
    let mut verdict = Verdict {
        transactions: 0,
        events: 0,
        chain: Chain::new(known),
        compared: 0,
        time: (0, i64::MIN),
        broken: None,
    };
    for (text, line) in history.lines().zip(1..) {
        let text = text.context("the history can't be read")?;
        if text.trim().is_empty() {
            continue;
        }
        if let Err(why) = verdict.take(&text, ledger.as_mut()) {
            let why = format!("{why:#}");
            verdict.broken = Some(Break { line, why });
            return Ok(verdict);
        }
    }
    if let Err(why) = verdict.end(ledger.as_ref(), accounts) {
        let why = format!("{why:#}");
        verdict.broken = Some(Break { line: 0, why });
    }
    Ok(verdict)
}

impl Verdict {
    fn take(&mut self, text: &str, mut ledger: Option<&mut Ledger>) -> Result<()> {
        let Some(transaction) = Transaction::parse(text)? else {
            return Ok(());
        };
        for (event, number) in transaction.events.iter().zip(1..) {
            let name = &transaction.signature;
            let place = || format!("event {number} of transaction {name}");
            self.at(event, transaction.slot).with_context(place)?;
            self.chain.take(event).with_context(place)?;
            if let Some(ledger) = &mut ledger {
                ledger.take(event).with_context(place)?;
            }
            self.events += 1;
        }
        self.transactions += 1;
        Ok(())
    }

    /// An event is of its transaction's slot; time never goes back, and a slot has one second.
    fn at(&mut self, event: &Raw, of: Option<u64>) -> Result<()> {
        let Common { slot, unix, .. } = event.common()?;
        if let Some(of) = of {
            ensure!(slot == of, "it says slot {slot}, its transaction {of}");
        }
        let (last, second) = self.time;
        let goes_on = slot > last && unix >= second || slot == last && unix == second;
        ensure!(
            goes_on || self.events == 0,
            "slot {slot}, second {unix} can't follow slot {last}, second {second}"
        );
        self.time = (slot, unix);
        Ok(())
    }

    fn end(&mut self, ledger: Option<&Ledger>, accounts: &Accounts) -> Result<()> {
        self.chain.end()?;
        if let Some(ledger) = ledger {
            self.compared = accounts.compare(ledger)?;
        }
        Ok(())
    }
}

/// Runs the command; whether the history holds.
///
/// # Errors
/// Files that can't be read or aren't what they should be.
pub fn run(options: &Options) -> Result<bool> {
    let mut accounts = Accounts::default();
    for file in &options.accounts {
        let text = std::fs::read_to_string(file);
        let text = text.with_context(|| format!("{} can't be read", file.display()))?;
        accounts
            .add(&text)
            .with_context(|| format!("{}", file.display()))?;
    }
    let known = options.head.iter().map(|head| head.0).collect();
    let chain_only = options.chain_only;
    let verdict = if options.history.as_os_str() == "-" {
        check(stdin().lock(), known, &accounts, chain_only)?
    } else {
        let file = File::open(&options.history);
        let file = file.with_context(|| format!("{} can't be read", options.history.display()))?;
        check(BufReader::new(file), known, &accounts, chain_only)?
    };
    print(&verdict, chain_only);
    Ok(verdict.broken.is_none())
}

fn print(verdict: &Verdict, chain_only: bool) {
    let Verdict {
        transactions,
        events,
        chain,
        compared,
        broken,
        ..
    } = verdict;
    println!("{transactions} transactions, {events} events");
    let head = chain.head();
    let hex: String = head.hash.iter().map(|byte| format!("{byte:02x}")).collect();
    println!("chain: {} events, head {hex}", head.sequence);
    match chain.confirmed() {
        0 => println!("no head was known to compare it with: give --head or --accounts"),
        known => println!("up to event {known} it is the chain that was shown"),
    }
    if !chain_only {
        println!("accounts compared with what their events come to: {compared}");
    }
    match broken {
        None => println!("the history holds"),
        Some(Break { line: 0, why }) => println!("broken at the end: {why}"),
        Some(Break { line, why }) => println!("broken at line {line}: {why}"),
    }
}
