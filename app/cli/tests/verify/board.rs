//! The same of the Board: whatever is done to what a refresh has read is found.

use std::cmp::Ordering::{Equal, Greater, Less};

use super::*;

/// Prices that come and go, open interest and coverage copied, no account but the Board's told.
fn refreshed() -> Told {
    let mut world = World::recorded();
    world.fund("maker", 100_000.0);
    world.fund("alice", 10_000.0);
    world.trade("alice", "maker", 0, 10.0, 100.0);
    for price in [100.2, 100.1, 99.9] {
        world.advance(20);
        world.price(1, price);
        world.copy_all();
    }
    Told::of(&world)
}

/// Lines of the refreshes behind the listing.
fn refreshes(told: &Told) -> Vec<usize> {
    let from = named(&told.lines, 0, "Deposited");
    let is = |raw: &Raw| raw.decode().unwrap().name() == "PricesRefreshed";
    let lines = told.lines.iter().enumerate().skip(from);
    let of = lines.filter(|(_, line)| events(line).iter().any(is));
    of.map(|(at, _)| at).collect()
}

#[test]
fn a_refresh_that_is_dropped_doubled_or_altered_is_found() {
    let told = refreshed();
    let honest = verify(&told.lines, vec![], &told.accounts);
    assert_eq!(honest.broken, None);
    let refreshes = refreshes(&told);
    assert!(refreshes.len() >= 6, "{}", refreshes.len());
    let last = refreshes.len() - 2;
    for (place, at) in refreshes.into_iter().enumerate() {
        let mut lines = told.lines.clone();
        lines.remove(at);
        let found = verify(&lines, vec![], &told.accounts);
        assert!(found.broken.is_some(), "line {at} is dropped");
        let mut lines = told.lines.clone();
        lines.insert(at + 1, told.lines[at].clone());
        let found = broken(verify(&lines, vec![], &told.accounts));
        assert_eq!(found.line, at + 2, "line {at} comes again: {found:?}");
        assert!(found.why.contains("comes again"), "{found:?}");
        let length = events(&told.lines[at])[0].bytes().len();
        // What stands on the Board still: of the last refresh all, of the last print all but the
        // clock, of earlier ones the price.
        let kept = |byte: usize| match place.cmp(&last) {
            // Its two markets: coverage, behind them, is what no event fixes.
            Greater => !silent(byte) && byte < 8 + 96 + 4 + 2 * 40,
            Equal => !(8 + 24..8 + 96).contains(&byte),
            Less => (8 + 96 + 4 + 8..8 + 96 + 4 + 16).contains(&byte),
        };
        for byte in (0..length).filter(|byte| kept(*byte)) {
            let mut lines = told.lines.clone();
            lines[at] = altered(&told.lines[at], byte);
            let found = verify(&lines, vec![], &told.accounts);
            assert!(found.broken.is_some(), "byte {byte} of line {at}");
        }
    }
}

/// Who called, which no account remembers, and the slot of a restart before any print.
fn silent(byte: usize) -> bool {
    (8 + 24..8 + 56).contains(&byte) || (8 + 88..8 + 96).contains(&byte)
}
