//! The tables of `docs/guardian.md`, as Markdown: what it can do, what stolen keys can do, who can
//! still act, and what is explored.

use std::collections::BTreeMap;

use bulwark_core::guardian::{Delay, Kind, Quorum};

use crate::council::Rest;
use crate::deadlock::can;
use crate::proof;
use crate::properties::PROPERTIES;
use crate::time_to_loss::{Earliest, Harm, Theft, earliest};

/// Sizes of a guardian that the tables show.
const SIZES: [u8; 2] = [5, 7];

/// What the others do, and how the table says it.
const RESTS: [(Rest, &str); 3] = [
    (Rest::Silent, "silent"),
    (Rest::One, "one objects"),
    (Rest::OneAndVeto, "one and the veto seat object"),
];

/// The tables.
pub fn all() -> String {
    format!("{}{}{}", powers(), losses(), acts())
}

/// What each kind of decision needs, as its row in core says.
pub fn powers() -> String {
    let mut text = String::from(
        "\n| decision | members | delay | exits quicken | carried out by |\n|---|---|---|---|---|\n\
         | restrict, at most 6 h, twice in 7 d | one, alone | none | no | `restrict` |\n",
    );
    for kind in Kind::ALL {
        let row = kind.row();
        let members = match row.quorum {
            Quorum::Pair => "two",
            Quorum::Majority => "majority",
            Quorum::Relax => "relax",
            Quorum::AllButSubjects => "all who aren't its subjects",
        };
        let delay = match row.delay {
            Delay::None if *kind == Kind::AnnounceRecovery => "none, the freeze after 24 h",
            Delay::None => "none",
            Delay::Relax => "48 h",
            Delay::Ordinary => "7 d",
            Delay::Removal => "30 d",
            Delay::Incident => "48 h, 7 d once a member objects",
        };
        let quicken = yes(row.quickens);
        let (what, by) = words(*kind);
        text += &format!("| {what} | {members} | {delay} | {quicken} | {by} |\n");
    }
    text
}

/// What a kind of decision does, and the instruction that carries it out.
const fn words(kind: Kind) -> (&'static str, &'static str) {
    let what = match kind {
        Kind::Restrict => "restrict, at most 72 h, 96 h in 30 d",
        Kind::Tighten => {
            "tighten: lower an open-interest, notional, leverage or deposit cap, close a market or \
             bank for new risk; 72 h, twice an item in 30 d"
        }
        Kind::Pause => "pause, at most 72 h, 96 h in 30 d",
        Kind::Revoke => "revoke a capability, at most 72 h",
        Kind::Relax => "relax: lift restrictions, revocations, latches up to a number",
        Kind::SetParameters => "set parameters",
        Kind::AddMember => "add a member",
        Kind::RemoveMembers => "replace members, at most a blocking minority",
        Kind::SetDelays => "set delays ([bounds](#what-members-should-know))",
        Kind::SetVeto => "set the veto seat",
        Kind::List => "list a feed, bank or market",
        Kind::SetOracle => "give a feed another source",
        Kind::WindDown => "announce that a market settles (7 d more), begin to close a bank",
        Kind::PayTreasury => {
            "pay fees above their floor to the one treasury, in Normal, while nothing is missing"
        }
        Kind::AnnounceRecovery => {
            "announce Recovery of a compartment: Paused at once, final, once in 30 d"
        }
        Kind::Upgrade => "upgrade the program",
        Kind::IncidentUpgrade => "upgrade in an incident: quorum while Paused",
    };
    let by = match kind {
        Kind::List => "`create_feed`, `create_bank`, `create_market`",
        Kind::PayTreasury => "`pay_treasury`",
        Kind::AnnounceRecovery => "`announce_recovery`",
        Kind::Upgrade | Kind::IncidentUpgrade => "`execute_upgrade`",
        _ => "`execute_proposal`",
    };
    (what, by)
}

type Row = BTreeMap<Harm, Earliest>;

/// What k stolen keys can do, and when.
pub fn losses() -> String {
    let mut text = String::new();
    for members in SIZES {
        text += &format!(
            "\nOf {members} members:\n\n| stolen keys | the others | restrict, tighten \
             | pause, revoke | lift restrictions | announce Recovery | fees to the \
             treasury | parameters, listings, sources, members, delays, program | replace a \
             minority | program, quorum in \
             a pause | first loss; who could have left |\n\
             |---|---|---|---|---|---|---|---|---|---|---|\n"
        );
        for stolen in 1..=members {
            let mut before: Option<Row> = None;
            for (rest, words) in RESTS {
                if stolen == members && rest != Rest::Silent {
                    continue;
                }
                let row = earliest(Theft {
                    members,
                    stolen,
                    rest,
                    asleep: false,
                });
                if before.as_ref() == Some(&row) {
                    continue;
                }
                let words = if stolen == members { "none" } else { words };
                text += &format!("| {stolen} | {words} | {} |\n", cells(&row));
                before = Some(row);
            }
        }
    }
    text + NOTE
}

/// Stands below the table of losses.
const NOTE: &str = "\nOne key restricts for 6 h, twice a week; two for 72 h, 96 h in 30 d; a \
    majority pauses for 72 h, 96 h in 30 d, and the exit stays open. A Recovery freezes 24 h after \
    it is announced and pays everyone by the rule. Who replaced others needs their successors' \
    votes and another week for all else: 37 d and an hour. A row that isn't there is the same as \
    the one above it.\n\nSlots are of 300 ms, none lost; half an hour is waited because clocks \
    err. Stolen \
    keys of members who had fallen silent do the same 48 h later. What could have left is the \
    share of all deposits at the quickened rate.\n";

fn cells(row: &Row) -> String {
    let mut cells: Vec<String> = Harm::ALL
        .iter()
        .map(|harm| row.get(harm).map_or("never".into(), |e| time(e.seconds)))
        .collect();
    let harms = row.iter().filter(|(harm, _)| harm.touches_claims());
    let first = harms.min_by_key(|(_, e)| e.seconds);
    cells.push(first.map_or("never".into(), |(harm, e)| {
        let what = match harm {
            Harm::Takeover => "others replaced",
            Harm::IncidentUpgrade => "program",
            _ => "parameters, program",
        };
        let left = e.left_ppm / 10_000;
        format!("{what}: {}, slot {}; {left} %", time(e.seconds), e.slots)
    }));
    cells.join(" | ")
}

/// A moment in words.
fn time(seconds: i64) -> String {
    let (hours, minutes) = (seconds / 3_600, seconds % 3_600 / 60);
    let rest = if minutes == 0 {
        String::new()
    } else {
        format!(" {minutes} min")
    };
    match hours {
        0 if minutes == 0 => "at once".into(),
        _ if hours % 24 == 0 && hours > 48 => format!("{} d{rest}", hours / 24),
        _ => format!("{hours} h{rest}"),
    }
}

/// Which honest sets can still act.
pub fn acts() -> String {
    let mut text = String::new();
    for members in SIZES {
        text += &format!(
            "\nOf {members} members:\n\n| honest | silent | hostile | pause | back \
             to Normal before expiry | change, upgrade | replace the silent and the hostile |\n\
             |---|---|---|---|---|---|---|\n"
        );
        for hostile in 0..=2 {
            for honest in (members / 2..=members - hostile).rev() {
                let can = can(members, honest, hostile);
                let silent = members - honest - hostile;
                let cells = [can.pause, can.relax, can.upgrade].map(yes).join(" | ");
                let remove = if honest == members {
                    "—"
                } else {
                    yes(can.remove)
                };
                text += &format!("| {honest} | {silent} | {hostile} | {cells} | {remove} |\n");
            }
        }
    }
    text + "\nThe silent never act. The hostile object to everything and approve nothing. \
            With no honest member at all \
            restrictions and pauses still end by themselves, and a compartment whose bits or \
            breakers never clear settles within three weeks (`liveness`).\n"
}

/// Properties with the mutants that they find, then the plans.
pub fn explored() -> String {
    let mut text = String::from("\n| property | says | finds the mutants |\n|---|---|---|\n");
    for (name, says) in PROPERTIES {
        let all = proof::mutant_names();
        let found: Vec<_> = all.iter().filter(|m| m.0 == *name).map(|m| &*m.1).collect();
        text += &format!("| `{name}` | {says} | {} |\n", found.join(", "));
    }
    text += "\nExplored to the end, every state of it. In the test command:\n\n";
    let list = |plans: &[String]| plans.iter().map(|p| format!("* {p}\n")).collect::<String>();
    let quick = proof::plan_names(false);
    let full = proof::plan_names(true);
    let more: Vec<_> = full.into_iter().filter(|p| !quick.contains(p)).collect();
    text += &list(&quick);
    text += "\nBesides by `cargo xtask prove`:\n\n";
    text += &list(&more);
    text
}

const fn yes(can: bool) -> &'static str {
    if can { "yes" } else { "no" }
}
