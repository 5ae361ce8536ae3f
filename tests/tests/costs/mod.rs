//! docs/costs.md: what accounts and instructions cost, written from what was measured, and what of
//! a written one isn't true any more.

pub mod actions;
pub mod checks;
pub mod council;
pub mod opening;
pub mod recovery;
pub mod staking;
mod summary;
pub mod winding;

use std::fmt::Write as _;
use std::path::PathBuf;

use bulwark::state::{
    BankState, BoardState, BookState, CompartmentState, GuardianState, InsuranceState, Layout,
    MarginState, MarketState, ProposalState, ProtocolState, RecoveryState, StakeState, TicketState,
};
use bulwark_svm::Vm;

use actions::Decision;

/// Bytes of an SPL token account: the vault of a bank.
const TOKEN_ACCOUNT: usize = 165;
/// How far units may be from what is written, percent: other releases of the compiler differ.
const TOLERANCE: u64 = 5;
/// Columns of what only bytecode with probes tells.
const HEAP: usize = 6;
const ASKING: usize = 7;

/// A measured instruction.
pub struct Row {
    pub name: &'static str,
    pub case: &'static str,
    pub units: u64,
    pub ceiling: u64,
    pub keys: usize,
    pub bytes: usize,
    pub heap: Option<u64>,
    /// What of the units goes to modes, breakers and the tables of permission.
    pub asking: Option<u64>,
}

fn file() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/costs.md")
}

/// Name, bytes, who pays the rent and when it comes back.
const ACCOUNTS: &[(&str, usize, &str)] = &[
    (
        "Protocol",
        ProtocolState::SPACE,
        "upgrade authority, for good",
    ),
    ("Compartment", CompartmentState::SPACE, "creator, for good"),
    (
        "Board, one a compartment",
        BoardState::SPACE,
        "creator, for good",
    ),
    (
        "Insurance, one a compartment",
        InsuranceState::SPACE,
        "creator, for good",
    ),
    ("Bank, one a token", BankState::SPACE, "creator, for good"),
    (
        "Vault, one a token (SPL Token)",
        TOKEN_ACCOUNT,
        "creator, for good",
    ),
    ("Market", MarketState::SPACE, "creator, for good"),
    ("Book, one a market", BookState::SPACE, "creator, for good"),
    (
        "Margin account",
        MarginState::SPACE,
        "owner, back when it is closed",
    ),
    (
        "Ticket of a queued withdrawal",
        TicketState::SPACE,
        "owner, back when it is paid",
    ),
    (
        "Stake in insurance",
        StakeState::SPACE,
        "owner, back when it is closed",
    ),
    ("Guardian", GuardianState::SPACE, "creator, for good"),
    (
        "Recovery, one an announcement",
        RecoveryState::SPACE,
        "who announces, for good",
    ),
    (
        "Record of audits, one a compartment",
        RecoveryState::SPACE,
        "who audits first, for good",
    ),
    (
        "Proposal of the guardian",
        ProposalState::SPACE,
        "proposer, back when it is final",
    ),
];

/// What one more of a kind may cost at most: what it is, the case with more of them, the one with
/// fewer, by how many they differ, units each.
const FURTHER: &[(&str, &str, &str, u64, u64)] = &[
    (
        "a further fill",
        "place_order_12",
        "place_order",
        11,
        10_000,
    ),
    (
        "a further feed with its copies",
        "refresh_all",
        "refresh",
        16,
        6_000,
    ),
];

/// What it is, units each, the ceiling.
fn further(rows: &[Row]) -> impl Iterator<Item = (&'static str, u64, u64)> {
    let units = |name: &str| {
        rows.iter()
            .find(|row| row.name == name)
            .map(|row| row.units)
    };
    FURTHER
        .iter()
        .filter_map(move |(what, more, fewer, by, most)| {
            let each = units(more)?.saturating_sub(units(fewer)?).div_ceil(*by);
            Some((*what, each, *most))
        })
}

/// The whole paper.
fn paper(rows: &[Row], decisions: &[Decision], vm: &Vm, written: &str) -> String {
    let mut text = String::from(
        "# Costs\n\n\
         Written by `BULWARK_WRITE=1 cargo xtask cu` from what it measured; don't edit by hand. A test fails\n\
         where bytes, keys or a ceiling differ, or units by more than 5 %.\n\n\
         ## Accounts\n\n\
         Rent at the cluster's rate of 6,960 lamports for each of (bytes + 128). Not in the table: the program, 45 bytes\n\
         and its own (at 2,700,000 bytes 18.79 SOL), and the lookup table, 56 bytes and 32 a key; its creator gets that back.\n\n\
         | account | bytes | rent, SOL | who pays |\n|---|---|---|---|\n",
    );
    for (name, bytes, payer) in ACCOUNTS {
        let rent = vm.svm.minimum_balance_for_rent_exemption(*bytes);
        let _ = writeln!(
            text,
            "| {name} | {} | {}.{:06} | {payer} |",
            grouped(*bytes as u64),
            rent / 1_000_000_000,
            rent % 1_000_000_000 / 1_000,
        );
    }
    text.push_str(
        "\n## Instructions\n\n\
         One transaction with this instruction alone, a budget instruction and the deployment's lookup table, at\n\
         the dearest accounts that the limits permit: 8 collaterals, 8 positions, 32 orders. Of 1,400,000 units,\n\
         64 keys, 1,232 bytes and 32,768 bytes of heap. Asking is what of the units goes to modes, breakers and\n\
         the tables of permission: at most 1,500.\n\n\
         | instruction | units | ceiling | keys | bytes | heap | asking | case |\n\
         |---|---|---|---|---|---|---|---|\n",
    );
    for row in rows {
        let known = |column| known(written, row.name, column);
        let heap = row.heap.map_or_else(|| known(HEAP), grouped);
        let asking = row.asking.map_or_else(|| known(ASKING), grouped);
        let _ = writeln!(
            text,
            "| `{}` | {} | {} | {} | {} | {heap} | {asking} | {} |",
            row.name,
            grouped(row.units),
            grouped(row.ceiling),
            row.keys,
            row.bytes,
            row.case,
        );
    }
    text.push_str("\n| one more of a kind | units | ceiling |\n|---|---|---|\n");
    for (what, each, most) in further(rows) {
        let _ = writeln!(text, "| `{what}` | {} | {} |", grouped(each), grouped(most));
    }
    actions::table(&mut text, decisions);
    text
}

/// 12345 as 12,345.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let first = digits.len() % 3;
    let mut parts: Vec<&str> = Vec::new();
    if first > 0 {
        parts.push(&digits[..first]);
    }
    parts.extend(
        (first..digits.len())
            .step_by(3)
            .map(|at| &digits[at..at + 3]),
    );
    parts.join(",")
}

/// What was measured last, where it isn't measured this time.
fn known(written: &str, name: &str, column: usize) -> String {
    let of = format!("| `{name}` |");
    let line = written.lines().find(|line| line.starts_with(&of));
    let cell = line.and_then(|line| line.split('|').nth(column));
    cell.map_or_else(|| "-".to_owned(), |cell| cell.trim().to_owned())
}

/// Writes the paper where that is asked for; else says what of it is stale.
pub fn keep(rows: &[Row], decisions: &[Decision], vm: &Vm) -> Vec<String> {
    let dear = further(rows).filter(|(_, each, most)| each > most);
    let mut problems: Vec<String> = dear
        .map(|(what, each, most)| format!("{what} takes {each} units, its ceiling is {most}"))
        .collect();
    let written = std::fs::read_to_string(file()).unwrap_or_default();
    let fresh = paper(rows, decisions, vm, &written);
    let write = std::env::var_os("BULWARK_WRITE").is_some();
    problems.extend(summary::keep(rows, write).err());
    if write {
        std::fs::write(file(), &fresh).expect("docs/costs.md is written");
        return problems;
    }
    let stale = |line: &&str| !written.lines().any(|old| alike(old, line));
    let lines = fresh.lines().filter(|line| line.starts_with('|'));
    let stale: Vec<String> = lines
        .filter(stale)
        .map(|line| format!("docs/costs.md is stale, `BULWARK_WRITE=1 cargo xtask cu`: {line}"))
        .collect();
    let count = |text: &str| text.lines().filter(|line| line.starts_with('|')).count();
    if stale.is_empty() && count(&written) != count(&fresh) {
        problems.push("docs/costs.md has rows of what isn't there any more".to_owned());
    }
    problems.extend(stale);
    problems
}

/// Whether a written row still says what a fresh one does: all cells alike, but for units, which
/// may differ a little, and what isn't measured every time.
fn alike(written: &str, fresh: &str) -> bool {
    let cells = |line: &str| -> Vec<String> {
        line.split('|').map(|cell| cell.trim().to_owned()).collect()
    };
    let (written, fresh) = (cells(written), cells(fresh));
    let number = |cell: &str| cell.replace(',', "").parse::<u64>().ok();
    // Three figures of units, beside a name.
    let decision = fresh.len() == 6;
    let instruction = fresh.get(1).is_some_and(|name| name.starts_with('`'));
    written.len() == fresh.len()
        && written
            .iter()
            .zip(&fresh)
            .enumerate()
            .all(|(at, (old, new))| match (at, number(old), number(new)) {
                (at, Some(old), Some(new)) if instruction && (at == 2 || decision) => {
                    old.abs_diff(new) * 100 <= new * TOLERANCE
                }
                (HEAP | ASKING, ..) if instruction => true,
                _ => old == new,
            })
}
