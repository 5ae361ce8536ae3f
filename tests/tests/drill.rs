//! Drills on the bytecode: a running market is robbed, and strangers alone end it. The figures of
//! docs/recovery.md are these, written by `BULWARK_WRITE=1`.

use std::path::Path;

use bulwark_svm::drill::{Drill, Stage, Venue, all};

const ACCOUNTS: usize = 100;
/// Accounts of the drill whose figures the page shows.
const SHOWN: usize = 1_000;
const HINT: &str = "BULWARK_WRITE=1 cargo test --workspace --locked --test drill";

fn sound(drill: &Drill) {
    let name = drill.name;
    assert_eq!(drill.conservation_error, 0, "{name}");
    assert!(
        drill.paid <= drill.owed,
        "{name}: {} {}",
        drill.paid,
        drill.owed
    );
    assert!(drill.paid > 0, "{name}");
    assert_eq!(drill.accounts, ACCOUNTS as u64, "{name}");
    for moments in [drill.transactions, drill.slots] {
        assert!(moments.restricted > 0, "{name}");
        assert!(moments.restricted < moments.first_payout, "{name}");
        assert!(moments.first_payout <= moments.last_payout, "{name}");
    }
    assert!(drill.within_goal(), "{name}: {:?}", drill.transactions);
}

#[test]
fn a_robbed_market_is_paid_out_and_a_refilled_one_trades_on() {
    let quiet = |_: &str, _: u64, _: u64| {};
    let venue = Venue::new(ACCOUNTS, &quiet).unwrap();
    let [robbed, returned, undone] = all(&venue, &quiet).unwrap();
    sound(&robbed);
    sound(&returned);
    sound(&undone);
    // Even the first payment in quote, which waits for every mark, is within the goal.
    assert!(robbed.first_quote < robbed.goal(), "{}", robbed.first_quote);
    assert!(robbed.paid < robbed.owed, "what was stolen isn't there");
    assert_eq!(undone.paid, undone.owed);
    // Late money pays everyone again, nobody less than before, and by the marks that stand.
    assert!(returned.paid > robbed.paid, "{}", returned.paid);
    assert_eq!(returned.owed, robbed.owed);
    for (before, after) in robbed.rules.iter().zip(&returned.rules) {
        assert!(after.paid >= before.paid, "{}", after.who);
    }
    let marks = |drill: &Drill| {
        let stages = drill.stages.iter();
        let stages = stages.filter(|stage| stage.name.contains("marks"));
        stages.map(|stage| stage.transactions).sum::<u64>()
    };
    assert_eq!(marks(&returned), marks(&robbed));
    // What the rules say was paid is what lies in people's token accounts, roundings aside.
    let ruled = robbed.rules.iter().filter(|rule| rule.who != "debtors");
    let ruled: u64 = ruled.map(|rule| rule.paid).sum();
    assert!(ruled.abs_diff(robbed.paid) < 100, "{ruled} {}", robbed.paid);
    let untouched = robbed.rules.iter().find(|rule| rule.who == "BTC kept");
    let untouched = untouched.expect("people hold BTC");
    assert_eq!(untouched.paid, untouched.owed, "nobody robbed that vault");
}

/// A number in groups of three digits.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let first = digits.len() % 3;
    let mut text = digits[..first].to_owned();
    for group in digits.as_bytes()[first..].chunks(3) {
        if !text.is_empty() {
            text.push(',');
        }
        text.extend(group.iter().map(|digit| char::from(*digit)));
    }
    text
}

fn dollars(e6: u64) -> String {
    let cents = (e6 + 5_000) / 10_000;
    format!("${}.{:02}", grouped(cents / 100), cents % 100)
}

/// What strangers did, stage by stage. Compute units, the last column, are those of the bytecode
/// that wrote it.
fn stages(drill: &Drill) -> String {
    let sum = |what: fn(&Stage) -> u64| drill.stages.iter().map(what).sum::<u64>();
    let row = |name: &str, transactions, slots, units: u64| {
        let units = grouped(units.div_ceil(1_000));
        let (transactions, slots) = (grouped(transactions), grouped(slots));
        format!("| {name} | {transactions} | {slots} | {units} k |\n")
    };
    let mut text =
        "| stage | transactions | slots | compute units |\n|---|---|---|---|\n".to_owned();
    for stage in &drill.stages {
        text += &row(stage.name, stage.transactions, stage.slots, stage.units);
    }
    let (transactions, slots) = (sum(|s| s.transactions), sum(|s| s.slots));
    let all = "**from the theft to the last payment**";
    text += &row(all, transactions, slots, sum(|s| s.units));
    let (first, quote) = (drill.transactions.first_payout, drill.first_quote);
    let goal = drill.goal();
    text + &format!(
        "\nThe first payment is transaction {first}, the first in quote, which waits for every mark, \
         transaction {quote}; the\ngoal is fewer than {goal}. The work itself takes {transactions} \
         slots, one for each transaction: the others are waiting times.\n"
    )
}

fn rules(drill: &Drill) -> String {
    let mut text =
        "| who | rule | accounts | owed | paid | lost |\n|---|---|---|---|---|---|\n".to_owned();
    for rule in &drill.rules {
        let accounts = match rule.accounts {
            0 => String::new(),
            some => grouped(some),
        };
        let lost = dollars(rule.owed.saturating_sub(rule.paid));
        let (owed, paid) = (dollars(rule.owed), dollars(rule.paid));
        text += &format!(
            "| {} | {} | {accounts} | {owed} | {paid} | {lost} |\n",
            rule.who, rule.rule
        );
    }
    text
}

/// The page's part without what isn't the same in every build: units of the bytecode.
fn without_units(text: &str) -> String {
    let kept = |line: &str| match line
        .strip_suffix(" k |")
        .and_then(|rest| rest.rsplit_once('|'))
    {
        Some((rest, _)) => rest.to_owned(),
        None => line.to_owned(),
    };
    text.lines().map(kept).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_figures_of_the_page_are_those_of_the_drill() {
    let quiet = |_: &str, _: u64, _: u64| {};
    let venue = Venue::new(SHOWN, &quiet).unwrap();
    let [robbed, returned, undone] = all(&venue, &quiet).unwrap();
    let again = returned.stages.last().expect("a stage").transactions;
    let sent_again = format!(
        "In all {} reaches people then; paying everyone again takes\n\
         {again} transactions.\n",
        dollars(returned.paid)
    );
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/recovery.md");
    let sent: u64 = undone.stages.iter().map(|stage| stage.transactions).sum();
    let parts = [
        ("stages", stages(&robbed)),
        ("rules", rules(&robbed)),
        ("returned", sent_again),
        ("undone", format!("{sent} transactions in all.\n")),
    ];
    for (name, expected) in parts {
        let text = std::fs::read_to_string(&path).unwrap();
        let begin = format!("<!-- drill: {name} -->\n");
        let (before, rest) = text.split_once(&begin).expect("a place for the figures");
        let (old, after) = rest.split_once("<!-- end -->").expect("their end");
        if std::env::var_os("BULWARK_WRITE").is_some() {
            let new = format!("{before}{begin}{expected}<!-- end -->{after}");
            std::fs::write(&path, new).unwrap();
        } else {
            let same = without_units(old) == without_units(&expected);
            assert!(same, "docs/recovery.md is stale: {HINT}\n{expected}");
        }
    }
}
