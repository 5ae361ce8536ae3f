//! What was asked of limits, and how far it used them up, is fixed by what is told.

use std::mem::offset_of;

use bulwark::event::{
    BanksValued, Deposited, InterestAccrued, MarketsFolded, StakeChanged, Withdrawn,
};

use super::{altered, broken, named, told, verify};

#[test]
fn what_is_told_of_limits_is_found_where_it_is_altered() {
    let told = told();
    for (name, field) in [
        ("Deposited", offset_of!(Deposited, limited)),
        ("Withdrawn", offset_of!(Withdrawn, free)),
        ("Withdrawn", offset_of!(Withdrawn, quote_expected_after)),
        ("BanksValued", offset_of!(BanksValued, value_after)),
        // A market that isn't listed.
        ("MarketsFolded", offset_of!(MarketsFolded, markets) + 7),
        ("InterestAccrued", offset_of!(InterestAccrued, claims_after)),
        ("StakeChanged", offset_of!(StakeChanged, asked)),
        ("StakeChanged", offset_of!(StakeChanged, earning_value)),
    ] {
        let at = named(&told.lines, 0, name);
        let mut lines = told.lines.clone();
        lines[at] = altered(&told.lines[at], 8 + field);
        let found = broken(verify(&lines, vec![], &told.accounts));
        assert_eq!(found.line, at + 1, "{name} {field}: {found:?}");
    }
}

/// A fold that is left out, or told twice, is missed by the quote bank's own count.
#[test]
fn a_fold_is_told_once() {
    let told = told();
    let at = named(&told.lines, 0, "MarketsFolded");
    let mut lines = told.lines.clone();
    lines.remove(at);
    let found = broken(verify(&lines, vec![], &told.accounts));
    assert!(found.why.contains("is missing"), "{found:?}");
    let mut lines = told.lines.clone();
    lines.insert(at + 1, told.lines[at].clone());
    let found = broken(verify(&lines, vec![], &told.accounts));
    assert_eq!(found.line, at + 2);
    assert!(found.why.contains("comes again"), "{found:?}");
}
