//! The README's table of ceilings: those that most people ask for, from the same rows as
//! docs/costs.md.

use std::fmt::Write as _;
use std::path::PathBuf;

use super::Row;

/// Instruction (or a second case of one), and what the README calls it.
const SHOWN: &[(&str, &str)] = &[
    ("deposit", "deposit"),
    ("withdraw", "withdraw, paid at once"),
    ("withdraw_queued", "withdraw, partly queued"),
    ("refresh", "refresh, one feed"),
    ("refresh_all", "refresh, 17 feeds, 8 markets, 9 banks"),
    ("place_order", "place an order, one fill"),
    ("place_order_12", "place an order, 12 fills"),
    ("cancel_orders_16", "cancel 16 orders"),
    ("flag", "flag"),
    ("take_over", "take over"),
    ("seize", "seize"),
    ("wind_up", "wind up, 8 positions, 8 collaterals"),
    ("accrue", "accrue, 8 markets"),
    (
        "check_all",
        "check, quote with 8 markets, 8 tokens, an account",
    ),
    ("sample_funding", "sample funding"),
    ("close_margin_account", "close an account"),
    (
        "mark_accounts_16",
        "mark 16 accounts in a Recovery, paid for",
    ),
    ("claim_recovery", "claim in a Recovery"),
];
/// The head of the table.
const HEAD: &str = "| instruction | thousand units, at most | account keys | bytes |\n";

fn file() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../README.md")
}

fn table(rows: &[Row]) -> Result<String, String> {
    let mut text = format!("{HEAD}|---|---|---|---|\n");
    for (name, label) in SHOWN {
        let row = rows.iter().find(|row| row.name == *name);
        let row = row.ok_or_else(|| format!("the README shows {name}, which isn't measured"))?;
        let (whole, part) = (row.ceiling / 1_000, row.ceiling % 1_000 / 100);
        let (keys, bytes) = (row.keys, row.bytes);
        let _ = writeln!(text, "| {label} | {whole}.{part} | {keys} | {bytes} |");
    }
    Ok(text)
}

/// Writes the table where that is asked for; else says that it is stale.
pub fn keep(rows: &[Row], write: bool) -> Result<(), String> {
    let text = std::fs::read_to_string(file()).map_err(|error| error.to_string())?;
    let start = text
        .find(HEAD)
        .ok_or("the README has no table of ceilings")?;
    let length = text[start..]
        .find("\n\n")
        .map_or(text.len() - start, |end| end + 1);
    let fresh = table(rows)?;
    if text[start..start + length] == fresh {
        return Ok(());
    }
    if !write {
        return Err("README.md is stale: `BULWARK_WRITE=1 cargo xtask cu`".to_owned());
    }
    let text = format!("{}{fresh}{}", &text[..start], &text[start + length..]);
    std::fs::write(file(), text).map_err(|error| error.to_string())
}
