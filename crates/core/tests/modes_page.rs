//! docs/modes.md, written from the tables that the program asks.
//! `BULWARK_WRITE=1 cargo test -p bulwark-core --test modes_page` writes it.

use std::fmt::Write as _;
use std::path::PathBuf;

use bulwark_core::breaker::{Breaker, band, depeg, drawdown, oracle, restart};
use bulwark_core::check::{REWARD, REWARD_EVERY};
use bulwark_core::mode::{
    AUTOMATION_PAUSE, Capability, GRACE, GRACE_LEAST, GUARDIAN_PAUSE, Global, LONE_RESTRICT_MAX,
    Limits, PAIR_RESTRICT, REVOCATION_MAX,
};
use bulwark_core::outflow::{MIN_DAY_PPM, MIN_HOUR_PPM};
use bulwark_core::permits::{
    Action, BANK, BankCell, CAPABILITY, GRACE as BY_GRACE, MARKET, MODE, MarketCell, ModeCell,
    STAGE, StageCell,
};
use bulwark_core::staking::stress;

fn mode_cell(cell: &ModeCell) -> String {
    match cell {
        ModeCell::Yes => "yes".into(),
        ModeCell::Rate(divisor) => format!("rate ÷ {divisor}"),
        ModeCell::Adverse(divisor) => format!("adverse bounds, rate ÷ {divisor}"),
        ModeCell::Limited => "1 % of the mean a day".into(),
        ModeCell::Receiver(ppm) => format!("receiver at {} % of Initial", ppm / 10_000),
        ModeCell::Softened(requirement, receiver) => format!(
            "at {} % of the requirement, receiver at {} %",
            requirement / 10_000,
            receiver / 10_000
        ),
        ModeCell::No => "no".into(),
        ModeCell::Frozen => "no: frozen".into(),
        ModeCell::Stops => "no: time stands still".into(),
        ModeCell::ByRecovery => "Recovery's own act".into(),
    }
}

fn words(name: &str) -> String {
    let mut text = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !text.is_empty() {
            text.push(' ');
        }
        text.extend(letter.to_lowercase());
    }
    text
}

fn action(action: Action) -> String {
    words(&format!("{action:?}"))
}

fn line(text: &mut String, cells: &[String]) {
    let _ = writeln!(text, "| {} |", cells.join(" | "));
}

fn head(text: &mut String, names: &[&str]) {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    line(text, &names);
    line(text, &vec!["---".to_owned(); names.len()]);
}

fn matrix(text: &mut String) {
    head(
        text,
        &[
            "action",
            "Normal",
            "Restricted",
            "Paused",
            "Recovery, from the freeze on",
        ],
    );
    for (row, kind) in MODE.iter().zip(Action::ALL) {
        let mut cells = vec![action(*kind)];
        cells.extend(row.iter().map(mode_cell));
        line(text, &cells);
    }
}

fn markets(text: &mut String) {
    head(
        text,
        &[
            "action",
            "Open",
            "Limit",
            "Halted",
            "ReduceOnly",
            "Settling",
            "Settled",
        ],
    );
    for (row, kind) in MARKET.iter().zip(Action::ALL) {
        let Some(row) = row else { continue };
        let mut cells = vec![action(*kind)];
        cells.extend(row.iter().map(|cell| match cell {
            MarketCell::Yes => "yes".to_owned(),
            MarketCell::InBand => "inside the band".to_owned(),
            MarketCell::No => "no".to_owned(),
        }));
        line(text, &cells);
    }
}

fn banks(text: &mut String) {
    head(text, &["action", "Active", "NoNewRisk", "Closing"]);
    for (row, kind) in BANK.iter().zip(Action::ALL) {
        let Some(row) = row else { continue };
        let mut cells = vec![action(*kind)];
        cells.extend(row.iter().map(|cell| match cell {
            BankCell::Yes => "yes".to_owned(),
            BankCell::No => "no".to_owned(),
        }));
        line(text, &cells);
    }
}

fn stages(text: &mut String) {
    head(
        text,
        &[
            "action",
            "Healthy",
            "ReduceOnly",
            "Warned",
            "Liquidatable",
            "Bankrupt",
            "grace",
        ],
    );
    for ((row, kind), grace) in STAGE.iter().zip(Action::ALL).zip(BY_GRACE) {
        if row.iter().all(|cell| *cell == StageCell::Yes) && !grace {
            continue;
        }
        let mut cells = vec![action(*kind)];
        cells.extend(row.iter().map(|cell| match cell {
            StageCell::Yes => "yes".to_owned(),
            StageCell::WindUpOnly => "no: wound up".to_owned(),
            StageCell::No | StageCell::NotLiquidatable | StageCell::NotBankrupt => "no".to_owned(),
        }));
        cells.push(if grace { "waits" } else { "goes on" }.to_owned());
        line(text, &cells);
    }
}

fn capabilities(text: &mut String) {
    head(text, &["number", "capability", "shuts"]);
    for capability in Capability::ALL {
        let rows = CAPABILITY.iter().zip(Action::ALL);
        let shut = rows.filter(|(needed, _)| needed.contains(&capability));
        let shut: Vec<String> = shut.map(|(_, kind)| action(*kind)).collect();
        line(
            text,
            &[
                (capability as u8).to_string(),
                words(&format!("{capability:?}")),
                shut.join(", "),
            ],
        );
    }
}

fn hours(limits: Limits) -> String {
    let (each, window) = (limits.each / 3_600, limits.window / 3_600);
    format!("{each} h at a time, {window} h in any 30 days")
}

fn powers(text: &mut String) {
    head(text, &["who", "what", "how long"]);
    let lone = format!("{} h, twice in 7 days", LONE_RESTRICT_MAX / 3_600);
    let revocation = format!("{} h, twice in 30 days", REVOCATION_MAX / 3_600);
    for (who, what, long) in [
        ("one guardian", "Restricted", lone),
        ("two guardians", "Restricted", hours(PAIR_RESTRICT)),
        ("a majority", "Paused", hours(GUARDIAN_PAUSE)),
        ("a majority", "a capability revoked", revocation),
        ("a breaker, a check", "Paused", hours(AUTOMATION_PAUSE)),
        (
            "a broken bit",
            "Restricted",
            "until a check of that very item finds it sound".into(),
        ),
        (
            "time",
            "the end of all of these",
            "by itself; nobody has to come".into(),
        ),
        (
            "four fifths of the guardians",
            "the end of Restricted",
            "after 48 h".into(),
        ),
    ] {
        line(text, &[who.to_owned(), what.to_owned(), long]);
    }
}

/// Band, oracle and depeg: every refresh moves them on, the Board holds them.
fn prices() -> Vec<(Breaker, String, String)> {
    let minutes = |seconds: u64| seconds / 60;
    let wait = minutes(band::HALT_SECONDS + band::WAIT_SECONDS);
    let off = f64::from(depeg::DISTANCE_PPM) / 1e4;
    vec![
        (
            Breaker::Band,
            format!(
                "a price beyond k·σ·√{} s of the median close of five minutes",
                band::WINDOW
            ),
            format!(
                "Limit while it is outside; after {} s Halted, {} min and until three minutes running \
                 have prints, at most {wait} min; then the band is doubled for {} min. Again within \
                 {} min: ReduceOnly for {} min instead",
                band::LIMIT_SECONDS,
                minutes(band::HALT_SECONDS),
                minutes(band::AFTER_SECONDS),
                minutes(band::MEMORY_SECONDS),
                minutes(band::AFTER_SECONDS),
            ),
        ),
        (
            Breaker::Oracle,
            "a feed that is Dead, or whose sources differ".to_owned(),
            format!(
                "ReduceOnly; Halted {} min after it died; until the next print",
                minutes(oracle::HALT_AFTER)
            ),
        ),
        (
            Breaker::Depeg,
            format!(
                "each of {} minutes more than {off} % off a dollar (quote), or off what it stands for \
                 (a bridged token); {} of them may lack a print",
                depeg::MINUTES,
                depeg::MISSING_MAX
            ),
            format!(
                "quote: as Restricted, and Restricted by the next check; a bridged token: its origin \
                 class counts for no new risk and takes no deposits; {} min after the last sight",
                minutes(depeg::RESTRICTS)
            ),
        ),
    ]
}

fn breakers(text: &mut String) {
    head(
        text,
        &[
            "id",
            "reason",
            "breaker",
            "trips on",
            "does, and for how long",
            "told by",
        ],
    );
    let [quarter, half, all] = drawdown::LEVELS_PPM.map(|ppm| ppm / 10_000);
    let hold = drawdown::HOLDS / 3_600;
    let drawdown = format!(
        "new risk closed; Restricted; Paused within automation's budget: {hold} h, renewed by a \
         check while it stands"
    );
    let restart = format!(
        "new risk waits {} slots; grace for a third of them, times congestion",
        restart::SLOTS
    );
    let mut rows = prices();
    rows.extend([
        (
            Breaker::Jump,
            "a return over 10 s or 60 s beyond its limit".to_owned(),
            "the print waits for its confirmation, at most 10 s".to_owned(),
        ),
        (
            Breaker::Outflow,
            "withdrawals beyond the leaky buckets".to_owned(),
            "they queue, first come, first served".to_owned(),
        ),
        (
            Breaker::Cascade,
            "liquidated notional above its share of open interest".to_owned(),
            "no new risk in the market for one window; longer premium ramps".to_owned(),
        ),
        (
            Breaker::Drawdown,
            format!(
                "losses borne by insurance and gaining sides within a day: {quarter}, {half}, \
                 {all} % of insurance"
            ),
            drawdown,
        ),
        (
            Breaker::Invariant,
            "what `check` finds broken".to_owned(),
            "Restricted while the bit stands; missing value pauses first".to_owned(),
        ),
        (
            Breaker::Coverage,
            "insurance below the stressed shortfall, as `prove_stress` finds it".to_owned(),
            format!(
                "leverage caps shrink to insurance over shortfall, a fifth at least; {} min after the \
                 latest proof",
                stress::PROOF / 60
            ),
        ),
        (
            Breaker::Restart,
            "the cluster's LastRestartSlot".to_owned(),
            restart,
        ),
    ]);
    rows.sort_by_key(|(breaker, ..)| *breaker as u8);
    for (breaker, trips, does) in rows {
        line(
            text,
            &[
                (breaker as u8).to_string(),
                format!("0x{:03x}", breaker.reason()),
                words(&format!("{breaker:?}")),
                trips,
                does,
                told_by(breaker).to_owned(),
            ],
        );
    }
}

/// Where a trip is told. A `check` chains those that have a record.
fn told_by(breaker: Breaker) -> &'static str {
    match breaker {
        Breaker::Jump => "`PricesRefreshed`: outcome 2",
        Breaker::Outflow => "`Withdrawn`: queued",
        Breaker::Restart => "`Checked`: restart_slot",
        Breaker::Invariant => "`Checked`: bits; the pause's record",
        Breaker::Drawdown => "`Checked`: drawdown; the mode's record",
        Breaker::Band | Breaker::Oracle | Breaker::Cascade => "`Checked`: a trip; the market",
        Breaker::Depeg => "`Checked`: a trip; the Board, the mode's record",
        Breaker::Coverage => "`StressProved`; `Checked`: a trip; the Board",
        Breaker::Sentinel => "",
    }
}

fn items(text: &mut String) {
    head(text, &["item", "sound if", "bit"]);
    let global = |global: Global| format!("global {}", global as u8);
    for (item, sound, bit) in [
        (
            "a token's bank",
            "its vault holds all that is owed from it",
            "bank".to_owned(),
        ),
        (
            "the quote bank, all markets",
            "the same, but for a known deficit",
            "bank 0".into(),
        ),
        ("", "no deficit", global(Global::Deficit)),
        ("", "no total is below zero", global(Global::Counter)),
        (
            "a market",
            "longs equal shorts; nothing is left in it without positions; its loss indexes only grow",
            "market".into(),
        ),
        (
            "a margin account",
            "no slot contradicts another; no index that it has seen lies ahead of the Board's",
            global(Global::Account),
        ),
        (
            "always",
            "the Board's interest indexes only grow",
            global(Global::Index),
        ),
        (
            "always",
            "every pause was charged to a budget, none is overdrawn",
            global(Global::Budget),
        ),
    ] {
        line(text, &[item.to_owned(), sound.to_owned(), bit]);
    }
}

fn page() -> String {
    let mut text = String::from(
        "# Modes and breakers\n\n\
         Written from the tables of `crates/core` by `BULWARK_WRITE=1 cargo test -p bulwark-core --test\n\
         modes_page`; don't edit by hand. `tests/tests/matrix` and `matrix_stages.rs` assert the cells on the\n\
         bytecode. Asking all of this costs an instruction at most 1,500 units ([costs.md](costs.md)).\n\n\
         ## The lattice\n\n\
         Normal < Restricted < Paused. The protocol has a record, each compartment has one, and the stricter\n\
         holds. A record is two ends that only grow; what has passed counts for nothing, so nobody has to end\n\
         anything. Whoever acts may tighten, nobody shortens another's act, and only the guardians' Relax, which\n\
         names the acts that it lifts, ends Restricted early. Recovery is a phase of one compartment, not a mode.\n\n",
    );
    powers(&mut text);
    let _ = write!(
        text,
        "\nWhat breakers, checks and bits keep above Normal for 14 days at once, or for 20 days of the last 30, anyone\n\
         announces for [Recovery](recovery.md) with a week's notice; what guardians do doesn't count.\n\n\
         A pause of the protocol is charged to every compartment. After a pause accounts between the critical\n\
         level and maintenance have grace: {} minutes, times the congestion factor, at most {}.\n\n\
         ## Mode × action\n\n",
        GRACE_LEAST / 60,
        GRACE / 60
    );
    matrix(&mut text);
    let _ = write!(
        text,
        "\nNo mode stops the plain exit. Rates are those of the bank's buckets, never below {} % an hour and\n\
         {} % a day of its base; they rise while a change that loosens waits.\n\n## Market status × action\n\n",
        f64::from(MIN_HOUR_PPM) / 1e4,
        f64::from(MIN_DAY_PPM) / 1e4
    );
    markets(&mut text);
    text.push_str("\n## Bank status × action\n\n");
    banks(&mut text);
    text.push_str("\n## Stage of the account × action\n\n");
    stages(&mut text);
    text.push_str(
        "\n## Capabilities that can be revoked\n\nWhere a fault is found in one way through the program, a majority \
         shuts that way\nand leaves the rest open. Nothing else can be named: no revocation reaches the plain exit, \
         tickets,\ntop-up, repayment, cancelling, liquidation, `check`, refresh, recapitalisation or Recovery.\n\n",
    );
    capabilities(&mut text);
    text.push_str(
        "\nA transfer to an own account with positions, orders or debt is a top-up, and stays open. Of\n\
         `stake` *fund insurance* is Join and Earn too, *insurance unstake* Ask and Leave, *buy stake* Buy.\n",
    );
    text.push_str(
        "\n## Breakers\n\nEach only tightens and ends by itself. What it trips carries its reason code: the record of a market, of the\n\
         Board or of a mode, and the list of trips that a `check` chains; a jump, an outflow and a restart leave no\n\
         record, and an event of its own tells each. Thresholds and their bounds: [parameters.md](parameters.md);\n\
         formulas: [risk-model.md](risk-model.md). What one makes of a market is a status of the table above.\n\n",
    );
    breakers(&mut text);
    let _ = write!(
        text,
        "\n## What `check` does\n\n\
         Anyone calls it for any items. It sets the broken bit of each that fails, clears that of each that holds,\n\
         and touches no other: leaving an item out keeps its bit. It returns Ok whatever it finds, since an error\n\
         would roll the alarm back; an instruction that moves money and finds the same breakage refuses with\n\
         `InvariantBroken`. It latches the drawdown, chains what breakers have tripped, notes a restart.\n\n",
    );
    items(&mut text);
    let _ = write!(
        text,
        "\nThe first latch of a bit other than the deficit's pays up to ${} out of fees above their floor, at most\n\
         once in {} hours a compartment. Numbers: [parameters.md](parameters.md); costs: [costs.md](costs.md).\n",
        REWARD / 1_000_000,
        REWARD_EVERY / 3_600
    );
    text
}

#[test]
fn the_page_is_in_step_with_the_tables() {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/modes.md");
    let fresh = page();
    if std::env::var_os("BULWARK_WRITE").is_some() {
        std::fs::write(&file, &fresh).expect("docs/modes.md is written");
    }
    let written = std::fs::read_to_string(&file).unwrap_or_default();
    let stale =
        "docs/modes.md is stale: BULWARK_WRITE=1 cargo test -p bulwark-core --test modes_page";
    assert!(written == fresh, "{stale}");
}
