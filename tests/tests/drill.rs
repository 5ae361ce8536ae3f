//! Drills on the bytecode: a running market is robbed, and strangers alone end it.

use bulwark_svm::drill::{Drill, Venue, all};

const ACCOUNTS: usize = 100;

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
    // Late money pays everyone again, nobody less than before, with as many more transactions as
    // there are payments, and no new mark.
    assert!(returned.paid > robbed.paid, "{}", returned.paid);
    assert_eq!(returned.owed, robbed.owed);
    for (before, after) in robbed.rules.iter().zip(&returned.rules) {
        assert!(after.paid >= before.paid, "{}", after.who);
    }
    let marks = |drill: &Drill| {
        let marks = |name: &str| name.contains("marks");
        let stages = drill.stages.iter().filter(|stage| marks(stage.name));
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
