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
        ("MarketsFolded", offset_of!(MarketsFolded, markets)),
        ("InterestAccrued", offset_of!(InterestAccrued, claims_after)),
        ("StakeChanged", offset_of!(StakeChanged, asked)),
        ("StakeChanged", offset_of!(StakeChanged, earning_value)),
    ] {
        let at = named(&told.lines, 0, name);
        let mut lines = told.lines.clone();
        lines[at] = altered(&told.lines[at], 8 + field);
        let found = broken(verify(&lines, vec![], &told.accounts));
        // One market more or less folded is found where a sum is told again, or at the end.
        let later = found.line == 0 || found.line > at;
        assert!(later, "{name} {field}: {found:?}");
        let there = found.line == at + 1;
        assert!(there || name == "MarketsFolded", "{name} {field}: {found:?}");
    }
}
