//! Every instruction asks the table of permission, or stands on a list with its reason.

use super::source::words;
use super::{Finding, Tree};

const PROGRAM: &str = "programs/bulwark/src/";

/// Words by which an instruction asks: of the guard itself, of a Recovery's marking, of a listing.
const ASKS: &[&str] = &["permit", "may", "marking", "may_list"];

const GUARDIAN: &str = "the guardian acts in every mode, by quorums and delays of its own";
const CREATION: &str = "there is nothing yet that a mode could be about";
const RECOVERY: &str = "a step of a Recovery, which has its own causes and phases";
const READS: &str = "it changes no account of the protocol's";

/// Instructions that ask no table themselves, and why.
const OTHERWISE: &[(&str, &str)] = &[
    ("announce_recovery", RECOVERY),
    ("approve_proposal", GUARDIAN),
    ("begin_audit", READS),
    ("call_off_settlement", "it asks in announce_settlement.rs"),
    ("cancel_batch", "it asks in cancel_orders.rs"),
    ("close_audit", READS),
    ("close_proposal", GUARDIAN),
    ("create_compartment", CREATION),
    ("create_guardian", CREATION),
    ("create_protocol", CREATION),
    ("execute_proposal", GUARDIAN),
    ("execute_upgrade", GUARDIAN),
    ("expire_proposal", GUARDIAN),
    ("freeze_recovery", RECOVERY),
    ("health_view", READS),
    ("heartbeat", GUARDIAN),
    ("margin_notice", READS),
    ("note_deficit", RECOVERY),
    ("object_to_proposal", GUARDIAN),
    ("propose", GUARDIAN),
    ("replace_order", "it asks in place_order.rs"),
    ("restrict", GUARDIAN),
    ("seal", "it takes a power away for ever"),
    ("settle_market", "it asks in announce_settlement.rs"),
    ("undo_recovery", RECOVERY),
    ("verify_claim", READS),
];

/// An instruction that neither asks nor is listed, and one that is listed and asks.
pub fn permits(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    let Some(entry) = tree.sources.get(&format!("{PROGRAM}lib.rs")) else {
        return found;
    };
    for (_, code) in entry.shipped() {
        let Some(name) = super::layers::call(code) else {
            continue;
        };
        let file = format!("{PROGRAM}instructions/{name}.rs");
        let Some(source) = tree.sources.get(&file) else {
            continue;
        };
        let asks = source
            .shipped()
            .any(|(_, code)| words(code).any(|word| ASKS.contains(&word)));
        let listed = OTHERWISE.iter().find(|(one, _)| *one == name);
        let advice = match (asks, listed) {
            (false, None) => format!("{name} asks no table: guard.permit, or say why in OTHERWISE"),
            (true, Some((_, why))) => {
                format!("{name} asks a table: take it from OTHERWISE ({why})")
            }
            _ => continue,
        };
        found.push(Finding {
            file,
            line: 0,
            rule: "permit",
            advice,
        });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::testing::tree;

    #[test]
    fn an_instruction_that_asks_nothing_is_found() {
        let entry = "    instructions::a(ctx)\n    instructions::seal(ctx)\n";
        let find = |a: &str, seal: &str| {
            let files = [
                ("programs/bulwark/src/lib.rs", entry),
                ("programs/bulwark/src/instructions/a.rs", a),
                ("programs/bulwark/src/instructions/seal.rs", seal),
            ];
            let found = permits(&tree(&files));
            found.into_iter().map(|one| one.file).collect::<Vec<_>>()
        };
        let none: [&str; 0] = [];
        let asks = "fn a() {\n    guard.permit(Action::A)?;\n}\n";
        assert_eq!(find(asks, "fn seal() {}\n"), none);
        let silent = "// guard.permit\nfn a() {}\n";
        assert_eq!(
            find(silent, "fn seal() {}\n"),
            ["programs/bulwark/src/instructions/a.rs"]
        );
        assert_eq!(
            find(asks, asks),
            ["programs/bulwark/src/instructions/seal.rs"]
        );
    }
}
